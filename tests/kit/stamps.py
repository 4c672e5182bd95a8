"""Time stamps of two makers: an authority of OpenSSL's own, and tokens put together here, with any one fault.

Both have certificates that are made here, of any validity and use.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from zkcompliance.evidence.timestamp import Authority

OPENSSL = shutil.which("openssl")
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="NO openssl COMMAND: no token of another maker is tried")
POLICY = "1.2.3.4.1"
BEGUN = datetime(2020, 1, 1, tzinfo=UTC)
STAMPING = (ExtendedKeyUsageOID.TIME_STAMPING,)


@dataclass(frozen=True)
class Issued:
    """A certificate with its private key."""

    certificate: x509.Certificate
    key: Any

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


def issue(
    name: str,
    by: Issued | None = None,
    *,
    ca: bool = False,
    usage: tuple[Any, ...] | None = STAMPING,
    critical: bool = True,
    days: tuple[int, int] = (0, 7300),
    path_length: int | None = None,
    hashed: Any = None,
    key: Any = None,
    serial: int | None = None,
    sign: bool = True,
    certifies: tuple[Any, ...] = (),
) -> Issued:
    """days: of its validity, counted from 2020; sign: whether an authority may sign certificates; certifies: the uses
    that it may certify, empty for any."""
    private = key or ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named if by is None else by.certificate.subject)
        .public_key(private.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(BEGUN + timedelta(days=days[0]))
        .not_valid_after(BEGUN + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca, path_length if ca else None), critical=True)
    )
    if ca:
        builder = builder.add_extension(
            x509.KeyUsage(not sign, False, False, False, False, sign, sign, False, False), critical=True
        )
        if certifies:
            builder = builder.add_extension(x509.ExtendedKeyUsage(certifies), critical=False)
    elif usage is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usage), critical=critical)
    signer = private if by is None else by.key
    return Issued(builder.sign(signer, hashed or hashes.SHA256()), private)


def root(name: str = "a root of the tests", **changes: Any) -> Issued:
    return issue(name, ca=True, **changes)


@dataclass(frozen=True)
class Openssl:
    """The authority of `openssl ts`, in a folder."""

    folder: Path
    root: Issued
    own: Issued

    @property
    def authority(self) -> Authority:
        return Authority(self.root.der, POLICY)

    def reply(self, request: bytes, *, precision: int = 0) -> bytes:
        """precision: decimal digits of the seconds."""
        (self.folder / "serial").write_text("01\n")
        (self.folder / "request.tsq").write_bytes(request)
        (self.folder / "ts.cnf").write_text(
            "[tsa]\ndefault_tsa=t\n[t]\nserial=serial\ncrypto_device=builtin\nsigner_digest=sha256\n"
            f"default_policy={POLICY}\ndigests=sha1,sha256,sha512\naccuracy=secs:1,millisecs:500,microsecs:100\n"
            f"clock_precision_digits={precision}\nordering=no\ntsa_name=no\ness_cert_id_chain=no\ness_cert_id_alg=sha256\n"
        )
        given = ["-queryfile", "request.tsq", "-signer", "own.pem", "-inkey", "own.key", "-config", "ts.cnf"]
        subprocess.run(
            ["openssl", "ts", "-reply", *given, "-out", "reply.tsr"], cwd=self.folder, check=True, capture_output=True
        )
        return (self.folder / "reply.tsr").read_bytes()

    def query(self, data: bytes, hashed: str) -> bytes:
        """A request of OpenSSL's own."""
        (self.folder / "data").write_bytes(data)
        given = ["-query", "-data", "data", f"-{hashed}", "-cert", "-out", "query.tsq"]
        subprocess.run(["openssl", "ts", *given], cwd=self.folder, check=True, capture_output=True)
        return (self.folder / "query.tsq").read_bytes()


def openssl(folder: Path, by: Issued | None = None) -> Openssl:
    """by: the authority above it; a new root if none is given."""
    above = by or root()
    own = issue("an authority of the tests", above)
    (folder / "own.pem").write_bytes(own.certificate.public_bytes(Encoding.PEM))
    (folder / "own.key").write_bytes(own.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return Openssl(folder, above, own)


# Tokens put together here


def tlv(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    width = (size.bit_length() + 7) // 8
    return bytes([tag, 0x80 | width]) + size.to_bytes(width, "big") + content


def oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    out = bytearray()
    for arc in (40 * first + second, *rest):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(arc & 0x7F | 0x80)
        out += bytes(reversed(groups))
    return tlv(6, bytes(out))


def number(value: int) -> bytes:
    return tlv(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def algorithm(dotted: str) -> bytes:
    return tlv(0x30, oid(dotted))


SHA1, SHA256 = "1.3.14.3.2.26", "2.16.840.1.101.3.4.2.1"
ECDSA_SHA256 = "1.2.840.10045.4.3.2"
_HASH = {SHA1: hashlib.sha1, SHA256: hashlib.sha256}
_SIGNED_HASH = {SHA1: hashes.SHA1(), SHA256: hashes.SHA256()}  # noqa: S303  (what is to be refused)


@dataclass(frozen=True)
class Made:
    """A token as it should be; `replace` makes it another. Its fields are what a token says, each by itself."""

    body: bytes
    own: Issued
    brings: tuple[bytes, ...] = ()
    at: str = "20260601120000Z"
    accuracy: bytes = b""
    policy: str = POLICY
    imprint: str = SHA256
    digest: str = SHA256
    named: bytes | None = field(default=None)  # the certificate that ESSCertIDv2 names; b"": the attribute is missing
    named_by: str = "1.2.840.113549.1.9.16.2.47"
    content: str = "1.2.840.113549.1.9.16.1.4"
    signature: str = ECDSA_SHA256
    granted: int = 0
    signers: int = 1
    signs_for: str | None = None  # the content that the signed attributes name, if another
    after: bytes = b""  # what follows the accuracy in the content

    def info(self) -> bytes:
        imprint = tlv(0x30, algorithm(self.imprint), tlv(4, _HASH[self.imprint](self.body).digest()))
        return tlv(
            0x30, number(1), oid(self.policy), imprint, number(7), tlv(0x18, self.at.encode()),
            self.accuracy, self.after,
        )  # fmt: skip

    def reply(self) -> bytes:
        info = self.info()
        hashed = _HASH[self.digest](info).digest()
        parts = [
            tlv(0x30, oid("1.2.840.113549.1.9.3"), tlv(0x31, oid(self.signs_for or self.content))),
            tlv(0x30, oid("1.2.840.113549.1.9.4"), tlv(0x31, tlv(4, hashed))),
        ]
        of = self.own.der if self.named is None else self.named
        if of:
            essential = tlv(0x30, tlv(0x30, tlv(0x30, tlv(4, hashlib.sha256(of).digest()))))
            parts.append(tlv(0x30, oid(self.named_by), tlv(0x31, essential)))
        attributes = b"".join(sorted(parts))
        signature = self.own.key.sign(tlv(0x31, attributes), ec.ECDSA(_SIGNED_HASH[self.digest]))
        certificate = self.own.certificate
        by = tlv(0x30, certificate.issuer.public_bytes(), number(certificate.serial_number))
        signer = tlv(
            0x30, number(1), by, algorithm(self.digest), tlv(0xA0, attributes), algorithm(self.signature),
            tlv(4, signature),
        )  # fmt: skip
        held = tlv(0x30, oid(self.content), tlv(0xA0, tlv(4, info)))
        brings = sorted(self.brings or (self.own.der,))
        signed = tlv(
            0x30, number(3), tlv(0x31, algorithm(self.digest)), held, tlv(0xA0, *brings),
            tlv(0x31, *[signer] * self.signers),
        )  # fmt: skip
        token = tlv(0x30, oid("1.2.840.113549.1.7.2"), tlv(0xA0, signed))
        return tlv(0x30, tlv(0x30, number(self.granted)), token)


def made(body: bytes, above: Issued, moment: int | None = None, **changes: Any) -> Made:
    """A sound token of a new authority below `above`; moment: UTC seconds."""
    own = issue("an authority of the tests", above)
    text = {} if moment is None else {"at": datetime.fromtimestamp(moment, UTC).strftime("%Y%m%d%H%M%SZ")}
    return replace(Made(body, own, **text), **changes)
