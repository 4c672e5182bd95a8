"""Ed25519 in plain Python takes and refuses what OpenSSL does, at every edge that RFC 8032 leaves open too."""

from __future__ import annotations

import itertools
import json
import random
from collections import Counter
from hashlib import sha512
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from zkcompliance.log.signatures import ed25519_verifies as library
from zkcompliance.standalone import ed25519
from zkcompliance.standalone.ed25519 import BASE, NEUTRAL, L, P, Point, add, decode, encode, sum_of_two, verifies

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/signatures.json").read_text())["ed25519"]
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()


def both(public: bytes, signature: bytes, message: bytes) -> bool:
    """The answer, the same from both."""
    found = verifies(public, signature, message)
    assert found == library(public, signature, message), (public.hex(), signature.hex(), message.hex())
    return found


@pytest.mark.parametrize("vector", VECTORS)
def test_known_answers(vector: dict[str, str]) -> None:
    """RFC 8032 §7.1 (the first three) and the reference implementation's list."""
    public, message, signature = (bytes.fromhex(vector[k]) for k in ("public", "message", "signature"))
    assert both(public, signature, message)
    assert not both(public, signature, message + b"\0")


def test_rfc_8032_long_message() -> None:
    """§7.1, TEST SHA(abc)."""
    key = Ed25519PrivateKey.from_private_bytes(
        bytes.fromhex("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42")
    )
    public = bytes.fromhex("ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf")
    assert key.public_key().public_bytes_raw() == public
    message = sha512(b"abc").digest()
    assert both(public, key.sign(message), message)


def test_random_signatures_and_their_mutants() -> None:
    rng = random.Random(1)
    for _ in range(60):
        key = Ed25519PrivateKey.from_private_bytes(rng.randbytes(32))
        public, message = key.public_key().public_bytes_raw(), rng.randbytes(rng.randrange(200))
        signature = key.sign(message)
        assert both(public, signature, message)
        for _ in range(4):
            parts = [bytearray(public), bytearray(signature), bytearray(message + b"!")]
            chosen = rng.choice(parts)
            chosen[rng.randrange(len(chosen))] ^= 1 << rng.randrange(8)
            assert not both(bytes(parts[0]), bytes(parts[1]), bytes(parts[2])[:-1] if chosen is not parts[2] else b"?")


def test_a_signature_has_one_scalar() -> None:
    """S + L, S + 2L, … are the same number mod L, and refused."""
    signature = KEY.sign(b"m")
    s = int.from_bytes(signature[32:], "little")
    assert both(PUBLIC, signature, b"m")
    for i in range(1, 16):
        if s + i * L < 1 << 256:
            assert not both(PUBLIC, signature[:32] + (s + i * L).to_bytes(32, "little"), b"m")
    for bit in (253, 254, 255):
        assert not both(PUBLIC, signature[:32] + (s | 1 << bit).to_bytes(32, "little"), b"m")


def test_special_values() -> None:
    """R and S at 0, 1, p, L and their neighbours, as in Wycheproof's list of invalid signatures."""
    edges = [0, 1, 2, L - 1, L, L + 1, P - 1, P, P + 1, 2**252, 2**255 - 1, 2**255, 2**256 - 1]
    for r, s in itertools.product(edges, repeat=2):
        assert not both(PUBLIC, r.to_bytes(32, "little") + s.to_bytes(32, "little"), b"?")


def test_wrong_lengths() -> None:
    signature = KEY.sign(b"m")
    for data in (b"", signature[:-1], signature + b"\0", signature[:32], signature * 2):
        assert not both(PUBLIC, data, b"m")
    for public in (b"", PUBLIC[:-1], PUBLIC + b"\0"):
        assert not both(public, signature, b"m")


def times(scalar: int, point: Point) -> Point:
    return sum_of_two(scalar, point, 0, NEUTRAL)


def torsion() -> list[Point]:
    """The eight points of small order."""
    y = 2
    while True:
        point = decode(y.to_bytes(32, "little"))
        if point is not None:
            small = times(L, point)
            multiples = [times(i, small) for i in range(8)]
            if len({encode(each) for each in multiples}) == 8:
                return multiples
        y += 1


def encodings(point: Point) -> list[bytes]:
    """Every 32 bytes that are read as the point: the canonical ones first."""
    first = encode(point)
    value = int.from_bytes(first, "little")
    y, parity = value & (1 << 255) - 1, value >> 255
    signs = (parity, 1 - parity) if y in (1, P - 1) else (parity,)
    return [(v | s << 255).to_bytes(32, "little") for v in (y, y + P) if v < 1 << 255 for s in signs]


def test_the_list_of_small_order_encodings() -> None:
    """Eight points in fourteen ways, as C2SP's CCTV lists them."""
    found = [each for point in torsion() for each in encodings(point)]
    assert len(found) == len(set(found)) == 14
    assert all(decode(each) is not None for each in found)
    assert bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05") in found


def test_points_with_small_order_components() -> None:
    """Every pair of a key A = [a]B + T and a commitment R = [r]B + T', in every encoding, with the scalar that fits
    the equation up to the cofactor. What is accepted: R canonical and the small parts cancelling exactly."""
    a, r, answers = 7**80 % L, 5**90 % L, Counter[bool]()
    small = torsion()
    for known_a, known_r in itertools.product((0, a), (0, r)):
        keys = [x for t in small for x in encodings(add(times(known_a, BASE), t))]
        commitments = [x for t in small for x in encodings(add(times(known_r, BASE), t))]
        for i, (public, commitment) in enumerate(itertools.product(keys, commitments)):
            message = f"small {i}".encode()
            k = int.from_bytes(sha512(commitment + public + message).digest(), "little") % L
            s = (known_r + k * known_a) % L
            found = both(public, commitment + s.to_bytes(32, "little"), message)
            point, key = decode(commitment), decode(public)
            assert point is not None and key is not None
            exact = encode(add(times(s, BASE), ed25519.negate(times(k, key)))) == encode(point)
            assert found == (exact and encode(point) == commitment)
            answers[found] += 1
    assert answers[True] > 20 and answers[False] > 200, answers


def test_encodings_of_every_small_y() -> None:
    """y from 0 to 18 and p to p + 18, both signs: as keys, and as commitments."""
    signature = KEY.sign(b"m")
    for y, sign in itertools.product([*range(19), *range(P, P + 19)], (0, 1)):
        data = (y | sign << 255).to_bytes(32, "little")
        both(data, signature, b"m")
        both(data, bytes(32), b"m")
        both(PUBLIC, data + signature[32:], b"m")
        both(data, encode(NEUTRAL) + bytes(32), b"m")


def test_the_constants() -> None:
    x, y, _, _ = BASE
    assert (-x * x + y * y - 1 - ed25519.D * x * x * y * y) % P == 0 and x % 2 == 0
    assert encode(times(L, BASE)) == encode(NEUTRAL) and encode(BASE) == bytes([0x58]) + b"\x66" * 31
    assert ed25519.ROOT**2 % P == P - 1
    assert encode(ed25519.double(BASE)) == encode(add(BASE, BASE))
