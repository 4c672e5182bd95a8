"""The claims of the catalogue: their examples are true, every requirement is seen to fail, they read as sentences."""

from __future__ import annotations

import inspect

import pytest

from zkcompliance import schemas
from zkcompliance.claim import catalogue
from zkcompliance.claim.card import explain
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.claim.language.example import Example, fails, holds
from zkcompliance.claim.language.rules import relied_on
from zkcompliance.claim.meaning import core
from zkcompliance.claim.provable import provable
from zkcompliance.errors import ClaimDefinitionError, UsageError

HAND_WRITTEN = {"rows_unchanged", "rows_extended", "rolled_up"}  # of two logs that fit each other: no examples
FILES = catalogue.files()
MODULES = sorted(FILES.keys() - HAND_WRITTEN)


def claim_of(name: str) -> tuple[ClaimDefinition, tuple[Example, ...]]:
    """What a file defines, of a family the claim for compute logs; and its examples."""
    module = FILES[name]
    if hasattr(module, "family"):
        return module.family(schemas.compute), module.EXAMPLES
    (definition,) = {each for each in vars(module).values() if isinstance(each, ClaimDefinition)}
    return definition, module.EXAMPLES


EXAMPLES = [(name, example) for name in MODULES for example in claim_of(name)[1]]


def test_the_first_wave_is_there() -> None:
    assert {claim_of(name)[0].id for name in MODULES} >= {
        "training-compute-below", "compute-band", "compute-methods-agree", "eval-score-under", "eval-coverage",
        "evals-cadence", "incidents-reported-in-time", "chips-registered",
    }  # fmt: skip


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=[f"{name}: {each.text}" for name, each in EXAMPLES])
def test_example(name: str, example: Example) -> None:
    assert example.complaint(claim_of(name)[0]) == ""


@pytest.mark.parametrize("name", MODULES)
def test_every_requirement_fails_somewhere_and_holds_somewhere(name: str) -> None:
    """But for the rules of schemas, which no row of an example breaks: `seal` takes it as it takes any other."""
    definition, examples = claim_of(name)
    ruled = {each.value for each in relied_on(definition.logs, [each.value for each in definition.requirements])}
    asked = [each for each in definition.requirements if each.value not in ruled]
    assert {each.failing for each in examples} == {(), *((each.name,) for each in asked)}


@pytest.mark.parametrize("name", MODULES)
def test_source_says_where_it_comes_from_and_what_nothing_means(name: str) -> None:
    text = inspect.getsource(FILES[name])
    assert "Source" in text
    assert "mpty" in text or "no event" in text.lower()
    assert "adding" in text


@pytest.mark.parametrize("name", MODULES)
def test_sentences(name: str) -> None:
    definition, _ = claim_of(name)
    text = explain(provable(definition))
    assert text.startswith(f"{definition.id}, version {definition.version}: ")
    for spec in definition.params:
        assert f"  {spec.name} (" in text
        assert f"`{spec.name}`" in text
        assert spec.doc
    for number, each in enumerate(definition.requirements, 1):
        assert f"  {number}. {each.name}{' (implied)' if each.implied else ''}: " in text
    for part in core.walk(*(each.value for each in definition.requirements)):
        assert f"{type(part).__name__}(" not in text
    assert "Not proven: that every " in text and "what was never entered is not there; that " in text


def test_sentences_are_these() -> None:
    text = explain(provable(claim_of("compute_band")[0]))
    assert (
        "(The total FLOP spent in compute (only rows where “of the model” holds and the phase is one of `phases`) + "
        "`before`), as a share of `limit`, is at least `at_least`.\n     “of the model” means that `model` is none or "
        "(the model is missing or the model is `model`).\n"
    ) in text
    text = explain(provable(claim_of("chips_registered")[0]))
    assert (
        "The intervals from the start to the end of the rows of used (only rows where the end is not before `since`) "
        "with the same chip do not overlap." in text
    )
    assert (
        "“the registration's beginning” is the start of tenure on that row of registry whose chip is this row's chip "
        "(if" in text
    )
    text = explain(provable(claim_of("evals_cadence")[0]))
    assert "(if there is none: `since`)" in text
    assert "gap (Seconds; default 180 days; a clock that runs out): the longest time between evaluations" in text


def test_examples_that_are_not_true_are_told() -> None:
    definition, examples = claim_of("compute_band")
    wrong = holds("it does not", **next(each for each in examples if each.failing).given)
    assert "fails ['total at or above the lower edge'], and should fail []" in wrong.complaint(definition)
    assert "and should fail ['x']" in fails("it holds", "x", **examples[0].given).complaint(definition)
    with pytest.raises(UsageError, match="no rows for the log compute"):
        holds("no log", limit=5).complaint(definition)


def test_several_requirements_may_fail_in_one_example() -> None:
    """Each of the named ones does, and no other; in any order, and as any of Python's sets."""
    definition, examples = claim_of("eval_score_under")
    given = {**next(each for each in examples if not each.failing).given, "limit": "1%", "items": 99}
    both = ("enough items in each group", "each group's mean at or under the limit")
    for named in (both, list(reversed(both)), set(both)):
        assert fails("both", named, **given).complaint(definition) == ""
    assert "and should fail" in fails("one of two", both[0], **given).complaint(definition)
    with pytest.raises(ClaimDefinitionError, match="an example that fails names no requirement"):
        fails("none", ())
