"""Run by test_killed: a writer is killed before its n-th file operation, for every step-th n, and tries again.

Five pieces of work: sealing an input, the same by an executor, an empty seal, taking in a spool, spooling. What was
acknowledged must be there once afterwards, and what was repeated must not be there twice. Prints the number of kills.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from tests.kit.inline import Inline
from tests.kit.killing import KILLED, arm
from tests.kit.quick_logs import KEY, SCHEMA, quicken, some_rows
from zkcompliance import schemas
from zkcompliance.errors import AlreadySealed
from zkcompliance.log import open_log, rows
from zkcompliance.log.fsck import fsck
from zkcompliance.log.spool import SpoolingWriter
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.stark.commit import table


def encoded(first: int, count: int):  # type: ignore[no-untyped-def]
    return [schemas.encode_rows(SCHEMA, some_rows(first, count))]


def sealed(log: Path) -> list[int]:
    return sorted(r["at"] for s in open_log(log).segments for r in schemas.decode_rows(SCHEMA, s.load_columns()))


def seal_input(log: Path) -> None:
    with Writer(log, KEY) as writer:
        writer.seal_inputs([("input", encoded(100, 3))])


def seal_apart(log: Path) -> None:
    """In three segments, as a cluster does it: whoever is killed here is coordinator and worker in one."""
    with Writer(log, KEY) as writer:
        writer.seal_inputs([("input", encoded(100, 20))], executor=Inline())


def seal_nothing(log: Path) -> None:
    with Writer(log, KEY) as writer:
        writer.seal_inputs([("input", [])], empty=True)


def open_and_close(log: Path) -> None:
    Writer(log, KEY).close()


def spool(log: Path) -> None:
    """While the parent holds the log."""
    writer = SpoolingWriter(log, KEY)
    writer.append_columns(encoded(100, 3))
    os.write(ACKNOWLEDGED, b"x")
    writer.seal()
    writer.close()


def killed(work: Callable[[Path], None], log: Path, countdown: int, torn: bool) -> bool:
    child = os.fork()
    if child == 0:
        arm(countdown, torn)
        work(log)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status not in (0, KILLED):
        raise SystemExit(f"{work.__name__} at {countdown}: exit status {status}")
    return status == KILLED


def expect(log: Path, what: str, allowed: list[list[int]]) -> None:
    with Writer(log, KEY) as writer:
        if writer.pending_rows:
            writer.seal()
    found, findings = sealed(log), fsck(log).findings
    if found not in allowed or findings:
        raise SystemExit(f"{what}: {found}, {findings}")


def every(
    scratch: Path, work: Callable[[Path], None], base: Path, step: int, judge: Callable[[Path, str], None]
) -> int:
    kills = 0
    for torn in (False, True):
        for countdown in range(1 + torn, 10_000, step):
            log = scratch / "log"
            shutil.rmtree(log, ignore_errors=True)
            shutil.copytree(base, log)
            what = f"{work.__name__} at {countdown}{' torn' if torn else ''}"
            if work is spool:
                with Writer(log, KEY):
                    dead = killed(work, log, countdown, torn)
            else:
                dead = killed(work, log, countdown, torn)
            judge(log, what)
            kills += dead
            if not dead:
                break
    return kills


def judge_input(log: Path, what: str) -> None:
    """Repeat it, as who was killed would."""
    with Writer(log, KEY) as writer:
        stood = sealed(log) == [0, 1, 100, 101, 102]
        try:
            writer.seal_inputs([("input", encoded(100, 3))])
            repeated = True
        except AlreadySealed:
            repeated = False
    if repeated == stood:
        raise SystemExit(f"{what}: sealed {stood}, and repeated {repeated}")
    expect(log, what, [[0, 1, 100, 101, 102]])


def judge_apart(log: Path, what: str) -> None:
    """Repeat it: what was staged whole, or had its number already, is not committed to again."""
    numbers = [name for name in os.listdir(log / "secret" / "segments") if name not in ("00000000",)]  # noqa: PTH208
    whole = sum(name.startswith("staged-") or name.isdecimal() for name in numbers)
    made: list[int] = []
    real = table.commit
    table.commit = lambda *given, **more: made.append(1) or real(*given, **more)
    try:
        seal_apart(log)
    except AlreadySealed:
        made.append(1)  # of none: all of it stood
    finally:
        table.commit = real
    if len(made) > max(1, 3 - whole):
        raise SystemExit(f"{what}: {whole} segments were whole, and {len(made)} were made again")
    left = [path for path in (log / "secret" / "segments").iterdir() if not path.name.isdecimal()]
    left += (log / "secret" / "segments").glob("*/plan")
    if left:
        raise SystemExit(f"{what}: {left} is left")
    expect(log, what, [[0, 1, *range(100, 120)]])


def judge_nothing(log: Path, what: str) -> None:
    """Repeat it: there is one empty segment, whether the first stood or not."""
    with Writer(log, KEY) as writer:
        stood = writer.checkpoint.size == 2
        try:
            writer.seal_inputs([("input", [])], empty=True)
            repeated = True
        except AlreadySealed:
            repeated = False
    if repeated == stood or [segment.rows for segment in open_log(log).segments] != [2, 0]:
        raise SystemExit(f"{what}: sealed {stood}, and repeated {repeated}")
    expect(log, what, [[0, 1]])


def judge_taken(log: Path, what: str) -> None:
    expect(log, what, [[0, 1, 100, 101, 102]])


def judge_spool(log: Path, what: str) -> None:
    """Acknowledged rows are there; others all or none."""
    os.lseek(ACKNOWLEDGED, 0, os.SEEK_SET)
    said = os.read(ACKNOWLEDGED, 1)
    os.ftruncate(ACKNOWLEDGED, 0)
    os.lseek(ACKNOWLEDGED, 0, os.SEEK_SET)
    expect(log, what, [[0, 1, 100, 101, 102], *([] if said else [[0, 1]])])


def main(scratch: Path, step: int) -> None:
    global ACKNOWLEDGED
    quicken()
    os.fsync = lambda descriptor: None  # the disk outlives these kills; the calls still count
    ACKNOWLEDGED = os.open(scratch / "acknowledged", os.O_RDWR | os.O_CREAT)
    base, spooled = scratch / "base", scratch / "spooled"
    create_log(base, SCHEMA, KEY)
    with Writer(base, KEY) as writer:
        writer.seal(some_rows(0, 2))
    shutil.copytree(base, spooled)
    with Writer(spooled, KEY) as holder:
        second = SpoolingWriter(spooled, KEY)
        second.append_columns(encoded(100, 3))
        second.seal()
        holder._shut()  # no time to take it in
    kills = every(scratch, seal_input, base, step, judge_input)
    rows.MAX_ROWS = 8
    kills += every(scratch, seal_apart, base, step, judge_apart)
    kills += every(scratch, seal_nothing, base, step, judge_nothing)
    kills += every(scratch, open_and_close, spooled, step, judge_taken)
    kills += every(scratch, spool, base, step, judge_spool)
    print(kills)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
