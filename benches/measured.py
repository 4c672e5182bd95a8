"""Processes of one checkout or another, and what they took: the least of several runs, by turns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
# the first command of a machine: kernels are kept in the folder that is its first argument
FRESH = (
    "import sys\nfrom pathlib import Path\nfrom zkcompliance.stark.native import kept\n"
    "place = Path(sys.argv.pop(1))\nkept.folder = lambda: place\n"
    "from zkcompliance.commands import group\ngroup.run()\n"
)
_MIB = 1 << 20 if sys.platform == "darwin" else 1 << 10  # of ru_maxrss


class NotMeasured(Exception):
    """A process ended badly; the message is the last line that it wrote."""


@dataclass(frozen=True)
class Figures:
    """Of one run. memory: MiB that the operating system saw at most; size: bytes of the proof, 0 where there is none.

    statement: what was proved, equal where it was the same relation; "" where that is not known.
    """

    seconds: float
    cpu: float
    memory: float
    size: int = 0
    statement: str = ""


def environment() -> dict[str, str]:
    """This process's, where Python keeps what it compiled: otherwise every process compiles all that it imports."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def run(arguments: Iterable[object], **options: Any) -> tuple[Figures, str]:
    """A whole process and what it wrote. options: as `Popen` has them; without `env` it is `environment`."""
    options.setdefault("env", environment())
    began = time.perf_counter()
    try:
        child = subprocess.Popen(
            list(map(str, arguments)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options
        )
    except OSError as error:
        raise NotMeasured(str(error)) from error
    assert child.stdout is not None
    printed = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - began
    child.stdout.close()
    if child.returncode:
        raise NotMeasured(printed.strip().split("\n")[-1])
    return Figures(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / _MIB), printed


@dataclass(frozen=True)
class Checkout:
    """A folder with a checkout, whose virtual environment is `.venv` in it."""

    root: Path

    def python(self, *arguments: object, folder: Path | None = None) -> tuple[Figures, str]:
        """A whole process of its Python, with its own package and its own benches; its output."""
        return self.process([self.root / ".venv" / "bin" / "python", *arguments], folder)

    def command(self, *arguments: object, folder: Path | None = None) -> tuple[Figures, str]:
        """A whole command line of its zkcompliance."""
        return self.python("-m", "zkcompliance", *arguments, folder=folder)

    def shell(self, text: str, folder: Path) -> tuple[Figures, str]:
        """A block of a page, run in a folder with its commands."""
        return self.process(["bash", "-euo", "pipefail", "-c", text], folder)

    def process(self, arguments: list[Any], folder: Path | None) -> tuple[Figures, str]:
        path = f"{self.root / '.venv' / 'bin'}:/usr/bin:/bin"
        own = {"PATH": path, "PYTHONPATH": str(self.root), "CHECKOUT": str(self.root), "NO_COLOR": "1"}
        return run(arguments, cwd=folder, env={**environment(), **own})

    def script(self, name: str, *arguments: object) -> tuple[Figures, dict[str, Any]]:
        """One of its benches that prints figures as JSON in its last line."""
        path = self.root / "benches" / name
        if not path.exists():
            raise NotMeasured(f"this checkout has no benches/{name}")
        return self.figures(path, *arguments)

    def figures(self, path: Path, *arguments: object) -> tuple[Figures, dict[str, Any]]:
        """The same of a file that may be of another checkout: with this one's Python, and this one's package."""
        figures, printed = self.python(path, *arguments)
        last = printed.strip().split("\n")[-1]
        try:
            found: dict[str, Any] = json.loads(last)
        except ValueError:
            raise NotMeasured(f"its last line is no JSON: {last}") from None
        return figures, found


def least(runs: list[Figures]) -> Figures:
    """The least seconds, the least CPU seconds, the most memory; size and statement are the last run's."""
    return replace(
        runs[-1],
        seconds=min(run.seconds for run in runs),
        cpu=min(run.cpu for run in runs),
        memory=max(run.memory for run in runs),
    )


def by_turns(
    measure: Callable[[Checkout], Mapping[str, Figures]], checkouts: Mapping[str, Checkout], runs: int
) -> tuple[dict[str, dict[str, Figures]], dict[str, str]]:
    """By checkout, the least figures of each row that `measure` gives; by checkout why there are none."""
    found: dict[str, dict[str, list[Figures]]] = {name: {} for name in checkouts}
    reasons: dict[str, str] = {}
    for _ in range(runs):
        for name, checkout in checkouts.items():
            if name in reasons:
                continue
            try:
                for row, figures in measure(checkout).items():
                    found[name].setdefault(row, []).append(figures)
            except NotMeasured as reason:
                reasons[name] = str(reason)
    kept = {name: rows for name, rows in found.items() if name not in reasons}
    return {name: {row: least(each) for row, each in rows.items()} for name, rows in kept.items()}, reasons
