"""One log shown as two: what a policy or a claim asks of two logs is not asked of two generations of one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.kit.policies import NOW
from tests.kit.policy_texts import head, requirement
from zkcompliance import schemas
from zkcompliance.card import catalogue as cards
from zkcompliance.claim import catalogue
from zkcompliance.errors import MalformedStatement, StatementMismatch
from zkcompliance.log import keys
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.signer import SignerKey
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.policy.binding import Binding, ForPolicy
from zkcompliance.policy.judge import judge_claim, judge_policy
from zkcompliance.policy.load import parse_policy
from zkcompliance.policy.model import Policy
from zkcompliance.policy.proofs import proofs_in
from zkcompliance.policy.verdict import Verdict
from zkcompliance.prove import api
from zkcompliance.prove.reseal import reseal
from zkcompliance.quantities.ids import text_id
from zkcompliance.verify.bundle import decode_bundle
from zkcompliance.verify.statement import decode_statement

COVERAGE, CLAIM = cards.load("eval-coverage"), catalogue.load("eval-coverage")
ASKED = {"model": text_id("another")}  # of whom no log has a row: about its own rows no list came before the grades


def policy(evals: str = "", registered: str = "") -> Policy:
    """evals and registered: lines of the two logs."""
    text = head("coverage", "Nothing left out", subject="none")
    for name, lines in (("evals", evals), ("registered", registered)):
        text += f'[logs.{name}]\nschema = "eval"\n{lines}\n'
    says, logs = "What was graded is what was registered.", {"evals": "evals", "registered": "registered"}
    return parse_policy(
        (text + requirement("nothing-left-out", says, "eval-coverage", logs, 'params.model = "another"')).encode()
    )


class Lab:
    """A log of what was graded, in two generations, and a second key of the same name, which signs their checkpoints
    too."""

    def __init__(self, folder: Path) -> None:
        for name in ("graded", "again"):
            keys.generate(folder / f"{name}.key", "lab.example/evals")
        self.signers = [keys.load_private(folder / f"{name}.key") for name in ("graded", "again")]
        create_log(folder / "log", schemas.by_name("eval"), self.signers[0])
        row = {"suite": "s", "item": "i", "model": "m", "score": 0, "at": 1_767_571_200, "attempt": 1, "epoch": 1}
        with Writer(folder / "log", self.signers[0]) as writer:
            writer.seal([row, {**row, "item": "j"}])
        reseal(folder / "log", folder / "next", self.signers[0], merge=False)
        self.logs = {"evals": SealedLog.open(folder / "log"), "registered": SealedLog.open(folder / "next")}

    @property
    def keys(self) -> list[VerifierKey]:
        return [signer.verifier for signer in self.signers]

    def given(self, *slots: str) -> dict[str, VerifierKey]:
        """Another key of the log for each slot."""
        return dict(zip(slots, self.keys, strict=True))

    def show(self, head: bytes, requirement: str) -> bytes:
        """One generation of the log in each slot, their checkpoints signed with both keys."""
        asked = api.Asked(requirement, CLAIM, {slot: [log] for slot, log in self.logs.items()}, CLAIM.publics(ASKED))
        made = decode_bundle(api.make(api.get_ready([asked], head, spent=True, refresh=True)))
        notes = tuple(_signed(log.checkpoint_body, self.signers) for log in self.logs.values())
        return replace(made, notes=notes).encode()


def _signed(body: str, signers: list[SignerKey]) -> bytes:
    lines = [signer.sign(body).removeprefix(body + "\n") for signer in signers]
    return (body + "\n" + "".join(lines)).encode()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return Lab(tmp_path_factory.mktemp("lab"))


def refused(verdict: Verdict) -> None:
    (found,) = verdict.findings
    assert isinstance(found.error, StatementMismatch), found
    assert found.error.message == "logs: lab.example/evals is shown as evals and as registered, two logs"


def bound(asked: Policy) -> bytes:
    return Binding(ForPolicy(asked.digest, asked.id, asked.version), None, NOW).encode()


def test_two_keys_of_one_name_given_for_two_logs_of_a_policy(lab: Lab) -> None:
    asked = policy()
    shown = lab.show(bound(asked), "nothing-left-out")
    refused(judge_policy(shown, asked, now=NOW, keys=lab.given("evals", "registered")))


def test_for_two_logs_of_a_claim(lab: Lab) -> None:
    shown = lab.show(Binding(None, None, NOW).encode(), CLAIM.id)
    refused(judge_claim(shown, COVERAGE, ASKED, now=NOW, keys=lab.given("evals", "registered")))
    first = lab.keys[0]
    refused(judge_claim(shown, COVERAGE, ASKED, now=NOW, keys={"evals": first, "registered": first}))


def test_the_policys_key_of_one_log_given_for_another(lab: Lab) -> None:
    asked = policy(registered=f'keys = ["{lab.keys[1].text}"]')
    shown = lab.show(bound(asked), "nothing-left-out")
    refused(judge_policy(shown, asked, now=NOW, keys={"evals": lab.keys[0]}))


def test_one_log_in_two_slots_has_no_statement(lab: Lab) -> None:
    """Not even a prover that asks nobody can say it."""
    whole = decode_bundle(lab.show(Binding(None, None, NOW).encode(), CLAIM.id))
    statement = decode_statement(whole.statement_bytes)
    (claim,) = statement.claims
    for slots in (((0,), (0,)), ((0, 1), (1,)), ((0, 0), (1,)), ((1, 0), (1,))):
        crossed = replace(statement, claims=(replace(claim, slots=slots),))
        with pytest.raises(MalformedStatement):
            proofs_in(replace(whole, statement_bytes=crossed.encode()).encode())
