"""Run by test_log_recovery in a process of its own: kill a writer before its n-th file operation, for every n-th.

After each kill the log is opened again and must hold exactly what was acknowledged, and a new row can be sealed. Prints
the number of kills and the outcomes seen.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from pathlib import Path

from tests.kit.killing import arm
from tests.kit.quick_logs import KEY, quicken
from zkcompliance import schemas
from zkcompliance.log import open_log, rows
from zkcompliance.log.fsck import fsck
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.quantities import Exact


def row(i: int) -> dict[str, object]:
    return {"start": Exact(i), "end": Exact(i), "run": "r", "phase": "other", "flop": 1, "method": "measured"}


def work(folder: Path, reached: int) -> None:
    """Append 3, then seal them with 40 more as three segments, then append 2.

    Each acknowledgement is written to a pipe.
    """
    with Writer(folder, KEY) as writer:
        os.pwrite(reached, b"A", 0)
        writer.append_rows(row(i) for i in range(3))
        os.pwrite(reached, b"B", 0)
        writer.seal(row(i) for i in range(3, 43))
        os.pwrite(reached, b"C", 0)
        writer.append_rows(row(i) for i in range(2))
        os.pwrite(reached, b"D", 0)


def starts(folder: Path) -> tuple[list[int], int]:
    with Writer(folder, KEY) as writer:
        waiting = writer.pending_rows
    log = open_log(folder)
    return [r["start"] for s in log.segments for r in schemas.decode_rows(log.schema, s.load_columns())], waiting


def judge(folder: Path, stage: str) -> str:
    """What recovery made of the log; raises when it is not what was acknowledged."""
    sealed, waiting = starts(folder)
    health = fsck(folder)
    if health.findings:
        raise SystemExit(f"after {stage}: {health.findings}")
    whole = list(range(5)) + list(range(43))
    allowed = {
        "": [(list(range(5)), 0)],
        "A": [(list(range(5)), 0), (list(range(5)), 3)],
        "B": [(list(range(5)), 3), (whole, 0)],
        "C": [(whole, 0), (whole, 2)],
        "D": [(whole, 2)],
    }[stage]
    if (sealed, waiting) not in allowed:
        raise SystemExit(f"after {stage or 'nothing'}: {len(sealed)} sealed, {waiting} pending")
    with Writer(folder, KEY) as writer:
        writer.seal([row(99)])
    again, _ = starts(folder)
    if again[: len(sealed)] != sealed or len(again) != len(sealed) + waiting + 1 or fsck(folder).findings:
        raise SystemExit(f"after {stage}: sealing again went wrong")
    return f"{stage}:{len(sealed)}+{waiting}"


def main(scratch: Path, step: int) -> None:
    quicken()
    os.fsync = lambda descriptor: None  # the disk outlives these kills; the calls still count
    rows.MAX_ROWS = 16
    create_log(scratch / "base", schemas.compute, KEY)
    with Writer(scratch / "base", KEY) as writer:
        writer.seal(row(i) for i in range(5))
    seen: Counter[str] = Counter()
    for torn in (False, True):
        for countdown in range(1 + torn, 10_000, step):
            folder = scratch / "log"
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(scratch / "base", folder)
            reached = os.open(scratch / "reached", os.O_RDWR | os.O_CREAT | os.O_TRUNC)
            child = os.fork()
            if child == 0:
                arm(countdown, torn)
                work(folder, reached)
                os._exit(0)
            _, status = os.waitpid(child, 0)
            stage = os.pread(reached, 1, 0).decode()
            os.close(reached)
            seen[judge(folder, stage)] += 1
            if os.waitstatus_to_exitcode(status) == 0:
                break
    print(sum(seen.values()), dict(seen))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
