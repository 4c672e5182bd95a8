"""A weaker policy under the name of a ready-made one, handed to whoever judges, is not taken for it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.kit.policies import DAY
from zkcompliance.errors import MalformedBundle, PolicyNotInForce
from zkcompliance.log.note import VerifierKey
from zkcompliance.policy import catalogue
from zkcompliance.policy.binding import Binding
from zkcompliance.policy.judge import judge_policy
from zkcompliance.policy.load import parse_policy
from zkcompliance.prove.policy import prove_policies

KEYS = {"compute": VerifierKey("lab.example/log", bytes(32))}


@pytest.mark.parametrize("name", catalogue.names())
def test_another_text_under_a_ready_made_name(name: str) -> None:
    ready = catalogue.load(name)
    mine = parse_policy(ready.text + b"# the lab's own\n")
    now = ready.valid_from + DAY
    with pytest.raises(PolicyNotInForce, match=f"^{ready.label} is a ready-made policy, and this is another text"):
        judge_policy(b"", mine, now=now)
    logs: dict[str, Any] = {log: SimpleNamespace(vkey=log, origin=log) for log in mine.logs}
    with pytest.raises(PolicyNotInForce, match="another text under its name"):
        prove_policies([mine], logs, binding=Binding(time=now))


@pytest.mark.parametrize("id", [b"eu-ai-act", b"eu-ai-act-keyed"])
def test_the_ready_made_text_itself_and_an_id_of_ones_own(id: bytes) -> None:
    ready = catalogue.load("eu-ai-act")
    mine = parse_policy(ready.text.replace(b'id = "eu-ai-act"', b'id = "' + id + b'"'))
    with pytest.raises(MalformedBundle):  # the file of proofs is looked at
        judge_policy(b"", mine, now=ready.valid_from, keys=KEYS)
