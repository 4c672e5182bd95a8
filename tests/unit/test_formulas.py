"""Products of an index, exactly: what is admitted, what is rounded, and what an index that nobody shows comes to."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from zkcompliance.card import catalogue
from zkcompliance.errors import MalformedPolicy, RequirementNotShown, StatementMismatch
from zkcompliance.policy import formulas
from zkcompliance.policy.bounds import meets, read_bound, words
from zkcompliance.policy.formulas import Index
from zkcompliance.policy.model import Requirement

CARD = catalogue.load("training-compute-below")
LIMIT = next(param for param in CARD.params if param.name == "limit")
THIRDS = {"frontier": Index("frontier", "index", "value", 3, 1, 6)}


def asked(given: object) -> Requirement:
    bound = read_bound(LIMIT, given, "params.limit", free=True, indices=THIRDS)
    return Requirement("below", "", CARD.id, 2, b"", b"", {"compute": ("compute",)}, {"limit": bound}, {})


def holds(given: object, value: int, index: int) -> bool:
    made = asked(given)
    try:
        formulas.check(made, {"limit": value}, {("index", "value"): index}, CARD.params)
    except StatementMismatch:
        return False
    return meets(made.params["limit"], value, time=0, subject_name=None)


@pytest.mark.parametrize(
    ("given", "index", "met", "missed"),
    [
        ({"at_most": "1e25 * frontier"}, 3, (10**25, 1), (10**25 + 1,)),
        ({"at_most": "1e25 * frontier"}, 2, (6666666666666666666666666,), (6666666666666666666666667,)),
        ({"at_least": "10 * frontier"}, 2, (7, 10**9), (6,)),
        ("10 * frontier", 2, (6,), (5, 7)),
        ("0.5 * frontier", 6, (1,), (0, 2)),
        ({"at_least": "9", "at_most": "10 * frontier"}, 3, (9, 10), (8, 11)),
    ],
    ids=["at most", "at most, between two integers", "at least", "exactly, rounded down", "a half", "from a number"],
)
def test_a_product_is_exact(given: object, index: int, met: tuple[int, ...], missed: tuple[int, ...]) -> None:
    assert all(holds(given, value, index) for value in met)
    assert not any(holds(given, value, index) for value in missed)


def test_an_index_that_nobody_shows() -> None:
    with pytest.raises(RequirementNotShown, match="index, which shows what that is, is not met"):
        formulas.check(asked("10 * frontier"), {"limit": 6}, {}, CARD.params)


def test_ends_of_the_index_are_ends_of_the_bound() -> None:
    """So that what asks nothing, and clocks, are judged by the most that there can be."""
    bound = asked({"at_most": "1e25 * frontier"}).params["limit"]
    assert bound.high == 2 * 10**25 and bound.exact is None
    assert words(bound, LIMIT) == "at most 1e25 * frontier (frontier is “value” of index / 3)"
    assert asked("10 * frontier").params["limit"].exact is None
    assert bound.high_by is not None and bound.high_by.factor == Fraction(10**25, 3)


@pytest.mark.parametrize(
    "text", ["1e25 * Frontier", "1e25  * frontier", "01 * frontier", "1e100 * frontier", "0 * frontier", "٣ * frontier"]
)
def test_what_no_product_is(text: str) -> None:
    with pytest.raises(MalformedPolicy):
        asked(text)


def test_an_id_with_a_star_is_no_product() -> None:
    model = replace(next(param for param in CARD.params if param.name == "model"))
    assert read_bound(model, "lab/a * b", "params.model", free=True, indices=THIRDS).exact is not None
