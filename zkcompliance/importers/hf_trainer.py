"""`trainer_state.json` of the Hugging Face Trainer: one row per logged training step.

The file holds no date and no formula. The run's start is an option. FLOP are the Trainer's own `total_flos`, shared
out over the logged steps in proportion to optimiser steps, or 6 × stated parameters × tokens. Tokens of padding cost
compute too, and the file does not say whether its count of tokens has them: that is stated, and a count without them is
not taken. A checkpoint off the logging step has a last stretch that no entry of the log ends: it is a row too. Refused:
a `total_flos` of 0 (it means: not counted), steps or clocks that run backwards, a run that is not at its last step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import BinaryIO

from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.importers import settings
from zkcompliance.importers.exact import ceil, number, whole
from zkcompliance.importers.json_stream import JsonStream, as_list, as_object
from zkcompliance.importers.model import Importer, Row
from zkcompliance.quantities import parse_integer, parse_time
from zkcompliance.schemas import Schema

FORMULA = (
    "flop = total_flos shared out over logged steps by optimiser steps, their sum exact. total_flos is the Trainer's "
    "6 × non-embedding parameters × tokens, padding included; it misses attention and the unembedding (32 % low on a "
    "small model) and is rounded to 53 bits. With `parameters`: flop = 6 × parameters × tokens between logged steps, "
    "attention not: tokens as the file counts them where `counted` says that these are all, padding included, or "
    "tokens_per_step × optimiser steps. start is stated; end = start + train_runtime; a last stretch off the logging "
    "step, which has none, goes on at the mean pace until then, rounded up to seconds"
)
_NEEDED = ("global_step", "max_steps", "total_flos", "log_history", "num_input_tokens_seen")


@dataclass(frozen=True)
class _Step:
    """A logged training step, or the last one: cumulative tokens and seconds, where logged."""

    step: int
    tokens: int | None
    clock: Fraction | None


def read(file: BinaryIO, name: str, schema: Schema, options: Mapping[str, str]) -> Iterator[Row]:
    """Rows of the compute schema, method architecture. The log of steps is small, and held whole."""
    stated = settings.Compute.of(options, settings.stem(name))
    if "start" not in options:
        raise UsageError("start is needed: the file holds no date", help="add --set start=2025-08-02T12:00:00Z")
    start = parse_time(options["start"])
    end = parse_time(options["end"]) if "end" in options else None
    cut_short = settings.flag(options, "incomplete")
    per_step = _tokens_per_step(options)
    stream = JsonStream(file)
    state = {member: stream.value() for member in stream.members() if member in _NEEDED}
    stream.finish()
    last = whole(state.get("global_step"), "global_step")
    if not last:
        raise ImporterError("global_step: is 0, no step was trained")
    if last != whole(state.get("max_steps"), "max_steps") and not cut_short:
        raise ImporterError("global_step: is not max_steps", help="add --set incomplete=yes for a run cut short")
    steps, runtime = _history(as_list(state.get("log_history"), "log_history"), last)
    if not steps or steps[-1].step != last:
        steps.append(_unlogged(steps, last, state.get("num_input_tokens_seen")))
    times = _times(steps, runtime, start, end)
    amounts = _amounts(steps, state.get("total_flos"), last, options, per_step)
    for (begin, finish), flop in zip(times, amounts, strict=True):
        yield stated.row(begin, finish, flop, "architecture")


def _tokens_per_step(options: Mapping[str, str]) -> int | None:
    """The stated tokens of one optimiser step; None where the file's own count is to be taken, or total_flos.

    UsageError where `parameters` has no count of tokens that is known to have the padding in it.
    """
    counted = settings.choice(options, "counted", ("all", "non_padding", ""), "")
    per_step = settings.integer(options, "tokens_per_step")
    if "parameters" not in options:
        if counted or per_step is not None:
            raise UsageError("counted and tokens_per_step go with parameters", help="add --set parameters=7e9")
        return None
    if per_step is None and counted != "all":
        raise UsageError(
            "num_input_tokens_seen may leave out padding, which costs compute too, and the file does not say"
            if not counted
            else "num_input_tokens_seen leaves out padding, which costs compute too: what was spent is more",
            help="add --set tokens_per_step=N (batch × padded length × accumulation × devices)"
            + ("; or --set counted=all if include_num_input_tokens_seen was true or all" if not counted else ""),
        )
    return per_step


def _unlogged(steps: list[_Step], last: int, seen: object) -> _Step:
    """The state's own step, which no entry of the log has: its clock by the mean pace of those before."""
    tokens = None if seen is None else whole(seen, "num_input_tokens_seen")
    clock = steps[-1].clock if steps else None
    if clock is None or not steps[-1].step:
        return _Step(last, tokens, None)
    return _Step(last, tokens, clock * last / steps[-1].step)


def _history(entries: list[object], last: int) -> tuple[list[_Step], Fraction | None]:
    """Logged training steps, none of them past `last`, and the summary's train_runtime."""
    steps: list[_Step] = []
    runtime: Fraction | None = None
    before = 0
    for position, item in enumerate(entries, 1):
        where = f"log_history {position}"
        entry = as_object(item, where)
        step = whole(entry.get("step"), f"{where}, step")
        if step < before or step > last:
            raise ImporterError(f"{where}, step: runs backwards, or past global_step")
        before = step
        clock = number(entry["train_runtime"], f"{where}, train_runtime") if "train_runtime" in entry else None
        seen = entry.get("num_input_tokens_seen")
        tokens = None if seen is None else whole(seen, f"{where}, num_input_tokens_seen")
        if "train_loss" in entry:
            runtime = clock
            final = _Step(step, tokens, clock)
            if not steps or steps[-1].step < step:
                steps.append(final)
        elif "loss" in entry:
            if steps and steps[-1].step == step:
                raise ImporterError(f"{where}, step: is logged twice")
            steps.append(_Step(step, tokens, clock))
    return steps, runtime


def _times(steps: list[_Step], runtime: Fraction | None, start: int, end: int | None) -> Iterator[tuple[int, int]]:
    """Each step's interval by its own clock; without clocks, or with a stated end, the whole run's for every step."""
    clocks = [step.clock for step in steps]
    if end is None and all(clock is not None for clock in clocks):
        before = Fraction()
        for position, clock in enumerate(clocks, 1):
            if clock is None or clock < before:
                raise ImporterError(
                    f"logged step {position}, train_runtime: runs backwards, as in a resumed run",
                    help="add --set end=TIME: all rows then have the whole interval",
                )
            yield start + int(before), start + ceil(clock)
            before = clock
        return
    if end is None:
        if runtime is None:
            raise ImporterError("log_history: holds no train_runtime", help="add --set end=2025-08-03T12:00:00Z")
        end = start + ceil(runtime)
    if end < start:
        raise UsageError("end is before start")
    for _ in steps:
        yield start, end


def _amounts(
    steps: list[_Step], total: object, last: int, options: Mapping[str, str], per_step: int | None
) -> Iterator[int]:
    if "parameters" in options:
        parameters, before = parse_integer(options["parameters"]), 0
        if per_step is not None:
            for step in steps:
                yield 6 * parameters * per_step * (step.step - before)
                before = step.step
            return
        for position, step in enumerate(steps, 1):
            if step.tokens is None:
                raise ImporterError(
                    f"logged step {position}, num_input_tokens_seen: is missing",
                    help="add --set tokens_per_step=N in place of counted=all",
                )
            if step.tokens < before:
                raise ImporterError(f"logged step {position}, num_input_tokens_seen: runs backwards")
            yield 6 * parameters * (step.tokens - before)
            before = step.tokens
        return
    flops = whole(total, "total_flos")
    if not flops:
        raise ImporterError(
            "total_flos: is 0, which means that it was not counted",
            help="add --set parameters=7e9 --set tokens_per_step=N",
        )
    given = 0
    for step in steps:
        share = flops * step.step // last - given
        given += share
        yield share


IMPORTER = Importer(
    "hf-trainer",
    "trainer_state.json of the Hugging Face Trainer",
    FORMULA,
    read,
    ("compute",),
    {
        "start": "when training began, e.g. 2025-08-02T12:00:00Z; needed",
        "end": "when it ended; default start + train_runtime; every row then has the whole interval",
        "parameters": "count 6 × parameters × tokens instead of total_flos, e.g. 7e9",
        "counted": "what include_num_input_tokens_seen was: all (or true), or non_padding, which is refused",
        "tokens_per_step": "tokens of an optimiser step, padding included, in place of the file's own count",
        "incomplete": "yes accepts a run that is not at max_steps; default no",
        **settings.COMPUTE,
        **settings.DEVICES,
    },
    columns=settings.ROW,
)
