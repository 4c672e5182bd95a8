"""NAME=VALUE as a person types it: parameters, logs, keys."""

from __future__ import annotations

import os
from collections.abc import Sequence

from zkcompliance.edge.shown import command
from zkcompliance.errors import UsageError


def pairs(texts: Sequence[str], what: str) -> dict[str, str]:
    """NAME=VALUE texts as a dict; UsageError on a bad form or a name given twice."""
    result: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError(f"{what}: want NAME=VALUE, not {text!r}")
        if name in result:
            raise UsageError(f"{what}: {name} is given twice")
        result[name] = value
    return result


def by_names(
    names: Sequence[str], texts: Sequence[str], what: str, *, bare: Sequence[str] | None = None
) -> dict[str, tuple[str, ...]]:
    """[NAME=]VALUE texts as name → its values; one without a name is for the only one of `bare` (else of `names`).

    Only a known name counts as one, so that paths may hold `=`; what is neither is refused as an unknown name, and so
    is a value that is given twice for one name.
    """
    alone = names if bare is None else bare
    result: dict[str, tuple[str, ...]] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or name not in names:
            if equals and not os.path.lexists(text):
                raise UsageError(
                    f"{what}: no log {name!r} is asked for: there is {', '.join(names)}",
                    help=command("add", what, f"{names[0]}={value}"),
                )
            if len(alone) != 1:
                raise UsageError(
                    f"{what}: say which log: {' or '.join(f'{each}={text}' for each in names)}",
                    help=command("add", what, f"{names[0]}={text}"),
                )
            name, value = alone[0], text
        if value in result.get(name, ()):
            raise UsageError(f"{what}: {value} is given twice for {name}")
        result[name] = (*result.get(name, ()), value)
    return result


def by_name(
    names: Sequence[str], texts: Sequence[str], what: str, *, bare: Sequence[str] | None = None
) -> dict[str, str]:
    """`by_names`, with one value for each name."""
    found = by_names(names, texts, what, bare=bare)
    for name, values in found.items():
        if len(values) > 1:
            raise UsageError(f"{what}: {name} is given twice")
    return {name: value for name, (value,) in found.items()}


def by_slot(slots: Sequence[str], texts: Sequence[str], what: str) -> dict[str, tuple[str, ...]]:
    """`by_names`, with at least one value for each slot of a claim."""
    result = by_names(slots, texts, what)
    if missing := [slot for slot in slots if slot not in result]:
        raise UsageError(f"{what}: nothing is given for {', '.join(missing)}")
    return result
