"""The cards of this installation: one for each claim of the catalogue, written by `tests/pins.py`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from zkcompliance import limits
from zkcompliance.card.file import decode
from zkcompliance.card.model import Card
from zkcompliance.edge.data import folder
from zkcompliance.edge.shown import command
from zkcompliance.errors import UsageError

FLOOR, UNCHANGED = "log-floor-", "rows-unchanged-"  # and a schema, by name or name and version: one claim for each
ROLLED = "rolled-up-"  # and a schema: that a roll-up has the groups of a log's rows
EXTENDED = "rows-extended-"  # and the name of a schema with two of its versions, an earlier and a later one
_END = ".json"
_CARDS = ("zkcompliance.circuits", "cards")
_AGAIN = "python3 -m pip install --force-reinstall zkcompliance"


@cache
def names() -> tuple[str, ...]:
    """The ids of the claims, sorted."""
    there = (each.name for each in folder(*_CARDS).iterdir())
    return tuple(sorted(name.removesuffix(_END) for name in there if name.endswith(_END)))


@cache
def load(name: str) -> Card:
    """The card of a claim by its id. UsageError where there is none."""
    if name not in names():
        raise unknown(name, names())
    with folder(*_CARDS).joinpath(name + _END).open("rb") as file:
        card = decode(file.read(limits.MAX_CARD_BYTES + 1))
    if card.id != name:
        raise UsageError(f"the card {name}{_END} is of {card.id}: this installation is broken", help=_AGAIN)
    return card


def unknown(name: str, there: Iterable[str], beside: str = "") -> UsageError:
    """Of a name that no claim has. there: the ids that claims have; beside: what else could have been given."""
    id, at, _ = name.partition("@")
    if at and id in there:
        why = f"a claim is named without its version, {id}: of each there is one"
        return UsageError(f"no claim {name!r}: {why}", help=command("zkcompliance", "explain", id))
    return UsageError(f"no claim {name!r}: there is {', '.join(there)}{beside}", help="zkcompliance claims")


def schemas() -> dict[str, tuple[bytes, ...]]:
    """Name → digests of the versions of each schema that the catalogue knows, oldest first; sorted by name."""
    found: dict[str, list[tuple[int, bytes]]] = {}
    for card in (load(name) for name in names() if name.startswith(FLOOR)):
        (slot,) = card.slots
        later = card.id.removeprefix(f"{FLOOR}{_in_id(slot.schema)}")  # empty, or `-` and the version
        found.setdefault(slot.schema, []).append((int(later[1:] or "0"), slot.digest))
    return {name: tuple(digest for _, digest in sorted(found[name])) for name in sorted(found)}


@cache
def roll_ups() -> frozenset[bytes]:
    """The digests of the schemas that a registered claim rolls a log up in, whatever a card calls them."""
    cards = (load(name) for name in names() if name.startswith(ROLLED))
    return frozenset(slot.digest for card in cards for slot in card.slots if slot.name == "rolled")


def floor(schema: str, digest: bytes | None = None) -> Card:
    """Of the claim that a log of this schema has so many rows (`rows`), all from certain `sources`.

    digest: of the version; else it is the newest. Both are known to the catalogue.
    """
    wanted = schemas()[schema][-1] if digest is None else digest
    (card,) = (each for each in map(load, names()) if each.id.startswith(FLOOR) and each.slots[0].digest == wanted)
    return card


def goes_on(old: bytes, new: bytes) -> Card | None:
    """Of the claim that shows the rows of a log in the next generation of it; None where none is registered.

    old, new: the digests of their schemas. Of one schema it says that the rows are unchanged, of two that the second,
    a later version of the first, has them with every new column missing.
    """
    beginning = UNCHANGED if old == new else EXTENDED
    cards = (load(name) for name in names() if name.startswith(beginning))
    return next((card for card in cards if [slot.digest for slot in card.slots] == [old, new]), None)


def label(schema: bytes) -> str:
    """Name and version of a schema, by its digest, as in `compute@2`; of one that the catalogue lacks, the digest."""
    card = goes_on(schema, schema)
    return f"schema {schema.hex()}" if card is None else card.slots[0].about.partition(",")[0]


def _in_id(schema: str) -> str:
    """The name of a schema as the ids of claims have it."""
    return schema.replace("_", "-").replace(".", "-")
