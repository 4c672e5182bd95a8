"""The one-file verifier holds a limit against an index as the installed one does: met, not met, and every word."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

import pytest

from tests.kit.agreement import Both
from tests.kit.story import MODEL, ago
from tests.kit.treaty import Treaty

ROW = {
    "start": "2026-01-05T00:00:00Z", "end": "2026-02-01T00:00:00Z", "run": "base-1", "method": "hardware",
    "phase": "pretraining", "model": MODEL, "flop": "7.5e24",
}  # fmt: skip


@pytest.mark.parametrize(("limit", "status"), [("1e25", "0"), ("10000000000000000000000001", "1")])
def test_both_hold_a_limit_against_an_index(both: Both, tmp_path: Path, limit: str, status: str) -> None:
    story = Treaty(tmp_path)
    story.rows("compute", "compute", [ROW])
    with (
        mock.patch("zkcompliance.prove.policy._together", return_value=[]),
        mock.patch("zkcompliance.prove.policy._judge"),
    ):
        assert story.prove(f"below.limit={limit}").exit_code == 0
    asked = [story.proof, "--policy", story.policy, "--log-key", f"compute={tmp_path / 'compute.key.pub'}"]
    at = datetime.fromtimestamp(ago(-60), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    asked += ["--subject", f"{MODEL}={tmp_path / 'model'}", "--at", at, "--json"]
    installed, alone = both.ask(asked)
    assert installed.decision == alone.decision and installed.status == status
    assert installed.out == alone.out and "1e25 * frontier" in alone.out
    assert status == "0" or "1e25 * frontier is 1e25 FLOP, with frontier at 1" in alone.out
