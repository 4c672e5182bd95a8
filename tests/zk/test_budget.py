"""The budget of a sealed column: what K real transcripts reveal is independent, up to the last unit and no further."""

from __future__ import annotations

import numpy as np
import pytest

from tests.kit import support
from tests.kit.functionals import at_base_point, at_extension_point, rank
from tests.kit.support import Proved
from zkcompliance.stark.field.babybear import root_of_unity
from zkcompliance.stark.field.twin import bit_reverse
from zkcompliance.stark.profiles import PROFILES, log_mask
from zkcompliance.stark.prover.prover import Prover

PROOFS = 6


def drawn_positions(proved: Proved) -> list[int]:
    """The rows of the first segment that a proof opened, from its transcript."""
    made = proved.prover
    label, state = made.transcript.log[-1]
    assert label == "queries"
    stream = support.prover_transcript.Stream(state, support.prover_transcript.BLOCK)
    above = made.layout.heights[0] - made.layout.instances[0].kappa
    drawn = stream.indices(made.queries, made.layout.domain_log2)
    return sorted({position >> above for position in drawn})


def point(position: int, bits: int) -> int:
    return 31 * pow(root_of_unity(bits), bit_reverse(position, bits), support.P) % support.P


@pytest.fixture(scope="module")
def transcripts() -> list[Proved]:
    """Six proofs over one sealed segment, of several statements."""
    log = support.seal(support.table(support.ROWS))
    made = []
    for i in range(PROOFS):
        publics = {**support.PUBLICS, "limit": support.LIMIT + i % 2}
        made.append(support.prove(support.prover([log], publics, name=f"transcript {i}")))
    return made


def revealed(transcripts: list[Proved], h: int) -> tuple[np.ndarray, int]:
    """The functionals of one column's mask of h coefficients that transcripts and tag reveal, and how many these are
    where no positions meet."""
    (table,) = transcripts[0].prover.tables
    entry, profile = table.entry, table.profile
    bits = entry.kappa + profile.log_blowup
    rows = 1 << entry.k
    positions: set[int] = set()
    parts = [at_extension_point(entry.tag_point(), rows, h)]
    for proved in transcripts:
        parts.append(at_extension_point(proved.prover.z, rows, h))
        positions |= set(drawn_positions(proved))
    parts += [at_base_point(point(position, bits), rows, h) for position in sorted(positions)]
    return np.concatenate(parts), 6 + sum(proved.prover.queries + 6 for proved in transcripts)


def test_transcripts_reveal_independent_functionals(transcripts: list[Proved]) -> None:
    """Rank = every distinct functional, within the units charged: with the real h they are jointly uniform."""
    (table,) = transcripts[0].prover.tables
    h = log_mask(table.entry.k, table.entry.kappa)
    count = revealed(transcripts, 1)[0].shape[0]
    matrix, most = revealed(transcripts, count)  # independent even on the masks of degree below their number
    charged = 6 + table.profile.units * len(transcripts)
    assert count <= most < charged <= h  # a proof is charged what the profile's most queries would reveal
    assert most - count <= 4  # positions that met by chance
    assert rank(matrix) == count


def test_openings_are_those_functionals_of_the_mask(transcripts: list[Proved]) -> None:
    """The rows and values in a real proof are T + Z_H·r at those points: nothing else of the mask is sent."""
    proved = transcripts[0]
    made, (table,) = proved.prover, proved.prover.tables
    entry = table.entry
    h, rows, column = log_mask(entry.k, entry.kappa), 1 << entry.k, support.FLOP[0]
    mask = support.Keystream(table._seed).field(f"mask {column}", h).astype(object)
    plain = support.interpolate(table.columns[[column]])[0].astype(object)
    bits = entry.kappa + table.profile.log_blowup
    for position in drawn_positions(proved)[:5]:
        x = point(position, bits)
        whole = sum(int(c) * pow(x, i, support.P) for i, c in enumerate(plain))
        hidden = int((at_base_point(x, rows, h)[0].astype(object) * mask).sum())
        (leaf,) = table.rows(position, 1)
        opened = np.frombuffer(leaf, "<u4")[8 + column]
        assert (whole + hidden) % support.P == opened
    at = made.layout.instances[0].air.log_columns.index(column)
    value = [int((row.astype(object) * mask).sum()) for row in at_extension_point(made.z, rows, h)]
    power = support.ext.ONE
    for c in plain:
        value = [(v + int(c) * p) % support.P for v, p in zip(value, power, strict=True)]
        power = support.ext.mul(power, made.z)
    assert tuple(v % support.P for v in value) == made.values[at]


@pytest.mark.parametrize("spent", [2, PROOFS])
def test_one_past_the_budget_there_is_a_relation(transcripts: list[Proved], spent: int) -> None:
    """A mask of exactly the units revealed hides them all; of one coefficient less, a combination is of rows alone."""
    matrix, _ = revealed(transcripts[:spent], 1)
    count = matrix.shape[0]
    exact, _ = revealed(transcripts[:spent], count)
    assert rank(exact) == count
    more, _ = revealed(transcripts[:spent], count + 50)
    assert rank(more) == count
    short, _ = revealed(transcripts[:spent], count - 1)
    assert rank(short) == count - 1


def test_a_mask_that_is_too_short_betrays_a_row(transcripts: list[Proved]) -> None:
    """One unit over: the relation, applied to the openings, is a statement about the sealed rows that is not random."""
    (table,) = transcripts[0].prover.tables
    entry = table.entry
    bits, rows = entry.kappa + table.profile.log_blowup, 1 << entry.k
    positions = drawn_positions(transcripts[0])[:9]
    h = 8
    rng = np.random.default_rng(3)
    results = []
    for first in (0, 1):
        column = np.zeros((1, rows), np.uint32)
        column[0, 0] = first
        plain = support.interpolate(column)
        known = []
        for _ in range(4):  # other masks, the same relation
            mask = rng.integers(0, support.P, (1, h), dtype=np.uint32)
            coefficients = support.masked_coefficients(column, mask)[0]
            points = [point(p, bits) for p in positions]
            opened = [
                sum(int(c) * pow(x, i, support.P) for i, c in enumerate(coefficients)) % support.P for x in points
            ]
            matrix = np.concatenate([at_base_point(x, rows, h) for x in points])
            relation = left_kernel(matrix)
            known.append(sum(int(a) * b for a, b in zip(relation, opened, strict=True)) % support.P)
        assert len(set(known)) == 1
        assert plain.shape == (1, rows)
        results.append(known[0])
    assert results[0] != results[1]


def left_kernel(matrix: np.ndarray) -> np.ndarray:
    """A non-zero y with y·M = 0 for M with one row more than columns, normalised to last entry 1."""
    rows, columns = matrix.shape
    assert rows == columns + 1
    augmented = np.concatenate([matrix[:-1].T, (-matrix[-1:].T) % support.P], axis=1).astype(np.int64)
    for column in range(columns):
        pivot = column + int(np.flatnonzero(augmented[column:, column])[0])
        augmented[[column, pivot]] = augmented[[pivot, column]]
        augmented[column] = augmented[column] * support.inv(int(augmented[column, column])) % support.P
        for other in range(columns):
            if other != column:
                step = augmented[other, column] * augmented[column] % support.P
                augmented[other] = (augmented[other] - step) % support.P
    return np.append(augmented[:, -1], 1)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda p: p.name)
def test_masks_and_blinds_are_long_enough(profile) -> None:  # type: ignore[no-untyped-def]
    """mask ≥ 2·(q + 6) for z and g·z and their rows; chunk blinds ≥ q + 1; at least 64 proofs in every h."""
    assert profile.mask >= 2 * (profile.most_queries + 6)
    assert profile.most_queries + 1 <= 128
    for k in range(3, 22):
        try:
            kappa = profile.capacity(k)
        except support.ZkComplianceError:
            assert k > 18
            continue
        assert (log_mask(k, kappa) - 6) // profile.units >= 64


def test_domain_of_queries_meets_no_trace(transcripts: list[Proved]) -> None:
    """31·⟨ω⟩ and ⟨g⟩ are disjoint: 31 generates F*, so no power of it of 2-power order is one."""
    made: Prover = transcripts[0].prover
    for instance in made.layout.instances:
        bits = instance.kappa + made.profile.log_blowup
        for position in (0, 1, 5, (1 << bits) - 1):
            assert pow(point(position, bits), instance.rows, support.P) != 1
    order = pow(31, 1 << 27, support.P)
    assert order != 1
