"""Inspect itself, where it is installed: what its hook seals while it runs is what the importer reads from its logs."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

import zkcompliance as zk
from tests.kit.inspect_tasks import TASKS, TOOLS
from zkcompliance.quantities import show_id
from zkcompliance.quantities.ids import text_id

pytestmark = pytest.mark.skipif(
    TOOLS is None, reason="NOT RUN: no hook of a tool; ZKC_TOOLS_PYTHON names a Python with inspect_ai and zkcompliance"
)
HOOK = """
import logging
from zkcompliance.live.inspect_ai import seal_evals
live = seal_evals("live", key="key")
"""
SLOW = (
    TASKS.partition("half = ")[0]
    + """
import anyio
@solver
def slow():
    async def solve(state, generate):
        await anyio.sleep(0.02 * state.sample_id)
        state.output = ModelOutput.from_content("mockllm", "an answer")
        return state
    return solve
data = MemoryDataset([Sample(id=n, input="q", target="t") for n in range(1, 500)], name="d")
one = made("one", [accuracy()], lambda state: True)
eval(Task(name="slow", dataset=data, solver=slow(), scorer=one), model="mockllm/model", log_dir="logs", display="none",
     max_samples=500)
"""
)


def rows(log: Path, suite: str) -> list[dict[str, object]]:
    """Of one suite, by what they are of; without what is the run's and not the sample's."""
    digest = show_id(text_id(suite))
    kept = [row for row in zk.read_rows(log) if row["suite"] == digest]
    return sorted(({k: v for k, v in row.items() if k != "status"} for row in kept), key=str)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[object]]]:
    """The folder, and by task what Inspect says: status, path, means, samples, retries."""
    folder = tmp_path_factory.mktemp("live")
    zk.keygen(folder / "key", "lab.example/evals")
    done = subprocess.run([str(TOOLS), "-c", HOOK + TASKS], cwd=folder, capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    return folder, {name: rest for name, *rest in lines}


@pytest.mark.parametrize("name", ["retried", "passed", "failed", "stopped"])
def test_rows_are_those_of_the_log(ran: tuple[Path, dict[str, list[object]]], name: str, tmp_path: Path) -> None:
    """To the digit; and sealing the tool's own log afterwards brings nothing twice."""
    folder, stated = ran
    _, path, _, samples, retries = stated[name]
    command = [sys.executable, "-m", "zkcompliance", "seal", str(path), "--set", "incomplete=yes"]
    zk.keygen(tmp_path / "key", "lab.example/again")
    whole = ["--log", str(tmp_path / "log"), "--key", str(tmp_path / "key")]
    subprocess.run([*command, *whole], check=True, capture_output=True)
    live = rows(folder / "live", f"{name}@0")
    assert live == rows(tmp_path / "log", f"{name}@0") and len(live) == samples + retries
    more = ["--log", str(folder / "live"), "--key", str(folder / "key")]
    again = subprocess.run([*command, *more], check=False, capture_output=True, text=True)
    assert "already-sealed" in again.stderr


def test_killed(tmp_path: Path) -> None:
    """Killed −9 while samples end: each that had ended is there, and the next start seals it."""
    zk.keygen(tmp_path / "key", "lab.example/evals")
    with subprocess.Popen([str(TOOLS), "-c", HOOK + SLOW], cwd=tmp_path, stdout=subprocess.DEVNULL) as process:
        last = time.monotonic() + 300
        while not [each for each in tmp_path.glob("live/secret/spool-*") if each.stat().st_size > 10_000]:
            assert time.monotonic() < last and process.poll() is None
            time.sleep(0.05)
        process.kill()
    with zk.open_log(tmp_path / "live", key=tmp_path / "key") as log:
        log.seal()
    found = rows(tmp_path / "live", "slow@0")
    assert len(found) > 20 and {row["score"] for row in found} == {1_000_000}
    assert len({str(row["item"]) for row in found}) == len(found)
