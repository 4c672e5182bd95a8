"""What labs that put together all they know learn of the others under a masked total: the sum of what those spent, and
nothing else. By counting: every mask there can be, modulo a small number, in two worlds whose sums are the same."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import combinations, product

import pytest

from tests.kit.exact_rows import encode_rows
from zkcompliance import schemas
from zkcompliance.circuits.compute.masked_total import masked_total
from zkcompliance.claim.meaning.interpret import interpret
from zkcompliance.joint import masked

M = 5  # in the place of 2^96
View = tuple[tuple[int, ...], tuple[int, ...]]


def disclosed(spent: Mapping[str, int], masks: Mapping[tuple[str, str], int], modulus: int) -> tuple[int, ...]:
    """By the definition: what each lab spent, and its masks, of which (giver, taker) is the key."""
    return tuple(
        (each + sum(m for (giver, _), m in masks.items() if giver == lab)
         - sum(m for (_, taker), m in masks.items() if taker == lab)) % modulus
        for lab, each in spent.items()
    )  # fmt: skip


def views(spent: Mapping[str, int], pairs: Sequence[tuple[str, str]], known: Collection[str],
          drawn: Sequence[int] = range(M)) -> Counter[View]:  # fmt: skip
    """How often the labs `known` see what: all that is disclosed, and the masks of each of them, over all masks."""
    found: Counter[View] = Counter()
    for amounts in product(drawn, repeat=len(pairs)):
        masks = dict(zip(pairs, amounts, strict=True))
        seen = tuple(m for pair, m in masks.items() if set(pair) & set(known))
        found[disclosed(spent, masks, M), seen] += 1
    return found


def each_two(labs: str) -> list[tuple[str, str]]:
    return list(combinations(labs, 2))


ONE = {"a": 1, "b": 4, "c": 0, "d": 2}
OTHER = {"a": 1, "b": 0, "c": 4, "d": 2}  # b and c have changed places
MOVED = {"a": 1, "b": 3, "c": 2, "d": 1}  # what b, c and d spent, made up otherwise


@pytest.mark.parametrize("known", ["a", "d", "ad"])
def test_who_colludes_cannot_tell_how_the_sum_of_two_others_is_made_up(known: str) -> None:
    """Of four: one, or two together; b and c have changed places."""
    assert views(ONE, each_two("abcd"), known) == views(OTHER, each_two("abcd"), known)


def test_one_of_three_and_one_of_four_learn_a_sum_alone() -> None:
    three = [{lab: world[lab] for lab in "abc"} for world in (ONE, OTHER)]
    assert views(three[0], each_two("abc"), "a") == views(three[1], each_two("abc"), "a")
    assert views(ONE, each_two("abcd"), "a") == views(MOVED, each_two("abcd"), "a")
    assert views(ONE, each_two("abcd"), "") == views(MOVED, each_two("abcd"), "")


def test_what_the_page_says_is_learnt_is_learnt() -> None:
    """The sum of the others in every view; so of two labs, and where all but one collude, what one spent: two of three
    that collude compute it."""
    for known, others in (("a", "bcd"), ("ad", "bc"), ("acd", "b")):
        of_others = sum(ONE[lab] for lab in others)
        for (shown, _), own in ((view, sum(ONE[lab] for lab in known)) for view in views(ONE, each_two("abcd"), known)):
            assert (sum(shown) - own) % M == of_others % M
    three = {lab: ONE[lab] for lab in "abc"}
    moved = {"a": 1, "b": 4, "c": 3}
    assert not views(three, each_two("abc"), "ab").keys() & views(moved, each_two("abc"), "ab").keys()


def test_without_a_note_log_between_each_two_more_is_learnt() -> None:
    """b and c share no mask: a and d, who share one with each, tell the two worlds apart at sight."""
    fewer = [pair for pair in each_two("abcd") if pair != ("b", "c")]
    assert not views(ONE, fewer, "ad").keys() & views(OTHER, fewer, "ad").keys()
    assert masked.apart("abcd", fewer) == ("b", "c") and masked.apart("abcd", each_two("abcd")) is None


def test_masks_that_are_not_uniform_tell_more() -> None:
    """One value that is never drawn is enough: so masks are of the whole range."""
    three = [{lab: world[lab] for lab in "abc"} for world in (ONE, OTHER)]
    narrow = [views(each, each_two("abc"), "a", range(M - 1)) for each in three]
    assert narrow[0] != narrow[1]


def test_masks_are_of_the_whole_range() -> None:
    """4,096 draws: none twice; in each of 6 limbs and of 16 parts of its range between 150 and 370 (256 expected, 16 is
    a standard deviation: this fails by chance once in 10^9 times)."""
    drawn = [masked.draw() for _ in range(4096)]
    assert len(set(drawn)) == 4096 and max(drawn) < masked.MODULUS == 2**96
    for limb in range(6):
        parts = Counter(each >> (16 * limb + 12) & 15 for each in drawn)
        assert len(parts) == 16 and all(150 < count < 370 for count in parts.values())


def test_the_claim_discloses_what_the_definition_says() -> None:
    """On random rows, over the whole range: the slow twin above against the claim's meaning; and the sum is exact."""
    rng = random.Random(96)
    labs, begin = "abc", 1577836800
    for _ in range(30):
        spent = {lab: rng.choice((0, rng.randrange(2**40), masked.most(3))) for lab in labs}
        masks = {tuple(rng.sample(pair, 2)): masked.draw() for pair in each_two(labs)}
        found = []
        for lab in labs:
            rows = [
                {"serial": 1, "cap": "c", "giver": giver, "taker": taker, "amount": amount}
                for (giver, taker), amount in masks.items()
                if lab in (giver, taker)
            ]
            job = {"start": begin, "end": begin + 1, "run": "r", "phase": "pretraining", "method": "hardware"}
            tables = {
                "compute": [encode_rows(schemas.compute, [{**job, "flop": spent[lab]}])],
                "notes": [encode_rows(schemas.note, rows)],
            }
            asked = {"cap": "c", "lab": lab, "others": 2, "limit": 1, "most": masked.most(3)}
            told = interpret(masked_total, tables, {**asked, "begin": "2020-01-01", "end": "2020-01-02"})
            assert told.holds
            found.append(told.reveals[masked.REVEALED])
        assert tuple(found) == disclosed(spent, masks, 2**96)  # type: ignore[arg-type]
        assert masked.total(found) == sum(spent.values())


@pytest.mark.parametrize("labs", range(2, 17))
def test_no_number_of_labs_can_wrap(labs: int) -> None:
    assert labs * masked.most(labs) < 2**96 <= labs * (masked.most(labs) + 1)
