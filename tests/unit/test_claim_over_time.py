"""The words that look back in time: what they are worth at their edges, how they are said, what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.kit.compiled_trial import padded, trial
from tests.kit.exact_rows import encode_rows
from zkcompliance import schemas
from zkcompliance.claim.compile import CannotCompile, compile_claim
from zkcompliance.claim.language import (
    ComputeLog,
    EventLog,
    Param,
    Seconds,
    claim,
    days,
    latest,
    let,
    not_ahead,
    param,
    require,
    sealed_within,
    seconds,
)
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.claim.meaning import core
from zkcompliance.claim.meaning.evaluate import Evaluator
from zkcompliance.claim.meaning.sentences import sentence
from zkcompliance.errors import ClaimDefinitionError

DAY = 86_400
Row = dict[str, Any]


def job(end: int, flop: int = 1, run: str = "r1", **more: Any) -> Row:
    return {
        "start": 0, "end": end, "run": run, "phase": "pretraining", "method": "hardware", "flop": flop, **more,
    }  # fmt: skip


def event(at: int, kind: str = "pause", model: str = "r1", serial: int = 1) -> Row:
    return {"serial": serial, "model": model, "kind": kind, "at": at}


def worth(
    made: ClaimDefinition, kind: type[core.Value], *compute: list[Row], events: list[Row] | None = None
) -> list[int]:
    """What the claim's first node of this kind is worth on each row, and that its honest trace is true."""
    tables = {"compute": [padded(encode_rows(schemas.compute, part)) for part in compute]}
    if any(log.name == "events" for log in made.logs):
        tables["events"] = [padded(encode_rows(schemas.event, list(events)))]
    publics = made.publics({})
    node = next(part for part in core.walk(made.requirements[0].value) if isinstance(part, kind))
    assert trial(compile_claim(made), tables, publics).failures() == []
    found: np.ndarray = Evaluator(tables, publics).value(node)
    return [int(each) for each in found]


@claim("states")
def states(compute: ComputeLog, events: EventLog) -> None:
    """The number of the last pause up to each end."""
    pauses = events.where(events.kind == "pause")
    per = (compute.run, pauses.model.or_else(""))
    require("x", compute.every(latest(pauses.serial, at=compute.end, order=pauses.at, per=per, default=7) <= 9))


def test_a_state_at_its_edges() -> None:
    """Equal is included, of two at once the last, another key or another kind never, none at all the default."""
    register = [
        event(5, serial=1), event(9, serial=2), event(9, serial=3), event(10, "resume", serial=4),
        event(6, model="r2", serial=5), event(5, serial=6),
    ]  # fmt: skip
    ends = [job(4), job(5), job(8), job(9), job(2**48 - 1), job(7, run="r2"), job(9, run="r3")]
    assert worth(states, core.AsOf, ends, events=register) == [7, 6, 6, 3, 3, 5, 7]
    assert worth(states, core.AsOf, ends, events=[]) == [7] * 7
    assert worth(states, core.AsOf, [], events=register) == []
    assert worth(states, core.AsOf, [job(0)], events=[event(0, serial=8)]) == [8]


@claim("strictly")
def strictly(compute: ComputeLog, events: EventLog) -> None:
    """The number of the last event before each end, whichever it is of."""
    require("x", compute.every(latest(events.serial, at=compute.end - seconds(1), order=events.at, default=7) <= 9))


def test_strictly_before() -> None:
    """Also at the beginning of time, before which there is nothing."""
    register = [event(0, serial=1), event(9, serial=2)]
    assert worth(strictly, core.AsOf, [job(0), job(1), job(9), job(10)], events=register) == [7, 1, 1, 2]


@claim("window")
def window(compute: ComputeLog, length: Param[Seconds] = param(default="1 days")) -> None:
    """The total of the last day."""
    require("x", compute.every(compute.flop.sum_within(length, at=compute.end) <= 2**98))


def test_a_window_at_its_edges() -> None:
    """(t − a day, t]: what is just a day old is out, what is as old as the row is in, whatever the order of the log."""
    ends = [DAY + 5, 5, 6, DAY + 5, DAY + 6, 2**48 - 1]
    assert worth(window, core.Window, [job(end, 10**i) for i, end in enumerate(ends)]) == [
        1101, 10, 110, 1101, 11001, 100000,
    ]  # fmt: skip
    segments = [job(DAY + 5, 2**96 - 1)], [], [job(5, 2**96 - 1), job(6, 2**96 - 1)]
    assert worth(window, core.Window, *segments) == [2 * (2**96 - 1), 2**96 - 1, 2 * (2**96 - 1)]
    assert worth(window, core.Window, [job(7)] * 9) == [9] * 9
    assert worth(window, core.Window, []) == []


def test_a_window_longer_than_all_time_and_one_of_no_length() -> None:
    tables = {"compute": [padded(encode_rows(schemas.compute, [job(0, 3), job(2**48 - 1, 4)]))]}
    node = next(part for part in core.walk(window.requirements[0].value) if isinstance(part, core.Window))
    for length, expected in ((2**40 - 1, [3, 4]), (0, [0, 0]), (1, [3, 4])):
        assert Evaluator(tables, {"length": length}).value(node).tolist() == expected
        assert trial(compile_claim(window), tables, {"length": length}).failures() == []


@claim("own-window")
def own_window(compute: ComputeLog) -> None:
    """Of the rows of one run that count; on a row that does not, of those beside it."""
    some = compute.where(compute.phase == "pretraining")
    own = (some.devices.or_else(0) - 3).sum_within(2, at=some.devices.or_else(0), per=some.run)
    require("x", compute.every(own <= 2**40))


def test_a_window_of_some_rows_with_one_key_by_a_number() -> None:
    rows = [
        job(0, devices=5), job(0, devices=4), job(0, run="r2", devices=5), job(0, devices=5, phase="other"),
        job(0, devices=3), job(0, devices=0), job(0, devices=1),
    ]  # fmt: skip
    assert worth(own_window, core.Window, rows) == [3, 1, 2, 3, 0, -3, -5]


@claim("running")
def running(compute: ComputeLog) -> None:
    """Of what counts, in order of its end, of each run."""
    late = compute.where(compute.phase == "pretraining").order_by(compute.end)
    require("x", compute.every(late.flop.running(per=late.run) <= 2**98))


@claim("running-along")
def running_along(compute: ComputeLog) -> None:
    """Of what counts, in the log's own order."""
    some = compute.where(compute.phase == "pretraining")
    require("x", compute.every((some.devices.or_else(0) - 3).running() <= 2**40))


def test_a_running_sum_at_its_edges() -> None:
    """Ties in the log's order; a row that does not count has the sum before it."""
    rows = [job(9, 1), job(5, 10), job(9, 100), job(9, 1000, run="r2"), job(6, 5, phase="other")]
    assert worth(running, core.Running, rows[:2], [], rows[2:]) == [11, 10, 111, 1000, 10]
    assert worth(running, core.Running, []) == []
    few = [job(0, devices=5), job(0, devices=1), job(0, phase="other", devices=9), job(0, devices=0)]
    assert worth(running_along, core.Running, few[:2], few[2:]) == [2, 0, 0, -3]
    assert worth(running_along, core.Running, [job(0, devices=4)] * 8, [job(0, devices=4)]) == list(range(1, 10))


def test_sentences() -> None:
    said = [sentence(made.requirements[0].value) for made in (states, window, own_window, running)]
    assert said[0] == (
        "For every row of compute, the serial number on the last row of events (only rows where the kind of event is "
        "pause) whose model (where missing, none) is this row's run and whose time of the event is the latest that is "
        "not after this row's end (if there is none: 7) is at most 9."
    )
    assert said[1] == (
        "For every row of compute, the total FLOP spent in those rows of compute whose end is after this row's end − "
        "`length` and not after this row's end is at most ≈3.16e29 FLOP (316,912,650,057,057,350,374,175,801,344)."
    )
    assert said[2].startswith(
        "For every row of compute, the total of (the number of devices (where missing, 0) − 3) in those rows of "
        "compute "
        "(only rows where the phase is pretraining) with the same run whose number of devices (where missing, 0) is "
        "above this row's number of devices (where missing, 0) − "
    )
    assert said[3] == (
        "For every row of compute, the total FLOP spent in the rows of compute (only rows where the phase is "
        "pretraining) with the same run, in order of end, up to and with this row is at most ≈3.16e29 FLOP "
        "(316,912,650,057,057,350,374,175,801,344)."
    )


# Refusals


def refused(make: Callable[[ComputeLog, EventLog], Any], *words: str) -> None:
    def body(c: ComputeLog, e: EventLog) -> None:
        """A claim."""
        require("x", make(c, e))

    with pytest.raises(ClaimDefinitionError) as caught:
        claim("some-claim")(body)
    for word in (*words, "remedy: ", "at test_claim_over_time.py:"):
        assert word in caught.value.message, caught.value.message


def test_latest_takes_an_order_two_sides_and_a_default() -> None:
    refused(
        lambda c, e: c.every(latest(e.serial, at=c.start, order=e.at) <= 5), "missing a required argument: 'default'"
    )
    refused(lambda c, e: c.every(latest(e.serial, at=c.start, default=0) <= 5), "missing a required argument: 'order'")
    refused(
        lambda c, e: c.every(latest(e.serial, at=c.start, order=e.at, per=c.run, default=0) <= 5),
        "per without two sides", "per=(mine.model, other.model)",
    )  # fmt: skip
    refused(
        lambda c, e: c.every(latest(e.serial, at=c.start, order=e.serial, default=0) <= 5), "Time beside Count",
    )  # fmt: skip
    refused(lambda c, e: c.every(latest(e.serial, at=c.run, order=e.model, default=0) <= 5), "which has no order")
    refused(
        lambda c, e: c.every(latest(e.serial, at=c.start, order=e.at, per=(c.run, e.kind), default=0) <= 5), "beside"
    )
    refused(
        lambda c, e: c.every(latest(e.serial, at=c.start, order=e.at, default=c.devices.or_else(1)) <= 5),
        "default depends on rows",
    )
    refused(lambda c, e: c.every(latest(e.serial, at=c.start, order=e.at, default="5 days") <= 5), "days")
    late = "the log's last counts"
    refused(lambda c, e: c.every(latest(e.serial, at=c.start, order=e.order_by(e.at).at, default=0) <= 5), late)
    refused(lambda c, e: c.every(latest(c.flop, at=c.start, order=e.at, default=0) <= 5), "of another table")
    some = "of another selection of the table"
    refused(lambda c, e: c.every(latest(e.where(e.serial > 1).serial, at=c.start, order=e.at, default=0) <= 5), some)
    refused(lambda c, e: c.every(latest(5, at=c.start, order=e.at, default=0) <= 5), "is no column")


def test_running_and_sum_within_take_numbers_of_a_table() -> None:
    refused(lambda c, e: c.every(c.start.running() <= 5), "the running total of a Time has no meaning")
    refused(lambda c, e: c.every(c.count().running() <= 5), "of no table")
    refused(lambda c, e: c.group_by(c.run).every(c.group_by(c.run).size().running() <= 5), "groups have no order")
    refused(lambda c, e: c.every(c.run.sum_within("1 days", at=c.end) == "x"), "the sum of a Id has no meaning")
    refused(lambda c, e: c.every(c.flop.sum_within("1 days", at=c.run) <= 5), "which has no order")
    refused(lambda c, e: c.every(c.flop.sum_within("1 days", at=e.at) <= 5), "of another table")
    refused(lambda c, e: c.every(c.flop.sum_within(c.end - c.start, at=c.end) <= 5), "a window that is no Seconds")
    refused(lambda c, e: c.every(c.flop.sum_within(0, at=c.end) <= 5), "a window that is no Seconds")
    refused(lambda c, e: c.every(c.flop.sum_within("a while", at=c.end) <= 5), "a while")
    refused(lambda c, e: c.every(c.flop.sum_within(days(1)) <= 5), "missing a required argument: 'at'")
    refused(lambda c, e: c.every(c.flop.running <= 5), "of the word running")
    refused(lambda c, e: c.every((c.flop * c.flop * c.start).running() <= 5), "over 2^256")


def test_what_may_be_missing_is_refused_in_them() -> None:
    refused(lambda c, e: c.every(c.devices.running() <= 5), "devices may be missing")
    refused(lambda c, e: c.every(c.flop.running(per=c.site) <= 5), "site may be missing")
    refused(lambda c, e: c.every(c.devices.sum_within(days(1), at=c.end) <= 5), "devices may be missing")
    refused(lambda c, e: c.every(c.flop.sum_within(days(1), at=c.end, per=c.site) <= 5), "site may be missing")
    per = "model may be missing"
    refused(lambda c, e: c.every(latest(e.serial, at=c.start, order=e.at, per=(c.run, e.model), default=0) <= 5), per)
    refused(
        lambda c, e: c.every(
            latest(e.serial, at=c.start, order=e.at, per=(c.model, e.model.or_else("")), default=0) <= 5
        ),
        per,
    )
    refused(lambda c, e: c.every(latest(e.cumulative_flop, at=c.start, order=e.at, default=0) <= 5), "cumulative_flop")

    @claim("given")
    def given(compute: ComputeLog, events: EventLog) -> None:
        """Missing rows are left out on both sides."""
        jobs, turns = compute.where(compute.model.is_given()), events.where(events.model.is_given())
        state = latest(turns.serial, at=jobs.end, order=turns.at, per=(jobs.model, turns.model), default=0)
        own = jobs.flop.sum_within(days(1), at=jobs.end, per=jobs.model) + jobs.flop.running(per=jobs.model)
        require("x", jobs.every((state <= 5) & (own <= 2**98)))

    assert compile_claim(given)


def test_groups_that_may_be_equally_late_are_not_compiled() -> None:
    @claim("late-groups")
    def late_groups(compute: ComputeLog) -> None:
        """Which of two groups that end at once?"""
        runs = compute.group_by(compute.run)
        total = latest(runs.sum(compute.flop), at=compute.start, order=runs.max(compute.end), default=0)
        require("x", compute.every(total <= 5))

    with pytest.raises(CannotCompile, match="the latest among groups that may be equally late") as caught:
        compile_claim(late_groups)
    assert "remedy: " in caught.value.message


def test_they_are_no_times_of_a_row_for_a_bracket() -> None:
    other = "a time that other rows name"
    refused(lambda c, e: e.every(sealed_within(latest(e.at, at=e.at, order=e.at, default=0), days(1))), other)
    refused(lambda c, e: e.every(not_ahead(e.at + (e.at - e.at).running(), days(1))), other)


def test_a_running_sum_has_a_row_before() -> None:
    """The step from one row to the next is what the row adds."""

    @claim("steps")
    def steps(compute: ComputeLog) -> None:
        """A sum less the sum before."""
        late = compute.order_by(compute.end)
        total = let("total", late.flop.running())
        require("x", late.every(total - total.previous(default=0) == late.flop))

    rows = [job(9, 5), job(3, 2**96 - 1), job(9, 1)]
    tables = {"compute": [padded(encode_rows(schemas.compute, rows))]}
    assert Evaluator(tables, {}).value(steps.requirements[0].value) == 1
    assert trial(compile_claim(steps), tables, {}).failures() == []
