"""What is read of an MLflow store, wherever it lies: runs, and what each logged of a metric."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from zkcompliance.errors import ImporterError

UUID = re.compile(r"[0-9a-f]{32}")


class Run(NamedTuple):
    """A run as the store has it. experiment: its name, None where it cannot be read; where: what messages call it."""

    uuid: str
    status: object
    start: object
    experiment: object
    parent: object
    where: str


class Point(NamedTuple):
    """A logged value; time in milliseconds. where: what messages call it."""

    step: int
    time: int
    value: int
    where: str


class Store(Protocol):
    """A store that is open. Each raises ImporterError for what is not as MLflow writes it."""

    def runs(self) -> Iterator[Run]:
        """Every run, deleted ones too, by start."""
        ...

    def logging(self, metric: str) -> set[str]:
        """The ids of the runs that have the metric."""
        ...

    def points(self, run: Run, metric: str, order: str) -> Iterator[Point]:
        """What a run logged of a metric; order: step or timestamp, and the other where those are equal."""
        ...


def named(number: int, uuid: str) -> str:
    """What messages call a run, by its number from 1."""
    return f"run {number} ({uuid})" if UUID.fullmatch(uuid) else f"run {number}"


def point(run: Run, number: int, step: object, time: object, value: object, is_nan: object) -> Point:
    """A value as MLflow stores it, the number-th (from 1) of the run and metric."""
    where = f"{run.where}, value {number} of the metric"
    if not isinstance(step, int):
        raise ImporterError(f"{where}: has no step")
    return Point(step, milliseconds(time, f"{run.where}, timestamp"), _whole(value, is_nan, where), where)


def milliseconds(value: object, where: str) -> int:
    """A time as MLflow stores it, UTC milliseconds."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ImporterError(f"{where}: is not a time in milliseconds")
    return value


def _whole(value: object, is_nan: object, where: str) -> int:
    """A double that is a whole number ≥ 0, as that integer. MLflow writes infinities as the largest double."""
    if is_nan or isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        raise ImporterError(f"{where}: is not a number")
    if value < 0 or value > 1e300:
        raise ImporterError(f"{where}: is negative or infinite")
    if isinstance(value, float) and not value.is_integer():
        raise ImporterError(f"{where}: is not a whole number")
    return int(value)
