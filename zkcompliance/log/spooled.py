"""Spools: rows of a writer who finds the log busy wait in a file of it until the one who holds the log takes them in.

A spool is `secret/spool-<32 hex digits>`, a file in the form of `log.pending`, locked by its writer while that lives.
Whoever holds the log takes in every spool that nobody has locked: first its rows and its id become pending, as one
batch, and then the file is deleted. Killed in between, the next one finds the id and only deletes; no row is there
twice, and none is lost.
"""

from __future__ import annotations

from zkcompliance.log import files
from zkcompliance.log.layout import SPOOL_NAME, Layout
from zkcompliance.log.pending import Pending, schema_of
from zkcompliance.schemas import Schema
from zkcompliance.schemas.evolution import widened


def take_in(layout: Layout, schema: Schema, pending: Pending) -> int:
    """Make the rows of every spool that nobody has locked pending, and delete it; how many rows. For the log's holder.

    There is no open batch. A spool that was begun before the log went on under this version of its schema has rows of
    an earlier one: they are taken in with every new column missing. LogCorrupt where a spool is damaged, or of any
    other schema.
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
                pending.take(spool_id, (widened(own, schema, chunk) for chunk in spool.chunks()))
                taken += spool.committed_rows
            spool.remove()
        finally:
            spool.close()
    return taken
