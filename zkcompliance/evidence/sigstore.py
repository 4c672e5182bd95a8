"""Sigstore bundles that somebody signed over a file, under a key that the caller pins.

    bundle   = {mediaType, verificationMaterial: {publicKey: {hint}, tlogEntries}, dsseEnvelope | messageSignature}
    envelope = DSSE of an in-toto Statement, whose subjects name files by SHA-256
    message  = the SHA-256 of the file, and a signature over the file

A bundle with a certificate in the key's place (Fulcio) is refused: whether it was valid when it signed rests on the
transparency log's time, and that log is not read. Entries of it in a bundle are not looked at, and show nothing here.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

from zkcompliance import strict_json
from zkcompliance.errors import EvidenceRefused, MalformedEvidence
from zkcompliance.evidence import signing
from zkcompliance.limits import MAX_EVIDENCE_JSON_BYTES

if TYPE_CHECKING:
    from zkcompliance.evidence.signing import Key

_MEDIA = re.compile(r"application/vnd\.dev\.sigstore\.bundle(?:\.v0\.3\+json|\+json;version=0\.[123])")
_STATEMENTS = ("https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1")
_PAYLOAD = "application/vnd.in-toto+json"
_SHA256 = re.compile(r"[0-9a-f]{64}")


def signed_files(data: bytes, key: Key) -> frozenset[bytes]:
    """The SHA-256 of each file that the bundle is about, as signed by the key.

    Of a message, which is one file, the signature is over the file itself: an ECDSA key is needed.
    MalformedEvidence for the form, EvidenceRefused where the key did not sign, or no file is named.
    """
    bundle = strict_json.loads(data, "the bundle", MalformedEvidence, limit=MAX_EVIDENCE_JSON_BYTES)
    if not isinstance(bundle, dict) or not _MEDIA.fullmatch(str(bundle.get("mediaType"))):
        raise MalformedEvidence("it is no sigstore bundle of version 0.1 to 0.3")
    material = _object(bundle, "verificationMaterial")
    if not isinstance(material.get("publicKey"), dict):
        raise EvidenceRefused("the bundle has no key alone: of a certificate nothing here dates the signature")
    if ("dsseEnvelope" in bundle) == ("messageSignature" in bundle):
        raise MalformedEvidence("a bundle has an envelope or a message, and one of them alone")
    if "messageSignature" in bundle:
        return frozenset([_message(_object(bundle, "messageSignature"), key)])
    return _envelope(_object(bundle, "dsseEnvelope"), key)


def _envelope(envelope: dict[str, object], key: Key) -> frozenset[bytes]:
    signatures = envelope.get("signatures")
    if not isinstance(signatures, list) or len(signatures) != 1 or not isinstance(signatures[0], dict):
        raise MalformedEvidence("an envelope has one signature")
    kind, payload = envelope.get("payloadType"), _base64(envelope.get("payload"), "payload")
    if kind != _PAYLOAD:
        raise MalformedEvidence("the envelope holds something else than an in-toto Statement")
    signed = b"DSSEv1 %d %b %d %b" % (len(_PAYLOAD), _PAYLOAD.encode(), len(payload), payload)
    signing.check_plain(key, _base64(signatures[0].get("sig"), "sig"), signed)
    statement = strict_json.loads(payload, "the statement", MalformedEvidence, limit=MAX_EVIDENCE_JSON_BYTES)
    if not isinstance(statement, dict) or statement.get("_type") not in _STATEMENTS:
        raise MalformedEvidence("the payload is no in-toto Statement")
    subjects = statement.get("subject")
    found = set()
    for each in subjects if isinstance(subjects, list) else ():
        digest = each.get("digest") if isinstance(each, dict) else None
        text = digest.get("sha256") if isinstance(digest, dict) else None
        if not isinstance(text, str) or not _SHA256.fullmatch(text):
            raise MalformedEvidence("a subject of the statement has no SHA-256")
        found.add(bytes.fromhex(text))
    if not found:
        raise EvidenceRefused("the statement names no file")
    return frozenset(found)


def _message(message: dict[str, object], key: Key) -> bytes:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

    stated = _object(message, "messageDigest")
    digest = _base64(stated.get("digest"), "digest")
    if stated.get("algorithm") != "SHA2_256" or len(digest) != 32:
        raise MalformedEvidence("the digest of the message is no SHA-256")
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
        raise EvidenceRefused("a message that is not in an envelope is taken of a P-256 key alone")
    try:
        key.verify(_base64(message.get("signature"), "signature"), digest, ec.ECDSA(Prehashed(hashes.SHA256())))
    except InvalidSignature:
        raise EvidenceRefused("it is not signed by the key that is trusted") from None
    return digest


def _object(document: dict[str, object], name: str) -> dict[str, object]:
    value = document.get(name)
    if not isinstance(value, dict):
        raise MalformedEvidence(f"{name} is no object")
    return value


def _base64(value: object, name: str) -> bytes:
    try:
        return base64.b64decode(value if isinstance(value, str) else "~", validate=True)
    except (binascii.Error, ValueError):
        raise MalformedEvidence(f"{name} is not in base64") from None
