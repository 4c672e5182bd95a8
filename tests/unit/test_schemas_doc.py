"""docs/schemas.md says what the schemas are, and docs/spec/log.md what their texts look like."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.kit.schema_tables import PAGE, section, written
from zkcompliance import schemas
from zkcompliance.schemas import Schema

SPEC = Path(__file__).parents[2] / "docs" / "spec" / "log.md"


@pytest.mark.parametrize("schema", schemas.CATALOGUE, ids=lambda schema: schema.name)
def test_its_section_is_what_it_is(schema: Schema) -> None:
    """Written anew by `python -m tests.kit.schema_tables`."""
    assert f"\n{section(schema)}" in PAGE.read_text(encoding="utf-8")


def test_there_are_no_others() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert written(page) == page
    assert re.findall(r"^## ([\w.]+@\d+)$", page, re.MULTILINE) == [schema.label for schema in schemas.CATALOGUE]


def test_every_column_and_every_choice_is_named() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for schema in schemas.CATALOGUE:
        about = " ".join(page.partition(f"\n## {schema.label}\n")[2].partition("\n## ")[0].split())
        for column in schema.columns:
            said = f"; sentences say *{column.words}*" if column.words else ""
            kind = "enum" if column.choices else column.type_text
            assert f"| {column.name} | {kind} | {column.doc}{said} |" in about
            if column.name not in ("region", "source"):
                assert ", ".join(column.choices) in about


def test_the_text_in_the_specification_is_one() -> None:
    (text,) = re.findall(r"^```text\n(zkc-schema .*?)^```$", SPEC.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    schema = schemas.parse_text(text)
    assert schema.label == "lunch@3" and schema.column("dish").choices == ("soup", "salad")
