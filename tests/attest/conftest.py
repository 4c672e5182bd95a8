"""A proof that is made once, and the packages of npm that read envelopes."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.kit import attesting

NPM = Path(__file__).parent / "npm"


@pytest.fixture(scope="session")
def proof_file() -> bytes:
    return attesting.proof_file()


@pytest.fixture(scope="session")
def npm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the pinned packages installed; skipped where there is no npm, or nowhere to install from."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("node and npm are not installed")
    folder = tmp_path_factory.mktemp("npm")
    for name in ("package.json", "package-lock.json", "verify.js"):
        shutil.copy(NPM / name, folder)
    command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, env=os.environ)
    except subprocess.TimeoutExpired:
        pytest.skip("the npm registry cannot be reached (no answer)")
    if done.returncode and any(word in done.stderr for word in ("ENOTFOUND", "ECONN", "ETIMEDOUT", "EAI_AGAIN", "E5")):
        pytest.skip(f"the npm registry cannot be reached: {done.stderr[:200]}")
    assert done.returncode == 0, done.stderr
    return folder
