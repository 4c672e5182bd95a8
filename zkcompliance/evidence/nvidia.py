"""What an NVIDIA GPU signs of itself: SPDM 1.1 measurements with a nonce that somebody else chose (DMTF DSP0274).

    evidence  = request (37) ‖ response
    request   = 11 e0 01 ff ‖ nonce (32) ‖ slot (00): signed measurements, all of them
    response  = 11 60 00 00 ‖ u8 blocks ‖ u24 length ‖ blocks ‖ nonce of the device (32) ‖ u16 length ‖ opaque
                ‖ signature (96)
    block     = u8 index ‖ 01 ‖ u16 size ‖ u8 type ‖ u16 length ‖ value, size = 3 + length; indices ascending
    opaque    = (u16 type ‖ u16 length ‖ value)*, no type twice; all numbers little-endian

The signature is r ‖ s (48 bytes each, big-endian) of ECDSA over P-384 with SHA-384, over everything before it, by the
key of the first certificate. The chain has five:

    firmware (leaf) ← device ← provisioner ← model ← NVIDIA Device Identity CA (root, known by its SHA-256)

The leaf's key is of the firmware that runs: another firmware has another one. What stays with a chip is the key of the
second certificate, and chips are told apart by it. Only the models of GPUs that are named are taken; switches have the
same root and form, and are none of them.

What this does not show: whose the chip is, where it is, that it worked, and, since no reference measurements are read,
that its firmware is one that NVIDIA released. NVIDIA's production certificates name no part that is fused for
debugging, and a certificate that says so of itself is of no model that is taken; beyond this nothing is seen of it.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from zkcompliance import strict_json
from zkcompliance.errors import EvidenceRefused, MalformedEvidence
from zkcompliance.evidence import chains
from zkcompliance.limits import MAX_DEVICES, MAX_EVIDENCE_BYTES
from zkcompliance.quantities.names import fault_of

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

# SHA-256 of the DER of "NVIDIA Device Identity CA", valid from 2021-11-05
ROOT = bytes.fromhex("102bf659d5419614c9d8e6aecebc80454eb26b1df6a769ac720b9a690b167b48")
# Common names of the second certificate. Samples were read of the first; the others are named by NVIDIA's own tools.
GPU_MODELS = ("GH100 A01 GSP BROM", "GB100 A01 GSP BROM", "GB110 A01 GSP BROM")
CERTIFICATES = 5
_REQUEST = 37
_SIGNATURE = 96
_FIRMWARE = "2.23.133.5.4.1"  # TCG DICE: in the leaf, the digest of the firmware that its key is of
_SAID = bytes.fromhex("303d06096086480165030402020430")  # SEQUENCE { SHA-384, 48 bytes }, which ends that extension
_DEVICE_NAME = "1.3.6.1.4.1.412.274.1"  # DMTF: the leaf's other name, NVIDIA:MODEL:SERIAL
_DRIVER, _FWID = 3, 20  # types of opaque data
_MOST = 64 << 10  # bytes of one evidence


@dataclass(frozen=True)
class Evidence:
    """What one device gave: evidence, and the DER of its five certificates, leaf first."""

    data: bytes
    chain: tuple[bytes, ...]


@dataclass(frozen=True)
class Trust:
    """Whose devices are taken. root: SHA-256 of its DER; models: of the second certificates; revoked: serial numbers of
    certificates that are not taken, by whichever authority; lists: X.509 CRLs, DER."""

    root: bytes = ROOT
    models: tuple[str, ...] = GPU_MODELS
    revoked: frozenset[int] = frozenset()
    lists: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Device:
    """A device whose evidence was checked. key: SHA-256 of its public key's DER, by which chips are told apart; name:
    as NVIDIA:GH100:48B02DF44660DA06; driver: empty where it is not stated."""

    model: str
    name: str
    key: bytes
    driver: str
    opaque: dict[int, bytes] = field(repr=False)


def read(data: bytes) -> tuple[list[Evidence], list[bytes]]:
    """The devices of a file as NVIDIA's tools write it, and the nonce that it says was asked of each.

    It is a JSON list of objects {arch, certificate, evidence, nonce}: base64 of PEM, base64 of evidence, hex.
    MalformedEvidence.
    """
    document = strict_json.loads(data, "the evidence", MalformedEvidence, limit=MAX_EVIDENCE_BYTES)
    if not isinstance(document, list) or not 1 <= len(document) <= MAX_DEVICES:
        raise MalformedEvidence(f"NVIDIA evidence is a list of 1 to {MAX_DEVICES} devices")
    found, nonces = [], []
    for number, each in enumerate(document, 1):
        if not isinstance(each, dict) or set(each) != {"arch", "certificate", "evidence", "nonce"}:
            raise MalformedEvidence(f"device {number} has other members than arch, certificate, evidence and nonce")
        if not all(isinstance(value, str) for value in each.values()):
            raise MalformedEvidence(f"device {number}: every member is a text")
        try:
            chain = chains.pem_blocks(base64.b64decode(each["certificate"], validate=True), CERTIFICATES)
            evidence = base64.b64decode(each["evidence"], validate=True)
            nonce = bytes.fromhex(each["nonce"])
        except (binascii.Error, ValueError):
            raise MalformedEvidence(f"device {number}: certificate and evidence are base64, nonce is hex") from None
        if len(nonce) != 32:
            raise MalformedEvidence(f"device {number}: a nonce has 32 bytes")
        found.append(Evidence(evidence, tuple(chain)))
        nonces.append(nonce)
    return found, nonces


def check(evidence: Evidence, nonce: bytes, trust: Trust, at: int) -> Device:
    """The device that answered this nonce (32 bytes). at: when its certificates must be valid, UTC seconds.

    MalformedEvidence for what is not of the form, EvidenceRefused for what is not of a device that is trusted.
    """
    opaque = _parsed(evidence.data, nonce)
    if len(evidence.chain) != CERTIFICATES:
        raise MalformedEvidence(f"a device has {CERTIFICATES} certificates, and here are {len(evidence.chain)}")
    certificates = chains.loaded(evidence.chain)
    chains.check(certificates, trust.root, at, curve="secp384r1", hashed="sha384")
    chains.check_revoked(certificates, trust.lists, at)
    for each in certificates:
        if each.serial_number in trust.revoked:
            raise EvidenceRefused(f"the certificate with the serial number {each.serial_number:x} is revoked")
    _check_signature(certificates[0], evidence.data)
    with chains.reading():
        model, name, firmware = _model(certificates[1]), _name(certificates[0]), _firmware(certificates[0])
    if model not in trust.models:
        raise EvidenceRefused(f"the device is of the model {model!r:.80}, which is no GPU that is taken here")
    if opaque.get(_FWID) != firmware:
        raise EvidenceRefused("the firmware that the evidence names is not that of its certificate")
    driver = opaque.get(_DRIVER, b"").rstrip(b"\0").decode("ascii", "replace")
    return Device(model, name, _key(certificates[1]), "" if fault_of(driver) else driver, opaque)


def check_all(evidence: Sequence[Evidence], nonces: Sequence[bytes], trust: Trust, at: int) -> list[Device]:
    """Every device of a file, each of which is there once. EvidenceRefused, MalformedEvidence, with its number."""
    found: dict[bytes, Device] = {}
    for number, (each, nonce) in enumerate(zip(evidence, nonces, strict=True), 1):
        try:
            device = check(each, nonce, trust, at)
        except (EvidenceRefused, MalformedEvidence) as error:
            raise type(error)(f"device {number}: {error.message}") from None
        if device.key in found:
            raise EvidenceRefused(f"device {number}: {device.name} is there twice")
        found[device.key] = device
    return list(found.values())


def _parsed(data: bytes, nonce: bytes) -> dict[int, bytes]:
    """The opaque data of evidence that is of the form and answers the nonce."""
    if not _REQUEST + 8 + 32 + 2 + _SIGNATURE <= len(data) <= _MOST:
        raise MalformedEvidence(f"evidence has {len(data)} bytes, too few or too many")
    if data[:4] != b"\x11\xe0\x01\xff" or data[36] != 0:
        raise MalformedEvidence("evidence does not begin with a request for all measurements, signed, SPDM 1.1, slot 0")
    if data[4:36] != nonce:
        raise EvidenceRefused("the device answered another nonce than the one that was asked")
    body, at = data[:-_SIGNATURE], _REQUEST + 8
    if body[_REQUEST : _REQUEST + 4] != b"\x11\x60\x00\x00":
        raise MalformedEvidence("the request is not followed by measurements of SPDM 1.1, slot 0")
    count, length = body[_REQUEST + 4], int.from_bytes(body[_REQUEST + 5 : at], "little")
    end = at + length
    if end + 34 > len(body):
        raise MalformedEvidence("the measurements are longer than the evidence")
    _check_blocks(body[at:end], count)
    (size,) = struct.unpack_from("<H", body, end + 32)
    if end + 34 + size != len(body):
        raise MalformedEvidence("the opaque data does not end where the signature begins")
    return _opaque(body[end + 34 :])


def _check_blocks(record: bytes, count: int) -> None:
    at, before, found = 0, 0, 0
    while at < len(record):
        if at + 7 > len(record):
            raise MalformedEvidence("a block of measurements is cut off")
        index, kind, size, _, length = struct.unpack_from("<BBHBH", record, at)
        if index <= before or kind != 1 or size != 3 + length:
            raise MalformedEvidence("a block of measurements is not of the DMTF's form, or out of order")
        at, before, found = at + 4 + size, index, found + 1
    if at != len(record) or found != count:
        raise MalformedEvidence("the number or the length of the measurements is wrong")


def _opaque(data: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 0
    while at < len(data):
        if at + 4 > len(data):
            raise MalformedEvidence("the opaque data is cut off")
        kind, length = struct.unpack_from("<HH", data, at)
        at += 4
        if at + length > len(data) or kind in found:
            raise MalformedEvidence("the opaque data is cut off, or has one type twice")
        found[kind] = data[at : at + length]
        at += length
    return found


def _check_signature(leaf: Certificate, data: bytes) -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA384

    key, signature = leaf.public_key(), data[-_SIGNATURE:]
    r, s = int.from_bytes(signature[:48], "big"), int.from_bytes(signature[48:], "big")
    try:
        if not isinstance(key, ec.EllipticCurvePublicKey):  # which the chain's check has ended already
            raise InvalidSignature
        key.verify(encode_dss_signature(r, s), data[:-_SIGNATURE], ec.ECDSA(SHA384()))
    except InvalidSignature:
        raise EvidenceRefused("the evidence is not signed by the device's key") from None


def _model(device: Certificate) -> str:
    from cryptography.x509 import NameOID

    names = device.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if len(names) == 1 else ""


def _name(leaf: Certificate) -> str:
    """NVIDIA:MODEL:SERIAL, from the leaf's other name, a UTF8String."""
    from cryptography import x509

    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    found = [n.value for n in names if isinstance(n, x509.OtherName) and n.type_id.dotted_string == _DEVICE_NAME]
    value = found[0] if len(names) == len(found) == 1 else b""
    if len(value) < 2 or value[0] != 0x0C or value[1] != len(value) - 2:
        raise ValueError("the leaf has not the one name of a device")
    name = value[2:].decode("ascii")
    if name.count(":") != 2 or fault_of(name):
        raise ValueError("the name of the device is not of its form")
    return name


def _firmware(leaf: Certificate) -> bytes:
    """The SHA-384 of the firmware that the leaf's key is of."""
    from cryptography import x509

    for each in leaf.extensions:
        if each.oid.dotted_string == _FIRMWARE and isinstance(each.value, x509.UnrecognizedExtension):
            if each.value.value[-63:-48] == _SAID:
                return each.value.value[-48:]
            break
    raise ValueError("the leaf does not say which firmware its key is of")


def _key(device: Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return sha256(device.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
