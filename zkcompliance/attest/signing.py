"""Private keys of attestations: the one part that needs `cryptography` itself, and that no verifier loads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from zkcompliance.attest.keys import CLASSIC, PublicKey, named
from zkcompliance.errors import KeyFileError
from zkcompliance.log import keys

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA65PrivateKey

_MAKE = "openssl genpkey -algorithm ed25519 -out attest.pem && chmod 600 attest.pem"


@dataclass(frozen=True)
class SigningKey:
    """A private key; `public` is its public half."""

    public: PublicKey
    _private: EllipticCurvePrivateKey | Ed25519PrivateKey | MLDSA44PrivateKey | MLDSA65PrivateKey

    def __repr__(self) -> str:
        return f"SigningKey({self.public!r})"

    def sign(self, message: bytes) -> bytes:
        """64 bytes for Ed25519, DER for ECDSA, 2420 or 3309 bytes for ML-DSA-44 or ML-DSA-65 (FIPS 204, no context)."""
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.hashes import SHA256

        if isinstance(self._private, ec.EllipticCurvePrivateKey):
            return self._private.sign(message, ec.ECDSA(SHA256()))
        return self._private.sign(message)

    @classmethod
    def load(cls, path: Path, kinds: Sequence[str] = CLASSIC) -> SigningKey:
        """The key in a PEM file (PKCS#8, not encrypted) that nobody else can read; KeyFileError otherwise."""
        data = keys.read_private(path, help=_MAKE)
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives import serialization

        try:
            if not data.startswith(b"-----BEGIN PRIVATE KEY-----"):
                raise ValueError
            private = serialization.load_pem_private_key(data, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise KeyFileError(f"{path} is not a private key in PEM form (PKCS#8, not encrypted)", help=_MAKE) from None
        public: Any = getattr(private, "public_key", None)
        try:
            spki = public().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            made = PublicKey.parse(spki, str(path), kinds)
        except (TypeError, ValueError, KeyFileError):
            raise KeyFileError(f"{path} is not a private key of {named(kinds)}", help=_MAKE) from None
        return cls(made, cast(Any, private))
