"""Whether a signature is a key's: the one place where verification leaves this package's own code.

`zkcompliance.standalone.signatures` has the same functions in plain Python, for the one-file verifier, which has no
library to ask (docs/adr/0010).
"""

from __future__ import annotations

from zkcompliance.errors import Unsupported


def ed25519_verifies(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` (64 bytes) over `message` is of the Ed25519 key `public` (32 bytes). RFC 8032."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def p256_verifies(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` (DER) over `message` is of the P-256 key `public` (65 bytes: 04 ‖ x ‖ y). FIPS 186-5."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256

    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
        key.verify(signature, message, ec.ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def mldsa44_verifies(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` (2420 bytes) over `message` is of the ML-DSA-44 key `public` (1312 bytes). FIPS 204.

    The context string is empty. Unsupported where the installed `cryptography` has no ML-DSA.
    """
    return _mldsa_verifies("MLDSA44PublicKey", public, signature, message)


def mldsa65_verifies(public: bytes, signature: bytes, message: bytes) -> bool:
    """The same of ML-DSA-65: `signature` has 3309 bytes, `public` 1952."""
    return _mldsa_verifies("MLDSA65PublicKey", public, signature, message)


def _mldsa_verifies(kind: str, public: bytes, signature: bytes, message: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    try:
        from cryptography.hazmat.primitives.asymmetric import mldsa

        getattr(mldsa, kind).from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    except (ImportError, UnsupportedAlgorithm) as error:
        raise no_mldsa() from error
    return True


def no_mldsa() -> Unsupported:
    """The error where ML-DSA is not available."""
    return Unsupported("ML-DSA-44 is not in the installed `cryptography`", help="pip install --upgrade cryptography")
