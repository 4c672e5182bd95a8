"""What a writer does first: finish or drop what an interrupted one left behind."""

from __future__ import annotations

import contextlib
import time

from zkcompliance.errors import LogCorrupt, LogError
from zkcompliance.limits import MAX_LOG_ENTRIES
from zkcompliance.log import files, leftovers, rows, sealing, staging
from zkcompliance.log.layout import Layout, Settings, split_entries
from zkcompliance.log.signer import SignerKey
from zkcompliance.log.store import load_public
from zkcompliance.quantities import number_of
from zkcompliance.stark.commit.budget import ledger_bytes
from zkcompliance.stark.commit.entry import ENTRY_BYTES

_OWN = (".pending-", ".read-", ".rolled-", ".rolling-", ".seen.", ".moving.", ".restored.")  # no prover makes these


def recover(layout: Layout, settings: Settings, key: SignerKey) -> list[str]:
    """Bring the log to a clean state under the writer's lock; what was done, as sentences.

    A seal whose entries are all durable is finished, to the same bytes as it would have had (somebody may have seen its
    checkpoint). Any other is dropped: its rows are still pending. LogCorrupt when pending rows are ahead of the
    checkpoint.
    """
    done: list[str] = []
    _, checkpoint, _ = load_public(layout, settings)
    size = checkpoint.size
    data = files.read(layout.entries, (MAX_LOG_ENTRIES + 1) * ENTRY_BYTES * 2, private=False)
    stored = split_entries(data)
    while size < len(stored) and (count := _whole_seal(layout, settings, size, stored)):
        size += count
    if size > checkpoint.size:
        text, _ = sealing.sign(settings, key, stored[:size])
        with files.locked(layout.swap):
            files.replace(layout.checkpoint, text.encode())
        done.append(f"an interrupted seal was finished: {number_of(size - checkpoint.size, 'segment')}, now {size}")
    if len(data) > size * ENTRY_BYTES:
        sealing.truncate_entries(layout.entries, size)
        done.append("an interrupted seal was dropped; its appended rows are still pending")
    if any(name.isdecimal() and int(name) >= size for name in files.names(layout.segments)):
        sealing.drop(layout, size)
    staging.settle(layout, size)
    _tidy(layout)
    for name in files.names(layout.secret):
        index = name.removeprefix("pending-")
        if index == name or not index.isdecimal():
            continue
        pending = layout.secret / name
        if int(index) > size:
            raise LogCorrupt(f"{pending} is ahead of the checkpoint of size {size}: was an older one put back?")
        if int(index) < size:
            pending.unlink()
    return done


def _tidy(layout: Layout) -> None:
    """Delete temporary files: a writer's own, and those that provers have long left behind."""
    for name in files.names(layout.root):
        if name.startswith((".checkpoint.", ".entries.")) and name.endswith(".tmp"):
            (layout.root / name).unlink(missing_ok=True)
    old = time.time() - leftovers.AGE_SECONDS
    for name in files.names(layout.secret):
        if not name.startswith(".") or not name.endswith(".tmp"):
            continue
        path = layout.secret / name
        with contextlib.suppress(FileNotFoundError):
            if name.startswith(_OWN) or path.lstat().st_mtime < old:
                path.unlink()


def _whole_seal(layout: Layout, settings: Settings, first: int, stored: list[bytes]) -> int:
    """The number of segments of a complete, undamaged seal that begins at `first`; 0 when there is none."""
    try:
        count = rows.Meta.load(layout.segment(first).meta).count
        if not 0 < count <= len(stored) - first:
            return 0
        for index in range(first, first + count):
            paths = layout.segment(index)
            meta = rows.Meta.load(paths.meta)
            if (meta.entry, meta.first, meta.count) != (stored[index], first, count):
                return 0
            rows.load(paths.rows, settings.schema, meta.rows_digest)
            fresh = ledger_bytes(stored[index])
            ledger = files.read(paths.budget, len(fresh), folders=paths.DEPTH)
            if ledger != fresh or len(files.read(paths.seed, 32, folders=paths.DEPTH)) != 32:
                return 0
    except (LogError, OSError):
        return 0
    return count
