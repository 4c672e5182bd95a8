"""Where secrets come from: 32 fresh bytes of the operating system for every proof and segment, forked or not."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import support

import zkcompliance
from zkcompliance.commit.keystream import Keystream
from zkcompliance.prove import api

PACKAGE = Path(zkcompliance.__file__).parent
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
from zkcompliance.commit.table import random_seed
from zkcompliance.prove import api

def say(seed):
    os.write(1, seed.hex().encode() + b"\\n")

class Prover:
    def __init__(self, statement, tables, private, unknowns, seed, progress=None):
        say(seed)

api.Prover = Prover
sys.path.insert(0, sys.argv[1])
import support
table = support.seal(support.table(support.ROWS))
given = ([table.columns], [support.seed("log")], [table.entry], support.PUBLICS)
api.small_prover(support.CLAIM, *given)
say(random_seed())
for _ in range(8):
    if os.fork() == 0:
        for _ in range(5):
            api.small_prover(support.CLAIM, *given)
            say(random_seed())
        os._exit(0)
for _ in range(8):
    os.wait()
"""


def test_forked_processes_share_no_seed() -> None:
    """Eight children of one parent that had drawn already: 82 seeds, none twice."""
    tests = str(Path(__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORKS, tests], capture_output=True, text=True, env=support.ENVIRONMENT
    )
    assert done.returncode == 0, done.stderr
    seeds = done.stdout.split()
    assert len(seeds) == 82 and len(set(seeds)) == 82 and {len(seed) for seed in seeds} == {64}


FRESH = {"os.urandom(32)", "os.urandom(SEED_BYTES)", "random_seed()"}
KEPT = {"seed", "segment.seed", "self._seed"}  # a segment's: drawn when it was sealed, and read again


def test_every_seed_in_the_package_is_drawn_where_it_is_used() -> None:
    """No code of the package hands a prover, a commitment or a key a seed of its own making."""
    seeds: dict[str, list[str]] = {"Prover": [], "commit": [], "seed =": []}
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Prover", "commit"):
                name = ast.unparse(node.func)
                seeds[name].append(ast.unparse(node.args[4 if name == "Prover" else 1]))
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "seed":
                seeds["seed ="].append(ast.unparse(node.value))
    assert len(seeds["Prover"]) >= 3 and set(seeds["Prover"]) <= FRESH
    assert len(seeds["commit"]) >= 3 and set(seeds["commit"]) <= KEPT
    assert len(seeds["seed ="]) >= 5 and set(seeds["seed ="]) <= FRESH | KEPT
