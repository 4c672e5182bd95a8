"""Claims of the words that no claim of the catalogue uses."""

from __future__ import annotations

from tests.kit.vocabulary_more import MORE
from tests.kit.vocabulary_nested import CLAIMS as NESTED
from tests.kit.vocabulary_over_time import CLAIMS as OVER_TIME
from zkcompliance.claim.language import (
    ChipLog,
    ComputeLog,
    Count,
    EvalLog,
    EventLog,
    Expr,
    Flop,
    FlopPerSecond,
    Id,
    Int,
    Param,
    Ppm,
    Seconds,
    SetOf,
    Time,
    band_of,
    claim,
    days,
    larger,
    let,
    lookup,
    not_ahead,
    param,
    require,
    reveal,
    sealed_within,
    select,
    within,
)


@claim("absent")
def absent(used: ChipLog, banned: ChipLog) -> None:
    """No chip is in the other list."""
    require("none", used.none(within(used.chip, banned.chip)))


@claim("either")
def either(used: ChipLog, listed: ChipLog, most: Param[Count]) -> None:
    """A chip is listed, or old; how many are not."""
    found = within((used.chip, used.kind), (listed.chip, listed.kind))
    require("listed or old", used.every(found | (used.from_ < 2)))
    require("few are not", used.where(~found).count() <= most)
    require("peak of those", select(found, used.peak.or_else(0), 1).sum() >= 1)
    reveal("listed", used.where(found).count())


@claim("groups-found")
def groups_found(events: EventLog, others: EventLog) -> None:
    """Groups that ask, and groups that are asked."""
    models = events.group_by(events.model.or_else(""))
    theirs = others.where(others.kind == "eval").group_by(others.model.or_else(""), others.serial)
    require("some", models.every(models.model.is_in(others.model.or_else("")) | (models.size() == 1)))
    require("pairs", events.every(~within((events.model.or_else(""), events.serial), (theirs.key(0), theirs.key(1)))))


@claim("itself")
def itself(events: EventLog) -> None:
    """A log asked about itself, in another selection."""
    evals = events.where(events.kind == "eval")
    require("a model that is not evaluated", events.any(~within(events.model.or_else(""), evals.model.or_else(""))))


@claim("defaults")
def defaults(used: ChipLog, registry: ChipLog, otherwise: Param[Flop]) -> None:
    """Values from another table, or their defaults."""
    peak = lookup(used.chip, registry.chip, registry.peak.or_else(0), default=otherwise)
    since = lookup(used.chip, registry.chip, registry.from_, default=7)
    need = registry.from_ - registry.until.or_else(Time.largest)
    length = lookup(used.chip, registry.chip, need, default=-3)
    require("peak", used.every((peak >= used.peak.or_else(0)) | (since > 1)))
    require("length", length.sum() <= 5)
    reveal("peaks", peak.sum())


@claim("matched")
def matched(used: ChipLog, registry: ChipLog) -> None:
    """Several values of one row that must be there."""
    peak = lookup(used.chip, registry.chip, registry.peak.or_else(0))
    need = lookup(used.chip, registry.chip, registry.from_ - registry.until.or_else(Time.largest))
    require("peak", used.every(peak >= used.peak.or_else(0)))
    require("length", used.every(need <= 0))


@claim("totals-joined")
def totals_joined(compute: ComputeLog, events: EventLog) -> None:
    """A group's total, or 0 where there is no such group."""
    runs = compute.group_by(compute.run)
    total = lookup(events.model.or_else(""), runs.run, runs.sum(compute.flop), default=0)
    require("reached", events.every((total <= events.cumulative_flop.or_else(0)) | (events.kind == "eval")))


@claim("public-asks")
def public_asks(events: EventLog, when: Param[Time]) -> None:
    """A parameter that is, or is not, in a log."""
    require("a time", when.is_in(events.at) | (events.count() <= 1))


@claim("listed")
def listed(used: ChipLog, banned: Param[SetOf[Id]], allowed: Param[SetOf[Time]] = param("times", places=3)) -> None:
    """No chip is banned; each began at one of some times, or is of one site."""
    require("not banned", used.none(used.chip.is_in(banned)))
    require("allowed", used.every(used.from_.is_in(allowed) | (used.site.or_else("") == used.owner)))


@claim("listed-numbers")
def listed_numbers(events: EventLog, steps: Param[SetOf[Int]], when: Param[Time]) -> None:
    """Differences among parameters, groups among them, a parameter among constants."""
    models = events.group_by(events.model.or_else(""))
    require("steps", events.every((events.serial - 1).is_in(steps) | (events.at == 0)))
    require("sizes", models.any(models.size().is_in(steps)) | when.is_in((0, 1)) | when.is_in(tuple(range(40, 80))))


@claim("constants")
def constants(events: EventLog) -> None:
    """Many constants of several types."""
    require("a time", events.every(events.at.is_in((0, 1, 2, 100, 2**16, 2**16 - 1, *range(300, 340)))))
    require("not these", events.none(events.model.or_else("").is_in((4, 3 << 100, 7, 8, 9, 10, 11))))
    require("shifted", events.any((events.serial - 2).is_in((-2, -1, *range(1000, 1040)))))


@claim("in-order")
def in_order(events: EventLog, since: Param[Time]) -> None:
    """Neighbours in order of a column, ties in the log's order."""
    by_time = events.order_by(events.at)
    before = by_time.serial.previous(default=9)
    require(
        "serials fall or stay", by_time.every((before >= by_time.serial) | (by_time.cumulative_flop.or_else(0) <= 2))
    )
    evals = by_time.where(by_time.kind == "eval")
    require("the next eval", by_time.every(by_time.at <= evals.at.next(default=Time.largest)))
    require("since", by_time.any(by_time.at.previous(default=since) <= 2) | (events.count() == 0))


@claim("per-key")
def per_key(events: EventLog, since: Param[Time]) -> None:
    """Neighbours with the same key, in the log's order and in another."""
    fallen = events.cumulative_flop.or_else(0) - events.cumulative_flop.or_else(0).previous(
        default=0, per=events.model.or_else("")
    )
    require("steps", events.every((fallen <= 2**16) | (events.kind == "breach")))
    late = events.order_by(events.at, events.kind)
    gap = late.at.next(default=since, per=(late.model.or_else(""), late.source)) - late.at
    require("gaps", late.every((gap <= 100) | (late.serial >= 2)))
    require(
        "numbered",
        events.serial.is_serial(per=events.source) | events.at.is_sorted(strict=True, per=events.model.or_else("")),
    )


@claim("groups-in-order")
def groups_in_order(compute: ComputeLog) -> None:
    """Groups in order of a total, then of their key."""
    runs = compute.group_by(compute.run)
    ordered = runs.order_by(runs.sum(compute.flop) - 5, runs.run)
    require("few more rows", ordered.every(ordered.size().previous(default=0) <= ordered.size() + 1))


@claim("chained")
def chained(events: EventLog) -> None:
    """The row before the row before."""
    before = events.at.previous(default=1)
    require("two back", events.every(before.previous(default=0) + 5 >= events.at))
    require("change", events.every((before - 3).previous(default=0) <= 2**40))


@claim("extremes")
def extremes(compute: ComputeLog, least: Param[Count]) -> None:
    """The least and the largest of several values of a group, and of values that may be negative."""
    runs = compute.group_by(compute.run)
    span = runs.max(compute.end) - runs.min(compute.start)
    change = compute.devices.or_else(0) - 5
    require("span", runs.every((span <= 100) | (runs.max(change) <= 0)))
    require(
        "largest", runs.any((runs.max(compute.flop) > runs.min(compute.flop)) | (runs.min(compute.peak.or_else(0)) < 2))
    )
    require("least", ((compute.start - compute.end).max(empty=-7) <= -1) | (change.min(empty=least) >= -4))


@claim("apart")
def apart(compute: ComputeLog) -> None:
    """Intervals of unequal width, and of values that may be negative."""
    late = compute.where(compute.phase != "failed")
    require(
        "wide",
        late.no_overlap(late.devices.or_else(0), late.devices.or_else(0) * late.devices.or_else(0) + 1, per=late.run),
    )
    require(
        "negative", late.no_overlap(late.devices.or_else(0) - 3, late.devices.or_else(0) * 2, per=late.site.or_else(""))
    )


@claim("totals-in-rows")
def totals_in_rows(compute: ComputeLog, events: EventLog) -> None:
    """Totals inside conditions on rows: of the same log, of another, of groups; a share of a total."""
    runs = compute.group_by(compute.run)
    total = compute.flop.sum()
    require("no row has half", compute.every((compute.flop * 2 <= total) | (compute.count() <= 1)))
    require("no run", runs.every((runs.sum(compute.flop) * 3 <= total * 4) & (runs.size() <= compute.count())))
    late = events.at.max(empty=0) - events.at.min(empty=100)
    require("late", compute.where(late > 1).every(compute.start - compute.end <= late))
    require("spread", compute.none(compute.end - late == 3) | (events.count() < 9))


@claim("quantiles")
def quantiles(compute: ComputeLog, limit: Param[Flop], share: Param[Ppm]) -> None:
    """Shares, quantiles and means of a log and of its groups."""
    runs = compute.group_by(compute.run)
    require("share", compute.share(compute.flop <= limit) >= "95%")
    require(
        "quantile", (compute.flop.quantile(share) <= limit) | (compute.utilisation.or_else(0).quantile("50%") > "10%")
    )
    require(
        "of groups",
        runs.every((runs.quantile(compute.flop, share) < limit) | (runs.mean(compute.devices.or_else(0)) >= 1)),
    )
    require("mean", compute.flop.mean() <= compute.where(compute.phase != "failed").flop.mean())


@claim("sealed")
def sealed(events: EventLog, others: EventLog, delay: Param[Seconds]) -> None:
    """Times of rows held against every moment of their segments' brackets: on every row, in a selection, by group."""
    soon, ahead = sealed_within(events.at, delay), ~not_ahead(events.at, delay)
    require("soon", events.every(soon | (events.kind == "deploy")))
    require("not ahead", events.where(ahead).count() <= 1)
    models = others.group_by(others.model.or_else(""))
    late = ~sealed_within(select(others.kind == "eval", others.at, others.at + delay), days(1))
    require("some of each model", models.every(models.size(late) < 2) | (models.count() <= 1))


@claim("sealed-beside")
def sealed_beside(events: EventLog) -> None:
    """Whether a row was sealed in time, in a private table, as a key and of the row before in another order."""
    soon = sealed_within(events.at, 1)
    late = events.order_by(events.at)
    before = Expr(soon.node, late.rows).previous(default=True, per=late.model.or_else(""))
    require("before", late.every(before | not_ahead(late.at, 3)))
    require("kinds", events.group_by(events.model.or_else(""), soon).count() <= 3)


@claim("where-missing")
def where_missing(used: ChipLog, evals: EvalLog, most: Param[FlopPerSecond]) -> None:
    """Values that may be missing, each of which the claim has a word about."""
    peak = used.peak.or_else(most)
    require("peak", used.every((peak >= used.peak.or_else(0)) & (select(used.peak.is_given(), used.peak, 1) > 0)))
    there = used.where(used.until.is_given() & (used.until >= used.from_))
    require("ended", there.every(there.until - there.from_ <= 2**40) | used.any(~used.site.is_given()))
    graded = evals.where(evals.score.is_given())
    groups = graded.group_by(graded.domain.or_else("none"))
    require("best", groups.every(groups.max(graded.score) <= "50%") | (graded.count() <= 2))
    require("all", evals.none(~evals.score.is_given() | (evals.score > "80%")) | (evals.count() >= 4))


@claim("in-words")
def in_words(compute: ComputeLog, limit: Param[Flop]) -> None:
    """Names, choices of two, bands; shares and quantiles that are, or are not, so much."""
    span = let("span", compute.end - compute.start)
    bands = band_of(compute.flop, 2, 3, 2**60)
    require("span", compute.every((abs(span - 5) <= larger(3, span)) & (bands <= 2)) | (compute.count() >= 5))
    require("share", (compute.share(compute.flop < limit) != "50%") | (compute.flop.mean() == limit))
    quantile = compute.flop.quantile("50%")
    require("quantile", (quantile != limit) & ((quantile == 1) | (compute.count() <= 3)))


CLAIMS = {
    each.id: each
    for each in (
        absent, either, groups_found, itself, defaults, matched, totals_joined, public_asks, listed, listed_numbers,
        constants, in_order, per_key, groups_in_order, chained, extremes,
        apart, totals_in_rows, quantiles, sealed, sealed_beside, where_missing, in_words,
        *OVER_TIME,
    )
} | MORE | NESTED  # fmt: skip
