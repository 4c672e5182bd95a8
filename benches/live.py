"""What `put` costs the program that calls it, while seals go on beside.

    python -m benches.live [--rows 2000] [--pause 0.002] [--load 0] [--most 0]

`--load`: so many processes that do nothing but take the machine's time meanwhile. Prints of the calls the least, the
middle, the 99th of 100 and the most, in microseconds: of the calling thread's own time on a core, and by the clock; of
the first call, and of the one that took most. Since a machine that others share runs at their mercy, the same of a walk
over objects of Python, before and after each call: it asks for nothing, and touches about as much memory. Then how long
opening and `close` took. `--most`: the status is 1 where a call took more microseconds of its thread's own time, though
the walks beside it took under ten times the middle one.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import zkcompliance as zk

_OBJECTS = 200_000  # that there are to walk over, 30 MB
_STEPS = 200  # of a walk
_SLOW = 10  # a walk that takes so many times the middle one shows that the machine was not this program's


class Taken:
    """How long calls took, in microseconds: of the thread's own time, and by the clock."""

    def __init__(self) -> None:
        self.own: list[float] = []
        self.clock: list[float] = []

    def measure(self, call: Callable[[], object]) -> None:
        clock, own = time.perf_counter_ns(), time.thread_time_ns()
        call()
        self.own.append((time.thread_time_ns() - own) / 1000)
        self.clock.append((time.perf_counter_ns() - clock) / 1000)

    def say(self, what: str) -> None:
        for name, took in (("of its own", self.own), ("by the clock", self.clock)):
            by_size = sorted(took)
            middle, late = by_size[len(took) // 2], by_size[len(took) * 99 // 100]
            print(
                f"{what}, {name}: first {took[0]:.0f}, least {by_size[0]:.0f}, middle {middle:.0f}, "
                f"99 of 100 {late:.0f}, most {by_size[-1]:.0f} µs"
            )


@contextlib.contextmanager
def loaded(processes: int) -> Iterator[None]:
    """So many processes that take what time of the machine they get."""
    started = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for each in started:
            each.kill()
            each.wait()


class Walk:
    """From object to object, as they lie in memory by chance."""

    def __init__(self) -> None:
        self._objects = [[n, str(n)] for n in range(_OBJECTS)]
        random.Random(1).shuffle(self._objects)  # noqa: S311, no secret
        self._at = 0

    def __call__(self) -> int:
        self._at = (self._at + _STEPS) % (_OBJECTS - _STEPS)
        return sum(len(str(each[1])) for each in self._objects[self._at : self._at + _STEPS])


def beside(puts: Taken, walks: Taken) -> Iterator[tuple[float, float, bool]]:
    """Of each put what it took of its own and by the clock, and whether a walk beside it was slow."""
    slow = _SLOW * sorted(walks.own)[len(walks.own) // 2]
    for n, (own, clock) in enumerate(zip(puts.own, puts.clock, strict=True)):
        yield own, clock, max(walks.own[n : n + 2]) > slow


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benches.live", description="What a put costs its caller.")
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--pause", type=float, default=0.002, help="seconds between two rows")
    parser.add_argument("--load", type=int, default=0, help="processes that take the machine's time meanwhile")
    parser.add_argument("--most", type=float, default=0, help="microseconds of its own that a put may take")
    given = parser.parse_args()
    puts, walks, whole, walk = Taken(), Taken(), Taken(), Walk()
    with tempfile.TemporaryDirectory() as folder, loaded(given.load):
        log, key = Path(folder) / "log", Path(folder) / "key"
        zk.keygen(key, "lab.example/bench")
        opened: list[zk.Live] = []
        seal_rows = max(1, given.rows // 5)
        whole.measure(lambda: opened.append(zk.Live(log, key=key, schema=zk.schemas.compute, seal_rows=seal_rows)))
        (live,) = opened
        row = {"phase": "pretraining", "method": "hardware", "flop": 10**18}
        walks.measure(walk)
        for n in range(given.rows):
            now = int(time.time())
            one = {**row, "start": now, "end": now, "run": f"r{n}"}
            puts.measure(lambda one=one: live.put(one))  # type: ignore[misc]
            walks.measure(walk)
            time.sleep(given.pause)
        whole.measure(live.close)
    puts.say("put")
    found = list(beside(puts, walks))
    for own, clock, slow in sorted(found, reverse=True)[:3]:
        print(
            f"put: {own:.0f} µs of its own, {clock:.0f} by the clock, a walk beside it {'slow' if slow else 'as ever'}"
        )
    walks.say("a walk")
    print(f"open: {whole.clock[0] / 1e6:.2f} s; close, with the last seal: {whole.clock[1] / 1e6:.2f} s")
    return int(bool(given.most) and any(own > given.most and not slow for own, _, slow in found))


if __name__ == "__main__":
    sys.exit(main())
