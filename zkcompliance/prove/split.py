"""Which requirements are one proof: all of a policy, or as many as limits and memory allow in each of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from zkcompliance.errors import LimitExceeded, ParametersRejected, ProofRefused, VerificationError
from zkcompliance.prove import fits, memory
from zkcompliance.prove.early import refuse_early
from zkcompliance.stark.air.shape import lay_out
from zkcompliance.stark.prover.quotient import require_cosets
from zkcompliance.stark.statement import Statement


@dataclass(frozen=True)
class Alone:
    """A requirement as a proof of it alone would state it. notes: of its logs, by origin."""

    statement: Statement
    notes: Mapping[str, bytes]


@dataclass(frozen=True)
class Group:
    """Requirements, by their numbers, that are one proof; size: the bytes that its file will have, on average."""

    members: tuple[int, ...]
    size: int


def groups(parts: Sequence[Alone], executor: Executor | None = None) -> tuple[list[Group], str]:
    """Each requirement in one group, as few as come of putting each where there is room first; and, where they are
    several, why, in a sentence without its end. executor: whose workers make the proofs (None: this process does).

    One that takes too much memory alone is a group of its own. ProofRefused, LimitExceeded or VerificationError where
    one cannot be proved alone.
    """
    if not parts:
        return [], ""
    why = _fault(parts, executor)
    made = [list(range(len(parts)))] if why is None else _where_there_is_room(parts, executor)
    found = []
    for group in made:
        united = joined([parts[number].statement for number in group])
        found.append(Group(tuple(group), refuse_early(united, _notes([parts[number] for number in group]))))
    return found, why if why is not None and len(found) > 1 else ""


def _where_there_is_room(parts: Sequence[Alone], executor: Executor | None) -> list[list[int]]:
    """The numbers of each group, every requirement in the first that has room for it, or else in one of its own."""
    made: list[list[int]] = []
    for number in range(len(parts)):
        room = next(
            (group for group in made if _fault([parts[each] for each in (*group, number)], executor) is None), None
        )
        if room is None:
            made.append([number])
        else:
            room.append(number)
    return made


def _fault(parts: Sequence[Alone], executor: Executor | None = None) -> str | None:
    """Why these are not one proof; None where they are."""
    if len({part.statement.profile.id for part in parts}) > 1:
        return "the logs were sealed with different profiles, and one proof has one profile"
    united = joined([part.statement for part in parts])
    fault = fits.fault_of(united)
    if fault is not None:
        return f"one proof for all would be more than one may have ({fault})"
    try:
        require_cosets(lay_out(united))
        refuse_early(united, _notes(parts))
    except (LimitExceeded, ParametersRejected, ProofRefused, VerificationError) as error:
        return f"one proof for all would be more than one may have ({error.message})"
    takes, there = memory.needed(united), memory.each_has(executor)
    if there and takes > there:
        where = "there are {} here" if executor is None else "a worker has {}"
        return f"one proof for all would take about {_size(takes)} of memory to make, and {where.format(_size(there))}"
    return None


def joined(statements: Sequence[Statement]) -> Statement:
    """One statement of all claims, which have one profile and one head, and are over logs at the same checkpoints."""
    logs = {log.checkpoint: log for statement in statements for log in statement.logs}
    order = sorted(logs, key=_origin)
    numbers = {body: number for number, body in enumerate(order)}
    claims = []
    for statement in statements:
        here = [numbers[log.checkpoint] for log in statement.logs]
        for claim in statement.claims:
            slots = tuple(tuple(sorted(here[number] for number in slot)) for slot in claim.slots)
            claims.append(replace(claim, slots=slots))
    first = statements[0]
    by_requirement = sorted(claims, key=lambda claim: claim.requirement.encode())
    return Statement(first.profile, first.head, tuple(logs[body] for body in order), tuple(by_requirement))


def _origin(body: bytes) -> bytes:
    """The first line of a checkpoint."""
    return body.partition(b"\n")[0]


def _notes(parts: Sequence[Alone]) -> list[bytes]:
    """In statement order."""
    found = {origin: note for part in parts for origin, note in part.notes.items()}
    return [found[origin] for origin in sorted(found, key=str.encode)]


def _size(count: int) -> str:
    """`3.4 GiB`, `12 MiB`."""
    mebibytes = -(-count // (1 << 20))
    return f"{mebibytes} MiB" if mebibytes < 1024 else f"{mebibytes // 1024}.{mebibytes % 1024 * 10 // 1024} GiB"
