"""NAME=VALUE as a person types it: parameters of claims, logs, keys."""

from __future__ import annotations

import os
from collections.abc import Sequence

from zkcompliance.claim.model import Claim
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


def params_of(claim: Claim, texts: Sequence[str]) -> dict[str, int]:
    """Every parameter of the claim, defaults filled in; UsageError names what is missing, unknown or malformed."""
    known = {param.name: param for param in claim.params}
    given: dict[str, int] = {}
    for name, value in pairs(texts, "--param").items():
        if name not in known:
            raise UsageError(
                f"{claim.id} has no parameter {name!r}: it has {', '.join(known)}",
                help=command("zkcompliance", "explain", claim.id),
            )
        try:
            given[name] = known[name].parse(value)
        except UsageError as error:
            raise UsageError(error.message, help=command("zkcompliance", "explain", claim.id)) from None
    for param in claim.params:
        if param.default is None and param.name not in given:
            raise UsageError(
                f"{claim.id} needs the parameter {param.name}: {param.doc}",
                help=command("add", "--param", f"{param.name}=VALUE"),
            )
    return claim.publics(given)


def by_name(
    names: Sequence[str], texts: Sequence[str], what: str, *, bare: Sequence[str] | None = None
) -> dict[str, str]:
    """[NAME=]VALUE texts as name → value; a value without a name is for the only one of `bare` (else of `names`).

    Only a known name counts as one, so that paths may hold `=`; what is neither is refused as an unknown name.
    """
    alone = names if bare is None else bare
    result: dict[str, str] = {}
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
        if name in result:
            raise UsageError(f"{what}: {name} is given twice")
        result[name] = value
    return result


def by_slot(slots: Sequence[str], texts: Sequence[str], what: str) -> dict[str, str]:
    """`by_name`, with one value for each slot of a claim, no fewer."""
    result = by_name(slots, texts, what)
    if missing := [slot for slot in slots if slot not in result]:
        raise UsageError(f"{what}: nothing is given for {', '.join(missing)}")
    return result
