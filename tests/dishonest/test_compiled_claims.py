"""Under-constraint hunt on compiled gadgets: each requirement of each program is shown to be needed, or why it is not.

A *lie* is one column that a dishonest prover fills falsely, everything after it filled consistently with the lie. A
lie that breaks one requirement only shows that without that requirement the false witness would pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from zkcompliance.air.check import check_rows, node_values
from zkcompliance.air.check_buses import check_general_buses
from zkcompliance.air.program import RANGE_BUS, Program, TermKind
from zkcompliance.claim.compile import Compiled, compile_claim
from compiled_trial import Trial, padded, trial
from zkcompliance.claim.language import (
    Bool,
    ChipLog,
    ComputeLog,
    Count,
    DatasetLog,
    EvalLog,
    EventLog,
    Flop,
    IncidentLog,
    Param,
    Phase,
    SetOf,
    Time,
    base,
    claim,
    lookup,
    require,
    reveal,
    same_rows,
    select,
)
from zkcompliance.field.babybear import P
from zkcompliance.schemas import encode_rows

Item = tuple[str, int, str]  # kind, table or number, what


@dataclass
class Hunt:
    """A claim, a case in which it holds, and the requirements that no single lie can single out, with the reason."""

    claim: object
    given: dict[str, object]
    spared: dict[str, str] = field(default_factory=dict)


job = base(start=0, end=3600, run="r1", phase="pretraining", method="hardware", flop=1)
event = base(serial=1, model="m1", kind="eval", at=5, cumulative_flop=0)
chip = base(chip="c1", kind="h100_sxm", owner="acme", site="s1", **{"from": 0}, until=100)
sample = base(suite="s", item="i1", model="m1", domain="bio", at=0, score=5)


@claim("hunt-filter")
def filtered(compute: ComputeLog, limit: Param[Flop], phases: Param[SetOf[Phase]]) -> None:
    """A selection by a set of choices, a total, a limit."""
    require("below", compute.where(compute.phase.is_in(phases)).flop.sum() < limit)


@claim("hunt-compare")
def compared(compute: ComputeLog) -> None:
    """Comparisons of wide numbers, in a disjunction."""
    either = (compute.start <= compute.end) | (compute.flop < 2**89 + 7)
    require("one of them", compute.every(either))


@claim("hunt-equal")
def equalled(compute: ComputeLog) -> None:
    """Equality of ids and of an enum."""
    require("same", compute.every((compute.run == compute.owner) | (compute.phase == "other")))


@claim("hunt-columns")
def columns(data: DatasetLog, compute: ComputeLog) -> None:
    """Columns of every type that are used as they are."""
    require("public", data.every(data.public | data.synthetic))
    require("share", compute.every(compute.utilisation <= 999_999))
    require("phase", compute.every(compute.phase != compute.phase.previous(default="other")))


@claim("hunt-arithmetic")
def arithmetic(compute: ComputeLog, factor: Param[Count]) -> None:
    """A product, a quotient, a difference, a choice."""
    hours = (compute.end - compute.start) // 100_000
    work = compute.flop * factor
    require("product", compute.every(work <= compute.flop * 2**21))
    require("choice", select(compute.phase == "other", hours, compute.end - compute.start).sum() <= 10**6)


@claim("hunt-neighbours")
def neighbours(events: EventLog) -> None:
    """The row before and the row after, over segments."""
    evals = events.where(events.kind == "eval")
    require("before", events.every(evals.at.previous(default=0) <= events.at))
    require("after", events.every(events.at <= evals.at.next(default=Time.largest)))


@claim("hunt-joins")
def joined(used: ChipLog, registry: ChipLog) -> None:
    """Membership and a value from another table."""
    require("kind", used.every(used.kind == lookup(used.chip, registry.chip, registry.kind)))


@claim("hunt-multiset")
def multisets(a: EventLog, b: EventLog) -> None:
    """Equality of multisets."""
    require("same", same_rows((a.serial, a.kind), (b.serial, b.kind)))


@claim("hunt-order")
def ordered(used: ChipLog) -> None:
    """Uniqueness and intervals that do not overlap."""
    require("unique", used.unique(used.site))
    require("apart", used.no_overlap(used.from_, used.until, per=used.kind))


@claim("hunt-groups")
def grouped(evals: EvalLog) -> None:
    """Groups: number, totals, least and largest."""
    groups = evals.group_by(evals.model)
    least, most = groups.min(evals.attempt), groups.max(evals.attempt)
    require("numbered", groups.every((least == 1) & (most == groups.size())))
    require("mean", groups.every(groups.mean(evals.score) <= 500_000))
    require("first", groups.every(groups.size(evals.epoch == 1) >= 1))


@claim("hunt-extremes")
def extremes(incidents: IncidentLog, until: Param[Time]) -> None:
    """The largest and the least of a column."""
    require("late", incidents.aware.max(empty=0) <= until)
    require("early", incidents.aware.min(empty=until) >= 1)


@claim("hunt-single")
def singles(compute: ComputeLog, limit: Param[Count], hard: Param[Bool]) -> None:
    """Single values in a disjunction and in a product, and one revealed in two figures."""
    total = compute.devices.sum()
    require("either", (total < 100) | (compute.count() * 7 < total) | ~hard)
    require("product", total * limit <= 10**12)
    reveal("devices", total, figures=2)


DAY = base(start=0, end=250_000, flop=2**90, peak=2**40, devices=70_000, utilisation="100%")
HUNTS: dict[str, Hunt] = {
    "filter": Hunt(filtered, {"compute": [job(flop=2**90), job(flop=3, phase="evaluation")], "limit": 2**100, "phases": 3}),
    "compare": Hunt(compared, {"compute": [job(start=5, end=2**40, flop=2, peak=3), job(start=9, end=9, flop=2**90)]}),
    "equal": Hunt(equalled, {"compute": [job(owner="r1"), job(phase="other", owner="x")]}),
    "columns": Hunt(
        columns,
        {
            "data": [{"digest": "d", "licence": "mit", "tokens": 1, "synthetic": True, "public": False}],
            "compute": [[job(utilisation=999_999)], [job(utilisation=5, phase="evaluation")]],
        },
    ),
    "arithmetic": Hunt(
        arithmetic, {"compute": [job(**DAY()), job(**DAY(phase="other"))], "factor": 2**20 + 5}
    ),
    "neighbours": Hunt(
        neighbours, {"events": [[event(at=7), event(at=8, kind="deploy")], [event(at=9, kind="deploy"), event(at=70_000)]]}
    ),
    "joins": Hunt(joined, {"used": [chip(), chip(chip="c2", kind="b200")], "registry": [chip(chip="c2", kind="b200"), chip()]}),
    "multiset": Hunt(multisets, {"a": [event(), event(serial=2)], "b": [event(serial=2), event()]}),
    "order": Hunt(
        ordered, {"used": [chip(), chip(site="s2", **{"from": 100, "until": 70_000}), chip(site="s3", kind="b200")]}
    ),
    "groups": Hunt(
        grouped, {"evals": [sample(attempt=1), sample(attempt=2), sample(model="m2", attempt=1, score="50%"), sample(attempt=3)]}
    ),
    "extremes": Hunt(
        extremes,
        {
            "incidents": [
                [{"serial": 1, "category": "death", "occurred": 0, "aware": 70_000}],
                [{"serial": 2, "category": "death", "occurred": 0, "aware": 5}],
            ],
            "until": 80_000,
        },
    ),
    "single": Hunt(singles, {"compute": [job(devices=123_456, start=1, flop=2**60)], "limit": 1000, "hard": True}),
}


class Case:
    """One hunt's program and tables."""

    def __init__(self, hunt: Hunt) -> None:
        definition = hunt.claim
        self.compiled: Compiled = compile_claim(definition)
        logs = {log.name: log.schema for log in definition.logs}  # type: ignore[attr-defined]
        self.tables = {}
        for name, schema in logs.items():
            rows = hunt.given[name]
            parts = rows if rows and isinstance(rows[0], list) else [rows]  # type: ignore[index]
            self.tables[name] = [padded(encode_rows(schema, part)) for part in parts]  # type: ignore[union-attr]
        given = {k: v for k, v in hunt.given.items() if k not in logs}
        self.publics = definition.publics(given)  # type: ignore[attr-defined]

    def trial(self, lies: dict | None = None, tables: dict | None = None) -> Trial:  # type: ignore[type-arg]
        return trial(self.compiled, tables or self.tables, self.publics, lies=lies)


def items(program: Program) -> set[Item]:
    """Everything that a program requires."""
    found: set[Item] = set()
    for number, table in enumerate(program.tables):
        found |= {("constraint", number, c.name) for c in table.constraints}
        for i, interaction in enumerate(table.interactions):
            if interaction.bus <= len(program.lookups):
                found.add(("lookup", number, str(i)))
    found |= {("bus", bus, "") for bus in range(len(program.buses))}
    return found | {("equation", 0, equation.name) for equation in program.equations}


def broken(case: Trial) -> set[Item]:
    """What this trace does not meet, without the cells table."""
    program, layout = case.program, case.layout()
    found: set[Item] = set()
    values = []
    for number, instance in enumerate(layout.instances[:-1]):
        table = instance.table
        assert table is not None
        log = case.tables[number].columns if instance.entry is not None else None
        value = node_values(instance, log, case.private[number])
        values.append(value)
        for failure in check_rows(number, layout, log, case.private[number]):
            if failure.requirement in {c.name for c in instance.air.constraints}:
                found.add(("constraint", table, failure.requirement))
        for i, interaction in enumerate(instance.air.interactions):
            seen = [value(node) for node in interaction.nodes]
            if interaction.bus == RANGE_BUS and (seen[0] >= 1 << 16).any():
                found.add(("lookup", table, str(i)))
            elif RANGE_BUS < interaction.bus <= len(program.lookups):
                rows = set(layout.lookup_values[interaction.bus - 1])
                if not {tuple(map(int, t)) for t in zip(*seen, strict=True)} <= rows:
                    found.add(("lookup", table, str(i)))
    for failure in check_general_buses(layout, values):
        found.add(("bus", int(failure.requirement.split()[2]), ""))
    for equation in program.equations:
        total = 0
        for term in equation.terms:
            if term.kind == TermKind.SUM:
                s = program.tables[term.a].sums[term.b]
                for instance, value in zip(layout.instances[:-1], values, strict=True):
                    if instance.table == term.a:
                        chosen = value(s.selector)
                        limbs = enumerate(s.limbs)
                        total += term.coefficient * sum(int((chosen * value(n)).sum()) << 16 * j for j, n in limbs)
            elif term.kind == TermKind.UNKNOWN:
                total += term.coefficient * (case.unknowns[term.a] % (1 << 16 * program.unknowns[term.a].limbs))
            else:
                total += term.coefficient * (case.publics[term.a] if term.kind == TermKind.PUBLIC else 1)
        if total:
            found.add(("equation", 0, equation.name))
    return found


WRAP = (P - 1) >> 16  # 2^16·WRAP = −1 in F: limbs that differ by (1, WRAP) carry alike, mod p


def added(row: int, amount: int) -> Callable[[np.ndarray], np.ndarray]:
    def lie(v: np.ndarray) -> np.ndarray:
        made = v.copy()
        made[row] += amount
        return made

    return lie


def lies(case: Case) -> Iterator[tuple[dict, dict | None]]:  # type: ignore[type-arg]
    """False columns, and false cells of the logs: single rows and whole columns, small and large changes."""
    honest = case.trial()
    layout = honest.layout()
    changes: list[Callable[[np.ndarray], np.ndarray]] = [
        lambda v: 1 - v, lambda v: v + 1, lambda v: v - 1, lambda v: v + (1 << 16), lambda v: v - (1 << 16),
        lambda v: 0 * v, lambda v: 0 * v + 1, lambda v: 2 - v, lambda v: v + 5, lambda v: 0 * v + P // 3,
    ]  # fmt: skip
    shapes: dict[int, int] = {}
    for number, instance in enumerate(layout.instances[:-1]):
        shapes[instance.table or 0] = shapes.get(instance.table or 0, 0) + honest.private[number].shape[1]
    for table, rows in shapes.items():
        chosen = sorted({0, 1, 2, 3, 7, 8, 9, 15, rows - 1} & set(range(rows)))
        for column in range(honest.program.tables[table].witness):
            for change in changes:
                for part in (*chosen, slice(None)):

                    def lie(v: np.ndarray, part: object = part, change: Callable = change) -> np.ndarray:  # type: ignore[type-arg]
                        made = v.copy()
                        made[part] = change(v[part])  # type: ignore[index]
                        return made

                    yield {(table, column): lie}, None
        for first in range(honest.program.tables[table].witness - 1):
            for row in (0, 1, rows - 1):
                for a, b in ((1 << 16, -1), (-(1 << 16), 1), (1, WRAP), (-1, -WRAP)):
                    yield {(table, first): added(row, a), (table, first + 1): added(row, b)}, None
    for name, segments in case.tables.items():
        slot = [log.name for log in case.compiled.program.logs].index(name)
        for column in {a for t in case.compiled.program.tables if t.log == slot for a in t.log_columns}:
            for change in changes:
                for row in (0, 1, 5):
                    spoiled = [s.copy() for s in segments]
                    spoiled[0][column, row] = int(change(spoiled[0][column, row].astype(np.int64))) % P
                    yield {}, {**case.tables, name: spoiled}


def hunt(case: Case) -> tuple[set[Item], set[tuple[int, int]]]:
    """Requirements that some lie singles out; columns on which no lie was noticed."""
    single: set[Item] = set()
    free: dict[tuple[int, int], bool] = {}
    for i in range(len(case.compiled.program.unknowns)):
        spoiled = case.trial()
        spoiled.unknowns[i] += 1
        found = broken(spoiled)
        if len(found) == 1:
            single |= found
    for told, tables in lies(case):
        try:
            found = broken(case.trial(told, tables))
        except (ArithmeticError, ValueError, IndexError):
            continue  # the prover itself cannot go on with it
        if len(found) == 1:
            single |= found
        for key in told:
            free[key] = free.get(key, False) or bool(found)
    return single, {key for key, noticed in free.items() if not noticed}
