"""Checkpoint bodies, and the root over a range of a log's entries (docs/spec/log.md, proof.md).

origin "\\n" size "\\n" base64(root) "\\n"                        the first generation of a log
… "succeeds " origin " " size " " base64(root) "\\n"             and a fourth line in every later one

An origin is a text that is seen as it is; the table of what is not seen is this hand's own copy.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from zkcompliance import limits
from zkcompliance.errors import MalformedError
from zkcompliance.verify.codec import at_most

MAX_SIZE = (1 << 63) - 1
_MAX_BODY_BYTES = 768  # two origins (255 each), two sizes (19), two roots (44), `succeeds`, spaces and line ends
_GENERATION = re.compile(r"(.+)/g([1-9][0-9]*)", re.ASCII | re.DOTALL)
_DIGITS = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
# Default_Ignorable_Code_Point of Unicode 16.0 (DerivedCoreProperties.txt), and what is drawn as nothing besides
HIDDEN = (
    (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
    (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x2800, 0x2800), (0x3164, 0x3164), (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x16FE4, 0x16FE4), (0x1BCA0, 0x1BCA3), (0x1D159, 0x1D159),
    (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip
_SEEN = ("L", "M", "N", "P", "S")  # letters, marks, numbers, punctuation, symbols: no separators, no others


def is_origin(text: str) -> bool:
    """Whether a text may name a log: not empty, composed (NFC), every character seen, no space and no plus sign."""
    if not text or "+" in text or not unicodedata.is_normalized("NFC", text):
        return False
    return all(unicodedata.category(c)[0] in _SEEN and not _is_hidden(ord(c)) for c in text)


def _is_hidden(code: int) -> bool:
    return any(first <= code <= last for first, last in HIDDEN)


@dataclass(frozen=True, slots=True)
class Predecessor:
    """The last checkpoint of the generation before, as a `succeeds` line names it; size ≥ 1."""

    origin: str
    size: int
    root: bytes

    @property
    def line(self) -> str:
        return f"succeeds {self.origin} {self.size} {base64.b64encode(self.root).decode('ascii')}\n"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a log: its name, its number of entries and their RFC 6962 root; `body` is the signed text."""

    origin: str
    size: int
    root: bytes
    body: bytes
    succeeds: Predecessor | None = None


def generation_of(origin: str) -> tuple[str, int]:
    """(name of the log, number of its generation, from 1): `name` is (name, 1), `name/g2` is (name, 2)."""
    match = _GENERATION.fullmatch(origin)
    return (match[1], int(match[2])) if match is not None and match[2] != "1" else (origin, 1)


def parse_checkpoint(body: bytes, error: type[MalformedError]) -> Checkpoint:
    """Three lines, or four in a later generation; raises `error` for any other form."""
    at_most(len(body), _MAX_BODY_BYTES, "checkpoint body")
    try:
        lines = body.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        raise error("a checkpoint is not UTF-8") from None
    if len(lines) not in (4, 5) or lines[-1]:
        raise error("a checkpoint body has three lines, or four in a later generation")
    origin = _origin(lines[0], error)
    size, root = _size(lines[1], error), _root(lines[2], error)
    succeeds = _predecessor(lines[3], error) if len(lines) == 5 else None
    _check_generation(origin, succeeds, error)
    if checkpoint_body(origin, size, root, succeeds) != body:
        raise error("a checkpoint is not in its canonical form")
    return Checkpoint(origin, size, root, body, succeeds)


def checkpoint_body(origin: str, size: int, root: bytes, succeeds: Predecessor | None = None) -> bytes:
    """The signed text."""
    last = succeeds.line if succeeds is not None else ""
    return f"{origin}\n{size}\n{base64.b64encode(root).decode('ascii')}\n{last}".encode()


def _origin(text: str, error: type[MalformedError]) -> str:
    if not is_origin(text):
        raise error("a checkpoint's origin is empty or has a space, a plus, or a character that nobody sees")
    at_most(len(text.encode("utf-8")), limits.MAX_TEXT_BYTES, "checkpoint origin")
    return text


def _size(text: str, error: type[MalformedError]) -> int:
    if _DIGITS.fullmatch(text) is None or int(text) > MAX_SIZE:
        raise error("a checkpoint's size is not a decimal number below 2^63")
    return int(text)


def _root(text: str, error: type[MalformedError]) -> bytes:
    try:
        root = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise error("a checkpoint's root is not base64") from None
    if len(root) != 32:
        raise error("a checkpoint's root has not 32 bytes")
    return root


def _predecessor(line: str, error: type[MalformedError]) -> Predecessor:
    words = line.split(" ")
    if len(words) != 4 or words[0] != "succeeds":
        raise error("a checkpoint's fourth line is `succeeds ORIGIN SIZE ROOT`")
    found = Predecessor(_origin(words[1], error), _size(words[2], error), _root(words[3], error))
    if found.size == 0:
        raise error("a generation succeeds one of at least one segment")
    return found


def _check_generation(origin: str, succeeds: Predecessor | None, error: type[MalformedError]) -> None:
    """A generation N ≥ 2 names an earlier one of the same log, and the first one names none."""
    name, number = generation_of(origin)
    if (number == 1) != (succeeds is None):
        raise error("a checkpoint has a `succeeds` line where its origin ends with /g and a number from 2, and only so")
    if generation_of(name)[1] != 1:
        raise error("a log's name does not itself end with /g and a number")
    if succeeds is not None:
        before, earlier = generation_of(succeeds.origin)
        if before != name or earlier >= number:
            raise error("a generation succeeds an earlier one of the same log")


def log_root(entries: Sequence[bytes]) -> bytes:
    """RFC 6962 section 2.1 over at least one entry; at most 60 here, so the recursion is shallow."""
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    split = _split(len(entries))
    return _node(log_root(entries[:split]), log_root(entries[split:]))


def completing(first: int, last: int, size: int) -> int:
    """How many hashes complete the root over `size` leaves of which first … last are known, 0 ≤ first ≤ last < size.

    At most two for each of the tree's at most 63 levels.
    """
    count, todo = 0, [(0, size)]
    while todo:
        a, b = todo.pop()
        if b <= first or last < a:
            count += 1
        elif not (first <= a and b - 1 <= last):
            middle = a + _split(b - a)
            todo += [(a, middle), (middle, b)]
    return count


def range_root(entries: Sequence[bytes], first: int, size: int, hashes: Sequence[bytes]) -> bytes | None:
    """The root over `size` leaves: `entries` are those from `first` on; `hashes` complete it, left before right.

    None where there are hashes too few or too many. At least one entry; the recursion is as deep as the tree, 63.
    """
    last = first + len(entries) - 1
    if len(hashes) != completing(first, last, size):
        return None
    return _range_root(entries, first, 0, size, iter(hashes))


def _range_root(entries: Sequence[bytes], first: int, a: int, b: int, hashes: Iterator[bytes]) -> bytes:
    """root(a, b) of docs/spec/proof.md."""
    end = first + len(entries)
    if first <= a and b <= end:
        return log_root(entries[a - first : b - first])
    if b <= first or end <= a:
        return next(hashes)
    middle = a + _split(b - a)
    left = _range_root(entries, first, a, middle, hashes)
    return _node(left, _range_root(entries, first, middle, b, hashes))


def _split(size: int) -> int:
    """The largest power of two below size."""
    return 1 << ((size - 1).bit_length() - 1)


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
