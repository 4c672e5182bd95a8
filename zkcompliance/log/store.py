"""A sealed log as its readers see it: the prover, `check` and `fsck`. Reading never changes a log."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from zkcompliance.edge import regular
from zkcompliance.edge.shown import command
from zkcompliance.errors import LogCorrupt, LogEvidence, MalformedError, MalformedNote, SignatureRejected
from zkcompliance.limits import MAX_LOG_ENTRIES, MAX_NOTE_BYTES
from zkcompliance.log import files, merkle, note, rows, seen, shares, spent
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.layout import Layout, SegmentPaths, Settings, read_limited
from zkcompliance.schemas import Schema
from zkcompliance.stark.commit.budget import Budget, subject
from zkcompliance.stark.commit.entry import ENTRY_BYTES, Entry
from zkcompliance.stark.profiles import Profile

_SEED_BYTES = 32

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Segment:
    """One sealed segment. `entry` is public; everything else about it is private."""

    index: int
    entry: Entry
    schema: Schema
    paths: SegmentPaths
    profile: Profile

    @property
    def cache(self) -> Path:
        """The prefix under which the engine keeps what it can rebuild."""
        return self.paths.cache

    @property
    def rows(self) -> int:
        """Real rows (private)."""
        return rows.count(self.paths.rows)

    @property
    def seed(self) -> bytes:
        """32 bytes from which masks and salts follow (private).

        LogCorrupt when they are not there, or readable by others.
        """
        data = files.read(self.paths.seed, _SEED_BYTES, folders=SegmentPaths.DEPTH)
        if len(data) != _SEED_BYTES:
            raise LogCorrupt(f"{self.paths.seed} has not 32 bytes")
        return data

    def load_columns(self) -> NDArray[np.uint32]:
        """Limbs (width, 2^k), zero-padded. LogCorrupt when the rows are not those that were sealed under this entry."""
        columns = rows.load(self.paths.rows, self.schema, self._rows_digest())
        self._require_size(columns)
        return columns

    def parts(self) -> Iterator[NDArray[np.uint32]]:
        """The same a few columns at a time, in order, each part where the one before lay. LogCorrupt as above, but for
        their SHA-256, which is known after the last of them."""
        for part in rows.parts(self.paths.rows, self.schema, self._rows_digest()):
            self._require_size(part)
            yield part

    def _rows_digest(self) -> bytes:
        """What the rows file has to be of."""
        meta = rows.Meta.load(self.paths.meta)
        if meta.entry != self.entry.encode():
            raise LogCorrupt(f"segment {self.index}: its private files belong to another commitment")
        return meta.rows_digest

    def _require_size(self, columns: NDArray[np.uint32]) -> None:
        if columns.shape[1] != 1 << self.entry.k:
            raise LogCorrupt(f"segment {self.index}: its rows do not have the sealed size")

    def budget(self) -> Budget:
        """The ledger of what proofs have revealed of this segment; of a copy that was handed over, of its share."""
        share = shares.load(self.paths)
        given = None if share is None else share.share
        entry = self.entry.encode()
        return Budget(
            self.paths.budget,
            entry,
            self.profile,
            self.entry.k,
            self.entry.kappa,
            f"segment {self.index}",
            folders=SegmentPaths.DEPTH,
            records=spent.records(self.paths.log.spent(self.index), subject(entry, given)),
        ).of(given)


@dataclass(frozen=True)
class SealedLog:
    """A log folder at its last checkpoint: what a proof covers."""

    path: Path
    schema: Schema
    profile: str
    vkey: str
    checkpoint: Checkpoint
    checkpoint_note: str
    segments: tuple[Segment, ...]

    @property
    def origin(self) -> str:
        """The name of the log, which is that of the key that signs its checkpoints, and its generation."""
        return self.checkpoint.origin

    @property
    def checkpoint_body(self) -> str:
        """The lines that are signed."""
        return self.checkpoint.body

    def budget(self, index: int) -> Budget:
        """The ledger of segment `index`."""
        return self.segments[index].budget()

    def proofs_left(self) -> int | None:
        """Row-local proofs that every segment still allows; None for a log without segments."""
        return min((segment.budget().proofs_left() for segment in self.segments), default=None)

    @classmethod
    def open(cls, path: str | Path) -> SealedLog:
        """LogError when there is no log, LogCorrupt when entries, checkpoint and signature disagree.

        LogEvidence when the checkpoint is older than one read here before, or contradicts it.
        """
        layout = Layout(Path(path))
        settings = Settings.load(layout)
        known = known_here(layout)
        text, checkpoint, entries = load_public(layout, settings)
        hold_here(layout, settings, known, text, entries)
        segments = []
        for index, data in enumerate(entries):
            segments.append(
                Segment(
                    index, decode_entry(index, data, settings), settings.schema, layout.segment(index), settings.profile
                )
            )
        return cls(
            layout.root, settings.schema, settings.profile.name, settings.key.text, checkpoint, text, tuple(segments)
        )


def known_here(layout: Layout) -> dict[str, str] | None:
    """What the log's own folder remembers; None for a copy without its secret part, or for who may not read it."""
    if not os.access(layout.secret, os.R_OK | os.X_OK):
        return None
    layout.check_folders()
    return seen.load(layout.seen, folders=1)


def hold_here(
    layout: Layout, settings: Settings, known: dict[str, str] | None, text: str, entries: list[bytes]
) -> None:
    """LogEvidence when a checkpoint contradicts what is known here, and LogCorrupt when the log's key was exchanged.

    A newer one is remembered, if that can be written; durable before it is, so that no crash makes it look rolled back.
    """
    if known is None:
        return
    if known and settings.key.text not in known:
        raise LogCorrupt(f"{layout.settings} names another key than the log had before")
    if known.get(settings.key.text) != text:
        with contextlib.suppress(OSError):
            files.sync_dir(layout.root)
        try:
            seen.hold(layout.seen, known, settings.key, text, entries, strict=False)
        except LogEvidence as error:
            error.help = command("zkcompliance", "fsck", layout.root, "--evidence", "FILE")
            raise


def decode_entry(index: int, data: bytes, settings: Settings) -> Entry:
    """The entry at `index`; LogCorrupt when it is not one of this log's schema and profile."""
    try:
        entry = Entry.decode(data)
    except MalformedError as error:
        raise LogCorrupt(f"entry {index} is damaged") from error
    shape = (entry.profile, entry.schema_digest, entry.width)
    if shape != (settings.profile.id, settings.schema.digest, settings.schema.width):
        raise LogCorrupt(f"entry {index} is of another schema or profile")
    return entry


def load_public(layout: Layout, settings: Settings) -> tuple[str, Checkpoint, list[bytes]]:
    """(signed note, checkpoint, its entries).

    Signature, size and root agree, or LogCorrupt. Entries after it are left out.
    """
    data = read_limited(layout.checkpoint, MAX_NOTE_BYTES)
    try:
        checkpoint = Checkpoint.parse(note.verify(data, settings.key))
    except (MalformedNote, SignatureRejected) as error:
        raise LogCorrupt(f"{layout.checkpoint}: {error.message}") from error
    if checkpoint.origin != settings.origin or checkpoint.succeeds != settings.succeeds:
        raise LogCorrupt(f"{layout.checkpoint} is of another log, {checkpoint.origin}")
    if checkpoint.size > MAX_LOG_ENTRIES:
        raise LogCorrupt(f"{layout.checkpoint} names over {MAX_LOG_ENTRIES} segments")
    with files.reporting(layout.entries):
        descriptor = regular.open_file(layout.entries)
        try:
            stored = os.pread(descriptor, checkpoint.size * ENTRY_BYTES, 0)
        finally:
            os.close(descriptor)
    if len(stored) != checkpoint.size * ENTRY_BYTES:
        raise LogCorrupt(f"{layout.entries} has fewer than the {checkpoint.size} entries of the checkpoint")
    entries = [stored[i : i + ENTRY_BYTES] for i in range(0, len(stored), ENTRY_BYTES)]
    if merkle.root(entries) != checkpoint.root:
        raise LogCorrupt(f"{layout.entries} does not have the root of the signed checkpoint")
    return data.decode(), checkpoint, entries
