"""What a union takes for each claim's own: its publics, the numbers of its segments, its logs, each once, whole and as
they were sealed."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from tests.kit import support, unions
from tests.kit.hunt.base import event
from tests.kit.support import ROWS, TOTAL, Proved, Prover, refused, without
from tests.kit.unions import Case, Wanted, compute, log_of, of_language
from zkcompliance import limits, schemas
from zkcompliance.claim.compile import compile_claim
from zkcompliance.claim.language import EventLog, claim, require, sealed_within
from zkcompliance.errors import (
    BalanceMismatch,
    BracketNotBacked,
    CheckpointMismatch,
    MalformedStatement,
    QuotientMismatch,
)
from zkcompliance.log import merkle
from zkcompliance.stark.air.builder import TableBuilder
from zkcompliance.stark.air.program import (
    Equation,
    LogSlot,
    Node,
    Op,
    Program,
    Public,
    Summand,
    SummandKind,
    Unknown,
)
from zkcompliance.stark.air.shape import Instance, lay_out
from zkcompliance.stark.air.union import Member, Part
from zkcompliance.stark.commit.table import SealedTable
from zkcompliance.stark.field.extension import Ext
from zkcompliance.stark.prover import quotient
from zkcompliance.stark.prover.openings import Opening, Powers, evaluate
from zkcompliance.stark.prover.quotient import Blocks
from zkcompliance.stark.prover.witness import Trace, check_trace
from zkcompliance.stark.statement import StatementLog
from zkcompliance.verify import constraints as verify_constraints
from zkcompliance.verify import statement as verify_statement
from zkcompliance.verify import union as verify_union
from zkcompliance.verify import verifier
from zkcompliance.verify.statement import LogStatement

Slots = tuple[tuple[int, ...], ...]
COMPUTE = support.SCHEMA
DIGESTS = dict.fromkeys("abcd", COMPUTE.digest)
SLOT = LogSlot("compute", COMPUTE.digest, COMPUTE.width)


def accepted(prover: Prover) -> Proved:
    """A proof of a true trace, which verifies."""
    proved = support.prove(prover)
    assert check_trace(prover.layout, prover.trace) == []
    proved.verify()
    return proved


# Publics


class Swapped(Prover):
    """Computes each of two claims with the publics of the other."""

    def commit_witness(self) -> None:
        first, second = self.statement.claims
        claims = (replace(first, publics=second.publics), replace(second, publics=first.publics))
        self.layout = lay_out(replace(self.statement, claims=claims))
        super().commit_witness()


def verifier_swaps() -> contextlib.AbstractContextManager[None]:
    honest = verifier.shape_of

    def swapped(*given):  # type: ignore[no-untyped-def]
        shape = honest(*given)
        return replace(shape, publics=shape.publics[::-1])

    return without(verifier, "shape_of", swapped)


def two_limits(kind: type[Prover], low: int, high: int, *, phases: int = support.COUNTED) -> Prover:
    """Over two logs, of which that of claim a has far more. low: of claim a."""
    logs = {"a": [support.table(ROWS)], "b": [support.table([(0, 5), (3, 9)])]}
    wanted = [replace(compute(name, [name]), publics={"limit": limit, "phases": chosen})
              for name, limit, chosen in (("a", low, support.COUNTED), ("b", high, phases))]  # fmt: skip
    case = unions.union(logs, DIGESTS, wanted)
    if kind is Swapped:
        case.unknowns = unions.union(logs, DIGESTS, [
            replace(wanted[0], publics=wanted[1].publics), replace(wanted[1], publics=wanted[0].publics)
        ]).unknowns  # fmt: skip
    return case.prover(kind)


def test_one_claim_twice_with_the_limits_swapped() -> None:
    """Claim a has 10^20 and more, and is to have less than 100; it does so by the limit of claim b."""
    accepted(two_limits(Prover, TOTAL + 1, 100))
    with verifier_swaps():
        support.prove(two_limits(Swapped, 100, TOTAL + 1)).verify()
    refused(BalanceMismatch, two_limits(Swapped, 100, TOTAL + 1))
    refused(BalanceMismatch, two_limits(Prover, 100, TOTAL + 1))


def test_with_other_limbs_of_publics_in_constraints_and_tables() -> None:
    """The public tables differ too: then it is their weights, which the cells have, that are wrong."""
    with verifier_swaps():
        case = two_limits(Swapped, 100, TOTAL + 1, phases=support.COUNTED | 1 << 5)
        support.prove(case).verify()
    refused(QuotientMismatch, two_limits(Swapped, 100, TOTAL + 1, phases=support.COUNTED | 1 << 5))


# The number of a segment in its slot


def first_row() -> Program:
    """Says that the first row of segment 0 has a public value in a column."""
    table = TableBuilder()
    value, number = table.log_column(support.FLOP[0]), table.ordinal()
    table.require_zero("the first row", table.first() * (number - 1) * (value - table.public(0)))
    return Program("test-first", 1, (Public("value", 16),), (SLOT,), (), (table.build((0,)),), (), ())


class OrdinalOfTheOther(Prover):
    """Takes for each part of claim b the number that its segment has in the slot of claim a."""

    def commit_witness(self) -> None:
        numbers = {
            part.instance: part.segment
            for i in self.layout.instances[:-1]
            if i.member is not None
            for part in i.member.parts
            if part.claim == 0
        }

        def other(part: Part) -> Part:
            return replace(part, segment=numbers.get(part.instance, part.segment)) if part.claim == 1 else part

        def of_the_other(i: Instance) -> Instance:
            if i.member is None or i.entry is None:
                return i
            return replace(i, air=replace(i.member, parts=tuple(map(other, i.member.parts))).merged(0))

        self.layout = replace(self.layout, instances=tuple(map(of_the_other, self.layout.instances)))
        super().commit_witness()


def of_two_slots(kind: type[Prover], value: int) -> Prover:
    """Log c follows log a in the slot of claim a, and is alone in that of claim b: its first row has 22."""
    logs = {"a": [support.table([(0, 11)])], "c": [support.table([(0, 22)])]}
    program, nothing = first_row(), np.zeros((0, 8), np.uint32)
    wanted = [
        unions.of_program("a", program, {"compute": ["a", "c"]}, [nothing] * 2, {"value": 11}),
        unions.of_program("b", program, {"compute": ["c"]}, [nothing], {"value": value}),
    ]
    return unions.union(logs, DIGESTS, wanted).prover(kind)


def test_the_ordinal_of_another_slot() -> None:
    """In claim a's slot the log has number 1, of which the claim says nothing; in claim b's it has 0."""
    accepted(of_two_slots(Prover, 22))
    refused(QuotientMismatch, of_two_slots(Prover, 99))
    lie = refused(QuotientMismatch, of_two_slots(OrdinalOfTheOther, 99))
    honest = verify_union._segments_before

    def of_the_first(statement, part, log):  # type: ignore[no-untyped-def]
        return honest(statement, part._replace(claim=0) if part.claim == 1 else part, log)

    with without(verify_union, "_segments_before", of_the_first):
        lie.verify()


# Each log once


def at_least(slots: int) -> Program:
    """Says that its slots have so many rows together: Σ act − rest − least = 0."""
    tables = []
    for number in range(slots):
        table = TableBuilder(number)
        act = table.log_column(support.ACT)
        table.require_zero("act is 0 or 1", act * (act - 1))
        table.sum_over_rows("rows", act, [table.lift(1)])
        tables.append(table.build((0,)))
    sums = [Summand(SummandKind.SUM, 1, number, 0) for number in range(slots)]
    rest, least = Summand(SummandKind.UNKNOWN, -1, 0), Summand(SummandKind.PUBLIC, -1, 0)
    enough = Equation("enough rows", (*sums, rest, least))
    logs = tuple(replace(SLOT, name=f"slot {number}") for number in range(slots))
    publics, unknowns = (Public("least", 16),), (Unknown("rest", 1),)
    return Program("test-floor", 1, publics, logs, (), tuple(tables), unknowns, (enough,))


def floor(logs: Mapping[str, Sequence[np.ndarray]], filling: Slots, least: int) -> Case:
    """A floor of rows, stated of slots that are filled in any way; and a limit over all logs."""
    origins = sorted(logs)
    filled = [part for slot in filling for log in slot for part in logs[origins[log]]]
    rows = sum(int(part[support.ACT].sum()) for part in filled)
    nothing = [np.zeros((0, part.shape[1]), np.uint32) for part in filled]
    program = at_least(len(filling))
    slots = {f"slot {number}": origins[:1] for number in range(len(filling))}
    wanted = [unions.of_program("floor", program, slots, nothing, {"least": least}, [rows - least])]
    case = unions.union(logs, DIGESTS, [*wanted, compute("limit", origins)])
    of_floor, limit = case.statement.claims
    case.statement = replace(case.statement, claims=(replace(of_floor, slots=filling), limit))
    return case


class Repeating(list):  # type: ignore[type-arg]
    """Stands for `set` where a decoder counts: what is there twice stays."""

    add = list.append

    def __eq__(self, other: object) -> bool:
        return set(self) == set(other)  # type: ignore[call-overload]

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment]


@contextlib.contextmanager
def logs_in_several_places() -> Iterator[None]:
    """A decoder that does not ask whether a log is in a claim once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verify_statement, "set", Repeating, raising=False)
        yield


def test_a_log_in_two_slots_of_one_claim() -> None:
    """Its rows would count twice."""
    logs = {"a": [support.table(ROWS)], "b": [support.table(ROWS[:2])]}
    accepted(floor(logs, ((0,), (1,)), len(ROWS) + 2).prover())
    lie = refused(MalformedStatement, floor({"a": logs["a"]}, ((0,), (0,)), 2 * len(ROWS)).prover())
    with logs_in_several_places():
        lie.verify()


def counts_again(statement, programs, numbers, tall):  # type: ignore[no-untyped-def]
    """The tables over each log, with those of a claim as often as the log is in its slots; one table a slot."""
    result = []
    for number in range(len(statement.logs)):
        parts, short = [], set()
        for c, (of, program) in enumerate(zip(statement.claims, programs, strict=True)):
            for slot in [slot for slot, logs in enumerate(of.slots) for log in logs if log == number]:
                short |= verify_union._short_columns(program)[slot]
                parts.append((c, slot, program.tables[slot], numbers[c]))
        result.append(verify_union.merge(parts, sorted(short), tall))
    return result


@contextlib.contextmanager
def verifier_counts_again() -> Iterator[None]:
    """A verifier that takes a log in two places of a slot, each with a number of its own."""
    honest, seen = verify_union._segments_before, Counter[tuple[int, int, int]]()

    def numbered(statement, part, log):  # type: ignore[no-untyped-def]
        before = seen[part.claim, part.number, log]
        seen[part.claim, part.number, log] += 1
        return honest(statement, part, log) + before * (part.claim >= 0)

    again = without(verify_union, "_log_tables", counts_again), without(verify_union, "_segments_before", numbered)
    with logs_in_several_places(), again[0], again[1]:
        yield


def test_a_log_in_two_places_of_one_slot() -> None:
    logs = {"a": [support.table(ROWS)], "b": [support.table(ROWS[:2])]}
    accepted(floor(logs, ((0, 1),), len(ROWS) + 2).prover())
    lie = refused(MalformedStatement, floor({"a": logs["a"]}, ((0, 0),), 2 * len(ROWS)).prover())
    with verifier_counts_again():
        lie.verify()


@pytest.mark.parametrize("origin", ["a", "b"])
def test_the_segments_of_one_log_in_two_logs(origin: str) -> None:
    """Under the same origin, or one more that the lab signs for."""
    case = floor({"a": [support.table(ROWS)], "b": [support.table(ROWS)]}, ((0, 1),), 2 * len(ROWS))
    first = case.statement.logs[0]
    again = replace(first, checkpoint=support.checkpoint(first.entries, origin))
    case.statement, case.tables = replace(case.statement, logs=(first, again)), case.tables[:1] * 2
    lie = refused(MalformedStatement, case.prover())

    def read_logs(reader, profile):  # type: ignore[no-untyped-def]
        return tuple(verify_statement._read_log(reader, profile, limits.MAX_SEGMENTS) for _ in range(reader.u8()))

    with without(verify_statement, "_read_logs", read_logs):
        lie.verify()


# One opening of each segment for all claims


class Elsewhere(Part):
    """A part that reads other columns, which stand below those of its segment."""

    def node(self, node: Node, nodes: int, witness: int) -> Node:
        op, a, b = super().node(node, nodes, witness)
        return (op, a + COMPUTE.width, b) if op == Op.LOG else (op, a, b)


class OtherRows(Prover):
    """Shows claim b over other rows than those of the segment, which it shares with claim a; opens the segment's."""

    other: SealedTable

    def prove(self) -> bytes:
        self.stacked = np.concatenate([self.tables[0].columns, self.other.columns])
        return super().prove()

    @contextlib.contextmanager
    def elsewhere(self) -> Iterator[None]:
        """Where claim b's part reads the other rows."""
        first, *rest = self.layout.instances
        assert first.member is not None
        parts = tuple(Elsewhere(**vars(part)) if part.claim == 1 else part for part in first.member.parts)
        layout, trace = self.layout, self._trace
        tables = trace.tables if trace is not None else {}
        self.layout = replace(layout, instances=(replace(first, air=Member(parts, tallies=False).merged(0)), *rest))
        stacked = SealedTable(self.stacked, b"", self.tables[0].entry, self.profile)
        if trace is not None:
            trace.tables = {0: stacked}
        yield
        self.layout = layout
        if trace is not None:
            trace.tables = tables

    def make_trace(self) -> Trace:
        mine = self.tables
        with self.elsewhere():
            self.tables = [SealedTable(self.stacked, b"", mine[0].entry, self.profile)]
            trace = super().make_trace()
        self.tables = mine
        trace.tables = dict(enumerate(mine))
        return trace

    def lookup_columns(self, number: int) -> tuple[np.ndarray, Ext]:
        with self.elsewhere():
            return super().lookup_columns(number)

    def quotient(self, kappa: int, weights: dict[int, np.ndarray]) -> np.ndarray:
        with self.elsewhere():
            return super().quotient(kappa, weights)

    def _sources(self, number: int) -> Blocks:
        blocks, made = super()._sources(number), self

        class Stacked:
            rows = made.tables[0].extension().rows

            @staticmethod
            def block(at: int, columns: Sequence[int]) -> np.ndarray:
                """Of these columns, of which the other rows' are numbered after all of the segment's."""
                of = made.tables[0].extension(), made.other.extension()
                chosen = [of[c // COMPUTE.width].block(at, [c % COMPUTE.width]) for c in columns]
                return np.concatenate(chosen)

        return blocks._replace(log=Stacked()) if number == 0 else blocks  # type: ignore[arg-type]

    def seen_by_b(self) -> dict[int, Ext]:
        """The other columns' values at z."""
        columns = self.layout.instances[0].air.log_columns
        coefficients = self.other.coefficients(list(columns))
        found = evaluate(Opening(0, self.z, coefficients, extension=False), Powers())
        return dict(zip(columns, found, strict=True))


def verifier_opens_twice(seen: dict[int, Ext]) -> contextlib.AbstractContextManager[None]:
    """A verifier that takes values of the segment's columns for each claim, and does not ask whether they are alike."""
    honest = verify_constraints._nodes

    def nodes(shape, instance, part, ordinal, opened, public):  # type: ignore[no-untyped-def]
        taken = replace_log(opened, seen) if part.claim == 1 else opened
        return honest(shape, instance, part, ordinal, taken, public)

    return without(verify_constraints, "_nodes", nodes)


def replace_log(opened, log):  # type: ignore[no-untyped-def]
    """What is opened, with these values of log columns."""
    return type(opened)(log, opened.witness, opened.next, opened.extension, opened.acc_next)


def of_one_log(kind: type[Prover], shown: Sequence[tuple[int, int]]) -> Prover:
    """Claims a and b over the same rows; b is to have less than 100, and has it over what is `shown` to it."""
    wanted = [compute("a", ["a"]), compute("b", ["a"], 100)]
    case = unions.union({"a": [support.table(ROWS)]}, DIGESTS, wanted)
    others = unions.union({"a": [support.table(shown)]}, DIGESTS, wanted)
    case.private[1], case.unknowns[1] = others.private[1], others.unknowns[1]
    made = case.prover(kind)
    if isinstance(made, OtherRows):
        made.other = others.tables[0]
    return made


def test_an_instance_shared_by_two_claims_with_other_rows_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A column of a segment has one value at z, in the batch with the rows that were sealed, for all claims.

    The liar changes what whole cosets have, and so takes its quotient from these alone.
    """
    monkeypatch.setattr(quotient, "SMALL_LOG2", 32)
    few = [(0, 5), (3, 9)]
    lie = of_one_log(OtherRows, few)
    proved = refused(QuotientMismatch, lie)
    with verifier_opens_twice(lie.seen_by_b()):  # type: ignore[attr-defined]
        proved.verify()
    refused(BalanceMismatch, of_one_log(Prover, few))
    refused(BalanceMismatch, of_one_log(Prover, ROWS))


# Brackets, and all segments


@claim("sealed-promptly")
def sealed_promptly(events: EventLog) -> None:
    """Every row was sealed within a minute."""
    require("promptly", events.every(sealed_within(events.at, 60)))


@claim("few-rows")
def few_rows(events: EventLog) -> None:
    """Nine rows at the most."""
    require("few", events.count() <= 9)


def test_brackets_that_no_anchor_backs() -> None:
    """One claim of two reads it; the statement has it for the log, and no proof of it is accepted."""
    log, bracket = log_of(schemas.event, [event(at=1000), event(at=1030)]), (900, 1050)
    prompt, few = (of_language(definition, {"events": ["log"]}) for definition in (sealed_promptly, few_rows))
    compiled = compile_claim(sealed_promptly)
    prompt = replace(prompt, fill=lambda tables, given: compiled.witness(tables, given, None, {"events": [bracket]}))
    case = unions.union({"log": log}, {"log": schemas.event.digest}, [few, prompt])
    (stated,) = case.statement.logs
    for said, why in ((bracket, None), ((900, 1070), BalanceMismatch)):
        case.statement = replace(case.statement, logs=(replace(stated, brackets=(said,)),))
        lie = refused(BracketNotBacked, case.prover())
        with without(verifier, "check_brackets"):
            if why is None:
                lie.verify()
            else:
                refused((why, QuotientMismatch), lie)
    case = unions.union({"log": log}, {"log": schemas.event.digest}, [few])
    (stated,) = case.statement.logs
    case.statement = replace(case.statement, logs=(replace(stated, brackets=(bracket,)),))
    refused(BracketNotBacked, case.prover())


def anything(ranged: bool) -> Program:
    """Says nothing of its log, of which it takes a range or not."""
    table = TableBuilder()
    table.require_zero("nothing", table.lift(0))
    return Program("test-nothing", 1, (), (replace(SLOT, ranged=ranged),), (), (table.build((0,)),), (), ())


def of_a_range(*wanted: Wanted) -> Prover:
    """Over the second of two segments, in which there is little."""
    case = unions.union({"a": [support.table([(0, 5)])]}, DIGESTS, wanted)
    first, (second,) = support.seal(support.table(ROWS), "first").entry, case.statement.logs[0].entries
    hashes = (merkle.leaf_hash(first.encode()),)
    log = StatementLog(support.checkpoint([first, second], "a"), (second,), 1, hashes)
    case.statement = replace(case.statement, logs=(log,))
    return case.prover()


def test_a_range_of_segments_where_one_program_takes_none() -> None:
    """A claim of the union takes a range of the log, another one does not: it would have the rows of the range only."""
    nothing = [np.zeros((0, 8), np.uint32)]
    ranged, whole = (unions.of_program("n", anything(each), {"compute": ["a"]}, nothing) for each in (True, False))
    accepted(of_a_range(ranged))
    for wanted in ((ranged, compute("limit", ["a"], 100)), (ranged, replace(whole, requirement="o")), (whole,)):
        lie = refused(CheckpointMismatch, of_a_range(*wanted))
        with without(LogStatement, "whole", property(lambda _: True)):
            lie.verify()
