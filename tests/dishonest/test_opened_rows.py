"""Rows that are opened: the ones that are named, real, every column; and every way in which others could be shown."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.kit.opening import SCHEMA, Opening, segments_of
from zkcompliance.claim.opened_rows import Naming, flop_before, joined, real_rows
from zkcompliance.errors import VerificationError

WAYS = list(Naming)


def honest(naming: Naming = Naming.NUMBER) -> Opening:
    """Three segments of 10, 3 and 12 rows; rows 0, 9, 10, 12 and 24 are opened: both ends of segments are among
    them."""
    opening = Opening(segments_of(10, 3, 12), [0, 9, 10, 12, 24], naming)
    if naming is Naming.FLOP:
        before = flop_before(SCHEMA, real_rows(opening.tables))
        opening.named = [before[number] for number in opening.named]
    return opening


@pytest.mark.parametrize("naming", WAYS)
def test_the_named_rows(naming: Naming) -> None:
    assert honest(naming).holds()


def test_what_is_shown_is_every_column() -> None:
    opening = honest(Naming.DRAWN)
    prover = opening.prover()
    (claim,) = prover.statement.claims
    stated = dict(zip((public.name for public in claim.program.publics), claim.publics, strict=True))
    rows = real_rows(opening.tables)
    assert stated["total"] == rows.shape[1] == 25
    for place, number in enumerate(opening.named, 1):
        shown = [stated[f"row {place} part {part}"] for part in (1, 2, 3)]
        assert shown == joined(SCHEMA, rows[1:, number].tolist())
        limbs = [
            value >> 16 * limb & 0xFFFF for value, size in zip(shown, (32, 32, 5), strict=True) for limb in range(size)
        ]
        assert limbs == rows[1:, number].tolist()


def refused(opening: Opening) -> None:
    with pytest.raises(VerificationError):
        opening.holds()


@pytest.mark.parametrize("naming", WAYS)
def test_one_limb_changed_is_refused(naming: Naming) -> None:
    """Without the tuple on the bus of rows: any row could be shown."""
    opening = honest(naming)
    rows = real_rows(opening.tables)
    first = joined(SCHEMA, rows[1:, 9].tolist())
    opening.publics = {"row 2 part 3": first[2] ^ 1}
    refused(opening)


@pytest.mark.parametrize("naming", WAYS)
def test_another_row_under_a_name_is_refused(naming: Naming) -> None:
    """Without the name in the tuple: a row that was chosen in the place of the one that was drawn."""
    opening = honest(naming)
    rows = real_rows(opening.tables)
    other = joined(SCHEMA, rows[1:, 11].tolist())
    opening.publics = {f"row 2 part {part}": value for part, value in enumerate(other, 1)}
    chosen = [0, 10, 11, 12, 24]
    opening.spoil_witness = lambda private: mark(private, chosen)
    refused(opening)


def mark(private: list[np.ndarray], chosen: list[int]) -> None:
    """Other rows are the opened ones, by their number."""
    for columns, first, size in zip(private[:3], (0, 10, 13), (10, 3, 12), strict=True):
        columns[0] = 0
        for number in chosen:
            if first <= number < first + size:
                columns[0, number - first] = 1


@pytest.mark.parametrize("naming", [Naming.NUMBER, Naming.DRAWN])
def test_a_row_of_another_segment_is_refused(naming: Naming) -> None:
    """Without tokens from segment to segment: row 2 of each would be a row 2."""
    opening = honest(naming)
    rows = real_rows(opening.tables)
    opening.named = [2, 9, 10, 13, 24]

    def numbered_anew(private: list[np.ndarray]) -> None:
        private[1][1] -= 8  # the second segment's rows are numbered from 2 on, in the place of 10
        mark(private, [9, 10, 13, 24])
        private[1][0, 0] = 1

    opening.spoil_witness = numbered_anew
    other = joined(SCHEMA, rows[1:, 10].tolist())
    opening.publics = {f"row 1 part {part}": value for part, value in enumerate(other, 1)}
    refused(opening)


@pytest.mark.parametrize("naming", WAYS)
def test_padding_is_no_row(naming: Naming) -> None:
    """Without o·(act − 1) = 0: padding, which holds what the lab wants, is shown in the place of the next real row."""
    opening = honest(naming)
    opening.tables[0][1:, 12] = opening.tables[0][1:, 3]  # in padding of the first segment, number 10
    rows = real_rows(opening.tables)
    hidden = joined(SCHEMA, opening.tables[0][1:, 12].tolist())
    assert hidden == joined(SCHEMA, rows[1:, 3].tolist())

    def in_padding(private: list[np.ndarray]) -> None:
        private[1][0, 0], private[0][0, 12] = 0, 1

    opening.spoil_witness = in_padding
    opening.publics = {f"row 3 part {part}": value for part, value in enumerate(hidden, 1)}
    refused(opening)
    opening.without = "only real rows are opened"
    opening.holds()


@pytest.mark.parametrize("naming", WAYS)
def test_no_row_is_shown_twice(naming: Naming) -> None:
    """Without o·(o − 1) = 0: one row in the place of two."""
    opening = honest(naming)
    rows = real_rows(opening.tables)
    same = joined(SCHEMA, rows[1:, 0].tolist())

    def twice(private: list[np.ndarray]) -> None:
        mark(private, [0, 10, 12, 24])
        private[0][0, 0] = 2

    opening.spoil_witness = twice
    opening.publics = {"row 2": opening.named[0], **{f"row 2 part {part}": v for part, v in enumerate(same, 1)}}
    refused(opening)


@pytest.mark.parametrize("naming", [Naming.DRAWN, Naming.FLOP])
@pytest.mark.parametrize("off", [-1, 1])
def test_another_total_is_refused(naming: Naming, off: int) -> None:
    """Without the last token: a lab that says a smaller number keeps the rows behind it out of the draw."""
    opening = honest(naming)
    total = 25 if naming is Naming.DRAWN else flop_before(SCHEMA, real_rows(opening.tables))[-1]
    opening.publics = {"total": total + off}
    refused(opening)


@pytest.mark.parametrize("naming", WAYS)
@pytest.mark.parametrize("segments", [0, 2, 4])
def test_another_number_of_segments_is_refused(naming: Naming, segments: int) -> None:
    opening = honest(naming)
    opening.publics = {"segments": segments}
    refused(opening)


def test_numbers_skip_nothing() -> None:
    """Without n' = n + act: numbers that leave some out, for rows that then cannot be drawn."""
    opening = honest(Naming.DRAWN)
    rows = real_rows(opening.tables)
    opening.named, was = [0, 9, 10, 12, 23], opening.named
    other = joined(SCHEMA, rows[1:, 24].tolist())

    def skip(private: list[np.ndarray]) -> None:
        private[2][1, 11:] -= 1  # the last two rows have one number
        mark(private, was)

    opening.spoil_witness = skip
    opening.publics = {"total": 24, **{f"row 5 part {part}": value for part, value in enumerate(other, 1)}}
    refused(opening)
    opening.without = "rows are numbered"
    opening.holds()


def left_out(private: list[np.ndarray]) -> None:
    """From row 5 on one FLOP more is said to lie before each row."""
    private[0][1, 5:] += 1


def carry_of_two(private: list[np.ndarray]) -> None:
    private[0][9, 4] = 2


def wide_limb(private: list[np.ndarray]) -> None:
    """A limb over 16 bits, of which the next has less."""
    private[0][1, 4] += 1 << 16
    private[0][2, 4] -= 1


@pytest.mark.parametrize("spoil", [left_out, carry_of_two, wide_limb], ids=lambda f: f.__name__)
def test_flop_are_added_up(spoil: Callable[[list[np.ndarray]], None]) -> None:
    """Without the sums, their carries and ranges: a row of much FLOP is given none, so that no draw falls on it."""
    opening = honest(Naming.FLOP)
    opening.spoil_witness = spoil
    refused(opening)


def test_a_row_weighs_its_own_flop() -> None:
    """Without the range of the column: a limb of FLOP that counts as another number than it says."""
    opening = Opening(segments_of(10, 3, 12), [], Naming.FLOP)
    opening.tables[0][SCHEMA.limbs("flop")[0], 3] = 70_000
    before = flop_before(SCHEMA, real_rows(opening.tables))
    opening.named = [before[9], before[24]]
    refused(opening)
