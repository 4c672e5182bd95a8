"""`refresh` and `compact` on real log folders, from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from zkcompliance.commands.main import cli
from zkcompliance.log import open_log

ROW = {
    "start": 1_767_571_200,
    "end": 1_767_571_260,
    "run": "r",
    "phase": "pretraining",
    "flop": "1e20",
    "method": "hardware",
}


def run(*arguments: object) -> Any:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], prog_name="zkcompliance")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A log of three segments, 2 + 1 + 3 rows."""
    for name in ("a", "b"):
        assert run("keygen", f"lab.example/{name}", "-o", tmp_path / name).exit_code == 0
    for number, rows in enumerate((2, 1, 3)):
        lines = [json.dumps({**ROW, "flop": str(10**20 + 10 * number + i)}) for i in range(rows)]
        (tmp_path / "rows.jsonl").write_text("\n".join(lines) + "\n")
        done = run("seal", tmp_path / "rows.jsonl", "--log", tmp_path / "old", "--key", tmp_path / "a")
        assert done.exit_code == 0, done.output
    return tmp_path


@pytest.mark.parametrize(("verb", "segments"), [("refresh", 3), ("compact", 1)])
def test_the_same_rows_again(folder: Path, verb: str, segments: int) -> None:
    proof = folder / "u.zkp"
    done = run(verb, folder / "old", "--to", folder / "new", "--key", folder / "b", "-o", proof, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["segments"] == segments == len(open_log(folder / "new").segments)
    keys = ("--log-key", f"old={folder / 'a.pub'}", "--log-key", f"new={folder / 'b.pub'}")
    given = ("--param", "old_segments=3", "--param", f"new_segments={segments}")
    done = run("verify", proof, "--claim", "rows-unchanged-compute", *given, *keys)
    assert done.exit_code == 0 and "Accepted: " in done.stdout, done.output
    swapped = ("--log-key", f"old={folder / 'b.pub'}", "--log-key", f"new={folder / 'a.pub'}")
    done = run("verify", proof, "--claim", "rows-unchanged-compute", *given, *swapped)
    assert done.exit_code == 1 and "signature-rejected" in done.stderr
    done = run("check", "training-compute-below", "--log", folder / "new", "--param", "limit=1e21")
    assert done.exit_code == 0, done.output


def test_a_failure_leaves_neither_log_nor_proof(folder: Path) -> None:
    old = open_log(folder / "old")
    budget = old.segments[1].budget()
    budget.reserve(budget.remaining(last=True), bytes(32), last=True)
    done = run("compact", folder / "old", "--to", folder / "new", "--key", folder / "b", "-o", folder / "u.zkp")
    assert done.exit_code == 1 and "budget-spent" in done.stderr
    assert not (folder / "new").exists() and not (folder / "u.zkp").exists()


def test_prove_leaves_enough_for_a_refresh(folder: Path) -> None:
    budget = open_log(folder / "old").segments[0].budget()
    budget.reserve(budget.remaining(), bytes(32))
    limit = ("--param", "limit=1e26")
    done = run("prove", "training-compute-below", "--log", folder / "old", *limit, "-o", folder / "p.zkp")
    assert done.exit_code == 1 and "zkcompliance refresh" in done.stderr and not (folder / "p.zkp").exists()
    done = run("refresh", folder / "old", "--to", folder / "new", "--key", folder / "b", "-o", folder / "u.zkp")
    assert done.exit_code == 0, done.output
