"""What rows are called: every schema has words for them, and models are spoken of where rows name one."""

from __future__ import annotations

import pytest

from zkcompliance.card import kinds
from zkcompliance.schemas import CATALOGUE
from zkcompliance.schemas.shape import Schema


def _all() -> list[Schema]:
    found = CATALOGUE.values() if isinstance(CATALOGUE, dict) else CATALOGUE
    return [schema for schema in found if not schema.name.endswith(".rollup")]


@pytest.mark.parametrize("schema", _all(), ids=lambda schema: schema.name)
def test_every_schema_has_its_words(schema: Schema) -> None:
    kind = kinds.KINDS[schema.name]
    assert kind.model == any(column.name == "model" for column in schema.columns)
    assert kinds.kinds_of([schema.name, f"{schema.name}.rollup"]) == (kind,)


def test_no_word_is_of_a_schema_that_is_not_there() -> None:
    assert set(kinds.KINDS) == {schema.name for schema in _all()}


def test_what_is_not_proven_speaks_of_the_log_at_hand() -> None:
    incidents = kinds.kinds_of(["incident", "incident_report"])
    assert kinds.complete(incidents) == (
        "that every incident and every report is in the log: what was never entered is not there"
    )
    assert "times and categories of incidents and times, authorities and receipts of reports" in kinds.true_rows(
        incidents
    )
    assert "name no model" in kinds.about(incidents, "m") and "by its name alone" in kinds.about(
        kinds.kinds_of(["incident", "eval"]), "m"
    )
