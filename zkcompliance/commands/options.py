"""What several verbs take: claims, parameters, logs, keys, and where to write."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from zkcompliance.claim.model import Claim
from zkcompliance.errors import UsageError
from zkcompliance.log import files
from zkcompliance.quantities import exact_beside

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
param_option = click.option(
    "--param", "-p", "params", multiple=True, metavar="NAME=VALUE", help="A parameter of the claim."
)
log_option = click.option(
    "--log", "-l", "logs", multiple=True, required=True, metavar="[SLOT=]DIR", help="A sealed log."
)


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
                help=f"zkcompliance explain {claim.id}",
            )
        given[name] = known[name].parse(value)
    for param in claim.params:
        if param.default is None and param.name not in given:
            raise UsageError(
                f"{claim.id} needs the parameter {param.name}: {param.doc}", help=f"add --param {param.name}=VALUE"
            )
    return claim.publics(given)


def by_slot(claim_slots: Sequence[str], texts: Sequence[str], what: str) -> dict[str, str]:
    """[SLOT=]VALUE texts as slot → value, one for each slot; a bare value is for the only slot.

    Only a known slot name counts as one, so that paths may hold `=`.
    """
    result: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or name not in claim_slots:
            if len(claim_slots) != 1:
                raise UsageError(f"{what}: say which log: {' or '.join(f'{slot}={text}' for slot in claim_slots)}")
            name, value = claim_slots[0], text
        if name in result:
            raise UsageError(f"{what}: {name} is given twice")
        result[name] = value
    missing = [slot for slot in claim_slots if slot not in result]
    if missing:
        raise UsageError(f"{what}: nothing is given for {', '.join(missing)}")
    return result


def show_params(claim: Claim, publics: Mapping[str, int]) -> dict[str, str]:
    """Every parameter as people read it, with all its digits where the short form is not exact."""
    return {p.name: exact_beside(p.show(publics[p.name]), publics[p.name]) for p in claim.params}


def writable(path: Path) -> None:
    """UsageError unless a file can be made at `path`: checked before long work."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder")
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise UsageError(f"{path.parent} is not a folder that can be written to")


def write_output(path: Path, data: bytes) -> None:
    """A whole output file or none: temporary file beside it, then an atomic rename."""
    try:
        files.replace(path, data)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
