"""What a claim asks of the number of rows is read off its card, and nothing that only looks like it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from zkcompliance.card.asked_rows import asked_rows
from zkcompliance.claim import catalogue
from zkcompliance.claim.card import card_of
from zkcompliance.claim.language import ChipLog, ComputeLog, Count, Param, claim, let, require
from zkcompliance.claim.provable import provable

Made = Callable[[Any, Any, Any], Any]


def asked(make: Made, least: int = 3) -> dict[str, int]:
    def body(c: ComputeLog, d: ChipLog, least: Param[Count]) -> None:
        """A claim."""
        require("used", (c.count() + d.count() + least) != 98_765_432)
        require("x", make(c, d, least))

    return asked_rows(card_of(provable(claim("some-claim")(body))), {"least": least})


@pytest.mark.parametrize(
    ("make", "rows"),
    [
        (lambda c, d, least: c.count() >= 1, {"c": 1}),
        (lambda c, d, least: c.count() > 5, {"c": 6}),
        (lambda c, d, least: c.count() > least, {"c": 4}),
        (lambda c, d, least: c.count() >= 1200, {"c": 1200}),
        (lambda c, d, least: c.count() >= least, {"c": 3}),
        (lambda c, d, least: c.where(c.flop > 5).count() >= 2, {"c": 2}),
        (lambda c, d, least: c.any(c.flop > 5), {"c": 1}),
        (lambda c, d, least: c.where(c.flop > 5).any(c.phase == "other"), {"c": 1}),
        (lambda c, d, least: d.any(d.chip == "x"), {"d": 1}),
    ],
)  # fmt: skip
def test_a_requirement_that_asks_for_rows(make: Made, rows: dict[str, int]) -> None:
    assert asked(make) == rows


@pytest.mark.parametrize(
    "make",
    [
        lambda c, d, least: c.count() <= 5, lambda c, d, least: c.count() != 5,
        lambda c, d, least: (c.count() >= 1) | (d.count() >= 1),
        lambda c, d, least: c.any(c.flop > 5) | (d.count() >= 1),
        lambda c, d, least: (c.where(c.run == "x").count() >= 1) | (d.count() >= 1),
        lambda c, d, least: (c.where(c.run == "x(").count() >= 1) | (d.where(d.chip == ")").count() >= 1),
        lambda c, d, least: c.where(c.run == "x) is at least 1").count() <= 5,
        lambda c, d, least: c.where(let("x) is at least 1", c.flop) > 5).count() <= 5,
        lambda c, d, least: c.where(c.run == "a").every(c.site.or_else("is at least 1") == "is at least 1"),
        lambda c, d, least: c.group_by(c.run).count() >= 1, lambda c, d, least: ~(c.count() >= 1),
        lambda c, d, least: c.every(c.flop > 5), lambda c, d, least: c.flop.sum() >= 1,
    ],
)  # fmt: skip
def test_what_only_looks_like_it(make: Made) -> None:
    assert asked(make) == {}


def test_a_parameter_of_0_asks_for_nothing() -> None:
    assert asked(lambda c, d, least: c.count() >= least, 0) == {}


def test_the_catalogue() -> None:
    floor = card_of(catalogue.load("log-floor-eval"))
    assert asked_rows(floor, {"rows": 7, "sources": 1}) == {"log": 7}
    assert asked_rows(card_of(catalogue.load("training-compute-below")), {"limit": 5, "phases": 1}) == {}
