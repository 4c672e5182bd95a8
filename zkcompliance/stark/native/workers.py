"""Compiling in several processes at once, each of which is `worker`: LLVM works in one thread of a process at a time.

    parent → worker   one JSON document a line: what it is told first, then a kernel to compile, then nothing more
    worker → parent   one JSON document a line: the kernels there are, then each that is done; at last the number of
                      bytes of an object, and these bytes

A worker is a Python of its own, isolated as a command line is (start.py): no variable and no folder has a say in what
it compiles. Whatever happens here, no worker is left.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from zkcompliance.errors import InternalError, UsageError
from zkcompliance.progress import Progress
from zkcompliance.stark.field.parallel import cores
from zkcompliance.stark.native.target import Target

MOST = 4  # workers; each takes some 250 MB
_STAGE = "compile"


def compiled(modules: Sequence[str], target: Target, progress: Progress) -> list[bytes]:
    """Objects with every declared kernel of the modules. UsageError where Python cannot be started again;
    InternalError, which says why, where a kernel cannot be compiled."""
    path = [each for each in sys.path if Path(each).is_absolute()]  # not the folder that a program happens to run in
    told = {"modules": list(modules), "name": target.name, "features": target.features, "path": path}
    with contextlib.ExitStack() as stack, ThreadPoolExecutor(MOST) as threads:
        workers = [_Worker(stack.enter_context(_started())) for _ in range(min(cores(), MOST))]
        try:
            kernels = min(threads.map(lambda worker: worker.ask(told)["kernels"], workers))
            queue = _Queue(kernels, progress)
            objects = list(threads.map(lambda worker: worker.work(queue), workers))
            queue.count()
        except BaseException:
            for worker in workers:  # or the threads would wait for them
                worker.stop()
            raise
        return objects


class _Queue:
    """The kernels that are left to compile, for several threads; progress: of all of them, and of the last step."""

    def __init__(self, kernels: list[str], progress: Progress) -> None:
        self._left, self._done, self._total = list(reversed(kernels)), 0, len(kernels) + 1
        self._lock, self._progress = threading.Lock(), progress
        progress(_STAGE, 0, self._total)

    def take(self) -> str | None:
        """The next one; None when none is left."""
        with self._lock:
            return self._left.pop() if self._left else None

    def count(self) -> None:
        """One more is done."""
        with self._lock:
            self._done += 1
            self._progress(_STAGE, self._done, self._total)


@contextlib.contextmanager
def _started() -> Iterator[subprocess.Popen[bytes]]:
    start = Path(__file__).parents[2] / "start.py"
    flags = ["-I", "-X", "utf8", *(["-B"] if sys.flags.dont_write_bytecode else [])]
    command = [sys.executable, *flags, str(start), "zkcompliance.stark.native.worker"]
    pipe = subprocess.PIPE
    try:
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env={}, cwd="/")
    except (OSError, ValueError) as error:
        raise UsageError(f"the proof engine is compiled by this Python, which cannot be started: {error}") from error
    with process:
        try:
            yield process
        finally:
            process.kill()


class _Worker:
    """One process, and what is said to it."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process

    def stop(self) -> None:
        self.process.kill()

    def ask(self, document: Any) -> Any:
        """Its answer to a document; InternalError where it has none, or says that it failed."""
        self._say(document)
        return self._hear()

    def work(self, queue: _Queue) -> bytes:
        """Compile what the queue gives, one after the other, until it is empty; the object of all of them."""
        while (kernel := queue.take()) is not None:
            self.ask({"kernel": kernel})
            queue.count()
        size = self.ask({"kernel": None})["bytes"]
        data: bytes = self._output().read(size)
        if len(data) != size:
            raise self._ended()
        return data

    def _say(self, document: Any) -> None:
        stdin = self.process.stdin
        if stdin is None:
            raise self._ended()
        try:
            stdin.write(json.dumps(document).encode() + b"\n")
            stdin.flush()
        except OSError as error:
            raise self._ended() from error

    def _output(self) -> Any:
        return self.process.stdout

    def _hear(self) -> Any:
        line = self._output().readline()
        if not line:
            raise self._ended()
        answer = json.loads(line)
        if "error" in answer:
            raise InternalError(f"the proof engine could not be compiled: {answer['error']}")
        return answer

    def _ended(self) -> InternalError:
        return InternalError(f"a process that compiles the proof engine ended with status {self.process.wait()}")
