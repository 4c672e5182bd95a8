"""Games of a joint cap: honest and dishonest labs with random logs and notes, by allowances and by masked totals. The
joint verdict is right in each, by an interpreter that sees everybody's rows and shares no code with claims or judge."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from tests.kit.joint_cheats import CHEATS, draw
from tests.kit.joint_games import MASKED, WITHIN, Hand, judged, right
from zkcompliance.errors import MalformedError
from zkcompliance.policy import requirement

COUNT = 60  # of each claim


def play(rng: random.Random, claim: str, hand: Hand, most: int = 2) -> tuple[str, ...]:
    """One game, and the cheats in it. most: how many there are at most."""
    game = draw(rng, claim)
    wanted = rng.sample(CHEATS, rng.choice((0, 1, 1, most)))
    cheats = tuple(each.__name__ for each in wanted if len(game.shown) > 1 and each(rng, game))
    fits, together = right(game.joint, game.shown)
    try:
        verdict = judged(hand, game.joint, game.shown)
    except MalformedError:  # a segment that stands twice in one statement
        assert not fits
        return cheats
    told = (cheats, [each.message for each in verdict.errors], game.shown)
    assert verdict.accepted == fits, told
    if verdict.accepted:
        assert together <= game.joint.cap, told
    if claim == MASKED and verdict.total is not None:
        assert verdict.total == together, told
    assert (verdict.total is None) or claim == MASKED
    return cheats if not verdict.accepted else ("accepted",)


def games(claim: str, seeds: range, hand: Hand) -> Counter[str]:
    found: Counter[str] = Counter()
    for seed in seeds:
        found.update(play(random.Random(f"{claim} {seed}"), claim, hand) or ("over, and nobody cheats",))
    return found


@pytest.fixture
def hand(monkeypatch: pytest.MonkeyPatch) -> Hand:
    """A hand whose statements are accepted where they are true: what the proof system promises."""
    made = Hand()
    monkeypatch.setattr(requirement, "verify_decoded", made.ideal)
    return made


@pytest.mark.parametrize("claim", [WITHIN, MASKED])
def test_the_verdict_is_right_in_every_game(claim: str, hand: Hand) -> None:
    found = games(claim, range(COUNT), hand)
    assert found["accepted"] >= COUNT // 8 and len(found) >= len(CHEATS) // 2, found


@pytest.mark.long
@pytest.mark.parametrize("claim", [WITHIN, MASKED])
def test_the_verdict_is_right_in_thousands_of_games(claim: str, hand: Hand) -> None:
    found = games(claim, range(1000, 3000), hand)
    assert {each.__name__ for each in CHEATS} <= set(found), found


@pytest.mark.long
@pytest.mark.parametrize("claim", [WITHIN, MASKED])
def test_the_verdict_is_right_with_real_proofs(claim: str) -> None:
    assert games(claim, range(5000, 5012), Hand(sealed=True))["accepted"] >= 1
