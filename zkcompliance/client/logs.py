"""Logs that are written, sealed and read."""

from __future__ import annotations

import contextlib
import time as clock
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from zkcompliance.client.given import Cluster, seconds_now, tell
from zkcompliance.client.rounds import Rounds
from zkcompliance.errors import LogError, LogExists, UsageError
from zkcompliance.log import files, intake, keys, moving
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.spool import SpoolingWriter
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.progress import Progress, silent
from zkcompliance.schemas import Schema, other_version
from zkcompliance.schemas.word import self_declared

if TYPE_CHECKING:
    from zkcompliance.log.cosignature import CosignerKey
    from zkcompliance.log.receipt import Receipt
    from zkcompliance.prove.opening import Opened
    from zkcompliance.schemas.shape import Value as RowValue

Rows = Iterable[Mapping[str, object]]
Table = object  # told apart by what it can do: see zkcompliance.log.intake


def keygen(path: str | Path, origin: str) -> VerifierKey:
    """A new Ed25519 signing key for the log `origin`: private at `path` (0600), public at `<path>.pub`."""
    from zkcompliance.outputs import places

    places.outside_logs(Path(path))
    return keys.generate(path, origin)


class Log:
    """A log folder for the one process that writes it; also a context manager.

    `append` makes rows durable, `seal` commits everything appended as a segment. Raises LogBusy where another process
    writes, unless `spool`: then rows are kept in the log until it is free; SchemaError naming row and column.
    """

    def __init__(
        self,
        path: str | Path,
        key: str | Path,
        *,
        spool: bool = False,
        clock: Callable[[], float] = clock.time,
        meterer: bool = False,
    ) -> None:
        self.path, self._key, self._meterer = Path(path), Path(key), meterer
        self._clock, self._spools = clock, spool
        self._writer = self._opened()

    def _opened(self) -> Writer | SpoolingWriter:
        kind = SpoolingWriter if self._spools else Writer
        return kind(self.path, keys.load_private(self._key), clock=self._clock)

    @property
    def spooling(self) -> bool:
        """Whether another process holds the log, and rows wait in a spool (only with `spool`)."""
        return isinstance(self._writer, SpoolingWriter) and self._writer.spooling

    @property
    def schema(self) -> Schema:
        """The schema of its rows."""
        return self._writer.schema

    @property
    def pending_rows(self) -> int:
        """Rows appended and not yet sealed."""
        return self._writer.pending_rows

    def append(self, rows: Rows | Table, *, units: Mapping[str, str] | None = None) -> int:
        """Append rows, all or none, and say how many. Durable when it returns; memory stays bounded for any stream.

        `rows`: mappings from column to value as in `schemas.encode_rows`, one or an iterable of them; a mapping from
        column to array; a numpy structured array; a pandas or Polars frame; anything of Arrow; or an iterable of these.
        units: share column → `ppm`, `percent` or `fraction`: what its ints and floats are in; needed where it has some.
        A row whose `source` is above self_declared is refused, unless the log was opened as a meterer's.
        """
        chunks = intake.chunks(self.schema, rows, units=units, now=int(self._clock()))
        return self._writer.append_columns(chunks if self._meterer else self_declared(self.schema, chunks))

    def seal(
        self,
        *,
        empty: bool = False,
        progress: Progress = silent,
        cluster: Cluster | None = None,
        beacon: str | Path | Rounds | None = None,
        evidence: Sequence[str | Path] = (),
        trust: Sequence[str | Path] = (),
        options: Mapping[str, str] | None = None,
    ) -> None:
        """Commit to everything appended and sign a new checkpoint.

        UsageError where nothing was appended, unless `empty`: then the new segment says that there are no rows, and
        UsageError is raised where there are some.
        Warns (UserWarning) when the log soon has more segments than one proof covers: `compact` puts them together.
        With `spool`, while another process holds the log: rows stay where they are, and are sealed by its next seal;
        LogBusy with `empty`. cluster: whose workers commit to the segments (docs/cluster.md). beacon: the file of a
        round of drand, as its HTTP API gives it, that the segments hold (docs/provenance.md), or `Rounds` for one that
        is fetched anew by others, of which it is warned what is wrong.
        evidence: files of what others signed, which are checked, and of which rows are made (of chips, by NVIDIA's or
        a service's evidence; of compute, by CloudTrail's), with what was appended; the log keeps them. trust: whose
        signatures are taken, options: what evidence leaves open, such as `owner`, both as `seal` has them on the
        command line. Not with `cluster`, `empty` or `spool`. EvidenceRefused where it is not genuine.
        """
        from zkcompliance.prove.cluster import executor_of
        from zkcompliance.prove.growth import remark

        executor = None if cluster is None else executor_of(cluster)
        if not evidence and (trust or options):
            raise UsageError("seal: trust= and options= are about evidence=, and none is given")
        if evidence and (executor is not None or empty):
            raise UsageError("seal: evidence= goes with neither cluster= nor empty=")
        round_ = None
        if isinstance(beacon, Rounds):
            round_, wrong = beacon.newest(self.path, self._clock())
            for each in wrong:
                warnings.warn(each, UserWarning, stacklevel=2)
        elif beacon is not None:
            from zkcompliance.attest.stamping import read_beacon

            given = read_beacon(Path(beacon))
            given.keep(self.path)
            round_ = given.held
        if evidence:
            self._seal_evidence([Path(e) for e in evidence], [Path(t) for t in trust], options or {}, round_, progress)
        else:
            self._writer.seal(empty=empty, progress=progress, executor=executor, beacon=round_)
        if (sentence := remark(self.sealed())) is not None:
            warnings.warn(sentence, UserWarning, stacklevel=2)

    def _seal_evidence(
        self,
        paths: Sequence[Path],
        trust: Sequence[Path],
        options: Mapping[str, str],
        beacon: tuple[int, bytes] | None,
        progress: Progress,
    ) -> None:
        """Seal the rows that are made of evidence, after what was appended."""
        from zkcompliance.importers.evidenced import Evidenced
        from zkcompliance.log import backing
        from zkcompliance.log.layout import Layout
        from zkcompliance.log.once import Input

        if not isinstance(self._writer, Writer):
            raise UsageError("seal: evidence= is for a log that was opened without spool=")
        now, layout = int(self._clock()), Layout(self.path)
        evidenced = Evidenced.of(paths, trust, (), now)
        evidenced.check(self.schema, options, frozenset())
        evidenced.numbers, count = backing.planned(layout, evidenced.kept)

        def inputs() -> Iterator[Input]:
            for place in evidenced.makers:
                parts = evidenced.made(place, self.schema, options, now, None)
                yield Input(evidenced.pieces[place].name, (part.columns for part in parts), True)
            backing.keep(layout, evidenced.kept)

        self._writer.seal_inputs(inputs(), evidence=count, progress=progress, beacon=beacon)

    def grown(self) -> str | None:
        """What `seal` warns of: that the log soon has more segments than one proof covers; None where there is time."""
        from zkcompliance.prove.growth import remark

        return remark(self.sealed())

    def compact(self, to: str | Path, *, progress: Progress = silent) -> bool:
        """Go on in the folder `to`, the next generation, with neighbouring segments put together, and the same key.

        False, and nothing changed, where there are none to put together. `lineage` in that folder shows that the rows
        are the same. Appended rows that are not sealed yet go along. Raises LogError where something is at `to`.
        """
        from zkcompliance.prove.reseal import compactable, reseal

        if not compactable(self.sealed()):
            return False
        key = keys.load_private(self._key)
        held = self._writer if isinstance(self._writer, Writer) else None
        if held is None:
            self._writer.close()
        try:
            reseal(self.path, to, key, merge=True, writer=held, progress=progress)
        finally:
            now = moving.newest(self.path, lambda sentence: None)
            if held is None or now != self.path:
                self._writer.close()
                self.path = now
                self._writer = self._opened()
        return True

    def add_cosignatures(self, lines: Iterable[str], cosigners: Iterable[CosignerKey]) -> None:
        """Add cosignature lines of the current checkpoint to it; they travel with every proof until the next seal."""
        self._writer.add_cosignatures(lines, cosigners)

    def timestamp_request(self) -> bytes:
        """What is sent to a time-stamping authority (RFC 3161) for the last checkpoint."""
        from zkcompliance.attest import stamping

        return stamping.request(self.sealed())

    def add_timestamp(self, reply: bytes) -> int:
        """Keep an authority's reply, for the proofs to come; how many segments its checkpoint has.

        EvidenceRefused where it is over no checkpoint of this log. Whom it is of is for a policy to say.
        """
        from zkcompliance.attest import stamping

        return stamping.keep(self.sealed(), reply)[0]

    def open_rows(
        self, rows: Iterable[int], *, segments: tuple[int, int] | None = None, progress: Progress = silent
    ) -> Opened:
        """Rows of this log in full, as the function `open_rows` has it."""
        return open_rows(self, rows, segments=segments, progress=progress)

    def receipt(self, index: int) -> Receipt:
        """The `tlog-proof` receipt of segment `index` in the last checkpoint; `receipt.text` is the file."""
        from zkcompliance.log.receipt import receipt_for

        return receipt_for(self.sealed(), index)

    def sealed(self) -> SealedLog:
        """The log at its last checkpoint, as the prover reads it."""
        return SealedLog.open(self.path)

    def close(self) -> None:
        """Give up the write lock. Rows appended and not sealed stay pending."""
        self._writer.close()

    def __enter__(self) -> Log:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


AnyLog = Log | SealedLog | str | Path


def sealed(log: Log | SealedLog | str | Path) -> SealedLog:
    if isinstance(log, Log):
        return log.sealed()
    return log if isinstance(log, SealedLog) else SealedLog.open(moving.newest(log, tell))


def open_log(
    path: str | Path,
    *,
    key: str | Path,
    schema: Schema | None = None,
    profile: str = "standard",
    spool: bool = False,
    clock: Callable[[], float] = clock.time,
    meterer: bool = False,
) -> Log:
    """Open a log to write and prove; with a schema, make it when it is new. `key`: the private key's file.

    Two processes may do so at the same time: the second finds the first one's log. A log that goes on in a later
    generation is opened there, with a warning that says where. spool: where another process holds the log, no LogBusy;
    rows go durably to a file in the log that its next holder takes in (docs/logs.md). clock: gives UTC seconds; a row
    of over a day after it is refused, but for deadlines. meterer: whoever seals here measured what others did, and says
    so in `source`; of a lab's own rows it is refused above self_declared (docs/logs.md).
    """
    with files.reporting(Path(path)):
        there = Path(path).exists()
    if not there:
        if schema is None:
            raise LogError(f"there is no log at {path}; to make one, give its schema")
        make_log(path, key=key, schema=schema, profile=profile)
    log = Log(moving.newest(path, tell), key, spool=spool, clock=clock, meterer=meterer)
    found = log.sealed().schema
    if schema is not None and found.digest != schema.digest:
        log.close()
        raise LogError(
            f"the log at {path} has schema {found.label}, not {schema.label}", help=other_version(found, schema)
        )
    return log


def make_log(path: str | Path, *, key: str | Path, schema: Schema, profile: str = "standard") -> None:
    """Make a log; where another process makes it at the same time, it is that one's, if key and schema fit."""
    from zkcompliance.outputs import places

    places.outside_logs(Path(path))
    with contextlib.suppress(LogExists):
        create_log(path, schema, keys.load_private(key), profile)


def next_folder(log: Log) -> Path:
    """Where the next generation of a log goes: beside it, its name with the generation's number (`NAME-g2`)."""
    checkpoint = log.sealed().checkpoint
    first = log.path.name.removesuffix(f"-g{checkpoint.generation}")
    return log.path.with_name(f"{first}-g{checkpoint.generation + 1}")


def read_rows(log: Log | SealedLog | str | Path) -> Iterator[dict[str, RowValue]]:
    """The rows that are sealed in a log, in order, as `schemas.decode_rows` gives them: whole numbers are exact ints.

    An id is its text where the lab kept it (`seal --keep-texts`), else its digest, 0x and 32 hex digits. Private: only
    whoever holds the log's secret part can read rows. LogError, or LogCorrupt where a file of the log is damaged.
    """
    from zkcompliance.log import texts
    from zkcompliance.log.layout import Layout
    from zkcompliance.quantities import show_id
    from zkcompliance.quantities.ids import text_id
    from zkcompliance.schemas import decode_rows

    opened = sealed(log)
    known = {show_id(text_id(text)): text for text in texts.load(Layout(opened.path))}
    ids = [column.name for column in opened.schema.columns if column.type == "id"]
    for segment in opened.segments:
        for row in decode_rows(opened.schema, segment.load_columns()):
            yield row | {name: known.get(str(row[name]), row[name]) for name in ids}


def open_rows(
    log: Log | SealedLog | str | Path,
    rows: Iterable[int],
    *,
    segments: tuple[int, int] | None = None,
    progress: Progress = silent,
) -> Opened:
    """Show these rows of a log in full, with a proof that they are its rows: `.data` is the file of opened rows, and
    `.shown` what whoever verifies sees in it.

    rows: numbers from 1, through the segments first … last, from 0 (all, if not given). UsageError for rows that are
    not there; it spends a proof of each of these segments (docs/provenance.md).
    """
    from zkcompliance.prove import opening

    numbers = [number - 1 for number in rows]
    return opening.open_rows(sealed(log), numbers, now=seconds_now(), segments=segments, progress=progress)
