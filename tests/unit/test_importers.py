"""Importers: exact rows from real and made-up files, and refusals that name row and column and no value."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from importlib import resources
from itertools import pairwise
from pathlib import Path

import pytest

from tests.kit.importing import write
from zkcompliance import importers, schemas
from zkcompliance.errors import ImporterError, UsageError, ZkComplianceError
from zkcompliance.importers import exact

DATA = Path(__file__).parents[1] / "data" / "nanogpt"
DEMO = "2024-12-08_UNetValueEmbedsTweaks_52275a2c.txt"
H100 = 989_400_000_000_000
HEADER = "start,end,run,phase,flop,method"
LINE = "1767571200,1767571260,r1,pretraining,1e24,hardware"
T = 1_767_571_200  # 2026-01-05
OBJECT = {
    "start": T,
    "end": T + 60,
    "run": "r1",
    "phase": "pretraining",
    "flop": 10**24,
    "method": "hardware",
}


def load(name: str, path: Path, **options: str) -> list[dict[str, object]]:
    found = []
    for chunk in importers.encode(importers.by_name(name), path, schemas.compute, options):
        found += schemas.decode_rows(schemas.compute, chunk)
    return found


def test_csv(tmp_path: Path) -> None:
    header = "\ufeffflop,start,end,run,phase,method,utilisation\r\n"
    text = header + '1e24,2025-08-02T00:00:00Z,2025-08-03T00:00:00Z,"a,b",failed,measured,30%\r\n'
    (row,) = load("csv", write(tmp_path, text))
    assert (row["flop"], row["start"], row["end"], row["utilisation"]) == (10**24, 1754092800, 1754179200, 300000)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        (HEADER, "holds no rows"),
        (HEADER.replace(",", ";"), "cells are separated by commas"),
        (HEADER + ",x\n", "column 7: schema compute@2 has no column 'x'"),
        (HEADER + ",flop\n", "column 7: flop is there twice"),
        (HEADER[:-7] + "\n", "column method is missing"),
        (HEADER.upper() + "\n", "has no column"),
        (HEADER + "\n" + LINE + ",\n", r"row 1 \(line 2\): 7 cells, not 6"),
        (HEADER + "\n" + LINE + "\n\n", r"row 2 \(line 3\): 0 cells"),
        (HEADER + "\n" + LINE.replace("1e24", '"1e24'), "not CSV"),
        (HEADER + "\n" + LINE + "\n" + LINE.replace("1e24", "nan") + "\n", "row 2, column flop: is not an exact"),
        (HEADER + "\n" + LINE.replace("1e24", "-5") + "\n", "row 1, column flop: is negative"),
        (
            HEADER + "\n" + LINE.replace("1e24", "9223372036854775794e12") + "\n",
            "row 1, column flop: is over the largest",
        ),
        (HEADER + "\n" + LINE.replace("1e24", "0.1") + "\n", "row 1, column flop: is not an exact"),
        (HEADER + "\n" + LINE.replace("1e24", "") + "\n", "row 1, column flop: is missing"),
        (HEADER + "\n" + LINE.replace("1767571260", "1767571199") + "\n", "row 1, column end: is less than start"),
        (HEADER + "\n" + LINE.replace("pretraining", "Pretraining") + "\n", "row 1, column phase: is none of"),
    ],
)
def test_csv_refusals(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ImporterError, match=message) as caught:
        load("csv", write(tmp_path, text))
    assert "in.csv" in caught.value.message and "9223372036854775794" not in caught.value.message


def test_csv_that_is_not_utf8(tmp_path: Path) -> None:
    with pytest.raises(ImporterError, match="UTF-8"):
        load("csv", write(tmp_path, HEADER.encode() + b"\n\xff"))


def test_errors_count_rows_across_chunks(tmp_path: Path) -> None:
    lines = [LINE] * 9000
    lines[8999] = LINE.replace("1e24", "x")
    with pytest.raises(ImporterError, match="row 9000, column flop"):
        load("csv", write(tmp_path, "\n".join([HEADER, *lines]) + "\n"))


def test_json_lines(tmp_path: Path) -> None:
    lines = [
        json.dumps(OBJECT),
        json.dumps(OBJECT).replace("1000000000000000000000000", "1E24"),
        json.dumps({**OBJECT, "flop": "10^24", "site": None}),
    ]
    found = load("jsonl", write(tmp_path, "\n".join(lines), "in.jsonl"))
    assert found[0] == found[1] == found[2] and found[0]["flop"] == 10**24


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "is not JSON"),
        ("[]", "is not an object"),
        ("1", "is not an object"),
        ("{", "is not JSON"),
        ('{"flop": 1, "flop": 2}', "twice"),
        ('{"flops": 1}', "no column"),
        ('{"flop": NaN}', "NaN is not a number"),
        ('{"flop": -Infinity}', "Infinity is not"),
        ('{"flop": 0.5}', "not whole"),
        ('{"flop": -1.0}', "negative"),
        ('{"flop": 1e999}', "not whole|large"),
        ('{"flop": ' + "9" * 5000 + "}", "absurdly"),
        ('{"flop": [1]}', "column flop: is not a single value"),
        ("[" * 100_000, "nested|JSON"),
        ('{"flop": {"a": 1}}', "column flop: is not a single value"),
        ('{"flop": true}', "column start: is missing"),
        (json.dumps({**OBJECT, "flop": True}), "row 2, column flop: is a bool"),
        (json.dumps({**OBJECT, "flop": -1}), "row 2, column flop: is negative"),
        (json.dumps({**OBJECT, "start": "\ud800"}), "row 2, column start"),
        (json.dumps({**OBJECT, "run": 7}), "row 2, column run: is not a text"),
        ('{"run": "' + "x" * (1 << 20) + '"}', "longer than"),
    ],
)
def test_json_lines_refusals(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(ImporterError, match=message) as caught:
        load("jsonl", write(tmp_path, json.dumps(OBJECT) + "\n" + line + "\n", "in.jsonl"))
    assert "row 2" in caught.value.message or "start: is missing" in caught.value.message


def clock(text: str) -> int:
    """The run's milliseconds by a second reading: the last train_time, and the one before the clock was set back."""
    times = [int(t) for t in re.findall(r"train_time:(\d+)ms", text)]
    resets = [a for a, b in pairwise(times) if b < a]
    return times[-1] + sum(resets)


@pytest.mark.parametrize(
    ("name", "steps", "began", "resets"),
    [("2024-12-04_head", 133, 1733365932, 1), ("2025-05-09_head", 130, 1757089102, 0)],
)
def test_real_step_logs(name: str, steps: int, began: int, resets: int) -> None:
    path = DATA / f"{name}.txt"
    found = load("nanogpt", path, incomplete="yes")
    assert len(found) == steps == max(int(s) for s in re.findall(r"^step:(\d+)/", path.read_text(), re.M))
    assert sum(int(row["flop"]) for row in found) == 8 * H100 * clock(path.read_text()) // 1000
    assert (found[0]["start"], found[0]["devices"], found[0]["device_kind"], found[0]["peak"]) == (
        began,
        8,
        "h100_sxm",
        H100,
    )
    assert all(a["start"] <= b["start"] and a["end"] <= b["end"] for a, b in pairwise(found))
    assert len({row["run"] for row in found}) == 1 and {row["phase"] for row in found} == {"pretraining"}
    half = load("nanogpt", path, incomplete="yes", utilisation="50%", run="r", phase="failed")
    assert sum(int(row["flop"]) for row in half) == 4 * H100 * clock(path.read_text()) // 1000
    with pytest.raises(ImporterError, match=r"ends at step 1\d\d of"):
        load("nanogpt", path)
    assert resets == path.read_text().count("step:11/1530 ")


def test_the_whole_demo_log() -> None:
    with resources.as_file(resources.files("zkcompliance").joinpath("demo_data", DEMO)) as path:
        found = load("nanogpt", path)
    assert len(found) == 1480
    assert sum(int(row["flop"]) for row in found) == 8 * H100 * (236_942 + 24_966) // 1000 == 2_073_054_201_600_000_000
    assert found[0]["flop"] == 8 * H100 * 23_746 // 1000
    assert found[10]["flop"] == 8 * H100 * 143 // 1000
    assert found[-1]["flop"] == 8 * H100 * (236_942 - 236_699) // 1000


SOUND = (DATA / "2024-12-04_head.txt").read_text()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("step:60/1530", "step:61/1530", "line 1[0-9]+: steps are not"),
        ("step:60/1530", "step:60/1531", "number of steps changes"),
        ("train_time:32321ms", "train_time:31321ms", "runs backwards"),
        ("train_time:32321ms", "train_time:nanms", "form that is not known"),
        ("train_time:32321ms", "train_time:-1ms", "form that is not known"),
        ("train_time:32321ms", "train_time:9999999999999ms", "form that is not known"),
        ("Thu Dec  5", "Thu Dec 35", "date does not exist"),
        ("Thu Dec  5", "The Dec  5", "no nvidia-smi date"),
        ("   3  NVIDIA H100", "   4  NVIDIA H100", "device numbers"),
        ("   3  NVIDIA H100", "   3  NVIDIA A100", "devices of one kind"),
        ("NVIDIA H100 80GB HBM3", "NVIDIA X9 80GB HBM3  ", "peak of a device"),
        ("step:", "stop:", "no step line"),
        ("step:60/1530 train_loss:", "step:60/1530 train_loss: ", "form that is not known"),
    ],
)
def test_step_logs_that_are_not_understood(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in SOUND
    with pytest.raises(ImporterError, match=message):
        load("nanogpt", write(tmp_path, SOUND.replace(old, new), "log.txt"), incomplete="yes")


def test_step_logs_cut_and_binary(tmp_path: Path) -> None:
    for data in (SOUND[:-20].encode(), b"", b"\xff" * 10, b"x" * 5000, SOUND.encode() + b"step:\xff\n"):
        with pytest.raises(ImporterError):
            load("nanogpt", write(tmp_path, data, "log.txt"), incomplete="yes")


def test_the_clock_of_the_machine(tmp_path: Path) -> None:
    """nvidia-smi prints it without a zone: where that is not UTC it is stated, else rows are hours off."""
    path = write(tmp_path, SOUND, "log.txt")
    began = load("nanogpt", path, incomplete="yes")[0]["start"]
    for stated, hours in (({"utc_offset": "-08:00"}, 8), ({"zone": "America/Los_Angeles"}, 8), ({"zone": "UTC"}, 0)):
        assert load("nanogpt", path, incomplete="yes", **stated)[0]["start"] == began + hours * 3600
    twice = write(tmp_path, SOUND.replace("Thu Dec  5 02:32:12 2024", "Sun Nov  3 01:32:12 2024"), "log.txt")
    with pytest.raises(ImporterError, match="clocks show this hour twice"):
        load("nanogpt", twice, incomplete="yes", zone="America/Los_Angeles")
    skipped = write(tmp_path, SOUND.replace("Thu Dec  5 02:32:12 2024", "Sun Mar 10 02:32:12 2024"), "log.txt")
    with pytest.raises(ImporterError, match="or clocks skip it"):
        load("nanogpt", skipped, incomplete="yes", zone="America/Los_Angeles")


def test_a_peak_of_ones_own(tmp_path: Path) -> None:
    path = write(tmp_path, SOUND.replace("NVIDIA H100 80GB HBM3", "NVIDIA X9 80GB HBM3  "), "log.txt")
    found = load("nanogpt", path, incomplete="yes", peak="1e15")
    assert (found[0]["device_kind"], found[0]["peak"]) == ("other", 10**15)


def test_options_and_names(tmp_path: Path) -> None:
    path = DATA / "2024-12-04_head.txt"
    for options in (
        {"utilization": "1"},
        {"utilisation": "101%"},
        {"phase": "x"},
        {"incomplete": "maybe"},
        {"peak": "fast"},
    ):
        with pytest.raises(UsageError):
            load("nanogpt", path, **options)
    with pytest.raises(UsageError):
        load("csv", path, run="x")
    with pytest.raises(UsageError):
        importers.by_name("xml")
    with pytest.raises(UsageError):
        importers.guess("log.txt")
    assert [importers.guess(name).name for name in ("a.csv", "b.JSONL")] == ["csv", "jsonl"]
    with pytest.raises(ImporterError):
        load("csv", tmp_path / "none.csv")
    for importer in importers.FORMATS.values():
        assert importer.formula and importer.title


@pytest.mark.parametrize("cut", range(0, 400, 7))
def test_truncated_files_end_in_our_errors(tmp_path: Path, cut: int) -> None:
    whole = f"{HEADER}\n" + f"{LINE}\n" * 9
    lines = "".join(json.dumps(OBJECT) + "\n" for _ in range(4))
    for name, text in (("csv", whole[:cut]), ("jsonl", lines[:cut])):
        try:
            load(name, write(tmp_path, text))
        except ZkComplianceError as error:
            assert error.exit_status == 2


@pytest.mark.parametrize(
    "text",
    ["2026-W02-1T00:00:00Z", "20260105T000000+0000", "2026-01-05T00:00:00,5Z", "2026-01-05T00Z", "2026-01-05T00:00:00",
     "2026-01-05T00:00:00.5", "2026-01-05T00:00:00.Z", "2026-01-05T00:00:00.5-00:00", "2026-01-05 00:00:00Z",
     "٢026-01-05T00:00:00Z",
     "2026-01-05x00:00:00Z", "2026-01-05T00:00:00+23:59", "2026-01-05T00:00:00+00:00:01", "2026-01-05T24:00:00.0Z",
     "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "1767571200", "1969-12-31T23:59:59.9Z", 1767571200, None],
)  # fmt: skip
def test_a_time_of_a_tools_own_file_has_the_grammar_of_rows(text: object) -> None:
    with pytest.raises(ImporterError, match=r"^here: "):
        exact.moment(text, "here")


def test_a_time_of_a_tools_own_file_may_have_a_fraction() -> None:
    for text, parts in (
        ("2026-01-05T00:00:00Z", 0), ("2026-01-05T02:00:00.25+02:00", 250_000), ("2026-01-05T00:00:00.000001Z", 1),
    ):  # fmt: skip
        assert exact.moment(text, "here") == 1_767_571_200 + Fraction(parts, 10**6)
