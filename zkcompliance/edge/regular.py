"""Opening the files of a log: regular files only, through no link, waiting for nobody, and none that others own.

Whoever may write in a folder above could put a link, a pipe or a device in a file's place. A link would have another
file read or written, a pipe would have its opener wait for ever; so every file of a log is opened here.

Files that a person names (a proof, a policy, a key, rows) are opened by `open_given`: through links, but waiting for
nobody either, and never a device, which has no end.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from zkcompliance.edge import system
from zkcompliance.edge.shown import command
from zkcompliance.edge.system import BINARY, CLOEXEC, DIRECTORY, NOCTTY, NOFOLLOW, NONBLOCK

ALWAYS = CLOEXEC | NOFOLLOW | NONBLOCK | NOCTTY | BINARY  # of a file that is opened by its own name
_AT_ONCE = 1 << 26  # bytes read or copied in one call
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Unsafe(OSError):
    """What lies at a path is not a file of its owner alone; `strerror` says what it is. `remedy`: a command, or ""."""

    remedy = ""


class TooLong(Unsafe):
    """A file has more bytes than whoever reads it takes."""


def _too_long(path: Path, limit: int) -> TooLong:
    return TooLong(errno.EPERM, f"is longer than {limit} bytes", str(path))


def _unsafe(path: Path, what: str, remedy: str = "") -> Unsafe:
    error = Unsafe(errno.EPERM, what, str(path))
    error.remedy = remedy
    return error


def open_file(path: Path, flags: int = os.O_RDONLY, *, folders: int = 0, private: bool = False) -> int:
    """A descriptor of the regular file at `path`, which its caller closes; with O_CREAT, made 0600.

    folders: how many folders above it belong to the log too, and must be no links. private: it must be the user's (or,
    for the superuser, that of the folder's owner), and out of others' reach. Raises Unsafe, or OSError.
    """
    if len(path.parents) <= folders:  # such as "", which is the folder that the command is run in
        raise _unsafe(path, "is not a regular file")
    if not system.FOLDERS:
        return _open_by_name(path, flags, folders)
    at = os.open(path.parents[folders], os.O_RDONLY | DIRECTORY | CLOEXEC)
    try:
        for above in reversed(path.parents[:folders]):
            below = open_folder(above, at)
            os.close(at)
            at = below
        descriptor = _open_in(path, flags, at)
        try:
            _check(path, os.fstat(descriptor), os.fstat(at).st_uid, private)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor
    finally:
        os.close(at)


def open_given(path: Path) -> BinaryIO:
    """A file that somebody names, to be read; a link is followed. Unsafe where it is a pipe, a socket or a device, or
    OSError."""
    return open(path, "rb", opener=_opener)


def _opener(path: str, flags: int) -> int:
    descriptor = os.open(path, flags | CLOEXEC | NONBLOCK | NOCTTY | BINARY)
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):  # of a folder `open` itself says that it is one
        return descriptor
    os.close(descriptor)
    what = "a pipe" if stat.S_ISFIFO(mode) else "no file but a device or a socket"
    raise _unsafe(Path(path), f"is {what}, and regular files alone are read: save its contents to one first")


def open_folder(path: Path, at: int | None = None) -> int:
    """A descriptor of the folder at `path`, which is no link; Unsafe, or OSError. at: a descriptor of the one above."""
    name = path if at is None else path.name
    try:
        return os.open(name, os.O_RDONLY | DIRECTORY | NOFOLLOW | CLOEXEC, dir_fd=at)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.EMLINK):
            raise _unsafe(path, "is not a folder of the log's own; a log is never read through a link") from error
        raise OSError(error.errno, error.strerror, str(path)) from error


def _open_in(path: Path, flags: int, at: int) -> int:
    try:
        return os.open(path.name, flags | ALWAYS, 0o600, dir_fd=at)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EMLINK):
            raise _unsafe(path, "is a link; a log is never read or written through one") from error
        if error.errno in (errno.ENXIO, errno.EISDIR, errno.ENODEV, errno.EOPNOTSUPP):
            raise _unsafe(path, "is not a regular file") from error
        raise OSError(error.errno, error.strerror, str(path)) from error


def _open_by_name(path: Path, flags: int, folders: int) -> int:
    """Where no folder can be opened: neither the file nor the folders of the log are links when they are looked at, and
    what is opened is what was looked at. Who owns a file is not known there."""
    for above in path.parents[:folders]:
        if above.is_symlink() or not above.is_dir():
            raise _unsafe(above, "is not a folder of the log's own; a log is never read through a link")
    if path.is_symlink():
        raise _unsafe(path, "is a link; a log is never read or written through one")
    there = path.lstat() if path.exists() else None
    if there is not None and not stat.S_ISREG(there.st_mode):
        raise _unsafe(path, "is not a regular file")
    descriptor = os.open(path, flags | ALWAYS, 0o600)
    opened = os.fstat(descriptor)
    if there is not None and (there.st_dev, there.st_ino) != (opened.st_dev, opened.st_ino):
        os.close(descriptor)
        raise _unsafe(path, "was put in the place of another file while it was opened")
    return descriptor


def _check(path: Path, status: os.stat_result, folder_owner: int, private: bool) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise _unsafe(path, "is not a regular file")
    if not private:
        return
    me = os.geteuid()
    if status.st_uid not in ({me, folder_owner} if me == 0 else {me}):
        raise _unsafe(path, "belongs to another user")
    if stat.S_IMODE(status.st_mode) & 0o077:
        raise _unsafe(path, "can be read or changed by others", command("chmod", "600", path))


def length(path: Path, descriptor: int, limit: int) -> int:
    """How many bytes an open file has; TooLong when there are more than `limit`. path: what it is called."""
    size = os.fstat(descriptor).st_size
    if size > limit:
        raise _too_long(path, limit)
    return size


def read_file(path: Path, limit: int, *, folders: int = 0, private: bool = False) -> bytes:
    """All bytes of a file that `open_file` would open; TooLong when there are more than `limit`."""
    descriptor = open_file(path, folders=folders, private=private)
    try:
        length(path, descriptor, limit)
        parts: list[bytes] = []
        at = 0
        while at <= limit and (part := system.read_at(descriptor, min(limit + 1 - at, _AT_ONCE), at)):
            parts.append(part)
            at += len(part)
    finally:
        os.close(descriptor)
    if at > limit:
        raise _too_long(path, limit)
    return b"".join(parts)


def write_all(descriptor: int, data: bytes | memoryview) -> None:
    """Write every byte, through short writes."""
    view = memoryview(data).cast("B")
    while view:
        written = os.write(descriptor, view)
        if not written:
            raise OSError(errno.EIO, "nothing could be written")
        view = view[written:]


def unshared(path: Path, descriptor: int, mode: int = 0o600, *, lock: bool = False) -> int:
    """A descriptor of `path` that may be written in place: the same, or (that one closed) one of a copy of its own.

    A copy is made when the file has another name, such as in a snapshot by hard links. lock: the copy is locked as the
    descriptor is, before it can be found. OSError when the file has lost its name.
    """
    links = os.fstat(descriptor).st_nlink
    if links == 1:
        return descriptor
    if links == 0:
        raise OSError(errno.ENOENT, "was removed while it was open", str(path))
    temporary = path.with_name(f".{path.name}.{os.urandom(6).hex()}.tmp")
    kept = open_file(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL)
    try:
        system.set_mode(kept, mode)
        size = os.fstat(descriptor).st_size
        for at in range(0, size, _AT_ONCE):
            write_all(kept, system.read_at(descriptor, min(_AT_ONCE, size - at), at))
        os.fsync(kept)
        if lock:
            system.lock(kept, wait=False)
        temporary.replace(path)
        system.sync_folder(path.parent)
    except BaseException:
        os.close(kept)
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    os.close(descriptor)
    return kept


def reason(error: OSError) -> str:
    """Why a call failed, in words."""
    if error.errno in _FULL:
        return f"{error.strerror} (the disk, or the user's quota, is full)"
    return error.strerror or type(error).__name__


def remedy(error: OSError) -> str | None:
    """What to do about it, where that is known."""
    if isinstance(error, Unsafe):
        return error.remedy or None
    return "df -h  # free some space and run the same again: nothing was changed" if error.errno in _FULL else None
