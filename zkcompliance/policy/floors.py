"""How many rows must count: what a policy's `rows` asks of a claim, whose card says which of its values tell that.

A log may have rows of which a claim counts none: those of another phase, of another model. So a number of rows is asked
of the value that the claim discloses of the rows that count, and of the log itself only besides (`floor: LOG`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from zkcompliance.card.model import Card
from zkcompliance.edge.shown import command
from zkcompliance.policy.model import Bound, LogRule
from zkcompliance.policy.toml import Table, fault

Named = Mapping[str, tuple[str, ...]]  # slot → logs of the policy


def with_floors(
    found: Table, card: Card, slots: Named, further: Named, logs: Mapping[str, LogRule], reveals: Mapping[str, Bound]
) -> dict[str, Bound]:
    """The bounds of what a requirement reveals, with those that `rows` puts under the rows that count.

    found: the requirement, whose key `rows` is a number of rows of each slot that the claim counts, or a table of them
    by slot. Of a slot that it does not name, as many must count as its logs are asked to have; none where `further`
    logs may fill a slot, since it may be their rows that count. MalformedPolicy, naming the key.
    """
    asked = _asked(found, card)
    if further and any(asked.values()):
        raise fault(found.at("rows"), "counts the rows of all logs that fill a slot: leave it out, or `further`")
    made = dict(reveals)
    for each in card.reveals:
        if not each.counts:
            continue
        implied = 0 if further else sum(logs[name].rows for name in slots[each.counts])
        least, bound = asked.get(each.counts, implied), made.get(each.name)
        path = f"{found.path}.reveals.{each.name}"
        if bound is not None and asked.get(each.counts):
            raise fault(path, "is what `rows` is asked of too: say it once")
        if not least or (bound is not None and bound.low is not None):
            continue
        if least > each.high or (bound is not None and bound.high is not None and bound.high < least):
            raise fault(found.at("rows") if bound is None else path, f"{least:,} rows are asked for, which cannot be")
        made[each.name] = Bound(low=least) if bound is None else replace(bound, low=least)
    return made


def _asked(found: Table, card: Card) -> dict[str, int]:
    """Slot → the number of rows that the requirement itself says must count, from 0."""
    if "rows" not in found:
        return {}
    slots = list(dict.fromkeys(each.counts for each in card.reveals if each.counts))
    if not slots:
        why = f"{card.id} does not tell how many rows count: ask for rows of the log itself, as logs.NAME.rows"
        raise fault(found.at("rows"), why, command("zkcompliance", "explain", card.id))
    most = max(each.high for each in card.reveals if each.counts)
    if not isinstance(found.value("rows"), dict):
        return dict.fromkeys(slots, found.whole("rows", 1, most))
    inside = found.table("rows")
    for slot in inside.names():
        if slot not in slots:
            raise fault(inside.at(slot), f"of {card.id} rows count of {', '.join(slots)}")
    return {slot: inside.whole(slot, 0, most) for slot in inside.names()}
