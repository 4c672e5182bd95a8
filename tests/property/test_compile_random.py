"""Random claims over random tables: what compiles has a true trace exactly if the interpreter says that it holds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.kit.compiled_trial import padded, trial
from tests.kit.exact_rows import encode_rows
from tests.kit.random_claims import BRACKET, TINY, cases, readable
from zkcompliance.claim.compile import CannotCompile, compile_claim
from zkcompliance.claim.meaning.interpret import interpret
from zkcompliance.errors import MalformedProgram
from zkcompliance.verify.counting import check_multiplicities
from zkcompliance.verify.program import decode_program

STILL_REFUSED = ("could wrap", "whose order leaves ties", "at most 255 each", "a table of ", "carry")


def agrees(case: Any, cut: int, ends: tuple[tuple[int, int], tuple[int, int]]) -> bool | None:
    """Whether the claim holds; None where it is refused, for a reason that is known."""
    definition, rows, publics = case
    tables = {}
    for name, part in rows.items():
        segments = [part[:cut], part[cut:]] if cut and name == "t" else [part]
        tables[name] = [padded(encode_rows(TINY, [readable(row) for row in each])) for each in segments]
    try:
        compiled = compile_claim(definition)
    except CannotCompile as error:
        assert any(reason in error.message for reason in STILL_REFUSED), error.message
        return None
    brackets = {name: ends[: len(parts)] for name, parts in tables.items()}
    holds = interpret(definition, tables, publics, brackets=brackets).holds
    failures = trial(compiled, tables, definition.publics(publics), brackets=brackets).failures()
    assert holds == (not failures), [str(failure) for failure in failures[:5]]
    return holds


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(cases(), st.sampled_from([0, 3]), st.tuples(BRACKET, BRACKET))
def test_what_compiles_agrees(case: Any, cut: int, ends: Any) -> None:
    agrees(case, cut, ends)


@pytest.mark.long
def test_few_programs_are_refused_for_what_they_count() -> None:
    """A verifier sees of nearly every compiled selector that it is a bit; `prove` says so early of the others.

    Each program counts once: of one that is drawn, variations are drawn that compile to the same.
    """
    refused: dict[bytes, bool] = {}

    @settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(cases())
    def look(case: Any) -> None:
        try:
            program = compile_claim(case[0]).program
        except CannotCompile:
            return
        try:
            check_multiplicities(decode_program(program.encoded))
            refused[program.digest] = False
        except MalformedProgram:
            refused[program.digest] = True

    look()
    assert len(refused) > 60 and sum(refused.values()) * 50 <= len(refused), sum(refused.values())


@pytest.mark.long
@settings(max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases(), st.sampled_from([0, 3]), st.tuples(BRACKET, BRACKET))
def test_what_compiles_agrees_long(case: Any, cut: int, ends: Any) -> None:
    agrees(case, cut, ends)
