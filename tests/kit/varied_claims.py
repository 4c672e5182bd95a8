"""Claims of no catalogue, which have every kind of parameter and of reveal between them: their cards are tried.

`VARIED`: by name. Each compiles.
"""

from __future__ import annotations

from zkcompliance import schemas
from zkcompliance.claim.language import (
    COUNTED,
    Bool,
    ChipLog,
    ComputeLog,
    Count,
    Day,
    EnumWord,
    Flop,
    FlopPerSecond,
    Id,
    Int,
    Month,
    Param,
    Phase,
    Ppm,
    Rate,
    Seconds,
    SetOf,
    Source,
    Time,
    Year,
    claim,
    counted,
    day_of,
    fraction,
    month_of,
    param,
    require,
    reveal,
    within,
    year_of,
)


class Device(EnumWord, schema=schemas.compute, column="device_kind"):
    """Kind of accelerator."""


@claim("sets-of-values", version=7)
def sets_of_values(
    compute: ComputeLog,
    sites: Param[SetOf[Id]] = param("sites that are left out", places=3),
    owners: Param[SetOf[Id]] = param("owners, by default two", default=("acme", "other"), places=2),
    days: Param[SetOf[Time]] = param("moments at which nothing begins", places=64),
    shares: Param[SetOf[Ppm]] = param("utilisations that are not believed", places=5, default="0%, 100%"),
    sizes: Param[SetOf[Count]] = param("numbers of devices", places=1),
    sources: Param[SetOf[Source]] = param("the sources that are taken"),
) -> None:
    """No row is of these sites, and every row of these owners.

    A second paragraph, with  two spaces, a “quotation”, and − × ⌊⌋.

        an indented line
    """
    jobs = compute.where(compute.source.is_in(sources) & ~compute.site.or_else("").is_in(sites))
    require("owners", jobs.every(jobs.owner.or_else("").is_in(owners)))
    require("beginnings", jobs.none(jobs.start.is_in(days)))
    require("utilisation", jobs.none(jobs.utilisation.or_else(0).is_in(shares) | jobs.devices.or_else(0).is_in(sizes)))
    counted("jobs of these", jobs)


@claim("one-of-each")
def one_of_each(
    Compute: ComputeLog,
    since: Param[Time],
    until: Param[Time] = param("the end", at_least="2020-01-01", at_most="2099-12-31", now=True),
    longest: Param[Seconds] = param("the longest job", default="30 days", at_most="365 days", clock=True),
    share: Param[Ppm] = param("", default="12.5%", at_least="0.0001%"),
    most: Param[Flop] = param("the most of one row", at_most="1e27"),
    rate: Param[FlopPerSecond] = param("the most of one device"),
    rows: Param[Count] = param("how many rows", at_least=1, default=3),
    whole: Param[Int] = param("a plain number"),
    whose: Param[Id] = param("an owner", default="acme"),
    strict: Param[Bool] = param("whether utilisation is asked for", default=True),
    phase: Param[Phase] = param("the phase that counts"),
    kind: Param[Device] = param("a device", default="h100_sxm"),
    phases: Param[SetOf[Phase]] = COUNTED,
) -> None:
    """Rows of one owner keep within what is said."""
    jobs = Compute.where(
        (Compute.owner.or_else("") == whose) & Compute.phase.is_in(phases) & (Compute.device_kind != kind)
    )
    require("time", jobs.every((jobs.start >= since) & (jobs.end <= until) & (jobs.end - jobs.start <= longest)))
    require("flop", jobs.every((jobs.flop <= most) & (jobs.peak.or_else(0) < rate)))
    require("enough", jobs.count() >= rows)
    require("few devices", jobs.devices.or_else(0).sum() <= whole)
    require("utilisation", jobs.share(jobs.utilisation.is_given() | (jobs.phase == phase)) >= share)
    require("stated", jobs.any(jobs.utilisation.is_given()) | ~strict)
    reveal("total", jobs.flop.sum(), figures=1)
    reveal("last end", jobs.end.max(empty=0))
    reveal("any at all", jobs.any(jobs.flop > 5))


@claim("two-logs")
def two_logs(
    used: ComputeLog,
    registry: ChipLog,
    limit: Param[Flop] = param("of all, weighted by utilisation", at_least=5, at_most=5),
) -> None:
    """Every job ran on a registered site, and one value of a composite unit is disclosed."""
    require("registered", used.every(within(used.site.or_else(""), registry.site.or_else(""))))
    require("limit", used.flop.sum() >= limit)
    reveal("flop times share", (used.flop * used.utilisation.or_else(0)).sum(), figures=9)


@claim("by-the-calendar")
def by_the_calendar(
    used: ComputeLog,
    first: Param[Month] = param("the first month", default="2026-03", at_least="2020-01"),
    day: Param[Day] = param("a day on which nothing begins", default="2026-12-25"),
    year: Param[Year] = param("the year", default=2026),
    others: Param[SetOf[Month]] = param("months that are left out", default=("2026-07", "2026-08"), places=3),
    growth: Param[Rate] = param("the most of a month beside the whole", default="250%", at_most="1000%"),
) -> None:
    """Each month of a year has a job, and none of more than its part."""
    month = month_of(used.start)
    kept = used.where((year_of(used.start) == year) & ~month.is_in(others))
    require("each", month_of(kept.start).n_unique() >= 12)
    require("day", used.none(day_of(used.start) == day) & used.every(month >= first))
    require("growth", fraction(kept.flop.sum(), used.flop.sum()) <= growth)
    reveal("last month", month_of(used.end.max(empty=0)))
    reveal("last day", day_of(used.end.max(empty=0)))


VARIED = {each.id: each for each in (sets_of_values, one_of_each, two_logs, by_the_calendar)}
