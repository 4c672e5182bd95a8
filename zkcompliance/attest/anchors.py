"""Rounds of beacons and time stamps in a proof file, checked with the libraries for it (zkcompliance.evidence).

In the one-file verifier, which has none of them, another module stands in the place of this one: it checks nothing, and
says so.
"""

from __future__ import annotations

from collections.abc import Sequence

from zkcompliance.errors import EvidenceRefused
from zkcompliance.evidence import beacon, timestamp
from zkcompliance.evidence.timestamp import encode_stamp as encode_stamp
from zkcompliance.policy.anchors import Check, Rounds, Stamped
from zkcompliance.policy.model import Anchors, Dater
from zkcompliance.verify.bundle import ROUND, Attachment


def checker() -> Check | None:
    """What checks them here."""
    return check


def check(anchors: Anchors, attachments: Sequence[Attachment]) -> tuple[Rounds, Sequence[Stamped]]:
    """As `policy.anchors.Check`."""
    rounds = [beacon.decode_round(each.data) for each in attachments if each.kind == ROUND]
    rounds = [each for each in rounds if each.beacon.name in anchors.beacons]
    beacon.check_rounds(rounds)
    known = {(each.number, each.digest): (each.beacon.name, each.moment) for each in rounds}
    return known, [_stamped(each.data, anchors.operators) for each in attachments if each.kind != ROUND]


def digest_of(round_: bytes) -> bytes:
    """SHA-256 of the signature of a beacon's round, by which an entry holds it. MalformedEvidence."""
    return beacon.decode_round(round_).digest


def _stamped(data: bytes, operators: Sequence[Dater]) -> Stamped:
    """EvidenceRefused, with why the last operator's was refused, where it is of none of them."""
    body, reply = timestamp.decode_stamp(data)
    refused = EvidenceRefused("a time stamp is of no operator whom the policy names")
    for operator in operators:
        trusted = [timestamp.Authority(each.root, each.policy, each.certificate) for each in operator.authorities]
        if not trusted:
            continue
        try:
            found = timestamp.check_stamp(reply, body, trusted)
            return Stamped(operator.name, body, found.moment, found.keys)
        except EvidenceRefused as error:
            refused = error
    raise refused
