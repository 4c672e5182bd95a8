"""Keys at the edges of their type, values whose compiled bounds are wider than their range, divisors beyond 63 bits,
reveals of few digits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kit.hunt.base import Hunt, chip, event, job, sample
from tests.kit.hunt.traces import Case
from zkcompliance.claim.language import (
    ChipLog,
    ComputeLog,
    Count,
    EvalLog,
    EventLog,
    Id,
    Param,
    SetOf,
    claim,
    param,
    require,
    reveal,
    same_rows,
    smaller,
    within,
)
from zkcompliance.claim.meaning.interpret import interpret


@claim("never-negative")
def never_negative(compute: ComputeLog, events: EventLog, listed: Param[SetOf[Count]], most: Param[Count]) -> None:
    """A remainder, a distance, a count less 1: never negative, though their terms could be."""
    runs = compute.group_by(compute.run)
    require("listed", compute.every((compute.devices.or_else(0) % 10).is_in(listed)))
    require("constants", compute.every((compute.devices.or_else(0) % 100).is_in((3, 5, *range(20, 40)))))
    require("distance", compute.every(within(abs(compute.devices.or_else(0) - most), events.serial)))
    require("two remainders", compute.every(within(smaller(compute.devices.or_else(0), most) % 7, events.serial % 7)))
    require("groups", runs.every(within(runs.size() - 1, events.serial)))
    require("multisets", same_rows(compute.devices.or_else(0) % 4, events.serial % 4))


@claim("large-divisors")
def large_divisors(compute: ComputeLog) -> None:
    """Divisors that no 64-bit number is divided by."""
    change = compute.devices.or_else(0) - 5
    require("quotient", compute.every(compute.flop // 10**20 == 0))
    require("rounded down", compute.every((change // 2**70 == -1) | (change >= 0)))
    require("small", compute.every(compute.devices.or_else(0) % 10**20 <= 7))


@claim("few-digits")
def few_digits(evals: EvalLog) -> None:
    """One number cut to fewer and to more figures than it has."""
    require("there are some", evals.count() >= 1)
    worst = evals.score.or_else(1_000_001).max(empty=0)
    for figures in (1, 4, 6, 7, 9):
        reveal(f"to {figures}", worst, figures=figures)


def bounded(devices: list[int], serials: list[int], **given: Any) -> Hunt:
    return Hunt(
        never_negative,
        {
            "compute": [job(devices=d, run=f"r{i // 2}") for i, d in enumerate(devices)],
            "events": [event(serial=s) for s in serials],
            "listed": [3, 5],
            "most": 8,
            **given,
        },
    )


@claim("absent-at-the-edges")
def absent(used: ChipLog, banned: ChipLog, known: Param[SetOf[Id]] = param(places=2)) -> None:
    """Absence where keys are the least and the largest."""
    require("not banned", used.every(~within(used.site.or_else(""), banned.site.or_else(""))))
    require("not known", used.none(used.owner.is_in(known)))


LEAST, LARGEST = "", "0x" + "ff" * 16


def edge(used: str, banned: list[str], owner: str = "o", known: tuple[str, ...] = ()) -> Hunt:
    rows = [chip(site=site) for site in banned]
    return Hunt(absent, {"used": [chip(site=used, owner=owner)] * 2, "banned": rows, "known": known})


CASES = {
    "the least is absent": (edge(LEAST, [LARGEST, "s"]), set()),
    "the largest is absent": (edge(LARGEST, [LEAST, "s"]), set()),
    "the least is there": (edge(LEAST, [LARGEST, LEAST]), {"not banned"}),
    "the largest is there": (edge(LARGEST, [LARGEST, LARGEST]), {"not banned"}),
    "nothing is there": (edge(LEAST, []), set()),
    "the largest is known": (edge("s", [], LARGEST, ("o", LARGEST)), {"not known"}),
    "nothing is known": (edge("s", [], "0x" + "00" * 16), set()),
    "fewer rows": (bounded([3, 5], [5, 3, 1]), {"multisets"}),
    "as many": (bounded([3, 5, 25], [5, 3, 1], most=8), {"distance", "groups"}),
    "all hold": (bounded([3, 5, 5, 3], [1, 3, 5, 7], most=8), set()),
    "not listed": (bounded([3, 5, 5, 3], [1, 3, 5, 7], listed=[5]), {"listed"}),
    "small numbers": (Hunt(large_divisors, {"compute": [job(flop=9, devices=0), job(devices=7)]}), set()),
    "a large number": (Hunt(large_divisors, {"compute": [job(flop=10**20, devices=8)]}), {"quotient", "small"}),
}


@pytest.mark.parametrize("name", CASES)
def test_interpreter_and_circuit_agree(name: str) -> None:
    hunt, failing = CASES[name]
    case = Case.of(hunt)
    assert set(interpret(hunt.claim, case.tables, case.publics).failing) == failing
    assert bool(case.honest.failures()) == bool(failing)


@pytest.mark.parametrize("score", [0, 9, 9_999, 10_000, 65_535, 999_999, 1_000_000])
def test_a_number_can_be_cut_to_any_figures(score: int) -> None:
    case = Case.of(Hunt(few_digits, {"evals": [sample(score=score)]}))
    assert case.honest.failures() == []
    shown = dict(zip((p.name for p in case.honest.program.publics), case.honest.publics, strict=True))
    for figures in (1, 4, 6, 7, 9):
        unit = 10 ** max(0, len(str(score)) - figures)
        assert shown[f"to {figures}"] == score // unit * unit
