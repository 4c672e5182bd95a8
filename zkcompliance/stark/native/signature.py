"""What a compiled kernel takes and returns, as text, and how its arguments are packed for a call.

    signature = word* ["->" word]        such as "u4[:,:] u4[:] u4 i8 i8 -> b1"
    word      = u4 | i4 | i8 | b1, of an array with a pair of brackets, a colon for each dimension

Packed, a scalar is 8 bytes, and an array is the address of its first entry and its shape, 8 bytes each: all arrays are
C-contiguous, aligned and writable.
"""

from __future__ import annotations

import re
import struct
from ctypes import addressof, c_char
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

_WORD = re.compile(r"(u4|i4|i8|b1)(?:\[(:(?:,:)*)\])?")
_SCALARS = {"u4": "I4x", "i4": "i4x", "i8": "q", "b1": "?7x"}
_TYPES: dict[str, np.dtype[Any]] = {
    "u4": np.dtype(np.uint32),
    "i4": np.dtype(np.int32),
    "i8": np.dtype(np.int64),
    "b1": np.dtype(np.bool_),
}


@dataclass(frozen=True)
class Word:
    """One argument: entries of `code`, in `dimensions` dimensions, 0 for a scalar."""

    code: str
    dimensions: int

    @property
    def dtype(self) -> np.dtype[Any]:
        """That of its entries."""
        return _TYPES[self.code]

    @property
    def format(self) -> str:
        """As struct packs it."""
        return "Q" + "q" * self.dimensions if self.dimensions else _SCALARS[self.code]


@dataclass(frozen=True)
class Signature:
    """Argument types in order, and the scalar that is returned, if any."""

    arguments: tuple[Word, ...]
    returned: str

    @cached_property
    def _packed(self) -> struct.Struct:
        return struct.Struct("=" + "".join(word.format for word in self.arguments))

    @cached_property
    def _expected(self) -> list[tuple[int, np.dtype[Any]]]:
        return [(word.dimensions, word.dtype) for word in self.arguments]

    def pack(self, arguments: tuple[Any, ...]) -> bytes:
        """The bytes that a kernel is called with, good for as long as the arrays live.

        TypeError for an array that is not as declared, struct.error for a scalar that is no integer of its range,
        ValueError for another number of arguments: nothing is converted, and nothing wraps.
        """
        values: list[int] = []
        for value, (dimensions, dtype) in zip(arguments, self._expected, strict=True):
            if not dimensions:
                values.append(value)
            elif value.ndim == dimensions and value.dtype == dtype and value.flags.carray:
                # the first is several times faster, and there are thousands of calls in a proof
                values.append(addressof(c_char.from_buffer(value)) if value.size else value.ctypes.data)
                values += value.shape
            else:
                raise TypeError(
                    f"a kernel takes {dtype} arrays of {dimensions} dimensions, contiguous and writable, here; "
                    f"got {value.dtype} {value.shape}"
                )
        return self._packed.pack(*values)


def parse(text: str) -> Signature:
    """The signature that a text says; ValueError where it says none."""
    takes, arrow, gives = text.partition("->")
    words = []
    for each in takes.split():
        found = _WORD.fullmatch(each)
        if found is None:
            raise ValueError(f"{each!r} is no type of a kernel's argument")
        words.append(Word(found[1], (found[2] or "").count(":")))
    returned = gives.strip()
    if arrow and returned not in ("b1", "i8"):
        raise ValueError(f"{returned!r} is nothing that a kernel returns: b1 or i8")
    return Signature(tuple(words), returned)
