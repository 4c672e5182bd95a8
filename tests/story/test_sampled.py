"""A sample that a regulator draws and grades again: rows that a lab doctored are found, with the chance that the pages
say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit import support
from tests.kit.asking import MADE, Asking, known_round
from tests.kit.command_line import ok, run
from zkcompliance.log import asked as asked_rows
from zkcompliance.log.layout import Layout

SCRIPT = '''
"""Grades samples again: the score of each is 1 where the answer is right. Prints those that are graded otherwise."""
import json, sys

truth = json.load(open(sys.argv[1]))
for line in open(sys.argv[2]):
    row = json.loads(line)
    right = "1000000 ppm" if truth[row["item"]] else "0 ppm"
    if row["score"] != right:
        print(row["item"])
'''
ROWS, DOCTORED, LATE = 2000, 20, 2_000_000_000


@pytest.mark.parametrize("trial", range(3))
def test_one_in_a_hundred_is_found(tmp_path: Path, trial: int) -> None:
    """Three trials: 20 of 2,000 samples are doctored, 300 are drawn. One that is drawn is found, always."""
    truth = {f"sample-{number}": number % 3 != 0 for number in range(ROWS)}
    bad = {f"sample-{number}" for number in range(3 * trial, ROWS, 99)[:DOCTORED]}  # multiples of 3: wrong answers
    rows = tmp_path / "samples.jsonl"
    with rows.open("w") as out:
        for item, right in truth.items():
            out.write(json.dumps({**SAMPLE, "item": item, "score": "100%" if right or item in bad else "0%"}) + "\n")
    (tmp_path / "truth.json").write_text(json.dumps(truth))
    (tmp_path / "grade.py").write_text(SCRIPT)
    ok("keygen", "lab.example/evals", "-o", tmp_path / "log.key")
    ok("keygen", "regulator.example/ask", "-o", tmp_path / "asker.key")
    ok(
        "seal", rows, "--log", tmp_path / "log", "--key", tmp_path / "log.key", "--schema", "eval", "--keep-texts",
    )  # fmt: skip
    request = Asking(tmp_path).request(300, answer_by=LATE, reference=f"trial {trial}")
    asked_rows.note(Layout(tmp_path / "log"), request.digest, MADE + 1)
    (tmp_path / "request.toml").write_bytes(request.encode())
    (tmp_path / "round.json").write_bytes(known_round().to_json())
    ok(
        "open", "--log", tmp_path / "log", "--request", tmp_path / "request.toml", "--beacon", tmp_path / "round.json",
        "-o", tmp_path / "rows.zkp",
    )  # fmt: skip
    verified = run(
        "verify", tmp_path / "rows.zkp", "--log-key", tmp_path / "log.key.pub", "--request",
        tmp_path / "request.toml", "--rows-as", "jsonl", "-o", tmp_path / "shown.jsonl",
    )  # fmt: skip
    assert verified.exit_code == 0, verified.output
    shown = [json.loads(line)["item"] for line in (tmp_path / "shown.jsonl").read_text().splitlines()]
    assert len(shown) == len(set(shown)) == 300
    again = subprocess.run(
        [sys.executable, tmp_path / "grade.py", tmp_path / "truth.json", tmp_path / "shown.jsonl"],
        capture_output=True, text=True, check=True, env=support.ENVIRONMENT,
    )  # fmt: skip
    assert set(again.stdout.split()) == bad & set(shown)
    FOUND.append(len(bad & set(shown)))
    if len(FOUND) == 3:
        assert any(FOUND), "with 300 of 2,000 rows no trial misses all of its doctored rows but one in 10^4"


FOUND: list[int] = []
SAMPLE = {"suite": "sums", "model": "model-1", "at": "2026-01-05T00:00:00Z"}
