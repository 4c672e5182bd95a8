"""Other rows than the sealed ones: omitted, doubled, reordered; segments left out; hybrid and over-degree words."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest

from tests.kit import support
from tests.kit.support import CLAIM, FLOP, PHASE, PUBLICS, ROWS, OpensTheSealed, Prover, checkpoint, refused, without
from zkcompliance.errors import (
    CheckpointMismatch,
    FinalPolynomialMismatch,
    FoldMismatch,
    MalformedStatement,
    OpeningMismatch,
)
from zkcompliance.stark import profiles
from zkcompliance.stark.codec import u64
from zkcompliance.stark.commit.table import SealedTable
from zkcompliance.stark.prover import prover as prover_module
from zkcompliance.stark.prover import quotient
from zkcompliance.stark.statement import StatementLog
from zkcompliance.verify import fri as verify_fri
from zkcompliance.verify import openings as verify_openings
from zkcompliance.verify import soundness, verifier
from zkcompliance.verify import statement as verify_statement

SMALL_LIMIT = {**PUBLICS, "limit": 10**21}  # below the true total


def other_rows(columns: np.ndarray) -> dict[str, np.ndarray]:
    """Tables that a lab might rather have sealed."""
    omitted, doubled, reordered, lower = (columns.copy() for _ in range(4))
    omitted[:, 3:-1] = columns[:, 4:]
    doubled[:, 4] = columns[:, 5]
    reordered[:, :6] = columns[:, [1, 0, 2, 3, 4, 5]]
    lower[FLOP, 3] = 0
    return {"omitted": omitted, "doubled": doubled, "reordered": reordered, "changed": lower}


def over_other_rows(case: str, kind: type[Prover], name: str = "log") -> Prover:
    """The sealed entry with another table behind it, sealed under the seed of that name."""
    real = support.seal(support.table(ROWS))
    mine = support.seal(other_rows(support.table(ROWS))[case], name)
    mine.entry = real.entry
    publics = SMALL_LIMIT if case in ("omitted", "changed") else PUBLICS
    made = support.prover([mine], publics, kind)
    made.real = real  # type: ignore[attr-defined]
    return made


@pytest.mark.parametrize("name", ["log", "another seed"])
@pytest.mark.parametrize("case", ["omitted", "doubled", "reordered", "changed"])
def test_rows_other_than_the_sealed_ones(case: str, name: str) -> None:
    refused(OpeningMismatch, over_other_rows(case, Prover, name))
    refused(FoldMismatch, over_other_rows(case, OpensTheSealed, name))


def test_other_rows_need_both_the_root_and_the_tag_unchecked() -> None:
    """Without the Merkle check the tag still refuses; without both the false proof is accepted."""
    proved = support.prove(over_other_rows("changed", Prover))
    assert not CLAIM.check({"compute": [support.table(ROWS)]}, SMALL_LIMIT).holds

    class Any(bytes):
        def __eq__(self, other: object) -> bool:
            return True

        def __ne__(self, other: object) -> bool:
            return False

        __hash__ = bytes.__hash__

    rootless = verify_openings.Tree
    with without(verify_openings, "Tree", lambda root, *rest: rootless(Any(root), *rest)):
        with pytest.raises(FoldMismatch):
            proved.verify()
        with tagless(), pytest.raises(FoldMismatch):
            proved.verify()  # the prover's own F_h has the tag term
        again = support.prove(over_other_rows("changed", Tagless))
        with tagless():
            again.verify()


class Tagless(Prover):
    """A protocol whose F_h has no tag terms, and no columns that are not read."""

    def open_values(self) -> None:
        combine = prover_module.combine_openings

        def fewer(kappa, mask, opened, coefficients, tags, unread):  # type: ignore[no-untyped-def]
            return combine(kappa, mask, opened, coefficients, [], [])

        with without(prover_module, "combine_openings", fewer):
            super().open_values()


def tagless() -> contextlib.AbstractContextManager[None]:
    """A verifier whose F_h has neither."""
    return without(verifier, "deep", _deep_without_tags)


def _deep_without_tags(shape, values, z, coefficients):  # type: ignore[no-untyped-def]
    dealt = list(coefficients)
    zeros = [(0,) * 6] * (len(dealt) - len(values))
    return verify_openings.deep(shape, values, z, iter([*dealt[: len(values)], *zeros]))


# Segments


def two() -> list[SealedTable]:
    return [support.seal(support.table(ROWS)), support.seal(support.table(ROWS[:2]), "second")]


@pytest.mark.parametrize("chosen", [[0], [1], [1, 0]])
def test_segments_left_out_or_reordered(chosen: list[int]) -> None:
    """The checkpoint has two segments; the statement has others, or one of them and the hash that stands for the other.

    The hash makes the root right: what is wrong is that the claim takes no range.
    """
    tables = two()
    body = checkpoint([t.entry for t in tables])
    left = [i for i in (0, 1) if i not in chosen] if len(chosen) == 1 else []
    hashes = tuple(sha256(b"\x00" + tables[i].entry.encode()).digest() for i in left)
    made = support.prover([tables[i] for i in chosen])
    entries = tuple(tables[i].entry for i in chosen)
    log = StatementLog(body, entries, chosen[0] if left else 0, hashes)
    made.statement = replace(made.statement, logs=(log,))
    proved = refused(CheckpointMismatch, made)
    with without(verifier, "check_checkpoints"), without(verifier, "check_claim"):
        proved.verify()


def test_a_segment_twice() -> None:
    """Its tag would count once for both: no entry stands twice in a statement."""
    table = two()[0]
    refused(MalformedStatement, support.prover([table, table]))


def test_more_segments_than_the_checkpoint_has() -> None:
    tables = two()
    chosen = [tables[i] for i in (0, 1, 1)]
    made = support.prover(chosen)
    log = StatementLog(checkpoint([t.entry for t in tables]), tuple(t.entry for t in chosen))
    made.statement = replace(made.statement, logs=(log,))
    refused(MalformedStatement, made)


def test_segment_left_out_of_a_statement_with_a_checkpoint_of_its_own(two_segments: support.Proved) -> None:
    """A checkpoint body made up for the part: the note that the lab signed is about another."""
    whole = two_segments.bundle()
    part = support.prove(support.prover(two_segments.prover.tables[:1]))
    part.verify()
    note = support.SIGNER.sign(two_segments.prover.statement.logs[0].checkpoint.decode()).encode()
    forged = support.encode_bundle(part.prover.statement, [note], part.proof)
    with pytest.raises(CheckpointMismatch, match="signed note"):
        verifier.verify_bundle(forged, program_digests=[CLAIM.program_digest])
    verifier.verify_bundle(whole, program_digests=[CLAIM.program_digest])


def test_a_segment_of_another_log() -> None:
    tables = two()
    foreign = support.seal(support.table(ROWS[:1]), "third")
    body = checkpoint([t.entry for t in tables])
    made = support.prover([tables[0], foreign])
    made.statement = replace(made.statement, logs=(StatementLog(body, (tables[0].entry, foreign.entry)),))
    refused(CheckpointMismatch, made)
    assert verifier.check_checkpoints is verifier.check_checkpoints


# Hybrid words and degrees


def hybrid_parts() -> tuple[SealedTable, SealedTable, np.ndarray, np.ndarray, np.ndarray]:
    """Two tables, their polynomials, and words that are A on the even positions and B on the odd ones."""
    a = support.seal(support.table(ROWS), "A")
    b = support.seal(other_rows(support.table(ROWS))["changed"], "B")
    pa, pb = support.log_polynomials(a), support.log_polynomials(b)
    wa, wb = (support.extend(p, a.entry.kappa, a.profile.log_blowup) for p in (pa, pb))
    words = np.where(np.arange(wa.shape[2]) % 2 == 0, wa, wb)
    return a, b, pa, pb, words


class OverOnePart(Prover):
    """Its constraints are about the one polynomial table, whatever words the root is over."""

    true_words: np.ndarray

    def quotient(self, kappa: int, weights: dict[int, np.ndarray]) -> np.ndarray:
        kept = self.tables[0].extension()
        committed, kept.rows = kept.rows, self.true_words
        try:
            return super().quotient(kappa, weights)
        finally:
            kept.rows = committed


def over_hybrid(tag: str, proves: str, publics: dict[str, int], kind: type[OverOnePart] = OverOnePart) -> Prover:
    """A root over half of A and half of B; a tag of either; a proof over either."""
    a, b, pa, pb, words = hybrid_parts()
    mine, polynomials = (a, pa) if proves == "A" else (b, pb)
    sealed = support.seal_words(polynomials, words, mine, tag_of=pa if tag == "A" else pb)
    made = support.prover([sealed], publics, kind)
    made.true_words = mine.extension().rows  # type: ignore[attr-defined]
    return made


@pytest.mark.parametrize("tag", ["A", "B"])
@pytest.mark.parametrize("proves", ["A", "B"])
def test_hybrid_codeword(tag: str, proves: str) -> None:
    """A root over half of A and half of B, with either's tag and either's rows: half of the queries catch it."""
    refused(FoldMismatch, over_hybrid(tag, proves, PUBLICS))


def test_root_of_one_table_with_the_tag_of_another() -> None:
    a, _, pa, pb, _ = hybrid_parts()
    words = a.extension().rows
    support.prove(support.prover([support.seal_words(pa, words, a)])).verify()
    refused(FoldMismatch, support.prover([support.seal_words(pa, words, a, tag_of=pb)]))


class Guesses(Prover):
    """With few queries: grinds other nonces until the positions suit it."""

    wanted = staticmethod(lambda position: True)

    def assemble(self) -> bytes:
        for nonce in range(200):
            trial = support.prover_transcript.Transcript("trial")
            trial.state = self.transcript.state
            trial.absorb("nonce", u64(nonce))
            positions = trial.squeeze("queries").indices(self.queries, self.layout.domain_log2)
            below = [p >> (self.layout.heights[0] - self.tables[0].entry.kappa) for p in positions]
            if all(self.wanted(p) for p in below):
                break
        with without(prover_module, "grind", lambda *_: nonce):
            return super().assemble()


def test_with_few_queries_the_tag_is_what_stops_a_hybrid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two queries and no grinding: a hybrid root passes for A and for B alike, unless the tag picks one.

    That is the list-decoding regime in small: both words are close to the committed one.
    """
    weak = replace(profiles.STANDARD, most_queries=2, grinding=0, mask=64)  # so that 2^10 rows of cells have room
    monkeypatch.setattr(profiles, "PROFILES", (weak, *profiles.PROFILES[1:]))
    monkeypatch.setattr(profiles, "STANDARD", weak)
    capacity = profiles.STANDARD.capacity(3)
    verifier_weak = replace(verify_statement.STANDARD, most_queries=2, grinding=0, mask=64)
    monkeypatch.setitem(verify_statement.PROFILES, 1, verifier_weak)
    monkeypatch.setattr(soundness, "judge", lambda shape: soundness.table(soundness.quantities(shape)))
    assert capacity == verifier_weak.capacity(3)

    def accepted(tag: str, proves: str, *, with_tag: bool = True) -> bool:
        bases = (Guesses, OverOnePart) if with_tag else (Guesses, OverOnePart, Tagless)
        wanted = staticmethod(lambda position: position % 2 == (0 if proves == "A" else 1))
        kind = type("Case", bases, {"wanted": wanted})
        made = over_hybrid(tag, proves, PUBLICS if proves == "A" else SMALL_LIMIT, kind)
        proof = made.prove()
        try:
            if with_tag:
                support.verify(made.statement, proof)
            else:
                with tagless():
                    support.verify(made.statement, proof)
        except (FoldMismatch, FinalPolynomialMismatch):
            return False
        return True

    assert accepted("A", "A") and accepted("B", "B")
    assert not accepted("A", "B") and not accepted("B", "A")
    assert accepted("A", "B", with_tag=False) and accepted("B", "A", with_tag=False)


@pytest.mark.parametrize("column", [FLOP[0], support.SCHEMA.limbs("start")[0], PHASE])
def test_over_degree_log_column(column: int) -> None:
    """A sealed column of degree d + 7: too many mask coefficients, tagged as it is."""
    real = support.seal(support.table(ROWS))
    longer = support.log_polynomials(real, 256 + 8)
    polynomials = np.zeros_like(longer)
    allowed = support.log_polynomials(real)
    polynomials[:, : allowed.shape[1]] = allowed
    polynomials[column] = longer[column]
    assert polynomials.shape[1] == profiles.degree_bound(real.entry.kappa) + 8
    words = support.extend(polynomials, real.entry.kappa, real.profile.log_blowup)
    sealed = support.seal_words(polynomials, words, real)

    class Case(support.WordProver):
        def commit_witness(self) -> None:
            super().commit_witness()
            self.log_polynomials = {0: polynomials[list(self.layout.instances[0].air.log_columns)]}

        def combine_unread(self, table, columns, weights):  # type: ignore[no-untyped-def]
            return support.vector.combine(polynomials[columns], np.array(weights, np.uint32))

        def open_values(self) -> None:
            self.masks = {k: np.pad(m, ((0, 0), (0, 64))) for k, m in self.masks.items()}
            super().open_values()

    proved = refused(FinalPolynomialMismatch, support.prover([sealed], kind=Case))
    with without(verify_fri, "_evaluate", _whatever(proved)):
        proved.verify()


def _whatever(proved: support.Proved):  # type: ignore[no-untyped-def]
    """A verifier that does not look at the final polynomial: what it compares with is the last fold itself."""
    word = proved.prover.last_word  # type: ignore[attr-defined]
    bits = word.shape[1].bit_length() - 1
    points = {
        int(x): i
        for i, x in enumerate(
            support.vector.powers(support.root_of_unity(bits), 1 << bits)[support.bit_reverse_indices(bits)]
        )
    }
    return lambda _, x: support.as_ext(word[:, points[x]])


class OverDegree(support.WordProver):
    """The blind column of the cells table with a mask 1,000 coefficients longer than its height allows."""

    def commit_witness(self) -> None:
        honest = prover_module.mask
        cells = len(self.layout.instances) - 1

        def longer(values, count, stream, label):  # type: ignore[no-untyped-def]
            if label != f"witness {cells}":
                return honest(values, count, stream, label)
            bound = profiles.degree_bound(self.layout.instances[-1].kappa) - values.shape[1]
            made = honest(values, bound + 1000, stream, label)
            made[:-1] = np.pad(honest(values[:-1], count, stream, label), ((0, 0), (0, bound + 1000 - count)))
            return made

        with without(prover_module, "mask", longer):
            super().commit_witness()

    def open_values(self) -> None:
        self.masks = {k: np.pad(m, ((0, 0), (0, 1024))) for k, m in self.masks.items()}
        super().open_values()


def test_over_degree_witness_column(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its quotient is longer than that of a column as it may be, so that a small coset does not determine the rest."""
    monkeypatch.setattr(quotient, "SMALL_LOG2", 32)
    proved = refused(FinalPolynomialMismatch, support.prover([support.seal(support.table(ROWS))], kind=OverDegree))
    with without(verify_fri, "_evaluate", _whatever(proved)):
        proved.verify()
