"""The one way in which a request is written: TOML, of which only this much is read.

    key = "text"    key = 12    key = 2026-08-02T00:00:00Z        one to a line
    [name]                                                        the next table, after an empty line

Each file of this form is TOML, and has one meaning to every reader of TOML; comments, other spaces, escapes that need
not be, and keys in another order are not taken, since the bytes are what is signed and drawn from.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from zkcompliance.errors import MalformedRequest, UsageError
from zkcompliance.limits import MAX_REQUEST_BYTES
from zkcompliance.quantities import check_text, parse_time

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")  # a bare key of TOML; logs of a policy are such
_TABLE = re.compile(r"\[([a-z][a-z_]{0,31})\]")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
MAX_TEXT_BYTES = 4096


class Moment(int):
    """UTC seconds, written as a date and time."""


Value = str | int | Moment
Tables = Mapping[str, Mapping[str, Value]]  # by name; what stands before the first is the table of the empty name


def encode(tables: Tables) -> bytes:
    """The bytes. The table of the empty name is first; keys and tables stand as they are given."""
    parts = []
    for name, values in tables.items():
        lines = [f"[{name}]"] if name else []
        lines += [f"{key} = {_written(value)}" for key, value in values.items()]
        parts.append("".join(f"{line}\n" for line in lines))
    return "\n".join(parts).encode()


def decode(data: bytes) -> dict[str, dict[str, Value]]:
    """MalformedRequest unless they are bytes that `encode` gives."""
    if len(data) > MAX_REQUEST_BYTES:
        raise MalformedRequest(f"the request has over {MAX_REQUEST_BYTES} bytes")
    try:
        lines = data.decode().split("\n")
    except UnicodeDecodeError as error:
        raise MalformedRequest(f"the request is not UTF-8 (byte {error.start})") from None
    tables: dict[str, dict[str, Value]] = {"": {}}
    current = tables[""]
    for number, line in enumerate(lines, 1):
        key, equals, value = line.partition(" = ")
        if (table := _TABLE.fullmatch(line)) and table[1] not in tables:
            current = tables.setdefault(table[1], {})
        elif equals and _KEY.fullmatch(key) and key not in current:
            current[key] = _read(value, number)
        elif line:
            raise MalformedRequest(f"line {number} of the request is no table and no key with its value")
    if encode(tables) != data:
        raise MalformedRequest("the request is not in its one form: a space, a comment or an escape is too many")
    return tables


def _written(value: Value) -> str:
    if isinstance(value, Moment):
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)


def _read(text: str, line: int) -> Value:
    if _NUMBER.fullmatch(text):
        return int(text)
    try:
        if _MOMENT.fullmatch(text):
            return Moment(parse_time(text))
        if text.startswith('"') and isinstance(value := json.loads(text), str):
            return check_text(value, f"line {line} of the request", MAX_TEXT_BYTES) if value else value
    except (ValueError, UsageError):
        pass
    raise MalformedRequest(f"line {line} of the request: the value is no text, whole number or time in its one form")
