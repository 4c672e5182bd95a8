"""Slurm accounting: 557 GPU-seconds and none of the wrong answers; refusals by line and column."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.kit.importing import CANARY, DATA, load, raw, refused, survives, write, wrong_option
from zkcompliance import schemas
from zkcompliance.importers.slurm_model import ENDED, GOING_ON, WAITING

STEPS = DATA / "slurm" / "sacct_steps_duplicates.psv"
ALLOCATIONS = DATA / "slurm" / "sacct_allocations.psv"
JSON = DATA / "slurm" / "sacct.json"
LINES = STEPS.read_text().splitlines()
HEADER = LINES[0].split("|")
H100, A100 = 989_400_000_000_000, 312 * 10**12


def gpu_seconds(rows: list[dict[str, object]]) -> int:
    return sum((int(row["end"]) - int(row["start"])) * int(row["devices"]) for row in rows)


def changed(line: int, **cells: str) -> str:
    """The sample with cells of one line (from 1) replaced."""
    lines = [text.split("|") for text in LINES]
    for name, value in cells.items():
        lines[line - 1][HEADER.index(name)] = value
    return "".join("|".join(cells) + "\n" for cells in lines)


def test_the_sample_has_557_gpu_seconds() -> None:
    rows = load("slurm", STEPS)
    assert (len(rows), gpu_seconds(rows)) == (13, 557)
    expected = sum(
        (int(r["end"]) - int(r["start"])) * int(r["devices"]) * (H100 if r["device_kind"] == "h100_sxm" else A100)
        for r in rows
    )
    assert sum(int(row["flop"]) for row in rows) == expected
    assert {row["method"] for row in rows} == {"hardware"}
    assert {row["source"] for row in rows} == {"self_declared"}
    assert len({row["run"] for row in rows}) == 13  # an attempt is a job and its submit time


def test_json_says_the_same() -> None:
    def key(row: dict[str, object]) -> tuple[object, ...]:
        return tuple(sorted((name, str(value)) for name, value in row.items()))

    assert sorted(map(key, load("slurm", JSON))) == sorted(map(key, load("slurm", STEPS)))


def test_what_failed_or_was_cancelled_counts() -> None:
    runs = {str(row["run"]).split("/")[1]: row for row in raw("slurm", STEPS)}
    assert [runs[job]["flop"] for job in ("4", "6", "8")] == [2 * A100, 3 * A100, 63 * 2 * H100]
    assert (runs["5"]["devices"], runs["5"]["flop"], runs["5"]["device_kind"]) == (0, 0, "cpu")
    assert sum(1 for row in raw("slurm", STEPS) if str(row["run"]).split("/")[1] == "11") == 2


def test_how_attempts_ended() -> None:
    words = {
        "COMPLETED": "completed", "FAILED": "failed", "CANCELLED": "cancelled", "TIMEOUT": "timeout",
        "REQUEUED": "preempted",
    }  # fmt: skip
    cells = [dict(zip(HEADER, line.split("|"), strict=True)) for line in LINES[1:]]
    jobs = [(job["JobIDRaw"], words[job["State"].partition(" ")[0]]) for job in cells if "." not in job["JobIDRaw"]]
    assert [(str(row["run"]).split("/")[1], row["status"]) for row in raw("slurm", STEPS)] == jobs
    assert ENDED.keys().isdisjoint(GOING_ON | WAITING)
    assert set(ENDED.values()) <= set(schemas.compute.column("status").choices) - {"unknown", "running"}


def test_for_whom_and_for_what() -> None:
    assert {(row["model"], row["customer"]) for row in raw("slurm", STEPS, model="m1", customer="acme")} == {
        ("m1", "acme")
    }
    assert {(row["model"], row["customer"]) for row in raw("slurm", STEPS)} == {("", "")}


def test_allocations_alone_hide_a_requeued_attempt() -> None:
    refused("slurm", ALLOCATIONS, "hides requeued attempts")
    assert gpu_seconds(load("slurm", ALLOCATIONS, allocations="yes")) == 552


def test_options(tmp_path: Path) -> None:
    half = load("slurm", STEPS, utilisation="50%", peaks="h100=2,a100=1", kinds="h100=h100_pcie", source="signed")
    assert sum(int(row["flop"]) for row in half) == sum(
        -(-(int(r["end"]) - int(r["start"])) * int(r["devices"]) * int(r["peak"]) // 2) for r in half
    )
    assert {row["device_kind"] for row in half} == {"h100_pcie", "a100_sxm", "cpu"}
    assert {row["source"] for row in half} == {"signed"}
    phases = {row["phase"] for row in raw("slurm", STEPS, phases="evals=evaluation", phase="fine_tuning")}
    assert phases == {"evaluation", "fine_tuning"}
    assert {row["run"] for row in raw("slurm", STEPS, run_from="account")} == {"pretrain", "evals"}
    assert {row["run"] for row in raw("slurm", STEPS, run="r")} == {"r"}
    assert {row["site"] for row in raw("slurm", STEPS)} == {"fixturecluster"}
    assert int(raw("slurm", STEPS, utc_offset="+02:00")[0]["start"]) == int(raw("slurm", STEPS)[0]["start"]) - 7200
    for options in (
        {"phase": "x"}, {"phases": "evals"}, {"phases": "evals=x"}, {"phases": "a=failed,a=failed"},
        {"kinds": "h100=x"},
        {"peaks": "h100=fast"}, {"utc_offset": "CET"}, {"running": "yes"}, {"source": "me"}, {"allocations": "1"},
        {"run_from": "user"}, {"utilisation": "101%"}, {"nothing": "1"},
    ):  # fmt: skip
        wrong_option("slurm", STEPS, **options)
    wrong_option("slurm", STEPS, "eval")


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"State": "RUNNING", "End": "Unknown"}, r"line 2, column End: the job has not ended"),
        ({"End": "Unknown"}, r"line 2, column End: the job has not ended"),
        ({"State": "RUNNING"}, r"line 2, column End"),
        ({"State": CANARY}, r"line 2, column State"),
        ({"Start": "Unknown"}, r"line 2, column Start: is missing"),
        ({"Start": CANARY}, r"line 2, column Start: is not a time"),
        ({"End": "2026-11-21T00:29:46"}, r"line 2, column ElapsedRaw"),
        ({"End": "2026-11-21T00:29:43", "ElapsedRaw": "0"}, r"line 2, column ElapsedRaw"),
        ({"ElapsedRaw": "-1"}, r"line 2, column ElapsedRaw: is not a whole number"),
        ({"ElapsedRaw": "NaN"}, r"line 2, column ElapsedRaw"),
        ({"ElapsedRaw": "1.5"}, r"line 2, column ElapsedRaw"),
        ({"ElapsedRaw": "9223372036854775794"}, r"line 2, column ElapsedRaw"),
        ({"ElapsedRaw": "9" * 200}, r"line 2, column ElapsedRaw"),
        ({"Submit": CANARY}, r"line 2, column Submit"),
        ({"JobIDRaw": ""}, r"line 2, column JobIDRaw: is missing"),
        ({"AllocTRES": CANARY}, r"line 2, column AllocTRES: is not a list"),
        ({"AllocTRES": "gres/gpu=x"}, r"line 2, column AllocTRES: is not a whole number"),
        ({"AllocTRES": "gres/gpu=2,gres/gpu=2"}, r"line 2, column AllocTRES"),
        ({"AllocTRES": "gres/gpu=2,gres/gpu:h100=1"}, "does not add up"),
        ({"AllocTRES": f"gres/gpu=2,gres/gpu:{CANARY}=2"}, "peak of this GPU type"),
        ({"AllocTRES": "gres/gpu=2"}, "peak of this GPU type"),
        ({"AllocTRES": "gres/shard=2"}, "shares of a GPU"),
        ({"AllocTRES": f"gres/gpu:h100={2**32}"}, "over the largest count"),
        ({"JobName": "a|b"}, "line 2: 17 cells, not 16"),
        ({"JobName": "a\0b"}, "line 2: holds a NUL"),
    ],
)
def test_cells_that_are_refused(tmp_path: Path, cells: dict[str, str], message: str) -> None:
    refused("slurm", write(tmp_path, changed(2, **cells), "in.psv"), message)


def test_an_attempt_twice_and_the_same_submit_later(tmp_path: Path) -> None:
    refused("slurm", write(tmp_path, "\n".join([*LINES, LINES[1]]) + "\n", "in.psv"), "second row of the same job")
    later = changed(2, Submit="2026-11-21T00:29:40").splitlines()[1]
    assert len(load("slurm", write(tmp_path, "\n".join([*LINES, later, ""]), "in.psv"))) == 14


def test_gpu_types_are_not_added_twice(tmp_path: Path) -> None:
    for tres in ("gres/gpu:h100=16", "gres/gpu=16,gres/gpu:h100=16"):
        assert gpu_seconds(load("slurm", write(tmp_path, changed(2, AllocTRES=tres), "in.psv"))) == 557
    mixed = write(tmp_path, changed(2, AllocTRES="gres/gpu=16,gres/gpu:h100=10,gres/gpu:a100=6"), "in.psv")
    assert [row["devices"] for row in load("slurm", mixed)[:2]] == [6, 10]
    untyped = write(tmp_path, changed(2, AllocTRES="gres/gpu=16"), "in.psv")
    assert load("slurm", untyped, peaks="gpu=5")[0]["peak"] == 5


def test_jobs_that_never_ran_and_jobs_that_still_run(tmp_path: Path) -> None:
    pending = write(tmp_path, changed(2, State="CANCELLED by 0", Start="None", End="Unknown", ElapsedRaw="0"), "p.psv")
    assert len(load("slurm", pending)) == 12
    running = write(tmp_path, changed(2, State="RUNNING", End="Unknown"), "r.psv")
    assert len(load("slurm", running, running="skip")) == 12


def test_suspension_has_to_explain_the_clock(tmp_path: Path) -> None:
    def file(span: str) -> Path:
        lines = changed(2, End="2026-11-21T00:30:45").splitlines()
        rest = [f"{line}|00:00:00" for line in lines[2:]]
        return write(tmp_path, "\n".join([f"{lines[0]}|Suspended", f"{lines[1]}|{span}", *rest, ""]), "s.psv")

    assert load("slurm", file("00:01:00"))[0]["flop"] == 16 * H100
    refused("slurm", file("00:00:59"), "ElapsedRaw")
    refused("slurm", file("a minute"), "Suspended")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        (LINES[0] + "\n", "holds no rows"),
        ("\n".join(line + "|" for line in LINES) + "\n", "as of sacct -p"),
        (LINES[0].replace("Submit", "Eligible") + "\n", "column Submit is missing"),
        (LINES[0].replace("JobName", "Submit") + "\n", "column Submit is there twice"),
        (
            "\n".join([LINES[0], *(line.replace("gres/gpu", "gres/nic") for line in LINES[1:]), ""]),
            "no job has gres/gpu",
        ),
        (STEPS.read_bytes()[:-1], "line 28: has no line end"),
        (b"\xff\xfe" + LINES[0].encode("utf-16-le") + b"\n", "line 1: is not UTF-8"),
        ("\n".join([*LINES[:2], "x" * (2 << 20)]), "line 3: is longer than"),
    ],
)
def test_files_that_are_refused(tmp_path: Path, text: str | bytes, message: str) -> None:
    refused("slurm", write(tmp_path, text, "in.psv"), message)


def test_json_that_is_refused(tmp_path: Path) -> None:
    sound = json.loads(JSON.read_text())

    def file(**members: object) -> Path:
        return write(tmp_path, json.dumps({**sound, **members}), "s.json")

    job = sound["jobs"][0]
    refused("slurm", file(meta={"plugin": {"type": "openapi/dbv0.0.99"}}), r"version openapi/dbv0.0.99 is not known")
    refused("slurm", file(meta={"plugin": {"data_parser": "data_parser/v0.0.40", "type": "x"}}), "v0.0.40 is not known")
    refused("slurm", file(errors=[{"error": CANARY}]), "errors")
    refused("slurm", file(jobs=CANARY), "expected an array")
    refused("slurm", file(jobs=[job, job]), "job 2, column JobIDRaw: a second row")
    for name, value in (("elapsed", -1), ("elapsed", 5.5), ("end", 0), ("start", CANARY), ("submission", None)):
        refused("slurm", file(jobs=[{**job, "time": {**job["time"], name: value}}]), "job 1, ")
    refused("slurm", file(jobs=[{**job, "state": {"current": ["COMPLETED"]}}]), "state.current: is not a text")
    refused("slurm", write(tmp_path, json.dumps({"jobs": [job]}), "s.json"), "come before meta.plugin")
    refused("slurm", write(tmp_path, '{"meta": ' + "[" * 10**5, "s.json"), "nested too deeply")
    refused("slurm", write(tmp_path, JSON.read_text() + "{}", "s.json"), "something follows")
    nan = JSON.read_text().replace('"elapsed": 5,', '"elapsed": NaN,', 1)
    refused("slurm", write(tmp_path, nan, "s.json"), "job 1, time.elapsed: is NaN")
    whole = JSON.read_text().replace('"elapsed": 5,', '"elapsed": 5.0,', 1)
    assert gpu_seconds(load("slurm", write(tmp_path, whole, "s.json"))) == 557


def test_truncation_and_canaries(tmp_path: Path) -> None:
    text, document = STEPS.read_bytes(), JSON.read_bytes()
    for cut in range(0, len(text), 61):
        if survives(lambda path: load("slurm", path), write(tmp_path, text[:cut], "cut.psv")):
            assert text[cut - 1 : cut] == b"\n"
    for cut in range(0, len(document), 2003):
        assert not survives(lambda path: load("slurm", path), write(tmp_path, document[:cut], "cut.json"))
    for name in HEADER:
        for line in (2, 3):
            survives(lambda path: load("slurm", path), write(tmp_path, changed(line, **{name: CANARY}), "canary.psv"))
