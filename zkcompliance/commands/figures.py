"""What conditions compare, as `check` prints it: totals, and each group's size, totals and means, all exact."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zkcompliance.card.types import Type
    from zkcompliance.claim.meaning.figures import Group, GroupsFound
    from zkcompliance.claim.model import CheckResult
    from zkcompliance.log.store import SealedLog

MOST = 20  # groups of a kind that are printed; all of them are in the JSON


def known_texts(logs: Iterable[SealedLog]) -> dict[int, str]:
    """The texts of ids that the logs keep, by their numbers."""
    from zkcompliance.log import texts
    from zkcompliance.log.layout import Layout
    from zkcompliance.quantities.ids import text_id

    return {text_id(text): text for log in logs for text in texts.load(Layout(log.path))}


def lines(result: CheckResult, texts: Mapping[int, str]) -> dict[str, str]:
    """Name → text, for people."""
    found: dict[str, str] = {}
    for figure in result.totals:
        found[_unused(figure.of, found)] = figure.text
    for several in result.groups:
        shown = [_line(group, texts) for group in itertools.islice(several, MOST)]
        more = [f"and {len(several) - MOST:,} more: --json has all"] if len(several) > MOST else []
        found[_unused(f"groups by {', '.join(several.by)}", found)] = "\n".join([*shown, *more]) or "none"
    return found


def _unused(name: str, names: Collection[str]) -> str:
    """The name, with a number behind it where it is taken."""
    numbered = (f"{name} ({number})" for number in itertools.count(2))
    return name if name not in names else next(each for each in numbered if each not in names)


def document(result: CheckResult, texts: Mapping[int, str]) -> dict[str, object]:
    """The same for a program: every quantity a decimal string, a mean that is no whole number as `7/3`."""
    return {
        "totals": [{"of": each.of, "unit": str(each.type), "value": str(each.value)} for each in result.totals],
        "groups": [_groups(several, texts) for several in result.groups],
    }


def _groups(several: GroupsFound, texts: Mapping[int, str]) -> dict[str, object]:
    return {
        "by": list(several.by),
        "of": several.of,
        "groups": [
            {
                "keys": [_key(kind, value, texts) for _, kind, value in group.keys],
                "size": str(group.size),
                "figures": {each.of: str(each.value) for each in group.figures},
                "means": {each.of: each.exact for each in group.means},
            }
            for group in several
        ],
    }


def _line(group: Group, texts: Mapping[int, str]) -> str:
    """`m1, wmdp@1, bio: size 8, the mean of score 43.75%`."""
    keys = ", ".join(_key(kind, value, texts) for _, kind, value in group.keys)
    totals = {f"the total of {each.of.removeprefix('the mean of ')}" for each in group.means}
    said = [f"size {group.size:,}", *(f"{each.of} {each.text}" for each in group.means)]
    said += [f"{each.of} {each.text}" for each in group.figures if each.of not in totals]
    return f"{keys}: {', '.join(said)}"


def _key(kind: Type, value: int, texts: Mapping[int, str]) -> str:
    """A key for people: the text of an id where a log keeps it, else its digest."""
    from zkcompliance.card import reading, types

    if kind.kind == types.ID and value in texts:
        return texts[value]
    return reading.show(kind, value)
