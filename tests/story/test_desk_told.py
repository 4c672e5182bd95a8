"""A year of two authorities and three labs: one request overdue, a refused proof, a verdict taken over, withdrawn."""

from __future__ import annotations

import base64
from pathlib import Path

from tests.kit import attesting, requesting
from tests.kit.command_line import ok, run
from tests.kit.requesting import ask, prove
from zkcompliance.attest.signed import Signed
from zkcompliance.attest.signing import SigningKey
from zkcompliance.attest.summary import Summary
from zkcompliance.desk.store import Desk
from zkcompliance.request.proof import ProofRequest, draw

WHO = "https://first.example/verifier/1"
LONG_AGO = 1_700_000_000
UNANSWERED = ProofRequest(None, draw(), LONG_AGO, LONG_AGO + 1, "east", "yearly@1", bytes(32), {"jobs": ()})


def test_the_year_of_two_authorities_and_three_labs(tmp_path: Path) -> None:
    policy = requesting.policy(tmp_path / "policy.toml")
    logs = {lab: requesting.log(tmp_path, lab) for lab in ("north", "south", "east")}
    for authority in ("first", "second"):
        ok("desk", "init", tmp_path / authority)
        ok("keygen", f"{authority}.example/ask", "-o", tmp_path / f"{authority}.key")
    for authority, lab in (("first", "north"), ("first", "south"), ("second", "north")):
        key = ("--key", tmp_path / f"{authority}.key", "--log-key", f"jobs={logs[lab]}.key.pub")
        ask(tmp_path / f"{authority}-{lab}.toml", policy, *key, lab=lab)
        ok("desk", "add", tmp_path / authority, tmp_path / f"{authority}-{lab}.toml")
    with Desk(tmp_path / "first") as desk:  # asked long ago, and never answered
        desk.add(UNANSWERED, LONG_AGO)
    request_of = ("--request", tmp_path / "first-north.toml", "--asker", tmp_path / "first.key.pub")
    proof = prove(tmp_path / "north.zkp", policy, logs["north"], *request_of)
    good = run("desk", "verify", tmp_path / "first", 1, proof, "--policy", policy)
    assert good.exit_code == 0, good.output
    replayed = run("desk", "verify", tmp_path / "second", 1, proof, "--policy", policy)
    assert replayed.exit_code == 1 and "NOT JUDGED" in replayed.stdout
    assert "you asked for '" in run("desk", "show", tmp_path / "second", 1).stdout  # long after, too
    other = run("desk", "verify", tmp_path / "first", 2, proof, "--policy", policy)
    assert other.exit_code == 1
    listed = ok("desk", "list", tmp_path / "first")["requests"]
    assert [(each["lab"], each["standing"]) for each in listed] == [
        ("north", "answered"), ("south", "open"), ("east", "overdue"),
    ]  # fmt: skip
    (second,) = ok("desk", "list", tmp_path / "second")["requests"]
    assert (second["standing"], second["proofs"], second["accepted"]) == ("open", 1, 0)
    shown = ok("desk", "show", tmp_path / "second", 1)
    assert [each["accepted"] for each in shown["came"]["proofs"][0]["verdicts"]] == [False]
    prove(tmp_path / "mended.zkp", policy, logs["north"], "--request", tmp_path / "second-north.toml")
    assert run("desk", "verify", tmp_path / "second", 1, tmp_path / "mended.zkp", "--policy", policy).exit_code == 0
    assert ok("desk", "list", tmp_path / "second")["requests"][0]["standing"] == "answered"
    wrong = run("desk", "verify", tmp_path / "first", 2, proof, "--policy", "seoul")
    assert wrong.exit_code == 2 and "no verdict is noted" in wrong.stderr
    ok("desk", "attach", tmp_path / "first", 3, policy)
    assert "evidence 1" in run("desk", "show", tmp_path / "first", 3).stdout

    # the first authority signs what it saw, and the second takes it over for a policy of its own
    pem = attesting.key_file(tmp_path / "first.pem", attesting.private("ed25519"))
    asked_first = ("--policy", policy, "--request", tmp_path / "first-north.toml")
    signed, verdict = ("--sign", pem, "--verifier", WHO, "-o"), tmp_path / "verdict.json"
    assert run("verify", proof, *asked_first, *signed, verdict).exit_code == 0
    own = recognising(tmp_path / "second.toml", policy, verdict, pem)
    ok("desk", "key", "add", tmp_path / "second", "North Lab, jobs", f"{logs['north']}.key.pub")
    asked = (
        "verify",
        proof,
        "--policy",
        own,
        "--log-key",
        f"{logs['north']}.key.pub",
        "--keyring",
        tmp_path / "second",
    )
    assert run(*asked).exit_code == 1
    taken = run(*asked, "--recognised", verdict)
    assert taken.exit_code == 0 and "RECOGNISED, NOT PROVED HERE" in taken.stdout, taken.output
    (found,) = ok(*asked, "--recognised", verdict)["requirements"]
    assert found["recognised"]["verifier"] == WHO and found["proof"] is None
    ring = ok("verify", proof, *asked_first, "--keyring", tmp_path / "second")["requirements"][0]["logs"][0]
    assert ring["named"] == "North Lab, jobs" and ring["digits"] == digits(f"{logs['north']}.key.pub")
    south = ("verify", proof, "--policy", own, "--log-key", f"{logs['south']}.key.pub", "--recognised", verdict)
    assert run(*south).exit_code == 1
    ok("withdraw", verdict, "--reason", "the log was another lab's", "--sign", pem, "-o", tmp_path / "list.json")
    back = run(*asked, "--recognised", verdict, "--withdrawn", tmp_path / "list.json")
    assert back.exit_code == 1 and "the log was another lab's" in back.stderr


def recognising(path: Path, policy: Path, verdict: Path, pem: Path) -> Path:
    """A policy that asks the same, under a name of its own and without a reference, and recognises that verdict."""
    digest = Summary.decode(Signed.decode(verdict.read_bytes()).payload).policy.digest.hex()
    text = policy.read_text().replace('"yearly"', '"second"').replace('reference = "required"\n', "")
    key = base64.b64encode(SigningKey.load(pem).public.spki).decode()
    path.write_text(
        f'{text}\n[[recognise]]\nverifier = "{WHO}"\nkeys = ["{key}"]\nrequirements = ["some-rows"]\n'
        f'policies = ["{digest}"]\nmax_age = "30 days"\n'
    )
    return path


def digits(public: str) -> str:
    said: str = ok("desk", "key", "digits", public)["fingerprint"]
    return said
