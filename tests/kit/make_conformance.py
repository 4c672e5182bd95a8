"""Writes tests/vectors/conformance anew, before a release: afterwards these files verify for ever.

python -m tests.kit.make_conformance

Proofs for a policy, of each profile; one of a single claim, and what dishonest provers make of that one. The claim is
one of these files alone, given by its card. Secrets are fresh, so that other bytes come of every run; none is kept.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tests.kit.command_line import ok
from tests.kit.regulated_lab import CSV, MODEL, OWN_CLAIM, policy
from tests.kit.support import without
from zkcompliance.claim import catalogue
from zkcompliance.claim.card import card_of
from zkcompliance.prove import api
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.fri import prover as fri
from zkcompliance.stark.fri.prover import CommittedLayer
from zkcompliance.stark.fri.schedule import Layer
from zkcompliance.stark.prover import prover
from zkcompliance.stark.prover.prover import Prover

PLACE = Path(__file__).parents[1] / "vectors" / "conformance"
PROFILES = ("small", "fast", "standard")
REFERENCE = "ref 7"
LIMIT = "1e21"


@contextlib.contextmanager
def without_work() -> Iterator[None]:
    """A prover that takes the first nonce, and so as many draws of the queries as it likes."""
    with without(prover, "grind", lambda state, bits: 0):
        yield


@contextlib.contextmanager
def without_a_quotient() -> Iterator[None]:
    """A prover that commits to zero where the constraints' quotient belongs: no constraint need hold."""
    honest = Prover.quotient

    def nothing(self: Prover, kappa: int, weights: dict[int, np.ndarray]) -> np.ndarray:
        return np.zeros_like(honest(self, kappa, weights))

    with without(Prover, "quotient", nothing):
        yield


@contextlib.contextmanager
def another_layer(number: int) -> Iterator[None]:
    """A prover whose FRI layer of this number is another polynomial than the fold of what came before."""
    honest, made = fri.commit_layer, 0

    def commit(polynomial: np.ndarray, layer: Layer, log_blowup: int) -> CommittedLayer:
        nonlocal made
        if made == number:
            polynomial[0, 0] = (int(polynomial[0, 0]) + 1) % P
        made += 1
        return honest(polynomial, layer, log_blowup)

    with without(fri, "commit_layer", commit):
        yield


@contextlib.contextmanager
def another_end() -> Iterator[None]:
    """A prover whose final polynomial is not the last fold."""
    honest = prover.fold_all

    def folded(*given: object) -> tuple[list[CommittedLayer], np.ndarray]:
        layers, final = honest(*given)  # type: ignore[arg-type]
        final[0, 0] = (int(final[0, 0]) + 1) % P
        return layers, final

    with without(prover, "fold_all", folded):
        yield


DISHONEST = {
    "no-work": without_work,
    "no-quotient": without_a_quotient,
    "another-first-layer": lambda: another_layer(0),
    "another-layer": lambda: another_layer(1),
    "another-end": another_end,
}


def write(folder: Path) -> None:
    """One log for each profile, each with a key of its own. folder: for what is secret, empty."""
    PLACE.mkdir(exist_ok=True)
    claim, given = folder / "my_own.py", folder / "in.csv"
    claim.write_text(OWN_CLAIM)
    given.write_text(CSV)
    card = card_of(catalogue.load(str(claim)))
    (PLACE / "card.json").write_bytes(card.encoded)
    asked = PLACE / "policy.toml"
    asked.write_text(policy("my-own", f'"{LIMIT}"', card=card.digest.hex()))
    for name in (*PROFILES, "other"):
        ok("keygen", f"lab.example/{name}", "-o", folder / f"{name}.key")
        (PLACE / f"{name}.pub").write_bytes((folder / f"{name}.key.pub").read_bytes())
    bound = ("--subject", MODEL, "--context", REFERENCE)
    for profile in PROFILES:
        log = folder / profile
        ok("seal", given, "--log", log, "--key", folder / f"{profile}.key", "--profile", profile)
        by = ("--policy", asked, "--claim-file", claim)
        ok("prove", *by, "--log", f"compute={log}", *bound, "-o", PLACE / f"{profile}-policy.zkp")
    one = ("prove", claim, "--log", folder / "small", "-p", f"limit={LIMIT}", *bound)
    ok(*one, "-o", PLACE / "small-claim.zkp")
    for name, dishonest in DISHONEST.items():
        with dishonest(), without(api, "verify_bundle"):  # what proves looks at its own proof, and would refuse it
            ok(*one, "-o", PLACE / f"{name}.zkp")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
