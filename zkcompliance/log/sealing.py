"""The steps of a seal, in the order that makes it safe (see `zkcompliance.log.writer`)."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from zkcompliance.edge import regular
from zkcompliance.log import backing, files, rows, staging
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.layout import Layout, Settings
from zkcompliance.log.pending import Pending
from zkcompliance.log.records import encode as encode_records
from zkcompliance.log.signer import SignerKey
from zkcompliance.log.staging import Beacon
from zkcompliance.progress import Progress
from zkcompliance.stark.commit.budget import ledger_bytes
from zkcompliance.stark.commit.entry import ENTRY_BYTES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def stage(
    layout: Layout,
    settings: Settings,
    first: int,
    pending: Pending,
    inputs: Sequence[bytes],
    taken: Mapping[bytes, bytes],
    progress: Progress,
    evidence: int = 0,
    beacon: Beacon | None = None,
) -> list[bytes]:
    """Make the private folders of all pending rows' segments, commit to each, and return their entries, 171 bytes each.

    Where no rows are pending it is one segment of padding: whoever calls it has been told that this is meant. inputs:
    digests (`log.once`), and taken: records (`log.records`), that are kept with the first; evidence: as `stage_one` has
    it, of each; beacon: what all entries hold. Everything is durable when it returns; on error nothing is left.
    """
    count = max(1, -(-pending.rows // rows.MAX_ROWS))
    entries: list[bytes] = []
    try:
        for index, (whole, table) in enumerate(_tables(pending, settings), first):
            marks = tuple(inputs) if index == first else ()
            known = taken if index == first else {}
            seal = (first, count, marks)
            entries.append(
                stage_one(
                    layout, settings, index, table, seal, progress, records=known, evidence=evidence, beacon=beacon,
                    out=whole,
                )
            )  # fmt: skip
        files.sync_dir(layout.segments)
    except BaseException:
        drop(layout, first)
        raise
    return entries


def _tables(
    pending: Pending, settings: Settings
) -> Iterator[tuple[NDArray[np.uint32], tuple[NDArray[np.uint32], int]]]:
    """Pending rows as zero-padded tables (width, 2^k) with their number of real rows, one for each segment; each with
    the memory of which it is the front (`stark.commit.table.room`)."""
    from zkcompliance.stark.commit.table import room

    def table(size: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        k = rows.padded_log2(size)
        whole = room(settings.schema.width, k, settings.profile.name)
        return whole, whole[:, : 1 << k]

    left, filled = pending.rows, 0
    if not left:
        whole, current = table(0)
        yield whole, (current, 0)
        return
    size = min(left, rows.MAX_ROWS)
    whole, current = table(size)
    for chunk in pending.chunks():
        rest = chunk
        while rest.shape[1]:
            take = min(rest.shape[1], size - filled)
            current[:, filled : filled + take] = rest[:, :take]
            filled, rest = filled + take, rest[:, take:]
            if filled == size:
                yield whole, (current, size)
                left, filled = left - size, 0
                if not left:
                    return
                size = min(left, rows.MAX_ROWS)
                whole, current = table(size)


def stage_one(
    layout: Layout,
    settings: Settings,
    index: int,
    table: tuple[NDArray[np.uint32], int],
    seal: tuple[int, int, tuple[bytes, ...]],
    progress: Progress,
    tier: int = 0,
    records: Mapping[bytes, bytes] | None = None,
    evidence: int = 0,
    beacon: Beacon | None = None,
    out: NDArray[np.uint32] | None = None,
) -> bytes:
    """Make the private folder of segment `index`, durably, and commit to it; its entry (171 bytes).

    table: the rows (width, 2^k), zero-padded, and how many are real; seal: the first segment and the number of segments
    that are sealed with it, and the digests of inputs that are kept here (`log.once`); tier: as in `SegmentPaths`;
    records: those that are kept here (`log.records`); evidence: how many pieces the log has, 0 where the segment is
    sealed without any (`log.backing`); beacon: the round that the entry holds; out: as
    `stark.commit.table.commit` has it.
    """
    from zkcompliance.stark.commit.table import commit

    columns, count = table
    paths = layout.segment(index)
    if os.path.lexists(paths.folder):
        _remove(paths.folder)
    files.make_dir(paths.folder)
    seed = os.urandom(32)
    with files.creating(paths.rows) as descriptor:
        digest = rows.write(descriptor, settings.schema, columns[:, :count])
    files.create(paths.seed, seed)
    files.sync_dir(paths.folder)
    made = commit(
        columns, seed, settings.profile.name, settings.schema.digest, cache=paths.cache, progress=progress, out=out
    )
    made = replace(made, evidence=backing.root(layout, evidence))
    entry = (made if beacon is None else replace(made, round=beacon[0], beacon=beacon[1])).encode()
    files.create(paths.budget, ledger_bytes(entry))
    if tier:
        files.create(paths.tier, f"{tier}\n".encode())
    if evidence:
        files.create(paths.evidence, backing.count_bytes(evidence))
    if records:
        files.create(paths.records, encode_records(records))
    files.create(paths.meta, rows.Meta(digest, entry, *seal).encode())
    files.sync_dir(paths.folder)
    return entry


def sign(settings: Settings, key: SignerKey, entries: list[bytes]) -> tuple[str, Checkpoint]:
    """The signed note and checkpoint over all entries. The same entries always give the same bytes."""
    checkpoint = settings.checkpoint(entries)
    return key.sign(checkpoint.body), checkpoint


def publish(
    layout: Layout, settings: Settings, key: SignerKey, before: list[bytes], new: list[bytes]
) -> tuple[str, Checkpoint]:
    """Append the new entries to those before, durably; then sign, and make the signed note the log's checkpoint.

    Until the rename everything is undone on error; from then on the seal stands.
    """
    first = len(before)
    temporary = layout.checkpoint.with_name(f".checkpoint.{os.urandom(6).hex()}.tmp")
    try:
        descriptor = _entries(layout.entries)
        try:
            os.lseek(descriptor, first * ENTRY_BYTES, os.SEEK_SET)
            files.write_all(descriptor, b"".join(new))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        files.sync_dir(layout.root)
        note, checkpoint = sign(settings, key, [*before, *new])
        files.create(temporary, note.encode(), files.PUBLIC)
        with files.locked(layout.swap):  # or one that is being cosigned would take the place of this
            temporary.replace(layout.checkpoint)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        truncate_entries(layout.entries, first)
        drop(layout, first)
        raise
    files.sync_dir(layout.root)
    return note, checkpoint


def truncate_entries(path: Path, size: int) -> None:
    """Keep the first `size` entries, durably."""
    descriptor = _entries(path)
    try:
        os.ftruncate(descriptor, size * ENTRY_BYTES)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _entries(path: Path) -> int:
    """A descriptor to write `entries` with, which no snapshot shares."""
    descriptor = regular.open_file(path, os.O_RDWR)
    try:
        return regular.unshared(path, descriptor, files.PUBLIC)
    except BaseException:
        with contextlib.suppress(OSError):
            os.close(descriptor)
        raise


def drop(layout: Layout, first: int) -> None:
    """Delete the private folders of segments that were never published: `first` and later.

    Those that other processes made go back to where these put them: the same rows are not committed to twice.
    """
    staging.put_back(layout, first)
    for name in files.names(layout.segments):
        if name.isdecimal() and int(name) >= first:
            _remove(layout.segments / name)
    files.sync_dir(layout.segments)


def _remove(folder: Path) -> None:
    """Delete a folder with what is in it, or whatever else has the name; nothing behind a link."""
    if folder.is_symlink() or not folder.is_dir():
        folder.unlink()
    else:
        shutil.rmtree(folder)
