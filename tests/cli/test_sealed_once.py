"""What tools export again and again is sealed once: jobs that overlap, stores that grew, files with equal rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.kit.command_line import run
from tests.kit.importing import DATA
from zkcompliance.log import open_log
from zkcompliance.schemas import decode_rows

SACCT = (DATA / "slurm" / "sacct_steps_duplicates.psv").read_text().splitlines()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert run("keygen", "lab.example/jobs", "-o", tmp_path / "key").exit_code == 0
    return tmp_path


def seal(folder: Path, *inputs: object, form: str = "slurm") -> Any:
    return run("seal", *inputs, "--from", form, "--log", folder / "log", "--key", folder / "key", "--json")


def export(folder: Path, name: str, first: int, last: int) -> Path:
    """Lines first … last of the sample (from 1) below its header."""
    (folder / name).write_text("\n".join([SACCT[0], *SACCT[first:last], ""]))
    return folder / name


def rows(folder: Path) -> list[dict[str, Any]]:
    log = open_log(folder / "log")
    return [row for segment in log.segments for row in decode_rows(log.schema, segment.load_columns())]


def test_exports_that_overlap_give_each_job_once(folder: Path) -> None:
    """As a nightly sacct does that looks two days back; and the JSON of the same jobs brings nothing new."""
    whole = len(SACCT)
    first = json.loads(seal(folder, export(folder, "monday.psv", 1, 14)).stdout)
    second = seal(folder, export(folder, "tuesday.psv", 5, whole))
    said = json.loads(second.stdout)
    assert int(said["passed_over"]) > 0 and int(first["rows"]) + int(said["rows"]) == 13
    assert f"tuesday.psv: {said['passed_over']} rows are sealed already, in the seal of segment 0" in second.stderr
    assert sum((row["end"] - row["start"]) * row["devices"] for row in rows(folder)) == 557
    for again in (export(folder, "all.psv", 1, whole), DATA / "slurm" / "sacct.json"):
        refused = seal(folder, again)
        assert refused.exit_code == 2 and "error[already-sealed]" in refused.stderr
    assert len(rows(folder)) == 13


def test_a_job_that_was_changed_is_refused_with_a_remedy(folder: Path) -> None:
    assert seal(folder, export(folder, "a.psv", 1, len(SACCT))).exit_code == 0
    changed = folder / "b.psv"
    changed.write_text((folder / "a.psv").read_text().replace("gpu:h100=", "gpu:h200="))
    refused = seal(folder, changed)
    assert refused.exit_code == 2 and "error[changed-since-sealed]" in refused.stderr
    assert "b.psv: job " in refused.stderr and "--again" in refused.stderr
    assert seal(folder, changed, "--again").exit_code == 0


HEADER = "start,end,run,phase,flop,method\n"
ROW = "2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,r,pretraining,5,hardware\n"


def test_equal_rows_of_a_csv_are_meant_or_refused(folder: Path) -> None:
    (folder / "in.csv").write_text(HEADER + ROW + ROW.replace("5", "6") + ROW)
    refused = seal(folder, folder / "in.csv", form="csv")
    assert refused.exit_code == 2 and "in.csv: row 3 equals row 1 in every column" in refused.stderr
    assert "--equal-rows" in refused.stderr and not (folder / "log").exists()
    assert json.loads(seal(folder, folder / "in.csv", "--equal-rows", form="csv").stdout)["rows"] == "3"


def test_a_file_that_is_sealed_is_passed_over_beside_a_new_one(folder: Path) -> None:
    (folder / "a.csv").write_text(HEADER + ROW)
    (folder / "b.csv").write_text(HEADER + ROW.replace("5", "6"))
    assert seal(folder, folder / "a.csv", form="csv").exit_code == 0
    done = seal(folder, folder / "a.csv", folder / "b.csv", form="csv")
    assert json.loads(done.stdout)["rows"] == "1" and json.loads(done.stdout)["passed_over"] == "1"
    assert "a.csv: 1 row are sealed" not in done.stderr and "a.csv: 1 row is sealed already" in done.stderr
    assert [row["flop"] for row in rows(folder)] == [5, 6]


def test_records_are_known_where_segments_were_put_together(folder: Path) -> None:
    whole = len(SACCT)
    for name, first, last in (("a.psv", 1, 14), ("b.psv", 14, whole)):
        assert seal(folder, export(folder, name, first, last)).exit_code == 0
    into = ("--to", folder / "two", "--key", folder / "key", "-o", folder / "lineage")
    made = run("compact", folder / "log", *into)
    assert made.exit_code == 0, made.stderr
    log = open_log(folder / "two")
    assert len(log.segments) == 1 and log.segments[0].rows == 13
    again = export(folder, "all.psv", 1, whole)
    refused = run("seal", again, "--from", "slurm", "--log", folder / "two", "--key", folder / "key")
    assert refused.exit_code == 2 and "error[already-sealed]" in refused.stderr
    again.write_text(again.read_text().replace("gpu:h100=", "gpu:h200="))
    changed = run("seal", again, "--from", "slurm", "--log", folder / "two", "--key", folder / "key")
    assert changed.exit_code == 2 and "error[changed-since-sealed]" in changed.stderr


def test_a_format_that_feeds_one_schema_needs_no_word_for_it(folder: Path) -> None:
    samples = DATA / "lm-eval" / "samples_mini_wmdp_like.jsonl"
    results = f"results={DATA / 'lm-eval' / 'results.json'}"
    into = ("--log", folder / "evals", "--key", folder / "key")
    done = run(
        "seal", samples, "--from", "lm-eval", "--set", results, "--set", "metric=acc", "--set", "limited=yes", *into
    )
    assert done.exit_code == 0, done.stderr
    assert open_log(folder / "evals").schema.name == "eval"
