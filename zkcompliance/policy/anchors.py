"""Between which moments segments were sealed, by what others signed (docs/spec/anchors.md).

    not before   the moment of the beacon's round that the segment's entry holds; 0 where none is believed
    not after    the q-th earliest, over operators, of the earliest moment at which each dated a checkpoint of the log
                 that has the segment, q the policy's quorum; 2^48 − 1 where fewer did

So fewer operators than the quorum cannot make a segment look older, nor can one who is two of them. What an operator
dated is a checkpoint of this log, whose root is that of the first entries that are stated.

Rounds and time stamps are checked by libraries, which whoever judges has or has not (`Check`): without them a bracket
that is not open is not looked at, and what a claim says by it is not decided.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from zkcompliance.errors import EvidenceRefused, MalformedNote
from zkcompliance.log import merkle, note
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.policy.model import Anchors
from zkcompliance.policy.proofs import Proof
from zkcompliance.verify.bundle import EARLIER, ROUND, STAMP, Attachment
from zkcompliance.verify.statement import OPEN, Brackets
from zkcompliance.verify.verifier import NOTHING

Bracket = tuple[int, int]
Rounds = Mapping[tuple[int, bytes], tuple[str, int]]  # number and SHA-256 of the signature → the beacon, its moment


class SealedEntry(Protocol):
    """An entry, of either hand. round, beacon: as it holds them."""

    @property
    def round(self) -> int: ...

    @property
    def beacon(self) -> bytes: ...

    def encode(self) -> bytes: ...


@dataclass(frozen=True)
class Dated:
    """That an operator saw a checkpoint at a moment, UTC seconds. keys: the public key that signed it; of a time stamp
    the digests of that and of those above it."""

    operator: str
    checkpoint: Checkpoint
    moment: int
    keys: tuple[bytes, ...]


@dataclass(frozen=True)
class Stamped:
    """A time stamp that is good, of whoever it is: the body of the checkpoint that it is over. keys: as Dated's."""

    operator: str
    body: bytes
    moment: int
    keys: tuple[bytes, ...]


Check = Callable[[Anchors, Sequence[Attachment]], tuple[Rounds, Sequence[Stamped]]]
"""Rounds and time stamps among attachments, checked. MalformedEvidence, and EvidenceRefused for one that is of nobody
whom the policy believes."""


@dataclass(frozen=True)
class Log:
    """A log as it is anchored: its checkpoint, as signed note, and all its entries."""

    origin: str
    signed: bytes
    entries: Sequence[SealedEntry]


@dataclass(frozen=True)
class Anchored:
    """brackets: of each segment; by: the beacons and operators that they rest on, in words' order."""

    brackets: tuple[Bracket, ...]
    by: tuple[str, ...] = ()


def anchored(
    anchors: Anchors, attachments: Sequence[Attachment], logs: Sequence[Log], check: Check
) -> dict[str, Anchored]:
    """The narrowest brackets that are backed, by origin. EvidenceRefused, MalformedNote, and what `check` raises."""
    rounds, stamped = check(anchors, [each for each in attachments if each.kind in (ROUND, STAMP)])
    known = {log.origin: log for log in logs}
    dated = [_dated(each, known) for each in stamped]
    for each in attachments:
        if each.kind == EARLIER:
            dated += cosigned(each.data, anchors, known, needed=True)
    for log in logs:
        dated += cosigned(log.signed, anchors, known, needed=False)
    return {
        log.origin: _of(
            log, anchors, rounds, one_each(anchors, [d for d in dated if d.checkpoint.origin == log.origin])
        )
        for log in logs
    }


def one_each(anchors: Anchors, dated: Sequence[Dated]) -> list[Dated]:
    """Of one log, without what a key signed, or certified, for a second operator: an authority under two of its
    policies, or roots, or whoever has one operator's root and is an authority below another's."""
    of: dict[bytes, str] = {}
    order = [operator.name for operator in anchors.operators]
    for each in sorted(dated, key=lambda each: order.index(each.operator)):
        for key in each.keys:
            of.setdefault(key, each.operator)
    return [each for each in dated if all(of[key] == each.operator for key in each.keys)]


def _dated(stamp: Stamped, logs: Mapping[str, Log]) -> Dated:
    return Dated(stamp.operator, of_history(stamp.body.decode(errors="replace"), logs), stamp.moment, stamp.keys)


def of_history(body: str, logs: Mapping[str, Log]) -> Checkpoint:
    """EvidenceRefused unless it is a checkpoint of one of the logs, over their first entries."""
    try:
        checkpoint = Checkpoint.parse(body)
    except MalformedNote:
        raise EvidenceRefused("what somebody dated is no checkpoint") from None
    log = logs.get(checkpoint.origin)
    if log is None:
        raise EvidenceRefused(f"somebody dated a checkpoint of {checkpoint.origin}, which the proof is not about")
    before = [entry.encode() for entry in log.entries[: checkpoint.size]]
    if not 1 <= checkpoint.size == len(before) or merkle.root(before) != checkpoint.root:
        raise EvidenceRefused(
            f"somebody dated a checkpoint of {checkpoint.origin} with other segments than it has here"
        )
    return checkpoint


def cosigned(signed: bytes, anchors: Anchors, logs: Mapping[str, Log], *, needed: bool) -> list[Dated]:
    """By each operator whose key cosigned it, at the earliest. needed: it is there for this alone, and EvidenceRefused
    where nobody did, or a signature is of another key.

    A cosignature of time 0 says that it dates nothing.
    """
    parsed = note.parse(signed)
    if needed and any(not _named(line, anchors) for line in parsed.signatures):
        raise EvidenceRefused("an earlier checkpoint is signed by somebody whom the policy does not name")
    found = []
    for operator in anchors.operators:
        moments = [(at, key.public) for key in operator.keys for at in key.timestamps(parsed) if at]
        if moments:
            found.append((operator.name, *min(moments)))
    if not found:
        if needed:
            raise EvidenceRefused("an earlier checkpoint is cosigned by nobody whom the policy names")
        return []
    checkpoint = of_history(parsed.text, logs)
    return [Dated(name, checkpoint, at, (key,)) for name, at, key in found]


def _named(line: note.Signature, anchors: Anchors) -> bool:
    return any((line.name, line.id) == (key.name, key.id) for each in anchors.operators for key in each.keys)


def without_others(signed: bytes, anchors: Anchors) -> bytes:
    """The note with the signatures of named operators alone, as a file brings it; at least one is there."""
    parsed = note.parse(signed)
    lines = [line.line for line in parsed.signatures if _named(line, anchors)]
    return f"{parsed.text}\n{''.join(lines)}".encode()


def _of(log: Log, anchors: Anchors, rounds: Rounds, dated: Sequence[Dated]) -> Anchored:
    """dated: of this log alone."""
    brackets: list[Bracket] = []
    by: dict[str, None] = {}
    for index, entry in enumerate(log.entries):
        first, last = OPEN
        if (known := rounds.get((entry.round, entry.beacon))) is not None:
            beacon, first = known
            by[beacon] = None
        earliest: dict[str, int] = {}
        for each in dated:
            if each.checkpoint.size > index:
                earliest[each.operator] = min(each.moment, earliest.get(each.operator, each.moment))
        if anchors.quorum and len(earliest) >= anchors.quorum:
            counted = sorted((at, name) for name, at in earliest.items())[: anchors.quorum]
            last = min(last, counted[-1][0])
            by |= dict.fromkeys(name for _, name in counted)
        brackets.append((min(first, last), last))
    return Anchored(tuple(brackets), tuple(by))


@dataclass(frozen=True)
class Anchoring:
    """How brackets are held against anchors in one judgement. anchors: the policy's, None where it names none; check:
    None where whoever judges has no library for it."""

    anchors: Anchors | None = None
    check: Check | None = None

    def of(self, proof: Proof) -> dict[str, Anchored] | None:
        """Of each log of a proof what is backed; nothing where every bracket of it is open, or no anchor is believed;
        None where it is not looked at. EvidenceRefused, MalformedEvidence, MalformedNote."""
        statement, outside = proof.statement, proof.outside
        if self.anchors is None or not any(log.brackets for log in statement.logs):
            return {}
        if self.check is None:
            return None
        whole = [
            Log(log.origin, signed, log.entries)
            for log, signed in zip(statement.logs, outside.notes, strict=True)
            if log.whole
        ]
        return anchored(self.anchors, outside.attachments, whole, self.check)


def brackets_of(found: Mapping[str, Anchored] | None) -> Brackets | None:
    """As the verifier takes them."""
    return None if found is None else NOTHING if not found else {name: each.brackets for name, each in found.items()}
