"""A log that a running program writes: `put` never waits for it, and seals come by time, by rows and at the end."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from zkcompliance.client.logs import make_log
from zkcompliance.client.rounds import Rounds
from zkcompliance.errors import LogError, SchemaError, UsageError, ZkComplianceError
from zkcompliance.live.sealer import Sealer
from zkcompliance.log import intake
from zkcompliance.log.feed import Feed
from zkcompliance.log.records import Record, row_digests
from zkcompliance.schemas import Schema
from zkcompliance.schemas.word import self_declared

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ON_ERROR = ("raise", "warn")
_LOGGER = logging.getLogger("zkcompliance")
_LOOK = 0.1  # seconds between two looks for a log that another process makes


def record(form: str, *parts: str | int, aside: tuple[str, ...] = ()) -> Record:
    """What a row is of: texts and whole numbers that name it for good, of a format or tool of this name, such as
    `record("my-trainer", run, step)`. aside: columns in which the row may differ when it is put again."""
    return Record.of(form, parts, " ".join(map(str, parts)), aside)


class Live:
    """Rows of a program that runs, for the log at `path`; also a context manager. For several threads at once.

    `key`: the private key's file; with it the log is made where there is none (then give `schema`), and sealed: when
    `seal_rows` rows were put since the last seal, `seal_every` seconds after it where any were, and at the end. Another
    process seals, so that nothing here waits for it; it also puts segments together (`compact`) when the log soon has
    more than one proof covers, and the rows then go on in the folder beside, `NAME-g2` and so on. Without a key rows
    are written and whoever holds the key seals them: for every rank of a run but one, which may start before that one
    has made the log. `patience`: for how many seconds they wait for it, and `close` for others who hold the log.
    `beacon`: the file of a beacon's round, which something else fetches anew: each seal reads it and holds the round
    (docs/provenance.md). What is wrong with it is said, and the seal goes on without; with `beacon_required` rows wait
    until there is one of the last day. `on_error`: "raise", or "warn": then nothing that happens to the log is raised
    once it is open. It is said in a warning of the logger `zkcompliance` and counted in `lost`, and the program that
    runs goes on unlogged.
    `units`: as for `append`. `clock`: gives UTC seconds; a row of over a day after it is refused, but for deadlines.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        key: str | Path | None = None,
        schema: Schema | None = None,
        profile: str = "standard",
        seal_every: float = 3600,
        seal_rows: int = 1 << 17,
        compact: bool = True,
        beacon: str | Path | None = None,
        beacon_required: bool = False,
        on_error: str = "raise",
        units: Mapping[str, str] | None = None,
        patience: float = 60,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if on_error not in ON_ERROR:
            raise UsageError(f"on_error is {' or '.join(ON_ERROR)}, not {on_error}")
        if beacon_required and beacon is None:
            raise UsageError("beacon_required is about the file of rounds: give beacon too")
        if not seal_every > 0 or seal_rows < 1:
            raise UsageError("a log is sealed every so many seconds and every so many rows, each above 0")
        self.path, self._raises, self._units, self._clock = Path(path), on_error == "raise", units, clock
        self.lost = 0
        if key is not None:
            _made(self.path, Path(key), schema, profile)
        self._feed = _opened(self.path, 0 if key is not None else patience)
        if schema is not None and schema.digest != self._feed.schema.digest:
            raise LogError(f"the log at {path} has schema {self._feed.schema.label}, not {schema.label}")
        self._sealer = None
        if key is not None:
            self._sealer = Sealer(
                self.path, Path(key), self._feed, every=seal_every, rows=seal_rows, patience=patience, compact=compact,
                rounds=None if beacon is None else Rounds(Path(beacon), beacon_required),
            )  # fmt: skip
        self._process = os.getpid()
        self._lock = threading.Lock()

    @property
    def schema(self) -> Schema:
        """The schema of its rows."""
        return self._feed.schema

    def put(self, rows: object, *, records: Sequence[Record] = ()) -> None:
        """Write rows, as `append` takes them, all or none. They stay where this process is killed.

        records: what each row is of, by what names it for good, as `record` gives it: a row that is put, or sealed from
        a file of the same tool, a second time is passed over.
        """
        collected = gc.isenabled()
        gc.disable()  # nothing is left here, and what is due of the whole program would take as long as that is large
        try:
            self._put(rows, records)
        finally:
            if collected:
                gc.enable()

    def _put(self, rows: object, records: Sequence[Record]) -> None:
        with self.telling(losing=True):
            left, pieces = list(records), list(self._encoded(rows))
            if left and len(left) != sum(piece.shape[1] for piece in pieces):
                raise UsageError("records names what each row is of: give as many as there are rows")
            for piece in pieces:
                here, left = left[: piece.shape[1]], left[piece.shape[1] :]
                digests = row_digests(self.schema, piece, [each.aside for each in here]) if here else []
                self._feed.put(piece, [(each.identity, row) for each, row in zip(here, digests, strict=True)])
        if self._sealer is not None and os.getpid() == self._process:
            self._sealer.look()

    def _encoded(self, rows: object) -> Iterator[NDArray[np.uint32]]:
        chunks = intake.chunks(self.schema, rows, units=self._units, now=int(self._clock()))
        return self_declared(self.schema, chunks)

    def flush(self) -> None:
        """Wait until every row that was put is durable, whatever happens to the machine."""
        with self.telling():
            self._feed.flush()

    def seal(self) -> None:
        """Seal now what was put, and wait for it. Without a key: leave it to whoever holds the log."""
        with self.telling():
            self._feed.let_go()
            if self._sealer is not None:
                self._sealer.now()

    def close(self) -> None:
        """Leave everything to the log, and seal it where there is a key."""
        if os.getpid() != self._process:
            return
        with self.telling():
            self._feed.close()
            if self._sealer is not None:
                self._sealer.close()
        if self.lost:
            _LOGGER.warning("%s: %d times rows were not taken, and they are not in the log", self.path, self.lost)

    @contextlib.contextmanager
    def telling(self, *, losing: bool = False) -> Iterator[None]:
        """For hooks: errors are raised, or said, as `on_error` has it. losing: what was to be put is then lost."""
        try:
            yield
            return
        except (ZkComplianceError, OSError) as error:
            if self._raises:
                raise
            _LOGGER.warning("%s: %s", self.path, error)
        except Exception:
            if self._raises:
                raise
            _LOGGER.warning("%s: this went wrong", self.path, exc_info=True)
        if losing:
            with self._lock:
                self.lost += 1

    def __enter__(self) -> Live:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _made(path: Path, key: Path, schema: Schema | None, profile: str) -> None:
    """The log is there; where it is not, it is made."""
    if path.exists():
        return
    if schema is None:
        raise LogError(f"there is no log at {path}; to make one, give its schema")
    make_log(path, key=key, schema=schema, profile=profile)


def _opened(path: Path, patience: float) -> Feed:
    """LogError where there is no log after so many seconds."""
    last = time.monotonic() + patience
    while True:
        try:
            return Feed(path)
        except SchemaError:
            raise
        except LogError:
            if path.exists() or time.monotonic() >= last:
                raise
        time.sleep(_LOOK)
