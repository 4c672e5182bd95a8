"""The durable ledger of what proofs have revealed of one segment (docs/spec/log.md, Budget).

A segment's masks hide h = d − N − 256 linear functionals of each column. The tag spent 6 of them at sealing; every
proof spends its units before it is made, and the sum may never exceed h. File: a 48-byte header, then records of 48
bytes,

    header = "zkcg" ‖ u16(1) ‖ SHA-256(entry) ‖ u16(0) ‖ check
    record = u32 units ‖ id (32) ‖ u32(0) ‖ check                spent; id = SHA-256(token)
           | u32 units ‖ token (32) ‖ u32(1) ‖ check             given back, of those spent under SHA-256(token)
           | u32 units ‖ share's id (32) ‖ u32(2) ‖ check        handed over to another party, once, for good

check = the first 8 bytes of SHA-256 of what precedes it. A torn or damaged record counts as spent. The ledger only
grows: what is given back is another record, and only who holds the token can write one. What was ever spent, without
what was given back, is kept in other records too (`Record`): a ledger that says less has been put back to an older
state. A ledger whose segment went on in another generation ends in a record that spends all that was left; the other
records do not count that one, since they are those of the segment wherever it is. A copy of the log folder shares one
budget with the original: two machines that both prove must not both count from zero.

A part of what is left can be handed over with the rows (`Share`). The share has a ledger of its own, whose header has
SHA-256(entry ‖ share's id ‖ u32 units) in place of SHA-256(entry): it allows the share's units and no more, counts from
0, since the tag is counted where the share came from, and keeps none for a refresh, which only the log's key signs. So
the ledgers of all who hold the segment together allow what one would.
"""

from __future__ import annotations

import contextlib
import copy
import fcntl
import hashlib
import os
import secrets
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from zkcompliance.edge import regular, system
from zkcompliance.edge.shown import command
from zkcompliance.errors import BudgetSpent, LogCorrupt, LogError, UsageError
from zkcompliance.limits import MAX_LEDGER_BYTES
from zkcompliance.stark.profiles import EXTENSION_DEGREE, Profile, log_mask

RECORD_BYTES = 48
KEPT_PROOFS = 4  # whose units `prove` leaves: one for a refresh, and three for such that were killed in the middle
_SPENT, _GIVEN_BACK, _HANDED_OVER = 0, 1, 2
_CHECK_BYTES = 8
_MOVED = hashlib.sha256(b"zkcompliance: this budget has moved").digest()  # the id of a ledger's last record


@dataclass(frozen=True)
class Share:
    """Units of a segment's budget that were handed over. id: 32 random bytes, of one hand-over; units: 1 … 2^32 − 1."""

    id: bytes
    units: int

    def __post_init__(self) -> None:
        if len(self.id) != 32 or not 0 < self.units < 1 << 32:
            raise UsageError("a share has 1 to 2^32 − 1 units and an id of 32 bytes")


def subject(entry: bytes, share: Share | None) -> bytes:
    """What a ledger, and the records beside it, are about: a segment (its entry, 171 bytes), or a share of one."""
    return entry if share is None else entry + share.id + struct.pack("<I", share.units)


def _checked(data: bytes) -> bytes:
    return data + hashlib.sha256(data).digest()[:_CHECK_BYTES]


def _header(entry: bytes, share: Share | None) -> bytes:
    return _checked(b"zkcg\x01\x00" + hashlib.sha256(subject(entry, share)).digest() + b"\x00\x00")


def _record(units: int, proof_id: bytes, kind: int = _SPENT) -> bytes:
    return _checked(struct.pack("<I32sI", units, proof_id, kind))


def ledger_bytes(entry: bytes, share: Share | None = None) -> bytes:
    """A fresh ledger for a segment with this entry (171 bytes), or for a share of one: nothing spent but the tag."""
    return _header(entry, share)


class Record(Protocol):
    """Another place that remembers how much was ever spent of a segment."""

    @property
    def where(self) -> str:
        """Its place, for messages."""
        ...

    def read(self) -> int:
        """Units ever spent that it knows of, 0 where it knows nothing. LogCorrupt where it is damaged."""
        ...

    def alone(self) -> contextlib.AbstractContextManager[None]:
        """Within, nobody raises it but the caller, who holds the ledger's lock."""
        ...

    def raise_to(self, units: int) -> None:
        """Remember at least so many, durably; within `alone`. LogError where it cannot and must."""
        ...


@dataclass
class _State:
    spent: int = EXTENSION_DEGREE
    ever: int = EXTENSION_DEGREE  # without what was given back
    known: dict[bytes, int] = field(default_factory=dict)
    given: dict[bytes, int] = field(default_factory=dict)  # handed over: units by the share's id
    torn: int = 0
    tail: int = 0  # bytes of an incomplete last record


class Budget:
    """The ledger at `path` of a segment of 2^k rows with capacity κ.

    Every call reads it again; several processes may use it.
    """

    def __init__(
        self,
        path: Path,
        entry: bytes,
        profile: Profile,
        k: int,
        kappa: int,
        name: str = "this segment",
        *,
        folders: int = 0,
        records: Sequence[Record] = (),
    ) -> None:
        """`entry`: the segment's 171 bytes. `name`: what messages call it. `folders`: as in `regular.open_file`; in a
        log, the ledger must be the user's alone.
        """
        self._name = name
        self._path = path
        self._entry = entry
        self._header = _header(entry, None)
        self._folders = folders
        self._records = records
        self._share: Share | None = None
        self.units = profile.units
        self.capacity = log_mask(k, kappa)
        self.kept = KEPT_PROOFS * profile.units

    def of(self, share: Share | None) -> Budget:
        """The ledger at the same place as one of a share; itself where it is of none."""
        if share is None:
            return self
        shared = copy.copy(self)
        shared._share, shared._header = share, _header(self._entry, share)
        shared.capacity, shared.kept = share.units, 0
        return shared

    def spent(self) -> int:
        """Units spent so far, the tag's 6 included."""
        with self._locked(os.O_RDONLY, fcntl.LOCK_SH) as descriptor:
            return self._read(descriptor).spent

    def remaining(self, *, last: bool = False) -> int:
        """Units that may still be spent, ≥ 0. Those of KEPT_PROOFS are kept for a refresh: the last."""
        return max(0, self.capacity - self.spent() - (0 if last else self.kept))

    def proofs_left(self, units: int | None = None) -> int:
        """How many more proofs of `units` (default: one row-local proof, queries + 6) the segment allows."""
        return self.remaining() // (units or self.units)

    def check(self, units: int, *, last: bool = False, proof_id: bytes = b"") -> None:
        """Whether `reserve` would spend so many (under this id, where it is given); it raises what that would."""
        with self._locked(os.O_RDONLY, fcntl.LOCK_SH) as descriptor:
            state = self._read(descriptor)
            self._hold(state)
            extra = units - state.known.get(proof_id, 0)
            if extra > 0:
                self._fits(state, extra, last)

    def reserve(self, units: int, proof_id: bytes, *, last: bool = False) -> None:
        """Spend units (1 … 2^32 − 1) under this 32-byte id; durable when it returns, in ledger and records.

        An id that was reserved before, for at least as many units, costs nothing. Raises, leaving the ledger as it was,
        BudgetSpent when the segment has fewer units left, and LogCorrupt when the ledger is older than a record.
        """
        if len(proof_id) != 32 or not 0 < units < 1 << 32:
            raise UsageError("a reservation has 1 to 2^32 − 1 units and an id of 32 bytes")
        with self._locked(os.O_RDWR, fcntl.LOCK_EX) as descriptor, self._alone():
            state = self._read(descriptor)
            self._hold(state)
            extra = units - state.known.get(proof_id, 0)
            if extra <= 0:
                return
            self._fits(state, extra, last)
            self._append(descriptor, state, _record(extra, proof_id))
            for record in self._records:  # after the ledger, so that no crash makes it look older than they say
                record.raise_to(state.ever + extra)

    def hand_over(self, share: Share) -> None:
        """Give a share away, for good; durable when it returns, in ledger and records. Of a segment that is done once.

        The very share that was given before costs nothing, so that who was killed goes on. Raises, leaving the ledger
        as it was, LogError where another one was given, BudgetSpent and LogCorrupt as `reserve`.
        """
        with self._locked(os.O_RDWR, fcntl.LOCK_EX) as descriptor, self._alone():
            state = self._read(descriptor)
            self._hold(state)
            ever = state.ever
            if state.given != {share.id: share.units}:
                if state.given:
                    raise LogError(f"{self._name}: a share of its budget was handed over before, and that is done once")
                self._fits(state, share.units, last=False)
                self._append(descriptor, state, _record(share.units, share.id, _HANDED_OVER))
                ever += share.units
            for record in self._records:
                record.raise_to(ever)

    def handed_over(self) -> dict[bytes, int]:
        """Units that were handed over, by the share's id; empty where nothing was."""
        with self._locked(os.O_RDONLY, fcntl.LOCK_SH) as descriptor:
            return dict(self._read(descriptor).given)

    def give_back(self, token: bytes) -> None:
        """Give back what was reserved under SHA-256(token), where nothing of the proof has left the process."""
        with self._locked(os.O_RDWR, fcntl.LOCK_EX) as descriptor:
            state = self._read(descriptor)
            units = state.known.get(hashlib.sha256(token).digest(), 0)
            if units and _MOVED not in state.known:  # what went on from it has counted them
                self._append(descriptor, state, _record(units, token, _GIVEN_BACK))

    def behind(self) -> str:
        """How the ledger says less than the records; "" where it does not."""
        with self._locked(os.O_RDONLY, fcntl.LOCK_SH) as descriptor:
            return self._behind(self._read(descriptor))

    def catch_up(self) -> int:
        """Count as spent what the records say was spent and the ledger does not; how many units."""
        with self._locked(os.O_RDWR, fcntl.LOCK_EX) as descriptor:
            return self._catch_up(descriptor, self._read(descriptor))

    def _catch_up(self, descriptor: int, state: _State) -> int:
        missing = max((record.read() for record in self._records), default=0) - state.ever
        if missing <= 0 or _MOVED in state.known:
            return 0
        self._append(descriptor, state, _record(missing, secrets.token_bytes(32)))
        return missing

    def _fits(self, state: _State, units: int, last: bool) -> None:
        left = self.capacity - state.spent - (0 if last else self.kept)
        if units > left:
            kept = f" ({self.kept} more are kept for a refresh)" if self.kept and not last else ""
            whose = "" if self._share is None else " in the share that was handed over"
            raise BudgetSpent(
                f"{self._name}: {units} units asked, {max(0, left)} of {self.capacity} left{whose}{kept}; "
                "one more proof would reveal more than the segment's masks hide",
                help="zkcompliance refresh LOG --to NEW --key KEY -o lineage.zkl"
                + ("" if self._share is None else "  # by who handed it over; then a new hand-over"),
            )

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """The records as they are read within are as they are written: two copies of a log never prove at once."""
        with contextlib.ExitStack() as held:
            for record in self._records:
                held.enter_context(record.alone())
            yield

    def _log(self) -> Path:
        return self._path.parents[self._folders]

    def _behind(self, state: _State) -> str:
        if _MOVED in state.known:
            return ""  # the records are those of what went on from it
        for record in self._records:
            known = record.read()
            if known > state.ever:
                return f"it counts {state.ever} units as ever spent, and {record.where} remembers {known}"
        return ""

    def _hold(self, state: _State) -> None:
        """Whether the ledger may be proved on: BudgetSpent where it was given up, LogCorrupt where it is too old."""
        if _MOVED in state.known:
            where = "the log's next generation" if self._share is None else "the folder that was received after"
            raise BudgetSpent(
                f"{self._name}: its budget has moved to {where}",
                help=command("zkcompliance", "fsck", self._log()) + "  # says where the log goes on",
            )
        if behind := self._behind(state):
            raise LogCorrupt(
                f"{self._name}: the budget ledger {self._path} is older than what was proved ({behind}): it was "
                "restored from a backup, or proofs were made over another copy of this log. Proving would reveal more "
                "than the segment's masks hide. Put the newest ledger back, or count what is missing as spent",
                help=command("zkcompliance", "fsck", self._log(), "--count-spent"),
            )

    def move(self, target: Budget | None) -> None:
        """Give the budget up: from now on no proof can be made on this ledger. Durable when it returns.

        target: the ledger with which the segment goes on; it becomes a copy of this one, with all that was spent, and
        its records remember what was ever spent. Interrupted anywhere it can be called again: a ledger that was given
        up before is not copied over what went on from it. One that is older than its records counts what it lacks.
        """
        with self._locked(os.O_RDWR, fcntl.LOCK_EX) as descriptor:
            if _MOVED in self._read(descriptor).known:
                return
            if target is not None:
                self._catch_up(descriptor, self._read(descriptor))
                target._take_over(os.pread(descriptor, os.fstat(descriptor).st_size, 0), self._read(descriptor).ever)
            state = self._read(descriptor)
            self._append(descriptor, state, _record(max(0, self.capacity - state.spent), _MOVED))

    def _take_over(self, data: bytes, ever: int) -> None:
        """Become a ledger of these bytes, whole and durable, whatever was there; then the records remember `ever`."""
        building = self._path.with_name(f".{self._path.name}.tmp")
        building.unlink(missing_ok=True)
        descriptor = regular.open_file(building, os.O_WRONLY | os.O_CREAT | os.O_EXCL, folders=self._folders)
        try:
            os.fchmod(descriptor, 0o600)
            regular.write_all(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        building.replace(self._path)
        system.sync_folder(self._path.parent)
        with self._alone():
            for record in self._records:
                record.raise_to(ever)

    def moved(self) -> bool:
        """Whether the budget was given up."""
        with self._locked(os.O_RDONLY, fcntl.LOCK_SH) as descriptor:
            return _MOVED in self._read(descriptor).known

    @contextlib.contextmanager
    def _locked(self, flags: int, lock: int) -> Iterator[int]:
        try:
            descriptor = self._open(flags, lock)
        except regular.Unsafe as error:
            raise LogCorrupt(f"{error.filename} {error.strerror}", help=error.remedy or None) from error
        except FileNotFoundError as error:
            raise LogCorrupt(
                f"the budget ledger {self._path} is missing; without it no proof can be made safely",
                help="restore it from where the last proof was made",
            ) from error
        except OSError as error:
            raise LogCorrupt(
                f"the budget ledger {self._path} cannot be used: {regular.reason(error)}; without it no proof can be "
                "made safely",
                help=regular.remedy(error),
            ) from error
        try:
            yield descriptor
        except OSError as error:
            raise LogError(f"{self._path}: {regular.reason(error)}", help=regular.remedy(error)) from error
        finally:
            os.close(descriptor)

    def _open(self, flags: int, lock: int) -> int:
        """The file that has the name once it is locked; to write, one that no snapshot shares by a hard link."""
        while True:
            descriptor = regular.open_file(self._path, flags, folders=self._folders, private=self._folders > 0)
            try:
                fcntl.flock(descriptor, lock)
                if not os.path.samestat(os.fstat(descriptor), self._path.lstat()):
                    os.close(descriptor)
                    continue
                return regular.unshared(self._path, descriptor, lock=True) if flags & os.O_RDWR else descriptor
            except BaseException:
                with contextlib.suppress(OSError):
                    os.close(descriptor)
                raise

    def _read(self, descriptor: int) -> _State:
        """Everything in the ledger; LogCorrupt when its header is not this segment's."""
        size = os.fstat(descriptor).st_size
        if size > MAX_LEDGER_BYTES:
            raise LogCorrupt(f"the budget ledger {self._path} is longer than {MAX_LEDGER_BYTES} bytes")
        data = os.pread(descriptor, size, 0)
        if data[:RECORD_BYTES] != self._header:
            raise LogCorrupt(f"the budget ledger {self._path} does not belong to this segment")
        state = _State() if self._share is None else _State(0, 0)
        for start in range(RECORD_BYTES, len(data), RECORD_BYTES):
            record = data[start : start + RECORD_BYTES]
            if len(record) == RECORD_BYTES and _checked(record[:-_CHECK_BYTES]) == record:
                self._count(state, *struct.unpack("<I32sI", record[:-_CHECK_BYTES]))
            else:
                # Never returned to its caller, so no proof left; counted all the same, as the dearest row-local use.
                state.spent += 2 * self.units
                state.ever += 2 * self.units
                state.torn += 1
                state.tail = len(record) % RECORD_BYTES
        return state

    @staticmethod
    def _count(state: _State, units: int, proof_id: bytes, kind: int) -> None:
        if kind == _GIVEN_BACK:
            spent = hashlib.sha256(proof_id).digest()
            back = min(units, state.known.get(spent, 0))
            state.known[spent] = state.known.get(spent, 0) - back
            state.spent -= back
        else:
            if kind == _HANDED_OVER:  # not `known`: nobody gives it back, and it pays for no proof
                state.given[proof_id] = state.given.get(proof_id, 0) + units
            else:
                state.known[proof_id] = state.known.get(proof_id, 0) + units
            state.spent += units
            state.ever += units

    def torn(self) -> int:
        """Damaged records, each counted as spent."""
        with self._locked(os.O_RDONLY, fcntl.LOCK_SH) as descriptor:
            return self._read(descriptor).torn

    @staticmethod
    def _append(descriptor: int, state: _State, record: bytes) -> None:
        """Write a record behind the last one, durably, or leave the ledger as it was."""
        end = os.lseek(descriptor, 0, os.SEEK_END)
        try:
            regular.write_all(descriptor, b"\x00" * (RECORD_BYTES - state.tail if state.tail else 0) + record)
            os.fsync(descriptor)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, end)
            raise
