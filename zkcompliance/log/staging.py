"""Segments that other processes make: each whole in a folder of its own, before the log's one writer seals them.

    secret/segments/seed-NAME      32 bytes, drawn by the writer before the segment is given out
    secret/segments/trying-RANDOM  a try: rows, the engine's cache, ledger, meta; of whoever is killed it stays
    secret/segments/staged-NAME    a try that is whole, by one rename: the first one, and any later one is thrown away

NAME = SHA-256("zkcompliance-staged-1" ‖ schema digest ‖ profile ‖ u32 number of the segment ‖ what its rows are), in
hex. So a name has one table: a seed never serves two, and two tries under one seed come out the same but for their
time. What is staged is taken over by a later seal of the same rows as the same segment, and by no other.

Who seals renames staged folders to their numbers, after it has written into each the seal that it is part of. The file
`plan` in it says the name until the seal stands: where a writer is killed before, the next one puts it back.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import struct
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from zkcompliance.errors import LogCorrupt
from zkcompliance.log import files, rows
from zkcompliance.log.layout import Layout, SegmentPaths, Settings
from zkcompliance.log.pending import Pending, Place, load_places
from zkcompliance.log.records import encode as encode_records
from zkcompliance.progress import Progress
from zkcompliance.spread import each
from zkcompliance.stark.commit.budget import ledger_bytes
from zkcompliance.stark.commit.entry import Entry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Beacon = tuple[int, bytes]  # the number of a beacon's round, and SHA-256 of its signature
_SEED_BYTES, _NAME_BYTES = 32, 64
LEFT = ("seed-", "trying-", "staged-")


def name_of(settings: Settings, index: int, content: Iterable[bytes]) -> str:
    """The name of segment `index`, whose rows are said by these digests, 64 hex digits."""
    said = hashlib.sha256(b"zkcompliance-staged-1" + settings.schema.digest + settings.profile.name.encode() + b"\n")
    said.update(struct.pack("<I", index))
    for part in content:
        said.update(part)
    return said.hexdigest()


def draw_seed(layout: Layout, name: str) -> None:
    """Draw the seed of a segment, durably, unless it has one. By the writer alone, before the segment is given out."""
    path = _seed_of(layout, name)
    if not os.path.lexists(path) and not os.path.lexists(layout.staged(name).folder):
        files.replace(path, os.urandom(_SEED_BYTES), files.PRIVATE)


def _seed_of(layout: Layout, name: str) -> Path:
    return layout.segments / f"seed-{name}"


class Try:
    """A segment that is being made: by whoever it was given to."""

    def __init__(self, root: Path, name: str) -> None:
        self._layout, self._name = Layout(root), name
        self._settings = Settings.load(self._layout)

    @property
    def _seed(self) -> bytes:
        data = files.read(_seed_of(self._layout, self._name), _SEED_BYTES, folders=2)
        if len(data) != _SEED_BYTES:
            raise LogCorrupt(f"{_seed_of(self._layout, self._name)} has not 32 bytes")
        return data

    def make(self, columns: NDArray[np.uint32], count: int) -> None:
        """Commit to a table (width, 2^k), zero-padded, of which `count` rows are real, and stage it, durably.

        Where it is staged already, its rows are held against these: LogCorrupt where they are others.
        """
        import numpy as np

        from zkcompliance.stark.commit.table import commit

        layout, schema = self._layout, self._settings.schema
        there = layout.staged(self._name)
        if os.path.lexists(there.folder):
            if not np.array_equal(rows.load(there.rows, schema, rows.Meta.load(there.meta).rows_digest), columns):
                raise LogCorrupt(f"{there.folder} has other rows than it is to have")
            return
        with files.reporting(layout.segments):
            paths = SegmentPaths(layout.segments / f"trying-{os.urandom(12).hex()}")
            files.make_dir(paths.folder)
            try:
                files.create(paths.seed, self._seed)
                with files.creating(paths.rows) as descriptor:
                    digest = rows.write(descriptor, schema, columns[:, :count])
                entry = commit(
                    columns, self._seed, self._settings.profile.name, schema.digest, cache=paths.cache
                ).encode()
                files.create(paths.budget, ledger_bytes(entry))
                files.create(paths.plan, self._name.encode())
                files.create(paths.meta, rows.Meta(digest, entry, 0, 1).encode())
                files.sync_dir(paths.folder)
                with contextlib.suppress(FileExistsError, NotADirectoryError):  # another try was quicker
                    _rename(paths.folder, there.folder)
                files.sync_dir(layout.segments)
            finally:
                shutil.rmtree(paths.folder, ignore_errors=True)  # nothing, where it was renamed


def _rename(source: Path, target: Path) -> None:
    """FileExistsError where a folder that is not empty has the name, however the system says it."""
    try:
        source.rename(target)
    except OSError as error:
        if target.is_dir():
            raise FileExistsError(str(target)) from error
        raise


@dataclass(frozen=True)
class Slice:
    """Rows of a frame of the pending file: from `first` to before `stop`."""

    place: Place
    first: int
    stop: int

    @property
    def said(self) -> bytes:
        """What tells it from other rows."""
        return self.place.digest + struct.pack("<II", self.first, self.stop)


@dataclass(frozen=True)
class Given:
    """A segment of pending rows, to be made by another process that sees the log's folder `root`."""

    root: Path
    pending: Path
    name: str
    number: int
    of: int
    slices: tuple[Slice, ...]

    @property
    def label(self) -> str:
        """As a dashboard has it."""
        return f"seal segment {self.number} of {self.of}"


def make_given(given: Given) -> None:
    """Stage the segment. Runs wherever it is sent."""
    import numpy as np

    schema = Settings.load(Layout(given.root)).schema
    count = sum(each.stop - each.first for each in given.slices)
    table = np.zeros((schema.width, 1 << rows.padded_log2(count)), dtype=np.uint32)
    at = 0
    loaded = load_places(given.pending, schema, (each.place for each in given.slices))
    for part, chunk in zip(given.slices, loaded, strict=True):
        size = part.stop - part.first
        table[:, at : at + size] = chunk[:, part.first : part.stop]
        at += size
    Try(given.root, given.name).make(table, count)


def cut(pending: Pending) -> list[tuple[Slice, ...]]:
    """All pending rows as full segments, the last one of those that are left; one where there are none."""
    found: list[list[Slice]] = [[]]
    room = rows.MAX_ROWS
    for place in pending.places():
        at = 0
        while at < place.rows:
            if not room:
                found.append([])
                room = rows.MAX_ROWS
            take = min(room, place.rows - at)
            found[-1].append(Slice(place, at, at + take))
            at, room = at + take, room - take
    return [tuple(part) for part in found]


def stage(
    layout: Layout,
    settings: Settings,
    first: int,
    pending: Pending,
    inputs: Sequence[bytes],
    taken: Mapping[bytes, bytes],
    progress: Progress,
    executor: Executor,
    beacon: Beacon | None = None,
) -> list[bytes]:
    """`sealing.stage` by other processes: the same folders and entries, but for seeds. beacon: the round that whoever
    seals puts into the entries; nothing that is committed to depends on it. On error what was staged stays,
    for the next seal of these rows; it has no number yet.
    """
    parts = cut(pending)
    names = [name_of(settings, first + at, (each.said for each in part)) for at, part in enumerate(parts)]
    for name in names:
        draw_seed(layout, name)
    root, path = layout.root.absolute(), pending.path.absolute()
    pieces = [Given(root, path, name, at, len(parts), parts[at - 1]) for at, name in enumerate(names, 1)]
    each(executor, make_given, pieces, lambda done: progress("segments", done, len(parts)))
    return take(layout, names, first, inputs, taken, beacon)


def take(
    layout: Layout,
    names: Sequence[str],
    first: int,
    inputs: Sequence[bytes] = (),
    taken: Mapping[bytes, bytes] = {},
    beacon: Beacon | None = None,
) -> list[bytes]:
    """Give staged segments their numbers from `first` on, as those of one seal, durably; their entries, 171 bytes each.

    inputs: digests (`log.once`), and taken: records (`log.records`), that are kept with the first; beacon: the round
    that all entries hold, whatever an earlier seal that was interrupted put there.
    """
    number, digest = beacon or (0, bytes(32))
    entries = []
    for at, name in enumerate(names):
        paths = layout.staged(name)
        meta = rows.Meta.load(paths.meta)
        marks = tuple(inputs) if at == 0 else ()
        if at == 0 and taken:
            files.replace(paths.records, encode_records(taken), files.PRIVATE)
        entry = replace(Entry.decode(meta.entry), round=number, beacon=digest).encode()
        files.replace(paths.budget, ledger_bytes(entry), files.PRIVATE)  # of which nothing was ever spent
        files.replace(paths.meta, rows.Meta(meta.rows_digest, entry, first, len(names), marks).encode(), files.PRIVATE)
        entries.append(entry)
    for at, name in enumerate(names):
        folder = layout.segment(first + at).folder
        if os.path.lexists(folder):  # of a writer that was killed, which recovery left
            shutil.rmtree(folder)
        layout.staged(name).folder.rename(folder)
    files.sync_dir(layout.segments)
    return entries


def put_back(layout: Layout, first: int) -> None:
    """Segments from number `first` on, which were never sealed, go back to where they were staged, if they were."""
    for name in files.names(layout.segments):
        if name.isdecimal() and int(name) >= first and os.path.lexists(layout.segment(int(name)).plan):
            paths = layout.segment(int(name))
            planned = files.read(paths.plan, _NAME_BYTES, folders=SegmentPaths.DEPTH).decode("ascii", "replace")
            if len(planned) == _NAME_BYTES and planned.isalnum():
                paths.records.unlink(missing_ok=True)
                with contextlib.suppress(FileExistsError):
                    _rename(paths.folder, layout.staged(planned).folder)


def settle(layout: Layout, size: int) -> None:
    """The first `size` segments are sealed: of the last ones, nothing says any more that another process made them."""
    first = size
    while first and os.path.lexists(layout.segment(first - 1).plan):
        first -= 1
    for index in range(first, size):  # upwards: what is left by whoever is killed are the last ones again
        layout.segment(index).plan.unlink()


def clear(layout: Layout) -> None:
    """Delete what other processes left: what they made for a seal that does not come any more, or has come."""
    for name in files.names(layout.segments):
        path = layout.segments / name
        if name.startswith(("seed-", ".seed-")):
            path.unlink(missing_ok=True)
        elif name.startswith(LEFT):
            shutil.rmtree(path, ignore_errors=True)
