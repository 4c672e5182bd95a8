"""What a claim's text may not say: refused with the line and the remedy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from zkcompliance import schemas
from zkcompliance.claim.language import (
    ChipLog,
    ComputeLog,
    Count,
    Flop,
    LogTable,
    Param,
    Phase,
    Seconds,
    SetOf,
    band_of,
    claim,
    counted,
    days,
    fraction,
    let,
    lookup,
    param,
    percent,
    require,
    reveal,
    same_rows,
    select,
    whole,
    within,
)
from zkcompliance.errors import ClaimDefinitionError, UsageError


def refused(body: Callable[..., Any], *words: str) -> str:
    body.__doc__ = body.__doc__ or "A claim."
    with pytest.raises(ClaimDefinitionError) as caught:
        claim("some-claim")(body)
    for word in words:
        assert word in caught.value.message, caught.value.message
    assert "at test_claim_refusals.py:" in caught.value.message
    return caught.value.message


def on_rows(make: Callable[[ComputeLog], Any], *words: str) -> str:
    def body(c: ComputeLog) -> None:
        require("x", make(c))

    return refused(body, *words)


def test_if() -> None:
    def body(c: ComputeLog) -> None:
        if c.flop.sum() < 5:
            require("x", c.count() > 1)

    refused(body, "`if`", "if c.flop.sum() < 5:", "select(condition, a, b)", "where(condition)")
    on_rows(lambda c: (c.count() < 1) if c.flop.sum() < 5 else c.count() > 2, "`if`")


def test_and_or_not_chains_in() -> None:
    on_rows(lambda c: (c.count() < 1) and (c.count() > 2), "`and`", "(a) & (b)", "and (c.count() > 2)")
    on_rows(lambda c: (c.count() < 1) or (c.count() > 2), "`or`", "(a) | (b)")
    on_rows(lambda c: not c.count() < 1, "`not`", "~(a)")
    on_rows(lambda c: 1 < c.count() < 5, "chained comparison", "(a < b) & (b < c)")
    on_rows(lambda c: "pretraining" in c.phase, "`in`", "x.is_in(")
    on_rows(lambda c: c.phase in ("pretraining", "other"), "`in`", "x.is_in(")


def test_builtins_and_loops() -> None:
    on_rows(lambda c: c.every(min(c.start, c.end) > 5), "built-in", "smaller(a, b)")
    on_rows(lambda c: [row for row in c], "looped over")  # noqa: C416
    on_rows(lambda c: sum(c.flop) < 5, "looped over", ".sum()")
    on_rows(lambda c: float(c.count()) < 5, "no float")
    on_rows(lambda c: range(c.count()), "not a number yet")

    def body(c: ComputeLog) -> None:
        while c.count() > 5:
            pass

    refused(body, "a loop")


def test_floats() -> None:
    on_rows(lambda c: c.flop.sum() < 1e25, "float", "2.5e25", "c.flop.sum() < 1e25")
    on_rows(lambda c: c.flop.sum() * 0.3 < 5, "float")
    on_rows(lambda c: c.flop.sum() / 3 < 5, "/ is not exact", "//")
    on_rows(lambda c: c.every(c.devices // 2.0 < 5), "float")


def test_units() -> None:
    on_rows(lambda c: c.every(c.start + c.flop > 5), "Time + Flop")
    on_rows(lambda c: c.every(c.start + c.end > 5), "Time + Time")
    on_rows(lambda c: c.every(c.start * 2 > 5), "Time * Int")
    on_rows(lambda c: c.every(c.flop < c.devices), "Flop", "Count", "no meaning")
    on_rows(lambda c: c.every(c.flop * c.peak < c.flop), "Flop^2/s")
    on_rows(lambda c: c.every(c.flop * whole() < c.flop), "Flop*Ppm < Flop")
    on_rows(lambda c: c.every(c.phase < "other"), "no order")
    on_rows(lambda c: c.every(c.run < c.site), "no order")
    on_rows(lambda c: c.every(c.run + c.site == c.site), "Id + Id")
    on_rows(lambda c: c.every(c.phase == c.method), "no meaning")
    on_rows(lambda c: c.start.sum() > 5, "sum of a Time")
    on_rows(lambda c: (c.flop > 5).sum() > 5, "sum of a Bool", ".count()")
    on_rows(lambda c: c.every(c.flop), "a condition")
    on_rows(lambda c: c.flop.mean() < c.devices.mean(), "Flop compared with Count")
    on_rows(lambda c: fraction(c.flop.sum(), c.devices.sum()) < percent(3), "one unit")
    on_rows(lambda c: c.every(select(c.flop > 5, c.start, c.flop) > 5), "Time", "Flop")


def test_units_that_are_meant() -> None:
    def body(c: ComputeLog, span: Param[Seconds], most: Param[Flop]) -> None:
        """A claim."""
        require("span", c.every(c.end - c.start <= span) & c.every(c.start + days(1) > c.end - 5))
        t = c.where(c.devices.is_given() & c.peak.is_given() & c.utilisation.is_given())
        require("rate", t.every(t.devices * t.peak * (t.end - t.start) * t.utilisation >= t.flop * whole()))
        require("most", c.flop.sum() * 2 + 1 < most)

    assert [each.implied for each in claim("some-claim")(body).requirements] == [False, False, False, True]


def test_values_out_of_range() -> None:
    on_rows(lambda c: c.every(c.utilisation > 1_000_001), "1000001 is out of range", "from 0 to 1000000")
    on_rows(lambda c: c.every(c.devices == -1), "-1 is out of range")
    on_rows(lambda c: c.every(c.utilisation > "101%"), "over 100 %")
    on_rows(lambda c: c.every(c.phase == "pretrain"), "none of pretraining")
    on_rows(lambda c: c.flop.sum() < 2**130, "out of range")
    on_rows(lambda c: c.every(c.flop * c.flop * c.flop > 5), "2^288, over 2^256")
    on_rows(lambda c: (c.flop * c.flop * c.devices * c.devices).sum() > 5, "over 2^256")
    on_rows(lambda c: c.every(c.devices // 0 > 5), "below 1")
    on_rows(lambda c: c.every(c.devices // c.devices > 5), "not a literal")
    for length, called in ((60, "minute"), (3600, "hour"), (86_400, "day"), (604_800, "week")):
        on_rows(lambda c, by=length: c.every((c.end - c.start) // by > 5), "are seconds still", f"how many {called}s")
    on_rows(lambda c: c.every(c.devices > True), "True where a Count")
    on_rows(lambda c: band_of(c.count(), 5, 3) > 1, "ascending")


def test_binding_of_operators() -> None:
    on_rows(lambda c: c.every(c.devices > 5 & c.devices < 7), "binds tightly", "(a < b) & (c < d)")
    on_rows(lambda c: c.every(c.flop & c.flop), "& of a Flop")
    on_rows(lambda c: c.every(~c.devices), "~ of a Count")


def test_rows_of_different_tables() -> None:
    def two(c: ComputeLog, d: ComputeLog) -> None:
        require("x", c.every(c.flop > d.flop))

    refused(two, "different tables", "lookup(")

    def condition(c: ComputeLog, d: ComputeLog) -> None:
        require("x", c.where(d.flop > 5).count() > d.count())

    refused(condition, "a condition on rows of another table")
    on_rows(lambda c: c.every(c.where(c.devices > 1).flop > 5), "of another selection", "from one table.where")
    on_rows(lambda c: c.unique(c.where(c.devices > 1).run), "of another selection")
    on_rows(lambda c: c.group_by(c.run).sum(c.where(c.devices > 1).flop).sum() > 5, "of another selection")
    on_rows(lambda c: c.start.previous(default=0).max(empty=0) > 5, "of no table")
    on_rows(lambda c: (c.where(c.devices > 1).flop - c.where(c.devices > 2).flop).sum() > 5, "different selections")
    on_rows(lambda c: c.group_by(c.run).sum(c.group_by(c.site).size()) > 5, "a group's aggregate of another table")
    on_rows(lambda c: c.group_by(c.run).flop, "no key 'flop'")
    on_rows(lambda c: c.flops.sum() > 5, "no column 'flops'", "utilisation")
    on_rows(lambda c: c.group_by(c.run).size().previous(default=0), "no order", "order_by")
    on_rows(lambda c: c.group_by(c.run).where(c.group_by(c.run).is_first).count() > 5, "no order", "order_by")


def test_a_row_before_in_another_table() -> None:
    """The row before has no rows of its own, but it is of its own table."""

    def members(c: ComputeLog, d: ComputeLog, e: ComputeLog) -> None:
        require("x", c.every(within((c.run, c.start), (d.run, e.start.previous(default=0)))))

    def tuples(c: ComputeLog, d: ComputeLog) -> None:
        require("x", same_rows((c.run, d.start.next(default=0)), (d.run, d.start)))

    refused(members, "rows of two tables")
    refused(tuples, "rows of two tables")


def test_a_value_looked_up_in_other_rows() -> None:
    """Rows are found among those of the columns: a narrower selection of the value would say nothing."""

    def narrower(c: ComputeLog, d: ChipLog) -> None:
        found = lookup(c.run, d.owner, d.where(d.owner == "acme").peak.or_else(0), default=0)
        require("x", c.every(found <= 5))

    def wider(c: ComputeLog, d: ChipLog) -> None:
        require("x", c.every(lookup(c.run, d.where(d.owner == "acme").owner, d.peak.or_else(0), default=0) <= 5))

    refused(narrower, "lookup of a value of another selection")
    wider.__doc__ = "A claim."
    assert claim("some-claim")(wider)


def test_what_is_the_same_on_every_row() -> None:
    """A condition on all rows, or on all groups, where one on each is meant."""
    same, groups, row = "the same on every row", "is the number of groups", "inside a condition on each row of the same"
    on_rows(lambda c: c.every(c.count() >= 1), same, "require it by itself")
    on_rows(lambda c: c.every(c.any(c.flop > 5)), row, "groups.size(condition) >= 1", "lookup(…)")
    on_rows(lambda c: c.every((c.flop > 5) | c.none(c.flop > 7)), row)
    on_rows(lambda c: c.where(c.every(c.flop > 5)).count() > 5, row)
    on_rows(lambda c: c.group_by(c.run).every(c.any(c.flop > 5)), row)
    on_rows(lambda c: c.every((c.flop > 5) & c.group_by(c.run).any(c.group_by(c.run).size() > 5)), row)
    on_rows(lambda c: c.group_by(c.run).every(c.group_by(c.run).count() <= 3), groups, "groups.size()")
    on_rows(lambda c: c.group_by(c.run).where(c.group_by(c.run).count() + 1 <= 3).count() > 5, groups)

    def meant(c: ComputeLog, d: ComputeLog) -> None:
        """With a name, or of another log, it is what it says."""
        runs = c.group_by(c.run)
        require("one", c.every(let("some failed", c.any(c.phase == "failed")) | (c.flop > 5)))
        require("two", runs.every(runs.size() * let("runs", runs.count()) <= c.count()))
        require("three", c.every(d.any(d.flop > 5) | (c.flop * 2 <= c.flop.sum())))

    assert len(claim("some-claim")(meant).requirements) == 3


def test_comparisons_that_say_nothing() -> None:
    nothing = "both sides of a comparison are the same"
    on_rows(lambda c: c.every(c.flop <= c.flop), nothing, "x.previous(default=…)")
    on_rows(lambda c: c.every(c.end - c.start == c.end - c.start), nothing)
    on_rows(lambda c: c.flop.mean() >= c.flop.mean(), nothing)
    on_rows(lambda c: c.flop.sum() != c.flop.sum(), nothing)
    on_rows(lambda c: c.every((c.flop > 5) == (c.flop > 5)), nothing)


def test_names() -> None:
    on_rows(lambda c: c.every(let("", c.flop) > 5), "let without a name", 'let("span"')
    on_rows(lambda c: c.every(let("a `b`", c.flop) > 5), "let without a name")
    on_rows(lambda c: c.every(let("a\nb", c.flop) > 5), "let without a name")
    on_rows(lambda c: c.every(let("x" * 41, c.flop) > 5), "let without a name")
    on_rows(lambda c: c.every(let("x", "y") > 5), "let: the text 'y' is no column")
    on_rows(lambda c: c.every(let("x", c.flop) > let("x", c.flop + 1)), "'x' stands for another value already")


def test_only_as_it_stands() -> None:
    on_rows(lambda c: ~c.unique(c.run), "require it by itself")
    on_rows(lambda c: c.unique(c.run) | (c.count() > 5), "require it by itself")
    on_rows(lambda c: same_rows(c.run, c.site) == (c.count() > 5), "require it by itself")

    def shown(c: ComputeLog) -> None:
        require("x", c.count() > 1)
        reveal("unique", c.unique(c.run))

    refused(shown, "not revealed")


def test_the_claim_as_a_whole() -> None:
    def nothing(c: ComputeLog) -> None:
        c.flop.sum()

    refused(nothing, "without a requirement")

    def unused(c: ComputeLog, limit: Param[Flop]) -> None:
        require("x", c.count() > 1)

    refused(unused, "the parameter limit is not used")

    def unused_log(c: ComputeLog, d: ComputeLog) -> None:
        require("x", c.count() > 1)

    refused(unused_log, "the log d is not used")

    def twice(c: ComputeLog) -> None:
        require("x", c.count() > 1)
        require("x", c.count() > 2)

    refused(twice, "'x' is said twice")

    def clash(c: ComputeLog, limit: Param[Flop]) -> None:
        require("x", c.flop.sum() < limit)
        reveal("limit", c.flop.sum())

    refused(clash, "said twice")

    def returns(c: ComputeLog) -> Any:
        require("x", c.count() > 1)
        return 5

    refused(returns, "returns something")

    def no_log(limit: Param[Flop]) -> None:
        require("x", limit > 1)

    refused(no_log, "at least one log")

    def not_a_param(c: ComputeLog, limit: int) -> None:
        require("x", c.count() > limit)

    refused(not_a_param, "neither a log nor a Param")

    def per_row(c: ComputeLog) -> None:
        require("x", c.flop > 5)

    refused(per_row, "a condition on each row", "table.every")

    def constant(c: ComputeLog) -> None:
        require("x", True)  # type: ignore[arg-type]

    refused(constant, "before any row is read")


def test_definition_details() -> None:
    def body(c: ComputeLog) -> None:
        """A claim."""
        require("x", c.count() > 1)

    for bad in ("Bad", "a_b", "", "-a", "a" * 64):
        with pytest.raises(ClaimDefinitionError, match="no claim id"):
            claim(bad)(body)
    with pytest.raises(ClaimDefinitionError, match="version"):
        claim("fine", version=0)(body)
    body.__doc__ = None
    with pytest.raises(ClaimDefinitionError, match="docstring"):
        claim("fine")(body)
    with pytest.raises(ClaimDefinitionError, match="outside the body"):
        require("x", None)  # type: ignore[arg-type]


def test_reveals() -> None:
    def body(what: Callable[[ComputeLog], Any], **options: Any) -> Callable[..., None]:
        def inner(c: ComputeLog) -> None:
            require("x", c.count() > 1)
            reveal("r", what(c), **options)

        return inner

    refused(body(lambda c: c.flop), "no single value")
    refused(body(lambda c: c.count() - 5), "negative")
    refused(body(lambda c: c.count(), figures=0), "from 1 to 9")
    refused(body(lambda c: 5), "no single value")


def test_rows_that_count() -> None:
    def counts(what: Callable[[ComputeLog], Any]) -> Callable[..., None]:
        def inner(c: ComputeLog) -> None:
            require("x", c.count() > 1)
            counted("r", what(c))

        return inner

    refused(counts(lambda c: c.group_by(c.run)), "no rows of a log", "remedy: counted(name, log.where(…))")
    refused(counts(lambda c: c.count()), "no rows of a log")
    made = claim("counting")(_documented(counts(lambda c: c.where(c.phase == "pretraining"))))
    (found,) = made.reveals
    assert (found.name, found.figures, found.counts) == ("r", 2, made.logs[0])


def _documented(body: Callable[..., None]) -> Callable[..., None]:
    body.__doc__ = "A claim."
    return body


def test_roles() -> None:
    """A clock is a length of time, and now is a time."""

    def length(c: ComputeLog, longest: Param[Count] = param("rows", clock=True)) -> None:
        require("x", c.count() <= longest)

    def moment(c: ComputeLog, end: Param[Seconds] = param("the end", now=True)) -> None:
        require("x", c.every(c.end - c.start <= end))

    def both(c: ComputeLog, end: Param[Seconds] = param("the end", now=True, clock=True)) -> None:
        require("x", c.every(c.end - c.start <= end))

    refused(length, "longest is a Count", "clock=True of a Param[Seconds]")
    refused(moment, "end is a Seconds", "now=True of a Param[Time]")
    refused(both, "end is a clock and now")


def test_joins() -> None:
    def wrong(c: ChipLog, d: ChipLog) -> None:
        require("x", c.every(within((c.chip, c.kind), d.chip)))

    refused(wrong, "2 values beside 1")

    def types(c: ChipLog, d: ChipLog) -> None:
        require("x", c.every(within(c.chip, d.kind)))

    refused(types, "Id beside Enum")

    def not_there(c: ChipLog, d: ChipLog) -> None:
        require("x", c.every(lookup(c.chip, d.chip, c.kind) == "other"))

    refused(not_there, "not in the table it looks in")

    def default(c: ChipLog, d: ChipLog) -> None:
        require("x", c.every(lookup(c.chip, d.chip, d.peak, default=c.peak.sum()) > 5))

    refused(default, "depends on rows")

    def fine(c: ChipLog, d: ChipLog) -> None:
        """A claim."""
        require("kind", c.every(lookup(c.chip, d.chip, d.kind) == c.kind))
        require("peak", c.every(lookup(c.chip, d.chip, d.peak.or_else(0), default=0) == c.peak.or_else(0)))

    definition = claim("some-claim")(fine)
    assert [each.name for each in definition.requirements] == [
        "kind", "peak", "d.chip is unique", "c.chip has a match",
    ]  # fmt: skip
    assert [each.implied for each in definition.requirements] == [False, False, True, True]


def test_param_values() -> None:
    def body(
        c: ComputeLog,
        span: Param[Seconds] = param("a length of time", at_least="1 day", at_most="2 weeks"),
        phases: Param[SetOf[Phase]] = ("other",),  # type: ignore[assignment]
        limit: Param[Flop] = "1e25",  # type: ignore[assignment]
    ) -> None:
        """A claim.

        limit: how much
        """
        counted = c.where(c.phase.is_in(phases))
        require("x", counted.every(counted.end - counted.start <= span) & (counted.flop.sum() < limit))

    definition = claim("some-claim")(body)
    span, phases, limit = definition.params
    assert (span.low, span.high, span.bits, span.doc, limit.doc) == (
        86400,
        14 * 86400,
        21,
        "a length of time",
        "how much",
    )
    assert definition.publics({"span": "36 hours"}) == {"span": 129600, "phases": 64, "limit": 10**25}
    assert definition.publics({"span": 86400, "phases": "pretraining,other"})["phases"] == 65
    assert phases.show(65) == "pretraining, other"
    for bad in ({}, {"span": "23 hours"}, {"span": 1e6}, {"span": "2 days", "x": 5}, {"span": 86400, "phases": "no"}):
        with pytest.raises(UsageError):
            definition.publics(bad)
    for bad in (param(at_least=5, at_most=4), param(default=5, at_most=4)):
        with pytest.raises((ClaimDefinitionError, UsageError)):

            def other(c: ComputeLog, n: Param[Count] = bad) -> None:
                """A claim."""
                require("x", c.count() < n)

            claim("some-claim")(other)


def test_user_schema() -> None:
    class Mine(LogTable, schema=schemas.Schema("mine", (schemas.Column("n", "count"), schemas.Column("where", "id")))):
        pass

    def body(mine: Any) -> None:
        """A claim."""
        require("x", mine.every(mine["where"].is_in(("a", "b")) & (mine.n >= 1)))

    body.__annotations__["mine"] = Mine
    assert claim("some-claim")(body).logs[0].schema.name == "mine"


def test_what_another_claim_lends() -> None:
    lent: list[Any] = []

    @claim("lender")
    def lender(c: ComputeLog, most: Param[Flop]) -> None:
        """A claim."""
        lent.extend((most, c.flop.sum()))
        require("below", c.flop.sum() <= most)

    def body(c: ComputeLog) -> None:
        require("below", c.flop.sum() <= lent[0])

    def narrower(c: ComputeLog, most: Param[Flop] = param("the most", at_most=5)) -> None:
        require("below", c.flop.sum() <= lent[0])
        require("far below", c.flop.sum() <= most)

    def other(d: ComputeLog) -> None:
        require("below", d.flop.sum() <= lent[1])

    assert lender.params
    refused(body, "most is a parameter of another claim")
    refused(narrower, "most is a parameter of another claim")
    refused(other, "c is a log of another claim")
