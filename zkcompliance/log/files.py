"""Durable, private files: 0600 from the moment they exist, atomic replacement, and fsync of file and folder.

Every function takes the mode at creation and sets it by descriptor too, so that no umask can widen or narrow it. A file
that has a second name (a snapshot by hard links) is not written in place: it gets a copy of its own first.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from zkcompliance.edge import regular, system
from zkcompliance.edge.regular import write_all as write_all
from zkcompliance.errors import LogCorrupt, LogError, Unsupported

PRIVATE, PRIVATE_DIR, PUBLIC, PUBLIC_DIR = 0o600, 0o700, 0o644, 0o755
sync_dir = system.sync_folder


@contextlib.contextmanager
def reporting(path: Path) -> Iterator[None]:
    """OSError → LogError that names the file and the reason; LogCorrupt where something else lies in its place."""
    try:
        yield
    except OSError as error:
        kind = LogCorrupt if isinstance(error, regular.Unsafe) else LogError
        joined = " " if isinstance(error, regular.Unsafe) else ": "
        message = f"{error.filename or path}{joined}{regular.reason(error)}"
        raise kind(message, help=regular.remedy(error)) from error


def read(path: Path, limit: int, *, folders: int = 0, private: bool = True) -> bytes:
    """The bytes of a file of a log, as `regular.read_file`; LogError, or LogCorrupt where it is not safe to read."""
    with reporting(path):
        return regular.read_file(path, limit, folders=folders, private=private)


def names(folder: Path) -> list[str]:
    """What lies in a folder of a log that is no link, in order; OSError when it cannot be listed."""
    descriptor = regular.open_folder(folder)
    try:
        return sorted(os.listdir(descriptor))  # noqa: PTH208
    finally:
        os.close(descriptor)


def make_dir(path: Path, mode: int = PRIVATE_DIR) -> None:
    """Create a folder with exactly this mode; FileExistsError when it is there."""
    path.mkdir(mode=mode & 0o700)
    path.chmod(mode)


@contextlib.contextmanager
def creating(path: Path, mode: int = PRIVATE) -> Iterator[int]:
    """A descriptor of a new file of this mode.

    Fsynced at the end. FileExistsError when path exists. Gone again on error.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | regular.ALWAYS, mode & 0o600)
    try:
        system.set_mode(descriptor, mode)
        yield descriptor
        os.fsync(descriptor)
    except BaseException:
        with contextlib.suppress(OSError):
            path.unlink()
        raise
    finally:
        os.close(descriptor)


def create(path: Path, data: bytes, mode: int = PRIVATE) -> None:
    """A new durable file (its folder is not fsynced). FileExistsError when path exists."""
    with creating(path, mode) as descriptor:
        write_all(descriptor, data)


def copy(source: Path, path: Path, mode: int = PRIVATE, *, folders: int = 0) -> None:
    """`create` with the bytes of another file, block by block. folders: above the source, as in `regular.open_file`."""
    descriptor = regular.open_file(source, folders=folders)
    with os.fdopen(descriptor, "rb") as data, creating(path, mode) as copy:
        while block := data.read(1 << 20):
            write_all(copy, block)


def replace(path: Path, data: bytes, mode: int = PUBLIC) -> None:
    """Write or replace a file atomically: temporary file, fsync, rename, fsync of the folder."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    create(temporary, data, mode)
    try:
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    sync_dir(path.parent)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file `<path>.lock` (made when new); waits for it. LogError when it cannot be made, Unsupported
    where this system has no locks: two at once would forget what the other saw."""
    if not system.LOCKS:
        raise Unsupported(
            f"{path} cannot be kept on this system: it has no file locks of POSIX, and two verifications at once would "
            "each forget what the other has seen",
            help="verify on Linux or macOS with --state, or here without it: the verdict then remembers nothing",
        )
    with reporting(path):
        lock = regular.open_file(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT)
    try:
        system.lock(lock, wait=True)
        yield
    finally:
        os.close(lock)
