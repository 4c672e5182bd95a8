"""The array functions of the field against galois and their plain twins, for lengths around vectors and tiles."""

from collections.abc import Callable

import galois
import numpy as np
import numpy.typing as npt
import pytest

from zkcompliance.stark.field import extension, twin, vector
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.field.extension import Ext

U32 = npt.NDArray[np.uint32]
GF = galois.GF(P, compile="python-calculate")  # its own compilation takes longer than these tests
EDGES = np.array([0, 1, P - 1, P - 2, P // 2, 31], np.uint32)
LENGTHS = [1, 5, 8, 16, 17, 100, 513, 1300]
POINT: Ext = (3, P - 1, 0, 77, 123456789, P - 5)


def sample(*shape: int, seed: int = 0) -> U32:
    """Random entries of which every third is an edge value."""
    rng = np.random.default_rng([seed, *shape])
    a = rng.integers(0, P, shape, dtype=np.uint32)
    return np.where(rng.integers(0, 3, shape) == 0, rng.choice(EDGES, shape), a).astype(np.uint32)


def tuples(a: U32) -> list[Ext]:
    return [tuple(column) for column in a.T.tolist()]  # type: ignore[misc]


@pytest.mark.parametrize("n", [*LENGTHS, 140_000])
def test_base_arithmetic(n: int) -> None:
    a, b = sample(n, seed=1), sample(n, seed=2)
    f, g = GF(a), GF(b)
    for ours, theirs in (
        (vector.mul(a, b), f * g),
        (vector.add(a, b), f + g),
        (vector.sub(a, b), f - g),
        (vector.scale(a, P - 1), -f),
        (vector.scale(a, 5 - 3 * P), f * GF(5)),
    ):
        assert ours.dtype == np.uint32 and np.array_equal(ours, np.asarray(theirs))


def test_base_arithmetic_on_every_pair_of_edges_and_on_matrices() -> None:
    a, b = np.meshgrid(EDGES, EDGES)
    for function, operation in ((vector.mul, np.multiply), (vector.add, np.add), (vector.sub, np.subtract)):
        assert np.array_equal(function(a, b), operation(a.astype(object), b.astype(object)) % P)
    assert vector.mul(a.T, b.T).shape == a.shape  # not contiguous
    a.flags.writeable = False
    assert np.array_equal(vector.mul(a, b), vector.mul(b, a))


@pytest.mark.parametrize("n", [*LENGTHS, 140_000])
def test_powers_and_inverses(n: int) -> None:
    powers = vector.powers(31, n)
    assert powers[0] == 1 and np.array_equal(powers[1:], vector.scale(powers[:-1], 31))
    assert int(powers[-1]) == int(GF(31) ** (n - 1))
    a = np.maximum(sample(n), np.uint32(1))
    inverses = vector.batch_inverse(a)
    assert np.array_equal(inverses[:100], np.asarray(GF(1) / GF(a[:100])))
    assert (vector.mul(inverses, a) == 1).all()
    a[n // 2] = 0
    with pytest.raises(ZeroDivisionError):
        vector.batch_inverse(a)


@pytest.mark.parametrize("n", LENGTHS)
def test_extension_arithmetic(n: int) -> None:
    a, b = sample(6, n, seed=3), sample(6, n, seed=4)
    col = sample(n)
    assert tuples(vector.ext_mul(a, b)) == [extension.mul(x, y) for x, y in zip(tuples(a), tuples(b), strict=True)]
    assert tuples(vector.ext_scale(a, POINT)) == [extension.mul(x, POINT) for x in tuples(a)]
    assert tuples(vector.ext_from_base(col, POINT)) == [extension.scale(POINT, int(x)) for x in col]
    assert tuples(vector.ext_powers(POINT, n)) == extension.powers(POINT, n)
    prefix, totals = vector.ext_cumsum(a)
    assert [(p, t) for p, t in zip(prefix.tolist(), totals.tolist(), strict=True)] == [
        twin.prefix_sums(row) for row in a.tolist()
    ]


@pytest.mark.parametrize("n", LENGTHS)
def test_extension_inverses(n: int) -> None:
    a = sample(6, n, seed=5)
    a[0, ~a.any(axis=0)] = 1
    assert tuples(vector.ext_batch_inverse(a)) == [extension.inv(x) for x in tuples(a)]
    a[:, n // 3] = 0
    with pytest.raises(ZeroDivisionError):
        vector.ext_batch_inverse(a)


@pytest.mark.parametrize("n", LENGTHS)
def test_polynomials(n: int) -> None:
    poly = sample(6, n, seed=6)
    for z in (POINT, extension.ZERO, extension.ONE):
        assert tuples(vector.divide_linear(poly, z)) == twin.divide_linear(tuples(poly), z)
        assert vector.evaluate_ext(poly, z) == twin.evaluate_ext(tuples(poly), z)
    for arity in (2, 4, 8):
        folded = vector.fold(poly, arity, POINT)
        assert folded.shape == (6, -(-n // arity)) and tuples(folded) == twin.fold(tuples(poly), arity, POINT)


@pytest.mark.parametrize("n", LENGTHS)
@pytest.mark.parametrize("w", [1, 3, 4, 9])
def test_combinations(n: int, w: int) -> None:
    rows, weights, powers = sample(w, n, seed=7), sample(w, 6, seed=8), sample(6, n, seed=9)
    assert tuples(vector.dot(rows, powers).T) == twin.dot(rows.tolist(), tuples(powers))
    combination = twin.combine(rows.tolist(), tuples(weights.T))
    assert tuples(vector.combine(rows, weights)) == combination
    acc = sample(6, n + 3, seed=10)
    before = tuples(acc)
    vector.combine_into(acc, rows, weights)
    expected = [extension.add(x, y) for x, y in zip(before, combination, strict=False)]
    assert tuples(acc) == expected + before[n:]
    vector.ext_combine_into(acc, powers, POINT)
    products = [extension.mul(x, POINT) for x in tuples(powers)]
    assert tuples(acc) == [extension.add(x, y) for x, y in zip(expected, products, strict=True)] + before[n:]


@pytest.mark.parametrize("n", [1, 17, 300, 20_000])
@pytest.mark.parametrize("chosen", [[], [4], [6, 2], [0, 1, 2, 5], [8, 7, 3, 3, 0]])
def test_combinations_of_some_rows(n: int, chosen: list[int]) -> None:
    rows, weights = sample(9, n, seed=12), sample(len(chosen), 6, seed=13)
    acc = sample(6, n, seed=14)
    before = tuples(acc[:, :300])
    vector.combine_into(acc, rows, weights, chosen)
    combination = twin.combine([rows[c, :300].tolist() for c in chosen], tuples(weights.T)) or [extension.ZERO] * n
    assert tuples(acc[:, :300]) == [extension.add(x, y) for x, y in zip(before, combination, strict=False)]


def test_sums_of_the_largest_entries() -> None:
    """No sum of products overflows when every entry is p - 1."""
    rows, ones = np.full((64, 5000), P - 1, np.uint32), np.full((6, 5000), P - 1, np.uint32)
    assert (vector.dot(rows, ones) == 5000).all()
    assert (vector.combine(rows, np.full((64, 6), P - 1, np.uint32)) == 64).all()
    largest = (P - 1,) * 6
    assert tuples(vector.ext_mul(ones, ones))[:3] == [extension.mul(largest, largest)] * 3
    assert tuples(vector.ext_scale(ones, largest))[:3] == [extension.mul(largest, largest)] * 3


def test_long_polynomials_in_several_threads() -> None:
    n = 20_000
    poly = sample(6, n, seed=11)
    quotient = vector.divide_linear(poly, POINT)
    value = vector.evaluate_ext(poly, POINT)
    assert value == twin.evaluate_ext(tuples(poly), POINT)
    # (X - z) * quotient + value = poly
    shifted = np.zeros_like(poly)
    shifted[:, 1:] = quotient[:, :-1]
    product = vector.sub(shifted, vector.ext_scale(quotient, POINT))
    product[:, 0] = extension.add(tuples(product[:, :1])[0], value)
    assert np.array_equal(product, poly) and not quotient[:, -1].any()
    inverse = vector.ext_batch_inverse(np.maximum(poly, np.uint32(1)))
    assert tuples(vector.ext_mul(inverse, np.maximum(poly, np.uint32(1)))) == [extension.ONE] * n
    assert tuples(vector.ext_powers(POINT, n))[-1] == extension.power(POINT, n - 1)
    rows = sample(5, n, seed=12)
    powers = vector.ext_powers(POINT, n)
    values = [twin.evaluate_ext([extension.embed(x) for x in row], POINT) for row in rows.tolist()]
    assert tuples(vector.dot(rows, powers).T) == values


@pytest.mark.parametrize(
    "call",
    [
        lambda: vector.mul(sample(3), sample(4)),
        lambda: vector.mul(sample(3).astype(np.int64), sample(3)),
        lambda: vector.ext_mul(sample(5, 3), sample(5, 3)),
        lambda: vector.ext_mul(sample(6, 3), sample(6, 4)),
        lambda: vector.dot(sample(2, 4), sample(6, 3)),
        lambda: vector.combine(sample(2, 3), sample(3, 6)),
        lambda: vector.combine_into(sample(6, 2), sample(2, 3), sample(2, 6)),
        lambda: vector.combine_into(sample(6, 3), sample(2, 3), sample(2, 6), [0, 2]),
        lambda: vector.combine_into(sample(6, 3), sample(2, 3), sample(2, 6), [-1, 0]),
        lambda: vector.combine_into(sample(6, 3), sample(2, 3), sample(2, 6), [0]),
        lambda: vector.combine_into(sample(3, 6).T, sample(2, 3), sample(2, 6)),
        lambda: vector.fold(sample(6, 8), 3, POINT),
        lambda: vector.batch_inverse(sample(2, 2)),
    ],
)
def test_refusals(call: Callable[[], object]) -> None:
    with pytest.raises(ValueError):
        call()
