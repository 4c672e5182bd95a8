"""Logs that earlier drafts of claims accepted against their titles, each beside an honest one of tests/data/claims.

An honest log is a realistic one, over which the claim holds. What a dodge adds to it, or puts in its place, is what a
draft let pass: the claim as it is refuses it, by the requirement that is named.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.kit.catalogue_claims import definition
from zkcompliance.claim.language.example import fails, holds

LOGS = Path(__file__).parents[1] / "data" / "claims"

Row = dict[str, Any]
Tables = dict[str, list[Row]]

PARAMS: Mapping[str, Mapping[str, Any]] = {
    "modification-under-third": {"model": "clinic/med-8"},
    "threshold-crossing-notified": {"threshold": "1e25", "as_of": "2026-08-01"},
    "index-value": {"name": "frontier", "as_of": "2026-11-01"},
    "compute-in-window": {"cap": "1e23", "outside": "10%"},
    "no-dark-compute": {"begin": "2026-03-01", "end": "2026-04-01", "dark": "2 hours"},
    "eval-confidence-under": {"model": "lab/base-1", "limit": "40%", "least": 20},
    "scores-not-above-reference": {"model": "lab/base-1", "other": "lab/base-0"},
    "graded-by-match": {"model": "lab/base-1", "suites": ("mcq@2",), "grader": "exact"},
    "parity-gap": {
        "model": "lab/base-1", "suite": "triage@1", "grader": "exact", "groups": ("women", "men"), "number": 2,
        "lowest": "70%", "gap": "2%", "items": 3,
    },
}  # fmt: skip


def chained(logs: Tables) -> None:
    """A modification that goes on from another one, each under a third, and names the first original as its base."""
    (first, *_) = logs["compute"]
    logs["compute"] += [{**first, "model": f"clinic/step-{n}", "flop": "2.3e23"} for n in (1, 2)]
    logs["models"] += [{"model": f"clinic/step-{n}", "base_model": "open/base-8b"} for n in (1, 2)]


def called_failed(logs: Tables) -> None:
    """Training that is logged as failed, of a modification."""
    logs["compute"].append({**logs["compute"][0], "phase": "failed", "flop": "5e23"})


def an_index_of_two_values(logs: Tables) -> None:
    """A second, higher value of the same moment: a draft took the higher one of the two."""
    logs["index"].append({**logs["index"][1], "frontier_index": 1900})


def stated_twice(logs: Tables) -> None:
    """The original's compute is there by hardware and by architecture, and a draft took both together."""
    logs["originals"].append({**logs["originals"][0], "method": "hardware"})
    logs["compute"][0]["flop"] = "3e23"


def cut_short(logs: Tables) -> None:
    """Every item that would have been solved was cut short by a limit, and has a score of 0."""
    for row in logs["evals"]:
        if row["score"] == "100%":
            row |= {"score": "0%", "status": "limit", "limit": "tokens"}
    for row in logs["evals"][:5]:
        row |= {"score": "0%", "status": "limit", "limit": "tokens"}


def told_of_less(logs: Tables) -> None:
    """The notice is of an earlier crossing, that of a lower threshold."""
    logs["events"][0]["cumulative_flop"] = "1.1e23"


def told_of_something_else(logs: Tables) -> None:
    """The notice that stands in the register is of an incident."""
    logs["events"][1].pop("subject")


def begun_from_a_base(logs: Tables) -> None:
    """A model that goes on from one of 1.44e25 FLOP, and names it: its own rows alone stay far below."""
    logs["models"][1]["base_model"] = "lab/large-1"


def one_long_row(logs: Tables) -> None:
    """All of a month in one row, which ends just beyond the window that looks at the ends of rows."""
    long = {"start": "2026-03-10T00:00:00Z", "end": "2026-04-30T00:00:00Z", "flop": "9e22"}
    logs["compute"].append({**logs["compute"][0], **long})


def booked_as_idle(logs: Tables) -> None:
    """A month of jobs, booked as idle."""
    for row in logs["bookings"]:
        row["kind"] = "idle"
    logs["compute"].clear()


def a_job_of_little(logs: Tables) -> None:
    """All accelerators are booked for a run that states a hundredth of what it did."""
    logs["compute"][0]["flop"] = "770" + "0" * 16


def spent_elsewhere(logs: Tables) -> None:
    """A run that no registered accelerator was booked for."""
    logs["compute"].append({**logs["compute"][0], "run": "p-2"})


def hard_items_left_out(logs: Tables) -> None:
    """Of the items that were drawn only the easy ones were graded, over the least number."""
    logs["evals"] = [row for row in logs["evals"] if row["score"] == "0%"]


def tried_until_low(logs: Tables) -> None:
    """Six items more are solved, and then tried again until they are not."""
    rows = [row for row in logs["evals"] if row["score"] == "0%"][:6]
    logs["evals"] += [{**row, "score": "100%", "attempt": 2} for row in rows]


def a_stricter_grader(logs: Tables) -> None:
    """The model is graded by one who grades lower than the reference's."""
    for row in logs["evals"]:
        row["grader"], row["score"] = "strict", "0%"


def a_low_try(logs: Tables) -> None:
    """The model's item is tried twice, and the lower score brings the mean down."""
    first = logs["evals"][0]
    logs["evals"].append({**first, "attempt": 2, "score": "0%"})
    first["score"] = "90%"


def a_wrong_attempt_left_out(logs: Tables) -> None:
    """The model answered a second time, and only one of its answers was graded."""
    logs["answers"].append({**logs["answers"][3], "attempt": 2, "answer": "D"})


def half_marks(logs: Tables) -> None:
    """A wrong answer has nearly all of the score, and a right one all."""
    logs["evals"][3]["score"] = "99%"


def an_easy_item_again(logs: Tables) -> None:
    """The group that is behind has its easiest item counted as often as it takes."""
    logs["evals"][0]["score"] = "60%"
    logs["evals"] += [{**logs["evals"][1], "epoch": n} for n in (2, 3)]


def a_group_left_out(logs: Tables) -> None:
    """The group that is far behind is not in the log."""
    logs["evals"] = [row for row in logs["evals"] if row["group"] == "men"]


DODGES: list[tuple[str, Callable[[Tables], None], str | tuple[str, ...]]] = [
    ("modification-under-third", chained, "under a third of the original"),
    ("modification-under-third", called_failed, "little in phases that do not count"),
    ("modification-under-third", stated_twice, "under a third of the original"),
    ("threshold-crossing-notified", told_of_less, "notified in time of what was reached"),
    (
        "threshold-crossing-notified",
        told_of_something_else,
        ("notified in time of what was reached", "notified in time of what was expected"),
    ),
    ("threshold-crossing-notified", begun_from_a_base, "notified in time of what was reached"),
    ("index-value", an_index_of_two_values, "no two values of one moment"),
    ("compute-in-window", one_long_row, "no window over the cap"),
    ("no-dark-compute", booked_as_idle, "not too much idle"),
    (
        "no-dark-compute",
        a_job_of_little,
        ("every job states FLOP that fit its bookings", "every job states FLOP for its time"),
    ),
    ("no-dark-compute", spent_elsewhere, "no FLOP that no booking could do"),
    ("eval-confidence-under", hard_items_left_out, "graded exactly what was drawn"),
    ("eval-confidence-under", cut_short, "upper bound at or under the limit"),
    ("eval-confidence-under", tried_until_low, "upper bound at or under the limit"),
    ("scores-not-above-reference", a_stricter_grader, "the same samples and graders"),
    ("scores-not-above-reference", a_low_try, "in no suite above"),
    ("graded-by-match", a_wrong_attempt_left_out, "graded exactly what was answered, each once"),
    ("graded-by-match", half_marks, "100 % where it is right, and 0 % elsewhere"),
    ("parity-gap", an_easy_item_again, "every item as often"),
    ("parity-gap", a_group_left_out, "every group is there"),
]


def honest(claim: str) -> Tables:
    """The sample logs of a claim, by slot."""
    names = [log.name for log in definition(claim.replace("-", "_")).logs]
    texts = {name: (LOGS / f"{claim}-{name}.jsonl").read_text(encoding="utf-8") for name in names}
    return {name: [json.loads(line) for line in text.splitlines()] for name, text in texts.items()}


@pytest.mark.parametrize("claim", PARAMS)
def test_an_honest_log(claim: str) -> None:
    example = holds("honest", **honest(claim), **PARAMS[claim])
    assert example.complaint(definition(claim.replace("-", "_"))) == ""


@pytest.mark.parametrize(("claim", "dodge", "why"), DODGES, ids=[dodge.__name__ for _, dodge, _ in DODGES])
def test_a_dodge(claim: str, dodge: Callable[[Tables], None], why: str | tuple[str, ...]) -> None:
    logs = honest(claim)
    dodge(logs)
    example = fails(str(dodge.__doc__), why, **logs, **PARAMS[claim])
    assert example.complaint(definition(claim.replace("-", "_"))) == ""
