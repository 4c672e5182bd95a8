"""A sentence with places for parameters: `the total flop of compute is below ` and the parameter `limit`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_MEANING = re.compile("; (?=“)(?=(?:[^‘’]*‘[^‘’]*’)*[^‘’]*$)")  # before what a name stands for, in no quoted id


@dataclass(frozen=True)
class Hole:
    """Where the value of the parameter `name` stands."""

    name: str


@dataclass(frozen=True)
class Sentence:
    """parts: texts, none empty and no two beside each other, and holes. Without a capital and a full stop."""

    parts: tuple[str | Hole, ...]

    def named(self) -> str:
        """With the parameters' names."""
        return self._written(lambda name: f"`{name}`")

    def filled(self, values: Mapping[str, str]) -> str:
        """With the parameters' values, as people read them."""
        return self._written(lambda name: values[name])

    def holes(self) -> frozenset[str]:
        """The parameters that it speaks of."""
        return frozenset(part.name for part in self.parts if isinstance(part, Hole))

    def _written(self, put: Callable[[str], str]) -> str:
        return "".join(put(part.name) if isinstance(part, Hole) else part for part in self.parts)


def whole(text: str) -> str:
    """With a capital, in brackets too, and a full stop."""
    at = len(text) - len(text.lstrip("("))
    return f"{text[:at]}{text[at : at + 1].upper()}{text[at + 1 :]}."


def apart(text: str) -> list[str]:
    """A whole sentence as several: what is asked, and what each of its names stands for, `“its end” is …`."""
    first, *meanings = _MEANING.split(text.removesuffix("."))
    return [f"{first}.", *(f"{each}." for each in meanings)]
