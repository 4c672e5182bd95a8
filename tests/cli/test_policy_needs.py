"""`policies needs`: for a lab that reads it, and for a program."""

from __future__ import annotations

import json
from pathlib import Path

from tests.kit.command_line import run


def test_for_a_person() -> None:
    shown = run("policies", "needs", "seoul")
    assert shown.exit_code == 0, shown.output
    for line in (
        "What seoul@2 needs to be logged: 3 logs",
        "evals: schema eval@2, one row is one graded sample, or one attempt at it",
        "  at least 10 that count for scores-under-threshold",
        "  formats: inspect, lm-eval; and csv, jsonl, arrow",
        "    status: how the attempt ended",
        "      read by scores-under-threshold; may be missing in a row; filled by inspect, and NOT by lm-eval",
        "      read by no claim here; every row states it; any of these formats fills it",
        "  - A proof is taken for 30 days: prove anew for each later verdict.",
        "  - every proof names the model: --subject NAME=PATH",
    ):
        assert line in shown.stdout.splitlines(), line
    register = run("policies", "needs", "raise@2").stdout
    assert "  formats: csv, jsonl, arrow, or the Python writer; no tool writes such rows" in register.splitlines()
    names = "Names that rows are held against, letter by letter:"
    of = "to whom incidents have to be reported"
    for line in (names, f"  - office-in-72-hours: authority is exactly New York office ({of})."):
        assert line in register.splitlines()
    assert names not in shown.stdout, "the model's name is the proof's"


def test_for_a_program() -> None:
    found = json.loads(run("policies", "needs", "eu-ai-act", "--json").stdout)
    assert found["policy"] == "eu-ai-act@2" and found["subject"] is True and found["reference"] is False
    (compute,) = found["logs"]
    assert compute["schema"] == "compute@2" and compute["counted"] == {"below-presumption": "1"}
    assert compute["any_column"] == ["csv", "jsonl", "json", "arrow"]
    columns = {each["name"]: each for each in compute["columns"]}
    assert columns["model"]["formats"] == [
        "slurm", "kubernetes", "kube-state", "dcgm", "hf-trainer", "mlflow", "lightning", "tensorboard", "wandb",
        "megatron", "torchtitan",
    ]  # fmt: skip
    assert columns["model"]["read_by"] == ["below-presumption"] and columns["model"]["must_be_stated"] is False
    assert columns["run"]["read_by"] == [] and columns["run"]["must_be_stated"] is True
    assert "utilisation" not in columns
    assert found["names"] == []
    named = json.loads(run("policies", "needs", "gpai-code-incidents", "--json").stdout)["names"]
    assert [each["of"] for each in named] == ["initial-reports-in-time.authority"]
    assert "exactly EU AI Office" in named[0]["says"]


def test_what_is_wrong(tmp_path: Path) -> None:
    for args in (
        ("policies", "needs"),
        ("policies", "needs", "nothing"),
        ("policies", "needs", "eu-ai-act", "seoul"),
        ("policies", "needs", "eu-ai-act", "--source"),
        ("policies", "eu-ai-act", "seoul"),
        ("policies", "eu-ai-act", "-o", tmp_path / "x.toml"),
        ("policies", "--answer", "id=x"),
        ("policies", "new"),
    ):
        result = run(*args)
        assert result.exit_code == 2 and "error[usage]" in result.stderr and not result.stdout, args
