"""Chains of X.509 certificates up to a root that the caller pins: what every device's evidence is checked by.

A chain is the leaf first and the root last, all of it given; nothing is looked up. Held against RFC 5280, section 6.1:
each certificate is signed by the next one's key and names it as its issuer; every one but the leaf is a CA that may
sign certificates (basic constraints, key usage, the length of the path); the leaf is none, and may sign; all are valid
at the moment that is asked; a critical extension that is not one of these is refused. The root is known by the SHA-256
of its DER, and signs itself.
"""

from __future__ import annotations

import contextlib
import re
import warnings
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from zkcompliance.errors import EvidenceRefused, MalformedEvidence, ZkComplianceError
from zkcompliance.quantities import show_time

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END CERTIFICATE-----(?:\r?\n|\Z)")
_MOST_BYTES = 8192  # of one certificate's DER


def pem_blocks(data: bytes, count: int) -> list[bytes]:
    """The DER of `count` certificates in PEM, one after the other and nothing between. MalformedEvidence."""
    import base64
    import binascii

    found: list[bytes] = []
    at = 0
    while block := _BLOCK.match(data, at):
        try:
            der = base64.b64decode(b"".join(block[1].split()), validate=True)
        except binascii.Error:
            raise MalformedEvidence(f"certificate {len(found) + 1} is not in base64") from None
        if len(der) > _MOST_BYTES or len(found) == count:
            raise MalformedEvidence(f"there are more than {count} certificates, or one over {_MOST_BYTES} bytes")
        found.append(der)
        at = block.end()
    if at != len(data) or len(found) != count:
        raise MalformedEvidence(f"want {count} certificates in PEM, one after the other, and nothing else")
    return found


def loaded(chain: Sequence[bytes]) -> list[Certificate]:
    """The certificates of DER. MalformedEvidence where one is none."""
    from cryptography.x509 import load_der_x509_certificate

    found = []
    for number, der in enumerate(chain, 1):
        if len(der) > _MOST_BYTES:
            raise MalformedEvidence(f"certificate {number} has over {_MOST_BYTES} bytes")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # what the library takes today, and says that it should not
                found.append(load_der_x509_certificate(der))
        except Exception:  # the library has no one error for what is no certificate
            raise MalformedEvidence(f"certificate {number} is no X.509 certificate") from None
    return found


def check(chain: Sequence[Certificate], root: bytes, at: int, *, curve: str, hashed: str) -> None:
    """EvidenceRefused unless the chain leads to the root with this SHA-256 and is valid at `at` (UTC seconds).

    curve, hashed: the one kind of key and of signature that is taken, as `secp384r1` and `sha384`.
    """
    with reading():
        _check(chain, root, at, curve, hashed)


@contextlib.contextmanager
def reading() -> Iterator[None]:
    """EvidenceRefused for what the library finds in a name, an extension or a key that is not of its form."""
    try:
        yield
    except ZkComplianceError:
        raise
    except Exception as error:  # the library has no one error for it
        raise EvidenceRefused(f"a certificate of the chain cannot be read: {str(error)[:120]}") from None


def _check(chain: Sequence[Certificate], root: bytes, at: int, curve: str, hashed: str) -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding

    if sha256(chain[-1].public_bytes(Encoding.DER)).digest() != root:
        raise EvidenceRefused("the chain does not end in the root that is trusted")
    when = datetime.fromtimestamp(at, UTC)
    issuers = [*chain[1:], chain[-1]]
    for place, (certificate, issuer) in enumerate(zip(chain, issuers, strict=True)):
        name = f"certificate {place + 1} of {len(chain)}"
        key, algorithm = certificate.public_key(), certificate.signature_hash_algorithm
        if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != curve:
            raise EvidenceRefused(f"{name} has a key of another kind than {curve}")
        if algorithm is None or algorithm.name != hashed:
            raise EvidenceRefused(f"{name} is signed by another hash than {hashed}")
        if not certificate.not_valid_before_utc <= when <= certificate.not_valid_after_utc:
            raise EvidenceRefused(f"{name} is not valid on {show_time(at)}")
        _check_use(certificate, place, name)
        try:
            certificate.verify_directly_issued_by(issuer)
        except (InvalidSignature, ValueError, TypeError):
            raise EvidenceRefused(f"{name} is not issued by the next one's key") from None


def _check_use(certificate: Certificate, place: int, name: str) -> None:
    """Basic constraints and key usage of the certificate that has `place` certificates below it."""
    from cryptography import x509

    extensions = certificate.extensions
    known = (x509.BasicConstraints, x509.KeyUsage)
    for extension in extensions:
        if extension.critical and not isinstance(extension.value, known):
            raise EvidenceRefused(f"{name} has a critical extension that is not known: {extension.oid.dotted_string}")
    basic = next((each.value for each in extensions if isinstance(each.value, x509.BasicConstraints)), None)
    usage = next((each.value for each in extensions if isinstance(each.value, x509.KeyUsage)), None)
    if usage is None:
        raise EvidenceRefused(f"{name} does not say what its key may be used for")
    if place == 0:
        if (basic is not None and basic.ca) or usage.key_cert_sign or not usage.digital_signature:
            raise EvidenceRefused(f"{name} is no device's: it may sign certificates, or may not sign")
        return
    if basic is None or not basic.ca or not usage.key_cert_sign:
        raise EvidenceRefused(f"{name} may not sign certificates")
    if basic.path_length is not None and basic.path_length < place - 1:
        raise EvidenceRefused(f"{name} may not have so many certificates below it")


def check_revoked(chain: Sequence[Certificate], lists: Sequence[bytes], at: int) -> None:
    """EvidenceRefused where a certificate is on one of these lists (X.509 CRLs, DER), or a list is not to be relied on.

    For a chain that was checked. Each list must be signed by a key of the chain, and be in force at `at`.
    """
    from cryptography.x509 import load_der_x509_crl

    for number, data in enumerate(lists, 1):
        try:
            crl = load_der_x509_crl(data)
            signers = [each for each in chain[1:] if each.subject == crl.issuer]
            signed = any(crl.is_signature_valid(each.public_key()) for each in signers)  # type: ignore[arg-type]
            from_, until = crl.last_update_utc, crl.next_update_utc
            critical = [each.oid.dotted_string for each in crl.extensions if each.critical]
            listed = [each for each in chain if crl.get_revoked_certificate_by_serial_number(each.serial_number)]
        except Exception:
            raise MalformedEvidence(f"revocation list {number} is no X.509 CRL in DER") from None
        if not signed:
            raise EvidenceRefused(f"revocation list {number} is not signed by a certificate of the chain")
        if critical:
            raise EvidenceRefused(f"revocation list {number} has a critical extension, {critical[0]}: it is not whole")
        when = datetime.fromtimestamp(at, UTC)
        if when < from_ or until is None or when > until:
            raise EvidenceRefused(f"revocation list {number} is not in force on {show_time(at)}")
        for each in listed:
            if each.issuer == crl.issuer:
                raise EvidenceRefused(f"the certificate with the serial number {each.serial_number:x} is revoked")
