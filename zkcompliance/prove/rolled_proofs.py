"""The proofs of a roll-up: what each is of, that it is paid for once, and how it comes to its place.

    secret/rolling-NUMBER     what is planned: a line with the last segment of the log that segment NUMBER of the
                              roll-up has, a line with 32 random bytes in hex. Durable before that segment is sealed
    secret/rolled-NUMBER      a proof that is whole and has not its place yet
    rolled/NUMBER.zkp         the proof: there alone can others see it

The units of a proof are reserved in the ledgers under an id that follows from the random bytes and from where the
roll-up lies, so whoever goes on after a kill reserves nothing anew. They pay for one proof: several processes may each
make one, the first takes its place while the plan is there, which is deleted before, and all others are thrown away.
A copy of the roll-up in another place has other ids, and reserves anew.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from zkcompliance.errors import LogCorrupt
from zkcompliance.log import files
from zkcompliance.log.layout import Layout
from zkcompliance.stark.commit.budget import Budget

_NONCE_BYTES = 32
_MAX_PLAN_BYTES = 128


def plan(layout: Layout, number: int, last: int) -> None:
    """Write down that segment `number` has those of the log up to `last`, durably. Nothing is reserved for it yet."""
    with files.reporting(layout.secret):
        files.replace(_plan_of(layout, number), f"{last}\n{os.urandom(_NONCE_BYTES).hex()}\n".encode(), files.PRIVATE)


def planned(layout: Layout, number: int) -> int | None:
    """The last segment of the log that is planned for segment `number`; None where nothing is written down."""
    return _read(layout, number)[0] if os.path.lexists(_plan_of(layout, number)) else None


def pay(layout: Layout, number: int, wanted: Sequence[tuple[Budget, int]]) -> None:
    """Reserve (ledger, units) of every segment that the proof of segment `number` is about, which is planned.

    What is reserved for it already costs nothing. First every ledger is looked at: BudgetSpent or LogCorrupt before
    another is written to.
    """
    proof_id = _id_of(layout, number)
    for budget, units in wanted:
        budget.check(units, proof_id=proof_id)
    for budget, units in wanted:
        budget.reserve(units, proof_id)


def place(layout: Layout, number: int, bundle: bytes) -> None:
    """Put a proof in its place, durably, unless there is one, or what was paid has been used: then it is dropped."""
    with files.locked(layout.secret / "rolling"), files.reporting(layout.rolled):
        _finish(layout, number)
        if os.path.lexists(_plan_of(layout, number)):
            files.replace(_made_of(layout, number), bundle, files.PRIVATE)
            _finish(layout, number)


def is_there(layout: Layout, number: int) -> bool:
    """Whether the proof of segment `number` is in its place; one that had not quite got there is put there."""
    with files.locked(layout.secret / "rolling"), files.reporting(layout.rolled):
        _finish(layout, number)
    return os.path.lexists(layout.rolled_proof(number))


def tidy(layout: Layout) -> None:
    """Delete what whoever was killed while it wrote a proof left half-way."""
    with files.locked(layout.secret / "rolling"), files.reporting(layout.secret):
        for name in files.names(layout.secret):
            if name.startswith(".rolled-") and name.endswith(".tmp"):
                (layout.secret / name).unlink()


def _finish(layout: Layout, number: int) -> None:
    """From wherever a process was killed. The plan goes before a proof is in its place: it pays for no second one."""
    made, there, plan = _made_of(layout, number), layout.rolled_proof(number), _plan_of(layout, number)
    if os.path.lexists(made) or os.path.lexists(there):
        if os.path.lexists(plan):
            plan.unlink()
            files.sync_dir(layout.secret)
        if os.path.lexists(made):
            made.chmod(files.PUBLIC)
            made.rename(there)
            files.sync_dir(layout.rolled)


def _plan_of(layout: Layout, number: int) -> Path:
    return layout.secret / f"rolling-{number:08d}"


def _made_of(layout: Layout, number: int) -> Path:
    return layout.secret / f"rolled-{number:08d}"


def _read(layout: Layout, number: int) -> tuple[int, bytes]:
    path = _plan_of(layout, number)
    lines = files.read(path, _MAX_PLAN_BYTES, folders=1).split(b"\n")
    try:
        last, nonce = int(lines[0][:20]), bytes.fromhex(lines[1].decode("ascii"))
    except (ValueError, IndexError) as error:
        raise LogCorrupt(f"{path} is damaged") from error
    if len(nonce) != _NONCE_BYTES or last < 0 or lines[2:] != [b""]:
        raise LogCorrupt(f"{path} is damaged")
    return last, nonce


def _id_of(layout: Layout, number: int) -> bytes:
    """Of 32 bytes, and of no token: nobody can give back what is reserved under it."""
    _, nonce = _read(layout, number)
    where = os.fsencode(layout.root.resolve())
    return hashlib.sha256(b"zkcompliance-rolling-1" + nonce + where).digest()
