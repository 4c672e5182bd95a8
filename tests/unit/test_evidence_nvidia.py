"""Evidence of NVIDIA devices: real samples are taken, and whatever is changed in one, or in a made-up one, is not."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography import x509

from tests.kit.devices import FWID, NOW, Authority, Device, Fault, file_of
from zkcompliance.errors import EvidenceRefused, MalformedEvidence, ZkComplianceError
from zkcompliance.evidence import chains, nvidia
from zkcompliance.evidence.nvidia import Evidence, Trust

DATA = Path(__file__).parents[1] / "data" / "nvidia"
ASKED = bytes.fromhex("e97b23a1718095a0e9e35edca810768c70a6a5a389b705e753b197912bc11576")
NONCE = bytes(range(32))
AUTHORITY = Authority()


def real(name: str) -> list[Evidence]:
    found, nonces = nvidia.read((DATA / name).read_bytes())
    assert name.startswith("switch") or set(nonces) == {ASKED}
    return found


def test_real_gpus() -> None:
    """The one of the first file is the first of the second: four chips in all."""
    one, four = real("hopper_evidence.json"), real("multi_gpu_hopper.json")
    devices = nvidia.check_all(four, [ASKED] * 4, Trust(), NOW)
    assert [each.name for each in devices] == [
        "NVIDIA:GH100:48B02DF44660DA06",
        "NVIDIA:GH100:48B02DD1B4B4D2DD",
        "NVIDIA:GH100:48B02D4759FEBFE9",
        "NVIDIA:GH100:48B02D216F14E0F4",
    ]
    assert {(each.model, each.driver) for each in devices} == {("GH100 A01 GSP BROM", "590.12")}
    assert nvidia.check(one[0], ASKED, Trust(), NOW).key == devices[0].key
    with pytest.raises(EvidenceRefused, match=r"^device 5: NVIDIA:GH100:48B02DF44660DA06 is there twice$"):
        nvidia.check_all([*four, *one], [ASKED] * 5, Trust(), NOW)


def test_a_real_switch_is_no_gpu() -> None:
    """Its root, its chain, its signature and its nonce are sound: the model is what it is refused for, and then that it
    names no firmware."""
    (switch,) = real("switch_evidence_ls10.json")
    nonce = bytes.fromhex("931d8dd0add203ac3d8b4fbde75e115278eefcdceac5b87671a748f32364dfcb")
    with pytest.raises(EvidenceRefused, match="no GPU"):
        nvidia.check(switch, nonce, Trust(), NOW)
    with pytest.raises(EvidenceRefused, match="firmware"):
        nvidia.check(switch, nonce, Trust(models=("LS_10 A01 FSP BROM",)), NOW)


def test_every_byte_of_a_real_one_counts() -> None:
    """Each of the evidence, and of what the four certificates below the root say: changed, it is refused."""
    (evidence,) = real("hopper_evidence.json")
    choose = random.Random(1)
    for at in [*range(50), *range(3590, 3700), *range(4170, 4274), *choose.sample(range(4274), 60)]:
        data = bytearray(evidence.data)
        data[at] ^= 1 << choose.randrange(8)
        with pytest.raises((EvidenceRefused, MalformedEvidence)):
            nvidia.check(replace(evidence, data=bytes(data)), ASKED, Trust(), NOW)
    for place, der in enumerate(evidence.chain):
        for at in [*range(8), *choose.sample(range(len(der)), 80)]:
            changed = bytearray(der)
            changed[at] ^= 1 << choose.randrange(8)
            chain = (*evidence.chain[:place], bytes(changed), *evidence.chain[place + 1 :])
            with pytest.raises((EvidenceRefused, MalformedEvidence)):
                nvidia.check(replace(evidence, chain=chain), ASKED, Trust(), NOW)


def test_a_cut_one_is_refused() -> None:
    (evidence,) = real("hopper_evidence.json")
    for size in (0, 37, 96, 170, 2000, 4177, 4178, 4273):
        with pytest.raises(MalformedEvidence):
            nvidia.check(replace(evidence, data=evidence.data[:size]), ASKED, Trust(), NOW)
    with pytest.raises(MalformedEvidence):
        nvidia.check(replace(evidence, data=evidence.data + b"\0"), ASKED, Trust(), NOW)


def test_a_made_up_one_is_taken_under_its_own_root_alone() -> None:
    device = Device(AUTHORITY, "AA01")
    evidence = device.answer(NONCE)
    assert nvidia.check(evidence, NONCE, AUTHORITY.trust, NOW).name == "NVIDIA:GH100:AA01"
    for trust in (Trust(), Authority().trust):
        with pytest.raises(EvidenceRefused, match="root that is trusted"):
            nvidia.check(evidence, NONCE, trust, NOW)


def test_another_nonce() -> None:
    evidence = Device(AUTHORITY, "AA02").answer(NONCE)
    with pytest.raises(EvidenceRefused, match="another nonce"):
        nvidia.check(evidence, ASKED, AUTHORITY.trust, NOW)
    moved = evidence.data[:4] + ASKED + evidence.data[36:]
    with pytest.raises(EvidenceRefused, match="not signed"):
        nvidia.check(replace(evidence, data=moved), ASKED, AUTHORITY.trust, NOW)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Fault(expired=0), "is not valid on"),
        (Fault(expired=3), "is not valid on"),
        (Fault(early=1), "is not valid on"),
        (Fault(no_ca=1), "may not sign certificates"),
        (Fault(no_ca=2), "may not sign certificates"),
        (Fault(no_usage=3), "may not sign certificates"),
        (Fault(leaf_is_ca=True), "is no device's"),
        (Fault(short=2), "so many certificates below"),
        (Fault(stranger=0), "is not issued by"),
        (Fault(stranger=2), "is not issued by"),
        (Fault(sha256=1), "another hash"),
        (Fault(curve=0), "another kind"),
        (Fault(critical=0), "critical extension"),
        (Fault(critical=3), "critical extension"),
    ],
    ids=str,
)
def test_a_chain_with_one_fault(fault: Fault, says: str) -> None:
    authority = Authority(fault)
    evidence = Device(authority, "AA03").answer(NONCE)
    with pytest.raises(EvidenceRefused, match=says):
        nvidia.check(evidence, NONCE, authority.trust, NOW)


def test_chains_that_are_cut_or_put_together() -> None:
    one, two = Device(AUTHORITY, "AA04"), Device(AUTHORITY, "AA05")
    evidence = one.answer(NONCE)
    with pytest.raises(MalformedEvidence, match="a device has 5 certificates"):
        nvidia.check(replace(evidence, chain=evidence.chain[1:]), NONCE, AUTHORITY.trust, NOW)
    swapped = (one.chain[0], *two.chain[1:])
    with pytest.raises(EvidenceRefused, match="is not issued by"):
        nvidia.check(replace(evidence, chain=swapped), NONCE, AUTHORITY.trust, NOW)
    with pytest.raises(EvidenceRefused, match="not signed by the device"):
        nvidia.check(replace(evidence, chain=two.chain), NONCE, AUTHORITY.trust, NOW)
    backwards = (*reversed(evidence.chain[:-1]), evidence.chain[-1])
    with pytest.raises(EvidenceRefused):
        nvidia.check(replace(evidence, chain=backwards), NONCE, AUTHORITY.trust, NOW)


def test_another_model_is_not_taken() -> None:
    for model in ("LS_10 A01 FSP BROM", "GH100 A01 GSP BROM DEBUG", "gh100 a01 gsp brom", ""):
        with pytest.raises((EvidenceRefused, ValueError)):
            nvidia.check(Device(AUTHORITY, "AA06", model=model).answer(NONCE), NONCE, AUTHORITY.trust, NOW)


def test_one_chip_is_one_chip_whatever_firmware_it_runs() -> None:
    """A new firmware has another leaf, with another key and, if it likes, another name."""
    device = Device(AUTHORITY, "AA07")
    first = device.answer(NONCE)
    device.update(bytes(48), name="NVIDIA:GH100:AA99")
    second = device.answer(NONCE)
    assert first.chain[0] != second.chain[0]
    with pytest.raises(EvidenceRefused, match="is there twice"):
        nvidia.check_all([first, second], [NONCE] * 2, AUTHORITY.trust, NOW)


def test_the_firmware_is_that_of_the_certificate() -> None:
    evidence = Device(AUTHORITY, "AA08").answer(NONCE, lambda body: body[:-48] + bytes(48))
    with pytest.raises(EvidenceRefused, match="firmware"):
        nvidia.check(evidence, NONCE, AUTHORITY.trust, NOW)


@pytest.mark.parametrize("at", [0, 1, 2, 3, 36, 37, 38, 39, 40, 41, 42, 46, 47, 50])
def test_forms_that_a_device_never_signs(at: int) -> None:
    """Also where its key did sign them."""
    device = Device(AUTHORITY, "AA09")

    def change(body: bytes) -> bytes:
        return body[:at] + bytes([body[at] ^ 0x80]) + body[at + 1 :]

    with pytest.raises(MalformedEvidence):
        nvidia.check(device.answer(NONCE, change), NONCE, AUTHORITY.trust, NOW)


def test_opaque_data_that_is_cut_or_says_a_thing_twice() -> None:
    device = Device(AUTHORITY, "AA10")
    twice = b"\x03\x00\x01\x00x\x03\x00\x01\x00y\x14\x00\x30\x00" + FWID
    for opaque in (twice, b"\x03", b"\x03\x00\xff\x00x", b""):
        size = len(opaque).to_bytes(2, "little")

        def change(body: bytes, opaque: bytes = opaque, size: bytes = size) -> bytes:
            return body[: -(2 + 11 + 52)] + size + opaque

        with pytest.raises((MalformedEvidence, EvidenceRefused)):
            nvidia.check(device.answer(NONCE, change), NONCE, AUTHORITY.trust, NOW)


def test_revoked_certificates() -> None:
    device, other = Device(AUTHORITY, "AA11"), Device(AUTHORITY, "AA12")
    evidence, serial = device.answer(NONCE), device.device.serial_number
    by_number = replace(AUTHORITY.trust, revoked=frozenset([serial]))
    by_list = replace(AUTHORITY.trust, lists=(AUTHORITY.crl([serial]),))
    for trust in (by_number, by_list):
        with pytest.raises(EvidenceRefused, match="is revoked"):
            nvidia.check(evidence, NONCE, trust, NOW)
        nvidia.check(other.answer(NONCE), NONCE, trust, NOW)


@pytest.mark.parametrize(
    ("crl", "says"),
    [
        (Authority().crl([]), "not signed by a certificate of the chain"),
        (AUTHORITY.crl([], at=NOW + 5), "not in force"),
        (AUTHORITY.crl([], at=NOW - 86400 * 31), "not in force"),
        (b"no list", "no X.509 CRL"),
        (AUTHORITY.crl([])[:-1], "no X.509 CRL"),
    ],
)
def test_revocation_lists_that_are_not_relied_on(crl: bytes, says: str) -> None:
    evidence = Device(AUTHORITY, "AA13").answer(NONCE)
    with pytest.raises((EvidenceRefused, MalformedEvidence), match=says):
        nvidia.check(evidence, NONCE, replace(AUTHORITY.trust, lists=(crl,)), NOW)


def test_the_root_that_is_pinned() -> None:
    """It is the file's, and the page says the same."""
    (der,) = chains.pem_blocks((DATA / "device_root.pem").read_bytes(), 1)
    assert sha256(der).digest() == nvidia.ROOT
    assert f'root = "{nvidia.ROOT.hex()}"' in (DATA.parents[2] / "docs" / "provenance.md").read_text()


def test_files_that_are_not_of_the_form() -> None:
    good = json.loads(file_of([(Device(AUTHORITY, "AA14").answer(NONCE), NONCE)]))
    assert nvidia.read(json.dumps(good).encode())[1] == [NONCE]
    (one,) = good
    wrong: list[object] = [
        {},
        [],
        [one] * 257,
        [{**one, "more": ""}],
        [{name: one[name] for name in one if name != "nonce"}],
        [{**one, "nonce": 5}],
        [{**one, "nonce": "00"}],
        [{**one, "nonce": "xx" * 32}],
        [{**one, "evidence": "~"}],
        [{**one, "certificate": one["certificate"][: len(one["certificate"]) // 8 * 4]}],
        ["text"],
    ]
    for each in wrong:
        with pytest.raises(MalformedEvidence):
            nvidia.read(json.dumps(each).encode())


def test_certificates_have_one_form() -> None:
    """The signature of a certificate is a bit string, and the library passes over how many of its bits are unused."""
    evidence = Device(AUTHORITY, "AA16").answer(NONCE)
    for place in range(4):
        der = evidence.chain[place]
        size = len(der) - len(x509.load_der_x509_certificate(der).signature) - 1
        for unused in (1, 2, 7):
            changed = der[:size] + bytes([unused]) + der[size + 1 :]
            chain = (*evidence.chain[:place], changed, *evidence.chain[place + 1 :])
            with pytest.raises(MalformedEvidence):
                nvidia.check(replace(evidence, chain=chain), NONCE, AUTHORITY.trust, NOW)


def test_what_is_no_certificate_never_ends_otherwise_than_with_an_error_of_ours() -> None:
    evidence = Device(AUTHORITY, "AA15").answer(NONCE)
    choose = random.Random(2)
    for _ in range(400):
        place = choose.randrange(5)
        der = bytearray(evidence.chain[place])
        for _ in range(choose.randrange(1, 4)):
            der[choose.randrange(len(der))] ^= choose.randrange(1, 256)
        if bytes(der) == evidence.chain[place]:
            continue
        chain = (*evidence.chain[:place], bytes(der), *evidence.chain[place + 1 :])
        with pytest.raises(ZkComplianceError):
            nvidia.check(replace(evidence, chain=chain), NONCE, AUTHORITY.trust, NOW)
