"""What a claim asked in its first version, proved by this checkout or by one from before; figures as JSON on stdout.

    python first_version.py CLAIM ROWS FOLDER           over sealed logs in folders, with check, witness, verification
    python first_version.py CLAIM ROWS FOLDER PROFILE   the prover alone, over one log in memory, sealed beside

CLAIM is one of RELATIONS. A checkout whose catalogue has its first version proves that, any other the claim of
benches/first_versions: the file runs in both, with the Python and the package of the checkout. Rows are the same by
name of column, sealed in the checkout's own schema. The second proof of the process is measured, and the first.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import claim_logs
import numpy as np

from zkcompliance import schemas
from zkcompliance.claim import catalogue
from zkcompliance.claim.model import Claim
from zkcompliance.prove import api
from zkcompliance.stark.commit import table as tables
from zkcompliance.stark.profiles import by_name

try:
    from zkcompliance.prove.engine import warm_up
except ImportError:  # before it had a file of its own
    from zkcompliance.prove.api import warm_up  # type: ignore[attr-defined, no-redef]

# what of its meaning differs from the first version's, "" where nothing does: then both prove one relation
RELATIONS = {
    "training-compute-below": "",
    "compute-band": "",
    "compute-methods-agree": "",
    "eval-score-under": "a score may be missing",
    "evals-cadence": "",
    "incidents-reported-in-time": "",
    "eval-coverage": "",
    "chips-registered": "",
}


def file_of(name: str) -> Path:
    """The first version of a claim, in today's language."""
    return Path(__file__).parent / "first_versions" / f"{name.replace('-', '_')}.py"


def load(name: str) -> Claim:
    """The catalogue's where that is the first version, or else the file's."""
    own = catalogue.load(name)
    return own if own.version == 1 else catalogue.load(str(file_of(name)))


def make(claim: Claim, name: str, rows: int) -> tuple[dict[str, np.ndarray], dict[str, int]]:
    """The columns of each of its logs, and its parameters, under which it holds."""
    made, params = OWN[name](rows) if name in OWN else claim_logs.make(name, rows)
    return {slot: made[slot] for slot in claim.slots}, claim_logs.publics(claim, params)


def chips(rows: int) -> claim_logs.Made:
    """Chips that were at one to three sites and more, one after the other."""
    schema, draw = schemas.chip, claim_logs.rng("chip")
    count = max(1, rows * 3 // 5)
    ids, sites, owners = claim_logs.ids(draw, count), claim_logs.ids(draw, 12), claim_logs.ids(draw, 3)
    kind = draw.integers(1, 32, count)
    which = np.concatenate([np.arange(count), draw.integers(0, count, rows - count)])[:rows]
    order = np.argsort(which, kind="stable")
    turn = np.empty(rows, np.int64)  # the how-manieth tenure of its chip
    turn[order] = np.arange(rows) - np.searchsorted(which[order], which[order])
    since = claim_logs.BEGIN + turn * 100 * claim_logs.DAY + draw.integers(0, 10 * claim_logs.DAY, rows)
    until = since + draw.integers(1, 89 * claim_logs.DAY, rows)
    used = claim_logs.cells(
        schema, rows, chip=ids[which], kind=kind[which], site=sites[draw.integers(0, 12, rows)],
        owner=owners[which % 3], from_=since, until=until,
    )  # fmt: skip
    listed = draw.permutation(count)
    registry = claim_logs.cells(
        schema, count, chip=ids[listed], kind=kind[listed], owner=owners[listed % 3], from_=claim_logs.BEGIN,
        until=(1 << 48) - 1,
    )  # fmt: skip
    return {"used": used, "registry": registry}, {"cap": count}


def incidents(rows: int) -> claim_logs.Made:
    """The register alone."""
    made, _ = claim_logs.incidents(rows, claim_logs.rng("incident"))
    return {"incidents": made}, {"as_of": claim_logs.BEGIN + 1100 * claim_logs.DAY}


# of claims whose later versions read schemas that there were not yet
OWN = {"chips-registered": chips, "incidents-reported-in-time": incidents}


def in_folders(claim: Claim, made: dict[str, np.ndarray], publics: dict[str, int], folder: Path) -> Callable[[], bytes]:
    """A function that proves it over logs that are sealed first."""
    logs = claim_logs.seal(claim, made, folder)
    made.clear()
    return lambda: api.prove_claim(claim, logs, publics)


def in_memory(
    claim: Claim, made: dict[str, np.ndarray], publics: dict[str, int], folder: Path, profile: str
) -> Callable[[], Callable[[], bytes]]:
    """A function that makes a prover over its one log, of a power of two of rows."""
    ((slot, columns),) = made.items()
    seed, cache = os.urandom(32), folder / "segment"
    entry = tables.commit(columns, seed, profile, claim.slots[slot].digest, cache=cache)

    def ready() -> Callable[[], bytes]:
        prover = api.small_prover(claim, [columns], [seed], [entry], publics)
        prover.tables = [tables.SealedTable(columns, seed, entry, by_name(profile), cache)]
        return prover.prove

    return ready


def main(name: str, rows: int, folder: Path, profile: str = "") -> None:
    claim = load(name)
    made, publics = make(claim, name, rows)
    warm_up()
    ready: Callable[[], Callable[[], bytes]]
    if profile:
        ready = in_memory(claim, made, publics, folder, profile)
    else:
        proved = in_folders(claim, made, publics, folder)
        ready = lambda: proved  # noqa: E731
    found: list[tuple[float, float]] = []
    proof, prove = b"", None
    for _ in range(2):
        del prove
        prove = ready()
        started, used = time.perf_counter(), time.process_time()
        proof = prove()
        found.append((time.perf_counter() - started, time.process_time() - used))
    (first, first_cpu), (second, cpu) = found
    same = f"version 1 of {name}, {rows} rows" if not RELATIONS[name] else claim.program_digest.hex()
    figures = {"first": first, "first_cpu": first_cpu, "prove": second, "cpu": cpu, "bytes": len(proof)}
    print(json.dumps({**figures, "statement": same}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), *sys.argv[4:5])
