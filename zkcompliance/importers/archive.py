"""Members of a zip archive as streams, stored, deflated or zstd, in bounded memory.

The standard library reads the directory; the members are inflated here, a block at a time, because `zipfile` before
Python 3.14 knows no zstd (method 93) and inflates without a bound what is not deflated. Sizes are judged before
anything is inflated, and size and CRC-32 at the end of each member.
"""

from __future__ import annotations

import functools
import importlib
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from zkcompliance import limits
from zkcompliance.errors import ImporterError, UsageError

_BLOCK = 1 << 16
_STORED, _DEFLATED, _ZSTD = 0, 8, 93
_WINDOW_LOG = 27  # largest zstd window, 128 MB
_ENCRYPTED, _STRONG = 0x01, 0x40
_END = b"PK\x05\x06"


def members(file: BinaryIO) -> dict[str, zipfile.ZipInfo]:
    """The directory of a seekable zip file, by name, in its order."""
    _judge_directory(file)
    try:
        listed = zipfile.ZipFile(file).infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, OverflowError, struct.error):
        raise ImporterError("is not a whole zip archive; a log that is cut short has no directory") from None
    members: dict[str, zipfile.ZipInfo] = {}
    for info in listed:
        if info.filename in members:
            raise ImporterError("the archive has two members of one name")
        members[info.filename] = info
    return members


def _judge_directory(file: BinaryIO) -> None:
    file.seek(0, 2)
    size = file.tell()
    file.seek(max(0, size - 65557))
    tail = file.read(65557)
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + 16:
        raise ImporterError("is not a whole zip archive; a log that is cut short has no directory")
    if struct.unpack_from("<I", tail, at + 12)[0] > limits.MAX_ARCHIVE_DIRECTORY_BYTES:
        raise ImporterError("the archive's directory is too large")
    file.seek(0)


class Member:
    """One member, inflated: `read(n)` gives at most n bytes, none at the end. `what` names it in messages."""

    def __init__(self, file: BinaryIO, info: zipfile.ZipInfo, what: str) -> None:
        self._what, self._size, self._crc = what, info.file_size, info.CRC
        if info.flag_bits & (_ENCRYPTED | _STRONG):
            raise ImporterError(f"{what}: is encrypted")
        if info.file_size > limits.MAX_ARCHIVE_MEMBER_BYTES:
            raise ImporterError(f"{what}: is too large")
        if info.file_size > (1 << 20) + limits.MAX_ARCHIVE_RATIO * info.compress_size:
            raise ImporterError(f"{what}: inflates over {limits.MAX_ARCHIVE_RATIO} times, as a zip bomb does")
        file.seek(info.header_offset)
        head = file.read(30)
        if len(head) != 30 or head[:4] != b"PK\x03\x04":
            raise ImporterError(f"{what}: is not where the archive's directory says")
        file.seek(info.header_offset + 30 + sum(struct.unpack_from("<HH", head, 26)))
        self._blocks = self._inflated(_blocks(file, info.compress_size), info.compress_type)
        self._held, self._got, self._sum = b"", 0, 0

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end, where size and checksum are judged."""
        if not self._held:
            self._held = next(self._blocks, b"")
            self._got += len(self._held)
            self._sum = zlib.crc32(self._held, self._sum)
            if self._got > self._size or (not self._held and (self._got, self._sum) != (self._size, self._crc)):
                raise ImporterError(f"{self._what}: is damaged: size or checksum differ")
        given, self._held = self._held[:size], self._held[size:]
        return given

    def whole(self) -> bytes:
        """All of it: for members whose stated size is small."""
        return b"".join(iter(lambda: self.read(_BLOCK), b""))

    def _inflated(self, packed: Iterator[bytes], method: int) -> Iterator[bytes]:
        if method == _STORED:
            yield from packed
        elif method == _DEFLATED:
            yield from self._deflated(packed)
        elif method == _ZSTD:
            yield from self._zstd(packed)
        else:
            raise ImporterError(f"{self._what}: compression method {method} is not known")

    def _deflated(self, packed: Iterator[bytes]) -> Iterator[bytes]:
        inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            for block in packed:
                while block and not inflate.eof:
                    if some := inflate.decompress(block, _BLOCK):
                        yield some
                    block = inflate.unconsumed_tail
            while some := b"" if inflate.eof else inflate.decompress(inflate.unconsumed_tail, _BLOCK):
                yield some
        except zlib.error:
            raise ImporterError(f"{self._what}: is damaged: does not inflate") from None

    def _zstd(self, packed: Iterator[bytes]) -> Iterator[bytes]:
        zstd = _zstd()
        inflate = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _WINDOW_LOG})
        try:
            for block in packed:
                while not inflate.eof and (block or not inflate.needs_input):
                    some = inflate.decompress(block, _BLOCK)
                    block = b""
                    if some:
                        yield some
                    elif inflate.needs_input:
                        break
        except zstd.ZstdError:
            raise ImporterError(f"{self._what}: is damaged: does not inflate") from None


def _blocks(file: BinaryIO, size: int) -> Iterator[bytes]:
    while size > 0 and (block := file.read(min(size, _BLOCK))):
        size -= len(block)
        yield block


@functools.cache
def _zstd() -> Any:
    """Python 3.14's own zstd, or its backport of the same interface."""
    for name in ("compression.zstd", "backports.zstd"):
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise UsageError("zstd is not installed, and .eval logs need it", help="pip install 'zkcompliance[inspect]'")
