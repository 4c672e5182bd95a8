"""docs/year.md: a year of one lab, every ready-made policy asked in it, and a table that says what came of each."""

from __future__ import annotations

import re
from pathlib import Path

from tests.kit.doc_blocks import ROOT, blocks, run_in_order
from zkcompliance.policy import catalogue

PAGE = "docs/year.md"
ROW = re.compile(r"^\| (2027-q\S+) \| `([a-z0-9-]+)` \| [^|]+ \| ([a-z ]+) \|$", re.MULTILINE)


def test_the_page_runs(tmp_path: Path) -> None:
    assert run_in_order(PAGE, tmp_path) == {"python", "sh", "text"}
    quarters = ["2027-q1.zkp", "2027-q2.zkp", "2027-q3.zkp", "2027-q4-slowdown.zkp", "2027-q4.zkp"]
    assert sorted(path.name for path in tmp_path.glob("*.zkp")) == quarters


def test_the_table_is_what_the_regulator_s_program_prints() -> None:
    *_, printed = [text for language, _, _, text in blocks(PAGE) if language == "text"]
    table = ROW.findall((ROOT / PAGE).read_text(encoding="utf-8"))
    assert [" ".join(row) for row in table] == printed.splitlines()


def test_every_ready_made_policy_is_met_once_and_one_is_not() -> None:
    table = ROW.findall((ROOT / PAGE).read_text(encoding="utf-8"))
    assert {policy for _, policy, verdict in table if verdict == "met"} == set(catalogue.names())
    (late,) = [row for row in table if row[2] != "met"]
    assert late == ("2027-q3", "gpai-code-incidents", "not accepted")
