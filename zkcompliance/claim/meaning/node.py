"""What all nodes of the core have in common: structural equality, and a walk over their parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any, cast


class Base:
    """Structural equality and a hash that is computed once: expressions are graphs with much in common."""

    def __post_init__(self) -> None:
        parts = tuple(getattr(self, f.name) for f in fields(cast(Any, self)) if f.compare)
        object.__setattr__(self, "_key", parts)
        object.__setattr__(self, "_hash", hash((type(self).__name__, parts)))

    def _parts(self) -> tuple[Any, ...]:
        return cast(tuple[Any, ...], self.__dict__["_key"])

    def __hash__(self) -> int:
        return int(self.__dict__["_hash"])

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return type(self) is type(other) and hash(self) == hash(other) and self._parts() == other._parts()


def children(part: Any) -> Iterator[Any]:
    """The nodes (values, rows, frames) that a node is made of, in order."""
    for item in part._parts():
        for each in item if isinstance(item, tuple) else (item,):
            if isinstance(each, Base):
                yield each


def walk(*roots: Any) -> Iterator[Any]:
    """Every distinct node below the roots, the roots included; each after all that it is made of."""
    seen: set[Any] = set()
    stack: list[tuple[Any, bool]] = [(root, False) for root in reversed(roots)]
    while stack:
        part, done = stack.pop()
        if done:
            yield part
        elif part not in seen:
            seen.add(part)
            stack.append((part, True))
            stack.extend((child, False) for child in reversed(list(children(part))))
