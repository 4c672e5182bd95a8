"""Hidden folders that a killed creation left beside a log: found by name, removed when nobody works in them.

A log `NAME` is built as `.NAME.<12 hex digits>.tmp` and then renamed. Whoever builds one holds a lock on it from
before there is anything in it, so that one that is free and has its `writer.lock` is abandoned, and is removed at once:
it may be what keeps the disk full. Any other that is young is left alone: it exists for a moment before it is locked.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import stat
import time
from pathlib import Path

from zkcompliance.edge import regular
from zkcompliance.errors import UsageError
from zkcompliance.log import files

AGE_SECONDS = 60
# Of a log folder.
PUBLIC_NAMES = (
    "settings",
    "schema",
    "entries",
    "checkpoint",
    "lineage",
    "unlinked",
    "successor",
    "devices",
    "rollup",
    "rolled",
    "anchors",
    "secret",
)
_BUILDING = re.compile(r"\.(.+)\.[0-9a-f]{12}\.(?:tmp|new)")


def claim(folder: Path) -> int:
    """A descriptor that holds the lock of a folder under construction; `give_up` gives the lock up."""
    descriptor = regular.open_folder(folder)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def give_up(descriptor: int) -> None:
    """Give up what `claim` gave; where closing fails nothing is lost, and the log has its place already."""
    with contextlib.suppress(OSError):
        os.close(descriptor)


def final_name(name: str) -> str:
    """What a folder will be called in the end: `.log.0123456789ab.new` → `log`, however often."""
    while match := _BUILDING.fullmatch(name):
        name = match[1]
    return name


def refuse_name(path: Path) -> None:
    """UsageError for a log that would be called as one in the making: the next creation beside it would remove it."""
    if final_name(path.name) != path.name:
        raise UsageError(
            f"{path}: this is how a log in the making is called, and what is removed when another is made beside it",
            help="choose another folder",
        )


def remove(path: Path) -> list[str]:
    """Remove what killed creations of the log at `path` left beside it; the names removed. Never fails."""
    final = final_name(path.name)
    removed = []
    with contextlib.suppress(OSError):
        for folder in path.parent.glob(f".*{_escaped(final)}.*"):
            is_ours = folder.name != path.name and folder.name != final and final_name(folder.name) == final
            if is_ours and _abandoned(folder):
                shutil.rmtree(folder, ignore_errors=True)
                removed.append(folder.name)
    return removed


def _escaped(name: str) -> str:
    return re.sub(r"([\[?*])", r"[\1]", name)


def _abandoned(folder: Path) -> bool:
    """Whether it is a folder of ours that looks like a log, has its lock file or is old, and that nobody has locked."""
    try:
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
            return False
        if set(files.names(folder)) - set(PUBLIC_NAMES):
            return False
        newest = max([status.st_mtime, *(p.lstat().st_mtime for p in folder.rglob("*"))])
        writer = folder / "secret" / "writer.lock"
        if time.time() - newest < AGE_SECONDS and not os.path.lexists(writer):
            return False
        with contextlib.ExitStack() as held:
            held.callback(os.close, claim(folder))
            with contextlib.suppress(FileNotFoundError):
                descriptor = regular.open_file(writer, os.O_RDWR, folders=1)
                held.callback(os.close, descriptor)
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
