"""What a word gives where there is no row to take it from: never 0, and nothing that the claim does not say itself.

A row before or after, a match, a state, a least or a largest: each is asked with what stands in its place, or, of a
match, with the requirement that there is one. What may be missing on the row that is found is narrowed as on its own.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.kit.claim_texts import defined
from tests.kit.compiled_trial import padded
from tests.kit.exact_rows import encode_rows
from zkcompliance import schemas
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.claim.meaning.interpret import interpret
from zkcompliance.errors import ClaimDefinitionError

HEAD = """from zkcompliance.claim.language import *

@claim("no-row")
def no_row(compute: ComputeLog, events: EventLog) -> None:
    \"\"\"Nothing.\"\"\"
    jobs = compute.where(compute.phase != "failed")
    runs = compute.group_by(compute.run)
    require("used", (compute.count() <= 1000) & (events.count() <= 1000))
"""
Define = Callable[[str], ClaimDefinition]


@pytest.fixture
def define(tmp_path: Path) -> Define:
    """A claim with that requirement."""

    def make(condition: str) -> ClaimDefinition:
        return defined(tmp_path / "no_row.py", f'{HEAD}    require("a", {condition})\n')

    return make


UNSAID = (  # without what stands where there is no row
    "events.every(events.serial.previous() <= 5)",
    "events.every(events.serial.next() <= 5)",
    "events.every(events.serial.previous(per=events.kind) <= 5)",
    "events.order_by(events.at).serial.previous().sum() <= 5",
    "jobs.every(latest(events.serial, at=jobs.start, order=events.at) <= 5)",
    "jobs.flop.max() <= 5",
    "jobs.flop.min() <= 5",
)
NOTHING = (
    "events.every(events.serial.previous(default=None) <= 5)",
    "events.every(events.serial.next(default=None) <= 5)",
    "jobs.every(latest(events.serial, at=jobs.start, order=events.at, default=None) <= 5)",
    "jobs.flop.max(empty=None) <= 5",
    "jobs.every(latest(events.serial, at=jobs.start, order=events.at, default=jobs.devices.or_else(1)) <= 5)",
    "events.every(events.serial.previous(default=events.serial) <= 5)",
)
ELSEWHERE = (  # that there is a match is required of the rows that ask, and of no others
    "compute.every(lookup(jobs.run, events.model.or_else(''), events.serial) <= 5)",
    "compute.every((compute.flop > 5) | (lookup(jobs.run, events.model.or_else(''), events.serial) <= 5))",
    "runs.any(runs.sum(lookup(jobs.run, events.model.or_else(''), events.serial)) <= 5)",
)
MISSING = (  # the value on the row that is found may be missing there
    "events.every(events.cumulative_flop.previous(default=0) <= 5)",
    "jobs.every(lookup(jobs.run, events.model.or_else(''), events.cumulative_flop, default=0) <= 5)",
    "jobs.every(latest(events.cumulative_flop, at=jobs.start, order=events.at, default=0) <= 5)",
    "runs.every(runs.last(compute.devices) <= 5)",
    "jobs.every(jobs.devices.running() <= 5)",
    "jobs.every(jobs.devices.sum_within('1 days', at=jobs.end) <= 5)",
    "jobs.devices.n_unique() <= 5",
)


@pytest.mark.parametrize("condition", [*UNSAID, *NOTHING, *ELSEWHERE, *MISSING])
def test_it_is_refused_with_line_and_remedy(condition: str, define: Define) -> None:
    with pytest.raises(ClaimDefinitionError) as caught:
        define(condition)
    _, place, remedy = caught.value.message.split("\n")
    assert place.startswith("  at no_row.py:9: ") and remedy.startswith("  remedy: ")


@pytest.mark.parametrize("condition", MISSING)
def test_it_is_refused_for_what_may_be_missing(condition: str, define: Define) -> None:
    with pytest.raises(ClaimDefinitionError, match="may be missing, and would then stand here as"):
        define(condition)


event = {"serial": 3, "model": "r2", "kind": "eval", "at": 50}
job = {"start": 40, "end": 60, "run": "r1", "phase": "pretraining", "method": "hardware", "flop": 7}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("events.every(events.serial.previous(default=9) == 9)", True),
        ("events.every(events.serial.next(default=9) == 9)", True),
        ("jobs.every(latest(events.serial, at=jobs.start, order=events.at, default=9) == 9)", True),
        ("jobs.every(latest(events.serial, at=jobs.end, order=events.at, default=9) == 3)", True),
        ("jobs.every(lookup(jobs.run, events.model.or_else(''), events.serial, default=9) == 9)", True),
        ("jobs.where(jobs.flop > 7).flop.max(empty=9) == 9", True),
        ("jobs.every(lookup(jobs.run, events.model.or_else(''), events.serial) <= 9)", False),
    ],
)
def test_where_there_is_no_row_it_is_what_the_claim_says(condition: str, holds: bool, define: Define) -> None:
    """The last one says nothing, and so requires a match, which there is not."""
    given: dict[str, Any] = {
        "compute": [padded(encode_rows(schemas.compute, [job]))],
        "events": [padded(encode_rows(schemas.event, [event]))],
    }
    found = interpret(define(condition), given, {})
    assert found.holds == holds
    assert holds or list(found.failing) == ["compute.run has a match"]
