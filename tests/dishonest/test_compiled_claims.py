"""Under-constraint hunt on compiled gadgets: each requirement of each program is shown to be needed, or why it is not.

A *lie* is one column that a dishonest prover fills falsely, everything after it filled consistently with the lie. A
lie that breaks one requirement only shows that without that requirement the false witness would pass.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from compiled_trial import Trial, padded, trial

from zkcompliance.air.check import check_rows, node_values
from zkcompliance.air.check_buses import check_general_buses
from zkcompliance.air.program import RANGE_BUS, Program, TermKind
from zkcompliance.claim import core
from zkcompliance.claim.compile import Compiled, compile_claim
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
from zkcompliance.schemas import compute, encode_rows

SEVERAL = "a false witness without it needs changes in several columns and rows that fit each other"
SPARED = {
    "constraint: aggregate: kept": SEVERAL,
    "constraint: devices: figures times step: odd bytes, carry #": "the same chain of carries as elsewhere, on publics",
    "constraint: empty is # or #": "follows from the rest; it keeps a sum's digit within its bound by itself",
    "constraint: mul: bits: # or #": SEVERAL,
    "equation: a constant": SEVERAL,
    "equation: a multiple": SEVERAL,
    "equation: a total": SEVERAL,
    "lookup: below a bound": SEVERAL,
    "lookup: compare: difference": SEVERAL,
    "lookup: extreme": SEVERAL,
    "lookup: floordiv": SEVERAL,
    "lookup: floordiv: odd bytes": SEVERAL,
    "lookup: floordiv: remainder": SEVERAL,
    "lookup: mul: factor": SEVERAL,
    "lookup: mul: high byte": SEVERAL,
    "lookup: mul: low byte below #^#": SEVERAL,
    "lookup: mul: odd bytes": SEVERAL,
}
WRAPPED = ("0 or 1", "# or #")  # without these a sum wraps: true mod p, which the checker does not count as true
FREE = (
    "inverse",  # beside unequal limbs any other solution of one equation will do
    "where the log ends",  # only first and last rows of segments are looked at
)
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
    require("share", compute.every((compute.utilisation <= 999_999) | (compute.method == "hardware")))
    require("phase", compute.every(compute.phase == compute.phase.previous(default="pretraining")))


@claim("hunt-arithmetic")
def arithmetic(compute: ComputeLog, factor: Param[Count]) -> None:
    """A product, a quotient, a difference, a choice."""
    hours = (compute.end - compute.start) // 100_000
    work = compute.flop * factor
    require("product", compute.every((work <= compute.flop * 2**20) | (compute.method == "hardware")))
    require("choice", select(compute.phase == "other", hours + 1, compute.end - compute.start).sum() <= 10**6)


@claim("hunt-pick")
def picked(incidents: IncidentLog, short: Param[Time]) -> None:
    """One of several values by an enum, and whether a value is given."""
    due = incidents.category.pick({"death": short, "other": incidents.aware, "near_miss": 2**40}, otherwise=short)
    require("in time", incidents.every(~incidents.reported.is_given() | (incidents.reported <= due)))


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
    require("not this one", groups.every(groups.model != "m9"))
    require("first", groups.every(groups.size(evals.epoch == 1) >= 1))


@claim("hunt-extremes")
def extremes(incidents: IncidentLog, until: Param[Time]) -> None:
    """The largest and the least of a column."""
    deaths = incidents.where(incidents.category == "death")
    require("late", deaths.aware.max(empty=until) <= until)
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
    "filter": Hunt(
        filtered, {"compute": [job(flop=2**90), job(flop=3, phase="evaluation")], "limit": 2**100, "phases": 3}
    ),
    "compare": Hunt(
        compared,
        {
            "compute": [
                job(start=0x1111_5555_9999, end=0x3333_4444_AAAA, flop=2**88 + 2**70 + 2**50),
                job(start=9, end=9, flop=2**90),
            ]
        },
    ),
    "equal": Hunt(equalled, {"compute": [job(owner="r1"), job(phase="other", owner="x")]}),
    "columns": Hunt(
        columns,
        {
            "data": [{"digest": "d", "licence": "mit", "tokens": 1, "synthetic": True, "public": False}],
            "compute": [[job(utilisation=999_999)], [job(utilisation=5)]],
        },
    ),
    "arithmetic": Hunt(arithmetic, {"compute": [job(**DAY()), job(**DAY(phase="other"))], "factor": 2**20 + 5}),
    "pick": Hunt(
        picked,
        {
            "incidents": [
                {"serial": 1, "category": "death", "occurred": 0, "aware": 5, "reported": 70_000},
                {"serial": 2, "category": "other", "occurred": 0, "aware": 2**40 + 9, "reported": 2**40 + 9},
                {"serial": 3, "category": "near_miss", "occurred": 0, "aware": 9},
                {"serial": 4, "category": "cybersecurity", "occurred": 0, "aware": 9, "reported": 8},
            ],
            "short": 70_000,
        },
    ),
    "neighbours": Hunt(
        neighbours,
        {"events": [[event(at=7), event(at=8, kind="deploy")], [event(at=9, kind="deploy"), event(at=70_000)]]},
    ),
    "joins": Hunt(
        joined, {"used": [chip(), chip(chip="c2", kind="b200")], "registry": [chip(chip="c2", kind="b200"), chip()]}
    ),
    "multiset": Hunt(multisets, {"a": [event(), event(serial=2)], "b": [event(serial=2), event()]}),
    "order": Hunt(
        ordered, {"used": [chip(), chip(site="s2", **{"from": 100, "until": 70_000}), chip(site="s3", kind="b200")]}
    ),
    "groups": Hunt(
        grouped,
        {
            "evals": [
                sample(attempt=1),
                sample(attempt=2),
                sample(model="m2", attempt=1, score="50%"),
                sample(attempt=3),
            ]
        },
    ),
    "extremes": Hunt(
        extremes,
        {
            "incidents": [
                [
                    {"serial": 1, "category": "other", "occurred": 0, "aware": 70_002},
                    {"serial": 1, "category": "death", "occurred": 0, "aware": 70_005},
                    {"serial": 1, "category": "other", "occurred": 0, "aware": 70_010},
                    {"serial": 1, "category": "death", "occurred": 0, "aware": 70_005},
                ],
                [{"serial": 2, "category": "death", "occurred": 0, "aware": 70_000}],
            ],
            "until": 80_000,
        },
    ),
    "no rows": Hunt(ordered, {"used": []}),
    "nothing": Hunt(extremes, {"incidents": [], "until": 80_000}),
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
                        total += term.coefficient * sum(int((chosen * value(n)).sum() % P) << 16 * j for j, n in limbs)
            elif term.kind == TermKind.UNKNOWN:
                total += term.coefficient * (case.unknowns[term.a] % (1 << 16 * program.unknowns[term.a].limbs))
            else:
                total += term.coefficient * (case.publics[term.a] if term.kind == TermKind.PUBLIC else 1)
        if total:
            found.add(("equation", 0, equation.name))
    return found


MOST_LIES = 900
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
        lambda v: 0 * v, lambda v: 0 * v + 1, lambda v: 2 - v, lambda v: v + 5, lambda v: v - 5,
        lambda v: 0 * v + P // 3,
    ]  # fmt: skip
    shapes: dict[int, int] = {}
    for number, instance in enumerate(layout.instances[:-1]):
        shapes[instance.table or 0] = shapes.get(instance.table or 0, 0) + honest.private[number].shape[1]
    for i in range(len(case.compiled.program.unknowns)):
        yield {(-2, i): lambda v: v + 1}, None
    for i, public in enumerate(case.compiled.program.publics):
        for limb in range(public.bits // 16 if public.reveal else 0):
            for amount in (1, -1, 1 << 15, WRAP, P >> 17):
                yield {(-1, 32 * i + limb): lambda v, amount=amount: v + amount}, None
    for table, rows in shapes.items():
        chosen = sorted({0, 1, 2, 3, 7, 8, 9, 15, rows - 1} & set(range(rows)))
        for column in range(honest.program.tables[table].witness):
            for change in changes:
                for part in (*chosen, slice(None), *([[7, 8], [8, 9]] if rows > 8 else [])):

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


def kind_of(case: Case, item: Item) -> str:
    """What an item is an instance of: its name without numbers; an interaction's by what it is for."""
    what, number, name = item
    if what == "bus":
        return "bus"
    if what == "lookup":
        interaction = case.compiled.program.tables[number].interactions[int(name)]
        name = case.compiled.names[number, interaction.bus, interaction.nodes]
    name = re.sub(r"^(order|last to next first|first to last): (equal|growth)", r"ascending: \2", name)
    name = re.sub(r"^[a-z ]+?(: [a-z ]+)?, carry", "carry", re.sub(r"\b(max|min)\b", "extreme", name))
    return f"{what}: {re.sub(r'[0-9]+', '#', re.sub(r' [(][0-9]+[)]$', '', name))}"


Change = Callable[[np.ndarray], np.ndarray]


def at(*rows: int, to: tuple[int, ...] = (), by: int = 0) -> Change:
    """The rows set to these values, or changed by an amount; no rows: all of them."""

    def lie(v: np.ndarray) -> np.ndarray:
        made = v.copy()
        chosen = list(rows) or list(range(len(v)))
        made[chosen] = to if to else made[chosen] + by
        return made

    return lie


def shifted(v: np.ndarray) -> np.ndarray:
    """An empty row put in at 1."""
    return np.concatenate([v[:1], [0], v[1:-1]])


def swapped(v: np.ndarray) -> np.ndarray:
    return np.concatenate([v[1:2], v[:1], v[2:]])


def crafted(case: Case) -> Iterator[tuple[dict, dict | None]]:  # type: ignore[type-arg]
    """Lies of several columns at once, by what the columns are for."""
    for table in case.compiled.board.tables:
        number = table.number
        named: dict[str, list[int]] = {}
        for column, name in enumerate(table.columns):
            named.setdefault(name, []).append(column)

        def every(change: Change, *names: str, number: int = number, named: dict = named) -> dict:  # type: ignore[type-arg]
            return {(number, c): change for name in names for c in named.get(name, [])}

        yield every(at(7, 8, to=(1, 1)), "where the log ends"), None
        yield every(shifted, "used", "a copy"), None
        yield every(swapped, "a copy"), None
        yield {(number, c): at(1, 2, to=(2, P - 1)) for c in named.get("used", [])}, None
        for row in (0, 1, 2):
            yield every(at(row, to=(1,)), "order: equal so far"), None
            for name in ("order: equal so far", "last to next first: equal so far", "first to last: equal so far"):
                for c in named.get(name, []):
                    yield {(number, c): at(row, to=(1,))}, None
        for c in named.get("compare: equal", []):
            for row in (0, 1):
                yield {(number, c): at(row, to=(1,))}, None
            if "compute" in case.tables and case.publics == {}:  # two ids that differ in one limb only
                spoiled = [s.copy() for s in case.tables["compute"]]
                run, owner = compute.limbs("run"), compute.limbs("owner")
                spoiled[0][list(owner), 1] = spoiled[0][list(run), 1]
                spoiled[0][owner[3], 1] ^= 1
                yield {(number, c): at(1, to=(1,))}, {**case.tables, "compute": spoiled}
        yield every(at(0, 1, to=(1, P - 1)), "used"), None
        for rows in ((5, 6), (6, 7)):
            yield every(at(*rows, to=(1, P - 1)), "found"), None
        yield every(at(5, to=(1,)), "found"), None
        for which, kind in enumerate(("max", "min")):
            limbs = named.get(kind, [])
            for amount in (5, -5, 10, -10):
                for c in limbs[:1]:
                    yield {(number, c): at(by=amount)}, None
                    for row in (2, 3):
                        only = at(*range(8), to=tuple(int(r == row) for r in range(8)))
                        yield {(number, c): at(by=amount), (number, named["has it"][which]): only}, None
        for c in named.get("has it", []):
            yield {(number, c): at(1, 3, to=(2, P - 1))}, None
            value = case.publics.get("until", 0)
            nothing = {(number, named["has it"][0]): at(to=(0,))}
            top = {(number, m): at(to=(value >> 16 * j & 0xFFFF,)) for j, m in enumerate(named.get("max", []))}
            yield {(number, named["is empty"][0]): at(to=(1,)), **nothing, **top}, None
            yield {(number, named["is empty"][0]): at(0, to=(1,)), **nothing, **top}, None
        for name, carries in named.items():
            if ", carry " not in name:
                continue
            base_name, _, _ = name.rpartition(", carry ")
            outs = [c for n in (base_name, f"{base_name}: slack") for c in named.get(n, [])]
            for c in carries:
                for low, high in itertools.pairwise(outs):
                    for row in (0, 1, 2):
                        for step in (WRAP, -WRAP):
                            sign = 1 if step > 0 else -1
                            yield (
                                {
                                    (number, c): at(row, by=step),
                                    (number, low): at(row, by=sign),
                                    (number, high): at(row, by=step),
                                },
                                None,
                            )
                        yield {(number, c): at(row, by=1), (number, high): at(row, by=1)}, None
        asked = list(named.get("how often it is asked for", []))
        if asked:
            for other in case.compiled.board.tables:
                for g in (c for c, name in enumerate(other.columns) if name == "found"):
                    yield {(number, asked[0]): at(5, to=(1,)), (other.number, g): at(5, to=(1,))}, None
    for name, segments in case.tables.items():
        for source, target in ((0, 1), (1, 0)):
            spoiled = [s.copy() for s in segments]
            spoiled[0][:, target] = spoiled[0][:, source]
            yield {}, {**case.tables, name: spoiled}


def told_in(case: Case) -> list[tuple[dict, dict | None]]:  # type: ignore[type-arg]
    """A fixed sample of all lies, and every lie about unknowns and publics."""
    every = list(lies(case))
    chosen = random.Random(1).sample(every, min(len(every), MOST_LIES))
    return [*crafted(case), *chosen, *(lie for lie in every if any(table < 0 for table, _ in lie[0]))]


def hunt(case: Case) -> tuple[set[Item], set[tuple[int, int]]]:
    """Requirements that some lie singles out; columns on which no lie was noticed."""
    single: set[Item] = set()
    free: dict[tuple[int, int], bool] = {}
    for told, tables in told_in(case):
        try:
            found = broken(case.trial(told, tables))
        except (ArithmeticError, ValueError, IndexError):
            continue  # the prover itself cannot go on with it
        if len(found) == 1:
            single |= found
        for key in told:
            free[key] = free.get(key, False) or bool(found)
    return single, {key for key, noticed in free.items() if not noticed}


def mutated(program: Program, item: Item) -> Program:
    """The program without that constraint, lookup, bus or equation."""
    what, number, name = item
    if what == "equation":
        return replace(program, equations=tuple(e for e in program.equations if e.name != name))
    tables = list(program.tables)
    general = 1 + len(program.lookups)
    for i, table in enumerate(tables):
        if what == "constraint" and i == number:
            tables[i] = replace(table, constraints=tuple(c for c in table.constraints if c.name != name))
            continue
        kept = tuple(
            each
            for j, each in enumerate(table.interactions)
            if not (what == "lookup" and i == number and j == int(name or 0))
            and not (what == "bus" and each.bus == general + number)
        )
        groups = (*(1 for _ in kept[:-1]), len(kept[-1:]))
        tables[i] = replace(table, interactions=kept, groups=groups)
    return replace(program, tables=tuple(tables))


@pytest.fixture(scope="module")
def hunted() -> dict[str, tuple[Case, dict[str, tuple[Item, Trial]], set[str]]]:
    """Of each hunt: the case, for each kind that a lie singles out one false witness, and all kinds there are."""
    found = {}
    for name, given in HUNTS.items():
        case = Case(given)
        shown: dict[str, tuple[Item, Trial]] = {}
        for told, tables in told_in(case):
            try:
                made = case.trial(told, tables)
                failing = broken(made)
            except (ArithmeticError, ValueError, IndexError):
                continue  # the honest prover's steps cannot go on from that lie
            if len(failing) == 1:
                shown.setdefault(kind_of(case, next(iter(failing))), (next(iter(failing)), made))
        found[name] = (case, shown, {kind_of(case, item) for item in items(case.compiled.program)})
    return found


@pytest.mark.parametrize("name", HUNTS)
def test_the_honest_witness_is_true(name: str) -> None:
    case = Case(HUNTS[name])
    assert case.trial().failures() == []
    assert broken(case.trial()) == set()


def test_every_kind_of_requirement_is_needed(hunted) -> None:  # type: ignore[no-untyped-def]
    """Some false witness passes without it, or the reason why no simple one does is written down."""
    kinds = set().union(*(kinds for _, _, kinds in hunted.values()))
    shown = set().union(*(set(shown) for _, shown, _ in hunted.values()))
    authors = {f"constraint: {r.name}" for h in HUNTS.values() for r in h.claim.requirements}  # type: ignore[attr-defined]
    own = {kind for kind in kinds if any(kind.startswith(author) for author in authors)}
    assert kinds - shown - own - set(SPARED) == set()
    assert set(SPARED) <= kinds


def test_a_false_witness_passes_without_the_requirement_and_only_then(hunted) -> None:  # type: ignore[no-untyped-def]
    """The checker of the whole statement, on one false witness for each kind."""
    done: set[str] = set()
    for _, shown, _ in hunted.values():
        for kind, (item, made) in shown.items():
            if kind in done:
                continue
            done.add(kind)
            assert made.failures(), kind
            weaker = mutated(made.program, item)
            if item[0] == "bus" or any(word in kind for word in WRAPPED):
                continue
            assert replace(made, program=weaker).failures() == [], kind


def test_a_limb_beyond_16_bits_is_caught_though_only_one_side_of_a_multiset_is_checked() -> None:
    """In b alone the tuples differ; in both a's own check fails; without that check the two would agree."""
    case = Case(HUNTS["multiset"])
    serial = case.compiled.program.tables[0].log_columns[1]
    wide = {name: [segment.copy() for segment in case.tables[name]] for name in ("a", "b")}
    wide["a"][0][serial, 0] = wide["b"][0][serial, 1] = 1 << 16
    assert wide["a"][0][serial, 1] == wide["b"][0][serial, 0]
    assert {what for what, _, _ in broken(case.trial(tables={"a": case.tables["a"], "b": wide["b"]}))} == {"bus"}
    both = case.trial(tables=wide)
    (item,) = broken(both)
    assert item[:2] == ("lookup", 0)
    assert replace(both, program=mutated(both.program, item)).failures() == []


def test_every_node_of_the_core_is_hunted() -> None:
    """A new node, comparison or aggregate that joins the compiler must join the hunt."""

    def names(value: core.Value) -> set[str]:
        found = {type(value).__name__}
        if isinstance(value, core.Compare):
            found.add(f"Compare {value.op}")
        if isinstance(value, core.Aggregate):
            found.add(f"{value.kind} {'by group' if value.by is not None else 'of all'}")
        if isinstance(value, core.Neighbour):
            found.add(f"Neighbour {value.step}")
        return found

    there: set[str] = set()
    for each in HUNTS.values():
        values = [r.value for r in each.claim.requirements]  # type: ignore[attr-defined]
        values += [r.value for r in each.claim.reveals]  # type: ignore[attr-defined]
        for part in core.walk(*values):
            if isinstance(part, core.Value):
                there |= names(part)
    wanted = {kind.__name__ for kind in vars(core).values() if isinstance(kind, type) and issubclass(kind, core.Value)}
    wanted |= {f"Compare {op}" for op in ("<", "<=", "==", "!=")} | {"Neighbour 1", "Neighbour -1"}
    wanted |= {f"{kind} {of}" for kind in ("sum", "count", "min", "max") for of in ("of all", "by group")}
    assert wanted - {"Value"} <= there


@pytest.mark.parametrize("name", HUNTS)
def test_a_corrupt_cell_is_noticed(name: str) -> None:
    """Single cells of the honest witness, changed at random after it was made: the checker reports nearly all."""
    case = Case(HUNTS[name])
    if not any(part.size for part in case.trial().private):
        return
    chance = random.Random(7)
    missed = []
    for _ in range(40):
        made = case.trial()
        number = chance.choice([i for i, part in enumerate(made.private) if part.size])
        column, row = chance.randrange(made.private[number].shape[0]), chance.randrange(made.private[number].shape[1])
        before = int(made.private[number][column, row])
        made.private[number][column, row] = chance.choice([(before + 1) % P, (before + P - 1) % P, chance.randrange(P)])
        if int(made.private[number][column, row]) != before and not broken(made):
            missed.append((number, column, row))
    instances = case.trial().layout().instances
    for number, column, row in missed:
        table = case.compiled.board.tables[instances[number].table or 0]
        if table.log is None and "used" not in table.columns and row > 0:
            continue  # of the table of single values only the first row is looked at
        assert any(free in table.columns[column] for free in FREE), (table.columns[column], row)
