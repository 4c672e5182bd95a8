"""Requests that a state remembers, until they are answered: beside it, in `STATE.requests`.

JSON in one form: `format`, and `requests`, in the order in which they came; of each its file (`request`) and the
SHA-256 of the file that answered it (`answered`, empty where none has). A request stays where it is: what was asked
once is open until it is answered, and is no other draw.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from zkcompliance import strict_json
from zkcompliance.edge import regular
from zkcompliance.edge.shown import command
from zkcompliance.errors import LimitExceeded, LogCorrupt, MalformedRequest, SignatureRejected
from zkcompliance.limits import MAX_REQUEST_BYTES, MAX_REQUESTS
from zkcompliance.log import files
from zkcompliance.request.file import Request

_FORMAT = "zkcompliance-requests-1"
_MOST = MAX_REQUESTS * (2 * MAX_REQUEST_BYTES + 256)


@dataclass(frozen=True)
class Kept:
    """answered: SHA-256 of the file in hexadecimal; empty: it is open."""

    request: Request
    answered: str = ""


def place(state: Path) -> Path:
    """Where a state's requests lie."""
    return state.with_name(f"{state.name}.requests")


def load(state: Path) -> list[Kept]:
    """Those that are remembered, none where there is no file. LogCorrupt where it is damaged."""
    path = place(state)
    if not os.path.lexists(path):
        return []
    with files.reporting(path):
        data = regular.read_file(path, _MOST)
    document = strict_json.loads(data, str(path), MalformedRequest, limit=_MOST)
    try:
        if not isinstance(document, dict) or document.get("format") != _FORMAT:
            raise ValueError
        found = [Kept(Request.decode(each["request"].encode()), each["answered"]) for each in document["requests"]]
        if _encode(found) == data:
            return found
    except (ValueError, KeyError, TypeError, AttributeError, MalformedRequest, SignatureRejected):
        pass
    raise LogCorrupt(
        f"{path}, the requests that were made with this state, is damaged",
        help=f"{command('rm', path)}  # when you know which of them are open",
    )


def remember(state: Path, new: Sequence[Request], answered: dict[bytes, str] | None = None) -> None:
    """Add requests that are not there yet, and note which were answered: by digest, the file's SHA-256.

    LimitExceeded where they are too many.
    """
    with files.locked(state):
        known = load(state)
        there = {each.request.digest for each in known}
        kept = known + [Kept(each) for each in {each.digest: each for each in new}.values() if each.digest not in there]
        by = answered or {}
        kept = [each if each.answered else Kept(each.request, by.get(each.request.digest, "")) for each in kept]
        if len(kept) > MAX_REQUESTS:
            raise LimitExceeded(f"a state remembers {MAX_REQUESTS} requests at most")
        if kept != known:
            with files.reporting(place(state)):
                files.replace(place(state), _encode(kept), files.PRIVATE)


def _encode(kept: Sequence[Kept]) -> bytes:
    requests = [{"request": each.request.encode().decode(), "answered": each.answered} for each in kept]
    return strict_json.canonical({"format": _FORMAT, "requests": requests}) + b"\n"
