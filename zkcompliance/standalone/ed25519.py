"""Ed25519 verification in plain Python (RFC 8032 §5.1). It never sees a secret, so nothing here has to hide its time.

    curve   −x² + y² = 1 + d·x²·y² over the integers mod p = 2^255 − 19,   d = −121665/121666
    group   B of prime order L = 2^252 + 27742317777372353535851937790883648493
    accept  S < L,  A is a point,  and the bytes of  [S]B − [k]A  are R,   k = SHA-512(R ‖ A ‖ message) mod L

RFC 8032 leaves open what to take at the edges. This takes and refuses what OpenSSL does, so that every verifier of a
checkpoint agrees:

- the equation has no cofactor, and R is compared as bytes: another encoding of R's point is refused;
- A may be written with y ≥ p, or with the sign of a zero x set; it is reduced, and hashed as it was given;
- A and R may be of small order (who holds such a key has no secret, and trust in a key is given by name).

A point is (X, Y, Z, T) with x = X/Z, y = Y/Z, x·y = T/Z.
"""

from __future__ import annotations

from hashlib import sha512

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT = pow(2, (P - 1) // 4, P)  # a square root of −1
POINT_BYTES, SIGNATURE_BYTES = 32, 64

Point = tuple[int, int, int, int]
NEUTRAL: Point = (0, 1, 1, 0)


def verifies(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` (64 bytes) over `message` is of the key `public` (32 bytes)."""
    if len(public) != POINT_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    key = decode(public)
    if s >= L or key is None:
        return False
    k = int.from_bytes(sha512(r + public + message).digest(), "little") % L
    return encode(sum_of_two(s, BASE, k, negate(key))) == r


def decode(data: bytes) -> Point | None:
    """The point of 32 bytes: y in the low 255 bits, taken mod p, and the parity of x in the highest (§5.1.3)."""
    value = int.from_bytes(data, "little")
    y, parity = (value & (1 << 255) - 1) % P, value >> 255
    u, v = (y * y - 1) % P, (D * y * y + 1) % P  # x² = u/v; v is never zero, since −1/d is no square
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x + u) % P == 0:
        x = x * ROOT % P
    if (v * x * x - u) % P != 0:
        return None
    if x & 1 != parity:
        x = -x % P
    return x, y, 1, x * y % P


def encode(point: Point) -> bytes:
    """The one canonical form: y below p, with the parity of x in the highest bit (§5.1.2)."""
    x, y, z, _ = point
    inverse = pow(z, -1, P)
    return (y * inverse % P | (x * inverse % P & 1) << 255).to_bytes(POINT_BYTES, "little")


def add(a: Point, b: Point) -> Point:
    """§5.1.4; it holds for every two points, equal, opposite and of small order too, since d is no square."""
    x1, y1, z1, t1 = a
    x2, y2, z2, t2 = b
    minus, plus = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    c, d = 2 * D * t1 * t2 % P, 2 * z1 * z2 % P
    e, f, g, h = plus - minus, d - c, d + c, plus + minus
    return e * f % P, g * h % P, f * g % P, e * h % P


def double(a: Point) -> Point:
    """a + a, cheaper (§5.1.4)."""
    x, y, z, _ = a
    xx, yy = x * x % P, y * y % P
    h = xx + yy
    e, g = h - (x + y) * (x + y), xx - yy
    f = 2 * z * z + g
    return e * f % P, g * h % P, f * g % P, e * h % P


def negate(a: Point) -> Point:
    """−a."""
    x, y, z, t = a
    return -x % P, y, z, -t % P


def sum_of_two(s: int, a: Point, k: int, b: Point) -> Point:
    """[s]a + [k]b, both scalars in [0, 2^256), from the highest bit down in one pass."""
    terms = (NEUTRAL, a, b, add(a, b))
    total = NEUTRAL
    for i in reversed(range(256)):
        total = double(total)
        chosen = (s >> i & 1) + 2 * (k >> i & 1)
        if chosen:
            total = add(total, terms[chosen])
    return total


_Y = 4 * pow(5, -1, P) % P  # B is the point with y = 4/5 and an even x
_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
BASE: Point = (_X, _Y, 1, _X * _Y % P)
