"""Dishonest provers of states at a time, running sums and windows: each is caught by one requirement, and by no other.

The private table is filled as the dishonest prover likes it, everything else consistent with that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from unittest import mock

import numpy as np
import pytest

from tests.kit.compiled_trial import Trial, proof_file
from tests.kit.hunt.base import Hunt, event, job
from tests.kit.hunt.over_time import DAY, OVER_TIME, later
from tests.kit.hunt.traces import Case, Item, at, broken, kind_of, mutated, sums_mod_p
from zkcompliance.claim.compile import compile_claim
from zkcompliance.claim.compile.run import Run
from zkcompliance.claim.compile.timeline import Side, Timeline
from zkcompliance.claim.language import ComputeLog, EventLog, claim, latest, require
from zkcompliance.errors import VerificationError
from zkcompliance.verify.verifier import verify_bundle


@claim("no-start-while-paused")
def no_start(compute: ComputeLog, events: EventLog) -> None:
    """No job began while its run was paused."""
    per = (compute.run, events.model.or_else(""))
    state = latest(events.kind, at=compute.start, order=events.at, per=per, default="resume")
    require("not paused", compute.none(state == "pause"))


@contextmanager
def in_order(*order: int) -> Iterator[None]:
    """The rows of a timeline in this order, whatever they are: those that are read off are numbered first."""

    def told(self: Timeline, run: Run) -> np.ndarray:
        return np.array(order)

    with mock.patch.object(Timeline, "_order", told):
        yield


def caught(case: Case, made: Trial, kind: str) -> Item:
    """The one requirement that the witness breaks, of this kind; without it nothing is noticed."""
    found = broken(made)
    assert {kind_of(case.compiled, item) for item in found} == {kind}
    assert len(found) == 1
    (item,) = found
    with sums_mod_p():
        assert made.failures()
        assert replace(made, program=mutated(made.program, item)).failures() == []
    return item


def refused(made: Trial) -> None:
    with pytest.raises(VerificationError):
        verify_bundle(proof_file(made), program_digests=[made.program.digest])


def of(given_jobs: list, given_events: list, order: tuple[int, ...]) -> tuple[Case, Trial]:  # type: ignore[type-arg]
    """The claim over these rows, whose honest witness breaks nothing but what the author wrote, and the false one."""
    hunt = Hunt(no_start, {"compute": given_jobs, "events": given_events})
    case = Case.of(hunt)
    assert {item[2] for item in broken(case.trial())} == {"not paused"}
    return case, filled(hunt, order)


def filled(hunt: Hunt, order: tuple[int, ...]) -> Trial:
    case = Case.of(hunt)
    with in_order(*order):  # which is looked at where the claim is compiled
        return Case(compile_claim(hunt.claim), case.tables, case.publics).trial()


PAUSE = later(kind="pause", at=5)


def test_a_row_of_the_target_is_left_out() -> None:
    """The pause is not in the table: the bus that brings it has no taker."""
    case, made = of([job(start=9, end=9)], [PAUSE], (1,))
    caught(case, made, "bus: rows over time")
    refused(made)


def test_a_row_is_there_twice() -> None:
    """A resumption that was before the pause, a second time behind it: its place is the log's, and the bus has one."""
    case, made = of([job(start=9, end=9)], [PAUSE, later(at=5), later(kind="pause", at=6)], (0, 1, 2, 1, 3))
    assert {kind_of(case.compiled, item) for item in broken(made)} == {
        "bus: rows over time", "lookup: timeline: growth",
    }  # fmt: skip


def test_who_asks_stands_before_the_row_of_the_same_time() -> None:
    """Equal is included: of equal times the rows that are read off come first."""
    case, made = of([job(start=5, end=9)], [PAUSE], (1, 0))
    caught(case, made, "lookup: timeline: growth")
    refused(made)


def test_times_that_do_not_ascend() -> None:
    """A later resumption before the row that asks."""
    case, made = of([job(start=9, end=9)], [PAUSE, later(at=70_000)], (0, 1, 2))
    caught(case, made, "lookup: timeline: growth")


def test_a_tie_is_answered_by_the_earlier_row() -> None:
    """Resumed and paused in one second: the log's last counts, also where it is in another segment."""
    both = [later(at=5), PAUSE]
    case, made = of([job(start=9, end=9)], both, (1, 0, 2))
    caught(case, made, "lookup: timeline: growth")
    refused(made)
    case, made = of([job(start=9, end=9)], [[later(at=4), later(at=5)], [PAUSE]], (0, 2, 1, 3))
    caught(case, made, "lookup: timeline: growth")


@claim("start-after-resumption")
def start_after_resumption(compute: ComputeLog, events: EventLog) -> None:
    """No job began before its run was resumed."""
    per = (compute.run, events.model.or_else(""))
    state = latest(events.kind, at=compute.start, order=events.at, per=per, default="pause")
    require("resumed", compute.none(state == "pause"))


def test_a_value_is_carried_over_from_other_keys() -> None:
    """What the last event of another run says, in place of the default: two keys that are said to be the same."""
    seen = 0
    for other in ("r0", "r2", "r3", "r4"):
        given = {"compute": [job(start=9, end=9)], "events": [later(model=other, at=5)]}
        case = Case.of(Hunt(start_after_resumption, given))
        assert {item[2] for item in broken(case.trial())} == {"resumed"}
        (line,) = (table for table in case.compiled.board.tables if table.log is None)
        same = line.columns.index("timeline: equal so far")
        found = {kind_of(case.compiled, item) for item in broken(case.trial({(line.number, same): at(0, to=(1,))}))}
        assert "constraint: timeline: equal so far means equal" in found
        seen += found == {"constraint: timeline: equal so far means equal"}
    assert seen  # where the other run comes first, that is all there is against it


def test_padding_is_no_row_of_the_target() -> None:
    """A resumption in a row of padding is taken for a row: nothing brings it."""
    case = Case.of(Hunt(no_start, {"compute": [job(start=9, end=9)], "events": [PAUSE]}))
    (spoiled,) = (table.copy() for table in case.tables["events"])
    resumed = Case.of(Hunt(no_start, {"compute": [job()], "events": [later(at=7)]})).tables["events"][0]
    spoiled[1:, 1] = resumed[1:, 0]
    case.tables = {**case.tables, "events": [spoiled]}
    assert {item[2] for item in broken(case.trial())} == {"not paused"}
    honest = Side.rows

    def rows(self: Side, run: Run) -> np.ndarray:
        return np.array([0, 1]) if self.ctx.log == 1 else honest(self, run)

    with mock.patch.object(Side, "rows", rows):
        made = case.trial()
    caught(case, made, "bus: rows over time")


def test_before_the_beginning_of_time_there_is_no_state() -> None:
    """A job that began at 0, asked one second before: both sides are held one higher, and nothing wraps."""
    case = Case.of(OVER_TIME["states, none"])
    assert broken(case.honest) == set()
    early = Hunt(
        OVER_TIME["states"].claim,
        {"compute": [job(start=0, end=0)], "events": [later(at=0, cumulative_flop=2**65), later(at=2**48 - 1)]},
    )
    assert broken(Case.of(early).honest) == set()
    digits = [c for c, name in enumerate(Case.of(early).compiled.board.tables[0].columns) if name == "digits"]
    for column in digits:
        made = Case.of(early).trial({(0, column): lambda v: v + (np.arange(len(v)) == 0) * 65_535})
        assert broken(made)


WINDOW = OVER_TIME["windows"].claim


def test_a_row_asks_for_a_window_that_begins_later() -> None:
    """The row that is told what lies before its window stands where a later row's would: too much is taken away."""
    given = {"compute": [job(flop=2**90, end=7), job(flop=2**90, end=DAY + 6)], "limit": 2**91 - 1}
    case = Case.of(Hunt(WINDOW, given))
    assert {item[2] for item in broken(case.trial())} == {"below"}
    found = []
    for order in ((0, 1, 2, 3), (2, 0, 3, 1), (2, 0, 1, 3)):
        found.append({kind_of(case.compiled, item) for item in broken(filled(Hunt(WINDOW, given), order))})
    assert all("lookup: timeline: growth" in each for each in found)


def test_a_running_sum_skips_a_row() -> None:
    """The sum that a row was given, and all after it, less what the row adds."""
    case = Case.of(
        Hunt(OVER_TIME["running in order"].claim, {"compute": [job(flop=5, end=7), job(flop=9, end=8)], "limit": 13})
    )
    assert {item[2] for item in broken(case.trial())} == {"below"}
    log = case.compiled.board.tables[0]
    low = log.columns.index("running sum")
    made = case.trial({(0, low): lambda v: v - 5 * (np.arange(len(v)) < 2)})
    kinds = {kind_of(case.compiled, item) for item in broken(made)}
    assert kinds & {"constraint: carry #", "constraint: running sum"}


def test_events_of_one_time_that_say_the_same_need_no_place() -> None:
    """Where no two rows are equally late, or their values follow from the keys, the table has no places."""
    unique = Case.of(OVER_TIME["states, unique"])
    assert all("place" not in table.columns for table in unique.compiled.board.tables)
    assert any("place" in table.columns for table in Case.of(OVER_TIME["states"]).compiled.board.tables)
    twice = Hunt(OVER_TIME["states, unique"].claim, {"events": [event(at=9), event(at=9)], "least": 1})
    assert any(item[2].startswith("unique") for item in broken(Case.of(twice).honest))
