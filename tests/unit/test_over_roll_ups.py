"""What commutes with rolling a log up, and what does not: a claim over a roll-up is made by substitution, or refused.

What is made is worth over the roll-up what the claim is over the rows, on random logs.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import zkcompliance
from tests.kit.agreeing import parameters, table
from tests.kit.compiled_trial import padded
from zkcompliance.claim import catalogue
from zkcompliance.claim.language import (
    ClaimDefinition,
    ComputeLog,
    EvalLog,
    EventLog,
    Expr,
    IncidentLog,
    claim,
    days,
    latest,
    not_ahead,
    require,
    same_rows,
    within,
)
from zkcompliance.claim.language.build import OVER_ROLL_UPS, over_roll_ups
from zkcompliance.claim.meaning.interpret import interpret
from zkcompliance.claim.provable import provable
from zkcompliance.errors import ClaimDefinitionError, UsageError
from zkcompliance.schemas import roll_up_of
from zkcompliance.schemas.grouping import grouped

Said = Callable[..., Expr]


def of(log: type, condition: Said) -> ClaimDefinition:
    def body(rows: object) -> None:
        """It is so."""
        require("so", condition(rows))

    body.__annotations__["rows"] = log
    return claim("rolled-claim")(body)


COMMUTES: list[tuple[str, type, Said]] = [
    ("total", ComputeLog, lambda c: c.flop.sum() <= 10**5),
    ("total, by keys", ComputeLog, lambda c: c.where(c.phase.is_in(("other", "pretraining"))).flop.sum() <= 99),
    ("a third", ComputeLog, lambda c: c.where(c.phase == "pretraining").flop.sum() * 3 <= c.flop.sum()),
    ("count of rows", ComputeLog, lambda c: c.count() <= 4),
    ("rows over a threshold that is fixed", ComputeLog, lambda c: c.where(c.flop > 0).count() <= 3),
    ("mean", ComputeLog, lambda c: c.flop.mean() <= 70),
    ("mean of each group", ComputeLog, lambda c: (g := c.group_by(c.phase)).every(g.mean(c.flop) <= 70)),
    ("worst", ComputeLog, lambda c: c.flop.max(empty=0) <= 100),
    ("worst of each group", ComputeLog, lambda c: (g := c.group_by(c.run)).every(g.max(c.flop) <= 100)),
    ("least, and first and last", ComputeLog, lambda c: c.end.max(empty=0) - c.start.min(empty=0) <= days(1)),
    ("methods of each run agree", ComputeLog, lambda c: (g := c.group_by(c.run)).every(g.size() <= 3)),
    ("share of rows", ComputeLog, lambda c: c.share(c.method == "hardware") >= "50%"),
    ("every row, of a key", ComputeLog, lambda c: c.every(c.phase != "fine_tuning")),
    ("any row, of a key", ComputeLog, lambda c: c.any(c.phase == "fine_tuning")),
    ("number of keys", ComputeLog, lambda c: c.run.n_unique() <= 2),
    ("sum of each group", ComputeLog, lambda c: (g := c.group_by(c.run)).every(g.sum(c.flop) <= 150)),
    ("mean score of those graded", EvalLog, lambda e: e.where(e.score.is_given()).count() <= 3),
    ("kinds", EventLog, lambda e: e.where(e.kind == "eval").count() >= 1),
    ("first and last row of each key", ComputeLog,
     lambda c: (g := c.group_by(c.run)).every(g.max(c.end) - g.min(c.start) <= days(1))),
    ("sums of a customer, of whom there is one", ComputeLog,
     lambda c: (g := c.group_by(c.customer.or_else(""))).every(g.sum(c.flop) <= 150)),
    ("sum and number of each key together", EvalLog,
     lambda e: (g := e.where(e.score.is_given()).group_by(e.model)).every(g.mean(e.score) <= "0.006%")),
    ("reported", IncidentLog, lambda i: i.every(i.reported.is_given())),
]  # fmt: skip


@pytest.mark.parametrize(("log", "condition"), [each[1:] for each in COMMUTES], ids=[each[0] for each in COMMUTES])
def test_it_commutes(log: type, condition: Said) -> None:
    """Over a random log, rolled up in two entries, the claim holds where it does over the rows, and not elsewhere."""
    plain = of(log, condition)
    rolled = over_roll_ups(plain)
    how = roll_up_of(plain.logs[0].schema)
    assert how is not None and rolled.id == "rolled-claim-rolled-up"
    assert provable(rolled).program.logs[0].schema_digest == how.rolled.digest
    verdicts = set()
    for seed in range(20):
        chance = random.Random(seed)
        segments = [padded(table(how.schema, chance.randrange(5), chance, seed % 4 == 3)) for _ in range(3)]
        entries = [segments[0], np.concatenate(segments[1:], axis=1)]
        groups = [padded(grouped(how, each)) for each in entries]
        public = parameters(plain, chance, wild=False)
        found = interpret(plain, {"rows": segments}, public).holds
        assert interpret(rolled, {"rows": groups}, public).holds == found
        verdicts.add(found)
    assert verdicts == {True, False}


REFUSED: list[tuple[str, type, Said, str]] = [
    ("any other threshold", ComputeLog, lambda c: c.where(c.flop > 5).count() <= 3, "a value other than 0"),
    ("a where on no key", ComputeLog, lambda c: c.where(c.devices.or_else(1) == 1).count() <= 3, "devices.or_else"),
    ("at most", ComputeLog, lambda c: c.every(c.flop <= 5), "flop, a column that is no key"),
    ("quantile", ComputeLog, lambda c: c.flop.quantile("95%") <= 5, "quantile over a roll-up"),
    ("differences of a row", ComputeLog, lambda c: c.every(c.end - c.start <= days(1)), "end, a column that is"),
    ("differences, reported", IncidentLog, lambda i: i.every(i.aware - i.occurred <= days(1)), "aware, a column"),
    ("a column of the roll-up", ComputeLog, lambda c: c.devices.or_else(1).sum() <= 5, "devices.or_else over"),
    ("given, without a flag", ComputeLog, lambda c: c.every(c.site.is_given()), "has no flag of it"),
    ("none twice", ComputeLog, lambda c: c.unique(c.run), "unique over a roll-up"),
    ("none twice, of one column", ComputeLog, lambda c: c.run.is_unique(), "over a roll-up"),
    ("no overlap", ComputeLog, lambda c: c.no_overlap(c.start, c.end, per=c.run), "no_overlap over a roll-up"),
    ("gap-free serials", EventLog, lambda e: e.serial.is_serial(), "is_serial over a roll-up: it follows the order"),
    ("cadence", EventLog, lambda e: e.every(e.at - e.at.previous(default=0) <= days(9)), "it follows the order"),
    ("previous of a key", EventLog, lambda e: e.every(e.stage.or_else(0).previous(default=0) <= 5), "over a roll-up"),
    ("running", ComputeLog, lambda c: c.every(c.flop.running() <= 5), "running over a roll-up"),
    ("windows", ComputeLog, lambda c: c.every(c.flop.sum_within("1 days", at=c.end) <= 5), "sum_within over"),
    ("order", ComputeLog, lambda c: c.order_by(c.run).flop.sum() <= 5, "order_by over a roll-up"),
    ("first", ComputeLog, lambda c: c.every(c.is_first), "is_first over a roll-up"),
    ("first of a group", ComputeLog, lambda c: (g := c.group_by(c.run)).none(g.first(c.phase) == "idle"), "first"),
    ("how often", ComputeLog, lambda c: (c.phase == "idle").count() <= 3, "count of a condition over a roll-up"),
    ("share of a condition", ComputeLog, lambda c: (c.phase == "idle").share() <= "5%", "count of a condition over"),
    ("sum of a key", EventLog, lambda e: e.stage.or_else(0).sum() <= 5, "sum over a roll-up"),
    ("mean of a key", EventLog, lambda e: e.stage.or_else(0).mean() <= 5, "over a roll-up"),
    ("brackets", ComputeLog, lambda c: c.every(not_ahead(c.end, days(1))), "end, a column that is no key"),
    ("coverage", EvalLog, lambda e: e.unique(e.suite, e.item), "unique over a roll-up"),
    ("same rows", ComputeLog, lambda c: same_rows(c.run, c.model.or_else("")), "over a roll-up"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("log", "condition", "why"), [each[1:] for each in REFUSED], ids=[each[0] for each in REFUSED]
)  # fmt: skip
def test_it_does_not_commute(log: type, condition: Said, why: str) -> None:
    """The claim is there over the log, and over a roll-up it is refused: which word, and why."""
    plain = of(log, condition)
    with pytest.raises(ClaimDefinitionError) as caught:
        over_roll_ups(plain)
    assert why in caught.value.message


PAGE = (Path(zkcompliance.__file__).parents[1] / "docs" / "claims.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("which", "cases"), [("what commutes", [c[0] for c in COMMUTES]), ("what does not", [c[0] for c in REFUSED])]
)
def test_the_page_has_every_case_and_no_other(which: str, cases: list[str]) -> None:
    """docs/claims.md: what each line names is a case here, which is tried; and each case is named there once."""
    table = PAGE.split(f"<!-- over roll-ups: {which} -->")[1].strip().split("\n\n")[0]
    lines = [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]
    assert all(len(line) == 2 for line in lines)
    assert sorted(each for named, _ in lines for each in named.split("; ")) == sorted(cases)


def test_a_state_at_a_time_is_refused() -> None:
    def body(compute: ComputeLog, events: EventLog) -> None:
        """No run starts while paused."""
        state = latest(events.kind, at=compute.start, order=events.at, default="resume")
        require("so", compute.none(state == "pause"))

    with pytest.raises(ClaimDefinitionError):
        over_roll_ups(claim("paused")(body))


def test_a_membership_of_keys_is_substituted() -> None:
    def body(compute: ComputeLog, evals: EvalLog) -> None:
        """Each model is evaluated."""
        named = compute.where(compute.model.is_given())
        require("so", named.every(within(named.model, evals.model)))

    rolled = over_roll_ups(claim("evaluated")(body))
    assert [log.schema.label for log in rolled.logs] == ["compute.rollup@2", "eval.rollup@2"]


def test_claims_of_the_catalogue() -> None:
    """Two say that they are there over roll-ups, and no claim that has no substitution does."""
    there = [name for name in catalogue.names() if name.endswith(OVER_ROLL_UPS)]
    assert there == ["compute-band-rolled-up", "training-compute-below-rolled-up"]
    for name in there:
        card_id = catalogue.load(name)
        assert [schema.label for schema in card_id.slots.values()] == ["compute.rollup@2"]


@pytest.mark.parametrize("name", ["compute-band", "training-compute-below"])
def test_the_catalogues_examples_over_their_roll_up(name: str) -> None:
    """Each example of the claim holds, or fails in the same requirement, over the roll-up of its log."""
    module = catalogue.files()[name.replace("-", "_")]
    (plain,) = [each for each in vars(module).values() if isinstance(each, ClaimDefinition)]
    rolled = over_roll_ups(plain)
    how = roll_up_of(plain.logs[0].schema)
    assert how is not None
    for example in module.EXAMPLES:
        sealed, given = example.inputs(plain)
        tables = {slot: [padded(each) for each in segments] for slot, segments in sealed.items()}
        public = plain.publics(given)
        groups = {"compute": [padded(grouped(how, each)) for each in tables["compute"]]}
        before, after = interpret(plain, tables, public), interpret(rolled, groups, public)
        assert (before.holds, before.reveals) == (after.holds, after.reveals), example.text
        failed = [[each.name for each in found.outcomes if not each.holds] for found in (before, after)]
        assert failed[0] == failed[1] or not example.holds


OWN = '''
from zkcompliance.claim.language import ComputeLog, Flop, CustomerLog, Param, claim, over_roll_ups, require


{above}
def own(log: {log}, most: Param[Flop]) -> None:
    """It is so."""
    require("so", {condition})
'''
TOTAL = "log.flop.sum() <= most"


def written(folder: Path, above: str, condition: str = TOTAL, log: str = "ComputeLog", more: str = "") -> str:
    path = folder / "own.py"
    path.write_text(OWN.format(above=above, condition=condition, log=log) + more)
    return str(path)


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    """The line above makes it the claim over roll-ups, with an id of its own, over the roll-up's schema."""
    over = catalogue.load(written(tmp_path, '@over_roll_ups\n@claim("own", version=2)'))
    assert (over.id, over.version, over.slots["log"].label) == ("own-rolled-up", 2, "compute.rollup@2")
    plain = catalogue.load(written(tmp_path, '@claim("own", version=2)'))
    assert (plain.id, plain.slots["log"].label) == ("own", "compute@2")


@pytest.mark.parametrize(
    ("above", "condition", "log", "why"),
    [
        ('@over_roll_ups\n@claim("own")', "log.every(log.flop <= most)", "ComputeLog", "flop, a column that is no key"),
        ('@over_roll_ups\n@claim("own")', "log.order_by(log.run).flop.sum() <= most", "ComputeLog", "order_by over a"),
        ('@over_roll_ups\n@claim("own")', "log.flop.sum() <= most", "CustomerLog", "about no log that is rolled up"),
        ('@over_roll_ups\n@over_roll_ups\n@claim("own")', TOTAL, "ComputeLog", "which is over roll-ups"),
        ('@claim("own")\n@over_roll_ups', TOTAL, "ComputeLog", "over_roll_ups of what is no claim"),
        (f'@over_roll_ups\n@claim("o{"w" * 53}")', TOTAL, "ComputeLog", "is longer than an id may be"),
    ],
)
def test_a_file_of_ones_own_that_is_refused(tmp_path: Path, above: str, condition: str, log: str, why: str) -> None:
    """With the word and why, and its line in the file."""
    with pytest.raises(ClaimDefinitionError) as caught:
        catalogue.load(written(tmp_path, above, condition, log))
    assert why in caught.value.message and "own.py" in caught.value.message


def test_the_mark_of_the_catalogue_is_refused_in_a_file_of_ones_own(tmp_path: Path) -> None:
    """It would make a second claim of the file, which nothing names; and no id of the catalogue is taken over."""
    with pytest.raises(UsageError, match="ROLLED makes two claims"):
        catalogue.load(written(tmp_path, '@claim("own")', more="\nROLLED = True\n"))
    with pytest.raises(UsageError, match="the id of a claim of the catalogue"):
        catalogue.load(written(tmp_path, '@over_roll_ups\n@claim("compute-band")'))
