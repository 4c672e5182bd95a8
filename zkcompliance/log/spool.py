"""A writer who finds the log busy: rows go to a spool (zkcompliance.log.spooled) until it is free."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterable
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING

from zkcompliance.errors import LogBusy, LogError
from zkcompliance.log import files, moving, received, successor
from zkcompliance.log.cosignature import CosignerKey
from zkcompliance.log.layout import Layout, Settings
from zkcompliance.log.pending import Pending
from zkcompliance.log.sealing import Beacon
from zkcompliance.log.signer import SignerKey
from zkcompliance.log.spooled import bring, new_spool
from zkcompliance.log.writer import Clock, Writer, check_key, checked_chunks, refuse_roll_up
from zkcompliance.progress import Progress, silent
from zkcompliance.quantities import number_of
from zkcompliance.schemas import Schema
from zkcompliance.schemas.evolution import widened

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_log = logging.getLogger("zkcompliance")


class SpoolingWriter:
    """A `Writer` where the log is free, and one who spools where it is busy; it becomes the former when it can.

    `append` is as durable in either case. `seal` where the log is still busy closes the spool, so that the next one who
    holds the log takes it in and seals its rows, and logs a warning that says so.
    """

    def __init__(self, path: str | Path, key: SignerKey, *, clock: Clock = time.time) -> None:
        """Raises as `Writer` does, but never LogBusy."""
        self._layout = Layout(Path(path))
        self._settings = Settings.load(self._layout)
        self._key, self._clock = key, clock
        received.refuse(self._layout, received.SEALED)
        check_key(self._layout, self._settings, key)
        moving.finish(self._layout.root)
        successor.require_open(self._layout)
        self._writer: Writer | None = None
        self._spool: Pending | None = None
        self._open = True
        self._take_log()

    def _take_log(self) -> Writer | None:
        """The log's writer, when the log is free; what was spooled is then pending."""
        if not self._open:
            raise LogError(f"this writer of {self._layout.root} is closed; open the log again")
        if self._writer is None:
            self._follow()
            with contextlib.suppress(LogBusy):
                self._writer = Writer(self._layout.root, self._key, spools=False, clock=self._clock)
            if self._writer is not None:
                self._leave_spool()
                self._writer.take_spools()
        return self._writer

    def _follow(self) -> None:
        """To the folder in which the log goes on now, with the spool: who moved the log has put that there."""
        now = moving.newest(self._layout.root, lambda sentence: _log.warning("%s", sentence))
        if now == self._layout.root:
            return
        after = Layout(now)
        settings = Settings.load(after)
        check_key(after, settings, self._key)
        if self._spool is not None:
            self._spool = bring(self._spool, self._layout, after, self.schema)
        self._layout = after

    def _leave_spool(self) -> None:
        """Close the spool: from now on it is its next holder's. An empty one is deleted."""
        spool, self._spool = self._spool, None
        if spool is not None:
            with files.reporting(spool.path):
                if spool.committed_rows:
                    spool.close()
                else:
                    spool.remove()

    @property
    def schema(self) -> Schema:
        """The schema of the rows that are appended here: the log's, as it was when it was opened.

        Where the log goes on under a later version, they are taken into it with every new column missing.
        """
        return self._settings.schema

    @property
    def spooling(self) -> bool:
        """Whether the log is busy, and rows go to a spool."""
        return self._writer is None

    @property
    def pending_rows(self) -> int:
        """Rows of this writer (or, where it holds the log, of all) that were appended and not yet sealed."""
        if self._writer is not None:
            return self._writer.pending_rows
        return self._spool.committed_rows if self._spool is not None else 0

    def append_columns(self, chunks: Iterable[NDArray[np.uint32]]) -> int:
        """As `Writer.append_columns`: all durable when it returns, or none kept."""
        refuse_roll_up(self._layout.root, self.schema)
        writer = self._take_log()
        if writer is not None:
            if writer.schema.digest == self.schema.digest:
                return writer.append_columns(chunks)
            checked = checked_chunks(self.schema, chunks)
            return writer.append_columns(widened(self.schema, writer.schema, chunk) for chunk in checked)
        if self._spool is None:
            self._spool = new_spool(self._layout, self.schema)
            self._follow()  # where the log has moved on before the spool was there
        spool, before = self._spool, self._spool.rows
        try:
            with files.reporting(spool.path):
                for chunk in checked_chunks(self.schema, chunks):
                    spool.add(chunk)
                if spool.rows > before:
                    spool.commit()
        except BaseException:
            with files.reporting(spool.path):
                spool.rollback()
            raise
        return spool.rows - before

    def seal(
        self,
        *,
        empty: bool = False,
        progress: Progress = silent,
        executor: Executor | None = None,
        beacon: Beacon | None = None,
    ) -> None:
        """Seal everything appended; where the log is busy, leave the spool to the one who holds it.

        empty, executor, beacon: as `Writer.seal`; LogBusy where the log is busy with `empty`, since its holder may have
        rows. Rows that are left in the spool are sealed with whatever round its holder has.
        """
        writer = self._take_log()
        if writer is not None:
            writer.seal(empty=empty, progress=progress, executor=executor, beacon=beacon)
            return
        if empty:
            raise LogBusy(f"{self._layout.root} is being written by another process")
        rows = self.pending_rows
        self._leave_spool()
        if rows:
            _log.warning(
                "%s is being written by another process: it keeps %s durably, sealed by the next seal of whoever "
                "holds it",
                self._layout.root,
                number_of(rows, "row"),
            )

    def add_cosignatures(self, lines: Iterable[str], cosigners: Iterable[CosignerKey]) -> None:
        """As `Writer.add_cosignatures`; LogBusy where the log is busy."""
        writer = self._take_log()
        if writer is None:
            raise LogBusy(f"{self._layout.root} is being written by another process")
        writer.add_cosignatures(lines, cosigners)

    def close(self) -> None:
        """Give up log or spool. Rows appended and not sealed stay: pending, or in the spool until it is taken in."""
        if self._open:
            with contextlib.suppress(LogError):
                self._take_log()
            self._open = False
            self._leave_spool()
            if self._writer is not None:
                self._writer.close()
