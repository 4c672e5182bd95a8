"""Run by test_writers: eight processes and one log. Prints JSON: what each got, and the rows that came out."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

from tests.kit.quick_logs import KEY, SCHEMA, quicken, some_rows
from zkcompliance import schemas
from zkcompliance.errors import LogBusy
from zkcompliance.log import open_log
from zkcompliance.log.fsck import fsck
from zkcompliance.log.writer import Writer, create_log

PROCESSES, BATCHES = 8, 5


def each(task) -> list[str]:
    """What `task(number)` returns in eight processes that run at the same time."""
    pipes = []
    for number in range(PROCESSES):
        read, write = os.pipe()
        if os.fork() == 0:
            signal.alarm(60)
            os.write(write, task(number).encode())
            os._exit(0)
        os.close(write)
        pipes.append(read)
    answers = []
    for read in pipes:
        with os.fdopen(read, "rb") as pipe:
            answers.append(pipe.read().decode())
    for _ in range(PROCESSES):
        os.wait()
    return answers


def main(folder: Path) -> None:
    quicken()
    create_log(folder, SCHEMA, KEY)
    begin = time.monotonic() + 0.5

    def once(number: int) -> str:
        time.sleep(begin - time.monotonic())
        try:
            with Writer(folder, KEY) as writer:
                writer.append_rows(some_rows(number, 1))
                time.sleep(1)
                return "wrote"
        except LogBusy as error:
            return error.code

    def often(number: int) -> str:
        for batch in range(BATCHES):
            while True:
                try:
                    with Writer(folder, KEY) as writer:
                        writer.append_rows(some_rows(1000 * (number + 1) + batch, 1))
                        if number == batch:
                            writer.seal()
                        break
                except LogBusy:
                    time.sleep(0.002)
        return "done"

    def dies(number: int) -> str:
        Writer(folder, KEY)
        os.kill(os.getpid(), signal.SIGKILL)
        return ""

    first = each(once)
    with Writer(folder, KEY) as writer:
        waiting = writer.pending_rows
    later = each(often)
    if os.fork() == 0:
        dies(0)
    os.wait()
    with Writer(folder, KEY) as writer:  # the kernel has freed the lock
        writer.seal(some_rows(9, 1))
    log = open_log(folder)
    rows = sorted(r["at"] for s in log.segments for r in schemas.decode_rows(SCHEMA, s.load_columns()))
    print(json.dumps({"first": first, "waiting": waiting, "later": later, "rows": rows, "clean": fsck(folder).clean}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
