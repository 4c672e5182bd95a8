"""Signed verdicts of others, checked as a policy's `[[recognise]]` asks: who signed, how long ago, by which policy.

In the one-file verifier, which has not every kind of signature and no time stamps, another module stands in the place
of this one: it takes no verdict over, and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from zkcompliance import limits
from zkcompliance.attest import streaks
from zkcompliance.attest.keys import EVERY, PublicKey
from zkcompliance.attest.signed import Signed
from zkcompliance.attest.streaks import StreakSummary
from zkcompliance.attest.summary import RequirementSeen, Summary
from zkcompliance.attest.withdrawn import Withdrawn, read_list
from zkcompliance.errors import EvidenceRefused, MalformedPolicy, RecognitionRefused, UsageError
from zkcompliance.evidence import timestamp
from zkcompliance.policy.model import Anchors, Policy, Recognise
from zkcompliance.policy.proofs import read
from zkcompliance.policy.recognition import Colleague, LogSeen, Seen
from zkcompliance.policy.verdict import Status
from zkcompliance.quantities import show_seconds, show_time


def colleagues(
    paths: Sequence[Path], policy: Policy, now: int, withdrawn: Sequence[Path] = ()
) -> tuple[Colleague, ...]:
    """The verdicts in these files, taken over as far as the policy recognises them. withdrawn: files of lists of what
    verifiers took back, each of one whom the policy recognises.

    UsageError for a file that cannot be read, or a policy that recognises nobody; MalformedAttestation by the form;
    SignatureRejected for a signature that the policy names and that is missing or not that key's; RecognitionRefused
    for a verdict of nobody, by another policy, too old, withdrawn, or itself taken over, and for a list of nobody or of
    the future; EvidenceRefused by its time stamps.
    """
    if paths and not policy.recognise:
        raise UsageError(f"{policy.label} recognises nobody's verdict: it has no [[recognise]]")
    lists = [_list(read(path, limits.MAX_ATTESTATION_BYTES), policy, now) for path in withdrawn]
    return tuple(_colleague(read(path, limits.MAX_ATTESTATION_BYTES), policy, now, lists) for path in paths)


def _list(data: bytes, policy: Policy, now: int) -> Withdrawn:
    """A list of what one verifier took back, signed by one of the keys that the policy names for it."""
    verifier = Withdrawn.decode(Signed.decode(data).payload).verifier
    made = read_list(data, [_key(der) for der in _rule(verifier, policy, "the list of withdrawn verdicts").keys])
    if made.made_at > now + limits.MAX_CLOCK_SECONDS:
        raise RecognitionRefused(
            f"the list of withdrawn verdicts is dated {show_time(made.made_at)}, in the future of {show_time(now)}"
        )
    return made


def _rule(verifier: str, policy: Policy, what: str) -> Recognise:
    """What the policy says of this verifier."""
    for each in policy.recognise:
        if each.verifier == verifier:
            return each
    named = ", ".join(each.verifier for each in policy.recognise)
    raise RecognitionRefused(f"{what} is of {verifier}, and {policy.label} recognises {named}")


def _colleague(data: bytes, policy: Policy, now: int, lists: Sequence[Withdrawn]) -> Colleague:
    signed = Signed.decode(data)
    said = streaks.read(signed.payload)
    verdicts, summary = (said.verdicts, said.last) if isinstance(said, StreakSummary) else ((said,), said)
    rule = _rule(summary.verifier, policy, "the verdict")
    keys = [_key(der) for der in rule.keys]
    signatures = [signed.of(key) for key in keys]
    statement = sha256(signed.payload).digest()
    theirs = [each for each in lists if each.verifier == rule.verifier]
    for each in theirs:
        if (back := each.against(statement, said)) is not None:
            which = "this verdict" if statement in each.verdicts else "a verdict on a proof file of this streak"
            raise RecognitionRefused(
                f"{rule.verifier} withdrew {which}, by its list of {show_time(each.made_at)}: {back.reason}",
                help="ask the verifier for its verdict of today, or the lab for a proof for your own policy",
            )
    if summary.policy.digest not in rule.policies:
        raise RecognitionRefused(
            f"the verdict of {rule.verifier} was come to by {summary.policy.label} with SHA-256 "
            f"{summary.policy.digest.hex()}, which {policy.label} does not name"
        )
    _check_periods(said, rule)
    if any(each.recognised for verdict in verdicts for each in verdict.requirements):
        raise RecognitionRefused(
            f"the verdict of {rule.verifier} was itself taken over from another's: recognition is one step deep",
            help="ask for the verdict of whoever verified the proof",
        )
    _check_age(said.judged_at, rule, now)
    dated = None
    if rule.since is not None and said.judged_at < rule.since:
        raise RecognitionRefused(f"{rule.verifier} is recognised from {show_time(rule.since)}, and judged before")
    if rule.until is not None:
        dated = max(_dated(each.data, each.stamp, policy.anchors) for each in signatures)
        if dated >= rule.until:
            raise RecognitionRefused(
                f"{rule.verifier} is recognised before {show_time(rule.until)}, and a signature of its "
                f"verdict is dated {show_time(dated)}"
            )
        if dated + limits.MAX_CLOCK_SECONDS < said.judged_at:
            raise RecognitionRefused("the verdict was signed before it says that it was come to")
    requirements = {each.name: _seen(each) for each in summary.requirements}
    if len(requirements) != len(summary.requirements):
        raise RecognitionRefused("the verdict has two requirements of one name")
    return Colleague(
        rule,
        statement,
        tuple(key.keyid for key in keys),
        said.judged_at,
        dated,
        summary.policy,
        summary.subject,
        summary.reference,
        summary.proved_at,
        bytes.fromhex(summary.options.get("trust", "")),
        requirements,
        len(verdicts) if isinstance(said, StreakSummary) else 0,
        max((each.made_at for each in theirs), default=None),
    )


def _check_periods(said: Summary | StreakSummary, rule: Recognise) -> None:
    """A streak where one is asked for, and nowhere else."""
    if not isinstance(said, StreakSummary):
        if rule.periods:
            raise RecognitionRefused(
                f"the verdict of {rule.verifier} is of one proof, and one of a streak is asked for, of at least "
                f"{rule.periods} periods"
            )
    elif not rule.periods:
        raise RecognitionRefused(f"the verdict of {rule.verifier} is of a streak, and one of a proof is asked for")
    elif len(said.verdicts) < rule.periods:
        raise RecognitionRefused(
            f"the streak of {rule.verifier} has {len(said.verdicts)} periods, and at least {rule.periods} are asked for"
        )


def _key(der: bytes) -> PublicKey:
    key = PublicKey.of(der, EVERY)
    if key is None:
        raise MalformedPolicy("recognise: a key is none of Ed25519, ECDSA P-256, ML-DSA-44 or ML-DSA-65")
    return key


def _check_age(judged_at: int, rule: Recognise, now: int) -> None:
    if judged_at > now + limits.MAX_CLOCK_SECONDS:
        raise RecognitionRefused(f"the verdict is dated {show_time(judged_at)}, in the future of {show_time(now)}")
    if now - judged_at > rule.max_age:
        raise RecognitionRefused(
            f"the verdict is of {show_time(judged_at)}, more than {show_seconds(rule.max_age)} before {show_time(now)}"
        )


def _dated(signature: bytes, stamp: bytes, anchors: Anchors | None) -> int:
    """When a signature was there at the latest, UTC seconds. EvidenceRefused where no authority that the policy
    believes has said so."""
    refused = EvidenceRefused(
        "the policy trusts the keys of this verdict for a time, and no authority that it believes dated the signatures",
        help="zkcompliance countersign VERDICT --url URL -o FILE  # has a signature dated",
    )
    moments = []
    for operator in anchors.operators if anchors is not None and stamp else ():
        trusted = [timestamp.Authority(each.root, each.policy, each.certificate) for each in operator.authorities]
        try:
            if trusted:
                moments.append(timestamp.check_stamp(stamp, signature, trusted).moment)
        except EvidenceRefused as error:
            refused = error
    if not moments:
        raise refused
    return min(moments)


def _seen(each: RequirementSeen) -> Seen:
    logs = tuple(LogSeen(log.slot, log.origin, log.size, log.root, log.key, log.stands_for) for log in each.logs)
    return Seen(each.claim, each.status == Status.MET.value, each.card, each.program, each.statement, each.values, logs)
