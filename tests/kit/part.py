"""What every commit tries of many cases that are alike; the others are tried with `-m long`."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

import pytest

T = TypeVar("T")


def one_in(every: int, cases: Iterable[T], *, first: int = 0, id: Callable[[T], str] = str) -> list[object]:
    """Parameters of a test, of which one in `every` is tried by each commit: `first` and those that follow it."""
    return [
        pytest.param(case, id=id(case), marks=() if number % every == first % every else pytest.mark.long)
        for number, case in enumerate(cases)
    ]


def one_each(cases: Iterable[T], *, of: Callable[[T], Hashable], id: Callable[[T], str] = str) -> list[object]:
    """Parameters of a test, of which the first of each kind is tried by each commit; `of` is the kind."""
    seen: set[Hashable] = set()
    made = []
    for case in cases:
        made.append(pytest.param(case, id=id(case), marks=pytest.mark.long if of(case) in seen else ()))
        seen.add(of(case))
    return made
