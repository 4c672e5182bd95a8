"""Slow, plain versions of the array functions on lists of Python ints: what the kernels must agree with.

F vectors are lists of ints, E vectors lists of tuples, matrices lists of rows.
"""

import hashlib

from zkcompliance.stark.field import extension
from zkcompliance.stark.field.babybear import P, inv, root_of_unity
from zkcompliance.stark.field.extension import ZERO, Ext


def bit_reverse(i: int, k: int) -> int:
    """The k bits of i in the opposite order."""
    return int(f"{i:0{k}b}"[::-1], 2) if k else 0


def coset_points(k: int, shift: int) -> list[int]:
    """shift * omega_{2^k}^bitrev(p) for every position p: the points of a coset in bit-reversed order."""
    return [shift * pow(root_of_unity(k), bit_reverse(p, k), P) % P for p in range(1 << k)]


def evaluate(coeffs: list[int], x: int) -> int:
    """sum coeffs[i] * x^i, by Horner's rule."""
    value = 0
    for c in reversed(coeffs):
        value = (value * x + c) % P
    return value


def evaluate_cosets(rows: list[list[int]], k: int, shifts: list[int]) -> list[list[list[int]]]:
    """rows[r], shifts[c], position p: the value of polynomial r at point p of coset c."""
    return [[[evaluate(row, x) for x in coset_points(k, shift)] for shift in shifts] for row in rows]


def interpolate_points(points: list[int], values: list[int]) -> list[int]:
    """The coefficients of the polynomial of degree < len(points) with these values: Newton's divided differences."""
    coeffs: list[int] = []
    vanishing = [1]  # prod (X - x) over the points so far
    for x, y in zip(points, values, strict=True):
        factor = (y - evaluate(coeffs, x)) * inv(evaluate(vanishing, x)) % P
        coeffs = [(a + factor * b) % P for a, b in zip([*coeffs, 0], vanishing, strict=True)]
        vanishing = [(a - x * b) % P for a, b in zip([0, *vanishing], [*vanishing, 0], strict=True)]
    return coeffs


def interpolate(values: list[int]) -> list[int]:
    """The coefficients for natural-order values on the subgroup of order len(values)."""
    root = root_of_unity(len(values).bit_length() - 1)
    return interpolate_points([pow(root, i, P) for i in range(len(values))], values)


def interpolate_cosets(values: list[list[int]], shifts: list[int]) -> list[int]:
    """The coefficients for bit-reversed values on cosets: of degree < number of values."""
    k = len(values[0]).bit_length() - 1
    points = [x for shift in shifts for x in coset_points(k, shift)]
    return interpolate_points(points, [y for coset in values for y in coset])


def evaluate_ext(poly: list[Ext], z: Ext) -> Ext:
    """sum poly[i] * z^i."""
    value = ZERO
    for c in reversed(poly):
        value = extension.add(extension.mul(value, z), c)
    return value


def dot(rows: list[list[int]], powers: list[Ext]) -> list[Ext]:
    """Per row: sum row[i] * powers[i]."""
    return [_sum([extension.scale(power, c) for c, power in zip(row, powers, strict=True)]) for row in rows]


def combine(rows: list[list[int]], weights: list[Ext]) -> list[Ext]:
    """Per column i: sum over the rows of weights[r] * rows[r][i]."""
    columns = zip(*rows, strict=True)
    return [_sum([extension.scale(w, c) for w, c in zip(weights, column, strict=True)]) for column in columns]


def divide_linear(poly: list[Ext], z: Ext) -> list[Ext]:
    """The quotient of poly(X) - poly(z) by X - z, by synthetic division; its top coefficient is 0."""
    quotient, carry = [], ZERO
    for c in reversed(poly):
        quotient.append(carry)
        carry = extension.add(c, extension.mul(z, carry))
    return quotient[::-1]


def fold(poly: list[Ext], a: int, beta: Ext) -> list[Ext]:
    """Entry i: sum_{j < a} beta^j * poly[a i + j]."""
    powers = extension.powers(beta, a)
    return [
        _sum([extension.mul(power, c) for power, c in zip(powers, poly[i : i + a], strict=False)])
        for i in range(0, len(poly), a)
    ]


def prefix_sums(row: list[int]) -> tuple[list[int], int]:
    """The sum of the entries before each one, and the total."""
    sums, total = [], 0
    for x in row:
        sums.append(total)
        total = (total + x) % P
    return sums, total


def hash_leaf(phase: int, index: int, salt: list[int], row: list[int]) -> bytes:
    """SHA-256(le32(0x80 + 8 phase + index // 2^24 + 256 (index mod 2^24)) || salt || row), every word as le32."""
    high, low = divmod(index, 1 << 24)
    words = [0x80 + 8 * phase + high + 256 * low, *salt, *row]
    return hashlib.sha256(b"".join(word.to_bytes(4, "little") for word in words)).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    """SHA-256(le32(2) || left || right)."""
    return hashlib.sha256(b"\x02\0\0\0" + left + right).digest()


def hash_quad(children: list[bytes]) -> bytes:
    """SHA-256(le32(3) || the four children)."""
    c0, c1, c2, c3 = children
    return hashlib.sha256(b"\x03\0\0\0" + c0 + c1 + c2 + c3).digest()


def grind(state: bytes, bits: int) -> int:
    """The least nonce for which SHA-256(0x14 || state || le64(nonce)) starts with `bits` zero bits."""
    nonce = 0
    while True:
        digest = hashlib.sha256(b"\x14" + state + nonce.to_bytes(8, "little")).digest()
        if int.from_bytes(digest, "big") >> (256 - bits) == 0:
            return nonce
        nonce += 1


def _sum(terms: list[Ext]) -> Ext:
    total = ZERO
    for term in terms:
        total = extension.add(total, term)
    return total
