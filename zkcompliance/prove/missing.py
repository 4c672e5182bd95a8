"""What a lab's logs lack for a policy, and how far they are from its limits: for the lab's eyes only.

A log that is not there, a column of which no row states anything, fewer rows than are asked for, or that count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from zkcompliance.claim.model import CheckResult, Claim
from zkcompliance.log.store import SealedLog
from zkcompliance.policy import bounds
from zkcompliance.policy.catalogue import asked
from zkcompliance.policy.finding import rounded, text
from zkcompliance.policy.model import Bound, Policy, Requirement
from zkcompliance.prove.needs import ColumnNeed, needs
from zkcompliance.prove.tasks import Task
from zkcompliance.quantities import exact_beside, listed, number_of
from zkcompliance.schemas import LIMB_BITS, Column, Schema

LOG, COLUMN, ROWS, COUNTED = "log", "column", "rows", "counted"


@dataclass(frozen=True)
class Lack:
    """Something that is missing. kind: LOG, COLUMN, ROWS or COUNTED; log: the policy's name of it; says: a sentence.

    column: of a COLUMN; of: the requirements that it is missing for; claim: the one whose rows count too few.
    """

    kind: str
    policy: str
    log: str
    schema: Schema
    says: str
    of: tuple[str, ...]
    column: str = ""
    claim: str = ""


def without_logs(
    policy: Policy, there: Mapping[str, Sequence[SealedLog]], own: Mapping[str, Claim] = MappingProxyType({})
) -> tuple[Policy, list[Lack]]:
    """The policy without what cannot be checked since a log is not given, and a lack for each such log.

    The policy is for a check alone: its requirements are those about logs that are there.
    """
    gone = [each for each in needs(policy, own) if each.rule.name not in there and not each.further]
    lacks, missing = [], {each.rule.name for each in gone}
    for each in gone:
        name, about = each.rule.name, tuple(one.name for one in asked(policy) if each.rule.name in _logs(one))
        says = f"No log is given for {name} (schema {each.schema.label}), which {listed(about)} {_is(about)} about."
        lacks.append(Lack(LOG, policy.label, name, each.schema, says, about))
    left = {name: rule for name, rule in policy.logs.items() if name not in missing}
    kept = tuple(each for each in policy.requirements if _logs(each) <= set(left))
    return replace(policy, logs=left, requirements=kept), lacks


def _logs(requirement: Requirement) -> set[str]:
    """The logs without which it cannot be shown."""
    return {name for several in requirement.logs.values() for name in several}


def lacking(
    policy: Policy, there: Mapping[str, Sequence[SealedLog]], own: Mapping[str, Claim] = MappingProxyType({})
) -> list[Lack]:
    """What is missing in the logs that are there, whose schemas are those of the claims about them."""
    found = []
    for need in needs(policy, own):
        name, rule = need.rule.name, need.rule
        logs = [log for log in there.get(name, ()) if log.schema.digest == need.schema.digest]
        rows = sum(segment.rows for log in logs for segment in log.segments)
        if logs and rows < rule.rows:
            says = f"The log {name} has {number_of(rows, 'row')}, and the policy asks for at least {rule.rows:,}."
            found.append(Lack(ROWS, policy.label, name, need.schema, says, (f"floor: {name}",)))
        for log in logs:
            called = name if len(logs) == 1 else f"{name} ({log.origin})"
            for each in _never_given(log, need.columns):
                if each.read_by:
                    says = (
                        f"No row of the log {called} states {each.column.name} ({each.column.doc}), which "
                        f"{listed(each.read_by)} {'reads' if len(each.read_by) == 1 else 'read'}."
                    )
                    found.append(Lack(COLUMN, policy.label, name, need.schema, says, each.read_by, each.column.name))
    return found


def _never_given(log: SealedLog, columns: Sequence[ColumnNeed]) -> list[ColumnNeed]:
    """Those of the columns of which no row of the log states anything; none of a log without rows.

    A row states nothing where it has what a missing value is stored as, and that says so.
    """
    left = [each for each in columns if _missing_limbs(each.column) is not None]
    rows = 0
    for segment in log.segments:
        table = segment.load_columns()
        real = table[0] == 1
        rows += int(np.count_nonzero(real))
        left = [each for each in left if not _stated(log.schema, each.column, table, real)]
    return left if rows else []


def _stated(schema: Schema, column: Column, table: np.ndarray, real: np.ndarray) -> bool:
    """Whether a real row of the table has another value than the missing one."""
    limbs = zip(schema.limbs(column.name), _missing_limbs(column) or (), strict=True)
    return any(bool((table[place][real] != limb).any()) for place, limb in limbs)


def _missing_limbs(column: Column) -> list[int] | None:
    """What a missing value is stored as, where it says that nothing was stated; None where it does not."""
    stored = column.stored_missing
    if stored is None or (column.missing is None and column.default != "unknown"):
        return None
    return [stored >> LIMB_BITS * place & 0xFFFF for place in range(column.limbs)]


def uncounted(task: Task, result: CheckResult) -> list[Lack]:
    """A lack where fewer rows count for a requirement than the policy asks for."""
    found = []
    for each in task.card.reveals:
        bound, value = task.requirement.reveals.get(each.name), result.reveals.get(each.name)
        if not each.counts or value is None or bound is None or bound.low is None or value >= bound.low:
            continue
        logs = tuple(dict.fromkeys(task.rules[label].name for label in task.requirement.taken(each.counts)))
        says = (
            f"Of {listed(logs)} {number_of(value, 'row')} count{'s' if value == 1 else ''} for "
            f"{task.requirement.name}, and at least {bound.low:,} {'is' if bound.low == 1 else 'are'} asked for."
        )
        schema, claim = task.claim.slots[each.counts], task.claim.id
        lack = Lack(COUNTED, task.policy.label, logs[0], schema, says, (task.requirement.name,), claim=claim)
        found.append(lack)
    return found


def margins(task: Task, result: CheckResult) -> dict[str, str]:
    """How far each condition is from the other verdict, and each value that would be disclosed from its bound."""
    known = {each.name: each for each in task.card.revealed()}
    said = dict(result.margins)
    for name, bound in task.requirement.reveals.items():
        if name in result.reveals:
            value = result.reveals[name]
            less = rounded(task.card, name, value)
            fits = bounds.meets(bound, value, time=task.binding.time, subject_name=None, rounded=less)
            shown = f"{text(known[name], value)}{' (rounded down)' if less else ''}"
            room = "".join(
                f", {exact_beside(known[name].show(gap), gap)} {side}" for gap, side in _room(bound, value, less)
            )
            said[f"reveals {name}"] = f"{'holds' if fits else 'FAILS'}, {shown}{room}"
    return said


def _room(bound: Bound, value: int, less: int) -> list[tuple[int, str]]:
    """How far a value is from the ends of its bound. less: what rounding down may have taken from it."""
    found = []
    if bound.low is not None:
        gap = value - bound.low
        found.append((abs(gap), "above the least" if gap >= 0 else "short of the least"))
    if bound.high is not None:
        gap = bound.high - value - less
        found.append((abs(gap), "below the most" if gap >= 0 else "over the most"))
    return found


def _is(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"
