"""Removing what is private in a generation of a log once a later one has taken its rows over."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from zkcompliance import regular
from zkcompliance.claim import catalogue
from zkcompliance.errors import LineageRejected, LogBusy, LogError, MalformedError, VerificationError
from zkcompliance.log import files, merkle, moving, note, successor
from zkcompliance.log.fsck import fsck, raise_if_faulty
from zkcompliance.log.layout import SPOOL_NAME, Layout, Settings
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer_lock import lock_of
from zkcompliance.shown import command
from zkcompliance.verify.lineage import Side, read_lineage


def retire(path: str | Path) -> SealedLog:
    """Remove rows, seeds, ledgers and pending rows of the log at `path`; the generation after it, which has them.

    LogError where no generation succeeds it, or that one is not at its place, damaged, or does not show by its lineage
    that it has all rows of this one: then nothing is removed. Called again after an interruption it does the rest.
    """
    layout = Layout(Path(path))
    Settings.load(layout)
    moving.finish(layout.root)
    after = successor.read(layout)
    if after is None:
        raise LogError(
            f"{layout.root} is the newest generation of its log: its rows are nowhere else",
            help=successor.how_to_refresh(layout.root),
        )
    old, new = SealedLog.open(layout.root), SealedLog.open(after.path)
    raise_if_faulty(fsck(after.path))
    _check_lineage(old, new)
    with files.reporting(layout.root):
        lock = lock_of(layout)
        try:
            _take_spools_away(layout)
            files.replace(layout.retired, b"", files.PRIVATE)
            for private in sorted(layout.secret.iterdir()):
                if private.is_dir() and not private.is_symlink():
                    shutil.rmtree(private)
                elif private not in (layout.retired, layout.lock, layout.id, layout.seen):
                    private.unlink()
            files.sync_dir(layout.secret)
        finally:
            os.close(lock)
    return new


def _take_spools_away(layout: Layout) -> None:
    """Rows that others spooled here go to the newest generation; LogBusy where one of them is still spooling."""
    newest = Layout(successor.follow(layout.root, lambda sentence: None))
    moving.hand_over_spools(layout, newest)
    for name in files.names(layout.secret):
        if SPOOL_NAME.fullmatch(name):
            raise LogBusy(
                f"{layout.secret / name} holds rows of a process that found the log busy, and has not moved on yet",
                help=command("zkcompliance", "log", "retire", layout.root) + "  # again, when that process has ended",
            )


def _check_lineage(old: SealedLog, new: SealedLog) -> None:
    """LogError unless new succeeds old, and the lineage in its folder verifies."""
    succeeds = new.checkpoint.succeeds
    if succeeds is None or (succeeds.origin, succeeds.size, succeeds.root) != (
        old.origin,
        len(old.segments),
        old.checkpoint.root,
    ):
        raise LogError(
            f"{new.path} does not succeed the checkpoint of {old.path}", help=command("zkcompliance", "fsck", new.path)
        )
    path = Layout(new.path).lineage
    if not path.is_file():
        path = Layout(new.path).unlinked
    try:
        verify_own(path, new)
    except (VerificationError, MalformedError) as error:
        raise LogError(
            f"the lineage of {new.path} does not verify: {error.message}",
            help=command("zkcompliance", "fsck", new.path),
        ) from error


def verify_own(path: Path, log: SealedLog) -> None:
    """Read a lineage as a verifier does, up to the generation `log`; of its schema, which may be the user's own.

    Each step's checkpoints are signed by the key that the step before reached, or, the first, by any; a last step that
    nothing links (`unlinked`) by the new key alone. VerificationError, MalformedError, LogError.
    """
    claim = catalogue.unchanged(log.schema)
    reached: list[VerifierKey] = []

    def signed(old: Side, new: Side, text: str) -> None:
        key = VerifierKey.parse(text)
        if reached:
            note.verify(old.note, reached[-1])
            note.verify(new.note, reached[-1])
        note.verify(new.note, key)
        reached.append(key)

    def program_of(schema: bytes) -> bytes | None:
        return claim.program_digest if schema == log.schema.digest else None

    last = None
    with files.reporting(path), regular.open_given(path) as source:
        for step in read_lineage(source, program_of, signed):
            last = step
    here = log.checkpoint
    extended = last is not None and last.new.checkpoint.size <= here.size
    entries = [segment.entry.encode() for segment in log.segments]
    if last is None or not extended or last.new.checkpoint.origin != here.origin or reached[-1].text != log.vkey:
        raise LineageRejected(f"it does not lead to {here.origin}")
    if merkle.root(entries[: last.new.checkpoint.size]) != last.new.checkpoint.root:
        raise LineageRejected(f"what it leads to is not how {here.origin} begins")
