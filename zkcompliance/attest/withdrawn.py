"""Verdicts that their verifier withdrew: a signed list of their statements, with reasons (docs/attestation.md).

It is an in-toto Statement whose subjects are the statements of verdicts, by SHA-256 and in ascending order of it, in a
DSSE envelope with one signature or more. Of each it has the proof files that the verdict was come to by, since a streak
says again what was said of each. There is one way to write it: decoding takes no other bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from zkcompliance import limits, strict_json
from zkcompliance.attest import streaks
from zkcompliance.attest.dsse import members, text
from zkcompliance.attest.keys import PublicKey
from zkcompliance.attest.signed import Signed
from zkcompliance.attest.statement import STATEMENT_TYPE
from zkcompliance.attest.streaks import StreakSummary
from zkcompliance.attest.summary import LATEST, WITHDRAWN, predicate_of
from zkcompliance.errors import MalformedAttestation, SignatureRejected, UsageError
from zkcompliance.quantities import check_text

if TYPE_CHECKING:
    from zkcompliance.attest.signing import SigningKey
    from zkcompliance.attest.summary import Summary

_WHAT = "the list of withdrawn verdicts"
_MOST = 1024  # verdicts on one list
_MOST_REASON = 500  # bytes of UTF-8


@dataclass(frozen=True)
class TakenBack:
    """reason: why, a text of 1 … 500 bytes; at: UTC seconds when it was withdrawn, as the verifier says; files: SHA-256
    of each proof file that the verdict was come to by, in its order."""

    reason: str
    at: int
    files: tuple[bytes, ...]


@dataclass(frozen=True)
class Withdrawn:
    """What one verifier withdrew. verifier: its URI, as its verdicts have it; made_at: UTC seconds, as it says;
    verdicts: by the SHA-256 of their statements."""

    verifier: str
    made_at: int
    verdicts: Mapping[bytes, TakenBack]

    def against(self, statement: bytes, said: Summary | StreakSummary) -> TakenBack | None:
        """What was withdrawn of a verdict with this statement: itself, or, of a streak that was judged by then, a
        verdict on one of its proof files."""
        if statement in self.verdicts or not isinstance(said, StreakSummary):
            return self.verdicts.get(statement)
        files = {each.file for each in said.verdicts}
        rests = (
            each for each in self.verdicts.values() if said.judged_at <= each.at and not files.isdisjoint(each.files)
        )
        return next(rests, None)

    def encode(self) -> bytes:
        """The statement, as canonical JSON."""
        digests = [each.hex() for each in sorted(self.verdicts)]
        document = {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": "verdict", "digest": {"sha256": each}} for each in digests],
            "predicateType": WITHDRAWN,
            "predicate": {
                "verifier": {"id": self.verifier},
                "madeAt": str(self.made_at),
                "verdicts": {
                    digest.hex(): {
                        "reason": each.reason,
                        "withdrawnAt": str(each.at),
                        "files": [file.hex() for file in each.files],
                    }
                    for digest, each in self.verdicts.items()
                },
            },
        }
        return strict_json.canonical(document)

    @classmethod
    def decode(cls, payload: bytes) -> Withdrawn:
        """MalformedAttestation unless payload is such a list in its one form."""
        predicate = predicate_of(payload, WITHDRAWN, _WHAT)
        verdicts = members(predicate.get("verdicts"), "verdicts")
        if not 1 <= len(verdicts) <= _MOST:
            raise MalformedAttestation(f"{_WHAT} names {len(verdicts)} verdicts: 1 to {_MOST} are expected")
        found = {_digest(digest): _taken_back(members(each, "verdicts")) for digest, each in verdicts.items()}
        verifier = text(members(predicate.get("verifier"), "verifier").get("id"), "verifier")
        made = cls(verifier, _moment(predicate, "madeAt"), found)
        if made.encode() != payload:
            raise MalformedAttestation(f"{_WHAT} is not in its canonical form (docs/attestation.md)")
        return made


def _taken_back(given: dict[str, object]) -> TakenBack:
    files = given.get("files")
    if not isinstance(files, list) or not 1 <= len(files) <= limits.MAX_STREAK_FILES:
        raise MalformedAttestation(f"{_WHAT}: files: 1 to {limits.MAX_STREAK_FILES} are expected")
    try:
        reason = check_text(text(given.get("reason"), "a reason"), "a reason", _MOST_REASON)
    except UsageError as error:
        raise MalformedAttestation(f"{_WHAT}: {error.message}") from None
    return TakenBack(reason, _moment(given, "withdrawnAt"), tuple(_digest(text(each, "files")) for each in files))


def _moment(given: dict[str, object], name: str) -> int:
    moment = text(given.get(name), name)
    if not (moment.isascii() and moment.isdigit() and len(moment) <= 12 and int(moment) <= LATEST):
        raise MalformedAttestation(f"{_WHAT}: {name} is no time")
    return int(moment)


def _digest(digest: str) -> bytes:
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise MalformedAttestation(f"{_WHAT}: {digest[:80]!r} is no SHA-256")
    return bytes.fromhex(digest)


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
    """The signed list of these verdicts, of a proof or of a streak each, whose files are given. earlier: a list of the
    same verifier, signed by one of these keys, whose entries are taken on; now: UTC seconds.

    MalformedAttestation by the form of what is given; UsageError for verdicts of several verifiers, for one that is on
    the list or that none of these keys signed, and for a reason that is no text of 1 … 500 bytes; SignatureRejected for
    an earlier list of another's.
    """
    known = None if earlier is None else read_list(earlier, [key.public for key in keys])
    made = known
    for data in verdicts:
        of = Signed.decode(data)
        said, digest = streaks.read(of.payload), sha256(of.payload).digest()
        each = said.verdicts if isinstance(said, StreakSummary) else (said,)
        verifier, files = each[0].verifier, tuple(one.file for one in each)
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
        if digest in made.verdicts:
            raise UsageError(f"the verdict with the statement {digest.hex()} is on the list already")
        if len(made.verdicts) >= _MOST:
            raise UsageError(f"a list names at most {_MOST} verdicts: begin another")
        back = TakenBack(check_text(reason, "the reason", _MOST_REASON), now, files)
        made = replace(made, verdicts={**made.verdicts, digest: back})
    if made is None or not verdicts:
        raise UsageError("no verdict to be withdrawn is given")
    signed = Signed(replace(made, made_at=now).encode())
    Withdrawn.decode(signed.payload)  # nothing is signed that its readers would refuse
    for key in keys:
        signed = signed.with_signature(key.public, key.sign(signed.signed))
    return signed.encode()
