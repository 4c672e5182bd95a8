"""A lineage as it lies in the log's own folder, read again as a verifier reads it (`log retire`, `fsck --deep`)."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from zkcompliance.card import catalogue as cards
from zkcompliance.claim import catalogue
from zkcompliance.edge import regular
from zkcompliance.errors import LineageRejected, LogError, MalformedError, SignatureRejected, VerificationError
from zkcompliance.lineage import chain
from zkcompliance.lineage.stream import Side, read_lineage
from zkcompliance.log import files, merkle, note
from zkcompliance.log.fsck import Finding
from zkcompliance.log.layout import Layout
from zkcompliance.log.lineages import file_of
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.store import SealedLog
from zkcompliance.progress import Progress, silent
from zkcompliance.prove.lineage import HEAD
from zkcompliance.quantities import number_of

_AT_ONCE = 1 << 20


class Change(NamedTuple):
    """A generation that began under a later version of the schema: its origin, and both labels."""

    origin: str
    before: str
    after: str


class Read(NamedTuple):
    """A lineage that was verified: how many steps, and in which of them the schema became a later version."""

    steps: int
    changes: tuple[Change, ...]


def verify_own(path: Path, log: SealedLog, *, since: SealedLog | None = None, progress: Progress = silent) -> Read:
    """Read a lineage as a verifier does, up to the generation `log`; of its schema, which may be the user's own.

    Each step's checkpoints are signed by the key that the step before reached, or, the first, by any; the last step of
    `unlinked` by the new key alone. since: one of the steps begins at this checkpoint, under its key; the steps of its
    own lineage are there byte for byte, and are not verified again. VerificationError, MalformedError, LogError.
    """
    claim = catalogue.unchanged(log.schema)
    may_be_lost = path == Layout(log.path).unlinked
    reached: list[VerifierKey] = []
    lost: list[str] = []
    begins = []

    def signed(old: Side, new: Side, text: str) -> None:
        key = VerifierKey.parse(text)
        begin = old.checkpoint.origin, old.checkpoint.size, old.checkpoint.root
        begins.append(begin)
        if since is not None and begin == _end(since):
            reached.append(VerifierKey.parse(since.vkey))
        if lost:
            raise LineageRejected(f"nothing links {lost[0]} to what was before, and more steps follow")
        if reached:
            note.verify(old.note, reached[-1])
            try:
                note.verify(new.note, reached[-1])
            except SignatureRejected:
                if not may_be_lost:
                    raise
                lost.append(new.checkpoint.origin)
        note.verify(new.note, key)
        reached.append(key)

    def program_of(old: bytes, new: bytes) -> bytes | None:
        return claim.program_digest if old == new == log.schema.digest else chain.program_of(old, new)

    last = None
    changes = []
    with files.reporting(path), os.fdopen(regular.open_file(path), "rb") as file:
        total = max(1, os.fstat(file.fileno()).st_size)
        source = cast(BinaryIO, file) if since is None else _after(file, Layout(since.path).lineage)
        for step in read_lineage(source, program_of, signed, lambda at: progress("verify the lineage", at, total)):
            last = step
            if step.schemas[0] != step.schemas[1]:
                changes.append(Change(step.new.checkpoint.origin, *map(cards.label, step.schemas)))
    here = log.checkpoint
    extended = last is not None and last.new.checkpoint.size <= here.size
    entries = [segment.entry.encode() for segment in log.segments]
    if last is None or not extended or last.new.checkpoint.origin != here.origin or reached[-1].text != log.vkey:
        raise LineageRejected(f"it does not lead to {here.origin}")
    if merkle.root(entries[: last.new.checkpoint.size]) != last.new.checkpoint.root:
        raise LineageRejected(f"what it leads to is not how {here.origin} begins")
    if since is not None and _end(since) not in begins:
        raise LineageRejected(f"it does not go on from the last checkpoint of {since.origin}")
    return Read(len(begins), tuple(changes))


def lineage_findings(path: Path, progress: Progress = silent) -> list[Finding]:
    """What `fsck --deep` says of the lineage of the log at `path`: nothing of a first generation, or of none there."""
    log = SealedLog.open(path)
    file = file_of(Layout(log.path))
    if log.checkpoint.generation == 1 or not os.path.lexists(file):
        return []
    try:
        read = verify_own(file, log, progress=progress)
    except (VerificationError, MalformedError, LogError) as error:
        return [Finding(True, file.name, f"does not verify: {error.message}")]
    said = f"verifies: {number_of(read.steps, 'step')}, in each of which the rows are unchanged"
    said += "".join(f"; {each.origin} has them under {each.after}, after {each.before}" for each in read.changes)
    return [Finding(False, file.name, said)]


def _end(log: SealedLog) -> tuple[str, int, bytes]:
    return log.origin, len(log.segments), log.checkpoint.root


class _Later:
    """The head of a lineage, and the steps of one from where its file stands."""

    def __init__(self, steps: BinaryIO) -> None:
        self._head = BytesIO(HEAD)
        self._steps = steps

    def read(self, count: int) -> bytes:
        return self._head.read(count) or self._steps.read(count)


def _after(file: BinaryIO, before: Path) -> BinaryIO:
    """A lineage without the steps of the one before, with which it begins; as it is where there is none."""
    if not os.path.lexists(before):
        return file
    with os.fdopen(regular.open_file(before), "rb") as known:
        while part := known.read(_AT_ONCE):
            if file.read(len(part)) != part:
                raise LineageRejected(f"it does not begin with {before}")
    return cast(BinaryIO, _Later(file))
