"""A log whose key was changed shows a verifier with a state no other history under the new key, nor under the old."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.kit import policies as kit
from tests.kit.policies import HOUR, MODEL, NOW
from zkcompliance.errors import CheckpointMismatch, LogEvidence
from zkcompliance.log import keys
from zkcompliance.log.store import SealedLog
from zkcompliance.policy.binding import Binding
from zkcompliance.policy.judge import judge_policy
from zkcompliance.policy.model import Policy
from zkcompliance.policy.proofs import proofs_in
from zkcompliance.prove.policy import prove_policies
from zkcompliance.stark.statement import encode_policy_bundle

ORIGIN = "lab.example/a"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log `old` of two segments, another log `new` of the same name, and `new.key`, the key that follows."""
    folder = tmp_path_factory.mktemp("faces")
    kit.make_log(folder, "old", ORIGIN, kit.rows())
    kit.make_log(folder, "new", ORIGIN, kit.rows(5))
    return folder


def asked(folder: Path) -> Policy:
    texts = ", ".join(f'"{(folder / f"{name}.key.pub").read_text().strip()}"' for name in ("old", "new"))
    return kit.policy(keys=f"keys = [{texts}]")


def shown(folder: Path, log: SealedLog, limit: int = 10**20) -> bytes:
    return prove_policies([asked(folder)], {"compute": log}, {"below.limit": limit}, binding=Binding(None, MODEL, NOW))


def signed_anew(folder: Path, data: bytes) -> bytes:
    """The same checkpoints, signed with the key that follows."""
    signer, proofs = keys.load_private(folder / "new.key"), {}
    for each in proofs_in(data):
        note = signer.sign(each.statement.logs[0].checkpoint.body.decode()).encode()
        made = replace(each.bundle, notes=(note,)).encode()
        proofs[each.statement.head, each.statement.claims[0].requirement] = made
    return encode_policy_bundle(proofs)


def accepted(folder: Path, data: bytes, state: Path) -> bool:
    return judge_policy(data, asked(folder), now=NOW + HOUR, subject=MODEL, state=state).accepted


def test_another_history_under_the_new_key(lab: Path, tmp_path: Path) -> None:
    first, second = (shown(lab, SealedLog.open(lab / name)) for name in ("old", "new"))
    for one, other in ((first, second), (second, first)):
        state = tmp_path / str(one is first)
        assert accepted(lab, one, state)
        with pytest.raises(CheckpointMismatch, match="does not go on from that of 1"):
            accepted(lab, other, state)
        assert accepted(lab, one, state)


def test_the_same_history_under_the_new_key(lab: Path, tmp_path: Path) -> None:
    older = SealedLog.open(lab / "old")
    before = shown(lab, older)
    after = shown(lab, kit.seal(lab, "old", kit.rows(2)))
    for order in (
        (before, signed_anew(lab, before), signed_anew(lab, after)),
        (before, after, signed_anew(lab, after)),
    ):
        state = tmp_path / str(order[1] is after)
        assert all(accepted(lab, each, state) for each in order)
        again = signed_anew(lab, before) if order[1] is after else before
        assert accepted(lab, again, state), "this very statement was verified before"
        other = shown(lab, older, 10**20 + 1)  # a statement that nobody has seen, over the older checkpoint
        with pytest.raises((CheckpointMismatch, LogEvidence)):
            accepted(lab, signed_anew(lab, other) if order[1] is after else other, state)
