"""Spools: rows of a writer who finds the log busy wait in a file of it until the one who holds the log takes them in.

A spool is `secret/spool-<32 hex digits>`, a file in the form of `log.pending`, locked by its writer while that lives.
Whoever holds the log takes in every spool that nobody has locked, in the order in which they were begun: first its
rows and its id become pending, as one batch, and then the file is deleted. Killed in between, the next one finds the id
and only deletes; no row is there twice, and none is lost. A row of a record that is in the log or pending already, and
says the same, is passed over: a run that goes on after a kill may write again what it wrote. One that says something
else is taken in beside it, with a warning, since whoever wrote it is gone and cannot be told.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from zkcompliance.log import files
from zkcompliance.log.frames import NO_RECORD, Pair
from zkcompliance.log.layout import SPOOL_NAME, Layout
from zkcompliance.log.pending import Pending, schema_of
from zkcompliance.schemas import Schema
from zkcompliance.schemas.evolution import widened

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_log = logging.getLogger("zkcompliance")
Known = Callable[[], dict[bytes, bytes]]  # identity → digest of the row, of every record that is sealed


def take_in(layout: Layout, schema: Schema, pending: Pending, sealed: Known) -> int:
    """Make the rows of every spool that nobody has locked pending, and delete it; how many rows. For the log's holder.

    There is no open batch. A spool that was begun before the log went on under this version of its schema has rows of
    an earlier one: they are taken in with every new column missing. sealed: asked where a spool has a row of a record.
    LogCorrupt where a spool is damaged, or of any other schema.
    """
    taken = 0
    for name in files.names(layout.secret):
        match = SPOOL_NAME.fullmatch(name)
        if match is None:
            continue
        spool_id = bytes.fromhex(match[1])
        if spool_id in pending.taken:
            (layout.secret / name).unlink()
            files.sync_dir(layout.secret)
            continue
        try:
            own = schema_of(layout.secret / name, schema)
            spool = Pending(layout.secret / name, own, lock=True)
        except BlockingIOError:
            continue
        try:
            if spool.committed_rows:
                new = _New(own, schema, pending, sealed)
                pending.take(spool_id, new.chunks(spool), new.records)
                taken += new.rows
            spool.remove()
        finally:
            spool.close()
    return taken


def new_spool(layout: Layout, schema: Schema) -> Pending:
    """A spool of one's own, locked. Its id begins with the nanosecond in which it was made: they are taken in by it."""
    with files.reporting(layout.secret):
        while True:
            with contextlib.suppress(BlockingIOError):  # the log's holder has just found it, empty and not locked
                return Pending(layout.spool(f"{time.time_ns():016x}{os.urandom(8).hex()}"), schema, lock=True)


def bring(spool: Pending, before: Layout, now: Layout, schema: Schema) -> Pending:
    """One's own spool where the log goes on in another folder: who moved the log has put it there, but where that lies
    on another file system, to which only its writer can bring it."""
    if now.root != before.root:
        path = now.root / spool.path.relative_to(before.root)
        if not os.path.lexists(path):
            with files.reporting(path):
                files.copy(spool.path, path, folders=1)
                files.sync_dir(path.parent)
                spool.remove()
            spool = Pending(path, schema, lock=True)
        spool.path = path
    return spool


class _New:
    """What a spool has that is not in the log: `rows` of them, and `records`; complete when the chunks were read."""

    def __init__(self, own: Schema, schema: Schema, pending: Pending, sealed: Known) -> None:
        self._own, self._schema, self._pending, self._sealed = own, schema, pending, sealed
        self._before: dict[bytes, bytes] | None = None
        self.rows = 0
        self.records: dict[bytes, bytes] = {}

    def chunks(self, spool: Pending) -> Iterator[NDArray[np.uint32]]:
        """The rows to take in, of the log's schema."""
        for columns, pairs in spool.recorded():
            wide = widened(self._own, self._schema, columns)
            if any(each != NO_RECORD for each in pairs):
                wide = wide[:, self._of_new_records(pairs)]
            self.rows += wide.shape[1]
            if wide.shape[1]:
                yield wide

    def _of_new_records(self, pairs: list[Pair]) -> list[int]:
        if self._before is None:
            self._before = self._sealed() | self._pending.records
        new: list[int] = []
        for at, (identity, row) in enumerate(pairs):
            if (identity, row) != NO_RECORD:
                known = self.records.get(identity) or self._before.get(identity)
                if known == row:
                    continue
                if known is not None:
                    _log.warning("a record that is in the log already was written once more, otherwise: both are kept")
                self.records[identity] = row
            new.append(at)
        return new
