"""A card says of a claim what the language says: the same sentences, values, bounds and publics, whatever is given.

The language's own sentences are filled here, not by the card's templates: every `name` of `sentences.phrase` is
replaced.
"""

from __future__ import annotations

import functools
import random
import re
from typing import Any

import pytest

from tests.kit.varied_claims import VARIED
from zkcompliance.card import catalogue as cards
from zkcompliance.card import places, types
from zkcompliance.card.file import decode
from zkcompliance.card.model import Card
from zkcompliance.card.parameter import Parameter
from zkcompliance.claim import catalogue
from zkcompliance.claim.card import card_of
from zkcompliance.claim.meaning.sentences import phrase
from zkcompliance.claim.model import Claim
from zkcompliance.claim.provable import provable
from zkcompliance.errors import UsageError

NAMES = [*catalogue.names(), *VARIED]
_NAMED = re.compile("`([A-Za-z_0-9]+)`")
TEXTS = (
    "acme",
    "a, b",
    "oslo,turin",
    "é",
    "0x" + "5a" * 16,
    "",
    ",",
    "1e25",
    "30%",
    "2 weeks",
    "2025-08-02",
    "yes",
    "5",
)


@functools.cache
def both(name: str) -> tuple[Claim, Card]:
    """The claim as the language has it, and what is read from its card's bytes."""
    if name not in VARIED:
        return catalogue.compiled_anew(name), cards.load(name)
    claim = provable(VARIED[name])
    return claim, decode(card_of(claim).encoded)


def drawn(spec: Parameter, draw: random.Random) -> object:
    """A value as somebody may give it, good or not."""
    top = spec.type.top
    if spec.places and draw.random() < 0.8:
        kind = draw.choice(("texts", "integers", "one"))
        if spec.type.of == types.IDENTITY and kind != "integers":
            return [f"site {draw.randrange(99)}" for _ in range(draw.randrange(spec.places + 2))]
        members = [draw.randrange(top + 2) for _ in range(draw.randrange(spec.places + 2))]
        if kind == "integers":
            try:
                return places.encode(members, spec.type.width, spec.places)
            except UsageError:
                return members
        return members
    if spec.type.choices and draw.random() < 0.8:
        names = draw.sample(spec.type.choices, draw.randrange(1, min(4, len(spec.type.choices)) + 1))
        return ",".join(names) if spec.is_set else names[0]
    if draw.random() < 0.3:
        return draw.choice(TEXTS)
    return draw.choice((spec.low, spec.high, (spec.low + spec.high) // 2, draw.randrange(spec.low, spec.high + 1)))


def answer(of: Any, value: object) -> tuple[str, object]:
    """What a function makes of a value: the result, or the refusal's words."""
    try:
        return "accepted", of(value)
    except UsageError as error:
        return "refused", error.message


def own_publics(claim: Claim, given: dict[str, int]) -> dict[str, int] | str:
    """The program's publics that are parameters, as the compiler has spread a set of values over its places."""
    names = [(public.name, public.bits) for public in claim.program.publics if not public.reveal]
    return places.spread(names, given)


def begun(text: str) -> str:
    """With a capital, in brackets too."""
    brackets = re.match(r"\(*", text)[0]  # type: ignore[index]
    return f"{brackets}{text[len(brackets)].upper()}{text[len(brackets) + 1 :]}"


@pytest.mark.parametrize("name", NAMES)
def test_two_hundred_sets_of_parameters(name: str) -> None:
    claim, card = both(name)
    draw = random.Random(f"parameters {name}")
    for _ in range(200):
        values: dict[str, int] = {}
        for ours, theirs in zip(claim.params, card.params, strict=True):
            given = drawn(ours, draw)
            found = answer(ours.parse, given)
            assert found == answer(theirs.parse, given)
            assert answer(ours.of_text, given) == answer(theirs.of_text, given)
            if found[0] == "accepted":
                values[ours.name] = found[1]  # type: ignore[assignment]
            elif ours.default is None:
                values[ours.name] = draw.choice((ours.low, ours.high)) if not ours.places else 0
        found = answer(claim.publics, values)
        assert found == answer(card.publics, values)
        if found[0] != "accepted":
            continue
        filled: dict[str, int] = found[1]  # type: ignore[assignment]
        shown = {spec.name: spec.show(filled[spec.name]) for spec in claim.params}
        said = [_NAMED.sub(lambda hole: shown[hole[1]], phrase(each.value)) for each in claim.requirements]  # noqa: B023
        assert list(card.sentences(filled)) == [f"{begun(text)}." for text in said]
        slots = [public for spec in card.params for public in spec.publics]
        assert places.spread(slots, filled) == own_publics(claim, filled)


@pytest.mark.parametrize("name", NAMES)
def test_at_and_past_every_bound(name: str) -> None:
    claim, card = both(name)
    for ours, theirs in zip(claim.params, card.params, strict=True):
        edges = (ours.low - 1, ours.low, ours.low + 1, ours.high - 1, ours.high, ours.high + 1, -1, 0, 1 << 600)
        answers = [answer(ours.accept, value) for value in edges]
        assert answers == [answer(theirs.accept, value) for value in edges]
        assert answers[0][0] == answers[5][0] == "refused"
        assert answers[1][0] == "accepted"
        assert answers[4][0] == "accepted" or ours.places  # of a set of values, the largest integer is no set
        assert answer(ours.show, ours.high) == answer(theirs.show, theirs.high)


@pytest.mark.parametrize("name", NAMES)
def test_the_program_has_the_publics_that_the_card_says(name: str) -> None:
    claim, card = both(name)
    program = claim.program
    assert card.program == program.digest
    assert (card.id, card.version) == (program.claim, program.version)
    assert [(slot.name, slot.digest) for slot in card.slots] == [(log.name, log.schema_digest) for log in program.logs]
    params = [(public.name, public.bits) for public in program.publics if not public.reveal]
    assert [public for spec in card.params for public in spec.publics] == params
    reveals = {public.name: public.bits for public in program.publics if public.reveal}
    for reveal in card.reveals:
        assert reveals[reveal.name] == reveal.bits


@pytest.mark.parametrize("name", NAMES)
def test_all_that_is_said_is_the_languages(name: str) -> None:
    claim, card = both(name)
    assert card == card_of(claim)
    assert [spec.default for spec in card.params] == [spec.default for spec in claim.params]
    for ours, theirs in zip(claim.params, card.params, strict=True):
        if ours.default is not None:
            assert ours.show(ours.default) == theirs.show(theirs.default or 0)
    assert [(each.name, each.figures) for each in card.reveals] == [(each.name, each.figures) for each in claim.reveals]
    assert [each.says.named() for each in card.reveals] == [phrase(each.value) for each in claim.reveals]
    assert list(map(str, card.vacuous)) == list(map(str, claim.vacuous))
    assert card.beside == claim.beside
