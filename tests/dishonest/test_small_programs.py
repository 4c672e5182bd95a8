"""Programs as small as they can be: a table without interactions, a log that no constraint reads, two buses of one
width; and provers that take tables, shapes or an order for themselves."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import pytest

from tests.kit import support
from tests.kit.support import OpensTheSealed, Proved, Prover, refused, without
from zkcompliance.errors import (
    BalanceMismatch,
    FoldMismatch,
    MalformedProof,
    OpeningMismatch,
    ProofRefused,
    QuotientMismatch,
    StatementMismatch,
    ZkComplianceError,
)
from zkcompliance.stark.air.builder import TableBuilder
from zkcompliance.stark.air.program import LogSlot, Program
from zkcompliance.stark.air.shape import Layout
from zkcompliance.stark.commit.table import SealedTable
from zkcompliance.stark.field import extension as ext
from zkcompliance.stark.field.extension import Ext
from zkcompliance.stark.prover import lookups as lookups_module
from zkcompliance.stark.prover import prover as prover_module
from zkcompliance.stark.prover import quotient as quotient_module
from zkcompliance.stark.prover.witness import check_trace
from zkcompliance.stark.transcript import Stream
from zkcompliance.verify import constraints as verify_constraints
from zkcompliance.verify import verifier

SENT = np.array([[3, 1, 4, 1, 5, 9, 2, 6], [2, 7, 1, 8, 2, 8, 1, 8]], np.uint32)


@functools.cache
def sealed() -> SealedTable:
    return support.seal(support.table(support.ROWS))


def program(*, apart: bool = True) -> Program:
    """A log that no constraint reads; a private table sends two columns, and another takes them away again.

    apart: on two buses of one width; otherwise on one.
    """
    log = TableBuilder()
    sender, taker = TableBuilder(log=None), TableBuilder(log=None)
    for table, sign in ((sender, 1), (taker, -1)):
        for bus in (1, 2 if apart else 1):
            column = table.witness_column()
            table.interact(bus, table.lift(sign), column)
    return Program(
        claim="test-small", version=1, publics=(),
        logs=(LogSlot("compute", support.SCHEMA.digest, support.SCHEMA.width),),
        lookups=(), tables=(log.build((0,)), sender.build((2,)), taker.build((2,))), unknowns=(), equations=(),
        buses=(1, 1) if apart else (1,),
    )  # fmt: skip


def made(
    kind: type[Prover] = Prover,
    *,
    taken: np.ndarray | None = None,
    log: SealedTable | None = None,
    apart: bool = True,
    height: int = 3,
) -> Prover:
    """A prover; `taken`: what the second private table takes; `height`: of the private tables, as stated."""
    log = log or sealed()
    described = support.statement([log.entry], {}, program(apart=apart))
    described = support.with_claim(described, private=(height, height))
    taken = SENT[:, ::-1].copy() if taken is None else taken
    return kind(described, [log], [np.zeros((0, 8), np.uint32), SENT.copy(), taken], [], support.seed("small"))


@pytest.fixture(scope="module")
def honest_small() -> Proved:
    """A true proof, with a true trace."""
    proved = support.prove(made())
    assert check_trace(proved.prover.layout, proved.prover.trace) == []
    proved.verify()
    return proved


# Buses


SWAPPED = np.ascontiguousarray(SENT[::-1])


def test_a_tuple_moved_to_another_bus() -> None:
    """What was sent on one bus is taken from the other: together they balance, each by itself does not."""
    refused(BalanceMismatch, made(taken=SWAPPED))
    support.prove(made(taken=SWAPPED, apart=False)).verify()  # one bus for both: nothing tells them apart


class Balanced(Prover):
    """Puts what is missing on the terminal of the log's instance, which has no interactions."""

    def commit_lookups(self) -> None:
        super().commit_lookups()
        assert not self.layout.instances[0].air.interactions

    def lookup_columns(self, number: int) -> tuple[np.ndarray, Ext]:
        columns, terminal = super().lookup_columns(number)
        if number == len(self.layout.instances) - 1:
            missing = support.View(self).balance([*self.terminals, terminal])
            self.terminals[0] = ext.sub(self.terminals[0], missing)
        return columns, terminal


def test_the_terminal_of_a_table_without_interactions_is_not_free() -> None:
    proved = refused(QuotientMismatch, made(Balanced, taken=SWAPPED))
    with without(verifier, "check_quotients"):
        proved.verify()


def terminals_at(proved: Proved) -> int:
    """Where the terminals stand in the proof: after the roots of witness and extension trees."""
    return 2 * 32 * len(proved.prover.layout.heights)


def test_a_terminal_left_out_or_put_in(honest_small: Proved) -> None:
    """Their number follows from the statement: what comes after is read as what it is not."""
    proof = honest_small.proof
    for number, terminal in enumerate(honest_small.prover.terminals):
        at = terminals_at(honest_small) + 24 * number
        assert proof[at : at + 24] == np.array(terminal, "<u4").tobytes()
        for put in (b"", bytes(48), proof[at : at + 24] * 2):
            with pytest.raises((QuotientMismatch, MalformedProof)):
                honest_small.verify(proof[:at] + put + proof[at + 24 :])


class OneMoreTerminal(Prover):
    """States a terminal for an instance that is not there, absorbs it, and sends it."""

    def commit_lookups(self) -> None:
        absorb = self.transcript.absorb

        def more(label: str, data: bytes) -> None:
            absorb(label, data + bytes(24) if label == "terminals" else data)

        self.transcript.absorb = more  # type: ignore[method-assign]
        super().commit_lookups()
        del self.transcript.absorb  # type: ignore[method-assign]

    def assemble(self) -> bytes:
        self.terminals = [*self.terminals, ext.ZERO]
        return super().assemble()


def test_a_terminal_too_many_that_the_prover_absorbed() -> None:
    refused((QuotientMismatch, MalformedProof), made(OneMoreTerminal))


class MeetsAValue(Prover):
    """Its challenge a is the fingerprint's other side for the value 3 on bus 1: a fraction has no value."""

    def commit_witness(self) -> None:
        drawn = Stream.exts

        def unlucky(self: Stream, count: int) -> list[Ext]:
            beta = (5, 0, 0, 0, 0, 1)
            a = ext.add(ext.scale(beta, 2), (3, 0, 0, 0, 0, 0))
            return [a, beta, beta] if count == 3 else drawn(self, count)

        with without(Stream, "exts", unlucky):
            super().commit_witness()


def test_a_challenge_that_is_a_looked_up_value_gives_no_proof() -> None:
    with pytest.raises(ProofRefused, match="try again"):
        made(MeetsAValue).prove()


# A log that no constraint reads


@pytest.mark.parametrize(("kind", "error"), [(Prover, OpeningMismatch), (OpensTheSealed, FoldMismatch)])
def test_rows_of_a_log_that_no_constraint_reads(kind: type[Prover], error: type[ZkComplianceError]) -> None:
    """No column of it is opened at z, and still its tree is opened, and its tag ties it to what was sealed."""
    other = support.table(support.ROWS)
    other[support.FLOP, 3] = 0
    mine = support.seal(other)
    mine.entry = sealed().entry
    prover = made(kind, log=mine)
    prover.real = sealed()  # type: ignore[attr-defined]
    refused(error, prover)


# What the verifier derives by itself


class OtherPeriod(Prover):
    """Takes other periodic columns than the program's: a blind that has weight on every row."""

    def prove(self) -> bytes:
        honest = quotient_module.periodic_tables

        def other(*given):  # type: ignore[no-untyped-def]
            blind, buckets, number = honest(*given)
            changed = blind.copy()
            changed[0, 6] = 1
            return changed, buckets, number

        with without(lookups_module, "periodic_tables", other), without(quotient_module, "periodic_tables", other):
            return super().prove()


def test_periodic_columns_are_not_the_provers() -> None:
    """A row that should have no weight has one; a verifier that took the prover's column would not notice."""
    proved = refused(QuotientMismatch, made(OtherPeriod))
    honest = verify_constraints.periodic

    def taken(values, k, z):  # type: ignore[no-untyped-def]
        return honest([*values[:6], ext.ONE, ext.ZERO] if len(values) == 8 else values, k, z)

    with without(verify_constraints, "periodic", taken):
        proved.verify()


class OtherTable(Prover):
    """The compute claim with a public table of its own: another set of phases than the statement's counts."""

    phases = 0b0111

    def commit_witness(self) -> None:
        claim = support.only(self.statement)
        (lookup,) = claim.program.lookups
        values = lookup.values((claim.publics[0], self.phases))
        self.layout: Layout = replace(self.layout, lookup_values=(values,))
        super().commit_witness()


def test_public_tables_are_not_the_provers() -> None:
    """Rows of the phase left out do not count: below a limit that the true total is over."""
    stated = {**support.PUBLICS, "limit": support.TOTAL}
    assert not support.CLAIM.check({"compute": [sealed().columns]}, stated).holds
    fewer = {**stated, "phases": OtherTable.phases}
    witness = support.CLAIM.witness({"compute": [sealed().columns]}, fewer)
    given = {"private": witness.private, "unknowns": witness.unknowns}
    support.prove(support.prover([sealed()], fewer, **given)).verify()  # true of the phases that it counts
    lie = refused(QuotientMismatch, support.prover([sealed()], stated, OtherTable, **given))
    weigh = verifier.weigh

    def taken(shape, challenges):  # type: ignore[no-untyped-def]
        ((limit, _),) = shape.publics
        return weigh(replace(shape, publics=((limit, OtherTable.phases),)), challenges)

    with without(verifier, "weigh", taken):
        lie.verify()  # a verifier that took the prover's table


class OtherOrder(Prover):
    """Absorbs and sends the roots of its witness trees shortest first."""

    def _commit_heights(self, phase, parts, label):  # type: ignore[no-untyped-def]
        if label != "witness":
            return super()._commit_heights(phase, parts, label)
        said: list[tuple[str, bytes]] = []
        with without(self.transcript, "absorb", lambda *message: said.append(message)):
            found = super()._commit_heights(phase, parts, label)
        for message in reversed(said):
            self.transcript.absorb(*message)
        return found

    def assemble(self) -> bytes:
        proof = super().assemble()
        return proof[32:64] + proof[:32] + proof[64:]


def test_the_order_of_commitments_is_the_statements() -> None:
    tables = [sealed(), support.seal(support.table(support.ROWS, 14), "taller")]
    lie = support.prover(tables, kind=OtherOrder)
    proved = refused(OpeningMismatch, lie)  # all challenges are the prover's: the roots are other trees'
    assert len(proved.prover.layout.heights) == 2


def test_a_height_that_is_stated_and_not_used(honest_small: Proved) -> None:
    """The proof over tables of eight rows under a statement of more, or of one table less."""
    stated = honest_small.prover.statement
    for heights in ((4, 3), (3, 4), (5, 5)):
        with pytest.raises((QuotientMismatch, MalformedProof)):
            honest_small.verify(statement=support.with_claim(stated, private=heights).encode())
    with pytest.raises(StatementMismatch):
        honest_small.verify(statement=support.with_claim(stated, private=(3,)).encode())


class UsesEight(Prover):
    """States 2^4 rows of each private table, absorbs that, and commits to 2^3."""

    def commit_witness(self) -> None:
        small = support.with_claim(self.statement, private=(3, 3))
        self.layout = prover_module.lay_out(small)
        super().commit_witness()


def test_a_height_that_only_the_statement_has() -> None:
    refused((QuotientMismatch, MalformedProof), made(UsesEight, height=4))
