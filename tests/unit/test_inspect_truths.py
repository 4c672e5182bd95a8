"""Logs of Inspect with known truths: the figures that the tool itself states, from the rows that are sealed."""

from __future__ import annotations

import json
import sys
from collections import Counter
from fractions import Fraction
from math import comb
from pathlib import Path

import pytest

from tests.kit.importing import CANARY, DATA, load, raw, refused, write, wrong_option
from zkcompliance.importers import archive, inspect_ai

pytest.importorskip("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")

FOLDER = DATA / "inspect-2"
MILLION = 1_000_000


def rows(name: str, **options: str) -> list[dict[str, object]]:
    return raw("inspect", FOLDER / f"{name}.eval", "eval", **options)


def mean(of: list[dict[str, object]]) -> float:
    scores = [int(row["score"]) for row in of if row["score"] is not None]
    return sum(scores) / len(scores) / MILLION


@pytest.mark.parametrize(
    ("name", "options", "count", "stated", "grader"),
    [
        ("dictscore", {"scorer": "a"}, 6, 0.4716473571, "dic.a"),
        ("dictscore", {"scorer": "dic.a"}, 6, 0.4716473571, "dic.a"),
        ("dictscore", {"key": "a"}, 6, 0.4716473571, "dic.a"),
        ("dictscore", {"scorer": "dic", "key": "b"}, 6, 0.6769324451, "dic.b"),
        ("dictscore", {"scorer": "a", "unscored": "zero"}, 6, 0.4716473571, "dic.a"),
        ("multi", {"scorer": "match"}, 6, 0.5, "match"),
        ("multi", {"scorer": "frac"}, 6, 0.6383251, "frac"),
        ("multi", {"scorer": "letters"}, 6, 0.4166667, "letters"),
        ("boo", {}, 40, 0.375, "boolean"),
        ("lik", {"scale": "1..10"}, 6, 0.5, "likert"),  # (5.5 − 1) / 9
        ("yn", {"map": "yes=100%,no=0"}, 6, 0.8333333, "yesno"),
        ("epochs_pass", {}, 32, 0.4375, "letters"),
        ("chunked", {"domain": "domain"}, 6, 0.5, "match"),
        ("edited", {"edits": "accept"}, 24, 0.4583333, "letters"),
        ("edited", {"edits": "original"}, 24, 0.3958333, "letters"),
    ],
)
def test_what_the_tool_states(name: str, options: dict[str, str], count: int, stated: float, grader: str) -> None:
    found = rows(name, **options)
    assert len(found) == count
    assert mean(found) == pytest.approx(stated, abs=1e-6)
    assert {row["grader"] for row in found} == {grader}
    assert {row["status"] for row in found} == {"success"}


def test_a_retried_sample_is_an_attempt_each() -> None:
    found = rows("retry_ok")
    assert len(found) == 31
    failed = [row for row in found if row["status"] == "error"]
    last = [row for row in found if row["status"] == "success"]
    assert (len(failed), len(last), mean(last)) == (11, 20, 0.5)
    assert {row["score"] for row in failed} == {None}
    attempts: dict[object, list[object]] = {}
    for row in found:
        attempts.setdefault((row["item"], row["epoch"]), []).append(row["attempt"])
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in attempts.values())
    assert max(int(row["at"]) for row in failed) <= min(int(row["at"]) for row in last)


@pytest.mark.parametrize(("name", "limit"), [("x_timelimit", "time"), ("x_msglimit", "messages")])
def test_samples_that_hit_a_limit(name: str, limit: str) -> None:
    found = rows(name)
    assert [(row["limit"], row["status"], row["score"]) for row in found] == [(limit, "limit", 0)] * 6


def test_samples_that_failed_are_rows_that_say_so() -> None:
    refused("inspect", FOLDER / "err_some.eval", "completed_samples: differs", "eval")
    found = rows("err_some", incomplete="yes")
    outcomes = Counter((row["status"], row["score"] is None) for row in found)
    assert outcomes == {("success", False): 6, ("error", True): 4}
    assert mean(found) == 0.5


def test_pass_at_2_follows_from_the_single_epochs() -> None:
    ones: Counter[object] = Counter()
    for row in rows("epochs_pass", reducer="pass_at_2"):
        ones[row["item"]] += row["score"] == MILLION
    assert len(ones) == 8
    found = sum(1 - Fraction(comb(4 - count, 2), comb(4, 2)) for count in ones.values()) / 8
    assert float(found) == pytest.approx(0.5208333, abs=1e-6)


def test_metadata_of_the_chunked_layout() -> None:
    assert Counter(row["domain"] for row in rows("chunked", domain="domain")) == {"cyber": 2, "bio": 4}


# what a refusal says, and an option by which the same file is taken
REFUSALS = [
    ("dictscore", {}, "results.scores: holds not one scorer", "--set scorer=NAME, or SCORER.KEY", {"scorer": "dic.a"}),
    ("dictscore", {"scorer": "dic"}, "is one of several keys", "SCORER.KEY", {"scorer": "dic.b"}),
    ("dictscore", {"scorer": "c"}, "the stated scorer is not there", "--set scorer=NAME", {"scorer": "a"}),
    (
        "dictscore", {"scorer": "dic.c"}, "has no mean and no accuracy of this score", "--set unchecked=yes",
        {"scorer": "a"},
    ),
    (
        "dictscore", {"scorer": "dic.c", "unchecked": "yes"}, "sample 1, scores, value: the dict has no such key",
        "--set key=NAME", {"scorer": "dic", "key": "b"},
    ),
    ("multi", {}, "results.scores: holds not one scorer", "--set scorer=NAME", {"scorer": "frac"}),
    (
        "lik", {}, "sample 1, scores, value: is over the greatest value of the scale 0..1", "--set scale=LOW..HIGH",
        {"scale": "1..10"},
    ),
    (
        "yn", {}, "sample 1, scores, value: is a text of which nobody said what it is worth; C, P, I, N are known",
        "--set map=TEXT=SHARE,TEXT=SHARE", {"map": "yes=100%,no=0"},
    ),
    ("boo", {"key": "1", "unchecked": "yes"}, "is a single value, and a key was named", "leave --set key=", {}),
    ("edited", {}, "sample 1, scores, history: the score was edited", "--set edits=accept", {"edits": "accept"}),
    ("err_some", {}, "completed_samples: differs from total_samples", "--set incomplete=yes", {"incomplete": "yes"}),
    ("boo", {"reducer": "max"}, "the stated reducer is not there", "leave --set reducer=", {}),
    ("boo", {"epochs": "3"}, "is not the stated number", "--set epochs=2", {"epochs": "2"}),
    ("boo", {"dirty": "no"}, "eval.revision.dirty: is not false", "leave --set dirty=no out", {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "options", "message", "remedy", "taken"), REFUSALS)
def test_each_refusal_has_a_remedy_that_works(
    name: str, options: dict[str, str], message: str, remedy: str, taken: dict[str, str]
) -> None:
    path = FOLDER / f"{name}.eval"
    with pytest.raises(inspect_ai.ImporterError) as caught:
        load("inspect", path, "eval", **options)
    assert message in caught.value.message
    assert path.name in caught.value.message
    assert remedy in caught.value.help
    assert load("inspect", path, "eval", **taken)


def test_values_of_grades() -> None:
    for options in (
        {"scale": "10..1"}, {"scale": "1-10"}, {"scale": "1..1"}, {"map": "yes"}, {"map": "yes=1"}, {"map": "yes=200%"},
        {"map": "a=0,a=1%"}, {"unchecked": "x"}, {"limited": "x"},
    ):  # fmt: skip
        wrong_option("inspect", FOLDER / "boo.eval", "eval", **options)


def document(values: list[object], stated: float | None, **more: object) -> dict[str, object]:
    """A log of one scorer `s`, with a sample for each value."""
    metrics = {} if stated is None else {"mean": {"name": "mean", "value": stated}}
    line = {"name": "s", "scorer": "s", "scored_samples": len(values), "unscored_samples": 0, "metrics": metrics}
    head = {"total_samples": len(values), "completed_samples": len(values), "scores": [line]}
    at, spec = "2026-01-05T12:00:00+00:00", {"task": "t", "model": "m", "config": {}, "scorers": [{"name": "s"}]}
    samples = [
        {"id": number, "epoch": 1, "scores": {"s": {"value": value}}, "completed_at": at}
        for number, value in enumerate(values)
    ]
    return {
        "version": 2, "status": "success", "eval": spec, "results": head,
        "stats": {"started_at": at, "completed_at": at}, **more, "samples": samples,
    }  # fmt: skip


def log(folder: Path, *args: object, **more: object) -> Path:
    return write(folder, json.dumps(document(*args, **more)), "log.json")


def test_scales_with_negative_values(tmp_path: Path) -> None:
    path = log(tmp_path, [-1, 0.5, 1], 1 / 6)
    refused("inspect", path, "is under the least value of the scale 0..1", "eval")
    assert [row["score"] for row in raw("inspect", path, "eval", scale="-1..1")] == [0, 750_000, 1_000_000]
    refused("inspect", path, "is under the least value of the scale -0.5..1", "eval", scale="-0.5..1")


def test_lists(tmp_path: Path) -> None:
    path = log(tmp_path, [[0.1, 0.9], [0.2, True]], None)
    refused("inspect", path, "could be recomputed", "eval")
    refused("inspect", path, "holds several scores", "eval", unchecked="yes")
    found = raw("inspect", path, "eval", unchecked="yes", key="1")
    assert ([row["score"] for row in found], found[0]["grader"]) == ([900_000, 1_000_000], "s.1")
    for wrong in ("2", "-1", "a", "9" * 400):
        refused("inspect", path, "the list has no such position", "eval", unchecked="yes", key=wrong)


def test_texts_are_recounted_by_the_tools_own_rule_or_by_the_map(tmp_path: Path) -> None:
    own = {"map": "1=100%,0=0,refused=100%,complied=0"}
    assert [row["score"] for row in raw("inspect", log(tmp_path, ["1", "0"], 0.5), "eval", **own)] == [MILLION, 0]
    # Inspect counts texts that it does not know as 0; a task's own rule may count them as the map does
    for stated in (0.0, 0.5):
        path = log(tmp_path, ["refused", "complied"], stated)
        assert [row["score"] for row in raw("inspect", path, "eval", **own)] == [MILLION, 0]
    refused("inspect", log(tmp_path, ["refused", "complied"], 0.25), "does not follow", "eval", **own)
    refused("inspect", log(tmp_path, [CANARY, "0"], 0.0), "nobody said", "eval", **own)


@pytest.mark.parametrize(
    ("status", "ended"), [("error", "error"), ("cancelled", "cancelled"), ("started", "cancelled")]
)
def test_a_run_that_did_not_end_well_is_no_success(tmp_path: Path, status: str, ended: str) -> None:
    cut = document([1, 0.5], None, status=status, results=None, stats={"completed_at": ""})
    cut["samples"][1]["error"] = {"message": "x"}
    del cut["samples"][1]["scores"]
    path = write(tmp_path, json.dumps(cut), "log.json")
    refused("inspect", path, "status: is not success", "eval")
    found = raw("inspect", path, "eval", incomplete="yes")
    assert [(row["status"], row["score"]) for row in found] == [(ended, MILLION), ("error", None)]
    limited = document([1], None, status=status, results=None)
    limited["samples"][0]["limit"] = {"type": "token", "limit": 5}
    path = write(tmp_path, json.dumps(limited), "log.json")
    assert [(row["status"], row["limit"]) for row in raw("inspect", path, "eval", incomplete="yes")] == [
        ("limit", "tokens")
    ]


def test_a_sample_that_hit_a_limit_needs_no_score(tmp_path: Path) -> None:
    cut = document([1, 1], 1.0)
    cut["results"]["scores"][0]["scored_samples"] = 1
    cut["samples"][1] |= {"scores": {}, "limit": {"type": "cost", "limit": 1}}
    found = raw("inspect", write(tmp_path, json.dumps(cut), "log.json"), "eval")
    assert [(row["score"], row["limit"], row["status"]) for row in found] == [
        (MILLION, "none", "success"), (None, "cost", "limit"),
    ]  # fmt: skip


def test_a_killed_run_is_read_from_its_journal(tmp_path: Path) -> None:
    import zipfile

    source = FOLDER / "boo.eval"
    out = tmp_path / "killed.eval"
    with source.open("rb") as file, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, info in archive.members(file).items():
            if name.startswith("_journal/start") or name in ("samples/1_epoch_1.json", "samples/2_epoch_1.json"):
                target.writestr(name, archive.Member(file, info, name).whole())
    refused("inspect", out, "status: is not success", "eval")
    found = raw("inspect", out, "eval", incomplete="yes")
    assert [(row["item"], row["status"], row["grader"]) for row in found] == [
        ("1", "cancelled", "boolean"), ("2", "cancelled", "boolean"),
    ]  # fmt: skip
