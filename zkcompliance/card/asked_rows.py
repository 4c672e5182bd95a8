"""Whether a claim itself asks for a row of a log: read off its card, so that a verdict need not say that it may hold of
none.

The language has one sentence for each way of asking: `the number of rows of compute is at least 5`, or above it, of a
selection `compute (only rows where …)` too, and `for some row of compute, …`. Only a requirement that is such a
sentence from its beginning to its end counts. A selection whose own words have a bracket in them does not, and nor does
one of several conditions: then it is not said that rows are asked for, though they may be.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from zkcompliance.card.model import Card
from zkcompliance.card.sentence import Sentence


def asked_rows(card: Card, values: Mapping[str, int]) -> dict[str, int]:
    """Slot → the least number of rows that the claim asks of it, where that is above 0. values: of its parameters."""
    found = {
        slot.name: max((_least(clause.says, slot.name, values) for clause in card.clauses), default=0)
        for slot in card.slots
    }
    return {slot: rows for slot, rows in found.items() if rows > 0}


def _least(sentence: Sentence, slot: str, values: Mapping[str, int]) -> int:
    """How many rows of the slot a sentence asks for; 0: it does not ask."""
    text, name = sentence.named(), re.escape(slot)
    if text.startswith((f"for some row of {slot}, ", f"for some row of {slot} (only rows where ")):
        return 1
    rows = rf"the number of rows of {name}(?: \(only rows where [^()]*\))? is (at least|above) (?:([0-9,]+)|`(\w+)`)"
    asked = re.fullmatch(rows, text)
    if asked is None:
        return 0
    least = int(asked[2].replace(",", "")) if asked[2] else values.get(asked[3], -1)
    return least + 1 if asked[1] == "above" else least
