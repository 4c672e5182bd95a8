"""One log shown as two: what a policy or a claim asks of two logs is not asked of one that goes by both keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit import support
from tests.kit.policies import NOW
from tests.kit.policy_texts import head, requirement
from zkcompliance import schemas
from zkcompliance.card import catalogue as cards
from zkcompliance.claim import catalogue
from zkcompliance.errors import StatementMismatch
from zkcompliance.log import keys
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.signer import SignerKey
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.policy.binding import Binding, ForPolicy
from zkcompliance.policy.judge import judge_claim, judge_policy
from zkcompliance.policy.load import parse_policy
from zkcompliance.policy.verdict import Verdict
from zkcompliance.prove import api
from zkcompliance.stark.statement import encode_bundle, encode_policy_bundle
from zkcompliance.verify.bundle import decode_bundle

COVERAGE, CLAIM = cards.load("eval-coverage"), catalogue.load("eval-coverage")


def policy(evals: str = "", registered: str = ""):  # type: ignore[no-untyped-def]
    """evals and registered: lines of the two logs."""
    text = head("coverage", "Nothing left out", subject="none")
    for name, lines in (("evals", evals), ("registered", registered)):
        text += f'[logs.{name}]\nschema = "eval"\n{lines}\n'
    says, logs = "What was graded is what was registered.", {"evals": "evals", "registered": "registered"}
    return parse_policy((text + requirement("nothing-left-out", says, "eval-coverage", logs)).encode())


class Lab:
    """One log of what was graded, and a second key of the same name, which signs its checkpoint too."""

    def __init__(self, folder: Path) -> None:
        for name in ("graded", "again"):
            keys.generate(folder / f"{name}.key", "lab.example/evals")
        self.signers = [keys.load_private(folder / f"{name}.key") for name in ("graded", "again")]
        create_log(folder / "log", schemas.by_name("eval"), self.signers[0])
        row = {"suite": "s", "item": "i", "model": "m", "score": 0, "at": 1_767_571_200, "attempt": 1, "epoch": 1}
        with Writer(folder / "log", self.signers[0]) as writer:
            writer.seal([row, {**row, "item": "j"}])
        self.log = SealedLog.open(folder / "log")

    @property
    def keys(self) -> list[VerifierKey]:
        return [signer.verifier for signer in self.signers]

    def show(self, context: bytes) -> bytes:
        """The one log in both slots, its checkpoint signed with both keys."""
        with support.without(api, "_refuse_one_twice"):
            made = api.prove_claim(CLAIM, {"evals": self.log, "registered": self.log}, {}, head=context)
        bundle = decode_bundle(made)
        note = _signed(self.log.checkpoint_body, self.signers)
        return encode_bundle(bundle.statement_bytes, bundle.program_bytes, [note, note], bundle.proof_bytes)


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


def test_two_keys_of_one_name_given_for_two_logs_of_a_policy(lab: Lab) -> None:
    asked = policy()
    binding = Binding(ForPolicy(asked.digest, asked.id, asked.version, "nothing-left-out"), None, NOW).encode()
    shown = encode_policy_bundle({binding: lab.show(binding)})
    verdict = judge_policy(shown, asked, now=NOW, keys=dict(zip(("evals", "registered"), lab.keys, strict=True)))
    refused(verdict)


def test_for_two_logs_of_a_claim(lab: Lab) -> None:
    shown = lab.show(Binding(None, None, NOW).encode())
    verdict = judge_claim(shown, COVERAGE, {}, now=NOW, keys=dict(zip(("evals", "registered"), lab.keys, strict=True)))
    refused(verdict)
    first = lab.keys[0]
    verdict = judge_claim(shown, COVERAGE, {}, now=NOW, keys={"evals": first, "registered": first})
    refused(verdict)


def test_the_policys_key_of_one_log_given_for_another(lab: Lab) -> None:
    asked = policy(registered=f'keys = ["{lab.keys[0].text}"]')
    binding = Binding(ForPolicy(asked.digest, asked.id, asked.version, "nothing-left-out"), None, NOW).encode()
    shown = encode_policy_bundle({binding: lab.show(binding)})
    verdict = judge_policy(shown, asked, now=NOW, keys={"evals": lab.keys[0]})
    refused(verdict)
