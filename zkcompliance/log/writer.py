"""The one writer of a log: append, seal.

Order of a seal: rows and seed durable → commitment → ledger and meta durable → entry durable → sign → publish the
checkpoint by an atomic rename → folder durable → pending rows deleted. Killed anywhere, the next writer either finishes
the seal to the very same checkpoint (entries durable) or drops it (rows are still pending). A `Writer` is not for
several threads at once.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from zkcompliance import schemas
from zkcompliance.edge.shown import command
from zkcompliance.errors import AlreadySealed, KeyFileError, LogError, SchemaError, UsageError, ZkComplianceError
from zkcompliance.log import (
    cosigned,
    files,
    keybook,
    leftovers,
    moving,
    read_ahead,
    received,
    sealing,
    staging,
    successor,
)
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.cosignature import CosignerKey
from zkcompliance.log.creation import create_log
from zkcompliance.log.layout import Layout, Settings
from zkcompliance.log.once import Input, Inputs, Passed, sealed_records
from zkcompliance.log.pending import CHUNK_ROWS, Pending
from zkcompliance.log.recovery import recover
from zkcompliance.log.signer import SignerKey
from zkcompliance.log.since import Older, Since
from zkcompliance.log.spooled import take_in
from zkcompliance.log.staging import Beacon
from zkcompliance.log.store import hold_here, known_here, load_public
from zkcompliance.log.writer_lock import lock_of
from zkcompliance.progress import Progress, silent
from zkcompliance.stark.commit.entry import ENTRY_BYTES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Rows = Iterable[Mapping[str, object]]
Clock = Callable[[], float]

__all__ = ["Writer", "check_key", "checked_chunks", "create_log", "refuse_roll_up"]


def check_key(layout: Layout, settings: Settings, key: SignerKey) -> None:
    """KeyFileError unless the log is signed by this key."""
    if key.verifier != settings.key:
        raise KeyFileError(f"{layout.root} is signed by {settings.key.name}, another key than the one given")


def _check_meant(rows: int, empty: bool) -> None:
    """UsageError unless there are rows, or none and `empty` says so."""
    if rows == 0 and not empty:
        raise UsageError(
            "there is nothing to seal: no rows were appended",
            help="to state that there are none: zkcompliance seal --empty …, in Python log.seal(empty=True)",
        )
    if rows and empty:
        raise UsageError(
            f"an empty seal states that there are no rows, and {rows} are not sealed yet; nothing was sealed",
            help="seal them, without --empty or empty=True",
        )


def refuse_roll_up(path: Path, schema: schemas.Schema) -> None:
    """UsageError for a log that is a roll-up: nothing would show what rows stand for that were not rolled up."""
    if schema.rolled_up:
        raise UsageError(
            f"{path} is a roll-up of another log: its rows are groups of that log's rows, and only roll-up writes them",
            help=command("zkcompliance", "roll-up", "LOG", "--to", path, "--key", "KEY"),
        )


def checked_chunks(schema: schemas.Schema, chunks: Iterable[NDArray[np.uint32]]) -> Iterator[NDArray[np.uint32]]:
    """Rows as limbs (width, n), n ≤ CHUNK_ROWS, of which each is real and fits the schema; SchemaError otherwise."""
    from zkcompliance.schemas.cells import check_limbs

    for chunk in chunks:
        check_limbs(schema, chunk)
        if not (chunk[0] == 1).all():
            raise SchemaError("appended rows are real: act is 1")
        for start in range(0, chunk.shape[1], CHUNK_ROWS):
            yield chunk[:, start : start + CHUNK_ROWS]


class Writer:
    """Append and seal. Use as a context manager; opening takes the lock and recovers from an interrupted seal.

    `recovered`: what recovery did, as sentences; empty after a clean end.
    """

    def __init__(
        self,
        path: str | Path,
        key: SignerKey,
        *,
        restored: bool = False,
        clock: Clock = time.time,
        spools: bool = True,
        rolling: bool = False,
    ) -> None:
        """clock: UTC seconds, by which rows of the future are known. rolling: the rows are groups of another log's, of
        which the log is the roll-up; nobody else adds any to one.

        spools: take in the rows of others who found it busy at once; otherwise with the next `take_spools`.

        LogBusy when another writer has the log, KeyFileError for another key, LogCorrupt when damaged. LogError where
        the log goes on in another folder, or the folder is a copy that was handed over; or where it was put back from a
        backup: then only whoever makes the next generation of it opens it (`restored`).
        """
        self._layout = Layout(Path(path))
        self._settings = Settings.load(self._layout)
        self._key, self._clock, self._rolling = key, clock, rolling
        received.refuse(self._layout, received.SEALED)
        moving.finish(self._layout.root)
        successor.require_open(self._layout, restored=restored)
        check_key(self._layout, self._settings, key)
        self._lock = lock_of(self._layout)
        try:
            successor.require_open(self._layout, restored=restored)
            if leftovers.final_name(self._layout.root.name) == self._layout.root.name:
                keybook.hold(key, keybook.Held(keybook.id_of(self._layout), self._settings.generation))
            with files.reporting(self._layout.root):
                self._layout.check_folders()
                known = known_here(self._layout)
                self.recovered = recover(self._layout, self._settings, key)
                text, self.checkpoint, self._entries = load_public(self._layout, self._settings)
                hold_here(self._layout, self._settings, known, text, self._entries)
                self._pending = Pending(self._layout.pending(self.checkpoint.size), self._settings.schema)
        except BaseException:
            os.close(self._lock)
            raise
        self._open = True
        if spools:
            try:
                self.take_spools()
            except BaseException:
                self._shut()
                raise

    def take_spools(self) -> int:
        """Make the rows pending that others have spooled and let go of (`log.spooled`), and say how many."""
        with self._batch():
            return take_in(self._layout, self.schema, self._pending, self._sealed_records)

    def _sealed_records(self) -> dict[bytes, bytes]:
        return {identity: row for identity, (row, _) in sealed_records(self._layout, self.checkpoint.size).items()}

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

    def seal(
        self,
        rows: Rows | None = None,
        *,
        empty: bool = False,
        progress: Progress = silent,
        executor: Executor | None = None,
        beacon: Beacon | None = None,
    ) -> Checkpoint:
        """Seal everything appended, and `rows` with it, as one segment (several over 2^21 rows); the new checkpoint.

        `rows` are sealed or not kept at all. UsageError when there is nothing to seal, unless `empty`: that states that
        there are no rows, as one segment of padding; then UsageError where there are some. executor: who commits to the
        segments, in other processes that see the same folder (`log.staging`; None: this process does). beacon: a round
        that the segments' entries hold, which shows that they were not made before it.
        """
        chunks = () if rows is None else self._encoded(rows)
        return self.seal_columns(chunks, empty=empty, progress=progress, executor=executor, beacon=beacon)

    def seal_columns(
        self,
        chunks: Iterable[NDArray[np.uint32]],
        *,
        empty: bool = False,
        progress: Progress = silent,
        executor: Executor | None = None,
        beacon: Beacon | None = None,
    ) -> Checkpoint:
        """`seal` for rows already encoded, in chunks."""
        return self._seal(chunks, None, progress, executor, empty=empty, beacon=beacon)

    def seal_inputs(
        self,
        inputs: Iterable[tuple[str, Iterable[NDArray[np.uint32]]] | Input],
        *,
        again: bool = False,
        empty: bool = False,
        passed: list[Passed] | None = None,
        since: Since | None = None,
        older: list[Older] | None = None,
        evidence: int = 0,
        progress: Progress = silent,
        executor: Executor | None = None,
        beacon: Beacon | None = None,
    ) -> Checkpoint:
        """`seal_columns` for inputs with their names; each is sealed once, also where a killed seal is repeated.

        Rows that were sealed before, as the very rows of an input or as those of a record (`log.once`), are passed over
        unless `again`, and said in `passed`. AlreadySealed where nothing else is there, or with `empty` where the last
        seal is an empty one; ChangedSinceSealed where a record is sealed otherwise; nothing is kept then. Rows older
        than `since` are left out, and said in `older`. evidence: how many pieces of evidence the log keeps, where rows
        name some (`log.backing`), 0 where none does; then no executor.
        """
        once = Inputs(self._layout, self.schema, self.checkpoint.size, self._pending, again=again, since=since)
        chunks = once.nothing(inputs) if empty else once.read(inputs)
        try:
            checkpoint = self._seal(chunks, once, progress, executor, empty=empty, evidence=evidence, beacon=beacon)
        except AlreadySealed:
            self._clear()  # there is nothing to go on with
            raise
        if passed is not None:
            passed += once.passed
        if older is not None:
            older += once.older
        return checkpoint

    def _seal(
        self,
        chunks: Iterable[NDArray[np.uint32]],
        inputs: Inputs | None,
        progress: Progress,
        executor: Executor | None,
        *,
        empty: bool = False,
        evidence: int = 0,
        beacon: Beacon | None = None,
    ) -> Checkpoint:
        """inputs: what is kept of them, complete when the chunks are at their end."""
        if not self._rolling:
            refuse_roll_up(self._layout.root, self.schema)
        self.take_spools()
        with self._batch():
            self._add(chunks)
            _check_meant(self._pending.rows, empty)
            first = self.checkpoint.size
            digests, records = ((), {}) if inputs is None else (inputs.digests, inputs.records)
            records = self._pending.records | records
            staged = self._layout, self._settings, first, self._pending, digests, records, progress
            if executor is None:
                new = sealing.stage(*staged, evidence, beacon)
            else:
                new = staging.stage(*staged, executor, beacon)
            text, checkpoint = self._publish(new)
        self._now(text, checkpoint, new)
        self._clear()
        return checkpoint

    def _clear(self) -> None:
        """Delete what other processes read and made for a seal."""
        with contextlib.suppress(OSError, LogError):
            staging.clear(self._layout)
            read_ahead.clear(self._layout)

    def seal_staged(self, name: str) -> Checkpoint:
        """Seal the segment that was staged under this name for the log's next number, by itself (`log.staging`).

        LogError where rows were appended that are not sealed: they would come before.
        """
        with self._batch():
            if self._pending.rows:
                raise LogError(f"{self._layout.root} has appended rows, which come before")
            new = staging.take(self._layout, [name], self.checkpoint.size)
            text, checkpoint = self._publish(new)
        self._now(text, checkpoint, new)
        return checkpoint

    def _publish(self, new: list[bytes]) -> tuple[str, Checkpoint]:
        """Sign for entries whose folders are there, and make that the log's checkpoint."""
        try:
            return sealing.publish(self._layout, self._settings, self._key, self._entries, new)
        except BaseException:
            if not self._undone():
                self._shut()  # the seal may stand: only a new writer can tell, and another one must not be signed
            raise

    def _now(self, text: str, checkpoint: Checkpoint, new: list[bytes]) -> None:
        """The seal of these entries stands."""
        self._entries += new
        self.checkpoint = checkpoint
        try:
            hold_here(self._layout, self._settings, known_here(self._layout), text, self._entries)
            staging.settle(self._layout, checkpoint.size)
            self._pending.remove()
            self._pending = Pending(self._layout.pending(checkpoint.size), self._settings.schema)
        except (OSError, LogError):
            self._shut()  # the seal stands, and the next writer tidies up

    def _undone(self) -> bool:
        """Whether a failed seal has left the log as it was."""
        try:
            _, published, _ = load_public(self._layout, self._settings)
            size = self._layout.entries.stat().st_size
            staged = os.path.lexists(self._layout.segment(published.size).folder)
        except (OSError, ZkComplianceError):
            return False
        return published == self.checkpoint and size == published.size * ENTRY_BYTES and not staged

    def add_cosignatures(self, lines: Iterable[str], cosigners: Iterable[CosignerKey]) -> None:
        """Add cosignatures of the current checkpoint to it; they travel with every proof until the next seal,
        and are kept as what dates the segments so far (`log.anchors`).

        SignatureRejected for a line that none of `cosigners` made, MalformedNote, UsageError when it gets too long.
        """
        with self._batch():
            cosigned.add(self._layout, self._settings, self.checkpoint, lines, cosigners)

    def _add(self, chunks: Iterable[NDArray[np.uint32]]) -> None:
        if not self._rolling:
            refuse_roll_up(self._layout.root, self.schema)
        for chunk in checked_chunks(self.schema, chunks):
            self._pending.add(chunk)

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
                self._shut()
            raise

    def close(self) -> None:
        """Release the log. Appended rows stay pending, and spooled ones that are free become so."""
        if self._open and not os.path.lexists(self._layout.successor):
            with contextlib.suppress(LogError):
                self.take_spools()
        self._shut()

    def _shut(self) -> None:
        """Release the log as it is."""
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
