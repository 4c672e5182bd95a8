"""The claim on plain integers, the constraint checker and the whole proof say the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.kit import support
from tests.kit.support import CLAIM, COUNTED, FLOP, PHASE, SCHEMA
from zkcompliance.errors import BalanceMismatch
from zkcompliance.stark.air.shape import lay_out
from zkcompliance.stark.commit.entry import Entry
from zkcompliance.stark.commit.keystream import Keystream
from zkcompliance.stark.commit.table import SealedTable
from zkcompliance.stark.profiles import STANDARD
from zkcompliance.stark.prover.prover import Prover
from zkcompliance.stark.prover.witness import build_trace, check_trace

EDGES = [0, 1, 65535, 65536, 2**64, 2**96 - 1]
flops = st.sampled_from(EDGES) | st.integers(0, 2**96 - 1)
rows = st.lists(st.tuples(st.integers(0, 6), flops), max_size=12)


def unsealed(columns: np.ndarray) -> SealedTable:
    """A table that only the checker reads."""
    k = columns.shape[1].bit_length() - 1
    entry = Entry(1, SCHEMA.digest, SCHEMA.width, k, STANDARD.capacity(k), bytes(32), (0,) * 6)
    return SealedTable(columns, bytes(32), entry, STANDARD)


def failures(tables: list[np.ndarray], publics: dict[str, int]) -> list[str]:
    made = support.prover([unsealed(t) for t in tables], publics)
    layout = lay_out(made.statement)
    slack = [u % 2**112 for u in made.unknowns]
    trace = build_trace(layout, made.tables, made.private, slack, Keystream(made.seed))
    return [failure.requirement for failure in check_trace(layout, trace)]


@settings(derandomize=True, deadline=None, max_examples=60, suppress_health_check=list(HealthCheck), database=None)
@given(st.lists(rows, min_size=1, max_size=3), st.integers(0, 127), st.data())
def test_claim_and_checker_agree(segments: list[list[tuple[int, int]]], phases: int, data: st.DataObject) -> None:
    tables = [support.table(part, 4) for part in segments]
    total = sum(flop for part in segments for phase, flop in part if phases >> phase & 1)
    for limit in {total, total + 1, data.draw(st.integers(0, 2**112 - 1)), max(total - 1, 0)}:
        publics = {"limit": limit, "phases": phases}
        holds = CLAIM.check({"compute": tables}, publics).holds
        assert holds == (total < limit)
        assert (failures(tables, publics) == []) == holds


@pytest.mark.parametrize(
    ("part", "k"),
    [
        ([], 3),
        ([(0, 5)], 3),
        ([(i % 7, 1 + i) for i in range(8)], 3),
        ([(i % 7, 2**96 - 1) for i in range(9)], 4),
        ([(0, 0)] * 5, 3),
        ([(4, 2**95)], 3),
    ],
    ids=["no row", "one row", "2^k rows", "2^k + 1 rows, all largest", "zeros", "nothing counted"],
)
def test_proof_agrees_at_the_limit(part: list[tuple[int, int]], k: int) -> None:
    """limit = total is refused, limit = total + 1 is proved."""
    sealed = support.seal(support.table(part, k), f"{part} {k}")
    total = sum(flop for phase, flop in part if COUNTED >> phase & 1)
    for limit in (total, total + 1):
        publics = {"limit": limit, "phases": COUNTED}
        made = support.prover([sealed], publics, Prover, unknowns=[(limit - 1 - total) % 2**112])
        if limit > total:
            support.prove(made).verify()
        else:
            support.refused(BalanceMismatch, made)


def test_sums_over_many_rows_and_buckets() -> None:
    """2^15 rows of the largest FLOP: two buckets, each limb's partial sums at their largest."""
    columns = np.zeros((SCHEMA.width, 1 << 15), np.uint32)
    columns[0], columns[FLOP] = 1, 65535
    columns[PHASE] = np.arange(1 << 15) % 4
    total = (2**96 - 1) << 15
    assert failures([columns], {"limit": total + 1, "phases": COUNTED}) == []
    assert failures([columns], {"limit": total, "phases": COUNTED}) != []
    sealed = support.seal(columns, "many")
    support.prove(support.prover([sealed], {"limit": total + 1, "phases": COUNTED})).verify()
    wrong = support.prover([sealed], {"limit": total, "phases": COUNTED}, unknowns=[2**112 - 1])
    support.refused(BalanceMismatch, wrong)


def test_padding_counts_nothing_whatever_its_flop() -> None:
    """A row that is not real does not count, and its limbs must be 16-bit numbers all the same."""
    columns = support.table([(0, 10)])
    columns[FLOP[0], 5] = 77
    assert failures([columns], {"limit": 11, "phases": COUNTED}) == []
    columns[FLOP[0], 5] = 1 << 16
    assert "16 bits" in failures([columns], {"limit": 11, "phases": COUNTED})
