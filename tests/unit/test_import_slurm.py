"""Slurm accounting: 557 GPU-seconds and none of the wrong answers; refusals by line and column."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.kit.importing import CANARY, DATA, load, raw, refused, survives, write, wrong_option
from zkcompliance import importers, schemas
from zkcompliance.errors import ImporterError
from zkcompliance.importers.model import Identified
from zkcompliance.importers.slurm_gpus import Devices
from zkcompliance.importers.slurm_model import ENDED, GOING_ON, WAITING
from zkcompliance.quantities import parse_time

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
        ({"AllocTRES": "gres/gpu=2,gres/gpu:h100=1"}, "peak of GPUs without a type"),
        ({"AllocTRES": "gres/gpu=1,gres/gpu:h100=2"}, "does not add up"),
        ({"AllocTRES": f"gres/gpu=2,gres/gpu:{CANARY}=2"}, "peak of this GPU type"),
        ({"AllocTRES": "gres/gpu=2"}, "peak of GPUs without a type"),
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
    refused("slurm", file(meta={"plugin": {"data_parser": "data_parser/v0.0.44", "type": "x"}}), "v0.0.44 is not known")
    refused("slurm", file(errors=[{"error": CANARY}]), "errors")
    refused("slurm", file(jobs=CANARY), "expected an array")
    refused("slurm", file(jobs=[job, job]), "job 2, column JobIDRaw: a second row")
    for name, value in (("elapsed", -1), ("elapsed", 5.5), ("end", 0), ("start", CANARY), ("submission", None)):
        refused("slurm", file(jobs=[{**job, "time": {**job["time"], name: value}}]), "job 1, ")
    refused("slurm", file(jobs=[{**job, "state": {"current": [1]}}]), "state.current: is not a text")
    refused(
        "slurm", file(jobs=[{**job, "state": {"current": ["FAILED", "TIMEOUT"]}}]), "state.current: is not one state"
    )
    refused("slurm", write(tmp_path, json.dumps({"jobs": [job]}), "s.json"), "meta.plugin: is missing")
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


# What clusters print besides

MORE = DATA / "slurm-2"


@pytest.mark.parametrize(
    ("name", "options", "seconds"),
    [
        ("array.psv", {}, [8 * 3600] * 3),
        ("het.psv", {}, [8 * 3600, 4 * 3600]),
        ("nvml_type.psv", {}, [8 * 3600]),
        ("gh200.psv", {}, [4 * 3600, 8 * 3600]),
        ("mixed_untyped.psv", {"peaks": "gpu=h100_sxm"}, [4 * 3600, 4 * 3600]),
        ("resize.psv", {}, [8 * 100, 2 * 300]),
        ("dst.psv", {"span": "elapsed"}, [8 * 7200]),
        ("gresutil.psv", {}, [8 * 3600]),
        ("running.psv", {"running": "skip"}, [8 * 3600]),
        ("sacct_v0.0.40_jobsfirst.json", {"peaks": "gpu=h100_sxm"}, [8 * 3600]),
        ("sacct_v0.0.43_metafirst.json", {"peaks": "gpu=h100_sxm"}, [8 * 3600]),
    ],
)
def test_gpu_seconds_of_other_clusters(name: str, options: dict[str, str], seconds: list[int]) -> None:
    rows = load("slurm", MORE / name, **options)
    assert [gpu_seconds([row]) for row in rows] == seconds
    for row in rows:
        assert int(row["flop"]) == gpu_seconds([row]) * int(row["peak"])


def test_devices_of_other_clusters() -> None:
    kinds = [(row["device_kind"], row["peak"]) for row in load("slurm", MORE / "gh200.psv")]
    assert kinds == [("gh200", H100), ("mi250x", 383 * 10**12)]
    assert load("slurm", MORE / "nvml_type.psv")[0]["device_kind"] == "h100_sxm"
    mixed = load("slurm", MORE / "mixed_untyped.psv", peaks="gpu=a100_sxm")
    assert [(row["device_kind"], row["peak"]) for row in mixed] == [("a100_sxm", A100), ("h100_sxm", H100)]
    assert [row["status"] for row in load("slurm", MORE / "resize.psv")] == ["preempted", "completed"]
    for name, kind in (
        ("l40s", "other"), ("a40", "other"), ("a6000", "other"), ("gb200", "gb200"), ("b300", "b300"),
        ("mi300x", "mi300x"), ("nvidia_a100-sxm4-80gb", "a100_sxm"), ("nvidia_l40s", "other"),
    ):  # fmt: skip
        found = Devices({}).of({f"gres/gpu:{name}": 2}, "line 2")
        assert [(of, count) for of, count, _ in found] == [(kind, 2)] and found[0][2] > 10**14
    for name, peak in (  # the makers' own figures: of a machine, with sparsity, in PFLOPS; its devices
        ("b300", 36 * 10**15 // 8 // 2), ("gb300", 360 * 10**15 // 72 // 2), ("b200", 36 * 10**15 // 8 // 2),
        ("mi250x", 383 * 10**12),
    ):  # fmt: skip
        assert Devices({}).of({f"gres/gpu:{name}": 1}, "line 2") == [(name, 1, peak)]
    stated = Devices({"peaks": "nvidia_h100_80gb_hbm3=5,mi325x=7,x=b200", "kinds": "l40s=h20"})
    assert stated.of({"gres/gpu:nvidia_h100_80gb_hbm3": 1}, "") == [("h100_sxm", 1, 5)]
    assert stated.of({"gres/gpu:mi325x": 1}, "") == [("mi325x", 1, 7)]
    assert stated.of({"gres/gpu:x": 1}, "") == [("b200", 1, 2250 * 10**12)]


@pytest.mark.parametrize(
    ("name", "message", "remedy"),
    [
        ("mixed_untyped.psv", r"line 2, column AllocTRES: the peak of GPUs without a type .*\(job 505\)", "peaks=gpu="),
        ("dst.psv", r"line 2, column ElapsedRaw: is not End − Start − Suspended \(job 507\)", "--set span=elapsed"),
        ("running.psv", r"line 2, column End: the job has not ended \(job 508\)", "--set running=skip"),
        ("sacct_v0.0.43_metafirst.json", r"job 1, column AllocTRES: .* \(job 1\)", "peaks=gpu="),
    ],
)
def test_what_is_refused_names_the_job_and_a_remedy(name: str, message: str, remedy: str) -> None:
    with pytest.raises(ImporterError, match=message) as caught:
        load("slurm", MORE / name)
    assert remedy in caught.value.help


def test_json_of_every_parser(tmp_path: Path) -> None:
    sound = json.loads((MORE / "sacct_v0.0.43_metafirst.json").read_text())
    job = sound["jobs"][0]
    expected = load("slurm", MORE / "sacct_v0.0.43_metafirst.json", peaks="gpu=1")
    as_objects = {
        **job,
        "state": {"current": ["COMPLETED"]},
        "time": {name: {"set": True, "infinite": False, "number": value} for name, value in job["time"].items()},
    }
    for minor in range(39, 44):
        meta = {"plugin": {"data_parser": f"data_parser/v0.0.{minor}"}}
        for document in ({"meta": meta, "jobs": [as_objects]}, {"jobs": [job], "meta": meta}):
            path = write(tmp_path, json.dumps(document), "s.json")
            assert load("slurm", path, peaks="gpu=1") == expected
    going = {**job, "state": {"current": ["RUNNING", "COMPLETING"]}}
    path = write(tmp_path, json.dumps({**sound, "jobs": [going, job]}), "s.json")
    assert load("slurm", path, peaks="gpu=1", running="skip") == expected
    for name, value in (("end", {"set": True, "infinite": True, "number": 0}), ("elapsed", {"set": False})):
        other = {**job, "time": {**job["time"], name: value}}
        refused("slurm", write(tmp_path, json.dumps({**sound, "jobs": [other]}), "s.json"), rf"time\.{name}: is ")


def test_accelerators_under_another_name(tmp_path: Path) -> None:
    """A site names its gres as it likes: a job on 8 NPUs is none of no FLOP."""
    for tres in ("gres/npu:ascend910b=8,gres/npu=8", "gres/npu:ascend910b=8"):
        path = write(tmp_path, changed(2, AllocTRES=f"cpu=4,{tres}"), "in.psv")
        refused("slurm", path, r"line 2, column AllocTRES: has a resource gres/NAME that is not known here")
        left = raw("slurm", path, skipped="npu")
        assert (left[0]["device_kind"], left[0]["flop"]) == ("cpu", 0)
        refused("slurm", path, "the peak of this GPU type is not known", resources="gpu,npu")
        row = raw("slurm", path, resources="gpu,npu", peaks="ascend910b=400e12")[0]
        seconds = int(row["end"]) - int(row["start"])
        assert (row["devices"], row["peak"], row["flop"]) == (8, 4 * 10**14, 8 * seconds * 4 * 10**14)
    untyped = write(tmp_path, changed(2, AllocTRES="gres/dcu=4"), "in.psv")
    refused("slurm", untyped, "the peak of GPUs without a type", resources="gpu,dcu")
    assert raw("slurm", untyped, resources="gpu,dcu", peaks="dcu=1e12")[0]["devices"] == 4
    for beside in ("gres/scratch=0", "gres/craynetwork=1", "gres/gpumem=24G,gres/gpuutil=100"):
        path = write(tmp_path, changed(2, AllocTRES=f"gres/gpu:h100=16,{beside}"), "in.psv")
        assert gpu_seconds(load("slurm", path)) == 557
    scratch = write(tmp_path, changed(2, AllocTRES="gres/gpu:h100=16,gres/scratch=100G"), "in.psv")
    refused("slurm", scratch, "has a resource gres/NAME")
    assert gpu_seconds(load("slurm", scratch, skipped="scratch")) == 557
    refused("slurm", scratch, "is not a whole number", resources="gpu,scratch")
    wrong_option("slurm", scratch, resources="gpu,mps")
    wrong_option("slurm", scratch, resources="gpu", skipped="gpu")


def test_a_count_that_json_lacks_is_not_none(tmp_path: Path) -> None:
    sound = json.loads((MORE / "sacct_v0.0.43_metafirst.json").read_text())
    for entry in sound["jobs"][0]["tres"]["allocated"]:
        entry.pop("count")
    refused("slurm", write(tmp_path, json.dumps(sound), "s.json"), r"tres\.allocated, count: is missing")


def local(tmp_path: Path, start: str, end: str, elapsed: int) -> Path:
    """The sample of a clock change, on a day on which Berlin's clocks change."""
    text = (MORE / "dst.psv").read_text().replace("2025-11-24T16:33:20|2025-11-24T17:33:20", f"{start}|{end}")
    return write(tmp_path, text.replace("|7200|", f"|{elapsed}|"), "dst.psv")


def test_zones_and_their_summer_time(tmp_path: Path) -> None:
    """Of the hour that is there twice, the elapsed time says which is meant."""
    berlin = {"zone": "Europe/Berlin"}
    for start, end, elapsed, begins in (
        ("2025-10-26T01:33:20", "2025-10-26T02:33:20", 7200, "2025-10-25T23:33:20"),
        ("2025-10-26T01:33:20", "2025-10-26T02:33:20", 3600, "2025-10-25T23:33:20"),
        ("2025-10-26T02:33:20", "2025-10-26T03:33:20", 7200, "2025-10-26T00:33:20"),
        ("2025-10-26T02:33:20", "2025-10-26T03:33:20", 3600, "2025-10-26T01:33:20"),
        ("2025-10-26T02:43:20", "2025-10-26T02:33:20", 3000, "2025-10-26T00:43:20"),
        ("2025-03-30T01:33:20", "2025-03-30T03:33:20", 3600, "2025-03-30T00:33:20"),
        ("2025-07-01T12:00:00", "2025-07-01T13:00:00", 3600, "2025-07-01T10:00:00"),
    ):
        (row,) = load("slurm", local(tmp_path, start, end, elapsed), **berlin)
        assert (row["start"], row["end"]) == (parse_time(f"{begins}Z"), parse_time(f"{begins}Z") + elapsed)
        assert int(row["flop"]) == 8 * elapsed * H100
    twice = local(tmp_path, "2025-10-26T02:10:00", "2025-10-26T02:20:00", 600)
    refused("slurm", twice, "column Start: clocks show this hour twice", **berlin)
    skipped = local(tmp_path, "2025-03-30T02:30:00", "2025-03-30T03:30:00", 1800)
    refused("slurm", skipped, "column Start: is not a time, or one that clocks skip", **berlin)
    for options in ({"zone": "Mars/Olympus"}, {"zone": "../etc"}, {"zone": ""}, {**berlin, "utc_offset": "+01:00"}):
        wrong_option("slurm", MORE / "array.psv", **options)


def test_the_same_job_is_the_same_in_every_export() -> None:
    """Of text and JSON too, so that what overlaps is known again."""

    def identities(path: Path) -> list[tuple[object, ...]]:
        return sorted(row.known.identity for row in raw_rows(path))

    assert identities(STEPS) == identities(JSON)
    parts = [row.known.identity for row in raw_rows(MORE / "resize.psv")]
    assert parts == [("c1", "520", 1764001000, 1764002000, 0), ("c1", "520", 1764001000, 0, 0)]
    assert [row.known.name for row in raw_rows(MORE / "resize.psv")] == ["job 520"] * 2


def raw_rows(path: Path) -> list[Identified]:
    found = list(importers.rows(importers.by_name("slurm"), path, schemas.compute))
    assert all(isinstance(row, Identified) for row in found)
    return [row for row in found if isinstance(row, Identified)]
