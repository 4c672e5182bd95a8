"""What is kept beside a sealed table so that a proof need not extend it again: secret, and safe to delete.

Files `<prefix>.rows.npy` (the extended columns, block after block), `.tree.npy` (the Merkle levels that are kept) and
`.tag.npy` (the tag polynomial). They are written and read, never mapped: on a full disk, or where
they are deleted or cut while they are used, that is an error and not the end of the process. Tables of fewer than
2^KEPT_LOG2 rows keep none, since making it again takes less than a tenth of a second. They need no version: files of
another format have another root.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import secrets
import shutil
import weakref
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from zkcompliance.edge import regular
from zkcompliance.errors import CacheDamaged
from zkcompliance.stark.commit.entry import Entry
from zkcompliance.stark.commit.merkle import DROPPED_LOG2, MerkleTree
from zkcompliance.stark.field import workspace
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.field.vector import evaluate_ext
from zkcompliance.stark.profiles import Profile, degree_bound

LOG_PHASE = 0
KEPT_LOG2 = 13
_AT_ONCE = 1 << 26  # bytes read in one call
_WRITTEN_AT_ONCE = 1 << 16


class Columns(Protocol):
    """Extended columns (blowup, w, 2^κ) in position order."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __getitem__(self, block: int) -> np.ndarray: ...


class StoredColumns:
    """Extended columns in an open file, read when they are asked for; the file's name may be gone meanwhile."""

    def __init__(self, descriptor: int, offset: int, shape: tuple[int, int, int]) -> None:
        """Takes the descriptor over."""
        self._descriptor, self._offset, self.shape = descriptor, offset, shape
        weakref.finalize(self, os.close, descriptor)  # at the latest before Python takes its modules down

    def __getitem__(self, block: int) -> np.ndarray:
        """(w, 2^κ): one coset's values. CacheDamaged where the file was cut."""
        _, width, size = self.shape
        out = np.empty((width, size), np.uint32)
        self._fill(out.data.cast("B"), 4 * block * width * size)
        return out

    def chosen(self, block: int, columns: Sequence[int]) -> np.ndarray:
        """(columns, 2^κ): one coset's values of these columns."""
        _, width, size = self.shape
        out = workspace.take(len(columns), size)
        for row, column in zip(out, columns, strict=True):
            self._fill(row.data.cast("B"), 4 * (block * width + column) * size)
        return out

    def at(self, block: int, offset: int, count: int) -> np.ndarray:
        """(w, count) values of one coset, from `offset` on."""
        _, width, size = self.shape
        out = np.empty((width, count), np.uint32)
        for column in range(width):
            self._fill(out[column].data.cast("B"), 4 * ((block * width + column) * size + offset))
        return out

    def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
        return np.stack([self[block] for block in range(self.shape[0])])

    def _fill(self, out: memoryview, at: int) -> None:
        while out:
            try:
                read = os.preadv(self._descriptor, [out[:_AT_ONCE]], self._offset + at)
            except OSError as error:
                raise _lost(regular.reason(error)) from error
            if not read:
                raise _lost("it was cut short")
            out, at = out[read:], at + read


def _lost(why: str) -> CacheDamaged:
    return CacheDamaged(f"the kept extension of a segment changed while it was read: {why}", help="prove again")


@dataclass
class Extension:
    """rows: (blowup, w, 2^κ) values in position order, in memory or a file; their tree; the tag polynomial (6, d)."""

    rows: Columns
    tree: MerkleTree
    tag: np.ndarray

    def block(self, number: int, columns: Sequence[int]) -> np.ndarray:
        """(columns, 2^κ): one coset's values of these columns."""
        if isinstance(self.rows, StoredColumns):
            return self.rows.chosen(number, columns)
        return self.rows[number][list(columns)]

    def at(self, position: int, count: int) -> np.ndarray:
        """(w, count) values at consecutive positions of a coset."""
        block, offset = divmod(position, self.rows.shape[2])
        if isinstance(self.rows, StoredColumns):
            return self.rows.at(block, offset, count)
        return self.rows[block][:, offset : offset + count]


def _path(prefix: Path, name: str) -> Path:
    return prefix.with_name(f"{prefix.name}.{name}.npy")


def _head(shape: tuple[int, ...]) -> bytes:
    """What a .npy file of such little-endian u32 begins with."""
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(out, {"descr": "<u4", "fortran_order": False, "shape": shape})
    return out.getvalue()


class Store:
    """A cache in the making. OSError from any call: there is no room, or no right to write; then `drop` it."""

    def __init__(self, prefix: Path, shape: tuple[int, int, int]) -> None:
        """shape: of the extended columns, which `add` is given block by block."""
        self._prefix, self._shape = prefix, shape
        self._names: list[Path] = []
        _remove_abandoned(prefix)
        self._rows = self._create("rows")
        try:
            regular.write_all(self._rows, _head(shape))
        except OSError:
            self.drop()
            raise

    def _create(self, name: str) -> int:
        path = self._prefix.with_name(f".{self._prefix.name}.{name}.{secrets.token_hex(6)}.tmp")
        descriptor = regular.open_file(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        self._names.append(path)
        os.fchmod(descriptor, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return descriptor

    def add(self, block: np.ndarray) -> None:
        """The next block, (w, 2^κ).

        Many bytes written in one call get pages in large runs, which a virtual machine has to ask its host for: that
        takes several times longer than the copying itself.
        """
        data = np.ascontiguousarray(block, "<u4").data.cast("B")
        for at in range(0, len(data), _WRITTEN_AT_ONCE):
            regular.write_all(self._rows, data[at : at + _WRITTEN_AT_ONCE])

    @contextlib.contextmanager
    def adding(self, block: np.ndarray) -> Iterator[None]:
        """`add` while the caller does something that leaves the block as it is; what it raises is raised at the end."""
        with ThreadPoolExecutor(1) as beside:
            written = beside.submit(self.add, block)
            yield
        written.result()

    def finish(self, tree: MerkleTree, tag: np.ndarray) -> StoredColumns:
        """Put everything in its place, the extended columns last; where that cannot be, they can still be used."""
        kept = StoredColumns(self._rows, len(_head(self._shape)), self._shape)
        self._rows = -1
        try:
            for name, levels in (("tree", tree.levels), ("tag", [tag])):
                descriptor = self._create(name)
                try:
                    rows = len(levels[0])
                    regular.write_all(descriptor, _head((rows, sum(level.shape[1] for level in levels))))
                    for row in range(rows):  # of the levels side by side
                        for level in levels:
                            regular.write_all(descriptor, np.ascontiguousarray(level[row], "<u4").data)
                finally:
                    os.close(descriptor)
            rows_file, tree_file, tag_file = self._names
            for path, name in ((tree_file, "tree"), (tag_file, "tag"), (rows_file, "rows")):
                _clear(_path(self._prefix, name))
                path.replace(_path(self._prefix, name))
        except OSError:
            self.drop()
        return kept

    def drop(self) -> None:
        """Delete what was written. Never fails."""
        if self._rows >= 0:
            os.close(self._rows)
            self._rows = -1
        for path in self._names:
            with contextlib.suppress(OSError):
                path.unlink()


def _clear(path: Path) -> None:
    """Make way for a file where a folder has its name."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)


def _remove_abandoned(prefix: Path) -> None:
    """Delete what killed processes left half written beside it: files that nobody has locked."""
    for name in (each.name for each in prefix.parent.iterdir()):
        if name.startswith(f".{prefix.name}.") and name.endswith(".tmp"):
            path = prefix.with_name(name)
            with contextlib.suppress(OSError):
                descriptor = regular.open_file(path)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    path.unlink()
                finally:
                    os.close(descriptor)


def remove(prefix: Path) -> None:
    """Delete a cache, so that it is made again. Never fails."""
    for name in ("rows", "tree", "tag"):
        with contextlib.suppress(OSError):
            _clear(_path(prefix, name))
            _path(prefix, name).unlink()


@contextlib.contextmanager
def _opened(path: Path, shape: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """(descriptor, offset) of a file with values of exactly this shape; ValueError for any other, OSError."""
    descriptor = regular.open_file(path, folders=1, private=True)
    try:
        head = _head(shape)
        size = len(head) + 4 * int(np.prod(shape))
        if os.fstat(descriptor).st_size != size or os.pread(descriptor, len(head), 0) != head:
            raise ValueError("another shape")
        yield descriptor, len(head)
    finally:
        os.close(descriptor)


def _array(path: Path, shape: tuple[int, int]) -> np.ndarray:
    with _opened(path, shape) as (descriptor, offset):
        data = StoredColumns(os.dup(descriptor), offset, (1, *shape))
        return data[0]


def load(prefix: Path, entry: Entry, profile: Profile) -> Extension | None:
    """The cache if it is complete and has this entry's root and tag; otherwise None (it is rebuilt).

    That the rows are those of the tree shows when a proof is made: one that does not verify has the cache made again.
    """
    leaves = profile.blowup << entry.kappa
    try:
        flat = _array(_path(prefix, "tree"), (8, (leaves >> 2) - 1))
        tag = _array(_path(prefix, "tag"), (6, degree_bound(entry.kappa)))
        shape = (profile.blowup, entry.width, 1 << entry.kappa)
        with _opened(_path(prefix, "rows"), shape) as (descriptor, offset):
            rows = StoredColumns(os.dup(descriptor), offset, shape)
    except (OSError, ValueError, CacheDamaged):
        return None
    levels, start, count = [], 0, leaves >> DROPPED_LOG2
    while count:
        levels.append(np.ascontiguousarray(flat[:, start : start + count]))
        start, count = start + count, count >> 1
    tree = MerkleTree(LOG_PHASE, levels)
    if tree.root != entry.root or int(tag.max()) >= P or evaluate_ext(tag, entry.tag_point()) != entry.tag:
        return None
    return Extension(rows, tree, tag)
