"""Run by test_handed: a hand-over, or the taking of one, killed before its n-th file operation, for every step-th n,
and for each of the last ones, about where the copy appears.

Four pieces of work: to a new folder, to the same folder again, and receiving, without and with an earlier copy. After
each kill, and again after the work was repeated, all who hold a segment may together spend no more than one would have:
counted is every ledger on which anything could still be reserved, wherever its folder lies and whoever tries to take
it. A copy that had appeared is taken away before the work is repeated: it is not made again.
Commitments are stand-ins: what is at stake here are files. Prints the kills.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from tests.kit.killing import CALLS, KILLED, arm
from tests.kit.quick_logs import SCHEMA, quicken, some_rows
from zkcompliance.errors import LogError, UsageError, ZkComplianceError
from zkcompliance.log import handing, keys, received, spent
from zkcompliance.log.layout import Layout
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.prove.handing import receive
from zkcompliance.stark.profiles import log_mask

LAST = 20  # operations at the end of the work before each of which it is killed


def remembering_in(folder: Path) -> None:
    """What is spent is remembered there, and in nobody's home."""
    spent.state_folder = lambda: folder / "state" / "spent"


def seal(folder: Path, first: int, count: int) -> None:
    with Writer(folder / "log", keys.load_private(folder / "key")) as writer:
        writer.seal(some_rows(first, count))


def take(folder: Path, name: str, *earlier: str) -> None:
    key = keys.load_private(folder / "key").verifier
    receive(folder / name, key, [folder / each for each in earlier])


def to_new(folder: Path) -> None:
    handing.hand_over(folder / "log", folder / "copy", "1/2")


def to_same(folder: Path) -> None:
    handing.hand_over(folder / "log", folder / "copy", "1/4")


def take_first(folder: Path) -> None:
    take(folder, "copy")


def take_after(folder: Path) -> None:
    take(folder, "later", "copy")


def base(folder: Path) -> None:
    """A log of two segments."""
    folder.mkdir()
    remembering_in(folder)
    keys.generate(folder / "key", "cloud.example/x")
    create_log(folder / "log", SCHEMA, keys.load_private(folder / "key"))
    seal(folder, 0, 3)
    seal(folder, 3, 8)


def prepare_new(folder: Path) -> None:
    base(folder)


def prepare_taken(folder: Path) -> None:
    base(folder)
    to_new(folder)


def prepare_same(folder: Path) -> None:
    prepare_taken(folder)
    take_first(folder)
    reserve(folder / "copy", 0)
    seal(folder, 11, 2)


def prepare_after(folder: Path) -> None:
    prepare_same(folder)
    handing.hand_over(folder / "log", folder / "later", "1/4")


def reserve(log: Path, index: int) -> None:
    segment = SealedLog.open(log).segments[index]
    segment.budget().reserve(segment.profile.units, os.urandom(32))


def judge(folder: Path, what: str) -> None:
    """Nobody can spend what somebody else can; SystemExit otherwise."""
    giver = SealedLog.open(folder / "log")
    copies = [path.parent.parent for path in folder.rglob("secret/received") if path.parent.parent != folder / "log"]
    seen: set[tuple[int, bytes]] = set()
    for index, segment in enumerate(giver.segments):
        own = segment.budget()
        most = own.spent() - sum(own.handed_over().values()) + own.remaining(last=True)
        for copy in copies:
            if not (copy / "checkpoint").exists() or not provable(copy):
                continue
            there = SealedLog.open(copy)
            if index >= len(there.segments) or there.segments[index].budget().moved():
                continue
            identity = (index, there.segments[index].paths.share.read_bytes())
            if identity in seen:
                raise SystemExit(f"{what}: two ledgers of one share")
            seen.add(identity)
            most += there.segments[index].budget().capacity
        if most > log_mask(segment.entry.k, segment.entry.kappa):
            raise SystemExit(f"{what}: segment {index} allows {most} units in all")


def provable(copy: Path) -> bool:
    """Whether its holder may prove over it, after taking it if that can be done with nothing else."""
    if not copy.name.startswith("."):
        with contextlib.suppress(ZkComplianceError):
            take(copy.parent, copy.name)
    try:
        received.require_checked(SealedLog.open(copy))
    except LogError:
        return False
    return True


def again(folder: Path, work: Callable[[Path], None], what: str) -> None:
    """Repeat the work, as who was killed would; a copy that has appeared is elsewhere by then."""
    if work is to_new and (folder / "copy").exists():
        (folder / "copy").rename(folder / "away")
    try:
        work(folder)
    except UsageError as error:  # it had been done
        if "was handed over before" not in error.message:
            raise SystemExit(f"{what}: {error}") from error
    if work is to_new and (folder / "away").exists() and (folder / "copy").exists():
        raise SystemExit(f"{what}: the copy was made twice")


def done(folder: Path, work: Callable[[Path], None], what: str) -> None:
    """The work is done: the copy has every segment, and can be proved over."""
    name = "later" if work is take_after else "away" if (folder / "away").exists() else "copy"
    if work is to_new or work is to_same:
        take(folder, name)
    log = SealedLog.open(folder / name)
    received.require_checked(log)
    if len(log.segments) != len(SealedLog.open(folder / "log").segments):
        raise SystemExit(f"{what}: {len(log.segments)} segments")
    if left := [path for path in (Layout(folder / "log").handing, Layout(log.path).bringing) if path.exists()]:
        raise SystemExit(f"{what}: {left}")
    if left := [path.name for path in folder.iterdir() if path.name.startswith(".")]:
        raise SystemExit(f"{what}: {left}")


def main(scratch: Path, step: int) -> None:
    quicken()
    os.fsync = lambda descriptor: None  # the disk outlives these kills; the calls still count
    kills = 0
    for work, prepare in (
        (to_new, prepare_new), (to_same, prepare_same), (take_first, prepare_taken), (take_after, prepare_after),
    ):  # fmt: skip
        prepare(scratch / work.__name__)
        for torn in (False, True):
            most = operations(scratch, scratch / work.__name__, work)
            for countdown in sorted({*range(1 + torn, most, step), *range(max(1, most - LAST), most + 2)}):
                folder = scratch / "trial"
                shutil.rmtree(folder, ignore_errors=True)
                shutil.copytree(scratch / work.__name__, folder)
                remembering_in(folder)
                what = f"{work.__name__} at {countdown}{' torn' if torn else ''}"
                child = os.fork()
                if child == 0:
                    arm(countdown, torn)
                    work(folder)
                    os._exit(0)
                status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
                if status not in (0, KILLED):
                    raise SystemExit(f"{what}: exit status {status}")
                kills += status == KILLED
                try:
                    judge(folder, what)
                    again(folder, work, what)
                    judge(folder, f"{what}, repeated")
                    done(folder, work, what)
                except ZkComplianceError as error:
                    raise SystemExit(f"{what}: {error}, {error.help}") from error
    print(kills)


def operations(scratch: Path, prepared: Path, work: Callable[[Path], None]) -> int:
    """How many file operations the work has when it is not killed."""
    folder = scratch / "whole"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(prepared, folder)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        remembering_in(folder)
        counted, say = [0], os.write

        def counting(real):  # type: ignore[no-untyped-def]
            def call(*args, **kwargs):  # type: ignore[no-untyped-def]
                counted[0] += 1
                return real(*args, **kwargs)

            return call

        for name in CALLS:
            setattr(os, name, counting(getattr(os, name)))
        work(folder)
        say(write, str(counted[0]).encode())
        os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read, "rb") as pipe:
        return int(pipe.read())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
