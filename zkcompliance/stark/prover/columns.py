"""Committed columns of one phase: masked, extended over the domain, hashed into one tree for each height."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zkcompliance.stark.commit.keystream import Keystream
from zkcompliance.stark.commit.merkle import MerkleTree, TreeBuilder
from zkcompliance.stark.commit.table import coset_shifts, leaf_bytes, masked_coefficients
from zkcompliance.stark.field.ntt import evaluate_cosets
from zkcompliance.stark.profiles import Profile
from zkcompliance.stark.prover import workspace

SALT_WORDS = 4


@dataclass
class Committed:
    """The columns of one phase at one height: polynomials, their values (blowup, w, 2^κ) and the tree over them."""

    phase: int
    kappa: int
    polynomials: list[np.ndarray]  # (w_i, d_i) coefficients; rows of the tree hold them one after the other
    values: np.ndarray
    tree: MerkleTree
    salts: Keystream

    def let_go(self) -> None:
        """Leave the values' memory to the next proof; no row can be opened any more."""
        values, self.values = self.values, np.empty((0, 0, 0), np.uint32)
        workspace.give_back(values)

    def rows(self, first: int, count: int) -> list[bytes]:
        """Salt and row of consecutive leaves, as opened."""
        size = 1 << self.kappa
        block, offset = divmod(first, size)
        salts = self.salts.columns(salt_label(self.phase, self.kappa), SALT_WORDS, size, first, count)
        return leaf_bytes(salts, self.values[block, :, offset : offset + count])


def salt_label(phase: int, kappa: int) -> str:
    return f"salt {phase} {kappa}"


def commit_columns(
    phase: int, kappa: int, polynomials: list[np.ndarray], profile: Profile, stream: Keystream
) -> Committed:
    """Extend the polynomials (w_i, d_i) block by block of the domain and hash the rows."""
    size = 1 << kappa
    width = sum(part.shape[0] for part in polynomials)
    values = workspace.take((profile.blowup, width, size))
    builder = TreeBuilder(phase, profile.blowup * size)
    label = salt_label(phase, kappa)
    for block, shift in enumerate(coset_shifts(kappa, profile.log_blowup)):
        first = 0
        for part in polynomials:
            target = values[block, first : first + part.shape[0]]
            evaluate_cosets(part, kappa, [shift], out=target[:, None, :])
            first += part.shape[0]
        salts = stream.words(label, SALT_WORDS * size, block * SALT_WORDS * size).reshape(SALT_WORDS, size)
        builder.add(block * size, salts, values[block])
    return Committed(phase, kappa, polynomials, values, builder.finish(), stream)


def mask(values: np.ndarray, count: int, stream: Keystream, label: str) -> np.ndarray:
    """Coefficients (w, N + count) of the columns plus Z_H times fresh uniform masks."""
    masks = stream.field(label, values.shape[0] * count).reshape(values.shape[0], count)
    return masked_coefficients(np.ascontiguousarray(values), masks)
