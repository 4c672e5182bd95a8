"""Devices that are made up: a chain of five certificates as NVIDIA's, and evidence that its leaf signs."""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from zkcompliance.evidence.nvidia import Evidence, Trust

FROM, UNTIL = datetime.datetime(2021, 1, 1, tzinfo=datetime.UTC), datetime.datetime(2041, 1, 1, tzinfo=datetime.UTC)
NOW = 1_764_400_000  # 2025-11-29
FWID = hashlib.sha384(b"firmware").digest()
MODEL = "GH100 A01 GSP BROM"

Curve = ec.EllipticCurve


@dataclass
class Made:
    """One certificate and its key. The rest says how it differs from an honest one."""

    name: str
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


@dataclass
class Fault:
    """What is wrong with a chain, by the place of its certificate, 0 the leaf; empty: nothing."""

    expired: int = -1
    early: int = -1
    no_ca: int = -1
    no_usage: int = -1
    sha256: int = -1
    curve: int = -1
    critical: int = -1
    stranger: int = -1  # signed by another key than the next one's
    short: int = -1  # its path may have no certificate below it
    leaf_is_ca: bool = False


def _key(curve: Curve | None = None) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(curve or ec.SECP384R1())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certificate(
    place: int, name: str, key: ec.EllipticCurvePrivateKey, issuer: str, signer: ec.EllipticCurvePrivateKey,
    fault: Fault, extensions: Sequence[x509.ExtensionType] = (),
) -> x509.Certificate:  # fmt: skip
    """The certificate that has `place` below it."""
    leaf = place == 0
    past = FROM + datetime.timedelta(days=1)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(UNTIL - datetime.timedelta(days=1) if fault.early == place else FROM)
        .not_valid_after(past if fault.expired == place else UNTIL)
    )
    signs = (not leaf or fault.leaf_is_ca) and fault.no_usage != place
    usage = x509.KeyUsage(leaf, False, False, False, False, signs, signs, False, False)
    builder = builder.add_extension(usage, critical=True)
    if not leaf or fault.leaf_is_ca:
        ca = fault.no_ca != place
        builder = builder.add_extension(x509.BasicConstraints(ca, 0 if fault.short == place else None), critical=True)
    if fault.critical == place:
        unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
        builder = builder.add_extension(unknown, critical=True)
    for each in extensions:
        builder = builder.add_extension(each, critical=False)
    by = _key() if fault.stranger == place else signer
    return builder.sign(by, hashes.SHA256() if fault.sha256 == place else hashes.SHA384())


@dataclass
class Authority:
    """A root with provisioners, which makes devices. fault: of every chain that it makes."""

    fault: Fault = field(default_factory=Fault)

    def __post_init__(self) -> None:
        names = ["Example Identity CA", "Example GH100 Identity", "Example Provisioner"]  # places 4, 3, 2
        keys = [_key() for _ in names]
        signers, issuers = [keys[0], *keys], [names[0], *names]
        self.upper = [
            Made(name, key, certificate(4 - at, name, key, issuers[at], signers[at], self.fault))
            for at, (name, key) in enumerate(zip(names, keys, strict=True))
        ]

    @property
    def root(self) -> x509.Certificate:
        return self.upper[0].certificate

    @property
    def trust(self) -> Trust:
        return Trust(root=hashlib.sha256(self.root.public_bytes(Encoding.DER)).digest())

    def crl(self, serials: Sequence[int], *, by: int = 2, days: int = 30, at: int = NOW) -> bytes:
        """A revocation list, signed by the provisioner (by=2), the model's CA (1) or the root (0)."""
        maker = self.upper[by]
        now = datetime.datetime.fromtimestamp(at, datetime.UTC)
        builder = x509.CertificateRevocationListBuilder().issuer_name(_name(maker.name)).last_update(now)
        builder = builder.next_update(now + datetime.timedelta(days=days))
        for serial in serials:
            one = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now).build()
            builder = builder.add_revoked_certificate(one)
        return builder.sign(maker.key, hashes.SHA384()).public_bytes(Encoding.DER)


class Device:
    """A chip: the key of its second certificate. update: another firmware, under the same one."""

    def __init__(self, authority: Authority, serial: str, *, model: str = MODEL) -> None:
        self.authority, self.serial, self.model = authority, serial, model
        self.key = _key()
        top = authority.upper[2]
        self.device = certificate(1, model, self.key, top.name, top.key, authority.fault)
        self.update(FWID)

    def update(self, firmware: bytes, name: str | None = None) -> None:
        curve = ec.SECP256R1() if self.authority.fault.curve == 0 else None
        self.firmware, self.leaf_key = firmware, _key(curve)
        name = f"NVIDIA:GH100:{self.serial}" if name is None else name
        text = b"\x0c" + bytes([len(name)]) + name.encode()
        other = x509.OtherName(x509.ObjectIdentifier("1.3.6.1.4.1.412.274.1"), text)
        said = bytes.fromhex("303d06096086480165030402020430") + firmware
        dice = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.23.133.5.4.1"), b"\x30\x3f" + said)
        self.leaf = certificate(
            0, "GH100 A01 GSP FMC LF", self.leaf_key, self.model, self.key, self.authority.fault,
            [x509.SubjectAlternativeName([other]), dice],
        )  # fmt: skip

    @property
    def chain(self) -> tuple[bytes, ...]:
        certificates = [self.leaf, self.device, *(made.certificate for made in reversed(self.authority.upper))]
        return tuple(each.public_bytes(Encoding.DER) for each in certificates)

    def answer(self, nonce: bytes, change: Callable[[bytes], bytes] = bytes) -> Evidence:
        """Evidence for a nonce; change: of what is signed, before it is."""
        block = struct.pack("<BBHBH", 1, 1, 51, 1, 48) + hashlib.sha384(b"measured").digest()
        opaque = struct.pack("<HH", 3, 7) + b"590.12\0" + struct.pack("<HH", 20, 48) + self.firmware
        body = b"\x11\xe0\x01\xff" + nonce + b"\0"
        body += b"\x11\x60\x00\x00\x01" + len(block).to_bytes(3, "little") + block + hashlib.sha256(nonce).digest()
        body = change(body + struct.pack("<H", len(opaque)) + opaque)
        r, s = decode_dss_signature(self.leaf_key.sign(body, ec.ECDSA(hashes.SHA384())))
        return Evidence(body + r.to_bytes(48, "big") + s.to_bytes(48, "big"), self.chain)


def file_of(answers: Sequence[tuple[Evidence, bytes]]) -> bytes:
    """The file as NVIDIA's tools write it: each device's evidence and the nonce."""
    found = []
    for evidence, nonce in answers:
        pem = b"".join(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM) for der in evidence.chain)
        text = [base64.b64encode(each).decode() for each in (pem, evidence.data)]
        found.append({"arch": "HOPPER", "certificate": text[0], "evidence": text[1], "nonce": nonce.hex()})
    return json.dumps(found).encode()
