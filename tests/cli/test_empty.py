"""A log without rows from the command line: sealed, checked, proved over, verified, and in its next generations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.kit.command_line import run
from tests.kit.policy_texts import head, requirement
from zkcompliance.log import open_log
from zkcompliance.log.fsck import fsck

HEADER = "serial,category,occurred,aware\n"
ROW = "1,death,2026-01-01T00:00:00Z,2026-01-02T00:00:00Z\n"
REPORTED = "serial,at,kind,authority,receipt\n1,2026-01-03T00:00:00Z,initial,office,r1\n"
CLAIM = "incidents-reported-in-time"
AT = ("--param", "as_of=2026-06-01", "--param", "authority=office")


def seal(folder: Path, log: str, *more: object) -> Any:
    return run("seal", *more, "--log", folder / log, "--key", folder / "key", "--schema", "incident")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A key, a table without rows in two formats, and one with a row."""
    assert run("keygen", "lab.example/incidents", "-o", tmp_path / "key").exit_code == 0
    (tmp_path / "none.csv").write_text(HEADER)
    (tmp_path / "none.jsonl").write_text("")
    (tmp_path / "one.csv").write_text(HEADER + ROW)
    (tmp_path / "reports.csv").write_text(REPORTED)
    for log, given in (("reports", (tmp_path / "reports.csv",)), ("no-reports", ("--empty",))):
        key = tmp_path / f"{log}.key"
        assert run("keygen", "lab.example/reports", "-o", key).exit_code == 0
        done = run("seal", *given, "--schema", "incident_report", "--log", tmp_path / log, "--key", key)
        assert done.exit_code == 0, done.output
    return tmp_path


def over(folder: Path, log: str, reports: str) -> tuple[object, ...]:
    """Options that give the claim a log of incidents, and one of reports: those of an incident, or none."""
    return ("--log", f"incidents={folder / log}", "--log", f"reports={folder / reports}")


def keys(folder: Path, reports: str, incidents: str = "key.pub") -> tuple[object, ...]:
    return ("--log-key", f"incidents={folder / incidents}", "--log-key", f"reports={folder / reports}.key.pub")


def test_the_word_that_says_it_is_meant(folder: Path) -> None:
    for name in ("none.csv", "none.jsonl"):
        refused = seal(folder, "log", folder / name)
        assert refused.exit_code == 2 and "holds no rows\nhelp: # to state that there are none: add --empty" in (
            refused.stderr
        )
    assert "--empty" in seal(folder, "log").stderr
    refused = seal(folder, "log", "--empty", folder / "one.csv")
    assert refused.exit_code == 2 and "one.csv: holds rows" in refused.stderr
    (folder / "headless.csv").write_text("")
    assert "the first line names the columns" in seal(folder, "log", "--empty", folder / "headless.csv").stderr
    assert not (folder / "log").exists() and not (folder / "key.log").exists()
    done = seal(folder, "log", "--empty", folder / "none.csv", folder / "none.jsonl")
    assert done.exit_code == 0 and "sealed that there are no rows" in done.stdout and "1 in all, 1 new" in done.stdout
    refused = seal(folder, "log", "--empty", folder / "none.csv")
    assert refused.exit_code == 2 and "error[already-sealed]" in refused.stderr and "--again" in refused.stderr
    again = json.loads(seal(folder, "log", "--empty", "--again", "--json").stdout)
    assert (again["rows"], again["segments"], again["size"]) == ("0", [1], 2)
    assert "0 rows" not in run("fsck", folder / "log", "--deep").output
    assert fsck(folder / "log", deep=True).findings == ()


def test_a_proof_over_no_incidents(folder: Path) -> None:
    """It verifies, the verdict warns that no row may count, and it is no proof of another log."""
    assert seal(folder, "log", "--empty", folder / "none.csv").exit_code == 0
    looked = run("check", CLAIM, *over(folder, "log", "no-reports"), *AT)
    assert looked.exit_code == 0 and "log incidents has no rows" in looked.output
    made = run("prove", CLAIM, *over(folder, "log", "no-reports"), *AT, "-o", folder / "proof")
    assert made.exit_code == 0, made.output
    asked = ("verify", folder / "proof", "--claim", CLAIM, *AT, "--json")
    verdict = run(*asked, *keys(folder, "no-reports"))
    assert verdict.exit_code == 0, verdict.output
    assert "IT MAY HOLD OF NOTHING: it may be that no row of incidents counts" in verdict.stdout
    assert run("keygen", "lab.example/others", "-o", folder / "other").exit_code == 0
    refused = run(*asked, *keys(folder, "no-reports", "other.pub"))
    assert refused.exit_code == 1, refused.output


ASKING = '''from zkcompliance.claim.language import Count, IncidentLog, Param, claim, require


@claim("some-incidents", version=1)
def some_incidents(incidents: IncidentLog, least: Param[Count]) -> None:
    """There are incidents, and each has a serial."""
    require("enough", incidents.count() >= least)
    require("numbered", incidents.every(incidents.serial >= 1))
'''


def test_a_claim_that_asks_for_rows_itself_holds_over_none_of_them(folder: Path) -> None:
    """Its verdict says how many rows there are at least, and does not warn; it warns where none is asked for."""
    (folder / "claim.py").write_text(ASKING)
    assert seal(folder, "log", folder / "one.csv").exit_code == 0
    for least, warned in ((1, False), (0, True)):
        asked = ("--param", f"least={least}")
        made = run("prove", folder / "claim.py", "--log", folder / "log", *asked, "-o", folder / f"proof{least}")
        assert made.exit_code == 0, made.output
        checked = ("--claim", folder / "claim.py", "--log-key", folder / "key.pub", *asked)
        verdict = run("verify", folder / f"proof{least}", *checked)
        assert verdict.exit_code == 0, verdict.output
        assert ("IT MAY HOLD OF NOTHING" in verdict.stdout) is warned
        assert ("no least number was shown" in verdict.stdout) is warned


def test_a_floor_of_rows_refuses_it(folder: Path) -> None:
    """With the policy's `rows = 1` nothing is proved and no budget is used."""
    assert seal(folder, "log", "--empty").exit_code == 0
    asked = requirement(
        "in-time", "Incidents are reported in time.", CLAIM, {"incidents": "incidents", "reports": "reports"},
        'params.as_of = "2026-06-01"', 'params.authority = "office"', 'params.unclear = "0 days"',
        'params.reportable = { includes = "death" }',
        'params.infrastructure = "2 days"', 'params.cybersecurity = "5 days"', 'params.death = "10 days"',
        'params.harm = "15 days"', 'params.safety = "15 days"', 'params.danger = "24 hours"',
    )  # fmt: skip
    log = '[logs.incidents]\nschema = "incident"\nrows = 1\n[logs.reports]\nschema = "incident_report"\n'
    (folder / "policy.toml").write_text(head("example", "Incidents", subject="none") + "\n" + log + asked)
    before = open_log(folder / "log").proofs_left()
    refused = run(
        "prove", "--policy", folder / "policy.toml", *over(folder, "log", "no-reports"), "-o", folder / "proof",
    )  # fmt: skip
    assert refused.exit_code == 1 and "enough rows" in refused.output, refused.output
    assert not (folder / "proof").exists() and open_log(folder / "log").proofs_left() == before


def test_it_goes_on_in_the_next_generations(folder: Path) -> None:
    """refresh seals it anew, compact puts it and others into one, and the lineage shows that the rows are the same."""
    for given in (("--empty",), ("--empty", "--again"), (folder / "one.csv",), ("--empty",)):
        done = seal(folder, "log", *given)
        assert done.exit_code == 0, done.output
    done = run("compact", folder / "log", "--to", folder / "second", "-o", folder / "lineage", "--key", folder / "key")
    assert done.exit_code == 0, done.output
    assert [segment.rows for segment in open_log(folder / "second").segments] == [1]
    assert fsck(folder / "second", deep=True).findings == ()
    done = seal(folder, "second", "--empty", "--again")
    assert done.exit_code == 0, done.output
    done = run("refresh", folder / "second", "--to", folder / "third", "-o", folder / "longer", "--key", folder / "key")
    assert done.exit_code == 0, done.output
    assert [segment.rows for segment in open_log(folder / "third").segments] == [1, 0]
    made = run("prove", CLAIM, *over(folder, "third", "reports"), *AT, "-o", folder / "proof")
    assert made.exit_code == 0, made.output
    verdict = run(
        "verify", folder / "proof", "--claim", CLAIM, *AT, *keys(folder, "reports"), "--state", folder / "state",
        "--lineage", f"incidents={folder / 'longer'}",
    )  # fmt: skip
    assert verdict.exit_code == 0, verdict.output


def test_nothing_but_empty_segments_compacts_to_one(folder: Path) -> None:
    for given in (("--empty",), ("--empty", "--again")):
        assert seal(folder, "log", *given).exit_code == 0
    done = run("compact", folder / "log", "--to", folder / "second", "-o", folder / "lineage", "--key", folder / "key")
    assert done.exit_code == 0, done.output
    assert [segment.rows for segment in open_log(folder / "second").segments] == [0]
    refused = seal(folder, "second", "--empty")
    assert refused.exit_code == 2 and "already-sealed" in refused.stderr
