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
MADE = {"commit": 5 + 3, "group": 3, "proof": 3}
KIND = {"seal": "commit", "group": "group", "prove": "proof"}
DISTURBED = ("seal-worker", "seal-coordinator", "group-worker", "prove-worker", "prove-coordinator")
CASES = ("nothing-nobody", *DISTURBED)


@pytest.fixture(scope="module", params=["local", "dask"])
def where(request: pytest.FixtureRequest) -> str:
    """Who does the work: processes of this machine, or Dask's workers."""
    if request.param == "dask":
        pytest.importorskip("distributed", reason="SKIPPED: no cluster is tried, pip install 'zkcompliance[cluster]'")
    return str(request.param)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, where: str) -> Path:
    path = tmp_path_factory.mktemp("killed")
    for case in CASES:
        (path / case).mkdir()
        for name in ("key", "rolled.key"):
            assert run("keygen", f"lab.example/{where}/{case}/{name}", "-o", path / case / name).exit_code == 0
        lines = [json.dumps({**ROW, "run": f"r{i % 5}", "flop": str(FLOP + i)}) for i in range(ROWS)]
        (path / case / "rows.jsonl").write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def found(folder: Path, where: str) -> dict[str, Any]:
    """What was found in each case."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.cli.cluster_killed_run", where, str(folder)], text=True, capture_output=True,
        env=support.ENVIRONMENT, timeout=900, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


@pytest.mark.parametrize("case", CASES)
def test_killed_in_the_middle(folder: Path, found: dict[str, Any], case: str) -> None:
    disturbed, _, who = case.partition("-")
    got, plain = found[case], found["nothing-nobody"]
    assert got["left"] == plain["left"]
    again = {"seal" if disturbed == "seal" else "roll-up": 2} if who == "coordinator" else {}
    assert got["times"] == {"seal": 1, "roll-up": 1} | again
    for kind, count in MADE.items():
        in_hand = {"worker": 1, "coordinator": 2}.get(who, 0) if kind == KIND.get(disturbed) else 0
        assert count <= got["made"][kind] <= count + in_hand  # its own piece; or one of each of two workers
    assert [each.rows for each in SealedLog.open(folder / case / "log").segments] == [64, 64, 64, 64, 44]
    flops = sorted(int(row["flop"]) for row in said(folder / case / "log"))
    assert flops == [FLOP + i for i in range(ROWS)]
    assert sum(int(row["n"]) for row in said(folder / case / "rolled")) == ROWS
    assert read_rollup(BytesIO(Layout(folder / case / "rolled").rollup.read_bytes())).proofs == MADE["proof"]
    for name in ("log", "rolled"):
        assert not fsck(folder / case / name).findings
        secret = [path.name for path in (folder / case / name / "secret").iterdir()]
        assert not [each for each in secret if each.startswith(("read-", "rolling-0"))]
