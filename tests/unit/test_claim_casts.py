"""Quotients by a unit, shares as plain numbers, and rates, which may be above 100 %: no unit goes unsaid."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.kit.exact_rows import encode_rows
from zkcompliance import schemas
from zkcompliance.claim.card import card_of
from zkcompliance.claim.compile import compile_claim
from zkcompliance.claim.language import (
    ComputeLog,
    Flop,
    Param,
    Ppm,
    Rate,
    Seconds,
    claim,
    days,
    fraction,
    percent,
    require,
    seconds,
    whole,
)
from zkcompliance.claim.meaning.interpret import interpret
from zkcompliance.claim.meaning.sentences import sentence
from zkcompliance.claim.provable import provable
from zkcompliance.errors import ClaimDefinitionError, UsageError

JOB = {"start": 0, "end": 9, "run": "r1", "phase": "pretraining", "method": "hardware", "flop": 7}


def defined(make: Any) -> Any:
    @claim("some-claim")
    def some_claim(
        c: ComputeLog, limit: Param[Flop], rate: Param[Rate], share: Param[Ppm], span: Param[Seconds]
    ) -> None:
        """A claim."""
        jobs = c.where(c.utilisation.is_given())
        require("used", (c.flop.sum() <= limit) & (fraction(c.flop.sum(), limit) <= rate) & (share <= rate))
        require("span", c.every(c.end - c.start <= span))
        require("x", make(jobs))

    return some_claim


def holds(make: Any, *rows: dict[str, Any], **params: Any) -> bool:
    given = {"limit": 2**100, "rate": "100000000%", "share": 0, "span": 2**39, **params}
    rows_of = [{**JOB, "utilisation": "50%", **row} for row in rows]
    made = defined(make)
    assert compile_claim(made).program.digest
    return interpret(made, {"c": [encode_rows(schemas.compute, rows_of)]}, given).holds


def test_a_quotient_by_a_unit_is_a_plain_number() -> None:
    def number(most: int) -> Any:
        return lambda j: ((j.end - j.start) // days(1)).max(empty=0) == most

    assert holds(number(2), {"end": 3 * 86400 - 1}) and holds(number(3), {"end": 3 * 86400})
    assert holds(lambda j: j.every((j.end - j.start) // seconds(1) == 9), {})
    assert holds(lambda j: j.every((j.end - j.start) % days(1) == seconds(5)), {"end": 86405})
    assert holds(lambda j: j.every(j.utilisation // percent(1) == 41), {"utilisation": "41.9%"})
    assert holds(lambda j: j.every(j.flop * percent(30) // whole() == 2), {"flop": 7})  # 30 % of it is Flop
    assert holds(lambda j: j.every(j.flop // seconds(2) <= "3"), {"flop": 7})  # Flop per second
    assert holds(lambda j: j.every((j.end - j.start) // 2 == seconds(4)), {})  # a plain divisor leaves the unit


def test_a_share_as_a_number() -> None:
    assert holds(lambda j: j.every(j.utilisation.as_ppm() == 500_000), {})
    assert holds(lambda j: j.utilisation.as_ppm().sum() == 1_000_001, {}, {"utilisation": "50.0001%"})
    assert holds(lambda j: j.every(percent(5).as_ppm() + j.utilisation.as_ppm() == 550_000), {})


def test_sentences() -> None:
    def said(make: Any) -> str:
        return sentence(defined(make).requirements[2].value)

    row = "For every row of c (only rows where the utilisation is given), "
    assert said(lambda j: j.every((j.end - j.start) // days(7) <= 5)) == (
        f"{row}((the end − the start) / 1 week, rounded down) is at most 5."
    )
    assert said(lambda j: j.every(j.utilisation.as_ppm() <= 5)) == (
        f"{row}the utilisation in parts per million is at most 5."
    )
    assert said(lambda j: j.every(j.utilisation // percent(1) <= 5)) == (
        f"{row}(the utilisation / 1%, rounded down) is at most 5."
    )


def test_a_rate_may_be_above_100_percent() -> None:
    rate = defined(lambda j: j.count() <= 98_765_432).params[1]
    for given in ("250%", "2.5", "2500000 ppm", Decimal("2.5")):
        assert rate.parse(given) == 2_500_000
    assert rate.show(2_500_000) == "250%" and rate.kind == "Rate"
    assert rate.parse("100000000%") == 10**12
    for given in ("100000001%", 250, "250", "-5%", "0.00001%", 2.5):
        with pytest.raises(UsageError):
            rate.parse(given)
    with pytest.raises(UsageError, match="is over 100 %"):
        defined(lambda j: j.count() <= 98_765_432).params[2].parse("250%")


def test_a_fraction_beside_a_rate() -> None:
    def grown(j: Any) -> Any:
        late = j.where(j.start > 0)
        return fraction(late.flop.sum(), j.where(j.start == 0).flop.sum()) <= "250%"

    assert holds(grown, {"flop": 2}, {"flop": 5, "start": 1}) and not holds(grown, {"flop": 2}, {"flop": 6, "start": 1})
    assert not holds(lambda j: j.count() == 1, {}, limit=6) and not holds(lambda j: j.count() == 1, {}, rate=0)
    assert holds(lambda j: j.count() == 1, {}, limit=7, rate="100%")
    assert holds(lambda j: j.utilisation.mean() <= "50%", {})


def test_it_stands_in_the_card() -> None:
    made = provable(defined(lambda j: j.count() <= 98_765_432))
    card = card_of(made)
    rate, share = card.params[1], card.params[2]
    assert (rate.type.rate, rate.high, share.type.rate, share.high) == (True, 10**12, False, 10**6)
    assert b'"rate": true' in card.encoded


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda j: j.every(j.flop.as_ppm() <= 5), "as_ppm of a Flop"),
        (lambda j: j.every((j.end - j.start) // days(1) <= days(5)), "Int <= Seconds has no meaning"),
        (lambda j: j.every(j.utilisation.as_ppm() <= percent(5)), "Int <= Ppm has no meaning"),
        (lambda j: j.every((j.end - j.start) // days(0) <= 5), "division by a number below 1"),
        (lambda j: j.every((j.end - j.start) // (j.end - j.start + 5) <= 5), "division by what is not a literal"),
        (lambda j: j.every(j.flop % days(1) <= 5), "Flop % Seconds has no meaning"),
        (lambda j: j.utilisation.mean() <= "150%", "is over 100 %"),
        (lambda j: fraction(j.flop.sum(), 5) <= "5%", "is no column"),
        (lambda j: j.every(j.run // days(1) <= 5), "a Id cannot be divided"),
    ],
)
def test_refusals(make: Any, words: str) -> None:
    with pytest.raises(ClaimDefinitionError) as caught:
        defined(make)
    assert words in caught.value.message
    assert "\n  at test_claim_casts.py:" in caught.value.message and "\n  remedy: " in caught.value.message
