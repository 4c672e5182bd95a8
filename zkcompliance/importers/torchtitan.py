"""Lines that torchtitan prints.

    [rank0]:[titan] 2025-11-25 19:44:58,838 - root - INFO - Trainer is initialized with local batch size 8,
        global batch size 64, gradient accumulation steps 1, sequence length 2048, total steps 10 (warmup 2)
    [rank0]:[titan] 2025-11-25 19:44:58,838 - root - INFO - Training starts at step 1
    [rank0]:[titan] 2025-11-25 19:45:01,441 - root - INFO - step:  1  loss:  8.0277  …  tps: 5,756  tflops: 0.41  …

(each is one line of the file). Other lines are passed over, those of validation too. A row reaches from one logged
step to the next; its tokens are steps × global batch size × sequence length. What `tps` says is rounded, and of one
device: it is not used.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO, NamedTuple

from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.importers import settings, training_lines
from zkcompliance.importers.local_time import Zone
from zkcompliance.importers.mlflow_model import Point
from zkcompliance.importers.model import Importer, Row
from zkcompliance.quantities import parse_integer
from zkcompliance.schemas import Schema

FORMULA = (
    "flop = 6 × parameters × global batch size × sequence length × steps, from one logged step to the next, method "
    "architecture; the first line counts from the step that training starts at; recomputation, validation and what "
    "came after the last line are in no row"
)
_PREFIX = r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d),(\d{3}) - \S{1,64} - INFO - "
_STEP = re.compile(_PREFIX + r"step: +(\d{1,12}) +loss: ")
_SIZES = re.compile(_PREFIX + r".*global batch size (\d{1,12}), .*sequence length (\d{1,12}),")
_STARTS = re.compile(_PREFIX + r"Training starts at step (\d{1,12})")


class _Head(NamedTuple):
    """What is said before the first step: tokens of a step (0: nothing), the first step (0: nothing), when it began."""

    tokens: int
    first: int
    began: int | None


def read(file: BinaryIO, name: str, schema: Schema, options: Mapping[str, str]) -> Iterator[Row]:
    """Rows of the compute schema, one per logged step."""
    zone = Zone.of(options.get("utc_offset"), options.get("zone"))
    lines = training_lines.texts(file)
    head, first = _head(lines, zone)
    stated = parse_integer(options["tokens_per_step"]) if "tokens_per_step" in options else 0
    if stated and head.tokens and stated != head.tokens:
        raise UsageError("tokens_per_step is another than the log says", help="leave --set tokens_per_step=N out")
    if not (stated or head.tokens):
        raise UsageError(
            "tokens_per_step is needed: the log does not say its batch size and sequence length",
            help="add --set tokens_per_step=N, global batch size × sequence length",
        )
    if head.first and "base" not in options:
        options = {**options, "base": str(head.first - 1)}
    found = training_lines.count(options, name, stated or head.tokens, "steps")
    at = _point(first[0], first[1], zone)
    began = min(at.time, head.began) if head.began is not None else at.time
    points = itertools.chain([at], _points(lines, zone, stated or head.tokens, found.resumed))
    yield from found.rows(points, began, training_lines.identity(found.stated.run, first[1].string))


def _head(lines: Iterator[tuple[int, str]], zone: Zone) -> tuple[_Head, tuple[int, re.Match[str]]]:
    """What is said before the first step, and that step's line."""
    tokens = begins = 0
    began: int | None = None
    for number, text in lines:
        if step := _STEP.search(text):
            return _Head(tokens, begins, began), (number, step)
        if sizes := _SIZES.search(text):
            tokens = int(sizes[4]) * int(sizes[5])
        if starts := _STARTS.search(text):
            begins = int(starts[4])
            began = training_lines.milliseconds(starts[1], starts[2], starts[3], zone, f"line {number}")
    raise ImporterError("holds no step line", help="give what torchtitan prints, of the rank that logs")


def _point(number: int, step: re.Match[str], zone: Zone) -> Point:
    where = f"line {number}"
    time = training_lines.milliseconds(step[1], step[2], step[3], zone, where)
    return Point(int(step[4]), time, int(step[4]), where)


def _points(lines: Iterator[tuple[int, str]], zone: Zone, tokens: int, resumed: str) -> Iterator[Point]:
    for number, text in lines:
        if step := _STEP.search(text):
            yield _point(number, step, zone)
        elif (sizes := _SIZES.search(text)) and int(sizes[4]) * int(sizes[5]) != tokens:
            raise ImporterError(f"line {number}: another batch size or sequence length than before")
        elif _STARTS.search(text):
            training_lines.refuse_again(resumed, f"line {number}")


IMPORTER = Importer(
    "torchtitan",
    "step lines of torchtitan",
    FORMULA,
    read,
    ("compute",),
    {
        "tokens_per_step": "global batch size × sequence length, where the log does not say them",
        **training_lines.OPTIONS,
        "base": "the steps before the first line; default by `Training starts at step`, or 0",
    },
    columns=settings.ROW,
    grows=True,
)
