"""JSON documents as APIs answer: where the rows are, paths to fields, several values, pages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.kit.importing import CANARY, DATA, survives, write
from zkcompliance import importers, schemas
from zkcompliance.errors import ImporterError
from zkcompliance.importers.rules import Rules

REGISTERS = DATA / "registers"


def rows(
    path: Path, columns: dict[str, str], schema: str = "model", rules: Rules | None = None, **options: str
) -> list[dict[str, object]]:
    """The rows as they are sealed, ids as texts are not kept: those of the importer itself."""
    chosen = schemas.by_name(schema)
    importer = importers.mapped(importers.by_name("json"), columns, chosen, rules)
    list(importers.encode(importer, path, chosen, options))
    return [dict(row) for row in importers.rows(importer, path, chosen, options)]


def refused(path: Path, columns: dict[str, str], match: str, rules: Rules | None = None, **options: str) -> None:
    with pytest.raises(ImporterError, match=match) as caught:
        rows(path, columns, rules=rules, **options)
    assert path.name in caught.value.message and CANARY not in caught.value.message + caught.value.help


def document(folder: Path, value: object) -> Path:
    return write(folder, json.dumps(value), "in.json")


def test_the_registry_of_mlflow() -> None:
    columns = {"model": "name", "modality": "tags[key=modality].value", "base_model": "tags[key=base_model].value"}
    found = rows(REGISTERS / "registered_models.json", columns, rows="registered_models")
    assert [row["model"] for row in found] == ["acme-base", "acme-chat", "acme-draw"]
    assert [row["modality"] for row in found] == ["text", "text", "image"]
    assert [row["base_model"] for row in found] == [None, "acme-base", None]


def test_where_rows_are(tmp_path: Path) -> None:
    one = {"model": "m", "released": 1767571200}
    for value, options in (
        ([one], {}), (one, {}), ({"a": {"b": [one]}, "c": 1}, {"rows": "a.b"}), ({"rows": [one]}, {"rows": "rows"}),
    ):  # fmt: skip
        assert rows(document(tmp_path, value), {}, **options) == [one]
    path = document(tmp_path, {"a": [one]})
    refused(path, {}, "row 1: schema model@1 has no column 'a'")
    refused(path, {}, "has no array at 'b'", rows="b")
    refused(document(tmp_path, {"a": 5}), {}, "an array", rows="a")
    refused(document(tmp_path, [5]), {}, "row 1: is missing or not an object")
    refused(document(tmp_path, []), {}, "holds no rows")
    refused(write(tmp_path, '[{"model": "m"}] x', "in.json"), {}, "something follows")
    refused(write(tmp_path, '[{"model": "m", "model": "n"}]', "in.json"), {}, "twice")


def test_paths(tmp_path: Path) -> None:
    item = {"a.b": "dotted", "a": {"b": "nested", "c": [{"d": "x", "k": 1}, {"d": "y", "k": 2}], "e": []}, "f": None}
    path = document(tmp_path, [item])
    assert rows(path, {"model": "a.b"})[0]["model"] == "dotted"
    assert rows(path, {"model": "a.b", "base_model": "a.c[d=x].d"})[0]["base_model"] == "x"
    assert rows(path, {"model": "a.b", "base_model": "a.e.d"})[0]["base_model"] is None
    assert rows(path, {"model": "a.b", "base_model": "f"})[0]["base_model"] is None
    refused(path, {"model": "a.c.d"}, "row 1, column model: has several values")
    refused(path, {"model": "a"}, "row 1, column model: is an object")
    refused(path, {"model": "a.z"}, "'a.z', which --map takes for column model, is not in the file|column model")


def test_one_of_several_values(tmp_path: Path) -> None:
    labels = [["text", CANARY], ["draw"], [], ["text", "text"]]
    path = document(
        tmp_path, [{"model": f"m{n}", "tags": [{"n": each} for each in some]} for n, some in enumerate(labels)]
    )
    columns = {"model": "model", "modality": "tags.n"}
    rules = Rules.of(("modality=text=text", "modality=draw=image", "modality==other"))
    assert [row["modality"] for row in rows(path, columns, rules=rules)] == ["text", "image", "other", "text"]
    refused(
        path,
        columns,
        "row 1, column modality: has several values, of which --choice names none",
        Rules.of(("modality=x=text",)),
    )
    both = Rules.of(("modality=text=text", f"modality={CANARY}=image"))
    refused(path, columns, "row 1, column modality: has several values, of which --choice names two", both)


def test_pages(tmp_path: Path) -> None:
    one = {"model": "m"}
    for more in (
        {"total": 2}, {"total_count": 0}, {"nextPageToken": "x"}, {"next_page_token": "x"}, {"isLast": False},
        {"incomplete_results": True}, {"next": "https://tickets.example/?page=2"}, {"has_more": True}, {"done": False},
        {"@odata.nextLink": "https://x.example"}, {"meta": {"pagination": {"total": 3}}}, {"total": {"value": 2}},
        {"_links": {"next": {"href": "/2"}, "self": {}}}, {"pageInfo": {"hasNextPage": True}},
        {"page": {"totalElements": 9}}, {"link": [{"relation": "self"}, {"relation": "next", "url": "/2"}]},
        {"links": [{"rel": "next", "href": "/2"}]}, {"metadata": {"continue": "x"}},
        {"response_metadata": {"next_cursor": "x"}}, {"isLast": 1}, {"nextToken": 7},
    ):  # fmt: skip
        for document_ in ({"items": [one], **more}, {**more, "items": [one]}):
            path = document(tmp_path, document_)
            refused(path, {}, "is one page of several, as it says itself", rows="items")
            assert len(rows(path, {}, rows="items", pages="yes")) == 1
    last = {
        "total": 1, "nextPageToken": None, "next_page_token": "", "isLast": True, "incomplete_results": False,
        "next": None, "has_more": False, "done": True, "_links": {"self": {"href": "/1"}, "next": {}}, "page": 1,
        "meta": {"pagination": {"total": 1, "next": None}}, "links": [{"rel": "self"}], "cursor": "x", "pageInfo": {},
    }  # fmt: skip
    assert len(rows(document(tmp_path, {**last, "items": [one]}), {}, rows="items")) == 1


def test_numbers_and_truths_keep_what_they_say(tmp_path: Path) -> None:
    text = '[{"digest": "d", "licence": "mit", "tokens": 12e3, "synthetic": true, "public": false, "opted_out": 0.50}]'
    path = write(tmp_path, text, "in.json")
    chosen = schemas.by_name("dataset")
    (chunk,) = importers.encode(importers.by_name("json"), path, chosen)
    (row,) = schemas.decode_rows(chosen, chunk)
    assert (row["tokens"], row["synthetic"], row["public"], row["opted_out"]) == (12_000, True, False, 500_000)


def test_damaged_documents(tmp_path: Path) -> None:
    whole = (REGISTERS / "registered_models.json").read_bytes()
    for cut in range(0, len(whole) - 2, 13):
        path = write(tmp_path, whole[:cut], "in.json")
        assert not survives(lambda path: rows(path, {"model": "name"}, rows="registered_models"), path)
