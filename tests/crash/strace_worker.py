"""Run by test_strace in a process of its own: for each line on stdin, work on a copy of a log in a forked child.

A line is `SYSCALL FAULT COUNT`: strace injects FAULT (as its `inject=` has it) into the COUNT-th SYSCALL that the child
makes once it is attached. The answer is one line: what the child said, or how it died, and whether what was
acknowledged is there afterwards. A count past the last such call answers `done`. The line `all - 0` injects nothing and
answers with the name of every system call that was made, in order. With `--create` the work is to create a log.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.kit.quick_logs import KEY, SCHEMA, quicken, some_rows
from zkcompliance import schemas
from zkcompliance.errors import ZkComplianceError
from zkcompliance.log import leftovers, open_log, rows
from zkcompliance.log.fsck import fsck
from zkcompliance.log.writer import Writer, create_log

OLD, FIRST, SEALED, LAST = 3, 2, 14, 2


class Board:
    """Memory that parent and child share: no system call of the harness is in a fault's way."""

    def __init__(self) -> None:
        self.memory = mmap.mmap(-1, 4096)

    def tell(self, text: str) -> None:
        data = self.said.encode() + text.encode(errors="replace")[:2000]
        self.memory[2 : 2 + len(data)] = data
        self.memory[1] = 1

    @property
    def said(self) -> str:
        return self.memory[2:].rstrip(b"\0").decode(errors="replace")


def work(folder: Path, board: Board) -> None:
    """Append, seal with more rows as two segments, append; each acknowledgement goes to the board."""
    with Writer(folder, KEY) as writer:
        writer.append_rows(some_rows(100, FIRST))
        board.tell("A")
        writer.seal(some_rows(102, SEALED - FIRST))
        board.tell("S")
        writer.append_rows(some_rows(200, LAST))
        board.tell("L")
    open_log(folder)


def create(folder: Path, board: Board) -> None:
    """Create a log; the acknowledgement goes to the board."""
    create_log(folder, SCHEMA, KEY)
    board.tell("C")


def child(folder: Path, board: Board) -> None:
    """Wait until strace is attached, work, and say how it went; never returns."""
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_ulong(-1 & 0xFFFFFFFFFFFFFFFF), 0, 0, 0)  # anybody may trace it
    while not board.memory[0]:
        pass
    try:
        WORK(folder, board)
        board.tell(".")
    except ZkComplianceError as error:
        board.tell("!" + error.code)
    except BaseException as error:
        board.tell("?" + repr(error))
    os._exit(0)


def traced(folder: Path, syscall: str, fault: str, count: int) -> tuple[str, bool]:
    """(what the child said, whether the fault was injected)."""
    board = Board()
    pid = os.fork()
    if pid == 0:
        child(folder, board)
    output = folder.with_name("strace.txt")
    output.unlink(missing_ok=True)
    inject = [] if syscall == "all" else ["-e", f"trace={syscall}", "-e", f"inject={syscall}:{fault}:when={count}"]
    command = ["strace", "-qq", "-o", str(output), "-p", str(pid), *inject]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE)
    while "TracerPid:\t0\n" in (status := Path(f"/proc/{pid}/status").read_text()):
        if tracer.poll() is not None:
            os.kill(pid, 9)
            os.waitpid(pid, 0)
            sys.exit(f"strace: {tracer.stderr.read().decode() if tracer.stderr else status}")
    board.memory[0] = 1
    _, status = os.waitpid(pid, 0)
    tracer.communicate()
    killed = os.WIFSIGNALED(status)
    return board.said + ("x" if killed else ""), killed or "(INJECTED)" in output.read_text()


def judge(folder: Path, said: str) -> str:
    """`ok`, or what is wrong with the log now."""
    if "?" in said:
        return "untyped"
    with Writer(folder, KEY) as writer:
        waiting = writer.pending_rows
    health = fsck(folder)
    if health.findings:
        return f"findings: {health.findings}"
    log = open_log(folder)
    found = [r["at"] for s in log.segments for r in schemas.decode_rows(SCHEMA, s.load_columns())]
    before, after = list(range(OLD)), [*range(OLD), *range(100, 100 + SEALED)]
    acknowledged = said.rstrip("x.").partition("!")[0]
    allowed = {
        "": [(before, 0), (before, FIRST)],
        "A": [(before, FIRST), (after, 0)],
        "AS": [(after, 0), (after, LAST)],
        "ASL": [(after, LAST)],
    }[acknowledged]
    if (found, waiting) not in allowed:
        return f"{len(found)} sealed, {waiting} pending"
    with Writer(folder, KEY) as writer:
        writer.seal(some_rows(300, 1))
    return "ok" if not fsck(folder).findings else "cannot go on"


def judge_new(folder: Path, said: str) -> str:
    """The log is there whole, or it is not and can be made; `ok`, or what is wrong."""
    if "?" in said or ("C" in said and not folder.exists()):
        return "untyped" if "?" in said else "gone"
    if not folder.exists():
        leftovers.AGE_SECONDS = -1
        create_log(folder, SCHEMA, KEY)
    hidden = [path.name for path in folder.parent.glob(".*")]
    return "ok" if not fsck(folder).findings and not hidden else f"left {hidden}"


def main(scratch: Path) -> None:
    quicken()
    rows.MAX_ROWS = 8
    base = scratch / "base"
    create_log(base, SCHEMA, KEY)
    with Writer(base, KEY) as writer:
        writer.seal(some_rows(0, OLD))
    for line in sys.stdin:
        syscall, fault, count = line.split()
        folder = scratch / "log"
        shutil.rmtree(folder, ignore_errors=True)
        if WORK is work:
            shutil.copytree(base, folder)
        said, injected = traced(folder, syscall, fault, int(count))
        if syscall == "all":
            made = [line.partition("(")[0] for line in (scratch / "strace.txt").read_text().splitlines()]
            print(" ".join(name for name in made if name.isidentifier()), flush=True)
        else:
            judged = judge if WORK is work else judge_new
            print(f"{said} {judged(folder, said)}" if injected else "done", flush=True)


WORK = create if "--create" in sys.argv else work

if __name__ == "__main__":
    main(Path(sys.argv[1]))
