"""Seal, prove (after one warm-up proof) and verify one synthetic compute log of 2^k rows; figures as JSON on stdout.

python one_size.py K PROFILE FOLDER
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path

import numpy as np
import stages

from zkcompliance import schemas
from zkcompliance.claim import catalogue
from zkcompliance.prove import api, engine
from zkcompliance.stark.commit import table as tables
from zkcompliance.stark.profiles import by_name
from zkcompliance.verify.program import decode_program
from zkcompliance.verify.statement import decode_statement
from zkcompliance.verify.verifier import verify_proof


def random_table(k: int) -> np.ndarray:
    """2^k − 3 real rows with random phases and FLOP below 2^80."""
    schema = schemas.compute
    rng = np.random.default_rng(k)
    table = np.zeros((schema.width, 1 << k), np.uint32)
    rows = max(1, (1 << k) - 3)
    table[0, :rows] = 1
    table[schema.limbs("phase")[0], :rows] = rng.integers(0, 7, rows)
    for limb in list(schema.limbs("flop"))[:5]:
        table[limb, :rows] = rng.integers(0, 1 << 16, rows)
    return table


def main(k: int, profile: str, folder: Path) -> None:
    claim = catalogue.load("training-compute-below")
    engine.warm_up()
    table, seed, cache = random_table(k), os.urandom(32), folder / "segment"
    started = time.perf_counter()
    entry = tables.commit(table, seed, profile, claim.slots["compute"].digest, cache=cache)
    seal = time.perf_counter() - started
    stages.watch()
    one, first, first_cpu = None, 0.0, 0.0
    for number in range(2):
        del one
        one = api.small_prover(claim, [table], [seed], [entry], claim.publics({"limit": 1 << 110}))
        one.tables = [tables.SealedTable(table, seed, entry, by_name(profile), cache)]
        if number:
            stages.reset()
        started, used = time.perf_counter(), time.process_time()
        proof = one.prove()
        prove, cpu = time.perf_counter() - started, time.process_time() - used
        if number == 0:
            first, first_cpu = prove, cpu
    statement, program = decode_statement(one.statement.encode()), decode_program(claim.program_bytes)
    started = time.perf_counter()
    verify_proof(statement, (program,), proof)
    verify = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = {
        "seal": seal,
        "first": first,
        "first_cpu": first_cpu,
        "prove": prove,
        "cpu": cpu,
        "statement": claim.program_digest.hex(),
        "verify": verify,
        "bytes": len(proof),
        "peak": peak,
        "stages": stages.shares(prove),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
