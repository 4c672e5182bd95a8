"""What keeps the claims of a union apart within one check: the weaker protocols of test_composition, over several
claims; and a union that forgets a constraint of one claim, or has another's twice in its place."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

import numpy as np
import pytest

from tests.kit import support, unions
from tests.kit.support import ROWS, TOTAL, DroppedConstraints, Prover, refused, verifier_drops, without
from tests.kit.unions import compute
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
from zkcompliance.stark.air.builder import TableBuilder
from zkcompliance.stark.air.program import LogSlot, Program, Public
from zkcompliance.stark.field import extension as ext
from zkcompliance.stark.field.extension import Ext
from zkcompliance.stark.prover import quotient as prover_quotient
from zkcompliance.verify import constraints as verify_constraints

FALSE_SLACK = 2**112 - 1
DIGESTS = dict.fromkeys(("compute", "other"), support.SCHEMA.digest)


def two_logs(
    first: np.ndarray, second: np.ndarray, kind: type[Prover], *, true: bool = False, slack: int = FALSE_SLACK
) -> Prover:
    """A limit on each of two logs. That of the first is its total, which is to be below itself, unless it is true."""
    limit = support.LIMIT if true else support.CLAIM.check({"compute": [first]}, support.PUBLICS).details["total"]
    wanted = [compute("a", ["compute"], int(limit)), compute("b", ["other"])]
    case = unions.union({"compute": [first], "other": [second]}, DIGESTS, wanted)
    if not true:
        case.unknowns[0] = slack
    return case.prover(kind)


# Identities from δ^1


def over_by_one(kind: type[Prover], *, true: bool = False) -> Prover:
    """Two limits on one log, the first of which is false by one."""
    wanted = [compute("a", limit=support.LIMIT if true else TOTAL), compute("b")]
    case = unions.union({"compute": [support.table(ROWS)]}, DIGESTS, wanted)
    if not true:
        case.unknowns[0] = 0
    return case.prover(kind)


def test_a_blind_stands_for_no_identity_of_any_claim() -> None:
    """Identity 0 is the first claim's; the blind is that of the instance that both share."""
    with verifier_from_one():
        support.prove(over_by_one(FromOne, true=True)).verify()
        support.prove(over_by_one(OneLessFromOne)).verify()
    support.prove(over_by_one(Prover, true=True)).verify()
    refused(BalanceMismatch, over_by_one(OneLess))
    refused(QuotientMismatch, over_by_one(OneLessFromOne))


# A vanishing polynomial for each number of rows


def test_a_false_total_is_not_put_on_another_claims_log() -> None:
    """Logs of 8 and of 16 rows, of one height: by 8 rows' polynomial, the last row of the second claim's log is free,
    and its terminal takes what the first claim's total lacks."""
    logs = support.table(ROWS[:2]), support.table(ROWS, 4)
    with verifier_divides(4, 3):
        support.prove(two_logs(*logs, OneVanishing, true=True)).verify()
        support.prove(two_logs(*logs, FreeTerminalOneVanishing)).verify()
        refused(BalanceMismatch, two_logs(*logs, OneVanishing))
    support.prove(two_logs(*logs, Prover, true=True)).verify()
    refused(QuotientMismatch, two_logs(*logs, FreeTerminalOneVanishing))
    refused(QuotientMismatch, two_logs(*logs, FreeTerminal))


# A power of α for each constraint of all instances of a height


def test_a_constraint_of_one_claim_does_not_make_up_for_anothers() -> None:
    """Where α begins anew for each instance, only the sum of both claims' constraints has to vanish."""
    logs = [support.table([*ROWS, (0, 1), (last, 5)]) for last in range(2)]
    with verifier_restarts():
        support.prove(two_logs(*logs, Restarted, true=True)).verify()
        support.prove(two_logs(*logs, OneForAnotherRestarted)).verify()
        refused(BalanceMismatch, two_logs(*logs, Restarted))
    support.prove(two_logs(*logs, Prover, true=True)).verify()
    refused(QuotientMismatch, two_logs(*logs, OneForAnother))
    refused(QuotientMismatch, two_logs(*logs, OneForAnotherRestarted))


# Every constraint of every claim, once


def largest() -> Program:
    """Says that no row's least limb of FLOP is above `most`: a column has most − limb, of 16 bits."""
    table = TableBuilder()
    limb, rest = table.log_column(support.FLOP[0]), table.witness_column()
    table.require_16_bits(limb, rest)
    table.require_zero("limb and rest are the most", table.public(0) - limb - rest)
    slot = LogSlot("compute", support.SCHEMA.digest, support.SCHEMA.width)
    return Program("test-largest", 1, (Public("most", 16),), (slot,), (), (table.build((1,)),), (), ())


def of_largest(kind: type[Prover], *, false: int | None) -> Prover:
    """Limits 9 and 7 of limbs up to 8, or 9 and 8; the witness of the false one is that of the other.

    false: which claim, 0 or 1, has the limit of 7.
    """
    columns = support.table([(0, limb) for limb in (8, 3, 0, 8)])
    limits = [9, 9]
    if false is not None:
        limits[false] = 7
    rest = (9 - columns[support.FLOP[0]].astype(np.int64))[None].astype(np.uint32)
    program, slots = largest(), {"compute": ["compute"]}
    wanted = [
        unions.of_program(name, program, slots, [rest], {"most": limit})
        for name, limit in zip(("a", "b"), limits, strict=True)
    ]
    return unions.union({"compute": [columns]}, DIGESTS, wanted).prover(kind)


class DropsTheFirst(DroppedConstraints):
    """Lacks the constraint of the first claim."""

    dropped = frozenset({(0, 0)})


class DropsTheSecond(DroppedConstraints):
    dropped = frozenset({(0, 1)})


@pytest.mark.parametrize(("kind", "false"), [(DropsTheFirst, 0), (DropsTheSecond, 1)])
def test_a_union_that_drops_a_constraint(kind: type[DroppedConstraints], false: int) -> None:
    """The rows are of both claims, and so is the instance; each has a constraint of its own there."""
    with verifier_drops(kind.dropped):
        support.prove(of_largest(kind, false=false)).verify()
        refused(QuotientMismatch, of_largest(kind, false=1 - false))
    support.prove(of_largest(Prover, false=None)).verify()
    refused(QuotientMismatch, of_largest(kind, false=false))
    refused(QuotientMismatch, of_largest(Prover, false=false))
    refused(QuotientMismatch, of_largest(kind, false=None))


Places = Mapping[int, int]  # the number of a constraint of instance 0 → that of the one in its place


class Doubling(Prover):
    """Has one constraint of the first instance in the place of another, so that it is there twice."""

    places: Places = {1: 0}  # noqa: RUF012

    def quotient(self, kappa: int, weights: dict[int, np.ndarray]) -> np.ndarray:
        honest = prover_quotient.constraint_weights

        def doubled(alpha: Ext, first: int, count: int) -> list[Ext]:
            found = honest(alpha, first, count)
            if first == 0 and kappa == self.layout.instances[0].kappa:
                for place, instead in self.places.items():
                    found[instead] = ext.add(found[instead], found[place])
                    found[place] = ext.ZERO
            return found

        with without(prover_quotient, "constraint_weights", doubled):
            return super().quotient(kappa, weights)


class TheSecondTwice(Doubling):
    places: Places = {0: 1}  # noqa: RUF012


def verifier_doubles(places: Places) -> contextlib.AbstractContextManager[None]:
    """A verifier with the same constraint twice."""
    honest = verify_constraints.instance_constraints

    def doubled(shape, instance, *rest):  # type: ignore[no-untyped-def]
        found = honest(shape, instance, *rest)
        if instance is shape.instances[0]:
            before = list(found)
            for place, instead in places.items():
                found[place] = before[instead]
        return found

    return without(verify_constraints, "instance_constraints", doubled)


@pytest.mark.parametrize(("kind", "false"), [(Doubling, 1), (TheSecondTwice, 0)])
def test_a_union_that_has_one_claims_constraint_twice(kind: type[Doubling], false: int) -> None:
    """As if both claims were the true one: they are of one program, and differ in what is public."""
    with verifier_doubles(kind.places):
        support.prove(of_largest(kind, false=false)).verify()
        refused(QuotientMismatch, of_largest(kind, false=1 - false))
    refused(QuotientMismatch, of_largest(kind, false=false))
    refused(QuotientMismatch, of_largest(Prover, false=false))
    refused(QuotientMismatch, of_largest(kind, false=None))


class AllTwice(Prover):
    """Counts a constraint of the second claim twice more, with the next power of α, as if the claim were there twice.

    Nothing false is shown so; but it is another protocol, and the proof is none of this one.
    """

    def quotient(self, kappa: int, weights: dict[int, np.ndarray]) -> np.ndarray:
        honest = prover_quotient.constraint_weights

        def more(alpha: Ext, first: int, count: int) -> list[Ext]:
            found = honest(alpha, first, count + 1)
            if first == 0 and kappa == self.layout.instances[0].kappa:
                return [found[0], ext.add(found[1], found[2]), *found[3:]]
            return found[:-1]

        with without(prover_quotient, "constraint_weights", more):
            return super().quotient(kappa, weights)


def test_a_union_that_has_a_constraint_once_too_often() -> None:
    refused(QuotientMismatch, of_largest(AllTwice, false=None))
