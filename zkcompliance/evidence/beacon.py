"""Rounds of public randomness beacons: what was not known before a moment (drand; docs/spec/anchors.md).

A round is a BLS signature over BLS12-381 by the beacon's key. With g the generator of the other group, DST the scheme's
tag for hashing to a curve (RFC 9380), and the round as u64 big-endian:

    quicknet   signature S in G1, 48 bytes   e(S, g2) = e(H(m), key)    m = SHA-256(round)
    mainnet    signature S in G2, 96 bytes   e(g1, S) = e(key, H(m))    m = SHA-256(previous ‖ round)

    moment(round) = genesis + period·(round − 1)        UTC seconds, 1 ≤ round

Keys, schemes, genesis and period are pinned here, and never come with a round. A signature is decoded canonically, is
not infinity, and lies in the subgroup of prime order: for T of cofactor order the equation holds of S + T as well, and
each such sum has another SHA-256, so that a lab could choose among them what is drawn.

Many rounds of one beacon are checked at once: Σ w_i·S_i against Σ w_i·H(m_i), w_i of 128 bits from SHA-256 of all of
them. A false one passes with probability 2^-128 for each set that is tried. py_ecc is loaded when it is first needed.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

from zkcompliance import limits, strict_json
from zkcompliance.errors import EvidenceRefused, LimitExceeded, MalformedEvidence

_Point = Any  # of py_ecc, which has no types: coordinates (x, y, z)
_LAST_MOMENT = (1 << 48) - 1  # as brackets have it
_WEIGHTS = b"zkc-beacon-batch-v1"


@dataclass(frozen=True, slots=True)
class Beacon:
    """A chain of drand. `number` stands for it in bytes; `key`: the compressed public key; `chain`: its hash in hex.

    g1: whether signatures lie in G1 (48 bytes) and the key in G2, or the other way round (96); chained: whether the
    signature before is signed too. genesis, period: UTC seconds.
    """

    name: str
    number: int
    chain: str
    key: str
    tag: bytes
    g1: bool
    chained: bool
    genesis: int
    period: int

    @property
    def signature_bytes(self) -> int:
        """The length of a signature."""
        return 48 if self.g1 else 96


QUICKNET = Beacon(
    name="quicknet",
    number=1,
    chain="52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
    key=(
        "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451"
        "0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"
    ),
    tag=b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_",
    g1=True,
    chained=False,
    genesis=1692803367,
    period=3,
)
MAINNET = Beacon(
    name="mainnet",
    number=2,
    chain="8990e7a9aaed2ffed73dbd7092123d6f289930540d7651336225dc172e51b2ce",
    key="868f005eb8e6e4ca0a47c8a77ceaa5309a47978a7c71bc5cce96366b5d7a569937c529eeda66c7293784a9402801af31",
    tag=b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_",
    g1=False,
    chained=True,
    genesis=1595431050,
    period=30,
)
BEACONS = {each.name: each for each in (QUICKNET, MAINNET)}
_BY_NUMBER = {each.number: each for each in BEACONS.values()}


@dataclass(frozen=True, slots=True)
class Round:
    """What a beacon gave: 1 ≤ number < 2^64, signature and, where it is chained, the one before (else empty).

    MalformedEvidence where a length or the number is none of this beacon. Whether it is genuine: `check_rounds`.
    """

    beacon: Beacon
    number: int
    signature: bytes
    previous: bytes = b""

    def __post_init__(self) -> None:
        moment(self.beacon, self.number)
        width = self.beacon.signature_bytes
        if len(self.signature) != width or len(self.previous) != (width if self.beacon.chained else 0):
            before = ", and as many of the one before" if self.beacon.chained else ""
            raise MalformedEvidence(f"a round of {self.beacon.name} has {width} bytes of signature{before}")

    @property
    def digest(self) -> bytes:
        """SHA-256 of the signature: the randomness that drand gives, and what an entry holds."""
        return hashlib.sha256(self.signature).digest()

    @property
    def moment(self) -> int:
        """UTC seconds before which nobody but the beacon's own nodes knew it."""
        return moment(self.beacon, self.number)

    def encode(self) -> bytes:
        """u8 beacon ‖ u64 number (little-endian) ‖ signature ‖ previous."""
        return bytes([self.beacon.number]) + self.number.to_bytes(8, "little") + self.signature + self.previous

    def to_json(self) -> bytes:
        """As `/CHAIN/public/ROUND` of drand's HTTP API has it, in canonical JSON and a line end."""
        document: dict[str, object] = {
            "round": self.number,
            "randomness": self.digest.hex(),
            "signature": self.signature.hex(),
        }
        if self.beacon.chained:
            document["previous_signature"] = self.previous.hex()
        return strict_json.canonical(document) + b"\n"

    @property
    def message(self) -> bytes:
        """What is signed: SHA-256(previous ‖ u64 number, big-endian), 32 bytes."""
        return hashlib.sha256(self.previous + self.number.to_bytes(8, "big")).digest()


def moment(beacon: Beacon, number: int) -> int:
    """UTC seconds at which a round is published. MalformedEvidence unless 1 ≤ number and it lies below 2^48."""
    if not 1 <= number < 1 << 64:
        raise MalformedEvidence(f"round {number}: a beacon counts its rounds from 1 to 2^64 − 1")
    found = beacon.genesis + beacon.period * (number - 1)
    if found > _LAST_MOMENT:
        raise MalformedEvidence(f"round {number} of {beacon.name} lies after every moment that is counted")
    return found


def first_round(beacon: Beacon, after: int) -> int:
    """The number of the first round that is published at `after` or later, UTC seconds ≥ 0."""
    return max(0, -((beacon.genesis - after) // beacon.period)) + 1


def decode_round(data: bytes) -> Round:
    """The bytes of `Round.encode`. MalformedEvidence for any other."""
    beacon = _BY_NUMBER.get(data[0]) if data else None
    if beacon is None:
        raise MalformedEvidence("a round of no beacon that is known here")
    end = 9 + beacon.signature_bytes
    found = Round(beacon, int.from_bytes(data[1:9], "little"), data[9:end], data[end:])
    if found.encode() != data:
        raise MalformedEvidence("a round that is not in its canonical form")
    return found


def read_round(data: bytes) -> Round:
    """A file as drand's HTTP API gives it, v1 or v2. Which beacon follows from its members: a chained one has the
    signature before. MalformedEvidence where a member is missing, unknown, or disagrees with another."""
    document = strict_json.loads(data, "the beacon's round", MalformedEvidence, limit=limits.MAX_BEACON_FILE_BYTES)
    if not isinstance(document, dict):
        raise MalformedEvidence("the beacon's round is no JSON object")
    if unknown := sorted(set(document) - {"round", "randomness", "signature", "previous_signature"}):
        raise MalformedEvidence(f"the beacon's round has the member {unknown[0]!r:.60}, which drand does not give")
    number = document.get("round")
    if not isinstance(number, int) or isinstance(number, bool):
        raise MalformedEvidence("the beacon's round: `round` is no whole number")
    signature = _hex(document.get("signature"), "signature")
    chained = "previous_signature" in document
    previous = _hex(document["previous_signature"], "previous_signature") if chained else b""
    found = Round(MAINNET if chained else QUICKNET, number, signature, previous)
    if "randomness" in document and _hex(document["randomness"], "randomness") != found.digest:
        raise MalformedEvidence("the beacon's round: `randomness` is not the SHA-256 of its signature")
    return found


def _hex(value: object, name: str) -> bytes:
    """Lower-case digits only, so that a file says a thing in one way."""
    if not isinstance(value, str) or len(value) % 2 or not set(value) <= set("0123456789abcdef"):
        raise MalformedEvidence(f"the beacon's round: `{name}` is not written in hexadecimal, lower case")
    return bytes.fromhex(value)


def check_rounds(rounds: Sequence[Round]) -> None:
    """EvidenceRefused with the first that is false, unless each is what its beacon signed. LimitExceeded over
    `MAX_BEACON_ROUNDS`."""
    if len(rounds) > limits.MAX_BEACON_ROUNDS:
        raise LimitExceeded(f"rounds of beacons: over the limit of {limits.MAX_BEACON_ROUNDS}")
    for beacon in BEACONS.values():
        asked = sorted({each.encode(): each for each in rounds if each.beacon is beacon}.items())
        signed = [_Signed(each, _signature(each)) for _, each in asked]
        if signed and not _hold(signed):
            false = _first_false(signed)
            raise EvidenceRefused(f"round {false.number} of {beacon.name} was not signed by the beacon's key")


def check_alone(each: Round) -> None:
    """The slow twin: the beacon's own equation, for one round. EvidenceRefused."""
    curve, beacon, signature = _curve(), each.beacon, _signature(each)
    key, hashed = _key(beacon), _hashed(each)
    if beacon.g1:
        left, right = curve.pairing(curve.G2, signature), curve.pairing(key, hashed)
    else:
        left, right = curve.pairing(signature, curve.G1), curve.pairing(hashed, key)
    if left != right:
        raise EvidenceRefused(f"round {each.number} of {beacon.name} was not signed by the beacon's key")


@dataclass(frozen=True, slots=True)
class _Signed:
    """A round, and its signature as a point of the subgroup."""

    round: Round
    point: _Point


def _hold(signed: Sequence[_Signed]) -> bool:
    """Whether e(Σ w_i·S_i, −g) · e(Σ w_i·H(m_i), key) = 1. All are of one beacon, at least one."""
    curve, beacon = _curve(), signed[0].round.beacon
    bound = hashlib.sha256(_WEIGHTS + b"".join(each.round.encode() for each in signed)).digest()
    signatures = hashes = None
    for index, each in enumerate(signed):
        weight = int.from_bytes(hashlib.sha256(bound + index.to_bytes(4, "little")).digest()[:16], "little")
        signatures = _plus(signatures, curve.multiply(each.point, weight))
        hashes = _plus(hashes, curve.multiply(_hashed(each.round), weight))
    key = _key(beacon)
    if beacon.g1:
        pairs = ((curve.neg(curve.G2), signatures), (key, hashes))
    else:
        pairs = ((signatures, curve.neg(curve.G1)), (hashes, key))
    (first, second) = (curve.pairing(second, first, final_exponentiate=False) for second, first in pairs)
    return bool(curve.final_exponentiate(first * second) == curve.FQ12.one())


def _plus(total: _Point | None, point: _Point) -> _Point:
    return point if total is None else _curve().add(total, point)


def _first_false(signed: Sequence[_Signed]) -> Round:
    """Of a set that does not hold: by halves, so that many false ones cost little more than one."""
    while len(signed) > 1:
        half = signed[: len(signed) // 2]
        signed = signed[len(half) :] if _hold(half) else half
    return signed[0].round


def _signature(each: Round) -> _Point:
    """The signature's point. EvidenceRefused unless it is canonical, not infinity, and in the subgroup."""
    what = f"round {each.number} of {each.beacon.name}"
    try:
        point = _decompress(each.signature, g1=each.beacon.g1)
    except ValueError:
        raise EvidenceRefused(f"{what}: the signature is no point of the curve, written in its one form") from None
    if _curve().is_inf(point):
        raise EvidenceRefused(f"{what}: the signature is the point at infinity")
    if not _in_subgroup(point):
        raise EvidenceRefused(f"{what}: the signature is a point outside the subgroup in which signatures lie")
    return point


def _in_subgroup(point: _Point) -> bool:
    """Whether r·P is infinity, r the prime order."""
    curve = _curve()
    return bool(curve.is_inf(curve.multiply(point, curve.curve_order)))


def _decompress(data: bytes, *, g1: bool) -> _Point:
    """ValueError unless the bytes are those of a point of the curve, and the only ones that are."""
    forms = _module("py_ecc.bls.point_compression")
    high, low = int.from_bytes(data[:48], "big"), int.from_bytes(data[48:], "big")
    point = forms.decompress_G1(high) if g1 else forms.decompress_G2((high, low))
    again = (forms.compress_G1(point),) if g1 else forms.compress_G2(point)
    if b"".join(int(part).to_bytes(48, "big") for part in again) != data:
        raise ValueError
    return point


@cache
def _key(beacon: Beacon) -> _Point:
    return _decompress(bytes.fromhex(beacon.key), g1=not beacon.g1)


def _hashed(each: Round) -> _Point:
    """H(m), in the group of signatures."""
    hashing = _module("py_ecc.bls.hash_to_curve")
    to_curve = hashing.hash_to_G1 if each.beacon.g1 else hashing.hash_to_G2
    return to_curve(each.message, each.beacon.tag, hashlib.sha256)


def _curve() -> ModuleType:
    return _module("py_ecc.optimized_bls12_381")


@cache
def _module(name: str) -> ModuleType:
    """A module of py_ecc, whose import raises the depth to which Python recurses: it is put back."""
    depth = sys.getrecursionlimit()
    try:
        return import_module(name)
    finally:
        sys.setrecursionlimit(depth)
