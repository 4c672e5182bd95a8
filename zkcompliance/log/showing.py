"""What a file of evidence shows, in plain words, and as data for programs."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.evidence import FORK, SUCCEEDED, Evidence, read
from zkcompliance.quantities import number_of

FORMAT = "zkcompliance-shown/v1"


def document(evidence: Evidence, data: bytes) -> dict[str, Any]:
    """Of evidence that was parsed from data. Integers are decimal strings, digests hexadecimal digits."""
    old, new = (read(text, evidence.key) for text in (evidence.older, evidence.newer))
    return {
        "format": FORMAT,
        "kind": evidence.kind,
        "log": evidence.key.name,
        "key": evidence.key.text,
        "older": _checkpoint(old),
        "newer": _checkpoint(new),
        "says": sentence(evidence),
        "convincing": evidence.kind in (FORK, SUCCEEDED),
        "not_shown": _not_shown(evidence),
        "sha256": sha256(data).hexdigest(),
    }


def lines(evidence: Evidence, data: bytes) -> list[str]:
    """The same for a person."""
    old, new = (read(text, evidence.key) for text in (evidence.older, evidence.newer))
    return [
        f"{evidence.kind.upper()}: {sentence(evidence)}",
        f"  log        {evidence.key.name}",
        f"  key        {evidence.key.text}",
        *(
            f"  signed     {number_of(each.size, 'segment')} of {each.origin}, root {each.root.hex()}{_after(each)}"
            for each in (old, new)
        ),
        "  shown      both checkpoints are signed by this key, and they are as it is said here",
        f"  not shown  {_not_shown(evidence)}",
        f"  file       SHA-256 {sha256(data).hexdigest()}",
    ]


def sentence(evidence: Evidence) -> str:
    """What the holder of the key did."""
    old, new = (read(text, evidence.key) for text in (evidence.older, evidence.newer))
    if evidence.kind == SUCCEEDED:
        return (
            f"whoever holds the key let the log go on as {new.origin}, saying where {old.origin} ended, "
            f"and also signed a checkpoint of {old.origin} that is not on the way there"
        )
    if evidence.kind != FORK:
        return (
            f"whoever holds the key signed {number_of(new.size, 'segment')} of {new.origin}, and an earlier state of "
            f"the log, {old.size:,} of {old.origin}, was shown to somebody who had seen the later one"
        )
    if old.succeeds != new.succeeds:
        return f"whoever holds the key signed two beginnings of {old.origin}, which succeed two different checkpoints"
    if old.size == new.size:
        return (
            f"whoever holds the key signed two different logs of {number_of(old.size, 'segment')} under the name "
            f"{old.origin}"
        )
    return (
        f"whoever holds the key signed {old.size:,} and {number_of(new.size, 'segment')} of {old.origin}, "
        "and the larger log does not begin with the smaller one"
    )


def _not_shown(evidence: Evidence) -> str:
    whose = "whose key it is: compare it with the one that you know"
    if evidence.kind in (FORK, SUCCEEDED):
        return whose
    return f"{whose}; and that the earlier state was shown later, which is the word of whoever hands this on"


def _checkpoint(of: Checkpoint) -> dict[str, Any]:
    before = of.succeeds
    return {
        "origin": of.origin,
        "size": str(of.size),
        "root": of.root.hex(),
        "succeeds": None if before is None else _checkpoint(before),
    }


def _after(of: Checkpoint) -> str:
    return "" if of.succeeds is None else f", succeeding {of.succeeds.size:,} of {of.succeeds.origin}"
