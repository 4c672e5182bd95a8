"""customers-verified: compute was supplied only to customers whose identity had been verified by then.

Sources: Taking Additional Steps To Address the National Emergency With Respect to Significant Malicious Cyber-Enabled
Activities, proposed rule of 29 January 2024 (89 FR 5698: customer identification programs, beneficial owners), never
made final; proposals that providers of compute know their customers. A job lies, from its beginning to its end, in one
period of the register in which its customer is verified, with one region (`worldwide` is none) and a beneficial owner.
A period that has no beginning shows nothing: who was verified only later has two. No periods of a customer overlap, so
that none in which it is not verified lies within one in which it is. A job that names no customer is the lab's own, or
of nobody knows whom: of all FLOP these are at most a share, and how many they are is disclosed, since a row may state 0
FLOP. That a row says `verified` rightly, and when it was written, is not shown; one customer under two names is two.
Times are those that rows state. Without rows of compute it holds, loudly, with 0 jobs that count: an empty log of
customers holds of no job that names one. Padding is no row.
"""

from __future__ import annotations

from zkcompliance.claim.language import (
    ComputeLog,
    CustomerLog,
    Param,
    Ppm,
    Time,
    base,
    claim,
    counted,
    day_of,
    fails,
    fraction,
    holds,
    latest,
    let,
    param,
    require,
    reveal,
    vacuous,
)

NOWHERE = ("unknown", "worldwide")


@claim("customers-verified", version=1)
def customers_verified(
    compute: ComputeLog,
    customers: CustomerLog,
    unnamed: Param[Ppm] = param("the most FLOP in jobs that name no customer, as a share of all", default="0%"),
) -> None:
    """Each job ran for a customer verified for all of its time, and little ran for nobody in particular."""
    jobs = compute.where(compute.customer.is_given())
    nameless = compute.where(~compute.customer.is_given())
    require("little for nobody in particular", fraction(nameless.flop.sum(), compute.flop.sum()) <= unnamed)
    end = customers.period_until.or_else(Time.largest)
    require("no customer in two periods at once", customers.no_overlap(
        customers.period_from.or_else(0), end, per=customers.customer
    ))  # fmt: skip
    known = customers.where(
        customers.verified & customers.period_from.is_given() & customers.beneficial_owner.is_given()
        & ~customers.region.is_in(NOWHERE)
    )  # fmt: skip
    per, begun = (jobs.customer, known.customer), known.period_from
    until = let("its customer verified until", latest(end, at=jobs.start, order=begun, per=per, default=0))
    require("every job for a verified customer", jobs.every((until >= jobs.end) & (until > 0)))
    counted("jobs that count", jobs.where(jobs.flop > 0))
    counted("periods of verified customers", known)
    reveal("jobs that name no customer", nameless.count(), figures=2)
    reveal("first day", day_of(jobs.start.min(empty=0)))
    reveal("last day", day_of(jobs.end.max(empty=0)))


T = 1577836800  # 2020-01-01
job = base(start=T + 100, end=T + 900, run="r1", phase="pretraining", method="hardware", flop=9, customer="acme")
acme = base(customer="acme", verified=True, flop=9, region="fr", beneficial_owner="x", period_from=T + 100)
VERIFIED, TWICE, NOBODY = (
    "every job for a verified customer", "no customer in two periods at once", "little for nobody in particular"
)  # fmt: skip

EXAMPLES = (
    fails("not verified", VERIFIED, compute=[job()], customers=[acme(verified=False)]),
    fails("not in the register", VERIFIED, compute=[job(customer="x")], customers=[acme()]),
    fails("verified a second later", VERIFIED, compute=[job(start=T + 99)], customers=[acme()]),
    fails("a second longer than that", VERIFIED, compute=[job()], customers=[acme(period_until=T + 899)]),
    fails("since nobody knows when", VERIFIED, compute=[job()], customers=[acme(period_from=0)]),
    fails("whose it is nobody knows", VERIFIED, compute=[job()], customers=[acme(beneficial_owner="")]),
    fails("where it is nobody knows", VERIFIED, compute=[job()], customers=[acme(region="unknown")]),
    fails("in no one place", VERIFIED, compute=[job()], customers=[acme(region="worldwide")]),
    fails("at the first second of 1970", VERIFIED, compute=[job(start=0, end=0)], customers=[]),
    fails(
        "verified again within a job", VERIFIED, compute=[job()],
        customers=[acme(period_until=T + 400), acme(verified=False, period_from=T + 400, period_until=T + 500),
                   acme(period_from=T + 500)],
    ),
    fails(
        "suspended, and verified all the while", TWICE, compute=[job()],
        customers=[acme(), acme(verified=False, period_from=T + 400, period_until=T + 500)],
    ),
    fails("for nobody in particular", NOBODY, compute=[job(), job(flop=1, customer="")], customers=[acme()]),
    holds("exactly the period", compute=[job()], customers=[acme(period_until=T + 900)]),
    holds(
        "without an end, and one for whom nothing ran",
        compute=[job()], customers=[acme(), acme(customer="y", verified=False)],
    ),
    holds(
        "in the second period",
        compute=[job()], customers=[acme(verified=False, period_from=0, period_until=T + 100), acme()],
    ),
    holds("a tenth for nobody", compute=[job(), job(flop=1, customer="")], customers=[acme()], unnamed="10%"),
    holds("two empty logs", compute=[], customers=[]),
)  # fmt: skip

VACUOUS = (vacuous("unnamed", "no share is over 100 %", at_least="100%"),)
