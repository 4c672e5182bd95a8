"""What a file of evidence shows, in plain words, and as data for programs."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.evidence import FORK, SUCCEEDED, Evidence, read

FORMAT = "zkcompliance-shown/v1"


def document(found: Evidence, data: bytes) -> dict[str, Any]:
    """Of evidence that was parsed from data. Integers are decimal strings, digests hexadecimal digits."""
    old, new = (read(text, found.key) for text in (found.older, found.newer))
    return {
        "format": FORMAT,
        "kind": found.kind,
        "log": found.key.name,
        "key": found.key.text,
        "older": _checkpoint(old),
        "newer": _checkpoint(new),
        "says": sentence(found),
        "convincing": found.kind in (FORK, SUCCEEDED),
        "not_shown": _not_shown(found),
        "sha256": sha256(data).hexdigest(),
    }


def lines(found: Evidence, data: bytes) -> list[str]:
    """The same for a person."""
    old, new = (read(text, found.key) for text in (found.older, found.newer))
    return [
        f"{found.kind.upper()}: {sentence(found)}",
        f"  log        {found.key.name}",
        f"  key        {found.key.text}",
        *(
            f"  signed     {each.size:,} segment(s) of {each.origin}, root {each.root.hex()}{_after(each)}"
            for each in (old, new)
        ),
        "  shown      both checkpoints are signed by this key, and they are as it is said here",
        f"  not shown  {_not_shown(found)}",
        f"  file       SHA-256 {sha256(data).hexdigest()}",
    ]


def sentence(found: Evidence) -> str:
    """What the holder of the key did."""
    old, new = (read(text, found.key) for text in (found.older, found.newer))
    if found.kind == SUCCEEDED:
        return (
            f"whoever holds the key let the log go on as {new.origin}, saying where {old.origin} ended, "
            f"and also signed a checkpoint of {old.origin} that is not on the way there"
        )
    if found.kind != FORK:
        return (
            f"whoever holds the key signed {new.size:,} segment(s) of {new.origin}, and an earlier state of the log, "
            f"{old.size:,} of {old.origin}, was shown to somebody who had seen the later one"
        )
    if old.succeeds != new.succeeds:
        return f"whoever holds the key signed two beginnings of {old.origin}, which succeed two different checkpoints"
    if old.size == new.size:
        return f"whoever holds the key signed two different logs of {old.size:,} segment(s) under the name {old.origin}"
    return (
        f"whoever holds the key signed {old.size:,} and {new.size:,} segment(s) of {old.origin}, "
        "and the larger log does not begin with the smaller one"
    )


def _not_shown(found: Evidence) -> str:
    whose = "whose key it is: compare it with the one that you know"
    if found.kind in (FORK, SUCCEEDED):
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
