"""What the compiler makes: the cost of the simplest claim, refusals that show the line, a proof that verifies."""

from __future__ import annotations

import os

import numpy as np
import pytest

from tests.kit import support
from tests.kit.compiled_trial import padded, seal_anew, trial
from zkcompliance.claim import catalogue
from zkcompliance.claim.compile import CannotCompile, compile_claim
from zkcompliance.claim.language import ComputeLog, EventLog, Id, Param, claim, param, require
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.stark.air.program import RANGE_BUS
from zkcompliance.stark.prover.prover import Prover
from zkcompliance.verify.counting import check_multiplicities
from zkcompliance.verify.program import Program as VerifierProgram
from zkcompliance.verify.program import decode_program

CLAIMS = tuple(name.replace("-", "_") for name in catalogue.names(families=False))


def load(module: str) -> tuple[ClaimDefinition, tuple[object, ...]]:
    found = catalogue.files()[module]
    return next(v for v in vars(found).values() if isinstance(v, ClaimDefinition)), found.EXAMPLES


def test_the_simplest_claim_costs_what_it_did_by_hand() -> None:
    @claim("below")
    def below(compute: ComputeLog) -> None:
        """A total of chosen rows is below a limit."""
        require("below", compute.where(compute.phase.is_in(["pretraining"])).flop.sum() < 10**26)

    (table,) = compile_claim(below).program.tables
    assert table.witness == 1
    assert len(table.short) == 6 and RANGE_BUS not in {i.bus for i in table.interactions}
    assert (len(table.interactions), table.groups) == (1, (1,))


def test_a_condition_on_parameters_alone_selects_rows_of_every_log() -> None:
    """What bounds a truth value of publics is asked in one table: each table has to know it to count by it."""

    @claim("theirs")
    def theirs(mine: ComputeLog, other: ComputeLog, run: Param[Id] = param("whose", default="")) -> None:
        """Rows of a run in two logs, or of every run."""
        require("here", mine.where((run == "") | (mine.run == run)).count() >= 1)
        require("there", other.where((run == "") | (other.run == run)).count() >= 1)

    compiled = compile_claim(theirs)
    check_multiplicities(decode_program(compiled.program.encoded))


@pytest.mark.parametrize("module", CLAIMS)
def test_a_claim_compiles_to_one_digest_that_the_verifier_reads(module: str) -> None:
    definition, _ = load(module)
    program = compile_claim(definition).program
    assert program.digest == compile_claim(definition).program.digest
    assert isinstance(decode_program(program.encoded), VerifierProgram)


@pytest.mark.parametrize("module", CLAIMS)
def test_examples_hold_exactly_if_their_trace_is_true(module: str) -> None:
    definition, examples = load(module)
    compiled = compile_claim(definition)
    for example in examples:
        tables, given = example.inputs(definition)  # type: ignore[attr-defined]
        tables = {name: [padded(t) for t in parts] for name, parts in tables.items()}
        failures = trial(compiled, tables, definition.publics(given)).failures()
        assert (not failures) == (not example.failing), (example.text, failures[:3])  # type: ignore[attr-defined]


def test_what_has_no_sound_circuit_is_refused_with_its_line() -> None:
    @claim("sorted")
    def in_order(events: EventLog) -> None:
        """Neighbours among groups of equal size: which of them is first?"""
        models = events.group_by(events.model.or_else(""))
        by_size = models.order_by(models.size())
        require("steps", by_size.every(by_size.size().previous(default=0) + 1 >= by_size.size()))

    with pytest.raises(CannotCompile, match=r"test_compile_program\.py:\d+"):
        compile_claim(in_order)


def test_a_compiled_claim_proves_and_verifies() -> None:
    definition, examples = load("eval_coverage")
    example = next(each for each in examples if not each.failing)  # type: ignore[attr-defined]
    compiled = compile_claim(definition)
    tables, given = example.inputs(definition)  # type: ignore[attr-defined]
    tables = {name: [padded(t) for t in parts] for name, parts in tables.items()}
    sealed = [seal_anew(t, slot.schema_digest) for slot in compiled.program.logs for t in tables[slot.name]]
    case = trial(compiled, tables, definition.publics(given), sealed)
    statement = case.statement()
    proof = Prover(statement, sealed, case.private, case.unknowns, os.urandom(32)).prove()
    support.verify(statement, proof)
    assert np.prod([1, *case.sizes]) > 0
