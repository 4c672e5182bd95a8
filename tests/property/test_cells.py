"""Cells and identities: they hold for some cells exactly if the integer equation holds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zkcompliance.errors import ParametersRejected
from zkcompliance.stark.air.cells import CARRY_OFFSET, Cells, is_tall, place_cells
from zkcompliance.stark.air.program import (
    Equation,
    LogSlot,
    Program,
    Public,
    Sum,
    Summand,
    SummandKind,
    TableAir,
    Unknown,
)
from zkcompliance.stark.air.union import Numbers, Part
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.prover.witness import cell_values
from zkcompliance.stark.statement import StatementClaim

DETERMINISTIC = settings(
    derandomize=True, deadline=None, max_examples=150, suppress_health_check=list(HealthCheck), database=None
)
LIMBS = 3


def program(terms: tuple[Summand, ...], limbs: int) -> Program:
    row = TableAir(0, 0, ((1, 0, 0),), (), (), (0,), (Sum("s", 0, (0,) * LIMBS),))
    return Program(
        "c", 1, (Public("p", 60),), (LogSlot("l", bytes(32), 1),), (), (row,), (Unknown("u", limbs),),
        (Equation("e", terms),),
    )  # fmt: skip


def placed(made: Program, publics: tuple[int, ...], ks: list[list[int]]) -> Cells:
    """The cells of one claim of one table, with segments of 2^k rows."""
    (air,) = made.tables
    parts = [Part(0, 0, i, air, i, k, Numbers(0, 0, 0, 0), publics) for i, k in enumerate(ks[0])]
    claim = StatementClaim("c", made, publics, ((0,),))
    return place_cells([claim], parts, tall=is_tall(parts))


class FakeLayout:
    """What `cell_values` reads."""

    def __init__(self, cells: Cells) -> None:
        self.cells = cells
        self.instances = [type("I", (), {"rows": 1 << 12})()]


def hold(cells: Cells, values: np.ndarray, sums: np.ndarray) -> bool:
    """Every identity over the integers, every used cell in 16 bits."""
    rows = [0] * len(cells.identities)
    flat = [int(x) for x in sums.reshape(-1)]
    rows[: len(flat)] = flat
    if values.min() < 0 or values.max() > 0xFFFF:
        return False
    return all(
        row + sum(int(values[c]) * w for c, w in i.cells) + i.constant == 0
        for row, i in zip(rows, cells.identities, strict=True)
    )


terms = st.lists(
    st.tuples(st.sampled_from(list(SummandKind)), st.integers(-40, 40).filter(bool)), min_size=1, max_size=5
)


@DETERMINISTIC
@given(terms, st.integers(1, 6), st.sampled_from([3, 14, 15, 16]), st.integers(0, 2**60 - 1), st.data())
def test_identities_hold_exactly_for_true_equations(
    parts: list[tuple[SummandKind, int]], limbs: int, k: int, public: int, data: st.DataObject
) -> None:
    made = program(tuple(Summand(kind, c) for kind, c in parts), limbs)
    try:
        cells = placed(made, (public,), [[k]])
    except ParametersRejected:
        return
    buckets = 1 << max(0, k - 14)
    most = 2**14 * 65535
    one = st.sampled_from([0, 1, 65535, 1 << 14, most]) | st.integers(0, most)
    sums = np.array([[data.draw(one) for _ in range(buckets)] for _ in range(LIMBS)], np.int64)
    total = sum(int(x) << 16 * j for j, limb in enumerate(sums) for x in limb)
    by_kind = {kind: sum(c for other, c in parts if other == kind) for kind in SummandKind}
    rest = by_kind[SummandKind.SUM] * total + by_kind[SummandKind.PUBLIC] * public + by_kind[SummandKind.ONE]
    u = by_kind[SummandKind.UNKNOWN]
    solved = -rest // u if u and rest % u == 0 and 0 <= -rest // u < 1 << 16 * limbs else None
    chosen = data.draw(st.sampled_from([0, 1, (1 << 16 * limbs) - 1]) | st.integers(0, (1 << 16 * limbs) - 1))
    for value in {chosen, solved if solved is not None else chosen}:
        true = rest + u * value == 0
        found = cell_values(FakeLayout(cells), [sums], [value])  # type: ignore[arg-type]
        assert hold(cells, found, sums) == true


@DETERMINISTIC
@given(st.integers(0, 2**112 - 1), st.integers(0, 2**96 - 1))
def test_the_compute_equation(limit: int, total: int) -> None:
    """total + slack + 1 = limit has cells for exactly total < limit."""
    total_of_sum, slack, below = (
        Summand(SummandKind.SUM, 1), Summand(SummandKind.UNKNOWN, 1), Summand(SummandKind.PUBLIC, -1)
    )  # fmt: skip
    made = Program(
        "c", 1, (Public("limit", 112),), (LogSlot("l", bytes(32), 1),), (),
        (TableAir(0, 0, ((1, 0, 0),), (), (), (0,), (Sum("s", 0, (0,) * 6),)),), (Unknown("slack", 7),),
        (Equation("e", (total_of_sum, slack, Summand(SummandKind.ONE, 1), below)),),
    )  # fmt: skip
    sums = np.array([[total >> 16 * j & 0xFFFF] for j in range(6)], np.int64)
    for bound in (limit, total, total + 1):
        cells = placed(made, (bound,), [[3]])
        slack = bound - 1 - total
        found = cell_values(FakeLayout(cells), [sums], [slack % 2**112])  # type: ignore[arg-type]
        assert hold(cells, found, sums) == (total < bound)


def test_no_wrap() -> None:
    """With the largest weights and cells every identity stays below p: mod p and over the integers is one."""
    for coefficient, kept in ((2047, True), (2048, False)):
        made = program((Summand(SummandKind.UNKNOWN, coefficient), Summand(SummandKind.ONE, -1)), 4)
        if not kept:
            with pytest.raises(ParametersRejected):
                placed(made, (0,), [[3]])
            continue
        cells = placed(made, (0,), [[3]])
        chain = cells.chains[0]
        carries = range(chain.first_cell, chain.first_cell + 2 * chain.digits - 2)
        for identity in cells.identities:
            # u_e is at most 2^14 as 4·u_e has 16 bits
            most = {
                c: (1 << 14) - 1 if c in carries and (c - chain.first_cell) % 2 == 0 else 0xFFFF
                for c, _ in identity.cells
            }
            high = sum(max(w, 0) * most[c] for c, w in identity.cells) + identity.constant
            low = sum(min(w, 0) * most[c] for c, w in identity.cells) + identity.constant
            assert low > -P and high < P
    assert CARRY_OFFSET == 1 << 13


def test_refused_when_the_cells_run_out() -> None:
    made = program((Summand(SummandKind.ONE, 1),), 1)
    with pytest.raises(ParametersRejected):
        placed(made, (0,), [[21] * 1100])
