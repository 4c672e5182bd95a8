"""Hidden folders that a killed creation left beside a log: found by name, removed when nobody works in them.

A log `NAME` is built as `.NAME.<12 hex digits>.tmp` (or `.new`, when it is filled before it appears) and then renamed.
Whoever builds one holds a lock on it, so that only abandoned ones are free; a young one is left alone all the same,
since it exists for a moment before it is locked.
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

AGE_SECONDS = 60
# Of a log folder.
PUBLIC_NAMES = ("settings", "schema", "entries", "checkpoint", "lineage", "unlinked", "successor", "secret")
_BUILDING = re.compile(r"\.(.+)\.[0-9a-f]{12}\.(?:tmp|new)")


def claim(folder: Path) -> int:
    """A descriptor that holds the lock of a folder under construction; closing it gives the lock up."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def final_name(name: str) -> str:
    """What a folder will be called in the end: `.log.0123456789ab.new` → `log`, however often."""
    while match := _BUILDING.fullmatch(name):
        name = match[1]
    return name


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
    """Whether it is a folder of ours that looks like a log, old enough, and that nobody has locked."""
    try:
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
            return False
        newest = max([status.st_mtime, *(p.lstat().st_mtime for p in folder.rglob("*"))])
        names = {child.name for child in folder.iterdir()}
        if time.time() - newest < AGE_SECONDS or names - set(PUBLIC_NAMES):
            return False
        with contextlib.ExitStack() as held:
            held.callback(os.close, claim(folder))
            writer = folder / "secret" / "writer.lock"
            if writer.exists():
                descriptor = os.open(writer, os.O_RDWR | os.O_CLOEXEC)
                held.callback(os.close, descriptor)
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
