"""Which requests came to a log's holder, and when: `secret/asked`, a line for each, its digest and UTC seconds.

So that a request which comes after its round, by which its asker could have chosen the rows, is told from one that came
before. The first time counts.
"""

from __future__ import annotations

import os
import re

from zkcompliance.edge.shown import command
from zkcompliance.errors import LimitExceeded, LogCorrupt
from zkcompliance.limits import MAX_REQUESTS
from zkcompliance.log import files
from zkcompliance.log.layout import Layout

_LINE = re.compile(r"([0-9a-f]{64}) (0|[1-9][0-9]{0,14})")
_MOST = MAX_REQUESTS * 96


def when(layout: Layout, digest: bytes) -> int | None:
    """UTC seconds at which the request with this digest (32 bytes) came; None where it is not noted."""
    return _load(layout).get(digest.hex())


def note(layout: Layout, digest: bytes, now: int) -> int:
    """When the request came: `now`, durably, if it was not noted before. For the log's holder. LimitExceeded."""
    with files.locked(layout.asked):
        known = _load(layout)
        if digest.hex() not in known:
            if len(known) == MAX_REQUESTS:
                raise LimitExceeded(f"a log notes {MAX_REQUESTS} requests at most")
            known[digest.hex()] = now
            data = "".join(f"{each} {at}\n" for each, at in known.items())
            files.replace(layout.asked, data.encode(), files.PRIVATE)
        return known[digest.hex()]


def _load(layout: Layout) -> dict[str, int]:
    if not os.path.lexists(layout.asked):
        return {}
    text = files.read(layout.asked, _MOST, folders=1).decode("ascii", "replace")
    lines = [_LINE.fullmatch(line) for line in text.removesuffix("\n").split("\n")]
    found = {match[1]: int(match[2]) for match in lines if match is not None}
    if len(found) != len(lines) or not text.endswith("\n"):
        raise LogCorrupt(f"{layout.asked}, which requests came when, is damaged", help=command("rm", layout.asked))
    return found
