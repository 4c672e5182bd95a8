"""The increases of a cumulative metric along a run: over steps, over time, over several ranks, and over resumptions."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from zkcompliance.errors import ImporterError
from zkcompliance.importers.mlflow_model import Point


class Increase(NamedTuple):
    """What came to the metric from `start` to `end` (milliseconds), which is the time of the point of `step`."""

    step: int
    start: int
    end: int
    amount: int


def gathered(points: Iterable[Point], ranks: str) -> Iterator[Point]:
    """One point a step, of points by step. ranks: one, same (each logs the run's value), or how many are added up.

    ImporterError where there are more or fewer, or others.
    """
    for _, group in itertools.groupby(points, key=lambda point: point.step):
        several = list(group)
        last = several[-1]
        if ranks == "one" and len(several) > 1:
            raise ImporterError(
                f"{several[1].where}: a step is there twice",
                help="several ranks log: add --set ranks=same or ranks=NUMBER; a run that was resumed: --set "
                "resumed=rewind; a metric without steps: --set order=time",
            )
        if ranks == "same" and len({point.value for point in several}) > 1:
            raise ImporterError(
                f"{last.where}: ranks differ in one step, so that each logs its own",
                help="add --set ranks=NUMBER, and they are added up",
            )
        if ranks not in ("one", "same"):
            if len(several) != int(ranks):
                raise ImporterError(
                    f"{last.where}: a step has {len(several)} values, not {ranks}; MLflow keeps equal values of one "
                    "millisecond once",
                    help="log a metric of its own by each rank, or of all of them by one",
                )
            last = last._replace(value=sum(point.value for point in several))
        yield last._replace(time=max(point.time for point in several))


def increases(points: Iterable[Point], began: int, resumed: str, base: int = 0) -> Iterator[Increase]:
    """The increase by each point, the first one's from `base`. began: of the run, in milliseconds.

    resumed: refuse, or what a run does that was resumed: `rewind`: it logs steps again from a checkpoint, with the
    values from there, so that a point counts from the last one before its step; `restart`: its counter begins anew at
    0. Points are by step, or by time where a run was resumed.
    """
    kept: list[tuple[int, int]] = []  # steps and values that a resumed run can go on from
    last: Point | None = None
    for point in points:
        if last is not None and point.time < last.time:
            raise ImporterError(
                f"{point.where}: time runs backwards between steps", help="add --set order=time, if steps mean nothing"
            )
        before = kept[-1][1] if kept else base
        if resumed == "rewind":
            while kept and kept[-1][0] >= point.step:
                kept.pop()
            before = kept[-1][1] if kept else base
        elif resumed == "restart" and point.value < before:
            before = 0
        if point.value < before:
            raise ImporterError(
                f"{point.where}: decreases, and a cumulative metric is wanted",
                help="a run that was resumed: add --set resumed=rewind, or resumed=restart if its counter began at 0",
            )
        start = min(began, point.time) if last is None else last.time
        yield Increase(point.step, start, point.time, point.value - before)
        kept.append((point.step, point.value))
        last = point


def value_before(points: Iterable[Point], step: int) -> int:
    """The value of the last point before a step, of points by step; 0 without one."""
    return max((point.value for point in points if point.step < step), default=0)
