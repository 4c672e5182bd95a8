"""No intermediate value of a compiled program reaches p: every node in integers, against the compiler's intervals.

Two halves. On honest traces of extreme tables every node's exact value is in the interval that the compiler recorded
and below p/2. And by interval arithmetic alone, whatever the tables: no node's interval passes p/2, what a constraint
makes 0 mod p is 0, running totals have room for the most rows, sums and multiplicities keep their contract.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pytest

from tests.kit.catalogue_claims import MODULES, definition
from tests.kit.column_ranges import BETWEEN_TABLES, BOUND, MOVED, like, parts, plain, unbound
from tests.kit.compiled_trial import padded, trial
from tests.kit.hunt.cases import HUNTS
from tests.kit.part import one_in
from zkcompliance import schemas
from zkcompliance.claim.compile import arith, context, groups, terms
from zkcompliance.claim.compile.compiler import Compiled, Compiler
from zkcompliance.claim.compile.run import Run
from zkcompliance.claim.compile.terms import Term, TooWide
from zkcompliance.claim.language import ComputeLog, Count, Param, claim, param, require
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.errors import ParametersRejected
from zkcompliance.limits import MAX_LOG_ROWS_LOG2
from zkcompliance.schemas import Schema
from zkcompliance.stark.air.cells import BUCKET_ROWS_LOG2
from zkcompliance.stark.air.program import Kind, Op
from zkcompliance.stark.field.babybear import P, inv

INVERSE = (inv(1 << 16), inv(1 << 16) - P)
CLAIMS: dict[str, Callable[[], ClaimDefinition]] = {
    **{module: functools.partial(definition, module) for module in MODULES},
    **{
        f"hunt {name}": lambda hunt=hunt: hunt.claim
        for name, hunt in HUNTS.items()
        if name not in ("no rows", "nothing")
    },
}


@claim("narrow")
def narrow(compute: ComputeLog, factor: Param[Count] = param("of one limb", at_most=2**16 - 1)) -> None:
    """Products of two limbs."""
    require("product", compute.every(compute.flop * factor < 2**111))


CLAIMS["narrow"] = lambda: narrow
LEAPS = {Kind.TRANSITION: "transition"}  # constraints that look at no last row, whose next one is the first
PATTERNS = ("top", "zero", "rows alternate", "columns alternate", "one key", "edges", "other edges")
Tables = dict[str, list[np.ndarray]]


# What a program is made of


def compile_with_publics(claim: ClaimDefinition) -> tuple[Compiled, list[tuple[int, str, Term]]]:
    """The program, and every expression in it: (table, −1 for publics; what it is for; the expression)."""
    compiler = Compiler(claim)
    made = compiler.compile()
    found = [(-1, f"constraint {name}", e) for name, _, e in compiler.public_context.constraints]
    for table in made.board.tables:
        found += [(table.number, f"{LEAPS.get(kind, 'constraint')} {name}", e) for name, kind, e in table.constraints]
        for message in table.messages:
            found += [(table.number, f"tuple of {message.name}", e) for e in message.values]
            if message.multiplicity is not None:
                found.append((table.number, f"multiplicity of {message.name}", message.multiplicity))
        for name, selector, limbs in table.sums:
            found.append((table.number, f"selector of {name}", selector))
            found += [(table.number, f"limb of {name}", limb) for limb in limbs]
    return made, found


def carries(e: Term) -> bool:
    """Whether e stands for an integer quotient by 2^16: it is the operand times the inverse."""
    return e.op == Op.MUL and e.b.op == Op.CONST and e.b.a in INVERSE


def arithmetic(e: Term) -> tuple[int, int]:
    """The interval that follows from the operands' own."""
    a, b = (e.a.lo, e.a.hi), (e.b.lo, e.b.hi)
    if e.op == Op.ADD:
        return a[0] + b[0], a[1] + b[1]
    if e.op == Op.SUB:
        return a[0] - b[1], a[1] - b[0]
    corners = [x * y for x in a for y in b]
    return min(corners), max(corners)


def field_only(e: Term, known: set[int]) -> bool:
    """Elements of F that stand for no integer: products with free columns (inverses, how often a row is asked for),
    and what is made of such products."""
    if e.op not in (Op.ADD, Op.SUB, Op.MUL):
        return False
    columns = [part for part in (e.a, e.b) if part.op in (Op.WIT, Op.NEXT)]
    free = any((part.lo, part.hi) == (-(P // 2), P // 2) for part in columns)
    return id(e.a) in known or id(e.b) in known or (e.op == Op.MUL and free and not carries(e))


# Extreme tables


def value_of(column: schemas.Column, pattern: str, row: int, number: int, chance: random.Random) -> int:
    top = column.largest
    if pattern.endswith("edges"):
        near = [v for k in (1, 8, 16, 32, 48, 64, 80, 95, 112) for v in ((1 << k) - 1, 1 << k) if v <= top]
        return chance.choice([0, 1, top, top - 1 if top else 0, *near])
    if pattern == "one key" and column.type in ("id", "enum", "bool"):
        return 0
    high = {"top": True, "zero": False, "rows alternate": row % 2 == 0, "columns alternate": number % 2 == 0}
    return top if high.get(pattern, True) else 0


def table(schema: Schema, rows: int, pattern: str, chance: random.Random) -> np.ndarray:
    made = np.zeros((schema.width, rows), np.uint32)
    made[0] = 1
    for row in range(rows):
        for number, column in enumerate(schema.columns):
            value = value_of(column, pattern, row, number, chance)
            for j, limb in enumerate(schema.limbs(column.name)):
                made[limb, row] = value >> 16 * j & 0xFFFF
    return made


def inputs(claim: ClaimDefinition, pattern: str) -> Iterator[tuple[Tables, dict[str, int]]]:
    """The pattern over full and half full segments, each with parameters at their least and at their most."""
    for number, sizes in enumerate(((8,), (5, 8), (1,))):
        chance = random.Random(f"{pattern} {number}")
        tables = {log.name: [padded(table(log.schema, n, pattern, chance)) for n in sizes] for log in claim.logs}
        yield tables, {spec.name: spec.low for spec in claim.params}
        yield tables, {spec.name: spec.high for spec in claim.params}


# Exact values


class Exact:
    """Every expression's integers on all rows of one honest trace; `faults`: where one is not what was recorded."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.known: dict[tuple[int, int], np.ndarray] = {}
        self.fields: set[int] = set()
        self.faults: list[str] = []

    def look(self, number: int, what: str, e: Term) -> None:
        for part in parts(e):
            if (number, id(part)) in self.known:
                continue
            if field_only(part, self.fields):
                self.fields.add(id(part))
                continue
            leaps = what.startswith("transition ")
            values = self.value(number, part, leaps)
            self.known[number, id(part)] = values
            values = np.delete(values, self.last_rows(number)) if leaps and len(values) > 1 else values
            low, high = min(values, default=0), max(values, default=0)
            if values.size and not (part.lo <= low and high <= part.hi):
                self.faults.append(f"{what}: {low} … {high} is not within {part.lo} … {part.hi} ({part.op.name})")
            if max(-low, high) > P // 2:
                self.faults.append(f"{what}: {low} … {high} passes p/2 ({part.op.name})")

    def last_rows(self, number: int) -> list[int]:
        return [part.stop - 1 for part in self.run.tables[number].segments()]

    def value(self, number: int, e: Term, leaps: bool) -> np.ndarray:
        if e.op in (Op.ADD, Op.SUB, Op.MUL):
            a, b = self.known[number, id(e.a)], self.known[number, id(e.b)]
            if carries(e):
                if (np.delete(a, self.last_rows(number) if leaps else []) % (1 << 16)).any():
                    self.faults.append(f"a carry of {a} is not whole")
                return np.asarray(a // (1 << 16))
            return np.asarray(a + b if e.op == Op.ADD else a - b if e.op == Op.SUB else a * b)
        if e.op == Op.CONST:
            return np.array([e.a], object)
        return self.run.value(number, e).astype(object)  # the integer in the column's own interval


def faults_on(
    made: Compiled, every: list[tuple[int, str, Term]], tables: Tables, publics: Mapping[str, int]
) -> list[str]:
    run = made.run(tables, publics)
    exact = Exact(run)
    for number, what, e in every:
        exact.look(number, what, e)
    for number, what, e in every:
        if (number, id(e)) in exact.known and what.startswith(("tuple of 16 bits", "limb of")):
            values = exact.known[number, id(e)]
            if values.size and not 0 <= min(values) <= max(values) < 1 << 16:
                exact.faults.append(f"{what}: {values} is no limb")
    return exact.faults


def static_faults(made: Compiled, every: list[tuple[int, str, Term]]) -> list[str]:
    """What interval arithmetic alone says against the program."""
    found: list[str] = []
    fields: set[int] = set()
    found += [f"{what} is not range-checked" for what in unbound(made, every)]
    for number, what, e in every:
        for part in parts(e):
            if field_only(part, fields):
                fields.add(id(part))
            elif part.op in (Op.ADD, Op.SUB, Op.MUL):
                low, high = arithmetic(part)
                if carries(part):
                    if max(-part.a.lo, part.a.hi) + (max(-part.lo, part.hi) << 16) >= P:
                        found.append(f"{what}: a carry in {part.lo} … {part.hi} can wrap")
                elif max(-low, high) > P // 2:
                    found.append(f"{what}: {low} … {high} passes p/2")
        if id(e) in fields:
            continue
        if what.startswith("selector") and not 0 <= e.lo <= e.hi <= 1:
            found.append(f"{what}: {e.lo} … {e.hi}")
        if what.startswith("limb of") and not 0 <= e.lo <= e.hi < 1 << 16:
            found.append(f"{what}: {e.lo} … {e.hi}")
        summed = what == "multiplicity of sum by key" and 0 <= e.lo <= e.hi < 1 << 16  # a digit of a row that counts
        if what.startswith("multiplicity") and not (-1 <= e.lo <= e.hi <= 1 or free_multiplicity(e) or summed):
            found.append(f"{what}: {e.lo} … {e.hi}")
        if number >= 0 and (running := running_total(e)) is not None:
            column, added = running
            if column.hi < added.hi << MAX_LOG_ROWS_LOG2:
                found.append(f"{what}: a total of {added.hi} a row over the most rows passes {column.hi}")
    return found


def free_multiplicity(e: Term) -> bool:
    """0 − m of a column that nothing binds: how often a row is asked for."""
    return e.op == Op.SUB and e.a.op == Op.CONST and e.b.op == Op.WIT and e.b.hi == P // 2


def running_total(e: Term) -> tuple[Term, Term] | None:
    """(c, x) of c' − (x + same·c), the column of a running total and what is added a row; None for anything else."""
    if e.op != Op.SUB or e.a.op != Op.NEXT or e.b.op != Op.ADD or e.b.b.op != Op.MUL:
        return None
    column = e.b.b.b
    return (column, e.b.a) if column.op == Op.WIT and column.a == e.a.a else None


def faults(claim: ClaimDefinition, patterns: tuple[str, ...] = PATTERNS) -> list[str]:
    try:
        made, every = compile_with_publics(claim)
    except (TooWide, OverflowError) as error:
        return [str(error)]
    found = static_faults(made, every)
    for pattern in patterns:
        for tables, publics in inputs(claim, pattern):
            found += [f"{pattern}: {fault}" for fault in faults_on(made, every, tables, publics)]
            if found:
                return found
    return found


@pytest.mark.parametrize("name", one_in(3, CLAIMS, first=1))
def test_no_value_leaves_its_interval_or_reaches_p(name: str) -> None:
    assert faults(CLAIMS[name]()) == []


@pytest.mark.parametrize("name", CLAIMS)
def test_no_identity_over_cells_reaches_p(name: str) -> None:
    """Every cell at its top: sums in buckets, digits of equations, carries below 2^14 (four times them has 16 bits)."""
    claim = CLAIMS[name]()
    made, _ = compile_with_publics(claim)
    assert ((1 << 16) - 1) << BUCKET_ROWS_LOG2 < P
    for tables, publics in inputs(claim, "top"):
        try:
            cells = trial(made, tables, publics).layout().cells
        except ParametersRejected:
            continue
        carry = {c.first_cell + 2 * e for c in cells.chains for e in range(c.digits - 1)}
        for identity in cells.identities:
            most = sum(abs(w) * (2**14 if cell in carry else 2**16 - 1) for cell, w in identity.cells)
            assert most + abs(identity.constant) < P, identity.name


REASONS = sorted({text for sets in BOUND.values() for wanted in sets for text in wanted} - MOVED - BETWEEN_TABLES)


def test_every_reason_for_a_range_is_needed() -> None:
    """Without the constraint some column's values have no bound."""
    missing = set(REASONS)
    for name in (name for name in CLAIMS if name.startswith("hunt")):
        made, every = compile_with_publics(CLAIMS[name]())
        kept = {table.number: table.constraints for table in made.board.tables}
        names = {plain(each) for constraints in kept.values() for each, _, _ in constraints}
        for reason in [each for each in missing if any(like(each, known) for known in names)]:
            for table in made.board.tables:
                table.constraints = [each for each in kept[table.number] if not like(reason, plain(each[0]))]
            if unbound(made, every):
                missing.remove(reason)
    assert missing == set()


# Compilers with a fault


def mutant(name: str, patch: pytest.MonkeyPatch) -> None:
    """Makes the compiler record an interval that is too small, or a limb that is too large."""
    limbs, within, add = context.Table.limbs, Term.within, Term.__add__
    if name == "limbs are said to have 15 bits":
        patch.setattr(context.Table, "limbs", lambda *a: [e.within(0, 0x7FFF) for e in limbs(*a)])
    elif name == "the last limb has 32 bits":

        def wider(self: context.Table, count: int, what: str, fill: context.Fill) -> list[Term]:
            def merged(run: Run) -> list[np.ndarray]:
                *low, high, top = fill(run)
                return [*low, high + (top << 16)]

            return limbs(self, count - 1, what, merged) if count > 1 else limbs(self, count, what, fill)

        patch.setattr(context.Table, "limbs", wider)
    elif name == "limbs are not range-checked":
        patch.setattr(context.Table, "require_16_bits", lambda *a, **named: None)
    elif name == "totals over two rows":
        patch.setattr(groups, "MOST_PRIVATE_ROWS", 2)
    elif name == "values may have 32 bits":
        for module in (terms, arith, context, groups):
            patch.setattr(module, "HALF", 1 << 32, raising=False)
    elif name == "a sum is said to be no larger than its first part":
        patch.setattr(Term, "__add__", lambda self, other: within(add(self, other), self.lo, self.hi))
    elif name == "what a constraint bounds is said to be one less":
        patch.setattr(Term, "within", lambda self, lo, hi: within(self, lo, hi - (hi > 1)))
    elif name == "bytes are said to have 7 bits":
        octets = arith.octets
        patch.setattr(arith, "octets", lambda *a: [e.within(0, min(e.hi, 127)) for e in octets(*a)])
    elif name == "a carry is said to have half its values":
        below = context.Context.below
        patch.setattr(context.Context, "below", lambda self, e, count: below(self, e, count).within(0, count // 2))
    else:
        raise KeyError(name)


MUTANTS = {
    "limbs are said to have 15 bits": "hunt compare",
    "the last limb has 32 bits": "hunt compare",
    "limbs are not range-checked": "hunt compare",
    "totals over two rows": "hunt groups",
    "values may have 32 bits": "narrow",
    "a sum is said to be no larger than its first part": "hunt totals",
    "what a constraint bounds is said to be one less": "eval_score_under",
    "bytes are said to have 7 bits": "hunt arithmetic",
    "a carry is said to have half its values": "hunt arithmetic",
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_compiler_with_a_fault_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = CLAIMS[MUTANTS[name]]()
    mutant(name, monkeypatch)
    found = faults(claim)
    assert found
