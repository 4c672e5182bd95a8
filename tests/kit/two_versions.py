"""A made-up schema in two versions, `lunch@1` and `lunch@2`, and a catalogue that has both.

The later one has a column of each type more, and a choice. No missing value but that of the truth is 0, so that an
empty cell is none.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from zkcompliance import schemas
from zkcompliance.card import catalogue as cards
from zkcompliance.claim import catalogue
from zkcompliance.claim.card import card_of
from zkcompliance.schemas import SOURCES, Column, Schema

CARDS = Path(__file__).parents[2] / "circuits" / "cards"
LAST = (
    Column("evidence", "count", default=0, doc="number of the piece of evidence; 0: none"),
    Column("source", "enum", SOURCES, "self_declared", doc="how far the row is to be trusted"),
)
FIRST_COLUMNS = (
    Column("at", "time", doc="when it was served"),
    Column("dish", "enum", ("soup", "salad"), doc="what it was"),
    Column("price", "flop", default=0, doc="what it cost; 0: not stated"),
)
ADDED = (
    Column("until", "time", default=2**48 - 1, doc="when it was eaten"),
    Column("weight", "flop", default=2**90 + 5, doc="how heavy"),
    Column("guests", "count", default=2**31 + 7, doc="how many ate it"),
    Column("eaten", "ppm", default=1_000_000, doc="what share of it"),
    Column.share("liked", "who liked it; missing: nobody was asked"),
    Column("place", "id", default="canteen", doc="where"),
    Column("season", "enum", ("spring", "winter"), "winter", doc="when in the year"),
    Column("hot", "bool", default=False, doc="whether it was hot"),
)
ONE = Schema("lunch", (*FIRST_COLUMNS, *LAST), 1, "one row is one lunch")
TWO = Schema(
    "lunch",
    (
        FIRST_COLUMNS[0],
        Column("dish", "enum", ("soup", "salad", "bread"), doc="what it was"),
        FIRST_COLUMNS[2],
        *ADDED,
        *LAST,
    ),
    2,
    "one row is one lunch",
    ordered=(("at", "until"),),
)
EXTENDED, UNCHANGED_LATER = "rows-extended-lunch-1-2", "rows-unchanged-lunch-2"
CLAIMS = (
    "log-floor-lunch", "log-floor-lunch-2", "rows-unchanged-lunch", UNCHANGED_LATER, EXTENDED,
)  # fmt: skip


def forget() -> None:
    """Where claims are defined, and what their cards are: it is found again."""
    for found in (catalogue._homes, catalogue._home, cards.names, cards.load, cards.roll_ups):
        found.cache_clear()


@contextmanager
def in_catalogue(folder: Path) -> Iterator[Path]:
    """The catalogue has both versions and their cards, which lie in `folder` with those of all other claims."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(schemas, "CATALOGUE", (*schemas.CATALOGUE, TWO))
        patched.setattr(schemas, "BUILT_IN", {**schemas.BUILT_IN, "lunch": TWO})
        patched.setattr(schemas, "EARLIER", (*schemas.EARLIER, ONE))
        forget()
        shutil.copytree(CARDS, folder, dirs_exist_ok=True)
        for name in CLAIMS:
            (folder / f"{name}.json").write_bytes(card_of(catalogue.load(name)).encoded)
        patched.setattr(cards, "folder", lambda *_: folder)
        forget()
        try:
            yield folder
        finally:
            forget()
