"""Words for choices: every column of choices has one; those that ascend have an order, and no others."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kit.exact_rows import encode_rows
from zkcompliance import schemas
from zkcompliance.claim import language
from zkcompliance.claim.compile import compile_claim
from zkcompliance.claim.language import (
    AuditLog,
    DecisionLog,
    Licence,
    LogTable,
    Outcome,
    Param,
    Region,
    Risk,
    SetOf,
    claim,
    require,
)
from zkcompliance.claim.language.types import EnumWord
from zkcompliance.claim.meaning.interpret import interpret
from zkcompliance.claim.meaning.sentences import sentence
from zkcompliance.errors import ClaimDefinitionError
from zkcompliance.schemas import Column, Schema

COLUMNS = [(schema, each) for schema in schemas.CATALOGUE for each in schema.columns if each.type == "enum"]
WORDS = [each for each in vars(language).values() if isinstance(each, type) and issubclass(each, EnumWord)]


@pytest.mark.parametrize(("schema", "column"), COLUMNS, ids=lambda each: each.name)
def test_every_column_of_choices_has_one_word(schema: Schema, column: Column) -> None:
    fitting = [each for each in WORDS if each is not EnumWord and each.type.choices == column.choices]
    assert len(fitting) == 1
    assert fitting[0].type.ranked == column.ranked
    assert fitting[0].__name__ in language.__all__


def test_which_ascend() -> None:
    """Of one list everywhere alike. Which they are; a change is seen here."""
    ascending = {column.choices for _, column in COLUMNS if column.ranked}
    assert not ascending & {column.choices for _, column in COLUMNS if not column.ranked}
    assert ascending == {Risk.type.choices, Outcome.type.choices, language.ReportKind.type.choices}


def test_sets_of_them_are_parameters() -> None:
    @claim("licences")
    def licences(data: language.DatasetLog, allowed: Param[SetOf[Licence]], home: Param[SetOf[Region]]) -> None:
        """A claim."""
        require("allowed", data.every(data.licence.is_in(allowed) & data.region.is_in(home)))

    row = {"digest": "d", "licence": "mit", "tokens": 1, "synthetic": True, "public": False, "region": "ie"}
    tables = {"data": [encode_rows(schemas.dataset, [row])]}
    for given in ("mit, bsd", ("mit", "bsd"), ["bsd", "mit"], {"mit"}, frozenset({"mit"})):
        assert interpret(licences, tables, {"allowed": given, "home": ["ie"]}).holds
    assert not interpret(licences, tables, {"allowed": {"bsd"}, "home": {"ie"}}).holds


def of_risk(make: Any) -> Any:
    @claim("risk")
    def risk(d: DecisionLog, a: AuditLog, most: Param[Risk]) -> None:
        """A claim."""
        require("used", d.every(d.risk <= most) & (a.count() != 98_765_432))
        require("x", make(d, a, most))

    return risk


@pytest.mark.parametrize(
    ("make", "true_of"),
    [
        (lambda d, a, x: d.every(d.risk >= "high"), {"high", "unacceptable"}),
        (lambda d, a, x: d.every(d.risk > "high"), {"unacceptable"}),
        (lambda d, a, x: d.every(d.risk < "limited"), {"minimal"}),
        (lambda d, a, x: d.every(d.risk <= "limited"), {"minimal", "limited"}),
        (lambda d, a, x: d.every(d.risk > "high"), {"unacceptable"}),
        (lambda d, a, x: d.risk.max(empty="minimal") <= "high", {"minimal", "limited", "high"}),
        (lambda d, a, x: d.every(d.risk.previous(default="high") <= d.risk), {"high", "unacceptable"}),
        (lambda d, a, x: d.risk.quantile("50%") > "limited", {"high", "unacceptable"}),
    ],
)
def test_an_order_of_choices(make: Any, true_of: set[str]) -> None:
    made = of_risk(make)
    assert compile_claim(made).program.digest
    for choice in Risk.type.choices:
        tables = {"d": [encode_rows(schemas.decision, [{"at": 5, "risk": choice}])], "a": []}
        assert interpret(made, tables, {"most": "unacceptable"}).holds == (choice in true_of), choice


def test_it_is_said_by_names() -> None:
    assert sentence(of_risk(lambda d, a, x: d.every(d.risk >= "high")).requirements[1].value) == (
        "For every row of d, the risk class is at least high."
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda d, a, x: a.every(a.layer < "security"),
        lambda d, a, x: a.every(a.layer >= a.layer.next(default="model")),
        lambda d, a, x: a.layer.max(empty="model") == "model", lambda d, a, x: d.every(d.source >= "signed"),
        lambda d, a, x: a.group_by(a.auditor).every(a.group_by(a.auditor).min(a.accredited) == "yes"),
    ],
)  # fmt: skip
def test_what_does_not_ascend_has_no_order(make: Any) -> None:
    with pytest.raises(ClaimDefinitionError, match=r"Enum\(.*\) has no order.*\n  at test_.*\n  remedy: "):
        of_risk(make)


def test_two_lists_are_not_compared() -> None:
    with pytest.raises(ClaimDefinitionError, match="has no meaning"):
        of_risk(lambda d, a, x: a.every(a.outcome <= x))
    with pytest.raises(ClaimDefinitionError, match="'severe' is none of minimal, "):
        of_risk(lambda d, a, x: d.every(d.risk >= "severe"))


def test_a_schema_of_ones_own_may_say_that_choices_ascend() -> None:
    levels = Schema("levels", (Column("level", "enum", ("low", "mid", "top"), ranked=True),))
    assert levels.text == Schema("levels", (Column("level", "enum", ("low", "mid", "top")),)).text

    class LevelLog(LogTable, schema=levels):
        pass

    def body(log: Any) -> None:
        """A claim."""
        require("x", log.every(log.level >= "mid"))

    body.__annotations__["log"] = LevelLog
    made = claim("levels")(body)
    assert interpret(made, {"log": [encode_rows(levels, [{"level": "top"}])]}, {}).holds
    assert not interpret(made, {"log": [encode_rows(levels, [{"level": "low"}])]}, {}).holds
