"""The two digests of a model's file or folder, in one pass over its bytes (docs/spec/policy.md, "The model's digests").

The content digest is the one of OpenSSF model-signing 1.x (serialization `files`, hash `sha256`): of a folder, SHA-256
over the SHA-256 digests of all files, one after the other, in the order of their paths compared name by name; `.git`,
`.github`, `.gitignore`, `.gitattributes` and `model.sig` at the top are passed over. Of a file, SHA-256 of its bytes.
It does not say what the files are called, nor whether it is of a file or of a folder.

The tree digest does, and passes nothing over:

    file     SHA-256("zkct" ‖ u16(1) ‖ u8(1) ‖ u64 size ‖ SHA-256 of its bytes)
    folder   SHA-256("zkct" ‖ u16(1) ‖ u8(2) ‖ u64 entries ‖ entries)
    entry    u8(1) ‖ bytes16 path ‖ u64 size ‖ SHA-256     a file
             u8(2) ‖ bytes16 path                          a folder with nothing in it

Paths are relative, UTF-8, with `/` between names, and entries stand in the order of their paths' bytes.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

from zkcompliance.edge.shown import command, escaped
from zkcompliance.errors import LimitExceeded, UsageError
from zkcompliance.progress import Progress, silent
from zkcompliance.stark.codec import bytes16, u8, u16, u64

PASSED_OVER = frozenset({".git", ".github", ".gitignore", ".gitattributes", "model.sig"})  # of the content digest
STAGE = "hash the model"
_HEAD = b"zkct" + u16(1)
_FILE, _FOLDER = u8(1), u8(2)
_BLOCK = 1 << 20
_MAX_DEPTH = 64  # folders inside folders
_HELP = "--subject my-model=./my-model"


@dataclass(frozen=True)
class Digests:
    """32 bytes each: content, as model-signing has it; tree, of every path, size and content."""

    content: bytes
    tree: bytes


@dataclass(frozen=True)
class _Entry:
    """A file, or a folder with nothing in it. state: what changes where a file does."""

    parts: tuple[str, ...]
    folder: bool
    state: tuple[int, ...]
    size: int

    @property
    def path(self) -> bytes:
        return "/".join(self.parts).encode()


def digests(path: Path, progress: Progress = silent) -> Digests:
    """Of a file or folder; every byte is read once, and what changes meanwhile is refused.

    UsageError for what is neither, symbolic links wherever they are, names that are not UTF-8, a folder without a file
    that counts, and what was changed while it was hashed.
    """
    try:
        if stat.S_ISDIR(os.lstat(path).st_mode):
            return _of_folder(path, progress)
        return _of_file(path, progress)
    except OSError as error:
        raise UsageError(f"{error.filename or path}: {error.strerror}", help=_HELP) from error
    except ValueError as error:  # a zero byte in the path
        raise UsageError(f"{path}: {error}", help=_HELP) from error


def _of_file(path: Path, progress: Progress) -> Digests:
    before = os.lstat(path)
    digest = _read(path, before.st_size, _state(before), partial(_report, progress, 0, before.st_size))
    if _state(os.lstat(path)) != _state(before):
        raise _changed(path)
    return Digests(digest, sha256(_HEAD + _FILE + u64(before.st_size) + digest).digest())


def _of_folder(root: Path, progress: Progress) -> Digests:
    entries = list(_entries(root, (), 0))
    total, done = sum(entry.size for entry in entries), 0
    found: dict[tuple[str, ...], bytes] = {}
    for entry in entries:
        if not entry.folder:
            report = partial(_report, progress, done, total)
            found[entry.parts] = _read(root.joinpath(*entry.parts), entry.size, entry.state, report)
            done += entry.size
    if sorted(_entries(root, (), 0), key=_by_path) != sorted(entries, key=_by_path):
        raise _changed(root)
    counted = sorted(parts for parts in found if parts[0] not in PASSED_OVER)
    if not counted:
        raise UsageError(f"{root} holds no file: that is no model", help=_HELP)
    content = sha256(b"".join(found[parts] for parts in counted)).digest()
    tree = sha256(_HEAD + _FOLDER + u64(len(entries)))
    for entry in sorted(entries, key=_by_path):
        tree.update((_FOLDER if entry.folder else _FILE) + _path(root, entry))
        if not entry.folder:
            tree.update(u64(entry.size) + found[entry.parts])
    return Digests(content, tree.digest())


def _report(progress: Progress, before: int, total: int, done: int) -> None:
    progress(STAGE, before + done, total)


def _by_path(entry: _Entry) -> bytes:
    return entry.path


def _path(root: Path, entry: _Entry) -> bytes:
    try:
        return bytes16(entry.path)
    except LimitExceeded as error:
        raise UsageError(f"{root} has a path of {len(entry.path)} bytes in it", help=_HELP) from error


def _entries(root: Path, inside: tuple[str, ...], depth: int) -> Iterator[_Entry]:
    """Everything below root; of folders those with nothing in them."""
    if depth > _MAX_DEPTH:
        raise UsageError(f"{root} has folders nested deeper than {_MAX_DEPTH}")
    empty = True
    with os.scandir(root.joinpath(*inside)) as found:
        for each in found:
            empty = False
            parts = (*inside, each.name)
            where = root.joinpath(*parts)
            try:
                each.name.encode()
            except UnicodeEncodeError:
                raise UsageError(f"{where}: its name is not UTF-8, and has no one form on other machines") from None
            if each.is_symlink():
                raise _no_link(where)
            if each.is_dir(follow_symlinks=False):
                yield from _entries(root, parts, depth + 1)
            else:
                status = os.lstat(where)
                yield _Entry(parts, False, _state(status), status.st_size)
    if empty and inside:
        yield _Entry(inside, True, (), 0)


def _state(status: os.stat_result) -> tuple[int, ...]:
    """What changes where a file is written, exchanged, or put in the place of another."""
    return (
        status.st_dev, status.st_ino, status.st_mode, status.st_size, status.st_mtime_ns, status.st_ctime_ns,
    )  # fmt: skip


def _read(path: Path, size: int, state: tuple[int, ...], report: Callable[[int], None]) -> bytes:
    """SHA-256 of a regular file's bytes, read in blocks; never waits on a pipe, never follows a link."""
    if path.is_symlink():
        raise _no_link(path)
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UsageError(f"{path} is neither a file nor a folder", help=_HELP)
        made, done = sha256(), 0
        while block := file.read(_BLOCK):
            made.update(block)
            done += len(block)
            report(done)
        if done != size or _state(os.fstat(descriptor)) != state:
            raise _changed(path)
    return made.digest()


def _changed(path: Path) -> UsageError:
    return UsageError(f"{path} was changed while it was hashed", help="try again when nothing writes to the model")


def _no_link(path: Path) -> UsageError:
    return UsageError(
        f"{escaped(str(path))} is a symbolic link: what it points to can change under the same name",
        help=command("cp", "-rL", path, "COPY"),
    )
