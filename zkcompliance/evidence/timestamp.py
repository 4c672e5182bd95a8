"""RFC 3161 time stamps over a checkpoint: that its body was there at a moment, by an authority that a policy names.

    attachment = u16 length (little-endian) ‖ checkpoint body ‖ TimeStampResp, as the authority gave it (DER)
    moment     = ⌈genTime + accuracy⌉, UTC seconds; an accuracy that is not stated is 0

Of a token `rfc3161-client` (OpenSSL below it) checks that it is granted, signed by the certificate that it names, and
over this imprint. What it leaves open is checked here, with `cryptography`: the imprint is SHA-256 of the body; one
signer, whose certificate the signed attributes name by ESSCertIDv2; that certificate's extended key usage is
timeStamping alone, and critical; a chain of authorities up to the root that the policy pins, each valid at genTime and
allowed to sign certificates, and, where one below the root is for some uses only, those of time stamps; no critical
extension in the content; SHA-256 or better, and keys of 2048 bits (RSA) or 256 (EC), throughout. Under a public root
anybody can buy an authority: so the policy pins its certificate or its policy's OID besides.

Whether a certificate was revoked is not looked up: a policy takes an authority out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any

from zkcompliance import limits
from zkcompliance.errors import EvidenceRefused, LimitExceeded, MalformedEvidence
from zkcompliance.evidence import der

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_SIGNED_DATA = "1.2.840.113549.1.7.2"
_TST_INFO = "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
_SHA256 = "2.16.840.1.101.3.4.2.1"
_SHA384, _SHA512 = "2.16.840.1.101.3.4.2.2", "2.16.840.1.101.3.4.2.3"
_HASHES: dict[str, Callable[[bytes], Any]] = {
    _SHA256: hashlib.sha256,
    _SHA384: hashlib.sha384,
    _SHA512: hashlib.sha512,
}
_STAMPING, _ANY_USE = "1.3.6.1.5.5.7.3.8", "2.5.29.37.0"
_SIGNATURES = {  # of certificates and tokens, with the hash of each
    "1.2.840.113549.1.1.11": _SHA256,  # RSA
    "1.2.840.113549.1.1.12": _SHA384,
    "1.2.840.113549.1.1.13": _SHA512,
    "1.2.840.10045.4.3.2": _SHA256,  # ECDSA
    "1.2.840.10045.4.3.3": _SHA384,
    "1.2.840.10045.4.3.4": _SHA512,
}
_RSA = "1.2.840.113549.1.1.1"  # of a token, with the hash that stands beside it
_MOST_CERTIFICATES, _LONGEST_CHAIN = 16, 6
_RSA_BITS, _EC_BITS = 2048, 256


@dataclass(frozen=True, slots=True)
class Authority:
    """Whom a policy believes: the root certificate (DER), and which authority below it.

    policy: the OID of the policy under which it stamps; certificate: SHA-256 of the authority's own. At least one.
    """

    root: bytes
    policy: str = ""
    certificate: bytes = b""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A token that was checked. moment: UTC seconds at which the body was there at the latest; by: the authority; keys:
    SHA-256 of the SubjectPublicKeyInfo (DER) that it was signed by, and of each above it, up to the root's."""

    moment: int
    by: Authority
    keys: tuple[bytes, ...] = ()


def encode_stamp(body: bytes, reply: bytes) -> bytes:
    """The bytes of an attachment."""
    return len(body).to_bytes(2, "little") + body + reply


def decode_stamp(data: bytes) -> tuple[bytes, bytes]:
    """(checkpoint body, reply) of an attachment. MalformedEvidence where it is cut off."""
    end = 2 + int.from_bytes(data[:2], "little")
    if len(data) <= end or end == 2:
        raise MalformedEvidence("a time stamp whose checkpoint body or reply is missing")
    return data[2:end], data[end:]


def request(body: bytes) -> bytes:
    """The TimeStampReq (DER) for a checkpoint body: SHA-256, with a nonce, asking for the authority's certificate."""
    client = import_module("rfc3161_client")
    builder = client.TimestampRequestBuilder().data(body).hash_algorithm(client.HashAlgorithm.SHA256)
    made: bytes = builder.cert_request(cert_request=True).build().as_bytes()
    return made


def imprint_of(reply: bytes) -> bytes:
    """The imprint that a reply is over. MalformedEvidence where it is no granted reply with a token."""
    return _read(reply).imprint


def check_stamp(reply: bytes, body: bytes, authorities: Sequence[Authority]) -> Stamp:
    """The stamp of the first of the authorities under which the reply is good. EvidenceRefused with what the last of
    them was refused for; MalformedEvidence or LimitExceeded for its form."""
    token = _read(reply)
    if token.imprint != hashlib.sha256(body).digest():
        raise EvidenceRefused("the time stamp is over something else than this checkpoint")
    refused = EvidenceRefused("the time stamp is of no authority that is trusted")
    for authority in authorities:
        try:
            chain = _check(token, body, authority)
        except EvidenceRefused as error:
            refused = error
        else:
            return Stamp(token.moment, authority, tuple(map(_key, chain)))
    raise refused


@dataclass(frozen=True)
class _Token:
    """What a reply says, nothing of it checked. signer: (issuer, serial number) as DER; named: (hash, digest) of the
    certificate that the signed attributes name; moment: UTC seconds, rounded up; at: genTime."""

    reply: bytes
    certificates: tuple[bytes, ...]
    signer: tuple[bytes, bytes]
    named: tuple[str, bytes]
    imprint: bytes
    policy: str
    at: datetime
    moment: int


def _read(reply: bytes) -> _Token:
    """MalformedEvidence for what is not in the form of a granted reply; EvidenceRefused for hashes below SHA-256."""
    what = "the time stamp"
    if len(reply) > limits.MAX_TIMESTAMP_BYTES:
        raise LimitExceeded(f"a time stamp: over the limit of {limits.MAX_TIMESTAMP_BYTES} bytes")
    response = der.only(reply, der.SEQUENCE, what)
    if response.next().inside(der.SEQUENCE, what).next(der.INTEGER).content != b"\0" or response.ended:
        raise MalformedEvidence("the authority granted no time stamp")
    content = response.next().inside(der.SEQUENCE, what)
    response.finish()
    if der.dotted(content.next(der.OID).content, what) != _SIGNED_DATA:
        raise MalformedEvidence("the time stamp is not signed data")
    signed = der.only(content.next(der.context(0)).content, der.SEQUENCE, what)
    content.finish()
    _version(signed, 3, what)
    hashes = {_algorithm(each, what) for each in signed.next(der.SET).inside(der.SET, what).rest()}
    held = signed.next().inside(der.SEQUENCE, what)
    if der.dotted(held.next(der.OID).content, what) != _TST_INFO:
        raise MalformedEvidence("what is signed is no time stamp")
    info = der.only(held.next(der.context(0)).content, der.OCTETS, what)
    certificates = signed.optional(der.context(0))
    signed.optional(der.context(1))  # revocation lists, which are not read
    signers = list(signed.next(der.SET).inside(der.SET, what).rest())
    signed.finish()
    if len(signers) != 1:
        raise MalformedEvidence("the time stamp has not exactly one signer")
    signer, used, named = _signer(signers[0])
    if hashes != {used}:
        raise MalformedEvidence("the time stamp names other hashes than its signer's")
    given = [] if certificates is None else list(der.Values(certificates.content, what).rest())
    if len(given) > _MOST_CERTIFICATES or any(each.tag != der.SEQUENCE for each in given):
        raise MalformedEvidence("the time stamp brings too many certificates, or what is none")
    return _Token(reply, tuple(each.whole for each in given), signer, named, *_info(info))


def _version(parts: der.Values, number: int, what: str) -> None:
    if parts.next(der.INTEGER).content != bytes([number]):
        raise MalformedEvidence(f"{what}: of a version that is not taken")


def _algorithm(value: der.Value, what: str) -> str:
    return der.dotted(value.inside(der.SEQUENCE, what).next(der.OID).content, what)


def _hash(value: der.Value, what: str) -> str:
    """A hash that is SHA-256 or better. EvidenceRefused for any other."""
    found = _algorithm(value, what)
    if found not in _HASHES:
        raise EvidenceRefused("the time stamp uses a hash that is weaker than SHA-256")
    return found


def _signer(value: der.Value) -> tuple[tuple[bytes, bytes], str, tuple[str, bytes]]:
    """((issuer, serial), hash, (hash, digest) of the certificate that it names) of the SignerInfo."""
    what = "the time stamp's signer"
    parts = value.inside(der.SEQUENCE, what)
    _version(parts, 1, what)
    by = parts.next().inside(der.SEQUENCE, what)
    signer = by.next(der.SEQUENCE).whole, by.next(der.INTEGER).whole
    by.finish()
    used = _hash(parts.next(), what)
    found: dict[str, der.Value] = {}
    for each in der.Values(parts.next(der.context(0)).content, what).rest():
        attribute = each.inside(der.SEQUENCE, what)
        kind, values = der.dotted(attribute.next(der.OID).content, what), attribute.next().inside(der.SET, what)
        attribute.finish()
        if kind in found:
            raise MalformedEvidence("the time stamp's signer has an attribute twice")
        found[kind] = values.next()
        values.finish()
    by_algorithm = _algorithm(parts.next(), what)
    if by_algorithm != _RSA and _SIGNATURES.get(by_algorithm) != used:
        raise EvidenceRefused("the time stamp is signed by an algorithm that is not taken, or with two hashes")
    if _CONTENT_TYPE not in found or der.dotted(found[_CONTENT_TYPE].bytes(der.OID, what), what) != _TST_INFO:
        raise EvidenceRefused("the signer signed something else than a time stamp")
    if _SIGNING_CERTIFICATE_V2 not in found:
        raise EvidenceRefused("the time stamp does not name its signer's certificate by ESSCertIDv2")
    first = found[_SIGNING_CERTIFICATE_V2].inside(der.SEQUENCE, what).next(der.SEQUENCE)
    named = first.inside(der.SEQUENCE, what).next(der.SEQUENCE).inside(der.SEQUENCE, what)
    chosen = named.optional(der.SEQUENCE)
    of = _SHA256 if chosen is None else _hash(chosen, what)
    return signer, used, (of, named.next(der.OCTETS).content)


def _info(info: der.Values) -> tuple[bytes, str, datetime, int]:
    """(imprint, policy, genTime, moment) of a TSTInfo. EvidenceRefused unless the imprint is SHA-256."""
    what = "the time stamp's content"
    parts = info.next().inside(der.SEQUENCE, what)
    info.finish()
    _version(parts, 1, what)
    policy = der.dotted(parts.next(der.OID).content, what)
    imprint = parts.next().inside(der.SEQUENCE, what)
    if _algorithm(imprint.next(), what) != _SHA256:
        raise EvidenceRefused("the time stamp is over another hash than SHA-256")
    digest = imprint.next(der.OCTETS).content
    parts.next(der.INTEGER)
    at, late = _moment(parts.next(der.GENERALIZED_TIME).content)
    accuracy = parts.optional(der.SEQUENCE)
    micros = 0 if accuracy is None else _accuracy(accuracy)
    for tag in (der.BOOLEAN, der.INTEGER, der.context(0)):  # the order of its stamps, a nonce, its name
        parts.optional(tag)
    _check_extensions(parts.optional(der.context(1)), what)
    parts.finish()
    return digest, policy, at, int(at.timestamp()) + -(-(late + micros) // 1_000_000)


def _check_extensions(found: der.Value | None, what: str) -> None:
    """EvidenceRefused for one that is critical: no such extension is known here, and it may mean anything."""
    for each in () if found is None else der.Values(found.content, what).rest():
        extension = each.inside(der.SEQUENCE, what)
        extension.next(der.OID)
        critical = extension.optional(der.BOOLEAN)
        if critical is not None and critical.content != b"\0":
            raise EvidenceRefused("the time stamp has a critical extension, which is not known here")


def _moment(text: bytes) -> tuple[datetime, int]:
    """`20261129155733.25Z`: its whole second, and the microseconds after it, rounded up."""
    whole, _, fraction = text.removesuffix(b"Z").partition(b".")
    digits = fraction.decode("ascii", "replace")
    sound = len(whole) == 14 and whole.isdigit() and text.endswith(b"Z")
    if b"." in text:
        sound = sound and digits.isascii() and digits.isdigit() and not digits.endswith("0")
    try:
        at = datetime.strptime(whole.decode("ascii", "replace"), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        sound = False
    if not sound or len(digits) > 9 or at.year < 1970:
        raise MalformedEvidence("the time stamp's moment is not in its one form")
    return at, -(-int((digits or "0").ljust(9, "0")) // 1000)


def _accuracy(value: der.Value) -> int:
    """Microseconds: seconds, [0] milliseconds and [1] microseconds, each 0 if it is not there."""
    parts = value.inside(der.SEQUENCE, "the time stamp's accuracy")
    total = 0
    for tag, scale, most in (
        (der.INTEGER, 1_000_000, 1 << 31),
        (der.context(0, constructed=False), 1000, 1000),
        (der.context(1, constructed=False), 1, 1000),
    ):
        found = parts.optional(tag)
        number = 0 if found is None else int.from_bytes(found.content, "big", signed=True)
        if not 0 <= number < most:
            raise MalformedEvidence("the time stamp's accuracy is out of its range")
        total += scale * number
    parts.finish()
    return total


def _check(token: _Token, body: bytes, authority: Authority) -> list[Certificate]:
    """The certificate that it was signed by, and those above it. EvidenceRefused unless it is of this authority."""
    if not authority.policy and not authority.certificate:
        raise EvidenceRefused("an authority is named by its certificate or its policy, not by the root alone")
    if authority.policy and token.policy != authority.policy:
        raise EvidenceRefused(f"the time stamp was made under the policy {token.policy}, not {authority.policy}")
    certificates = [_certificate(each) for each in token.certificates]
    own = [each for each in certificates if _names(_bytes(each)) == token.signer]
    if len(own) != 1:
        raise EvidenceRefused("the time stamp does not bring its signer's certificate, or brings two by that name")
    (leaf,) = own
    of, digest = token.named
    data = _bytes(leaf)
    if _HASHES[of](data).digest() != digest:
        raise EvidenceRefused("the time stamp names another certificate than the one that it brings")
    if authority.certificate and hashlib.sha256(data).digest() != authority.certificate:
        raise EvidenceRefused("the time stamp was signed by another certificate than the one that is trusted")
    _check_purpose(leaf)
    root = _certificate(authority.root)
    chain = _check_chain(leaf, certificates, root, token.at)
    _check_signature(token.reply, body, root)
    return chain


def _key(certificate: Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(key).digest()


def _certificate(data: bytes) -> Certificate:
    x509 = import_module("cryptography.x509")
    serial = _names(data)[1][2:]
    if not serial or serial[0] & 0x80 or not any(serial):  # of which the library only warns
        raise MalformedEvidence("a certificate whose serial number is not above 0")
    try:
        found: Certificate = x509.load_der_x509_certificate(data)
        _ = found.extensions, found.public_key(), found.signature_algorithm_oid  # which are read late
    except Exception:  # of many kinds: versions, algorithms, extensions that are not known
        raise MalformedEvidence("a certificate that is not in its form, or of a kind that is not known") from None
    return found


def _bytes(certificate: Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.DER)


def _names(certificate: bytes) -> tuple[bytes, bytes]:
    """(issuer, serial number) as DER, of a certificate that is DER too."""
    body = der.only(certificate, der.SEQUENCE, "a certificate").next().inside(der.SEQUENCE, "a certificate")
    body.optional(der.context(0))
    serial = body.next(der.INTEGER).whole
    body.next(der.SEQUENCE)
    return body.next(der.SEQUENCE).whole, serial


def _extension(certificate: Certificate, name: str) -> Any:
    """The extension of this class of `cryptography.x509`, or None."""
    x509 = import_module("cryptography.x509")
    try:
        return certificate.extensions.get_extension_for_class(getattr(x509, name))
    except x509.ExtensionNotFound:
        return None


def _check_purpose(leaf: Certificate) -> None:
    """EvidenceRefused unless its extended key usage is critical, and timeStamping alone (RFC 3161, 2.3)."""
    usage = _extension(leaf, "ExtendedKeyUsage")
    if usage is None or not usage.critical:
        raise EvidenceRefused("the signer's certificate has no critical extended key usage")
    if [each.dotted_string for each in usage.value] != [_STAMPING]:
        raise EvidenceRefused("the signer's certificate is for other uses than time stamps")


def _check_chain(leaf: Certificate, given: Sequence[Certificate], root: Certificate, at: datetime) -> list[Certificate]:
    """From the leaf to the root. EvidenceRefused unless certificates that are given lead there, each valid at `at`."""
    chain = [leaf]
    while (last := chain[-1]) != root:
        above = [each for each in (root, *given) if each not in chain and _issued(last, each)]
        if not above or len(chain) == _LONGEST_CHAIN:
            raise EvidenceRefused("the signer's certificate does not lead to the root that is trusted")
        chain.append(above[0])
    for depth, each in enumerate(chain):
        if not each.not_valid_before_utc <= at <= each.not_valid_after_utc:
            raise EvidenceRefused("a certificate of the authority was not valid when the time stamp was made")
        _check_strength(each, signed=each != root)
        if depth:
            _check_authority(each, depth - 1)
            if each != root:
                _check_for_stamping(each)
    return chain


def _issued(certificate: Certificate, by: Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(by)
    except Exception:  # of any kind: another name, another algorithm, another key, a signature that is none
        return False
    return True


def _check_authority(certificate: Certificate, below: int) -> None:
    """EvidenceRefused unless it may sign certificates, with so many authorities below it."""
    basic, usage = _extension(certificate, "BasicConstraints"), _extension(certificate, "KeyUsage")
    if basic is None or not basic.value.ca or (usage is not None and not usage.value.key_cert_sign):
        raise EvidenceRefused("a certificate of the chain may not sign certificates")
    if basic.value.path_length is not None and below > basic.value.path_length:
        raise EvidenceRefused("the chain of certificates is longer than one of them allows")


def _check_for_stamping(certificate: Certificate) -> None:
    """EvidenceRefused for an authority between that may certify other uses alone, such as servers: a root has many, and
    whoever has one of these could else date what they like."""
    usage = _extension(certificate, "ExtendedKeyUsage")
    if usage is not None and not {_STAMPING, _ANY_USE} & {each.dotted_string for each in usage.value}:
        raise EvidenceRefused("a certificate of the chain is for certifying other uses, and not time stamps")


def _check_strength(certificate: Certificate, *, signed: bool) -> None:
    """EvidenceRefused for a weak key, and for a weak signature where it counts: the root's own does not."""
    rsa, ec = (import_module(f"cryptography.hazmat.primitives.asymmetric.{name}") for name in ("rsa", "ec"))
    key = certificate.public_key()
    bits = getattr(key, "key_size", 0)
    if not (isinstance(key, rsa.RSAPublicKey) and bits >= _RSA_BITS) and not (
        isinstance(key, ec.EllipticCurvePublicKey) and bits >= _EC_BITS
    ):
        raise EvidenceRefused("a certificate of the authority has a key that is too weak")
    if signed and certificate.signature_algorithm_oid.dotted_string not in _SIGNATURES:
        raise EvidenceRefused("a certificate of the authority is signed with a hash that is weaker than SHA-256")


def _check_signature(reply: bytes, body: bytes, root: Certificate) -> None:
    """EvidenceRefused unless OpenSSL finds it signed, over this body, by a certificate below this root."""
    client = import_module("rfc3161_client")
    try:
        verifier = client.VerifierBuilder(roots=[root]).build()
        response = client.decode_timestamp_response(reply)
        sound = response.as_bytes() == reply and verifier.verify_message(response, body)
    except (client.VerificationError, ValueError):
        sound = False
    except BaseException as error:
        if type(error).__module__ != "pyo3_runtime":  # a panic of the library, which says that it is no Exception
            raise
        sound = False
    if not sound:
        raise EvidenceRefused("the time stamp is not signed by the certificate that it names")
