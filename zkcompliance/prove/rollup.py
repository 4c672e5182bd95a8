"""Rolling a log up: its rows' groups sealed in another log, the roll-up, one proof for each of that one's segments.

Only what is new is rolled up: the segments of the log behind those that the roll-up has. A segment of the roll-up that
has no proof, since work was interrupted between sealing and proving, is proved first: its rows say which segments of
the log it has, since it has the groups of these and of no shorter or longer run.

    "zkcr" ‖ u16(1) ‖ bytes16 note of the log ‖ bytes16 note of the roll-up
    ‖ u32 n ‖ n leaf hashes of the log ‖ u32 t ‖ t leaf hashes of the roll-up ‖ t × (u32 length ‖ bundle)
"""

from __future__ import annotations

import os
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from zkcompliance.claim import catalogue
from zkcompliance.edge.shown import command
from zkcompliance.errors import LogCorrupt, LogError, UsageError
from zkcompliance.limits import MAX_BUNDLE_BYTES, MAX_SEGMENTS
from zkcompliance.lineage.rollup import MAGIC
from zkcompliance.log import files, merkle, received, rows, staging
from zkcompliance.log.creation import create_log
from zkcompliance.log.layout import Layout, Settings
from zkcompliance.log.signer import SignerKey
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer
from zkcompliance.progress import Progress, silent
from zkcompliance.prove import fits, memory, rolled_proofs
from zkcompliance.prove.api import Asked, get_ready, make
from zkcompliance.prove.parts import Part
from zkcompliance.prove.pieces import sealed
from zkcompliance.prove.rolling import Grouping, Proving, grouping_of, groups_of, make_grouping, make_proving
from zkcompliance.schemas import RollUp, roll_up_of
from zkcompliance.schemas.grouping import grouped
from zkcompliance.spread import Handed, each
from zkcompliance.stark.codec import bytes16, u32
from zkcompliance.stark.commit.budget import Budget
from zkcompliance.stark.profiles import by_name
from zkcompliance.verify.bundle import decode_bundle
from zkcompliance.verify.statement import decode_statement

MOST_AT_ONCE = 32  # segments of the log in one of the roll-up, where the proof has room for so many


@dataclass(frozen=True)
class RolledUp:
    """The roll-up as it is now. sealed: its new segments; proved: proofs that were made; of: the log it stands for."""

    log: SealedLog
    sealed: int
    proved: int
    of: SealedLog

    @property
    def file(self) -> Path:
        """The roll-up file, in its folder."""
        return Layout(self.log.path).rollup


class _Run(NamedTuple):
    """Segment `number` of the roll-up has the segments from `first` to `last` of the log."""

    number: int
    first: int
    last: int


def roll_up(
    path: str | Path,
    to: str | Path,
    key: SignerKey,
    *,
    context: bytes = b"",
    progress: Progress = silent,
    executor: Executor | None = None,
) -> RolledUp:
    """Roll up what is new of the log at `path` in the roll-up at `to`, which is made when it is not there.

    key: of the roll-up. executor: who groups, commits and proves, in other processes that see the same folders, while
    nothing more is sealed in the log (None: this process does, one segment after the other). Killed anywhere, the next
    call goes on where it was. UsageError for a log that is not rolled up, or `to` that is no roll-up of it; LogCorrupt
    where a segment of the roll-up has not the groups of the log; what `prove_claim` raises.
    """
    log = SealedLog.open(path)
    how = _check_log(log)
    received.require_checked(log)
    place = Path(to)
    received.refuse(Layout(place), received.SEALED)
    if not os.path.lexists(place):
        create_log(place, how.rolled, key, log.profile)
    making = _Making(log, how, place, key, context, progress, memory.room(executor))
    if executor is None:
        making.finish()
        while making.more():
            making.seal()
            making.finish()
    else:
        making.spread(executor)
    making.assemble()
    return RolledUp(SealedLog.open(place), making.sealed, making.proved, log)


def _check_log(log: SealedLog) -> RollUp:
    how = roll_up_of(log.schema)
    if how is None:
        raise UsageError(f"{log.path}: logs of {log.schema.label} are not rolled up", help="zkcompliance schemas")
    if not log.segments:
        raise UsageError(f"{log.path} has no sealed segment yet", help=command("zkcompliance", "seal", "--help"))
    return how


class _Making:
    """A roll-up that is being made. done: segments of the log that it has; room: bytes for a proof of several, or 0."""

    def __init__(
        self, log: SealedLog, how: RollUp, place: Path, key: SignerKey, context: bytes, progress: Progress, room: int
    ) -> None:
        self._log, self._how, self._place, self._key = log, how, place, key
        self._context, self._progress, self._room = context, progress, room
        self._claim = catalogue.rolled_up(log.schema)
        self._layout = Layout(place)
        rolled = SealedLog.open(place)
        if rolled.schema.digest != how.rolled.digest:
            raise UsageError(
                f"{place} holds rows of {rolled.schema.label}, and the roll-up of {log.schema.label} is "
                f"{how.rolled.label}",
                help="give another folder: --to NEW",
            )
        self.sealed = self.proved = self.done = self._next = 0
        with files.reporting(self._layout.rolled):
            if not os.path.lexists(self._layout.rolled):
                files.make_dir(self._layout.rolled, files.PUBLIC_DIR)
                files.sync_dir(place)
            if not os.path.lexists(self._layout.rolled_key):
                files.replace(self._layout.rolled_key, f"{log.vkey}\n".encode())

    def more(self) -> bool:
        """Whether the log has segments that the roll-up has not."""
        return self.done < len(self._log.segments)

    def finish(self) -> None:
        """Prove each segment of the roll-up that has no proof, and count those that have one."""
        rolled = SealedLog.open(self._place)
        for number in range(self._next, len(rolled.segments)):
            if rolled_proofs.is_there(self._layout, number):
                self.done = self._end_of(self._layout.rolled_proof(number), number)
            else:
                self._prove(rolled, number)
        self._next = len(rolled.segments)

    def spread(self, executor: Executor) -> None:
        """Seal and prove all that is missing, by other processes: first every segment, then every proof."""
        missing = []
        rolled = SealedLog.open(self._place)
        index = len(rolled.segments)
        for number in range(index):
            if rolled_proofs.is_there(self._layout, number):
                self.done = self._end_of(self._layout.rolled_proof(number), number)
            else:
                missing.append(self._made(rolled, number))
                self.done = missing[-1].last + 1
        new: list[_Run] = []
        while self.more():
            new.append(_Run(index + len(new), self.done, self.done + self._run() - 1))
            self.done = new[-1].last + 1
        if new:
            self._seal_all(new, executor)
        if missing or new:
            self._prove_all([*missing, *new], executor)

    def _seal_all(self, runs: list[_Run], executor: Executor) -> None:
        """The groups of these runs, each staged by whoever gets it, and sealed here in their order."""
        settings = Settings.load(self._layout)
        pieces = []
        for number, run in enumerate(runs, 1):
            name, content = grouping_of(settings, self._log, *run)
            staging.draw_seed(self._layout, name)
            here, there = self._place.absolute(), self._log.path.absolute()
            pieces.append(Grouping(here, there, run.first, run.last, content, name, number, len(runs)))
        with Writer(self._place, self._key, rolling=True) as writer, Handed(executor, make_grouping, pieces) as handed:
            self._refuse_others(writer)
            self._progress("segments of the roll-up", 0, len(runs))
            for at, (run, piece) in enumerate(zip(runs, pieces, strict=True)):
                handed.result(at)
                rolled_proofs.plan(self._layout, run.number, run.last)
                writer.seal_staged(piece.name)
                self.sealed += 1
                self._progress("segments of the roll-up", at + 1, len(runs))
            staging.clear(self._layout)

    def _prove_all(self, runs: list[_Run], executor: Executor) -> None:
        """Proofs of these runs, paid for before the first is handed out."""
        rolled = SealedLog.open(self._place)
        for run in runs:
            rolled_proofs.pay(self._layout, run.number, self._units(rolled, run))
        log, place = sealed(self._log), sealed(rolled)
        pieces = [
            Proving(log, place, *run, self._context, self._claim.program_digest, number, len(runs))
            for number, run in enumerate(runs, 1)
        ]
        each(executor, make_proving, pieces, lambda done: self._progress("proofs of the roll-up", done, len(runs)))
        self.proved += len(runs)

    def _units(self, rolled: SealedLog, run: _Run) -> list[tuple[Budget, int]]:
        """What the proof of a run spends of each segment."""
        segments = [*self._log.segments[run.first : run.last + 1], rolled.segments[run.number]]
        return [(segment.budget(), segment.profile.units) for segment in segments]

    def _refuse_others(self, writer: Writer) -> None:
        if writer.pending_rows:
            raise LogError(
                f"{self._place} has rows that were appended and are not those of {self._log.path}: a roll-up has "
                "no others",
                help="roll up in another folder: --to NEW",
            )

    def seal(self) -> None:
        """The groups of the next segments of the log, as one segment of the roll-up."""
        count = self._run()
        made = groups_of(self._how, list(self._log.segments[self.done : self.done + count]))
        self._progress("roll up", self.done, len(self._log.segments))
        with Writer(self._place, self._key, rolling=True) as writer:
            self._refuse_others(writer)
            rolled_proofs.plan(self._layout, writer.checkpoint.size, self.done + count - 1)
            writer.seal_columns([made], empty=made.shape[1] == 0, progress=self._progress)
        self.sealed += 1

    def assemble(self) -> None:
        """The roll-up file, with the log's checkpoint as it is signed now. Each proof was verified when it was made."""
        rolled = SealedLog.open(self._place)
        rolled_proofs.tidy(self._layout)
        new = self._layout.rolled / "rollup.new"
        with files.reporting(self._layout.rollup):
            new.unlink(missing_ok=True)  # of a run that was killed
            with files.creating(new, files.PUBLIC) as descriptor, os.fdopen(descriptor, "wb", closefd=False) as out:
                out.write(
                    MAGIC + bytes16(self._log.checkpoint_note.encode()) + bytes16(rolled.checkpoint_note.encode())
                )
                for each in (self._log, rolled):
                    out.write(u32(len(each.segments)))
                    out.writelines(merkle.leaf_hash(segment.entry.encode()) for segment in each.segments)
                for number in range(len(rolled.segments)):
                    proof = self._read(self._layout.rolled_proof(number))
                    out.write(u32(len(proof)) + proof)
            new.replace(self._layout.rollup)
            files.sync_dir(self._place)

    def _run(self) -> int:
        """How many of the next segments one proof, and the memory where it is made, has room for: at least one."""
        program, profile = self._claim.program, by_name(self._log.profile)
        left = self._log.segments[self.done :]
        most = 1
        for count in range(2, min(MOST_AT_ONCE, MAX_SEGMENTS - 1, len(left)) + 1):
            sizes = [each.entry.k for each in left[:count]]
            total = rows.padded_log2(sum(each.rows for each in left[:count]))
            statement = fits.imagined(program, {"rows": sizes, "rolled": [total]}, profile)
            if fits.fault_of(statement) is not None or 0 < self._room < memory.needed(statement):
                break
            most = count
        return most

    def _prove(self, rolled: SealedLog, number: int) -> None:
        run = self._made(rolled, number)
        parts = {"rows": [Part(self._log, run.first, run.last)], "rolled": [Part(rolled, number, number)]}
        ready = get_ready([Asked(self._claim.id, self._claim, parts, {})], self._context, spent=True)
        rolled_proofs.pay(self._layout, number, self._units(rolled, run))
        rolled_proofs.place(self._layout, number, make(ready, self._progress))
        self.done = run.last + 1
        self.proved += 1

    def _made(self, rolled: SealedLog, number: int) -> _Run:
        """What a segment of the roll-up has that has no proof: as it was planned, or found by its groups."""
        last = rolled_proofs.planned(self._layout, number)
        if last is None or last >= len(self._log.segments):
            last = self._last_of(rolled, number)
            rolled_proofs.plan(self._layout, number, last)
        return _Run(number, self.done, last)

    def _last_of(self, rolled: SealedLog, number: int) -> int:
        """The last segment of the log whose rows this one of the roll-up has: from `done` on, by its groups."""
        columns = rolled.segments[number].load_columns()
        columns = columns[:, columns[0] == 1]
        tables: list[np.ndarray] = []
        for at in range(self.done, min(self.done + MOST_AT_ONCE, len(self._log.segments))):
            tables.append(self._log.segments[at].load_columns())
            if np.array_equal(grouped(self._how, np.concatenate(tables, axis=1)), columns):
                return at
        raise LogCorrupt(
            f"segment {number} of {self._place} does not have the groups of the next segments of {self._log.path}",
            help="roll up anew in another folder: --to NEW",
        )

    def _end_of(self, path: Path, number: int) -> int:
        """The number behind the last segment of the log that a proof which is there names."""
        statement = decode_statement(decode_bundle(self._read(path)).statement_bytes)
        named = [each for each in statement.logs if each.origin == self._log.origin]
        if len(named) != 1 or named[0].first != self.done:
            raise LogCorrupt(
                f"{path} is no proof about segment {self.done} of {self._log.origin} and those behind it",
                help="the folder is the roll-up of another log, or was changed: choose another one, --to NEW",
            )
        return self.done + len(named[0].entries)

    def _read(self, path: Path) -> bytes:
        with files.reporting(path):
            return files.read(path, MAX_BUNDLE_BYTES, folders=1, private=False)
