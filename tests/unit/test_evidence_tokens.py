"""Tokens of attestation services: what a pinned key signed, and nothing that a token says of how to check it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from zkcompliance.errors import EvidenceRefused, MalformedEvidence, ZkComplianceError
from zkcompliance.evidence import tokens

DATA = Path(__file__).parents[1] / "data" / "tokens"
NOW = 1_764_000_600
KEYS = tokens.read_keys((DATA / "jwks.json").read_bytes())
OWN = ec.generate_private_key(ec.SECP384R1())
CLAIMS: dict[str, Any] = {
    "iss": "https://own.example", "iat": NOW - 60, "ueid": "1", "hwmodel": "GH100 A01 GSP BROM", "measres": "success",
    "secboot": True, "dbgstat": "disabled", "eat_nonce": "00",
}  # fmt: skip
Refused = (EvidenceRefused, MalformedEvidence)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value: int, size: int) -> str:
    return b64(value.to_bytes(size, "big"))


def jwks(**more: object) -> bytes:
    point = OWN.public_key().public_numbers()
    key = {"kty": "EC", "crv": "P-384", "kid": "own", "x": number(point.x, 48), "y": number(point.y, 48), **more}
    return json.dumps({"keys": [key]}).encode()


def signed(claims: object, header: object = None) -> str:
    head = {"alg": "ES384", "kid": "own"} if header is None else header
    text = f"{b64(json.dumps(head).encode())}.{b64(json.dumps(claims).encode())}"
    r, s = decode_dss_signature(OWN.sign(text.encode(), ec.ECDSA(hashes.SHA384())))
    return f"{text}.{b64(r.to_bytes(48, 'big') + s.to_bytes(48, 'big'))}"


def read(token: str) -> list[tokens.Claimed]:
    return tokens.read(token.encode(), tokens.read_keys(jwks()), NOW)


def test_tokens_of_another_implementation() -> None:
    bundle = tokens.read((DATA / "bundle.json").read_bytes(), KEYS, NOW)
    assert [each.identity[:6] for each in bundle] == ["655333", "478743"]
    assert {(each.model, each.at) for each in bundle} == {("GH100 A01 GSP BROM", 1_764_000_000)}
    (single,) = tokens.read((DATA / "single.jwt").read_bytes(), KEYS, NOW)
    assert (single.identity, single.issuer) == ("77", "https://ta.example")


@pytest.mark.parametrize("name", ["bundle.json", "single.jwt"])
def test_every_byte_counts(name: str) -> None:
    data = (DATA / name).read_bytes()
    choose = random.Random(3)
    for at in [*range(12), *choose.sample(range(len(data) - 1), 250)]:
        changed = bytearray(data)
        changed[at] ^= 1 << choose.randrange(7)
        if bytes(changed).split() != data.split():
            with pytest.raises(ZkComplianceError):
                tokens.read(bytes(changed), KEYS, NOW)


def test_no_algorithm_and_confusion_of_two() -> None:
    """`none`; the public key as the secret of an HMAC; another hash, another curve, another kind of key."""
    assert read(signed(CLAIMS))[0].identity == "1"
    good = signed(CLAIMS)
    body = good.split(".")[1]
    for algorithm in (
        "none",
        "None",
        "",
        None,
        5,
        "HS256",
        "HS384",
        "ES256",
        "ES512",
        "ES256K",
        "RS256",
        "PS384",
        "EdDSA",
    ):
        with pytest.raises(Refused):
            read(signed(CLAIMS, {"alg": algorithm, "kid": "own"}))
        with pytest.raises(Refused):
            read(f"{b64(json.dumps({'alg': algorithm, 'kid': 'own'}).encode())}.{body}.")
    head = b64(json.dumps({"alg": "HS384", "kid": "own"}).encode())
    for secret in (jwks(), OWN.public_key().public_numbers().x.to_bytes(48, "big")):
        mac = hmac.new(secret, f"{head}.{body}".encode(), hashlib.sha384).digest()
        with pytest.raises(EvidenceRefused, match="is not taken"):
            read(f"{head}.{body}.{b64(mac)}")


def test_a_key_that_the_token_brings_is_none() -> None:
    stranger = ec.generate_private_key(ec.SECP384R1()).public_key().public_numbers()
    brought = {"kty": "EC", "crv": "P-384", "x": number(stranger.x, 48), "y": number(stranger.y, 48)}
    header = {"alg": "ES384", "kid": "other", "jwk": brought, "jku": "https://evil.example/keys"}
    with pytest.raises(EvidenceRefused, match="names no key"):
        read(signed(CLAIMS, header))
    with pytest.raises(EvidenceRefused, match="not known here"):
        read(signed(CLAIMS, {"alg": "ES384", "kid": "own", "crit": ["exp"]}))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"iat": NOW + 301}, "has not come"),
        ({"iat": "now"}, "when it was issued"),
        ({"iat": True}, "when it was issued"),
        ({"ueid": ""}, "ueid is missing"),
        ({"ueid": 5}, "ueid is missing"),
        ({"hwmodel": "a\u202eb"}, "hwmodel is missing"),
        ({"dbgstat": "enabled"}, "may be debugged"),
        ({"dbgstat": None}, "may be debugged"),
        ({"measres": "fail"}, "not found well"),
        ({"secboot": False}, "not found well"),
        ({"secboot": "true"}, "not found well"),
    ],
    ids=str,
)
def test_what_a_token_does_not_say(change: dict[str, object], says: str) -> None:
    with pytest.raises(Refused, match=says):
        read(signed({**CLAIMS, **change}))


def test_forms_that_are_not_canonical() -> None:
    good = signed(CLAIMS)
    head, body, signature = good.split(".")
    for token in (
        f"{head}=.{body}.{signature}",
        f"{head}.{body}.{signature}.",
        f"{head}.{body}",
        f"{head}.{body}.{signature[:-1]}" + ("B" if signature[-1] != "B" else "C"),
        f"{head}.{body}.{signature[:-4]}",
        f"{head} .{body}.{signature}",
        "é" + good,
        "",
        ".." * 40_000,
    ):
        with pytest.raises(ZkComplianceError):
            read(token)


def bundle(change: Callable[[dict[str, Any], dict[str, str]], None] = lambda overall, devices: None) -> bytes:
    overall = {**CLAIMS, "x-nvidia-overall-att-result": True, "submods": {"GPU-0": [], "GPU-1": []}}
    devices = {"GPU-0": signed(CLAIMS), "GPU-1": signed({**CLAIMS, "ueid": "2"})}
    change(overall, devices)
    return json.dumps([["JWT", signed(overall)], devices]).encode()


def test_bundles_that_were_put_together() -> None:
    keys = tokens.read_keys(jwks())
    assert len(tokens.read(bundle(), keys, NOW)) == 2
    changes: list[Callable[[dict[str, Any], dict[str, str]], None]] = [
        lambda overall, devices: devices.update({"GPU-2": signed({**CLAIMS, "ueid": "3"})}),
        lambda overall, devices: devices.pop("GPU-1") and None,
        lambda overall, devices: devices.update({"GPU-1": devices["GPU-0"]}),
        lambda overall, devices: devices.update({"GPU-1": signed({**CLAIMS, "ueid": "2", "eat_nonce": "01"})}),
        lambda overall, devices: overall.update({"x-nvidia-overall-att-result": False}),
        lambda overall, devices: overall.update({"x-nvidia-overall-att-result": "true"}),
        lambda overall, devices: overall.pop("submods") and None,
    ]
    for change in changes:
        with pytest.raises(Refused):
            tokens.read(bundle(change), keys, NOW)


@pytest.mark.parametrize(
    "data",
    [
        b"{}",
        b'{"keys": []}',
        b'{"keys": [{}]}',
        b'{"keys": [5]}',
        jwks(crv="P-999"),
        jwks(x="AA"),
        jwks(use="enc"),
        jwks(d="AA"),
        jwks(kty="oct", k="AA"),
        json.dumps({"keys": json.loads(jwks())["keys"] * 2}).encode(),
    ],
)
def test_key_sets_that_are_none(data: bytes) -> None:
    with pytest.raises(MalformedEvidence):
        tokens.read_keys(data)


def test_a_short_key_is_none() -> None:
    public = rsa.generate_private_key(65537, 1024).public_key().public_numbers()  # noqa: S505
    key = {"kty": "RSA", "kid": "r", "n": number(public.n, 128), "e": number(public.e, 3)}
    with pytest.raises(MalformedEvidence, match="1024 bits"):
        tokens.read_keys(json.dumps({"keys": [key]}).encode())


def test_a_key_that_is_for_one_algorithm() -> None:
    keys = tokens.read_keys(jwks(alg="ES512"))
    with pytest.raises(EvidenceRefused, match="for ES512 alone"):
        tokens.read(signed(CLAIMS).encode(), keys, NOW)
