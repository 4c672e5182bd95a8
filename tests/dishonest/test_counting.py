"""Programs of a user's own whose counts can cancel or wrap, and segments that are taken for one another.

Each false witness is accepted by a verifier that does not judge what a program counts, and each has its twin: the
program that counts as it should, by which an honest witness passes and the false one does not.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.kit import support
from tests.kit.support import Prover, refused, without
from zkcompliance.errors import BalanceMismatch, MalformedProgram, ParametersRejected, QuotientMismatch
from zkcompliance.stark.air.builder import TableBuilder
from zkcompliance.stark.air.program import LogSlot, Program, Public, TableAir
from zkcompliance.stark.air.shape import Instance
from zkcompliance.stark.air.union import Member
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.prover.witness import check_trace
from zkcompliance.verify import constraints as verify_constraints
from zkcompliance.verify import verifier

ROWS = 8


def program(*tables: TableAir, buses: tuple[int, ...] = (), publics: tuple[Public, ...] = ()) -> Program:
    """These tables, and a log that no constraint reads where none of them has one."""
    log = () if tables[0].log is not None else (TableBuilder().build((0,)),)
    slot = LogSlot("compute", support.SCHEMA.digest, support.SCHEMA.width)
    return Program("test-counts", 1, publics, (slot,), (), (*log, *tables), (), (), buses)


def made(asked: Program, *private: list[list[int]]) -> Prover:
    """A prover with these rows of each private table, by column; rows that are not given are zero."""
    log = support.seal(support.table(support.ROWS))
    columns = [np.zeros((0, ROWS), np.uint32)]
    for table in private:
        columns.append(np.array([[*column, *([0] * (ROWS - len(column)))] for column in table], np.uint32))
    stated = support.with_claim(support.statement([log.entry], {}, asked), private=(3,) * len(private))
    return Prover(stated, [log], columns, [], support.seed("counts"))


def accepted(prover: Prover) -> None:
    proved = support.prove(prover)
    assert check_trace(proved.prover.layout, proved.prover.trace) == []
    proved.verify()


def refused_by_what_it_counts(prover: Prover, why: str) -> None:
    """The program is refused, and by nothing else than that check."""
    proved = support.prove(prover)
    with pytest.raises(MalformedProgram, match=why):
        proved.verify()
    with without(verifier, "check_multiplicities"):
        proved.verify()


# The range bus


def two_in_range(sign: int) -> Program:
    """Says that x and y have 16 bits: x is asked once, and y `sign` times."""
    table = TableBuilder(log=None)
    x, y = table.witness_column(), table.witness_column()
    table.require_16_bits(x)
    if sign == 1:
        table.require_16_bits(y)
    else:
        table.interact(0, table.lift(sign), y)
    return program(table.build((2,)))


def test_an_ask_of_the_range_bus_with_minus_one() -> None:
    """x = y = 2^16 + 7 are asked +1 and −1 times, and no table has to hold them."""
    lie = [[2**16 + 7, 5], [2**16 + 7, 5]]
    refused_by_what_it_counts(made(two_in_range(-1), lie), "table 1, interaction 1: on the range bus")
    accepted(made(two_in_range(1), [[65535, 5], [1, 5]]))
    refused(BalanceMismatch, made(two_in_range(1), lie))


# General buses


def two_of_a_set(sign: int) -> Program:
    """Says that x and y are values of a table of bits: x is asked once, y `sign` times, the table answers freely."""
    table, bits = TableBuilder(log=None), TableBuilder(log=None)
    x, y = table.witness_column(), table.witness_column()
    table.interact(1, table.lift(1), x)
    table.interact(1, table.lift(sign), y)
    value, count = bits.witness_column(), bits.witness_column()
    bits.require_zero("a bit", value * (value - 1))
    bits.interact(1, bits.lift(0) - count, value)
    return program(table.build((2,)), bits.build((1,)), buses=(1,))


def test_asks_with_both_signs() -> None:
    """x = y = 99 cancel, and the table that has no 99 need not answer for it."""
    lie = [[99], [99]]
    refused_by_what_it_counts(made(two_of_a_set(-1), lie, [[0], [0]]), "table 2, interaction 0: .* both signs")
    accepted(made(two_of_a_set(1), [[1, 1], [0, 1]], [[0, 1], [13, 3]]))
    refused(BalanceMismatch, made(two_of_a_set(1), lie, [[0], [14]]))


def never_sent(factor: int, bound: int) -> Program:
    """Says that a tuple is never sent: each row sends it factor·x + y times, of 16 bits each, and nobody takes it."""
    table = TableBuilder(log=None)
    x, y = table.witness_column(), table.witness_column()
    table.require_16_bits(x, y)
    table.interact(1, x * factor + y, table.lift(5), bound=bound)
    return program(table.build((2, 1)), buses=(1,))


def test_multiplicities_that_wrap_under_a_dishonest_bound() -> None:
    """2^14·(65535 + 57345) + 1 = p: sent p times in two rows, which is never."""
    lie, most = [[65535, 57345], [1, 0]], 65535 * 2**14 + 65535
    assert P == 2**14 * (65535 + 57345) + 1
    refused_by_what_it_counts(made(never_sent(2**14, 1), lie), "interaction 2: its multiplicity may be larger than")
    with pytest.raises(ParametersRejected, match="more lookups on one bus than"):
        made(never_sent(2**14, most), lie).prove()
    stated = support.prove(made(never_sent(2**14, most // 8), lie))  # the largest bound that eight rows may have
    with pytest.raises(MalformedProgram, match="may be larger than its bound"):
        stated.verify()
    accepted(made(never_sent(1, 2 * 65535), [[0], [0]]))
    refused(BalanceMismatch, made(never_sent(1, 2 * 65535), lie))


def cancelled(again: bool) -> Program:
    """Says that v is a bit: it is asked for once, of a table of bits.

    again: and z·q times besides, z being 30720·x and −y: of 16 bits both, so it is 0, but mod p.
    """
    table, bits = TableBuilder(log=None), TableBuilder(log=None)
    x, y, z, v = (table.witness_column() for _ in range(4))
    table.require_16_bits(x, y)
    table.require_zero("z from x", z - x * 30720)
    table.require_zero("z from y", z - (table.lift(0) - y))
    table.interact(1, table.lift(1), v)
    if again:
        table.interact(1, z * pow(30721, -1, P), v, bound=1)
    value, count = bits.witness_column(), bits.witness_column()
    bits.require_zero("a bit", value * (value - 1))
    bits.interact(1, bits.lift(0) - count, value)
    return program(table.build((2, 1 + again)), bits.build((1,)), buses=(1,))


def test_ranges_that_meet_in_0_alone_and_elsewhere_mod_p() -> None:
    """30720·65535 + 30721 = p: so z is −30721, and v = 99 is asked for 1 − 1 times."""
    assert P == 30720 * 65535 + 30721
    lie = [[65535], [30721], [P - 30721], [99]]
    refused_by_what_it_counts(made(cancelled(True), lie, [[0], [7]]), "nothing bounds its multiplicity")
    accepted(made(cancelled(False), [[0, 65535], [0, 30721], [0, P - 30721], [0, 1]], [[0, 1], [7, 1]]))
    refused(BalanceMismatch, made(cancelled(False), lie, [[0], [7]]))


def small_by_each_other(bits_alone: bool) -> Program:
    """Says that x is a bit: asked for once, of a table of bits. As many as x says are asked for of t besides.

    bits_alone: a constraint makes x a bit, before anything is said of the bus.
    """
    table, bits = TableBuilder(log=None), TableBuilder(log=None)
    a, b, x, t = (table.witness_column() for _ in range(4))
    table.require_16_bits(a, b)
    times = a * 2**14 + b
    table.require_zero("so many times", times - x)
    if bits_alone:
        table.require_zero("x is 0 or 1", x * (x - 1))
    table.interact(1, None, x)
    table.interact(1, times, t, bound=1)
    value, count = bits.witness_column(), bits.witness_column()
    bits.require_zero("a bit", value * (value - 1))
    bits.interact(1, bits.lift(0) - count, value)
    return program(table.build((2, 2)), bits.build((1,)), buses=(1,))


def test_a_bound_that_follows_from_itself() -> None:
    """2x + 3 = p: three rows ask for x once and two of them x times. That x is a bit would follow from asks that do not
    wrap; and that they do not, from x being a bit."""
    x = (P - 3) // 2
    a, b = divmod(x, 2**14)
    lie = [[a, a, a], [b, b, b], [x, x, x], [x, x, 0]]
    why = "its multiplicity may be larger than its bound"
    refused_by_what_it_counts(made(small_by_each_other(False), lie, [[0], [x + 5]]), why)
    accepted(made(small_by_each_other(True), [[0, 0], [1, 0], [1, 0], [1, 0]], [[0, 1], [7, 2]]))
    refused(QuotientMismatch, made(small_by_each_other(True), lie, [[0], [x + 5]]))


# The number of a segment


def first_values() -> Program:
    """Says that the first row of segment 0 has public 0 in a column, and that of segment 1 public 1."""
    row, table = TableBuilder(), TableBuilder(log=None)
    row.interact(1, row.first(), row.ordinal(), row.log_column(support.FLOP[0]))
    nothing, minus_first, minus_last = (
        table.witness_column(),
        table.lift(0) - table.first(),
        table.lift(0) - table.last(),
    )
    table.require_zero("nothing", nothing)
    table.interact(1, minus_first, table.lift(0), table.public(0))
    table.interact(1, minus_last, table.lift(1), table.public(1))
    return program(row.build((1,)), table.build((2,)), buses=(2,), publics=(Public("a", 16), Public("b", 16)))


class OthersOrdinal(Prover):
    """Computes each of two segments with the ORDINAL of the other."""

    def commit_witness(self) -> None:
        """The tables are put together with the other numbers; they are constants there."""

        def of_the_other(i: Instance) -> Instance:
            if i.entry is None or i.member is None:
                return i
            member = Member(tuple(replace(p, segment=1 - p.segment) for p in i.member.parts), tallies=False)
            return replace(i, air=member.merged(0), member=replace(member, parts=i.member.parts))

        self.layout = replace(self.layout, instances=tuple(map(of_the_other, self.layout.instances)))
        super().commit_witness()


def of_two_segments(kind: type[Prover], a: int, b: int) -> Prover:
    """Segments whose first rows have 11 and 22, and a statement that says a and b."""
    logs = [support.seal(support.table([(0, value)]), str(value)) for value in (11, 22)]
    stated = support.statement([log.entry for log in logs], {"a": a, "b": b}, first_values())
    private = [np.zeros((columns, ROWS), np.uint32) for columns in (0, 0, 1)]
    return kind(support.with_claim(stated, private=(3,)), logs, private, [], support.seed("ordinals"))


def test_the_ordinal_of_another_segment() -> None:
    """A number follows from the place in the statement: a verifier that took the prover's would believe it."""
    accepted(of_two_segments(Prover, 11, 22))
    refused(BalanceMismatch, of_two_segments(Prover, 22, 11))
    lie = refused(QuotientMismatch, of_two_segments(OthersOrdinal, 22, 11))
    honest = verify_constraints.instance_constraints

    def taken(shape, instance, *rest):  # type: ignore[no-untyped-def]
        return honest(shape, instance._replace(ordinals=tuple(1 - o for o in instance.ordinals)), *rest)

    with without(verify_constraints, "instance_constraints", taken):
        lie.verify()
