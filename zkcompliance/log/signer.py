"""Private keys, which sign notes and cosign checkpoints. Who verifies has no use for them, and no code of them.

skey = "PRIVATE+KEY+" name "+" hex(key id) "+" base64(algorithm ‖ seed)
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from zkcompliance.errors import KeyFileError
from zkcompliance.log import note, signatures
from zkcompliance.log.cosignature import ED25519 as COSIGNS
from zkcompliance.log.cosignature import ML_DSA_44, CosignerKey, signed_message
from zkcompliance.log.note import ED25519

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SEED_BYTES = 32
ALGORITHMS = {"ed25519": COSIGNS, "ml-dsa-44": ML_DSA_44}  # of cosigners
_SECRET = "PRIVATE+KEY+"  # noqa: S105 - the format's public prefix


class SignerKey:
    """A private key with its name. It signs; it never shows itself.

    `file`: where it was read from; None for one that lies in no file.
    """

    def __init__(self, name: str, seed: bytes) -> None:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        self._key: Ed25519PrivateKey = Ed25519PrivateKey.from_private_bytes(seed)
        raw = serialization.Encoding.Raw, serialization.PublicFormat.Raw
        self.verifier = note.VerifierKey(name, self._key.public_key().public_bytes(*raw))
        self.name = name
        self.file: Path | None = None

    @classmethod
    def parse(cls, text: str) -> SignerKey:
        """KeyFileError unless text is one private key text. The message never repeats the text."""
        name, identity, _, seed = parse_private(text, (ED25519,))
        key = cls(name, seed)
        if key.verifier.id.hex() != identity:
            raise KeyFileError(f"the key id of {name} does not match its key")
        return key

    @staticmethod
    def text(name: str, seed: bytes) -> str:
        """The private key text of a seed (32 bytes); keep it in a 0600 file."""
        return private_text(name, SignerKey(name, seed).verifier.id, ED25519, seed)

    def sign(self, text: str) -> str:
        """The signed note of a text that ends with a newline."""
        note.check_text(text)
        return f"{text}\n{note.Signature(self.name, self.verifier.id, self._key.sign(text.encode())).line}"


class CosignerSigner:
    """A cosigner's private key. Sign through `zkcompliance.log.cosigner`, which remembers what was signed."""

    def __init__(self, name: str, algorithm: int, seed: bytes) -> None:
        """`seed`: 32 bytes, for both algorithms. Unsupported where ML-DSA-44 is not available."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        self._key: Ed25519PrivateKey | Any
        if algorithm == COSIGNS:
            self._key = Ed25519PrivateKey.from_private_bytes(seed)
        else:
            try:
                self._key = _mldsa().MLDSA44PrivateKey.from_seed_bytes(seed)
            except _unsupported() as error:
                raise signatures.no_mldsa() from error
        self.verifier = CosignerKey(name, algorithm, self._key.public_key().public_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> CosignerSigner:
        """KeyFileError unless text is one cosigner's private key text. The message never repeats the text."""
        name, identity, algorithm, seed = parse_private(text, (COSIGNS, ML_DSA_44))
        key = cls(name, algorithm, seed)
        if key.verifier.id.hex() != identity:
            raise KeyFileError(f"the key id of {name} does not match its key")
        return key

    @staticmethod
    def text(name: str, algorithm: int, seed: bytes) -> str:
        """The private key text of a seed (32 bytes); keep it in a 0600 file."""
        return private_text(name, CosignerSigner(name, algorithm, seed).verifier.id, algorithm, seed)

    def line(self, text: str, timestamp: int) -> str:
        """The signature line, newline included, over a checkpoint's text as of `timestamp` (0 … 2^63 − 1)."""
        key = self.verifier
        data = self._key.sign(signed_message(key.algorithm, key.name, timestamp, text))
        return note.Signature(key.name, key.id, timestamp.to_bytes(8, "big") + data).line


def _mldsa() -> Any:
    try:
        from cryptography.hazmat.primitives.asymmetric import mldsa
    except ImportError as error:
        raise signatures.no_mldsa() from error
    return mldsa


def _unsupported() -> type[Exception]:
    from cryptography.exceptions import UnsupportedAlgorithm

    return UnsupportedAlgorithm


def parse_private(text: str, algorithms: Iterable[int]) -> tuple[str, str, int, bytes]:
    """(name, key id in hex, algorithm, seed) of a private key text. KeyFileError, which never repeats the text."""
    if not text.startswith(_SECRET):
        raise KeyFileError("not a private key (it begins with PRIVATE+KEY+)")
    rest = text.removeprefix(_SECRET)
    name, algorithm, seed = note.parse_key(rest, "private key", dict.fromkeys(algorithms, SEED_BYTES))
    return name, rest.split("+", 2)[1], algorithm, seed


def private_text(name: str, identity: bytes, algorithm: int, seed: bytes) -> str:
    """The inverse of `parse_private`; keep it in a 0600 file."""
    return f"{_SECRET}{name}+{identity.hex()}+{base64.b64encode(bytes([algorithm]) + seed).decode()}"
