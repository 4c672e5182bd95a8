"""A value of one table's rows has no meaning on another's, nor has the first of groups: no program is made of them,
nor of a lookup that may find one of several rows.

The claim's text is refused (tests/unit/test_claim_refusals.py). Here definitions are made by hand that say so all the
same: compiled, they would prove what the interpreter denies.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from zkcompliance.card import types
from zkcompliance.claim.compile import compile_claim
from zkcompliance.claim.compile.errors import CannotCompile
from zkcompliance.claim.language import ChipLog, claim, lookup, require
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.claim.language.expr import Expr, count
from zkcompliance.claim.meaning import core, ranges


@claim("three-logs")
def three(a: ChipLog, b: ChipLog, c: ChipLog) -> None:
    """No chip of a, b or c is strong."""
    require("weak", a.none(a.peak.or_else(0) > 5) & b.none(b.peak.or_else(0) > 5) & c.none(c.peak.or_else(0) > 5))


def refused(value: core.Value, *words: str) -> None:
    definition: ClaimDefinition = replace(three, requirements=(core.Requirement("made by hand", value),))
    with pytest.raises(CannotCompile) as caught:
        compile_claim(definition)
    for word in words:
        assert word in caught.value.message


def test_a_value_of_another_table() -> None:
    """The logs have one schema: c's row before, read in b, would be b's own row before."""
    a, b, c = (ChipLog(core.Rows(log)) for log in three.logs)
    for other in (c.peak.previous(default=0).node, c.peak.node):
        pairs = core.Member(
            (a.chip.node, a.peak.node), b.rows, (b.chip.node, other),
            type=types.TRUTH, range=ranges.BIT, frame=a.rows.frame,
        )  # fmt: skip
        refused(a.every(Expr(pairs, a.rows)).node, "the rows of another table")
        left, right = (a.chip.node, a.peak.node), (b.chip.node, other)
        refused(
            core.SameMultiset(a.rows, left, b.rows, right, type=types.TRUTH, range=ranges.BIT),
            "the rows of another table",
        )


def test_the_first_of_groups() -> None:
    """The log has its groups in the order of their first rows, a private table in the order of their keys."""
    a = ChipLog(core.Rows(three.logs[0]))
    groups = a.group_by(a.peak)
    yes, no = (core.Const(n, type=types.TRUTH, range=(n, n), public=True) for n in (1, 0))
    before = core.Neighbour(groups.rows, yes, -1, no, type=types.TRUTH, range=ranges.BIT, frame=groups.rows.frame)
    first = groups.where(~Expr(before, groups.rows))
    refused((count(first.where(first.peak != 7).rows) == 0).node, "whose order leaves ties")


def test_a_lookup_that_another_claim_made() -> None:
    """That one requires the columns to be unique. One that only borrows the value does not."""
    made = []

    @claim("lender")
    def lender(a: ChipLog, b: ChipLog) -> None:
        """No chip of a is strong in b."""
        made.append(lookup(a.chip, b.chip, b.peak.or_else(0), default=0))
        require("weak", a.every(made[0] <= 5))

    @claim("borrower")
    def borrower(a: ChipLog, b: ChipLog) -> None:
        """The same, of whichever row of b the prover likes."""
        require("registered", a.every(a.chip.is_in(b.chip)))
        require("weak", a.every(made[0] <= 5))

    assert compile_claim(lender)
    with pytest.raises(CannotCompile, match="not required to be unique"):
        compile_claim(borrower)
