"""Whether a checkpoint is taken: signed by a trusted key, cosigned by a quorum of operators, and fresh."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zkcompliance.errors import QuorumUnmet, SignatureRejected, StaleProof
from zkcompliance.limits import MAX_CLOCK_SECONDS
from zkcompliance.log import note
from zkcompliance.log.checkpoint import generation_of
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.trust import TrustPolicy
from zkcompliance.policy.model import Cosigners, LogKey
from zkcompliance.quantities import show_seconds, show_time


@dataclass(frozen=True)
class Asked:
    """What is asked of every checkpoint. now: UTC seconds; age: seconds, only with cosigners; None: not asked."""

    now: int
    cosigners: Cosigners | None = None
    age: int | None = None
    trust: TrustPolicy | None = None


@dataclass(frozen=True)
class Taken:
    """A checkpoint that is taken: the key that signed it, and who cosigned when (None: nobody was asked)."""

    key: VerifierKey
    cosigned: Mapping[str, int] | None


def take(signed: bytes, body: bytes, origin: str, keys: Sequence[LogKey], asked: Asked, *, stated: int) -> Taken:
    """SignatureRejected, QuorumUnmet or StaleProof by what is missing; MalformedNote for the note's form.

    keys: any of them may have signed, under the log's own name, when it was trusted. stated: the time that the proof
    states, UTC seconds: what dates the checkpoint where nobody is asked to cosign it.
    """
    signers = _signers(signed, body, origin, keys)
    cosigned: dict[str, int] = {}
    times, quorum = [stated], 1
    if asked.trust is not None:
        cosigned |= asked.trust.check(signed, now=asked.now + MAX_CLOCK_SECONDS).cosigned
    if asked.cosigners is not None:
        found = _cosigned(signed, asked.cosigners, asked.now)
        if asked.age is not None:
            _fresh(origin, found, asked.cosigners.quorum, asked.age, asked.now)
        cosigned |= found
        times, quorum = sorted(found.values()), asked.cosigners.quorum
    key = _in_time(signers, times[quorum - 1], times[-quorum])
    return Taken(key, cosigned if asked.trust is not None or asked.cosigners is not None else None)


def _signers(signed: bytes, body: bytes, origin: str, keys: Sequence[LogKey]) -> list[LogKey]:
    """The keys, at least one, that under the log's own name signed exactly this checkpoint.

    SignatureRejected says of which log the proof is, and of which the keys are that are trusted.
    """
    name = generation_of(origin)[0]
    named = ", ".join(sorted({each.key.name for each in keys}))
    refusal = SignatureRejected(
        f"the proof is about the log {origin}, the key that is trusted is of {named}",
        help="give the key of the log that you asked about, or ask the lab for a proof about it",
    )
    found = []
    for each in keys:
        if each.key.name != name:
            continue
        try:
            if note.verify(signed, each.key).encode() == body:
                found.append(each)
            else:
                refusal = SignatureRejected(f"the note of {origin} signs more than its checkpoint")
        except SignatureRejected as error:
            refusal = SignatureRejected(
                f"the proof is about a checkpoint of the log {origin} that the trusted key did not sign: "
                f"{error.message}",
                help="ask the lab for the log's key over another channel, and compare it with the one that you have",
            )
    if not found:
        raise refusal
    return found


def _in_time(signers: Sequence[LogKey], first: int, last: int) -> VerifierKey:
    """The first key that was trusted when it signed.

    first: when a quorum had cosigned, so that the signature was there; last: the latest moment since which a quorum
    cosigned. Fewer operators than a quorum can make neither the one earlier nor the other later.
    """
    refusals = []
    for each in signers:
        if each.until is not None and first >= each.until:
            why = f"before {show_time(each.until)}, and its checkpoint is of {show_time(first)}"
        elif each.since is not None and last < each.since:
            why = f"from {show_time(each.since)}, and its checkpoint is of {show_time(last)}"
        else:
            return each.key
        refusals.append(f"the key {each.key.text} is trusted {why}")
    raise SignatureRejected("; ".join(refusals))


def _cosigned(signed: bytes, cosigners: Cosigners, now: int) -> dict[str, int]:
    """Operator → when; an operator counts once, with the latest of its cosignatures."""
    parsed = note.parse(signed)
    found: dict[str, int] = {}
    for operator in cosigners.operators:
        times = [at for key in operator.keys if (at := key.timestamp(parsed)) is not None]
        if times and max(times) > now + MAX_CLOCK_SECONDS:
            raise SignatureRejected(f"the cosignature of {operator.name} is dated in the future")
        if times:
            found[operator.name] = max(times)
    if len(found) < cosigners.quorum:
        named = ", ".join(operator.name for operator in cosigners.operators)
        raise QuorumUnmet(f"{cosigners.quorum} of {named} are to have cosigned; have: {', '.join(found) or 'nobody'}")
    return found


def _fresh(origin: str, cosigned: Mapping[str, int], quorum: int, age: int, now: int) -> None:
    """The latest moment since which a quorum cosigned: fewer operators than a quorum cannot make it later."""
    since = sorted(cosigned.values())[-quorum]
    if now - since > age:
        raise StaleProof(
            f"log {origin}: a quorum last cosigned its checkpoint on {show_time(since)}, "
            f"more than {show_seconds(age)} before {show_time(now)}"
        )
