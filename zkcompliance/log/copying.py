"""The copy of a log for another party: what is public of it, and the rows, seeds and texts of some segments.

Of a segment's private files go along: rows, seed, meta, the pieces of evidence that its rows name, and a fresh ledger
for the share. What sealing alone needs stays: the digests of inputs and records, appended rows, the id that the key
knows the log by, what was spent before.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from zkcompliance.limits import MAX_BUNDLE_BYTES
from zkcompliance.log import along, backing, files, lineages, received, rows, seen, texts
from zkcompliance.log.layout import Layout, SegmentPaths
from zkcompliance.log.leftovers import PUBLIC_NAMES
from zkcompliance.log.shares import Handed
from zkcompliance.log.store import SealedLog, Segment
from zkcompliance.log.writer_lock import held
from zkcompliance.progress import Progress
from zkcompliance.quantities.ids import text_id
from zkcompliance.stark.commit.budget import ledger_bytes


def whole(log: SealedLog, new: Layout, shares: Mapping[int, Handed], progress: Progress) -> None:
    """A new folder with the log's public part and these segments; durable when it returns, but for its own name."""
    old = Layout(log.path)
    files.make_dir(new.root)
    files.make_dir(new.secret)
    files.make_dir(new.segments)
    files.create(new.lock, b"")
    files.create(new.received, received.fresh().encode())
    for source, target in ((old.settings, new.settings), (old.schema, new.schema)):
        files.copy(source, target, files.PUBLIC)
    files.create(new.entries, _entries(log), files.PUBLIC)
    if os.path.lexists(lineages.file_of(old)):
        files.copy(lineages.file_of(old), new.root / lineages.file_of(old).name, files.PUBLIC)
        lineages.remember(new)
    if os.path.lexists(old.rollup):
        files.copy(old.rollup, new.rollup, files.PUBLIC)
    _public_folders(old, new)
    kept = _segments(log, new, shares, progress)
    if kept:
        files.create(new.texts, texts.encode(kept))
    files.create(new.seen, seen.encode({log.vkey: log.checkpoint_note}))
    files.create(new.checkpoint, log.checkpoint_note.encode(), files.PUBLIC)
    for folder in (new.segments, new.secret):
        files.sync_dir(folder)
    new.root.chmod(files.PUBLIC_DIR)
    files.sync_dir(new.root)


def newer(log: SealedLog, there: Layout, shares: Mapping[int, Handed], progress: Progress) -> None:
    """The same of these segments in a copy that has those before; they are its own once `publish` has been called."""
    old = Layout(log.path)
    with held(there):
        for index in shares:
            folder = there.segment(index).folder
            if os.path.lexists(folder):  # of who was killed before
                shutil.rmtree(folder)
        kept = _segments(log, there, shares, progress)
        files.sync_dir(there.segments)
        if kept:
            texts.keep(there, kept)
        files.replace(there.entries, _entries(log))
        _public_folders(old, there)
        if os.path.lexists(old.rollup):
            _hidden(there.rollup).unlink(missing_ok=True)
            files.copy(old.rollup, _hidden(there.rollup), files.PUBLIC)
        files.replace(_hidden(there.checkpoint), log.checkpoint_note.encode())


def publish(there: Layout) -> None:
    """From now on the copy has the newer segments; nothing where it has them already."""
    with held(there):
        for path in (there.checkpoint, there.rollup):
            with contextlib.suppress(FileNotFoundError):
                _hidden(path).replace(path)
        files.sync_dir(there.root)


def copy_rows(source: Segment, target: SegmentPaths) -> None:
    """Rows, seed and meta of a segment in a new private folder, and how many pieces of evidence the log had when it was
    sealed; durable, but for the folder's name. No ledger, and no piece."""
    files.make_dir(target.folder)
    for name in (source.paths.rows.name, source.paths.seed.name):
        files.copy(source.paths.folder / name, target.folder / name, folders=SegmentPaths.DEPTH)
    meta = rows.Meta.load(source.paths.meta)
    files.create(target.meta, rows.Meta(meta.rows_digest, meta.entry, meta.first, meta.count).encode())
    if count := backing.count_of(source.paths):
        files.create(target.evidence, backing.count_bytes(count))


def _segments(log: SealedLog, new: Layout, shares: Mapping[int, Handed], progress: Progress) -> set[str]:
    """The private folders of these segments; the texts of ids in their rows, where they are kept."""
    known = {text_id(text): text for text in texts.load(Layout(log.path))}
    kept: set[str] = set()
    along.keep([log.segments[index] for index in sorted(shares)], new)
    for done, (index, handed) in enumerate(sorted(shares.items())):
        progress("hand over segments", done, len(shares))
        segment, target = log.segments[index], new.segment(index)
        copy_rows(segment, target)
        files.create(target.share, handed.encode())
        files.create(target.budget, ledger_bytes(segment.entry.encode(), handed.share))
        files.sync_dir(target.folder)
        if known:
            kept |= {known[each] for each in _ids(segment) & set(known)}
    progress("hand over segments", len(shares), len(shares))
    return kept


def _ids(segment: Segment) -> set[int]:
    """Every id in the rows of a segment."""
    columns, found = segment.load_columns(), set()
    for column in segment.schema.columns:
        if column.type == "id":
            limbs = segment.schema.limbs(column.name)
            data = columns[limbs.start : limbs.stop].T.astype("<u2").tobytes()
            size = 2 * len(limbs)
            found |= {int.from_bytes(data[at : at + size], "little") for at in range(0, len(data), size)}
    return found


def _entries(log: SealedLog) -> bytes:
    return b"".join(segment.entry.encode() for segment in log.segments)


def _public_folders(old: Layout, new: Layout) -> None:
    """Every file in the log's public folders, such as the proofs of a roll-up's segments; what is the same stays."""
    for folder in (name for name in PUBLIC_NAMES if name != old.secret.name):
        source, target = old.root / folder, new.root / folder
        if not source.is_dir():
            continue
        if not os.path.lexists(target):
            files.make_dir(target, files.PUBLIC_DIR)
        for name in files.names(source):
            if not name.startswith("."):
                data = _public(source / name)
                if not os.path.lexists(target / name) or _public(target / name) != data:
                    files.replace(target / name, data)
        files.sync_dir(target)


def _public(path: Path) -> bytes:
    return files.read(path, MAX_BUNDLE_BYTES, folders=1, private=False)


def _hidden(path: Path) -> Path:
    """A public file that takes the place of the one at `path` when the newer segments are there."""
    return path.with_name(f".{path.name}.handed")
