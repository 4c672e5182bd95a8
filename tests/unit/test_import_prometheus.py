"""DCGM tensor activity: exact sums over the sample, gaps and sentinels by rule, refusals by series and reading."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from tests.kit.importing import CANARY, DATA, leaves, load, raw, refused, replaced, survives, write, wrong_option
from zkcompliance.errors import ImporterError

ACTIVE = DATA / "dcgm" / "query_range_DCGM_FI_PROF_PIPE_TENSOR_ACTIVE.json"
ENERGY = DATA / "dcgm" / "query_range_DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION.json"
SOUND = json.loads(ACTIVE.read_text())
H100 = 989_400_000_000_000
T0 = 1767225600


def one(*readings: tuple[float, str], **labels: str | None) -> dict[str, object]:
    """An answer with one series."""
    found = {**SOUND["data"]["result"][0]["metric"], **labels}
    metric = {name: value for name, value in found.items() if value is not None}
    result = [{"metric": metric, "values": [list(reading) for reading in readings]}]
    return {"status": "success", "data": {"resultType": "matrix", "result": result}}


def file(folder: Path, document: object) -> Path:
    return write(folder, json.dumps(document), "range.json")


def test_the_sample() -> None:
    rows = load("dcgm", ACTIVE)
    assert len(rows) == 8
    for row, series in zip(rows, SOUND["data"]["result"], strict=True):
        readings = [(time, Fraction(value)) for time, value in series["values"]]
        busy = sum((value * (time - before) for (before, _), (time, value) in pairwise(readings)), Fraction())
        assert row["flop"] == -(-busy * H100 // 1)
        assert row["utilisation"] == round(busy / (readings[-1][0] - readings[0][0]) * 10**6)
        assert (row["start"], row["end"]) == (readings[0][0], readings[-1][0])
        assert (row["device_kind"], row["devices"], row["peak"], row["method"]) == ("h100_sxm", 1, H100, "measured")


def test_shorter_intervals_lose_nothing() -> None:
    whole, parts = load("dcgm", ACTIVE), load("dcgm", ACTIVE, every="60 s")
    assert len(parts) == 8 * 20
    assert 0 <= sum(int(r["flop"]) for r in parts) - sum(int(r["flop"]) for r in whole) < len(parts)
    for row, after in pairwise(parts[:20]):
        assert row["end"] == after["start"]


def test_another_metric_is_refused() -> None:
    refused("dcgm", ENERGY, "series 1, __name__: is not DCGM_FI_PROF_PIPE_TENSOR_ACTIVE")


@pytest.mark.parametrize(
    "blank", ["9223372036854775794", "9223372036854775792", "9.223372036854776e+18", "140737488355328", "2147483632",
              "140737488355330"],
)  # fmt: skip
def test_no_reading_leaves_a_gap(tmp_path: Path, blank: str) -> None:
    path = file(tmp_path, one((T0, "0.5"), (T0 + 30, blank), (T0 + 60, "0.5")))
    (row,) = load("dcgm", path)
    assert (row["flop"], row["end"]) == (30 * H100, T0 + 60)
    refused("dcgm", path, "series 1: no reading for over 30 s", longest="30 s")


def test_gaps(tmp_path: Path) -> None:
    path = file(tmp_path, one((T0, "0.5"), (T0 + 600, "0.5"), (T0 + 630, "0.5")))
    refused("dcgm", path, "series 1: no reading for over 300 s")
    assert sum(int(row["flop"]) for row in load("dcgm", path, gaps="full")) == (600 + 15) * H100
    assert sum(int(row["flop"]) for row in load("dcgm", path, gaps="skip")) == 15 * H100
    assert sum(int(row["flop"]) for row in load("dcgm", path, longest="10 min")) == 315 * H100


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("NaN", "reading 2, value: is NaN"),
        ("+Inf", "reading 2, value: is NaN or infinite"),
        ("-0.1", "reading 2, value: is negative"),
        ("1.000001", "reading 2, value: is over 1"),
        ("45", "reading 2, value: is over 1"),
        (CANARY, "reading 2, value: is not a number"),
        ("", "reading 2, value"),
        ("1e-999999999", "reading 2, value: is not a number"),
        ("1_0", "reading 2, value: is not a number"),
        ("٣", "reading 2, value: is not a number"),
        (0.5, "reading 2, value: is missing or not a text"),
    ],
)
def test_values_that_are_refused(tmp_path: Path, value: str, message: str) -> None:
    refused("dcgm", file(tmp_path, one((T0, "0.5"), (T0 + 30, value))), f"series 1, {message}")


@pytest.mark.parametrize("time", [T0, T0 - 1, -1, float("nan"), "soon", None, True])
def test_times_that_are_refused(tmp_path: Path, time: float) -> None:
    refused("dcgm", file(tmp_path, one((T0, "0.5"), (time, "0.5"))), "series 1, reading 2, time")


def test_labels(tmp_path: Path) -> None:
    readings = ((T0, "0.5"), (T0 + 30, "0.5"))
    refused("dcgm", file(tmp_path, one(*readings, modelName=CANARY)), "modelName: the peak of this device")
    refused("dcgm", file(tmp_path, one(*readings, UUID=None)), "UUID: is missing")
    refused("dcgm", file(tmp_path, one(*readings, GPU_I_ID="3")), "MIG")
    unnamed = file(tmp_path, one(*readings, __name__=None))
    refused("dcgm", unnamed, "__name__: is missing")
    assert len(load("dcgm", unnamed, unnamed="yes")) == 1
    other = file(tmp_path, one(*readings, modelName="X9"))
    row = raw("dcgm", other, peak="1e15", kind="b200", run="r", source="hardware_attested")[0]
    assert (row["flop"], row["device_kind"], row["run"], row["source"]) == (
        15 * 10**15,
        "b200",
        "r",
        "hardware_attested",
    )
    twice = replaced(SOUND, ("data", "result", 1, "metric"), SOUND["data"]["result"][0]["metric"])
    refused("dcgm", file(tmp_path, twice), "series 2, UUID: the GPU is there twice")


def test_answers_that_are_refused(tmp_path: Path) -> None:
    refused("dcgm", file(tmp_path, {**SOUND, "status": "error"}), "status: is not success")
    refused("dcgm", file(tmp_path, {**SOUND, "warnings": [CANARY]}), "warnings")
    refused("dcgm", file(tmp_path, {"status": "success"}), "data: is missing")
    vector = {**SOUND["data"], "resultType": "vector"}
    refused("dcgm", file(tmp_path, {**SOUND, "data": vector}), "resultType: is not matrix")
    refused("dcgm", file(tmp_path, one()), "holds no rows")
    refused("dcgm", file(tmp_path, one((T0, "0.5"))), "holds no rows")
    for data in (b"[" * 10**6, b"\xff", ACTIVE.read_bytes() + b"1", ACTIVE.read_text().encode("utf-16")):
        refused("dcgm", write(tmp_path, data, "range.json"), "byte")
    for options in ({"every": "0"}, {"longest": "x"}, {"gaps": "x"}, {"kind": "x"}, {"unnamed": "x"}):
        wrong_option("dcgm", ACTIVE, **options)


def test_truncation_and_canaries(tmp_path: Path) -> None:
    text = ACTIVE.read_bytes()
    for cut in range(0, len(text), 101):
        assert not survives(lambda path: load("dcgm", path), write(tmp_path, text[:cut], "cut.json"))
    document = one((T0, "0.5"), (T0 + 30, "0.5"))
    for leaf in leaves(document):
        survives(lambda path: load("dcgm", path), file(tmp_path, replaced(document, leaf, CANARY)))


def test_a_peak_for_each_device_of_a_mixed_fleet(tmp_path: Path) -> None:
    """By modelName, and for a single device by its UUID, which counts more; a kind states both."""
    readings = [[T0, "0.5"], [T0 + 30, "0.5"]]
    metric = SOUND["data"]["result"][0]["metric"]
    fleet = [("GPU-1", "X9"), ("GPU-2", "X9"), ("GPU-3", "NVIDIA L40S"), ("GPU-4", "NVIDIA H200")]
    result = [{"metric": {**metric, "UUID": uuid, "modelName": name}, "values": readings} for uuid, name in fleet]
    path = file(tmp_path, {"status": "success", "data": {"resultType": "matrix", "result": result}})
    assert "add --set peaks=MODEL=" in remedy(path)
    rows = load("dcgm", path, peaks="X9=4e12,GPU-2=h100_pcie")
    assert [(row["device_kind"], row["peak"]) for row in rows] == [
        ("other", 4 * 10**12), ("h100_pcie", 756 * 10**12), ("other", 362_050 * 10**9), ("h200_sxm", H100),
    ]  # fmt: skip
    assert [row["flop"] for row in rows] == [15 * int(row["peak"]) for row in rows]
    assert [row["peak"] for row in load("dcgm", path, peaks="X9=4", peak="7")] == [4, 4, 7, 7]
    for wrong in ("X9", "X9=fast", "X9=1,X9=2"):
        wrong_option("dcgm", path, peaks=wrong)


def remedy(path: Path) -> str:
    with pytest.raises(ImporterError) as caught:
        load("dcgm", path)
    return caught.value.help
