"""What a key file remembers of the log that it signs, so that it never signs two histories of one name.

Beside the private key KEY, wherever a link to it leads, lies KEY.log (0600), two lines or three:

    zkcompliance-key-1
    signs ID GENERATION           or `signs nothing`
    making ID GENERATION PATH     while that generation is being made, to appear at PATH

ID: the log's (32 hexadecimal digits), the same in all its generations. The line `making` is durable before the first
checkpoint is signed. It counts as `signs` from when the folder is at its place; a folder that never got there was never
seen by anybody, and leaves the key free. A key that lies in no file remembers nothing.
"""

from __future__ import annotations

import contextlib
import fcntl
import glob
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from zkcompliance.edge import regular
from zkcompliance.edge.shown import command
from zkcompliance.errors import KeyFileError, LogCorrupt, LogError, UsageError
from zkcompliance.log import files
from zkcompliance.log.layout import Layout, Settings
from zkcompliance.log.signer import SignerKey

_FORMAT = "zkcompliance-key-1"
_MAX_BYTES = 16 << 10


@dataclass(frozen=True)
class Held:
    """A log and one of its generations. `id`: 32 hexadecimal digits."""

    id: str
    generation: int

    @property
    def text(self) -> str:
        return f"{self.id} {self.generation}"


@dataclass(frozen=True)
class _Book:
    signs: Held | None
    making: tuple[Held, Path] | None = None

    def encode(self) -> bytes:
        lines = [_FORMAT, f"signs {self.signs.text if self.signs else 'nothing'}"]
        if self.making is not None:
            lines.append(f"making {self.making[0].text} {self.making[1]}")
        return "".join(f"{line}\n" for line in lines).encode(errors="surrogateescape")


def path_of(key: Path) -> Path:
    """Where the key in this file keeps what it remembers."""
    return key.with_name(key.name + ".log")


def id_of(layout: Layout) -> str:
    """The id of the log in a folder. LogError when it has no private part that says, LogCorrupt when damaged."""
    data = files.read(layout.id, 64, folders=1)
    text = data[:32].decode(errors="replace")
    if not _is_id(text) or data != id_bytes(text):
        raise LogCorrupt(f"{layout.id} is damaged", help=command("zkcompliance", "fsck", layout.root))
    return text


def id_bytes(identity: str) -> bytes:
    """The bytes of the file `id`: the id, and the first 16 digits of its SHA-256."""
    return f"{identity} {hashlib.sha256(identity.encode()).hexdigest()[:16]}\n".encode()


def claim(key: SignerKey, held: Held, place: Path) -> None:
    """Before the first checkpoint of a new folder is signed: it is to appear at `place`. Durable when it returns.

    KeyFileError where the key signs another log, or this generation or a later one already.
    """
    if any(character in "\n\r" for character in str(place)):
        raise UsageError("a log folder's name holds a line break")
    with _opened(key) as book:
        if book is None:
            return
        before = book.value.signs
        _check_signs(key, before, held, newest=held.generation - 1)
        book.write(_Book(before, (held, place.absolute())))


def forget(key: SignerKey, held: Held) -> None:
    """The folder that was claimed will not appear: the key is as free as before. Never fails."""
    with contextlib.suppress(LogError), _opened(key) as book:
        if book is not None and book.value.making is not None and book.value.making[0] == held:
            if book.value.signs is None:
                path_of(book.key).unlink(missing_ok=True)
            else:
                book.write(_Book(book.value.signs))


def hold(key: SignerKey, held: Held) -> None:
    """Whoever opens a folder at its place to sign in it: the key remembers it from now on.

    KeyFileError where it signs another log, or a later generation of this one.
    """
    with _opened(key) as book:
        if book is None:
            return
        before = book.value.signs
        _check_signs(key, before, held, newest=held.generation)
        if before != held:
            book.write(_Book(held, book.value.making))


@contextlib.contextmanager
def appearing(key: SignerKey, held: Held, place: Path | None = None) -> Iterator[None]:
    """Inside, the folder that was claimed gets its place; then the key signs it.

    place: that of a first generation, of which the first that appears has the key, and not the last that was claimed.
    KeyFileError, before anything has appeared, where another folder was claimed or has appeared under the key since.
    """
    with _opened(key) as book:
        if book is not None and place is not None and book.value.signs is None:
            book.write(_Book(None, (held, place.absolute())))
        if book is not None and book.value != _Book(held) and (book.value.making or (None,))[0] != held:
            raise _taken(key)
        yield
        if book is not None:
            book.write(_Book(held))


def supersede(key: SignerKey, held: Held) -> None:
    """An old key, after a rotation: it has nothing more to sign before this generation."""
    with _opened(key) as book:
        if book is not None and book.value.signs is not None and book.value.signs.id == held.id:
            book.write(_Book(held, None))


def _check_signs(key: SignerKey, before: Held | None, held: Held, *, newest: int) -> None:
    """KeyFileError where the key signs another log than `held`, or of it a generation after `newest`."""
    if before is not None and before.id != held.id:
        raise _taken(key)
    if before is not None and before.generation > newest:
        raise _gone_on(key, before, held)


def _taken(key: SignerKey) -> KeyFileError:
    return KeyFileError(
        f"{key.file} signs another log already, and two logs of one key are evidence against it",
        help="zkcompliance keygen ANOTHER-NAME -o ANOTHER.key  # a log has a key of its own",
    )


def _gone_on(key: SignerKey, before: Held, held: Held) -> KeyFileError:
    return KeyFileError(
        f"{key.file} has signed generation {before.generation} of this log, so that generation {held.generation} "
        "is closed: this folder was left behind, or put back from a backup",
        help="zkcompliance fsck LOG  # in the folder of the newest generation",
    )


class _File:
    """The book of one key, while its key file is locked."""

    def __init__(self, key: Path) -> None:
        self.key = key
        self._path = path = path_of(key)
        for killed in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
            killed.unlink(missing_ok=True)
        self.value = _resolve(_read(path))

    def write(self, book: _Book) -> None:
        self.value = book
        files.replace(self._path, book.encode(), files.PRIVATE)


@contextlib.contextmanager
def _opened(key: SignerKey) -> Iterator[_File | None]:
    if key.file is None:
        yield None
        return
    try:
        itself = Path(os.path.realpath(key.file))  # a key may be given by a link, and has one book
        lock = regular.open_file(itself)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield _File(itself)
        finally:
            os.close(lock)
    except regular.Unsafe as error:
        raise KeyFileError(f"{error.filename} {error.strerror}", help=error.remedy or None) from error
    except OSError as error:
        raise KeyFileError(
            f"{error.filename or key.file}: {regular.reason(error)}",
            help=regular.remedy(error)
            or command("chmod", "u+w", key.file.absolute().parent) + "  # where the key writes which log it signs",
        ) from error


def _resolve(book: _Book) -> _Book:
    """What was being made counts as signed when its folder has appeared."""
    if book.making is None:
        return book
    held, place = book.making
    layout = Layout(place)
    try:
        there = Held(id_of(layout), Settings.load(layout).generation)
    except LogError:
        return book
    return _Book(held) if there == held else book


def _read(path: Path) -> _Book:
    try:
        data = regular.read_file(path, _MAX_BYTES)
    except FileNotFoundError:
        return _Book(None)
    try:
        lines = data.decode(errors="surrogateescape").split("\n")
        signs = None if lines[1] == "signs nothing" else _held(lines[1].split(" "), "signs", 3)
        making = None
        if len(lines) == 4:
            words = lines[2].split(" ", 3)
            making = (_held(words, "making", 4), Path(words[3]))
        book = _Book(signs, making)
        if book.encode() != data:
            raise ValueError
    except (ValueError, IndexError) as error:
        raise KeyFileError(
            f"{path}, which says what log the key beside it signs, is damaged, or is a file of yours",
            help=command("mv", "-n", path, path.with_name(f"{path.name}.before"))
            + "  # when you know that the key signs no other log",
        ) from error
    return book


def _held(words: list[str], first: str, count: int) -> Held:
    if len(words) != count or words[0] != first or not _is_id(words[1]) or not 1 <= int(words[2]) < 1 << 30:
        raise ValueError
    return Held(words[1], int(words[2]))


def _is_id(text: str) -> bool:
    return len(text) == 32 and not set(text) - set("0123456789abcdef")
