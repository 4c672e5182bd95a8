"""Does a claim hold over these logs? The meaning of a claim on plain integers: what `check` runs, and the oracle.

Rows at fault are named by number, from 1 in log order over all segments. Their values are given only when asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from zkcompliance.card import reading, types
from zkcompliance.card.types import Type
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.claim.meaning import core, figures
from zkcompliance.claim.meaning.arrays import Array
from zkcompliance.claim.meaning.brackets import Brackets
from zkcompliance.claim.meaning.core import Frame, Groups, Requirement, Reveal, Rows, Value
from zkcompliance.claim.meaning.evaluate import Evaluator
from zkcompliance.claim.meaning.figures import Figure, GroupsFound, conjuncts
from zkcompliance.claim.meaning.sentences import phrase
from zkcompliance.quantities import MILLION, exact_beside, number_of
from zkcompliance.quantities.times import LAST

MAX_FAULTS = 20  # rows named for one requirement
_AT_BOUND = "exactly at the bound"


@dataclass(frozen=True)
class Outcome:
    """One requirement. margin: how far it is from failing or holding. faults: the rows at fault of each log, by number,
    the first MAX_FAULTS; `fault_count`: how many there are. nearest: of a condition on every row that holds, how far
    the row is that is nearest to failing; empty where that is no one distance."""

    name: str
    holds: bool
    margin: str
    faults: Mapping[str, tuple[int, ...]]
    fault_count: int
    values: tuple[str, ...] = ()
    nearest: str = ""


@dataclass(frozen=True)
class Finding:
    """What the interpreter found. For the lab's eyes: margins and reveals are private figures.

    disclosed: each reveal as a verdict says it. totals, groups: what conditions compare, exactly (`figures`).
    """

    holds: bool
    outcomes: tuple[Outcome, ...]
    rows: Mapping[str, int]
    reveals: Mapping[str, int]
    disclosed: Mapping[str, str]
    warnings: tuple[str, ...]
    totals: tuple[Figure, ...] = ()
    groups: tuple[GroupsFound, ...] = ()

    @property
    def failing(self) -> tuple[str, ...]:
        """The names of the requirements that do not hold."""
        return tuple(outcome.name for outcome in self.outcomes if not outcome.holds)

    @property
    def _main(self) -> Outcome:
        return next((outcome for outcome in self.outcomes if not outcome.holds), self.outcomes[0])

    @property
    def requirement(self) -> str:
        """The first requirement that fails, or the first of all."""
        return self._main.name

    @property
    def margin(self) -> str:
        return self._main.margin

    @property
    def details(self) -> dict[str, str]:
        """Further lines for a person, warnings first."""
        lines = {f"WARNING {number}": text for number, text in enumerate(self.warnings, 1)}
        lines |= {f"rows of {name}": f"{count:,}" for name, count in self.rows.items()}
        for outcome in self.outcomes:
            how_far = ", ".join(filter(None, (outcome.margin, outcome.nearest)))
            lines[outcome.name] = f"{'holds' if outcome.holds else 'FAILS'}: {how_far}"
            for name, numbers in outcome.faults.items():
                more = ", …" if outcome.fault_count > len(numbers) else ""
                lines[f"{outcome.name}: rows of {name}"] = ", ".join(map(str, numbers)) + more
        return lines | {f"reveals {name}": text for name, text in self.disclosed.items()}


def interpret(
    claim: ClaimDefinition,
    tables: Mapping[str, Sequence[Array]],
    publics: Mapping[str, object],
    *,
    brackets: Brackets | None = None,
    values: bool = False,
) -> Finding:
    """The claim over the logs: of each slot, the (width, N) limbs of its segments in order.

    Where several logs fill a slot, its segments are those of one log after the other, in ascending order of origins.
    publics: parameters, read as `ClaimDefinition.publics` reads them. brackets: of each slot's segments; open where
    none are given. values: give the values of the rows at fault too.
    """
    known = claim.publics(publics)
    evaluator = Evaluator(tables, known, brackets)
    rows = {log.name: evaluator.length(log) for log in claim.logs}
    outcomes = tuple(_Judge(evaluator, values).outcome(requirement) for requirement in claim.requirements)
    warnings = [f"log {name} has no rows" for name, count in rows.items() if not count]
    warnings += [
        f"{requirement.name!r} {'holds' if outcome.holds else 'is asked'} over zero rows: {phrase(empty)}"
        for requirement, outcome in zip(claim.requirements, outcomes, strict=True)
        for empty in _empty(evaluator, requirement.value)
    ]
    reveals = {reveal.name: rounded(int(evaluator.value(reveal.value)), reveal) for reveal in claim.reveals}
    disclosed = {reveal.name: _disclosed(reveal, reveals[reveal.name]) for reveal in claim.reveals}
    return Finding(
        all(outcome.holds for outcome in outcomes),
        outcomes,
        rows,
        reveals,
        disclosed,
        tuple(warnings),
        figures.totals(claim.requirements, evaluator),
        figures.groups(claim.requirements, evaluator),
    )


def rounded(value: int, reveal: Reveal) -> int:
    """What is disclosed of a value: see `core.Reveal`."""
    if reveal.figures is None:
        return value
    unit = int(10 ** max(0, len(str(value)) - reveal.figures))
    return value // unit * unit


def _disclosed(reveal: Reveal, value: int) -> str:
    """What is disclosed, for people: in its unit, and said to be rounded where digits may have been taken from it."""
    shown = exact_beside(reading.show(reveal.value.type, value), value)
    return f"{shown}, rounded down" if reveal.figures is not None and len(str(value)) > reveal.figures else shown


def _empty(evaluator: Evaluator, value: Value) -> list[Rows]:
    """The selections that the condition is about and that have no rows."""
    selections: list[Rows] = []
    for part in conjuncts(value):
        about = [said for said in part.said if isinstance(said, Rows)]
        if not about and not part.said:
            totals = (node for node in core.walk(part) if isinstance(node, core.Aggregate) and node.by is None)
            about = [total.rows for total in totals]
        selections += [rows for rows in about if rows not in selections and not len(evaluator.selected(rows))]
    return selections


class _Judge:
    """Says of one requirement whether it holds, by how much, and because of which rows."""

    def __init__(self, evaluator: Evaluator, values: bool) -> None:
        self.evaluator, self.values = evaluator, values

    def outcome(self, requirement: Requirement) -> Outcome:
        parts = list(conjuncts(requirement.value))
        part = next((conjunct for conjunct in parts if not self.evaluator.value(conjunct)), parts[0])
        holds = bool(self.evaluator.value(part))
        faults = [] if holds else self.faults(part)
        numbers = {name: rows for name, rows in _by_log(self.evaluator, faults).items() if len(rows)}
        count = sum(len(rows) for rows in numbers.values())
        named = {name: tuple(int(row) + 1 for row in rows[:MAX_FAULTS]) for name, rows in numbers.items()}
        shown = self.show(requirement.value, numbers) if self.values else ()
        nearest = self.nearest(part) if holds else ""
        return Outcome(requirement.name, holds, self.margin(part, holds, count), named, count, shown, nearest)

    def nearest(self, part: Value) -> str:
        """Of `no row on which a ≤ b does not hold`, the least b − a of the rows that it is asked of.

        Empty where the condition is another one, where it is asked of no row, and where a share was multiplied out,
        which has another factor on each row.
        """
        match part:
            case core.Compare(op="==", a=core.Aggregate(kind="count", by=None) as counted, b=core.Const(value=0)):
                asked, compared = _asked_of(counted.rows.where)
            case _:
                return ""
        if compared is None or compared.a.type.kind not in (types.NUMBER, types.TIME) or _multiplied(compared):
            return ""
        frame = counted.rows.frame
        rows = self.evaluator.selected(Rows(frame))
        for value, wanted in asked:
            rows = rows[np.broadcast_to(self.evaluator.value(value), self.evaluator.length(frame))[rows] == wanted]
        if not len(rows):
            return ""
        a, b = (
            np.broadcast_to(self.evaluator.value(side), self.evaluator.length(frame))[rows].astype(object)
            for side in (compared.a, compared.b)
        )
        room = int(min(b - a))
        if compared.b.type.kind == types.TIME and room > LAST:  # to or from the end of time: a time that is not given
            return ""
        return f"the nearest {_exactly(_gap(compared.b.type), room)} {_sides(compared)[0]} its bound"

    def faults(self, part: Value) -> list[tuple[Frame, Array]]:
        """Of a condition that does not hold, the rows that keep it from holding, where there are such."""
        match part:
            case core.Chain():
                return [(part.rows.frame, self.evaluator.chain_faults(part))]
            case core.SameMultiset():
                left, right = self.evaluator.multiset_faults(part)
                return [(part.a.frame, left), (part.b.frame, right)]
            case core.Compare(op="==", a=core.Aggregate(kind="count", by=None) as counted, b=core.Const(value=0)):
                return [(counted.rows.frame, self.evaluator.selected(counted.rows))]
            case core.Compare():
                return [fault for side in (part.a, part.b) for fault in self.extremes(side)]
        return []

    def extremes(self, side: Value) -> list[tuple[Frame, Array]]:
        """The rows at which a minimum or maximum is attained."""
        if not isinstance(side, core.Aggregate) or side.kind not in ("min", "max") or side.arg is None:
            return []
        selected = self.evaluator.selected(side.rows)
        values = np.broadcast_to(self.evaluator.value(side.arg), self.evaluator.length(side.rows.frame))[selected]
        return [(side.rows.frame, selected[(values == self.evaluator.value(side)).astype(bool)])]

    def margin(self, part: Value, holds: bool, faults: int) -> str:
        """How far the condition is from the other verdict."""
        match part:
            case core.Compare(op="==", a=core.Aggregate(kind="count", by=None), b=core.Const(value=0)):
                return "no row at fault" if holds else _rows(faults)
            case core.Chain() | core.SameMultiset():
                return "no row at fault" if holds else _rows(faults)
            case core.Compare(op="<" | "<="):
                room = self.evaluator.value(part.b) - self.evaluator.value(part.a)
                inside, outside = _sides(part)
                side = inside if room > 0 else outside
                return f"{_exactly(_gap(part.b.type), abs(room))} {side} the bound" if room else _AT_BOUND
            case core.Compare(op="=="):
                gap = abs(self.evaluator.value(part.b) - self.evaluator.value(part.a))
                return "equal" if holds else f"{_exactly(_gap(part.b.type), gap)} apart"
        return "holds" if holds else "does not hold"

    def show(self, value: Value, numbers: Mapping[str, Array]) -> tuple[str, ...]:
        """The values, on the rows at fault, of the columns that the condition reads."""
        columns = [column for column in core.walk(value) if isinstance(column, core.Column)]
        lines = []
        for name, rows in numbers.items():
            mine = [column for column in columns if column.log.name == name]
            for row in rows[:MAX_FAULTS]:
                cells = (f"{c.name}={reading.show(c.type, int(self.evaluator.value(c)[row]))}" for c in mine)
                lines.append(f"{name} row {int(row) + 1}: {', '.join(cells)}")
        return tuple(lines)


def _sides(part: core.Compare) -> tuple[str, str]:
    """How what is compared lies to its bound where a < b has room, and where it has not. The bound is the side that
    does not depend on rows: b of a limit, a of a floor; where both depend on them it is said of neither."""
    of_rows = [any(isinstance(each, core.Column | core.Aggregate) for each in core.walk(x)) for x in (part.a, part.b)]
    match of_rows:
        case [True, False]:
            return "below", "over"
        case [False, True]:
            return "above", "short of"
    return "within", "past"


def _gap(kind: Type) -> Type:
    """The type of the distance between two values of a type."""
    return types.SECONDS if kind == types.TIME_POINT else kind if kind.kind == types.NUMBER else types.INT


def _asked_of(where: Value | None) -> tuple[list[tuple[Value, int]], core.Compare | None]:
    """Of the rows at fault, `p & ~(q | a ≤ b)`: what selects the rows that are asked, each with 0 or 1, and a ≤ b."""
    asked: list[tuple[Value, int]] = []
    if isinstance(where, core.And) and isinstance(where.b, core.Not):
        asked, where = [(where.a, 1)], where.b
    inner = where.a if isinstance(where, core.Not) else None
    while isinstance(inner, core.Or):
        first = isinstance(inner.a, core.Compare) and inner.a.op in ("<", "<=")
        asked.append((inner.b if first else inner.a, 0))
        inner = inner.a if first else inner.b
    return asked, inner if isinstance(inner, core.Compare) and inner.op in ("<", "<=") else None


def _multiplied(part: core.Compare) -> bool:
    """Whether a share was multiplied out in a comparison."""
    return "ppm" in dict(part.b.type.unit) and any(isinstance(each, core.Mul) for each in core.walk(part.a, part.b))


def _exactly(kind: Type, gap: int) -> str:
    """A distance for people, with all its digits. What a share was multiplied out of is said in its own unit, rounded
    down: 3·10^6 Flop·Ppm are 3 FLOP."""
    shares = dict(kind.unit).get("ppm", 0)
    rest = tuple((base, power) for base, power in kind.unit if base != "ppm")
    if kind.kind == types.NUMBER and shares >= 1 and rest:
        kind, gap = Type(types.NUMBER, rest), gap // MILLION**shares
    return exact_beside(reading.show(kind, gap), gap)


def _rows(count: int) -> str:
    return f"{number_of(count, 'row')} at fault"


def _by_log(evaluator: Evaluator, faults: list[tuple[Frame, Array]]) -> dict[str, Array]:
    """Rows of frames as rows of logs: a group stands for all its rows."""
    result: dict[str, Any] = {}
    for frame, rows in faults:
        while isinstance(frame, Groups):
            grouping = evaluator.grouping(frame)
            rows = grouping.members[np.isin(grouping.codes, rows)]
            frame = frame.rows.frame
        result[frame.name] = np.union1d(result.get(frame.name, rows), rows)
    return result
