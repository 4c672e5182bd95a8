"""The prover's FRI on coefficients against the fold on words, and against the verifier."""

from __future__ import annotations

import random

import numpy as np
import pytest

from tests.kit import support
from zkcompliance.errors import FinalPolynomialMismatch, FoldMismatch
from zkcompliance.stark.field import vector
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.fri.prover import commit_layer, fold_all, scaled
from zkcompliance.stark.fri.schedule import Layer, fold_schedule
from zkcompliance.stark.transcript import Transcript
from zkcompliance.verify.fri import check_queries, fold
from zkcompliance.verify.shape import schedule


def polynomial(kappa: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, P, (6, 9 << kappa - 3), dtype=np.uint32)


@pytest.mark.parametrize("arity_log2", [1, 2, 3])
def test_three_folds_agree(arity_log2: int) -> None:
    kappa, blowup = 9, 2
    f, beta = polynomial(kappa, arity_log2), support.random_ext("beta")
    word = support.word_of(f, kappa, blowup)
    folded = vector.fold(scaled(f), 1 << arity_log2, beta)
    shifts = support.coset_shifts(kappa - arity_log2, blowup, 1)
    expected = np.concatenate([support.evaluate_cosets(folded, kappa - arity_log2, [s])[:, 0] for s in shifts], axis=1)
    assert (support.fold_word(word, beta, arity_log2) == expected).all()
    log_leaves = kappa + blowup - arity_log2
    for leaf in (0, 1, 77, (1 << log_leaves) - 1):
        elements = [support.as_ext(word[:, (leaf << arity_log2) + i]) for i in range(1 << arity_log2)]
        assert fold(elements, beta, leaf, log_leaves, arity_log2) == support.as_ext(expected[:, leaf])


@pytest.mark.parametrize("arity_log2", [1, 2, 3])
def test_layers_commit_to_the_word(arity_log2: int) -> None:
    f, layer = polynomial(9, 5), Layer(9, arity_log2, False)
    made = commit_layer(scaled(f), layer, 2)
    other = support.commit_word(support.word_of(f, 9, 2), layer, 2)
    assert (made.values == other.values).all() and made.tree.root == other.tree.root
    assert made.rows(8, 8) == other.rows(8, 8)


@pytest.mark.parametrize("heights", [(9,), (12,), (13, 11), (13, 12, 11), (14, 7)])
def test_verifier_accepts_true_folds(heights: tuple[int, ...]) -> None:
    """Every query is walked; a change of any opened value, or of the final polynomial, is seen."""
    blowup = 2
    polynomials = {h: polynomial(h, h) for h in heights}
    transcript = Transcript("t")
    committed, final = fold_all(polynomials, blowup, transcript)
    layers, _ = schedule(heights)
    betas = []
    replay = Transcript("t")
    for layer in committed:
        replay.absorb("fri", layer.tree.root)
        betas.append(replay.squeeze("fold").ext())
    rng = random.Random(1)
    positions = [rng.randrange(1 << heights[0] + blowup) for _ in range(10)]
    words = {h: support.word_of(polynomials[h], h, blowup) for h in heights}
    expected = {
        h: {p >> heights[0] - h: support.as_ext(words[h][:, p >> heights[0] - h]) for p in positions} for h in heights
    }
    opened, at = [], positions
    for layer in committed:
        at = [p >> layer.layer.arity_log2 for p in at]
        rows = {leaf: np.frombuffer(layer.rows(leaf, 1)[0], "<u4").reshape(-1, 6) for leaf in at}
        opened.append({leaf: [support.as_ext(x) for x in row] for leaf, row in rows.items()})
    coefficients = [support.as_ext(final[:, i]) for i in range(final.shape[1])]
    check_queries(layers, betas, opened, expected, coefficients, blowup)
    wrong = [*coefficients[:-1], support.ext.add(coefficients[-1], support.ext.ONE)]
    with pytest.raises(FinalPolynomialMismatch):
        check_queries(layers, betas, opened, expected, wrong, blowup)
    for number in range(len(opened)):
        leaf = next(iter(opened[number]))
        kept = opened[number][leaf]
        opened[number][leaf] = [support.ext.add(x, support.ext.ONE) for x in kept]
        with pytest.raises((FoldMismatch, FinalPolynomialMismatch)):
            check_queries(layers, betas, opened, expected, coefficients, blowup)
        opened[number][leaf] = kept


def test_final_length() -> None:
    for heights, length in (((13,), 144), ((16,), 144), ((21,), 72), ((20,), 288), ((8,), 288), ((13, 11), 288)):
        layers, final = fold_schedule(heights)
        assert 9 << final - 3 == length, (heights, final, layers)
