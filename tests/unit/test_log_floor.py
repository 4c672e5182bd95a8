"""log-floor-SCHEMA: one claim for each schema, a user's own too; its examples as traces; a proof, and lies about it."""

from __future__ import annotations

import os

import pytest

from tests.kit import support
from tests.kit.compiled_trial import Trial, padded, seal_anew, trial
from tests.kit.exact_rows import encode_rows
from zkcompliance import schemas
from zkcompliance.circuits.logs import log_floor
from zkcompliance.claim import catalogue
from zkcompliance.claim.compile import compile_claim
from zkcompliance.errors import VerificationError
from zkcompliance.schemas import Schema
from zkcompliance.stark.commit.table import SealedTable
from zkcompliance.stark.prover.prover import Prover
from zkcompliance.stark.statement import Statement

OWN = schemas.parse_text("zkc-schema v2\nown@1\nat time\nsource " + schemas.compute.columns[-1].type_text + "\n")


@pytest.mark.parametrize("schema", [*schemas.CATALOGUE, OWN], ids=lambda schema: schema.name)
def test_every_schema_has_one(schema: Schema) -> None:
    definition = log_floor.family(schema)
    assert definition.id == f"log-floor-{schema.name.replace('_', '-').replace('.', '-')}"
    (slot,) = compile_claim(definition).program.logs
    assert (slot.name, slot.schema_digest) == ("log", schema.digest)
    claim = catalogue.floor(schema)
    assert (claim.id, claim.pinned) == (definition.id, None)
    assert [each.param for each in claim.vacuous] == ["rows", "sources"]


def test_their_programs_differ() -> None:
    digests = {
        catalogue.load(f"log-floor-{name.replace('_', '-').replace('.', '-')}").program_digest
        for name in schemas.names()
    }
    assert len(digests) == len(schemas.names())


@pytest.mark.parametrize("example", log_floor.EXAMPLES, ids=lambda example: example.text)
def test_examples_hold_exactly_if_their_trace_is_true(example) -> None:  # type: ignore[no-untyped-def]
    definition = log_floor.family(schemas.compute)
    tables, given = example.inputs(definition)
    tables = {"log": [padded(table) for table in tables["log"]]}
    failures = trial(compile_claim(definition), tables, definition.publics(given)).failures()
    assert (not failures) == (not example.failing), failures[:3]


DEFINITION = log_floor.family(schemas.compute)
JOBS = [log_floor.job(), log_floor.attested, log_floor.job()]


def case(rows: int, sources: str) -> tuple[Statement, list[SealedTable], Trial]:
    """The honest prover's work over three rows, two of them signed and one attested."""
    compiled = compile_claim(DEFINITION)
    (slot,) = compiled.program.logs
    table = padded(encode_rows(schemas.compute, JOBS))
    sealed = [seal_anew(table, slot.schema_digest)]
    made = trial(compiled, {"log": [table]}, DEFINITION.publics({"rows": rows, "sources": sources}), sealed)
    return made.statement(), sealed, made


def verify(statement: Statement, sealed: list[SealedTable], made: Trial) -> None:
    proof = Prover(statement, sealed, made.private, made.unknowns, os.urandom(32)).prove()
    support.verify(statement, proof)


def test_a_proof() -> None:
    verify(*case(3, "signed, hardware_attested"))


@pytest.mark.parametrize(("rows", "sources"), [(4, "signed, hardware_attested"), (3, "signed"), (0, "")])
def test_a_false_floor_has_no_proof(rows: int, sources: str) -> None:
    """A prover that goes on although the claim is false: the witness of the true one, under the false parameters."""
    honest, sealed, made = case(3, "signed, hardware_attested")
    stated, asked = support.only(honest), DEFINITION.publics({"rows": rows, "sources": sources})
    publics = tuple(asked.get(p.name, given) for p, given in zip(stated.program.publics, stated.publics, strict=True))
    statement = support.with_claim(honest, publics=publics)
    with pytest.raises(VerificationError):
        verify(statement, sealed, made)
    _, _, own = case(rows, sources)
    assert own.failures()
