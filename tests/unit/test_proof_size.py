"""The length of a proof file that is expected before it is made, beside the files that were made."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from pathlib import Path

import pytest

from zkcompliance.prove import size
from zkcompliance.verify.bundle import decode_bundle, programs_of
from zkcompliance.verify.shape import shape_of
from zkcompliance.verify.statement import decode_statement

PROOFS = Path(__file__).parents[1] / "vectors" / "proofs"


@pytest.mark.parametrize("profile", ["standard", "fast", "small"])
def test_files_have_what_is_expected(profile: str) -> None:
    bundle = decode_bundle((PROOFS / f"{profile}.zkp").read_bytes())
    statement = decode_statement(bundle.statement_bytes)
    shape = shape_of(statement, programs_of(bundle, statement))
    expected = size.proof_bytes(shape)
    assert shape.profile.name == profile and abs(len(bundle.proof_bytes) - expected) * 20 < expected


@pytest.mark.parametrize(("queries", "depth"), [(1, 1), (2, 2), (3, 3), (4, 2), (1, 0)])
def test_an_opening_is_the_mean_over_all_queries(queries: int, depth: int) -> None:
    """Every choice of queries, opened by hand; each of the terms is rounded down by less than one."""
    total = 0
    for drawn in product(range(1 << depth), repeat=queries):
        known = set(drawn)
        total += len(known) * (16 + 4 * 5)
        for step in [] if not depth else [1] if depth == 1 else [2] + [1] * (depth - 2):
            above = {node >> step for node in known}
            total += 32 * ((len(above) << step) - len(known))
            known = above
    mean = Fraction(total, (1 << depth) ** queries)
    assert abs(size._opening(queries, depth, 16, 5) - mean) <= 36 + 32 * depth
