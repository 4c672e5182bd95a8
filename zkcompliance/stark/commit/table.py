"""Committing a table once, so that many claims can be proved against it (docs/spec/log.md)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np

from zkcompliance.edge import regular
from zkcompliance.errors import LogCorrupt, LogError, UsageError
from zkcompliance.progress import Progress, silent
from zkcompliance.stark.commit import cache as kept_beside
from zkcompliance.stark.commit.cache import KEPT_LOG2, LOG_PHASE, Extension, Store, load
from zkcompliance.stark.commit.entry import Entry, encode_header, tag_challenge
from zkcompliance.stark.commit.keystream import Keystream
from zkcompliance.stark.commit.merkle import TreeBuilder
from zkcompliance.stark.field import workspace
from zkcompliance.stark.field.babybear import GENERATOR, P, root_of_unity
from zkcompliance.stark.field.extension import Ext
from zkcompliance.stark.field.ntt import bit_reverse_indices, evaluate_cosets, interpolate
from zkcompliance.stark.field.vector import combine_into, evaluate_ext
from zkcompliance.stark.profiles import Profile, by_name, degree_bound, log_mask

LOG_SALT_WORDS = 8
COLUMNS_AT_ONCE = 8
MAX_MEMORY_BYTES = 256 << 20  # of an extension that cannot be kept in a file


def coset_shifts(kappa: int, log_blowup: int, generator: int = GENERATOR) -> list[int]:
    """Block b of the domain, in position order, is shift_b·⟨ω_{2^κ}⟩ with shift_b = generator·ω_n^{bitrev(b)}."""
    omega = root_of_unity(kappa + log_blowup)
    return [generator * pow(omega, r, P) % P for r in bit_reverse_indices(log_blowup).tolist()]


def masked_coefficients(values: np.ndarray, masks: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """T + Z_H·r: values (w, N) in row order, masks (w, h) → coefficients (w, N + h), into `out` where given."""
    width, rows = values.shape
    h = masks.shape[1]
    if out is None:
        out = workspace.take(width, rows + h)
    for first in range(0, width, COLUMNS_AT_ONCE):
        part = slice(first, first + COLUMNS_AT_ONCE)
        out[part, :rows] = interpolate(values[part])
    out[:, rows:] = 0
    low = out[:, :h]
    np.subtract(low, masks, out=low)
    np.minimum(low, low + np.uint32(P), out=low)  # a wrapped difference is above p, and wraps back
    high = out[:, rows:]
    np.add(high, masks, out=high)
    np.minimum(high, high - np.uint32(P), out=high)  # below p, the difference wraps
    return out


def log_coefficients(
    columns: np.ndarray, indices: list[int], seed: bytes, h: int, out: np.ndarray | None = None
) -> np.ndarray:
    """The masked coefficients of these columns of a log table, a few columns at a time; out: as `commit` has it."""
    stream = Keystream(seed)
    if out is None:
        out = workspace.take(len(indices), columns.shape[1] + h)
    for start in range(0, len(indices), COLUMNS_AT_ONCE):
        part = indices[start : start + COLUMNS_AT_ONCE]
        masks = np.stack([stream.field(f"mask {c}", h) for c in part])
        masked_coefficients(columns[part], masks, out[start : start + len(part)])
    return out


def room(width: int, k: int, profile: str) -> np.ndarray:
    """Zeros for a table (width, 2^k) and, behind each of its columns, what its polynomial has more: `out` of `commit`.

    UsageError where a segment of this profile has no such size.
    """
    return workspace.zeros(width, (1 << k) + log_mask(k, by_name(profile).capacity(k)))


def commit(
    columns: np.ndarray,
    seed: bytes,
    profile: str,
    schema_digest: bytes,
    *,
    cache: Path | None = None,
    progress: Progress = silent,
    out: np.ndarray | None = None,
) -> Entry:
    """Commit to columns (w, N) of canonical uint32, N = 2^k, masked and salted from the 32-byte seed.

    The same arguments always give the same entry; a seed must never serve two tables. With `cache`, files
    `<cache>.rows.npy`, `.tree.npy`, `.tag.npy` keep what later proofs would have to compute again, if the table has
    2^KEPT_LOG2 rows or more and there is room for them. Raises UsageError on a shape or value that cannot be committed.
    out: what `room` gave, of which the columns may be the front: they are then lost, and take no memory of their own.
    """
    entry, _ = _extend(columns, seed, by_name(profile), schema_digest, cache, progress, kept=False, out=out)
    return entry


def _extend(
    columns: np.ndarray,
    seed: bytes,
    profile: Profile,
    schema_digest: bytes,
    cache: Path | None,
    progress: Progress,
    *,
    kept: bool = True,
    out: np.ndarray | None = None,
) -> tuple[Entry, Extension | None]:
    """The entry and, if it is to be `kept`, the extension: in the cache's file, or in memory.

    LogError where it can be kept in neither.
    """
    if columns.ndim != 2 or columns.dtype != np.uint32 or columns.shape[1] & (columns.shape[1] - 1):
        raise UsageError("a table is a uint32 array of shape (columns, power of two)")
    if columns.size == 0 or int(columns.max()) >= P:
        raise UsageError("a table's values are canonical field elements, below p")
    width, rows = columns.shape
    k = rows.bit_length() - 1
    kappa = profile.capacity(k)
    shape = (profile.blowup, width, 1 << kappa)
    store = None
    if cache is not None and k >= KEPT_LOG2:
        try:
            store = Store(cache, shape)
        except OSError as error:
            _without_file(shape, error, kept)
    in_memory = kept and store is None
    extended = np.empty(shape, np.uint32) if in_memory else workspace.take(*shape[1:])
    coefficients = log_coefficients(columns, list(range(width)), seed, log_mask(k, kappa), out)
    builder = TreeBuilder(LOG_PHASE, profile.blowup << kappa)
    stream, salts = Keystream(seed), workspace.take(LOG_SALT_WORDS, 1 << kappa)
    try:
        for block, shift in enumerate(coset_shifts(kappa, profile.log_blowup)):
            values = extended[block] if in_memory else extended
            evaluate_cosets(coefficients, kappa, [shift], out=values[:, None, :])
            stream.fill("salt", block * salts.size, salts)
            try:
                with store.adding(values) if store is not None else contextlib.nullcontext():
                    builder.add(block << kappa, salts, values)
            except OSError as error:
                if store is None:
                    raise
                store.drop()
                store = None
                _without_file(shape, error, kept)
                if kept:
                    return _extend(columns, seed, profile, schema_digest, None, progress)
            progress("commit", block + 1, profile.blowup)
        tree = builder.finish()
        header = encode_header(profile.id, schema_digest, width, k, kappa)
        z0, weights = tag_challenge(header, tree.root, width)
        tag = np.zeros((6, degree_bound(kappa)), np.uint32)
        combine_into(tag, coefficients, np.array(weights, np.uint32))
    except BaseException:
        if store is not None:
            store.drop()
        raise
    entry = Entry(profile.id, schema_digest, width, k, kappa, tree.root, evaluate_ext(tag, z0))
    if store is not None:
        return entry, Extension(store.finish(tree, tag), tree, tag)
    return entry, Extension(extended, tree, tag) if kept else None


def _without_file(shape: tuple[int, int, int], error: OSError, kept: bool) -> None:
    """LogError unless an extension of this shape may be in memory, or is not to be kept at all."""
    size = 4 * shape[0] * shape[1] * shape[2]
    if kept and size > MAX_MEMORY_BYTES:
        raise LogError(
            f"the extension of a segment, {size >> 20} MiB, cannot be written beside it: {regular.reason(error)}",
            help=regular.remedy(error),
        ) from error


class Source(Protocol):
    """Where the columns (w, N) of a sealed table can be read again, all at once or some at a time, in order.

    A part may lie where the one before lay. LogCorrupt, of the parts after the last one, where they are not those that
    were sealed.
    """

    def load_columns(self) -> np.ndarray: ...

    def parts(self) -> Iterator[np.ndarray]: ...


class SealedTable:
    """A committed table with its secrets, ready to be proved over. source: of the columns, once they are let go."""

    def __init__(
        self,
        columns: np.ndarray,
        seed: bytes,
        entry: Entry,
        profile: Profile,
        cache: Path | None = None,
        source: Source | None = None,
    ) -> None:
        self._columns: np.ndarray | None = columns
        self._source = source
        self.entry = entry
        self.profile = profile
        self._seed = seed
        self._cache_path = cache
        self._cache: Extension | None = None

    @property
    def columns(self) -> np.ndarray:
        """(w, N) canonical values in row order."""
        if self._columns is None and self._source is not None:
            self._columns = self._source.load_columns()
        if self._columns is None:
            raise LogCorrupt("the columns of this segment are gone")
        return self._columns

    def forget_columns(self) -> None:
        """Let go of the columns, where they can be read again."""
        if self._source is not None:
            self._columns = None

    def extension(self, progress: Progress = silent) -> Extension:
        """Read from the cache, or computed again; LogCorrupt where rows and seed do not give the entry."""
        if self._cache is None and self._cache_path is not None and self.entry.k >= KEPT_LOG2:
            self._cache = load(self._cache_path, self.entry, self.profile)
        if self._cache is None:
            entry, self._cache = _extend(
                self.columns, self._seed, self.profile, self.entry.schema_digest, self._cache_path, progress
            )
            if entry.commitment != self.entry.commitment or self._cache is None:
                self.forget_cache()
                raise LogCorrupt("the rows and seed of this segment do not give its commitment")
        return self._cache

    def forget_cache(self) -> bool:
        """Delete what is kept of it, so that it is made again; whether anything can have been read from there."""
        self._cache = None
        if self._cache_path is None or self.entry.k < KEPT_LOG2:
            return False
        kept_beside.remove(self._cache_path)
        return True

    def coefficients(self, indices: list[int]) -> np.ndarray:
        """Masked coefficients (len(indices), N + h) of these columns."""
        return log_coefficients(self.columns, indices, self._seed, log_mask(self.entry.k, self.entry.kappa))

    def combined(self, indices: list[int], weights: list[Ext]) -> np.ndarray:
        """Σ weights_i·T̂_{indices_i}: (6, N + h).

        Rows and masks are combined first, so that six columns are transformed, however many there are.
        """
        factors = np.array(weights, np.uint32).reshape(-1, 6)
        values = workspace.zeros(6, 1 << self.entry.k)
        for first, columns in self._parts():
            here = [at for at, column in enumerate(indices) if first <= column < first + len(columns)]
            if here:
                combine_into(values, columns, factors[here], [indices[at] - first for at in here])
        masks = workspace.zeros(6, log_mask(self.entry.k, self.entry.kappa))
        stream = Keystream(self._seed)
        for start in range(0, len(indices), COLUMNS_AT_ONCE):
            part = slice(start, start + COLUMNS_AT_ONCE)
            drawn = np.stack([stream.field(f"mask {c}", masks.shape[1]) for c in indices[part]])
            combine_into(masks, drawn, factors[part])
        return masked_coefficients(values, masks)

    def _parts(self) -> Iterator[tuple[int, np.ndarray]]:
        """The first of some columns and these, one part after the other; where they are let go, as they are read."""
        if self._columns is not None or self._source is None:
            yield 0, self.columns
            return
        first = 0
        for part in self._source.parts():
            yield first, part
            first += len(part)

    def rows(self, first: int, count: int) -> list[bytes]:
        """Salt and row of consecutive leaves, as opened."""
        salts = Keystream(self._seed).columns("salt", LOG_SALT_WORDS, 1 << self.entry.kappa, first, count)
        return leaf_bytes(salts, self.extension().at(first, count))


def leaf_bytes(salts: np.ndarray, values: np.ndarray) -> list[bytes]:
    """The bytes of each column of salts (s, n) over values (w, n)."""
    return [row.tobytes() for row in np.concatenate([salts, values]).astype("<u4").T]
