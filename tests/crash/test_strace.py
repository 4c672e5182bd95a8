"""Faults at the system calls of a small append and seal, injected by strace: killed, EIO, ENOSPC, nothing written.

After each, the next writer finds exactly what was acknowledged, `fsck` has no remark, and sealing goes on. By default a
sample of the calls; with `-m long` every one.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit import support

FAULTS = {"kill": "signal=SIGKILL", "io": "error=EIO", "full": "error=ENOSPC"}
NEVER_FAIL = {"exit_group", "mmap", "munmap", "mremap", "brk", "ioctl", "lseek", "getrandom", "futex", "rt_sigaction"}


class Worker:
    """A strace_worker process."""

    def __init__(self, scratch: Path, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.strace_worker", str(scratch), *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=support.ENVIRONMENT,
        )  # fmt: skip

    def ask(self, line: str) -> str:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if not answer:
            _, error = self.process.communicate()
            if error.startswith("strace:"):
                pytest.skip(f"NOT TESTED: {error.strip()}")
            raise AssertionError(error)
        return answer


@contextlib.contextmanager
def started(scratch: Path, *options: str) -> Iterator[Worker]:
    if shutil.which("strace") is None:
        pytest.skip("NOT TESTED: system call faults (strace is not installed)")
    made = Worker(scratch, *options)
    try:
        yield made
    finally:
        for stream in (made.process.stdin, made.process.stdout, made.process.stderr):
            if stream:
                stream.close()
        made.process.wait()


def run(worker: Worker, step: int, start: int) -> Counter[str]:
    """Every step-th of all (call, fault) pairs, from the start-th; the outcomes seen."""
    made = worker.ask("all - 0").split()
    assert {"openat", "write", "fsync", "rename", "mkdir"} <= set(made)
    seen: Counter[str] = Counter()
    cases = []
    for kind, fault in FAULTS.items():
        counts: Counter[str] = Counter()
        for call in made:
            counts[call] += 1
            if kind == "kill" or call not in NEVER_FAIL:
                cases.append((call, fault, counts[call]))
    cases += [("write", "retval=0", n) for n in range(1, made.count("write") + 1)]
    wrong = []
    for call, fault, count in cases[start::step]:
        answer = worker.ask(f"{call} {fault} {count}")
        seen[answer] += 1
        if answer != "done" and not answer.endswith(" ok"):
            wrong.append(f"{call} {fault} {count}: {answer}")
    assert not wrong, "\n".join(wrong)
    return seen


def test_faults_at_some_system_calls(tmp_path: Path) -> None:
    with started(tmp_path) as worker:
        seen = run(worker, 31, 3)
    assert sum(seen.values()) - seen["done"] > 18


def test_faults_while_a_log_is_created(tmp_path: Path) -> None:
    with started(tmp_path, "--create") as worker:
        seen = run(worker, 29, 5)
    assert sum(seen.values()) - seen["done"] > 4


def test_a_close_that_fails_while_a_log_is_created(tmp_path: Path) -> None:
    """Also the very last one, when the log has its place already."""
    with started(tmp_path, "--create") as worker:
        answers = []
        while (answer := worker.ask(f"close error=EIO {len(answers) + 1}")) != "done":
            answers.append(answer)
    assert len(answers) > 5 and answers[-1] == "C. ok" and all(each.endswith(" ok") for each in answers), answers


@pytest.mark.long
def test_faults_at_every_system_call(tmp_path: Path) -> None:
    with started(tmp_path) as worker:
        seen = run(worker, 1, 0)
    for outcome in ("x ok", "!log ok", "Ax ok", "A!log ok", "ASx ok", "AS!log ok", "ASL. ok"):
        assert seen[outcome], seen


@pytest.mark.long
def test_faults_at_every_system_call_of_a_creation(tmp_path: Path) -> None:
    with started(tmp_path, "--create") as worker:
        seen = run(worker, 1, 0)
    for outcome in ("x ok", "!log ok", "C. ok"):
        assert seen[outcome], seen
