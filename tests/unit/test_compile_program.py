"""What the compiler makes: the cost of the simplest claim, refusals that show the line, a proof that verifies."""

from __future__ import annotations

import os

import numpy as np
import pytest

from tests.kit import support
from tests.kit.compiled_trial import padded, seal_anew, trial
from tests.kit.exact_rows import encode_rows
from tests.kit.part import one_in
from zkcompliance import schemas
from zkcompliance.claim import catalogue
from zkcompliance.claim.compile import CannotCompile, compile_claim
from zkcompliance.claim.compile.context import MAX_DEGREE, Board, Table
from zkcompliance.claim.compile.run import Rows, Run
from zkcompliance.claim.compile.terms import leaf
from zkcompliance.claim.language import ComputeLog, Count, EventLog, Id, Param, base, claim, param, require
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.claim.meaning.interpret import interpret
from zkcompliance.stark.air.program import RANGE_BUS, Op
from zkcompliance.stark.field.babybear import P
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


@pytest.mark.parametrize("module", one_in(3, CLAIMS, first=2))
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


def _devices(*counts: int) -> dict[str, list[np.ndarray]]:
    job = base(start=0, end=1, run="r", phase="other", method="hardware", flop=1)
    return {"compute": [padded(encode_rows(schemas.compute, [job(devices=count) for count in counts]))]}


def test_the_rest_of_a_selection_is_a_difference() -> None:
    """Of totals, and of counts: no column says which rows these are; also where values may be negative."""

    def defined(both: bool) -> ClaimDefinition:
        @claim("rest")
        def rest(compute: ComputeLog, least: Param[Count]) -> None:
            """The jobs of few devices, counted from ten on, and those of many."""
            many = compute.devices.or_else(0) > 10
            few = compute.where(~many)
            if both:
                require("many", (compute.where(many).devices.or_else(0) - 10).sum() <= 100)
            require("few", (few.devices.or_else(0) - 10).sum() + least >= 0)
            require("how few", few.count() <= 2)

        return rest

    made, alone = compile_claim(defined(True)), compile_claim(defined(False))
    assert made.program.tables[0].witness == alone.program.tables[0].witness
    for counts, least, holds in (((1, 5, 20), 14, True), ((1, 5, 20), 13, False), ((1, 5, 9), 100, False)):
        tables, publics = _devices(*counts), {"least": least}
        assert interpret(defined(True), tables, publics).holds is holds
        assert (trial(made, tables, publics).failures() == []) is holds


@pytest.mark.parametrize("divisor", [2, 7, 300, 86_400])
def test_a_quotient_of_single_values_is_an_equation(divisor: int) -> None:
    """No private table: the quotient and the remainder are unknowns; also of a value that may be negative."""

    @claim("quotient")
    def quotient(compute: ComputeLog, wanted: Param[Count]) -> None:
        """Twice what jobs of ten devices and more have beyond these, in units, is at least what is wanted."""
        beyond = (compute.devices.or_else(0) - 10).sum()
        require("wanted", beyond // divisor + 1000 >= wanted)

    made = compile_claim(quotient)
    assert not made.program.private_tables
    for counts in ((10,), (9,), (1, 2, 3), (10, 10 + divisor), (9, 10 + divisor), (9 + divisor, 10), (10 + divisor, 5)):
        tables, value = _devices(*counts), sum(count - 10 for count in counts) // divisor + 1000
        for wanted, holds in ((value, True), (value + 1, False)):
            assert interpret(quotient, tables, {"wanted": wanted}).holds is holds
            assert (trial(made, tables, {"wanted": wanted}).failures() == []) is holds


@pytest.mark.parametrize("limbs", range(1, 11))
def test_weights_are_fewer_than_limbs(limbs: int) -> None:
    """Whether n limbs are all 0: k weights of which n ≤ k·(k + 1)/2, and each limb alone is seen to differ."""
    board = Board()
    table = Table(board, 0)
    r = table.invertible([leaf(Op.LOG, j) for j in range(limbs)], "limbs")
    weights = table.witness - 1
    assert weights * (weights + 1) >= 2 * limbs > weights * (weights - 1)
    assert max(e.degree for _, _, e in table.constraints) <= MAX_DEGREE
    chance = np.random.default_rng(limbs)
    rows = np.concatenate([np.eye(limbs, dtype=np.uint32) * 5, chance.integers(0, 2, (limbs, 40), np.uint32)], axis=1)
    rows = np.concatenate([rows, np.zeros((limbs, 1), np.uint32), chance.integers(0, P, (limbs, 7), np.uint32)], axis=1)
    for lie in (None, 0, 1):  # what the bit is said to be on every row
        lies = None if lie is None else {(0, r.a): lambda honest, lie=lie: np.full_like(honest, lie)}
        run = Run([Rows(rows, [rows.shape[1]])], {}, lies)
        for step in board.steps:
            step(run)
        met = np.logical_and.reduce([run.value(0, e.within(0, P // 2)) == 0 for _, _, e in table.constraints])
        none = (rows == 0).all(axis=0)
        assert (met == (np.ones_like(none) if lie is None else none == lie)).all()
