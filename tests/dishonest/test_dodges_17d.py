"""Logs that claims accepted against their titles once, found by another hand than the claims': each fails now."""

from __future__ import annotations

import pytest

from tests.kit.catalogue_claims import definition
from zkcompliance.circuits.compute import modification_under_third as third
from zkcompliance.circuits.compute import no_dark_compute as dark
from zkcompliance.circuits.evals import scores_not_above_reference as reference
from zkcompliance.circuits.events import circuit_breaker as breaker
from zkcompliance.circuits.events import pause_after_breach as paused
from zkcompliance.circuits.events import rollback_honoured as rolled
from zkcompliance.circuits.events import staged_release as staged
from zkcompliance.circuits.people import customers_verified as customers
from zkcompliance.claim.language.example import Example, fails

DODGES: list[tuple[str, Example]] = [
    (
        "no_dark_compute",
        fails(
            "a run whose rows end before a pause, and whose accelerators are booked for it all through the pause",
            dark.TIME,
            bookings=[dark.held(end=dark.T + 1100), dark.held(start=dark.T + 1100)],
            **dark.asked(compute=[dark.job(end=dark.T + 1100)]),
        ),
    ),
    (
        "modification_under_third",
        fails(
            "inference is chosen as a phase that counts, of which the original had far more than of training",
            third.THIRD,
            compute=[third.job(flop=300)],
            models=[third.ours()],
            originals=[third.first(), third.first(phase="inference", flop=1000)],
            phases=("pretraining", "fine_tuning", "reinforcement", "synthetic_data", "inference"),
        ),
    ),
    (
        "scores_not_above_reference",
        fails(
            "the reference was cut short in every attempt, and has its grades all the same",
            reference.ABOVE,
            evals=[reference.sample(score="80%")],
            reference=[reference.given(score="90%", status="limit", limit="tokens")],
            **reference.names(),
        ),
    ),
    (
        "staged_release",
        fails(
            "every item of a gate was cut short, and has a score of 0",
            staged.PASSED,
            events=[staged.deploy()],
            evals=[staged.sample(score=0, limit="tokens", attempt=n) for n in (1, 2)],
            **staged.asked(),
        ),
    ),
    (
        "staged_release",
        fails(
            "an audit failed, and a row of the same second has it as passed",
            staged.MODEL,
            events=[staged.deploy()],
            evals=staged.GRADED,
            **staged.asked(audits=[staged.audit(outcome="failed"), *staged.AUDITED]),
        ),
    ),
    (
        "customers_verified",
        fails(
            "a customer who is nowhere in particular",
            customers.VERIFIED,
            compute=[customers.job()],
            customers=[customers.acme(region="worldwide")],
        ),
    ),
    # registers that state days alone: all of a day is one second
    (
        "pause_after_breach",
        fails(
            "deployed on the day of the breach",
            paused.DEPLOYED,
            events=[paused.breach(), paused.pause(at=paused.T), paused.deploy(at=paused.T)],
            **paused.asked(),
        ),
    ),
    (
        "rollback_honoured",
        fails(
            "rolled back, and deployed again on that day",
            rolled.SOON,
            events=[rolled.breach(at=rolled.T - 1), rolled.rollback(at=rolled.T), rolled.deploy(at=rolled.T)],
            **rolled.asked(),
        ),
    ),
    (
        "circuit_breaker",
        fails(
            "all are resumed on the day of the trigger, and it is reviewed later",
            breaker.AGAIN,
            events=[*breaker.STOPPED, breaker.resume(model="", at=breaker.T)],
            **breaker.asked(),
        ),
    ),
]


@pytest.mark.parametrize(("claim", "example"), DODGES, ids=[f"{claim}: {made.text}" for claim, made in DODGES])
def test_it_fails_as_it_is_named(claim: str, example: Example) -> None:
    assert example.complaint(definition(claim)) == ""
