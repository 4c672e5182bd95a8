"""The parts of a policy file, as text: its head, and a requirement with the digest of its card."""

from __future__ import annotations

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
    """A requirement of a claim's version 1. logs: slot → log of the policy; lines: params and reveals.

    card: the digest in hexadecimal, of a claim that is not of the catalogue.
    """
    where = ", ".join(f'{slot} = "{log}"' for slot, log in logs.items())
    first = f"""[[requirements]]
name = "{name}"
says = "{says}"
claim = "{claim}@1"
card = "{card or catalogue.load(claim).digest.hex()}"
logs = {{ {where} }}
"""
    return first + "".join(f"{line}\n" for line in lines)
