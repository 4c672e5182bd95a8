"""The cards of this installation: one for each claim of the catalogue, written by `tests/pins.py`."""

from __future__ import annotations

from functools import cache

from zkcompliance import limits
from zkcompliance.card.file import decode
from zkcompliance.card.model import Card
from zkcompliance.edge.data import folder
from zkcompliance.errors import UsageError

FLOOR, UNCHANGED = "log-floor-", "rows-unchanged-"  # and the name of a schema: one claim of each for every schema
_END = ".json"
_CARDS = ("zkcompliance.circuits", "cards")
_AGAIN = "python3 -m pip install --force-reinstall zkcompliance"


def names() -> list[str]:
    """The ids of the claims, sorted."""
    return sorted(each.name.removesuffix(_END) for each in folder(*_CARDS).iterdir() if each.name.endswith(_END))


@cache
def load(name: str) -> Card:
    """The card of a claim by its id. UsageError where there is none."""
    if name not in names():
        raise UsageError(f"no claim {name!r}: there is {', '.join(names())}", help="zkcompliance claims")
    with folder(*_CARDS).joinpath(name + _END).open("rb") as file:
        card = decode(file.read(limits.MAX_CARD_BYTES + 1))
    if card.id != name:
        raise UsageError(f"the card {name}{_END} is of {card.id}: this installation is broken", help=_AGAIN)
    return card


def schemas() -> dict[str, bytes]:
    """Name → digest of each schema that the catalogue knows, sorted."""
    floors = [load(name) for name in names() if name.startswith(FLOOR)]
    return {card.slots[0].schema: card.slots[0].digest for card in floors}


def floor(schema: str) -> Card:
    """Of the claim that a log of this schema has so many rows (`rows`), all from certain `sources`."""
    return load(f"{FLOOR}{_in_id(schema)}")


def unchanged(schema: bytes) -> Card | None:
    """Of the claim that rows of a schema, by its digest, are unchanged; None where there is none."""
    known = {digest: name for name, digest in schemas().items()}
    return load(f"{UNCHANGED}{_in_id(known[schema])}") if schema in known else None


def _in_id(schema: str) -> str:
    """The name of a schema as the ids of claims have it."""
    return schema.replace("_", "-")
