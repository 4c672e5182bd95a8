"""Instances, heights, degrees, chunks and cells of a statement."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.kit import support
from tests.kit.support import CLAIM, SCHEMA
from zkcompliance import limits
from zkcompliance.errors import ParametersRejected
from zkcompliance.stark.air.shape import Layout, lay_out
from zkcompliance.stark.commit.entry import Entry
from zkcompliance.stark.profiles import FAST, SMALL, STANDARD, Profile, degree_bound, log_mask


def laid_out(ks: list[int], profile: Profile = STANDARD) -> Layout:
    made = [Entry(profile.id, SCHEMA.digest, SCHEMA.width, k, profile.capacity(k), bytes(32), (0,) * 6) for k in ks]
    return lay_out(support.statement(made, {"limit": 9, "phases": 1}))


def test_one_small_segment() -> None:
    layout = laid_out([3])
    assert layout.heights == (13,)
    log, cells = layout.instances
    assert (log.k, log.kappa, log.rows, log.witness_columns) == (3, 13, 8, 2)
    assert (cells.k, cells.kappa, cells.witness_columns, cells.entry) == (13, 13, 11, None)
    assert layout.domain_log2 == 16 and layout.at_height(13) == [0, 1]


@pytest.mark.parametrize(
    ("ks", "heights", "cells"),
    [([3, 20], (20, 13), 13), ([16, 18], (18, 16), 16), ([17, 3, 19], (19, 17, 13), 13), ([21], (21,), 21)],
)
def test_cells_take_a_height_that_is_there(ks: list[int], heights: tuple[int, ...], cells: int) -> None:
    layout = laid_out(ks)
    assert layout.heights == heights and layout.instances[-1].kappa == cells


def test_numbers_of_cells_and_identities() -> None:
    """2·6 sum cells a bucket, 7 limbs of slack, 2·14 multiplicities, 2·7 carries; 6 sums, 8 digits, 7 bounds."""
    layout = laid_out([3])
    assert layout.cells.count == 12 + 7 + 28 + 14
    assert len(layout.cells.identities) == 6 + 8 + 7
    tall = laid_out([3, 16])
    assert tall.cells.count - layout.cells.count == 12 * 4
    assert len(tall.cells.identities) - len(layout.cells.identities) == 6 * 4


@pytest.mark.parametrize("profile", [STANDARD, FAST, SMALL])
def test_chunks_are_enough_and_not_too_many(profile: Profile) -> None:
    for ks in ([3], [10, 13], [16], [17]):
        layout = laid_out(ks, profile)
        for height, chunks in zip(layout.heights, layout.chunks, strict=True):
            d = degree_bound(height)
            numbers = layout.at_height(height)
            needed = max(layout.instances[i].numerator_degree() - layout.instances[i].rows + 1 for i in numbers)
            assert (chunks - 1) * (d - 128) + d >= needed
            assert chunks == 1 or (chunks - 2) * (d - 128) + d < needed
            assert chunks <= profile.blowup


def test_degrees() -> None:
    log, cells = laid_out([3]).instances
    d = degree_bound(13)
    assert log.log_degree == d - 257 == (1 << 3) + log_mask(3, 13) - 1
    assert log.witness_degree == 8 + 192 - 1
    # φ times three fingerprints of log columns; the accumulator's step times one, and the sum's Γ·counted·limb
    assert log.numerator_degree() == log.witness_degree + 3 * log.log_degree
    assert log.algebraic_degree() == 4
    n = 1 << 13
    assert cells.numerator_degree() == (n - 1) + (n + 191) + 3 * (n + 191)
    assert cells.air.groups == (3, 3, 3)
    assert laid_out([17]).instances[-1].air.groups == (2,)


def test_limits() -> None:
    laid_out([3] * 40)
    with pytest.raises(ParametersRejected):
        laid_out([3] * (limits.MAX_SEGMENTS + 1))
    with pytest.raises(ParametersRejected):
        STANDARD.capacity(22)
    with pytest.raises(ParametersRejected):
        STANDARD.capacity(2)


@pytest.mark.parametrize(
    ("groups", "profile", "fits"), [((3, 3, 1), FAST, True), ((5, 2), FAST, False), ((5, 2), STANDARD, True)]
)
def test_constraints_of_too_high_a_degree(groups: tuple[int, ...], profile: Profile, fits: bool) -> None:
    """Five fingerprints of log columns in one constraint are five chunks: more than blowup 4 holds."""
    (row,) = CLAIM.program.tables
    program = replace(CLAIM.program, tables=(replace(row, interactions=row.interactions * 7, groups=groups),))
    entry = Entry(profile.id, SCHEMA.digest, SCHEMA.width, 3, profile.capacity(3), bytes(32), (0,) * 6)
    stated = support.statement([entry], {"limit": 9, "phases": 1}, program)
    if fits:
        lay_out(stated)
    else:
        with pytest.raises(ParametersRejected):
            lay_out(stated)


def test_bus_bounds() -> None:
    """Interactions times rows stay below p."""
    (row,) = CLAIM.program.tables
    many = replace(row, interactions=row.interactions * 210, groups=(*([3] * 69), 3))
    program = replace(CLAIM.program, tables=(many,))
    entry = Entry(1, SCHEMA.digest, SCHEMA.width, 21, 21, bytes(32), (0,) * 6)
    with pytest.raises(ParametersRejected, match="bus"):
        lay_out(support.statement([entry] * 8, {"limit": 9, "phases": 1}, program))
