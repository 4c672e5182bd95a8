"""A lab with two logs and a policy about both, of which the proofs can be one or several."""

from __future__ import annotations

from pathlib import Path

from tests.kit import policies as kit
from tests.kit.policies import HOUR, MODEL, NOW
from tests.kit.policy_texts import requirement
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.store import SealedLog
from zkcompliance.policy.binding import Binding
from zkcompliance.policy.judge import judge_policy
from zkcompliance.policy.load import parse_policy
from zkcompliance.policy.model import Policy
from zkcompliance.prove.policy import prove_policies
from zkcompliance.prove.tasks import plan

BINDING = Binding(None, MODEL, NOW)


def policy() -> Policy:
    text = kit.head("split", "A limit and two methods", subject="required")
    for name in ("compute", "stated"):
        text += f'[logs.{name}]\nschema = "compute"\nrows = 2\n'
    phases = 'params.phases = "pretraining"'
    text += requirement("low", "Low.", kit.CLAIM, {"compute": "compute"}, 'params.limit = "1e20"', phases)
    methods = 'params.tolerance = "10%"'
    text += requirement("agree", "Agree.", "compute-methods-agree", {"compute": "stated"}, methods, phases)
    return parse_policy(text.encode())


class World:
    def __init__(self, folder: Path) -> None:
        both = [{**kit.rows(1)[0], "method": method} for method in ("hardware", "architecture")]
        self.policy = policy()
        self.logs = {
            "compute": kit.make_log(folder, "compute", "lab.example/b", kit.rows(), kit.rows(2)),
            "stated": kit.make_log(folder, "stated", "lab.example/a", both),
        }
        self.tasks = plan([self.policy], self.logs, {}, binding=BINDING)

    def prove(self) -> tuple[bytes, list[str]]:
        """The file, and what was said."""
        said: list[str] = []
        return prove_policies([self.policy], self.logs, binding=BINDING, tell=said.append), said

    def accepted(self, data: bytes) -> bool:
        keys = {name: VerifierKey.parse(log.vkey) for name, log in self.logs.items()}
        return judge_policy(data, self.policy, now=NOW + HOUR, keys=keys, subject=MODEL).accepted

    def left(self) -> dict[str, int]:
        return {name: SealedLog.open(log.path).proofs_left() for name, log in self.logs.items()}
