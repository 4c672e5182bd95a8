"""Two tuples of columns for one entry: what the coefficients e_c of unread columns and independent λ_c are for.

Weaker protocols are emulated on the prover's side: a prover that leaves the e_c out, or that seals by another rule for
λ, beside the specification's F_h from the opened rows (tests/kit/batch.py), with the same left out.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from tests.kit import batch, support
from tests.kit.support import CLAIM, ROWS, Prover
from zkcompliance.errors import FoldMismatch
from zkcompliance.stark.commit import entry as entry_module
from zkcompliance.stark.commit import table as table_module
from zkcompliance.stark.commit.table import SealedTable
from zkcompliance.stark.field import extension as ext
from zkcompliance.stark.field import vector
from zkcompliance.stark.field.babybear import P, inv
from zkcompliance.stark.field.extension import Ext

(TABLE,) = CLAIM.program.tables
UNREAD = [c for c in range(support.SCHEMA.width) if c not in TABLE.log_columns]
HIDDEN, ABSORBING = UNREAD[0], UNREAD[1:7]
SOME = range(24)  # positions of the segment's domain that are looked at

Rule = Callable[[bytes, bytes, int], tuple[Ext, list[Ext]]]
REAL: Rule = entry_module.tag_challenge


def known_in_advance(header: bytes, _root: bytes, width: int) -> tuple[Ext, list[Ext]]:
    """z0 and λ that do not wait for the root."""
    return REAL(header, bytes(32), width)


def repeated(header: bytes, root: bytes, width: int) -> tuple[Ext, list[Ext]]:
    """One λ for two columns that no claim reads."""
    z0, lam = REAL(header, root, width)
    lam[UNREAD[1]] = lam[UNREAD[0]]
    return z0, lam


def powers(header: bytes, root: bytes, width: int) -> tuple[Ext, list[Ext]]:
    """The powers of one λ."""
    z0, (_, lam, *_) = REAL(header, root, width)
    return z0, ext.powers(lam, width)


def powers_known_in_advance(header: bytes, _root: bytes, width: int) -> tuple[Ext, list[Ext]]:
    return powers(header, bytes(32), width)


@contextlib.contextmanager
def sealing(rule: Rule) -> Iterator[None]:
    """A protocol with another rule for z0 and λ."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (entry_module, table_module, support):
            patch.setattr(module, "tag_challenge", rule)
        patch.setattr(entry_module.Entry, "tag_point", lambda self: self.tag_challenge()[0])
        yield


class OnlyWhatIsRead(Prover):
    """A protocol whose batch has the unread columns in the tag's combination alone."""

    def combine_unread(self, table: SealedTable, columns: list[int], weights: list[Ext]) -> np.ndarray:
        return np.zeros_like(super().combine_unread(table, columns, weights))


def relation(lam: list[Ext]) -> list[int]:
    """a_c in F for the columns ABSORBING, with λ_HIDDEN + Σ a_c·λ_c = 0: six equations in six unknowns."""
    rows = [[lam[c][i] for c in ABSORBING] + [-lam[HIDDEN][i] % P] for i in range(6)]
    for i in range(6):
        pivot = next(r for r in range(i, 6) if rows[r][i])
        rows[i], rows[pivot] = rows[pivot], rows[i]
        factor = inv(rows[i][i])
        rows[i] = [x * factor % P for x in rows[i]]
        for r in range(6):
            if r != i:
                rows[r] = [(x - rows[r][i] * y) % P for x, y in zip(rows[r], rows[i], strict=True)]
    return [row[6] for row in rows]


def moved(values: np.ndarray, by: np.ndarray, lam: list[Ext]) -> np.ndarray:
    """`values` (…, w, n) with `by` (…, n) added to column HIDDEN, and Σ λ_c·values_c unchanged by the others."""
    out = values.astype(np.int64)
    for column, factor in zip([HIDDEN, *ABSORBING], [1, *relation(lam)], strict=True):
        out[..., column, :] = (out[..., column, :] + factor * (by.astype(np.int64) % P)) % P
    return out.astype(np.uint32)


# A column that no claim reads, random on half of the domain


def half_random() -> SealedTable:
    """An entry over words of which HIDDEN is random at odd positions, hidden in Σ λ_c·f_c by six other columns."""
    honest = support.seal(support.table(ROWS))
    _, lam = honest.entry.tag_challenge()
    polynomials = support.log_polynomials(honest)
    words = support.extend(polynomials, honest.entry.kappa, honest.profile.log_blowup)
    noise = np.random.default_rng(7).integers(1, P, (words.shape[0], words.shape[2]))
    noise[:, ::2] = 0
    return support.seal_words(polynomials, moved(words, noise, lam), honest)


def test_a_column_random_on_half_of_the_domain() -> None:
    """Accepted where the e_c are left out, though the column is near no polynomial; refused with them."""
    with sealing(known_in_advance):
        weak = support.prove(support.prover([half_random()], kind=OnlyWhatIsRead)).prover
        assert batch.agrees(weak, every_column=False)
        real = support.prove(support.prover([half_random()])).prover
        assert not batch.agrees(real)
        honest = support.prove(support.prover([support.seal(support.table(ROWS))])).prover
        assert batch.agrees(honest)
    values = np.array([batch.row(weak.tables[0], p, 8)[HIDDEN] for p in SOME])
    word = support.extend(support.log_polynomials(support.seal(support.table(ROWS))), 13, 3)[0, HIDDEN, : len(SOME)]
    assert (values[::2] == word[::2]).all() and (values[1::2] != word[1::2]).all()


def test_a_lambda_that_waits_for_the_root_is_no_help() -> None:
    """By the real rule the same words are not even hidden in the tag's combination: λ is another."""
    sealed = half_random()
    weak = support.prove(support.prover([sealed], kind=OnlyWhatIsRead)).prover
    assert not batch.agrees(weak, every_column=False)


def test_the_verifier_refuses_a_column_random_on_half_of_the_domain() -> None:
    support.refused(FoldMismatch, support.prover([half_random()]))


# Two tuples with one tag


def other_table(rule: Rule) -> tuple[SealedTable, SealedTable]:
    """A sealed table, and another under the same masks: no column that the claim reads differs."""
    first = support.seal(support.table(ROWS))
    columns = first.columns.copy()
    if rule is repeated:
        columns[UNREAD[0], 3], columns[UNREAD[1], 3] = 1, P - 1
    else:
        by = np.zeros(columns.shape[1], np.int64)
        by[3] = 1
        columns = moved(columns, by, rule(first.entry.header, bytes(32), first.entry.width)[1])
    return first, support.seal(columns)


def hybrid(rule: Rule) -> tuple[SealedTable, SealedTable]:
    """One root, over the first table's words at even positions and the other's at odd ones, with either behind it."""
    first, second = other_table(rule)
    parts = [support.log_polynomials(table) for table in (first, second)]
    one, two = (support.extend(part, first.entry.kappa, first.profile.log_blowup) for part in parts)
    words = np.where(np.arange(one.shape[2]) % 2 == 0, one, two)
    made = [support.seal_words(p, words, t) for p, t in zip(parts, (first, second), strict=True)]
    return made[0], made[1]


def agreement(sealed: SealedTable) -> set[int]:
    """Those of SOME positions at which the opened rows give the batch of a proof over this table."""
    made = support.prove(support.prover([sealed])).prover
    kappa = sealed.entry.kappa
    word = support.word_of(made.batched[kappa], kappa, made.profile.log_blowup)
    return {p for p in SOME if batch.batched_at(made, kappa, p) == support.as_ext(word[:, p])}


EVEN, ODD = set(SOME[::2]), set(SOME[1::2])


@pytest.mark.parametrize("rule", [repeated, known_in_advance, powers_known_in_advance])
def test_two_tuples_with_one_tag(rule: Rule) -> None:
    """By the weak rule the entry stands for both: a verifier that asks in one half only believes either."""
    with sealing(rule):
        first, second = hybrid(rule)
        assert (first.columns != second.columns).any() and first.entry == second.entry
        assert agreement(first) == EVEN and agreement(second) == ODD


@pytest.mark.parametrize("rule", [repeated, known_in_advance, powers_known_in_advance])
def test_by_the_real_rule_an_entry_stands_for_one_of_them(rule: Rule) -> None:
    first, second = hybrid(rule)
    assert first.entry.root == second.entry.root and first.entry.tag != second.entry.tag
    assert agreement(first) == EVEN and agreement(second) == ODD
    second.entry = first.entry
    assert agreement(second) == set()


@pytest.mark.parametrize("rule", [repeated, powers, known_in_advance, powers_known_in_advance])
def test_an_entry_sealed_by_a_weak_rule_is_refused_by_the_real_one(rule: Rule) -> None:
    """Its v0 is no value of Σ λ_c·T̂_c at z0: nowhere do rows and batch agree, however honest the rows are."""
    honest = support.seal(support.table(ROWS))
    with sealing(rule):
        weak = support.seal(support.table(ROWS))
        assert agreement(weak) == set(SOME)
    assert weak.entry.root == honest.entry.root and weak.entry.tag != honest.entry.tag
    honest.entry = replace(honest.entry, tag=weak.entry.tag)
    assert agreement(honest) == set()
    support.refused(FoldMismatch, support.prover([honest]))


def test_differences_that_share_a_tag_are_few() -> None:
    """Lemma 2 in small: a fixed difference of two tuples is in the kernel of no λ of many roots."""
    entry = support.seal(support.table(ROWS)).entry
    first, second = (support.log_polynomials(t) for t in other_table(repeated))
    difference = np.zeros((entry.width, first.shape[1]), np.uint32)
    difference[:] = vector.sub(first, second)
    for root in range(50):
        z0, lam = REAL(entry.header, bytes([root]) * 32, entry.width)
        total = vector.combine(difference, np.array(lam, np.uint32))
        assert vector.evaluate_ext(total, z0) != ext.ZERO
        z0, lam = repeated(entry.header, bytes([root]) * 32, entry.width)
        assert vector.evaluate_ext(vector.combine(difference, np.array(lam, np.uint32)), z0) == ext.ZERO
