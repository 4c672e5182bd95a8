"""Merkle trees over rows in position order, with pruned multi-openings (docs/spec/merkle.md).

Every step takes two nodes to one, but that the lowest step of a tall tree takes four leaves: there fewer compressions
count for more than the bytes of a path. What lies below level 3 is not kept: a row's neighbours are hashed again when
it is opened.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import numpy as np

from zkcompliance.stark.commit.sha256 import (
    LEAF,
    digest_bytes,
    hash_leaves,
    hash_nodes,
    hash_subtrees,
)

DROPPED_LOG2 = 3
NODE = {1: b"\x02\0\0\0", 2: b"\x03\0\0\0"}  # what a node of two children, or four, begins with
QUATERNARY_DEPTH = 18  # from here on the lowest step has four children

# rows(first, count) -> salt and row of consecutive leaves, each as the bytes that are opened
Rows = Callable[[int, int], list[bytes]]


class MerkleTree:
    """A full tree; levels[i] holds the (8, n) digests of level 3 + i above the leaves, the last one the root."""

    def __init__(self, phase: int, levels: list[np.ndarray]) -> None:
        self.phase = phase
        self.levels = levels
        self.depth = DROPPED_LOG2 + len(levels) - 1

    @property
    def root(self) -> bytes:
        return digest_bytes(self.levels[-1], 0)

    def open(self, positions: list[int], rows: Rows) -> bytes:
        """The rows of the sorted distinct positions, then what their parents lack, step by step from the leaves up."""
        known = sorted(set(positions))
        leaves = self._neighbours(known, rows)
        opened = [leaves[position] for position in known]
        below = self._bottom(leaves)
        missing: list[bytes] = []
        for level, step in steps(self.depth):
            present = set(known)
            known = sorted({node >> step for node in known})
            children = (child for parent in known for child in range(parent << step, parent + 1 << step))
            missing.append(self._digests(level, [child for child in children if child not in present], below))
        return b"".join(opened + missing)

    def _digests(self, level: int, nodes: list[int], below: dict[int, dict[int, bytes]]) -> bytes:
        """The digests of these nodes of one level, one after the other."""
        if level < DROPPED_LOG2:
            return b"".join(below[level][node] for node in nodes)
        return self.levels[level - DROPPED_LOG2][:, nodes].T.astype(">u4").tobytes()

    @staticmethod
    def _neighbours(positions: list[int], rows: Rows) -> dict[int, bytes]:
        """The rows of the 8-leaf subtrees in which these positions lie."""
        found: dict[int, bytes] = {}
        for group in sorted({position >> DROPPED_LOG2 for position in positions}):
            first = group << DROPPED_LOG2
            found.update(enumerate(rows(first, 1 << DROPPED_LOG2), first))
        return found

    def _bottom(self, leaves: dict[int, bytes]) -> dict[int, dict[int, bytes]]:
        """The digests of the levels below 3 in these subtrees, by level and number."""
        found = {0: {leaf: sha256(leaf_word(self.phase, leaf) + row).digest() for leaf, row in leaves.items()}}
        for level, step in steps(self.depth):
            if level + step >= DROPPED_LOG2:
                return found
            below, children = found[level], range(1 << step)
            found[level + step] = {
                node >> step: sha256(NODE[step] + b"".join(below[node + i] for i in children)).digest()
                for node in below
                if node % len(children) == 0
            }
        return found


def steps(depth: int) -> list[tuple[int, int]]:
    """Each step of a tree of that depth, from the leaves up: (level that it leaves, how many levels it climbs)."""
    lowest = 2 if depth >= QUATERNARY_DEPTH else 1
    return [(0, lowest), *((level, 1) for level in range(lowest, depth))]


def leaf_word(phase: int, leaf: int) -> bytes:
    """The four bytes that a leaf's message begins with: its first byte, which is its phase's, and its number."""
    high, low = divmod(leaf, 1 << 24)
    return (LEAF + 8 * phase + high + 256 * low).to_bytes(4, "little")


class TreeBuilder:
    """Takes the leaves in consecutive blocks (each a multiple of 8 leaves) and keeps level 3 and above."""

    def __init__(self, phase: int, leaves: int) -> None:
        self.phase = phase
        self._tall = leaves >> QUATERNARY_DEPTH > 0
        self._bottom = np.empty((8, leaves >> DROPPED_LOG2), np.uint32)

    def add(self, start: int, salts: np.ndarray, columns: np.ndarray) -> None:
        """Leaves start …: salts (s, n) and columns (w, n) of uint32."""
        at = start >> DROPPED_LOG2
        if self._tall:
            hash_subtrees(self.phase, start, salts, columns, self._bottom, at)
        else:
            nodes = hash_nodes(hash_nodes(hash_nodes(hash_leaves(self.phase, start, salts, columns))))
            self._bottom[:, at : at + nodes.shape[1]] = nodes

    def finish(self) -> MerkleTree:
        levels = [self._bottom]
        while levels[-1].shape[1] > 1:
            levels.append(hash_nodes(levels[-1]))
        return MerkleTree(self.phase, levels)
