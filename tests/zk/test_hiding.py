"""Nothing secret repeats between proofs, and what is opened does not depend on the witness."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from tests.kit import support
from tests.kit.support import COUNTED, Proved, Prover
from tests.kit.watched import PARTS, Watched, leaves, openings_length, uniform
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.profiles import CHUNK_BLIND
from zkcompliance.stark.prover import prover as prover_module


@pytest.fixture(scope="module")
def twice() -> tuple[Watched, Watched]:
    """The same statement and the same witness, proved twice."""
    log = support.seal(support.table(support.ROWS))
    pair = tuple(support.prover([log], kind=Watched, name=f"run {i}") for i in range(2))
    for made in pair:
        support.prove(made).verify()
    return pair  # type: ignore[return-value]


def test_the_same_statement_twice_shares_nothing(twice: tuple[Watched, Watched]) -> None:
    first, second = twice
    assert not set(first.drawn) & set(second.drawn)  # masks, blinds, FRI masks
    assert not set(first.terminals) & set(second.terminals)
    assert not set(first.values) & set(second.values)
    roots = [{c.tree.root for c in (*m.witness, *m.extension, *m.quotients)} for m in twice]
    assert not roots[0] & roots[1]
    rows = [leaves(m) for m in twice]
    fresh = [{v[:16] for (phase, _, _), v in part.items() if phase} for part in rows]
    assert not fresh[0] & fresh[1]  # salts
    own = [{v[16:] for (phase, _, _), v in part.items() if phase} for part in rows]
    assert not own[0] & own[1]
    for key in set(rows[0]) & set(rows[1]):
        if key[0] == 0:
            assert rows[0][key] == rows[1][key]  # the log's own row at an equal position, salt and all


def test_no_salt_or_mask_repeats_within_a_proof(twice: tuple[Watched, Watched]) -> None:
    """The detector: every drawn block and every salt of all trees, sealed log included, is there once."""
    for made in twice:
        assert max(Counter(made.drawn).values()) == 1
        salts = []
        for table in made.tables:
            salts += [row[:32] for row in table.rows(0, 1 << table.entry.kappa)]
        for committed in (*made.witness, *made.extension, *made.quotients):
            salts += [row[:16] for row in committed.rows(0, 1 << committed.kappa)]
        assert max(Counter(salts).values()) == 1


def test_masks_differ_by_column_table_and_proof() -> None:
    """The mask itself, off the committed polynomial: its top coefficients."""
    tables = [support.seal(support.table(support.ROWS), name) for name in ("one", "two")]
    tops = [row[-40:].tobytes() for t in tables for row in support.log_polynomials(t)]
    for name in ("a", "b"):
        made = support.prover(tables, name=name)
        tops += masks_of(made)
    assert max(Counter(tops).values()) == 1


def masks_of(made: Prover) -> list[bytes]:
    """The top coefficients of every polynomial of a proof; a last quotient chunk is not full and ends with zeros."""
    kept: list[bytes] = []
    honest = prover_module.commit_columns

    def noting(phase, kappa, polynomials, profile, stream, needed):  # type: ignore[no-untyped-def]
        kept.extend(row[-40:].tobytes() for part in polynomials for row in part if row[-40:].any())
        return honest(phase, kappa, polynomials, profile, stream, needed)

    with support.without(prover_module, "commit_columns", noting):
        made.prove()
    return kept


def test_a_seed_used_twice_is_seen() -> None:
    """The detector detects: one seed for two proofs of different statements repeats salts and masks."""
    log = support.seal(support.table(support.ROWS))
    first, second = (
        support.prover([log], {**support.PUBLICS, "limit": support.LIMIT + i}, Watched, name="same") for i in range(2)
    )
    first.prove()
    second.prove()
    assert set(first.drawn) & set(second.drawn)  # type: ignore[attr-defined]


# Two witnesses of one statement


@pytest.fixture(scope="module")
def two_witnesses() -> list[list[Watched]]:
    """Shapes and publics alike, rows as different as they can be: all zero, and all limbs full."""
    everything = []
    for which, rows in enumerate(([], [(0, 2**96 - 1)] * 8)):
        made = []
        for i in range(6):
            log = support.seal(support.table(rows), f"witness {which} {i}")
            publics = {"limit": 2**100, "phases": COUNTED}
            made.append(support.prover([log], publics, Watched, name=f"hiding {which} {i}"))
            made[-1].prove()
        everything.append(made)
    return everything  # type: ignore[return-value]


@pytest.mark.parametrize("part", PARTS)
def test_openings_look_uniform_for_either_witness(two_witnesses: list[list[Watched]], part: str) -> None:
    """Each kind of opened value, of an empty log and of a full one: uniform in F as far as a test can see."""
    for proofs in two_witnesses:
        values = np.concatenate([np.concatenate(PARTS[part](made)) for made in proofs])
        cells = 16 if values.size >= 200 else 4
        assert uniform(values, cells) < 5, (part, values.size)


def test_the_test_sees_an_unmasked_column() -> None:
    """Power of the test: a column's own values on the domain, unmasked, of an empty log, are far from uniform."""
    empty = support.table([])
    words = support.extend(support.interpolate(empty), 13, 3)
    assert uniform(words[:, :, :64].reshape(-1)) > 100


def test_equal_shapes_give_equal_lengths(two_witnesses: list[list[Watched]]) -> None:
    """Up to pruned openings: where positions collide or paths meet, less is sent, and positions are public coins.

    So a proof's length is a function of shapes and of the positions: it is computed here from these alone.
    """
    fronts = {made.length - openings_length(made) for proofs in two_witnesses for made in proofs}
    assert len(fronts) == 1


# Toy algebra: blinding of terminals and of chunks, exhaustively


def test_blinded_terminals_are_uniform_but_for_their_sum() -> None:
    """Over Z/5, three instances: every triple with the right sum is hit equally often, whatever the true sums are."""
    field = range(5)
    for true in ((1, 2, 3), (0, 0, 1), (4, 4, 3)):
        counts = Counter(((true[0] + a) % 5, (true[1] + b) % 5, (true[2] - a - b) % 5) for a in field for b in field)
        assert set(counts.values()) == {1} and len(counts) == 25
        assert {sum(t) % 5 for t in counts} == {sum(true) % 5}


def test_blinded_chunks_are_uniform_given_the_quotient() -> None:
    """Over Z/7, chunks of 3 blinded by 2: at two points all values of the first occur equally, the sum being fixed."""
    p, t, points = 7, 3, (2, 3)
    for quotient in ([1, 2, 3, 4, 5, 6], [0, 0, 0, 0, 0, 0], [5, 5, 0, 1, 0, 3]):
        counts: Counter[tuple[int, ...]] = Counter()
        for b0 in range(p):
            for b1 in range(p):
                low = [*quotient[:t], b0, b1]
                high = [quotient[3] - b0, quotient[4] - b1, quotient[5]]
                values = tuple(sum(c * x**i for i, c in enumerate(low)) % p for x in points)
                other = tuple(sum(c * x**i for i, c in enumerate(high)) % p for x in points)
                for x, a, b in zip(points, values, other, strict=True):
                    assert (a + x**t * b) % p == sum(c * x**i for i, c in enumerate(quotient)) % p
                counts[values] += 1
        assert len(counts) == p * p and set(counts.values()) == {1}


def test_real_chunks_add_up_and_are_blinded() -> None:
    """Σ X^(t·i)·Q'_i is the quotient whatever the blinds; the top of each chunk but the last is blind."""
    log = support.seal(support.table(support.ROWS))
    kept = []
    honest = prover_module.blinded_chunks

    def noting(layout, kappa, coefficients, stream):  # type: ignore[no-untyped-def]
        chunks = honest(layout, kappa, coefficients, stream)
        kept.append((coefficients.copy(), [c.copy() for c in chunks]))
        return chunks

    with support.without(prover_module, "blinded_chunks", noting):
        support.prove(support.prover([log]))
    for coefficients, chunks in kept:
        t = chunks[0].shape[1] - CHUNK_BLIND
        total = np.zeros((6, t * len(chunks) + CHUNK_BLIND), np.int64)
        for i, chunk in enumerate(chunks):
            total[:, t * i : t * i + chunk.shape[1]] += chunk
        width = min(total.shape[1], coefficients.shape[1])
        assert (total[:, :width] % P == coefficients[:, :width]).all()
        assert not coefficients[:, width:].any()
        for chunk in chunks[:-1]:
            assert uniform(chunk[:, t:].reshape(-1)) < 5 and chunk[:, t:].any()


def test_proof_is_no_identifier(honest: Proved) -> None:
    """The same statement has as many proofs as one likes: a proof's bytes name nothing."""
    again = support.prove(support.prover(honest.prover.tables, name="another"))
    assert again.statement == honest.statement and again.proof != honest.proof
