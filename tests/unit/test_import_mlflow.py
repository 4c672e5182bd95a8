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
    refused("mlflow", STORE, r"run 1 \(\w+\): has none of this metric", flop_metric="x")
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
        (f"UPDATE metrics SET value = -1 {METRIC}", r"run 1 \(\w+\), value 5 of the metric: is negative"),
        (f"UPDATE metrics SET is_nan = 1 {METRIC}", r"run 1 \(\w+\), value 5 of the metric: is not a number"),
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
        (f"UPDATE metrics SET timestamp = -5 {METRIC}", r"run 1 \(\w+\), timestamp: is not a time"),
        (f"UPDATE metrics SET timestamp = '{CANARY}' {METRIC}", r"run 1 \(\w+\), timestamp: is not a time"),
        ("UPDATE runs SET status = 'RUNNING'", r"run 1 \(\w+\), status: the run has not ended"),
        ("UPDATE runs SET start_time = NULL", "start_time: is not a time"),
        ("UPDATE alembic_version SET version_num = '0123456789ab'", "0123456789ab is not known"),
        (f"UPDATE alembic_version SET version_num = '{CANARY}'", "that is not 12 hex digits is not known"),
        ("DELETE FROM alembic_version", "names no revision"),
        ("INSERT INTO alembic_version VALUES ('0123456789ab')", "names several revisions"),
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


# What real stores hold besides

OTHER = "c51f20c0d475465da958102c7759c7c8"
KEY = "train/flops_cumulative"


def log(store: Path, run: str, *points: tuple[int, int, int]) -> Path:
    """The metric of a run, anew: (step, second, value)."""
    rows = [
        f"('{KEY}', {value}, {1767225600000 + second * 1000}, '{run}', {step}, 0)" for step, second, value in points
    ]
    fresh = f"DELETE FROM metrics WHERE key = '{KEY}' AND run_uuid = '{run}'"
    insert = "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES "
    return change(store, fresh, *([insert + ", ".join(rows)] if rows else []))


def flops(store: Path, **options: str) -> list[object]:
    return [row["flop"] for row in raw("mlflow", store, **FLOP, only_run=RUN_A, **options)]


def remedy(store: Path, message: str, **options: str) -> str:
    """The help of a refusal."""
    with pytest.raises(ImporterError, match=message) as caught:
        load("mlflow", store, **FLOP, **options)
    return caught.value.help


def parent(store: Path, child: str, of: str) -> Path:
    return change(store, f"INSERT INTO tags VALUES ('mlflow.parentRunId', '{of}', '{child}')")


def test_a_parent_without_the_metric_is_no_fault(store: Path) -> None:
    """As of a sweep, whose children log; any other run without it is named, and left out where that is said."""
    log(store, RUN_A)
    assert "--set without=skip" in remedy(store, rf"run 1 .{RUN_A}.: has none of this metric")
    assert len(load("mlflow", store, **FLOP, without="skip")) == 37
    parent(store, OTHER, RUN_A)
    assert len(load("mlflow", store, **FLOP)) == 37


def test_a_parent_and_a_child_that_both_log(store: Path) -> None:
    parent(parent(store, OTHER, RUN_A), CRASHED, OTHER)
    assert "nested=children" in remedy(store, "there in it and in its parent, so it may be counted twice")
    for nested, count in (("children", 7), ("parents", 60), ("both", 97)):
        assert len(load("mlflow", store, **FLOP, nested=nested)) == count, nested
    assert len(load("mlflow", store, **FLOP, only_run=OTHER)) == 30
    change(store, f"INSERT INTO tags VALUES ('mlflow.parentRunId', '{CRASHED}', '{RUN_A}')")  # in a circle
    assert load("mlflow", store, **FLOP, nested="both")


def test_a_run_that_was_resumed_from_a_checkpoint(store: Path) -> None:
    """Steps 3 and 4 were done twice, and count twice."""
    log(store, RUN_A, (1, 1, 10), (2, 2, 20), (3, 3, 30), (4, 4, 40), (3, 13, 31), (4, 14, 42), (5, 15, 50))
    assert "resumed=rewind" in remedy(store, "a step is there twice", only_run=RUN_A)
    assert flops(store, resumed="rewind") == [10, 10, 10, 10, 11, 11, 8]
    names = [row.known.identity for row in importers.rows(importers.by_name("mlflow"), store, schemas.compute,
             {**FLOP, "only_run": RUN_A, "resumed": "rewind"})]  # fmt: skip
    assert names[2] == (RUN_A, 3, 1) and names[4] == (RUN_A, 3, 2) and len(set(names)) == 7


def test_a_counter_that_began_anew(store: Path) -> None:
    log(store, RUN_A, (1, 1, 10), (2, 2, 20), (3, 13, 7), (4, 14, 9))
    assert "resumed=restart" in remedy(store, "decreases", only_run=RUN_A)
    assert flops(store, resumed="restart") == [10, 10, 7, 2]


def test_a_run_that_goes_on_from_another(store: Path) -> None:
    log(log(store, RUN_A, (1, 1, 10), (2, 2, 20), (3, 3, 30)), OTHER, (3, 13, 28), (4, 14, 40))
    change(store, f"DELETE FROM metrics WHERE run_uuid = '{CRASHED}'")
    found = [row["flop"] for row in raw("mlflow", store, **FLOP, without="skip", continues=f"{OTHER}={RUN_A}")]
    assert found == [10, 10, 10, 8, 12]
    assert "LATER=EARLIER" in remedy(store, "names a run that is not in the store", continues=f"{OTHER}=x")


def test_several_ranks(store: Path) -> None:
    log(store, RUN_A, (1, 1, 10), (1, 2, 10), (2, 3, 20), (2, 4, 20))
    assert "ranks=same" in remedy(store, "a step is there twice", only_run=RUN_A)
    assert flops(store, ranks="same") == [10, 10] and flops(store, ranks="2") == [20, 20]
    assert "own by each rank" in remedy(store, "a step has 2 values, not 3", only_run=RUN_A, ranks="3")
    log(store, RUN_A, (1, 1, 10), (1, 2, 11))
    assert "ranks=NUMBER" in remedy(store, "ranks differ in one step", only_run=RUN_A, ranks="same")
    for options in ({"ranks": "0"}, {"ranks": "1"}, {"ranks": "2", "order": "time"}):
        wrong_option("mlflow", store, **FLOP, **options)


def test_a_metric_without_steps(store: Path) -> None:
    log(store, RUN_A, (0, 1, 10), (0, 2, 30), (0, 9, 60))
    assert "--set order=time" in remedy(store, "a step is there twice", only_run=RUN_A)
    assert flops(store, order="time") == [10, 20, 30]


def test_a_revision_is_named_with_the_option_that_takes_it(store: Path) -> None:
    change(store, "UPDATE alembic_version SET version_num = '0123456789ab'")
    assert "--set revision=0123456789ab" in remedy(
        store, "revision 0123456789ab is not known, only 0584bdc529eb .MLflow 2.22., dc11"
    )
    assert len(load("mlflow", store, **FLOP, revision="0123456789ab")) == 97


def test_a_store_that_grew_has_the_rows_before_as_they_were(store: Path) -> None:
    def rows() -> dict[object, object]:
        read = importers.rows(importers.by_name("mlflow"), store, schemas.compute, {**FLOP, "running": "accept"})
        return {row.known.identity: dict(row) for row in read}  # type: ignore[attr-defined]

    change(store, "UPDATE runs SET status = 'RUNNING', end_time = NULL")
    before = rows()
    more = "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) "
    change(
        store, f"{more} SELECT key, value + 5, timestamp + 60000, run_uuid, step + 1, 0 FROM metrics WHERE step = 60"
    )
    change(store, "UPDATE runs SET status = 'FINISHED', end_time = 1795220815366")
    after = rows()
    assert len(before) == 97 and len(after) > 97 and before.items() <= after.items()
