"""Logs that are against a claim's title, some of which a draft of the claim let pass: each fails, as it is named.

`tests/data/claims/NAME.SLOT.jsonl` are a register as a lab would keep it, and over it the claim holds; those with
`dodge` in their names take the place of a log, and a draft held over them too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.kit.catalogue_claims import definition
from tests.kit.story import DATA
from zkcompliance.circuits.events import cadence_of_kind as cadence
from zkcompliance.circuits.events import circuit_breaker as breaker
from zkcompliance.circuits.events import events_followed as followed
from zkcompliance.circuits.events import no_start_while_paused as started
from zkcompliance.circuits.events import pause_after_breach as paused
from zkcompliance.circuits.events import rollback_honoured as rolled
from zkcompliance.circuits.events import staged_release as staged
from zkcompliance.circuits.incidents import incident_updates as updated
from zkcompliance.circuits.incidents import incidents_received as received
from zkcompliance.claim.language.example import Example, fails, holds

NOW = {"as_of": "2026-11-29"}
OFFICE = {**NOW, "authority": "EU AI Office"}

# Of each claim: what it is asked of its files, what the dodge does, and the requirements that it fails
FILES: dict[str, tuple[Mapping[str, object], str, tuple[str, ...]]] = {
    "cadence_of_kind": (
        {"kind": "framework", "since": "2026-01-01", "until": "2026-11-29", "gap": "366 days"},
        "no framework yet, and the first year is not over", ("the last one near the end",),
    ),
    "events_followed": (
        {**NOW, "kinds": "policy_change", "answers": "publish", "limit": "30 days", "since": "2026-01-01"},
        "one publication after two changes", ("followed in time",),
    ),
    "pause_after_breach": (NOW, "deployed while it is paused", ("no deployment meanwhile",)),
    "rollback_honoured": (NOW, "deployed again the next day", ("no deployment soon after a rollback",)),
    "circuit_breaker": (NOW, "the later of two breaches is reviewed", ("not started again before the review",)),
    "staged_release": (
        {"model": "lab/base-1", "suites": ("wmdp@1", "cyber@2"), "items": 3, "limit": "20%"},
        "tried again until the mean is low", ("its gate was passed",),
    ),
    "no_start_while_paused": ({}, "one long row across a pause", (
        "none goes on while its model is paused", "none goes on while the whole lab is paused",
    )),
    "incident_updates": (OFFICE, "a final report before it is resolved", (
        "no final report before its incident was resolved", "the last report near the end",
    )),
    "incidents_received": (OFFICE, "a report is dropped, its incident too, and the rest numbered anew", (
        "every report received was stated",
    )),
}  # fmt: skip


def rows(claim: str, slot: str, dodged: bool) -> list[dict[str, Any]]:
    folder, name = DATA / "claims", f"{claim.replace('_', '-')}.{slot}"
    dodge = folder / f"{name}.dodge.jsonl"
    path = dodge if dodged and dodge.exists() else folder / f"{name}.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


def of_files(claim: str) -> tuple[Example, Example]:
    """The register over which the claim holds, and the one that is against its title."""
    params, text, failing = FILES[claim]
    slots = [log.name for log in definition(claim).logs]
    honest, dodged = ({slot: rows(claim, slot, each) for slot in slots} for each in (False, True))
    return holds("its files", **honest, **params), fails(text, failing, **dodged, **params)


AGAINST: dict[str, tuple[Example, ...]] = {
    "cadence_of_kind": (
        fails(
            "a review of one model",
            cadence.END,
            events=[cadence.framework(model="m1")],
            **cadence.yearly(until=cadence.T + cadence.DAY),
        ),
        fails(
            "another kind",
            cadence.END,
            events=[cadence.framework(kind="review")],
            **cadence.yearly(until=cadence.T + cadence.DAY),
        ),
        fails(
            "a report of another model",
            cadence.END,
            events=[cadence.deploy(), cadence.report(model="m2")],
            **cadence.half(),
        ),
    ),
    "events_followed": (
        fails(
            "it names nothing",
            followed.IN_TIME,
            events=[followed.changed(), followed.published(subject=0)],
            **followed.asked(),
        ),
        fails(
            "one answer to two",
            followed.IN_TIME,
            events=[followed.changed(), followed.published(), followed.changed(serial=3)],
            **followed.asked(),
        ),
        fails(
            "about a model",
            followed.IN_TIME,
            events=[followed.changed(), followed.published(model="m1")],
            **followed.asked(),
        ),
        fails(
            "about another model",
            followed.IN_TIME,
            events=[followed.changed(model="m2"), followed.published(model="m1")],
            **followed.asked(),
        ),
        fails(
            "another kind",
            followed.IN_TIME,
            events=[followed.changed(), followed.published(kind="review")],
            **followed.asked(),
        ),
    ),
    "pause_after_breach": (
        fails("another model", paused.PAUSED, events=[paused.breach(), paused.pause(model="m2")], **paused.asked()),
        fails(
            "resumed at that second",
            paused.PAUSED,
            events=[paused.breach(), paused.pause(), paused.resume(at=paused.T + paused.DAY)],
            **paused.asked(),
        ),
        fails(
            "the lab's, resumed",
            paused.PAUSED,
            events=[paused.breach(), paused.pause(model=""), paused.resume(model="", at=paused.T + paused.DAY)],
            **paused.asked(),
        ),
        fails(
            "deployed before it",
            paused.DEPLOYED,
            events=[paused.breach(), paused.pause(), paused.deploy(at=paused.T + 1)],
            **paused.asked(as_of=paused.T + paused.DAY),
        ),
        fails(
            "which was deployed?",
            paused.NAMED,
            events=[paused.breach(), paused.pause(), paused.deploy(model="")],
            **paused.asked(),
        ),
    ),
    "rollback_honoured": (
        fails("never", rolled.IN_TIME, events=[rolled.breach()], **rolled.asked(as_of=rolled.T + 3 * rolled.DAY + 1)),
        fails(
            "it answers nothing", rolled.IN_TIME, events=[rolled.breach(), rolled.rollback(subject=0)], **rolled.asked()
        ),
        fails(
            "a throttle", rolled.IN_TIME, events=[rolled.breach(), rolled.rollback(kind="throttle")], **rolled.asked()
        ),
        fails(
            "nobody's breach",
            rolled.SOON,
            events=[rolled.rollback(serial=1, subject=0), rolled.deploy(serial=2)],
            **rolled.asked(least="15 days"),
        ),
        fails(
            "to what the register has not",
            rolled.KNOWN,
            events=[rolled.rollback(serial=1, subject=9)],
            **rolled.asked(),
        ),
    ),
    "circuit_breaker": (
        fails(
            "another model is throttled",
            breaker.IN_TIME,
            events=[breaker.breach(), breaker.throttle(model="m2")],
            **breaker.asked(),
        ),
        fails(
            "a review alone", breaker.IN_TIME, events=[breaker.breach(), breaker.review(serial=2)], **breaker.asked()
        ),
        fails(
            "resumed without a review",
            breaker.AGAIN,
            events=[breaker.breach(), breaker.throttle(), breaker.resume(serial=3)],
            **breaker.asked(),
        ),
        fails(
            "deployed",
            breaker.AGAIN,
            events=[*breaker.STOPPED, breaker.resume(kind="deploy", at=breaker.T + 1)],
            **breaker.asked(),
        ),
    ),
    "staged_release": (
        fails("never graded", staged.BEFORE, events=[staged.deploy()], evals=[], **staged.asked()),
        fails(
            "one item twice",
            staged.BEFORE,
            events=[staged.deploy()],
            evals=[staged.sample(), staged.sample(epoch=2)],
            **staged.asked(items=2),
        ),
        fails(
            "an easy gate",
            staged.BEFORE,
            events=[staged.deploy(gate="easy@1")],
            evals=[staged.sample(suite="easy@1")],
            **staged.asked(),
        ),
        fails(
            "tried again until it was low",
            staged.PASSED,
            events=[staged.deploy()],
            evals=[staged.sample(score="90%"), *(staged.sample(attempt=n, score=0) for n in range(2, 9))],
            **staged.asked(),
        ),
        fails("not scored", staged.PASSED, events=[staged.deploy()], evals=[staged.sample(score="")], **staged.asked()),
        fails(
            "no audit of it",
            staged.MODEL,
            events=[staged.deploy()],
            evals=staged.GRADED,
            **staged.asked(audits=[staged.audit(model="m2"), *staged.WHOLE]),
        ),
        fails(
            "failed since",
            staged.MODEL,
            events=[staged.deploy()],
            evals=staged.GRADED,
            **staged.asked(audits=[*staged.AUDITED, staged.audit(at=staged.T + staged.DAY, outcome="failed")]),
        ),
    ),
    "no_start_while_paused": (
        fails(
            "paused and resumed at once",
            started.STARTED,
            compute=[started.job()],
            events=[started.pause(at=started.T), started.resume()],
        ),
        fails("called failed", started.STARTED, compute=[started.job(phase="failed")], events=[started.pause()]),
        fails(
            "another model is resumed",
            started.STARTED,
            compute=[started.job()],
            events=[started.pause(), started.resume(model="m2")],
        ),
        fails(
            "across a short one, and then another",
            started.GOES_ON,
            compute=[started.job()],
            events=[
                started.pause(at=started.T + 1),
                started.resume(at=started.T + 2),
                started.pause(serial=3, at=started.T + 5 * started.HOUR),
            ],
        ),
        fails(
            "resumed for one model",
            started.ALL_STARTED,
            compute=[started.job()],
            events=[started.pause(model=""), started.resume()],
        ),
    ),
    "incident_updates": (
        fails(
            "none until it was resolved",
            updated.GAP,
            incidents=[updated.incident()],
            reports=[*updated.ALL[:2], updated.last()],
            **updated.asked(),
        ),
        fails(
            "to another",
            updated.GAP,
            incidents=[updated.incident()],
            reports=[updated.ALL[0], updated.second(authority="x"), *updated.ALL[2:]],
            **updated.asked(),
        ),
        fails(
            "without a receipt",
            updated.GAP,
            incidents=[updated.incident()],
            reports=[updated.ALL[0], updated.second(receipt=""), *updated.ALL[2:]],
            **updated.asked(),
        ),
        fails(
            "no final report", updated.FINAL, incidents=[updated.incident()], reports=updated.ALL[:3], **updated.asked()
        ),
        fails(
            "final, and not resolved",
            updated.EARLY,
            incidents=[updated.OPEN],
            reports=[*updated.ALL[:3], updated.third(at=updated.T + 80 * updated.DAY, kind="final", receipt="r5")],
            **updated.asked(as_of=updated.T + 81 * updated.DAY),
        ),
    ),
    "incidents_received": (
        fails(
            "after it came in",
            received.WHEN,
            reports=[received.report(at=received.T + 52 * received.HOUR + 1)],
            received=[received.came_in()],
            **received.asked(),
        ),
        fails(
            "another kind",
            (received.WAS, received.STATED),
            reports=[received.report()],
            received=[received.came_in(kind="final")],
            **received.asked(),
        ),
    ),
}


@pytest.mark.parametrize(
    ("claim", "example"), [
        pytest.param(claim, example, id=f"{claim}: {example.text}")
        for claim, examples in AGAINST.items() for example in (*of_files(claim), *examples)
    ],
)  # fmt: skip
def test_it_fails_as_it_is_named(claim: str, example: Example) -> None:
    assert example.complaint(definition(claim)) == ""
