"""What others signed of these logs that counts for a policy: the brackets that it gives, and what a proof brings of it.

Of all that is kept in a log folder only that is taken which a bracket rests on, each thing checked as whoever judges
will check it: what the policy believes nobody of stays at home.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from zkcompliance.attest.anchors import check, digest_of, encode_stamp
from zkcompliance.attest.devices import beacon_of
from zkcompliance.errors import EvidenceRefused, MalformedError, VerificationError
from zkcompliance.log import anchors as kept
from zkcompliance.log import answers
from zkcompliance.log.layout import Layout, Settings
from zkcompliance.log.store import SealedLog
from zkcompliance.policy.anchors import Dated, Log, anchored, cosigned, of_history, one_each, without_others
from zkcompliance.policy.model import Anchors, Policy
from zkcompliance.prove.api import NOTHING, Anchored
from zkcompliance.verify.bundle import DEVICE, EARLIER, ROUND, STAMP, Attachment

_TAKEN = tuple[Dated, Attachment | None]  # what dates a checkpoint, and what is brought for it (None: its own note)


@dataclass(frozen=True)
class Gathered:
    """Of each log, by origin, what is backed of it alone."""

    logs: Mapping[str, Anchored]

    def of(self, origins: Iterable[str]) -> Anchored:
        """Of a proof over these logs."""
        found = [(origin, self.logs[origin]) for origin in sorted(set(origins)) if origin in self.logs]
        brackets = {origin: bracket for _, each in found for origin, bracket in each.brackets.items()}
        attachments = sorted({part for _, each in found for part in each.attachments})
        return Anchored(brackets, tuple(attachments)) if brackets or attachments else NOTHING


def gather(policy: Policy, logs: Mapping[str, Sequence[SealedLog]]) -> Gathered:
    """What counts for a policy of what is kept in the folders of these logs, by its names for them. LogError where one
    cannot be read."""
    found: dict[str, Anchored] = {}
    for name, several in logs.items():
        for log in several:
            if not log.segments:
                continue
            of = NOTHING if policy.anchors is None else _of(policy.anchors, log)
            more = _answers(log) if policy.devices is not None and name in policy.devices.logs else []
            found[log.origin] = Anchored(of.brackets, tuple(sorted({*of.attachments, *more})))
    return Gathered(found)


def _answers(log: SealedLog) -> list[Attachment]:
    """What devices answered for a log's checkpoint, with the rounds of beacons that their nonces are over."""
    layout = Layout(log.path)
    found = [Attachment(DEVICE, data) for data in answers.of_checkpoint(layout, log.checkpoint_body.encode())]
    rounds = kept.load(layout).rounds
    over = {beacon_of(each.data) for each in found}
    return [*found, *(Attachment(ROUND, rounds[digest]) for digest in sorted(over & set(rounds)))]


def _of(anchors: Anchors, log: SealedLog) -> Anchored:
    there = kept.load(Layout(log.path))
    signed = log.checkpoint_note.encode()
    entries = [segment.entry for segment in log.segments]
    this = {log.origin: Log(log.origin, signed, entries)}
    held = {Attachment(ROUND, there.rounds[entry.beacon]) for entry in entries if entry.beacon in there.rounds}
    chosen = _good(anchors, sorted(held))
    found: list[_TAKEN] = [(each, None) for each in _dated_by(signed, anchors, this)]
    for size, data in there.notes.items():
        if size < log.checkpoint.size:
            dated = _dated_by(data, anchors, this)
            found += [(each, Attachment(EARLIER, without_others(data, anchors))) for each in dated]
    for _, reply in there.stamps:
        found += _stamped(reply, there, log, anchors, this)
    counting = one_each(anchors, [dated for dated, _ in found])
    chosen |= _needed([each for each in found if each[0] in counting], len(entries), anchors.quorum)
    attachments = sorted(chosen)
    backed = anchored(anchors, attachments, list(this.values()), check)
    return Anchored({log.origin: backed[log.origin].brackets}, tuple(attachments))


def _good(anchors: Anchors, rounds: Sequence[Attachment]) -> set[Attachment]:
    """Those that are genuine rounds of beacons that the policy believes: by halves where not all are genuine."""
    try:
        known, _ = check(anchors, rounds)
    except (EvidenceRefused, MalformedError):
        if len(rounds) == 1:
            return set()
        half = len(rounds) // 2
        return _good(anchors, rounds[:half]) | _good(anchors, rounds[half:])
    digests = {digest for _, digest in known}
    return {each for each in rounds if digest_of(each.data) in digests}


def _dated_by(signed: bytes, anchors: Anchors, logs: Mapping[str, Log]) -> list[Dated]:
    """By the cosignatures of a note; nothing where it is of another history, or a cosignature is none."""
    try:
        return cosigned(signed, anchors, logs, needed=False)
    except (VerificationError, MalformedError):
        return []


def _stamped(reply: bytes, there: kept.Kept, log: SealedLog, anchors: Anchors, logs: Mapping[str, Log]) -> list[_TAKEN]:
    """By a time stamp that is good under the policy; nothing by any other."""
    sizes = [size for size, each in there.stamps if each == reply]
    found: list[_TAKEN] = []
    for size in sizes[:1]:
        body = _body(log, size)
        if body is None:
            continue
        attachment = Attachment(STAMP, encode_stamp(body.encode(), reply))
        try:
            _, stamped = check(anchors, [attachment])
            found += [
                (Dated(each.operator, of_history(body, logs), each.moment, each.keys), attachment) for each in stamped
            ]
        except (EvidenceRefused, MalformedError):
            continue
    return found


def _body(log: SealedLog, size: int) -> str | None:
    """The body of the checkpoint of the first `size` segments."""
    if not 1 <= size <= log.checkpoint.size:
        return None
    entries = [segment.entry.encode() for segment in log.segments[:size]]
    return Settings.load(Layout(log.path)).checkpoint(entries).body


def _needed(found: Sequence[_TAKEN], segments: int, quorum: int) -> set[Attachment]:
    """What the q-th earliest of each segment rests on."""
    chosen: set[Attachment] = set()
    for index in range(segments):
        earliest: dict[str, _TAKEN] = {}
        for each in found:
            dated = each[0]
            known = earliest.get(dated.operator)
            if dated.checkpoint.size > index and (known is None or dated.moment < known[0].moment):
                earliest[dated.operator] = each
        counted = sorted(earliest.values(), key=lambda each: (each[0].moment, each[0].operator))[:quorum]
        chosen |= {attachment for _, attachment in counted if attachment is not None}
    return chosen
