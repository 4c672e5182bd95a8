"""One claim of the catalogue, or of a file, over logs of some rows; figures as JSON on stdout.

    python one_claim.py prove CLAIM ROWS FOLDER     seal, prove twice, verify; the second proof is measured
    python one_claim.py check CLAIM ROWS FOLDER     the interpreter alone

The path is a user's: sealed logs in folders, `prove_claim` with its own check, witness and verification.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import claim_logs
import stages

from zkcompliance.claim import catalogue
from zkcompliance.claim.model import Claim
from zkcompliance.prove import api, engine
from zkcompliance.stark.prover.prover import Prover
from zkcompliance.verify.verifier import verify_bundle


def widths(claim: Claim, rows: int) -> dict[str, int]:
    """Columns of the program's tables: read of the logs, witness (with blinds), extension (base columns)."""
    tables = claim.program.tables
    return {
        "log": sum(len(table.log_columns) for table in tables),
        "witness": sum(table.witness + 1 for table in tables),
        "extension": sum(6 * len(table.groups) for table in tables),
        "rows": rows,
    }


def main(what: str, name: str, rows: int, folder: Path) -> None:
    claim = catalogue.load(name)
    made, params = claim_logs.make(claim.id, rows)
    publics = claim_logs.publics(claim, params)
    if what == "check":
        tables = {slot: [columns] for slot, columns in made.items()}
        started, used = time.perf_counter(), time.process_time()
        found = claim.check(tables, publics)
        seconds, cpu = time.perf_counter() - started, time.process_time() - used
        if not found.holds:
            raise SystemExit(f"{name}: {found.requirement}: {found.margin}")
        print(json.dumps({"check": seconds, "cpu": cpu}))
        return
    engine.warm_up()
    started = time.perf_counter()
    logs = claim_logs.seal(claim, made, folder)
    seal = time.perf_counter() - started
    del made
    clock: dict[str, float] = {}

    def counted(name: str, inner: Any) -> Any:
        def wrapper(*arguments: Any, **options: Any) -> Any:
            began = time.perf_counter()
            try:
                return inner(*arguments, **options)
            finally:
                clock[name] = clock.get(name, 0.0) + time.perf_counter() - began

        return wrapper

    stages.watch()
    object.__setattr__(claim, "check", counted("check", claim.check))
    object.__setattr__(claim, "witness", counted("witness", claim.witness))
    Prover.prove = counted("prover", Prover.prove)  # type: ignore[method-assign]
    api.verify_bundle = counted("verify", verify_bundle)
    first, first_cpu = 0.0, 0.0
    proof = b""
    for number in range(2):
        stages.reset()
        clock.clear()
        started, used = time.perf_counter(), time.process_time()
        proof = api.prove_claim(claim, logs, publics)
        seconds, cpu = time.perf_counter() - started, time.process_time() - used
        if number == 0:
            first, first_cpu = seconds, cpu
    print(
        json.dumps(
            {
                "seal": seal, "first": first, "first_cpu": first_cpu, "prove": seconds, "cpu": cpu, "bytes": len(proof),
                "parts": clock, "statement": claim.program_digest.hex(),
                "stages": stages.shares(clock["prover"]), "columns": widths(claim, rows),
                "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    )  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
