"""What the prover's steps do in memory that is there: against the plain twins, and against the same out of place."""

from __future__ import annotations

import numpy as np
import pytest

from zkcompliance.stark.field import twin, vector
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.field.ntt import interpolate_cosets

SIZES = [1, 7, 16, 100, 1024, 70_001]


def sample(*shape: int) -> np.ndarray:
    made = np.random.default_rng(list(shape)).integers(0, P, shape, dtype=np.uint32)
    made.reshape(-1)[:3] = P - 1
    return made


@pytest.mark.parametrize("n", SIZES)
def test_accumulate(n: int) -> None:
    totals, rows = sample(3, 2, n), sample(3, n)
    expected = [(row.astype(np.int64) + more) % P for row, more in zip(totals[:, 1], rows, strict=True)]
    beside = totals[:, 0].copy()
    vector.accumulate([row[1] for row in totals], rows)
    assert (totals[:, 1] == expected).all() and (totals[:, 0] == beside).all()
    vector.accumulate([row[0] for row in totals], rows, begin=True)
    assert (totals[:, 0] == rows).all() and (totals[:, 1] == expected).all()


@pytest.mark.parametrize("n", SIZES)
def test_rows_and_constants(n: int) -> None:
    a, b = sample(3, n), sample(n)
    assert (vector.mul_rows(a, b) == a.astype(np.int64) * b % P).all()
    for c in (0, 1, -1, P - 1, 123456789):
        assert (vector.add_constant(a, c) == (a.astype(np.int64) + c) % P).all()
    with pytest.raises(ValueError):
        vector.mul_rows(a, sample(n + 1))


@pytest.mark.parametrize("k", [0, 1, 3, 8, 11])
@pytest.mark.parametrize("shift", [1, 31, P - 2])
def test_coset_points(k: int, shift: int) -> None:
    assert vector.coset_points(k, shift).tolist() == twin.coset_points(k, shift)


@pytest.mark.parametrize("arity", [1, 2, 4, 8])
@pytest.mark.parametrize("leaves", [1, 5, 600, 9000])
def test_deal(arity: int, leaves: int) -> None:
    values, out = sample(6, arity * leaves), np.empty((6 * arity, leaves), np.uint32)
    vector.deal(values, out)
    assert (out.reshape(arity, 6, leaves) == values.reshape(6, leaves, arity).transpose(2, 0, 1)).all()
    with pytest.raises(ValueError):
        vector.deal(values, np.empty((6 * arity, leaves + 1), np.uint32))


@pytest.mark.parametrize("n", SIZES)
def test_the_same_in_place(n: int) -> None:
    a, z = sample(6, n), (5, 0, 1, 2, 3, 4)
    quotient, inverse, (sums, totals) = vector.divide_linear(a, z), vector.ext_batch_inverse(a), vector.ext_cumsum(a)
    for point in (z, (0, 0, 0, 0, 0, 0)):
        expected, given = vector.divide_linear(a, point), a.copy()
        assert vector.divide_linear(given, point, in_place=True) is given and (given == expected).all()
    given = a.copy()
    assert vector.ext_batch_inverse(given, in_place=True) is given and (given == inverse).all()
    given = a.copy()
    found, last = vector.ext_cumsum(given, in_place=True)
    assert found is given and (given == sums).all() and (last == totals).all() and quotient.shape == a.shape


@pytest.mark.parametrize("cosets", [1, 3])
def test_interpolation_in_place(cosets: int) -> None:
    values, shifts = sample(6, cosets, 2048), [3, 5, 7][:cosets]
    expected = interpolate_cosets(values, shifts)
    found = interpolate_cosets(values, shifts, in_place=True)
    assert np.shares_memory(found, values) and (found == expected).all()


def test_more_powers_than_coefficients() -> None:
    a, powers = sample(3, 5000), vector.ext_powers((1, 2, 3, 4, 5, 6), 6000)
    assert (vector.dot(a, powers) == vector.dot(a, np.ascontiguousarray(powers[:, :5000]))).all()
    with pytest.raises(ValueError):
        vector.dot(a, np.ascontiguousarray(powers[:, :4999]))
