"""The one writer of a log: create, append, seal.

Order of a seal: rows and seed durable → commitment → ledger and meta durable → entry durable → sign → publish the
checkpoint by an atomic rename → folder durable → pending rows deleted. Killed anywhere, the next writer either finishes
the seal to the very same checkpoint (entries durable) or drops it (rows are still pending). A `Writer` is not for
several threads at once.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from zkcompliance import schemas
from zkcompliance.commit.entry import ENTRY_BYTES
from zkcompliance.errors import KeyFileError, LogError, SchemaError, UsageError, ZkComplianceError
from zkcompliance.log import cosigner, files, keybook, leftovers, moving, sealing, seen, successor
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.cosignature import CosignerKey
from zkcompliance.log.layout import Layout, Settings
from zkcompliance.log.note import SignerKey
from zkcompliance.log.pending import CHUNK_ROWS, Pending
from zkcompliance.log.recovery import recover
from zkcompliance.log.store import hold_here, known_here, load_public
from zkcompliance.log.writer_lock import lock_of
from zkcompliance.profiles import by_name
from zkcompliance.progress import Progress, silent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Rows = Iterable[Mapping[str, object]]
Clock = Callable[[], float]


def create_log(path: str | Path, schema: schemas.Schema, key: SignerKey, profile: str = "standard") -> None:
    """A new log folder with a signed checkpoint of size 0; its origin is the key's name.

    Appears whole or not at all. LogError when something is at `path` already, UsageError for an unknown profile,
    KeyFileError where the key signs another log.
    """
    layout = Layout(Path(path))
    settings = Settings(by_name(profile), key.verifier, schema)
    own = keybook.Held(os.urandom(16).hex(), 1)
    place = layout.root.with_name(leftovers.final_name(layout.root.name))
    building = layout.root.with_name(f".{layout.root.name}.{os.urandom(6).hex()}.tmp")
    with files.reporting(layout.root), contextlib.ExitStack() as held:
        if layout.root.exists():
            raise LogError(f"{path} exists already")
        leftovers.remove(layout.root)
        keybook.claim(key, own, place)
        files.make_dir(building, files.PUBLIC_DIR)
        held.callback(os.close, leftovers.claim(building))
        try:
            new = Layout(building)
            files.make_dir(new.secret)
            files.make_dir(new.segments)
            files.create(new.lock, b"")
            files.create(new.id, keybook.id_bytes(own.id))
            for file, data in zip((new.settings, new.schema), settings.files(), strict=True):
                files.create(file, data, files.PUBLIC)
            files.create(new.entries, b"", files.PUBLIC)
            signed, _ = sealing.sign(settings, key, [])
            files.create(new.seen, seen.encode({key.verifier.text: signed}))
            files.create(new.checkpoint, signed.encode(), files.PUBLIC)
            files.sync_dir(new.secret)
            files.sync_dir(building)
            with contextlib.ExitStack() as last:
                if place == layout.root:
                    last.enter_context(keybook.appearing(key, own))
                building.rename(layout.root)
                files.sync_dir(layout.root.parent)
        except BaseException:
            shutil.rmtree(building, ignore_errors=True)
            keybook.forget(key, own)
            raise


class Writer:
    """Append and seal. Use as a context manager; opening takes the lock and recovers from an interrupted seal.

    `recovered`: what recovery did, as sentences; empty after a clean end.
    """

    def __init__(self, path: str | Path, key: SignerKey, *, restored: bool = False, clock: Clock = time.time) -> None:
        """clock: UTC seconds, by which rows of the future are known.

        LogBusy when another writer has the log, KeyFileError for another key, LogCorrupt when damaged. LogError where
        the log goes on in another folder, or was put back from a backup; then only whoever makes the next generation
        of it opens it (`restored`).
        """
        self._layout = Layout(Path(path))
        self._settings = Settings.load(self._layout)
        self._key, self._clock = key, clock
        moving.finish(self._layout.root)
        successor.require_open(self._layout, restored=restored)
        if key.verifier != self._settings.key:
            raise KeyFileError(f"{path} is signed by {self._settings.key.name}, another key than the one given")
        self._lock = lock_of(self._layout)
        try:
            successor.require_open(self._layout, restored=restored)
            if leftovers.final_name(self._layout.root.name) == self._layout.root.name:
                keybook.hold(key, keybook.Held(keybook.id_of(self._layout), self._settings.generation))
            with files.reporting(self._layout.root):
                known = known_here(self._layout)
                self.recovered = recover(self._layout, self._settings, key)
                text, self.checkpoint, self._entries = load_public(self._layout, self._settings)
                hold_here(self._layout, self._settings, known, text, self._entries)
                self._pending = Pending(self._layout.pending(self.checkpoint.size), self._settings.schema)
        except BaseException:
            os.close(self._lock)
            raise
        self._open = True

    @property
    def schema(self) -> schemas.Schema:
        """The schema of the log's rows."""
        return self._settings.schema

    @property
    def pending_rows(self) -> int:
        """Rows appended and not yet sealed."""
        return self._pending.committed_rows

    def append_rows(self, rows: Rows) -> int:
        """Append rows; all of them are durable when it returns, or none is kept. Streams. Returns how many.

        SchemaError names row (from 1, of this call) and column.
        """
        return self.append_columns(self._encoded(rows))

    def append_columns(self, chunks: Iterable[NDArray[np.uint32]]) -> int:
        """`append_rows` for rows already encoded (`schemas.encode_rows`), in chunks."""
        with self._batch() as before:
            self._add(chunks)
            if self._pending.rows > before:
                self._pending.commit()
        return self._pending.rows - before

    def seal(self, rows: Rows | None = None, *, progress: Progress = silent) -> Checkpoint:
        """Seal everything appended, and `rows` with it, as one segment (several over 2^21 rows); the new checkpoint.

        `rows` are sealed or not kept at all. UsageError when there is nothing to seal.
        """
        return self.seal_columns(() if rows is None else self._encoded(rows), progress=progress)

    def seal_columns(self, chunks: Iterable[NDArray[np.uint32]], *, progress: Progress = silent) -> Checkpoint:
        """`seal` for rows already encoded, in chunks."""
        with self._batch():
            self._add(chunks)
            if self._pending.rows == 0:
                raise UsageError("there is nothing to seal: no rows were appended")
            first = self.checkpoint.size
            new = sealing.stage(self._layout, self._settings, first, self._pending, progress)
            try:
                text, checkpoint = sealing.publish(self._layout, self._settings, self._key, self._entries, new)
            except BaseException:
                if not self._undone():
                    self.close()  # the seal may stand: only a new writer can tell, and another one must not be signed
                raise
        self._entries += new
        self.checkpoint = checkpoint
        try:
            hold_here(self._layout, self._settings, known_here(self._layout), text, self._entries)
            self._pending.remove()
            self._pending = Pending(self._layout.pending(checkpoint.size), self._settings.schema)
        except (OSError, LogError):
            self.close()  # the seal stands, and the next writer tidies up
        return checkpoint

    def _undone(self) -> bool:
        """Whether a failed seal has left the log as it was."""
        try:
            _, found, _ = load_public(self._layout, self._settings)
            size = self._layout.entries.stat().st_size
            staged = self._layout.segment(found.size).folder.exists()
        except (OSError, ZkComplianceError):
            return False
        return found == self.checkpoint and size == found.size * ENTRY_BYTES and not staged

    def add_cosignatures(self, lines: Iterable[str], cosigners: Iterable[CosignerKey]) -> None:
        """Add cosignatures of the current checkpoint to it; they travel with every proof until the next seal.

        SignatureRejected for a line that none of `cosigners` made, MalformedNote, UsageError when it gets too long.
        """
        with self._batch():
            text, _, _ = load_public(self._layout, self._settings)
            files.replace(self._layout.checkpoint, cosigner.add_lines(text, lines, cosigners).encode())

    def _add(self, chunks: Iterable[NDArray[np.uint32]]) -> None:
        from zkcompliance._schema_cells import check_limbs

        for chunk in chunks:
            check_limbs(self.schema, chunk)
            if not (chunk[0] == 1).all():
                raise SchemaError("appended rows are real: act is 1")
            for start in range(0, chunk.shape[1], CHUNK_ROWS):
                self._pending.add(chunk[:, start : start + CHUNK_ROWS])

    def _encoded(self, rows: Rows) -> Iterator[NDArray[np.uint32]]:
        source, first = iter(rows), 1
        while batch := list(itertools.islice(source, CHUNK_ROWS)):
            yield schemas.encode_rows(self.schema, batch, first, now=int(self._clock()))
            first += len(batch)

    @contextlib.contextmanager
    def _batch(self) -> Iterator[int]:
        if not self._open:
            raise LogError(f"this writer of {self._layout.root} is closed; open the log again")
        before = self._pending.rows
        try:
            with files.reporting(self._layout.root):
                yield before
        except BaseException:
            try:
                self._pending.rollback()
            except OSError:
                self.close()
            raise

    def close(self) -> None:
        """Release the log. Appended rows stay pending."""
        if self._open:
            self._open = False
            with files.reporting(self._layout.root):
                try:
                    self._pending.close()
                finally:
                    os.close(self._lock)

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
