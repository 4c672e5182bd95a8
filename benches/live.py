"""What `put` costs the program that calls it, while seals go on beside.

    python -m benches.live [--rows 2000] [--pause 0.002]

Prints the least, the middle, the 99th of 100 and the most of the calls, in microseconds; and how long `close` took.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import zkcompliance as zk


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benches.live", description="What a put costs its caller.")
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--pause", type=float, default=0.002, help="seconds between two rows")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        key = Path(folder) / "key"
        zk.keygen(key, "lab.example/bench")
        live = zk.Live(Path(folder) / "log", key=key, schema=zk.schemas.compute, seal_rows=max(1, given.rows // 5))
        row = {"phase": "pretraining", "method": "hardware", "flop": 10**18}
        took = []
        for n in range(given.rows):
            now = int(time.time())
            before = time.perf_counter()
            live.put({**row, "start": now, "end": now, "run": f"r{n}"})
            took.append(1e6 * (time.perf_counter() - before))
            time.sleep(given.pause)
        before = time.perf_counter()
        live.close()
        closed = time.perf_counter() - before
        took.sort()
        middle, late = took[len(took) // 2], took[len(took) * 99 // 100]
        print(f"put: least {took[0]:.0f}, middle {middle:.0f}, 99 of 100 {late:.0f}, most {took[-1]:.0f} µs")
        print(f"close, with the last seal: {closed:.2f} s")


if __name__ == "__main__":
    main()
