"""What stands for `zkcompliance.attest.devices` in the one-file verifier: it has no library that checks the evidence of
devices, and so decides nothing by it."""

from __future__ import annotations

from zkcompliance.policy.devices import Answers
from zkcompliance.policy.model import Policy
from zkcompliance.policy.proofs import File


def answers(file: File, policy: Policy, now: int) -> Answers | None:
    """None: nobody checks them here."""
    return None
