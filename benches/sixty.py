"""training-compute-below over 60 segments, as many as one proof covers; figures as JSON on stdout.

    python sixty.py seal K FOLDER         60 segments of 2^K rows each; prints the limit under which the claim holds
    python sixty.py prove LIMIT FOLDER    one proof over them, verified by itself

Two processes, so that the memory of the second is what proving takes.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np

import zkcompliance as zk
from zkcompliance.claim import catalogue
from zkcompliance.limits import MAX_SEGMENTS
from zkcompliance.log.keys import load_private
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.prove import api, engine

CLAIM = "training-compute-below"


def seal(k: int, folder: Path) -> None:
    """A table of random FLOP below 2^64 for each segment."""
    schema = catalogue.load(CLAIM).slots["compute"]
    zk.keygen(folder / "key", "bench-sixty")
    key, rng, total = load_private(folder / "key"), np.random.default_rng(60), 0
    create_log(folder / "log", schema, key)
    with Writer(folder / "log", key) as writer:
        for _ in range(MAX_SEGMENTS):
            table = np.zeros((schema.width, 1 << k), np.uint32)
            table[0] = 1
            for place, limb in enumerate(schema.limbs("flop")[:4]):
                table[limb] = rng.integers(0, 1 << 16, 1 << k)
                total += int(table[limb].astype(np.int64).sum()) << 16 * place
            writer.seal_columns([table], empty=False)
    print(json.dumps({"limit": str(total + 1)}))


def prove(limit: int, folder: Path) -> None:
    claim = catalogue.load(CLAIM)
    engine.warm_up()
    log = SealedLog.open(folder / "log")
    began, used = time.perf_counter(), time.process_time()
    proof = api.prove_claim(claim, {"compute": log}, claim.publics({"limit": limit}))
    figures = {"prove": time.perf_counter() - began, "cpu": time.process_time() - used, "bytes": len(proof)}
    print(json.dumps(figures))


if __name__ == "__main__":
    seal(int(sys.argv[2]), Path(sys.argv[3])) if sys.argv[1] == "seal" else prove(int(sys.argv[2]), Path(sys.argv[3]))
