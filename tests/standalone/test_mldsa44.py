"""ML-DSA-44 in plain Python takes and refuses what OpenSSL does."""

from __future__ import annotations

import json
import random
from functools import cache
from pathlib import Path

import pytest

from tests.kit.mldsa_signer import Signer
from zkcompliance.log.signatures import mldsa44_verifies as library
from zkcompliance.standalone import mldsa44
from zkcompliance.standalone.mldsa44 import BETA, GAMMA1, GAMMA2, OMEGA, ROWS, N, Q, verifies

mldsa = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.mldsa")
VECTORS = json.loads((Path(__file__).parents[1] / "vectors/signatures.json").read_text())["ml-dsa-44"]
SEED, MESSAGE = bytes(range(32)), b"subtree/v1\n\0 example"


@cache
def honest() -> tuple[bytes, bytes]:
    """(public key, signature of MESSAGE) by the library."""
    key = mldsa.MLDSA44PrivateKey.from_seed_bytes(SEED)
    return key.public_key().public_bytes_raw(), key.sign(MESSAGE)


def both(public: bytes, signature: bytes, message: bytes) -> bool:
    """The answer, the same from both."""
    found = verifies(public, signature, message)
    assert found == library(public, signature, message)
    return found


@pytest.mark.parametrize("vector", VECTORS, ids=["0", "1", "2"])
def test_known_answers(vector: dict[str, str]) -> None:
    """Deterministic signatures in a context, which the empty context refuses."""
    public, context, message, signature = (
        bytes.fromhex(vector[k]) for k in ("public", "context", "message", "signature")
    )
    formatted = bytes([0, len(context)]) + context + message
    assert mldsa44.verifies_formatted(public, signature, formatted)
    assert not mldsa44.verifies_formatted(public, signature, formatted + b"\0")
    assert not both(public, signature, message)
    assert Signer(bytes.fromhex(vector["seed"])).public == public


def test_random_signatures_and_their_mutants() -> None:
    rng = random.Random(2)
    for _ in range(6):
        key = mldsa.MLDSA44PrivateKey.from_seed_bytes(rng.randbytes(32))
        public, message = key.public_key().public_bytes_raw(), rng.randbytes(rng.randrange(300))
        signature = key.sign(message)
        assert both(public, signature, message)
        assert not both(public, signature, message + b"\0")
        for place in (0, 31, 32, 2335, 2336, 2419, *(rng.randrange(2420) for _ in range(14))):
            made = bytearray(signature)
            made[place] ^= 1 << rng.randrange(8)
            assert not both(public, bytes(made), message)
        for place in (0, 31, 32, 1311, rng.randrange(1312)):
            made = bytearray(public)
            made[place] ^= 1 << rng.randrange(8)
            assert not both(bytes(made), signature, message)


def test_wrong_lengths() -> None:
    public, signature = honest()
    for data in (b"", signature[:-1], signature + b"\0", signature[:32], signature * 2):
        assert not both(public, data, MESSAGE)
    for key in (b"", public[:-1], public + b"\0"):
        assert not both(key, signature, MESSAGE)


def test_the_context_is_part_of_what_is_signed() -> None:
    key = mldsa.MLDSA44PrivateKey.from_seed_bytes(SEED)
    public = key.public_key().public_bytes_raw()
    assert both(public, key.sign(MESSAGE, b""), MESSAGE)
    assert not both(public, key.sign(MESSAGE, b"x"), MESSAGE)


def hint_mutants(hint: bytes) -> dict[str, bytes]:
    """84 bytes of an honest hint, written in ways that are not its one form, or not one at all."""
    places, ends = bytearray(hint[:OMEGA]), bytearray(hint[OMEGA:])
    first, last = ends[0], ends[-1]
    assert first >= 2 and last < OMEGA - 1
    swapped, doubled, padded = bytearray(places), bytearray(places), bytearray(places)
    swapped[0], swapped[1] = places[1], places[0]
    doubled[1] = doubled[0]
    padded[-1] = 1
    after = bytearray(places)
    after[last] = 255
    return {
        "two places swapped": bytes(swapped + ends),
        "a place twice": bytes(doubled + ends),
        "unused bytes not zero": bytes(padded + ends),
        "the first unused byte not zero": bytes(after + ends),
        "an end beyond omega": bytes(places + ends[:-1] + bytes([OMEGA + 1])),
        "every end at 255": bytes(places) + b"\xff" * ROWS,
        "an end before the one before": bytes(places + bytes([ends[1] + 1]) + ends[1:]),
        "a first end beyond omega": bytes(places + bytes([OMEGA + 1]) + ends[1:]),
        "one mark less": bytes(places + ends[:-1] + bytes([last - 1])),
        "one zero place more": bytes(places + ends[:-1] + bytes([last + 1])),
        "none at all": bytes(OMEGA + ROWS),
        "all at omega": bytes(range(OMEGA)) + bytes([OMEGA]) * ROWS,
    }  # fmt: skip


def test_every_malformed_hint() -> None:
    public, signature = honest()
    for name, hint in hint_mutants(signature[-OMEGA - ROWS :]).items():
        assert not both(public, signature[: -OMEGA - ROWS] + hint, MESSAGE), name


def test_the_norm_of_z() -> None:
    """A signer who leaves out its own check: everything else holds, and ‖z‖∞ ≥ γ1 − β alone is refused; one less is
    taken. The signer itself is right: its honest signatures verify."""
    signer = Signer(SEED)
    public, _ = honest()
    assert signer.public == public
    assert both(public, signer.sign(MESSAGE), MESSAGE)
    refused, closest, limit = 0, 0, GAMMA1 - BETA
    for number in range(60):
        made = signer.attempt(MESSAGE, number)
        if made is None or made[2] >= GAMMA2 - BETA:
            continue
        signature, size, _, _ = made
        assert both(public, signature, MESSAGE) == (size < limit)
        if size >= limit:
            refused += 1
            assert ignoring_the_norm(public, signature)
        else:
            closest = max(closest, size)
    assert refused >= 5 and closest > limit - 400, (refused, closest)


def ignoring_the_norm(public: bytes, signature: bytes) -> bool:
    """What a verifier without the check of ‖z‖∞ would say."""
    beta = mldsa44.BETA
    try:
        mldsa44.BETA = -2  # every z that can be written passes
        return verifies(public, signature, MESSAGE)
    finally:
        mldsa44.BETA = beta


@pytest.mark.parametrize("distance", [0, -1])
def test_the_norm_of_z_at_its_boundary(distance: int) -> None:
    """‖z‖∞ of exactly γ1 − β is refused, of γ1 − β − 1 taken."""
    signature = boundary(distance)
    public, _ = honest()
    assert both(public, signature, boundary_message(distance)) == (distance < 0)


# ‖z‖∞ − (γ1 − β) → (message, attempt), found by trying; `boundary` fails where they are not what they should be.
BOUNDARY = {0: (332, 2), -1: (302, 1)}


def boundary_message(distance: int) -> bytes:
    return f"boundary {BOUNDARY[distance][0]}".encode()


def boundary(distance: int) -> bytes:
    made = Signer(SEED).attempt(boundary_message(distance), BOUNDARY[distance][1])
    assert made is not None and made[1] == GAMMA1 - BETA + distance and made[2] < GAMMA2 - BETA
    return made[0]


def test_the_transform() -> None:
    """NTT, coefficient-wise product and its inverse are the product mod X^256 + 1."""
    rng = random.Random(3)
    a, b = ([rng.randrange(-Q, Q) for _ in range(N)] for _ in range(2))
    expected = [0] * N
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            expected[(i + j) % N] += x * y if i + j < N else -x * y
    found = mldsa44.inverse_ntt([x * y for x, y in zip(mldsa44.ntt(a), mldsa44.ntt(b), strict=True)])
    assert found == [value % Q for value in expected]
    assert pow(1753, 256, Q) == Q - 1


def test_rounding() -> None:
    """Every value is high·2·γ2 + low, low in (−γ2, γ2], and the top of the range wraps to zero."""
    rng = random.Random(4)
    edges = [x % Q for k in range(45) for x in range(2 * GAMMA2 * k + GAMMA2 - 2, 2 * GAMMA2 * k + GAMMA2 + 3)]
    for value in [0, 1, Q - 1, Q - 2, *edges, *(rng.randrange(Q) for _ in range(2000))]:
        high, low = mldsa44.decompose(value)
        assert (high * 2 * GAMMA2 + low - value) % Q == 0 and 0 <= high < 44 and -GAMMA2 <= low <= GAMMA2
    assert mldsa44.decompose(Q - 1) == (0, -1)
    assert mldsa44.use_hint(1, 0) == 43 and mldsa44.use_hint(1, 1) == 1 and mldsa44.use_hint(1, Q - 1) == 43


def test_where_the_first_stretch_is_too_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stream is read on: the same polynomial."""
    expected = mldsa44.uniform(b"seed")
    assert len(expected) == N and max(expected) < Q
    monkeypatch.setattr(mldsa44, "STRETCH", 105)
    assert mldsa44.uniform(b"seed") == expected
    c = mldsa44.sample_in_ball(b"seed")
    assert sum(map(abs, c)) == mldsa44.TAU
