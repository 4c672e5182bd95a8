"""What keeps the parts of one check apart: a weight for each identity, a vanishing polynomial for each instance, a
power of α for each constraint. Each weaker protocol, on both sides, accepts a false total."""

from __future__ import annotations

import pytest

from tests.kit import support
from tests.kit.support import CLAIM, PUBLICS, ROWS, TOTAL, Prover, refused
from tests.kit.weak_protocols import (
    FreeTerminal,
    FreeTerminalOneVanishing,
    FromOne,
    OneForAnother,
    OneForAnotherRestarted,
    OneLess,
    OneLessFromOne,
    OneVanishing,
    Restarted,
    verifier_divides,
    verifier_from_one,
    verifier_restarts,
)
from zkcompliance.errors import BalanceMismatch, QuotientMismatch

OVER = {**PUBLICS, "limit": TOTAL}  # the total is to be below itself
FALSE_SLACK = 2**112 - 1


# Identities from δ^1: the blinds have no weight


def over_by_one(kind: type[Prover]) -> Prover:
    return support.prover([support.seal(support.table(ROWS))], OVER, kind, unknowns=[0])


def test_a_blind_stands_for_no_identity() -> None:
    """With a weight of δ^0 for an identity, a blind repairs it; with δ^1 nothing does."""
    log = support.seal(support.table(ROWS))
    assert not CLAIM.check({"compute": [log.columns]}, OVER).holds
    with verifier_from_one():
        support.prove(support.prover([log], kind=FromOne)).verify()  # the weaker protocol by itself
        support.prove(over_by_one(OneLessFromOne)).verify()
    support.prove(support.prover([log])).verify()
    refused(BalanceMismatch, over_by_one(OneLess))
    refused(QuotientMismatch, over_by_one(OneLessFromOne))


# A vanishing polynomial for each number of rows


class OfTheTaller(OneVanishing):
    """The shorter table by the taller one's."""

    own, other = 3, 4


def of_two_sizes(kind: type[Prover], *, true: bool = False) -> Prover:
    """Segments of 8 and 16 rows, both of one capacity."""
    tables = [support.seal(support.table(ROWS[:2])), support.seal(support.table(ROWS, 4), "second")]
    assert tables[0].entry.kappa == tables[1].entry.kappa
    if true:
        return support.prover(tables, kind=kind)
    return support.prover(tables, OVER, kind, unknowns=[FALSE_SLACK])


def test_instances_of_one_height_vanish_each_on_its_own_rows() -> None:
    """By 8 rows' polynomial, every other row of 16 is free, the last among them."""
    with verifier_divides(4, 3):
        support.prove(of_two_sizes(OneVanishing, true=True)).verify()
        support.prove(of_two_sizes(FreeTerminalOneVanishing)).verify()
        refused(BalanceMismatch, of_two_sizes(OneVanishing))
    support.prove(of_two_sizes(Prover, true=True)).verify()
    refused(QuotientMismatch, of_two_sizes(FreeTerminalOneVanishing))
    refused(QuotientMismatch, of_two_sizes(FreeTerminal))


def test_the_tallers_vanishing_polynomial_divides_nothing_of_the_shorter() -> None:
    """Eight rows say nothing of eight more: even an honest prover has no quotient, whoever verifies."""
    proved = refused(QuotientMismatch, of_two_sizes(OfTheTaller, true=True))
    with verifier_divides(3, 4), pytest.raises(QuotientMismatch):
        proved.verify()


# A power of α for each constraint of all instances of a height


def of_two_full(kind: type[Prover], *, true: bool = False) -> Prover:
    """Two segments of one size without padding, whose last rows differ."""
    rows = [[*ROWS, (0, 1), (last, 5)] for last in range(2)]
    tables = [support.seal(support.table(part), str(i)) for i, part in enumerate(rows)]
    if true:
        return support.prover(tables, kind=kind)
    return support.prover(tables, OVER, kind, unknowns=[FALSE_SLACK])


def test_a_constraint_of_one_instance_does_not_make_up_for_anothers() -> None:
    """Where α begins anew for each instance, only the sum of their constraints has to vanish."""
    with verifier_restarts():
        support.prove(of_two_full(Restarted, true=True)).verify()
        support.prove(of_two_full(OneForAnotherRestarted)).verify()
        refused(BalanceMismatch, of_two_full(Restarted))
    support.prove(of_two_full(Prover, true=True)).verify()
    refused(QuotientMismatch, of_two_full(OneForAnother))
    refused(QuotientMismatch, of_two_full(OneForAnotherRestarted))
