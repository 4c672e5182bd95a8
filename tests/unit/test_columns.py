"""Columns of which few values are kept open like columns of which all are."""

from __future__ import annotations

import random

import numpy as np
import pytest

from tests.kit import support
from zkcompliance.stark.commit.keystream import Keystream
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.profiles import STANDARD, degree_bound
from zkcompliance.stark.prover import columns, quotient
from zkcompliance.stark.prover.quotient import cosets_needed

KAPPA = 7
SIZE = STANDARD.blowup << KAPPA


@pytest.mark.parametrize("room", [0, 2, 7])
@pytest.mark.parametrize("needed", [0, 1, 3, 99])
def test_what_is_not_kept_is_computed(needed: int, room: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """room: for so many cosets, and a little less than one more."""
    rng, chance = np.random.default_rng(needed), random.Random(needed)
    lengths = ((2, 1 << KAPPA), (3, degree_bound(KAPPA)))
    polynomials = [rng.integers(0, P, shape, dtype=np.uint32) for shape in lengths]
    given = (2, KAPPA, polynomials, STANDARD, Keystream(bytes(32)))
    whole = columns.commit_columns(*given)
    little = columns.commit_columns(*given, needed)
    assert whole.values.shape == little.values.shape == (STANDARD.blowup, 5, 1 << KAPPA)  # too little to save on
    monkeypatch.setattr(columns, "MOST_KEPT_BYTES", 4 * 5 * (room + 1 << KAPPA) - 1)
    some = columns.commit_columns(*given, needed)
    assert some.values.shape[0] == min(needed, room) and some.tree.root == whole.tree.root
    assert (some.values == whole.values[: some.values.shape[0]]).all()
    for count in (1, 2, 80, SIZE):
        positions = sorted({chance.randrange(SIZE) for _ in range(count)})
        assert some.open(positions) == whole.open(positions) == whole.tree.open(positions, whole.rows)
    for first, number in ((0, 8), (5, 1), (SIZE - 1, 1), (SIZE - 13, 9), (SIZE - 8, 8)):
        assert some.rows(first, number) == whole.rows(first, number)


@pytest.mark.parametrize("halvings", [1, 3, KAPPA - 3, 99])
def test_a_coset_that_passes_in_pieces_has_the_same_rows(halvings: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a whole one is kept before it; pieces are never fewer than the eight leaves of a lowest subtree."""
    rng = np.random.default_rng(halvings)
    polynomials = [rng.integers(0, P, (5, length), dtype=np.uint32) for length in (1 << KAPPA, degree_bound(KAPPA))]
    given = (2, KAPPA, polynomials, STANDARD, Keystream(bytes(32)))
    whole = columns.commit_columns(*given)
    monkeypatch.setattr(columns, "MOST_KEPT_BYTES", 4 * 10 << KAPPA)
    monkeypatch.setattr(columns, "MOST_PASSING_BYTES", 4 * 10 << KAPPA >> halvings)
    assert columns.passing_halvings(10, KAPPA) == min(halvings, KAPPA - 3)
    for needed in (0, 1):
        pieces = columns.commit_columns(*given, needed)
        assert pieces.values.shape[0] == needed
        assert all((a == b).all() for a, b in zip(pieces.tree.levels, whole.tree.levels, strict=True))


def test_one_tall_segment_passes_as_a_whole() -> None:
    """Of 2^20 rows and the columns that the catalogue's claims have; sixty of 2^18 do not."""
    assert columns.passing_halvings(64, 20) == 0
    assert columns.passing_halvings(60 * 34, 18) > 0


@pytest.mark.parametrize("profile", ["standard", "fast", "small"])
def test_a_proof_is_the_same_however_little_is_kept(profile: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also on whole cosets outside the domain, of which `fast` has too few blocks."""
    monkeypatch.setattr(quotient, "SMALL_LOG2", 64)
    prover = support.prover([support.seal(support.table(support.ROWS), profile=profile)])
    whole = prover.prove()
    assert all(committed.values.shape[0] == prover.profile.blowup for committed in prover.witness)
    for room in (1 << 16, 0):
        monkeypatch.setattr(columns, "MOST_KEPT_BYTES", room)
        assert prover.prove() == whole
    assert all(committed.values.shape[0] == 0 for committed in (*prover.witness, *prover.extension))
    outside = [cosets_needed(prover.layout, kappa) - prover.profile.blowup for kappa in prover.layout.heights]
    assert max(outside) > 0 or profile != "fast"


@pytest.mark.parametrize("profile", ["standard", "fast", "small"])
def test_a_small_coset_beside_whole_ones_finds_the_same_quotient(profile: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one more whole one does: the bytes are the same, also where tables of other sizes share the height."""
    sizes = (("first", 13), ("second", 12), ("third", 4))
    sealed = [support.seal(support.table(support.ROWS, k), name, profile) for name, k in sizes]
    prover = support.prover(sealed)
    proof = prover.prove()
    assert any(quotient.cosets(prover.layout, kappa).rest is not None for kappa in prover.layout.heights)
    monkeypatch.setattr(quotient, "SMALL_LOG2", 64)
    assert prover.prove() == proof
    assert all(quotient.cosets(prover.layout, kappa).rest is None for kappa in prover.layout.heights)
