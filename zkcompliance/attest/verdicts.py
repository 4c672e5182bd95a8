"""Signing verdicts, countersigning them, and having the signatures dated (docs/attestation.md, "A verdict, signed")."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from zkcompliance import limits
from zkcompliance.attest import streaks
from zkcompliance.attest.keys import EVERY, PublicKey
from zkcompliance.attest.signed import Signed
from zkcompliance.attest.summary import Summary
from zkcompliance.errors import EvidenceRefused, UsageError
from zkcompliance.evidence import timestamp
from zkcompliance.evidence.asking import ask
from zkcompliance.policy.proofs import read
from zkcompliance.policy.streak import Streak
from zkcompliance.policy.verdict import Verdict

if TYPE_CHECKING:
    from zkcompliance.attest.signing import SigningKey

_HOW = "zkcompliance verify FILE --policy POLICY --sign KEY --verifier URI -o FILE"


def sign(
    verdict: Verdict, keys: Sequence[SigningKey], verifier: str, *, simple: bool = False, sigstore: bool = False
) -> bytes:
    """A verdict as a signed Verification Summary; simple: as a Simple Verification Result; sigstore: in a bundle.

    verifier: the URI of who judges. UsageError for a verdict that decides nothing, and as `Signed.with_signature`.
    """
    summary = Summary.of(verdict, verifier)
    payload = summary.encode()
    Summary.decode(payload)  # nothing is signed that its readers would refuse
    return _signed(Signed(summary.encode_simple() if simple else payload, in_bundle=sigstore), keys)


def sign_streak(streak: Streak, keys: Sequence[SigningKey], verifier: str, *, sigstore: bool = False) -> bytes:
    """A streak as a signed Verification Summary; sigstore: in a bundle. As `sign`; UsageError unless it is accepted."""
    payload = streaks.StreakSummary.of(streak, verifier).encode()
    streaks.StreakSummary.decode(payload)
    return _signed(Signed(payload, in_bundle=sigstore), keys)


def countersign(data: bytes, keys: Sequence[SigningKey]) -> bytes:
    """The same verdict with these signatures besides. MalformedAttestation by its form; UsageError."""
    made = Signed.decode(data)
    streaks.read(made.payload)
    return _signed(made, keys)


def read_signed(path: Path) -> bytes:
    """The bytes of a signed verdict. UsageError where it cannot be read."""
    return read(path, limits.MAX_ATTESTATION_BYTES, help=_HOW)


def load_signing(path: Path) -> SigningKey:
    """A key that verdicts are signed with: of any kind that is taken. KeyFileError."""
    from zkcompliance.attest.signing import SigningKey

    return SigningKey.load(path, EVERY)


def stamp_request(data: bytes, by: PublicKey | None = None) -> bytes:
    """What is sent to a time-stamping authority (TimeStampReq, DER) for a signature: that of this key, or the only one.

    SignatureRejected where that key has not signed; UsageError where it is not said which of several is meant.
    """
    made = Signed.decode(data)
    if by is not None:
        return timestamp.request(made.of(by).data)
    if len(made.signatures) != 1:
        raise UsageError("several have signed: --signed-by says whose signature is to be dated")
    return timestamp.request(made.signatures[0].data)


def stamp_asked(data: bytes, url: str, by: PublicKey | None = None) -> bytes:
    """An authority's reply. As `asking.ask`."""
    return ask(url, stamp_request(data, by))


def with_stamp(data: bytes, reply: bytes) -> bytes:
    """The same verdict with an authority's reply beside the signature that it is over. EvidenceRefused where it is over
    none of them; whom it is of is for a policy to say."""
    made = Signed.decode(data)
    imprint = timestamp.imprint_of(reply)
    if imprint not in [hashlib.sha256(each.data).digest() for each in made.signatures]:
        raise EvidenceRefused("the time stamp is over no signature of this verdict")
    every = (
        replace(each, stamp=reply) if hashlib.sha256(each.data).digest() == imprint else each
        for each in made.signatures
    )
    return replace(made, signatures=tuple(every)).encode()


def _signed(made: Signed, keys: Sequence[SigningKey]) -> bytes:
    for key in keys:
        made = made.with_signature(key.public, key.sign(made.signed))
    return made.encode()
