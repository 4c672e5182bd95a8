"""A rehearsal of a policy that is not in force yet is never taken for what was proved."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.kit import policies as kit
from tests.kit.command_line import run
from tests.kit.policies import MODEL, NOW
from zkcompliance import report
from zkcompliance.attest.statement import derive
from zkcompliance.errors import PolicyNotInForce, StatementMismatch, UsageError, VerificationError
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.store import SealedLog
from zkcompliance.policy.binding import Binding, ForPolicy
from zkcompliance.policy.judge import judge_claim, judge_policy, look
from zkcompliance.policy.load import parse_policy
from zkcompliance.policy.model import Policy
from zkcompliance.policy.verdict import Verdict
from zkcompliance.prove.policy import prove_policies
from zkcompliance.report import terminal
from zkcompliance.standalone import plain

THEN = 1_801_440_000  # 2027-02-01
SAID = "REHEARSAL, which shows nothing of any time. "


def coming() -> Policy:
    return parse_policy(kit.text(limit='"1e21"').replace("valid_from = 2025-08-02", "valid_from = 2027-01-01").encode())


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> SealedLog:
    return kit.make_log(tmp_path_factory.mktemp("lab"), "log", "lab.example/a", kit.rows())


@pytest.fixture(scope="module")
def rehearsed(log: SealedLog) -> bytes:
    return proved(log, rehearsal=True)


def proved(log: SealedLog, *, rehearsal: bool, at: int = THEN) -> bytes:
    given = {"below.phases": "pretraining, fine_tuning"}
    return prove_policies([coming()], {"compute": log}, given, binding=Binding(None, MODEL, at, b"", rehearsal))


def judged(file: bytes, log: SealedLog, *, rehearsal: bool, at: int = THEN) -> Verdict:
    return judge_policy(
        file, coming(), now=at, keys={"compute": VerifierKey.parse(log.vkey)}, subject=MODEL, rehearsal=rehearsal
    )


def test_it_is_refused_at_any_date(rehearsed: bytes, log: SealedLog) -> None:
    for at in (THEN, THEN + kit.DAY):
        with pytest.raises(StatementMismatch, match="the proof is a rehearsal, made as if at another time"):
            judged(rehearsed, log, rehearsal=False, at=at).require()
    with pytest.raises(PolicyNotInForce):
        judged(rehearsed, log, rehearsal=False, at=NOW)
    with pytest.raises(PolicyNotInForce):
        judged(rehearsed, log, rehearsal=True, at=NOW)
    with pytest.raises(PolicyNotInForce):
        proved(log, rehearsal=True, at=NOW)


def test_it_says_what_it_is_in_every_format(rehearsed: bytes, log: SealedLog) -> None:
    verdict = judged(rehearsed, log, rehearsal=True)
    assert verdict.accepted and verdict.rehearsal
    for each in verdict.findings:
        assert each.warnings[0].startswith("REHEARSAL: made as if on 2027-02-01 00:00:00 UTC")
    for form in report.FORMATS:
        assert "REHEARSAL" in report.write(verdict, form), form
    assert json.loads(report.write(verdict, "json"))["rehearsal"] is True
    assert plain.text(verdict).startswith(SAID)
    screen = io.StringIO()
    terminal.show(verdict, screen)
    assert screen.getvalue().startswith(SAID)
    shown = look(rehearsed, now=THEN, missing=verdict_error())
    assert shown.rehearsal and shown.findings[0].warnings[0].startswith("REHEARSAL: ")


def test_explain_says_what_it_is_before_anything_is_verified(rehearsed: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(rehearsed)
    said = run("explain", tmp_path / "file").stdout.splitlines()
    (at,) = [number for number, line in enumerate(said) if line.startswith("  proved at")]
    name, _, what = said[at - 1].strip().partition(" ")
    assert (name, what.strip()) == ("rehearsal", "made as if at another time, and shows nothing of any time")
    found = json.loads(run("explain", tmp_path / "file", "--json").stdout)
    assert all(each["binding"]["rehearsal"] is True for each in found["proofs"])


def test_who_is_too_early_is_told_of_rehearsals(log: SealedLog) -> None:
    with pytest.raises(PolicyNotInForce) as refused:
        proved(log, rehearsal=False, at=NOW)
    assert (refused.value.help or "").endswith("--rehearse TIME of check and prove, --rehearsal --at TIME of verify")


def verdict_error():  # type: ignore[no-untyped-def]
    from zkcompliance.errors import Undecided

    return Undecided("nothing was given")


def test_what_is_none_is_not_taken_for_one(log: SealedLog) -> None:
    file = proved(log, rehearsal=False)
    assert judged(file, log, rehearsal=False).accepted
    with pytest.raises(StatementMismatch, match="the proof is no rehearsal"):
        judged(file, log, rehearsal=True).require()


def test_the_mark_is_bound(rehearsed: bytes, log: SealedLog) -> None:
    """Its byte in the head is in the statement, from which all challenges are drawn."""
    asked = coming()
    marked = Binding(ForPolicy(asked.digest, asked.id, asked.version), MODEL, THEN, b"", True).encode()
    plainly = replace(Binding.decode(marked), rehearsal=False).encode()
    assert Binding.decode(marked).rehearsal and rehearsed.count(marked) == 1
    with pytest.raises(VerificationError):
        judged(rehearsed.replace(marked, plainly), log, rehearsal=False).require()
    with pytest.raises(UsageError, match="a rehearsal is of a policy"):
        Binding(None, MODEL, THEN, b"", True).encode()


def test_neither_for_its_claim_alone_nor_attested(rehearsed: bytes, log: SealedLog) -> None:
    from zkcompliance.card import catalogue

    with pytest.raises(StatementMismatch, match="an attestation is of what was proved"):
        derive(rehearsed)
    single = parse_policy(coming().text.replace(b"rows = 3\n", b""))
    file = prove_policies(
        [single], {"compute": log}, {"below.phases": "pretraining, fine_tuning"},
        binding=Binding(None, MODEL, THEN, b"", True),
    )  # fmt: skip
    card = catalogue.load(kit.CLAIM)
    with pytest.raises(StatementMismatch, match="the proof is a rehearsal"):
        judge_claim(
            file, card, {"limit": 10**21, "phases": 3}, now=THEN, keys={"compute": VerifierKey.parse(log.vkey)}
        ).require()


def test_by_the_command_line(tmp_path: Path, log: SealedLog) -> None:
    asked, key = tmp_path / "coming.toml", tmp_path / "log.pub"
    asked.write_bytes(coming().text)
    key.write_text(log.vkey)
    given = ("--policy", asked, "--subject", f"base-1=sha256:{MODEL.digest.hex()}")
    file = tmp_path / "file.zkp"
    made = run(
        "prove", *given, "--log", f"compute={log.path}", "-p", "below.phases=pretraining, fine_tuning",
        "--rehearse", "2027-02-01", "-o", file,
    )  # fmt: skip
    assert made.exit_code == 0 and "REHEARSED example@1" in made.stdout, made.stderr
    trusted = (*given, "--log-key", key, "--at", "2027-02-01")
    refused = run("verify", file, *trusted)
    assert refused.exit_code == 1 and "the proof is a rehearsal" in refused.stderr
    taken = run("verify", file, *trusted, "--rehearsal")
    assert taken.exit_code == 0 and taken.stdout.startswith("REHEARSAL"), taken.stderr
    kept = run("verify", file, *trusted, "--rehearsal", "--state", tmp_path / "state")
    assert kept.exit_code == 2 and "leave out --state" in kept.stderr
    alone = run("verify", file, "--claim", kit.CLAIM, "--rehearsal")
    assert alone.exit_code == 2 and "--rehearsal goes with --policy" in alone.stderr
    for more in (("training-compute-below",), ("--policy", asked, "--attest", tmp_path / "a", "--attest-key", key)):
        wrong = run("prove", *more, "--log", log.path, "--rehearse", "2027-02-01", "-o", tmp_path / "other")
        assert wrong.exit_code == 2 and "--rehearse goes with --policy" in wrong.stderr
