"""What stands for `zkcompliance.attest.recognising` in the one-file verifier: it has not every kind of signature, and
no library that checks time stamps, and so takes no verdict of others over."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from zkcompliance.errors import Unsupported
from zkcompliance.policy.model import Policy
from zkcompliance.policy.recognition import Colleague


def colleagues(
    paths: Sequence[Path], policy: Policy, now: int, withdrawn: Sequence[Path] = ()
) -> tuple[Colleague, ...]:
    """None where none is given; Unsupported where one is."""
    if paths:
        raise Unsupported(
            "the one-file verifier takes no verdict of others over",
            help="pip install zkcompliance && zkcompliance verify FILE --policy POLICY --recognised VERDICT",
        )
    return ()
