"""JSON from outside that is small enough to be read whole: one meaning, or the error of whoever asked.

Stricter than the standard reader, which takes the last of two members of one name, and NaN. `canonical` is the one way
to write a document: members sorted by name (by code point), no spaces, ASCII.
"""

from __future__ import annotations

import json
import re
from typing import NoReturn

from zkcompliance.errors import MalformedError

_MAX_DEPTH = 16
_MAX_DIGITS = 20  # of a number that is not in a string: 2^64 has 20
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)  # to its end or the document's: one pass
_BRACKET = re.compile(rb"[\[\]{}]")


class _Refused(Exception):
    pass


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found:
            raise _Refused(f"the member {name!r:.60} stands twice")
        found[name] = value
    return found


def _integer(text: str) -> int:
    if len(text) > _MAX_DIGITS:
        raise _Refused("a number has too many digits")
    return int(text)


def _no_number(text: str) -> NoReturn:
    raise _Refused(f"{text[:20]} is not a whole number")


def _check_depth(data: bytes) -> None:
    depth = 0
    for bracket in _BRACKET.findall(_STRING.sub(b"", data)):
        depth += 1 if bracket in b"[{" else -1
        if depth > _MAX_DEPTH:
            raise _Refused(f"nested deeper than {_MAX_DEPTH}")


def loads(data: bytes, what: str, error: type[MalformedError], *, limit: int) -> object:
    """The document in `data`: UTF-8, at most `limit` bytes, no member twice, whole numbers only. Raises `error`."""
    if len(data) > limit:
        raise error(f"{what} is {len(data)} bytes long, over {limit}")
    try:
        _check_depth(data)
        return json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_members,
            parse_int=_integer,
            parse_float=_no_number,
            parse_constant=_no_number,
        )
    except UnicodeDecodeError:
        raise error(f"{what} is not UTF-8") from None
    except json.JSONDecodeError as fault:
        raise error(f"{what} is not JSON: {fault.msg} (at character {fault.pos})") from None
    except _Refused as fault:
        raise error(f"{what}: {fault}") from None


def canonical(value: object) -> bytes:
    """The bytes of a document of texts, whole numbers, booleans, lists and objects."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()
