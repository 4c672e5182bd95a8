"""What a regulator gets of a lab, made by the command line: one proof of one claim, one file for a policy, keys."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kit.command_line import run
from tests.kit.policy_texts import head, requirement
from tests.kit.split_up import split_up
from zkcompliance import prove
from zkcompliance.claim import catalogue
from zkcompliance.claim.card import card_of
from zkcompliance.policy.proofs import proofs_in

CLAIM = "training-compute-below"
OWN_CLAIM = '''
from zkcompliance.claim.language import ComputeLog, Flop, Param, claim, implausible, require


@claim("my-own", version=1)
def my_own(compute: ComputeLog, limit: Param[Flop]) -> None:
    """All compute is below a limit.

    limit: FLOP
    """
    require("below", compute.flop.sum() < limit)


VACUOUS = (implausible("limit", "nobody computes that", at_least="1e28"),)
'''
HEADER = "start,end,run,phase,flop,method\n"
CSV = HEADER + "".join(f"{1_767_571_200 + i},{1_767_571_260 + i},run-1,pretraining,1e18,hardware\n" for i in range(20))
MODEL = "model-7=sha256:" + "07" * 32


@dataclass(frozen=True)
class Lab:
    """Paths of what a regulator gets: one proof of one claim, one of a policy, keys, and those of someone else."""

    folder: Path

    @property
    def single(self) -> Path:
        return self.folder / "single.zkp"

    @property
    def bundle(self) -> Path:
        return self.folder / "bundle.zkp"

    @property
    def key(self) -> Path:
        return self.folder / "key.pub"

    @property
    def own_claim(self) -> Path:
        return self.folder / "my_own.py"

    @property
    def own_card(self) -> Path:
        return self.folder / "my_own.json"

    @property
    def own_policy(self) -> Path:
        return self.folder / "own.toml"

    @property
    def own(self) -> Path:
        return self.folder / "own.zkp"

    @property
    def policy(self) -> Path:
        return self.folder / "policy.toml"

    def alone(self, policy: Path, claim: str, **given: object) -> bytes:
        """What a policy of this lab asks of one claim, as a proof of that alone. given: as `zk.prove` takes it."""
        with split_up(), pytest.warns(UserWarning, match="takes 2 proofs in the file"):
            made = prove(logs={"compute": self.folder / "log"}, policy=policy, subject=MODEL, **given)  # type: ignore[arg-type]
        return next(each.data for each in proofs_in(made.data) if each.statement.claims[0].claim == claim)

    def own_alone(self) -> bytes:
        """A proof of the claim of the regulator's own, made for the policy that asks for it."""
        return self.alone(self.own_policy, "my-own", claims=[self.own_claim])

    def asked_of_single(self) -> list[str]:
        """Arguments under which `single` is accepted."""
        return ["--claim", CLAIM, "-p", "limit=1e20", "--log-key", str(self.key), "--context", "ref 7"]

    def asked_of_bundle(self) -> list[str]:
        """Arguments under which `bundle` is accepted."""
        return ["--policy", str(self.policy), "--log-key", f"compute={self.key}", "--subject", MODEL]

    def asked_of_own(self) -> list[str]:
        """Arguments under which `own` is accepted: a policy that asks for a claim of the regulator's own."""
        return [
            "--policy", str(self.own_policy), "--claim-file", str(self.own_card), "--log-key", str(self.key),
            "--subject", MODEL,
        ]  # fmt: skip


def policy(claim: str, limit: str, *lines: str, card: str = "") -> str:
    """A policy's text, in force for longer than the ready-made ones. limit: of the claim's parameter, in TOML."""
    title = "An example: training compute below a limit"
    text = head("a-limit", title, subject="required", since="2025-01-01", until="2099-01-01")
    text += '[freshness]\nproof = "30 days"\n'
    text += '[logs.compute]\nschema = "compute"\nrows = 2\nsources = ["self_declared", "signed"]\n'
    says = "The training compute of the log is below 10^26 FLOP."
    asked = (f"params.limit = {limit}", *lines)
    return text + requirement("below-limit", says, claim, {"compute": "compute"}, *asked, card=card)


def zk(*arguments: str | Path) -> None:
    done = run(*arguments)
    assert done.exit_code == 0, done.output


def make(folder: Path) -> Lab:
    """Seal and prove in an empty folder."""
    made = Lab(folder)
    (made.folder / "in.csv").write_text(CSV)
    phases = 'params.phases = { includes = "pretraining" }'
    made.policy.write_text(policy(CLAIM, '{ at_most = "1e26" }', phases))
    for name in ("key", "other"):
        zk("keygen", f"{name}.example/log", "-o", made.folder / name)
    log = made.folder / "log"
    zk("seal", made.folder / "in.csv", "--log", log, "--key", made.folder / "key", "--profile", "small")
    zk("prove", CLAIM, "--log", log, "-p", "limit=1e20", "-o", made.single, "--context", "ref 7", "--subject", MODEL)
    asked = ("--policy", made.policy, "--log", f"compute={log}", "--subject", MODEL)
    zk("prove", *asked, "-p", "below-limit.limit=1e21", "-p", "below-limit.phases=pretraining", "-o", made.bundle)
    made.own_claim.write_text(OWN_CLAIM)
    card = card_of(catalogue.load(str(made.own_claim)))
    made.own_card.write_bytes(card.encoded)
    made.own_policy.write_text(policy("my-own", '"1e21"', card=card.digest.hex()))
    asked = ("--policy", made.own_policy, "--claim-file", made.own_claim, "--log", log, "--subject", MODEL)
    zk("prove", *asked, "-o", made.own)
    return made
