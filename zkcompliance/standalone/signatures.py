"""What stands for `zkcompliance.log.signatures` in the one-file verifier: the same functions, without a library.

Each scheme is imported where a signature is of it: the modules in a zip are compiled in every run.
"""

from __future__ import annotations

from zkcompliance.errors import Unsupported

__all__ = ["ed25519_verifies", "mldsa44_verifies", "mldsa65_verifies", "p256_verifies"]


def ed25519_verifies(public: bytes, signature: bytes, message: bytes) -> bool:
    """As there: Ed25519, RFC 8032."""
    from zkcompliance.standalone.ed25519 import verifies

    return verifies(public, signature, message)


def mldsa44_verifies(public: bytes, signature: bytes, message: bytes) -> bool:
    """As there: ML-DSA-44, FIPS 204."""
    from zkcompliance.standalone.mldsa44 import verifies

    return verifies(public, signature, message)


def mldsa65_verifies(public: bytes, signature: bytes, message: bytes) -> bool:
    """Unsupported: nothing that the one file checks is signed with ML-DSA-65."""
    raise Unsupported("the one-file verifier has no ML-DSA-65", help="pip install zkcompliance")


def p256_verifies(public: bytes, signature: bytes, message: bytes) -> bool:
    """As there: ECDSA P-256 over SHA-256, FIPS 186-5."""
    from zkcompliance.standalone.p256 import verifies

    return verifies(public, signature, message)
