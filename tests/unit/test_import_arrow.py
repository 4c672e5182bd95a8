"""Parquet and Arrow IPC: exact types only, any schema, refusals by row and column; hostile files."""

from __future__ import annotations

import decimal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.kit.importing import CANARY, load, raw, refused, survives, write
from zkcompliance import importers, limits, schemas
from zkcompliance.errors import ImporterError, UsageError

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

T = 1_767_571_200  # 2026-01-05
SOUND: dict[str, Any] = {
    "start": [T + 100, T + 200], "end": [T + 160, T + 260], "run": ["a", "b"], "phase": ["pretraining", "failed"],
    "flop": ["1e24", "5"], "method": ["hardware", "measured"],
}  # fmt: skip


def put(folder: Path, columns: dict[str, Any], form: str = "parquet", **how: Any) -> Path:
    path, table = folder / f"in.{form}", pa.table(columns)
    if form == "parquet":
        parquet.write_table(table, path, **how)
    elif form == "arrow":
        with pa.ipc.new_file(path, table.schema, **how) as out:
            out.write_table(table)
    else:
        with pa.ipc.new_stream(path, table.schema, **how) as out:
            out.write_table(table)
    return path


@pytest.mark.parametrize("form", ["parquet", "arrow", "stream"])
def test_three_forms(tmp_path: Path, form: str) -> None:
    rows = load("arrow", put(tmp_path, SOUND, form))
    assert [(row["start"], row["flop"], row["phase"], row["source"]) for row in rows] == [
        (T + 100, 10**24, "pretraining", "self_declared"), (T + 200, 5, "failed", "self_declared"),
    ]  # fmt: skip


def test_names_of_files() -> None:
    assert {importers.guess(name).name for name in ("a.parquet", "a.arrow", "a.feather")} == {"arrow"}


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        ("start", pa.array([T + 5, T + 6], pa.uint64()), T + 5),
        ("start", pa.array([T + 5, T + 6], pa.int32()), T + 5),
        ("start", pa.array([T * 1000 + 5000, T * 1000 + 6000], pa.timestamp("ms", "UTC")), T + 5),
        ("start", pa.array([T + 5, T + 6], pa.timestamp("s", tz="Europe/Berlin")), T + 5),
        ("start", pa.array([datetime(2026, 1, 5, 0, 0, 5, tzinfo=UTC)] * 2, pa.timestamp("ns", "+02:00")), T + 5),
        ("flop", pa.array([decimal.Decimal(10) ** 28] * 2, pa.decimal128(38, 0)), 10**28),
        ("flop", pa.array([decimal.Decimal("7.00")] * 2, pa.decimal128(10, 2)), 7),
        ("flop", pa.array([2**63, 1], pa.uint64()), 2**63),
        ("phase", pa.array(["failed", "other"]).dictionary_encode(), "failed"),
        ("phase", pa.array(["failed", "other"], pa.large_string()), "failed"),
        ("run", pa.array([bytes(range(16))] * 2, pa.binary(16)), "0x" + bytes(range(16)).hex()),
        ("site", pa.nulls(2), ""),
    ],
)
def test_exact_types(tmp_path: Path, column: str, values: Any, expected: object) -> None:
    for form in ("parquet", "arrow"):
        assert load("arrow", put(tmp_path, {**SOUND, column: values}, form))[0][column] == expected


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("flop", [1.0, 2.0], "row 1, column flop: floating-point numbers are not exact"),
        ("flop", [float("nan"), 2.0], "row 1, column flop: floating-point"),
        ("flop", [1, -1], "row 2, column flop: is negative"),
        ("flop", [1, None], "row 2, column flop: is missing"),
        ("flop", ["1", CANARY], "row 2, column flop: is not an exact"),
        ("flop", pa.array([decimal.Decimal("7.5")] * 2, pa.decimal128(10, 2)), "row 1, column flop: is not whole"),
        ("start", pa.array([1500, 2500], pa.timestamp("ms", "UTC")), "row 1, column start: is not whole"),
        ("start", pa.array([-1, 5], pa.timestamp("s", "UTC")), "row 1, column start: is negative"),
        ("start", pa.array([4_102_444_801, 5], pa.timestamp("s", "UTC")), "row 1, column start: is after 2100"),
        ("start", pa.array([T + 5, T + 6], pa.timestamp("s")), "row 1, column start: is a timestamp without a zone"),
        ("start", pa.nulls(2, pa.timestamp("us")), "row 1, column start: is a timestamp without a zone"),
        ("start", pa.array([1, 2], pa.date32()), "column start: its Arrow type is not taken"),
        ("run", [[CANARY], ["b"]], "column run: its Arrow type is not taken"),
        ("run", pa.array([b"abc", b"d"]), "column run: its Arrow type is not taken"),
        ("run", ["a", "b\0" + CANARY], "row 2, column run: holds a NUL"),
        ("phase", ["pretraining", CANARY], "row 2, column phase: is none of"),
        ("flops", [1, 2], "has no column 'flops'"),
        ("end", [T + 90, T + 250], "row 1, column end: is less than start"),
        ("run", ["a", "x" * (limits.MAX_ARROW_TEXT_BYTES + 1)], "row 2, column run: is too long"),
    ],
)
def test_cells_that_are_refused(tmp_path: Path, column: str, values: Any, message: str) -> None:
    refused("arrow", put(tmp_path, {**SOUND, column: values}), message)


def test_columns_missing_and_doubled(tmp_path: Path) -> None:
    refused("arrow", put(tmp_path, {k: v for k, v in SOUND.items() if k != "flop"}), "column flop is missing")
    table = pa.table([pa.array([1]), pa.array([2])], names=["flop", "flop"])
    with pa.ipc.new_file(tmp_path / "in.arrow", table.schema) as out:
        out.write_table(table)
    refused("arrow", tmp_path / "in.arrow", "column flop is there twice")
    refused("arrow", put(tmp_path, {k: v[:0] for k, v in SOUND.items()}), "holds no rows")


def test_any_schema_and_many_batches(tmp_path: Path) -> None:
    n = 20_000
    columns = {
        "suite": ["s"] * n, "item": [str(i) for i in range(n)], "model": ["m"] * n, "score": list(range(n)),
        "at": [T] * n,
    }  # fmt: skip
    for form in ("parquet", "arrow"):
        rows = raw("arrow", put(tmp_path, columns, form), "eval")
        assert [row["score"] for row in rows] == columns["score"]
    refused("arrow", put(tmp_path, columns), "row 2, column score: has no unit", "eval")
    columns["score"][-1] = 2_000_000
    reading = importers.encode(
        importers.FORMATS["arrow"], put(tmp_path, columns), schemas.eval_, units={"score": "ppm"}
    )
    with pytest.raises(ImporterError, match="row 20000, column score: is over 100 %"):
        list(reading)


def test_a_null_score_is_missing_and_not_0(tmp_path: Path) -> None:
    columns = {"suite": ["s"] * 3, "item": ["a", "b", "c"], "model": ["m"] * 3, "score": ["0%", None, "1%"]}
    for form in ("parquet", "arrow"):
        rows = load("arrow", put(tmp_path, {**columns, "at": [T] * 3}, form), "eval")
        assert [row["score"] for row in rows] == [0, "", 10_000]


def test_too_large_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_ARROW_GROUP_BYTES", 10)
    refused("arrow", put(tmp_path, SOUND), "row group 1: is too large")
    refused("arrow", put(tmp_path, SOUND, "arrow"), "record batch is too large")


def test_damaged_files(tmp_path: Path) -> None:
    for form in ("parquet", "arrow", "stream"):
        whole = put(tmp_path, SOUND, form).read_bytes()
        for cut in range(0, len(whole), 29):
            survives(lambda path: load("arrow", path), write(tmp_path, whole[:cut], "cut"))
        for at in range(0, len(whole), 7):
            damaged = bytearray(whole)
            damaged[at] ^= 0xFF
            survives(lambda path: load("arrow", path), write(tmp_path, bytes(damaged), "bad"))
    refused("arrow", write(tmp_path, b"", "empty"), "is damaged, or not Parquet or Arrow")
    refused("arrow", write(tmp_path, CANARY, "text"), "is damaged, or not Parquet or Arrow")


def test_texts_that_are_not_utf8(tmp_path: Path) -> None:
    bad = pa.array([b"\xff" + CANARY.encode(), b"b"]).view(pa.string())
    for form in ("parquet", "arrow"):
        refused("arrow", put(tmp_path, {**SOUND, "run": bad}, form), "is not UTF-8|is damaged")


def test_without_pyarrow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path, SOUND)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match="pyarrow is not installed") as caught:
        load("arrow", path)
    assert "zkcompliance[arrow]" in caught.value.help
