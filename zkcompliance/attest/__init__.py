"""Attestations (docs/attestation.md): what a proof file shows, as a signed in-toto Statement beside a release.

Checking one is standard library, apart from the signature itself; `cryptography` signs.
"""
