"""The parts of a policy file, as text: its head, and a requirement with the digest of its card."""

from __future__ import annotations

import re
from collections.abc import Mapping

from zkcompliance.card import catalogue


def head(id: str, title: str, *, subject: str, since: str = "2025-08-02", until: str = "2027-08-02") -> str:
    """What stands before the first table. subject: required, optional or none; since and until: dates."""
    return f"""format = "zkcompliance-policy/v1"
id = "{id}"
version = 1
title = "{title}"
jurisdiction = "Nowhere"
sources = ["made up"]
valid_from = {since}
valid_until = {until}
subject = "{subject}"
"""


def requirement(name: str, says: str, claim: str, logs: Mapping[str, str], *lines: str, card: str = "") -> str:
    """A requirement. logs: slot → log of the policy; lines: params and reveals.

    card: the digest in hexadecimal, of a claim that is not of the catalogue: its version is 1. Of one of the catalogue
    the parameters that no line states are asked to be what they are by default.
    """
    where = ", ".join(f'{slot} = "{log}"' for slot, log in logs.items())
    first = f"""[[requirements]]
name = "{name}"
says = "{says}"
claim = "{f"{claim}@1" if card else catalogue.load(claim).label}"
card = "{card or catalogue.load(claim).digest.hex()}"
logs = {{ {where} }}
"""
    return first + "".join(f"{line}\n" for line in (*lines, *([] if card else defaults(claim, *lines))))


def defaults(claim: str, *lines: str) -> list[str]:
    """Lines for the parameters of a claim of the catalogue that no given line states: as they are by default."""
    found = []
    for param in catalogue.load(claim).params:
        if param.default is not None and not any(re.match(rf"params\.{param.name}\b", line) for line in lines):
            nobody = param.kind == "Id" and param.default == 0  # the empty text, which no policy can ask for
            found.append(
                f"params.{param.name} = "
                + ("{ free = true }" if nobody else f'"{param.show(param.default).removesuffix(" FLOP")}"')
            )
    return found
