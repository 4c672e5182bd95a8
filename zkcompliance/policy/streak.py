"""A streak: proofs of consecutive periods of a policy's calendar, and what must hold between them.

Each is judged by itself first. Here are the checks that no single judgement makes; all are of what verdicts and
statements say, and none reads a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from zkcompliance.errors import StreakBroken, ZkComplianceError
from zkcompliance.limits import MAX_CLOCK_SECONDS
from zkcompliance.log.checkpoint import generation_of
from zkcompliance.policy.calendar import Period, period, period_of
from zkcompliance.policy.model import Calendar, Policy
from zkcompliance.policy.verdict import PolicyRef, Verdict
from zkcompliance.quantities import show_time


@dataclass(frozen=True)
class Extent:
    """How far a log had come: a checkpoint of `size` segments of its generation (from 1)."""

    origin: str
    generation: int
    size: int
    root: bytes


@dataclass(frozen=True)
class Held:
    """One proof file of a streak. stated: the time that it states, UTC seconds; period: whose that is (None: no
    period's). verdict: as of that time, None where it came to none; error: why it is not accepted, by itself or after
    the period before; None where it is, or was not judged."""

    file_sha256: bytes
    file_bytes: int
    stated: int
    period: Period | None
    verdict: Verdict | None = None
    error: ZkComplianceError | None = None

    @property
    def accepted(self) -> bool:
        return self.error is None and self.verdict is not None and self.verdict.accepted


@dataclass(frozen=True)
class Streak:
    """What files show together. held: in the order of their periods, those of none first; missing: periods between
    the first and the last that have no file; error: why they are no streak, whatever each shows; judged_at: UTC
    seconds; bound: what the policy holds against the calendar in every proof, as REQUIREMENT.PARAMETER."""

    policy: PolicyRef
    calendar: Calendar
    judged_at: int
    held: tuple[Held, ...]
    missing: tuple[Period, ...] = ()
    error: ZkComplianceError | None = None
    bound: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        return self.first_error is None and bool(self.held) and all(each.accepted for each in self.held)

    @property
    def first_error(self) -> ZkComplianceError | None:
        """Why it is not accepted; None where it is."""
        if self.error is not None:
            return self.error
        return next((each.error for each in self.held if each.error is not None), None)

    @property
    def periods(self) -> tuple[Period, ...]:
        """From the first that has a file to the last, those without one too."""
        found = {each.period.number: each.period for each in self.held if each.period is not None}
        return tuple(sorted([*found.values(), *self.missing], key=lambda each: each.number))

    def require(self) -> None:
        """Raise why it is not accepted."""
        if (error := self.first_error) is not None:
            raise error


def placed(calendar: Calendar, file_sha256: bytes, file_bytes: int, stated: int) -> Held:
    """A file, in the period whose the time is that it states."""
    return Held(file_sha256, file_bytes, stated, period_of(calendar, stated))


def bound_by(policy: Policy) -> tuple[str, ...]:
    """The parameters, as REQUIREMENT.PARAMETER, that are when the period begins or ends whose proof it is."""
    return tuple(
        f"{each.name}.{name}" for each in policy.requirements for name, bound in each.params.items() if bound.period
    )


def in_order(calendar: Calendar, held: Sequence[Held], now: int) -> tuple[list[Period], ZkComplianceError | None]:
    """Periods without a file, and why these files are no streak: StreakBroken, or None.

    Every file is of a period, no two of one, and none lies between that has no file. now: UTC seconds, which no stated
    time is after, but for what clocks differ.
    """
    for each in held:
        if each.period is None:
            when = f"it states {show_time(each.stated)}" if each.stated else "it states no time"
            return [], StreakBroken(
                f"the file {each.file_sha256.hex()[:16]}… is of no period of the calendar: {when}",
                help="zkcompliance policies show POLICY  # when a period's proof states its time",
            )
        if each.stated > now + MAX_CLOCK_SECONDS:
            return [], StreakBroken(f"the proof of {each.period.name} states {show_time(each.stated)}, in the future")
    numbers = sorted(each.period.number for each in held if each.period is not None)
    gone = sorted(set(range(numbers[0], numbers[-1] + 1)) - set(numbers)) if numbers else []
    missing = [period(calendar, number) for number in gone]
    for before, after in pairwise(numbers):
        if before == after:
            return missing, StreakBroken(
                f"{period(calendar, before).name} has two proofs, and a period has one",
                help="give the one that the lab handed over for it; ask why there is another",
            )
    if missing:
        named = ", ".join(each.name for each in missing[:4]) + (" …" if len(missing) > 4 else "")
        return missing, StreakBroken(
            f"{named} {'has' if len(missing) == 1 else 'have'} no proof: of {numbers[-1] - numbers[0] + 1} periods, "
            f"{len(missing)} {'is' if len(missing) == 1 else 'are'} missing",
            help="ask the lab for what is missing, and add it",
        )
    return missing, None


def extents(verdict: Verdict) -> dict[str, Extent]:
    """By the log's name, the checkpoints that a verdict is about; of a roll-up that stands for a log, that log's."""
    found = {}
    for finding in verdict.findings:
        for log in finding.logs:
            origin, size, root = log.stands_for or (log.origin, log.size, log.root)
            name, generation = generation_of(origin)
            found[name] = Extent(origin, generation, size, root)
    return found


def check_goes_on(before: Held, after: Held) -> None:
    """StreakBroken unless the second is about the same model and the same logs as the first, and no log is shorter.

    That the longer checkpoint begins with the shorter one is shown by the leaves in the statements, which a memory of
    the checkpoints holds against each other.
    """
    if before.verdict is None or after.verdict is None or before.period is None or after.period is None:
        return
    names = [None if each.subject is None else each.subject.name for each in (before.verdict, after.verdict)]
    if names[0] != names[1]:
        told = ["no model" if name is None else name for name in names]
        raise StreakBroken(
            f"subject: the proof of {before.period.name} is about {told[0]}, that of {after.period.name} is about "
            f"{told[1]}"
        )
    first, second = extents(before.verdict), extents(after.verdict)
    for name, old in first.items():
        new = second.get(name)
        if new is None:
            raise StreakBroken(
                f"the log {name} is in the proof of {before.period.name}, and not in that of {after.period.name}"
            )
        if (new.generation, new.size) < (old.generation, old.size):
            raise StreakBroken(
                f"log {name}: the checkpoint of {after.period.name} ({new.size} segments of {new.origin}) is older "
                f"than that of {before.period.name} ({old.size} segments of {old.origin})"
            )
