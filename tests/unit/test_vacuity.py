"""From where on a parameter asks nothing: every claim says it, the interpreter agrees, and no policy admits it."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests.kit import catalogue_claims
from tests.kit.catalogue_claims import floor_of
from tests.kit.exact_rows import encode_rows
from zkcompliance import schemas
from zkcompliance.card import catalogue as cards
from zkcompliance.card.beside import Beside
from zkcompliance.card.parameter import Parameter
from zkcompliance.card.vacuity import Vacuous, never_vacuous, vacuous
from zkcompliance.circuits.compute import compute_band
from zkcompliance.claim import catalogue
from zkcompliance.claim.card import explain
from zkcompliance.claim.language.build import OVER_ROLL_UPS, ClaimDefinition, over_roll_ups
from zkcompliance.claim.meaning import core
from zkcompliance.claim.meaning.interpret import interpret
from zkcompliance.errors import MalformedPolicy, UsageError
from zkcompliance.policy.bounds import refuse_vacuous
from zkcompliance.policy.model import Bound
from zkcompliance.schemas import Column, Schema

NAMES = catalogue.names()


def definition(name: str) -> ClaimDefinition:
    schema = name.removeprefix("log-floor-")
    if schema != name:
        return floor_of(next(each for each in schemas.CATALOGUE if schemas.in_id(each) == schema))
    if name.endswith(OVER_ROLL_UPS):
        return over_roll_ups(definition(name.removesuffix(OVER_ROLL_UPS)))
    return catalogue_claims.definition(name.replace("-", "_"))


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_is_declared(name: str) -> None:
    claim = catalogue.load(name)
    assert {each.param for each in claim.vacuous} == {param.name for param in claim.params}
    for each in claim.vacuous:
        assert each.why


@pytest.mark.parametrize("name", NAMES)
def test_explain_says_it(name: str) -> None:
    claim = catalogue.load(name)
    said = explain(claim)
    for each in claim.vacuous:
        always = each == never_vacuous(each.param, each.why)
        assert (f"  {each.param}: {each.why}.\n" if always else f"  {each}.\n") in said
    assert ("Asks nothing, so that no policy may admit it:" in said) is any(map(str, claim.vacuous))


def test_declarations_are_no_part_of_the_program() -> None:
    for name in NAMES:
        claim = catalogue.load(name)
        assert claim.program_digest == catalogue.registry()[name]


# Formal ones, on random tables


def cell(column: Column, made: random.Random) -> object:
    """A value of the column: small ones that meet each other, and the largest."""
    match column.type:
        case "enum":
            return made.choice(column.choices)
        case "bool":
            return made.random() < 0.5
        case "id":
            return made.choice(("a", "b", "c", "" if column.default == "" else "d"))
        case "ppm":
            return made.choice((0, 1, 500_000, 999_999, 1_000_000))
        case "count":
            return made.choice((0, 1, 2, 7, 2**32 - 1))
        case "time":
            return made.choice((0, 1, 1000, 10**9, 2**48 - 1))
    return made.choice((0, 1, 10**22, 10**26, 2**96 - 1))


def rows(schema: Schema, made: random.Random) -> list[dict[str, object]]:
    found = []
    for _ in range(made.choice((0, 1, 2, 5, 12))):
        row = {column.name: cell(column, made) for column in schema.columns}
        for first, last in schema.ordered:
            row[first], row[last] = sorted((row[first], row[last]))  # type: ignore[type-var]
        found.append(row)
    return found


def tables(claim: ClaimDefinition, made: random.Random) -> dict[str, list[Any]]:
    return {
        log.name: [encode_rows(log.schema, rows(log.schema, made)) for _ in range(made.choice((1, 2)))]
        for log in claim.logs
    }


def value(spec: Parameter, made: random.Random) -> int:
    if spec.is_set or spec.high == 1:
        return made.randint(spec.low, spec.high)
    return made.choice((spec.low, spec.high, made.randint(spec.low, spec.high), min(max(2, spec.low), spec.high)))


def vacuous_values(spec: Parameter, said: Vacuous, made: random.Random) -> int:
    if said.at_least is not None:
        low = spec.parse(said.at_least)
        return made.choice((low, made.randint(low, spec.high)))
    if said.at_most is not None:
        return made.choice((spec.parse(said.at_most), spec.low))
    if said.all_of:
        return spec.parse(",".join(said.all_of))
    raise AssertionError(said)


def about(claim: ClaimDefinition, name: str) -> list[str]:
    """The requirements that mention the parameter."""
    return [
        each.name for each in claim.requirements
        if any(isinstance(part, core.Param) and part.name == name for part in core.walk(each.value))
    ]  # fmt: skip


FORMAL = [
    (name, each) for name in NAMES for each in catalogue.load(name).vacuous
    if each.formal and each.between is None and (each.at_least is not None or each.at_most is not None or each.all_of)
]  # fmt: skip


def test_there_are_formal_ones() -> None:
    assert {(name, each.param) for name, each in FORMAL} >= {
        ("eval-score-under", "limit"), ("eval-score-under", "items"), ("compute-band", "at_least"),
        ("chips-registered", "cap"), ("log-floor-eval", "rows"), ("log-floor-chip", "sources"),
    }  # fmt: skip


@pytest.mark.parametrize(("name", "said"), FORMAL, ids=[f"{name}-{each.param}" for name, each in FORMAL])
def test_a_formally_vacuous_value_asks_nothing(name: str, said: Vacuous) -> None:
    claim, made = definition(name), random.Random(f"{name} {said.param}")
    specs = {spec.name: spec for spec in claim.params}
    mentioned = about(claim, said.param)
    assert mentioned
    failed_elsewhere = 0
    for _ in range(60):
        publics: dict[str, object] = {each: value(spec, made) for each, spec in specs.items()}
        publics[said.param] = vacuous_values(specs[said.param], said, made)
        found = interpret(claim, tables(claim, made), publics)
        assert not set(found.failing) & set(mentioned), (publics, found.failing)
        failed_elsewhere += not found.holds
    if set(mentioned) != {each.name for each in claim.requirements}:
        assert failed_elsewhere  # the tables are no tame ones


@pytest.mark.parametrize(("name", "said"), FORMAL, ids=[f"{name}-{each.param}" for name, each in FORMAL])
def test_one_step_before_it_still_asks(name: str, said: Vacuous) -> None:
    """The limit is the first: with the value next to it the requirement fails of some rows (no cap of so many rows)."""
    claim, made = definition(name), random.Random(f"next {name} {said.param}")
    specs = {spec.name: spec for spec in claim.params}
    if said.param == "cap":
        assert specs["cap"].parse(said.at_least) == core.ranges.MAX_ROWS
        return
    spec = specs[said.param]
    if said.all_of:
        beside = spec.parse(",".join(said.all_of[1:]))
    else:
        beside = spec.parse(said.at_least) - 1 if said.at_least is not None else spec.parse(said.at_most) + 1
    for _ in range(400):
        publics: dict[str, object] = {each: value(one, made) for each, one in specs.items()}
        publics[said.param] = beside
        if set(interpret(claim, tables(claim, made), publics).failing) & set(about(claim, said.param)):
            return
    raise AssertionError("nothing fails")


def test_a_gap_as_long_as_the_period_asks_nothing_of_events_within_it() -> None:
    """The lab needs no evaluation at all then."""
    claim, made = definition("evals-cadence"), random.Random(5)
    event = next(log.schema for log in claim.logs)
    for _ in range(60):
        since = made.randint(0, 10**6)
        until = since + made.randint(0, 10**6)
        moments = sorted(made.randint(since, until) for _ in range(made.choice((0, 1, 5))))
        log = [
            {"serial": i, "at": at, "kind": made.choice(("eval", "deploy")), "model": "m", "cumulative_flop": 1}
            for i, at in enumerate(moments, 1)
        ]
        publics = {
            "model": "m", "since": since, "until": until, "suites": ("s",), "gap": until - since, "growth": 4,
            "flop_before": 1,
        }  # fmt: skip
        samples = [{"suite": "s", "item": "i", "model": "m", "at": at, "score": 0} for at in moments]
        given = {"events": [encode_rows(event, log)], "evals": [encode_rows(schemas.eval_, samples)]}
        assert interpret(claim, given, publics).holds
    shorter = {**publics, "since": 0, "until": 100, "gap": 99}
    nothing = {log.name: [np.zeros((log.schema.width, 0), np.uint32)] for log in claim.logs}
    assert not interpret(claim, nothing, shorter).holds


# What a policy must not admit


def bounds(name: str, /, **given: Bound) -> dict[str, Bound]:
    """Sound bounds of every parameter, some replaced."""
    exact: dict[str, object] | None = {
        "training-compute-below": {"limit": "1e25", "phases": "pretraining"},
        "compute-band": {"limit": "1e25", "at_least": "1%", "at_most": "100%", "phases": "pretraining"},
        "compute-methods-agree": {"tolerance": "30%", "phases": "pretraining"},
        "eval-score-under": {"limit": "50%", "worst": False, "items": 10},
        "eval-coverage": {},
        "chips-registered": {"cap": 1000},
        "evals-cadence": {
            "model": "m", "since": "2025-01-01", "until": "2026-01-01", "gap": "180 days", "growth": 4,
            "flop_before": "1e25", "suites": "gpqa@2", "items": 20,
        },
        "incidents-reported-in-time": {
            "as_of": "2026-01-01", "authority": "office", "reportable": "death", "infrastructure": "2 days",
            "cybersecurity": "5 days", "death": "10 days", "harm": "15 days", "safety": "15 days", "danger": "24 hours",
        },
        "threshold-crossing-notified": {"threshold": "1e25", "as_of": "2026-01-01"},
        "index-value": {"name": "frontier", "as_of": "2026-01-01"},
        "log-floor-compute": {"rows": 1, "sources": "signed"},
    }.get(name)  # fmt: skip
    if exact is None:
        return sound_example(name) | given
    specs = {param.name: param for param in catalogue.load(name).params}
    values = {each: specs[each].parse(text) for each, text in exact.items()}
    values |= {each: spec.default for each, spec in specs.items() if each not in exact and spec.default is not None}
    return {each: Bound(low=at, high=at) for each, at in values.items()} | given


def sound_example(name: str) -> dict[str, Bound]:
    """Of a claim that is not named above: the parameters of its first example that fails, and so asks something."""
    examples = catalogue.files()[name.removesuffix(OVER_ROLL_UPS).replace("-", "_")].EXAMPLES
    failing = next(each for each in examples if bool(each.failing))
    plain = definition(name.removesuffix(OVER_ROLL_UPS))
    values = plain.publics(failing.inputs(plain)[1])
    return {each: Bound(low=at, high=at) for each, at in values.items()}


WORDED = sorted(
    {name for name in NAMES if not name.startswith(("rows-", "log-floor-", "rolled-up-"))} | {"log-floor-compute"}
)


def refused(name: str, given: Mapping[str, Bound], earliest: int = 0) -> MalformedPolicy | None:
    try:
        refuse_vacuous(cards.load(name), given, earliest, "params")
    except MalformedPolicy as error:
        return error
    return None


@pytest.mark.parametrize("name", WORDED)
def test_sound_bounds_are_taken_and_free_ones_by_what_is_declared(name: str) -> None:
    assert refused(name, bounds(name)) is None
    told: dict[str, Sequence[Vacuous]] = {}
    for each in catalogue.load(name).vacuous:
        told.setdefault(each.param, [])
        if each != never_vacuous(each.param, each.why):
            told[each.param] = [*told[each.param], each]
    for param, said in told.items():
        error = refused(name, bounds(name, **{param: Bound(free=True)}))
        asks = not said and param not in ("since", "until")  # their freedom makes any gap as long as the period
        assert (error is None) is asks, (param, error)
        if error is not None:
            assert error.message.startswith(f"params.{param if said else 'gap'}: admits ")
            assert any(each.why in error.message for each in catalogue.load(name).vacuous)


def exact(value: int) -> Bound:
    return Bound(low=value, high=value)


@pytest.mark.parametrize(
    ("name", "given", "taken"),
    [
        ("eval-score-under", {"limit": exact(999_999)}, True),
        ("eval-score-under", {"limit": exact(1_000_000)}, False),
        ("eval-score-under", {"limit": Bound(high=999_999)}, True),
        ("eval-score-under", {"limit": Bound(low=5)}, False),
        ("eval-score-under", {"limit": Bound(one_of=(5, 1_000_000))}, False),
        ("eval-score-under", {"limit": Bound(one_of=(5, 6))}, True),
        ("eval-score-under", {"items": exact(1)}, False),
        ("eval-score-under", {"items": Bound(low=2)}, True),
        ("eval-score-under", {"items": Bound(high=5)}, False),
        ("eval-score-under", {"worst": Bound(free=True)}, True),
        ("training-compute-below", {"limit": exact(10**28 - 1)}, True),
        ("training-compute-below", {"limit": exact(10**28)}, False),
        ("training-compute-below", {"phases": exact(0)}, False),
        ("training-compute-below", {"phases": exact(1 << 4)}, False),  # evaluation alone
        ("training-compute-below", {"phases": Bound(includes=1 << 4)}, False),  # evaluation, and the rest is the lab's
        ("training-compute-below", {"phases": Bound(includes=1)}, True),
        ("training-compute-below", {"phases": Bound(one_of=(1, 1 << 4))}, False),
        ("training-compute-below", {"phases": Bound(one_of=(1, 3))}, True),
        ("compute-band", {"at_least": exact(0)}, False),
        ("compute-band", {"at_least": Bound(low=1)}, True),
        ("compute-band", {"at_least": Bound(high=5)}, False),
        ("compute-band", {"at_most": Bound(free=True)}, True),
        ("log-floor-compute", {"rows": exact(0)}, False),
        ("log-floor-compute", {"rows": Bound(high=5)}, False),
        ("log-floor-compute", {"sources": exact(15)}, False),
        ("log-floor-compute", {"sources": exact(14)}, True),
        ("log-floor-compute", {"sources": Bound(includes=2)}, False),
        ("log-floor-compute", {"sources": Bound(one_of=(2, 15))}, False),
        ("chips-registered", {"cap": exact((60 << 21) - 1)}, True),
        ("chips-registered", {"cap": exact(60 << 21)}, False),
        ("incidents-reported-in-time", {"as_of": Bound(within=86400)}, False),  # the proof may state any time
        ("incidents-reported-in-time", {"danger": exact(365 * 86400)}, False),
        ("incidents-reported-in-time", {"reportable": exact(1 << 6)}, False),  # near misses alone
        ("evals-cadence", {"gap": exact(365 * 86400 - 1)}, True),
        ("evals-cadence", {"gap": exact(365 * 86400)}, False),
        ("evals-cadence", {"gap": Bound(low=86400)}, False),
        ("evals-cadence", {"until": Bound(low=1767225600)}, True),
        ("evals-cadence", {"until": Bound(high=1767225600)}, False),
        ("evals-cadence", {"since": Bound(low=1)}, False),
        ("evals-cadence", {"growth": exact(100)}, False),
        ("evals-cadence", {"growth": exact(99)}, True),
        ("evals-cadence", {"model": Bound(subject=True)}, True),
    ],
)  # fmt: skip
def test_bounds(name: str, given: dict[str, Bound], taken: bool) -> None:
    error = refused(name, bounds(name, **given))
    assert (error is None) is taken, error


def test_within_reaches_back_from_the_first_proof_that_is_accepted() -> None:
    within = {"until": Bound(within=86400), "since": exact(0), "gap": exact(1000 * 86400)}
    assert refused("evals-cadence", bounds("evals-cadence", **within), earliest=1001 * 86400) is not None
    assert refused("evals-cadence", bounds("evals-cadence", **within), earliest=1001 * 86400 + 1) is None


def test_choices_declared_of_a_number_are_refused() -> None:
    claim = cards.load("chips-registered")
    claim = replace(claim, vacuous=(vacuous("cap", "none", none_of=("other",)), never_vacuous("since", "never")))
    with pytest.raises(MalformedPolicy, match=r"params\.cap: chips-registered declares choices of what is no set"):
        refuse_vacuous(claim, bounds("chips-registered"), 0, "params")


def test_a_claim_that_declares_nothing_cannot_be_bounded() -> None:
    claim = replace(cards.load("training-compute-below"), vacuous=(vacuous("phases", "none", none_of=("other",)),))
    with pytest.raises(MalformedPolicy, match=r"params\.limit: the card of training-compute-below does not say"):
        refuse_vacuous(claim, bounds("training-compute-below"), 0, "params")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (Beside("sum", "limit"), "'sum', and the claim has total, rows that count, first day, last day, rows of other"),
        (Beside("total", "total"), "'total', and the claim has limit, at_least"),
        (Beside("total", "limit", low="at_least", high="most"), "'most'"),
        (Beside("total", "limit", high="at_most"), "one edge of a band"),
    ],
)
def test_what_stands_beside_a_revealed_value_is_the_claims_own(said: Beside, why: str) -> None:
    module = ModuleType("it")
    module.__dict__.update({"it": compute_band.compute_band, "BESIDE": said})
    with pytest.raises(UsageError, match=why):
        catalogue.claim_in(module, "it")
    module.__dict__["BESIDE"] = compute_band.BESIDE
    assert catalogue.claim_in(module, "it").beside == catalogue.load("compute-band").beside == compute_band.BESIDE
