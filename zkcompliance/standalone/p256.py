"""ECDSA verification over P-256 with SHA-256 in plain Python (FIPS 186-5 §6.4.2, SP 800-186 §3.2.1.3).

    curve   y² = x³ − 3x + b over the integers mod p = 2^256 − 2^224 + 2^192 + 2^96 − 1
    group   G of prime order n
    accept  0 < r, s < n,  and x([e/s]G + [r/s]Q) mod n is r,   e = SHA-256(message)

It takes and refuses what OpenSSL does: a signature is the one DER form of SEQUENCE { r, s }, and a large s is as good
as its negative. It never sees a secret, so nothing here has to hide its time.

A point is (X, Y, Z) with x = X/Z², y = Y/Z³; Z = 0 is the neutral one.
"""

from __future__ import annotations

from hashlib import sha256

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    1,
)
NEUTRAL = (1, 1, 0)
POINT_BYTES = 65

Point = tuple[int, int, int]


def verifies(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` (DER) over `message` is of the key `public` (65 bytes: 04 ‖ x ‖ y)."""
    key, pair = decode(public), _integers(signature)
    if key is None or pair is None:
        return False
    r, s = pair
    if not (0 < r < N and 0 < s < N):
        return False
    inverse = pow(s, -1, N)
    e = int.from_bytes(sha256(message).digest(), "big")
    x, _, z = sum_of_two(e * inverse % N, G, r * inverse % N, key)
    return z != 0 and x * pow(z, -2, P) % P % N == r


def decode(data: bytes) -> Point | None:
    """The point of its uncompressed form; None when it is not on the curve."""
    if len(data) != POINT_BYTES or data[0] != 4:
        return None
    x, y = int.from_bytes(data[1:33], "big"), int.from_bytes(data[33:], "big")
    if x >= P or y >= P or (y * y - (x * x - 3) * x - B) % P:
        return None
    return x, y, 1


def _integers(data: bytes) -> tuple[int, int] | None:
    """r and s of SEQUENCE { INTEGER, INTEGER } in DER, both below 2^256; None for any other bytes."""
    found, rest = [], data[2:]
    for _ in range(2):
        if len(rest) < 2 or rest[0] != 2 or not 1 <= rest[1] <= 33 or len(rest) < 2 + rest[1]:
            return None
        found.append(int.from_bytes(rest[2 : 2 + rest[1]], "big"))
        rest = rest[2 + rest[1] :]
    return (found[0], found[1]) if data == _der(*found) else None


def _der(r: int, s: int) -> bytes:
    parts = b"".join(
        b"\x02" + bytes([size]) + v.to_bytes(size, "big") for v in (r, s) for size in [v.bit_length() // 8 + 1]
    )
    return b"\x30" + bytes([len(parts)]) + parts


def sum_of_two(a: int, first: Point, b: int, second: Point) -> Point:
    """[a]first + [b]second, bit by bit of both at once."""
    both = add(first, second)
    total = NEUTRAL
    for i in reversed(range(max(a.bit_length(), b.bit_length()))):
        total = double(total)
        match a >> i & 1, b >> i & 1:
            case 1, 0:
                total = add(total, first)
            case 0, 1:
                total = add(total, second)
            case 1, 1:
                total = add(total, both)
    return total


def double(point: Point) -> Point:
    x, y, z = point
    if y == 0 or z == 0:
        return NEUTRAL
    square = y * y % P
    s = 4 * x * square % P
    m = 3 * (x - z * z) * (x + z * z) % P
    new_x = (m * m - 2 * s) % P
    return new_x, (m * (s - new_x) - 8 * square * square) % P, 2 * y * z % P


def add(first: Point, second: Point) -> Point:
    """Complete: neutral, equal and opposite points too."""
    x1, y1, z1 = first
    x2, y2, z2 = second
    if z1 == 0:
        return second
    if z2 == 0:
        return first
    u1, u2 = x1 * z2 * z2 % P, x2 * z1 * z1 % P
    s1, s2 = y1 * pow(z2, 3, P) % P, y2 * pow(z1, 3, P) % P
    if u1 == u2:
        return double(first) if s1 == s2 else NEUTRAL
    h, r = (u2 - u1) % P, (s2 - s1) % P
    h2 = h * h % P
    h3, v = h2 * h % P, u1 * h2 % P
    x = (r * r - h3 - 2 * v) % P
    return x, (r * (v - x) - s1 * h3) % P, h * z1 * z2 % P
