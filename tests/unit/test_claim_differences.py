"""Differences of means and shares: multiplied out exactly, what they mean over no rows, and what is too large."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import pytest

from tests.kit.compiled_proof import prove_and_verify
from tests.kit.exact_rows import encode_rows
from zkcompliance import schemas
from zkcompliance.claim.compile import compile_claim
from zkcompliance.claim.language import ComputeLog, Flop, Param, base, claim, fraction, require
from zkcompliance.claim.meaning.interpret import interpret
from zkcompliance.claim.meaning.sentences import sentence
from zkcompliance.errors import ClaimDefinitionError

job = base(start=0, end=9, run="r1", phase="pretraining", method="hardware", flop=7)


def defined(make: Any) -> Any:
    @claim("some-claim")
    def some_claim(c: ComputeLog, e: Param[Flop]) -> None:
        """A claim."""
        a, b = c.where(c.run == "a"), c.where(c.run == "b")
        require("used", e <= 2**111)
        require("x", make(a, b, c, e))

    return some_claim


def rows_of(a: list[int], b: list[int]) -> list[Any]:
    rows = [*(job(run="a", flop=each) for each in a), *(job(run="b", flop=each) for each in b)]
    return [encode_rows(schemas.compute, rows)] if rows else []


SAMPLES = ([], [0], [7], [1, 2], [2**96 - 1, 0, 5])


@pytest.mark.parametrize(("first", "second"), list(product(SAMPLES, SAMPLES)))
def test_it_is_the_difference_of_the_means(first: list[int], second: list[int]) -> None:
    words = {
        "<=": lambda a, b, c, e: a.flop.mean() - b.flop.mean() <= e,
        "<": lambda a, b, c, e: a.flop.mean() - b.flop.mean() < e,
        ">=": lambda a, b, c, e: a.flop.mean() - b.flop.mean() >= e,
        "==": lambda a, b, c, e: a.flop.mean() - b.flop.mean() == e,
        "abs": lambda a, b, c, e: abs(a.flop.mean() - b.flop.mean()) <= e,
    }
    made = {name: defined(make) for name, make in words.items()}
    for bound in (0, 1, 7, 2**95):
        found = {
            name: interpret(each, {"c": rows_of(first, second)}, {"e": bound}).holds for name, each in made.items()
        }
        if not first or not second:
            assert found == {"<=": True, "<": False, ">=": True, "==": True, "abs": True}
            continue
        gap = Fraction(sum(first), len(first)) - Fraction(sum(second), len(second))
        assert found == {
            "<=": gap <= bound, "<": gap < bound, ">=": gap >= bound, "==": gap == bound, "abs": abs(gap) <= bound,
        }  # fmt: skip


def test_the_largest_values_are_proved() -> None:
    """Sums of 2^96 − 1 beside counts, and a bound of 112 bits: limbs of their own, no value near p."""
    made = defined(lambda a, b, c, e: (a.flop.mean() - b.flop.mean() <= e) & (b.flop.mean() - a.flop.mean() <= e))
    rows = [job(run="a", flop=2**96 - 1)] * 5 + [job(run="b", flop=0)] * 3
    assert prove_and_verify(made, {"c": rows, "e": 2**96 - 1}) > 0
    assert not interpret(made, {"c": [encode_rows(schemas.compute, rows)]}, {"e": 2**96 - 2}).holds


def test_what_could_pass_the_bound_on_values_is_refused() -> None:
    def squares(a: Any, b: Any, c: Any, e: Any) -> Any:
        return (a.flop * a.flop).mean() - (b.flop * b.flop).mean() <= e * e

    with pytest.raises(ClaimDefinitionError, match=r"can reach 2\^\d+, over 2\^256\n  at test_.*\n  remedy: fewer"):
        defined(squares)
    assert compile_claim(defined(lambda a, b, c, e: a.flop.mean() - b.flop.mean() <= e)).program.digest


def test_sentences() -> None:
    def said(make: Any) -> str:
        return sentence(defined(make).requirements[1].value)

    assert said(lambda a, b, c, e: a.flop.mean() - b.flop.mean() <= e) == (
        "The difference (the mean FLOP spent over the rows of c (only rows where the run is ‘a’)) − (the mean FLOP "
        "spent "
        "over the rows of c (only rows where the run is ‘b’)) is at most `e` (which holds where either is over no "
        "rows)."
    )
    assert said(lambda a, b, c, e: abs(a.share(a.flop > 5) - c.share(c.flop > 5)) < "5%") == (
        "The size of the difference (the share of the rows of c (only rows where the run is ‘a’) for which the FLOP "
        "spent "
        "is above 5 FLOP) − (the share of the rows of c for which the FLOP spent is above 5 FLOP) is below 5% (which "
        "does not hold where either is over no rows)."
    )


def test_no_rows_are_warned_about() -> None:
    """Of the difference's both sides, and of a mean that is required in both directions."""
    made = defined(lambda a, b, c, e: a.flop.mean() - b.flop.mean() <= e)
    found = interpret(made, {"c": rows_of([5], [])}, {"e": 0})
    assert found.holds and found.warnings == ("'x' holds over zero rows: c (only rows where the run is ‘b’)",)
    both = defined(lambda a, b, c, e: (a.flop.mean() <= e) & (a.flop.mean() >= e))
    assert interpret(both, {"c": rows_of([], [5])}, {"e": 9}).warnings == (
        "'x' holds over zero rows: c (only rows where the run is ‘a’)",
    )
    either = defined(lambda a, b, c, e: (a.flop.mean() <= e) | (b.flop.mean() <= e))
    assert any(
        "c (only rows where the run is ‘a’)" in each
        for each in interpret(either, {"c": rows_of([], [5])}, {"e": 9}).warnings
    )


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda a, b, c, e: a.flop.mean() - 5 <= e, "a difference is of two"),
        (lambda a, b, c, e: e - a.flop.mean() <= 5, "it is only ever compared"),
        (lambda a, b, c, e: a.flop.mean() - c.share(c.flop > 5) <= e, "Flop − Ppm has no meaning"),
        (lambda a, b, c, e: a.flop.mean() - b.flop.mean() <= "5%", "is not"),
        (lambda a, b, c, e: (a.flop.mean() - b.flop.mean()) * 2 <= e, "only ever compared"),
        (lambda a, b, c, e: a.flop.mean() - a.flop.quantile("5%") <= e, "a difference is of two"),
        (lambda a, b, c, e: fraction(c.flop.sum(), e) - a.flop.mean() <= e, "− Flop has no meaning"),
    ],
)
def test_refusals(make: Any, words: str) -> None:
    with pytest.raises(ClaimDefinitionError) as caught:
        defined(make)
    assert words in caught.value.message and "\n  remedy: " in caught.value.message
