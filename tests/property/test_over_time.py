"""States at a time, running sums and windows over random rows: by columns, row by row and compiled they agree."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.kit.anything_asked import anything_asked
from tests.kit.claim_naive import Naive
from tests.kit.compiled_trial import padded, trial
from tests.kit.exact_rows import encode_rows
from tests.kit.random_claims import ROW, TINY, Kind, Maker, TinyLog, cell, readable
from zkcompliance.card import places
from zkcompliance.claim.compile import compile_claim
from zkcompliance.claim.language import Count, Expr, Param, SetOf, claim, names, param, require
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.claim.meaning import core
from zkcompliance.claim.meaning.evaluate import Evaluator

KINDS = (core.AsOf, core.Running, core.Window)


@st.composite
def cases(draw: Any) -> tuple[ClaimDefinition, dict[str, list[list[dict[str, int]]]], dict[str, int]]:
    """A claim that some such value is at most another number, the rows of its logs in segments, its parameters."""

    def body(
        t: TinyLog,
        others: TinyLog,
        limit: Param[Count],
        listed: Param[SetOf[Count]] = param(places=3),
        kinds: Param[SetOf[Kind]] = names("a", "c"),  # noqa: B008
    ) -> None:
        """Random."""
        maker = Maker(draw, others, limit, kinds, listed)
        both = t.kind.is_in(kinds) & t.n.is_in(listed)
        require("used", (t.where(both).count() + others.count() + limit) != 98_765_432)
        value = maker.over_time(t, maker.number(t, draw(st.integers(0, 1))), draw(st.integers(0, 2)))
        low, high = value.node.range
        bound = min(high, max(low, draw(st.sampled_from((0, 3, 2**33, 2**60)))))
        require("low", t.every(Expr(value.node, t.rows) <= bound))

    rows: dict[str, list[list[dict[str, int]]]] = {}
    for name in ("t", "others"):
        part = draw(st.lists(ROW, max_size=9))
        if draw(st.booleans()):  # all at once
            part = [{**row, "begin": 3, "end": 3} for row in part]
        cut = draw(st.integers(0, len(part)))
        rows[name] = draw(st.sampled_from(([part], [part[:cut], part[cut:]], [part[:cut], [], part[cut:]])))
    listed = places.encode(draw(st.lists(cell(2**32 - 1), max_size=3)), 32, 3)
    limit = draw(st.sampled_from((0, 1, 2**32 - 1)))
    publics = {"limit": limit, "listed": listed, "kinds": draw(st.integers(0, 7))}
    with anything_asked():
        return claim("random-claim")(body), rows, publics


def agrees(case: Any) -> bool:
    """Whether the claim holds: each such value is worth the same by columns and row by row, and within its range, and
    the honest trace is true exactly if the claim holds. Empty segments and rows at one time are among the cases."""
    made, rows, publics = case
    tables = {
        name: [padded(encode_rows(TINY, [readable(row) for row in part])) for part in parts]
        for name, parts in rows.items()
    }
    plain = Naive({name: [row for part in parts for row in part] for name, parts in rows.items()}, publics)
    evaluator = Evaluator(tables, publics)
    for node in core.walk(*(each.value for each in made.requirements)):
        if isinstance(node, KINDS):
            expected = [plain.at(node, i) for i in plain.frame(node.frame)] if node.frame else [plain.at(node, 0)]
            found = evaluator.value(node)
            assert (found.tolist() if node.frame else [found]) == expected, node
            assert all(node.range[0] <= value <= node.range[1] for value in expected)
    holds = all(plain.at(each.value, 0) for each in made.requirements)
    failures = trial(compile_claim(made), tables, publics).failures()
    assert holds == (not failures), [str(failure) for failure in failures[:5]]
    return holds


def of_many(examples: int) -> set[bool]:
    seen: set[bool] = set()

    @settings(max_examples=examples, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(cases())
    def look(case: Any) -> None:
        seen.add(agrees(case))

    look()
    return seen


def test_the_three_hands_agree() -> None:
    assert of_many(120) == {True, False}


@pytest.mark.long
def test_the_three_hands_agree_on_many() -> None:
    assert of_many(3000) == {True, False}
