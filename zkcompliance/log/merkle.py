"""RFC 6962 Merkle trees over a log's entries: root, inclusion and consistency proofs (RFC 9162, section 2.1).

leaf = SHA-256(0x00 ‖ entry), node = SHA-256(0x01 ‖ left ‖ right); a tree of n > 1 leaves splits at the largest power of
two below n.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """32 bytes."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """32 bytes from two of 32."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def _split(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1


def _root(hashes: Sequence[bytes]) -> bytes:
    if len(hashes) == 1:
        return hashes[0]
    half = _split(len(hashes))
    return node_hash(_root(hashes[:half]), _root(hashes[half:]))


def root(entries: Sequence[bytes]) -> bytes:
    """The root over the entries in order; SHA-256 of nothing when there is none."""
    return _root([leaf_hash(entry) for entry in entries]) if entries else EMPTY_ROOT


def root_of(hashes: Sequence[bytes]) -> bytes:
    """`root`, of leaf hashes in the place of entries."""
    return _root(hashes) if hashes else EMPTY_ROOT


def _path(index: int, hashes: Sequence[bytes]) -> list[bytes]:
    if len(hashes) == 1:
        return []
    half = _split(len(hashes))
    if index < half:
        return [*_path(index, hashes[:half]), _root(hashes[half:])]
    return [*_path(index - half, hashes[half:]), _root(hashes[:half])]


def inclusion_proof(index: int, entries: Sequence[bytes]) -> list[bytes]:
    """The sibling hashes from leaf `index` upwards; IndexError when there is no such entry."""
    if not 0 <= index < len(entries):
        raise IndexError(index)
    return _path(index, [leaf_hash(entry) for entry in entries])


def root_from_inclusion(index: int, size: int, entry: bytes, proof: Sequence[bytes]) -> bytes | None:
    """The root of a tree of `size` that has `entry` at `index` by this proof.

    None when the proof's length does not fit.
    """
    if not 0 <= index < size:
        return None
    node, last, current = index, size - 1, leaf_hash(entry)
    for sibling in proof:
        if last == 0:
            return None
        if node & 1 or node == last:
            current = node_hash(sibling, current)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            current = node_hash(current, sibling)
        node, last = node >> 1, last >> 1
    return current if last == 0 else None


def _subproof(size: int, hashes: Sequence[bytes], whole: bool) -> list[bytes]:
    if size == len(hashes):
        return [] if whole else [_root(hashes)]
    half = _split(len(hashes))
    if size <= half:
        return [*_subproof(size, hashes[:half], whole), _root(hashes[half:])]
    return [*_subproof(size - half, hashes[half:], False), _root(hashes[:half])]


def range_proof(first: int, last: int, entries: Sequence[bytes]) -> list[bytes]:
    """The hashes that, with the entries first … last, give the root over all of them: left before right, in the order
    in which the tree is descended (docs/spec/proof.md). None of them where the range is everything.

    0 ≤ first ≤ last < len(entries); ValueError otherwise.
    """
    if not 0 <= first <= last < len(entries):
        raise ValueError("not a range of the entries")
    return _outside(first, last, 0, [leaf_hash(entry) for entry in entries])


def _outside(first: int, last: int, start: int, hashes: Sequence[bytes]) -> list[bytes]:
    """Those of the subtree whose leaves are hashes, the first of them number `start`."""
    end = start + len(hashes)
    if first <= start and end - 1 <= last:
        return []
    if end <= first or last < start:
        return [_root(hashes)]
    half = _split(len(hashes))
    return [*_outside(first, last, start, hashes[:half]), *_outside(first, last, start + half, hashes[half:])]


def consistency_proof(size: int, entries: Sequence[bytes]) -> list[bytes]:
    """That the first `size` entries are a prefix of all of them, 1 ≤ size ≤ len(entries); ValueError otherwise."""
    return consistency_proof_of(size, [leaf_hash(entry) for entry in entries])


def consistency_proof_of(size: int, hashes: Sequence[bytes]) -> list[bytes]:
    """`consistency_proof`, of leaf hashes in the place of entries."""
    if not 1 <= size <= len(hashes):
        raise ValueError("size is not between 1 and the number of entries")
    return _subproof(size, hashes, True)


def prefix_proof(size: int, entries: Sequence[bytes]) -> list[bytes]:
    """`consistency_proof` that also names the first node where that one leaves it out, 1 ≤ size < len(entries).

    It can be folded without knowing the older root: what it folds to *is* the root of the first `size` entries of the
    tree whose root it gives. So it shows a fork where a log signed another.
    """
    return prefix_proof_of(size, [leaf_hash(entry) for entry in entries])


def prefix_proof_of(size: int, hashes: Sequence[bytes]) -> list[bytes]:
    """`prefix_proof`, of leaf hashes in the place of entries; ValueError unless 1 ≤ size ≤ len(hashes)."""
    proof = consistency_proof_of(size, hashes)
    return proof if size & (size - 1) else [_root(hashes[:size]), *proof]


def fold_prefix(old_size: int, new_size: int, proof: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """(older root, newer root) that a `prefix_proof` folds to, 1 ≤ old_size < new_size; None for a wrong length."""
    if not 1 <= old_size < new_size or not proof:
        return None
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = proof[0]
    for sibling in proof[1:]:
        if last == 0:
            return None
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    return (old, new) if last == 0 else None


def consistent(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether proof shows that the tree of new_size extends the one of old_size (old_size ≥ 1)."""
    if old_size == new_size:
        return old_size >= 1 and not proof and old_root == new_root
    hashes = list(proof) if old_size & (old_size - 1) else [old_root, *proof]
    return fold_prefix(old_size, new_size, hashes) == (old_root, new_root)
