"""How a row of a training run is known again: by its run and the step after which it begins.

A log of a run grows while it trains, and is imported again. A row reaches from one logged step to the next. It is
known by the first of them, so that a last stretch, which ends where the log ended then, and the longer one that a later
log has in its place are one record: both are never counted. A run has no id of its own in these files: it is told from
others by its name and by what its first logged values were besides the counts, such as its loss.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from decimal import Decimal

from zkcompliance.importers.model import Identified, Row

_FRACTION = re.compile(r"-?[0-9]{1,30}\.[0-9]{1,30}(?:[eE][-+]?[0-9]{1,2})?|-?[0-9]{1,30}[eE]-[0-9]{1,2}", re.ASCII)
INTERVAL = ("start", "end")  # where they are stated for a whole run, and are another interval when it went on


def telling(values: Mapping[str, object]) -> dict[str, str]:
    """Those of the first logged values that tell a run from others: a loss, a rate, which no other has to the digit.

    Left out are whole numbers, which are steps and counts, and what is no number.
    """
    texts = {name: str(value) for name, value in values.items() if isinstance(value, (str, Decimal))}
    return {name: text for name, text in texts.items() if _FRACTION.fullmatch(text) and Decimal(text) % 1}


class Run:
    """A run of this name. first: its first logged values, as `telling` has them."""

    def __init__(self, name: str, first: Mapping[str, str]) -> None:
        text = json.dumps(sorted(first.items()), separators=(",", ":"))
        self._parts = (name, hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32])

    def row(self, row: Row, after: int, *, aside: tuple[str, ...] = (), help: str = "") -> Identified:
        """The row of the steps from `after` on, as that of its record."""
        return Identified(row, (*self._parts, after), f"the row from step {after} on", aside, help)
