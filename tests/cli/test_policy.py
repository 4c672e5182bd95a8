"""`prove --policy` and `verify --policy`, and the same from Python: what is written, refused, and left behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result

import zkcompliance as zk
from tests.kit import policies as kit
from tests.kit.command_line import ok, run
from tests.kit.split_up import split_up
from zkcompliance import limits
from zkcompliance.card import catalogue as cards
from zkcompliance.claim import catalogue
from zkcompliance.claim.card import card_of
from zkcompliance.errors import ClaimDoesNotHold, MalformedPolicy, StaleProof, StatementMismatch, UsageError
from zkcompliance.log import keys, public_keys
from zkcompliance.log.cosigner import Cosigner
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer
from zkcompliance.policy.proofs import proofs_in

SECOND = """
[[requirements]]
name = "band"
says = "The counted compute lies in a band of the limit, and its total is disclosed."
claim = "compute-band@2"
card = "@BAND"
logs = { compute = "compute" }
params.limit = "1e20"
params.at_least = { at_least = "1%", at_most = "50%" }
params.at_most = { at_most = "90%" }
params.phases = { includes = "pretraining" }
params.model = { free = true }
params.before = "0"
params.outside = "100%"
reveals.total = { at_most = "@TOTAL" }
"""
BAND = ("-p", "band.at_least=1%", "-p", "band.at_most=10%")


def second(total: str = "9e19") -> str:
    digest = cards.load("compute-band").digest.hex()
    return SECOND.replace("@BAND", digest).replace("@TOTAL", total)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of four rows of 1e18 FLOP; policies; a model; `proof`, what the policy `both` asks of it."""
    folder = tmp_path_factory.mktemp("policy")
    kit.make_log(folder, "log", "lab.example/c", kit.rows())
    (folder / "both.toml").write_text(kit.text() + second())
    (folder / "other.toml").write_text(kit.text("other", '"2e20"'))
    (folder / "model").write_bytes(b"weights")
    made = prove(folder, "proof", "both", "-p", "below.limit=1e20", *BAND, "--context", "file 7")
    assert made.exit_code == 0, made.output
    return folder


def prove(lab: Path, out: str, policy: str, *more: object, log: object = None) -> Result:
    return run(
        "prove", "--policy", lab / f"{policy}.toml", "--log", log or f"compute={lab / 'log'}", "-o", lab / out,
        "--subject", f"base-1={lab / 'model'}", *more,
    )  # fmt: skip


def verify(lab: Path, *more: object, file: str = "proof", policy: str = "both") -> Result:
    return run("verify", lab / file, "--policy", lab / f"{policy}.toml", "--log-key", lab / "log.key.pub", *more)


def test_accepted(lab: Path) -> None:
    result = verify(lab, "--subject", f"base-1={lab / 'model'}", "--context", "file 7")
    assert result.exit_code == 0 and result.stdout.startswith("Accepted: all 3 requirements"), result.output
    found = json.loads(verify(lab, "--json").stdout)
    assert found["accepted"] and found["subject"]["name"] == "base-1" and found["reference"] == b"file 7".hex()
    below, band, floor = found["requirements"]
    assert [each["status"] for each in found["requirements"]] == ["met"] * 3
    assert below["values"][0]["exact"] == str(10**20) and "at most 1e21" in below["values"][0]["asked"]
    assert [value["chooser"] for value in band["values"] if value["role"] == "parameter"] == [
        "policy", "lab, within a bound", "lab, within a bound", "lab, within a bound", "lab", "policy", "policy",
    ]  # fmt: skip
    assert band["margin"] == {
        "revealed": "total", "value": str(4 * 10**18), "limit_name": "the policy's limit", "limit": str(9 * 10**19),
        "low": str(10**18), "high": str(10**19), "rounding": str(10**17 - 1),
    }  # fmt: skip
    revealed = {value["name"] for value in band["values"] if value["role"] == "revealed"}
    assert revealed == {"total", "rows that count", "first day", "last day", "rows of other models"}
    assert any(value["role"] == "derived" for value in band["values"])
    assert any("differencing: total" in text for text in band["warnings"])
    assert all(log["rows"] == "3" for each in (below, band, floor) for log in each["logs"])
    assert not any("HOLD OF NOTHING" in text for each in (below, band, floor) for text in each["warnings"])
    assert any("provenance" in text for text in below["warnings"])
    (proof,) = proofs_in((lab / "proof").read_bytes())
    assert proof.bound().time == int(found["proved_at"])
    assert [each.requirement for each in proof.claims] == ["band", "below", "floor: compute"]
    assert len({each["proof"]["sha256"] for each in found["requirements"]}) == 1


@pytest.mark.parametrize("form", ["oscal", "sarif", "junit", "json"])
def test_formats(lab: Path, form: str) -> None:
    good = verify(lab, "--format", form)
    bad = verify(lab, "--format", form, "--context", "file 8")
    assert (good.exit_code, bad.exit_code) == (0, 1) and good.stdout != bad.stdout
    assert good.stderr == "" and bad.stderr.startswith("error[statement-mismatch]: reference: ")
    assert "file 8" in bad.stdout


def test_refused(lab: Path) -> None:
    (lab / "tuned").write_bytes(b"other weights")
    for more, code in (
        (("--subject", f"base-1={lab / 'tuned'}"), "statement-mismatch]: subject: the proof is about base-1"),
        (("--subject", f"base-2={lab / 'model'}"), "statement-mismatch]: subject: "),
        (("--context", "file 8"), "statement-mismatch]: reference: "),
        (("--at", "2027-08-02"), "policy-not-in-force]: example@1 was valid until the end of 2027-08-01"),
        (("--at", "2025-08-03"), "stale]: the proof is dated"),
        (("--at", "2027-07-30"), "stale]: the proof was made on"),
    ):
        result = verify(lab, *more)
        assert result.exit_code == 1 and f"error[{code}" in result.stderr, result.output
        assert "\nhelp: " in result.stderr and "Accepted" not in result.stdout
    other = verify(lab, policy="other")
    assert other.exit_code == 1 and (
        "policy: the proof was made for the policy example@1, you asked about other@1" in other.stderr
    )
    for more, code in (
        (("--claim", kit.CLAIM), "usage"), (("-p", "limit=1"), "usage"), (("--log-key", f"x={lab / 'none'}"), "usage"),
        (("--json", "--format", "sarif"), "usage"),
    ):  # fmt: skip
        result = verify(lab, *more)
        assert result.exit_code == 2 and f"error[{code}]" in result.stderr, result.output


def test_nothing_to_decide_by(lab: Path) -> None:
    without = run("verify", lab / "proof", "--policy", lab / "both.toml")
    assert without.exit_code == 4 and "compute" in without.stderr and "--log-key compute=PUB" in without.stderr
    alone = run("verify", lab / "proof", "--json")
    assert alone.exit_code == 4
    found = json.loads(alone.stdout)
    assert found["outcome"] == "not decided" and len(found["requirements"]) == 3
    assert any("made for the policy example@1" in text for text in found["requirements"][0]["warnings"])
    (explained,) = json.loads(run("explain", lab / "proof", "--json").stdout)["proofs"]
    assert [each["requirement"] for each in explained["claims"]] == ["band", "below", "floor: compute"]
    assert explained["binding"]["policy"]["id"] == "example"
    assert "claim band, NOT verified" in run("explain", lab / "proof").stdout


def test_what_fails_is_named_and_nothing_is_proved(lab: Path) -> None:
    before, left = sorted(lab.iterdir()), SealedLog.open(lab / "log").proofs_left()
    (lab / "strict.toml").write_text(kit.text(limit='"1e18"').replace("rows = 3", "rows = 5") + second("1e18"))
    result = prove(lab, "none", "strict", *BAND)
    assert result.exit_code == 1 and "error[does-not-hold]: nothing was proved. 3 faults: " in result.stderr
    for said in ("example@1 below: ", "example@1 floor: compute: ", "example@1 band: it would reveal total"):
        assert said in result.stderr, result.stderr
    (lab / "strict.toml").unlink()
    for more, said in (
        (BAND, "below leaves limit to you: at most 1e21"),
        ((*BAND, "-p", "below.limit=1e22"), "below.limit: 1e22 FLOP is given, and the policy asks for at most 1e21"),
        ((*BAND, "-p", "below.limit=1e20", "-p", "x.y=1"), "nothing is left open for x.y; what is: below.limit, "),
        ((*BAND, "-p", "below.limit=1e20", "-p", "band.limit=1e21"), "band.limit"),
        ((*BAND, "-p", "below.limit=x"), "is not a whole number"),
    ):
        result = prove(lab, "none", "both", *more)
        assert result.exit_code == 2 and said in result.stderr, result.output
    wrong = prove(lab, "none", "both", *BAND, "-p", "below.limit=1e20", log=f"other={lab / 'log'}")
    assert wrong.exit_code == 2 and "no log 'other' is asked for: there is compute" in wrong.stderr
    assert f"help: add --log compute={lab / 'log'}" in wrong.stderr
    nameless = run("prove", "--policy", lab / "both.toml", "-l", lab / "log", "-o", lab / "none", *BAND)
    assert nameless.exit_code == 2
    assert run("prove", kit.CLAIM, "--policy", lab / "both.toml", "-l", lab / "log", "-o", lab / "x").exit_code == 2
    assert sorted(lab.iterdir()) == before and SealedLog.open(lab / "log").proofs_left() == left


def test_check(lab: Path) -> None:
    left = SealedLog.open(lab / "log").proofs_left()
    asked = ["check", "--policy", lab / "both.toml", "--log", lab / "log", "--subject", f"base-1={lab / 'model'}"]
    found = ok(*asked, "-p", "below.limit=1e20", *BAND)
    assert found["holds"] and list(found["requirements"]) == [
        "example@1 below", "example@1 band", "example@1 floor: compute",
    ]  # fmt: skip
    low = run(*asked, "-p", "below.limit=4e18", *BAND)
    assert low.exit_code == 1 and "example@1 DOES NOT HOLD" in low.stdout and "total below the limit" in low.stdout
    assert run(*asked, *BAND).exit_code == 2 and run("check", "--log", lab / "log").exit_code == 2
    assert run("check", kit.CLAIM, "-l", lab / "log", "-p", "limit=1e20", "--subject", "a=b").exit_code == 2
    unit = run(*asked, "-p", "below.limit=1e20 apples", *BAND)
    assert unit.exit_code == 2 and "error[usage]: below.limit: " in unit.stderr  # of which requirement, too
    assert SealedLog.open(lab / "log").proofs_left() == left


def test_a_file_that_would_be_too_long_is_not_begun(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Known before anything is proved: no budget is spent."""
    made = (lab / "proof").stat().st_size
    left = SealedLog.open(lab / "log").proofs_left()
    monkeypatch.setattr(limits, "MAX_POLICY_BUNDLE_BYTES", made * 9 // 10)
    result = prove(lab, "none", "both", *BAND, "-p", "below.limit=1e20")
    assert result.exit_code == 2 and "error[limit-exceeded]: nothing was proved." in result.stderr, result.output
    checked = ["check", "--policy", lab / "both.toml", "--log", lab / "log", "--subject", f"base-1={lab / 'model'}"]
    assert run(*checked, "-p", "below.limit=1e20", *BAND).exit_code == 1
    assert SealedLog.open(lab / "log").proofs_left() == left and not (lab / "none").exists()
    monkeypatch.setattr(limits, "MAX_POLICY_BUNDLE_BYTES", made * 11 // 10)
    assert ok(*checked, "-p", "below.limit=1e20", *BAND)["holds"]


def test_two_policies_in_one_file(lab: Path) -> None:
    more = ("--policy", lab / "other.toml", "-p", "below.limit=2e20", *BAND)
    assert ok(*["prove", "--policy", lab / "both.toml", *more, "--log", f"compute={lab / 'log'}", "-o", lab / "two"],
              "--subject", f"base-1={lab / 'model'}")["requirements"].keys() == {"example@1", "other@1"}  # fmt: skip
    for policy in ("both", "other"):
        found = json.loads(verify(lab, "--json", file="two", policy=policy).stdout)
        assert found["accepted"] and found["others"] == "1"
    spent = prove(lab, "none", "other")
    assert spent.exit_code == 0 and (lab / "none").exists()
    (lab / "none").unlink()


def test_more_proofs_than_a_segment_bears(lab: Path) -> None:
    """All requirements of a policy are one proof, and spend as much as one; two policies are two proofs."""
    log = SealedLog.open(lab / "log")
    budget = log.segments[0].budget()
    kit.spend_all_but(1, budget)
    both = ("--policy", lab / "both.toml", *BAND, "-p", "below.limit=2e20")
    result = prove(lab, "none", "other", *both)
    assert result.exit_code == 1 and "1 proof left, and 2 asked for" in result.stderr
    assert "error[budget-spent]" in result.stderr and budget.proofs_left() == 1 and not (lab / "none").exists()
    with split_up():
        result = prove(lab, "none", "other")
    assert result.exit_code == 1 and "1 proof left, and 2 asked for" in result.stderr
    assert prove(lab, "none", "other").exit_code == 0 and budget.proofs_left() == 0
    (lab / "none").unlink()


def test_shapes_that_cannot_be_proved_are_found_before_the_first_proof(lab: Path, tmp_path: Path) -> None:
    """One of three requirements would be about 61 segments: the budget that the others need is not spent."""
    log = kit.make_log(tmp_path, "log", "lab.example/one", kit.rows())
    long = kit.make_log(tmp_path, "long", "lab.example/long", *(kit.rows(1) for _ in range(61)))
    left = log.proofs_left(), long.proofs_left()
    (tmp_path / "policy.toml").write_text(kit.text(more='[logs.long]\nschema = "compute"\nrows = 1\n'))
    asked = (
        "--policy", tmp_path / "policy.toml", "--log", f"compute={tmp_path / 'log'}", "--log",
        f"long={tmp_path / 'long'}", "--subject", f"base-1={lab / 'model'}", "-p", "below.limit=1e20",
    )  # fmt: skip
    result = run("prove", *asked, "-o", tmp_path / "none")
    assert result.exit_code == 1 and not (tmp_path / "none").exists(), result.output
    assert (
        "error[refused]: nothing was proved. example@1 floor: long: log-floor-compute over 61 of log segments"
        in result.stderr
    )
    assert (SealedLog.open(log.path).proofs_left(), SealedLog.open(long.path).proofs_left()) == left
    said = json.loads(run("check", *asked, "--json").stdout)["requirements"]
    assert [each["holds"] for each in said.values()] == [True, False, True]


def test_from_python(lab: Path, tmp_path: Path) -> None:
    kit.make_log(tmp_path, "log", "lab.example/p", kit.rows(), kit.rows(1))
    policy = zk.policies.load(str(lab / "other.toml"))
    asked = {"subject": kit.MODEL, "time": kit.NOW}
    proof = zk.prove(logs={"compute": tmp_path / "log"}, policy=policy, **asked)
    proof.save(tmp_path / "proof")
    trusted = {"compute": tmp_path / "log.key.pub"}
    verdict = zk.verify(zk.Proof.load(tmp_path / "proof"), policy=policy, log_keys=trusted, at=kit.NOW)
    assert verdict.accepted and verdict.subject == kit.MODEL and verdict.policy and verdict.policy.id == "other"
    with pytest.raises(StaleProof):
        zk.verify(proof, policy=policy, log_keys=trusted, at="2026-03-01")
    with pytest.raises(StatementMismatch, match="policy"):
        zk.verify(proof, policy=lab / "both.toml", log_keys=trusted, at=kit.NOW)
    with pytest.raises(ClaimDoesNotHold, match="nothing was proved"):
        zk.prove(logs={"compute": tmp_path / "log"}, policy=kit.policy(limit='"1e18"'), **asked)
    with pytest.raises(UsageError, match="params"):
        zk.prove(logs={"compute": tmp_path / "log"}, policy=policy, limit=1, **asked)
    assert zk.policies.load("eu-ai-act").id == "eu-ai-act"


OWN = '''
from zkcompliance.claim.language import ComputeLog, Flop, Param, claim, implausible, require, reveal


@claim("own-total", version=3)
def own_total(compute: ComputeLog, most: Param[Flop]) -> None:
    """All compute is at most so much, and is disclosed.

    most: FLOP
    """
    require("at most", compute.flop.sum() <= most)
    reveal("total", compute.flop.sum())


VACUOUS = (implausible("most", "nobody computes that", at_least="1e28"),)
'''
ASKS_OWN = """
[[requirements]]
name = "own"
says = "The total is low."
claim = "own-total@3"
card = "@OWN"
logs = { compute = "compute" }
params.most = { at_most = "1e20" }
reveals.total = { at_most = "5e18" }
"""


def test_a_claim_of_ones_own(lab: Path, tmp_path: Path) -> None:
    """Proved from the command line and verified from Python, and the other way round."""
    path = tmp_path / "own_total.py"
    path.write_text(OWN)
    digest = card_of(catalogue.load(str(path))).digest.hex()
    (tmp_path / "own.toml").write_text(kit.text("own") + ASKS_OWN.replace("@OWN", digest))
    log = kit.make_log(tmp_path, "log", "lab.example/own", kit.rows())
    asked = ("--policy", tmp_path / "own.toml", "--claim-file", path)
    left = ("--log", tmp_path / "log", "--subject", f"base-1={lab / 'model'}", "-p", "below.limit=1e20")
    assert ok("check", *asked, *left, "-p", "own.most=1e19")["holds"]
    too_low = run("check", *asked, *left, "-p", "own.most=1e18")
    assert too_low.exit_code == 1 and "own-total: at most does not hold" in too_low.output
    for verb in ("check", "prove"):
        where = ("-o", tmp_path / "none") if verb == "prove" else ()
        without = run(verb, "--policy", tmp_path / "own.toml", *left, "-p", "own.most=1e19", *where)
        assert without.exit_code == 2 and "--claim-file FILE" in without.stderr
        alone = run(verb, path, "--claim-file", path, "--log", tmp_path / "log", "-p", "most=1e19", *where)
        assert alone.exit_code == 2 and "--policy" in alone.stderr
    ok("prove", *asked, *left, "-p", "own.most=1e19", "-o", tmp_path / "proof")
    trusted = {"compute": tmp_path / "log.key.pub"}
    policy = zk.policies.load(str(tmp_path / "own.toml"), claims=[path])
    for given in ({"policy": policy}, {"policy": tmp_path / "own.toml", "claims": [str(path)]}):
        verdict = zk.verify(zk.Proof.load(tmp_path / "proof"), log_keys=trusted, **given)
        assert [each.name for each in verdict.findings] == ["below", "own", "floor: compute"]
        assert [v.exact for v in verdict.findings[1].values if v.role == "revealed"] == [4 * 10**18]
        assert not any("compiled" in text for text in verdict.findings[1].warnings)
    with pytest.raises(MalformedPolicy, match="no card of it was given"):
        zk.verify(zk.Proof.load(tmp_path / "proof"), policy=tmp_path / "own.toml", log_keys=trusted)
    with pytest.raises(UsageError, match="claims= is of a claim that policy= names"):
        zk.verify(zk.Proof.load(tmp_path / "proof"), claim=str(path), claims=[path], log_keys=trusted)
    params = {"below.limit": "1e20", "own.most": "1e19"}
    proof = zk.prove(
        logs={"compute": log}, policy=policy, claims=[path], params=params, subject=f"base-1={lab / 'model'}"
    )
    proof.save(tmp_path / "second")
    keyed = ("--log-key", tmp_path / "log.key.pub")
    assert ok("verify", tmp_path / "second", *asked, *keyed)["accepted"]
    page = tmp_path / "page.html"
    assert ok("report", tmp_path / "second", *asked, *keyed, "-o", page)["accepted"]
    assert "--claim-file" in page.read_text()


def test_a_quorum_before_it_is_proved_and_after(lab: Path, tmp_path: Path) -> None:
    kit.make_log(tmp_path, "log", "lab.example/q", kit.rows())
    witness = keys.generate_cosigner(tmp_path / "w", "witness.example/1")
    more = f'checkpoint = "30 days"\n[cosigners]\nquorum = 1\noperators = {{ w = ["{witness.text}"] }}\n'
    policy = kit.policy(limit='"1e21"', more=more)
    asked = {"subject": kit.MODEL, "policy": policy}
    with pytest.raises(zk.VerificationError, match="have: nobody"):
        zk.prove(logs={"compute": tmp_path / "log"}, time=kit.NOW, **asked)
    note = SealedLog.open(tmp_path / "log").checkpoint_note
    line = Cosigner(keys.load_cosigner(tmp_path / "w"), tmp_path / "seen").cosign(
        note, public_keys.load_public(tmp_path / "log.key.pub"), now=kit.NOW - 29 * kit.DAY
    )
    with Writer(tmp_path / "log", keys.load_private(tmp_path / "log.key")) as writer:
        writer.add_cosignatures([line], [witness])
    proof = zk.prove(logs={"compute": tmp_path / "log"}, time=kit.NOW, **asked)
    held = {"policy": policy, "log_keys": {"compute": tmp_path / "log.key.pub"}}
    verdict = zk.verify(proof, at=kit.NOW + kit.DAY, **held)
    assert verdict.findings[0].logs[0].cosigned == {"w": kit.NOW - 29 * kit.DAY}
    assert not any("freshness" in text for text in verdict.findings[0].warnings)
    with pytest.raises(StaleProof, match="a quorum last cosigned"):
        zk.verify(proof, at=kit.NOW + kit.DAY + 1, **held)
