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


CASES = ("nothing-nobody", *(f"{work}-{who}" for work in ("seal", "roll-up") for who in ("worker", "coordinator")))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("distributed", reason="SKIPPED: no cluster is tried, pip install 'zkcompliance[cluster]'")
    path = tmp_path_factory.mktemp("killed")
    for case in CASES:
        (path / case).mkdir()
        for name in ("key", "rolled.key"):
            assert run("keygen", f"lab.example/{case}/{name}", "-o", path / case / name).exit_code == 0
        lines = [json.dumps({**ROW, "run": f"r{i % 5}", "flop": str(FLOP + i)}) for i in range(ROWS)]
        (path / case / "rows.jsonl").write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def found(folder: Path) -> dict[str, Any]:
    """What was found in each case, all of which one cluster did."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.cli.cluster_killed_run", str(folder)], text=True, capture_output=True,
        env=support.ENVIRONMENT, timeout=900, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


@pytest.mark.parametrize("case", CASES)
def test_killed_in_the_middle(folder: Path, found: dict[str, Any], case: str) -> None:
    disturbed, _, who = case.rpartition("-")
    got, plain = found[case], found["nothing-nobody"]
    assert got["left"] == plain["left"]
    assert got["times"] == {"seal": 1, "roll-up": 1} | ({disturbed: 2} if who == "coordinator" else {})
    for kind, count in (("commit", COMMITS), ("proof", PROOFS)):
        lost = 2 if kind == {"seal": "commit", "roll-up": "proof"}.get(disturbed) else 0
        assert count <= got["made"][kind] <= count + lost  # of two workers, each may have had a piece in hand
    assert [each.rows for each in SealedLog.open(folder / case / "log").segments] == [64, 64, 64, 64, 44]
    flops = sorted(int(row["flop"]) for row in said(folder / case / "log"))
    assert flops == [FLOP + i for i in range(ROWS)]
    assert sum(int(row["n"]) for row in said(folder / case / "rolled")) == ROWS
    assert read_rollup(BytesIO(Layout(folder / case / "rolled").rollup.read_bytes())).proofs == PROOFS
    for name in ("log", "rolled"):
        assert not fsck(folder / case / name).findings
        secret = [path.name for path in (folder / case / name / "secret").iterdir()]
        assert not [each for each in secret if each.startswith(("read-", "rolling-0"))]
