"""Every customer is verified, and compute goes to verified customers only."""

from zkcompliance.claim.language import (
    ComputeLog,
    CustomerLog,
    Time,
    base,
    claim,
    fails,
    holds,
    latest,
    require,
)


@claim("twenty-customers-verified", version=1)
def customers_verified(compute: ComputeLog, customers: CustomerLog) -> None:
    """Every customer in the register is verified, and each job for a customer lies in its last period begun.

    A job that names no customer counts as the lab's own. When a customer was verified no column says: it may have
    been after the supply.
    """
    jobs = compute.where(compute.customer.is_given())
    begin, until = customers.period_from.or_else(0), customers.period_until.or_else(Time.largest)
    per = (jobs.customer, customers.customer)
    supplied = latest(until, at=jobs.start, order=begin, per=per, default=0)
    require("every customer verified", customers.every(customers.verified))
    require("every job in a period", jobs.every((supplied >= jobs.end) & (supplied > 0)))


T = 1577836800  # 2020-01-01
job = base(start=T + 100, end=T + 900, run="r1", phase="pretraining", method="hardware", flop=5, customer="acme")
acme = base(customer="acme", verified=True, flop=5, period_from=T + 100, period_until=T + 900)

EXAMPLES = (
    holds("exactly the period", compute=[job()], customers=[acme()]),
    holds("the lab itself", compute=[job(customer="")], customers=[]),
    holds("in the second period", compute=[job()], customers=[acme(period_from=0, period_until=T + 99), acme()]),
    holds("from the beginning, without end", compute=[job()], customers=[acme(period_from=0, period_until="")]),
    fails("not verified", "every customer verified", compute=[job()], customers=[acme(verified=False)]),
    fails(
        "another, without a job",
        "every customer verified",
        compute=[job()],
        customers=[acme(), acme(customer="x", verified=False)],
    ),
    fails("a second after", "every job in a period", compute=[job(end=T + 901)], customers=[acme()]),
    fails("a second before", "every job in a period", compute=[job(start=T + 99)], customers=[acme()]),
    fails("at the first second of 1970", "every job in a period", compute=[job(start=0, end=0)], customers=[]),
    fails("not in the register", "every job in a period", compute=[job(), job(customer="x")], customers=[acme()]),
)
