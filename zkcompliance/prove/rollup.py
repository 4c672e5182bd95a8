"""Rolling a log up: its rows' groups sealed in another log, the roll-up, one proof for each of that one's segments.

Only what is new is rolled up: the segments of the log behind those that the roll-up has. A segment of the roll-up that
has no proof, since work was interrupted between sealing and proving, is proved first: its rows say which segments of
the log it has, since it has the groups of these and of no shorter or longer run.

    "zkcr" ‖ u16(1) ‖ bytes16 note of the log ‖ bytes16 note of the roll-up
    ‖ u32 n ‖ n leaf hashes of the log ‖ u32 t ‖ t leaf hashes of the roll-up ‖ t × (u32 length ‖ bundle)
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zkcompliance.claim import catalogue
from zkcompliance.edge.shown import command
from zkcompliance.errors import LogCorrupt, LogError, UsageError
from zkcompliance.limits import MAX_BUNDLE_BYTES, MAX_SEGMENTS
from zkcompliance.lineage.rollup import MAGIC
from zkcompliance.log import files, merkle, rows
from zkcompliance.log.creation import create_log
from zkcompliance.log.layout import Layout
from zkcompliance.log.reservation import reserving
from zkcompliance.log.signer import SignerKey
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer
from zkcompliance.progress import Progress, silent
from zkcompliance.prove import fits, memory
from zkcompliance.prove.api import Asked, get_ready, make
from zkcompliance.prove.parts import Part
from zkcompliance.schemas import RollUp, roll_up_of
from zkcompliance.schemas.grouping import grouped
from zkcompliance.stark.codec import bytes16, u32
from zkcompliance.stark.profiles import by_name
from zkcompliance.verify.bundle import decode_bundle
from zkcompliance.verify.statement import decode_statement

MOST_AT_ONCE = 32  # segments of the log in one of the roll-up, where the proof has room for so many
_SHARE = 4  # of this machine's memory: one in so many, for what a proof of several segments consists of


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


def roll_up(
    path: str | Path, to: str | Path, key: SignerKey, *, context: bytes = b"", progress: Progress = silent
) -> RolledUp:
    """Roll up what is new of the log at `path` in the roll-up at `to`, which is made when it is not there.

    key: of the roll-up. Killed anywhere, the next call goes on where it was. UsageError for a log that is not rolled
    up, or `to` that is no roll-up of it; LogCorrupt where a segment of the roll-up has not the groups of the log; what
    `prove_claim` raises.
    """
    log = SealedLog.open(path)
    how = _check_log(log)
    place = Path(to)
    if not os.path.lexists(place):
        create_log(place, how.rolled, key, log.profile)
    making = _Making(log, how, place, key, context, progress)
    making.finish()
    while making.more():
        making.seal()
        making.finish()
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
    """A roll-up that is being made. done: segments of the log that it has."""

    def __init__(
        self, log: SealedLog, how: RollUp, place: Path, key: SignerKey, context: bytes, progress: Progress
    ) -> None:
        self._log, self._how, self._place, self._key = log, how, place, key
        self._context, self._progress = context, progress
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
            path = self._layout.rolled_proof(number)
            if os.path.lexists(path):
                self.done = self._end_of(path, number)
            else:
                self._prove(rolled, number)
        self._next = len(rolled.segments)

    def seal(self) -> None:
        """The groups of the next segments of the log, as one segment of the roll-up."""
        tables = [each.load_columns() for each in self._log.segments[self.done : self.done + self._run()]]
        made = grouped(self._how, np.concatenate(tables, axis=1))
        self._progress("roll up", self.done, len(self._log.segments))
        with Writer(self._place, self._key, rolling=True) as writer:
            if writer.pending_rows:
                raise LogError(
                    f"{self._place} has rows that were appended and are not those of {self._log.path}: a roll-up has "
                    "no others",
                    help="roll up in another folder: --to NEW",
                )
            writer.seal_columns([made], empty=made.shape[1] == 0, progress=self._progress)
        self.sealed += 1

    def assemble(self) -> None:
        """The roll-up file, with the log's checkpoint as it is signed now. Each proof was verified when it was made."""
        rolled = SealedLog.open(self._place)
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
        """How many of the next segments one proof, and a part of this machine's memory, has room for: at least one."""
        program, profile = self._claim.program, by_name(self._log.profile)
        left = self._log.segments[self.done :]
        most, there = 1, memory.there_is()
        for count in range(2, min(MOST_AT_ONCE, MAX_SEGMENTS - 1, len(left)) + 1):
            sizes = [each.entry.k for each in left[:count]]
            total = rows.padded_log2(sum(each.rows for each in left[:count]))
            statement = fits.imagined(program, {"rows": sizes, "rolled": [total]}, profile)
            if fits.fault_of(statement) is not None or 0 < there < _SHARE * memory.needed(statement):
                break
            most = count
        return most

    def _prove(self, rolled: SealedLog, number: int) -> None:
        parts = {
            "rows": [Part(self._log, self.done, self._last_of(rolled, number))],
            "rolled": [Part(rolled, number, number)],
        }
        ready = get_ready([Asked(self._claim.id, self._claim, parts, {})], self._context)
        last = parts["rows"][0].last
        with reserving(ready.units()) as reservation:
            bundle = make(ready, self._progress)
            with files.reporting(self._layout.rolled):
                files.replace(self._layout.rolled_proof(number), bundle)
            reservation.keep()
        self.done = last + 1
        self.proved += 1

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
                help=f"{self._place} is the roll-up of another log, or was changed: choose another folder, --to NEW",
            )
        return self.done + len(named[0].entries)

    def _read(self, path: Path) -> bytes:
        with files.reporting(path):
            return files.read(path, MAX_BUNDLE_BYTES, folders=1, private=False)
