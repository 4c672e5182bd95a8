"""What is kept beside a sealed table so that a proof need not extend it again: secret, and safe to delete.

Files `<prefix>.rows.npy` (extended columns), `.tree.npy` (the Merkle levels that are kept), `.tag.npy` (the tag
polynomial).
"""

from __future__ import annotations

import mmap
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zkcompliance.commit.entry import Entry
from zkcompliance.commit.merkle import DROPPED_LOG2, MerkleTree
from zkcompliance.field.vector import evaluate_ext
from zkcompliance.profiles import Profile, degree_bound

LOG_PHASE = 0


@dataclass
class Extension:
    """rows: (blowup, w, 2^κ) values in position order, in memory or mapped; their tree; the tag polynomial (6, d)."""

    rows: np.ndarray
    tree: MerkleTree
    tag: np.ndarray

    def block(self, number: int) -> np.ndarray:
        """(w, 2^κ): one coset's values."""
        return np.asarray(self.rows[number])

    def at(self, position: int, count: int) -> np.ndarray:
        """(w, count) values at consecutive positions of a coset. A mapped file is read, not mapped in by pages."""
        _, width, size = self.rows.shape
        block, offset = divmod(position, size)
        if not isinstance(self.rows, np.memmap):
            return np.asarray(self.rows[block, :, offset : offset + count])
        first = self.rows.offset + 4 * (block * width * size + offset)
        with Path(str(self.rows.filename)).open("rb", buffering=0) as file:
            data = b"".join(os.pread(file.fileno(), 4 * count, first + 4 * size * c) for c in range(width))
        return np.frombuffer(data, np.uint32).reshape(width, count)

    def release(self) -> None:
        """Let go of the mapped pages that were read."""
        if isinstance(self.rows, np.memmap) and hasattr(mmap, "MADV_DONTNEED"):
            self.rows._mmap.madvise(mmap.MADV_DONTNEED)  # type: ignore[attr-defined]


def allocate(prefix: Path | None, shape: tuple[int, int, int]) -> np.ndarray:
    """Room for the extended columns: in a file that `store` puts in its place, or in memory."""
    if prefix is None:
        return np.empty(shape, np.uint32)
    return np.lib.format.open_memmap(_part(prefix, "rows.part"), "w+", np.uint32, shape)


def _part(prefix: Path, name: str) -> Path:
    """A cache file's path, created 0600."""
    path = prefix.with_name(f"{prefix.name}.{name}.npy")
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    return path


def store(prefix: Path, kept: Extension) -> None:
    """Write tree and tag, then put the extended columns in their place."""
    np.save(_part(prefix, "tree"), np.concatenate(kept.tree.levels, axis=1), allow_pickle=False)
    np.save(_part(prefix, "tag"), kept.tag, allow_pickle=False)
    _part(prefix, "rows.part").replace(prefix.with_name(f"{prefix.name}.rows.npy"))


def load(prefix: Path, entry: Entry, profile: Profile) -> Extension | None:
    """The cache if it is complete and has this entry's root and tag; otherwise None (it is rebuilt)."""
    try:
        paths = [prefix.with_name(f"{prefix.name}.{name}.npy") for name in ("rows", "tree", "tag")]
        rows = np.load(paths[0], mmap_mode="r", allow_pickle=False)
        flat, tag = (np.load(path, mmap_mode="r", allow_pickle=False) for path in paths[1:])
    except (OSError, ValueError):
        return None
    leaves = profile.blowup << entry.kappa
    if rows.shape != (profile.blowup, entry.width, 1 << entry.kappa) or flat.shape != (8, (leaves >> 2) - 1):
        return None
    if rows.dtype != np.uint32 or flat.dtype != np.uint32 or tag.dtype != np.uint32:
        return None
    levels, start, count = [], 0, leaves >> DROPPED_LOG2
    while count:
        levels.append(np.ascontiguousarray(flat[:, start : start + count]))
        start, count = start + count, count >> 1
    tree = MerkleTree(LOG_PHASE, levels)
    z0, _ = entry.tag_challenge()
    if tree.root != entry.root or tag.shape != (6, degree_bound(entry.kappa)) or evaluate_ext(tag, z0) != entry.tag:
        return None
    return Extension(rows, tree, tag)
