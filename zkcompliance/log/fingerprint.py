"""A public key as digits that two people can read to each other: 40 of them, over 132 bits.

    fingerprint = SHA-256(vkey) as a big-endian integer, modulo 10^40, in decimal, in eight groups of five digits

Whoever has the vkey can compute it with other tools. Another key with the same digits is found by trying 2^132 keys;
keys that differ in one place have digits that differ all over.
"""

from __future__ import annotations

import hashlib

from zkcompliance.log.note import VerifierKey

GROUPS, DIGITS = 8, 5


def fingerprint(key: VerifierKey) -> str:
    """Eight groups of five digits, with spaces between."""
    return digits_of(key.text)


def digits_of(vkey: str) -> str:
    """The same of a key's text."""
    number = int.from_bytes(hashlib.sha256(vkey.encode(errors="surrogatepass")).digest(), "big") % 10 ** (
        GROUPS * DIGITS
    )
    digits = f"{number:0{GROUPS * DIGITS}}"
    return " ".join(digits[at : at + DIGITS] for at in range(0, len(digits), DIGITS))
