"""The memory of a command line holds keys and rows: no core dump is written of it. A library leaves that be."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.regulated_lab import OWN_CLAIM
from tests.kit.starting import Started

LOOKING = """
import ctypes, resource, sys
from zkcompliance import start
from zkcompliance.claim import catalogue
load = catalogue.load
def look(name, *given):
    print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
    return load(name, *given)
catalogue.load = look
sys.argv[0] = "zkcompliance"
start.program("zkcompliance.commands.group")
"""
CALLING = """
import ctypes, resource
def look(): return resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)
first = look()
import zkcompliance as zk
try: {call}
except zk.ZkComplianceError: pass
assert look() == first, look()
"""


def raised() -> None:
    """As far as this process may: what a careless shell sets."""
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


def test_while_a_proof_is_read(verify: Started, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "proof")
    running = verify.start(tmp_path / "proof", stderr=subprocess.PIPE, preexec_fn=raised)
    end = os.open(tmp_path / "proof", os.O_WRONLY)
    (line,) = [x for x in Path(f"/proc/{running.pid}/limits").read_text().splitlines() if x.startswith("Max core")]
    os.close(end)
    running.communicate(timeout=60)
    assert line.split()[4:6] == ["0", "0"]


def test_while_code_of_a_verb_runs(tmp_path: Path) -> None:
    """Neither a file nor a program is given a dump, and no other process of the user reads the memory."""
    (tmp_path / "own.py").write_text(OWN_CLAIM)
    isolated = Started((sys.executable, "-I", "-X", "utf8", "-c", LOOKING))
    done = isolated.run("explain", tmp_path / "own.py", preexec_fn=raised)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b"(0, 0) 0\n")


@pytest.mark.parametrize(
    "call", ["zk.keygen('key', 'lab.example/x')", "zk.open_log('log', schema='compute', key='key')"]
)
def test_a_library_call_changes_nothing_of_its_callers_process(tmp_path: Path, call: str) -> None:
    code = CALLING.format(call=call)
    path = {"PYTHONPATH": str(Path(__file__).parents[2]), "HOME": str(Path.home())}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=path, capture_output=True, preexec_fn=raised)
    assert done.returncode == 0, done.stderr
