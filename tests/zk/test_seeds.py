"""Where secrets come from: 32 fresh bytes of the operating system for every proof and segment, forked or not."""

from __future__ import annotations

import subprocess
import sys

from tests.kit import support
from zkcompliance.prove import api
from zkcompliance.stark.commit.keystream import Keystream

PROOFS = 1000


def test_a_thousand_proofs_share_no_seed() -> None:
    """Provers over one table and one statement, as `prove` makes them; the blinds drawn from their seeds differ too."""
    table = support.seal(support.table(support.ROWS))
    given = ([table.columns], [support.seed("log")], [table.entry], support.PUBLICS)
    provers = [api.small_prover(support.CLAIM, *given) for _ in range(PROOFS)]
    assert len({made.seed for made in provers}) == PROOFS and {len(made.seed) for made in provers} == {32}
    drawn = [Keystream(made.seed).field("blind", 6).tobytes() for made in provers]
    assert len(set(drawn)) == PROOFS


FORKS = """
import os, sys
from zkcompliance.stark.commit.entry import Entry
from zkcompliance.prove import api

def say(seed):
    os.write(1, seed.hex().encode() + b"\\n")

class Prover:
    def __init__(self, statement, tables, private, unknowns, seed, progress=None):
        say(seed)

api.Prover = Prover
from tests.kit import support
table = support.table(support.ROWS)
entry = Entry(1, support.SCHEMA.digest, support.SCHEMA.width, 3, 13, bytes(32), (0,) * 6)
given = ([table], [support.seed("log")], [entry], support.PUBLICS)
api.small_prover(support.CLAIM, *given)
say(os.urandom(32))  # as a segment's is drawn
for _ in range(8):
    if os.fork() == 0:
        for _ in range(5):
            api.small_prover(support.CLAIM, *given)
            say(os.urandom(32))  # as a segment's is drawn
        os._exit(0)
for _ in range(8):
    os.wait()
"""


def test_forked_processes_share_no_seed() -> None:
    """Eight children of one parent that had drawn already: 82 seeds, none twice."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORKS], capture_output=True, text=True, env=support.ENVIRONMENT
    )
    assert done.returncode == 0, done.stderr
    seeds = done.stdout.split()
    assert len(seeds) == 82 and len(set(seeds)) == 82 and {len(seed) for seed in seeds} == {64}
