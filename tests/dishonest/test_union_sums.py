"""Tall sums of a union: every bucket has an identity of its own, the totals have their bounds, and whether a statement
is tall is nobody's choice."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from tests.kit import handwritten, support, unions
from tests.kit.support import ROWS, Prover, refused, without
from tests.kit.unions import Case, compute
from tests.kit.weak_protocols import OtherSums
from zkcompliance import limits
from zkcompliance.errors import BalanceMismatch, MalformedProof, OpeningMismatch, QuotientMismatch
from zkcompliance.stark.air.cells import TALL_CELLS
from zkcompliance.stark.air.program import Equation, Program, Summand, SummandKind
from zkcompliance.stark.air.shape import Layout
from zkcompliance.stark.air.weights import Challenges, tally_weights
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.field.extension import Ext
from zkcompliance.stark.prover import lookups as prover_lookups
from zkcompliance.stark.prover import prover as prover_module
from zkcompliance.stark.prover import quotient as prover_quotient
from zkcompliance.stark.prover import witness as prover_witness
from zkcompliance.stark.prover.witness import Trace
from zkcompliance.verify import constraints as verify_constraints
from zkcompliance.verify import weights as verify_weights
from zkcompliance.verify.field import ONE, Powers, add, scale

DIGESTS = {"compute": support.SCHEMA.digest}
K, BUCKETS = 16, 4  # the least table with tallies
FULL = 65535 << 16  # the sum of a limb that is 65535 on every row


@pytest.fixture(autouse=True)
def tall() -> Iterator[None]:
    with unions.tall_early():
        yield


def full() -> np.ndarray:
    """A log whose rows all count, with 65535 in the least limb of their FLOP."""
    columns = np.zeros((support.SCHEMA.width, 1 << K), np.uint32)
    columns[support.ACT], columns[support.FLOP[0]] = 1, 65535
    return columns


def prover(kind: type[Prover], limit: int, slack: int | None = None) -> Prover:
    """A limit over the full log, with this slack whatever it is, and a true one."""
    case = unions.union({"compute": [full()]}, DIGESTS, [compute("a", limit=limit), compute("b")])
    if slack is not None:
        case.unknowns[0] = slack
    return case.prover(kind)


# A bucket's identity is its own


class OtherBuckets(OtherSums):
    """Tallies of the first claim's least limb that are wrong by `wrong` in each bucket, their totals with them."""

    wrong = (0, 0, 0, 0)

    def other_sums(self, true: list[np.ndarray]) -> list[np.ndarray]:
        true[0][0] += np.array(self.wrong, np.int64)
        return true


BUCKET = FULL // BUCKETS


class AWholePLess(OtherBuckets):
    """Bucket 0 empty and another one less, so that all together have p less than they should: 0 in the field."""

    wrong = (-BUCKET, BUCKET - P, 0, 0)


class OneBucketForAnother(OtherBuckets):
    """Wrong in two buckets, and right in total."""

    wrong = (-5, 5, 0, 0)


class TogetherWeighed(Prover):
    """All buckets of a limb have the weight of its first, in sums and tallies: a limb has one identity, mod p."""

    @contextlib.contextmanager
    def weighed(self) -> Iterator[None]:
        honest = prover_quotient.periodic_tables

        def alike(layout: Layout, number: int, delta: Ext):  # type: ignore[no-untyped-def]
            blind, weights, bucket = honest(layout, number, delta)
            return blind, np.repeat(weights[:, :1], weights.shape[1], axis=1), bucket

        patched = [without(module, "periodic_tables", alike) for module in (prover_lookups, prover_quotient)]
        with patched[0], patched[1], without(prover_module, "tally_weights", tallies_together):
            yield

    def commit_lookups(self) -> None:
        with self.weighed():
            super().commit_lookups()

    def quotient(self, kappa: int, weights: dict[int, np.ndarray]) -> np.ndarray:
        with self.weighed():
            return super().quotient(kappa, weights)


def tallies_together(layout: Layout, challenges: Challenges) -> dict[int, np.ndarray]:
    """Tallies' weights where identity q of a bucket is that of its limb's first."""
    cells = layout.cells
    identities = list(cells.identities)
    for place in cells.sums:
        for i in range(place.limbs * place.buckets):
            q, first = place.first_identity + i, place.first_identity + i - i % place.buckets
            if q != first:
                mine, others = identities[q], identities[first]
                identities[first] = replace(others, tallies=[*others.tallies, *mine.tallies])
                identities[q] = replace(mine, tallies=[])
    return tally_weights(replace(layout, cells=replace(cells, identities=identities)), challenges)


class OfTheFirst:
    """Powers of δ, every bucket's that of its limb's first."""

    def __init__(self, powers: Powers) -> None:
        self._powers = powers

    def __getitem__(self, exponent: int) -> Ext:
        return self._powers[exponent - exponent % BUCKETS]


@contextlib.contextmanager
def verifier_weighs_together() -> Iterator[None]:
    public, rows = verify_constraints.public_columns, verify_weights._limb_rows
    alike = without(verify_constraints, "public_columns", lambda *given: public(*given)._replace(gamma=ONE))
    together = without(verify_weights, "_limb_rows", lambda k, n, delta, z: rows(k, n, OfTheFirst(delta), z))
    with alike, together:
        yield


class AWholePLessTogether(AWholePLess, TogetherWeighed):
    """The same in the weaker protocol."""


class OneForAnotherTogether(OneBucketForAnother, TogetherWeighed):
    """The same in the weaker protocol."""


def test_tallies_that_are_wrong_in_a_bucket_and_right_in_total() -> None:
    """Where a limb's buckets have one identity, 2^32 − 2^16 FLOP are shown to be p less, and below a limit between."""
    less, limit = FULL - P, FULL - P + 1000
    with verifier_weighs_together():
        support.prove(prover(TogetherWeighed, FULL + 1)).verify()
        support.prove(prover(OneForAnotherTogether, FULL + 1)).verify()
        support.prove(prover(AWholePLessTogether, limit, limit - 1 - less)).verify()
        refused(BalanceMismatch, prover(TogetherWeighed, limit))
    support.prove(prover(Prover, FULL + 1)).verify()
    refused(BalanceMismatch, prover(AWholePLess, limit, limit - 1 - less))
    refused(BalanceMismatch, prover(OneBucketForAnother, FULL + 1))
    refused(QuotientMismatch, prover(AWholePLessTogether, limit, limit - 1 - less))


# b1 < 2^7


def at_least() -> Program:
    """Says that the counted FLOP are `limit` or more: Σ counted·flop − slack − limit = 0."""
    sums, slack = Summand(SummandKind.SUM, 1, 0, 0), Summand(SummandKind.UNKNOWN, -1, 0)
    equation = Equation("total at the limit", (sums, slack, Summand(SummandKind.PUBLIC, -1, 0)))
    return replace(handwritten.program(), claim="test-at-least", equations=(equation,))


MORE = (1 << 14) + (30720 << 30)  # what a limb's total has more where b0 has 1 and b1 30720 more: 2^14·p
assert MORE == P << 14


class TopOver(Prover):
    """Σ B mod p in other b0 and b1, of the first claim's least limb; b2 has what fits of 2^9·b1."""

    def make_trace(self) -> Trace:
        honest = prover_witness.cell_values

        def over(layout: Layout, sums: list[np.ndarray], unknowns: list[int]) -> np.ndarray:
            cells = honest(layout, sums, unknowns)
            first = layout.cells.sums[0].first_cell
            b0, b1, b2 = range(first + 2, first + TALL_CELLS)
            cells[b0], cells[b1] = cells[b0] + 1, cells[b1] + 30720
            cells[b2] = (cells[b1] << 9) & 0xFFFF
            return carried(layout, cells)

        with without(prover_witness, "cell_values", over):
            return super().make_trace()


def carried(layout: Layout, cells: np.ndarray) -> np.ndarray:
    """The carries again, for other totals."""
    for chain in layout.cells.chains:
        for e in range(chain.digits - 1):
            identity, carry = layout.cells.identities[chain.first_identity + e], chain.first_cell + 2 * e
            rest = sum(int(cells[cell]) * weight for cell, weight in identity.cells if cell != carry)
            u = ((rest + identity.constant) >> 16) % (1 << 14)
            cells[carry], cells[carry + 1] = u, 4 * u
    return cells


class WithoutTops(Prover):
    """Has no identity b2 − 2^9·b1 = 0."""

    def commit_witness(self) -> None:
        super().commit_witness()
        for identity in self.layout.cells.identities:
            if identity.name.endswith(", top"):
                identity.cells.clear()


class TopOverWithout(TopOver, WithoutTops):
    """The same in the weaker protocol."""


def verifier_without_tops() -> contextlib.AbstractContextManager[None]:
    honest = verify_weights._total_weights

    def without_top(weights, place, limb, at, delta):  # type: ignore[no-untyped-def]
        honest(weights, place, limb, at, delta)
        cell = place.cell + verify_weights.TOTALS * limb
        b1, b2 = cell + 3, cell + 4
        weights[b1], weights[b2] = add(weights[b1], scale(weights[b2], 1 << 9)), (0,) * 6

    return without(verify_weights, "_total_weights", without_top)


def of_at_least(kind: type[Prover], limit: int, slack: int) -> Prover:
    of_below = compute("b")
    wanted = [replace(compute("a", limit=limit), program=at_least()), of_below]
    case = unions.union({"compute": [full()]}, DIGESTS, wanted)
    case.unknowns[0] = slack
    return case.prover(kind)


def test_a_top_digit_of_2_to_the_7_and_more() -> None:
    """Σ B is read mod p: with b1 of any 16 bits a total would be 2^14·p more than it is, and reach a floor."""
    with verifier_without_tops():
        support.prove(of_at_least(WithoutTops, FULL, 0)).verify()
        support.prove(of_at_least(TopOverWithout, FULL + MORE, 0)).verify()
        refused(BalanceMismatch, of_at_least(WithoutTops, FULL + 1, 0))
    support.prove(of_at_least(Prover, FULL, 0)).verify()
    refused(BalanceMismatch, of_at_least(TopOver, FULL + MORE, 0))
    refused(QuotientMismatch, of_at_least(TopOverWithout, FULL + MORE, 0))


# Tall or not


class Chooses(Prover):
    """Has a limit of its own on A and B that are cells."""

    most = 4096

    def prove(self) -> bytes:
        with without(limits, "MAX_DIRECT_CELLS", self.most):
            return super().prove()


class ChoosesTall(Chooses):
    most = 20


def small(kind: type[Prover]) -> Case:
    logs = [support.table(ROWS), support.table(ROWS[:2], K)]
    return unions.union({"compute": logs}, DIGESTS, [compute("a"), compute("b")]).prover(kind)


@pytest.mark.parametrize(("kind", "other"), [(Chooses, 4096), (ChoosesTall, 20)])
def test_whether_a_statement_is_tall_is_nobodys_choice(kind: type[Chooses], other: int) -> None:
    """A tall one proved as a direct one, and the reverse: accepted by whoever has the prover's limit."""
    proved = support.prove(small(kind))
    with without(limits, "MAX_DIRECT_CELLS", other):
        proved.verify()
    with without(limits, "MAX_DIRECT_CELLS", 4116 - other):
        refused((MalformedProof, OpeningMismatch, QuotientMismatch), proved)
