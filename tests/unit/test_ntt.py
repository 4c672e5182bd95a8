"""The number-theoretic transforms against galois, and on cosets against evaluation point by point."""

import json
from collections.abc import Callable
from pathlib import Path

import galois
import numpy as np
import numpy.typing as npt
import pytest

from zkcompliance.stark.field import ntt, twin
from zkcompliance.stark.field.babybear import P, root_of_unity
from zkcompliance.stark.field.ntt_kernels import SMALLEST

U32 = npt.NDArray[np.uint32]
GF = galois.GF(P, compile="python-calculate")  # its own compilation takes longer than these tests
VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "field.json").read_text())
SHIFTS = [31, 1, P - 1]


def sample(*shape: int, seed: int = 0) -> U32:
    return np.random.default_rng([seed, *shape]).integers(0, P, shape, dtype=np.uint32)


def natural(values: U32, k: int) -> U32:
    """Bit-reversed values in natural order."""
    out = np.empty_like(values)
    out[..., ntt.bit_reverse_indices(k)] = values
    return out


@pytest.mark.parametrize("k", range(8))
def test_bit_reversal(k: int) -> None:
    assert ntt.bit_reverse_indices(k).tolist() == [twin.bit_reverse(i, k) for i in range(1 << k)]


@pytest.mark.parametrize("k", range(1, 11))
def test_subgroup_against_galois(k: int) -> None:
    coeffs = sample(2, 1 << k)
    coeffs[0, 0] = P - 1
    values = natural(ntt.evaluate_cosets(coeffs, k, [1])[:, 0], k)
    root = root_of_unity(k)
    for row, ours in zip(coeffs, values, strict=True):
        theirs = galois.ntt(row.tolist(), modulus=P)
        # galois uses a root of its own: its value at index i is ours where the points agree
        theirs_root = int(galois.ntt([0, 1] + [0] * ((1 << k) - 2), modulus=P)[1])
        exponents, x = {}, 1
        for i in range(1 << k):
            exponents[x] = i
            x = x * root % P
        step = exponents[theirs_root]
        assert np.array_equal(ours[np.arange(1 << k) * step % (1 << k)], np.asarray(theirs))
    assert np.array_equal(ntt.interpolate(values), coeffs)


@pytest.mark.parametrize("k", range(8))
@pytest.mark.parametrize("ratio", [0.3, 1, 1.2, 2, 2.7, 5])
def test_coset_evaluation_against_the_twin(k: int, ratio: float) -> None:
    coeffs = sample(3, max(1, int(ratio * (1 << k))))
    shifts = SHIFTS
    values = ntt.evaluate_cosets(coeffs, k, shifts)
    assert values.tolist() == twin.evaluate_cosets(coeffs.tolist(), k, shifts)
    for c, shift in enumerate(shifts):
        back = ntt.interpolate_cosets(np.ascontiguousarray(values[:, c : c + 1]), [shift])
        assert ntt.evaluate_cosets(back, k, [shift])[:, 0].tolist() == values[:, c].tolist()
        if coeffs.shape[1] == 1 << k:
            assert np.array_equal(back, coeffs)


@pytest.mark.parametrize("k", [SMALLEST, SMALLEST + 1])
@pytest.mark.parametrize("over", [0, 1, 17, 1 / 4, 1 / 2])
def test_what_wraps_is_added_after_the_first_layers(k: int, over: float) -> None:
    """Of that many coefficients above 2^k, or such a share of it: up to a quarter they are added to every block."""
    m = 1 << k
    above = over if isinstance(over, int) else int(over * m)
    for more in (above, above + 1):
        coeffs = sample(2, m + more)
        assert ntt.evaluate_cosets(coeffs, k, SHIFTS).tolist() == twin.evaluate_cosets(coeffs.tolist(), k, SHIFTS)


@pytest.mark.parametrize("k", [9, 10, 11, 12, 13, 15, 16, 17])
def test_large_coset_at_single_points(k: int) -> None:
    m = 1 << k
    coeffs = sample(2, m + 5)
    values = ntt.evaluate_cosets(coeffs, k, [31, 7])
    for position in (0, 1, m // 3, m // 2, m - 1):
        for c, shift in enumerate((31, 7)):
            x = shift * pow(root_of_unity(k), twin.bit_reverse(position, k), P) % P
            assert int(values[1, c, position]) == twin.evaluate(coeffs[1].tolist(), x)


@pytest.mark.parametrize("k", [6, 7, 8, 11, 12, 13, 16, 17, 18])
def test_cosets_there_and_back_around_the_block_sizes(k: int) -> None:
    coeffs = sample(1, 1 << k)
    coeffs[0, :8] = P - 1
    assert np.array_equal(ntt.interpolate_cosets(ntt.evaluate_cosets(coeffs, k, [31]), [31]), coeffs)
    assert np.array_equal(ntt.interpolate(natural(ntt.evaluate_cosets(coeffs, k, [1])[:, 0], k)), coeffs)


@pytest.mark.parametrize("k", [0, 1, 2, 5, 7, 8])
@pytest.mark.parametrize("c", range(1, 9))
def test_interpolation_from_cosets(k: int, c: int) -> None:
    shifts = [pow(31, i + 1, P) for i in range(c)]
    coeffs = sample(2, c << k)
    values = ntt.evaluate_cosets(coeffs, k, shifts)
    assert np.array_equal(ntt.interpolate_cosets(values, shifts), coeffs)
    if k < 5:
        assert twin.interpolate_cosets(values[0].tolist(), shifts) == coeffs[0].tolist()


def test_interpolation_against_the_twin() -> None:
    values = sample(1, 16)
    assert ntt.interpolate(values)[0].tolist() == twin.interpolate(values[0].tolist())


def test_many_columns_and_threads() -> None:
    coeffs = sample(11, 1 << 12)
    out = np.full((11, 3, 1 << 12), 5, np.uint32)
    result = ntt.evaluate_cosets(coeffs, 12, [3, 5, 7], out)
    assert result is out
    alone = np.stack([ntt.evaluate_cosets(row[None], 12, [3, 5, 7])[0] for row in coeffs])
    assert np.array_equal(out, alone)
    assert np.array_equal(ntt.interpolate_cosets(out, [3, 5, 7])[:, : 1 << 12], coeffs)
    assert ntt.interpolate_cosets(sample(2, 16, 8), [pow(31, i, P) for i in range(16)]).shape == (2, 128)


def test_known_answers() -> None:
    case = VECTORS["cosets"]
    coeffs = np.array(case["coeffs"], np.uint32)
    assert ntt.evaluate_cosets(coeffs, case["k"], case["shifts"]).tolist() == case["values"]
    assert twin.evaluate_cosets(case["coeffs"], case["k"], case["shifts"]) == case["values"]


@pytest.mark.parametrize(
    "call",
    [
        lambda: ntt.interpolate(sample(1, 12)),
        lambda: ntt.interpolate(sample(8)),
        lambda: ntt.interpolate(sample(1, 8).astype(np.int64)),
        lambda: ntt.evaluate_cosets(sample(1, 8), 3, [P]),
        lambda: ntt.evaluate_cosets(sample(1, 8), 28, [3]),
        lambda: ntt.evaluate_cosets(sample(1, 8), 3, [3], np.empty((1, 8), np.uint32)),
        lambda: ntt.interpolate_cosets(sample(1, 2, 8), [3]),
        lambda: ntt.interpolate_cosets(sample(1, 2, 8), [3, P - 3]),
        lambda: ntt.interpolate_cosets(sample(1, 17, 2), list(range(1, 18))),
        lambda: ntt.interpolate_cosets(sample(1, 1, 8), [0]),
    ],
)
def test_refusals(call: Callable[[], object]) -> None:
    with pytest.raises(ValueError):
        call()
