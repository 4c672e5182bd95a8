"""Private keys of attestations: the one part that needs `cryptography` itself, and that no verifier loads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from zkcompliance.attest.keys import PublicKey
from zkcompliance.errors import KeyFileError
from zkcompliance.log import keys

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_MAKE = "openssl genpkey -algorithm ed25519 -out attest.pem && chmod 600 attest.pem"


@dataclass(frozen=True)
class SigningKey:
    """A private key; `public` is its public half."""

    public: PublicKey
    _private: EllipticCurvePrivateKey | Ed25519PrivateKey

    def __repr__(self) -> str:
        return f"SigningKey({self.public!r})"

    def sign(self, message: bytes) -> bytes:
        """64 bytes for Ed25519, DER for ECDSA."""
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.hashes import SHA256

        if isinstance(self._private, ec.EllipticCurvePrivateKey):
            return self._private.sign(message, ec.ECDSA(SHA256()))
        return self._private.sign(message)

    @classmethod
    def load(cls, path: Path) -> SigningKey:
        """The key in a PEM file (PKCS#8, not encrypted) that nobody else can read; KeyFileError otherwise."""
        data = keys.read_private(path, help=_MAKE)
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec, ed25519

        try:
            if not data.startswith(b"-----BEGIN PRIVATE KEY-----"):
                raise ValueError
            private = serialization.load_pem_private_key(data, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise KeyFileError(f"{path} is not a private key in PEM form (PKCS#8, not encrypted)", help=_MAKE) from None
        good = isinstance(private, ed25519.Ed25519PrivateKey) or (
            isinstance(private, ec.EllipticCurvePrivateKey) and isinstance(private.curve, ec.SECP256R1)
        )
        if not good or not isinstance(private, ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey):
            raise KeyFileError(f"{path} is neither an Ed25519 nor an ECDSA P-256 key", help=_MAKE)
        spki = private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return cls(PublicKey.parse(spki, str(path)), private)
