"""Reads the claims that a user gives beside the catalogue's: a card (.json), or a claim's text (.py), compiled to one.

A text is compiled here, where the claim language is installed: it is asked for by its name, since nothing that reads
cards depends on it, and the verifier in one file has none.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from zkcompliance import limits
from zkcompliance.card import catalogue
from zkcompliance.card.file import decode
from zkcompliance.card.model import Card
from zkcompliance.edge import regular
from zkcompliance.edge.line_ends import unified
from zkcompliance.edge.shown import command
from zkcompliance.errors import Unsupported, UsageError

_LANGUAGE = "zkcompliance.claim"
_MAKE = "zkcompliance explain CLAIM --card FILE.json"


class Own(NamedTuple):
    """A claim of one's own. compiled: whether its card was made here, from the claim's text."""

    card: Card
    compiled: bool


def own(given: str | Path | Card | Own) -> Own:
    """The claim in a file, or of a card. MalformedCard; UsageError for a file that cannot be read or is neither.

    Of a text also Unsupported, where there is no claim language, and what the language has against it.
    """
    if isinstance(given, Own):
        return given
    if isinstance(given, Card):
        return Own(given, compiled=False)
    path = str(given)
    if path.endswith(".py"):
        return Own(_compiled(path), compiled=True)
    if not path.endswith(".json"):
        raise UsageError(f"{path} is neither a card (.json) nor the text of a claim (.py)", help=_MAKE)
    try:
        with regular.open_given(Path(path)) as file:
            return Own(decode(unified(file.read(limits.MAX_CARD_BYTES + 1))), compiled=False)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", help=_MAKE) from error


def owned(given: Iterable[str | Path | Card | Own]) -> dict[str, Own]:
    """By id; UsageError where two have one id, or one that of another claim of the catalogue: it could be mistaken."""
    found: dict[str, Own] = {}
    for each in map(own, given):
        name = each.card.id
        if name in catalogue.names() or name in found:
            held = "is in the catalogue" if name in catalogue.names() else "is given twice"
            raise UsageError(f"{name}: a claim of this id {held}", help="zkcompliance claims")
        found[name] = each
    return found


def one(claim: str | Path | Card | Own) -> Own:
    """One claim by its id, its file or its card. One under the id of another claim of the catalogue is refused."""
    if isinstance(claim, str) and not claim.endswith((".json", ".py")):
        if claim not in catalogue.names():
            raise catalogue.unknown(claim, catalogue.names(), ", a card (.json), or a .py file")
        return Own(catalogue.load(claim), compiled=False)
    given = own(claim)
    if given.card.id in catalogue.names() and not installed(given.card):
        raise UsageError(
            f"{given.card.id}: a claim of this id is in the catalogue, and has another card", help="zkcompliance claims"
        )
    return given


def installed(card: Card) -> bool:
    """Whether a card is the one that this installation has of its claim."""
    return card.id in catalogue.names() and catalogue.load(card.id).digest == card.digest


def _compiled(path: str) -> Card:
    try:
        claims, cards = (importlib.import_module(f"{_LANGUAGE}.{name}") for name in ("catalogue", "card"))
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith(_LANGUAGE):
            raise
        words = ("zkcompliance", "explain", Path(path), "--card", Path(f"{path.removesuffix('.py')}.json"))
        raise Unsupported(
            f"{path} is the text of a claim, and this verifier has no compiler: it takes cards",
            help=f"{command(*words)}  # where the package is installed",
        ) from None
    card: Card = cards.card_of(claims.load(path))
    return card
