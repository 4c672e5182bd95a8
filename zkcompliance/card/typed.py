"""The parameters of a claim from what a person types, each NAME=VALUE."""

from __future__ import annotations

from collections.abc import Sequence

from zkcompliance.card.parameter import Parameter, filled, parsed
from zkcompliance.edge.pairs import pairs
from zkcompliance.edge.shown import command
from zkcompliance.errors import UsageError


def params_of(claim: str, params: Sequence[Parameter], texts: Sequence[str]) -> dict[str, int]:
    """Every parameter of the claim (its id), defaults filled in; UsageError for one that is missing or malformed."""
    named = pairs(texts, "--param")
    try:
        given = parsed(claim, params, named)
    except UsageError as error:
        raise UsageError(error.message, help=command("zkcompliance", "explain", claim)) from None
    for param in params:
        if param.default is None and param.name not in given:
            raise UsageError(
                f"{claim} needs the parameter {param.name}: {param.doc}",
                help=command("add", "--param", f"{param.name}=VALUE"),
            )
    return filled(claim, params, given)
