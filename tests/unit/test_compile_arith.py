"""What the gadgets on wide integers constrain, where a value can never be what is required of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from zkcompliance.claim.compile import arith
from zkcompliance.claim.compile.context import Board, Context, Table
from zkcompliance.claim.compile.run import Rows, Run
from zkcompliance.claim.compile.terms import RADIX, Wide, wide

ROWS = 8


def meets(require: Callable[[Context, Wide, str], None], lo: int, hi: int, value: int) -> bool:
    """Whether a column of [lo, hi] that is `value` on every row meets all that is required of it."""
    table = Table(Board(), None)
    x = table.free("x", lambda run: np.full(ROWS, value), lo, hi)
    require(table, wide([x]), "required")
    run = Run([Rows(None, [ROWS])], {}, [table.witness])
    for step in table.board.steps:
        step(run)
    checked = [run.value(0, each).max() < RADIX for message in table.messages for each in message.values]
    return all(checked) and not any(run.value(0, e).any() for _, _, e in table.constraints)


@pytest.mark.parametrize("require", [arith.require_zero, arith.require_at_least_zero])
@pytest.mark.parametrize("lo", range(-4, 5))
@pytest.mark.parametrize("size", range(4))
@pytest.mark.parametrize("inward", [0, 1])
def test_only_what_is_required_meets_the_constraints(
    require: Callable[[Context, Wide, str], None], lo: int, size: int, inward: int
) -> None:
    """Values that are whole carries, in intervals with and without 0: none may leave by the top."""
    low, high = lo * RADIX, (lo + size) * RADIX + 1
    for value in range(low, high, RADIX):
        true = value == 0 if require is arith.require_zero else value >= 0
        assert meets(require, low - inward, high - inward, value) == true, value
