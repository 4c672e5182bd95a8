"""A sentence with places for parameters: `the total flop of compute is below ` and the parameter `limit`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass


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
    """With a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:]}."


def aloud(text: str, logs: Iterable[str]) -> str:
    """A sentence for people: `(compute where …)` of a log of this name is `compute (only rows where …)`."""
    names = "|".join(sorted(map(re.escape, logs), key=len, reverse=True))
    return re.sub(rf"\((?=(?:{names}) where )(\S+) where ", r"\1 (only rows where ", text) if names else text
