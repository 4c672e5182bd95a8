"""Public keys of attestations: ECDSA P-256 with SHA-256, or Ed25519, as PEM files of any tool that makes them; of
verdicts also ML-DSA-44 and ML-DSA-65.

They are read by hand, since there is one form of each (RFC 5480, RFC 8410, RFC 9881): a fixed head, then the key.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from zkcompliance.edge import regular
from zkcompliance.edge.line_ends import unified
from zkcompliance.edge.shown import command, quoted
from zkcompliance.errors import KeyFileError
from zkcompliance.log import signatures

_HEADS = {
    "ed25519": (bytes.fromhex("302a300506032b6570032100"), 32),
    "ecdsa": (bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200"), 65),  # 04 ‖ x ‖ y
    "mldsa44": (bytes.fromhex("30820532300b06096086480165030403110382052100"), 1312),
    "mldsa65": (bytes.fromhex("308207b2300b0609608648016503040312038207a100"), 1952),
}
CLASSIC = ("ed25519", "ecdsa")  # of which attestations of proof files are
EVERY = tuple(_HEADS)
_NAMES = {"ed25519": "Ed25519", "ecdsa": "ECDSA P-256", "mldsa44": "ML-DSA-44", "mldsa65": "ML-DSA-65"}
_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END PUBLIC KEY-----\s*")
_MAX_KEY_BYTES = 4096


def named(kinds: Sequence[str]) -> str:
    """For people."""
    *others, last = [_NAMES[kind] for kind in kinds]
    return f"{', '.join(others)} or {last}" if others else last


@dataclass(frozen=True)
class PublicKey:
    """kind: `ed25519` (raw: 32 bytes), `ecdsa` (raw: the uncompressed point, 65 bytes), `mldsa44` or `mldsa65` (raw:
    1312 or 1952 bytes)."""

    kind: str
    raw: bytes

    @property
    def spki(self) -> bytes:
        """SubjectPublicKeyInfo (DER)."""
        return _HEADS[self.kind][0] + self.raw

    @property
    def pem(self) -> str:
        """SubjectPublicKeyInfo, as OpenSSL writes it."""
        text = base64.b64encode(self.spki).decode()
        lines = "".join(text[i : i + 64] + "\n" for i in range(0, len(text), 64))
        return f"-----BEGIN PUBLIC KEY-----\n{lines}-----END PUBLIC KEY-----\n"

    @property
    def keyid(self) -> str:
        """As securesystemslib computes it: SHA-256 of its canonical JSON, in which line ends stand as they are; of
        ML-DSA, which it does not have, SHA-256 of the SubjectPublicKeyInfo."""
        if self.kind not in CLASSIC:
            return sha256(self.spki).hexdigest()
        scheme, public = ("ed25519", self.raw.hex()) if self.kind == "ed25519" else ("ecdsa-sha2-nistp256", self.pem)
        text = f'{{"keytype":"{self.kind}","keyval":{{"public":"{public}"}},"scheme":"{scheme}"}}'
        return sha256(text.encode()).hexdigest()

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether `signature` over `message` is this key's."""
        check = {
            "ed25519": signatures.ed25519_verifies,
            "ecdsa": signatures.p256_verifies,
            "mldsa44": signatures.mldsa44_verifies,
            "mldsa65": signatures.mldsa65_verifies,
        }[self.kind]
        return check(self.raw, signature, message)

    @classmethod
    def of(cls, der: bytes, kinds: Sequence[str] = CLASSIC) -> PublicKey | None:
        """From a SubjectPublicKeyInfo (DER) of one of these kinds; None for anything else."""
        for kind in kinds:
            head, length = _HEADS[kind]
            if der.startswith(head) and len(der) == len(head) + length:
                return cls(kind, der[len(head) :])
        return None

    @classmethod
    def parse(cls, data: bytes, what: str, kinds: Sequence[str] = CLASSIC) -> PublicKey:
        """KeyFileError unless data is a PEM public key of one of these kinds."""
        try:
            found = _PEM.fullmatch(unified(data).decode("ascii"))
            der = base64.b64decode(re.sub(r"\s", "", found[1]), validate=True) if found else b""
        except (UnicodeDecodeError, binascii.Error, ValueError):
            der = b""
        if (made := cls.of(der, kinds)) is not None:
            return made
        secret = b"PRIVATE KEY" in data
        raise KeyFileError(
            f"{what} is a private key" if secret else f"{what} is not a public key (PEM) of {named(kinds)}",
            help=f"openssl pkey -in {quoted(Path(what if secret else 'attest.pem'))} -pubout -out attest.pub.pem",
        )

    @classmethod
    def load(cls, path: Path, kinds: Sequence[str] = CLASSIC) -> PublicKey:
        """The key in a file; KeyFileError when it cannot be read or is none."""
        try:
            with regular.open_given(path) as file:
                data = file.read(_MAX_KEY_BYTES + 1)
        except OSError as error:
            raise KeyFileError(
                f"{path}: {error.strerror}", help=command("openssl", "pkey", "-in", "KEY.pem", "-pubout", "-out", path)
            ) from error
        return cls.parse(data, str(path), kinds)
