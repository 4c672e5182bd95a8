"""DSSE envelopes with one signature, in their two files: the envelope by itself, and a sigstore bundle around it.

Both are canonical JSON and a line end; decoding takes no other bytes. The signature is over the pre-authentication
encoding (secure-systems-lab/dsse, protocol 1.0.2), so that it covers the payload's type too.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from zkcompliance import limits, strict_json
from zkcompliance.errors import MalformedAttestation

PAYLOAD_TYPE = "application/vnd.in-toto+json"
BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
_MAX_SIGNATURE_BYTES = 80  # ECDSA P-256 in DER has at most 72, Ed25519 64


@dataclass(frozen=True)
class Envelope:
    """keyid: a hint as to which key signed (`keys.PublicKey.keyid`), not trusted; in_bundle: as a sigstore bundle."""

    payload: bytes
    signature: bytes
    keyid: str
    in_bundle: bool = False

    @property
    def signed(self) -> bytes:
        """What the signature is over."""
        return pae(PAYLOAD_TYPE, self.payload)

    def encode(self) -> bytes:
        """The file."""
        envelope: dict[str, object] = {
            "payload": base64.b64encode(self.payload).decode(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"keyid": self.keyid, "sig": base64.b64encode(self.signature).decode()}],
        }
        return strict_json.canonical(bundled(envelope, self.keyid) if self.in_bundle else envelope) + b"\n"

    @classmethod
    def decode(cls, data: bytes) -> Envelope:
        """MalformedAttestation unless data is such a file in its one form."""
        document = strict_json.loads(data, "the attestation", MalformedAttestation, limit=limits.MAX_ATTESTATION_BYTES)
        whole = members(document, "the attestation")
        in_bundle = "mediaType" in whole
        envelope = members(whole.get("dsseEnvelope"), "dsseEnvelope") if in_bundle else whole
        signatures = envelope.get("signatures")
        if not isinstance(signatures, list) or len(signatures) != 1:
            raise MalformedAttestation("signatures: exactly one is expected")
        signature = members(signatures[0], "signatures[0]")
        if envelope.get("payloadType") != PAYLOAD_TYPE:
            raise MalformedAttestation(f"payloadType: {PAYLOAD_TYPE} is expected")
        made = cls(
            payload=from_base64(envelope.get("payload"), "payload"),
            signature=from_base64(signature.get("sig"), "sig"),
            keyid=text(signature.get("keyid"), "keyid"),
            in_bundle=in_bundle,
        )
        if len(made.signature) > _MAX_SIGNATURE_BYTES:
            raise MalformedAttestation(f"sig: {len(made.signature)} bytes, over {_MAX_SIGNATURE_BYTES}")
        if made.encode() != data:
            raise MalformedAttestation("the attestation is not in its canonical form (docs/attestation.md)")
        return made


def pae(payload_type: str, payload: bytes) -> bytes:
    """The pre-authentication encoding: lengths are bytes, in decimal."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def bundled(envelope: dict[str, object], hint: str) -> dict[str, object]:
    """A sigstore bundle around an envelope with one signature, by a key that the hint names."""
    return {
        "mediaType": BUNDLE_TYPE,
        "verificationMaterial": {"publicKey": {"hint": hint}, "tlogEntries": []},
        "dsseEnvelope": envelope,
    }


def members(value: object, what: str) -> dict[str, object]:
    """A JSON object; MalformedAttestation for anything else."""
    if not isinstance(value, dict):
        raise MalformedAttestation(f"{what}: an object is expected")
    return value


def text(value: object, what: str) -> str:
    """A text that is not too long; MalformedAttestation for anything else."""
    if not isinstance(value, str) or len(value) > limits.MAX_TEXT_BYTES:
        raise MalformedAttestation(f"{what}: a text of at most {limits.MAX_TEXT_BYTES} characters is expected")
    return value


def from_base64(value: object, what: str) -> bytes:
    """The bytes of a text in base64; MalformedAttestation for anything else."""
    if not isinstance(value, str):
        raise MalformedAttestation(f"{what}: base64 is expected")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedAttestation(f"{what} is not base64") from None
