"""A workspace whose author wants to be accepted: a file for every module that anything could import there."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path

# Says that it ran, and accepts whatever is asked: prints, then leaves with 0 before anything else is done.
PLANTED = """import os
os.write(os.open({marker!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644), (__name__ + "\\n").encode())
os.write(1, b"Accepted\\n")
os._exit(0)
"""


def names() -> list[str]:
    """Top-level modules: the standard library's, those of every installed package, and what a real run has loaded."""
    code = (
        "import sys, venv, ensurepip, pip._internal.cli.main, pip._internal.commands.install, secrets\n"
        "import zkcompliance.commands.group as group\n"
        "[group.cli.get_command(None, verb) for verb in group.VERBS]\n"
        "import zkcompliance.decide, zkcompliance.report.terminal, zkcompliance.report.html\n"
        "print(*sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    installed = importlib.metadata.packages_distributions()
    found = {name.partition(".")[0] for name in (*ran, *installed, *sys.stdlib_module_names)}
    found |= {"sitecustomize", "usercustomize", "zkcompliance", "pip", "setuptools", "wheel"}
    return sorted(name for name in found if name.isidentifier() and name != "__main__")


def plant(folder: Path, marker: Path) -> None:
    """Every module as a file, and every package that is run with -m as a folder; settings of pip, bash and numba."""
    text = PLANTED.format(marker=str(marker))
    for name in names():
        (folder / f"{name}.py").write_text(text)
    for name in ("pip", "venv", "ensurepip", "zkcompliance", "setuptools"):
        (folder / name).mkdir(exist_ok=True)
        for inside in ("__init__", "__main__"):
            (folder / name / f"{inside}.py").write_text(text)
    for name in ("python", "python3", "zkcompliance", "env", "date", "sed"):
        program = folder / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\necho {name} >> {marker}\nexit 0\n")
        program.chmod(0o755)
    (folder / "pip.conf").write_text("[global]\nindex-url = http://127.0.0.1:9/\nno-index = true\n")
    (folder / "bash-env").write_text(f"echo BASH_ENV >> {marker}; exit 0\n")
    (folder / ".numba_config.yaml").write_text("disable_jit: 1\n")


def environment(folder: Path) -> dict[str, str]:
    """What an earlier step of such a workspace may have left for later ones."""
    return {
        "PYTHONPATH": str(folder), "PYTHONHOME": str(folder), "PYTHONSTARTUP": str(folder / "json.py"),
        "PYTHONINSPECT": "1", "PYTHONWARNINGS": "error", "PYTHONHASHSEED": "nonsense", "PYTHONOPTIMIZE": "2",
        "PYTHONIOENCODING": "ascii:strict", "PYTHONUTF8": "0", "PYTHONUSERBASE": str(folder),
        "BASH_ENV": str(folder / "bash-env"),
        "ENV": str(folder / "bash-env"), "PIP_CONFIG_FILE": str(folder / "pip.conf"), "PIP_NO_INDEX": "1",
        "PIP_TARGET": str(folder / "target"), "PIP_REQUIRE_VIRTUALENV": "1", "NUMBA_DISABLE_JIT": "1",
        "_ZKCOMPLIANCE_COMPLETE": "bash_source", "_PYTHON_M_ZKCOMPLIANCE_COMPLETE": "bash_source",
        "BASH_FUNC_env%%": "() { echo env; return 0; }", "BASH_FUNC_verify%%": "() { return 0; }",
        "BASH_FUNC_printf%%": "() { return 0; }", "SHELLOPTS": "noexec", "CDPATH": str(folder),
    }  # fmt: skip
