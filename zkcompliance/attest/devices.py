"""The evidence of devices in a proof file, checked against the root that a policy names.

It needs libraries, so that another module stands in its place in the one-file verifier, and what a policy asks of
devices stays undecided there. What does not verify is counted and said, and refuses nothing by itself: whoever has a
file can add to it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Mapping, Sequence

from zkcompliance.errors import EvidenceRefused, LimitExceeded, MalformedEvidence
from zkcompliance.evidence import beacon, nvidia, timestamp
from zkcompliance.evidence.answer import Answer
from zkcompliance.limits import MAX_BEACON_ROUNDS
from zkcompliance.policy.devices import Answered, Answers
from zkcompliance.policy.model import Anchors, Policy
from zkcompliance.policy.proofs import File
from zkcompliance.verify.bundle import DEVICE, ROUND, Attachment

_Moments = Mapping[tuple[int, bytes], int]  # of a round's number and digest


def answers(file: File, policy: Policy, now: int) -> Answers | None:
    """What the file has of devices that the policy asks for; None where it asks for none, or nobody can check them, as
    in the one-file verifier. now: when their certificates must be valid, UTC seconds."""
    return checked((each for proof in file.proofs for each in proof.outside.attachments), policy, now)


def checked(attachments: Iterable[Attachment], policy: Policy, now: int) -> Answers | None:
    """The same of attachments by themselves."""
    asked = policy.devices
    if asked is None:
        return None
    given = sorted(set(attachments))
    trust = nvidia.Trust(asked.root, asked.models or nvidia.GPU_MODELS, asked.revoked)
    pieces = [each.data for each in given if each.kind == DEVICE]
    sound: list[tuple[Answer, nvidia.Device]] = []
    refused: list[str] = []
    for piece in pieces:
        try:
            answer = Answer.decode(piece)
            sound.append((answer, nvidia.check(answer.evidence, answer.asked.nonce, trust, now)))
        except (EvidenceRefused, MalformedEvidence) as error:
            refused.append(error.message)
    moments: _Moments = {}
    if asked.within is not None and policy.anchors is not None:
        named = {(answer.asked.round, answer.asked.beacon) for answer, _ in sound}
        moments = _rounds(given, policy.anchors.beacons, named)
    verified: list[Answered] = []
    for answer, device in sound:
        since = moments.get((answer.asked.round, answer.asked.beacon))
        until = _stamped(answer, policy.anchors) if since is not None else None
        verified.append(Answered(answer.asked.body, device.key, device.model, since, until))
    return Answers(len(pieces), tuple(verified), tuple(refused))


def beacon_of(piece: bytes) -> bytes:
    """The digest of the round that an answer's nonce is over; zeros where it is over none. MalformedEvidence."""
    return Answer.decode(piece).asked.beacon


def _rounds(
    attachments: Sequence[Attachment], beacons: Sequence[str], named: Collection[tuple[int, bytes]]
) -> _Moments:
    """When each round of these beacons became known over which a device answered, UTC seconds.

    named: number and digest of these; others are not looked at, and they are checked many at once, since each by itself
    takes a second. Where one is false, none of those that it is checked with counts: no honest device was given it.
    """
    found: list[beacon.Round] = []
    for each in attachments:
        if each.kind != ROUND:
            continue
        with contextlib.suppress(MalformedEvidence):
            one = beacon.decode_round(each.data)
            if one.beacon.name in beacons and (one.number, one.digest) in named:
                found.append(one)
    moments: dict[tuple[int, bytes], int] = {}
    for at in range(0, len(found), MAX_BEACON_ROUNDS):
        together = found[at : at + MAX_BEACON_ROUNDS]
        with contextlib.suppress(EvidenceRefused):
            beacon.check_rounds(together)
            moments |= {(one.number, one.digest): one.moment for one in together}
    return moments


def _stamped(answer: Answer, anchors: Anchors | None) -> int | None:
    """When the evidence was there at the latest, by the earliest of the operators whom the policy believes."""
    moments = []
    for operator in anchors.operators if anchors is not None and answer.stamp else ():
        trusted = [timestamp.Authority(each.root, each.policy, each.certificate) for each in operator.authorities]
        try:
            if trusted:
                moments.append(timestamp.check_stamp(answer.stamp, answer.evidence.data, trusted).moment)
        except (EvidenceRefused, MalformedEvidence, LimitExceeded):
            continue
    return min(moments, default=None)
