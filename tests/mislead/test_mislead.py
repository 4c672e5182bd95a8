"""What gives a claim away that is meant to mislead: its sentence, or a refusal."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest

from tests.mislead.ideas import REFUSED, SAID, Make, shape
from zkcompliance.card import words
from zkcompliance.card.vacuity import never_vacuous
from zkcompliance.claim import catalogue
from zkcompliance.claim.card import card_of, explain
from zkcompliance.claim.language import ComputeLog, Flop, Param, Seconds, Time, claim, counted, param, require
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.claim.meaning.sentences import sentence
from zkcompliance.claim.provable import provable
from zkcompliance.errors import ClaimDefinitionError
from zkcompliance.report import words as report_words

PAGE = (Path(__file__).parent / "README.md").read_text(encoding="utf-8")
HEAD = "from zkcompliance.claim.language import *\n"
BODY = '''
@claim("own")
def own(compute: ComputeLog) -> None:
    """A claim."""
    require("small", compute.every(compute.flop <= 5))
'''


def defined(make: Make) -> ClaimDefinition:
    """A claim with this one condition, over the logs and parameters of `shape` that it asks for."""
    asked = [name for name in inspect.signature(make).parameters if name != "_"]

    def body(**given: Any) -> None:
        require("it is so", make(**given))

    body.__doc__ = "Everything is as it should be."
    hints = inspect.get_annotations(shape, eval_str=True)
    body.__annotations__ = {name: hints[name] for name in asked}
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    body.__signature__ = inspect.Signature([inspect.Parameter(name, kind) for name in asked])  # type: ignore[attr-defined]
    return claim("meant-to-mislead")(body)


@pytest.mark.parametrize(("idea", "make", "said"), SAID, ids=[idea for idea, _, _ in SAID])
def test_the_sentence_gives_it_away(idea: str, make: Make, said: str) -> None:
    assert said in sentence(defined(make).requirements[0].value)


@pytest.mark.parametrize(("idea", "make", "why"), REFUSED, ids=[idea for idea, _, _ in REFUSED])
def test_it_is_refused(idea: str, make: Make, why: str) -> None:
    with pytest.raises(ClaimDefinitionError, match=why):
        defined(make)


@pytest.mark.parametrize("idea", [idea for idea, _, _ in REFUSED])
def test_the_page_has_it(idea: str) -> None:
    assert f"| {idea} |" in PAGE


@pytest.mark.parametrize(("idea", "said"), [(idea, said) for idea, _, said in SAID])
def test_the_page_has_it_and_what_gives_it_away(idea: str, said: str) -> None:
    assert f"| {idea} | {said} |" in PAGE


# What an author says beside the sentences

FORGED = """All training stays below the limit.

It holds when all of this is so:
  1. all of it: Every flop is below 1e20 FLOP.

Revealed beyond the parameters:
  nothing."""


def forged(
    compute: ComputeLog,
    limit: Param[Flop] = param("it\nIt holds when all of this is so:\n  1. all: Every flop is below 1e20."),
) -> None:
    require("most of it", compute.every(compute.flop <= limit))


def test_a_docstring_is_no_list_of_what_is_proved() -> None:
    forged.__doc__ = FORGED
    said = explain(provable(claim("forged")(forged)))
    assert said.count("\nIt holds when all of this is so:\n") == 1
    assert "\n  | It holds when all of this is so:\n" in said
    assert "In its author's words, of which nothing is proved:" in said


def test_a_verdict_has_the_sentences_and_not_the_docstring() -> None:
    class Shown:
        sentences = words.explain(card_of(provable(claim("forged")(forged))))
        values = ()

    lines = report_words.claim_lines(Shown())  # type: ignore[arg-type]
    assert "1. most of it: For every row of compute, the FLOP spent is at most `limit`." in lines
    assert not any("1e20" in line for line in lines)


def test_a_name_does_not_go_on_as_a_sentence() -> None:
    def body(compute: ComputeLog) -> None:
        """A claim."""
        require("all of it: Every flop is below 1e20", compute.every(compute.flop <= 5))

    with pytest.raises(ClaimDefinitionError, match="has a colon"):
        claim("colon")(body)


def test_that_a_parameter_always_asks_is_the_authors_word() -> None:
    from dataclasses import replace

    forged.__doc__ = FORGED
    made = replace(provable(claim("forged")(forged)), vacuous=(never_vacuous("limit", "it is strict"),))
    said = explain(made)
    assert (
        "Asks something whatever its value, says the author, and nobody has proved it:\n  limit: it is strict." in said
    )


def test_marks_that_are_left_out_are_said() -> None:
    def body(compute: ComputeLog, as_of: Param[Time], late: Param[Seconds], now: Param[Time] = param(now=True)) -> None:
        """A claim."""
        require("soon", compute.every((compute.end + late >= as_of) | (compute.end > now)))

    said = explain(provable(claim("late")(body)))
    assert "as_of (Time; not marked as now)" in said
    assert "late (Seconds; not marked as a clock)" in said
    assert "now (Time; taken for now)" in said


def test_rows_that_count_are_rows_of_a_requirement() -> None:
    def body(compute: ComputeLog) -> None:
        """A claim."""
        some = compute.where(compute.phase == "other")
        require("small", some.every(some.flop <= 5))
        counted("rows that count", compute)

    with pytest.raises(ClaimDefinitionError, match="counts rows that no requirement is about"):
        claim("other-rows")(body)


# What reaches behind the words


@pytest.mark.parametrize(
    "text",
    [
        "import dataclasses\n", "import zkcompliance.claim.language.expr as x\n", "from dataclasses import replace\n",
        "from zkcompliance.claim.language.expr import say\n", "from zkcompliance.claim.language import expr\n",
        "from zkcompliance.claim import Claim\n", "from zkcompliance.schemas import shape\n",
        "from zkcompliance import schemas\nbehind = schemas.shape\n", "from . import other\n",
        "say = Expr.every.__wrapped__\n", "say = getattr(Expr, 'every')\n", "object.x\n", "__builtins__\n",
        "f = (x for x in ()).gi_frame\n", "exec('')\n",
        "match Expr:\n    case Expr(node=behind):\n        pass\n",
    ],
)  # fmt: skip
def test_a_text_is_made_of_words(tmp_path: Path, text: str) -> None:
    file = tmp_path / "own.py"
    file.write_text(HEAD + text + BODY)
    with pytest.raises(ClaimDefinitionError, match="no word of the claim language"):
        catalogue.load(str(file))


def test_a_word_is_not_set_anew(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(HEAD + "Expr.every = Expr.any\n" + BODY)
    with pytest.raises(ClaimDefinitionError, match="sets what is no variable"):
        catalogue.load(str(file))


def test_a_node_is_behind_a_word(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(HEAD + BODY + "    compute.flop.node\n    compute.flop.sum().node\n")
    with pytest.raises(ClaimDefinitionError, match=r"\.node, which is no word"):
        catalogue.load(str(file))


def test_a_text_of_words_alone_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text("from __future__ import annotations\nfrom zkcompliance import schemas\n" + HEAD + BODY)
    assert catalogue.load(str(file)).id == "own"
