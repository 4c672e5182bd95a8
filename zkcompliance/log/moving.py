"""A log goes over to its next generation: NEW appears whole by one rename, and after that OLD is closed.

Before the rename, durably:
    OLD/secret/moving      where NEW is to appear (a path)
    NEW/secret/arriving    the path of OLD, and a line `OLD-NUMBER NEW-NUMBER` for each segment that is carried over
After it, each step of which can be done again:
    the ledger of every carried segment goes to NEW, with all that it has spent, and OLD's are closed
    OLD/successor          names NEW
    spools of rows that wait in OLD go to NEW
    arriving and moving are removed
A carried segment has no ledger in NEW before, so that nothing can be proved over it in two places. Killed before the
rename, NEW was never there, and OLD goes on; killed after it, the next command on either folder does the rest.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from zkcompliance.edge import regular
from zkcompliance.edge.shown import command
from zkcompliance.errors import LogBusy, LogCorrupt, LogError
from zkcompliance.log import files, successor
from zkcompliance.log.layout import SPOOL_NAME, Layout, Settings
from zkcompliance.log.store import SealedLog
from zkcompliance.log.successor import Successor
from zkcompliance.log.writer_lock import held

_MAX_BYTES = 32 << 20  # of `arriving`: a line for each of 2^20 segments


def announce(old: Layout, building: Layout, new: Path, carried: Mapping[int, int]) -> None:
    """What is to be durable before `building` is renamed to `new`. carried: number in OLD → number in NEW."""
    lines = [str(old.root.absolute()), *(f"{before} {after}" for before, after in sorted(carried.items()))]
    files.create(building.arriving, _text(lines))
    files.sync_dir(building.secret)
    files.replace(old.moving, _text([str(new.absolute())]), files.PRIVATE)


def complete(old: Layout, new: Layout) -> None:
    """Everything that comes after the rename, from wherever it was interrupted."""
    carried = _arriving(new)[1]
    log, arrived = SealedLog.open(old.root), SealedLog.open(new.root)
    for segment in log.segments:
        after = carried.get(segment.index)
        segment.budget().move(None if after is None else arrived.segments[after].budget())
    successor.write(old, Successor(Settings.load(new).origin, new.root))
    hand_over_spools(old, new)
    killed = [
        folder / name
        for folder, beginning in ((old.root, ".successor."), (old.secret, ".moving."))
        for name in files.names(folder)
        if name.startswith(beginning) and name.endswith(".tmp")
    ]
    for done in (*killed, new.arriving, old.moving):
        done.unlink(missing_ok=True)
        files.sync_dir(done.parent)


def hand_over_spools(old: Layout, new: Layout) -> None:
    """Rows that others spooled meanwhile go on in the new folder; who still writes in such a file goes on with it.

    Only a file on another file system stays while its writer lives, who brings it after.
    """
    for name in files.names(old.secret):
        if not SPOOL_NAME.fullmatch(name):
            continue
        try:
            (old.secret / name).rename(new.secret / name)
        except FileNotFoundError:
            continue  # its writer was quicker
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            _copy_spool(old.secret / name, new.secret / name)
    files.sync_dir(new.secret)
    files.sync_dir(old.secret)


def _copy_spool(source: Path, target: Path) -> None:
    """The same across file systems, when nobody writes in it; else it stays, and its writer brings it after."""
    descriptor = regular.open_file(source, os.O_RDWR, folders=1, private=True)
    try:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not os.path.lexists(target):
                building = target.with_name(f".pending-{target.name}.tmp")  # which the next writer deletes
                building.unlink(missing_ok=True)
                files.copy(source, building, folders=1)
                building.rename(target)
                files.sync_dir(target.parent)
            source.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def finish(path: str | Path) -> None:
    """Finish, or forget, a move from or to the folder at `path` that was interrupted; nothing where there is none.

    LogError where the other folder is not at its place any more, or may not be written to.
    """
    here = Layout(Path(path))
    with files.reporting(here.root):
        if os.access(here.secret, os.X_OK) and os.path.lexists(here.arriving):
            old = Layout(_arriving(here)[0])
            if not os.path.lexists(old.settings):
                raise LogError(
                    f"{here.root} waits for the budgets of {old.root}, from which it was made, and that is not there",
                    help=command("mv", "WHERE-IT-IS", old.root) + "  # put the folder back",
                )
            complete(old, here)
        if os.access(here.secret, os.X_OK) and os.path.lexists(here.moving):
            new = Layout(Path(_lines(here.moving)[0]))
            if _appeared(here, new):
                complete(here, new)
            else:
                _forget(here)


def newest(path: str | Path, tell: Callable[[str], None]) -> Path:
    """The folder of the newest generation, from that of any, as `successor.follow`; interrupted moves are finished."""
    finish(path)
    return successor.follow(path, tell)


def _appeared(old: Layout, new: Layout) -> bool:
    """Whether the folder at new's place is the one that succeeds old."""
    if not os.path.lexists(new.settings):
        return False
    return os.path.lexists(new.arriving) and _same(_arriving(new)[0], old.root.absolute())


def _same(one: Path, other: Path) -> bool:
    """Whether two paths are of one folder, by whatever links above it."""
    return one == other or (one.exists() and one.samefile(other))


def _forget(old: Layout) -> None:
    """The move died before anything appeared; or it is under way, and then its process holds the lock."""
    with contextlib.suppress(LogBusy), held(old):
        old.moving.unlink(missing_ok=True)
        files.sync_dir(old.secret)


def _arriving(new: Layout) -> tuple[Path, dict[int, int]]:
    """(folder of the old generation, carried: number there → number here)."""
    first, *rest = _lines(new.arriving)
    try:
        carried = {int(before): int(after) for before, after in (line.split(" ") for line in rest)}
    except ValueError as error:
        raise LogCorrupt(f"{new.arriving} is damaged", help=command("zkcompliance", "fsck", new.root)) from error
    return Path(first), carried


def _lines(path: Path) -> list[str]:
    lines = files.read(path, _MAX_BYTES, folders=1).decode(errors="surrogateescape").split("\n")
    if len(lines) < 2 or lines.pop() != "":
        raise LogCorrupt(f"{path} is damaged", help=command("zkcompliance", "fsck", path.parent.parent))
    return lines


def _text(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode(errors="surrogateescape")
