"""The built-in schemas: pinned digests, every column there and back, missing values and row rules."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from zkcompliance import importers, limits, schemas
from zkcompliance.card import catalogue as cards
from zkcompliance.errors import SchemaError
from zkcompliance.quantities import FIRST, LAST, Exact
from zkcompliance.schemas import LIMBS, Column, Schema, Value


def example(column: Column, last: bool) -> Value:
    """The smallest or the largest value of a column."""
    match column.type:
        case "enum":
            return column.choices[-1 if last else 0]
        case "id":
            return "0x" + ("ff" if last else "01") * 16
        case "bool":
            return last
        case "time":
            return Exact(column.largest if last else 0)
        case "ppm":
            return Exact(10**6 if last else 0)
        case _:
            return column.largest if last else 0


def written(column: Column, last: bool) -> Value:
    """The same as files have it; a time is the earliest or the latest second that may stand there as a number."""
    match column.type:
        case "time":
            return LAST if last else FIRST
        case "ppm":
            return "100%" if last else "0"
        case _:
            return example(column, last)


def test_what_there_is() -> None:
    assert {schema.label for schema in schemas.CATALOGUE} == {
        "compute@2", "model@1", "booking@1", "eval@2", "answer@1", "target@1", "event@2", "incident@2",
        "incident_report@1", "chip@2", "dataset@2", "audit@2", "customer@2", "decision@2", "note@1",
        "compute.rollup@2", "eval.rollup@2", "event.rollup@2", "incident.rollup@2", "dataset.rollup@2",
    }  # fmt: skip
    assert schemas.names() == sorted(schema.name for schema in schemas.CATALOGUE)
    assert schemas.CATALOGUE[0].name == "compute"


@pytest.mark.parametrize("schema", schemas.CATALOGUE, ids=lambda schema: schema.name)
def test_what_is_pinned_of_it(schema: Schema) -> None:
    """Its digest stands frozen in the cards of the claims about it, which `python tests/pins.py` writes."""
    pinned = {slot.digest for name in cards.names() for slot in cards.load(name).slots if slot.schema == schema.name}
    assert pinned == {each.digest for each in schemas.versions(schema.name)}
    assert cards.schemas()[schema.name] == tuple(each.digest for each in schemas.versions(schema.name))
    unchanged = cards.goes_on(schema.digest, schema.digest)
    assert cards.floor(schema.name).slots[0].digest == schema.digest
    assert unchanged is not None and unchanged.slots[0].schema == schema.name
    assert unchanged.slots[0].about == f"{schema.label}, {schema.doc}"
    assert cards.label(schema.digest) == schema.label
    assert schema.width == 1 + sum(LIMBS[column.type] for column in schema.columns)
    assert schemas.parse_text(schema.text) is schema
    assert schemas.by_name(schema.name) is schema
    assert schema.width <= limits.MAX_WIDTH


@pytest.mark.parametrize("schema", schemas.CATALOGUE, ids=lambda schema: schema.name)
def test_every_column_there_and_back(schema: Schema) -> None:
    rows = [{column.name: example(column, last) for column in schema.columns} for last in (False, True)]
    assert schemas.decode_rows(schema, schemas.encode_rows(schema, rows)) == rows


@pytest.mark.parametrize("schema", schemas.CATALOGUE, ids=lambda schema: schema.name)
def test_defaults_and_what_has_to_be_there(schema: Schema) -> None:
    full = {column.name: example(column, False) for column in schema.columns}
    needed = {column.name: full[column.name] for column in schema.columns if column.default is None}
    (row,) = schemas.decode_rows(schema, schemas.encode_rows(schema, [needed]))
    assert {name: row[name] for name in full if name not in needed} == {
        column.name: "" if column.optional else column.default
        for column in schema.columns
        if column.default is not None
    }
    for name in needed:
        with pytest.raises(SchemaError, match=f"row 1, column {name}: is missing"):
            schemas.encode_rows(schema, [{key: value for key, value in full.items() if key != name}])
    if schema.rolled_up:
        assert schema.column("source").type == "enum" and schema.column("n").type == "count"
    else:
        assert [column.name for column in schema.columns[-2:]] == ["evidence", "source"]
        assert schema.column("evidence").type == "count" and schema.column("evidence").default == 0
    assert all(column.doc for column in schema.columns)
    assert schema.doc


@pytest.mark.parametrize("schema", [s for s in schemas.CATALOGUE if s.ordered], ids=lambda schema: schema.name)
def test_row_rules(schema: Schema) -> None:
    row = {column.name: example(column, False) for column in schema.columns}
    for low, high in schema.ordered:
        schemas.encode_rows(schema, [{**row, low: FIRST + 5, high: FIRST + 5}])
        with pytest.raises(SchemaError, match=f"column {high}: is less than {low}"):
            schemas.encode_rows(schema, [{**row, low: FIRST + 5, high: FIRST + 4}])


@pytest.mark.parametrize("schema", schemas.CATALOGUE, ids=lambda schema: schema.name)
def test_csv_and_json_lines_feed_every_schema(tmp_path: Path, schema: Schema) -> None:
    rows = [{column.name: written(column, last) for column in schema.columns} for last in (False, True)]
    with (tmp_path / "in.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows({name: str(value).lower() for name, value in row.items()} for row in rows)
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for name in ("in.csv", "in.jsonl"):
        (limbs,) = importers.encode(importers.guess(name), tmp_path / name, schema)
        shares = {column.name for column in schema.columns if column.type == "ppm"}
        for row, last in zip(schemas.decode_rows(schema, limbs), (False, True), strict=True):
            assert row == {**rows[last], **dict.fromkeys(shares, 10**6 if last else 0)}


def test_lists() -> None:
    """What a list is held against besides its own text, which the cards pin."""
    assert len(schemas.dataset.column("region").choices) == 2 + 249
    assert schemas.chip.column("kind").choices == schemas.compute.column("device_kind").choices
    assert schemas.chip.column("until").default == 2**48 - 1


def test_a_schema_of_ones_own_beside_them() -> None:
    own = schemas.parse_text("zkc-schema v2\neval@1\nscore ppm\n")
    assert own is not schemas.eval_
    assert schemas.decode_rows(own, schemas.encode_rows(own, [{"score": "30%"}])) == [{"score": 300_000}]
