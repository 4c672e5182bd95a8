"""Pruned multi-openings against a naive tree: every set of leaves of a depth-4 tree, and one fault at a time."""

from __future__ import annotations

import hashlib
import random
import struct

import pytest

from zkcompliance.errors import MalformedProof, OpeningMismatch
from zkcompliance.verify import openings
from zkcompliance.verify.checkpoint import log_root
from zkcompliance.verify.codec import Reader

DEPTH, WORDS, PHASE = 4, 3, openings.WITNESS
SALT = 16
LEAVES = [random.Random(i).randbytes(SALT + 4 * WORDS) for i in range(1 << DEPTH)]


@pytest.fixture(autouse=True)
def from_four_leaves_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trees of four leaves and more are taken as tall ones, but where a test says otherwise."""
    monkeypatch.setattr(openings, "QUATERNARY_DEPTH", 2)


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def levels() -> list[list[bytes]]:
    """From the leaves upwards: a step of four children, then steps of two."""
    level = [sha(bytes([0x80 + 8 * PHASE, i, 0, 0]) + leaf) for i, leaf in enumerate(LEAVES)]
    result = [level]
    level = [sha(b"\x03\0\0\0" + b"".join(level[i : i + 4])) for i in range(0, len(level), 4)]
    result.append(level)
    while len(level) > 1:
        level = [sha(b"\x02\0\0\0" + level[i] + level[i + 1]) for i in range(0, len(level), 2)]
        result.append(level)
    return result


LEVELS = levels()
TREE = openings.Tree(LEVELS[-1][0], PHASE, DEPTH, WORDS)


def opening(indices: set[int]) -> tuple[bytes, list[bytes]]:
    """Leaves in order, and the list of siblings, from the definition."""
    siblings: list[bytes] = []
    known = set(indices)
    for number, level in enumerate(LEVELS[:-1]):
        arity = 2 if number else 4
        above = {i // arity for i in known}
        siblings += [digest for i, digest in enumerate(level) if i // arity in above and i not in known]
        known = above
    return b"".join(LEAVES[i] for i in sorted(indices)), siblings


def read(data: bytes, indices: set[int], tree: openings.Tree = TREE) -> dict[int, bytes]:
    reader = Reader(data, MalformedProof)
    rows = openings.read_opening(reader, tree, indices)
    reader.finish()
    return rows


def test_every_set_of_leaves() -> None:
    for mask in range(1, 1 << (1 << DEPTH), 7):  # every seventh, and all small and large ones
        check(mask)
    for i in range(1 << DEPTH):
        for j in range(i + 1):
            check(1 << i | 1 << j)
            check(0xFFFF & ~(1 << i | 1 << j))
    check(0xFFFF)


def check(mask: int) -> None:
    indices = {i for i in range(1 << DEPTH) if mask >> i & 1}
    leaves, siblings = opening(indices)
    rows = read(leaves + b"".join(siblings), indices)
    assert rows == {i: LEAVES[i][SALT:] for i in sorted(indices)}


@pytest.mark.parametrize("indices", [{0}, {15}, {3, 4}, {0, 1}, {2, 9, 14}, set(range(16))])
def test_one_fault(indices: set[int]) -> None:
    leaves, siblings = opening(indices)
    good = leaves + b"".join(siblings)
    for at in range(0, len(good), 5):
        with pytest.raises(OpeningMismatch):
            read(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :], indices)
    for missing in range(len(siblings)):
        with pytest.raises((OpeningMismatch, MalformedProof)):
            read(leaves + b"".join(siblings[:missing] + siblings[missing + 1 :]), indices)
    for extra in range(len(siblings) + 1):
        with pytest.raises((OpeningMismatch, MalformedProof)):
            read(leaves + b"".join([*siblings[:extra], b"\x00" * 32, *siblings[extra:]]), indices)
    with pytest.raises(MalformedProof):
        read(good + b"\x00", indices)
    with pytest.raises(MalformedProof):
        read(good[:-1], indices)


def test_shape_is_the_statements() -> None:
    leaves, siblings = opening({5})
    good = leaves + b"".join(siblings)
    for tree in (
        TREE._replace(phase=openings.EXTENSION),  # another phase
        TREE._replace(depth=DEPTH - 1),
        TREE._replace(depth=DEPTH + 1),
        TREE._replace(words=WORDS - 1),
        TREE._replace(words=WORDS + 1),
        TREE._replace(phase=openings.SEGMENT),  # a longer salt
        TREE._replace(root=bytes(32)),
    ):
        with pytest.raises((OpeningMismatch, MalformedProof)):
            read(good, {5}, tree)
    with pytest.raises(OpeningMismatch):
        read(good, {4})
    for index in (-1, 16, 1 << 40):
        with pytest.raises(OpeningMismatch):
            read(good, {index})
    with pytest.raises(OpeningMismatch):
        read(b"", set())


def test_node_is_no_leaf() -> None:
    """An inner node passed off as a leaf of a shallower tree."""
    node = b"".join(LEVELS[0][:4])
    tree = openings.Tree(LEVELS[-1][0], openings.FRI, DEPTH - 2, 32)
    for siblings in (LEVELS[1][1:], [LEVELS[1][1], LEVELS[2][1]]):
        with pytest.raises((OpeningMismatch, MalformedProof)):
            read(node + b"".join(siblings), {0}, tree)


def test_salts_and_phases() -> None:
    for phase, salt in enumerate((32, 16, 16, 16, 0)):
        row = bytes(salt + 4)
        tree = openings.Tree(sha(bytes([0x80 + 8 * phase, 0, 0, 0]) + row), phase, 0, 1)
        assert read(row, {0}, tree) == {0: bytes(4)}


@pytest.mark.parametrize("tall", [2, 18])
@pytest.mark.parametrize("depth", range(6))
def test_small_trees(depth: int, tall: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lowest step of a tall tree has four children; every other step is binary."""
    monkeypatch.setattr(openings, "QUATERNARY_DEPTH", tall)

    def root(first: int, size: int) -> bytes:
        if size == 1:
            return sha(struct.pack("<I", 0x80 + 8 * openings.FRI + 256 * first) + struct.pack("<I", first))
        parts = 4 if size == 4 and depth >= tall else 2
        children = [root(first + size // parts * i, size // parts) for i in range(parts)]
        return sha(struct.pack("<I", 3 if parts == 4 else 2) + b"".join(children))

    tree = openings.Tree(root(0, 1 << depth), openings.FRI, depth, 1)
    whole = range(1 << depth)
    assert read(b"".join(struct.pack("<I", i) for i in whole), set(whole), tree) == {
        i: struct.pack("<I", i) for i in whole
    }


def test_leaf_heads() -> None:
    """First bytes 0x80 … 0xa7, the index behind them; no two leaves, and no leaf and node, begin alike."""
    seen: dict[bytes, object] = {}
    indices = [0, 1, 255, 256, (1 << 24) - 1, 1 << 24, (1 << 24) + 1, 3 << 24, (1 << 27) - 1]
    for phase in range(5):
        for index in indices:
            head = bytes([0x80 + 8 * phase + index // 2**24]) + (index % 2**24).to_bytes(3, "little")
            assert openings.leaf_digest(phase, index, b"row") == sha(head + b"row")
            assert 0x80 <= head[0] <= 0xA7 and head not in seen
            seen[head] = phase, index
    assert openings.node_digest(b"a", b"b") == sha(b"\2\0\0\0ab")
    assert openings.node_digest(b"a", b"b", b"c", b"d") == sha(b"\3\0\0\0abcd")


def test_log_root() -> None:
    """RFC 6962 by its recursive definition, sizes 1 to 9."""

    def root(entries: list[bytes]) -> bytes:
        if len(entries) == 1:
            return sha(b"\x00" + entries[0])
        k = max(1 << i for i in range(6) if 1 << i < len(entries))
        return sha(b"\x01" + root(entries[:k]) + root(entries[k:]))

    for size in range(1, 10):
        entries = [bytes([i]) * 99 for i in range(size)]
        assert log_root(entries) == root(entries)
