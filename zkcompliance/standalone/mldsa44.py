"""ML-DSA-44 verification in plain Python (FIPS 204, algorithms 3 and 8). It never sees a secret.

    ring    R = Z_q[X]/(X^256 + 1),  q = 2^23 − 2^13 + 1;  a polynomial is a list of 256 integers
    key     ρ ‖ t1                A = ExpandA(ρ) is 4 × 4 polynomials, t1 four of them with 10 bits a coefficient
    signed  c~ ‖ z ‖ h            c = SampleInBall(c~);  z is four polynomials, h marks at most ω coefficients
    accept  h is well-formed,  ‖z‖∞ < γ1 − β,  and
            c~ = SHAKE256(μ ‖ w1),   μ = SHAKE256(SHAKE256(key) ‖ 0 ‖ 0 ‖ message),   w1 = UseHint(h, A·z − c·t1·2^d)

The two zero bytes say: the message itself is signed, in an empty context. Products are taken after a number theoretic
transform, which makes them coefficient by coefficient.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import shake_128, shake_256

Q, N, D = 8380417, 256, 13
ROWS = COLUMNS = 4
TAU, OMEGA = 39, 80
GAMMA1, GAMMA2 = 1 << 17, (Q - 1) // 88
BETA = 78
STRETCH = 840  # bytes drawn for a polynomial at first: 280 pieces, of which one in a thousand is not below q
C_BYTES, HINT_BYTES = 32, OMEGA + ROWS
PUBLIC_BYTES, SIGNATURE_BYTES = 32 + ROWS * 320, C_BYTES + COLUMNS * 576 + HINT_BYTES

Poly = list[int]


def verifies(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` (2420 bytes) over `message` is of the key `public` (1312 bytes), in the empty context."""
    return verifies_formatted(public, signature, b"\0\0" + message)


def verifies_formatted(public: bytes, signature: bytes, formatted: bytes) -> bool:
    """Algorithm 8: the same of 0 ‖ length of the context ‖ context ‖ message."""
    if len(public) != PUBLIC_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    c_bytes, hint = signature[:C_BYTES], unpack_hint(signature[-HINT_BYTES:])
    packed = signature[C_BYTES:-HINT_BYTES]
    z = [[GAMMA1 - v for v in unpack(packed[576 * i : 576 * (i + 1)], 18)] for i in range(COLUMNS)]
    if hint is None or max(abs(value) for poly in z for value in poly) >= GAMMA1 - BETA:
        return False
    t1 = [unpack(public[32 + 320 * i : 352 + 320 * i], 10) for i in range(ROWS)]
    w = commitment(public[:32], z, sample_in_ball(c_bytes), t1)
    w1 = [[use_hint(mark, value) for mark, value in zip(*pair, strict=True)] for pair in zip(hint, w, strict=True)]
    mu = shake_256(shake_256(public).digest(64) + formatted).digest(64)
    return shake_256(mu + b"".join(pack(poly, 6) for poly in w1)).digest(C_BYTES) == c_bytes


def commitment(rho: bytes, z: list[Poly], c: Poly, t1: list[Poly]) -> list[Poly]:
    """A·z − c·t1·2^d, coefficients in [0, q)."""
    z_hat, c_hat = [ntt(poly) for poly in z], ntt(c)
    found = []
    for row in range(ROWS):
        t_hat = ntt([value << D for value in t1[row]])
        total = [-x * y for x, y in zip(c_hat, t_hat, strict=True)]
        for column in range(COLUMNS):
            a_hat = uniform(rho + bytes([column, row]))
            total = [s + a * x for s, a, x in zip(total, a_hat, z_hat[column], strict=True)]
        found.append(inverse_ntt(total))
    return found


# Sampling


def uniform(seed: bytes) -> Poly:
    """RejNTTPoly (algorithm 30): the numbers below q among 23-bit pieces of SHAKE128."""
    size = STRETCH
    while True:
        stream = shake_128(seed).digest(size)
        pieces = (int.from_bytes(stream[i : i + 3], "little") & 0x7FFFFF for i in range(0, size, 3))
        found = [value for value in pieces if value < Q]
        if len(found) >= N:
            return found[:N]
        size *= 2


def sample_in_ball(seed: bytes) -> Poly:
    """SampleInBall (algorithm 29): τ coefficients are ±1, the others 0."""
    stream = _squeeze(seed)
    signs = int.from_bytes(bytes(next(stream) for _ in range(8)), "little")
    c = [0] * N
    for i in range(N - TAU, N):
        j = next(byte for byte in stream if byte <= i)
        c[i] = c[j]
        c[j] = -1 if signs >> (i + TAU - N) & 1 else 1
    return c


def _squeeze(seed: bytes) -> Iterator[int]:
    """The bytes of SHAKE256(seed), without end."""
    done, size = 0, 256
    while True:
        yield from shake_256(seed).digest(size)[done:]
        done, size = size, 2 * size


# Rounding


def use_hint(mark: int, value: int) -> int:
    """UseHint (algorithm 40): the high part of `value` in [0, q), moved by one towards where its low part points."""
    high, low = decompose(value)
    if mark:
        return (high + (1 if low > 0 else -1)) % 44
    return high


def decompose(value: int) -> tuple[int, int]:
    """Decompose (algorithm 36): value = high·2·γ2 + low mod q, low in (−γ2, γ2], high in [0, 44)."""
    low = value % (2 * GAMMA2)
    if low > GAMMA2:
        low -= 2 * GAMMA2
    if value - low == Q - 1:
        return 0, low - 1
    return (value - low) // (2 * GAMMA2), low


# Bytes


def unpack(data: bytes, bits: int) -> Poly:
    """256 numbers of so many bits each, the lowest first (algorithm 18)."""
    whole, mask = int.from_bytes(data, "little"), (1 << bits) - 1
    return [whole >> (bits * i) & mask for i in range(N)]


def pack(poly: Poly, bits: int) -> bytes:
    """The inverse of `unpack` (algorithm 16)."""
    return sum(value << (bits * i) for i, value in enumerate(poly)).to_bytes(N * bits // 8, "little")


def unpack_hint(data: bytes) -> list[Poly] | None:
    """HintBitUnpack (algorithm 21): positions of the marks, and where each polynomial's end. None unless canonical:
    positions ascend within a polynomial, and what is unused is zero."""
    hint, start = [[0] * N for _ in range(ROWS)], 0
    for poly, end in zip(hint, data[OMEGA:], strict=True):
        places = list(data[start:end])
        if not start <= end <= OMEGA or places != sorted(set(places)):
            return None
        for place in places:
            poly[place] = 1
        start = end
    return None if any(data[start:OMEGA]) else hint


# The transform (algorithms 41 and 42)


def _reversed(i: int) -> int:
    return int(f"{i:08b}"[::-1], 2)


ZETAS = [pow(1753, _reversed(i), Q) for i in range(N)]  # 1753 has order 512


def ntt(poly: Poly) -> Poly:
    """Values at the odd powers of ζ, in the standard's order; coefficients in any range, values in [0, q)."""
    w, m, half = list(poly), 0, N // 2
    while half:
        for start in range(0, N, 2 * half):
            m += 1
            zeta = ZETAS[m]
            for j in range(start, start + half):
                t = zeta * w[j + half] % Q
                w[j], w[j + half] = w[j] + t, w[j] - t
        half //= 2
    return [value % Q for value in w]


def inverse_ntt(values: Poly) -> Poly:
    """The polynomial with these values, coefficients in [0, q)."""
    w, m, half = list(values), N, 1
    while half < N:
        for start in range(0, N, 2 * half):
            m -= 1
            zeta = -ZETAS[m]
            for j in range(start, start + half):
                t = w[j]
                w[j], w[j + half] = t + w[j + half], zeta * (t - w[j + half]) % Q
        half *= 2
    scale = pow(N, -1, Q)
    return [value * scale % Q for value in w]
