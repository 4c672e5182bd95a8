"""DSSE envelopes with several signatures over one statement: verdicts, which authorities countersign.

Two files, as of attestations: the envelope by itself, and, of one signature, a sigstore bundle around it. Both are
canonical JSON and a line end, and decoding takes no other bytes. Signatures stand in ascending order of their keyids,
one of each. A signature may have a time stamp (RFC 3161) over its bytes, under a name of ours that others pass over.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace

from zkcompliance import limits, strict_json
from zkcompliance.attest.dsse import PAYLOAD_TYPE, bundled, from_base64, members, pae, text
from zkcompliance.attest.keys import PublicKey
from zkcompliance.errors import MalformedAttestation, SignatureRejected, UsageError

_MOST = 16  # signatures
_MAX_SIGNATURE_BYTES = 3309  # of ML-DSA-65
STAMP = "zkcomplianceTimeStamp"
_WHAT = "the signed verdict"


@dataclass(frozen=True)
class Signature:
    """keyid: of the key that is said to have signed, a hint; stamp: a time stamp's reply (DER), or empty."""

    keyid: str
    data: bytes
    stamp: bytes = b""


@dataclass(frozen=True)
class Signed:
    """A statement, and who signed it."""

    payload: bytes
    signatures: tuple[Signature, ...] = ()
    in_bundle: bool = False

    @property
    def signed(self) -> bytes:
        """What each signature is over."""
        return pae(PAYLOAD_TYPE, self.payload)

    def with_signature(self, key: PublicKey, data: bytes) -> Signed:
        """With one signature more. UsageError where the key has signed already, or there are too many, or a bundle
        would hold two."""
        if any(each.keyid == key.keyid for each in self.signatures):
            raise UsageError("this key has signed the verdict already")
        if len(self.signatures) >= (1 if self.in_bundle else _MOST):
            most = "a sigstore bundle holds one signature: give -o a name without .sigstore.json"
            raise UsageError(most if self.in_bundle else f"a verdict has at most {_MOST} signatures")
        every = (*self.signatures, Signature(key.keyid, data))
        return replace(self, signatures=tuple(sorted(every, key=lambda each: each.keyid)))

    def of(self, key: PublicKey) -> Signature:
        """The signature of this key. SignatureRejected where there is none, or it does not verify."""
        for each in self.signatures:
            if each.keyid == key.keyid:
                if not key.verifies(each.data, self.signed):
                    raise SignatureRejected(f"the signature under the keyid {each.keyid} is not that key's")
                return each
        names = ", ".join(each.keyid for each in self.signatures) or "none"
        raise SignatureRejected(f"the verdict is not signed by the key {key.keyid}; it names these keys: {names}")

    def encode(self) -> bytes:
        """The file."""
        signatures = [
            {"keyid": each.keyid, "sig": base64.b64encode(each.data).decode()}
            | ({STAMP: base64.b64encode(each.stamp).decode()} if each.stamp else {})
            for each in self.signatures
        ]
        envelope: dict[str, object] = {
            "payload": base64.b64encode(self.payload).decode(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": signatures,
        }
        whole = bundled(envelope, self.signatures[0].keyid) if self.in_bundle else envelope
        return strict_json.canonical(whole) + b"\n"

    @classmethod
    def decode(cls, data: bytes) -> Signed:
        """MalformedAttestation unless data is such a file in its one form."""
        whole = members(strict_json.loads(data, _WHAT, MalformedAttestation, limit=limits.MAX_ATTESTATION_BYTES), _WHAT)
        in_bundle = "mediaType" in whole
        envelope = members(whole.get("dsseEnvelope"), "dsseEnvelope") if in_bundle else whole
        given = envelope.get("signatures")
        if not isinstance(given, list) or not 1 <= len(given) <= (1 if in_bundle else _MOST):
            raise MalformedAttestation(f"signatures: 1 to {_MOST} are expected, and one in a sigstore bundle")
        if envelope.get("payloadType") != PAYLOAD_TYPE:
            raise MalformedAttestation(f"payloadType: {PAYLOAD_TYPE} is expected")
        signatures = []
        for each in given:
            found = members(each, "signatures")
            stamp = from_base64(found[STAMP], STAMP) if STAMP in found else b""
            made = Signature(text(found.get("keyid"), "keyid"), from_base64(found.get("sig"), "sig"), stamp)
            if len(made.data) > _MAX_SIGNATURE_BYTES:
                raise MalformedAttestation(f"sig: {len(made.data)} bytes, over {_MAX_SIGNATURE_BYTES}")
            signatures.append(made)
        keyids = [each.keyid for each in signatures]
        if keyids != sorted(set(keyids)):
            raise MalformedAttestation("signatures: they are not in ascending order of their keyids, one of each")
        found_all = cls(from_base64(envelope.get("payload"), "payload"), tuple(signatures), in_bundle)
        if found_all.encode() != data:
            raise MalformedAttestation(f"{_WHAT} is not in its canonical form (docs/attestation.md)")
        return found_all
