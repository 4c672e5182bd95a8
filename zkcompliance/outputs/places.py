"""Whether a file may be made at a place: UsageError, with the reason, where something would be lost.

- No file that the command reads, by its identity (device and inode): whatever links lead to it.
- Nothing in a log folder, or in a folder that is hashed as the model: looked for in every folder above the place, by
  identity too.
- No symbolic link, folder, device, pipe or socket: outputs are whole regular files, written beside their place and then
  renamed.
- No file that is there already, unless it is empty or an earlier output of the same kind.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from zkcompliance.edge import regular
from zkcompliance.errors import UsageError
from zkcompliance.outputs.kinds import HEAD, Kind

Identity = tuple[int, int]  # device and inode
_OTHER = "give another name to the output: -o OTHER"


def identity(path: Path) -> Identity | None:
    """Of what is at a path, links followed; None where nothing is."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino


def real(path: Path) -> Path:
    """The path without links; `Path.resolve` fails with another kind of error where links lead in a circle."""
    return Path(os.path.realpath(path))


def outside_logs(path: Path) -> None:
    """UsageError where a new key or log would lie in a log's folder. What is there already is for its maker to see."""
    _not_inside(path, [])


def for_memory(path: Path, closed: Iterable[Path] = ()) -> None:
    """UsageError where a verifier's memory, its lock and its evidence would lie in a log or a model, or is a link.

    A memory is written beside its place and renamed, so that a link would become a file, and what it leads to would
    remember nothing more.
    """
    help = "give another file to --state"
    try:
        _not_inside(path, list(closed), help)
        if path.is_symlink():
            raise UsageError(f"{path} is {_odd(path, path.lstat().st_mode)}", help=help)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", help=help) from error


def check(path: Path, kind: Kind, read: Iterable[Path], closed: Iterable[Path]) -> os.stat_result | None:
    """What is at `path` and may be replaced by an output of this kind; None where nothing is.

    read: files that the command reads; closed: folders that no output may lie in. UsageError otherwise.
    """
    try:
        return _check(path, kind, list(read), list(closed))
    except OSError as error:
        raise UsageError(f"{error.filename or path}: {error.strerror}", help=_OTHER) from error
    except ValueError as error:  # a zero byte in a name
        raise UsageError(f"{path}: {error}", help=_OTHER) from error


def _check(path: Path, kind: Kind, read: list[Path], closed: list[Path]) -> os.stat_result | None:
    folder = path.parent
    if path.name in ("", ".."):
        raise UsageError(f"{path} is a folder", help=_OTHER)
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(f"{folder} is not a folder that can be written to", help=_OTHER)
    _not_inside(path, closed)
    there = _status(path)
    _not_read(path, there, read)
    if there is None:
        return None
    if why := _odd(path, there.st_mode):
        raise UsageError(f"{path} is {why}", help=_OTHER)
    if there.st_size and not kind.recognises(_head(path)):
        why = kind.kept or f"it is not {kind.name} of an earlier run, and outputs take the place of nothing else"
        if not there.st_mode & 0o077:
            why = f"only its owner can read it, as a key or the rows of a log, and {why}"
        raise UsageError(f"{path} is there, and {why}: write to another file", help=_OTHER)
    return there


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except FileNotFoundError:
        return None


def _not_read(path: Path, there: os.stat_result | None, read: list[Path]) -> None:
    place = real(path.parent) / path.name
    for each in read:
        same = identity(each)
        if there is not None and same is not None and same in ((there.st_dev, there.st_ino), identity(path)):
            raise UsageError(f"{path} is read, and would be overwritten: write to another file", help=_OTHER)
        if real(each.parent) / each.name == place:
            raise UsageError(f"{path} is read, and would be overwritten: write to another file", help=_OTHER)


def _not_inside(path: Path, closed: list[Path], help: str = _OTHER) -> None:
    """Neither the place itself, nor a folder above the one that it really lies in, is closed or a log's."""
    shut = {found: folder for folder in closed if (found := identity(folder)) is not None}
    folder = real(path.parent)
    for above in (path, *folder.parents, folder):
        found = identity(above)
        if found is not None and found in shut:
            raise UsageError(f"{path} lies in {shut[found]}, which is read as a whole", help=help)
        if above != path and is_log(above):
            raise UsageError(f"{path} lies in {above}, a log's folder, which is the log's alone", help=help)


def is_log(folder: Path) -> bool:
    """Whether a folder is a log's, damaged ones too: `settings` of the form that logs have, or `secret` with rows.

    Whoever may write in a folder above an output can put a pipe there under that name: nothing waits for it.
    """
    names = set()
    for name in ("secret", "settings", "entries", "schema"):
        with contextlib.suppress(OSError):
            (folder / name).stat()
            names.add(name)
    if "settings" in names and _begins_as_settings(folder / "settings"):
        return True
    return "secret" in names and len(names) > 1 and (folder / "secret").is_dir()


def _begins_as_settings(path: Path) -> bool:
    try:
        with regular.open_given(path) as file:
            return file.read(16).startswith(b"zkcompliance-log")
    except OSError:
        return False


def _odd(path: Path, mode: int) -> str:
    """What else than a regular file it is, and empty for one."""
    if stat.S_ISLNK(mode):
        return f"a symbolic link to {path.readlink()}, and an output takes the place of no link: name the file itself"
    if stat.S_ISDIR(mode):
        return "a folder"
    if stat.S_ISREG(mode):
        return ""
    what = "a pipe" if stat.S_ISFIFO(mode) else "a socket" if stat.S_ISSOCK(mode) else "a device"
    return f"{what}, and an output is a regular file, which is there as a whole or not at all"


def _head(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | regular.ALWAYS)
    with os.fdopen(descriptor, "rb") as file:
        return file.read(HEAD)
