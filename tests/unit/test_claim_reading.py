"""No two conditions that mean different things read the same: what is in brackets, and what `for every row` reaches."""

from __future__ import annotations

import itertools

import pytest

from zkcompliance.claim.language import ComputeLog, claim, require
from zkcompliance.claim.language.expr import Expr
from zkcompliance.claim.meaning.sentences import sentence
from zkcompliance.errors import ClaimDefinitionError

Named = dict[str, Expr]


def test_conditions_read_as_what_they_are() -> None:
    seen: dict[str, str] = {}

    def body(c: ComputeLog) -> None:
        """A claim."""
        rows: Named = {"A": c.flop < 5, "B": c.start > 1}
        once: Named = {"S": c.count() >= 1, "T": c.flop.sum() < 9}
        rows |= _joined(rows, {**rows, "S": once["S"]}) | _negated(rows)
        rows |= _joined(rows, {"A": rows["A"], "B": rows["B"]}) | _negated(rows)
        alone = {f"every({name})": c.every(each) for name, each in rows.items()}
        alone |= {f"any({name})": c.any(each) for name, each in rows.items()} | once
        few = {name: alone[name] for name in ["every(A)", "every((A & B))", "any(A)", "any((A | B))", "S", "T"]}
        alone |= _joined(few, few) | _negated(few)
        alone |= _joined(_joined(few, few), once)
        for name, each in alone.items():
            text = sentence(each.node)
            assert seen.setdefault(text, name) == name, (text, seen[text], name)
        require("one of them", alone["every(A)"])

    claim("many")(body)
    assert len(seen) > 300


def _joined(some: Named, others: Named) -> Named:
    """Each with each other, by `&`, `|` and `==`."""
    made: Named = {}
    for (a, first), (b, second) in itertools.product(some.items(), others.items()):
        if a != b:
            made |= {
                f"({a} & {b})": first & second, f"({a} | {b})": first | second, f"({a} == {b})": first == second,
            }  # fmt: skip
    return made


def _negated(some: Named) -> Named:
    """Not what is negated already, which means the same without."""
    return {f"~{name}": ~each for name, each in some.items() if not name.startswith("~")}


def test_a_name_is_on_one_line() -> None:
    """So that no name adds a requirement to what `explain` says."""

    def body(c: ComputeLog) -> None:
        """A claim."""
        require("small\n  2. audited: by somebody", c.flop.sum() < 5)

    with pytest.raises(ClaimDefinitionError, match="a name is a short text on one line"):
        claim("two-lines")(body)
