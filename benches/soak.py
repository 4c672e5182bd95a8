"""Two trainings, four ranks and a sealing cron on one log, for minutes, while they are killed at random.

    python -m benches.soak [MINUTES] [--folder FOLDER] [--kill SECONDS] [--seed N]

Trainings (writers 1 and 2) have the key, seal every 20 seconds, name each row, and put the last ones again when they
go on; ranks (3 to 6) have none. The cron seals a file of 50 rows every 10 seconds with the command line, and runs again
what did not end well. About every so many seconds one of them is killed with SIGKILL, and every third time a process
that seals for a training, at some moment of what it does; writers are started again. At the end everything is closed
and sealed, and held against what the writers said: every row that was acknowledged is there, none twice, none that
nobody began, and nobody stopped by himself.

Exit status 1 where that is not so. Not part of the tests: it takes as long as it is told.
"""

from __future__ import annotations

import argparse
import collections
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import zkcompliance as zk
from benches.soak_writer import number_of

TRAININGS, RANKS, CRON = (1, 2), (3, 4, 5, 6), 7
CRON_ROWS, CRON_SECONDS = 50, 10
SEALING_SECONDS = 4.0  # within which a sealer that is to be killed is, from when it is seen
LAST_SECONDS = 300  # that the writers have to close, with their last seal
HEADER = "start,end,run,phase,flop,method\n"


@dataclass
class Soak:
    """The processes, and what happened to them. odd: what should not have happened, in words."""

    folder: Path
    draw: random.Random
    writers: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)
    cron: subprocess.Popen[bytes] | None = None
    killed: collections.Counter[str] = field(default_factory=collections.Counter)
    ended: collections.Counter[str] = field(default_factory=collections.Counter)
    odd: list[str] = field(default_factory=list)
    files: int = 0
    left: list[Path] = field(default_factory=list)  # files that the cron has not sealed yet
    hunted: int = 0  # sealers that are to be killed
    marked: dict[int, float] = field(default_factory=dict)  # which, and when

    def start(self, writer: int) -> None:
        options = ["--key", "--records"] if writer in TRAININGS else []
        command = [sys.executable, "-m", "benches.soak_writer", str(self.folder), str(writer), *options]
        with (self.folder / f"{writer}.err").open("ab") as errors:
            self.writers[writer] = subprocess.Popen(command, stderr=errors)

    def look_after_writers(self) -> None:
        for writer, process in list(self.writers.items()):
            status = process.poll()
            if status is not None:
                if status != -signal.SIGKILL:
                    self.odd.append(f"writer {writer} stopped with status {status}")
                self.start(writer)

    def look_after_cron(self, due: bool) -> None:
        """Seal a new file where it is time, or again one of which that did not end well."""
        if self.cron is not None:
            status = self.cron.poll()
            if status is None:
                return
            self.ended[f"cron {status}"] += 1
            said = (self.folder / "cron.err").read_text()
            if status == 0 or "error[already-sealed]" in said:
                self.left.pop(0)
            elif status != -signal.SIGKILL and "error[log-busy]" not in said:
                self.odd.append(f"the cron ended with status {status}: {said.strip()}")
            self.cron = None
        if due:
            self.files += 1
            path = self.folder / f"cron-{self.files}.csv"
            first = 1 + CRON_ROWS * (self.files - 1)
            at = int(time.time())
            path.write_text(HEADER + "".join(
                f"{at},{at},w{CRON},pretraining,{number_of(CRON, row)},hardware\n"
                for row in range(first, first + CRON_ROWS)
            ))  # fmt: skip
            self.left.append(path)
        if self.left:
            command = [
                sys.executable, "-m", "zkcompliance", "seal", str(self.left[0]),
                "--log", str(newest(self.folder / "log")), "--key", str(self.folder / "key"),
            ]  # fmt: skip
            with (self.folder / "cron.err").open("wb") as errors:
                self.cron = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)

    def kill(self) -> None:
        """One of the writers or the cron; or the next sealer that is seen."""
        if self.draw.random() < 1 / 3:
            self.hunted += 1
            return
        found = [(f"writer {writer}", each.pid) for writer, each in self.writers.items() if each.poll() is None]
        if self.cron is not None and self.cron.poll() is None:
            found.append(("cron", self.cron.pid))
        what, pid = self.draw.choice(found)
        os.kill(pid, signal.SIGKILL)
        self.killed[what] += 1

    def hunt(self) -> None:
        """Kill sealers, which are children of trainings, when their time has come."""
        alive = {pid for writer in TRAININGS for pid in children(self.writers[writer].pid)}
        for pid in sorted(alive - set(self.marked)):
            if self.hunted:
                self.hunted -= 1
                self.marked[pid] = time.monotonic() + self.draw.uniform(0, SEALING_SECONDS)
        for pid in [pid for pid, at in self.marked.items() if pid not in alive or at <= time.monotonic()]:
            if pid in alive:
                os.kill(pid, signal.SIGKILL)
                self.killed["sealer"] += 1
            else:
                self.hunted += 1  # it was done before
            del self.marked[pid]

    def end(self) -> None:
        """Let all of them close; what has not by then is odd."""
        (self.folder / "stop").touch()
        last = time.monotonic() + LAST_SECONDS
        for writer, process in self.writers.items():
            try:
                status = process.wait(max(1.0, last - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                self.odd.append(f"writer {writer} did not close in {LAST_SECONDS} s")
                continue
            if status:
                self.odd.append(f"writer {writer} closed with status {status}")
        while self.left and time.monotonic() < last:
            self.look_after_cron(due=False)
            time.sleep(0.2)
        if self.left:
            self.odd.append(f"the cron did not seal {len(self.left)} files")
        with zk.open_log(self.folder / "log", key=self.folder / "key") as log:
            if log.pending_rows:
                log.seal()


def children(pid: int) -> list[int]:
    """Processes that this one started and that live."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(word) for task in tasks for word in (task / "children").read_text().split()]
    except OSError:
        return []


def newest(path: Path) -> Path:
    """The folder in which the log goes on."""
    from zkcompliance.log.successor import follow

    return follow(path, lambda text: None)


def said(folder: Path) -> tuple[set[int], set[int], dict[str, list[int]]]:
    """(rows that were begun, rows that were acknowledged, the longest calls in µs, by clock and by core), of all."""
    begun, sure, took = set(), set(), dict[str, list[int]](t=[], c=[])
    for writer in (*TRAININGS, *RANKS):
        for line in (folder / f"{writer}.said").read_text().splitlines():
            kind, *words = line.split()
            if kind in took:
                took[kind] += map(int, words)
            else:
                (begun if kind == "b" else sure).add(number_of(writer, int(words[0])))
    return begun, sure, {kind: sorted(each, reverse=True) for kind, each in took.items()}


def judge(soak: Soak) -> None:
    """Print what is in the log beside what was said, and leave with 1 where they differ."""
    begun, sure, took = said(soak.folder)
    cron = {number_of(CRON, row) for row in range(1, 1 + CRON_ROWS * soak.files)}
    there = collections.Counter(int(row["flop"]) for row in zk.read_rows(soak.folder / "log"))  # type: ignore[arg-type]
    lost, twice = (sure | cron) - set(there), [each for each, count in there.items() if count > 1]
    strange = set(there) - begun - cron
    print(f"rows: {len(sure):,} acknowledged, {len(cron):,} of the cron, {there.total():,} in the log; "
          f"{len(set(there) - sure - cron)} begun and not acknowledged are there too")  # fmt: skip
    print(f"lost: {len(lost)}; twice: {len(twice)}; that nobody began: {len(strange)}")
    print(f"killed: {dict(sorted(soak.killed.items()))}; the cron ended: {dict(sorted(soak.ended.items()))}")
    print(f"longest calls of put, in µs: {took['t'][:10]}, of a core {took['c'][:10]}")
    print(f"the log is in {newest(soak.folder / 'log').name}")
    for each in soak.odd:
        print(f"ODD: {each}")
    sys.exit(1 if lost or twice or strange or soak.odd else 0)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benches.soak", description="Writers of one log, killed at random.")
    parser.add_argument("minutes", type=float, nargs="?", default=10)
    parser.add_argument("--folder", type=Path, help="where the log and all that was said stay; by default they go")
    parser.add_argument("--kill", type=float, default=7, help="seconds between two kills, on the average")
    parser.add_argument("--seed", type=int, default=1, help="of who is killed when; what is killed meanwhile is chance")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(exist_ok=True)
        zk.keygen(folder / "key", "lab.example/soak")
        zk.Live(folder / "log", key=folder / "key", schema=zk.schemas.compute).close()
        soak = Soak(folder, random.Random(given.seed))  # noqa: S311
        for writer in (*TRAININGS, *RANKS):
            soak.start(writer)
        end, cron, kill = time.monotonic() + 60 * given.minutes, time.monotonic(), time.monotonic() + given.kill
        while (now := time.monotonic()) < end:
            soak.look_after_writers()
            due = now >= cron and soak.cron is None and not soak.left
            cron = now + CRON_SECONDS if due else cron
            soak.look_after_cron(due)
            soak.hunt()
            if now >= kill:
                soak.kill()
                kill = now + given.kill * soak.draw.expovariate(1)
            time.sleep(0.1)
        soak.end()
        judge(soak)


if __name__ == "__main__":
    main()
