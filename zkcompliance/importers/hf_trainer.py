"""`trainer_state.json` of the Hugging Face Trainer: one row per logged training step.

The file holds no date and no formula. The run's start is an option. FLOP are the Trainer's own `total_flos`, shared
out over the logged steps in proportion to optimiser steps, or 6 × stated parameters × tokens. Tokens of padding cost
compute too, and the file does not say whether its count of tokens has them: that is stated, and a count without them is
not taken. A checkpoint off the logging step has a last stretch that no entry of the log ends: it is a row too. Rows are
known again by the step after which they begin (`run_steps`). What `total_flos` is shared out over is other steps when
the run went on: states that were sealed before are named, and their rows are as they were. Refused:
a `total_flos` of 0 (it means: not counted), steps or clocks that run backwards, a run that is not at its last step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

from zkcompliance.edge import regular
from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.importers import settings
from zkcompliance.importers.exact import ceil, number, whole
from zkcompliance.importers.json_stream import JsonStream, as_list, as_object
from zkcompliance.importers.model import Importer, Row
from zkcompliance.importers.run_steps import INTERVAL, Run, telling
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


_HELP = (
    "where the run went on since it was sealed, add --set earlier=FILE, its trainer_state.json of then (or FILE,FILE); "
    "where another run has this name, name it: --set run=NAME"
)
_PLACE = "name earlier states of this run, the oldest first, with --set earlier=FILE,FILE"


@dataclass(frozen=True)
class _State:
    """A trainer_state.json. steps: its logged ones and its own, the last; logged: how many of them are; runtime: of the
    summary; first: what tells the run from others."""

    last: int
    total: object
    steps: list[_Step]
    logged: int
    runtime: Fraction | None
    first: Mapping[str, str]

    @classmethod
    def of(cls, file: BinaryIO, *, cut_short: bool) -> _State:
        """The log of steps is small, and held whole. cut_short: whether it may be of a run that is not at its end."""
        stream = JsonStream(file)
        state = {member: stream.value() for member in stream.members() if member in _NEEDED}
        stream.finish()
        last = whole(state.get("global_step"), "global_step")
        if not last:
            raise ImporterError("global_step: is 0, no step was trained")
        if last != whole(state.get("max_steps"), "max_steps") and not cut_short:
            raise ImporterError("global_step: is not max_steps", help="add --set incomplete=yes for a run cut short")
        history = as_list(state.get("log_history"), "log_history")
        steps, runtime = _history(history, last)
        logged = len(steps)
        if not steps or steps[-1].step != last:
            steps.append(_unlogged(steps, last, state.get("num_input_tokens_seen")))
        values = dict(as_object(history[0], "log_history 1")) if history else {}
        values.pop("train_runtime", None)
        return cls(last, state.get("total_flos"), steps, logged, runtime, telling(values))


@dataclass(frozen=True)
class _Step:
    """A logged training step, or the last one: cumulative tokens and seconds, where logged. paced: its clock is by the
    mean pace, since none was logged."""

    step: int
    tokens: int | None
    clock: Fraction | None
    paced: bool = False


def read(file: BinaryIO, name: str, schema: Schema, options: Mapping[str, str]) -> Iterator[Row]:
    """Rows of the compute schema, method architecture. The log of steps is small, and held whole."""
    stated = settings.Compute.of(options, settings.stem(name))
    if "start" not in options:
        raise UsageError("start is needed: the file holds no date", help="add --set start=2025-08-02T12:00:00Z")
    start = parse_time(options["start"])
    end = parse_time(options["end"]) if "end" in options else None
    cut_short = settings.flag(options, "incomplete")
    per_step = _tokens_per_step(options)
    state = _State.of(file, cut_short=cut_short)
    states = [*_earlier(options, state), state]
    steps = [step for before, each in _pairs(states) for step in _since(each, before)]
    own = end is None and all(step.clock is not None for step in steps)
    times = _own_times(steps, start) if own else _whole_run(steps, state.runtime, start, end)
    amounts = _tokens(steps, options, per_step) if "parameters" in options else _shares(states)
    run, after = Run(stated.run, state.first), 0
    for step, (begin, finish), flop in zip(steps, times, amounts, strict=True):
        row = stated.row(begin, finish, flop, "architecture")
        yield run.row(row, after, aside=() if own else INTERVAL, help=_HELP)
        after = step.step


def _earlier(options: Mapping[str, str], newest: _State) -> list[_State]:
    """The states that `earlier` names, oldest first. ImporterError for one that is not of the run, or not before it."""
    states: list[_State] = []
    for place, name in enumerate(options["earlier"].split(",") if "earlier" in options else (), 1):
        try:
            with regular.open_given(Path(name)) as file:
                state = _State.of(file, cut_short=True)
        except OSError as error:
            raise UsageError(f"earlier state {place}: {error.strerror}", help=_PLACE) from None
        except ImporterError as error:
            raise ImporterError(f"earlier state {place}: {error.message}", help=error.help) from None
        logged = state.steps[: state.logged]
        if state.last >= newest.last or (states and state.last <= states[-1].last):
            raise ImporterError(f"earlier state {place}: global_step is not under that of the one after", help=_PLACE)
        if state.first != newest.first or logged != newest.steps[: state.logged]:
            raise ImporterError(f"earlier state {place}: its logged steps are not those of this run", help=_PLACE)
        states.append(state)
    return states


def _pairs(states: list[_State]) -> Iterator[tuple[_State | None, _State]]:
    """Each state with the one before it."""
    return zip([None, *states[:-1]], states, strict=True)


def _since(state: _State, before: _State | None) -> list[_Step]:
    """The steps of a state after the end of the one before."""
    return [step for step in state.steps if before is None or step.step > before.last]


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
    return _Step(last, tokens, clock * last / steps[-1].step, paced=True)


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


def _own_times(steps: list[_Step], start: int) -> Iterator[tuple[int, int]]:
    """Each step's interval by its own clock. That of a state's end between two steps is by a pace, which may be behind
    the clock of the step after: that one then begins at its end."""
    before = logged = Fraction()
    for position, step in enumerate(steps, 1):
        clock = step.clock
        if clock is None or clock < logged:
            raise ImporterError(
                f"logged step {position}, train_runtime: runs backwards, as in a resumed run",
                help="add --set end=TIME: all rows then have the whole interval",
            )
        yield start + int(min(before, clock)), start + ceil(clock)
        before, logged = clock, logged if step.paced else clock


def _whole_run(steps: list[_Step], runtime: Fraction | None, start: int, end: int | None) -> Iterator[tuple[int, int]]:
    """The whole run's interval for every step."""
    if end is None:
        if runtime is None:
            raise ImporterError("log_history: holds no train_runtime", help="add --set end=2025-08-03T12:00:00Z")
        end = start + ceil(runtime)
    if end < start:
        raise UsageError("end is before start", help="say --set start=TIME --set end=TIME, the earlier one first")
    for _ in steps:
        yield start, end


def _tokens(steps: list[_Step], options: Mapping[str, str], per_step: int | None) -> Iterator[int]:
    """6 × parameters × tokens of each step, `per_step` for each optimiser step or as the file counts them."""
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
            raise ImporterError(
                f"logged step {position}, num_input_tokens_seen: runs backwards",
                help="add --set tokens_per_step=N in place of counted=all",
            )
        yield 6 * parameters * (step.tokens - before)
        before = step.tokens


def _shares(states: list[_State]) -> Iterator[int]:
    """What each state's total_flos grew by since the state before, shared out over the steps between them."""
    before, begin = 0, 0
    for earlier, state in _pairs(states):
        flops = whole(state.total, "total_flos")
        if not flops:
            raise ImporterError(
                "total_flos: is 0, which means that it was not counted",
                help="add --set parameters=7e9 --set tokens_per_step=N",
            )
        if flops < before:
            raise ImporterError("total_flos: is less than that of an earlier state", help=_PLACE)
        given = 0
        for step in _since(state, earlier):
            share = (flops - before) * (step.step - begin) // (state.last - begin) - given
            given += share
            yield share
        before, begin = flops, state.last


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
        "earlier": "states of this run that were sealed before it went on, oldest first, e.g. checkpoint-500/"
        "trainer_state.json; total_flos is shared out anew for the steps after them; default none",
        **settings.COMPUTE,
        **settings.DEVICES,
    },
    columns=settings.ROW,
)
