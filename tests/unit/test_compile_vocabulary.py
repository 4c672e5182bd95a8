"""The words that no claim of the catalogue uses: a proof of each over a small table verifies."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from compiled_trial import padded, trial

sys.path.append(str(Path(__file__).parents[1] / "property"))

import test_compile_agrees_more as words

from zkcompliance.claim.build import ClaimDefinition
from zkcompliance.claim.compile import compile_claim
from zkcompliance.claim.interpret import interpret
from zkcompliance.commit.table import SealedTable, commit
from zkcompliance.log import merkle
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.profiles import STANDARD
from zkcompliance.prove.prover import Prover
from zkcompliance.schemas import encode_rows
from zkcompliance.statement import Statement, StatementLog
from zkcompliance.verify import decode_program, decode_statement, verify_proof

chip = {"chip": "c1", "kind": "h100_sxm", "site": "s1", "owner": "lab", "from": 0, "until": 5, "peak": "1e15"}
event = {"serial": 1, "model": "m1", "kind": "eval", "at": 5, "cumulative_flop": 2**96 - 1}
job = {"start": 0, "end": 9, "run": "m1", "phase": "pretraining", "method": "hardware", "flop": 7}

CASES: dict[str, tuple[ClaimDefinition, dict[str, object]]] = {
    "absent": (words.absent, {"used": [chip] * 8, "banned": [{**chip, "chip": "c2"}] * 9}),
    "either": (words.either, {"used": [chip, {**chip, "chip": "c9"}], "listed": [chip], "most": 1}),
    "groups-found": (
        words.groups_found,
        {"events": [event, {**event, "model": "m2"}], "others": [{**event, "serial": 2}, {**event, "kind": "breach"}]},
    ),
    "itself": (words.itself, {"events": [event, {**event, "model": "m2", "kind": "deploy"}]}),
    "defaults": (
        words.defaults,
        {"used": [chip, {**chip, "chip": "c3"}], "registry": [{**chip, "chip": "c3"}], "otherwise": "1e15"},
    ),
    "matched": (words.matched, {"used": [chip, chip], "registry": [{**chip, "chip": "c3"}, chip]}),
    "totals-joined": (words.totals_joined, {"compute": [job] * 9, "events": [{**event, "kind": "deploy"}]}),
    "listed": (
        words.listed,
        {
            "used": [chip] * 7 + [{**chip, "from": 5}],
            "banned": "c7, c8",
            "allowed": "1970-01-01, 1970-01-02T00:00:00Z,5",
        },
    ),
    "listed-numbers": (words.listed_numbers, {"events": [event], "steps": [0, 1, 2**64 - 1], "when": 41}),
    "constants": (words.constants, {"events": [{**event, "at": 2**16 - 1}, {**event, "serial": 1002, "at": 100}]}),
    "in-order": (
        words.in_order,
        {"events": [{**event, "serial": 9 - i, "at": 10 * i} for i in range(8)], "since": 1},
    ),
    "per-key": (
        words.per_key,
        {
            "events": [
                {**event, "serial": i + 1, "cumulative_flop": 2**96 - 1 - i, "kind": "breach"} for i in range(2)
            ],
            "since": 7,
        },
    ),
    "groups-in-order": (words.groups_in_order, {"compute": [job] * 3 + [{**job, "run": "m2"}] * 9}),
    "chained": (words.chained, {"events": [{**event, "at": 2 * i} for i in range(9)]}),
    "extremes": (words.extremes, {"compute": [job] * 3 + [{**job, "run": "m2", "devices": 2**32 - 1}] * 5, "least": 0}),
    "apart": (
        words.apart,
        {"compute": [{**job, "devices": 2**32 - 1}, {**job, "run": "m2", "site": "s", "devices": 4}]},
    ),
    "totals-in-rows": (words.totals_in_rows, {"compute": [job] * 9, "events": [event, {**event, "at": 2**40}]}),
    "quantiles": (
        words.quantiles,
        {"compute": [{**job, "flop": 2**96 - 1}] + [job] * 19, "limit": 2**95, "share": "95%"},
    ),
    "public-asks": (words.public_asks, {"events": [event] * 3, "when": 5}),
}


def prove_and_verify(definition: ClaimDefinition, given: dict[str, object]) -> int:
    """A proof over sealed tables, through the verifier's own decoders; its bytes."""
    compiled = compile_claim(definition)
    logs = {log.name: log.schema for log in definition.logs}
    tables = {name: [padded(encode_rows(schema, given[name]))] for name, schema in logs.items()}  # type: ignore[arg-type]
    publics = definition.publics({name: value for name, value in given.items() if name not in logs})
    assert interpret(definition, tables, publics).holds
    sealed, stated = [], []
    for slot in compiled.program.logs:
        made = [SealedTable(t, seed := os.urandom(32), commit(t, seed, "standard", slot.schema_digest), STANDARD)
                for t in tables[slot.name]]  # fmt: skip
        entries = tuple(table.entry for table in made)
        body = Checkpoint("test", len(entries), merkle.root([entry.encode() for entry in entries])).body.encode()
        stated.append(StatementLog(slot.name, body, entries))
        sealed += made
    case = trial(compiled, tables, publics, sealed)
    statement = Statement(STANDARD, compiled.program, tuple(case.publics), tuple(stated), private=case.sizes)
    proof = Prover(statement, sealed, case.private, case.unknowns, os.urandom(32)).prove()
    verify_proof(decode_statement(statement.encode()), decode_program(compiled.program.encoded), proof)
    return len(proof)


@pytest.mark.parametrize("name", CASES)
def test_a_proof_verifies(name: str) -> None:
    definition, given = CASES[name]
    assert prove_and_verify(definition, given) > 0
