"""The built-in schemas: frozen digests, every column there and back, missing values and row rules."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from zkcompliance import importers, limits, schemas
from zkcompliance.errors import SchemaError
from zkcompliance.quantities import FIRST, LAST, Exact
from zkcompliance.schemas import Column, Schema, Value

DIGESTS = {
    "compute": "e22b796f1ebff03c7c182281166f0df8427dd0acb4144782df6f6d47cb198bfe",
    "model": "11c7291a1bee74795e029ae674553ce28a319849a06b77560793bd857a84b6e2",
    "booking": "05a7627707e2f9ae26ab76da13dbdf92eb6eb27a4b902a2c5d9f33edf231e92e",
    "eval": "9c3f2f16298714d102c3e75c191a7a41bcd7559bbfb047198ae0f2c04d663d0b",
    "answer": "59c9883ae924621e65531ba43793bccfd90a8aa5cf9b82f10ecda158f0715cd3",
    "target": "40774c3617280fb75238533d0472427f93156acfb38dbc87a12b3ef4094c25c4",
    "event": "c0203bef1c4876f3f08e8c0fffb6f9e204a36c54e79c79f50161926889d673da",
    "incident": "48ec643d230da6936376e6d74e0645496e71e03b1f974208d7abbc33879ec2ad",
    "incident_report": "4700e3cc2875b433f2bcf6b0f36303e5f705b300b8a74ca76e7ee2f3efe2ce3b",
    "chip": "503564f269c2ad217c0fd05545bf5a1730c187cceedb2ebc00db7bb214774a5f",
    "dataset": "4455134b4e21f648827eb8f948b9ad5a633629bd97809260818837ec187f3881",
    "audit": "e33c84a0544bb4e44120f00fd8a539d9eafed56ab659484afb49486460472b77",
    "customer": "23f4a6ed86c78747580760cfb4207d19e4e321d7146be6440a50f6b7f57b11f2",
    "decision": "e819153ea696924686a6e559cba42c426d657e4787a53741f6b54bdba1207e57",
    "note": "d34d0d9acd5d4871e4257012d41b818e0efda40259692f6021aacd75a3714cbe",
}
WIDTHS = {
    "compute": 70,
    "model": 26,
    "booking": 27,
    "eval": 64,
    "answer": 40,
    "target": 28,
    "event": 36,
    "incident": 30,
    "incident_report": 26,
    "chip": 49,
    "dataset": 37,
    "audit": 31,
    "customer": 34,
    "decision": 33,
    "note": 36,
}


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
    }  # fmt: skip
    assert schemas.names() == sorted(DIGESTS)
    assert schemas.CATALOGUE[0].name == "compute"


@pytest.mark.parametrize("schema", schemas.CATALOGUE, ids=lambda schema: schema.name)
def test_frozen(schema: Schema) -> None:
    assert (schema.digest.hex(), schema.width) == (DIGESTS[schema.name], WIDTHS[schema.name])
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
    assert len(schemas.dataset.column("region").choices) == 2 + 249
    assert set(schemas.event.column("kind").choices) == {
        "eval", "breach", "pause", "resume", "deploy", "throttle", "rollback", "mitigate", "notify", "review",
        "policy_change", "framework", "report", "summary", "publish", "notify_authority", "crossing",
    }  # fmt: skip
    assert schemas.audit.column("layer").choices == ("model", "security", "governance")
    assert schemas.chip.column("kind").choices == schemas.compute.column("device_kind").choices
    assert schemas.chip.column("until").default == 2**48 - 1


def test_a_schema_of_ones_own_beside_them() -> None:
    own = schemas.parse_text("zkc-schema v2\neval@1\nscore ppm\n")
    assert own is not schemas.eval_
    assert schemas.decode_rows(own, schemas.encode_rows(own, [{"score": "30%"}])) == [{"score": 300_000}]
