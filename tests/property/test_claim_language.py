"""Random claims over random tables: the interpreter against one row at a time, and ranges against values."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.kit.claim_naive import Naive
from tests.kit.exact_rows import encode_rows
from tests.kit.random_claims import BRACKET, ROW, TINY, TinyLog, cases, readable
from zkcompliance.claim.language import (
    Table,
    claim,
    require,
)
from zkcompliance.claim.meaning import core
from zkcompliance.claim.meaning.evaluate import Evaluator
from zkcompliance.claim.meaning.interpret import interpret


def tables_of(rows: list[dict[str, int]], cut: int) -> list[np.ndarray]:
    """The rows as two segments, with padding rows full of other values that must not be seen."""
    segments = []
    for part in (rows[:cut], rows[cut:]):
        encoded = encode_rows(TINY, [readable(row) for row in part]) if part else np.zeros((TINY.width, 0), np.uint32)
        padding = np.full((TINY.width, 2), 65535, np.uint32)
        padding[0] = 0
        segments.append(np.concatenate([encoded, padding], axis=1))
    return segments


@settings(
    max_examples=250, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)  # fmt: skip
@given(
    cases(), st.integers(0, 7), st.fixed_dictionaries({name: st.tuples(BRACKET, BRACKET) for name in ("t", "others")})
)
def test_every_node_has_its_value_and_is_within_its_range(case: Any, cut: int, brackets: Any) -> None:
    definition, rows, publics = case
    tables = {name: tables_of(part, cut) for name, part in rows.items()}
    of_rows = {name: [brackets[name][i >= cut] for i in range(len(part))] for name, part in rows.items()}
    evaluator, naive = Evaluator(tables, publics, brackets), Naive(rows, publics, of_rows)
    for node in core.walk(*(each.value for each in definition.requirements)):
        if not isinstance(node, core.Value) or (isinstance(node, core.Param) and node.type.kind == "set"):
            continue
        places = [0] if node.frame is None else naive.frame(node.frame)
        expected = [naive.at(node, i) for i in places]
        found = evaluator.value(node)
        actual = [found] if node.frame is None else found.tolist()
        assert actual == expected, type(node).__name__
        assert all(node.range[0] <= value <= node.range[1] for value in expected), type(node).__name__
    finding = interpret(definition, tables, publics, brackets=brackets)
    assert finding.holds == all(naive.at(each.value, 0) for each in definition.requirements)
    faults = itertools.chain.from_iterable(o.faults.items() for o in finding.outcomes)
    assert all(1 <= n <= len(rows[name]) for name, numbers in faults for n in numbers)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(ROW, min_size=1, max_size=6))
def test_chain_is_the_existence_of_an_order(rows: list[dict[str, int]]) -> None:
    """Chain says: some order of the rows has each row's last ≤ the next one's first; tried over all orders."""

    def body(t: TinyLog) -> None:
        """Random."""
        require("apart", t.no_overlap(t.begin, t.end, per=t.kind))

    definition = claim("apart")(body)
    found = interpret(definition, {"t": tables_of(rows, 0)}, {}).holds
    valid = all(row["begin"] <= row["end"] for row in rows)

    def in_order(order: tuple[dict[str, int], ...]) -> bool:
        return all((a["kind"], a["end"]) <= (b["kind"], b["begin"]) for a, b in itertools.pairwise(order))

    assert found == (valid and any(in_order(order) for order in itertools.permutations(rows)))


def test_table_is_the_surface_of_all_of_it() -> None:
    assert issubclass(TinyLog, Table)
