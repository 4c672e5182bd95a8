"""Nothing of the workspace that is judged is run: neither by the Action nor by the pre-commit hook."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from tests.kit import planting
from tests.kit.action_steps import INSTALL, VERIFY, run_step
from tests.kit.releasing import POLICY, Release

ROOT = Path(__file__).parents[2]
(HOOK,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
ASKED = {"proof": "release.zkp", "policy": POLICY, "log-keys": "compute=lab.key.pub\n", "subject": "lab/model=model"}
OLD = [
    path
    for path in sorted(Path.home().glob(".pyenv/versions/3.*/bin/python"))
    if int(path.parts[-3].split(".")[1]) < 11
]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory, release: Release) -> Path:
    """The release, with everything planted around it."""
    made = tmp_path_factory.mktemp("workspace")
    for name in ("release.zkp", "lab.key.pub", "other.key.pub"):
        shutil.copy(release.folder / name, made / name)
    shutil.copytree(release.folder / "model", made / "model")
    planting.plant(made, made / "ran")
    return made


@pytest.fixture
def runner(tmp_path: Path, release: Release) -> Path:
    (tmp_path / "zkcompliance").mkdir()
    (tmp_path / "zkcompliance" / "bin").symlink_to(release.programs)
    for name in ("summary", "output"):
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize("left", [False, True], ids=["files", "files-and-environment"])
@pytest.mark.parametrize(("key", "status"), [("lab.key.pub", 0), ("other.key.pub", 1)])
def test_the_step_that_verifies(workspace: Path, runner: Path, left: bool, key: str, status: int) -> None:
    planted = planting.environment(workspace) if left else {}
    if left:
        planted["PATH"] = f"bin:{workspace / 'bin'}:.:{os.environ['PATH']}"
    done = run_step(VERIFY, {**ASKED, "log-keys": f"compute={key}"}, workspace, runner, **planted)
    assert done.returncode == status, done.stdout + done.stderr
    assert f"accepted={'false' if status else 'true'}\nexit-status={status}\n" in (runner / "output").read_text()
    assert "Accepted: all" in done.stdout if status == 0 else "error[signature-rejected]" in done.stdout
    assert not (workspace / "ran").exists(), (workspace / "ran").read_text()


def test_without_isolation_the_planted_files_are_run(workspace: Path) -> None:
    for program in ("venv", "pip", "zkcompliance"):
        done = subprocess.run([sys.executable, "-m", program], cwd=workspace, capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (0, "Accepted\n")
        (workspace / "ran").unlink()


def tiny(folder: Path) -> Path:
    """A wheel that needs no network."""
    wheel = folder / "tiny-1.0-py3-none-any.whl"
    record = "tiny-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr("tiny.py", "print('tiny')\n")
        file.writestr(f"{record}/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        file.writestr(f"{record}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{record}/RECORD", f"tiny.py,,\n{record}/METADATA,,\n{record}/WHEEL,,\n{record}/RECORD,,\n")
    return wheel


def test_the_step_that_installs(workspace: Path, tmp_path: Path) -> None:
    asked = {"package": str(tiny(tmp_path)), "python": sys.executable}
    done = run_step(INSTALL, asked, workspace, tmp_path, **planting.environment(workspace))
    assert done.returncode == 0, done.stdout + done.stderr
    python = tmp_path / "zkcompliance" / "bin" / "python"
    assert subprocess.run([python, "-I", "-m", "tiny"], capture_output=True, text=True).stdout == "tiny\n"
    assert not (workspace / "ran").exists(), (workspace / "ran").read_text()
    assert not (workspace / "target").exists()


@pytest.mark.parametrize("key", ["lab.key.pub", "other.key.pub"])
def test_the_hook(workspace: Path, release: Release, key: str) -> None:
    """As pre-commit runs it: in the repository's folder, with its own environment's programs first."""
    args = ["release.zkp", f"--policy={POLICY}", f"--log-key=compute={key}", "--subject=lab/model=model"]
    left = planting.environment(workspace)
    path = f"{release.programs}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [*shlex.split(HOOK["entry"], comments=True), *args],
        cwd=workspace, env={"PATH": path, **left}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == (0 if key == "lab.key.pub" else 1), done.stdout + done.stderr
    assert not (workspace / "ran").exists(), (workspace / "ran").read_text()


@pytest.mark.parametrize("python", OLD[:2], ids=str)
def test_a_python_that_is_too_old(python: Path, workspace: Path, runner: Path) -> None:
    done = run_step(INSTALL, {"python": str(python)}, workspace, runner)
    assert done.returncode == 2 and "needs Python 3.11 or newer, this is Python 3." in done.stdout
    assert (runner / "output").read_text() == "exit-status=2\n" and "exit status 2" in (runner / "summary").read_text()


@pytest.mark.parametrize("python", ["no-such-python", "--help", "A=b", "$(touch ran)"])
def test_a_python_that_is_none(python: str, workspace: Path, runner: Path) -> None:
    done = run_step(INSTALL, {"python": python}, workspace, runner)
    assert done.returncode == 2 and "error[usage]: python cannot be run" in done.stdout
    assert not (workspace / "ran").exists()
