"""A proof of a compiled claim over small sealed tables, held against the verifier."""

from __future__ import annotations

import os

from tests.kit import support
from tests.kit.compiled_trial import padded, seal_anew, trial
from tests.kit.exact_rows import encode_rows
from zkcompliance.claim.compile import compile_claim
from zkcompliance.claim.compile.run import Lies
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.claim.meaning.interpret import interpret
from zkcompliance.stark.prover.prover import Prover


def prove_and_verify(definition: ClaimDefinition, given: dict[str, object], lies: Lies | None = None) -> int:
    """A proof over sealed tables, through the verifier's own decoders; its bytes.

    given: rows of each log and the parameters. lies: of a dishonest prover; without them the claim must hold.
    """
    compiled = compile_claim(definition)
    logs = {log.name: log.schema for log in definition.logs}
    tables = {name: [padded(encode_rows(schema, given[name]))] for name, schema in logs.items()}  # type: ignore[arg-type]
    publics = definition.publics({name: value for name, value in given.items() if name not in logs})
    assert interpret(definition, tables, publics).holds or lies
    sealed = [seal_anew(t, slot.schema_digest) for slot in compiled.program.logs for t in tables[slot.name]]
    case = trial(compiled, tables, publics, sealed, lies)
    statement = case.statement()
    proof = Prover(statement, sealed, case.private, case.unknowns, os.urandom(32)).prove()
    support.verify(statement, proof)
    return len(proof)
