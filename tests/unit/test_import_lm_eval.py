"""lm-evaluation-harness: 7/24 and 4/10, one row per document and filter; refusals by line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.kit.importing import CANARY, DATA, leaves, load, raw, refused, replaced, survives, write, wrong_option
from zkcompliance.errors import ImporterError

FOLDER = DATA / "lm-eval"
RESULTS = FOLDER / "results.json"
GEN, CHOICE = FOLDER / "samples_mini_gen.jsonl", FOLDER / "samples_mini_wmdp_like.jsonl"
SOUND = json.loads(RESULTS.read_text())
LINES = [json.loads(line) for line in GEN.read_text().splitlines()]


def samples(folder: Path, rows: list[object]) -> Path:
    return write(folder, "".join(json.dumps(row) + "\n" for row in rows), "samples_mini_gen.jsonl")


def results(folder: Path, path: str, value: object) -> str:
    return str(write(folder, json.dumps(replaced(SOUND, tuple(path.split("/")), value)), "results.json"))


def test_seven_of_24_and_four_of_10() -> None:
    rows = raw("lm-eval", GEN, "eval", results=str(RESULTS))
    assert (len(rows), sum(int(row["score"]) for row in rows)) == (10, 4_000_000)
    assert {(row["suite"], row["grader"], row["model"]) for row in rows} == {
        ("mini_gen@2.0", "exact_match,none", "18fkbj3g")
    }
    assert ([row["item"] for row in rows], rows[0]["at"]) == ([str(n) for n in range(10)], 1795220737)
    rows = raw("lm-eval", CHOICE, "eval", results=str(RESULTS), metric="acc", domain="subject", source="signed")
    assert (len(rows), sum(int(row["score"]) for row in rows)) == (24, 7_000_000)
    assert {row["domain"] for row in rows} == {"bio", "chem", "cyber"}
    assert {row["source"] for row in rows} == {"signed"}
    assert len(load("lm-eval", CHOICE, "eval", results=str(RESULTS), metric="acc_norm")) == 24


def test_booleans() -> None:
    folder = DATA / "lm-eval-2"
    (path,), (stated,) = folder.glob("samples_*.jsonl"), folder.glob("results_*.json")
    rows = raw("lm-eval", path, "eval", results=str(stated), metric="prompt_level_strict_acc")
    assert (len(rows), sum(int(row["score"]) for row in rows)) == (30, 17_000_000)
    assert sum(int(row["score"]) for row in rows) / 30e6 == pytest.approx(0.5667, abs=1e-4)
    with pytest.raises(ImporterError, match="line 1, metric: is not a number: it is no single grade") as caught:
        load("lm-eval", path, "eval", results=str(stated), metric="inst_level_strict_acc")
    assert "--set metric=NAME" in caught.value.help


def test_scales_and_texts(tmp_path: Path) -> None:
    lines = [{**line, "exact_match": 1 + number} for number, line in enumerate(LINES)]
    path, stated = samples(tmp_path, lines), results(tmp_path, "results/mini_gen/exact_match,none", 5.5)
    refused("lm-eval", path, "over the greatest value", "eval", results=stated)
    rows = load("lm-eval", path, "eval", results=stated, scale="1..10")
    assert [row["score"] for row in rows] == [round(number * 1_000_000 / 9) for number in range(10)]
    lines = [{**line, "exact_match": "yes"} for line in LINES]
    path, stated = samples(tmp_path, lines), results(tmp_path, "results/mini_gen/exact_match,none", 1.0)
    refused("lm-eval", path, "nobody said what it is worth", "eval", results=stated)
    rows = load("lm-eval", path, "eval", results=stated, map="yes=100%")
    assert {row["score"] for row in rows} == {1_000_000}


def test_options() -> None:
    refused("lm-eval", CHOICE, "line 1, metrics: holds not one metric", "eval", results=str(RESULTS))
    refused("lm-eval", GEN, "metric is not there", "eval", results=str(RESULTS), metric="acc")
    refused("lm-eval", GEN, "not the stated version", "eval", results=str(RESULTS), task_version="1.0")
    refused("lm-eval", GEN, "not as many", "eval", results=str(RESULTS), task="mini_wmdp_like")
    refused("lm-eval", GEN, "holds no document under this filter", "eval", results=str(RESULTS), filter="strict")
    refused("lm-eval", GEN, "n-samples of the task", "eval", results=str(RESULTS), task="x")
    for options in ({}, {"results": str(FOLDER / "none.json")}, {"results": str(RESULTS), "source": "x"}):
        wrong_option("lm-eval", GEN, "eval", **options)
    wrong_option("lm-eval", GEN, results=str(RESULTS))


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("lm_eval_version", "0.3.0", "lm_eval_version: 0.3.0 is not known"),
        ("lm_eval_version", None, "lm_eval_version: not named"),
        ("n-samples/mini_gen/original", 11, "a limit cut the suite"),
        ("n-samples/mini_gen/effective", -10, "negative"),
        ("versions/mini_gen", None, "versions"),
        ("date", "2026-01-01", "date: is not a number"),
        ("date", float("nan"), "date: is NaN"),
        ("model_name", None, "model_name"),
        ("results/mini_gen/exact_match,none", 0.5, "does not follow from the documents"),
        ("results/mini_gen/exact_match,none", "N/A", "is not a number"),
        ("results/mini_gen", {}, "no result for this metric"),
    ],
)
def test_results_that_are_refused(tmp_path: Path, path: str, value: object, message: str) -> None:
    refused("lm-eval", GEN, message, "eval", results=results(tmp_path, path, value))


def test_a_limited_suite_only_when_stated(tmp_path: Path) -> None:
    file = results(tmp_path, "n-samples/mini_gen/original", 100)
    assert len(load("lm-eval", GEN, "eval", results=file, limited="yes")) == 10


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("doc_id", 0, "line 2, doc_id: the document is there twice"),
        ("doc_id", -1, "line 2, doc_id: is negative"),
        ("doc_id", 1.5, "line 2, doc_id: is not a whole"),
        ("doc_id", CANARY, "line 2, doc_id: is not a number"),
        ("filter", "strict", "line 2, filter: a second filter"),
        ("filter", None, "line 2, filter"),
        ("metrics", [], "line 2, metrics"),
        ("exact_match", None, "line 2, metric: is not a number"),
        ("exact_match", [0.5, 3], "line 2, metric: is not a number"),
        ("exact_match", CANARY, "line 2, metric: is a text of which nobody said"),
        ("exact_match", True, "does not follow"),
        ("exact_match", 1.5, "line 2, metric: is over the greatest value of the scale 0..1"),
        ("exact_match", -0.1, "line 2, metric: is under the least value of the scale 0..1"),
        ("exact_match", float("nan"), "line 2, metric: is NaN"),
        ("exact_match", float("inf"), "line 2, metric: is NaN or infinite"),
        ("exact_match", 1.0, "does not follow"),
    ],
)
def test_documents_that_are_refused(tmp_path: Path, column: str, value: object, message: str) -> None:
    rows = [dict(line) for line in LINES]
    rows[1][column] = value
    refused("lm-eval", samples(tmp_path, rows), message, "eval", results=str(RESULTS))


def test_one_filter_of_several(tmp_path: Path) -> None:
    other = [{**line, "filter": "strict", "exact_match": 0.0} for line in LINES]
    path = samples(tmp_path, [row for pair in zip(LINES, other, strict=True) for row in pair])
    rows = load("lm-eval", path, "eval", results=str(RESULTS), filter="none")
    assert (len(rows), sum(int(row["score"]) for row in rows)) == (10, 4_000_000)
    refused("lm-eval", path, "line 2, filter", "eval", results=str(RESULTS))


def test_hostile_files(tmp_path: Path) -> None:
    def bad(data: bytes, message: str) -> None:
        refused("lm-eval", write(tmp_path, data, "samples_mini_gen.jsonl"), message, "eval", results=str(RESULTS))

    bad(b"", "holds no document")
    bad(b"[" * 10**6 + b"\n", "line 1: is nested too deeply")
    bad(b"[]\n", "line 1: the line: is missing or not an object")
    bad(b'{"doc_id": 1, "doc_id": 2}\n', "line 1: a member is there twice")
    bad(b'{"doc_id": 1e999999}\n', "line 1: a number is absurdly")
    bad(GEN.read_bytes()[:-1], "line 10: has no line end")
    bad(b"\xff\n", "line 1: is not UTF-8")
    bad(b"\n", "line 1: is not JSON")
    bad(b"x" * (17 << 20), "line 1: is longer than")
    refused("lm-eval", GEN, "results file: is nested", "eval", results=str(write(tmp_path, "[" * 10**5, "r.json")))
    wrong = write(tmp_path, "{}", "samples_other.jsonl")
    refused("lm-eval", wrong, "does not say which task", "eval", results=str(RESULTS))


def test_truncation_and_canaries(tmp_path: Path) -> None:
    text = GEN.read_bytes()
    for cut in range(0, len(text) - 1, 97):
        path = write(tmp_path, text[:cut], "samples_mini_gen.jsonl")
        assert not survives(lambda p: load("lm-eval", p, "eval", results=str(RESULTS)), path)
    for leaf in leaves(LINES[1]):
        path = samples(tmp_path, [LINES[0], replaced(LINES[1], leaf, CANARY), *LINES[2:]])
        survives(lambda p: load("lm-eval", p, "eval", results=str(RESULTS)), path)
    for leaf in leaves(SOUND):
        file = write(tmp_path, json.dumps(replaced(SOUND, leaf, CANARY)), "results.json")
        survives(lambda p, file=file: load("lm-eval", p, "eval", results=str(file)), GEN)
