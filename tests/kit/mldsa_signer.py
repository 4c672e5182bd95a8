"""A signer of ML-DSA-44 (FIPS 204, algorithms 6 and 7) whose checks can be left out: it makes the signatures that an
honest one never gives away, to see that the verifier's own checks catch them."""

from __future__ import annotations

from hashlib import shake_256

from zkcompliance.standalone.mldsa44 import (
    BETA,
    COLUMNS,
    GAMMA1,
    GAMMA2,
    OMEGA,
    ROWS,
    N,
    Poly,
    Q,
    decompose,
    inverse_ntt,
    ntt,
    pack,
    sample_in_ball,
    uniform,
    unpack,
)

D = 13


def centred(value: int) -> int:
    value %= Q
    return value - Q if value > Q // 2 else value


def product(a: list[list[Poly]], s_hat: list[Poly]) -> list[Poly]:
    return [inverse_ntt([sum(x * y for x, y in zip(p, q, strict=True)) for p, q in columns(row, s_hat)]) for row in a]


def columns(row: list[Poly], s_hat: list[Poly]) -> list[tuple[list[int], list[int]]]:
    """For each coefficient, the row's and the vector's values."""
    return [([p[i] for p in row], [s[i] for s in s_hat]) for i in range(N)]


def bounded(seed: bytes) -> Poly:
    """RejBoundedPoly (algorithm 31) for η = 2."""
    halves = [h for byte in shake_256(seed).digest(512) for h in (byte & 15, byte >> 4)]
    return [2 - h % 5 for h in halves if h < 15][:N]


def times(c: Poly, polys: list[Poly]) -> list[Poly]:
    c_hat = ntt(c)
    return [[centred(v) for v in inverse_ntt([x * y for x, y in zip(c_hat, ntt(p), strict=True)])] for p in polys]


class Signer:
    """A key pair of a 32-byte seed."""

    def __init__(self, seed: bytes) -> None:
        stream = shake_256(seed + bytes([ROWS, COLUMNS])).digest(128)
        self.rho, secret, self.key = stream[:32], stream[32:96], stream[96:]
        self.a = [[uniform(self.rho + bytes([s, r])) for s in range(COLUMNS)] for r in range(ROWS)]
        short = [bounded(secret + i.to_bytes(2, "little")) for i in range(COLUMNS + ROWS)]
        self.s1, self.s2 = short[:COLUMNS], short[COLUMNS:]
        t = product(self.a, [ntt(p) for p in self.s1])
        t = [[(x + y) % Q for x, y in zip(p, q, strict=True)] for p, q in zip(t, self.s2, strict=True)]
        t1 = [[(v + (1 << D - 1) - 1) >> D for v in p] for p in t]
        self.t0 = [[v - (h << D) for v, h in zip(p, q, strict=True)] for p, q in zip(t, t1, strict=True)]
        self.public = self.rho + b"".join(pack(p, 10) for p in t1)

    def mu(self, message: bytes) -> bytes:
        return shake_256(shake_256(self.public).digest(64) + b"\0\0" + message).digest(64)

    def attempt(self, message: bytes, number: int) -> tuple[bytes, int, int, int] | None:
        """One round: signature, ‖z‖∞, ‖low part‖∞ of w − c·s2, hint weight. None where the hint does not fit."""
        mu, y = self.mu(message), []
        for r in range(COLUMNS):
            stream = shake_256(self.key + mu + (number * COLUMNS + r).to_bytes(8, "little")).digest(576)
            y.append([GAMMA1 - v for v in unpack(stream, 18)])
        w = product(self.a, [ntt(p) for p in y])
        c_bytes = shake_256(mu + b"".join(pack([decompose(v)[0] for v in p], 6) for p in w)).digest(32)
        c = sample_in_ball(c_bytes)
        z = [[a + b for a, b in zip(p, q, strict=True)] for p, q in zip(y, times(c, self.s1), strict=True)]
        rest = [[(a - b) % Q for a, b in zip(p, q, strict=True)] for p, q in zip(w, times(c, self.s2), strict=True)]
        low = max(abs(decompose(v)[1]) for p in rest for v in p)
        hint = []
        for p, q in zip(rest, times(c, self.t0), strict=True):
            moved = [(a + b) % Q for a, b in zip(p, q, strict=True)]
            hint.append([i for i in range(N) if decompose(moved[i])[0] != decompose(p[i])[0]])
        weight = sum(map(len, hint))
        if weight > OMEGA or any(not -GAMMA1 < v <= GAMMA1 for p in z for v in p):
            return None
        return self.encode(c_bytes, z, hint), max(abs(v) for p in z for v in p), low, weight

    @staticmethod
    def encode(c_bytes: bytes, z: list[Poly], hint: list[list[int]]) -> bytes:
        places = bytes(i for p in hint for i in p)
        ends = bytes(sum(map(len, hint[: i + 1])) for i in range(ROWS))
        return c_bytes + b"".join(pack([GAMMA1 - v for v in p], 18) for p in z) + places.ljust(OMEGA, b"\0") + ends

    def sign(self, message: bytes) -> bytes:
        """An honest signature."""
        number = 0
        while True:
            found = self.attempt(message, number)
            if found is not None and found[1] < GAMMA1 - BETA and found[2] < GAMMA2 - BETA:
                return found[0]
            number += 1
