"""MLflow's sqlite store, read without MLflow and without a trace beside it."""

# ruff: noqa: S608

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.kit.importing import CANARY, DATA, load, raw, refused, survives, write, wrong_option
from zkcompliance import importers, schemas
from zkcompliance.errors import ImporterError

STORE = DATA / "mlflow" / "mlflow.db"
FLOP = {"flop_metric": "train/flops_cumulative"}
TOKENS = {"tokens_metric": "train/tokens_seen", "parameters": "1.3e9"}
RUN_A, CRASHED = "9020478b5cf944d6a47d9737c4302866", "4a7fe129c5644331904ff8d74d5b0148"
PER_STEP = 4_089_446_400_000_000


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A copy that a test may change."""
    shutil.copyfile(STORE, tmp_path / "mlflow.db")
    return tmp_path / "mlflow.db"


def change(store: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(store)) as database, database:
        for statement in statements:
            database.execute(statement)
    return store


def test_the_sample_by_both_formulas() -> None:
    for options, method in ((FLOP, "measured"), (TOKENS, "architecture")):
        rows = load("mlflow", STORE, **options)
        assert (len(rows), {row["flop"] for row in rows}) == (60 + 30 + 7, {PER_STEP})
        assert {row["method"] for row in rows} == {method}
    rows = raw("mlflow", STORE, **FLOP)
    assert (rows[0]["run"], rows[-1]["run"]) == (RUN_A, CRASHED)
    assert (rows[1]["start"], rows[1]["end"]) == (1767225601, 1767225602)


def test_options() -> None:
    assert len(load("mlflow", STORE, **FLOP, only_run=RUN_A)) == 60
    assert len(load("mlflow", STORE, **FLOP, experiment="pretrain-mini")) == 97
    refused("mlflow", STORE, "holds no rows", **FLOP, experiment="x")
    refused("mlflow", STORE, "run 1: has none of this metric", flop_metric="x")
    row = raw("mlflow", STORE, **FLOP, run="r", devices="8", peak="1e15", kind="h100_sxm", source="signed")[0]
    assert (row["run"], row["devices"], row["source"]) == ("r", 8, "signed")
    for options in (
        {}, {**FLOP, **TOKENS}, {**FLOP, "parameters": "1"}, {"tokens_metric": "x"}, {**FLOP, "running": "x"},
        {**TOKENS, "parameters": "7B"}, {**FLOP, "phase": "x"},
    ):  # fmt: skip
        wrong_option("mlflow", STORE, **options)


def test_deleted_and_failed_runs_count(store: Path) -> None:
    change(store, "UPDATE runs SET lifecycle_stage = 'deleted', status = 'KILLED'")
    assert len(load("mlflow", store, **FLOP)) == 97


def test_nothing_is_written(store: Path) -> None:
    store.chmod(0o400)
    before = store.stat()
    load("mlflow", store, **FLOP)
    assert list(store.parent.iterdir()) == [store]
    assert (store.stat().st_mtime_ns, store.stat().st_size) == (before.st_mtime_ns, before.st_size)


METRIC = "WHERE key = 'train/flops_cumulative' AND step = 5 AND run_uuid = '" + RUN_A + "'"


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (f"UPDATE metrics SET value = -1 {METRIC}", "run 1, value 5 of the metric: is negative"),
        (f"UPDATE metrics SET is_nan = 1 {METRIC}", "run 1, value 5 of the metric: is not a number"),
        (
            f"UPDATE metrics SET value = 1.7976931348623157e308 {METRIC}",
            "value 5 of the metric: is negative or infinite",
        ),
        (f"UPDATE metrics SET value = 0.5 {METRIC}", "value 5 of the metric: is not a whole number"),
        (f"UPDATE metrics SET value = 1 {METRIC}", "value 5 of the metric: decreases"),
        (f"UPDATE metrics SET value = 1e30 {METRIC}", "column flop|decreases"),
        (f"UPDATE metrics SET value = '{CANARY}' {METRIC}", "value 5 of the metric: is not a number"),
        (f"UPDATE metrics SET step = 6 {METRIC}", "a step is there twice"),
        (f"UPDATE metrics SET timestamp = 1 {METRIC}", "value 5 of the metric: time runs backwards"),
        (f"UPDATE metrics SET timestamp = -5 {METRIC}", "run 1, timestamp: is not a time"),
        (f"UPDATE metrics SET timestamp = '{CANARY}' {METRIC}", "run 1, timestamp: is not a time"),
        ("UPDATE runs SET status = 'RUNNING'", "run 1, status: the run has not ended"),
        ("UPDATE runs SET start_time = NULL", "start_time: is not a time"),
        ("UPDATE alembic_version SET version_num = '0123456789ab'", "0123456789ab is not known"),
        (f"UPDATE alembic_version SET version_num = '{CANARY}'", "not named is not known"),
        ("DELETE FROM alembic_version", "not named is not known"),
        ("ALTER TABLE metrics RENAME TO other", "has no table metrics"),
        ("ALTER TABLE metrics RENAME COLUMN step TO stride", "table metrics: lacks one of"),
        ("PRAGMA journal_mode=WAL", "write-ahead mode"),
    ],
)
def test_stores_that_are_refused(store: Path, statement: str, message: str) -> None:
    change(store, statement)
    refused("mlflow", store, message, **FLOP)


def test_a_stated_revision_and_runs_that_go_on(store: Path) -> None:
    change(store, "UPDATE alembic_version SET version_num = '0123456789ab'", "UPDATE runs SET status = 'RUNNING'")
    assert len(load("mlflow", store, **FLOP, revision="0123456789ab", running="accept")) == 97


def test_views_and_texts_that_are_not_utf8(store: Path) -> None:
    change(store, "ALTER TABLE metrics RENAME TO hidden", "CREATE VIEW metrics AS SELECT * FROM hidden")
    refused("mlflow", store, "has no table metrics", **FLOP)
    shutil.copyfile(STORE, store)
    change(store, f"UPDATE runs SET run_uuid = CAST(x'ff' || '{CANARY}' AS TEXT)  WHERE run_uuid = '{RUN_A}'")
    assert not survives(lambda path: load("mlflow", path, **FLOP), store)


def test_a_journal_beside_it(store: Path) -> None:
    for ending in ("-journal", "-wal"):
        beside = write(store.parent, b"x", store.name + ending)
        refused("mlflow", store, "a writer was interrupted", **FLOP)
        beside.unlink()


def test_a_store_that_changes_meanwhile(store: Path) -> None:
    rows: Iterator[object] = iter(importers.rows(importers.by_name("mlflow"), store, schemas.compute, FLOP))
    next(rows)
    os.utime(store, ns=(1, 1))
    with pytest.raises(ImporterError, match="changed while it was read"):
        list(rows)


def test_damaged_files(tmp_path: Path) -> None:
    whole = STORE.read_bytes()
    for cut in (0, 10, 16, 99, 100, 4096, 5000, 65536, len(whole) // 2, len(whole) - 1):
        survives(lambda path: load("mlflow", path, **FLOP), write(tmp_path, whole[:cut], "cut.db"))
    for at in range(0, len(whole), 30011):
        damaged = bytearray(whole)
        damaged[at : at + 64] = b"\xff" * 64
        survives(lambda path: load("mlflow", path, **FLOP), write(tmp_path, bytes(damaged), "bad.db"))
    refused("mlflow", write(tmp_path, b"", "empty.db"), "is not an sqlite database", **FLOP)


@pytest.mark.parametrize("form", ["AS (step / 1000)", "as(step)", "GENERATED ALWAYS AS (step) VIRTUAL"])
def test_computed_columns_are_refused(store: Path, form: str) -> None:
    change(store, f"ALTER TABLE metrics ADD COLUMN more INTEGER {form}")
    with pytest.raises(ImporterError, match="computed columns"):
        list(importers.rows(importers.by_name("mlflow"), store, schemas.compute, FLOP))
