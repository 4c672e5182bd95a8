"""What the coefficients e_c reveal of columns that no claim reads: nothing beside the rows opened, exactly."""

from __future__ import annotations

import numpy as np
import pytest

from tests.kit import batch, support
from tests.kit.functionals import at_base_point, rank
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.field.extension import Ext

ROWS, H, D, BITS = 8, 24, 36, 8  # T̂ = T + Z_H·r with r of H coefficients; F_h and its mask R have D
POSITIONS = (3, 50, 77, 130, 255)


def weights(columns: int) -> list[Ext]:
    return [support.random_ext(f"weight of column {c}") for c in range(columns)]


def opened(columns: int) -> np.ndarray:
    """The values of each column at POSITIONS, as functionals of (r_0, …, R): R is six rows of D coefficients."""
    parts = np.concatenate([at_base_point(batch.point(p, BITS), ROWS, H) for p in POSITIONS])
    found = np.zeros((columns * len(POSITIONS), columns * H + 6 * D), np.int64)
    for c in range(columns):
        found[c * len(POSITIONS) : (c + 1) * len(POSITIONS), c * H : (c + 1) * H] = parts
    return found


def mask_opened(columns: int) -> np.ndarray:
    """The values of R at POSITIONS."""
    found = np.zeros((6 * len(POSITIONS), columns * H + 6 * D), np.int64)
    for number, position in enumerate(POSITIONS):
        x = batch.point(position, BITS)
        for k in range(6):
            start = columns * H + k * D
            found[6 * number + k, start : start + D] = [pow(x, i, P) for i in range(D)]
    return found


def batched(columns: int) -> np.ndarray:
    """Every coefficient of F_h = R + Σ e_c·T̂_c: more than all of FRI shows."""
    found = np.zeros((6 * D, columns * H + 6 * D), np.int64)
    for k in range(6):
        for i in range(D):
            found[k * D + i, columns * H + k * D + i] = 1
        for c, weight in enumerate(weights(columns)):
            for i in range(H):  # Z_H·r = Σ r_i·(X^(i + N) − X^i)
                found[k * D + i + ROWS, c * H + i] += weight[k]
                found[k * D + i, c * H + i] -= weight[k]
    return found % P


def known_of_columns(functionals: np.ndarray, columns: int) -> int:
    """The dimension of what these functionals say of the r_c alone, R being uniform and nobody's."""
    return rank(functionals) - rank(functionals[:, columns * H :])


@pytest.mark.parametrize("columns", [1, 3, 7])
def test_the_batch_says_nothing_of_unread_columns(columns: int) -> None:
    """All of F_h and R's own openings beside the rows: still q functionals of each column, and the same ones."""
    rows = opened(columns)
    everything = np.concatenate([rows, mask_opened(columns), batched(columns)])
    assert known_of_columns(rows, columns) == columns * len(POSITIONS)
    assert known_of_columns(everything, columns) == columns * len(POSITIONS)


@pytest.mark.parametrize("columns", [1, 3, 7])
def test_without_the_mask_it_would(columns: int) -> None:
    """The power of the test: with R known, the coefficients of F_h are functionals of the columns' masks."""
    bare = np.concatenate([opened(columns), batched(columns)])[:, : columns * H]
    assert rank(bare) == min(columns, 6) * H + max(0, columns - 6) * len(POSITIONS)


def test_a_proof_opens_rows_of_unread_columns_and_no_value() -> None:
    """Of an unread column q positions are opened; charged are the profile's most, and six units."""
    made = support.prove(support.prover([support.seal(support.table(support.ROWS))])).prover
    number, table, columns = batch.unread(made)[0]
    instance = made.layout.instances[number]
    assert len(columns) + len(instance.air.log_columns) == table.entry.width
    others = sum(made.layout.chunks)
    for each in made.layout.instances:
        others += each.witness_columns + len(each.air.next_columns) + each.air.extension_columns + 1
    assert len(made.values) == len(instance.air.log_columns) + others
    assert len(set(batch.drawn_positions(made))) <= made.queries < made.profile.most_queries == made.profile.units - 6
