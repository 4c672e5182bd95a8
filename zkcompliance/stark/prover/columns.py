"""Committed columns of one phase: masked, extended over the domain, hashed into one tree for each height."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zkcompliance.stark.commit.keystream import Keystream
from zkcompliance.stark.commit.merkle import DROPPED_LOG2, MerkleTree, TreeBuilder
from zkcompliance.stark.commit.table import coset_shifts, leaf_bytes, masked_coefficients
from zkcompliance.stark.field import workspace
from zkcompliance.stark.field.babybear import P, root_of_unity
from zkcompliance.stark.field.ntt import bit_reverse_indices, evaluate_cosets
from zkcompliance.stark.field.residues import RUN, values_on_runs
from zkcompliance.stark.profiles import Profile

SALT_WORDS = 4
MOST_KEPT_BYTES = 64 << 20  # of values of one phase at one height, however tall it is and many its columns
MOST_PASSING_BYTES = 256 << 20  # of values that are hashed and not kept, at a time


@dataclass
class Committed:
    """The columns of one phase at one height: polynomials, the tree over their values, and the first of these.

    values (cosets, w, 2^κ): on all cosets where that is little, otherwise on as many of those that are read again as
    MOST_KEPT_BYTES has room for. The others follow from the polynomials, which are eight times smaller: at the few
    positions that are opened, and once more on a whole coset for the quotient, which costs a tenth of a proof's time
    and saves a third of its memory.
    """

    phase: int
    kappa: int
    polynomials: list[np.ndarray]  # (w_i, d_i) coefficients; rows of the tree hold them one after the other
    values: np.ndarray
    tree: MerkleTree
    salts: Keystream
    log_blowup: int

    def let_go(self) -> None:
        """Leave the values' memory to the next proof; no row can be opened any more."""
        self.values = np.empty((0, 0, 0), np.uint32)
        self.polynomials = []

    def rows(self, first: int, count: int) -> list[bytes]:
        """Salt and row of consecutive leaves of a coset, as opened."""
        block, offset = divmod(first, 1 << self.kappa)
        if block < self.values.shape[0]:
            return self._opened(first, self.values[block, :, offset : offset + count])
        begun = first >> DROPPED_LOG2 << DROPPED_LOG2
        values = np.concatenate(self._computed(list(range(begun, first + count, RUN))), axis=1)
        return self._opened(first, values[:, first - begun : first - begun + count])

    def open(self, positions: list[int]) -> bytes:
        """The opening of these positions in the tree; what is not kept is computed for all of them at once."""
        starts = sorted({position >> DROPPED_LOG2 << DROPPED_LOG2 for position in positions})
        size, kept = 1 << self.kappa, self.values.shape[0]
        values = [self.values[at // size, :, at % size : at % size + RUN] for at in starts if at // size < kept]
        values += self._computed([at for at in starts if at // size >= kept])
        salts = self.salts.runs(salt_label(self.phase, self.kappa), SALT_WORDS, size, starts, RUN)
        opened = {at: leaf_bytes(*parts) for at, *parts in zip(starts, salts, values, strict=True)}
        return self.tree.open(positions, lambda first, count: opened[first][:count])

    def _computed(self, starts: list[int]) -> list[np.ndarray]:
        """(w, 8) values at eight positions from each of these multiples of eight on."""
        runs = [coset_run(self.kappa, self.log_blowup, start) for start in starts]
        return list(np.concatenate([values_on_runs(part, runs) for part in self.polynomials], axis=1)) if runs else []

    def _opened(self, first: int, values: np.ndarray) -> list[bytes]:
        label = salt_label(self.phase, self.kappa)
        salts = self.salts.columns(label, SALT_WORDS, 1 << self.kappa, first, values.shape[1])
        return leaf_bytes(salts, values)


def salt_label(phase: int, kappa: int) -> str:
    return f"salt {phase} {kappa}"


def commit_columns(
    phase: int,
    kappa: int,
    polynomials: list[np.ndarray],
    profile: Profile,
    stream: Keystream,
    needed: int | None = None,
) -> Committed:
    """Extend the polynomials (w_i, d_i) block by block of the domain and hash the rows.

    needed: of how many cosets the values are read again, other than to open them; where it is not given all are kept.
    """
    size = 1 << kappa
    width = sum(part.shape[0] for part in polynomials)
    kept = profile.blowup
    if needed is not None and 4 * profile.blowup * width * size > MOST_KEPT_BYTES:
        kept = min(needed, MOST_KEPT_BYTES // (4 * width * size))
    values = workspace.take(kept, width, size)
    halvings = passing_halvings(width, kappa)
    passing = workspace.take(width if kept < profile.blowup else 0, size >> halvings)
    salts = workspace.take(SALT_WORDS, size)
    builder = TreeBuilder(phase, profile.blowup * size)
    label = salt_label(phase, kappa)
    for block in range(profile.blowup):
        stream.fill(label, block * SALT_WORDS * size, salts)
        halved, target = (0, values[block]) if block < kept else (halvings, passing)
        length = size >> halved
        shifts = coset_shifts(kappa - halved, profile.log_blowup + halved)[block << halved : block + 1 << halved]
        for at, shift in zip(range(0, size, length), shifts, strict=True):
            first = 0
            for part in polynomials:
                evaluate_cosets(part, kappa - halved, [shift], out=target[first : first + part.shape[0], None, :])
                first += part.shape[0]
            builder.add(block * size + at, salts[:, at : at + length], target)
    return Committed(phase, kappa, polynomials, values, builder.finish(), stream, profile.log_blowup)


def passing_halvings(width: int, kappa: int) -> int:
    """How often a coset of 2^κ points is halved, until the values of so many columns are no more than may pass.

    Positions are in bit-reversed order, so that the halves of a coset are cosets themselves: of the half as large
    subgroup, and with the shifts of twice as many blocks of the domain.
    """
    halvings = 0
    while 4 * width << (kappa - halvings) > MOST_PASSING_BYTES and kappa - halvings > DROPPED_LOG2:
        halvings += 1
    return halvings


def coset_run(kappa: int, log_blowup: int, start: int) -> list[int]:
    """The points of the domain at positions start … start + 7, a multiple of eight."""
    block, offset = divmod(start, 1 << kappa)
    shift, omega = coset_shifts(kappa, log_blowup)[block], root_of_unity(kappa)
    return [shift * pow(omega, r, P) % P for r in bit_reverse_indices(kappa)[offset : offset + RUN].tolist()]


def mask(values: np.ndarray, count: int, stream: Keystream, label: str) -> np.ndarray:
    """Coefficients (w, N + count) of the columns plus Z_H times fresh uniform masks."""
    masks = stream.field(label, values.shape[0] * count).reshape(values.shape[0], count)
    return masked_coefficients(np.ascontiguousarray(values), masks)
