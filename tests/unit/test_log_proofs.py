"""Inclusion and consistency proofs of a log (RFC 6962): every size up to 64, and every way to be wrong."""

from __future__ import annotations

import hashlib

import pytest

from zkcompliance.log import merkle

MOST = 64
ENTRIES = [i.to_bytes(2, "big") for i in range(MOST)]
ROOTS = [merkle.root(ENTRIES[:size]) for size in range(MOST + 1)]
SPARE = hashlib.sha256(b"spare").digest()


def lengths(proof: list[bytes]) -> list[list[bytes]]:
    """The proof cut to every length, and with one to three hashes too many at either end."""
    cut = [proof[:n] for n in range(len(proof))] + [proof[n:] for n in range(1, len(proof))]
    return [*cut, *([*proof, *[SPARE] * n] for n in (1, 2, 3)), [SPARE, *proof], [*proof, *proof[-1:], SPARE]]


def test_trees_of_no_and_of_one_entry() -> None:
    assert merkle.root([]) == merkle.EMPTY_ROOT == hashlib.sha256(b"").digest()
    assert merkle.root([b"x"]) == hashlib.sha256(b"\0x").digest() != merkle.EMPTY_ROOT
    assert merkle.inclusion_proof(0, [b"x"]) == []
    assert merkle.root_from_inclusion(0, 1, b"x", []) == merkle.root([b"x"])
    assert merkle.root_from_inclusion(0, 1, b"x", [SPARE]) is None
    assert merkle.root_from_inclusion(0, 0, b"x", []) is None  # an empty tree holds nothing
    with pytest.raises(IndexError):
        merkle.inclusion_proof(0, [])


def test_inclusion_of_every_length() -> None:
    """The true path leads to the root; no shorter and no longer one does."""
    for size in (1, 2, 3, 5, 8, 13, 31, 32, 33, 64):
        for index in range(size):
            path = merkle.inclusion_proof(index, ENTRIES[:size])
            assert merkle.root_from_inclusion(index, size, ENTRIES[index], path) == ROOTS[size]
            for wrong in lengths(path):
                assert merkle.root_from_inclusion(index, size, ENTRIES[index], wrong) != ROOTS[size]


def test_an_index_that_is_not_there() -> None:
    """Negative, at the size, past it, huge; and the right path at every other index, or for another entry."""
    for size in (1, 2, 7, 8, 33):
        for index in range(size):
            path = merkle.inclusion_proof(index, ENTRIES[:size])
            for other in (-1, -size, size, size + 1, 2**31, 2**63, 2**200):
                assert merkle.root_from_inclusion(other, size, ENTRIES[index], path) is None
            for other in set(range(size)) - {index}:
                assert merkle.root_from_inclusion(other, size, ENTRIES[index], path) != ROOTS[size]
            assert merkle.root_from_inclusion(index, size, b"other", path) != ROOTS[size]
            for larger in (2**62, 2**63 - 1):
                assert merkle.root_from_inclusion(index, larger, ENTRIES[index], path) is None


def test_an_inner_node_is_no_entry() -> None:
    """Its two children as an entry of a tree of half the size: the first byte tells entries from nodes."""
    left, right = (merkle.leaf_hash(entry) for entry in ENTRIES[:2])
    assert merkle.root([left + right, ENTRIES[2]]) != ROOTS[3]
    above = merkle.leaf_hash(ENTRIES[2])
    for entry in (left + right, b"\1" + left + right, hashlib.sha256(left + right).digest()):
        assert merkle.root_from_inclusion(0, 2, entry, [above]) != ROOTS[3]
    assert merkle.node_hash(merkle.node_hash(left, right), above) == ROOTS[3]


def test_no_doubled_entry_has_the_same_root() -> None:
    """Bitcoin's CVE-2012-2459: there the last node of an odd level is paired with itself."""
    seen: dict[bytes, tuple[bytes, ...]] = {}
    for size in range(1, 33):
        for more in range(size + 1):
            log = (*ENTRIES[:size], *ENTRIES[size - more : size])
            root = merkle.root(log)
            assert seen.setdefault(root, log) == log
    assert len(seen) == sum(size + 1 for size in range(1, 33))


def test_consistency_of_every_pair_of_sizes() -> None:
    """Old = new, old = 0 and old > new by their own rules; every other pair by its one proof."""
    for new in range(MOST + 1):
        for old in range(MOST + 1):
            if not 1 <= old <= new:
                with pytest.raises(ValueError):
                    merkle.consistency_proof(old, ENTRIES[:new])
                assert not merkle.consistent(old, ROOTS[old], new, ROOTS[new], [])
                assert not merkle.consistent(old, ROOTS[old], new, ROOTS[new], [SPARE])
                continue
            proof = merkle.consistency_proof(old, ENTRIES[:new])
            assert merkle.consistent(old, ROOTS[old], new, ROOTS[new], proof)
            assert not merkle.consistent(old, SPARE, new, ROOTS[new], proof)
            assert not merkle.consistent(old, ROOTS[old], new, SPARE, proof)
            assert old == new or not merkle.consistent(old, ROOTS[new], new, ROOTS[old], proof)


def test_consistency_of_every_length() -> None:
    for new in (2, 3, 7, 8, 9, 33, 64):
        for old in range(1, new + 1):
            for wrong in lengths(merkle.consistency_proof(old, ENTRIES[:new])):
                assert not merkle.consistent(old, ROOTS[old], new, ROOTS[new], wrong)


def test_one_wrong_hash_of_a_consistency_proof() -> None:
    for new in (5, 8, 13, 33):
        for old in range(1, new):
            proof = merkle.consistency_proof(old, ENTRIES[:new])
            for i in range(len(proof)):
                wrong = [*proof[:i], SPARE, *proof[i + 1 :]]
                assert not merkle.consistent(old, ROOTS[old], new, ROOTS[new], wrong)
