"""JSON read piece by piece: a pull parser over a binary stream, in bounded memory.

    stream = JsonStream(file)
    for name in stream.members():        # of the object that comes next
        if name == "samples":
            for _ in stream.items():     # of the array that comes next
                sample = stream.value()  # the value that comes next, whole
    stream.finish()

A member or item that the caller does not read is skipped: it has to be balanced, and is not looked into. Values are
decoded strictly: UTF-8, no member twice, integers as int, other numbers (NaN and Infinity too, which JSON lacks and
Python writes) as Decimal with the digits they were written with. Nesting, the length of a number and the size of a
value are limited (`zkcompliance.limits`). Errors name the position in bytes and never a value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NoReturn, Protocol, cast

from zkcompliance import limits
from zkcompliance.errors import ImporterError
from zkcompliance.quantities import MAX_DIGITS

_BLOCK = 1 << 16
_SPACE = re.compile(rb"[ \t\r\n]*+")
_SCALAR = re.compile(rb"[^\s,:\[\]{}\"]*+")
_PLAIN = re.compile(rb'(?:[^"\[\]{}]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+', re.DOTALL)  # whole strings too
_TEXT = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_CLOSER = {ord("["): ord("]"), ord("{"): ord("}")}


class Source(Protocol):
    """What can be read from: `read(n)` gives at most n bytes, and none at the end only."""

    def read(self, size: int, /) -> bytes:
        """The next bytes."""
        ...


class RefusedJson(Exception):
    """Why a JSON text is not taken, raised while it is decoded; becomes an ImporterError that names the place."""


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise RefusedJson("a number is absurdly long")
    return int(text)


def _fraction(text: str) -> Decimal:
    if len(text) > MAX_DIGITS or abs(int((text.lower().partition("e")[2] or "0")[:9])) > limits.MAX_IMPORT_NUMBER:
        raise RefusedJson("a number is absurdly long, large or small")
    return Decimal(text)


def once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object of its members; RefusedJson where one is there twice."""
    row = dict(pairs)
    if len(row) != len(pairs):
        raise RefusedJson("a member is there twice")
    return row


_DECODER = json.JSONDecoder(
    parse_int=_integer, parse_float=_fraction, parse_constant=Decimal, object_pairs_hook=once_each
)
scan_exact = _DECODER.raw_decode  # (text, position) → the value there, decoded strictly, and the position behind it


def decode(data: bytes) -> object:
    """One whole JSON value. ImporterError says what is wrong with it."""
    if nesting(data) > limits.MAX_IMPORT_DEPTH:
        raise ImporterError("is nested too deeply")
    return _decode(data)


def _decode(data: bytes) -> object:
    try:
        return _DECODER.decode(data.decode())
    except UnicodeDecodeError:
        raise ImporterError("is not UTF-8") from None
    except RefusedJson as error:
        raise ImporterError(str(error)) from None
    except json.JSONDecodeError as error:
        raise ImporterError(f"is not JSON: {error.msg}") from None


def nesting(data: bytes) -> int:
    """How deep arrays and objects are nested in a JSON text, strings left out."""
    depth = deepest = at = 0
    while (at := _PLAIN.match(data, at).end()) < len(data):  # type: ignore[union-attr]
        byte = data[at]
        if byte == 0x22:
            at = _TEXT.match(data, at + 1).end()  # type: ignore[union-attr]
        else:
            depth += 1 if byte in _CLOSER else -1
            deepest = max(deepest, depth)
        at += 1
    return deepest


def as_object(value: object, where: str) -> dict[str, object]:
    """A JSON object. ImporterError otherwise."""
    if not isinstance(value, dict):
        raise ImporterError(f"{where}: is missing or not an object")
    return cast("dict[str, object]", value)


def as_list(value: object, where: str) -> list[object]:
    """A JSON array. ImporterError otherwise."""
    if not isinstance(value, list):
        raise ImporterError(f"{where}: is missing or not an array")
    return value


def as_text(value: object, where: str) -> str:
    """A non-empty text. ImporterError otherwise."""
    if not isinstance(value, str) or not value:
        raise ImporterError(f"{where}: is missing or not a text")
    return value


class JsonStream:
    """See the module. `what` names the document in messages, e.g. `header.json`; empty for the file itself."""

    def __init__(self, source: Source, what: str = "") -> None:
        self._source, self._what = source, f"{what}, " if what else ""
        self._data, self._at, self._before, self._ended = b"", 0, 0, False
        self._due = True  # a value comes next and has not been taken yet
        self._depth = 0

    def fail(self, why: str) -> NoReturn:
        """ImporterError at the present position."""
        raise ImporterError(f"{self._what}byte {self._before + self._at}: {why}")

    def members(self) -> Iterator[str]:
        """The names of the object that comes next, in order."""
        self._open(b"{", "an object")
        seen: set[str] = set()
        more = not self._closed(b"}", True)
        while more:
            if self._peek() != b'"':
                self.fail("is not JSON: expected the name of a member")
            name = self._decoded()
            if not isinstance(name, str) or name in seen:
                self.fail("a member is there twice")
            seen.add(name)
            if len(seen) > limits.MAX_IMPORT_IDENTITIES:
                raise ImporterError("an object has too many members")
            if self._peek() != b":":
                self.fail("is not JSON: expected a colon")
            self._at += 1
            self._due = True
            yield name
            self._rest()
            more = not self._closed(b"}", False)
        self._depth -= 1

    def items(self) -> Iterator[int]:
        """The positions 0, 1, 2, … of the array that comes next."""
        self._open(b"[", "an array")
        more, position = not self._closed(b"]", True), 0
        while more:
            self._due = True
            yield position
            self._rest()
            position += 1
            more = not self._closed(b"]", False)
        self._depth -= 1

    def value(self) -> object:
        """The value that comes next, decoded whole."""
        self._due = False
        return self._decoded()

    def whole(self) -> object:
        """The value that the whole document is."""
        found = self.value()
        self.finish()
        return found

    def skip(self) -> None:
        """Pass over the value that comes next."""
        self._due = False
        self._span(keep=False)

    def finish(self) -> None:
        """ImporterError unless the document ends here."""
        self._rest()
        if self._peek():
            self.fail("something follows the end of the document")

    def _rest(self) -> None:
        if self._due:
            self.skip()

    def _open(self, bracket: bytes, what: str) -> None:
        self._due = False
        if self._peek() != bracket:
            self.fail(f"is not JSON: expected {what}")
        self._at += 1
        self._depth += 1
        if self._depth > limits.MAX_IMPORT_DEPTH:
            self.fail("is nested too deeply")

    def _closed(self, bracket: bytes, first: bool) -> bool:
        """Whether the object or array ends here; otherwise the comma before the next one is passed over."""
        byte = self._peek()
        if byte == bracket:
            self._at += 1
            return True
        if not first:
            if byte != b",":
                self.fail("is not JSON: expected a comma or the end")
            self._at += 1
        return False

    def _more(self) -> bool:
        """Read another block; what is before the present position is dropped."""
        block = b"" if self._ended else self._source.read(_BLOCK)
        self._ended = not block
        self._before += self._at
        self._data, self._at = self._data[self._at :] + block, 0
        return bool(block)

    def _peek(self) -> bytes:
        """The next byte that is not white space, not taken; empty at the end."""
        while True:
            self._at = _SPACE.match(self._data, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._data) or not self._more():
                return self._data[self._at : self._at + 1]

    def _decoded(self) -> object:
        data = self._span(keep=True)
        try:
            return _decode(data)
        except ImporterError as error:
            self.fail(error.message)

    def _span(self, keep: bool) -> bytes:
        """Pass over one value; its bytes if `keep`."""
        first = self._peek()
        if not first:
            self.fail("ends too early")
        kept = bytearray()
        if first == b'"':
            self._take(self._at + 1, kept, keep)
            self._pass_text(kept, keep)
            return bytes(kept)
        if first in b"[{":
            closers = bytearray()
            while True:
                byte = self._step(kept, keep)
                if byte == 0x22:
                    self._pass_text(kept, keep)
                elif byte in _CLOSER:
                    closers.append(_CLOSER[byte])
                    if self._depth + len(closers) > limits.MAX_IMPORT_DEPTH:
                        self.fail("is nested too deeply")
                elif not closers or closers.pop() != byte:
                    self.fail("is not JSON: brackets do not match")
                if not closers:
                    return bytes(kept)
        while True:
            end = _SCALAR.match(self._data, self._at).end()  # type: ignore[union-attr]
            self._take(end, kept, True)
            if end < len(self._data) or not self._more():
                break
        if not re.fullmatch(rb"true|false|null|NaN|-?(?:Infinity|[0-9]++[0-9.eE+-]*+)", kept):
            self.fail("is not JSON: expected a value")
        return bytes(kept)

    def _take(self, end: int, kept: bytearray, keep: bool) -> None:
        if keep:
            kept += self._data[self._at : end]
            if len(kept) > limits.MAX_IMPORT_VALUE_BYTES:
                raise ImporterError(f"{self._what}byte {self._before + self._at}: a value is too long")
        self._at = end

    def _step(self, kept: bytearray, keep: bool) -> int:
        """Pass over everything up to and including the next bracket, which is returned, or the `"` of a cut string."""
        while True:
            end = _PLAIN.match(self._data, self._at).end()  # type: ignore[union-attr]
            if end < len(self._data):
                byte = self._data[end]
                self._take(end + 1, kept, keep)
                return byte
            self._take(end, kept, keep)
            if not self._more():
                self.fail("ends too early")

    def _pass_text(self, kept: bytearray, keep: bool) -> None:
        """Pass over the rest of a string whose quotation mark has been passed."""
        while True:
            end = _TEXT.match(self._data, self._at).end()  # type: ignore[union-attr]
            if self._data[end : end + 1] == b'"':
                self._take(end + 1, kept, keep)
                return
            self._take(end, kept, keep)  # what is left is nothing, or a lone backslash
            if not self._more():
                self.fail("ends too early")
