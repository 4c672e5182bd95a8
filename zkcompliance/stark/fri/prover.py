"""The prover's side of FRI: folds coefficients, commits to the codeword of each layer (docs/spec/fri.md)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zkcompliance.stark.commit.merkle import MerkleTree, TreeBuilder
from zkcompliance.stark.commit.table import coset_shifts
from zkcompliance.stark.field import extension as ext
from zkcompliance.stark.field import vector, workspace
from zkcompliance.stark.field.babybear import GENERATOR
from zkcompliance.stark.field.ntt import evaluate_cosets
from zkcompliance.stark.fri.schedule import Layer, fold_schedule
from zkcompliance.stark.profiles import code_degree
from zkcompliance.stark.transcript import Transcript

FRI_PHASE = 4


@dataclass
class CommittedLayer:
    """One layer's codeword in leaves: values (blowup, arity·6, leaves of a block), and its tree."""

    layer: Layer
    values: np.ndarray
    tree: MerkleTree

    def rows(self, first: int, count: int) -> list[bytes]:
        """Consecutive leaves, as opened; a block may have fewer than eight."""
        flat = [divmod(leaf, self.values.shape[2]) for leaf in range(first, first + count)]
        return [self.values[block, :, offset].astype("<u4").tobytes() for block, offset in flat]


def scaled(polynomial: np.ndarray) -> np.ndarray:
    """F̃(Y) = F(31·Y): coefficient i times 31^i, for (6, d)."""
    powers = vector.powers(GENERATOR, polynomial.shape[1])
    return vector.mul_rows(polynomial, powers)


def commit_layer(polynomial: np.ndarray, layer: Layer, log_blowup: int) -> CommittedLayer:
    """Evaluate (6, d) over the domain, block by block, and hash the cosets of the fold."""
    size, arity = 1 << layer.kappa, 1 << layer.arity_log2
    leaves = size // arity
    values = workspace.take(1 << log_blowup, 6 * arity, leaves)
    builder = TreeBuilder(FRI_PHASE, leaves << log_blowup)
    block_values = workspace.take(6, 1, size)
    for block, shift in enumerate(coset_shifts(layer.kappa, log_blowup, 1)):
        evaluate_cosets(polynomial, layer.kappa, [shift], out=block_values)
        vector.deal(block_values[:, 0], values[block])
        builder.add(block * leaves, np.empty((0, leaves), np.uint32), values[block])
    return CommittedLayer(layer, values, builder.finish())


def fold_all(
    polynomials: dict[int, np.ndarray], log_blowup: int, transcript: Transcript
) -> tuple[list[CommittedLayer], np.ndarray]:
    """Commit and fold from the tallest height down; returns the layers and the final coefficients (6, n).

    polynomials: F_h (6, d) of each height.
    """
    layers, final = fold_schedule(tuple(sorted(polynomials, reverse=True)))
    current = scaled(polynomials[layers[0].kappa])
    committed = []
    for layer in layers:
        made = commit_layer(current, layer, log_blowup)
        committed.append(made)
        transcript.absorb("fri", made.tree.root)
        beta = transcript.squeeze("fold").ext()
        current = vector.fold(current, 1 << layer.arity_log2, beta)
        if layer.rolls_in:
            weight = ext.power(beta, 1 << layer.arity_log2)
            vector.ext_combine_into(current, scaled(polynomials[layer.kappa - layer.arity_log2]), weight)
    return committed, np.ascontiguousarray(current[:, : code_degree(final, tuple(polynomials))])
