"""Tokens of attestation services (EAT, RFC 9711, as JWT, RFC 7519): who ran the checks of a device says what they gave.

    token   = header.payload.signature, each base64url without padding; the signature is over header.payload
    bundle  = [["JWT", overall], {"GPU-0": token, …}], as NVIDIA's remote attestation service answers

Keys are those of a JWKS (RFC 7517) that the caller pins, found by `kid`. Nothing in a token names another: `jwk`,
`jku`, `x5c` and `x5u` are not looked at, and `crit` is refused. Which algorithms a key takes: `signing.py`.

A token is about the moment when it was issued (`iat`), and stays so when it is no longer valid for whom it was made.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zkcompliance import strict_json
from zkcompliance.errors import EvidenceRefused, MalformedEvidence
from zkcompliance.evidence import signing
from zkcompliance.limits import MAX_CLOCK_SECONDS, MAX_DEVICES, MAX_EVIDENCE_JSON_BYTES
from zkcompliance.quantities import show_time
from zkcompliance.quantities.names import fault_of

if TYPE_CHECKING:
    from zkcompliance.evidence.signing import Key

_PART = re.compile(r"[A-Za-z0-9_-]+")
_MOST_TOKEN = 64 << 10
_MOST_KEYS = 64


@dataclass(frozen=True)
class JsonKey:
    """A key of a JWKS. algorithm: the only one that it is for; empty where that is not said."""

    key: Key
    algorithm: str


@dataclass(frozen=True)
class Claimed:
    """A device as a service says it: its model and its identity there, when (UTC seconds), and who says so."""

    model: str
    identity: str
    at: int
    issuer: str


def read_keys(data: bytes) -> dict[str, JsonKey]:
    """The keys of a JWKS by their `kid`: RSA, P-256, P-384, P-521 and Ed25519, to sign with. MalformedEvidence."""
    document = strict_json.loads(data, "the JWKS", MalformedEvidence, limit=MAX_EVIDENCE_JSON_BYTES)
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list) or not 1 <= len(keys) <= _MOST_KEYS:
        raise MalformedEvidence(f"a JWKS has 1 to {_MOST_KEYS} keys")
    found: dict[str, JsonKey] = {}
    for number, each in enumerate(keys, 1):
        if not isinstance(each, dict) or not isinstance(each.get("kid"), str) or each["kid"] in found:
            raise MalformedEvidence(f"key {number} of the JWKS has no name (kid) of its own")
        if each.get("use", "sig") != "sig" or "d" in each or "k" in each:
            raise MalformedEvidence(f"key {number} of the JWKS is not a public one to sign with")
        found[each["kid"]] = JsonKey(_json_key(each, f"key {number} of the JWKS"), str(each.get("alg", "")))
    return found


def read(data: bytes, keys: Mapping[str, JsonKey], at: int) -> list[Claimed]:
    """The devices of a token, or of a bundle of NVIDIA's service, each of them once. at: UTC seconds, now.

    MalformedEvidence for the form; EvidenceRefused where a signature is of no key that is pinned, or what was checked
    was not found to be well.
    """
    if not data.lstrip().startswith(b"["):
        try:
            return [_device(verified(data.decode("ascii").strip(), keys, at))]
        except UnicodeDecodeError:
            raise MalformedEvidence("a token has other characters than those of base64url") from None
    document = strict_json.loads(data, "the bundle of tokens", MalformedEvidence, limit=MAX_EVIDENCE_JSON_BYTES)
    if (
        not isinstance(document, list) or len(document) != 2 or not isinstance(document[0], list)
        or len(document[0]) != 2 or document[0][0] != "JWT" or not isinstance(document[1], dict)
    ):  # fmt: skip
        raise MalformedEvidence('a bundle of tokens is [["JWT", token], {"GPU-0": token, …}]')
    overall, devices = verified(document[0][1], keys, at), document[1]
    if overall.get("x-nvidia-overall-att-result") is not True:
        raise EvidenceRefused("the service did not find all devices well")
    if not 1 <= len(devices) <= MAX_DEVICES or set(devices) != set(_object(overall, "submods")):
        raise EvidenceRefused("the devices of the bundle are not those that its first token names")
    found: dict[str, Claimed] = {}
    for name, token in devices.items():
        claims = verified(token, keys, at)
        if claims.get("eat_nonce") != overall.get("eat_nonce") or not claims.get("eat_nonce"):
            raise EvidenceRefused(f"the device {name!r:.40} answered another nonce than the whole")
        device = _device(claims)
        if device.identity in found:
            raise EvidenceRefused(f"the device {name!r:.40} is there twice")
        found[device.identity] = device
    return list(found.values())


def verified(token: object, keys: Mapping[str, JsonKey], at: int) -> dict[str, object]:
    """The claims of a token that a pinned key signed. EvidenceRefused, MalformedEvidence."""
    if not isinstance(token, str) or len(token) > _MOST_TOKEN or token.count(".") != 2:
        raise MalformedEvidence("a token has three parts with dots between, and at most 64 KiB")
    head, body, signature = (_part(each) for each in token.split("."))
    header = strict_json.loads(head, "the header of a token", MalformedEvidence, limit=_MOST_TOKEN)
    if not isinstance(header, dict) or "crit" in header:
        raise EvidenceRefused("the header of a token asks for what is not known here")
    known = keys.get(header["kid"]) if isinstance(header.get("kid"), str) else None
    if known is None:
        raise EvidenceRefused("the token names no key that is trusted")
    algorithm = header.get("alg")
    if known.algorithm and known.algorithm != algorithm:
        raise EvidenceRefused(f"the key is for {known.algorithm:.20} alone, and the token says {algorithm!r:.20}")
    signing.check_named(known.key, algorithm, signature, token.rpartition(".")[0].encode("ascii"))
    claims = strict_json.loads(body, "the claims of a token", MalformedEvidence, limit=_MOST_TOKEN)
    if not isinstance(claims, dict):
        raise MalformedEvidence("the claims of a token are no object")
    issued = claims.get("iat")
    if isinstance(issued, bool) or not isinstance(issued, int) or issued < 0:
        raise MalformedEvidence("a token says when it was issued (iat), in whole seconds")
    if issued > at + MAX_CLOCK_SECONDS:
        raise EvidenceRefused(f"a token was issued on {show_time(issued)}, which has not come")
    return claims


def _device(claims: Mapping[str, object]) -> Claimed:
    """What a token says of one device that was found well. A text that cannot be one is refused."""
    identity, model, issuer = claims.get("ueid"), claims.get("hwmodel"), claims.get("iss")
    for name, value in (("ueid", identity), ("hwmodel", model), ("iss", issuer)):
        if not isinstance(value, str) or not value or len(value) > 255 or fault_of(value):
            raise EvidenceRefused(f"the token does not name one device: {name} is missing, or no text")
    if claims.get("dbgstat") not in ("disabled", "disabled-since-boot", "disabled-permanently"):
        raise EvidenceRefused("the device may be debugged, or the token does not say that it may not (dbgstat)")
    if claims.get("measres") != "success" or claims.get("secboot") is not True:
        raise EvidenceRefused("the device was not found well (measres, secboot)")
    issued = claims["iat"]
    if not isinstance(issued, int):  # which `verified` has ended already
        raise MalformedEvidence("a token says when it was issued")
    return Claimed(str(model), str(identity), issued, str(issuer))


def _object(claims: Mapping[str, object], name: str) -> dict[str, object]:
    value = claims.get(name)
    if not isinstance(value, dict):
        raise MalformedEvidence(f"{name} of a token is no object")
    return value


def _part(text: str) -> bytes:
    """Base64url without padding, in its one form."""
    if not _PART.fullmatch(text):
        raise MalformedEvidence("a part of a token is not in base64url without padding")
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise MalformedEvidence("a part of a token is not in base64url without padding") from None
    if base64.urlsafe_b64encode(data).rstrip(b"=").decode() != text:
        raise MalformedEvidence("a part of a token is not in its one form")
    return data


def _json_key(each: Mapping[str, object], what: str) -> Key:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    curves = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}

    def number(name: str) -> int:
        value = each.get(name)
        if not isinstance(value, str):
            raise MalformedEvidence(f"{what} has no {name}")
        return int.from_bytes(_part(value), "big")

    try:
        if each.get("kty") == "RSA":
            return signing.checked(rsa.RSAPublicNumbers(number("e"), number("n")).public_key())
        if each.get("kty") == "EC" and each.get("crv") in curves:
            curve = curves[str(each["crv"])]
            return signing.checked(ec.EllipticCurvePublicNumbers(number("x"), number("y"), curve).public_key())
        if each.get("kty") == "OKP" and each.get("crv") == "Ed25519":
            return ed25519.Ed25519PublicKey.from_public_bytes(_part(str(each.get("x", ""))))
    except EvidenceRefused as error:
        raise MalformedEvidence(f"{what}: {error.message}") from None
    except ValueError:
        raise MalformedEvidence(f"{what} is no point of its curve, or no number of its kind") from None
    raise MalformedEvidence(f"{what} is of another kind than RSA, EC and OKP with the curves that are taken")
