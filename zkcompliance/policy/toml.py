"""Strict TOML: a policy's bytes as tables whose every key is asked for, once, by its type.

Before the standard library's parser sees a file, its size, its nesting and the parts of its keys are bounded, so that a
hostile file costs neither recursion nor quadratic time. Multi-line strings are not taken.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from zkcompliance import limits
from zkcompliance.errors import LimitExceeded, MalformedPolicy, UsageError
from zkcompliance.quantities import Number, fault_of, hidden, parse_seconds, parse_time

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_QUOTED = re.compile(r'"(?:[^"\\\n]|\\.)*+"?|\'[^\'\n]*+\'?|#[^\n]*+')  # to its end or the line's: one pass
_ODD = re.compile(  # whole numbers that TOML takes and the grammar of `quantities` does not
    r"(?<![\w.+-])(?:\+[0-9][0-9_]*+|-0|-?[0-9]++(?:_[0-9]++)++|0[xob][0-9A-Fa-f_]++)(?![\w.:+-])"
)
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NEAR = 16  # keys that are compared with a missing one, and no more: a policy is hostile
_SOUND = "zkcompliance policies eu-ai-act --source  # a sound one"


def fault(path: str, why: str, help: str | None = None) -> MalformedPolicy:
    """The error: which key, what is wrong with it, what to run."""
    return MalformedPolicy(f"{path}: {why}", help=help or _SOUND)


def read(data: bytes) -> Table:
    """The whole file. LimitExceeded when it is too long, MalformedPolicy when it is no TOML."""
    if len(data) > limits.MAX_POLICY_BYTES:
        raise LimitExceeded(f"a policy of {len(data)} bytes: at most {limits.MAX_POLICY_BYTES}")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise MalformedPolicy(f"the policy is not UTF-8 (byte {error.start})", help=_SOUND) from None
    _bounded(text)
    import tomllib  # which a verdict without a policy does without

    try:
        return Table(tomllib.loads(text, parse_float=Number), "")
    except ValueError as error:
        raise MalformedPolicy(f"the policy is not TOML: {str(error)[:200]}", help=_SOUND) from None


def _bounded(text: str) -> None:
    """MalformedPolicy when brackets nest or keys are dotted deeper than any policy's, or the text hides something."""
    for place, character in enumerate(text):
        if character not in "\t\r\n" and (hidden(character) or not character.isprintable()):
            where = f"line {text.count(chr(10), 0, place) + 1}: U+{ord(character):04X}"
            raise MalformedPolicy(f"{where} is not seen and may move text", help=_SOUND)
    if '"""' in text or "'''" in text:
        raise MalformedPolicy("the policy has a multi-line string: write each text on one line", help=_SOUND)
    depth = 0
    for number, line in enumerate(_QUOTED.sub("", text).split("\n"), 1):
        if line.count(".") > limits.MAX_POLICY_DOTS:
            raise MalformedPolicy(f"line {number}: more dots than any key of a policy has", help=_SOUND)
        if odd := _ODD.search(line):
            why = f"{odd[0][:32]} is not a number as it is written here: digits alone, without sign and `_`"
            raise MalformedPolicy(f"line {number}: {why}", help=_SOUND)
        for character in line:
            depth += (character in "[{") - (character in "]}")
            if depth > limits.MAX_POLICY_DEPTH:
                raise MalformedPolicy(f"line {number}: nested deeper than any policy is", help=_SOUND)


class Table:
    """One table of the file: values are taken from it by key, and `close` refuses what nobody asked for."""

    def __init__(self, values: Mapping[str, Any], path: str) -> None:
        self._values, self.path = values, path
        self._known: list[str] = []

    def at(self, key: str) -> str:
        """The dotted key, for a person."""
        shown = key if _PLAIN_KEY.fullmatch(key) else ascii(key[:32])
        return f"{self.path}.{shown}" if self.path else shown

    def __contains__(self, key: str) -> bool:
        self._known.append(key)
        return key in self._values

    def names(self) -> tuple[str, ...]:
        """The keys of a table whose names the author chooses."""
        self._known += self._values
        return tuple(self._values)

    def value(self, key: str) -> Any:
        """As TOML has it; MalformedPolicy when it is missing, naming a key that may be meant for it."""
        self._known.append(key)
        if key not in self._values:
            others = [each for each in self._values if each not in self._known and len(each) <= 2 * len(key)]
            from difflib import get_close_matches

            meant = get_close_matches(key, others[:_NEAR], 1)
            raise fault(self.at(key), f"is missing: is {self.at(meant[0])} meant for it?" if meant else "is missing")
        return self._values[key]

    def text(self, key: str, most: int = limits.MAX_POLICY_TEXT_BYTES) -> str:
        """A text of 1 … `most` bytes, as `quantities.names` has it."""
        return text(self.value(key), self.at(key), most)

    def name(self, key: str) -> str:
        """A name: lower-case words and digits joined by hyphens, at most 63 bytes."""
        return name(self.text(key), self.at(key))

    def texts(self, key: str, most: int, size: int = limits.MAX_POLICY_TEXT_BYTES) -> tuple[str, ...]:
        """1 … `most` texts of at most `size` bytes, no two the same."""
        found = tuple(text(each, place, size) for each, place in self.items(key, most))
        if len(set(found)) != len(found):
            raise fault(self.at(key), "says the same twice")
        return found

    def items(self, key: str, most: int) -> list[tuple[object, str]]:
        """The 1 … `most` items of a list as TOML has them, each with its place."""
        value, path = self.value(key), self.at(key)
        if not isinstance(value, list):
            raise fault(path, "is a list")
        if not 1 <= len(value) <= most:
            raise fault(path, f"has {len(value)} items, and should have 1 to {most}: leave an empty list out")
        return [(each, f"{path}[{i}]") for i, each in enumerate(value, 1)]

    def whole(self, key: str, low: int, high: int) -> int:
        """An integer from low to high."""
        value, path = self.value(key), self.at(key)
        if isinstance(value, Number):
            raise fault(path, f"{value[:32]} is a float, and policies are exact: write an integer")
        if isinstance(value, bool) or not isinstance(value, int):
            raise fault(path, "is an integer")
        if not low <= value <= high:
            raise fault(path, f"is from {low} to {high}")
        return value

    def midnight(self, key: str) -> int:
        """A date, as the UTC seconds of its midnight."""
        value, path = self.value(key), self.at(key)
        if not isinstance(value, date) or isinstance(value, datetime):
            raise fault(path, "is a date such as 2025-08-02, without quotes or time")
        try:
            return parse_time(value.isoformat())
        except UsageError as error:
            raise fault(path, error.message) from None

    def table(self, key: str) -> Table:
        """A table under a key."""
        return table(self.value(key), self.at(key))

    def close(self) -> None:
        """MalformedPolicy when the table has a key that was not asked for."""
        for key in self._values:
            if key not in self._known:
                known = sorted(set(self._known))
                right = key.lower().replace("-", "_")
                why = f"write it {right}" if right in known else f"there is {', '.join(known)}"
                raise fault(self.at(key), f"is no key of a policy here: {why}")


def table(value: object, path: str) -> Table:
    """A table; MalformedPolicy when it is none, or empty."""
    if not isinstance(value, dict):
        raise fault(path, "is a table")
    if not value:
        raise fault(path, "is empty: leave it out")
    return Table(value, path)


def name(value: str, path: str) -> str:
    """A name that people and reports can repeat."""
    if NAME.fullmatch(value) is None or len(value) > 63:
        raise fault(path, "is a name of lower-case letters and digits with hyphens between, at most 63")
    return value


def text(value: object, path: str, most: int) -> str:
    """A text of 1 … `most` bytes, as `quantities.names` has it."""
    if not isinstance(value, str) or isinstance(value, Number):
        raise fault(path, "is a text, in quotes")
    if not value or value != value.strip():
        raise fault(path, "is empty or has space around it")
    if len(value) > most or len(value.encode()) > most:
        raise fault(path, f"is over {most} bytes")
    if why := fault_of(value):
        raise fault(path, why)
    return value


def span(found: Table, key: str) -> int:
    """A length of time with its unit, from a second to ten years."""
    given, path = found.text(key), found.at(key)
    try:
        seconds = parse_seconds(given) if given[-1].isalpha() else 0
    except UsageError as error:
        raise fault(path, error.message) from None
    if not 1 <= seconds <= limits.MAX_POLICY_AGE:
        raise fault(path, "is a length of time with its unit, such as 7 days, of at most ten years")
    return seconds
