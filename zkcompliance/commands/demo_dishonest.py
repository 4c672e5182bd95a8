"""A dishonest prover, for the demo only: it skips every check and proves a false total as well as anyone can."""

from __future__ import annotations

import os

from zkcompliance.claim.model import Claim
from zkcompliance.log.store import SealedLog
from zkcompliance.policy.binding import Binding
from zkcompliance.progress import Progress
from zkcompliance.prove import api
from zkcompliance.stark.commit.table import SealedTable
from zkcompliance.stark.prover.prover import Prover
from zkcompliance.stark.statement import encode_bundle


def dishonest_bundle(claim: Claim, log: SealedLog, publics: dict[str, int], now: int, report: Progress) -> bytes:
    """A proof file for a claim that is false over `log`: negative slack is wrapped around, as an overflow would be."""
    tables = [SealedTable(s.load_columns(), s.seed, s.entry, s.profile, s.cache) for s in log.segments]
    columns = {"compute": [table.columns for table in tables]}
    witness = claim.witness(columns, publics)
    asked = api.Asked(claim.id, claim, {"compute": [log]}, publics)
    statement = api.state([asked], api.logs_of([asked]), [witness], Binding(time=now).encode())
    unknowns = [
        value % (1 << 16 * unknown.limbs)
        for value, unknown in zip(witness.unknowns, claim.program.unknowns, strict=True)
    ]
    proof = Prover(statement, tables, witness.private, unknowns, os.urandom(32), report).prove()
    return encode_bundle(statement, [log.checkpoint_note.encode()], proof)
