"""Signatures under keys that the caller pins: what tokens, bundles and digests of others are checked by.

A key's kind decides what is taken of it: the name of an algorithm in what is signed is only held against that, so that
`none`, or a public key taken as the secret of an HMAC, is never come to. RSA keys have 2,048 to 8,192 bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zkcompliance.errors import EvidenceRefused, MalformedEvidence

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    Key = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey

_CURVES = {"ES256": ("secp256r1", 32), "ES384": ("secp384r1", 48), "ES512": ("secp521r1", 66)}
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", *_CURVES, "EdDSA")
_LEAST_BITS, _MOST_BITS = 2048, 8192


def public_key(data: bytes, what: str) -> Key:
    """A key in PEM or DER (SubjectPublicKeyInfo, or PKCS #1 of RSA). MalformedEvidence for none of a kind taken."""
    from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key

    try:
        return checked(load_pem_public_key(data) if data.lstrip().startswith(b"-----") else load_der_public_key(data))
    except EvidenceRefused as error:
        raise MalformedEvidence(f"{what}: {error.message}") from None
    except Exception:  # the library has no one error for it
        raise MalformedEvidence(f"{what} is no public key") from None


def checked(key: object) -> Key:
    """The key, of a kind that is taken. EvidenceRefused otherwise."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if isinstance(key, rsa.RSAPublicKey):
        if not _LEAST_BITS <= key.key_size <= _MOST_BITS or key.public_numbers().e < 3:
            raise EvidenceRefused(f"a key of RSA has {key.key_size} bits: {_LEAST_BITS} to {_MOST_BITS} are taken")
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in {name for name, _ in _CURVES.values()}:
        return key
    if isinstance(key, ed25519.Ed25519PublicKey):
        return key
    raise EvidenceRefused("a key is of another kind than RSA, P-256, P-384, P-521 and Ed25519")


def check_named(key: Key, algorithm: object, signature: bytes, signed: bytes) -> None:
    """EvidenceRefused unless the key signed, as an algorithm of RFC 7518 or 8037 that is this kind of key's."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    if algorithm not in ALGORITHMS or not isinstance(algorithm, str):
        raise EvidenceRefused(f"the algorithm {algorithm!r:.40} is not taken: there is {', '.join(ALGORITHMS)}")
    hashed = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
    try:
        if isinstance(key, rsa.RSAPublicKey) and algorithm[:2] in ("RS", "PS"):
            chosen = hashed[algorithm[2:]]
            pss = padding.PSS(padding.MGF1(chosen), chosen.digest_size)
            key.verify(signature, signed, pss if algorithm[0] == "P" else padding.PKCS1v15(), chosen)
        elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm in _CURVES:
            curve, size = _CURVES[algorithm]
            if key.curve.name != curve or len(signature) != 2 * size:
                raise EvidenceRefused(f"the algorithm {algorithm} is not that of the key, or of the signature")
            r, s = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
            key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(hashed[algorithm[2:]]))
        elif isinstance(key, ed25519.Ed25519PublicKey) and algorithm == "EdDSA":
            key.verify(signature, signed)
        else:
            raise EvidenceRefused(f"the algorithm {algorithm} is not one of the key's kind")
    except InvalidSignature:
        raise EvidenceRefused("it is not signed by the key that is trusted") from None


def check_plain(key: Key, signature: bytes, signed: bytes) -> None:
    """EvidenceRefused unless the key signed, as its kind does: ECDSA (DER) with the hash of its curve, Ed25519, or
    PKCS #1 v1.5 with SHA-256."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

    by_curve = {"secp256r1": hashes.SHA256(), "secp384r1": hashes.SHA384(), "secp521r1": hashes.SHA512()}
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, ec.ECDSA(by_curve[key.curve.name]))
        else:
            key.verify(signature, signed)
    except InvalidSignature:
        raise EvidenceRefused("it is not signed by the key that is trusted") from None
