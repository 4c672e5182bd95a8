"""What the verbs say of budgets, cosigners and older checkpoints."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import zkcompliance as zk
from tests.kit.command_line import ok, run
from zkcompliance import limits
from zkcompliance.commands.main import cli
from zkcompliance.log import evidence, keys, public_keys
from zkcompliance.log.cosigner import Cosigner
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer
from zkcompliance.report import terminal

CSV = "start,end,run,phase,flop,method\n1767571200,1767571201,r,pretraining,5,measured\n"
CLAIM = "training-compute-below"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log, a proof over its one cosigned segment (`first`), and one over two segments (`second`)."""
    f = tmp_path_factory.mktemp("lab")
    (f / "in.csv").write_text(CSV)
    public = ok("keygen", "lab.example/c", "-o", f / "key")["vkey"]
    witness = ok("keygen", "witness.example/1", "-o", f / "w", "--cosigner", "ed25519")["vkey"]
    (f / "trust").write_text(f"log {public}\nwitness lawyer {witness}\nquorum lawyer\n")
    ok("seal", f / "in.csv", "--log", f / "log", "--key", f / "key")
    line = Cosigner(keys.load_cosigner(f / "w"), f / "signed").cosign(
        SealedLog.open(f / "log").checkpoint_note, public_keys.load_public(f / "key.pub"), now=1_800_000_000
    )
    with Writer(f / "log", keys.load_private(f / "key")) as writer:
        writer.add_cosignatures([line], [public_keys.load_cosigner_public(f / "w.pub")])
    ok("prove", CLAIM, "--log", f / "log", "-p", "limit=9", "-o", f / "first")
    ok("seal", f / "in.csv", "--log", f / "log", "--key", f / "key", "--again")
    ok("prove", CLAIM, "--log", f / "log", "-p", "limit=99", "-o", f / "second")
    return f


def test_proofs_left_of_every_segment(lab: Path) -> None:
    checked = ok("fsck", lab / "log")["segments"]
    left = [segment["proofs_left"] for segment in checked]
    assert left[1] == left[0] + 1
    held = ok("check", CLAIM, "--log", lab / "log", "-p", "limit=99")
    assert held["segments"] == {"compute": [{"index": i, "proofs_left": count} for i, count in enumerate(left)]}
    assert held["proofs_left"] == {"compute": left[0]}
    shown = run("check", CLAIM, "--log", lab / "log", "-p", "limit=99").stdout
    assert f"{left[0]} (segment 0: {left[0]}, segment 1: {left[1]})" in shown
    table = run("fsck", lab / "log").stdout
    assert "proofs left" in table and str(left[1]) in table


def asked(lab: Path, name: str, limit: int, *more: object) -> tuple[object, ...]:
    return ("verify", lab / name, "--claim", CLAIM, "-p", f"limit={limit}", "--log-key", lab / "key.pub", *more)


def test_a_quorum_of_cosigners(lab: Path) -> None:
    at = ("--trust", lab / "trust", "--at", "2027-01-15T08:00:00Z")  # 1,800,000,000
    (found,) = ok(*asked(lab, "first", 9, *at))["requirements"]
    assert found["logs"][0]["cosigned"] == {"lawyer": "1800000000"}
    assert "lawyer, 2027-01-15 08:00 UTC" in run(*asked(lab, "first", 9, *at)).stdout
    refused = run(*asked(lab, "second", 99, *at))
    assert refused.exit_code == 1 and "error[quorum-unmet]" in refused.stderr
    for before, status in ((limits.MAX_CLOCK_SECONDS, 0), (limits.MAX_CLOCK_SECONDS + 1, 1)):
        early = run(*asked(lab, "first", 9, "--trust", lab / "trust", "--at", 1_800_000_000 - before))
        assert early.exit_code == status, "a cosignature may be a few minutes ahead of the judge's clock"
    assert "error[signature-rejected]" in early.stderr and "dated in the future" in early.stderr
    (lab / "bad").write_text("quorum x\n")
    assert run(*asked(lab, "first", 9, "--trust", lab / "bad")).exit_code == 2
    assert run(*asked(lab, "first", 9, "--trust", lab / "none")).exit_code == 2
    assert run("verify", lab / "first", "--trust", lab / "trust").exit_code == 2


def test_an_older_checkpoint_is_evidence(lab: Path) -> None:
    for name, limit in (("first", 9), ("second", 99), ("second", 99)):
        assert run(*asked(lab, name, limit, "--state", lab / "state")).exit_code == 0
    refused = run(*asked(lab, "first", 9, "--state", lab / "state"))
    assert refused.exit_code == 0, "this very statement was verified before"
    (lab / "state").unlink()
    assert run(*asked(lab, "second", 99, "--state", lab / "state")).exit_code == 0
    refused = run(*asked(lab, "first", 9, "--state", lab / "state"))
    assert refused.exit_code == 3 and "error[log-evidence]: rollback of the log lab.example/c" in refused.stderr
    assert refused.stdout == "" and "state.evidence." in refused.stderr
    (kept,) = lab.glob("state.evidence.*")
    found = evidence.Evidence.parse(kept.read_bytes())
    assert found.kind == evidence.ROLLBACK and "witness.example/1" in found.older
    assert run(*asked(lab, "first", 9)).exit_code == 0


def test_nothing_matches_and_the_verdict_says_so(lab: Path) -> None:
    """No row is of the phases asked about: the claim holds of nothing. Accepted, with a total of 0 and warnings."""
    asked_for = ("-p", "limit=99", "-p", "at_least=0%", "-p", "at_most=100%", "-p", "phases=other")
    ok("prove", "compute-band", "--log", lab / "log", *asked_for, "-o", lab / "nothing")
    judged = ("verify", lab / "nothing", "--claim", "compute-band", *asked_for, "--log-key", lab / "key.pub")
    (found,) = ok(*judged)["requirements"]
    assert found["status"] == "met"
    shown = {v["name"]: v["exact"] for v in found["values"] if v["role"] == "revealed"}
    assert {shown[name] for name in ("total", "rows that count", "first day", "last day")} == {"0"}
    for wanted in (
        "IT MAY HOLD OF NOTHING",
        "freshness is unknown",
        "figures that are disclosed can be subtracted (differencing: total",
    ):
        assert any(warning.startswith(wanted) for warning in found["warnings"]), found["warnings"]
        assert wanted in " ".join(run(*judged).stdout.split())
    screen = Screen()
    verdict = zk.verify(
        (lab / "nothing").read_bytes(), claim="compute-band", log_keys={"compute": lab / "key.pub"},
        params={"limit": 99, "at_least": 0, "at_most": "100%", "phases": "other"},
    )  # fmt: skip
    terminal.show(verdict, screen, width=200)
    assert re.search(r"\x1b\[1m[^\x1b]*IT MAY HOLD OF NOTHING", screen.getvalue())
    remembered = ok(*judged, "--state", lab / "state of nothing")["requirements"]
    assert any(warning.startswith("first seen now") for warning in remembered[0]["warnings"])
    again = ok(*judged, "--state", lab / "state of nothing")["requirements"]
    assert not any("reshness" in warning for warning in again[0]["warnings"])


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_without_a_verb_the_help_is_shown_and_no_error_is_said() -> None:
    done = CliRunner().invoke(cli, [])
    assert done.exit_code == 2 and done.stdout == ""
    assert done.stderr.startswith("Usage: ") and "error[" not in done.stderr and "policies" in done.stderr
