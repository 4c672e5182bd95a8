"""What one system has and another lacks, so that the one-file verifier reads files and writes its report on any.

Linux and macOS have all of it. Windows has no `fcntl`, opens no folders, knows no links as POSIX has them, and turns
line ends of files that are not opened as binary; what is left out there is said where it is left out.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

CLOEXEC, NOFOLLOW, NONBLOCK, NOCTTY, DIRECTORY, BINARY = (
    getattr(os, f"O_{name}", 0) for name in ("CLOEXEC", "NOFOLLOW", "NONBLOCK", "NOCTTY", "DIRECTORY", "BINARY")
)  # 0, which asks for nothing, where there is no such flag
FOLDERS = bool(DIRECTORY) and os.open in os.supports_dir_fd  # whether a folder can be opened, and files below it
try:
    import fcntl as _fcntl
except ModuleNotFoundError:
    LOCKS = False
else:
    LOCKS = True


def lock(descriptor: int, *, wait: bool) -> None:
    """This process alone, until the descriptor is closed. BlockingIOError where another has it and wait is False.

    Only where LOCKS; whoever needs it asks first.
    """
    _fcntl.flock(descriptor, _fcntl.LOCK_EX | (0 if wait else _fcntl.LOCK_NB))


def read_at(descriptor: int, count: int, at: int) -> bytes:
    """Up to `count` bytes from byte `at` on. Where the system has no such call the descriptor's position moves."""
    if hasattr(os, "pread"):
        return os.pread(descriptor, count, at)
    os.lseek(descriptor, at, os.SEEK_SET)
    return os.read(descriptor, count)


def set_mode(descriptor: int, mode: int) -> None:
    """The permissions of an open file; nothing where files have no such permissions."""
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, mode)


def mode_of(descriptor: int) -> int:
    """The permissions of an open file; the owner's alone where files have no such permissions."""
    return stat.S_IMODE(os.fstat(descriptor).st_mode) if hasattr(os, "fchmod") else 0o600


def sync_folder(path: Path) -> None:
    """fsync a folder, so that names made or renamed in it are durable; nothing where no folder can be opened."""
    if not FOLDERS:
        return
    descriptor = os.open(path, os.O_RDONLY | DIRECTORY | CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def second_name(path: Path, other: Path) -> None:
    """`other` as a further name of the file at `path`, not of what a link there leads to. FileExistsError, OSError."""
    if os.link in os.supports_follow_symlinks:
        os.link(path, other, follow_symlinks=False)
    else:
        os.link(path, other)
