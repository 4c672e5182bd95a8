"""Prover and verifier were written apart: random programs and shapes must look the same to both."""

from __future__ import annotations

from math import log2

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.kit import support
from zkcompliance.errors import LimitExceeded, ParametersRejected
from zkcompliance.stark.air.program import (
    Constraint,
    Equation,
    Interaction,
    Kind,
    LogSlot,
    Lookup,
    Op,
    Program,
    Public,
    PublicBit,
    Sum,
    Summand,
    SummandKind,
    TableAir,
    Unknown,
)
from zkcompliance.stark.air.shape import lay_out
from zkcompliance.stark.commit.entry import Entry
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.fri.schedule import fold_schedule
from zkcompliance.stark.profiles import PROFILES, Profile, code_degree
from zkcompliance.stark.prover.quotient import constraint_count
from zkcompliance.stark.soundness import shapes_of, soundness
from zkcompliance.stark.statement import Statement, StatementClaim, StatementLog
from zkcompliance.verify import soundness as verify_soundness
from zkcompliance.verify.program import decode_program
from zkcompliance.verify.shape import schedule, shape_of
from zkcompliance.verify.statement import decode_statement

DETERMINISTIC = settings(
    derandomize=True, deadline=None, max_examples=120, suppress_health_check=list(HealthCheck), database=None
)


@st.composite
def nodes(
    draw: st.DrawFn, width: int, witness: int, publics: tuple[Public, ...], private: bool
) -> list[tuple[int, int, int]]:
    made: list[tuple[int, int, int]] = [(Op.CONST, draw(st.integers(0, P - 1)), 0)]
    leaves = [Op.CONST, Op.FIRST, Op.LAST, Op.BUCKET, Op.ORDINAL]
    leaves += [Op.LOG, Op.NOT_BEFORE, Op.NOT_AFTER] if not private else []
    leaves += [Op.WIT, Op.NEXT] if witness else []
    leaves += [Op.PUBLIC] if publics else []
    for _ in range(draw(st.integers(0, 14))):
        op = draw(st.sampled_from([*leaves, Op.ADD, Op.SUB, Op.MUL]))
        if op == Op.CONST:
            made.append((op, draw(st.integers(0, P - 1)), 0))
        elif op == Op.LOG:
            made.append((op, draw(st.integers(0, width - 1)), 0))
        elif op in (Op.NOT_BEFORE, Op.NOT_AFTER):
            made.append((op, draw(st.integers(0, 2)), 0))
        elif op in (Op.WIT, Op.NEXT):
            made.append((op, draw(st.integers(0, witness - 1)), 0))
        elif op == Op.PUBLIC:
            number = draw(st.integers(0, len(publics) - 1))
            made.append((op, number, draw(st.integers(0, (publics[number].bits - 1) // 16))))
        elif op in (Op.ADD, Op.SUB, Op.MUL):
            made.append((op, *(draw(st.integers(0, len(made) - 1)) for _ in range(2))))
        else:
            made.append((op, 0, 0))
    return [(int(op), a, b) for op, a, b in made]


@st.composite
def tables(draw: st.DrawFn, log: int | None, width: int, publics: tuple[Public, ...], widths: list[int]) -> TableAir:
    witness = draw(st.integers(0, 3))
    made = draw(nodes(width, witness, publics, log is None))
    some = st.integers(0, len(made) - 1)
    ranged = st.sampled_from([i for i, (op, _, _) in enumerate(made) if op != Op.LOG])
    constraints = [
        Constraint(f"c{i}", draw(st.sampled_from(list(Kind))), draw(some)) for i in range(draw(st.integers(0, 3)))
    ]
    interactions = []
    for _ in range(draw(st.integers(0, 4))):
        bus = draw(st.integers(0, len(widths) - 1))
        weight = draw(st.none() | some) if bus else None
        bound = 1 if weight is None else draw(st.sampled_from([1, 2, 65535, 1 << 20]))
        interactions.append(
            Interaction(bus, tuple(draw(some if bus else ranged) for _ in range(widths[bus])), weight, bound)
        )
    groups, left = [], len(interactions)
    while left and draw(st.booleans()):
        groups.append(draw(st.integers(1, left)))
        left -= groups[-1]
    sums = [
        Sum(f"s{i}", draw(some), tuple(draw(some) for _ in range(draw(st.integers(1, 3)))))
        for i in range(draw(st.integers(0, 2)))
    ]
    short = () if log is None else tuple(sorted(draw(st.sets(st.integers(0, width - 1)))))
    held = (tuple(made), tuple(constraints), tuple(interactions), (*groups, left), tuple(sums), short)
    return TableAir(log, witness, *held)


@st.composite
def programs(draw: st.DrawFn) -> Program:
    publics = tuple(
        Public(f"p{i}", draw(st.integers(1, 70)), draw(st.booleans())) for i in range(draw(st.integers(0, 2)))
    )
    slots = draw(st.lists(st.sampled_from([3, 8]), min_size=1, max_size=2))
    logs = tuple(LogSlot(f"l{i}", bytes([width] * 32), width) for i, width in enumerate(slots))
    entry = st.integers(0, 99)
    if publics:
        entry = entry | st.integers(0, len(publics) - 1).flatmap(  # type: ignore[assignment]
            lambda i: st.integers(0, publics[i].bits - 1).map(lambda b: PublicBit(i, b))
        )
    lookups = tuple(
        Lookup(tuple(tuple(draw(entry) for _ in range(w)) for _ in range(draw(st.integers(1, 3)))))
        for w in draw(st.lists(st.integers(1, 3), max_size=2))
    )
    buses = tuple(draw(st.lists(st.integers(1, 3), max_size=2)))
    widths = [1, *(lookup.width for lookup in lookups), *buses]
    made = []
    others = draw(st.lists(st.none() | st.integers(0, len(logs) - 1), max_size=2))
    for log in (*range(len(logs)), *others):
        width = 0 if log is None else logs[log].width
        made.append(draw(tables(log, width, publics, widths)))
    unknowns = tuple(Unknown(f"u{i}", draw(st.integers(1, 9))) for i in range(draw(st.integers(0, 2))))
    sums = [(i, j) for i, table in enumerate(made) for j in range(len(table.sums))]
    kinds = [(SummandKind.ONE, 0, 0), *((SummandKind.SUM, i, j) for i, j in sums)]
    kinds += [(SummandKind.UNKNOWN, i, 0) for i in range(len(unknowns))]
    kinds += [(SummandKind.PUBLIC, i, 0) for i in range(len(publics))]
    coefficient = st.sampled_from([1, -1, 3, -7, 100, 2**31 - 1, -(2**31)])
    equations = tuple(
        Equation(
            f"e{i}",
            tuple(
                Summand(kind, draw(coefficient), a, b)
                for kind, a, b in draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=3))
            ),
        )
        for i in range(draw(st.integers(0, 2)))
    )
    return Program(
        "c", draw(st.integers(0, 2**32 - 1)), publics, logs, lookups, tuple(made), unknowns, equations, buses
    )


@st.composite
def statements(draw: st.DrawFn) -> Statement:
    """One to three claims over logs of their slots, some of which they share."""
    profile = draw(st.sampled_from(PROFILES))
    size = st.sampled_from([3, 8, 10, 13, 14, 15, 16, 17, 20, 21])
    logs: list[tuple[LogSlot, StatementLog]] = []
    claims = []
    for number in range(draw(st.integers(1, 3))):
        program = draw(programs())
        slots = []
        for slot in program.logs:
            mine = {i for filled in slots for i in filled}
            shared = [i for i, (of, _) in enumerate(logs) if of.width == slot.width and i not in mine]
            filled = set(draw(st.lists(st.sampled_from(shared), max_size=2))) if shared else set()
            for _ in range(draw(st.integers(0 if filled else 1, 2))):
                filled.add(len(logs))
                logs.append((slot, draw(stated_log(slot, profile, size, len(logs)))))
            slots.append(tuple(sorted(filled)))
        values = tuple(draw(st.integers(0, (1 << public.bits) - 1)) for public in program.publics)
        sizes = tuple(draw(st.integers(3, 20)) for _ in program.private_tables)
        claims.append(StatementClaim(f"claim {number}", program, values, tuple(slots), sizes))
    return Statement(profile, draw(st.binary(max_size=9)), tuple(log for _, log in logs), tuple(claims))


@st.composite
def stated_log(
    draw: st.DrawFn, slot: LogSlot, profile: Profile, size: st.SearchStrategy[int], number: int
) -> StatementLog:
    entries = []
    for at, k in enumerate(draw(st.lists(size, min_size=1, max_size=3))):
        try:
            kappa = profile.capacity(k)
        except ParametersRejected:
            assume(False)
        root = bytes([number, at]) + bytes(30)
        entries.append(Entry(profile.id, slot.schema_digest, slot.width, k, kappa, root, (0,) * 6))
    return StatementLog(support.checkpoint(entries, f"log-{number:02}"), tuple(entries))


def unused_bus(program: Program) -> bool:
    used = {i.bus for table in program.tables for i in table.interactions}
    return any(
        bus not in used for bus in range(1 + len(program.lookups), 1 + len(program.lookups) + len(program.buses))
    )


COUNTS = {"accepted": 0, "refused": 0}


@DETERMINISTIC
@given(statements())
def test_layout_and_soundness(stated: Statement) -> None:
    programs = []
    for claim in stated.claims:
        assume(not unused_bus(claim.program))  # malformed
        programs.append(decode_program(claim.program.encoded))
        assert programs[-1].encode() == claim.program.encoded and programs[-1].digest == claim.program.digest
    decoded = decode_statement(stated.encode())
    assert decoded.encode() == stated.encode()
    try:
        layout = lay_out(stated)
    except ParametersRejected as refusal:
        try:
            shape_of(decoded, programs)
        except (ParametersRejected, LimitExceeded):
            COUNTS["refused"] += 1
            return
        raise AssertionError(f"only the prover refuses: {refusal}") from refusal
    try:
        shape = shape_of(decoded, programs)
    except LimitExceeded:
        return  # the verifier's own limits on its work
    COUNTS["accepted"] += 1
    assert layout.heights == shape.heights and layout.chunks == shape.chunks
    assert [(i.k, i.kappa, i.witness_columns, i.air.extension_columns) for i in layout.instances] == [
        (i.k, i.kappa, i.witness_columns, i.extension_columns) for i in shape.instances
    ]
    assert [(i.air.log_columns, i.air.next_columns) for i in layout.instances] == [
        (i.merged.log_columns, i.merged.next_columns) for i in shape.instances
    ]
    assert [constraint_count(i) for i in layout.instances] == [i.constraint_count for i in shape.instances]
    assert (layout.cells.count, len(layout.cells.identities)) == (shape.layout.cells, shape.layout.identities)
    assert layout.cells.lookups == [first for firsts in shape.layout.lookups for first in firsts]
    assert [c.first_cell for c in layout.cells.chains] == [e.first_cell for of in shape.layout.equations for e in of]
    mine, theirs = soundness(shapes_of(layout)), verify_soundness.table(verify_soundness.quantities(shape))
    assert abs(log2(mine.total) - log2(theirs.error)) < 1e-6
    assert abs(theirs.error / mine.total - 1) < 2**-40


def test_both_outcomes_were_met() -> None:
    assert COUNTS["accepted"] > 20, COUNTS


@DETERMINISTIC
@given(st.sets(st.integers(6, 21), min_size=1, max_size=5))
def test_fold_schedule(heights: set[int]) -> None:
    ordered = tuple(sorted(heights, reverse=True))
    mine, final = fold_schedule(ordered)
    theirs, size = schedule(ordered)
    assert [(x.kappa, x.arity_log2, x.rolls_in) for x in mine] == [tuple(x) for x in theirs] and final == size
    current = ordered[0]
    for layer in mine:
        assert layer.kappa == current and 1 <= layer.arity_log2 <= 3
        current -= layer.arity_log2
        assert layer.rolls_in == (current in heights)
    assert current == final <= 8 and (ordered[-1] < 12 or code_degree(final, ordered) <= 288)
    assert {layer.kappa - layer.arity_log2 for layer in mine if layer.rolls_in} == heights - {ordered[0]}
