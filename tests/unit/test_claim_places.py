"""Public sets of values: how they are written, held as one integer, cut into places, and shown."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.kit.exact_rows import encode_rows
from zkcompliance.card import places
from zkcompliance.claim.card import explain
from zkcompliance.claim.language import (
    Bool,
    ChipLog,
    EventLog,
    Id,
    Param,
    Phase,
    Ppm,
    SetOf,
    Time,
    base,
    claim,
    param,
    require,
    within,
)
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.claim.meaning.interpret import interpret
from zkcompliance.claim.provable import provable
from zkcompliance.errors import ClaimDefinitionError, UsageError
from zkcompliance.schemas import chip

row = base(chip="c1", kind="h100_sxm", owner="acme", site="s1", **{"from": 0})


@claim("banned")
def banned(
    used: ChipLog,
    chips: Param[SetOf[Id]] = param("chips that nobody may use", places=3, default=("c7", "c8")),
    times: Param[SetOf[Time]] = param(default=("2026-01-05", 0)),
) -> None:
    """No chip is banned."""
    require("not banned", used.none(used.chip.is_in(chips)))
    require("begun then", used.every(used.from_.is_in(times)))


def holds(*rows: dict[str, object], **given: object) -> bool:
    publics = {name: banned.publics(given)[name] for name in ("chips", "times")}
    return interpret(banned, {"used": [encode_rows(chip, rows)]}, publics).holds


def test_texts_lists_and_integers_are_one_set() -> None:
    texts = banned.publics({"chips": "c9, c1,c9"})
    assert texts == banned.publics({"chips": ["c1", "c9"]}) == banned.publics({"chips": texts["chips"]})
    assert len(places.members(texts["chips"], 128)) == 2
    chips, times = banned.params
    assert chips.show(chips.parse("0x" + "00" * 15 + "01")) == "0x" + "00" * 15 + "01"
    assert times.show(times.default or 0) == "1970-01-01 00:00:00 UTC, 2026-01-05 00:00:00 UTC"
    assert chips.show(chips.parse("")) == "none"


def test_the_empty_set_and_the_missing_value() -> None:
    """An unused place is no member: a missing id, which is 0, is in a set only if 0 is."""
    missing = row(chip="c1", site="")
    assert holds(missing)
    assert holds(row(chip="c1"), chips=[])
    assert not holds(row(chip="c1"), chips=["c1"])
    assert not holds(row(chip="c1"), times=[])
    assert holds(row(chip="c1"), chips=[0])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"chips": "a,b,c,d"}, "chips: 4 members in a set of at most 3"),
        ({"chips": 5}, "chips is no set: members ascend, each once, and unused places are last"),
        ({"chips": 1 << 400}, "chips is from"),
        ({"chips": [1 << 128]}, "an id, a text, belongs"),
        ({"times": [-1]}, "times: a member is from 1970"),
        ({"times": [True]}, "times: 'True' is a truth value"),
        ({"times": 3.5}, "times: a float where a set of Time belongs"),
    ],
)
def test_what_is_no_set(given: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        banned.publics(given)
    assert words in caught.value.message


def test_sentences() -> None:
    text = explain(provable(banned))
    assert "chips (Set of Id, at most 3; default c7, c8" in text or "at most 3; default c8, c7" in text
    assert "For no row of used, the chip is one of `chips`." in text


def test_sentences_of_neighbours_and_absence() -> None:
    @claim("said")
    def said(events: EventLog, others: EventLog) -> None:
        """Said."""
        runs = events.group_by(events.model.or_else(""))
        by_size = runs.order_by(runs.size(), runs.model)
        before = events.at.previous(default=0, per=events.model.or_else(""))
        require(
            "a",
            events.every(
                ~within(events.model.or_else(""), others.model.or_else("")) | (before.previous(default=0) <= events.at)
            ),
        )
        require("b", by_size.every(by_size.size().previous(default=0) <= 5))

    text = explain(provable(said))
    assert (
        "there is no row of others whose model (where missing, none) is this row's model (where missing, none) or "
    ) in text
    assert (
        "the time of the event on the closest earlier row of events with the same model (where missing, none) (if "
    ) in text
    assert (
        "the number of its rows on the closest earlier of the values of model (where missing, none) in events, in"
        in text
    )
    assert "the the" not in text


def refused(make: object) -> str:
    with pytest.raises(ClaimDefinitionError) as caught:
        claim("refused")(make)  # type: ignore[arg-type]
    return caught.value.message


def test_refusals() -> None:
    def phases(used: ChipLog, those: Param[SetOf[Phase]] = param(places=3)) -> None:
        """Places of choices."""

    def many(used: ChipLog, those: Param[SetOf[Id]] = param(places=65)) -> None:
        """Too many."""

    def truths(used: ChipLog, those: Param[SetOf[Bool]]) -> None:
        """Truth values."""

    def units(used: ChipLog, those: Param[SetOf[Ppm]]) -> None:
        """Another type."""
        require("a", used.every(used.chip.is_in(those)))

    def reordered(used: ChipLog, those: Param[SetOf[Id]] = param(at_least="a")) -> None:
        """Bounds."""

    assert "has places and is no set of values" in refused(phases)
    assert "has 65 places" in refused(many)
    assert "a set of truth values" in refused(truths)
    assert "a Id is never in a Set of Ppm" in refused(units)
    assert "is a set and has no bounds" in refused(reordered)


@given(st.lists(st.integers(0, 2**16 - 1), max_size=6), st.integers(0, 2**20))
@example(found=[0], limit=1 << 16)  # the parameter beside it is worth what a used place holds
def test_places_are_cut_and_gathered(found: list[int], limit: int) -> None:
    value = places.encode(found, 16, 6)
    slots = [(places.name("x", i), 17) for i in range(6)]
    spread = places.spread([*slots, ("limit", 21)], {"x": value, "limit": limit})
    used = [v & 0xFFFF for public, v in spread.items() if public != "limit" and v >> 16]
    assert used == sorted(set(found)) and spread["limit"] == limit
    stated = [(name, bits, spread[name]) for name, bits in [*slots, ("limit", 21)]]
    assert places.gathered(stated) == {"x": value, "limit": limit}
    assert set(places.members(value, 16)) == set(found)


def test_a_definition_is_one() -> None:
    assert isinstance(banned, ClaimDefinition)
    assert [name for name, _ in banned.params[0].publics] == ["chips[1]", "chips[2]", "chips[3]"]
    assert {bits for _, bits in banned.params[0].publics} == {129}
