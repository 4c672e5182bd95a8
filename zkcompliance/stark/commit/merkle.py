"""Merkle trees over rows in position order, with pruned multi-openings (docs/spec/merkle.md).

The lowest three levels are not kept: a row's neighbours are hashed again when it is opened.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import numpy as np

from zkcompliance.stark.commit.sha256 import digest_bytes, hash_leaves, hash_nodes

DROPPED_LOG2 = 3

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
        """The rows of the sorted distinct positions, then the siblings, level by level from the leaves up."""
        known = sorted(set(positions))
        leaves = self._neighbours(known, rows)
        opened = [leaves[position] for position in known]
        siblings: list[bytes] = []
        below = self._bottom(leaves)
        for level in range(self.depth):
            present = set(known)
            siblings += [self._digest(level, node ^ 1, below) for node in known if node ^ 1 not in present]
            known = sorted({node >> 1 for node in known})
        return b"".join(opened + siblings)

    def _digest(self, level: int, node: int, below: list[dict[int, bytes]]) -> bytes:
        if level < DROPPED_LOG2:
            return below[level][node]
        return digest_bytes(self.levels[level - DROPPED_LOG2], node)

    @staticmethod
    def _neighbours(positions: list[int], rows: Rows) -> dict[int, bytes]:
        """The rows of the 8-leaf subtrees in which these positions lie."""
        found: dict[int, bytes] = {}
        for group in sorted({position >> DROPPED_LOG2 for position in positions}):
            first = group << DROPPED_LOG2
            found.update(enumerate(rows(first, 1 << DROPPED_LOG2), first))
        return found

    def _bottom(self, leaves: dict[int, bytes]) -> list[dict[int, bytes]]:
        """The digests of the dropped levels in these subtrees."""
        level = {
            leaf: sha256((leaf << 4 | self.phase << 1).to_bytes(4, "little") + row).digest()
            for leaf, row in leaves.items()
        }
        levels = [level]
        for _ in range(DROPPED_LOG2 - 1):
            level = {
                node >> 1: sha256(b"\x01" + digest + level[node + 1]).digest()
                for node, digest in level.items()
                if node % 2 == 0
            }
            levels.append(level)
        return levels


class TreeBuilder:
    """Takes the leaves in consecutive blocks (each a multiple of 8 leaves) and keeps level 3 and above."""

    def __init__(self, phase: int, leaves: int) -> None:
        self.phase = phase
        self._bottom = np.empty((8, leaves >> DROPPED_LOG2), np.uint32)

    def add(self, start: int, salts: np.ndarray, columns: np.ndarray) -> None:
        """Leaves start …: salts (s, n) and columns (w, n) of uint32."""
        level = hash_leaves(self.phase, start, salts, columns)
        for _ in range(DROPPED_LOG2):
            level = hash_nodes(level)
        first = start >> DROPPED_LOG2
        self._bottom[:, first : first + level.shape[1]] = level

    def finish(self) -> MerkleTree:
        levels = [self._bottom]
        while levels[-1].shape[1] > 1:
            levels.append(hash_nodes(levels[-1]))
        return MerkleTree(self.phase, levels)
