"""A lookup's default where there is a match: the compiler must not take a match for required where it is not.

The cheap lookup proves nothing of a row that says it found nothing. It stands only where every row that asks must find
something, whatever it finds, and for rows of the same table.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.kit.hunt.base import Hunt, chip, event, job
from tests.kit.hunt.traces import Case
from zkcompliance.claim.language import (
    ChipLog,
    ComputeLog,
    EventLog,
    Id,
    Param,
    claim,
    lookup,
    require,
    within,
)
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.claim.meaning.interpret import interpret

ASKED = ("found", "looked up", "how often it is asked for")


@claim("single-lookup")
def single(compute: ComputeLog, registry: ChipLog, site: Param[Id]) -> None:
    """The site's peak is small, and jobs need the site to be there."""
    require("small", lookup(site, registry.site.or_else(""), registry.peak.or_else(0), default=0) <= 5)
    require("registered", compute.every(within(site, registry.site.or_else("")) | (compute.run == 0)))


@claim("single-lookup-after")
def after(compute: ComputeLog, registry: ChipLog, site: Param[Id]) -> None:
    """The same, the other way about."""
    require("registered", compute.every(within(site, registry.site.or_else("")) | (compute.run == 0)))
    require("small", lookup(site, registry.site.or_else(""), registry.peak.or_else(0), default=0) <= 5)


@claim("two-tables-ask")
def two_tables(compute: ComputeLog, events: EventLog, registry: ChipLog, site: Param[Id]) -> None:
    """One single membership, required of the rows of two tables."""
    require("jobs", compute.every(within(site, registry.site.or_else("")) | (compute.run == 0)))
    require("events", events.every(within(site, registry.site.or_else("")) | (events.serial == 0)))


@claim("asked-by-what-is-found")
def by_what_is_found(used: ChipLog, registry: ChipLog) -> None:
    """No chip is strong; those that are must be registered."""
    peak = lookup(used.chip, registry.chip, registry.peak.or_else(0), default=0)
    strong = used.where(peak >= 5)
    require("registered", strong.every(within(used.chip, registry.chip)))
    require("weak", strong.count() <= 0)


@claim("asked-by-another-value")
def by_another_value(used: ChipLog, registry: ChipLog) -> None:
    """The same where what decides is another value of the row that is found."""
    peak = lookup(used.chip, registry.chip, registry.peak.or_else(0), default=0)
    begun = used.where(lookup(used.chip, registry.chip, registry.from_, default=0) >= 5)
    require("registered", begun.every(within(used.chip, registry.chip)))
    require("weak", begun.every(peak <= 5))


strong = chip(peak=7, **{"from": 6})
REGISTRY = [chip(chip="c0", site="s0"), strong]
FALSE = {
    "no job, a large peak": Hunt(single, {"compute": [], "registry": REGISTRY, "site": "s1"}),
    "a job, a large peak": Hunt(single, {"compute": [job()], "registry": REGISTRY, "site": "s1"}),
    "no job, a large peak, after": Hunt(after, {"compute": [], "registry": REGISTRY, "site": "s1"}),
    "a job, no such site": Hunt(after, {"compute": [job()], "registry": REGISTRY, "site": "s9"}),
    "an event, no such site": Hunt(
        two_tables, {"compute": [], "events": [event()], "registry": REGISTRY, "site": "s9"}
    ),
    "a strong chip": Hunt(by_what_is_found, {"used": [strong], "registry": REGISTRY}),
    "a strong chip, begun": Hunt(by_another_value, {"used": [strong], "registry": REGISTRY}),
}
TRUE = {
    "no job": Hunt(single, {"compute": [], "registry": [chip(peak=5)], "site": "s1"}),
    "jobs and events": Hunt(two_tables, {"compute": [job()], "events": [event()], "registry": REGISTRY, "site": "s1"}),
    "no such site, nobody asks": Hunt(two_tables, {"compute": [], "events": [], "registry": REGISTRY, "site": "s9"}),
    "a job": Hunt(after, {"compute": [job()], "registry": [chip(peak=5)], "site": "s1"}),
    "a weak chip": Hunt(by_what_is_found, {"used": [chip(), chip(chip="c9")], "registry": [chip(peak=4)]}),
    "not begun": Hunt(by_another_value, {"used": [chip(chip="c9"), chip()], "registry": [chip(peak=9)]}),
}


def holds(hunt: Hunt, case: Case) -> bool:
    definition: ClaimDefinition = hunt.claim
    return interpret(definition, case.tables, case.publics).holds


@pytest.mark.parametrize("name", TRUE)
def test_a_true_claim_has_a_true_trace(name: str) -> None:
    case = Case.of(TRUE[name])
    assert holds(TRUE[name], case)
    assert case.honest.failures() == []


@pytest.mark.parametrize("name", FALSE)
def test_no_row_can_say_that_it_found_nothing(name: str) -> None:
    """Each column of lookups is honest, or 0 or 1 on all rows, in every combination: no false claim passes."""
    case = Case.of(FALSE[name])
    assert not holds(FALSE[name], case)
    for values in itertools.product((None, 0, 1), repeat=len(ASKED)):
        told = {what: to for what, to in zip(ASKED, values, strict=True) if to is not None}
        lies = {
            (table.number, c): lambda v, to=told[what]: np.full_like(v, to)
            for table in case.compiled.board.tables
            for c, what in enumerate(table.columns)
            if what in told
        }
        assert case.trial(lies).failures(), told
