"""Rounds of beacons: known answers, canonical bytes and JSON, many at once like one at a time, and every way not to be
genuine (zkcompliance/evidence/beacon.py)."""

from __future__ import annotations

import hashlib
import json
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from py_ecc import optimized_bls12_381 as curve
from py_ecc.bls.hash_to_curve import hash_to_G1, hash_to_G2
from py_ecc.bls.point_compression import compress_G1, compress_G2

from tests.kit import beacons, support
from zkcompliance import limits
from zkcompliance.errors import EvidenceRefused, LimitExceeded, MalformedEvidence
from zkcompliance.evidence import beacon as rounds
from zkcompliance.evidence.beacon import MAINNET, QUICKNET, Beacon, Round

DATA = Path(__file__).parents[1] / "data"
KNOWN = json.loads((DATA / "drand" / "rounds.json").read_text())


def known(beacon: Beacon) -> Round:
    (given,) = KNOWN[beacon.name]["rounds"]
    previous = bytes.fromhex(given.get("previous_signature", ""))
    return Round(beacon, given["round"], bytes.fromhex(given["signature"]), previous)


BOTH = pytest.mark.parametrize("beacon", [QUICKNET, MAINNET], ids=lambda beacon: beacon.name)
CHECKS = pytest.mark.parametrize(
    "check", [lambda each: rounds.check_rounds([each]), rounds.check_alone], ids=["at once", "alone"]
)


# What is pinned


@BOTH
def test_the_pins_are_the_published_ones(beacon: Beacon) -> None:
    given = KNOWN[beacon.name]
    assert (beacon.key, beacon.genesis, beacon.period) == (given["public_key"], given["genesis"], given["period"])


GROUPS = {  # published with each chain: the hash of the group that made its key, and the chain's id where it is hashed
    "quicknet": ("f477d5c89f21a17c863a7f937c6a6d15859414d2be09cd448d4279af331c5d3e", b"quicknet"),
    "mainnet": ("176f93498eac9ca337150b46d21dd58673ea4e3581185f869672e59fa4cb390a", b""),
}


@BOTH
def test_the_chain_hash_binds_the_pins(beacon: Beacon) -> None:
    """drand's own: SHA-256 of period (u32), genesis (i64), key, group hash and id, big-endian."""
    group, name = GROUPS[beacon.name]
    head = struct.pack(">Iq", beacon.period, beacon.genesis)
    assert hashlib.sha256(head + bytes.fromhex(beacon.key + group) + name).hexdigest() == beacon.chain


@BOTH
def test_the_keys_are_of_prime_order(beacon: Beacon) -> None:
    key = rounds._key(beacon)
    assert not curve.is_inf(key) and curve.is_inf(curve.multiply(key, curve.curve_order))


# Genuine rounds


@BOTH
@CHECKS
def test_a_genuine_round(beacon: Beacon, check: Any) -> None:
    check(known(beacon))


def test_rounds_of_two_beacons_at_once_and_one_of_them_twice() -> None:
    rounds.check_rounds([])
    rounds.check_rounds([known(QUICKNET), known(MAINNET), known(QUICKNET)])


def test_the_moment_of_a_round() -> None:
    """2023-09-15T11:00:03Z, as whoever published the round has it."""
    assert known(QUICKNET).moment == 1694775603
    assert rounds.moment(QUICKNET, 1) == 1692803367 and rounds.moment(MAINNET, 2) == 1595431050 + 30


@BOTH
def test_the_first_round_at_or_after_a_moment(beacon: Beacon) -> None:
    for number in (1, 2, 657413):
        at = rounds.moment(beacon, number)
        assert [rounds.first_round(beacon, at + by) for by in (-1, 0, 1)] == [number, number, number + 1]
    assert rounds.first_round(beacon, 0) == 1


# Its bytes and its JSON


@BOTH
def test_bytes_and_json_are_read_back(beacon: Beacon) -> None:
    each = known(beacon)
    assert rounds.decode_round(each.encode()) == each == rounds.read_round(each.to_json())
    assert json.loads(each.to_json())["randomness"] == each.digest.hex()


def test_the_bytes() -> None:
    each = known(QUICKNET)
    assert each.encode() == b"\x01" + (657413).to_bytes(8, "little") + each.signature
    chained = known(MAINNET)
    assert chained.encode() == b"\x02" + (3311596).to_bytes(8, "little") + chained.signature + chained.previous


@BOTH
def test_other_bytes_are_malformed(beacon: Beacon) -> None:
    data = known(beacon).encode()
    for other in (b"", data[:-1], data + b"\0", b"\0" + data[1:], b"\x03" + data[1:], data[:1] + bytes(8) + data[9:]):
        with pytest.raises(MalformedEvidence):
            rounds.decode_round(other)


@pytest.mark.parametrize("number", [0, -1, 1 << 64, (1 << 64) - 1])
def test_no_number_of_a_round(number: int) -> None:
    """The last is a u64, of a moment that no bracket counts."""
    with pytest.raises(MalformedEvidence):
        Round(QUICKNET, number, bytes(48))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"round": "657413"}, "whole number"),
        ({"round": True}, "whole number"),
        ({"round": 0}, "from 1"),
        ({"signature": None}, "hexadecimal"),
        ({"signature": "AB" * 48}, "lower case"),
        ({"signature": "abc"}, "hexadecimal"),
        ({"signature": "ab" * 47}, "48 bytes"),
        ({"signature": "ab" * 96}, "48 bytes"),
        ({"randomness": "00" * 32}, "SHA-256"),
        ({"previous_signature": "ab" * 96}, "96 bytes"),
        ({"previous_signature": None}, "hexadecimal"),
        ({"beacon": "mine"}, "does not give"),
    ],
)
def test_other_json_is_malformed(change: dict[str, Any], said: str) -> None:
    document = json.loads(known(QUICKNET).to_json()) | change
    with pytest.raises(MalformedEvidence, match=said):
        rounds.read_round(json.dumps(document).encode())


def test_json_of_the_later_form_has_no_randomness() -> None:
    each = known(QUICKNET)
    assert rounds.read_round(json.dumps({"round": each.number, "signature": each.signature.hex()}).encode()) == each


@pytest.mark.parametrize("data", [b"[]", b"1", b"{", b"{}", b'{"round":1,"round":2}', b" " * 5000])
def test_no_json_of_a_round(data: bytes) -> None:
    with pytest.raises(MalformedEvidence):
        rounds.read_round(data)


# What is refused


@BOTH
@CHECKS
def test_the_signature_of_another_round(beacon: Beacon, check: Any) -> None:
    genuine = known(beacon)
    with pytest.raises(EvidenceRefused, match="not signed by the beacon's key"):
        check(Round(beacon, genuine.number + 1, genuine.signature, genuine.previous))


@CHECKS
def test_another_signature_before(check: Any) -> None:
    genuine = known(MAINNET)
    with pytest.raises(EvidenceRefused, match="not signed"):
        check(Round(MAINNET, genuine.number, genuine.signature, bytes(96)))


@BOTH
def test_the_other_root_is_refused(beacon: Beacon) -> None:
    """−S is a point like S: the bit that says which is flipped."""
    genuine = known(beacon)
    flipped = bytes([genuine.signature[0] ^ 0x20]) + genuine.signature[1:]
    with pytest.raises(EvidenceRefused, match="not signed"):
        rounds.check_rounds([Round(beacon, genuine.number, flipped, genuine.previous)])


@BOTH
def test_every_byte_of_a_signature_counts(beacon: Beacon) -> None:
    """Most are no point of the curve, or of none of prime order, and none is taken."""
    genuine = known(beacon)
    for place in range(0, beacon.signature_bytes, 1 if beacon.g1 else 8):
        for mask in (0x01, 0x80) if beacon.g1 else (0x01,):
            changed = bytearray(genuine.signature)
            changed[place] ^= mask
            with pytest.raises(EvidenceRefused):
                rounds.check_rounds([Round(beacon, genuine.number, bytes(changed), genuine.previous)])


@BOTH
@CHECKS
def test_infinity_signs_nothing(beacon: Beacon, check: Any) -> None:
    width = beacon.signature_bytes
    infinity = b"\xc0" + bytes(width - 1)
    with pytest.raises(EvidenceRefused, match="infinity"):
        check(Round(beacon, 5, infinity, bytes(width) if beacon.chained else b""))


@pytest.mark.parametrize(
    "signature",
    [
        bytes(48),
        b"\x80" + bytes(47),
        b"\xe0" + bytes(47),
        b"\xc0" + bytes(46) + b"\x01",
        ((1 << 383) + curve.field_modulus).to_bytes(48, "big"),
    ],
    ids=["uncompressed", "no such x", "sign of infinity", "infinity with x", "x is the modulus"],
)
def test_a_signature_in_another_form(signature: bytes) -> None:
    with pytest.raises(EvidenceRefused):
        rounds.check_rounds([Round(QUICKNET, 5, signature)])


def test_a_second_coordinate_above_the_modulus() -> None:
    """Of a point in G2, the part that py_ecc reads without flags: x + p is another way to write x."""
    genuine = known(MAINNET)
    low = int.from_bytes(genuine.signature[48:], "big") + curve.field_modulus
    signature = genuine.signature[:48] + low.to_bytes(48, "big")
    with pytest.raises(EvidenceRefused):
        rounds.check_rounds([Round(MAINNET, genuine.number, signature, genuine.previous)])


# Many at once, with a beacon of the tests' own


@pytest.mark.parametrize("g1", [True, False], ids=["G1", "G2"])
def test_many_at_once_like_one_at_a_time(g1: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    with beacons.own(monkeypatch, g1=g1) as own:
        genuine = [own.round(number) for number in range(1, 6)]
        rounds.check_rounds(genuine)
        for each in genuine:
            rounds.check_alone(each)


def test_the_false_one_of_many_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with beacons.own(monkeypatch, g1=True) as own:
        genuine = [own.round(number) for number in range(1, 8)]
        for wrong in range(7):
            mixed = [*genuine]
            mixed[wrong] = Round(own.beacon, wrong + 1, own.round(20).signature)
            with pytest.raises(EvidenceRefused, match=f"round {wrong + 1} of"):
                rounds.check_rounds(mixed)


def test_two_false_ones_do_not_make_up_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """S_1 + D and S_2 − D have the sum of S_1 and S_2: without weights of its own for each, both would pass."""
    with beacons.own(monkeypatch, g1=True) as own:
        shift = curve.multiply(curve.G1, 12345)
        signatures = [curve.add(own.point(1), shift), curve.add(own.point(2), curve.neg(shift))]
        mixed = [Round(own.beacon, n + 1, compress_G1(each).to_bytes(48, "big")) for n, each in enumerate(signatures)]
        with pytest.raises(EvidenceRefused, match="not signed"):
            rounds.check_rounds(mixed)


def test_the_limit_of_rounds() -> None:
    each = known(QUICKNET)
    rounds.check_rounds([each] * limits.MAX_BEACON_ROUNDS)
    with pytest.raises(LimitExceeded):
        rounds.check_rounds([each] * (limits.MAX_BEACON_ROUNDS + 1))


# The subgroup


def outside(genuine: Round) -> Round:
    """The genuine signature plus a point of cofactor order: another signature, of which the equation holds as well."""
    point = rounds._decompress(genuine.signature, g1=True)
    stray = curve.multiply(beacons.any_point(), curve.curve_order)
    assert not curve.is_inf(stray)
    return Round(genuine.beacon, genuine.number, compress_G1(curve.add(point, stray)).to_bytes(48, "big"))


@CHECKS
def test_only_the_subgroup_check_refuses_a_point_of_cofactor_order(check: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With it gone, a lab would choose between as many signatures, and draws, as the cofactor has: 2^125."""
    stray = outside(known(QUICKNET))
    assert stray.digest != known(QUICKNET).digest
    with pytest.raises(EvidenceRefused, match="outside the subgroup"):
        check(stray)
    monkeypatch.setattr(rounds, "_in_subgroup", lambda point: True)
    check(stray)


def test_a_stray_point_of_the_larger_group() -> None:
    genuine = known(MAINNET)
    stray = curve.multiply(beacons.any_point_of_g2(), curve.curve_order)
    assert not curve.is_inf(stray)
    parts = compress_G2(curve.add(rounds._decompress(genuine.signature, g1=False), stray))
    signature = b"".join(int(part).to_bytes(48, "big") for part in parts)
    with pytest.raises(EvidenceRefused, match="outside the subgroup"):
        rounds.check_rounds([Round(MAINNET, genuine.number, signature, genuine.previous)])


# The library


def test_the_library_is_loaded_when_it_is_asked_and_changes_no_limit_of_python() -> None:
    code = (
        "import sys\nfrom zkcompliance.evidence import beacon\nbefore = sys.getrecursionlimit()\n"
        "assert not [name for name in sys.modules if name.startswith('py_ecc')]\nbeacon._curve()\n"
        "assert 'py_ecc' in sys.modules and sys.getrecursionlimit() == before"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=support.ENVIRONMENT)


def test_hashing_is_by_the_schemes_own_tag() -> None:
    """fastnet's chain signed in G1 under the tag of G2; here the group and the tag agree."""
    for beacon, hash_to in ((QUICKNET, hash_to_G1), (MAINNET, hash_to_G2)):
        each = known(beacon)
        name = b"G1" if beacon.g1 else b"G2"
        assert beacon.tag == b"BLS_SIG_BLS12381" + name + b"_XMD:SHA-256_SSWU_RO_NUL_"
        assert rounds._hashed(each) == hash_to(each.message, beacon.tag, hashlib.sha256)
