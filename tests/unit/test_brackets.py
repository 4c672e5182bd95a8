"""`sealed_within` and `not_ahead`: a time of a row held against every moment of the bracket of its segment."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.kit.exact_rows import encode_rows
from zkcompliance import schemas
from zkcompliance.card import words
from zkcompliance.card.file import decode
from zkcompliance.card.model import Card
from zkcompliance.claim.language import (
    EventLog,
    Expr,
    IncidentLog,
    LogTable,
    Param,
    Seconds,
    base,
    claim,
    days,
    lookup,
    not_ahead,
    param,
    require,
    sealed_within,
    seconds,
    select,
)
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.claim.language.written import outline
from zkcompliance.claim.meaning.brackets import OPEN, Bracket
from zkcompliance.claim.meaning.interpret import Finding, interpret
from zkcompliance.claim.meaning.sentences import sentence
from zkcompliance.errors import ClaimDefinitionError, UsageError
from zkcompliance.schemas import Schema

TOP = 2**48 - 1
event = base(serial=1, model="m1", kind="eval", cumulative_flop=0)


@claim("sealed-in-time")
def sealed_in_time(events: EventLog, delay: Param[Seconds] = param("how long", default="2 days")) -> None:
    """Every row was sealed within `delay` of its time, and none names a time that was yet to come."""
    require("soon", events.every(sealed_within(events.at, delay)))
    require("not before it happened", events.every(not_ahead(events.at, delay)))


def table(*times: int) -> np.ndarray:
    """A segment with one row for each time, and padding of other values, which no word sees."""
    made = encode_rows(schemas.event, [event(at=at) for at in times]) if times else np.zeros((schemas.event.width, 0))
    padding = np.full((schemas.event.width, 2), 65535)
    padding[0] = 0
    return np.concatenate([padding[:, :1], made, padding], axis=1).astype(np.uint32)


def found(segments: list[list[int]], brackets: list[Bracket] | None, delay: int = 2) -> Finding:
    tables = {"events": [table(*times) for times in segments]}
    given = None if brackets is None else {"events": brackets}
    return interpret(sealed_in_time, tables, {"delay": delay}, brackets=given)


def test_they_are_about_every_moment_of_the_bracket() -> None:
    for at, first, length, delay in itertools.product(range(7), range(5), range(4), range(4)):
        moments = range(first, first + length + 1)
        failing = found([[at]], [(first, first + length)], delay).failing
        assert ("soon" not in failing) == all(moment - delay <= at for moment in moments)
        assert ("not before it happened" not in failing) == all(at <= moment + delay for moment in moments)


def test_a_wider_bracket_only_makes_them_harder() -> None:
    for at, delay, (a, b, c, d) in itertools.product(
        range(6), (0, 2), itertools.combinations_with_replacement(range(6), 4)
    ):
        assert found([[at]], [(b, c)], delay).holds or not found([[at]], [(a, d)], delay).holds


def test_each_row_has_the_bracket_of_its_own_segment() -> None:
    assert found([[100, 101], [], [500]], [(100, 102), (0, 9), (500, 501)]).holds
    other = found([[100, 101], [], [500]], [(100, 102), (500, 501), (0, 9)])
    assert other.failing == ("not before it happened",)
    assert other.outcomes[1].faults == {"events": (3,)}


def test_logs_in_one_slot_bring_their_brackets_with_them() -> None:
    """Their order does not matter, since each row is held against its own segment."""
    logs: list[tuple[list[int], Bracket]] = [([10, 11], (10, 12)), ([70], (69, 71)), ([40, 41, 42], (40, 42))]
    for order in itertools.permutations(logs):
        assert found([times for times, _ in order], [bracket for _, bracket in order]).holds
        stayed = [bracket for _, bracket in logs]
        assert found([times for times, _ in order], stayed).holds == (list(order) == logs)


def test_under_an_open_bracket_they_fail_on_every_row_of_an_ordinary_time() -> None:
    year = 365 * 86400
    for delay in (0, year, 30 * year):
        assert found([[55 * year]], None, delay).failing == ("soon", "not before it happened")
        assert found([[55 * year]], [OPEN], delay).failing == ("soon", "not before it happened")
    assert found([[55 * year]], [(0, 55 * year)], year).failing == ("not before it happened",)
    assert found([[55 * year]], [(54 * year, TOP)], year).failing == ("soon",)


def test_at_the_ends_of_what_a_time_can_be() -> None:
    assert found([[TOP]], [(TOP, TOP)], 0).holds
    assert found([[0]], [(0, 0)], 0).holds
    assert found([[0]], [OPEN], 0).failing == ("soon",)
    assert found([[TOP]], [OPEN], 0).failing == ("not before it happened",)
    longest = 2**40 - 1
    assert found([[TOP - longest]], [(TOP, TOP)], longest).holds
    assert found([[TOP - longest - 1]], [(TOP, TOP)], longest).failing == ("soon",)
    assert found([[TOP]], [(TOP - longest, TOP)], longest).holds
    assert found([[TOP]], [(TOP - longest - 1, TOP)], longest).failing == ("not before it happened",)


def test_over_no_rows_they_hold_whatever_the_bracket_and_say_so() -> None:
    empty = found([[]], None)
    assert empty.holds
    assert [text for text in empty.warnings if "zero rows" in text]


@pytest.mark.parametrize("brackets", [[(1, 0)], [(-1, 5)], [(0, 2**48)], [], [(0, 1), (0, 1)]])
def test_brackets_that_are_none(brackets: list[Bracket]) -> None:
    with pytest.raises(UsageError, match="log events"):
        found([[5]], brackets)


def card_of(made: ClaimDefinition) -> Card:
    slots = {log.name: log.schema for log in made.logs}
    return decode(outline(made.id, 1, made.doc, slots, made.params, made.requirements, made.reveals).encoded)


def test_what_is_said() -> None:
    said = [sentence(each.value) for each in sealed_in_time.requirements]
    assert said == [
        "For every row of events, every moment of its segment's bracket is at most `delay` after the time of the "
        "event.",
        "For every row of events, the time of the event is at most `delay` after every moment of its segment's "
        "bracket.",
    ]
    assert all(text in words.explain(card_of(sealed_in_time)) for text in (*said, *words.WHAT_A_BRACKET_IS))

    @claim("no-bracket")
    def no_bracket(events: EventLog) -> None:
        """Nothing of brackets."""
        require("one", events.count() >= 1)

    assert words.WHAT_A_BRACKET_IS[0] not in words.explain(card_of(no_bracket))


def test_marks() -> None:
    """Rows keep their segments' brackets in any order of logs, and each row meets the condition or not by itself."""
    (slot,) = card_of(sealed_in_time).slots
    assert (slot.order, slot.more) == (False, True)

    @claim("late-first")
    def late_first(events: EventLog) -> None:
        """An order that leaves ties: two rows that are the same may be of segments with different brackets."""
        late = events.order_by(events.at)
        soon = Expr(sealed_within(late.at, 5).node, late.rows)
        require("after", late.every(soon | (late.at.previous(default=0) < late.at)))

    assert card_of(late_first).slots[0].order


class Rolled(LogTable, schema=Schema("event.rollup", schemas.event.columns)):
    """A log that stands for another."""


def on_rows(make: Callable[[EventLog, IncidentLog], Any]) -> Callable[..., None]:
    def body(e: EventLog, i: IncidentLog) -> None:
        """A claim."""
        require("x", make(e, i))

    return body


def on_a_roll_up(e: Rolled) -> None:
    """A claim."""
    require("x", e.every(sealed_within(e.at, 5)))


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (on_rows(lambda e, i: e.every(sealed_within(e.serial, 5))), "no time of a row"),
        (on_rows(lambda e, i: e.every(sealed_within(e.at - e.at, 5))), "no time of a row"),
        (on_rows(lambda e, i: e.every(not_ahead("2026-01-05T00:00:00Z", 5))), "no time of a row"),  # type: ignore[arg-type]
        (on_rows(lambda e, i: not_ahead(e.at.max(empty=0), 5)), "no time of a row"),
        (on_rows(lambda e, i: (m := e.group_by(e.model)).every(sealed_within(m.max(e.at), 5))), "of a group"),
        (on_rows(lambda e, i: (m := e.group_by(e.at)).every(not_ahead(m.at, 5))), "of a group"),
        (on_rows(lambda e, i: e.every(sealed_within(e.at.previous(default=0), 5))), "that other rows name"),
        (on_rows(lambda e, i: e.every(not_ahead(e.at.next(default=0) + 5, 5))), "that other rows name"),
        (on_rows(lambda e, i: e.every(sealed_within(e.at + (e.at.max(empty=0) - e.at), 5))), "that other rows name"),
        (
            on_rows(lambda e, i: e.every(not_ahead(lookup(e.serial, i.serial, i.aware, default=0), 5))),
            "that other rows name",
        ),
        (on_a_roll_up, "on a roll-up"),
        (on_rows(lambda e, i: e.every(sealed_within(e.at, e.at - e.at))), "a delay is a length of time of its own"),
        (on_rows(lambda e, i: e.every(sealed_within(e.at, seconds(5) - days(1)))), "never below 0"),
        (on_rows(lambda e, i: e.every(not_ahead(e.at, e.count()))), "a delay is a length of time of its own"),
        (on_rows(lambda e, i: e.every(sealed_within(e.at, 2.5))), "is a float"),
        (on_rows(lambda e, i: e.every(sealed_within(i.aware, 5))), "of another table"),
    ],
)  # fmt: skip
def test_what_is_refused(body: Callable[..., None], what: str) -> None:
    with pytest.raises(ClaimDefinitionError) as caught:
        claim("refused")(body)
    assert what in caught.value.message and "at test_brackets.py:" in caught.value.message


def test_a_time_that_is_made_of_the_rows_own_columns_is_taken() -> None:
    @claim("own-columns")
    def own_columns(i: IncidentLog, late: Param[Seconds]) -> None:
        """The later of two times of the row."""
        named = select(i.reported.is_given(), i.reported, i.aware + late)
        require("soon", i.every(sealed_within(named, late)) & (i.where(~not_ahead(i.aware, late)).count() <= 1))

    rows = [{"serial": 1, "category": "death", "occurred": 0, "aware": 5, "reported": r} for r in (0, 9)]
    tables = {"i": [encode_rows(schemas.incident, rows)]}
    assert interpret(own_columns, tables, {"late": 3}, brackets={"i": [(5, 11)]}).holds
    assert not interpret(own_columns, tables, {"late": 3}, brackets={"i": [(5, 12)]}).holds
