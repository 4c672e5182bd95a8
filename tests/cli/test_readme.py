"""Every block of the README does what it says; `.ci/run` runs its two commands as they stand."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
SHELL = [text for language, text in BLOCKS if language == "sh"]
PYTHON = [text for language, text in BLOCKS if language == "python"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty place: all that the README needs, it makes."""
    return tmp_path_factory.mktemp("readme")


def run(text: str, folder: Path) -> str:
    """Run shell lines with the installed commands in front of the path."""
    bin_folder = Path(sys.executable).parent
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text],
        cwd=folder,
        env={"PATH": f"{bin_folder}:/usr/bin:/bin", "HOME": str(folder), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_blocks_are_all_known() -> None:
    assert (len(SHELL), len(PYTHON), len(BLOCKS)) == (5, 1, 6)


def test_demo(folder: Path) -> None:
    installed = SHELL[0].rstrip().rpartition("/")[2]
    assert installed == "zkcompliance demo"
    assert "ACCEPTED" in run(installed, folder).upper()


def test_lab_then_regulator(folder: Path) -> None:
    for block in SHELL[2:4]:
        run(block, folder)
    assert "Accepted: " in run(SHELL[4], folder)
    assert (folder / "verdict.html").is_file()


def test_a_step_that_was_left_out_says_what_to_give(tmp_path: Path) -> None:
    key = run("zkcompliance keygen example.com/lab/compute -o lab.key", tmp_path)
    assert "lab.key.pub" in key
    said = run("zkcompliance seal run.jsonl --schema compute --log l --key lab.key 2>&1 || true", tmp_path)
    assert "error[import]: run.jsonl: No such file or directory\nhelp: give a file that is there" in said


def test_python(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PYTHON[0]], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) >= 128
