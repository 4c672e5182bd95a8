"""A writer of `benches.soak`: rows one after the other, until it is told to stop or is killed.

    python -m benches.soak_writer FOLDER NUMBER --pause SECONDS [--key] [--records]

Row n of writer NUMBER has NUMBER·10^9 + n FLOP. FOLDER/NUMBER.said has a line `b n` before row n is put, `a n` when
`put` has returned, and every 100 rows `t MICROSECONDS …` of the longest calls, and `c MICROSECONDS …` of those that
took most of a core, which a machine that does other things does not lengthen. Started again it goes on behind the last
row that it began; with records it puts the last few again, as a run does that goes on from a checkpoint.
"""

from __future__ import annotations

import argparse
import heapq
import os
import random
import time
from pathlib import Path

import zkcompliance as zk
from zkcompliance.live.writer import record

AGAIN = 5  # rows that a resumed run puts a second time
LONGEST = 20  # calls of which the time is kept
SEAL_EVERY = 20  # seconds


def number_of(writer: int, row: int) -> int:
    """The FLOP of a row."""
    return writer * 10**9 + row


def began(path: Path) -> int:
    """The last row that was begun, 0 where none was."""
    lines = path.read_text().splitlines() if path.exists() else []
    return max((int(line.split()[1]) for line in lines if line.startswith("b ")), default=0)


def write(folder: Path, writer: int, pause: float, *, key: bool, records: bool) -> None:
    """Put rows until FOLDER/stop is there."""
    path = folder / f"{writer}.said"
    row, draw = began(path), random.Random(time.time_ns())  # noqa: S311
    if records:
        row = max(0, row - AGAIN)
    took: dict[str, list[float]] = {"t": [], "c": []}
    said = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with zk.Live(folder / "log", key=folder / "key" if key else None, seal_every=SEAL_EVERY) as live:
        while not (folder / "stop").exists():
            row += 1
            now = int(time.time())
            cells = {"start": now, "end": now, "run": f"w{writer}", "phase": "pretraining", "method": "hardware"}
            if records:  # a row that is put again says the same
                cells |= {"start": 1_767_571_200 + row, "end": 1_767_571_200 + row}
            os.write(said, b"b %d\n" % row)
            wall, core = time.perf_counter(), time.thread_time()
            live.put(
                {**cells, "flop": number_of(writer, row)},
                records=[record("soak", str(writer), row)] if records else (),
            )
            spent = {"c": time.thread_time() - core, "t": time.perf_counter() - wall}
            os.write(said, b"a %d\n" % row)
            for kind, longest in took.items():
                (heapq.heappush if len(longest) < LONGEST else heapq.heappushpop)(longest, spent[kind])
            if row % 100 == 0:
                for kind, longest in took.items():
                    words = " ".join(f"{1e6 * each:.0f}" for each in sorted(longest, reverse=True))
                    os.write(said, f"{kind} {words}\n".encode())
                    longest.clear()
            time.sleep(pause * draw.random() * 2)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benches.soak_writer")
    parser.add_argument("folder", type=Path)
    parser.add_argument("writer", type=int)
    parser.add_argument("--pause", type=float, default=0.02)
    parser.add_argument("--key", action="store_true")
    parser.add_argument("--records", action="store_true")
    given = parser.parse_args()
    write(given.folder, given.writer, given.pause, key=given.key, records=given.records)


if __name__ == "__main__":
    main()
