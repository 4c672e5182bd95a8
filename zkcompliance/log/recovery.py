"""What a writer does first: finish or drop what an interrupted one left behind."""

from __future__ import annotations

from zkcompliance.commit.budget import ledger_bytes
from zkcompliance.commit.entry import ENTRY_BYTES
from zkcompliance.errors import LogCorrupt, LogError
from zkcompliance.limits import MAX_LOG_ENTRIES
from zkcompliance.log import files, rows, sealing
from zkcompliance.log.layout import Layout, Settings, read_limited, split_entries
from zkcompliance.log.note import SignerKey
from zkcompliance.log.store import load_public


def recover(layout: Layout, settings: Settings, key: SignerKey) -> list[str]:
    """Bring the log to a clean state under the writer's lock; what was done, as sentences.

    A seal whose entries are all durable is finished, to the same bytes as it would have had (somebody may have seen its
    checkpoint). Any other is dropped: its rows are still pending. LogCorrupt when pending rows are ahead of the
    checkpoint.
    """
    done: list[str] = []
    _, checkpoint, _ = load_public(layout, settings)
    size = checkpoint.size
    data = read_limited(layout.entries, (MAX_LOG_ENTRIES + 1) * ENTRY_BYTES)
    stored = split_entries(data)
    while size < len(stored) and (count := _whole_seal(layout, settings, size, stored)):
        size += count
    if size > checkpoint.size:
        text, _ = sealing.sign(settings, key, stored[:size])
        files.replace(layout.checkpoint, text.encode())
        done.append(f"an interrupted seal was finished: {size - checkpoint.size} segment(s), now {size}")
    if len(data) > size * ENTRY_BYTES:
        sealing.truncate_entries(layout.entries, size)
        done.append("an interrupted seal was dropped; its appended rows are still pending")
    if any(folder.name.isdecimal() and int(folder.name) >= size for folder in layout.segments.iterdir()):
        sealing.drop(layout, size)
    temporary = (".pending-*.tmp", ".seen.*.tmp", ".moving.*.tmp", ".restored.*.tmp")
    for leftover in (
        *layout.root.glob(".checkpoint.*.tmp"),
        *(f for name in temporary for f in layout.secret.glob(name)),
    ):
        leftover.unlink(missing_ok=True)
    for pending in layout.secret.glob("pending-*"):
        index = pending.name.removeprefix("pending-")
        if index.isdecimal() and int(index) > size:
            raise LogCorrupt(f"{pending} is ahead of the checkpoint of size {size}: was an older one put back?")
        if index.isdecimal() and int(index) < size:
            pending.unlink()
    return done


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
            if read_limited(paths.budget, len(fresh)) != fresh or paths.seed.stat().st_size != 32:
                return 0
    except (LogError, OSError):
        return 0
    return count
