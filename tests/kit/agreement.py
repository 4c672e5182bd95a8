"""Two verifiers side by side: the installed one and the one file, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.kit import support

WORKER = Path(__file__).parents[1] / "standalone" / "worker.py"
MEMORY = 1 << 30  # of the one-file verifier, bytes


@dataclass(frozen=True)
class Answer:
    """What one command line gave. work, in pieces, is not compared."""

    status: str
    out: str
    err: str
    work: float

    @property
    def code(self) -> str:
        """Of the error; empty where there is none."""
        first = self.err.partition("\n")[0]
        return first.removeprefix("error[").partition("]")[0] if first.startswith("error[") else first

    @property
    def decision(self) -> tuple[str, str]:
        return self.status, self.code


class Verifier:
    """A worker process: `installed`, or the path of the one file, without site-packages and isolated.

    tree: the checkout that `installed` is of, if not this one.
    """

    def __init__(self, which: str | Path, tree: Path | None = None) -> None:
        if which == "installed":
            own = {} if tree is None else {"PYTHONPATH": str(tree)}
            flags, environment, limit = [], {**support.ENVIRONMENT, **own}, 0
        else:  # isolated, but for the path that is the file alone
            flags, environment, limit = ["-P", "-s", "-S", "-W", "error"], {"PYTHONPATH": str(which)}, MEMORY
        self._process = subprocess.Popen(
            [sys.executable, *flags, WORKER, str(which), str(limit)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip

    def ask(self, asked: list[str] | dict[str, str]) -> Answer:
        """A command line, or the input of a parser (see the worker)."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return Answer(*json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)
        assert self._process.stdout is not None
        self._process.stdout.close()


class Both:
    """The installed verifier and the one file."""

    def __init__(self, pyz: Path, tree: Path | None = None) -> None:
        self._verifiers = Verifier("installed", tree), Verifier(pyz)
        self._pool = ThreadPoolExecutor(2)

    def ask(self, arguments: Iterable[str | Path]) -> tuple[Answer, Answer]:
        return self._each([str(each) for each in arguments])

    def take(self, kind: str, text: str, *, key: str = "", trust: str = "") -> tuple[Answer, Answer]:
        return self._each({"kind": kind, "text": text, "key": key, "trust": trust})

    def _each(self, given: list[str] | dict[str, str]) -> tuple[Answer, Answer]:
        first, second = self._pool.map(lambda verifier: verifier.ask(given), self._verifiers)
        return first, second

    def close(self) -> None:
        for verifier in self._verifiers:
            verifier.close()
        self._pool.shutdown()
