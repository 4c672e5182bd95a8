"""Run by test_moves: `compact` or `refresh` killed before its n-th file operation, for every n-th.

After each kill the log is in one place, whole: either the old generation goes on as if nothing had been tried, or the
new one is there and the next command closes the old one. No row is lost or twice, those that were not sealed yet
included; what was spent of a carried segment stays spent, and no segment can be proved over in two folders. Then the
work is done again or gone on with, though every segment had no more left than the one proof that closes it.
Commitments and proofs are stand-ins: what is at stake here are files. Prints the kills and the outcomes.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
from collections import Counter
from pathlib import Path

from tests.kit.quick_logs import SCHEMA, quicken, some_rows
from zkcompliance import schemas
from zkcompliance.errors import BudgetSpent, LogError, ZkComplianceError
from zkcompliance.log import keys, moving, spent, successor
from zkcompliance.log.fsck import fsck
from zkcompliance.log.layout import Layout
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.prove import reseal

CALLS = ("open", "write", "fsync", "ftruncate", "rename", "replace", "unlink", "rmdir", "mkdir", "link", "chmod")
KILLED = 9
SEGMENTS = (8, 8, 3, 8, 1)  # rows of each; the third is of tier 1 already, and carried by `compact`
PROOFS = 3  # made over the third
WAITING = 2  # rows that are appended and not sealed


def arm(countdown: int) -> None:
    """From now on the process dies at its countdown-th file operation; a write gets half way."""
    left = [countdown]

    def deadly(name, real):
        def call(*args, **kwargs):
            left[0] -= 1
            if left[0] == 0:
                if name == "write":
                    real(args[0], bytes(args[1])[: len(args[1]) // 2])
                os._exit(KILLED)
            return real(*args, **kwargs)

        return call

    for name in CALLS:
        setattr(os, name, deadly(name, getattr(os, name)))


def base(folder: Path) -> None:
    folder.mkdir()
    remembering_in(folder)
    keys.generate(folder / "key", "lab.example/x")
    key = keys.load_private(folder / "key")
    create_log(folder / "old", SCHEMA, key)
    first = 0
    with Writer(folder / "old", key) as writer:
        for count in SEGMENTS:
            writer.seal(some_rows(first, count))
            first += count
        writer.append_rows(some_rows(first, WAITING))
    log = SealedLog.open(folder / "old")
    log.segments[2].paths.tier.write_text("1\n")
    log.segments[2].paths.tier.chmod(0o600)
    for number in range(PROOFS):
        log.segments[2].budget().reserve(log.segments[2].profile.units, bytes([number] * 32))
    for segment in log.segments:
        segment.budget().reserve(segment.budget().remaining(), bytes([99] * 32))


def remembering_in(folder: Path) -> None:
    """What is spent of its segments is remembered there, and in nobody's home."""
    spent.state_folder = lambda: folder / "state" / "spent"


def work(folder: Path, merge: bool) -> None:
    remembering_in(folder)
    reseal.reseal(folder / "old", folder / "new", keys.load_private(folder / "key"), merge=merge)


def judge(folder: Path, merge: bool) -> str:
    """What is there after a kill; SystemExit where it is not whole."""
    remembering_in(folder)
    old, new = folder / "old", folder / "new"
    appeared = new.exists()
    here = moving.newest(old, lambda sentence: None)
    if here != (new if appeared else old):
        fail("the log is not where it appeared", appeared, here)
    check(here, sum(SEGMENTS))
    if appeared:
        closed(old, new)
        counts = [segment.budget().spent() for segment in SealedLog.open(new).segments]
        carried = SealedLog.open(old).segments[2]
        if merge and counts[1] < 6 + PROOFS * carried.profile.units:
            fail("a carried segment forgot what was spent", counts)
    else:
        successor_of = successor.read(Layout(old))
        if successor_of is not None or Layout(old).moving.exists():
            fail("a successor that never appeared is named", successor_of)
        make_old(folder)
        work(folder, merge)
        check(new, sum(SEGMENTS))
        closed(old, new)
    with Writer(new, keys.load_private(folder / "key")) as writer:
        writer.seal(some_rows(sum(SEGMENTS) + WAITING, 2))
    check(new, sum(SEGMENTS) + WAITING + 2)
    if left := [path.name for path in folder.iterdir() if path.name.startswith(".")]:
        fail("left over", left)
    return "appeared" if appeared else "never tried"


def make_old(folder: Path) -> None:
    """Let what a killed one left look old, so that it may be removed at once."""
    for path in folder.glob(".*"):
        for each in (path, *path.rglob("*")):
            os.utime(each, (0, 0), follow_symlinks=False)


def closed(old: Path, new: Path) -> None:
    for segment in SealedLog.open(old).segments:
        try:
            segment.budget().reserve(1, bytes([77] * 32), last=True)
        except BudgetSpent:
            continue
        fail("the old generation can still be proved over", segment.index)
    try:
        Writer(old, keys.load_private(old.parent / "key"))
    except LogError as error:
        if str(new) not in error.message:
            fail("the old generation does not say where the log goes on", error)
        return
    fail("the old generation can still be written")


def check(path: Path, rows: int) -> None:
    log = SealedLog.open(path)
    found = [row["at"] for s in log.segments for row in schemas.decode_rows(SCHEMA, s.load_columns())]
    if found != list(range(rows)):
        fail("rows", found)
    torn = "1 torn ledger record, counted as spent"  # the closing record of the old ledger, copied with it
    if faults := [found for found in fsck(path).findings if found.what != torn]:
        fail("fsck", faults)


def fail(*what: object) -> None:
    raise SystemExit(f"{what}")


def main(scratch: Path, verb: str, kills: int) -> None:
    quicken()
    spent.state_folder = lambda: scratch / "state"
    reseal.get_ready = lambda *arguments, **rest: None
    reseal.make = lambda ready, progress: b"stand-in"
    reseal._fits = lambda log, settings, claim: lambda first, count, new: count + new <= 60
    os.fsync = lambda descriptor: None  # the disk outlives these kills; the calls still count
    base(scratch / "base")
    merge, seen, most = verb == "compact", Counter(), 0
    draw = random.Random(7)
    shutil.copytree(scratch / "base", scratch / "whole")
    most = operations(scratch / "whole", merge)
    last = most * 4 // 5  # about where the new folder appears
    points = sorted({*draw.sample(range(1, last), min(kills // 2, last - 1)),
                     *draw.sample(range(last, most + 1), min(kills // 2, most - last + 1))})  # fmt: skip
    for countdown in points:
        folder = scratch / "trial"
        for before in (folder, scratch / "state"):  # every trial is of a log that nothing else remembers
            shutil.rmtree(before, ignore_errors=True)
        shutil.copytree(scratch / "base", folder)
        child = os.fork()
        if child == 0:
            arm(countdown)
            work(folder, merge)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) != KILLED:
            fail("not killed", countdown, status)
        try:
            seen[judge(folder, merge)] += 1
        except ZkComplianceError as error:
            fail(f"killed at {countdown} of {most}", error, error.help)
    print(most, dict(seen))


def operations(folder: Path, merge: bool) -> int:
    """How many file operations the work has when it is not killed."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        counted = [0]

        def counting(real):
            def call(*args, **kwargs):
                counted[0] += 1
                return real(*args, **kwargs)

            return call

        real_write = os.write
        for name in CALLS:
            setattr(os, name, counting(getattr(os, name)))
        work(folder, merge)
        real_write(write, str(counted[0]).encode())
        os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read, "rb") as pipe:
        return int(pipe.read())


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
