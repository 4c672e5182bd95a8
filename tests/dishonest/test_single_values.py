"""The private table on which a claim's single values are compared: its first row is the one that counts.

Its other rows meet the same constraints and are bound to nothing: a dishonest prover takes them from another log.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.kit.compiled_trial import Trial, padded, proof_file, trial
from tests.kit.exact_rows import encode_rows
from zkcompliance import schemas
from zkcompliance.claim.compile import compile_claim
from zkcompliance.claim.language import ComputeLog, Count, Flop, Param, base, claim, require, reveal
from zkcompliance.claim.meaning.interpret import interpret
from zkcompliance.errors import BalanceMismatch, QuotientMismatch
from zkcompliance.verify.verifier import verify_bundle


@claim("either-total")
def either(compute: ComputeLog, limit: Param[Flop], most: Param[Count]) -> None:
    """Little was spent, or in few rows."""
    total = compute.flop.sum()
    require("little, or few rows", (total <= limit) | (compute.count() <= most))
    reveal("flop in eights", total // 8)


COMPILED = compile_claim(either)
(ASIDE,) = COMPILED.program.private_tables  # of eight rows
PUBLICS = {"limit": 1000, "most": 2}
job = base(start=0, end=1, run="r", phase="other", method="hardware")


def table(*flop: int) -> np.ndarray:
    return padded(encode_rows(schemas.compute, [job(flop=each) for each in flop]))


def case(*flop: int) -> Trial:
    tables = {"compute": [table(*flop)]}
    assert interpret(either, tables, PUBLICS).holds is (sum(flop) <= 1000 or len(flop) <= 2)
    return trial(COMPILED, tables, PUBLICS)


def mixed(first: Trial, others: Trial) -> Trial:
    """The log, sums and statement of the first, whose private table has its first row, and the others' rows after."""
    made = others.private[-1].copy()
    assert made.shape[1] == 8
    made[:, 0] = first.private[-1][:, 0]
    return Trial(
        first.program, first.tables, [*first.private[:-1], made], first.unknowns, first.publics, first.segments
    )


def test_rows_after_the_first_say_nothing() -> None:
    """Taken from another log of which the claim holds too, they are accepted: the verdict and what is revealed stay."""
    told = mixed(case(5, 6, 7), case(900, 1, 2))
    assert not np.array_equal(told.private[-1][:, 0], told.private[-1][:, 1])
    assert told.failures() == []
    verify_bundle(proof_file(told), program_digests=None)
    assert told.publics == case(5, 6, 7).publics


def test_the_first_row_is_that_of_the_log() -> None:
    """No false total is shown by a first row of another log, nor by rows after it of one that holds."""
    false, true = case(5, 6, 7000), case(5, 6, 7)
    for told in (false, mixed(false, true), mixed(true, false)):
        assert told.failures()
    swapped = mixed(true, true)
    swapped.tables = false.tables
    swapped.private[:-1] = false.private[:-1]
    assert swapped.failures()
    for told in (mixed(false, true), swapped):
        with pytest.raises((BalanceMismatch, QuotientMismatch)):
            verify_bundle(proof_file(told), program_digests=None)


def test_a_remainder_is_below_its_divisor() -> None:
    """18 FLOP are two eights. One, and ten over, adds up too: only that ten is no remainder refuses it."""
    honest = case(5, 6, 7)
    program = honest.program
    named = {unknown.name: number for number, unknown in enumerate(program.unknowns)}
    revealed = [public.name for public in program.publics].index("flop in eights")
    told, publics = list(honest.unknowns), list(honest.publics)
    assert publics[revealed] == told[named["floordiv"]] == 2 == told[named["floordiv: remainder"]]
    told[named["floordiv"]], told[named["floordiv: remainder"]], publics[revealed] = 1, 10, 1
    below = "floordiv: remainder below the divisor"
    lie = replace(honest, unknowns=told, publics=publics)
    assert {failure.requirement for failure in lie.failures()} == {f"{below}, digit 0"}
    with pytest.raises(BalanceMismatch):
        verify_bundle(proof_file(lie), program_digests=None)
    without = tuple(equation for equation in program.equations if equation.name != below)
    assert len(without) == len(program.equations) - 1
    weaker = replace(lie, program=replace(program, equations=without))
    assert weaker.failures() == []
    verify_bundle(proof_file(weaker), program_digests=None)
