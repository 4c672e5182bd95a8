"""Verdicts that their verifier withdrew: a signed list of their statements, with reasons (docs/attestation.md).

It is an in-toto Statement whose subjects are the statements of verdicts, by SHA-256 and in ascending order of it, in a
DSSE envelope with one signature or more. There is one way to write it: decoding takes no other bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from zkcompliance import limits, strict_json
from zkcompliance.attest.dsse import members, text
from zkcompliance.attest.keys import PublicKey
from zkcompliance.attest.signed import Signed
from zkcompliance.attest.statement import STATEMENT_TYPE
from zkcompliance.attest.summary import WITHDRAWN, Summary
from zkcompliance.errors import MalformedAttestation, SignatureRejected, UsageError
from zkcompliance.quantities import check_text

if TYPE_CHECKING:
    from zkcompliance.attest.signing import SigningKey

_WHAT = "the list of withdrawn verdicts"
_MOST = 1024  # verdicts on one list
_MOST_REASON = 500  # bytes of UTF-8
_LATEST = 253_402_300_799  # the last second of the year 9999


@dataclass(frozen=True)
class Withdrawn:
    """What one verifier withdrew. verifier: its URI, as its verdicts have it; made_at: UTC seconds, as it says;
    reasons: SHA-256 of a verdict's statement → why it is withdrawn."""

    verifier: str
    made_at: int
    reasons: Mapping[bytes, str]

    def encode(self) -> bytes:
        """The statement, as canonical JSON."""
        digests = [each.hex() for each in sorted(self.reasons)]
        document = {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": "verdict", "digest": {"sha256": each}} for each in digests],
            "predicateType": WITHDRAWN,
            "predicate": {
                "verifier": {"id": self.verifier},
                "madeAt": str(self.made_at),
                "reasons": {digest.hex(): reason for digest, reason in self.reasons.items()},
            },
        }
        return strict_json.canonical(document)

    @classmethod
    def decode(cls, payload: bytes) -> Withdrawn:
        """MalformedAttestation unless payload is such a list in its one form."""
        whole = members(
            strict_json.loads(payload, _WHAT, MalformedAttestation, limit=limits.MAX_ATTESTATION_BYTES), _WHAT
        )
        if whole.get("predicateType") != WITHDRAWN:
            raise MalformedAttestation(f"{_WHAT}: predicateType is not {WITHDRAWN}")
        predicate = members(whole.get("predicate"), "predicate")
        reasons = members(predicate.get("reasons"), "reasons")
        moment = text(predicate.get("madeAt"), "madeAt")
        if not 1 <= len(reasons) <= _MOST:
            raise MalformedAttestation(f"{_WHAT} names {len(reasons)} verdicts: 1 to {_MOST} are expected")
        if not (moment.isascii() and moment.isdigit() and len(moment) <= 12 and int(moment) <= _LATEST):
            raise MalformedAttestation(f"{_WHAT}: madeAt is no time")
        found = {}
        for digest, reason in reasons.items():
            if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
                raise MalformedAttestation(f"{_WHAT}: {digest[:80]!r} is no SHA-256")
            try:
                found[bytes.fromhex(digest)] = check_text(text(reason, "a reason"), "a reason", _MOST_REASON)
            except UsageError as error:
                raise MalformedAttestation(f"{_WHAT}: {error.message}") from None
        verifier = text(members(predicate.get("verifier"), "verifier").get("id"), "verifier")
        made = cls(verifier, int(moment), found)
        if made.encode() != payload:
            raise MalformedAttestation(f"{_WHAT} is not in its canonical form (docs/attestation.md)")
        return made


def read_list(data: bytes, keys: Sequence[PublicKey]) -> Withdrawn:
    """A list that at least one of these keys signed; what else has signed it is not looked at.

    One key is enough, and a verdict needs all: whoever has lost the others can still take back what they signed.
    MalformedAttestation by the form; SignatureRejected where none of them has, or a signature under the keyid of one is
    not that key's.
    """
    signed = Signed.decode(data)
    made = Withdrawn.decode(signed.payload)
    there = [each.keyid for each in signed.signatures]
    ours = [key for key in keys if key.keyid in there]
    for key in ours:
        signed.of(key)
    if not ours:
        raise SignatureRejected(
            f"{_WHAT} of {made.verifier} is signed by no key of that verifier: the keyids are "
            f"{', '.join(key.keyid for key in keys)}"
        )
    return made


def withdraw(
    verdicts: Sequence[bytes], reason: str, keys: Sequence[SigningKey], *, now: int, earlier: bytes | None = None
) -> bytes:
    """The signed list of these verdicts, whose files are given. earlier: a list of the same verifier, signed by one of
    these keys, whose entries are taken on; now: UTC seconds.

    MalformedAttestation by the form of what is given; UsageError for verdicts of several verifiers, for one that is on
    the list or that none of these keys signed, and for a reason that is no text of 1 … 500 bytes; SignatureRejected for
    an earlier list of another's.
    """
    known = None if earlier is None else read_list(earlier, [key.public for key in keys])
    made = known
    for data in verdicts:
        of = Signed.decode(data)
        verifier, digest = Summary.decode(of.payload).verifier, sha256(of.payload).digest()
        by = [key.public for key in keys if key.public.keyid in [each.keyid for each in of.signatures]]
        if not by:
            raise UsageError(
                f"the verdict with the statement {digest.hex()} is signed by none of the keys that are given"
            )
        for public in by:
            of.of(public)
        made = made or Withdrawn(verifier, now, {})
        if verifier != made.verifier:
            raise UsageError(f"a list is of one verifier, and these verdicts are of {made.verifier} and of {verifier}")
        if digest in made.reasons:
            raise UsageError(f"the verdict with the statement {digest.hex()} is on the list already")
        if len(made.reasons) >= _MOST:
            raise UsageError(f"a list names at most {_MOST} verdicts: begin another")
        made = replace(made, reasons={**made.reasons, digest: check_text(reason, "the reason", _MOST_REASON)})
    if made is None or not verdicts:
        raise UsageError("no verdict to be withdrawn is given")
    signed = Signed(replace(made, made_at=now).encode())
    Withdrawn.decode(signed.payload)  # nothing is signed that its readers would refuse
    for key in keys:
        signed = signed.with_signature(key.public, key.sign(signed.signed))
    return signed.encode()
