"""A total over the limit: wrapped slacks, forged carries, wrapped limbs, rows that count when they should not."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from tests.kit import support
from tests.kit.support import (
    CLAIM,
    FLOP,
    LIMIT,
    PHASE,
    PUBLICS,
    ROWS,
    TOTAL,
    cells_of,
    recount,
    unbalanced,
    without,
)
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.prover import witness as witness_module
from zkcompliance.stark.prover.prover import Prover
from zkcompliance.stark.prover.witness import Trace, check_trace

OVER = {**PUBLICS, "limit": TOTAL}  # the total is not below it


class EditedTrace(Prover):
    """The honest trace with an edit; the rest of the proof is computed honestly from it."""

    def make_trace(self) -> Trace:
        trace = super().make_trace()
        self.edit(trace)
        recount(self, trace)
        return trace

    def edit(self, trace: Trace) -> None:
        raise NotImplementedError

    def cell(self, chain: int, digit: int) -> int:
        return self.layout.cells.chains[chain].first_cell + 2 * digit


@pytest.fixture(scope="module")
def log() -> support.SealedTable:
    return support.seal(support.table(ROWS))


def test_total_over_the_limit_with_a_slack_wrapped_mod_2_112(log: support.SealedTable) -> None:
    (slack,) = CLAIM.witness({"compute": [log.columns]}, OVER).unknowns
    assert slack == -1  # the total is the limit itself: the nearest miss
    proved = unbalanced(support.prover([log], OVER, unknowns=[slack % 2**112]))
    failures = {failure.requirement for failure in check_trace(proved.prover.layout, proved.prover.trace)}
    assert failures == {"total below the limit, digit 7"}


def test_one_above_is_provable(log: support.SealedTable) -> None:
    support.prove(support.prover([log], {**PUBLICS, "limit": TOTAL + 1})).verify()


class SumsInTheField(EditedTrace):
    """Bucket sums as F sees them: a limb of −1 takes one off."""

    def make_trace(self) -> Trace:
        real = witness_module.place_sums
        with without(witness_module, "place_sums", lambda *given: [found % P for found in real(*given)]):
            return super().make_trace()

    def edit(self, trace: Trace) -> None:
        """Nothing: the rows are what is false."""


class ForgedCarry(EditedTrace):
    """A carry outside its 16 bits, chosen in F so that every identity holds."""

    def edit(self, trace: Trace) -> None:
        cells = cells_of(self, trace)
        identities = self.layout.cells.identities
        chain = self.layout.cells.chains[0]
        carry_in = 0  # into the digit above: solved from the top digit downwards
        for e in reversed(range(1, chain.digits)):
            # digit e holds for a carry in: Σ + K + (u − 2^13) − 2^16·(out) = 0 with the out above already fixed
            identity = identities[chain.first_identity + e]
            below = self.cell(0, e - 1)
            rest = sum(int(cells[c]) * w for c, w in identity.cells if c != below) + identity.constant
            carry_in = -rest % P
            cells[below], cells[below + 1] = carry_in, 4 * carry_in % P


def test_carries_forged_from_the_top(log: support.SealedTable) -> None:
    unbalanced(support.prover([log], OVER, ForgedCarry, unknowns=[2**112 - 1]))


class WrappedCarries(EditedTrace):
    """Every carry is what F asks from the bottom: exact division by 2^16 in F instead of over the integers."""

    def edit(self, trace: Trace) -> None:
        cells = cells_of(self, trace)
        chain = self.layout.cells.chains[0]
        for e in range(chain.digits - 1):
            identity = self.layout.cells.identities[chain.first_identity + e]
            carry = self.cell(0, e)
            rest = sum(int(cells[c]) * w for c, w in identity.cells if c != carry) + identity.constant
            cells[carry] = rest * pow(1 << 16, -1, P) % P
            cells[carry + 1] = 4 * int(cells[carry]) % P


def test_carries_divided_in_the_field(log: support.SealedTable) -> None:
    unbalanced(support.prover([log], OVER, WrappedCarries, unknowns=[12345]))


class ForgedBucket(EditedTrace):
    """A bucket's two cells say one FLOP less than the rows."""

    def edit(self, trace: Trace) -> None:
        cells_of(self, trace)[self.layout.cells.sums[0].first_cell] -= 1


def test_partial_sum_that_is_not_the_rows(log: support.SealedTable) -> None:
    unbalanced(support.prover([log], OVER, ForgedBucket, unknowns=[0]))


class SlackLimb(EditedTrace):
    """A limb of the slack is −1 in F: the equation holds, the limb has no 16 bits."""

    def edit(self, trace: Trace) -> None:
        cells = cells_of(self, trace)
        first, limbs = self.layout.cells.unknowns[0]
        cells[first : first + limbs] = 0
        cells[first] = P - 1
        chain = self.layout.cells.chains[0]
        for e in range(chain.digits - 1):
            identity = self.layout.cells.identities[chain.first_identity + e]
            carry = self.cell(0, e)
            values = {c: int(cells[c]) - (P if int(cells[c]) == P - 1 else 0) for c, _ in identity.cells}
            rest = sum(values[c] * w for c, w in identity.cells if c != carry) + identity.constant
            cells[carry], cells[carry + 1] = rest >> 16, 4 * (rest >> 16)


def test_slack_of_minus_one(log: support.SealedTable) -> None:
    proved = unbalanced(support.prover([log], OVER, SlackLimb))
    failures = {failure.requirement for failure in check_trace(proved.prover.layout, proved.prover.trace)}
    assert "a cell has 16 bits" in failures


@pytest.mark.parametrize(("value", "limb"), [(P - 1, 0), (P - 5, 3), (1 << 16, 5), (P // 2, 1)])
def test_wrapped_limb_sealed_by_a_dishonest_lab(value: int, limb: int) -> None:
    """A committed limb that is a small negative number, or one past 16 bits, in a counted row."""
    columns = support.table(ROWS)
    columns[FLOP[limb], 0] = value
    stated = support.table(ROWS)
    # the slack that fits the sum in F, so that everything but the range holds
    claimed = sum(int(x) - (P if int(x) > P // 2 else 0) << 16 * j for j, x in enumerate(columns[FLOP, 0]))
    real = sum(int(x) << 16 * j for j, x in enumerate(stated[FLOP, 0]))
    slack = LIMIT - 1 - (TOTAL - real + claimed)
    proved = unbalanced(support.prover([support.seal(columns, "wrapped")], kind=SumsInTheField, unknowns=[slack]))
    failures = {failure.requirement for failure in check_trace(proved.prover.layout, proved.prover.trace)}
    assert "16 bits" in failures


def sealed_with(row: int, act: int, phase: int, flop: int = 7) -> support.SealedTable:
    columns = support.table(ROWS)
    columns[0, row], columns[PHASE, row], columns[FLOP[0], row] = act, phase, flop
    return support.seal(columns, f"row {row} {act} {phase}")


def counted(**rows: int) -> np.ndarray:
    """The honest counted column with some rows changed, `r3=1`."""
    column = np.array([[1, 1, 0, 1, 1, 1, 0, 0]], np.uint32)
    for row, value in rows.items():
        column[0, int(row[1:])] = value
    return column


class Slack(Prover):
    """Takes for unknown whatever makes the equation true for the rows that it counts."""

    def make_trace(self) -> Trace:
        flop = self.tables[0].columns[FLOP].astype(object)
        weights = [1 if int(c) == 1 else int(c) - (P if int(c) > P // 2 else 0) for c in self.private[0][0]]
        found = sum(int(x) * w << 16 * j for j in range(6) for x, w in zip(flop[j], weights, strict=True))
        self.unknowns = [support.only(self.statement).publics[0] - 1 - found]
        return super().make_trace()


CASES = {
    "padding that counts": (partial(sealed_with, 7, 0, 0), counted(r7=1)),
    "padding with another phase that counts": (partial(sealed_with, 6, 0, 5), counted(r6=1)),
    "act 2": (partial(sealed_with, 0, 2, 0), counted()),
    "act −1": (partial(sealed_with, 0, P - 1, 0), counted()),
    "a phase outside the list": (partial(sealed_with, 2, 1, 7), counted()),
    "counted phase called uncounted": (partial(support.seal, support.table(ROWS)), counted(r3=0)),
    "uncounted phase called counted": (partial(support.seal, support.table(ROWS)), counted(r2=1)),
    "a row that counts −1 times": (partial(support.seal, support.table(ROWS)), counted(r0=P - 1)),
    "a row that counts twice": (partial(support.seal, support.table(ROWS)), counted(r1=2)),
}


@pytest.mark.parametrize("case", CASES)
def test_rows_that_count_otherwise_than_they_should(case: str) -> None:
    make, column = CASES[case]
    proved = unbalanced(support.prover([make()], kind=Slack, private=[column]))
    failures = {failure.requirement for failure in check_trace(proved.prover.layout, proved.prover.trace)}
    assert "lookup 0" in failures
