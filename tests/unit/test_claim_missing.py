"""Missing is not zero: where a value may be missing, its claim says what then holds, or it is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.kit.exact_rows import encode_rows
from zkcompliance import schemas
from zkcompliance.claim.language import (
    ChipLog,
    ComputeLog,
    EvalLog,
    LogTable,
    Time,
    base,
    claim,
    lookup,
    require,
    reveal,
    same_rows,
    select,
    smaller,
    within,
)
from zkcompliance.claim.meaning.interpret import interpret
from zkcompliance.errors import ClaimDefinitionError
from zkcompliance.schemas import Column, Schema

Made = Callable[[Any, Any], Any]
COLUMNS = [(schema, column) for schema in schemas.CATALOGUE for column in schema.columns]


def defined(make: Made, *, shown: bool = False) -> Any:
    """A claim over a compute log and a chip log."""

    def body(c: ComputeLog, d: ChipLog) -> None:
        """A claim."""
        require("used", (c.count() <= 98_765_432) & (d.count() != 98_765_432))
        made = make(c, d)
        reveal("x", made) if shown else require("x", made)

    return claim("some-claim")(body)


def refused(make: Made, name: str, **options: bool) -> None:
    with pytest.raises(ClaimDefinitionError, match=f"{name} may be missing, and would then stand here as") as caught:
        defined(make, **options)
    assert "\n  at test_claim_missing.py:" in caught.value.message
    assert f"\n  remedy: rows.where(rows.{name}.is_given()), or {name}.or_else(value)" in caught.value.message


@pytest.mark.parametrize(
    "make",
    [
        lambda c, d: c.every(c.devices + 1 <= 5), lambda c, d: c.every(c.devices * 2 <= 5),
        lambda c, d: c.every(-c.devices <= -5), lambda c, d: c.every(abs(c.devices - 5) <= 5),
        lambda c, d: c.every(c.devices // 2 <= 5), lambda c, d: c.every(c.devices % 2 <= 0),
        lambda c, d: c.every(c.devices <= 5), lambda c, d: c.every(c.devices != 5),
        lambda c, d: c.every(c.devices.is_in((1, 2))), lambda c, d: c.every(smaller(c.devices, 5) >= 1),
        lambda c, d: c.devices.sum() <= 5, lambda c, d: c.devices.max(empty=0) <= 5,
        lambda c, d: c.devices.mean() <= 5, lambda c, d: c.devices.quantile("5%") <= 5,
        lambda c, d: c.share(c.devices <= 5) >= "5%", lambda c, d: c.where(c.devices > 5).count() <= 5,
        lambda c, d: c.group_by(c.devices).count() <= 5, lambda c, d: c.unique(c.devices),
        lambda c, d: c.order_by(c.devices).end.is_sorted(), lambda c, d: c.devices.is_sorted(),
        lambda c, d: c.every(c.start >= c.start.previous(default=0, per=c.devices)),
        lambda c, d: c.every(c.devices.previous(default=0) <= 5), lambda c, d: c.devices.is_serial(),
        lambda c, d: c.no_overlap(c.devices, c.devices * 2), lambda c, d: same_rows(c.devices, c.devices),
        lambda c, d: c.group_by(c.run).sum(c.devices).max(empty=0) <= 5,
        lambda c, d: c.group_by(c.run).any(c.group_by(c.run).size(c.devices <= 5) >= 1),
        lambda c, d: c.every(select(c.flop > 5, c.devices, 5) <= 5),
        lambda c, d: c.every(select(~c.devices.is_given(), c.devices, 5) <= 5),
        lambda c, d: c.every(~c.devices.is_given() & (c.devices <= 5)),
        lambda c, d: c.every(c.devices.is_given() | (c.devices <= 5)),
        lambda c, d: c.every(c.site.is_given() & (c.devices <= 5)),
        lambda c, d: c.every((c.devices.is_given() | (c.flop > 5)) & (c.devices <= 5)),
        lambda c, d: c.every(~(c.devices.is_given() & (c.flop > 5)) | (c.devices <= 5) | c.site.is_given()) &
        c.every(~(c.devices.is_given() | (c.flop > 5)) | (c.devices <= 5)),
    ],
)  # fmt: skip
def test_a_value_that_may_be_missing_is_refused(make: Made) -> None:
    refused(make, "devices")


def test_in_joins_and_reveals_too() -> None:
    refused(lambda c, d: c.every(within(c.site, d.chip)), "site")
    refused(lambda c, d: c.every(within(c.run, d.site)), "site")
    refused(lambda c, d: c.every(lookup(c.run, d.owner, d.peak, default=0) <= 5), "peak")
    refused(lambda c, d: c.every(lookup(c.site, d.owner, d.from_, default=0) <= 5), "site")
    refused(lambda c, d: d.no_overlap(d.from_, d.until, per=d.chip), "until")
    refused(lambda c, d: c.devices.sum(), "devices", shown=True)
    refused(lambda c, d: c.where(c.flop > 5).where(c.site == "x").count() <= 5, "site")


@pytest.mark.parametrize(
    "make",
    [
        lambda c, d: c.where(c.devices.is_given()).devices.sum() <= 5,
        lambda c, d: c.where(c.devices.is_given() & (c.devices > 5) & (c.devices < 9)).devices.mean() <= 7,
        lambda c, d: c.where(c.devices.is_given()).where(c.flop > 5).devices.max(empty=0) <= 5,
        lambda c, d: c.where(c.devices.is_given()).group_by(c.devices).count() <= 5,
        lambda c, d: c.every(c.devices.is_given() & (c.devices <= 5)),
        lambda c, d: c.every((c.devices <= 5) & c.devices.is_given()),
        lambda c, d: c.every(~c.devices.is_given() | (c.devices <= 5)),
        lambda c, d: c.every(~(c.devices.is_given() & c.site.is_given()) | (c.devices <= 5) & (c.site == "x")),
        lambda c, d: c.none(c.devices.is_given() & (c.devices > 5)),
        lambda c, d: c.every(select(c.devices.is_given(), c.devices, 5) <= 5),
        lambda c, d: c.every(select(~c.devices.is_given(), 5, c.devices) <= 5),
        lambda c, d: c.devices.or_else(1).sum() <= 5, lambda c, d: c.group_by(c.site.or_else("")).count() <= 5,
        lambda c, d: c.every(within(c.site.or_else("x"), d.site.or_else("y"))),
        lambda c, d: d.no_overlap(d.from_, d.until.or_else(Time.largest), per=d.chip),
        lambda c, d: c.every(c.devices.or_else(0).previous(default=0) <= 5),
        lambda c, d: c.group_by(c.site.or_else("")).any(c.group_by(c.site.or_else("")).site == "x"),
    ],
)  # fmt: skip
def test_with_a_word_about_it_it_is_taken(make: Made) -> None:
    assert defined(make).requirements


@pytest.mark.parametrize(("schema", "column"), COLUMNS, ids=lambda each: each.name)
def test_is_given_is_by_the_columns_own_missing_value(schema: Schema, column: Column) -> None:
    """Over every column of every schema: what a row without it holds, or that it never lacks it."""
    made = type("Made", (LogTable,), {}, schema=schema)

    def body(log: Any) -> None:
        """A claim."""
        require("given", log.every(log[column.name].is_given()))

    body.__annotations__["log"] = made
    if column.missing is None:
        with pytest.raises(ClaimDefinitionError, match=f"is_given of what is never missing: {column.name}"):
            claim("given")(body)
        assert column.default is None or column.type in ("enum", "bool") or column.default == 1
        return
    given = claim("given")(body)
    row = {each.name: _some(each) for each in schema.columns}
    there, gone = ({"log": [encode_rows(schema, [{**row, column.name: cell}])]} for cell in (_some(column), None))
    assert interpret(given, there, {}).holds and not interpret(given, gone, {}).holds


def _some(column: Column) -> object:
    """An ordinary value of a column."""
    return {"id": "x", "bool": True, "enum": column.choices[0] if column.choices else ""}.get(column.type, 2)


def test_attempt_1_and_flop_0_are_ordinary_values() -> None:
    def of(name: str, table: type[LogTable]) -> str:
        def body(log: Any) -> None:
            """A claim."""
            require("given", log.every(log[name].is_given()))

        body.__annotations__["log"] = table
        with pytest.raises(ClaimDefinitionError) as caught:
            claim("given")(body)
        return caught.value.message.split("\n")[2]

    assert of("attempt", EvalLog) == of("flop", ComputeLog)
    assert of("flop", ComputeLog) == "  remedy: leave .is_given out; that there is more than nothing is x > 0"
    assert of("phase", ComputeLog) == '  remedy: what is not known is a choice of its own: x != "unknown"'
    assert of("run", ComputeLog) == "  remedy: leave .is_given out"


def test_what_holds_where_it_is_missing() -> None:
    chip = base(chip="c1", owner="acme", **{"from": 0})

    @claim("said")
    def said(d: ChipLog) -> None:
        """A claim."""
        require("else", d.every(d.peak.or_else(7) >= 5))
        require("beside", d.every(~d.until.is_given() | (d.until <= 9)))
        require("key", d.unique(d.site.or_else("none")))

    def failing(*rows: dict[str, object]) -> tuple[str, ...]:
        return interpret(said, {"d": [encode_rows(schemas.chip, rows)]}, {}).failing

    assert failing(chip(), chip(site="s", peak=5, until=9)) == ()
    assert failing(chip(peak=4)) == ("else",)
    assert failing(chip(until=10)) == ("beside",)
    assert failing(chip(), chip(site="none")) == ("key",)
