"""Distinct values, the first and the last of rows and of groups, descending orders: what they are, and ties."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kit.exact_rows import encode_rows
from zkcompliance import schemas
from zkcompliance.claim.compile import compile_claim
from zkcompliance.claim.language import ChipLog, ComputeLog, base, claim, descending, require
from zkcompliance.claim.meaning.interpret import interpret
from zkcompliance.claim.meaning.row_order import uses_order
from zkcompliance.claim.meaning.sentences import sentence
from zkcompliance.errors import ClaimDefinitionError

job = base(start=0, end=9, run="r1", phase="pretraining", method="hardware", flop=7, site="s1")


def defined(make: Any) -> Any:
    @claim("some-claim")
    def some_claim(c: ComputeLog, d: ChipLog) -> None:
        """A claim."""
        require("used", d.count() <= 98_765_432)
        require("x", make(c, d))

    return some_claim


def holds(make: Any, *rows: dict[str, object]) -> bool:
    segments = [encode_rows(schemas.compute, list(rows))] if rows else []
    return interpret(defined(make), {"c": segments, "d": []}, {}).holds


def refused(make: Any, *words: str) -> None:
    with pytest.raises(ClaimDefinitionError) as caught:
        defined(make)
    assert "\n  at test_claim_ends.py:" in caught.value.message
    assert "\n  remedy: " in caught.value.message
    for word in words:
        assert word in caught.value.message


def test_distinct_values() -> None:
    def phases(c: Any, number: int) -> Any:
        return c.phase.n_unique() == number

    assert holds(lambda c, d: phases(c, 0))
    assert holds(lambda c, d: phases(c, 1), job(), job(), job())
    assert holds(lambda c, d: phases(c, 2), job(), job(phase="other"), job(), job(phase="other"))
    assert holds(lambda c, d: c.where(c.phase == "other").run.n_unique() == 1, job(run="r2"), job(phase="other"))
    assert holds(lambda c, d: (c.end - c.start).n_unique() == 1, job(), job(start=1, end=10))


def test_distinct_values_of_each_group() -> None:
    def at_most(c: Any, most: int) -> Any:
        runs = c.group_by(c.run)
        return runs.every(runs.n_unique(c.phase) <= most)

    rows = [job(), job(phase="other"), job(), job(run="r2"), job(run="r2")]
    assert holds(lambda c, d: at_most(c, 2), *rows) and not holds(lambda c, d: at_most(c, 1), *rows)
    assert holds(lambda c, d: at_most(c, 1), rows[0], *rows[2:]) and holds(lambda c, d: at_most(c, 1))


def test_the_first_and_the_last_of_a_group() -> None:
    def phase(word: str, *order: str) -> Any:
        def make(c: Any, d: Any) -> Any:
            runs = c.group_by(c.run)
            return runs.every(getattr(runs, word)(c.phase, order=[c[each] for each in order]) == "other")

        return make

    rows = [job(start=5, end=6), job(phase="other", start=3, end=9), job(run="r2", phase="other")]
    assert holds(phase("first", "start"), *rows) and not holds(phase("last", "start"), *rows)
    assert holds(phase("last", "end"), *rows) and not holds(phase("first", "end"), *rows)
    assert holds(phase("last"), *rows) and not holds(phase("first"), *rows)
    assert holds(phase("last", "flop"), *rows)  # a tie: the log's order decides
    assert holds(phase("first", "start", "end"), *rows)


def test_only_the_rows_that_are_grouped_count() -> None:
    def make(c: Any, d: Any) -> Any:
        late = c.where(c.start > 3)
        runs = late.group_by(late.run)
        return runs.every(runs.first(late.flop, order=late.start) == 5)

    assert holds(make, job(flop=1), job(start=4, flop=5), job(start=6, flop=8))


def test_a_descending_order() -> None:
    def down(c: Any, d: Any) -> Any:
        late = c.order_by(descending(c.start))
        return late.every(late.start <= late.start.previous(default=2**48 - 1)) & (
            late.where(late.is_first).flop.sum() == 8
        )

    assert holds(down, job(), job(start=4, flop=8), job(start=3))
    assert holds(lambda c, d: c.where(c.is_last).flop.sum() == 5, job(), job(flop=5))
    assert holds(
        lambda c, d: c.order_by(c.run, descending(c.site.or_else(""))).start.is_sorted(per=c.run),
        job(site="a"), job(site="b"), job(run="r2"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("make", "marked"),
    [
        (lambda c, d: c.group_by(c.run).every(c.group_by(c.run).first(c.flop, order=c.start) > 1), True),
        (lambda c, d: c.group_by(c.run).every(c.group_by(c.run).last(c.flop) > 1), True),
        (lambda c, d: c.unique(c.run, c.start)
         & c.group_by(c.run).every(c.group_by(c.run).first(c.flop, order=c.start) > 1), False),
        (lambda c, d: c.unique(c.run, c.start)
         & c.group_by(c.run).every(c.group_by(c.run).last(c.flop, order=descending(c.start)) > 1), False),
        (lambda c, d: c.every(c.is_last | (c.flop > 1)), True),
        (lambda c, d: c.run.n_unique() <= 5, False),
        (lambda c, d: c.group_by(c.run).every(c.group_by(c.run).n_unique(c.site.or_else("")) <= 5), False),
    ],
)  # fmt: skip
def test_the_mark_of_the_slot(make: Any, marked: bool) -> None:
    """A tie is decided by the log's order: then one log alone fills the slot, unless the claim rules ties out."""
    made = defined(make)
    assert uses_order(made.logs[0], [each.value for each in made.requirements], []) == marked
    assert compile_claim(made).program.digest


def test_sentences() -> None:
    def said(make: Any) -> str:
        return sentence(defined(make).requirements[1].value)

    runs = "For every run in c, "
    assert said(lambda c, d: c.site.or_else("x").n_unique() <= 5) == (
        "The number of distinct values of site (where missing, ‘x’) in c is at most 5."
    )
    assert said(lambda c, d: c.group_by(c.run).every(c.group_by(c.run).n_unique(c.phase) <= 5)) == (
        f"{runs}the number of distinct values of phase over its rows is at most 5."
    )
    assert said(lambda c, d: c.group_by(c.run).every(c.group_by(c.run).first(c.phase, order=c.start) == "other")) == (
        f"{runs}the phase of its first row in order of start is other."
    )
    assert said(
        lambda c, d: c.group_by(c.run).every(c.group_by(c.run).last(c.flop, order=(c.start, descending(c.end))) <= 5)
    ) == (f"{runs}the FLOP spent of its last row in order of start and end (descending) is at most 5 FLOP.")
    assert said(lambda c, d: c.order_by(descending(c.start)).flop.is_sorted()) == (
        "The FLOP spent never falls from row to row of c in order of start (descending)."
    )
    assert said(lambda c, d: c.any(c.is_last)) == "For some row of c, there is no later row of c."


def test_refusals() -> None:
    refused(lambda c, d: c.site.n_unique() <= 5, "site may be missing")
    refused(lambda c, d: c.group_by(c.run).every(c.group_by(c.run).n_unique(c.site) <= 5), "site may be missing")
    refused(lambda c, d: c.group_by(c.run).every(c.group_by(c.run).first(c.site) == "x"), "site may be missing")
    refused(
        lambda c, d: c.group_by(c.run).every(c.group_by(c.run).first(c.flop, order=c.devices) > 1),
        "devices may be missing",
    )
    refused(lambda c, d: c.group_by(c.run).n_unique(d.chip) <= 5, "of another table")
    refused(lambda c, d: c.group_by(c.run).n_unique("phase") <= 5, "is no column")
    refused(lambda c, d: c.group_by(c.run).first(d.chip) == "x", "of another table")
    refused(lambda c, d: c.group_by(c.run).first(c.flop, order=d.chip) == 5, "of another table")
    refused(lambda c, d: c.group_by(c.run).first(c.flop.sum()) == 5, "the same on every row")
    refused(lambda c, d: c.group_by(c.run).first(c.flop, order="start") == 5, "is no column")
    refused(lambda c, d: c.count().n_unique() <= 5, "needs rows")
    refused(lambda c, d: c.every(descending(c.start) <= 5), "of a descending key")
    refused(lambda c, d: c.order_by(descending("start")).flop.is_sorted(), "is no column")
    refused(lambda c, d: c.order_by(descending(descending(c.start))).flop.is_sorted(), "a descending key is no column")
    refused(lambda c, d: c.group_by(c.run).every(c.group_by(c.run).is_last), "groups have no order")
    refused(lambda c, d: c.every(c.flop.is_last), "no word .is_last")
