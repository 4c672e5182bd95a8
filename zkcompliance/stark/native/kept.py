"""Compiled kernels on disk. Loading them is running them, so they are taken from one place, and only if it is safe.

The place is `.cache/zkcompliance/kernels` in the home of the account that the process runs as, by that account's entry:
no variable of the environment names it, nor does the folder that a command is run in. It is taken only if the folder is
the user's and nobody else's (0700), every folder above it is the user's or root's and cannot be written to by others,
and the file is the user's, regular, no link, and out of others' reach. A file is named by its key:

    key  = SHA-256 of the versions, the processor and the sources that its code follows from (`key`)
    file = MAGIC ‖ key ‖ le32 number of objects ‖ (le64 bytes ‖ an object of LLVM's)* ‖ SHA-256 of all before

What does not fit is not loaded, and compiled anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
import secrets
import stat
import sys
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

import llvmlite
import numpy as np
from llvmlite import binding

from zkcompliance.edge import regular
from zkcompliance.edge.shown import command
from zkcompliance.stark.native.target import Target

MAGIC = b"zkcompliance kernels 1\n"
MOST_BYTES = 1 << 26
MOST_FILES = 8  # of other versions, processors and checkouts, the latest
_HASH = 32


def folder() -> Path | None:
    """Where compiled kernels are kept, whether it is there or not; None for an account without a home."""
    try:
        home = pwd.getpwuid(os.geteuid()).pw_dir
    except KeyError:
        return None
    return Path(home, ".cache", "zkcompliance", "kernels") if home.startswith("/") else None


def key(target: Target, sources: Iterable[Path]) -> bytes:
    """32 bytes: of all that compiled code follows from. OSError where it cannot be read."""
    digest = hashlib.sha256(MAGIC)
    spec = find_spec("numba")
    version = b"" if spec is None or spec.origin is None else Path(spec.origin).with_name("_version.py").read_bytes()
    said = (sys.version, *os.uname()[::4], binding.get_process_triple(), target.name, target.features,
            llvmlite.__version__, np.__version__)  # fmt: skip
    for part in (*(each.encode() for each in said), version, *(path.read_bytes() for path in sources)):
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.digest()


def encode(key: bytes, objects: Iterable[bytes]) -> bytes:
    """The bytes of a file."""
    parts = list(objects)
    body = MAGIC + key + len(parts).to_bytes(4, "little")
    body += b"".join(len(part).to_bytes(8, "little") + part for part in parts)
    return body + hashlib.sha256(body).digest()


def decode(key: bytes, data: bytes) -> list[bytes]:
    """The objects in a file's bytes; ValueError, which says why, where it is not one of this key, whole."""
    body, digest = data[:-_HASH], data[-_HASH:]
    if hashlib.sha256(body).digest() != digest or not body.startswith(MAGIC):
        raise ValueError("it is damaged")
    at = len(MAGIC) + _HASH
    if body[len(MAGIC) : at] != key:
        raise ValueError("it was compiled from other sources, for another processor or by other versions")
    count, at = int.from_bytes(body[at : at + 4], "little"), at + 4
    objects = []
    for _ in range(count):
        size = int.from_bytes(body[at : at + 8], "little")
        objects.append(body[at + 8 : at + 8 + size])
        at += 8 + size
        if at > len(body):
            raise ValueError("it is damaged")
    if at != len(body):
        raise ValueError("it is damaged")
    return objects


def unsafe(place: Path) -> str:
    """Why code is not taken from a folder, in words; empty where it may be. OSError where it cannot be looked at."""
    real = place.resolve(strict=True)
    for path in sorted({*place.parents, *real.parents}):
        status = path.lstat()
        if status.st_uid not in (0, os.geteuid()):
            return f"{path} belongs to another user"
        writable = stat.S_IMODE(status.st_mode) & 0o022 and not stat.S_ISLNK(status.st_mode)
        if writable and not status.st_mode & stat.S_ISVTX:
            return f"{path} can be changed by others; to use it: {command('chmod', 'go-w', path)}"
    status = place.lstat()
    if not stat.S_ISDIR(status.st_mode):
        return f"{place} is no folder"
    if status.st_uid != os.geteuid():
        return f"{place} belongs to another user"
    if stat.S_IMODE(status.st_mode) != 0o700:
        return f"{place} is not for this user alone; to use it: {command('chmod', '700', place)}"
    return ""


def read(key: bytes) -> tuple[list[bytes], str]:
    """(objects, ""), or ([], why what is kept is not taken, in words); ([], "") where none is kept."""
    place = folder()
    if place is None:
        return [], ""
    path = place / f"{key.hex()}.kernels"
    try:
        if why := unsafe(place):
            return [], why
        return decode(key, regular.read_file(path, MOST_BYTES, folders=1, private=True)), ""
    except FileNotFoundError:
        return [], ""
    except regular.Unsafe as error:
        return [], f"{path} {error.strerror}"
    except OSError as error:
        return [], f"{error.filename or path}: {regular.reason(error)}"
    except ValueError as error:
        return [], f"{path}: {error}"


def write(key: bytes, objects: Iterable[bytes]) -> str:
    """Keep objects for later processes, whole or not at all; why they could not be kept, in words, or empty."""
    place = folder()
    if place is None:
        return "this account has no home"
    temporary = place / f".{secrets.token_hex(8)}.tmp"
    try:
        _make(place)
        if why := unsafe(place):
            return why
        with _removed(temporary):
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            try:
                os.fchmod(descriptor, 0o600)
                regular.write_all(descriptor, encode(key, objects))
            finally:
                os.close(descriptor)
            temporary.replace(place / f"{key.hex()}.kernels")
        _forget_old(place)
    except OSError as error:
        return f"{error.filename or place}: {regular.reason(error)}"
    return ""


def _make(place: Path) -> None:
    """The folder, and those above it that are missing, for the user alone. One that is there is left as it is."""
    for path in reversed([place, *place.parents]):
        with contextlib.suppress(FileExistsError):
            path.mkdir(0o700)


@contextlib.contextmanager
def _removed(temporary: Path) -> Iterator[None]:
    """Whatever happens, no temporary file stays."""
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def _forget_old(place: Path) -> None:
    """Keep the latest MOST_FILES; another process may be doing the same."""
    with contextlib.suppress(OSError):
        files = sorted(place.glob("*.kernels"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in files[MOST_FILES:]:
            path.unlink()
