"""A writer that never waits for a log: rows go to a spool of its own at once, and a thread makes them durable.

`put` writes to the file and returns: the rows stay there where the process is killed at any moment afterwards, and
where the machine is, once `flush` has returned or the thread has been through (every `_PAUSE` seconds at the most). The
log's lock is never taken, and no key is needed: whoever holds the log takes in what `let_go` and `close` leave
(`zkcompliance.log.spooled`). For several threads at once; a process that was forked has a spool of its own.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from zkcompliance.errors import LogError
from zkcompliance.log import files, moving, received
from zkcompliance.log.frames import CHUNK_ROWS, NO_RECORD, Pair
from zkcompliance.log.layout import Layout, Settings
from zkcompliance.log.pending import Pending
from zkcompliance.log.spooled import bring, new_spool
from zkcompliance.log.writer import refuse_roll_up
from zkcompliance.schemas import Schema
from zkcompliance.schemas.cells import check_limbs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_PAUSE = 0.1  # seconds between two fsyncs


class Feed:
    """Rows for the log at `path`, or for the folder in which that goes on.

    LogError where there is none or it is a copy that was handed over, UsageError for a roll-up, whose rows only roll-up
    writes.
    """

    def __init__(self, path: str | Path) -> None:
        self._layout = Layout(moving.newest(path, lambda sentence: None))
        self._schema = Settings.load(self._layout).schema
        received.refuse(self._layout, received.SEALED)
        refuse_roll_up(self._layout.root, self._schema)
        self._closed = False
        self._spool: Pending | None = None
        self._begin()
        self._spool = self._new()
        self._start()

    def _begin(self) -> None:
        """As a new process: no spool, no thread."""
        self._process = os.getpid()
        self._changed = threading.Condition()
        self._spool = None
        self._home = self._layout  # where the spool was made
        self._put = self._durable = 0  # rows of all spools of this process
        self._leaving = 0  # spools that are being left, whose rows are durable when they are
        self._failed: OSError | None = None
        self._thread: threading.Thread | None = None
        self._ending = threading.Event()

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._sync, name="zkcompliance-feed", daemon=True)
        self._thread.start()

    @property
    def schema(self) -> Schema:
        """The schema of the rows that are put here: the log's, as it was when this was opened."""
        return self._schema

    @property
    def rows(self) -> int:
        """How many rows were put since the last `let_go`."""
        return self._spool.rows if self._spool is not None else 0

    def put(self, columns: NDArray[np.uint32], pairs: Sequence[Pair] = ()) -> None:
        """Write rows, limbs (width, n), n ≤ CHUNK_ROWS: all or none. pairs: their records, one for each row.

        SchemaError for rows that do not fit; LogError, such as for a full disk, and then nothing is kept of them.
        """
        check_limbs(self._schema, columns)
        count = columns.shape[1]
        if not 0 < count <= CHUNK_ROWS or len(pairs) not in (0, count):
            raise LogError(f"{count} rows with {len(pairs)} records are no piece of a feed")
        if os.getpid() != self._process:
            self._begin()  # its parent's spool is the parent's
        with self._changed:
            if self._closed:
                raise LogError(f"this writer of {self._layout.root} is closed; open the log again")
            if self._spool is None:
                self._spool = self._new()
                self._home = self._layout
            with files.reporting(self._spool.path):
                self._spool.put(columns, list(pairs) or [NO_RECORD] * count)
            self._put += count
            if self._thread is None:
                self._start()
            self._changed.notify_all()

    def _sync(self) -> None:
        """The thread: whatever was put becomes durable, and what fails is said by the next `flush`."""
        while True:
            with self._changed:
                while self._durable == self._put and not self._closed:
                    self._changed.wait()
                try:
                    if self._durable < self._put:
                        self._make_durable()
                except OSError as error:
                    self._failed = error
                if self._closed or self._failed is not None:
                    self._thread = None
                    return
            self._ending.wait(_PAUSE)

    def _make_durable(self) -> None:
        """With the lock held, which others may have while the disk works."""
        while self._leaving:
            self._changed.wait()
        spool, put = self._spool, self._put
        if spool is not None:
            rows, descriptor = spool.rows, os.dup(spool.fileno())
            self._changed.release()
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
                self._changed.acquire()
            if spool is self._spool:
                spool.synced(rows)
        self._durable = max(self._durable, put)
        self._changed.notify_all()

    def flush(self) -> None:
        """Wait until everything that was put is durable. LogError where the disk refuses."""
        with self._changed:
            self._raise_failed()
            if self._durable < self._put:
                with files.reporting(self._layout.secret):
                    self._make_durable()

    def _raise_failed(self) -> None:
        failed, self._failed = self._failed, None
        if failed is not None:
            raise LogError(f"{self._layout.secret}: {failed.strerror}") from failed

    def let_go(self) -> int:
        """Leave what was put to the next one who holds the log, durably, and say how many rows that are."""
        return self._leave(self._new()) if self.rows else 0

    def _new(self) -> Pending:
        """A spool in the folder in which the log goes on now."""
        self._layout = Layout(moving.newest(self._layout.root, lambda sentence: None))
        return new_spool(self._layout, self._schema)

    def _leave(self, fresh: Pending | None) -> int:
        """Close the spool, and go on in another; nobody who puts rows waits for the disk."""
        with self._changed:
            spool, self._spool, put, before = self._spool, fresh, self._put, self._home
            self._home = self._layout
            self._leaving += spool is not None
        if spool is None:
            return 0
        left = False
        try:
            with files.reporting(spool.path):
                if spool.rows:
                    os.fsync(spool.fileno())
                    spool.synced(spool.rows)
                    os.fsync(spool.fileno())
                    now = Layout(moving.newest(before.root, lambda sentence: None))
                    bring(spool, before, now, self._schema).close()
                else:
                    spool.remove()
            left = True
        finally:
            with self._changed:
                self._leaving -= 1
                if left and not self._leaving:
                    self._durable = max(self._durable, put)
                self._changed.notify_all()
        return spool.committed_rows

    def close(self) -> None:
        """`let_go`, and nothing can be put any more."""
        if os.getpid() != self._process:
            return
        with self._changed:
            self._closed = True
            self._ending.set()
            self._changed.notify_all()
        self._leave(None)
