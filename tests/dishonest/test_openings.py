"""Values, folds, queries: what is opened is what was committed, where it was asked, and of low degree."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest

from tests.kit import batch, support
from tests.kit.support import (
    Balanced,
    ForgedValues,
    Proved,
    Prover,
    SatisfyingValues,
    WordProver,
    refused,
    without,
)
from zkcompliance.errors import (
    BalanceMismatch,
    FinalPolynomialMismatch,
    FoldMismatch,
    GrindingRejected,
    MalformedProof,
    OpeningMismatch,
    QuotientMismatch,
)
from zkcompliance.stark import profiles
from zkcompliance.stark.commit.merkle import MerkleTree, leaf_word
from zkcompliance.stark.field import extension as ext
from zkcompliance.stark.field import vector
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.field.extension import Ext
from zkcompliance.stark.fri.schedule import fold_schedule
from zkcompliance.stark.prover import prover as prover_module
from zkcompliance.verify import fri as verify_fri
from zkcompliance.verify import openings as verify_openings
from zkcompliance.verify import soundness, verifier
from zkcompliance.verify import statement as verify_statement


@pytest.fixture(scope="module")
def log() -> support.SealedTable:
    return support.seal(support.table(support.ROWS))


OVER = {**support.PUBLICS, "limit": support.TOTAL}


def whatever_final(proved: Proved):  # type: ignore[no-untyped-def]
    """A verifier that takes the last fold for the final polynomial."""
    word = proved.prover.last_word  # type: ignore[attr-defined]
    bits = word.shape[1].bit_length() - 1
    order = support.bit_reverse_indices(bits)
    points = {int(x): i for i, x in enumerate(vector.powers(support.root_of_unity(bits), 1 << bits)[order])}
    return without(verify_fri, "_evaluate", lambda _, x: support.as_ext(word[:, points[x]]))


# Out-of-domain values


class FalseStatement(SatisfyingValues, Balanced):
    """A total over the limit; a terminal that balances it; at z, a chunk's value that satisfies the identity."""


def test_values_that_satisfy_the_identity_chosen_after_z(log: support.SealedTable) -> None:
    """Folding the F_h of its own polynomials it fails at layer 0; folding the verifier's, at the final polynomial."""
    made = support.prover([log], OVER, FalseStatement, unknowns=[2**112 - 1])
    made.follow = False  # type: ignore[attr-defined]
    refused(FoldMismatch, made)
    proved = refused(FinalPolynomialMismatch, support.prover([log], OVER, FalseStatement, unknowns=[2**112 - 1]))
    with whatever_final(proved):
        proved.verify()


class OneValue(ForgedValues):
    """A single wrong value."""

    place = 0

    def forge(self, values: list[Ext]) -> list[Ext]:
        values[self.place] = ext.add(values[self.place], ext.ONE)
        return values


@pytest.mark.parametrize("place", [0, 8, 15, -1])
def test_one_wrong_value(log: support.SealedTable, place: int) -> None:
    made = support.prover([log], kind=OneValue)
    made.place = place  # type: ignore[attr-defined]
    proved = refused(QuotientMismatch, made)
    with without(verifier, "check_quotients"), pytest.raises(FinalPolynomialMismatch):
        proved.verify()


# Quotient


class Chunks(Prover):
    """Commits to other chunks than the quotient's."""

    def commit_quotient(self) -> None:
        honest = prover_module.blinded_chunks

        def other(*arguments):  # type: ignore[no-untyped-def]
            return self.rearrange(honest(*arguments))

        with without(prover_module, "blinded_chunks", other):
            super().commit_quotient()

    def rearrange(self, chunks: list[np.ndarray]) -> list[np.ndarray]:
        return [chunks[1], chunks[0], *chunks[2:]]


def test_quotient_chunks_exchanged(log: support.SealedTable) -> None:
    refused(QuotientMismatch, support.prover([log], kind=Chunks))


class ExtraChunk(Chunks):
    def rearrange(self, chunks: list[np.ndarray]) -> list[np.ndarray]:
        return [*chunks, np.zeros_like(chunks[0])]


class MissingChunk(Chunks):
    def rearrange(self, chunks: list[np.ndarray]) -> list[np.ndarray]:
        return chunks[:-1]


@pytest.mark.parametrize("kind", [ExtraChunk, MissingChunk])
def test_a_chunk_too_many_or_too_few(log: support.SealedTable, kind: type[Prover]) -> None:
    """The number of values and the width of a row follow from the statement: the bytes no longer fit."""
    refused((MalformedProof, QuotientMismatch), support.prover([log], kind=kind))


class UnblindedButHonest(Prover):
    """Not an attack on soundness: chunks without blinds verify. What they would reveal is tests/zk's matter."""

    def commit_quotient(self) -> None:
        def plain(layout, kappa, coefficients, stream):  # type: ignore[no-untyped-def]
            class Zeros:
                def field(self, label: str, count: int) -> np.ndarray:
                    return np.zeros(count, np.uint32)

            return blinded(layout, kappa, coefficients, Zeros())

        blinded = prover_module.blinded_chunks
        with without(prover_module, "blinded_chunks", plain):
            super().commit_quotient()


def test_blinds_of_chunks_do_not_change_the_quotient(log: support.SealedTable) -> None:
    support.prove(support.prover([log], kind=UnblindedButHonest)).verify()


# FRI


class WrongFold(WordProver):
    """Layer `number` is not the fold of the one before, but a codeword of its own."""

    number = 1

    def before_layer(self, number: int, word: np.ndarray) -> np.ndarray:
        if number != self.number:
            return word
        layer = fold_schedule(self.layout.heights)[0][number]
        polynomial = self.stream.field("other", 6 * self.layout.degree(layer.kappa)).reshape(6, -1)
        shifts = support.coset_shifts(layer.kappa, self.profile.log_blowup, 1)
        return np.concatenate([support.evaluate_cosets(polynomial, layer.kappa, [s])[:, 0] for s in shifts], axis=1)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_layer_that_is_not_the_fold(log: support.SealedTable, number: int) -> None:
    made = support.prover([log, support.seal(support.table(support.ROWS, 16), "tall")], kind=WrongFold)
    made.number = number  # type: ignore[attr-defined]
    refused(FoldMismatch, made)


class NoRollIn(WordProver):
    """Forgets the smaller height: the rows of the log never enter."""

    def words(self) -> dict[int, np.ndarray]:
        found = super().words()
        found[self.layout.heights[-1]] = np.zeros_like(found[self.layout.heights[-1]])
        return found


def test_height_that_does_not_roll_in(log: support.SealedTable) -> None:
    tall = support.seal(support.table(support.ROWS, 14), "tall")
    proved = refused(FoldMismatch, support.prover([log, tall], kind=NoRollIn))
    assert len(proved.prover.layout.heights) == 2


class FarFromLowDegree(WordProver):
    """Adds noise to a fraction of the rows of the FRI mask R: F_h is far from every polynomial, and folds honestly."""

    fraction = 0.5

    def commit_quotient(self) -> None:
        commit = prover_module.commit_columns

        def noisy(phase, kappa, polynomials, chosen, stream, needed):  # type: ignore[no-untyped-def]
            committed = commit(phase, kappa, polynomials, chosen, stream, needed)
            if phase != prover_module.QUOTIENT_PHASE or kappa != self.layout.heights[0]:
                return committed
            blocks, _, size = committed.values.shape
            rng = np.random.default_rng(7)
            self.noise = np.zeros((6, blocks * size), np.uint32)
            self.noise[0] = rng.random(blocks * size) < self.fraction
            rows = committed.values[:, -6:]
            rows[:] = (
                vector.add(np.ascontiguousarray(rows.transpose(1, 0, 2).reshape(6, -1)), self.noise)
                .reshape(6, blocks, size)
                .transpose(1, 0, 2)
            )
            builder = support.TreeBuilder(phase, blocks * size)
            for block in range(blocks):
                first = block * 4 * size
                salts = stream.words(f"salt {phase} {kappa}", 4 * size, first).reshape(4, size)
                builder.add(block * size, salts, committed.values[block])
            committed.tree = builder.finish()
            return committed

        with without(prover_module, "commit_columns", noisy):
            super().commit_quotient()

    def words(self) -> dict[int, np.ndarray]:
        found = super().words()
        tallest = self.layout.heights[0]
        found[tallest] = vector.add(found[tallest], self.noise)
        return found


@pytest.mark.parametrize("fraction", [0.15, 0.5, 1.0])
def test_codeword_far_from_low_degree(log: support.SealedTable, fraction: float) -> None:
    """15 % of noise: 75 queries all miss it with probability 5·10⁻⁶, and the seed is fixed."""
    made = support.prover([log], kind=FarFromLowDegree)
    made.fraction = fraction  # type: ignore[attr-defined]
    error = FinalPolynomialMismatch
    proved = support.prove(made)
    if fraction == 1.0:  # R + 1 is a polynomial again
        proved.verify()
        return
    refused(error, proved)
    with whatever_final(proved):
        proved.verify()


class IgnoresNoise(FarFromLowDegree):
    """Folds as if there were no noise: caught where a query meets it, at layer 0."""

    def words(self) -> dict[int, np.ndarray]:
        return WordProver.words(self)


def test_acceptance_of_noise_follows_the_number_of_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two queries, half of the rows corrupted: about a quarter of the nonces pass, as (1 − f)^q says."""
    weak = replace(profiles.STANDARD, most_queries=2, grinding=0, mask=64)  # 2^10 rows of cells have room
    monkeypatch.setattr(profiles, "PROFILES", (weak, *profiles.PROFILES[1:]))
    monkeypatch.setitem(
        verify_statement.PROFILES, 1, replace(verify_statement.STANDARD, most_queries=2, grinding=0, mask=64)
    )
    monkeypatch.setattr(soundness, "judge", lambda shape: soundness.table(soundness.quantities(shape)))
    made = support.prover([support.seal(support.table(support.ROWS))], kind=IgnoresNoise)
    made.prove()
    start, accepted, trials = made.transcript.log[-3][1], 0, 64
    monkeypatch.setattr(verifier, "check_quotients", lambda *_: None)  # the same each time, and slow
    for nonce in range(trials):
        made.transcript.state = start
        monkeypatch.setattr(prover_module, "grind", lambda *_, n=nonce: n)
        try:
            Proved(made, made.assemble()).verify()
            accepted += 1
        except FoldMismatch:
            pass
    assert 6 <= accepted <= 28  # 16 expected, standard deviation 3.5


# The final polynomial


class FinalLength(Prover):
    """Sends the final polynomial with coefficients left out or put in (and absorbs what it sends)."""

    change = 0
    value = 0

    def fold(self) -> None:
        fold_all = prover_module.fold_all

        def other(*arguments):  # type: ignore[no-untyped-def]
            layers, final = fold_all(*arguments)
            if self.change < 0:
                return layers, np.ascontiguousarray(final[:, : self.change])
            return layers, np.pad(final, ((0, 0), (0, self.change)), constant_values=self.value)

        with without(prover_module, "fold_all", other):
            super().fold()


@pytest.mark.parametrize(("change", "value"), [(-1, 0), (-144, 0), (1, 0), (1, 5), (8, 0)])
def test_final_polynomial_of_another_length(log: support.SealedTable, change: int, value: int) -> None:
    """Its length follows from the statement: what comes after is read at another place."""
    made = support.prover([log], kind=FinalLength)
    made.change, made.value = change, value  # type: ignore[attr-defined]
    proved = refused((GrindingRejected, MalformedProof), made)
    with without(verifier.hashlib, "sha256", _easy_grinding):
        refused((OpeningMismatch, MalformedProof), proved)


def _easy_grinding(data: bytes = b""):  # type: ignore[no-untyped-def]
    """SHA-256, but every nonce is good."""

    class Zero:
        def digest(self) -> bytes:
            return bytes(32)

    return Zero() if data.startswith(b"\x14") else support.sha256(data)


class WrongFinal(WordProver):
    def final_polynomial(self, word: np.ndarray, count: int) -> np.ndarray:
        found = super().final_polynomial(word, count)
        found[2, 5] = (int(found[2, 5]) + 1) % P
        return found


def test_final_polynomial_with_a_wrong_coefficient(log: support.SealedTable) -> None:
    proved = refused(FinalPolynomialMismatch, support.prover([log], kind=WrongFinal))
    with whatever_final(proved):
        proved.verify()


# Grinding and queries


@pytest.mark.parametrize("nonce", [0, 2**64 - 1])
def test_nonce_without_work(log: support.SealedTable, monkeypatch: pytest.MonkeyPatch, nonce: int) -> None:
    monkeypatch.setattr(prover_module, "grind", lambda *_: nonce)
    proved = refused(GrindingRejected, support.prover([log]))
    with without(verifier.hashlib, "sha256", _easy_grinding):
        proved.verify()


class Answers(Prover):
    """Opens other positions than the ones drawn."""

    def open_positions(self, positions: list[int]) -> list[bytes]:
        return super().open_positions(self.instead(positions))

    def instead(self, positions: list[int]) -> list[int]:
        raise NotImplementedError


class Neighbours(Answers):
    """Each position's neighbour in its leaf: the same number of rows, other indices."""

    def instead(self, positions: list[int]) -> list[int]:
        return [p ^ 1 for p in positions]


class Reused(Answers):
    """One query answered for all of them."""

    def instead(self, positions: list[int]) -> list[int]:
        return [positions[0]] * len(positions)


class LeftOut(Answers):
    def instead(self, positions: list[int]) -> list[int]:
        return positions[:-1]


class OneMore(Answers):
    def instead(self, positions: list[int]) -> list[int]:
        return [*positions, positions[0] ^ 4096]


@pytest.mark.parametrize("kind", [Neighbours, Reused, LeftOut, OneMore])
def test_answers_to_other_queries(log: support.SealedTable, kind: type[Prover]) -> None:
    refused((OpeningMismatch, MalformedProof), support.prover([log], kind=kind))


def test_the_index_in_the_leaf_is_what_stops_an_answer_from_elsewhere(log: support.SealedTable) -> None:
    """A lone leaf and its path at another place: without the index in its hash, and the side in its path, it fits."""
    tree = log.extension().tree
    opened = tree.open([5], log.rows)
    committed = verify_openings.Tree(tree.root, 0, tree.depth, log.entry.width)
    width = 32 + 4 * log.entry.width
    for place in (4, 6, 7, 5 + 4096):
        reader = verifier.Reader(opened, MalformedProof)
        with pytest.raises(OpeningMismatch):
            verify_openings.read_opening(reader, committed, [place])
    reader = verifier.Reader(opened, MalformedProof)
    found = verify_openings.read_opening(reader, committed, [5])
    assert found[5] == opened[32:width]


class SentTwice(Prover):
    """The same rows once for each query that asks for them, duplicates included."""

    def assemble(self) -> bytes:
        honest = MerkleTree.open

        def repeated(tree: MerkleTree, positions: list[int], rows) -> bytes:  # type: ignore[no-untyped-def]
            found = honest(tree, positions, rows)
            length = len(honest(tree, positions[:1], rows)) - 32 * tree.depth
            return found[:length] + found

        with without(MerkleTree, "open", repeated):
            return super().assemble()


def test_row_sent_twice(log: support.SealedTable) -> None:
    refused((OpeningMismatch, MalformedProof), support.prover([log], kind=SentTwice))


def test_repeated_positions_are_opened_once() -> None:
    """Positions are drawn with replacement: a proof whose queries collide is as good, and no shorter by choice."""
    log = support.seal(support.table(support.ROWS))
    seen = 0
    for i in range(3):
        made = support.prover([log], name=f"collision {i}")
        proved = support.prove(made)
        positions = [p >> 3 for p in batch.drawn_positions(made)]
        assert len(positions) == made.queries == 75
        seen += len({p >> 9 for p in positions}) < 75
        proved.verify()
    assert seen == 3  # 75 leaves out of 1,024: they do collide


class WrongPhase(Prover):
    """A witness tree hashed as an extension tree: a leaf knows its phase."""

    def _commit(self, phase, polynomials, label):  # type: ignore[no-untyped-def]
        return super()._commit(2 if phase == 1 else phase, polynomials, label)


def test_tree_of_another_phase(log: support.SealedTable) -> None:
    refused(OpeningMismatch, support.prover([log], kind=WrongPhase))


def test_node_as_a_leaf(log: support.SealedTable) -> None:
    """A leaf's first byte is 0x80 or more, a node's 2 or 3: no node's message is a leaf's of the same length."""
    children = bytes(32), bytes(range(32))
    assert verify_openings.node_digest(*children) == sha256(b"\x02\0\0\0" + children[0] + children[1]).digest()
    row = bytes(range(64))
    for phase in range(5):
        for index in (*range(4096), 2**24 - 1, 2**24, 2**27 - 1):
            word = leaf_word(phase, index)
            assert 0x80 + 8 * phase <= word[0] < 0x88 + 8 * phase
            assert index % 512 or verify_openings.leaf_digest(phase, index, row) == sha256(word + row).digest()


def test_all_zero_proof(honest: Proved) -> None:
    with pytest.raises(QuotientMismatch):
        honest.verify(bytes(len(honest.proof)))
    with without(verifier, "check_quotients"), pytest.raises(BalanceMismatch):
        honest.verify(bytes(len(honest.proof)))


def test_layers_left_unopened_are_missed(honest: Proved) -> None:
    """A verifier that walks no query accepts any fold: the walk is needed."""
    made = support.prover([support.seal(support.table(support.ROWS))], kind=WrongFold)
    proved = support.prove(made)
    with without(verifier, "check_queries"):
        proved.verify()
