"""A policy of five requirements over two logs, two of them limits on one log, and logs that meet it in one proof."""

from __future__ import annotations

from pathlib import Path

from tests.kit import policies as kit
from tests.kit.policy_texts import requirement
from zkcompliance.log.store import SealedLog
from zkcompliance.policy.binding import Binding
from zkcompliance.policy.load import parse_policy
from zkcompliance.prove.policy import prove_policies

NAMES = ["low", "high", "agree", "floor: compute", "floor: stated"]


def text() -> str:
    """Two limits on one log, what another one says of its methods, and a floor of each."""
    made = kit.head("union", "Two limits and two methods", subject="required") + '[freshness]\nproof = "7 days"\n'
    for name, rows in (("compute", 3), ("stated", 2)):
        made += f'[logs.{name}]\nschema = "compute"\nrows = {rows}\n'
    phases = 'params.phases = { includes = "pretraining" }'
    for name, most in (("low", "1e19"), ("high", "1e21")):
        limit = f'params.limit = {{ at_most = "{most}" }}'
        says = f"The counted compute is below {most}."
        made += requirement(name, says, kit.CLAIM, {"compute": "compute"}, limit, phases)
    agree = ("agree", "Two methods agree.", "compute-methods-agree", {"compute": "stated"})
    return made + requirement(*agree, 'params.tolerance = "10%"', phases)


def make_logs(folder: Path) -> dict[str, SealedLog]:
    """By their names in the policy; that of two segments comes first."""
    both = [{**kit.rows(1)[0], "method": method} for method in ("hardware", "architecture")]
    return {
        "compute": kit.make_log(folder, "compute", "lab.example/compute", kit.rows(), kit.rows(2)),
        "stated": kit.make_log(folder, "stated", "lab.example/stated", both),
    }


def prove(logs: dict[str, SealedLog], high: int = 10**20) -> bytes:
    """The file of all that the policy asks for. high: the limit that is shown for `high`."""
    given: dict[str, int | str] = {"low.limit": 10**19, "high.limit": high}
    given |= {f"{name}.phases": "pretraining" for name in ("low", "high", "agree")}
    policy = parse_policy(text().encode())
    return prove_policies([policy], logs, given, binding=Binding(None, kit.MODEL, kit.NOW))
