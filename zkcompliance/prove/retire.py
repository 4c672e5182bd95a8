"""Removing what is private in a generation of a log once a later one has taken its rows over."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from zkcompliance.edge.shown import command
from zkcompliance.errors import LogBusy, LogError, MalformedError, VerificationError
from zkcompliance.log import files, moving, received, successor
from zkcompliance.log.fsck import fsck, raise_if_faulty
from zkcompliance.log.layout import SPOOL_NAME, Layout, Settings
from zkcompliance.log.lineages import file_of
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer_lock import lock_of
from zkcompliance.progress import Progress, silent
from zkcompliance.prove.own_lineage import verify_own


def retire(path: str | Path, *, progress: Progress = silent) -> SealedLog:
    """Remove rows, seeds, ledgers and pending rows of the log at `path`; the newest generation, which has them.

    LogError where no generation succeeds it, or the newest is not at its place, or damaged (every commitment is
    computed again), or a lineage on the way there does not show that the rows are the same: then nothing is removed.
    Called again after an interruption it does the rest.
    """
    layout = Layout(Path(path))
    Settings.load(layout)
    received.refuse(layout, received.RETIRED)
    moving.newest(layout.root, lambda sentence: None)
    here = SealedLog.open(layout.root)
    while (after := successor.read(Layout(here.path))) is not None:
        there = SealedLog.open(after.path)
        _check_lineage(here, there, progress)
        here = there
    if here.path == layout.root:
        raise LogError(
            f"{layout.root} is the newest generation of its log: its rows are nowhere else",
            help=successor.how_to_refresh(layout.root),
        )
    raise_if_faulty(fsck(here.path, deep=True, progress=progress))
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
    return here


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


def _check_lineage(old: SealedLog, new: SealedLog, progress: Progress) -> None:
    """LogError unless new succeeds old, and the lineage in its folder shows that the rows are the same."""
    succeeds = new.checkpoint.succeeds
    if succeeds is None or (succeeds.origin, succeeds.size, succeeds.root) != (
        old.origin,
        len(old.segments),
        old.checkpoint.root,
    ):
        raise LogError(
            f"{new.path} does not succeed the checkpoint of {old.path}", help=command("zkcompliance", "fsck", new.path)
        )
    try:
        verify_own(file_of(Layout(new.path)), new, since=old, progress=progress)
    except (VerificationError, MalformedError) as error:
        raise LogError(
            f"the lineage of {new.path} does not verify: {error.message}",
            help=command("zkcompliance", "fsck", new.path, "--deep"),
        ) from error
