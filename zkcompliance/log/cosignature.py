"""Cosignatures of checkpoints: what other parties sign of a log (https://c2sp.org/tlog-cosignature).

A cosigner's line in a note carries u64 timestamp (big-endian, POSIX seconds ≤ 2^63 − 1) ‖ signature. What is signed:

    Ed25519 (cosignature/v1), algorithm 0x04: "cosignature/v1\\n" "time " timestamp "\\n" ‖ the note's text
    ML-DSA-44 (subtree/v1),   algorithm 0x06: "subtree/v1\\n\\0" ‖ u8 length ‖ cosigner's name ‖ u64 timestamp
                                              ‖ u8 length ‖ origin ‖ u64 0 ‖ u64 size ‖ root

    key id = SHA-256(name ‖ 0x0A ‖ algorithm ‖ public key)[:4]

Keys are written like a log's own: `name+id+base64(algorithm ‖ key)`. ML-DSA needs a `cryptography` that has it;
otherwise Unsupported is raised when such a key is used, never when it is only read.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from zkcompliance.errors import KeyFileError, SignatureRejected
from zkcompliance.log import note, signatures
from zkcompliance.log.checkpoint import Checkpoint

ED25519, ML_DSA_44 = 4, 6
MAX_TIMESTAMP = 2**63 - 1
_PUBLIC_BYTES = {ED25519: 32, ML_DSA_44: 1312}
_SIGNATURE_BYTES = {ED25519: 64, ML_DSA_44: 2420}


def signed_message(algorithm: int, name: str, timestamp: int, text: str) -> bytes:
    """The bytes that a cosigner signs of a checkpoint with this text. MalformedNote when it is not one."""
    checkpoint = Checkpoint.parse(text)
    if algorithm == ED25519:
        return f"cosignature/v1\ntime {timestamp}\n{text}".encode()
    parts = [b"subtree/v1\n\0", _short(name), timestamp.to_bytes(8, "big"), _short(checkpoint.origin)]
    return b"".join([*parts, bytes(8), checkpoint.size.to_bytes(8, "big"), checkpoint.root])


def _short(text: str) -> bytes:
    data = text.encode()
    return bytes([len(data)]) + data


@dataclass(frozen=True)
class CosignerKey:
    """A cosigner's public key with its name. `algorithm`: ED25519 or ML_DSA_44."""

    name: str
    algorithm: int
    public: bytes

    @property
    def id(self) -> bytes:
        """4 bytes."""
        return note.key_id(self.name, self.public, self.algorithm)

    @property
    def text(self) -> str:
        """The vkey text, without a newline."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([self.algorithm]) + self.public).decode()}"

    @classmethod
    def parse(cls, text: str) -> CosignerKey:
        """KeyFileError unless text is one canonical vkey of a cosigner."""
        key = cls(*note.parse_key(text, "cosigner key", _PUBLIC_BYTES))
        if key.text != text:
            raise KeyFileError(f"the key id of {key.name} does not match its key")
        return key

    def timestamp(self, signed: note.Note) -> int | None:
        """When this cosigner signed the note (POSIX seconds); None when it did not, the latest when it did twice.

        SignatureRejected as `timestamps`.
        """
        return max(self.timestamps(signed), default=None)

    def timestamps(self, signed: note.Note) -> list[int]:
        """Every moment at which this cosigner signed the note (POSIX seconds; 0 where it says none).

        SignatureRejected when a line of this key does not verify: a key that is trusted signs well or not at all.
        """
        mine = [line for line in signed.signatures if (line.name, line.id) == (self.name, self.id)]
        return [self._check(signed.text, line.data) for line in mine]

    def _check(self, text: str, data: bytes) -> int:
        at = int.from_bytes(data[:8], "big")
        if len(data) != 8 + _SIGNATURE_BYTES[self.algorithm] or at > MAX_TIMESTAMP:
            raise SignatureRejected(f"the cosignature of {self.name} has a malformed time or length")
        if not self._verifies(signed_message(self.algorithm, self.name, at, text), data[8:]):
            raise SignatureRejected(f"the cosignature of {self.name} does not match the checkpoint")
        return at

    def _verifies(self, message: bytes, signature: bytes) -> bool:
        verifies = signatures.ed25519_verifies if self.algorithm == ED25519 else signatures.mldsa44_verifies
        return verifies(self.public, signature, message)
