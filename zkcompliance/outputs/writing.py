"""The outputs of one command: checked before long work, checked again and written at the end, all or none."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from zkcompliance.edge import regular, system
from zkcompliance.errors import UsageError
from zkcompliance.log import files
from zkcompliance.outputs import places
from zkcompliance.outputs.kinds import Kind


class Outputs:
    """Where a command writes, and what it reads.

    kinds: path → what is made there; read: every file that the command reads (None: not given); closed: folders that
    are read as a whole, such as logs and a model. UsageError at once where an output would take the place of something
    (`places.check`), or two of them have one place.
    """

    def __init__(
        self,
        kinds: Mapping[Path, Kind],
        *,
        read: Iterable[str | Path | None] = (),
        closed: Iterable[str | Path | None] = (),
    ) -> None:
        self._kinds = dict(kinds)
        self._read = [Path(each) for each in read if each is not None]
        self._closed = [Path(each) for each in closed if each is not None]
        self.check()

    def check(self) -> None:
        """Of all places; nothing is changed."""
        seen: dict[object, Path] = {}
        for path in self._kinds:
            there = self._there(path)
            found: list[object] = [places.real(path.parent) / path.name]
            found += [] if there is None else [(there.st_dev, there.st_ino)]
            for each in found:
                if each in seen:
                    raise UsageError(f"{seen[each]} and {path} are one file: give each output a file of its own")
                seen[each] = path

    def _there(self, path: Path) -> os.stat_result | None:
        return places.check(path, self._kinds[path], self._read, self._closed)

    def write(self, data: Mapping[Path, bytes | Path], mode: int = files.PUBLIC) -> None:
        """Whole files at all places, or none, and what was there before.

        Everything lies on the disk before the first gets its name, and each place is checked once more just before.
        data: place → its bytes, or a file to copy. mode: of a new file; one that was there keeps its own, so that
        nobody reads it who could not before.
        """
        if set(data) != set(self._kinds):
            raise UsageError("what is written is not what was said to be")
        with _undone() as undo:
            waiting: dict[Path, Path] = {}
            for path, content in data.items():
                there = self._there(path)
                temporary = undo.temporary(path)
                made = mode if there is None else there.st_mode & 0o777
                if isinstance(content, Path):
                    files.copy(content, temporary, made)
                else:
                    files.create(temporary, content, made)
                waiting[path] = temporary
            self.check()
            for path, temporary in waiting.items():
                self._name(path, temporary, undo)
                files.sync_dir(path.parent)

    def _name(self, path: Path, temporary: Path, undo: _Undo) -> None:
        """Give the file its name. Where nothing was, nothing that came meanwhile is replaced: a link fails on it."""
        if self._there(path) is None:
            with contextlib.suppress(FileExistsError):
                _link(temporary, path)
                undo.made(path, None)
                return
            self._there(path)  # what came meanwhile: an output of the same kind, or an error
        kept = undo.temporary(path)
        with contextlib.suppress(OSError):
            system.second_name(path, kept)  # what is put back if another output fails
        temporary.replace(path)
        undo.made(path, kept if kept.exists() else None)


def _link(temporary: Path, path: Path) -> None:
    """A second name, which fails where one is; on file systems without hard links, a rename."""
    try:
        system.second_name(temporary, path)
    except FileExistsError:
        raise
    except OSError:
        if path.exists() or path.is_symlink():
            raise FileExistsError(path) from None
        temporary.rename(path)


class _Undo:
    """What was made so far: temporary names, and places with what stood there before."""

    def __init__(self) -> None:
        self._temporary: list[Path] = []
        self._made: list[tuple[Path, Path | None]] = []

    def temporary(self, path: Path) -> Path:
        made = path.with_name(f".{secrets.token_hex(8)}.tmp")  # short: the longest name that is free can be made
        self._temporary.append(made)
        return made

    def places(self) -> list[Path]:
        """Where something was about to be made, the last first."""
        return self._temporary[::-1]

    def made(self, path: Path, before: Path | None) -> None:
        self._made.append((path, before))

    def undo(self) -> None:
        for path, before in reversed(self._made):
            with contextlib.suppress(OSError):
                if before is None:
                    path.unlink()
                else:
                    before.replace(path)

    def tidy(self) -> None:
        for each in self._temporary:
            with contextlib.suppress(OSError):
                each.unlink()


@contextlib.contextmanager
def _undone() -> Iterator[_Undo]:
    """Everything undone where an error comes out; an OSError comes out as UsageError."""
    undo = _Undo()
    try:
        yield undo
    except BaseException as error:
        undo.undo()
        if isinstance(error, OSError):
            where = error.filename or next(iter(undo.places()), "the output")
            raise UsageError(f"{where}: {regular.reason(error)}", help=regular.remedy(error)) from error
        raise
    finally:
        undo.tidy()
