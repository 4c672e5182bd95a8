"""The cells of a column as spans of one buffer of bytes, read all at once: digits, shares, moments, few texts.

Each reader takes what is plain and leaves the rest: it returns the numbers and a mask of the cells that it is sure of.
What a cell means is said in `zkcompliance.quantities` alone; a cell that is not taken here is read there. Numbers are
pairs of uint64, low and high: low + 2^64·high. A word is eight bytes of the buffer, the first one least significant.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zkcompliance.quantities import LAST, MILLION

U64 = NDArray[np.uint64]
Flags = NDArray[np.bool_]
Places = NDArray[np.int64]
Wide = tuple[U64, U64]

PAD = 64  # bytes before and behind a buffer's cells, so that whole words can be read around each
MOST_DIGITS = 29  # 10^29 > 2^96
MOST_TEXT = 256  # bytes of a text that is told from others by its words
_MOST_SHARE = 18  # letters of a share before its unit: below 10^18
_WORD = 8
_SUFFIXES = ((b" ppm", 0), (b"ppm", 0), (b" %", 4), (b"%", 4))  # unit → powers of ten that make it parts per million
_EXPONENTS = {"ppm": 0, "percent": 4, "fraction": 6}
_FIRST_BYTES = np.array([(1 << 8 * n) - 1 for n in range(_WORD + 1)], np.uint64)
_LAST_BYTES = _FIRST_BYTES[_WORD] - _FIRST_BYTES[::-1]
_POWERS = np.array([10**n for n in range(_MOST_SHARE + 1)], np.uint64)
_ZEROS = np.uint64(0x3030303030303030)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


def buffer(data: bytes | memoryview, end: bytes = b"") -> NDArray[np.uint8]:
    """The bytes, then `end`, with PAD zero bytes before and behind."""
    size = len(data)
    out = np.zeros(size + len(end) + 2 * PAD, np.uint8)
    out[PAD : PAD + size] = np.frombuffer(data, np.uint8)
    if end:
        out[PAD + size : PAD + size + len(end)] = np.frombuffer(end, np.uint8)
    return out


def words(data: NDArray[np.uint8]) -> U64:
    """The word that begins at each byte but the last seven: a view, of which entries are taken by their index."""
    return np.ndarray((len(data) - _WORD + 1,), "<u8", buffer=data, strides=(1,))


def same(data: NDArray[np.uint8], starts: Places, text: bytes) -> Flags:
    """Whether the text stands at each of the places."""
    found = np.ones(len(starts), np.bool_)
    every = words(data)
    for at in range(0, len(text), _WORD):
        part = text[at : at + _WORD]
        found &= every[starts + at] & _FIRST_BYTES[len(part)] == np.uint64(int.from_bytes(part, "little"))
    return found


@dataclass(frozen=True)
class Spans:
    """Cells of one column: bytes starts[i] … starts[i] + lengths[i] − 1 of `data`, which has PAD bytes around them.

    value: what the bytes of a cell stand for, as the careful reader of its format has it; ValueError where nothing.
    bare: whether they are a JSON value without quotation marks: a number, true, false, null.
    """

    data: NDArray[np.uint8]
    starts: Places
    lengths: Places
    value: Callable[[bytes], object]
    bare: bool = False

    def __len__(self) -> int:
        return len(self.starts)

    def take(self, rows: Places | Flags) -> Spans:
        """Some of the cells."""
        return Spans(self.data, self.starts[rows], self.lengths[rows], self.value, self.bare)


def digits(cells: Spans, largest: int) -> tuple[Wide, Flags]:
    """Whole numbers of ASCII digits alone, without a leading zero, up to `largest` < 2^128."""
    lengths, ends, every = cells.lengths, cells.starts + cells.lengths, words(cells.data)
    sure = (lengths >= 1) & (lengths <= MOST_DIGITS)
    longest = int(lengths[sure].max()) if sure.any() else 1
    parts: list[U64] = []
    for k in range(0, longest, _WORD):
        inside = _LAST_BYTES[np.clip(lengths - k, 0, _WORD)]
        word = every[np.where(sure, ends, PAD) - k - _WORD] & inside | _ZEROS & ~inside
        sure &= _all_digits(word)
        parts.append(_eight_digits(word))
    parts += [np.zeros(len(cells), np.uint64)] * (4 - len(parts))
    sure &= (lengths == 1) | (cells.data[cells.starts] != ord("0"))
    low = parts[0] + parts[1] * np.uint64(10**8)
    low, high = _times_plus(parts[2] + parts[3] * np.uint64(10**8), 10**16, low)
    return (low, high), sure & at_most((low, high), largest)


def at_most(numbers: Wide, largest: int) -> Flags:
    """Whether each is; largest < 2^128."""
    low, high = numbers
    top, rest = np.uint64(largest >> 64), np.uint64(largest & (1 << 64) - 1)
    found: Flags = (high < top) | (high == top) & (low <= rest)
    return found


def _all_digits(word: U64) -> Flags:
    """Whether all eight bytes are 0 … 9: their high half is 3, and is still 3 when 6 is added."""
    high = np.uint64(0xF0F0F0F0F0F0F0F0)
    above = word + np.uint64(0x0606060606060606)
    found: Flags = (word & high | (above & high) >> np.uint64(4)) == np.uint64(0x3333333333333333)
    return found


def _eight_digits(word: U64) -> U64:
    """The number that eight digits are: pairs, then fours, then all, each in its own lanes."""
    word = word & np.uint64(0x0F0F0F0F0F0F0F0F)
    word = word * np.uint64(10) + (word >> np.uint64(8)) & np.uint64(0x00FF00FF00FF00FF)
    word = word * np.uint64(100) + (word >> np.uint64(16)) & np.uint64(0x0000FFFF0000FFFF)
    return word * np.uint64(10000) + (word >> np.uint64(32)) & np.uint64(0xFFFFFFFF)


def _times_plus(a: U64, factor: int, b: U64) -> Wide:
    """a·factor + b for a < 2^48, factor < 2^56, from products of 32-bit halves."""
    half, mask = np.uint64(32), np.uint64(0xFFFFFFFF)
    c0, c1 = np.uint64(factor & 0xFFFFFFFF), np.uint64(factor >> 32)
    a0, a1 = a & mask, a >> half
    lowest = a0 * c0
    middle = (lowest >> half) + a0 * c1 + a1 * c0  # < 2^32 + 2^56 + 2^48
    low = (middle << half) + (lowest & mask) + b
    return low, a1 * c1 + (middle >> half) + (low < b)


def shares(cells: Spans, unit: str | None) -> tuple[Wide, Flags]:
    """Decimals with their unit (`quantities.shares`) in parts per million, rounded half to even; unit: as there."""
    body, exponents = cells.lengths.copy(), np.full(len(cells), _EXPONENTS[unit or "fraction"], np.int64)
    stated = np.zeros(len(cells), np.bool_)
    for suffix, exponent in () if cells.bare else _SUFFIXES:
        has = ~stated & (body > len(suffix)) & same(cells.data, cells.starts + cells.lengths - len(suffix), suffix)
        body[has] -= len(suffix)
        exponents[has] = exponent
        stated |= has
    sure = (body >= 1) & (body <= _MOST_SHARE)
    amounts, places = np.zeros(len(cells), np.uint64), np.zeros(len(cells), np.int64)
    pointed = np.zeros(len(cells), np.bool_)
    for at in range(int(body[sure].max()) if sure.any() else 0):
        here = sure & (body > at)
        letter = cells.data[np.where(here, cells.starts + at, 0)]
        point, digit = here & (letter == ord(".")), here & (letter - np.uint8(48) < 10)
        sure &= ~here | digit | point & ~pointed & (body > at + 1) & (at > 0)
        places += digit & pointed
        pointed |= point
        amounts = np.where(digit, amounts * np.uint64(10) + (letter - np.uint8(48)), amounts)
    sure &= (cells.data[cells.starts] != ord("0")) | (body == 1) | (cells.data[cells.starts + 1] == ord("."))
    if unit is None:
        sure &= stated | pointed | (amounts == 0)
    powers = exponents - places
    sure &= (powers >= -_MOST_SHARE) & ((powers < 0) | (amounts <= MILLION))
    scale = _POWERS[np.clip(np.abs(powers), 0, _MOST_SHARE)]
    whole, rest = np.divmod(amounts, scale)
    up = (2 * rest > scale) | (2 * rest == scale) & (whole & np.uint64(1) == 1)
    finer = powers < 0
    parts = np.where(finer, whole, np.where(sure, amounts, 0) * scale)
    sure &= (parts < MILLION) | (parts == MILLION) & (~finer | (rest == 0))
    return (parts + (finer & up), np.zeros(len(cells), np.uint64)), sure


def moments(cells: Spans) -> tuple[Wide, Flags]:
    """Times as `2026-01-05T12:00:00Z`, or `+00:00` at their end, after the first second of 1970 and up to LAST."""
    zero = np.zeros(len(cells), np.uint64)
    utc = (cells.lengths == 20) & same(cells.data, cells.starts + 19, b"Z")
    sure = utc | (cells.lengths == 25) & same(cells.data, cells.starts + 19, b"+00:00")
    if cells.bare or not sure.any():
        return (zero, zero), np.zeros(len(cells), np.bool_)
    starts = np.where(sure, cells.starts, PAD)
    letters = [cells.data[starts + at] for at in range(19)]
    for at, letter in enumerate(letters):
        mark = {4: "-", 7: "-", 10: "T", 13: ":", 16: ":"}.get(at)
        sure &= letter - np.uint8(48) < 10 if mark is None else letter == ord(mark)
    year, month, day, hour, minute, second = (
        sum(((letters[at].astype(np.int64) - 48) * 10 ** (last - at) for at in range(first, last + 1)), np.int64(0))
        for first, last in ((0, 3), (5, 6), (8, 9), (11, 12), (14, 15), (17, 18))
    )
    sure &= (year >= 1970) & (year <= 2100) & (month >= 1) & (month <= 12) & (hour < 24) & (minute < 60) & (second < 60)
    months = np.where(sure, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    begins = months.astype("datetime64[D]").astype(np.int64)
    size = (months + 1).astype("datetime64[D]").astype(np.int64) - begins
    sure &= (day >= 1) & (day <= size)
    seconds = np.where(sure, (begins + day - 1) * 86400 + hour * 3600 + minute * 60 + second, 0)
    sure &= (seconds > 0) & (seconds <= LAST)
    return (seconds.astype(np.uint64), zero), sure


def digested(cells: Spans) -> tuple[U64, list[U64]] | None:
    """A digest of 64 bits of each cell's text, which others may share, and its bytes as words, zeros behind them.

    None where a text is too long.
    """
    longest = int(cells.lengths.max(initial=0))
    if longest > MOST_TEXT:
        return None
    every = words(cells.data)
    parts: list[U64] = []
    key = cells.lengths.astype(np.uint64) * _SPREAD
    for at in range(0, longest, _WORD):
        left = np.clip(cells.lengths - at, 0, _WORD)
        part = every[np.where(left > 0, cells.starts + at, 0)] & _FIRST_BYTES[left]
        parts.append(part)
        mixed = (key ^ part) * _SPREAD
        mixed ^= mixed >> np.uint64(29)
        key = np.where(left > 0, mixed, key)  # however long the others are
    return key, parts
