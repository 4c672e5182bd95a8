"""A file that is read more than once, and whose every byte is the one that was read first.

It is read to its end once, in order: for its SHA-256, and for one of each block. What is read of it later is held
against its block's, so that a file which changes meanwhile is refused, and what was added to it is never seen. In
memory is one block. `InMemory` is the same of bytes.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Protocol

from zkcompliance.edge import regular, system
from zkcompliance.errors import UsageError

BLOCK = 1 << 20  # bytes


class Source(Protocol):
    """Bytes of a known length, to be read in any order."""

    @property
    def size(self) -> int:
        """Bytes."""

    @property
    def digest(self) -> bytes:
        """SHA-256 of all of them."""

    def read(self, start: int, count: int) -> bytes:
        """The bytes from `start` on, `count` of them or as many as there are."""

    def close(self) -> None:
        """Nothing is read any more."""


class InMemory:
    """Bytes that are there."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def size(self) -> int:
        return len(self._data)

    @cached_property
    def digest(self) -> bytes:
        return sha256(self._data).digest()

    def read(self, start: int, count: int) -> bytes:
        return self._data[start : start + count]

    def close(self) -> None:
        pass


class OnDisk:
    """A regular file that somebody names, read to its end when it is opened, or up to `most` + 1 bytes.

    UsageError where it cannot be read, with this help, or is no longer what it was.
    """

    def __init__(self, path: Path, most: int, help: str | None = None) -> None:
        self._path, self._help = path, help
        whole, self._blocks, self.size = sha256(), list[bytes](), 0
        self._last: tuple[int, bytes] = (-1, b"")  # number of a block, and what it holds
        try:
            self._file = regular.open_given(path)
        except OSError as error:
            raise self._unreadable(error) from error
        try:
            while block := self._block(len(self._blocks), min(BLOCK, most + 1 - self.size)):
                whole.update(block)
                self._blocks.append(sha256(block).digest())
                self.size += len(block)
                if len(block) < BLOCK:
                    break
        except BaseException:
            self._file.close()
            raise
        self.digest = whole.digest()

    def read(self, start: int, count: int) -> bytes:
        end = min(start + count, self.size)
        parts = []
        while start < end:
            number, at = divmod(start, BLOCK)
            parts.append(self._known(number)[at : at + end - start])
            start += len(parts[-1])
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def close(self) -> None:
        self._file.close()

    def _known(self, number: int) -> bytes:
        """A block as it was when it was first read."""
        if self._last[0] != number:
            block = self._block(number, min(BLOCK, self.size - number * BLOCK))
            if sha256(block).digest() != self._blocks[number]:
                raise UsageError(f"{self._path} was changed while it was read", help=self._help)
            self._last = number, block
        return self._last[1]

    def _block(self, number: int, count: int) -> bytes:
        """`count` bytes of the file as it is now, or as many as there are."""
        parts, at = [], number * BLOCK
        try:
            while count and (part := system.read_at(self._file.fileno(), count, at)):
                parts.append(part)
                at += len(part)
                count -= len(part)
        except OSError as error:
            raise self._unreadable(error) from error
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _unreadable(self, error: OSError) -> UsageError:
        return UsageError(f"{self._path}: {error.strerror}", help=self._help)


@dataclass(frozen=True)
class Span:
    """A stretch of a source: `size` bytes from `start` on."""

    source: Source
    start: int
    size: int

    def read(self, most: int | None = None) -> bytes:
        """All of it, or its first `most` bytes."""
        return self.source.read(self.start, self.size if most is None else min(most, self.size))

    def stream(self) -> BinaryIO:
        """The same, to be read in order."""
        return io.BufferedReader(_Stream(self), io.DEFAULT_BUFFER_SIZE)


class _Stream(io.RawIOBase):
    def __init__(self, span: Span) -> None:
        self._span, self._at = span, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        span = self._span
        part = span.source.read(span.start + self._at, min(len(buffer), span.size - self._at))
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)
