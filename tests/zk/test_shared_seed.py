"""Two parties who hold one log know its seed, and neither learns of the other's proof what the log's seed would tell.

Masks, blinds and salts of a proof are of its own seed. What would be learned otherwise is shown: whoever knows the
seed takes the masks off the witness rows that a proof opens, and reads the witness.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import zkcompliance as zk
from tests.kit import support
from tests.kit.functionals import at_base_point
from zkcompliance.prove import api
from zkcompliance.stark.commit.keystream import Keystream
from zkcompliance.stark.field.babybear import root_of_unity
from zkcompliance.stark.field.twin import bit_reverse
from zkcompliance.stark.prover.prover import Prover

T = 1767225600
ROWS = [
    {"start": T + i, "end": T + i + 1, "run": f"r{i}", "phase": "pretraining", "flop": 10**9 + i, "method": "hardware"}
    for i in range(5)
]


class Recorded(Prover):
    """What it commits to as witness of the first instance, and that witness."""

    masked: np.ndarray
    plain: np.ndarray

    def commit_witness(self) -> None:
        super().commit_witness()
        self.masked, self.plain = self.witness_polynomials[0].copy(), self.trace.witness[0].copy()


def drawn_positions(made: Prover) -> list[int]:
    """The rows of the first instance that the proof opened."""
    label, state = made.transcript.log[-1]
    assert label == "queries"
    stream = support.prover_transcript.Stream(state, support.prover_transcript.BLOCK)
    above = made.layout.heights[0] - made.layout.instances[0].kappa
    drawn = stream.indices(made.queries, made.layout.domain_log2)
    return sorted({position >> above for position in drawn})


def unmasked(made: Recorded, seed: bytes) -> np.ndarray | None:
    """The witness of the first instance, (columns, N), as who knows the seed and sees the opened rows works it out.

    None where the rows, with the masks that follow from the seed taken off, are of no polynomial of degree < N.
    """
    instance, polynomials = made.layout.instances[0], made.masked.astype(object)
    rows, bits, h = instance.rows, instance.kappa + made.profile.log_blowup, made.profile.mask
    masks = Keystream(seed).field("witness 0", polynomials.shape[0] * h).reshape(polynomials.shape[0], h)
    positions = drawn_positions(made)
    assert len(positions) > rows + 3
    points = [zk_point(position, bits) for position in positions]
    powers = np.array([[pow(x, i, support.P) for i in range(polynomials.shape[1])] for x in points], object)
    opened = powers.dot(polynomials.T) % support.P  # what the proof sends
    hidden = np.concatenate([at_base_point(x, rows, h) for x in points]).astype(object).dot(masks.astype(object).T)
    values = (opened - hidden) % support.P
    plain = solved(powers[:rows, :rows], values[:rows])
    if ((powers[:, :rows].dot(plain) - values) % support.P).any():
        return None
    omega = root_of_unity(rows.bit_length() - 1)
    at = np.array([[pow(omega, i * j, support.P) for j in range(rows)] for i in range(rows)], object)
    return (at.dot(plain) % support.P).T


def zk_point(position: int, bits: int) -> int:
    return 31 * pow(root_of_unity(bits), bit_reverse(position, bits), support.P) % support.P


def solved(matrix: np.ndarray, values: np.ndarray) -> np.ndarray:
    """x with matrix · x = values mod p; a Vandermonde matrix of distinct points."""
    size = len(matrix)
    work = np.concatenate([matrix, values], axis=1) % support.P
    for column in range(size):
        pivot = column + int(np.flatnonzero(work[column:, column])[0])
        work[[column, pivot]] = work[[pivot, column]]
        work[column] = work[column] * pow(int(work[column, column]), -1, support.P) % support.P
        for other in range(size):
            if other != column:
                work[other] = (work[other] - work[other, column] * work[column]) % support.P
    return work[:, size:]


@pytest.fixture
def proofs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Recorded], list[bytes], Path]:
    """Both holders of a log prove one claim over it, as `prove` does: their provers, and the seeds of the log."""
    zk.keygen(tmp_path / "key", "cloud.example/jobs")
    with zk.open_log(tmp_path / "log", key=tmp_path / "key", schema=zk.schemas.compute, profile="small") as log:
        log.append(ROWS)
        log.seal()
    copy = zk.hand_over(tmp_path / "log", tmp_path / "copy", share="1/2")
    zk.receive(copy, key=tmp_path / "key.pub")
    made: list[Recorded] = []

    class Kept(Recorded):
        def let_go(self) -> None:
            made.append(self)

    monkeypatch.setattr(api, "Prover", Kept)
    for folder in (tmp_path / "log", copy):
        zk.prove("training-compute-below", {"compute": folder}, limit=10**12)
    seeds = [segment.seed for folder in (tmp_path / "log", copy) for segment in zk_log(folder).segments]
    return made, seeds, copy


def zk_log(folder: Path):  # type: ignore[no-untyped-def]
    from zkcompliance.log.store import SealedLog

    return SealedLog.open(folder)


def test_the_seed_of_the_log_unmasks_no_proof(
    proofs: tuple[list[Recorded], list[bytes], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, seeds, copy = proofs
    assert len(made) == 2 and len(set(seeds)) == 1 and len({prover.seed for prover in made} | set(seeds)) == 3
    assert [unmasked(prover, seeds[0]) for prover in made] == [None, None]
    assert unmasked(made[1], made[0].seed) is None  # nor does the other proof's
    for prover in made:  # who had its own seed would read it: the attack is one
        found = unmasked(prover, prover.seed)
        assert found is not None and (found == prover.plain).all()

    class Careless(Recorded):
        """A prover that takes its masks from the log's seed."""

        def prove(self) -> bytes:
            self.seed = seeds[0]
            return super().prove()

        def let_go(self) -> None:
            made.append(self)

    monkeypatch.setattr(api, "Prover", Careless)
    zk.prove("training-compute-below", {"compute": copy}, limit=10**12)
    found = unmasked(made[2], seeds[0])
    assert found is not None and (found == made[2].plain).all()


def test_what_a_proof_draws_from_the_seed_of_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Masks and salts of the log's own columns and leaves, as they were when it was sealed, and nothing else."""
    made = support.prover([support.seal(support.table(support.ROWS))])
    drawn: set[tuple[bytes, str]] = set()
    real = Keystream._cipher

    def recorded(self: Keystream, label: str):  # type: ignore[no-untyped-def]
        drawn.add((self._seed, label.split()[0]))
        return real(self, label)

    monkeypatch.setattr(Keystream, "_cipher", recorded)
    support.prove(made)
    log = support.seed("log")
    assert {label for seed, label in drawn if seed == log} <= {"mask", "salt"}
    own = {label for seed, label in drawn if seed == made.seed}
    assert {"blind", "witness", "extension", "chunk", "fri"} <= own and {seed for seed, _ in drawn} <= {log, made.seed}
