"""Workers and coordinators of `seal --cluster` and `roll-up --cluster`, killed with signal 9 in the middle.

Each costs the piece that it did: the same command goes on, no row is lost or there twice, and the budget is what it is
without a kill.
"""

from __future__ import annotations

import json
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tests.kit import support
from tests.kit.command_line import run
from tests.kit.rolling import FLOP, ROW, said
from zkcompliance.lineage.rollup import read_rollup
from zkcompliance.log.fsck import fsck
from zkcompliance.log.layout import Layout
from zkcompliance.log.store import SealedLog

ROWS = 300  # five segments of at most 64 rows; three of the roll-up
COMMITS, PROOFS = 5 + 3, 3


def work(folder: Path, disturbed: str, who: str) -> dict[str, Any]:
    pytest.importorskip("distributed", reason="SKIPPED: no cluster is tried, pip install 'zkcompliance[cluster]'")
    for name in ("key", "rolled.key"):
        assert run("keygen", f"lab.example/{name}", "-o", folder / name).exit_code == 0
    lines = [json.dumps({**ROW, "run": f"r{i % 5}", "flop": str(FLOP + i)}) for i in range(ROWS)]
    (folder / "rows.jsonl").write_text("\n".join(lines) + "\n")
    done = subprocess.run(
        [sys.executable, "-m", "tests.cli.cluster_killed_run", str(folder), disturbed, who], text=True,
        capture_output=True, env=support.ENVIRONMENT, timeout=500, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    found = work(tmp_path_factory.mktemp("undisturbed"), "nothing", "")
    assert found["times"] == {"seal": 1, "roll-up": 1} and found["made"] == {"commit": COMMITS, "proof": PROOFS}
    return found


@pytest.mark.parametrize("who", ["worker", "coordinator"])
@pytest.mark.parametrize("disturbed", ["seal", "roll-up"])
def test_killed_in_the_middle(tmp_path: Path, undisturbed: dict[str, Any], disturbed: str, who: str) -> None:
    found = work(tmp_path, disturbed, who)
    assert found["left"] == undisturbed["left"]
    assert found["times"] == {"seal": 1, "roll-up": 1} | ({disturbed: 2} if who == "coordinator" else {})
    kind, least = ("commit", COMMITS) if disturbed == "seal" else ("proof", PROOFS)
    assert least <= found["made"][kind] <= least + 2  # of two workers, each may have had a piece in hand
    assert [each.rows for each in SealedLog.open(tmp_path / "log").segments] == [64, 64, 64, 64, 44]
    flops = sorted(int(row["flop"]) for row in said(tmp_path / "log"))
    assert flops == [FLOP + i for i in range(ROWS)]
    assert sum(int(row["n"]) for row in said(tmp_path / "rolled")) == ROWS
    assert read_rollup(BytesIO(Layout(tmp_path / "rolled").rollup.read_bytes())).proofs == 3
    for name in ("log", "rolled"):
        assert not fsck(tmp_path / name).findings
        secret = [path.name for path in (tmp_path / name / "secret").iterdir()]
        assert not [each for each in secret if each.startswith(("read-", "rolling-"))]
