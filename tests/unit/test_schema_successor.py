"""Whether a schema is a later version of another: what it may add, and each way not to be one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.kit.two_versions import ADDED, CLAIMS, ONE, TWO, in_catalogue
from zkcompliance import schemas
from zkcompliance.card import catalogue as cards
from zkcompliance.claim import catalogue
from zkcompliance.errors import NotASuccessor, UsageError
from zkcompliance.schemas import Column, Schema
from zkcompliance.schemas.evolution import Way, added, check_successor, missing_limbs, narrowed, places, widened


def changed(name: str, **to: object) -> Schema:
    """TWO with a column as it should not be."""
    return replace(TWO, columns=tuple(replace(c, **to) if c.name == name else c for c in TWO.columns))  # type: ignore[arg-type]


def without(*names: str) -> Schema:
    return replace(TWO, columns=tuple(c for c in TWO.columns if c.name not in names), ordered=())


def moved(name: str, at: int) -> Schema:
    column = TWO.column(name)
    rest = [c for c in TWO.columns if c.name != name]
    return replace(TWO, columns=(*rest[:at], column, *rest[at:]))


def test_what_a_later_version_may_be() -> None:
    check_successor(ONE, TWO)
    assert added(ONE, TWO) == list(ADDED)
    assert {column.type_text.partition("(")[0] for column in ADDED} == {
        "time", "flop", "count", "ppm", "ppm?", "id", "enum", "bool",
    }  # fmt: skip
    check_successor(ONE, replace(ONE, version=7))
    check_successor(TWO, replace(TWO, version=3, columns=(*TWO.columns[:-2], Column("more", "bool", default=True), *TWO.columns[-2:])))  # fmt: skip  # noqa: E501
    ending = Schema("x", (Column("a", "count"),))
    check_successor(ending, Schema("x", (Column("a", "count"), Column.share("b")), 2))


NOT_ONE: list[tuple[str, Way, Callable[[], Schema]]] = [
    ("another name", Way.NAME, lambda: replace(TWO, name="dinner")),
    ("the same version", Way.VERSION, lambda: replace(TWO, version=1)),
    ("a column gone", Way.GONE, lambda: without("price")),
    ("evidence gone", Way.GONE, lambda: without("evidence")),
    ("another type", Way.TYPE, lambda: changed("price", type="count")),
    ("an enum as a truth", Way.TYPE, lambda: changed("dish", type="bool", choices=())),
    ("choices reordered", Way.CHOICES, lambda: changed("dish", choices=("salad", "soup", "bread"))),
    ("a choice in front", Way.CHOICES, lambda: changed("dish", choices=("bread", "soup", "salad"))),
    ("a choice between", Way.CHOICES, lambda: changed("dish", choices=("soup", "bread", "salad"))),
    ("a choice gone", Way.CHOICES, lambda: changed("dish", choices=("soup",))),
    ("a choice renamed", Way.CHOICES, lambda: changed("dish", choices=("soup", "greens"))),
    ("another missing value", Way.MISSING, lambda: changed("price", default=1)),
    ("a missing value where there was none", Way.MISSING, lambda: changed("at", default=0)),
    ("no missing value any more", Way.MISSING, lambda: changed("price", default=None)),
    ("may lie in the future", Way.DEADLINE, lambda: changed("at", deadline=True)),
    ("a new column that has to be there", Way.NEEDED, lambda: changed("guests", default=None)),
    ("old columns exchanged", Way.PLACE, lambda: moved("price", 1)),
    ("a new column between old ones", Way.PLACE, lambda: moved("hot", 1)),
    ("a new column behind evidence", Way.PLACE, lambda: moved("hot", len(TWO.columns) - 1)),
    ("a new rule that old rows break", Way.RULE, lambda: replace(TWO, ordered=(("until", "at"),))),
]


@pytest.mark.parametrize(("way", "schema"), [each[1:] for each in NOT_ONE], ids=[each[0] for each in NOT_ONE])
def test_what_is_no_later_version(way: Way, schema: Callable[[], Schema]) -> None:
    with pytest.raises(NotASuccessor) as caught:
        check_successor(ONE, schema())
    assert caught.value.way == way and "is no successor of lunch@1" in caught.value.message


def test_every_way_is_tried_but_a_rule_that_is_gone() -> None:
    assert {way for _, way, _ in NOT_ONE} == set(Way)
    ruled = replace(TWO, version=3, ordered=())
    with pytest.raises(NotASuccessor, match="the rule at ≤ until is gone"):
        check_successor(TWO, ruled)
    share = Schema("x", (Column("a", "ppm", default=0),))
    with pytest.raises(NotASuccessor, match=r"ppm\?, and was ppm"):
        check_successor(share, Schema("x", (Column.share("a"),), 2))


def test_a_new_rule_between_old_columns() -> None:
    """Old rows may break it, whatever the new columns are."""
    old = replace(ONE, columns=(*ONE.columns[:3], Column("eaten", "time", default=0), *ONE.columns[3:]))
    new = replace(old, version=2, ordered=(("at", "eaten"),))
    with pytest.raises(NotASuccessor) as caught:
        check_successor(old, new)
    assert caught.value.way == Way.RULE


def test_every_later_version_that_is_built_in_is_one() -> None:
    for pair in schemas.changes():
        check_successor(*pair)


ROWS = [{"at": 1_767_571_200 + n, "dish": dish, "price": 2**80 + n} for n, dish in enumerate(("soup", "salad", "soup"))]


def test_old_rows_are_new_rows_in_which_the_new_columns_are_missing() -> None:
    """By two ways: widened as limbs, and written anew without the new columns."""
    old = schemas.encode_rows(ONE, ROWS)
    wide = widened(ONE, TWO, old)
    assert (wide == schemas.encode_rows(TWO, ROWS)).all()
    back = narrowed(ONE, TWO, wide)
    assert back is not None and (back == old).all()
    assert (wide[places(ONE, TWO)] == old).all()
    assert {place for place, _ in missing_limbs(ONE, TWO)} == set(range(TWO.width)) - set(places(ONE, TWO))
    padded = np.concatenate([old, np.full((ONE.width, 2), 9, np.uint32)], axis=1)
    padded[0, 3:] = 0
    assert not widened(ONE, TWO, padded)[:, 3:].any()


def test_what_the_earlier_version_cannot_say_is_not_narrowed() -> None:
    for column in ADDED:
        said = {"guests": 0, "place": "", "eaten": 0, "season": "spring", "hot": True, "liked": 0, "weight": 0}
        value = said.get(column.name, 1_767_571_300)
        wide = schemas.encode_rows(TWO, [{**ROWS[0], column.name: value if value != "" else "0x" + "0" * 32}])
        assert narrowed(ONE, TWO, wide) is None, column.name
    assert narrowed(ONE, TWO, schemas.encode_rows(TWO, [{**ROWS[0], "dish": "bread"}])) is None


def test_both_versions_in_the_catalogue(tmp_path: Path) -> None:
    assert schemas.versions("lunch") == ()
    with in_catalogue(tmp_path):
        assert schemas.by_name("lunch") is schemas.by_name("lunch@2") is TWO and schemas.by_name("lunch@1") is ONE
        with pytest.raises(UsageError, match="there is lunch@1, lunch@2"):
            schemas.by_name("lunch@3")
        assert schemas.parse_text(ONE.text) is ONE and schemas.parse_text(TWO.text) is TWO
        assert (ONE, TWO) in schemas.changes() and schemas.earlier(TWO) == (ONE,) and schemas.earlier(ONE) == ()
        assert {name for name in catalogue.names() if "lunch" in name} == set(CLAIMS)
        assert cards.schemas()["lunch"] == (ONE.digest, TWO.digest)
        assert cards.floor("lunch").slots[0].digest == TWO.digest
        assert cards.floor("lunch", ONE.digest).slots[0].digest == ONE.digest
        assert [cards.label(each.digest) for each in (ONE, TWO)] == ["lunch@1", "lunch@2"]
        for pair in ((ONE, ONE), (TWO, TWO), (ONE, TWO)):
            card = cards.goes_on(pair[0].digest, pair[1].digest)
            assert card is not None and card.program == catalogue.goes_on(*pair).program_digest
        assert cards.goes_on(TWO.digest, ONE.digest) is None, "no log goes back"
        with pytest.raises(NotASuccessor):
            catalogue.goes_on(TWO, ONE)
    assert schemas.versions("lunch") == () and "lunch" not in cards.schemas()


def test_every_schema_is_there_by_its_name() -> None:
    for name in (name for name in schemas.names() if not schemas.by_name(name).rolled_up):
        assert getattr(schemas, name) is schemas.by_name(name) and name in schemas.__all__
    assert schemas.eval is schemas.eval_
