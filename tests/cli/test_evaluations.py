"""Evaluation logs of the tools through the command line: sealed, counted, and held against a registered list."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import Result

from tests.kit import command_line
from tests.kit.importing import DATA, raw

pytest.importorskip("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")

FOLDER = DATA / "inspect-2"


def run(*arguments: object, status: int = 0) -> Result:
    done = command_line.run(*arguments)
    assert done.exit_code == status, done.output
    return done


def sealed(folder: Path, source: Path, *options: object, name: str = "evals") -> Path:
    """A new log of one input."""
    key, log = folder / f"{name}.key", folder / name
    run("keygen", f"lab.example/{name}", "-o", key)
    run("seal", source, "--schema", "eval", "--log", log, "--key", key, *options)
    return log


def registered(folder: Path, source: Path, **settings: str) -> Path:
    """A log of what was to be run, a row for each sample of a file, before any of it."""
    plan = folder / "plan.jsonl"
    wanted = {(row["item"], row["epoch"]): row for row in raw("inspect", source, "eval", **settings)}
    named = ("suite", "item", "epoch", "model", "grader")
    lines = [{**{name: row[name] for name in named}, "at": "2026-01-01T00:00:00Z"} for row in wanted.values()]
    plan.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return sealed(folder, plan, name="registered")


def test_coverage_and_scores_hold_on_a_log_with_retries(tmp_path: Path) -> None:
    source = FOLDER / "retry_ok.eval"
    evals, plan = sealed(tmp_path, source), registered(tmp_path, source)
    found = run("check", "eval-coverage", "--log", f"evals={evals}", "--log", f"registered={plan}", "--json")
    assert json.loads(found.output)["holds"] is True
    assert json.loads(found.output)["outcomes"]["evals"] == "hit a limit: 0; not a success: 11 (error 11); of 31 rows"
    # an attempt that failed counts as 100 % where nobody knows better, so that an item has its highest attempt
    found = run("check", "eval-score-under", "--log", evals, "--param", "limit=100%", "--param", "worst=no", "--json")
    assert json.loads(found.output)["holds"] is True


def test_samples_that_hit_a_limit_are_counted_and_bounded(tmp_path: Path) -> None:
    log = sealed(tmp_path, FOLDER / "x_msglimit.eval")
    found = run("check", "eval-score-under", "--log", log, "--param", "limit=90%", "--param", "worst=no", status=1)
    assert "few items without a finished attempt" in found.output
    assert "hit a limit: 6 (messages 6); not a success: 6 (limit 6); of 6 rows" in " ".join(found.output.split())


def test_the_formula_is_printed_once_and_whole_only_where_asked(tmp_path: Path) -> None:
    key, log = tmp_path / "k", tmp_path / "log"
    run("keygen", "lab.example/x", "-o", key)
    common = ["--schema", "eval", "--log", log, "--key", key, "--set", "incomplete=yes"]
    short = run("seal", FOLDER / "boo.eval", FOLDER / "err_some.eval", *common).stderr
    text = " ".join(short.split())
    assert text.count("inspect: score = the chosen scorer's value") == 1
    assert "(all of it: -v); stated: incomplete=yes" in text
    assert "nothing is reduced over epochs" not in text
    whole = run("seal", FOLDER / "chunked.eval", *common, "-v").stderr
    assert "nothing is reduced over epochs" in " ".join(whole.split())


def test_limits_of_the_run_are_said(tmp_path: Path) -> None:
    """As they stand in eval.config, beside the rows that hit them."""
    for name, said in (("x_msglimit", "message_limit 1"), ("x_timelimit", "time_limit 0")):
        key, log = tmp_path / f"{name}.key", tmp_path / name
        run("keygen", f"lab.example/{name.replace('_', '-')}", "-o", key)
        text = " ".join(run("seal", FOLDER / f"{name}.eval", "--log", log, "--key", key).stderr.split())
        assert f"{name}.eval: each sample was given {said} (eval.config); the rows of those that hit it" in text
    run("keygen", "lab.example/none", "-o", tmp_path / "key")
    text = run("seal", FOLDER / "boo.eval", "--log", tmp_path / "none", "--key", tmp_path / "key").stderr
    assert "each sample was given" not in text
