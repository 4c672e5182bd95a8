"""Values at a few runs of eight positions, from coefficients: against the transform, and against Horner's rule."""

from __future__ import annotations

import random

import numpy as np
import pytest

from zkcompliance.stark.field import twin
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.field.ntt import evaluate_cosets
from zkcompliance.stark.field.residues import RUN, _plan, residues, values_on_runs


def columns(w: int, d: int) -> np.ndarray:
    made = np.random.default_rng([w, d]).integers(0, P, (w, d), dtype=np.uint32)
    made[0] = P - 1  # the greatest sums
    return made


@pytest.mark.parametrize("d", [1, 7, 8, 9, 100, 1024, 1025, 5000, 36864])
@pytest.mark.parametrize("w", [1, 3])
def test_residues(w: int, d: int) -> None:
    """Σ_i c_(8i + j)·y^i, as Horner's rule has it."""
    coeffs, points = columns(w, d), [0, 1, P - 1, random.Random(d).randrange(P)]
    found = residues(coeffs, points)
    assert found.shape == (len(points), w, RUN) and found.dtype == np.uint32
    for g, y in enumerate(points):
        for row in range(w):
            for j in range(RUN):
                assert found[g, row, j] == twin.evaluate([int(c) for c in coeffs[row, j::RUN]], y)


@pytest.mark.parametrize("k", [3, 6, 10, 13])
@pytest.mark.parametrize("shift", [1, 31, 123456789])
def test_runs_of_a_codeword(k: int, shift: int) -> None:
    """Eight consecutive positions of a coset from the residue are what the transform gives."""
    coeffs = columns(5, (9 << k) // 8)
    whole = evaluate_cosets(coeffs, k, [shift])[:, 0]
    points = twin.coset_points(k, shift)
    starts = sorted({0, (1 << k) - 8, *(random.Random(k).randrange(1 << k) // 8 * 8 for _ in range(5))})
    found = values_on_runs(coeffs, [points[start : start + 8] for start in starts])
    for start, values in zip(starts, found, strict=True):
        assert (values == whole[:, start : start + 8]).all()


@pytest.mark.parametrize("d", [(1 << 13) - 3, 1 << 13, (1 << 13) + 1029, 5 << 11])
def test_families(d: int) -> None:
    """Points of a few cosets, which share two layers of the transform, in any order and some of them twice."""
    coeffs, rng = columns(5, d), random.Random(d)
    points = [pow(31 * shift * root, RUN, P) for shift in (1, 5, 7) for root in rng.sample(twin.coset_points(13, 1), 8)]
    points = rng.sample([*points, points[0], 0, 0, 0, 0, 0], len(points) + 6)
    plan = _plan(points, d)
    assert plan.size == 1 << 13 and sorted(np.diff(plan.starts)) == [5, 8, 8, 9] and set(plan.parts) == {0, 1, 2, 3}
    found = residues(coeffs, points)
    for g, y in enumerate(points):
        for row, j in ((0, 0), (1, 3), (4, 7)):
            assert found[g, row, j] == twin.evaluate([int(c) for c in coeffs[row, j::RUN]], y)


def test_none() -> None:
    assert residues(columns(2, 50), []).shape == (0, 2, RUN)
