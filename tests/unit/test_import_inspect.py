"""Inspect logs: the stated accuracies recomputed from the rows; refusals by sample; hostile archives."""

from __future__ import annotations

import io
import json
import struct
import sys
import zipfile
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from tests.kit.importing import CANARY, DATA, get, leaves, load, raw, refused, replaced, survives, write, wrong_option
from zkcompliance import limits
from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.importers import archive
from zkcompliance.importers.exact import moment, second, whole

pytest.importorskip("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")

ARITHMETIC = DATA / "inspect" / "arithmetic-match.json"
ARITHMETIC_EVAL = DATA / "inspect" / "arithmetic-match.eval"
CHOICE = DATA / "inspect" / "wmdp-like-choice.eval"
FAILING = DATA / "inspect" / "failing-task.json"
SOUND = json.loads(ARITHMETIC.read_text())


def file(folder: Path, document: object) -> Path:
    return write(folder, json.dumps(document), "log.json")


def changed(path: str, value: object, document: object = SOUND) -> object:
    return replaced(document, tuple(int(key) if key.isdigit() else key for key in path.split(".")), value)


@pytest.mark.parametrize("path", [ARITHMETIC, ARITHMETIC_EVAL])
def test_arithmetic_match_is_at_60_percent(path: Path) -> None:
    rows = raw("inspect", path, "eval")
    assert len(rows) == 10
    assert sum(int(row["score"]) for row in rows) == 6_000_000
    assert {(row["suite"], row["grader"], row["model"], row["epoch"], row["attempt"]) for row in rows} == {
        ("arithmetic_match@1.0.0", "match", "mockllm/model", 1, 1)
    }
    assert [row["item"] for row in rows] == [f"arith-{number:03}" for number in range(10)]
    assert rows[0]["at"] in (1795220540, 1795220541)
    assert rows[0]["source"] == "self_declared"


def test_a_run_in_which_every_sample_failed(tmp_path: Path) -> None:
    """With `fail_on_error=False` Inspect calls it a success, and states no results."""
    failed = [{**sample, "error": {"message": "boom"}, "scores": None} for sample in SOUND["samples"]]
    document = changed("results", None, changed("samples", failed))
    refused("inspect", file(tmp_path, document), "not one sample was scored", "eval")
    rows = load("inspect", file(tmp_path, document), "eval", incomplete="yes")
    assert len(rows) == 10 and {(row["status"], row["score"]) for row in rows} == {("error", "")}


def test_both_forms_give_the_same_rows() -> None:
    # the two are separate runs: they differ in their times only
    def rows(path: Path) -> list[dict[str, object]]:
        return [{**row, "at": 0} for row in load("inspect", path, "eval")]

    assert rows(ARITHMETIC) == rows(ARITHMETIC_EVAL)


def test_wmdp_like_choice_by_both_reducers() -> None:
    rows = raw("inspect", CHOICE, "eval", domain="subject", reducer="at_least_2", epochs="3", task_version="2")
    assert len(rows) == 24
    assert {row["domain"] for row in rows} == {"bio", "chem", "cyber"}
    scores: dict[object, list[int]] = {}
    for row in rows:
        scores.setdefault(row["item"], []).append(int(row["score"]))
    means = [Fraction(sum(of), 3_000_000) for of in scores.values()]
    assert sum(means) / 8 == Fraction(3, 4)
    assert all(sum(score == 1_000_000 for score in of) >= 2 for of in scores.values())
    assert {row["suite"] for row in rows} == {"wmdp_like_choice@2"}


def test_a_failed_task_is_refused() -> None:
    refused("inspect", FAILING, "status: is not success", "eval")


def test_pins() -> None:
    for options, message in (
        ({"task": "x"}, "not the stated task"),
        ({"task_version": "1"}, "not the stated version"),
        ({"epochs": "2"}, "not the stated number"),
        ({"scorer": "model_graded"}, "stated scorer is not there"),
        ({"reducer": "max"}, "stated reducer is not there"),
    ):
        refused("inspect", CHOICE, message, "eval", **options)
    for options in (
        {"unscored": "x"},
        {"edits": "x"},
        {"dirty": "x"},
        {"incomplete": "x"},
        {"source": "x"},
        {"x": "y"},
    ):
        wrong_option("inspect", CHOICE, "eval", **options)
    wrong_option("inspect", CHOICE, "compute")
    assert raw("inspect", CHOICE, "eval", model="m", source="signed")[0]["model"] == "m"


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("version", 1, "version: 1 is not known"),
        ("version", 3, "version: 3 is not known"),
        ("version", CANARY, "version: not named is not known"),
        ("status", "cancelled", "status: is not success"),
        ("status", "started", "status: is not success"),
        ("status", CANARY, "status: is none of"),
        ("invalidated", True, "invalidated"),
        ("results", None, "results"),
        ("results.completed_samples", 9, "completed_samples"),
        ("results.completed_samples", 11, "completed_samples"),
        ("results.total_samples", -1, "total_samples: is negative"),
        ("results.scores", [], "could be recomputed"),
        ("results.scores.0.unscored_samples", 1, "unscored_samples"),
        ("results.scores.0.metrics.accuracy.value", 0.7, "does not follow from the samples"),
        ("results.scores.0.metrics.accuracy.value", float("nan"), "NaN"),
        ("eval.config.limit", 10, "eval.config.limit: is set"),
        ("eval.config.sample_id", ["arith-001"], "eval.config.sample_id: is set"),
        ("results.early_stopping", {}, "early_stopping: is set"),
        ("eval.config.epochs", 2, "not there in every epoch"),
        ("eval.task_version", 1.5, "task_version"),
        ("eval.task", "", "eval.task"),
        ("eval.model", None, "eval.model"),
        ("eval.config.epochs", -1, "epochs: is negative"),
        ("stats.completed_at", CANARY, "stats.completed_at"),
        ("stats.completed_at", "2026-11-21T00:22:21", "has no zone"),
        ("samples", None, "expected an array"),
        ("samples.2.id", None, "sample 3, id"),
        ("samples.2.id", 1.5, "sample 3, id"),
        ("samples.2.id", "arith-001", "sample 3, id: is there twice"),
        ("samples.2.epoch", 2, "sample 3, epoch"),
        ("samples.2.epoch", 0, "sample 3, epoch"),
        ("samples.2.scores", {}, "sample 3, scores: the sample has no score"),
        ("samples.2.scores", None, "sample 3, scores"),
        ("samples.2.scores.match.value", CANARY, "sample 3, scores, value: is a text of which nobody said"),
        ("samples.2.scores.match.value", float("nan"), "sample 3, scores: the sample has no score"),
        ("samples.2.scores.match.value", float("inf"), "sample 3, scores, value: is NaN or infinite"),
        ("samples.2.scores.match.value", -0.5, "sample 3, scores, value: is under the least value of the scale 0..1"),
        ("samples.2.scores.match.value", 1.0000001, "sample 3, scores, value: is over the greatest value of the scale"),
        ("samples.2.scores.match.value", 9223372036854775794, "sample 3, scores, value: is over the greatest"),
        ("samples.2.scores.match.value", {"a": 1}, "sample 3, scores, value: holds several"),
        ("samples.2.scores.match.value", "I", "does not follow from the samples"),
        ("samples.2.scores.match.history", [{"value": "I"}, {"value": "C"}], "sample 3, scores, history"),
        ("samples.2.error", {"message": CANARY}, "sample 3, error"),
        ("samples.2.completed_at", CANARY, "sample 3, completed_at"),
        ("samples.2.error_retries", 5, "sample 3, error_retries"),
    ],
)
def test_logs_that_are_refused(tmp_path: Path, path: str, value: object, message: str) -> None:
    refused("inspect", file(tmp_path, changed(path, value)), message, "eval")


@pytest.mark.parametrize(
    ("stated", "found"), [({"dirty": False}, "no"), ({"dirty": True}, "yes"), ({}, "unknown"), (None, "unknown")]
)
def test_whether_the_code_was_committed(tmp_path: Path, stated: object, found: str) -> None:
    path = file(tmp_path, changed("eval.revision", stated))
    assert {row["dirty"] for row in load("inspect", path, "eval")} == {found}
    if found != "no":
        refused("inspect", path, "eval.revision.dirty", "eval", dirty="no")


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("time", "time"), ("working", "time"), ("message", "messages"), ("token", "tokens"), ("cost", "cost"),
        ("context", "other"), ("custom", "other"),
    ],
)  # fmt: skip
def test_a_sample_that_hit_a_limit(tmp_path: Path, kind: str, found: str) -> None:
    rows = load("inspect", file(tmp_path, changed("samples.2.limit", {"type": kind, "limit": 5})), "eval")
    assert [(row["limit"], row["status"]) for row in rows[1:4]] == [
        ("none", "success"), (found, "limit"), ("none", "success"),
    ]  # fmt: skip
    refused("inspect", file(tmp_path, changed("samples.2.limit", kind)), "sample 3, limit", "eval")


def unscored(document: object, value: object, without: int = 0, items: int = 9) -> object:
    """The sample without the score of its third item, which was C: 5 of `items` are right."""
    document = changed("results.scores.0.metrics.accuracy.value", 5 / items, document)
    document = changed("results.scores.0.unscored_samples", without, document)
    document = changed("results.scores.0.scored_samples", items, document)
    return changed("samples.2.scores", value, document)


def test_options_that_accept(tmp_path: Path) -> None:
    cut = file(tmp_path, changed("eval.config.limit", 10))
    assert len(load("inspect", cut, "eval", limited="yes")) == 10
    path = file(tmp_path, unscored(SOUND, {"match": {"value": float("nan")}}, 1))
    assert len(load("inspect", path, "eval", unscored="skip")) == 9
    assert [row["score"] for row in load("inspect", path, "eval", unscored="zero")][2] == 0
    assert [row["score"] for row in load("inspect", path, "eval", unscored="missing")][2] == ""
    failed = changed("samples.2.error", {"message": "x"}, changed("results.completed_samples", 9, unscored(SOUND, {})))
    rows = load("inspect", file(tmp_path, failed), "eval", incomplete="yes")
    assert [(row["status"], row["score"]) for row in rows[1:4]] == [("success", 1000000), ("error", ""), ("success", 0)]
    refused("inspect", file(tmp_path, failed), "completed_samples: differs", "eval")
    refused(
        "inspect", file(tmp_path, changed("samples", SOUND["samples"][:9])), "not as many", "eval", incomplete="yes"
    )


def test_zero_only_where_the_scorer_ran_and_gave_nothing(tmp_path: Path) -> None:
    path = file(tmp_path, unscored(SOUND, {}))
    refused("inspect", path, "sample 3, scores: the scorer has no entry", "eval", unscored="zero")
    assert load("inspect", path, "eval", unscored="missing")[2]["score"] == ""
    assert len(load("inspect", path, "eval", unscored="skip")) == 9


@pytest.mark.parametrize("choice", ["missing", "zero", "skip"])
def test_the_recount_is_never_skipped(tmp_path: Path, choice: str) -> None:
    nothing = {"match": {"value": float("nan")}}
    wrong = changed("results.scores.0.metrics.accuracy.value", 0.6, unscored(SOUND, nothing, 1))
    refused("inspect", file(tmp_path, wrong), "does not follow from the samples", "eval", unscored=choice)
    wrong = changed("results.scores.0.unscored_samples", 0, unscored(SOUND, nothing, 1))
    refused("inspect", file(tmp_path, wrong), "unscored_samples: is not as many", "eval", unscored=choice)
    wrong = changed("samples.2.error", {"message": "x"}, changed("results.completed_samples", 9, unscored(SOUND, {})))
    wrong = changed("results.scores.0.metrics.accuracy.value", 0.6, wrong)
    refused("inspect", file(tmp_path, wrong), "does not follow from the samples", "eval", incomplete="yes")


def test_edited_scores(tmp_path: Path) -> None:
    score = {"value": "I", "history": [{"value": "C"}, {"value": "I", "provenance": {"author": CANARY}}]}
    edited = changed("samples.2.scores.match", score, changed("results.scores.0.metrics.accuracy.value", 0.5))
    path = file(tmp_path, edited)
    refused("inspect", path, "sample 3, scores, history: the score was edited", "eval")
    assert load("inspect", path, "eval", edits="accept")[2]["score"] == 0
    assert load("inspect", path, "eval", edits="original")[2]["score"] == 1_000_000


@pytest.mark.parametrize(
    ("value", "expected"),
    [("C", 1_000_000), ("P", 500_000), ("I", 0), ("N", 0), (True, 1_000_000), (False, 0), (1, 1_000_000),
     (0.6667, 666_700), (0.6666666666666666, 666_667), (0.0000005, 0), (0.0000015, 2), (5e-324, 0)],
)  # fmt: skip
def test_values(tmp_path: Path, value: object, expected: int) -> None:
    document = changed("samples.2.scores.match.value", value)
    of = {"C": 1, "P": 0.5, "I": 0, "N": 0}.get(str(value), value)
    document = changed("results.scores.0.metrics.accuracy.value", (5 + float(str(float(of)))) / 10, document)
    assert load("inspect", file(tmp_path, document), "eval")[2]["score"] == expected


def test_integer_ids_and_retries(tmp_path: Path) -> None:
    document = changed("samples.2.error_retries", [{"message": "x"}], changed("samples.2.id", 17))
    rows = raw("inspect", file(tmp_path, document), "eval")[2:4]
    assert [(row["item"], row["attempt"], row["status"], row["score"]) for row in rows] == [
        ("17", 1, "error", None), ("17", 2, "success", 1_000_000),
    ]  # fmt: skip
    assert int(rows[0]["at"]) <= int(rows[1]["at"])
    assert rows[0]["at"] == int(moment(SOUND["stats"]["started_at"], "started_at"))


def test_members_after_the_samples_and_doubled_members(tmp_path: Path) -> None:
    late = {name: SOUND[name] for name in SOUND if name != "results"} | {"results": SOUND["results"]}
    refused("inspect", file(tmp_path, late), "results", "eval")
    text = ARITHMETIC.read_text()
    refused(
        "inspect", write(tmp_path, text.replace("{", '{"version": 2,', 1), "a.json"), "a member is there twice", "eval"
    )
    refused(
        "inspect", write(tmp_path, text.replace('"epoch": 1,', '"epoch": 1, "epoch": 2,', 1), "a.json"), "twice", "eval"
    )
    refused("inspect", write(tmp_path, "[" * 10**6, "a.json"), "expected an object", "eval")
    refused("inspect", write(tmp_path, '{"plan": ' + "[" * 10**6, "a.json"), "nested too deeply", "eval")
    refused("inspect", write(tmp_path, '{"eval": "' + "x" * (17 << 20) + '"}', "a.json"), "a value is too long", "eval")
    refused("inspect", write(tmp_path, text.encode("utf-16"), "a.json"), "is not JSON", "eval")
    refused(
        "inspect",
        write(tmp_path, text.replace("arith-001", "\ud800").encode("utf-8", "surrogatepass"), "a.json"),
        "UTF-8",
        "eval",
    )


def rezipped(folder: Path, method: int = zipfile.ZIP_DEFLATED, **members: bytes | None) -> Path:
    """The sample as another archive: members replaced, added, or left out (None)."""
    with ARITHMETIC_EVAL.open("rb") as source:
        read = {}
        for name, info in archive.members(source).items():
            stream = archive.Member(source, info, name)
            read[name] = b"".join(iter(lambda stream=stream: stream.read(1 << 16), b""))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as target:
        for name, data in {**read, **{name.replace("__", "/"): data for name, data in members.items()}}.items():
            if data is not None:
                target.writestr(name, data)
    return write(folder, out.getvalue(), "log.eval")


def test_archives(tmp_path: Path) -> None:
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        assert len(load("inspect", rezipped(tmp_path, method), "eval")) == 10
    refused("inspect", rezipped(tmp_path, zipfile.ZIP_LZMA), "compression method 14", "eval")
    refused("inspect", rezipped(tmp_path, **{"header.json": None}), "status: is not success", "eval")
    bare = {"header.json": None, "_journal__start.json": None}
    refused("inspect", rezipped(tmp_path, **bare), "no header.json and no _journal", "eval", incomplete="yes")
    refused("inspect", rezipped(tmp_path, **{"samples__arith-003_epoch_1.json": None}), "not as many", "eval")
    again = ARITHMETIC.read_bytes()
    twice = json.dumps(json.loads(again)["samples"][0]).encode()
    refused("inspect", rezipped(tmp_path, samples__copy=twice, **{"samples__x.json": twice}), "is there twice", "eval")
    refused("inspect", rezipped(tmp_path, **{"samples__x.json": b"[" * 10**6}), "sample 11, byte 0", "eval")
    refused("inspect", rezipped(tmp_path, **{"samples__x.json": b"{}"}), "sample 11, id", "eval")


def test_zip_bombs(tmp_path: Path) -> None:
    refused("inspect", rezipped(tmp_path, **{"samples__x.json": b"[" + b" " * (64 << 20)}), "zip bomb", "eval")
    whole = bytearray(ARITHMETIC_EVAL.read_bytes())
    at = whole.rfind(b"PK\x01\x02")
    struct.pack_into("<I", whole, at + 24, 0xFFFFFFF0)
    refused("inspect", write(tmp_path, bytes(whole), "log.eval"), "zip bomb|too large", "eval")
    end = whole.rfind(b"PK\x05\x06")
    struct.pack_into("<I", whole, end + 12, limits.MAX_ARCHIVE_DIRECTORY_BYTES + 1)
    refused("inspect", write(tmp_path, bytes(whole), "log.eval"), "directory is too large", "eval")


def test_a_zstd_member_that_inflates_beyond_its_stated_size(tmp_path: Path) -> None:
    zstd = archive._zstd()
    packed = zstd.compress(b"[" + b" " * (64 << 20) + b"]")
    assert len(packed) < 1 << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as target:
        target.writestr("header.json", packed)
    data = bytearray(out.getvalue())
    directory = data.rfind(b"PK\x01\x02")
    struct.pack_into("<H", data, 8, 93)
    struct.pack_into("<H", data, directory + 10, 93)
    struct.pack_into("<I", data, directory + 24, 1000)
    refused("inspect", write(tmp_path, bytes(data), "log.eval"), "damaged|expected an object", "eval")


def test_damaged_archives(tmp_path: Path) -> None:
    whole = ARITHMETIC_EVAL.read_bytes()
    for cut in range(0, len(whole), 997):
        assert not survives(lambda path: load("inspect", path, "eval"), write(tmp_path, whole[:cut], "cut.eval"))
    sound = raw("inspect", ARITHMETIC_EVAL, "eval")
    for at in range(0, len(whole), 197):
        damaged = bytearray(whole)
        damaged[at] ^= 0x5A
        path = write(tmp_path, bytes(damaged), "bad.eval")
        if survives(lambda path: load("inspect", path, "eval"), path):
            assert raw("inspect", path, "eval") == sound  # the damage is in a member that is not read


def test_truncation_and_canaries(tmp_path: Path) -> None:
    text = ARITHMETIC.read_bytes()
    for cut in range(0, len(text), 4001):
        assert not survives(lambda path: load("inspect", path, "eval"), write(tmp_path, text[:cut], "cut.json"))
    wanted = [path for path in leaves(SOUND) if path[0] in ("version", "status", "results", "stats", "invalidated")]
    wanted += [
        path for path in leaves(SOUND) if path[:2] in (("eval", "revision"), ("eval", "config"), ("eval", "task"))
    ]
    wanted += [("samples", 0, *path) for path in leaves({k: SOUND["samples"][0][k] for k in ("id", "epoch", "scores")})]
    for path in wanted:
        assert get(SOUND, path) != CANARY
        survives(lambda p: load("inspect", p, "eval"), file(tmp_path, replaced(SOUND, path, CANARY)))


def test_without_zstd_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(archive.importlib, "import_module", nothing)
    archive._zstd.cache_clear()
    with pytest.raises(UsageError, match="zstd is not installed") as caught:
        load("inspect", ARITHMETIC_EVAL, "eval")
    assert "zkcompliance[inspect]" in caught.value.help


@pytest.mark.parametrize(
    "text", ["2026-11-21T00:22:19+00:00", "2026-11-21T00:22:19.999999999Z", "2026-11-21T02:22:19.5+02:00"]
)
def test_a_second_is_the_moment_rounded_down(text: str) -> None:
    assert second(text, "x") == int(moment(text, "x"))
    for bad in ("2026-11-21", "soon", None, 5, "2026-11-21T00:22:19.Z"):
        for read in (second, moment):
            with pytest.raises(ImporterError, match=r"^x: "):
                read(bad, "x")


@pytest.mark.parametrize("value", [0, 1, 2**64 - 1, 2**64, 10**39])
def test_whole_numbers_by_either_way(value: int) -> None:
    assert whole(value, "x") == whole(Decimal(value), "x") == value
    for bad in (True, -1, Decimal("0.5"), 10**200, None):
        with pytest.raises(ImporterError, match=r"^x: "):
            whole(bad, "x")
