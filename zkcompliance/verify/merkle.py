"""Merkle trees: salted leaves bound to their phase and index, and pruned multi-openings (docs/spec/merkle.md).

leaf i of phase f: SHA256(le32(16·i + 2·f) ‖ salt ‖ row); node: SHA256(0x01 ‖ left ‖ right). The first byte of a leaf is
even, that of a node is 1: neither can stand for the other. The shape (depth, salt, row length) is the statement's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

from zkcompliance.errors import OpeningMismatch
from zkcompliance.verify.reader import Reader

SEGMENT, WITNESS, EXTENSION, QUOTIENT, FRI = range(5)
_SALT_BYTES = (32, 16, 16, 16, 0)


class Tree(NamedTuple):
    """One committed tree: 2^depth leaves of `words` elements of F."""

    root: bytes
    phase: int
    depth: int
    words: int


def leaf_digest(phase: int, index: int, salt_and_row: bytes) -> bytes:
    """SHA256(le32(16·index + 2·phase) ‖ salt ‖ row), index < 2^28."""
    return hashlib.sha256((index * 16 + phase * 2).to_bytes(4, "little") + salt_and_row).digest()


def node_digest(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def read_opening(reader: Reader, tree: Tree, indices: Iterable[int]) -> dict[int, bytes]:
    """Reads the multi-opening of a set of leaves and returns each row's bytes; raises OpeningMismatch.

    For each index, ascending: salt ‖ row. Then, level by level upwards, the siblings that are not themselves known.
    """
    salt = _SALT_BYTES[tree.phase]
    rows: dict[int, bytes] = {}
    level: list[tuple[int, bytes]] = []
    for index in sorted(set(indices)):
        if not 0 <= index < 1 << tree.depth:
            raise OpeningMismatch(f"leaf {index} is outside a tree of depth {tree.depth}")
        salt_and_row = reader.take(salt + 4 * tree.words)
        rows[index] = salt_and_row[salt:]
        level.append((index, leaf_digest(tree.phase, index, salt_and_row)))
    for _ in range(tree.depth):
        level = _parents(reader, level)
    if level != [(0, tree.root)]:
        raise OpeningMismatch(f"opened rows of phase {tree.phase} do not lead to their root")
    return rows


def _parents(reader: Reader, level: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """The level above; where a sibling is not known itself, it is the next digest of the proof."""
    parents: list[tuple[int, bytes]] = []
    waiting: tuple[int, bytes] | None = None  # a left node whose right sibling may be the next
    for index, digest in level:
        if waiting is not None:
            left, known = waiting
            if index == left + 1:
                parents.append((left >> 1, node_digest(known, digest)))
                waiting = None
                continue
            parents.append((left >> 1, node_digest(known, reader.take(32))))
            waiting = None
        if index & 1:
            parents.append((index >> 1, node_digest(reader.take(32), digest)))
        else:
            waiting = (index, digest)
    if waiting is not None:
        parents.append((waiting[0] >> 1, node_digest(waiting[1], reader.take(32))))
    return parents
