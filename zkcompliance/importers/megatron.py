"""Iteration lines that Megatron-LM prints, and NeMo, which trains with it.

     [2025-08-01 07:19:50] iteration        2/    5000 | consumed samples:          256 |
        elapsed time per iteration (ms): 12936.1 | … | global batch size:   128 | lm loss: 1.044022E+01 | …
    Training epoch 0, iteration 1/99 | lr: 1.499e-07 | global_batch_size: 512 | global_step: 1 | … |
        train_step_timing in s: 12.64 | consumed_samples: 1024

(each is one line of the file). Other lines are passed over. A row reaches from one such line to the next; its samples
are the increase of what was consumed, so that batches which grow are counted as they were. Lines of NeMo, and those of
Megatron-LM before 2024, have no time: `start` is stated, and they are as far apart as their own timing says.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import BinaryIO, NamedTuple

from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.importers import settings, training_lines
from zkcompliance.importers.exact import ceil
from zkcompliance.importers.local_time import Zone
from zkcompliance.importers.mlflow_model import Point
from zkcompliance.importers.model import Importer, Row
from zkcompliance.quantities import parse_integer, parse_time
from zkcompliance.schemas import Schema

FORMULA = (
    "flop = 6 × parameters × sequence_length × the increase of consumed samples, from one logged iteration to the "
    "next, method architecture; the first line counts in full, or from `base`; recomputation, validation and what "
    "came after the last line are in no row"
)
_MEGATRON = re.compile(r"(?:^|[\s\]:])iteration +(\d{1,12})/ *(\d{1,12}) \|")
_BEGINS = "[before the start of training step]"  # which Megatron-LM prints once, as training begins or goes on
_NEMO = re.compile(r"Training epoch \d{1,9}, iteration (\d{1,12})/(\d{1,12}) \|")
_TIME = re.compile(r"\[(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?\]\s+iteration ")
_FIELD = re.compile(r"(?:^|\| *)([A-Za-z_][A-Za-z_ ()./]{0,63}): +([^\s|]{1,64})(?= *(?:\||$))")
_TIMING = re.compile(r"\d{1,9}(?:\.\d{1,9})?", re.ASCII)


class _Line(NamedTuple):
    """An iteration: its step, what was consumed until then, samples in it, the milliseconds that it took, rounded up,
    and those of its time, None without one."""

    where: str
    step: int
    consumed: int
    batch: int
    took: int
    time: int | None
    text: str


def read(file: BinaryIO, name: str, schema: Schema, options: Mapping[str, str]) -> Iterator[Row]:
    """Rows of the compute schema, one per logged iteration."""
    if "sequence_length" not in options:
        raise UsageError(
            "sequence_length is needed: lines count samples, each of so many tokens",
            help="add --set sequence_length=N, what --seq-length of the training is",
        )
    found = training_lines.count(options, name, parse_integer(options["sequence_length"]), "consumed samples")
    zone = Zone.of(options.get("utc_offset"), options.get("zone"))
    start = parse_time(options["start"]) * 1000 if "start" in options else None
    lines = _lines(file, zone, found.resumed)
    first = next(lines, None)
    if first is None:
        raise ImporterError("holds no iteration line", help="give what Megatron-LM or NeMo prints")
    fresh = max(0, first.consumed - found.base)
    span = -(-fresh // first.batch) * first.took if first.batch else first.took
    if first.time is None and start is None:
        raise UsageError("start is needed: the lines have no time", help="add --set start=2025-08-02T12:00:00Z")
    if first.time is not None and start is not None:
        raise UsageError("start is of lines without a time, and these have one", help="leave --set start=… out")
    began = start if start is not None else max(0, (first.time or 0) - span)
    known = training_lines.identity(found.stated.run, first.text)
    yield from found.rows(_points(first, lines, began), began, known)


def _points(first: _Line, rest: Iterator[_Line], began: int) -> Iterator[Point]:
    """Values by step; where lines have no time, by the sum of what they took."""
    clock, before, batch = began, first, max(1, first.batch)
    for line in itertools.chain([first], rest):
        if (line.time is None) != (first.time is None):
            raise ImporterError(f"{line.where}: some lines have a time, and others none")
        steps = -(-first.consumed // batch) if line is first else max(1, line.step - before.step)
        clock += steps * line.took
        yield Point(line.step, clock if line.time is None else line.time, line.consumed, line.where)
        before = line


def _lines(file: BinaryIO, zone: Zone, resumed: str) -> Iterator[_Line]:
    begun = False
    for number, text in training_lines.texts(file):
        where = f"line {number}"
        if _BEGINS in text:
            if begun:
                training_lines.refuse_again(resumed, where)
            begun = True
        megatron, nemo = _MEGATRON.search(text), _NEMO.search(text)
        if nemo is not None:
            yield _nemo(text[nemo.end() - 1 :], where)
        elif megatron is not None and "consumed samples:" in text:
            fields = _fields(text[megatron.end() - 1 :])
            time = _TIME.search(text)
            yield _Line(
                where,
                training_lines.number(megatron[1], f"{where}, iteration"),
                _count(fields, "consumed samples", where),
                _count(fields, "global batch size", where),
                _took(fields, where, ("elapsed time per iteration (ms)", 1), ("elapsed time per iteration (s)", 1000)),
                None if time is None else training_lines.milliseconds(time[1], time[2], time[3] or "", zone, where),
                text,
            )


def _nemo(text: str, where: str) -> _Line:
    fields = _fields(text)
    step = _count(fields, "global_step", where) + 1  # the first is 0
    batch = _count(fields, "global_batch_size", where)
    first = step == 1 and "consumed_samples" not in fields  # NeMo leaves it out there
    consumed = batch if first else _count(fields, "consumed_samples", where)
    return _Line(where, step, consumed, batch, _took(fields, where, ("train_step_timing in s", 1000)), None, text)


def _fields(text: str) -> dict[str, str]:
    """`name: value` between bars; the last one may be followed by what another process printed."""
    return {match[1].strip(): match[2] for match in _FIELD.finditer(text)}


def _count(fields: Mapping[str, str], name: str, where: str) -> int:
    if name not in fields:
        raise ImporterError(f"{where}: has no {name}")
    return training_lines.number(fields[name], f"{where}, {name}")


def _took(fields: Mapping[str, str], where: str, *names: tuple[str, int]) -> int:
    """Milliseconds, rounded up; names: of the field, and the milliseconds of its unit."""
    for name, unit in names:
        if name in fields:
            if not _TIMING.fullmatch(fields[name]):
                raise ImporterError(f"{where}, {name}: is no number of seconds")
            return ceil(Fraction(fields[name]) * unit)
    raise ImporterError(f"{where}: does not say how long it took")


IMPORTER = Importer(
    "megatron",
    "iteration lines of Megatron-LM, and of NeMo",
    FORMULA,
    read,
    ("compute",),
    {
        "sequence_length": "tokens of a sample, --seq-length of the training; needed",
        "start": "when training began, of lines without a time, e.g. 2025-08-02T12:00:00Z",
        **training_lines.OPTIONS,
        "base": "the samples consumed before the first line, of a run that goes on from a checkpoint; default 0",
    },
    columns=settings.ROW,
    grows=True,
)
