"""`check --policy` names what is missing in a lab's logs, with a remedy, and how far each limit is away."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.kit.command_line import run
from tests.kit.story import DATA, DAY, HOUR, MODEL, Story, ago

JOB = {
    "start": "2026-01-05T00:00:00Z", "end": "2026-02-01T00:00:00Z", "run": "base-1", "method": "hardware",
    "phase": "pretraining", "flop": "9e24",
}  # fmt: skip


def check(story: Story, *more: str, subject: str | None = MODEL) -> tuple[int, dict[str, Any], str]:
    """Exit status, document, and what is printed for a person."""
    logs = [part for name, where in story.logs.items() for part in ("--log", f"{name}={where}")]
    about = () if subject is None else ("--subject", f"{subject}={story.folder / 'model'}")
    asked = ("check", "--policy", story.policy, *logs, *about, *more)
    found, shown = run(*asked, "--json"), run(*asked)
    assert found.exit_code == shown.exit_code, shown.output
    return found.exit_code, json.loads(found.stdout), shown.stdout


def test_nothing_is_missing_and_margins_are_shown(tmp_path: Path) -> None:
    story = Story(tmp_path, "eu-ai-act")
    story.rows("compute", "compute", [{**JOB, "model": MODEL}])
    status, found, shown = check(story)
    assert status == 0 and found["holds"] and found["missing"] == []
    margins = found["requirements"]["eu-ai-act@2 below-presumption"]["margins"]
    assert margins["total below the limit"] == "holds, 1e24 FLOP below the bound"
    assert margins["little in phases that do not count"] == "holds, 2.5e24 FLOP below the bound"
    assert margins["reveals rows that count"] == "holds, 1, 0 above the least"
    assert "total below the limit: holds, 1e24 FLOP below the bound" in shown and "Missing:" not in shown


def test_a_column_that_no_row_states(tmp_path: Path) -> None:
    """Rows that name no model count all the same: it holds, and what is missing is said."""
    story = Story(tmp_path, "eu-ai-act")
    story.rows("compute", "compute", [JOB])
    status, found, shown = check(story)
    (lack,) = found["missing"]
    assert status == 0 and lack["kind"] == "column" and lack["column"] == "model"
    assert lack["requirements"] == ["below-presumption"]
    assert lack["says"] == (
        "No row of the log compute states model (the model that it was spent on; empty: not stated), which "
        "below-presumption reads."
    )
    assert "formats that have it are slurm, kubernetes, kube-state, dcgm, hf-trainer, mlflow" in lack["help"]
    assert "wandb, megatron, torchtitan, csv, jsonl and arrow" in lack["help"]
    assert "Missing:" in shown and f"  - {lack['says']}" in shown.splitlines()


def test_a_slot_without_a_log(tmp_path: Path) -> None:
    """What can be checked without it is checked, and the status is that it does not hold."""
    story = Story(tmp_path, "seoul")
    story.rows("compute", "compute", [{**JOB, "flop": "2.5e24", "model": MODEL}])
    status, found, shown = check(story, "-p", "how-close.at_least=1%", "-p", "how-close.at_most=5%",
                                 "-p", "scores-under-threshold.limit=80%")  # fmt: skip
    assert status == 1 and not found["holds"]
    asked = found["requirements"]
    assert asked["seoul@2 how-close"]["holds"] and asked["seoul@2 floor: compute"]["holds"]
    for name in ("scores-under-threshold", "nothing-left-out", "floor: evals", "floor: registered"):
        assert asked[f"seoul@2 {name}"] == {
            "holds": False, "why": "not checked: a log that it is about is not given", "margins": {},
        }  # fmt: skip
    evals, registered = found["missing"]
    assert evals["says"] == (
        "No log is given for evals (schema eval@2), which scores-under-threshold, nothing-left-out and floor: evals "
        "are about."
    )
    assert registered["kind"] == "log" and "--schema eval" in registered["help"]
    assert "add --log registered=DIR" in shown


def test_rows_too_few_for_a_floor_and_rows_that_do_not_count(tmp_path: Path) -> None:
    story = Story(tmp_path, "eu-gpai")
    story.rows("compute", "compute", [{**JOB, "flop": "0", "model": MODEL}])
    story.rows("estimates", "compute", [{**JOB, "flop": "9e22", "model": MODEL}])
    status, found, _ = check(story)
    said = {(each["kind"], each["log"]): each["says"] for each in found["missing"]}
    assert status == 1
    assert said[("rows", "estimates")] == "The log estimates has 1 row, and the policy asks for at least 2."
    assert said[("counted", "compute")] == "Of compute 0 rows count for below-gpai, and at least 1 is asked for."
    margins = found["requirements"]["eu-gpai@2 below-gpai"]["margins"]
    assert margins["reveals rows that count"] == "FAILS, 0, 1 short of the least"


def test_over_an_empty_register_nothing_is_called_missing(tmp_path: Path) -> None:
    story = Story(tmp_path, "sb-53")
    story.rows("incidents", "incident", [])
    story.rows("reports", "incident_report", [])
    status, found, _ = check(story, subject=None)
    assert status == 0 and found["missing"] == []


def test_how_far_a_failing_limit_is_away(tmp_path: Path) -> None:
    story = Story(tmp_path, "us-frontier-threshold")
    story.rows("compute", "compute", [{**JOB, "flop": "1.2e26", "model": MODEL}])
    status, found, shown = check(story)
    margins = found["requirements"]["us-frontier-threshold@2 below-frontier"]["margins"]
    assert status == 1 and margins["total below the limit"] == "FAILS, 2e25 FLOP over the bound"
    assert "2e25 FLOP over the bound" in shown


@pytest.mark.parametrize("given", ["incidents", "reports"])
def test_either_of_two_logs(tmp_path: Path, given: str) -> None:
    """Every requirement needs both: nothing is checked, and both remedies name the log that is not there."""
    story = Story(tmp_path, "gpai-code-incidents")
    if given == "incidents":
        row = {"serial": 1, "category": "near_miss", "occurred": ago(DAY), "aware": ago(DAY - HOUR)}
        story.rows("incidents", "incident", [row])
    else:
        story.rows("reports", "incident_report", [])
    status, found, _ = check(story, subject=None)
    (lack,) = [each for each in found["missing"] if each["kind"] == "log"]
    assert status == 1 and lack["log"] == ({"incidents", "reports"} - {given}).pop()
    assert all(not each["holds"] for each in found["requirements"].values())


def test_imported_files(tmp_path: Path) -> None:
    """A tool that cannot say which model: the sentence names the formats that can."""
    story = Story(tmp_path, "eu-ai-act")
    log = DATA / "nanogpt" / "2025-05-09_head.txt"
    story.seal("compute", "compute", log, "--from", "nanogpt", "--set", "incomplete=yes")
    status, found, _ = check(story)
    assert status == 0 and [each["column"] for each in found["missing"]] == ["model"]


def test_the_row_that_is_nearest_to_failing(tmp_path: Path) -> None:
    """Two reports within fifteen days: one had twelve hours left, the other ten days."""
    story = Story(tmp_path, "sb-53")
    first, second = ago(40 * DAY), ago(30 * DAY)
    story.rows("incidents", "incident", [
        {"serial": number, "category": "critical_safety", "occurred": aware - HOUR, "aware": aware}
        for number, aware in ((1, first), (2, second))
    ])  # fmt: skip
    office = {"kind": "initial", "authority": "Office of Emergency Services"}
    story.rows("reports", "incident_report", [
        {"serial": 1, "at": first + 15 * DAY - 12 * HOUR, "receipt": "OES-1", **office},
        {"serial": 2, "at": second + 5 * DAY, "receipt": "OES-2", **office},
    ])  # fmt: skip
    status, found, _ = check(story, subject=None)
    margins = found["requirements"]["sb-53@2 office-in-15-days"]["margins"]
    assert status == 0, found
    assert margins["no report before the lab knew"] == "holds, no row at fault, the nearest 5 days within its bound"
    assert margins["reported in time"] == "holds, no row at fault, the nearest 12 hours within its bound"
