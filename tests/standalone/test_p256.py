"""ECDSA P-256 in plain Python takes and refuses what OpenSSL does."""

from __future__ import annotations

import random
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from zkcompliance.log import signatures
from zkcompliance.standalone import p256


def public_of(private: ec.EllipticCurvePrivateKey) -> bytes:
    return private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def both(public: bytes, signature: bytes, message: bytes) -> bool:
    """What both say; they must agree."""
    plain, library = p256.verifies(public, signature, message), signatures.p256_verifies(public, signature, message)
    assert plain == library, (public.hex(), signature.hex(), message.hex())
    return plain


# RFC 6979 A.2.5, SHA-256
RFC_KEY = bytes.fromhex(
    "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
)
RFC = {
    b"sample": ("EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
                "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"),
    b"test": ("F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367",
              "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083"),
}  # fmt: skip


@pytest.mark.parametrize("message", RFC)
def test_known_answers(message: bytes) -> None:
    r, s = (int(x, 16) for x in RFC[message])
    assert both(RFC_KEY, encode_dss_signature(r, s), message)
    assert not both(RFC_KEY, encode_dss_signature(r, s), message + b".")


def test_any_key_and_any_change() -> None:
    draw = random.Random(256)
    for i in range(12):
        private = ec.derive_private_key(draw.randrange(1, p256.N), ec.SECP256R1())
        public, message = public_of(private), draw.randbytes(i)
        signature = private.sign(message, ec.ECDSA(SHA256()))
        assert both(public, signature, message)
        for _ in range(6):
            changed = bytearray(signature)
            changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
            assert not both(public, bytes(changed), message)


def test_edges() -> None:
    private = ec.derive_private_key(7, ec.SECP256R1())
    public, message, n = public_of(private), b"m", p256.N
    signature = private.sign(message, ec.ECDSA(SHA256()))
    r, s = decode_dss_signature(signature)
    assert both(public, encode_dss_signature(r, n - s), message)  # as in the standard: both are signatures
    for pair in ((0, s), (r, 0), (n, s), (r, n), (r + n, s), (r, s + n), (n - r, s), (1, 1), (2**264, s)):
        assert not both(public, encode_dss_signature(*pair), message)
    head = b"\x30\x81" + signature[1:]
    raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    negative, empty = bytes.fromhex("3006020180020101"), bytes.fromhex("300402000200")
    for data in (b"", b"\x30", b"\x30\x00", signature[:-1], signature + b"\0", b"\x31" + signature[1:], bytes(8), head,
                 negative, empty, raw):  # fmt: skip
        assert not both(public, data, message)
    body = b"\x02\x21\0" + r.to_bytes(32, "big") + b"\x02\x22\0\0" + s.to_bytes(32, "big")  # a zero too many
    assert not both(public, b"\x30" + bytes([len(body)]) + body, message)
    off = public[:-1] + bytes([public[-1] ^ 1])
    large = b"\x04" + p256.P.to_bytes(32, "big") + public[33:]
    for key in (b"", b"\0", public[:-1], public + b"\0", b"\x06" + public[1:], b"\x07" + public[1:], off, large,
                b"\x04" + bytes(64)):  # fmt: skip
        assert not both(key, signature, message)
    assert not p256.verifies(b"\x02" + public[1:33], signature, message)  # compressed: no key of 65 bytes


def test_the_sum_meets_equal_and_opposite_points() -> None:
    """Keys that are G and −G: the additions that a formula without cases gets wrong."""
    for secret in (1, p256.N - 1, 2, p256.N - 2, 3):
        private = ec.derive_private_key(secret, ec.SECP256R1())
        for i in range(3):
            message = bytes([i])
            assert both(public_of(private), private.sign(message, ec.ECDSA(SHA256())), message)
    # e/s·G + r/s·Q neutral: Q = −(e/r)·G; no r fits, and nothing breaks
    e = int.from_bytes(sha256(b"m").digest(), "big")
    for r in (1, 2, 12345):
        private = ec.derive_private_key(-e * pow(r, -1, p256.N) % p256.N, ec.SECP256R1())
        assert not both(public_of(private), encode_dss_signature(r, 99), b"m")


def test_the_order_and_the_curve() -> None:
    assert p256.sum_of_two(p256.N, p256.G, 0, p256.G)[2] == 0
    assert p256.decode(b"\x04" + p256.G[0].to_bytes(32, "big") + p256.G[1].to_bytes(32, "big")) == p256.G
