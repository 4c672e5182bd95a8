"""A prover that speaks out of turn: each attack works where the transcript forgets a message, and not on the real one.

`forgetful(label)` is a protocol, prover and verifier alike, that does not absorb the messages with that label: Frozen
Heart, Last Challenge, and the gaps found in Plonky3 and SP1. Every prover here proves a false statement.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.kit import support
from tests.kit.support import CLAIM, PUBLICS, Balanced, ForgedValues, Prover, SatisfyingValues, View, forgetful, refused
from zkcompliance.errors import (
    BalanceMismatch,
    FinalPolynomialMismatch,
    GrindingRejected,
    QuotientMismatch,
    ZkComplianceError,
)
from zkcompliance.stark.codec import u64
from zkcompliance.stark.commit.sha256 import grind
from zkcompliance.stark.field import extension as ext
from zkcompliance.stark.field.extension import Ext
from zkcompliance.stark.field.twin import interpolate_points
from zkcompliance.stark.prover.columns import commit_columns, mask
from zkcompliance.stark.prover.prover import EXTENSION_PHASE, QUOTIENT_PHASE, WITNESS_PHASE
from zkcompliance.verify import transcript as verifier_transcript
from zkcompliance.verify import verifier
from zkcompliance.verify.openings import CHUNK, Opening

OVER = {**PUBLICS, "limit": support.TOTAL}
FALSE_SLACK = 2**112 - 1


@pytest.fixture(scope="module")
def log() -> support.SealedTable:
    return support.seal(support.table(support.ROWS))


def works_only_without(labels: tuple[str, ...], error: type[ZkComplianceError], make) -> None:  # type: ignore[no-untyped-def]
    """The attack succeeds on the forgetful protocol, and fails on the real one."""
    assert not CLAIM.check({"compute": [t.columns for t in make().tables]}, OVER).holds
    with forgetful(*labels):
        support.prove(make()).verify()
    refused(error, make())


def over_the_limit(log: support.SealedTable, kind: type[Prover]) -> Prover:
    return support.prover([log], OVER, kind, unknowns=[FALSE_SLACK])


def test_the_forgetful_protocols_are_otherwise_sound(log: support.SealedTable) -> None:
    for label in ("statement", "witness", "extension", "terminals", "quotient", "values", "final"):
        with forgetful(label):
            support.prove(support.prover([log])).verify()
    refused(BalanceMismatch, over_the_limit(log, Prover))


class LateBlind(Prover):
    """Draws a, β, δ, and then commits to a blind that repairs the bus."""

    def commit_witness(self) -> None:
        super().commit_witness()
        probe = support.prover(self.tables, OVER, Prover, unknowns=[FALSE_SLACK])
        probe.layout, probe.profile, probe.stream, probe.trace = self.layout, self.profile, self.stream, self.trace
        probe.challenges = self.challenges
        probe.transcript = support.prover_transcript.Transcript("probe")
        probe.commit_lookups()
        missing = View(self).balance(probe.terminals)
        blind = self.trace.witness[0][-1]
        for i, x in enumerate(missing):
            blind[i] = (int(blind[i]) - x) % support.P
        self.witness_polynomials[0] = mask(self.trace.witness[0], self.profile.mask, self.stream, "witness 0")
        height = self.layout.heights.index(self.layout.instances[0].kappa)
        own = [self.witness_polynomials[i] for i in self.layout.at_height(self.layout.instances[0].kappa)]
        self.witness[height] = commit_columns(
            WITNESS_PHASE, self.layout.instances[0].kappa, own, self.profile, self.stream
        )


def test_witness_after_the_lookup_challenges(log: support.SealedTable) -> None:
    """The published witness root is another than the absorbed one: the real verifier draws other challenges."""
    works_only_without(("witness",), QuotientMismatch, lambda: over_the_limit(log, LateBlind))


class LateExtension(Prover):
    """Draws α first; then two false constraints of one row cancel in the combination, and the terminal is free."""

    def commit_lookups(self) -> None:
        absorb = self.transcript.absorb
        self.transcript.absorb = lambda *_: None  # type: ignore[method-assign]
        super().commit_lookups()  # α is drawn, nothing was said
        del self.transcript.absorb  # type: ignore[method-assign]
        missing = View(self).balance(self.terminals)
        columns = self.cheat(missing)
        self.terminals[0] = ext.sub(self.terminals[0], missing)
        self.extension_polynomials[0] = mask(columns, self.profile.mask, self.stream, "extension 0")
        kappa = self.layout.instances[0].kappa
        height = self.layout.heights.index(kappa)
        own = [self.extension_polynomials[i] for i in self.layout.at_height(kappa)]
        self.extension[height] = commit_columns(EXTENSION_PHASE, kappa, own, self.profile, self.stream)
        for committed in self.extension:
            absorb("extension", committed.tree.root)
        absorb("terminals", support.np.array(self.terminals, "<u4").tobytes())

    def cheat(self, missing: Ext) -> np.ndarray:
        """φ_0 of row 0 is off by ε and the step by s, so that α^0·ε·ΠD_0 + α^3·s·ΠD_2 = 0 and ε + s = −missing."""
        columns, _ = self.lookup_columns(0)
        row = [int(x) for x in self.tables[0].columns[support.FLOP, 0]]
        counted = int(self.trace.witness[0][0, 0])
        c = self.challenges

        def fingerprint(bus: int, *values: int) -> Ext:
            found = ext.sub(c.a, ext.scale(ext.power(c.beta, len(values)), bus + 1))
            for j, value in enumerate(values):
                found = ext.sub(found, ext.scale(ext.power(c.beta, j), value))
            return found

        product = ext.ONE
        for limb in row[:3]:
            product = ext.mul(product, fingerprint(0, limb))
        last = fingerprint(1, int(self.tables[0].columns[support.PHASE, 0]), 1, counted)
        # constraints in order: φ_0, φ_1, first row, step
        ratio = ext.mul(product, ext.inv(ext.mul(ext.power(self.alpha, 3), last)))
        epsilon = ext.mul(ext.neg(missing), ext.inv(ext.sub(ext.ONE, ratio)))
        for r in range(6):
            columns[r, 0] = (int(columns[r, 0]) + epsilon[r]) % support.P
            shifted = columns[12 + r, 1:].astype(np.int64) - missing[r]
            columns[12 + r, 1:] = (shifted % support.P).astype(np.uint32)
        return columns


def test_extension_after_alpha(log: support.SealedTable) -> None:
    works_only_without(("extension", "terminals"), QuotientMismatch, lambda: over_the_limit(log, LateExtension))


class LateTerminals(Prover):
    """Commits to the quotient of nothing in particular; after z it solves for the terminals that make it right."""

    def open_values(self) -> None:
        super().open_values()
        view = View(self)
        zero = [ext.ZERO] * 2
        (base,) = view.residuals(self.values, zero)  # both instances are of one height
        s0, s1 = (
            ext.sub(view.residuals(self.values, terminals)[0], base)
            for terminals in ([ext.ONE, ext.ZERO], [ext.ZERO, ext.ONE])
        )
        rest = ext.neg(view.balance(zero))  # τ_0 + τ_1
        # s_0·τ_0 + s_1·(rest − τ_0) = −base
        wanted = ext.sub(ext.neg(base), ext.mul(s1, rest))
        first = ext.mul(wanted, ext.inv(ext.sub(s0, s1)))
        self.terminals = [first, ext.sub(rest, first)]


def test_terminals_after_z(log: support.SealedTable) -> None:
    works_only_without(
        ("terminals",),
        QuotientMismatch,
        lambda: support.prover([log], OVER, LateTerminals, unknowns=[FALSE_SLACK]),
    )


class LateQuotient(Balanced):
    """Draws z, and then commits to a chunk that is right there."""

    def commit_quotient(self) -> None:
        super().commit_quotient()
        probe = support.prover(self.tables, OVER, Prover, unknowns=[FALSE_SLACK])
        probe.__dict__.update(self.__dict__)
        probe.transcript = support.prover_transcript.Transcript("probe")
        probe.open_values()
        for height, residual in enumerate(View(self).residuals(probe.values, self.terminals)):
            kappa = self.layout.heights[height]
            for r in range(6):
                self.chunks[height][r, 0] = (int(self.chunks[height][r, 0]) + residual[r]) % support.P
            parts = [self.chunks[height], self.masks[kappa]]
            self.quotients[height] = commit_columns(QUOTIENT_PHASE, kappa, parts, self.profile, self.stream)


def test_quotient_after_z(log: support.SealedTable) -> None:
    works_only_without(("quotient",), QuotientMismatch, lambda: over_the_limit(log, LateQuotient))


class LateValues(ForgedValues, Balanced):
    """Draws the batch coefficients, and then states two chunk values that are off by what cancels in F_h."""

    follow = False

    def open_values(self) -> None:
        super().open_values()
        view = View(self)
        for height, residual in enumerate(view.residuals(self.values, self.terminals)):
            first, second = (view.index(Opening(CHUNK, height, i)) for i in range(2))
            # values + x·c_1 and − x·c_0: F_h is unchanged; the quotient moves by x·(c_1 − z^t·c_0)
            c0, c1 = self.coefficients[first], self.coefficients[second]
            step = view.step(self.layout.heights[height])
            x = ext.mul(residual, ext.inv(ext.sub(c1, ext.mul(step, c0))))
            self.values[first] = ext.add(self.values[first], ext.mul(x, c1))
            self.values[second] = ext.sub(self.values[second], ext.mul(x, c0))


def test_values_after_the_batch_coefficients(log: support.SealedTable) -> None:
    works_only_without(("values",), GrindingRejected, lambda: over_the_limit(log, LateValues))


class LateFinal(SatisfyingValues, Balanced):
    """Forges a value after z, folds what the verifier will see, and draws the queries before the final polynomial."""

    def final_polynomial(self, word: np.ndarray, count: int) -> np.ndarray:
        trial = support.prover_transcript.Transcript("trial")
        trial.state = self.transcript.state
        trial.absorb("nonce", u64(grind(trial.state, self.profile.grinding)))
        positions = trial.squeeze("queries").indices(self.queries, self.layout.domain_log2)
        bits = word.shape[1].bit_length() - 1
        last = sorted({p >> (self.layout.domain_log2 - bits) for p in positions})
        order = support.bit_reverse_indices(bits)
        points = [pow(support.root_of_unity(bits), int(order[p]), support.P) for p in last]
        assert len(last) <= count
        made = np.zeros((6, count), np.uint32)
        for r in range(6):
            coefficients = interpolate_points(points, [int(word[r, p]) for p in last])
            made[r, : len(coefficients)] = coefficients
        return made


def test_final_polynomial_after_the_queries(log: support.SealedTable) -> None:
    works_only_without(("final",), FinalPolynomialMismatch, lambda: over_the_limit(log, LateFinal))


def test_statement_that_is_not_absorbed(log: support.SealedTable) -> None:
    """A proof under one head serves another."""
    proved = support.prove(support.prover([log], head=b"for the regulator of A"))
    other = support.prover([log], head=b"for the regulator of B").statement.encode()
    with pytest.raises(QuotientMismatch):
        proved.verify(statement=other)
    with forgetful("statement"):
        weak = support.prove(support.prover([log], head=b"for the regulator of A"))
        weak.verify(statement=other)


def test_prover_and_verifier_take_the_same_steps(two_segments: support.Proved, monkeypatch: pytest.MonkeyPatch) -> None:
    """(label, state) after every message and challenge, tag transcripts left out."""
    steps: list[tuple[str, bytes]] = []
    real = verifier_transcript.Transcript

    class Logged(real):  # type: ignore[misc, valid-type]
        def __init__(self, domain: str) -> None:
            super().__init__(domain)
            self.tag = "tag" in domain
            self.note(domain)

        def note(self, label: str) -> None:
            if not self.tag:
                steps.append((label, self.state))

        def absorb(self, label: str, data: bytes) -> None:
            super().absorb(label, data)
            self.note(label)

        def squeeze(self, label: str):  # type: ignore[no-untyped-def]
            stream = super().squeeze(label)
            self.note(label)
            return stream

    monkeypatch.setattr(verifier, "Transcript", Logged)
    two_segments.verify()
    assert steps == two_segments.prover.transcript.log
    heights = len(two_segments.prover.layout.heights)
    layers = len(two_segments.prover.layers)
    assert [label for label, _ in steps] == [
        "zkcompliance/stark/v2", "profile", "statement",
        *["witness"] * heights, "lookup", *["extension"] * heights, "terminals", "constraint",
        *["quotient"] * heights, "point", "values", "batch", *["fri", "fold"] * layers, "final", "nonce", "queries",
    ]  # fmt: skip
