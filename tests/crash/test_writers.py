"""Several processes and one log: one writes, the others are told so, and nothing is lost or written twice."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.kit import support


def test_eight_writers(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash.writers", str(tmp_path / "log")],
        capture_output=True,
        text=True,
        env=support.ENVIRONMENT,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert sorted(found["first"]) == ["log-busy"] * 7 + ["wrote"]
    assert found["waiting"] == 1 and found["later"] == ["done"] * 8 and found["clean"]
    expected = [1000 * (number + 1) + batch for number in range(8) for batch in range(5)]
    assert found["rows"][1:-40] == [] or found["rows"][0] < 8
    assert found["rows"][-40:] == expected and len(found["rows"]) == 42 and 9 in found["rows"]
