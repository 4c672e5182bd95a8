"""What the under-constraint hunt is made of: a case's traces, what they break, programs with something left out."""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from tests.kit.agreeing import compiled_once
from tests.kit.compiled_trial import Trial, padded, trial
from tests.kit.exact_rows import encode_rows
from tests.kit.hunt.base import Hunt
from zkcompliance.claim.compile import Compiled
from zkcompliance.claim.compile.run import Lies
from zkcompliance.claim.meaning.brackets import Brackets
from zkcompliance.stark.air.check import node_values
from zkcompliance.stark.air.check_buses import check_general_buses
from zkcompliance.stark.air.program import RANGE_BUS, Kind, Op, Program, SummandKind, TableAir
from zkcompliance.stark.air.shape import Instance
from zkcompliance.stark.air.tally import Columns
from zkcompliance.stark.air.union import Part
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.prover import witness

Item = tuple[str, int, str]  # kind, table or number, what
Tables = Mapping[str, Sequence[np.ndarray]]
Change = Callable[[np.ndarray], np.ndarray]
Lie = tuple[Mapping[tuple[int, int], Change], Tables | None]  # false columns; false logs


class Case:
    """A compiled claim over given tables."""

    def __init__(
        self, compiled: Compiled, tables: Tables, publics: Mapping[str, int], brackets: Brackets | None = None
    ) -> None:
        self.compiled, self.tables, self.publics, self.brackets = compiled, tables, publics, brackets

    @classmethod
    def of(cls, hunt: Hunt) -> Case:
        definition = hunt.claim
        logs = {log.name: log.schema for log in definition.logs}
        tables = {}
        for name, schema in logs.items():
            rows = hunt.given[name]
            parts = rows if rows and isinstance(rows[0], list) else [rows]
            tables[name] = [padded(encode_rows(schema, part)) for part in parts]
        given = {k: v for k, v in hunt.given.items() if k not in logs}
        return cls(compiled_once(definition), tables, definition.publics(given), hunt.brackets)

    def trial(self, lies: Lies | None = None, tables: Tables | None = None) -> Trial:
        return trial(self.compiled, tables or self.tables, self.publics, lies=lies, brackets=self.brackets)

    @functools.cached_property
    def honest(self) -> Trial:
        return self.trial()

    @functools.cached_property
    def columns(self) -> dict[tuple[int, int], np.ndarray]:
        """The honest witness columns, all segments of a table one after the other."""
        parts: dict[int, list[np.ndarray]] = {}
        for instance, own in zip(self.honest.layout().instances[:-1], self.honest.private, strict=True):
            parts.setdefault(part_of(instance).table, []).append(own.astype(np.int64))
        whole = {table: np.concatenate(own, axis=1) for table, own in parts.items()}
        return {(table, column): rows for table, own in whole.items() for column, rows in enumerate(own)}


def items(program: Program) -> set[Item]:
    """Everything that a program requires."""
    found: set[Item] = set()
    for number, table in enumerate(program.tables):
        found |= {("constraint", number, c.name) for c in table.constraints}
        found |= {("short", number, str(column)) for column in table.short}
        for i, interaction in enumerate(table.interactions):
            if interaction.bus <= len(program.lookups):
                found.add(("lookup", number, str(i)))
    found |= {("bus", bus, "") for bus in range(len(program.buses))}
    return found | {("equation", 0, equation.name) for equation in program.equations}


def broken(case: Trial) -> set[Item]:
    """What this trace does not meet mod p, as a proof has it, without the cells table."""
    return set(_breaks(case))


def breaks_any(case: Trial) -> bool:
    """Whether there is anything that this trace does not meet: what comes after the first is not looked at."""
    return next(_breaks(case), None) is not None


def broken_alone(case: Trial) -> Item | None:
    """The one thing that this trace does not meet, None where it is none or several: a second ends the search."""
    found: Item | None = None
    for item in _breaks(case):
        if found not in (None, item):
            return None
        found = item
    return found


def _breaks(case: Trial) -> Iterator[Item]:
    """What `broken` has, as it is found; the same item may come again."""
    program, layout = case.program, case.layout()
    values: list[Columns] = []
    own: list[tuple[int, Columns]] = []  # of each instance its table in the program, and the values of that one's nodes
    for number, instance in enumerate(layout.instances[:-1]):
        part = part_of(instance)
        table, air, before = part.table, part.air, len(instance.air.nodes) - len(part.air.nodes)  # nodes of the base
        log = case.tables[number].columns if instance.entry is not None else None
        whole = node_values(instance, log, case.private[number])
        values.append(whole)
        value = functools.partial(_after, whole, before)
        own.append((table, value))
        last = instance.rows - 1
        wanted = {
            Kind.EVERY: slice(None), Kind.FIRST: slice(0, 1), Kind.LAST: slice(last, None),
            Kind.TRANSITION: slice(0, last),
        }  # fmt: skip
        for c in air.constraints:
            if value(c.node)[wanted[c.kind]].any():
                yield "constraint", table, c.name
        if log is not None:
            for column in air.short:
                if (log[column] >= 1 << 16).any():
                    yield "short", table, str(column)
        for i, interaction in enumerate(air.interactions):
            seen = [value(node) for node in interaction.nodes]
            if interaction.bus == RANGE_BUS and (seen[0] >= 1 << 16).any():
                yield "lookup", table, str(i)
            elif RANGE_BUS < interaction.bus <= len(program.lookups):
                rows = set(layout.lookup_values[interaction.bus - 1])
                if not {tuple(map(int, t)) for t in zip(*seen, strict=True)} <= rows:
                    yield "lookup", table, str(i)
    for failure in check_general_buses(layout, values):
        yield "bus", int(failure.requirement.split()[2]), ""
    for equation in program.equations:
        total = 0
        for term in equation.terms:
            if term.kind == SummandKind.SUM:
                s = program.tables[term.a].sums[term.b]
                for table, value in own:
                    if table == term.a:
                        chosen, limbs = value(s.selector), enumerate(s.limbs)
                        total += term.coefficient * sum(
                            int((chosen * value(n) % P).sum() % P) << 16 * j for j, n in limbs
                        )
            elif term.kind == SummandKind.UNKNOWN:
                total += term.coefficient * (case.unknowns[term.a] % (1 << 16 * program.unknowns[term.a].limbs))
            else:
                total += term.coefficient * (case.publics[term.a] if term.kind == SummandKind.PUBLIC else 1)
        if total:
            yield "equation", 0, equation.name


def part_of(instance: Instance) -> Part:
    """The one table of the claim in an instance, of a statement of one claim each of whose slots has its own log."""
    assert instance.member is not None
    (part,) = instance.member.parts
    return part


def _after(value: Columns, before: int, node: int) -> np.ndarray:
    """The values of a node of a part, whose nodes stand behind so many others."""
    return value(node + before)


@contextlib.contextmanager
def sums_mod_p() -> Iterator[None]:
    """A proof has every bucket's sum mod p only: so must a checker that is to see what a wrapping sum gets past."""

    def reduced(instance: Instance, number: int, buckets: int, value: Columns) -> np.ndarray:
        total = instance.air.sums[number]
        chosen = value(total.selector)
        return np.stack(
            [(value(limb) * chosen % P).reshape(-1, buckets).sum(axis=0) % P for limb in total.limbs]
        )  # fmt: skip

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(witness, "bucket_sums", reduced)
        yield


def of_publics(table: TableAir, node: int) -> bool:
    """Whether a node is made of publics and constants alone."""
    op, a, b = table.nodes[node]
    if op in (Op.ADD, Op.SUB, Op.MUL):
        return of_publics(table, a) and of_publics(table, b)
    return op in (Op.CONST, Op.PUBLIC)


def kind_of(compiled: Compiled, item: Item) -> str:
    """What an item is an instance of: its name without numbers; an interaction's by what it is for."""
    what, number, name = item
    program = compiled.program
    if what == "bus":
        bus = 1 + len(program.lookups) + number
        (name,) = {own for (_, at, _), own in compiled.names.items() if at == bus}
    if what == "short":
        return "lookup: a short column"
    if what == "lookup":
        interaction = program.tables[number].interactions[int(name)]
        name = compiled.names[number, interaction.bus, interaction.nodes]
    if what == "equation" and name in {public.name for public in program.publics if public.reveal}:
        name = "what is revealed"
    name = re.sub(r"^.*, carry", "carry", re.sub(r"\b(max|min)\b", "extreme", name))
    name = re.sub(r"^.*: (not above|not below|no two are equal|no two meet)\b", r"\1", name)
    name = re.sub(r"^[a-z_]+ is true or false$", "a column is true or false", name)
    name = re.sub(r"[0-9]+", "#", re.sub(r" [(][0-9]+[)]$", "", name))
    if what == "constraint":
        table = program.tables[number]
        (node,) = (c.node for c in table.constraints if c.name == item[2])
        name += " (publics)" if of_publics(table, node) else ""
    return f"{what}: {name}"


def without_interactions(program: Program, dropped: set[tuple[int, int]], bus: int | None = None) -> Program:
    """The program without those interactions (table, number); bus: a general bus that goes with them."""
    first = 1 + len(program.lookups)
    tables = []
    for i, table in enumerate(program.tables):
        kept = [each for j, each in enumerate(table.interactions) if (i, j) not in dropped]
        if bus is not None:
            kept = [replace(each, bus=each.bus - (each.bus > first + bus)) for each in kept]
        groups = (*(1 for _ in kept[:-1]), len(kept[-1:]))
        tables.append(replace(table, interactions=tuple(kept), groups=groups))
    buses = tuple(width for number, width in enumerate(program.buses) if number != bus)
    return replace(program, tables=tuple(tables), buses=buses)


def mutated(program: Program, item: Item) -> Program:
    """The program without that constraint, lookup, bus or equation."""
    what, number, name = item
    if what == "equation":
        return replace(program, equations=tuple(e for e in program.equations if e.name != name))
    if what == "lookup":
        return without_interactions(program, {(number, int(name))})
    if what == "bus":
        at = 1 + len(program.lookups) + number
        there = {
            (i, j) for i, t in enumerate(program.tables) for j, each in enumerate(t.interactions) if each.bus == at
        }  # fmt: skip
        return without_interactions(program, there, number)
    tables = list(program.tables)
    if what == "short":
        rest = tuple(column for column in tables[number].short if str(column) != name)
        tables[number] = replace(tables[number], short=rest)
        return replace(program, tables=tuple(tables))
    kept = tuple(c for c in tables[number].constraints if c.name != name)
    tables[number] = replace(tables[number], constraints=kept)
    return replace(program, tables=tuple(tables))


# Columns that are changed


def added(row: int, amount: int) -> Change:
    def lie(v: np.ndarray) -> np.ndarray:
        made = v.copy()
        made[row] += amount
        return made

    return lie


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


def fixed(case: Case, table: int, column: int, *changes: tuple[int, int]) -> dict[tuple[int, int], Change]:
    """The honest column with amounts added in some rows, whatever else is false."""
    made = case.columns[table, column].copy()
    for row, amount in changes:
        made[row] += amount
    return {(table, column): lambda _: made}


def rows_of(case: Case, table: int, column: int) -> range:
    return range(min(4, len(case.columns[table, column])))
