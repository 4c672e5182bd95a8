"""The durable ledger of what proofs have revealed of one segment (docs/spec/log.md, Budget).

A segment's masks hide h = d − N − 256 linear functionals of each column. The tag spent 6 of them at sealing; every
proof spends its units before it leaves the prover, and the sum may never exceed h. File: a 48-byte header, then records
of 48 bytes,

    header = "zkcg" ‖ u16(1) ‖ SHA-256(entry) ‖ u16(0) ‖ check
    record = u32 units ‖ proof id (32) ‖ u32(0) ‖ check

A ledger whose segment went on in another generation ends in a record that spends all that was left.

check = the first 8 bytes of SHA-256 of what precedes it. A torn or damaged record counts as spent. A copy of the log
folder shares one budget with the original: two machines that both prove must not both count from zero.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from zkcompliance.errors import BudgetSpent, LogCorrupt, UsageError
from zkcompliance.limits import MAX_LEDGER_BYTES
from zkcompliance.profiles import EXTENSION_DEGREE, Profile, log_mask

RECORD_BYTES = 48
_CHECK_BYTES = 8
_MOVED = hashlib.sha256(b"zkcompliance: this budget has moved").digest()  # the id of a ledger's last record


def _checked(data: bytes) -> bytes:
    return data + hashlib.sha256(data).digest()[:_CHECK_BYTES]


def _header(entry: bytes) -> bytes:
    return _checked(b"zkcg\x01\x00" + hashlib.sha256(entry).digest() + b"\x00\x00")


def _record(units: int, proof_id: bytes) -> bytes:
    return _checked(struct.pack("<I32sI", units, proof_id, 0))


def ledger_bytes(entry: bytes) -> bytes:
    """A fresh ledger for a segment with this entry (99 bytes): nothing spent but the tag."""
    return _header(entry)


@dataclass
class _State:
    spent: int = EXTENSION_DEGREE
    known: dict[bytes, int] = field(default_factory=dict)
    torn: int = 0
    tail: int = 0  # bytes of an incomplete last record


class Budget:
    """The ledger at `path` of a segment of 2^k rows with capacity κ.

    Every call reads it again; several processes may use it.
    """

    def __init__(
        self, path: Path, entry: bytes, profile: Profile, k: int, kappa: int, name: str = "this segment"
    ) -> None:
        """`entry`: the segment's 99 bytes. `name`: what messages call it."""
        self._name = name
        self._path = path
        self._entry = entry
        self.capacity = log_mask(k, kappa)
        self.units = profile.units

    def spent(self) -> int:
        """Units spent so far, the tag's 6 included."""
        with self._locked(os.O_RDONLY, fcntl.LOCK_SH) as descriptor:
            return self._read(descriptor).spent

    def remaining(self, *, last: bool = False) -> int:
        """Units that may still be spent, ≥ 0. One proof's units are kept for the last: that of a refresh."""
        return max(0, self.capacity - self.spent() - (0 if last else self.units))

    def proofs_left(self, units: int | None = None) -> int:
        """How many more proofs of `units` (default: one row-local proof, queries + 6) the segment allows."""
        return self.remaining() // (units or self.units)

    def reserve(self, units: int, proof_id: bytes, *, last: bool = False) -> None:
        """Spend units (1 … 2^32 − 1) for the proof with this 32-byte id; durable when it returns.

        An id that was reserved before, for at least as many units, costs nothing. Raises BudgetSpent, leaving the
        ledger as it was, when the segment has fewer units left.
        """
        if len(proof_id) != 32 or not 0 < units < 1 << 32:
            raise UsageError("a reservation has 1 to 2^32 − 1 units and an id of 32 bytes")
        with self._locked(os.O_RDWR, fcntl.LOCK_EX) as descriptor:
            state = self._read(descriptor)
            if _MOVED in state.known:
                raise BudgetSpent(
                    f"{self._name}: its budget has moved to the log's next generation",
                    help="zkcompliance fsck LOG  # says where the log goes on",
                )
            extra = units - state.known.get(proof_id, 0)
            if extra <= 0:
                return
            left = self.capacity - state.spent - (0 if last else self.units)
            if extra > left:
                kept = "" if last else f" ({self.units} more are kept for a refresh)"
                raise BudgetSpent(
                    f"{self._name}: {units} units asked, {max(0, left)} of {self.capacity} left{kept}; "
                    "one more proof would reveal more than the segment's masks hide",
                    help="zkcompliance refresh LOG --to NEW --key KEY -o lineage.zkl",
                )
            filler = b"\x00" * (RECORD_BYTES - state.tail if state.tail else 0)
            _append(descriptor, filler + _record(extra, proof_id))

    def move(self, target: Path | None) -> None:
        """Give the budget up: from now on no proof can be made on this ledger. Durable when it returns.

        target: where the segment goes on; the ledger is copied there first, with all that it has spent. Interrupted
        anywhere it can be called again: a ledger that was given up before is not copied over what went on from it.
        """
        with self._locked(os.O_RDWR, fcntl.LOCK_EX) as descriptor:
            state = self._read(descriptor)
            if _MOVED in state.known:
                return
            if target is not None:
                _copy(os.pread(descriptor, os.fstat(descriptor).st_size, 0), target)
            filler = b"\x00" * (RECORD_BYTES - state.tail if state.tail else 0)
            _append(descriptor, filler + _record(max(0, self.capacity - state.spent), _MOVED))

    def moved(self) -> bool:
        """Whether the budget was given up."""
        with self._locked(os.O_RDONLY, fcntl.LOCK_SH) as descriptor:
            return _MOVED in self._read(descriptor).known

    @contextlib.contextmanager
    def _locked(self, flags: int, lock: int) -> Iterator[int]:
        try:
            descriptor = os.open(self._path, flags | os.O_CLOEXEC)
        except OSError as error:
            raise LogCorrupt(
                f"the budget ledger {self._path} is missing or unreadable; without it no proof can be made safely"
            ) from error
        try:
            fcntl.flock(descriptor, lock)
            yield descriptor
        finally:
            os.close(descriptor)

    def _read(self, descriptor: int) -> _State:
        """Everything in the ledger; LogCorrupt when its header is not this segment's."""
        size = os.fstat(descriptor).st_size
        if size > MAX_LEDGER_BYTES:
            raise LogCorrupt(f"the budget ledger {self._path} is longer than any ({MAX_LEDGER_BYTES} bytes)")
        data = os.pread(descriptor, size, 0)
        if data[:RECORD_BYTES] != _header(self._entry):
            raise LogCorrupt(f"the budget ledger {self._path} does not belong to this segment")
        state = _State()
        for start in range(RECORD_BYTES, len(data), RECORD_BYTES):
            record = data[start : start + RECORD_BYTES]
            if len(record) == RECORD_BYTES and _checked(record[:-_CHECK_BYTES]) == record:
                units, proof_id, _ = struct.unpack("<I32sI", record[:-_CHECK_BYTES])
                state.known[proof_id] = state.known.get(proof_id, 0) + units
                state.spent += units
            else:
                # Never returned to its caller, so no proof left; counted all the same, as the dearest row-local use.
                state.spent += 2 * self.units
                state.torn += 1
                state.tail = len(record) % RECORD_BYTES
        return state

    def torn(self) -> int:
        """Damaged records, each counted as spent."""
        with self._locked(os.O_RDONLY, fcntl.LOCK_SH) as descriptor:
            return self._read(descriptor).torn


def _copy(data: bytes, target: Path) -> None:
    """A private file with these bytes at target, whole and durable, whatever was there."""
    building = target.with_name(f".{target.name}.tmp")
    building.unlink(missing_ok=True)
    descriptor = os.open(building, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        _append(descriptor, data)
    finally:
        os.close(descriptor)
    building.replace(target)
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _append(descriptor: int, data: bytes) -> None:
    os.lseek(descriptor, 0, os.SEEK_END)
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
    os.fsync(descriptor)
