"""What sentences say: columns by their own words, ids as they were typed, what has a name once, and nothing twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.kit.work import Work
from zkcompliance import schemas
from zkcompliance.card.sentence import apart
from zkcompliance.claim import catalogue
from zkcompliance.claim.card import card_of
from zkcompliance.claim.language import (
    ChipLog,
    ComputeLog,
    Flop,
    Param,
    band_of,
    claim,
    fraction,
    larger,
    let,
    require,
    select,
    smaller,
)
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.claim.meaning.sentences import sentence
from zkcompliance.claim.provable import provable
from zkcompliance.schemas.rolled import ROLL_UPS


def said(make: Callable[..., Any]) -> str:
    """The sentence of a condition over two logs and a limit."""

    def body(c: ComputeLog, d: ChipLog, limit: Param[Flop]) -> None:
        """A claim."""
        require("used", (c.flop.sum() <= limit) & (d.count() != 98_765_432))
        require("x", make(c, d, limit))

    return sentence(claim("said")(body).requirements[1].value)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda c, d, x: d.where(d.until.is_given()).every(d.until >= d.from_),
         "For every row of d (only rows where the end of tenure is given), the start of tenure is not after the end of "
         "tenure."),
        (lambda c, d, x: c.every((c.run == "base-1") | c.run.is_in(("b", "a", "c"))),
         "For every row of c, the run is ‘base-1’ or the run is one of ‘a’, ‘b’, ‘c’."),
        (lambda c, d, x: c.every(smaller(c.flop, larger(x, 5)) <= 7),
         "For every row of c, (the smaller of the FLOP spent and (the larger of `limit` and 5 FLOP)) is at most 7 "
         "FLOP."),
        (lambda c, d, x: c.every(abs(c.end - c.start) <= "2 days"),
         "For every row of c, (the distance between the end and the start) is at most 2 days."),
        (lambda c, d, x: c.every(abs((c.end - c.start) * 2 - 3) % 7 == 5),
         "For every row of c, (the remainder of (the distance between (the end − the start) × 2 and 3 seconds) by 7) "
         "is 5 "
         "seconds."),
        (lambda c, d, x: c.every(band_of(c.flop, "1e23", 10**25) <= 1),
         "For every row of c, (the number of the edges 1e23 FLOP, 1e25 FLOP that the FLOP spent has reached) is at "
         "most 1."),
        (lambda c, d, x: c.every(let("span", c.end - c.start) <= "1 day"),
         "For every row of c, “span” is at most 1 day; “span” is (the end − the start)."),
        (lambda c, d, x: c.flop.mean() <= x, "The mean FLOP spent over the rows of c is at most `limit` (which holds "
                                             "over no rows)."),
        (lambda c, d, x: c.flop.mean() > x,
         "The mean FLOP spent over the rows of c is above `limit` (which does not hold over no rows)."),
        (lambda c, d, x: c.share(c.flop > 5) != "50%",
         "The share of the rows of c for which the FLOP spent is above 5 FLOP is not 50% (which does not hold over no "
         "rows)."),
        (lambda c, d, x: fraction(x, c.flop.sum()) >= "50%",
         "`limit`, as a share of the total FLOP spent in c, is at least 50% (which holds where both are 0)."),
        (lambda c, d, x: c.group_by(c.run).every(c.group_by(c.run).mean(c.flop) <= 5),
         "For every run in c, the mean FLOP spent is at most 5 FLOP."),
        (lambda c, d, x: c.group_by(c.run).count() <= 5, "The number of distinct values of run in c is at most 5."),
        (lambda c, d, x: d.every(d.peak.or_else("1e15") <= "1e16"),
         "For every row of d, the peak speed (where missing, 1e15 Flop/s) is at most 1e16 Flop/s."),
    ],
)  # fmt: skip
def test_a_condition_reads(make: Callable[..., Any], text: str) -> None:
    assert said(make) == text


def nested(step: Callable[[Any, Any, int], Any], times: int) -> Callable[..., Any]:
    def make(c: Any, d: Any, limit: Any) -> Any:
        term = c.flop
        for number in range(times):
            term = step(term, limit, number)
        return c.every(term <= limit)

    return make


STEPS: dict[str, Callable[[Any, Any, int], Any]] = {
    "smaller": lambda x, limit, i: smaller(x, limit + i),
    "larger": lambda x, limit, i: larger(limit + i, x),
    "sum": lambda x, limit, i: x + x * 0,
    "choice": lambda x, limit, i: select(x > i, x, limit),
    "named": lambda x, limit, i: let(f"x{i}", x + x * 0),
}


@pytest.mark.parametrize("name", STEPS)
def test_what_is_shared_is_said_once(name: str) -> None:
    """Twice as deep is about twice as long, and no work that doubles with each step."""
    with Work() as work:
        lengths = [len(said(nested(STEPS[name], times))) for times in (16, 32, 64)]
    assert lengths[2] < 2.5 * lengths[1] + 1000 < 8 * lengths[0] + 8000
    assert work.pieces < 5_000


def test_every_letter_is_explained() -> None:
    text = said(nested(STEPS["sum"], 60))
    letters = {text[i + 1 : text.index("”", i)] for i in range(len(text)) if text[i] == "“"}
    assert len(letters) > 5 and all(f"; “{letter}” is " in text for letter in letters)


def test_a_letter_is_no_name_of_the_authors() -> None:
    """So that two things never read as one."""

    def make(c: Any, d: Any, limit: Any) -> Any:
        long = c.flop
        for number in range(30):
            long = long + number
        return c.every((let("A", c.flop + 7) <= 50) & (long + long <= limit))

    text = said(make)
    assert "“A” is (the FLOP spent + 7 FLOP)" in text and "; “B” is " in text


def test_shared_terms_compile_in_time() -> None:
    """Eighteen choices, each of the one before: the compiler orders each once."""

    def body(c: ComputeLog, limit: Param[Flop]) -> None:
        """A claim."""
        term = c.flop
        for number in range(18):
            term = smaller(term, limit + number)
        require("small", c.every(term <= limit))

    definition: ClaimDefinition = claim("eighteen")(body)
    with Work() as work:
        assert len(card_of(provable(definition)).encoded) < 4000
    assert work.pieces < 20_000


# What every sentence of the catalogue keeps to

CARDS = [card_of(catalogue.load(name)) for name in catalogue.names()]
TEXTS = sorted({each.says.named() for card in CARDS for each in (*card.clauses, *card.reveals)})
UNREADABLE = ("the the ", "⌊", "1970-01-01 00:00:00", "(none)", "total total", "not (not", "of of ", "  ", "((only")
AUTHORS = re.compile("`[^`]*`|“[^“”]*”|‘[^‘’]*’")  # names of parameters, of values, and ids


def test_a_sentence_of_the_catalogue_is_english() -> None:
    assert not [text for text in TEXTS for each in UNREADABLE if each in text]
    assert not [text for text in TEXTS if "_" in AUTHORS.sub("", text)]
    assert not [text for text in TEXTS for left, right in ("()", "“”", "‘’") if text.count(left) != text.count(right)]


def test_a_sentence_of_the_catalogue_has_a_length() -> None:
    """Without what its names stand for, and with it."""
    asked = {text: apart(text)[0] for text in TEXTS}
    assert max(len(each) for text, each in asked.items() if " are exactly " not in text) < 800
    assert max(map(len, TEXTS)) < 3000


def test_two_columns_of_a_schema_have_two_words() -> None:
    every = [*schemas.CATALOGUE, *(each.rolled for each in ROLL_UPS)]
    for schema in every:
        words = [column.spoken for column in schema.columns]
        assert len(set(words)) == len(words), schema.label
        assert not [each for each in words if set(each) & set("()“”‘’`,;_")]


def test_what_a_name_stands_for_is_apart_but_not_in_an_id() -> None:
    text = said(lambda c, d, x: c.every((let("span", c.end - c.start) <= "1 day") | (c.run == "a; “span” is 5")))
    assert apart(text) == [
        "For every row of c, “span” is at most 1 day or the run is ‘a; “span” is 5’ (with U+201C, U+201D).",
        "“span” is (the end − the start).",
    ]
