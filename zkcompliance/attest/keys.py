"""Public keys of attestations: ECDSA P-256 with SHA-256, or Ed25519, as PEM files of any tool that makes them.

They are read by hand, since there is one form of each (RFC 5480, RFC 8410): a fixed head, then the key.
"""

from __future__ import annotations

import base64
import binascii
import re
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
}
_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END PUBLIC KEY-----\s*")
_MAX_KEY_BYTES = 4096


@dataclass(frozen=True)
class PublicKey:
    """kind: `ed25519` (raw: 32 bytes) or `ecdsa` (raw: the uncompressed point, 65 bytes)."""

    kind: str
    raw: bytes

    @property
    def pem(self) -> str:
        """SubjectPublicKeyInfo, as OpenSSL writes it."""
        text = base64.b64encode(_HEADS[self.kind][0] + self.raw).decode()
        lines = "".join(text[i : i + 64] + "\n" for i in range(0, len(text), 64))
        return f"-----BEGIN PUBLIC KEY-----\n{lines}-----END PUBLIC KEY-----\n"

    @property
    def keyid(self) -> str:
        """As securesystemslib computes it: SHA-256 of its canonical JSON, in which line ends stand as they are."""
        scheme, public = ("ed25519", self.raw.hex()) if self.kind == "ed25519" else ("ecdsa-sha2-nistp256", self.pem)
        text = f'{{"keytype":"{self.kind}","keyval":{{"public":"{public}"}},"scheme":"{scheme}"}}'
        return sha256(text.encode()).hexdigest()

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether `signature` over `message` is this key's."""
        check = signatures.ed25519_verifies if self.kind == "ed25519" else signatures.p256_verifies
        return check(self.raw, signature, message)

    @classmethod
    def parse(cls, data: bytes, what: str) -> PublicKey:
        """KeyFileError unless data is a PEM public key of one of the two kinds."""
        try:
            found = _PEM.fullmatch(unified(data).decode("ascii"))
            der = base64.b64decode(re.sub(r"\s", "", found[1]), validate=True) if found else b""
        except (UnicodeDecodeError, binascii.Error, ValueError):
            der = b""
        for kind, (head, length) in _HEADS.items():
            if der.startswith(head) and len(der) == len(head) + length:
                return cls(kind, der[len(head) :])
        secret = b"PRIVATE KEY" in data
        raise KeyFileError(
            f"{what} is a private key" if secret else f"{what} is not a public key (PEM) of Ed25519 or ECDSA P-256",
            help=f"openssl pkey -in {quoted(Path(what if secret else 'attest.pem'))} -pubout -out attest.pub.pem",
        )

    @classmethod
    def load(cls, path: Path) -> PublicKey:
        """The key in a file; KeyFileError when it cannot be read or is none."""
        try:
            with regular.open_given(path) as file:
                data = file.read(_MAX_KEY_BYTES + 1)
        except OSError as error:
            raise KeyFileError(
                f"{path}: {error.strerror}", help=command("openssl", "pkey", "-in", "KEY.pem", "-pubout", "-out", path)
            ) from error
        return cls.parse(data, str(path))
