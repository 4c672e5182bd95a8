"""The base field and the extension, on Python ints, against galois and the known answers."""

import json
import random
from pathlib import Path

import galois
import numpy as np
import pytest

from zkcompliance.stark.field import babybear, extension
from zkcompliance.stark.field.babybear import P

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "field.json").read_text())
GF = galois.GF(P, compile="python-calculate")  # its own compilation takes longer than these tests
MODULUS = galois.Poly([1, 0, 0, 0, 0, 0, P - 31], field=GF)
EDGES = [0, 1, 2, 31, P // 2, P - 2, P - 1]


def elements(count: int, seed: int) -> list[extension.Ext]:
    rng = random.Random(seed)
    random_ones = [tuple(rng.randrange(P) for _ in range(6)) for _ in range(count)]
    edge_ones = [tuple(rng.choice(EDGES) for _ in range(6)) for _ in range(count)]
    return [*random_ones, *edge_ones, (P - 1,) * 6, extension.ZERO, extension.ONE]


def polynomial(a: extension.Ext) -> galois.Poly:
    return galois.Poly(GF(list(reversed(a))), field=GF)


def test_constants() -> None:
    assert galois.is_prime(P)
    assert P == 2013265921
    assert pow(babybear.GENERATOR, 15, P) == babybear.ROOT_OF_UNITY == 440564289
    assert all(pow(babybear.GENERATOR, (P - 1) // q, P) != 1 for q in (2, 3, 5))
    assert galois.is_prime(P) and MODULUS.degree == extension.DEGREE
    # X^6 - g is irreducible when g is neither a square nor a cube and 4 does not divide 6
    assert pow(babybear.NONRESIDUE, (P - 1) // 2, P) != 1 and pow(babybear.NONRESIDUE, (P - 1) // 3, P) != 1


@pytest.mark.parametrize("k", range(28))
def test_root_of_unity_has_its_order(k: int) -> None:
    root = babybear.root_of_unity(k)
    assert pow(root, 1 << k, P) == 1
    assert k == 0 or pow(root, 1 << (k - 1), P) == P - 1


@pytest.mark.parametrize("k", [-1, 28])
def test_root_of_unity_refuses(k: int) -> None:
    with pytest.raises(ValueError, match="root of unity"):
        babybear.root_of_unity(k)


def test_base_inverse() -> None:
    for x in [1, 2, 31, P - 1, 123456789]:
        assert babybear.inv(x) == int(GF(1) / GF(x))
    for zero in (0, P):
        with pytest.raises(ZeroDivisionError):
            babybear.inv(zero)


def test_extension_arithmetic_is_polynomial_arithmetic() -> None:
    xs, ys = elements(6, 1), elements(6, 2)
    for a, b in zip(xs, ys, strict=True):
        f, g = polynomial(a), polynomial(b)
        assert polynomial(extension.mul(a, b)) == f * g % MODULUS
        assert polynomial(extension.add(a, b)) == f + g
        assert polynomial(extension.sub(a, b)) == f - g
        assert polynomial(extension.neg(a)) == -f
        assert polynomial(extension.scale(a, 77)) == f * galois.Poly([77], field=GF)
        if a != extension.ZERO:
            assert polynomial(extension.inv(a)) * f % MODULUS == galois.Poly.One(GF)


def test_extension_powers() -> None:
    a = elements(1, 3)[0]
    x, expected = extension.ONE, []
    for _ in range(20):
        expected.append(x)
        x = extension.mul(x, a)
    assert extension.powers(a, 20) == expected
    assert [extension.power(a, n) for n in range(20)] == expected
    assert extension.mul(extension.power(a, -7), extension.power(a, 7)) == extension.ONE
    assert extension.power(a, P) == extension.frobenius(a)
    assert extension.power(a, P**6 - 1) == extension.ONE
    assert extension.powers(a, 0) == []


def test_extension_refuses_to_invert_zero() -> None:
    with pytest.raises(ZeroDivisionError):
        extension.inv(extension.ZERO)


def test_embedding() -> None:
    assert extension.embed(-1) == (P - 1, 0, 0, 0, 0, 0)
    assert extension.mul(extension.embed(5), extension.embed(7)) == extension.embed(35)


def test_known_answers() -> None:
    for case in VECTORS["extension"]:
        a, b = tuple(case["a"]), tuple(case["b"])
        assert extension.mul(a, b) == tuple(case["product"])
        assert extension.inv(a) == tuple(case["inverse_a"])
    assert [babybear.root_of_unity(k) for k in range(28)] == VECTORS["roots_of_unity"]


def test_products_of_many_entries_against_galois() -> None:
    rng = np.random.default_rng(4)
    a, b = (np.concatenate([rng.integers(0, P, 100), EDGES]).astype(np.uint32) for _ in range(2))
    assert [int(x) * int(y) % P for x, y in zip(a, b, strict=True)] == (GF(a) * GF(b)).tolist()
