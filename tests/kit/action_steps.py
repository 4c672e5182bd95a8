"""The GitHub Action's steps, run as the runner runs them."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
INSTALL, VERIFY = ACTION["runs"]["steps"]
EXPRESSION = re.compile(r"\$\{\{\s*([a-z_.-]+)\s*\}\}")


def run_step(
    step: dict[str, Any], inputs: dict[str, str], folder: Path, runner: Path, **planted: str
) -> subprocess.CompletedProcess[str]:
    """As the runner does: the script in a file, the step's own shell, inputs from the env block alone.

    planted: variables that earlier steps left in the environment.
    """
    known = {f"inputs.{name}": str(one.get("default", "")) for name, one in ACTION["inputs"].items()}
    known |= {f"inputs.{name}": value for name, value in inputs.items()} | {"github.action_path": str(ROOT)}
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(runner), "RUNNER_TEMP": str(runner), "GITHUB_WORKSPACE": str(folder),
        "GITHUB_STEP_SUMMARY": str(runner / "summary"), "GITHUB_OUTPUT": str(runner / "output"),
        **planted, **{name: EXPRESSION.sub(lambda found: known[found[1]], text) for name, text in step["env"].items()},
    }  # fmt: skip
    script = runner / "script.sh"
    script.write_text(step["run"])
    command = shlex.split(step["shell"].replace("{0}", shlex.quote(str(script))))
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
