"""Protocols that are weaker in one place, prover and verifier alike, and provers who make use of it.

Identities weighed from δ^0 on, one vanishing polynomial for two numbers of rows, and α that begins anew for each
instance. `FromOne`, `OneVanishing` and `Restarted` are honest provers of the weaker protocols; the `verifier_…` are
their verifiers.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from tests.kit import support
from tests.kit.support import Prover, View, without
from zkcompliance.stark.air import weights as prover_weights
from zkcompliance.stark.air.weights import fingerprint
from zkcompliance.stark.field import extension as ext
from zkcompliance.stark.field import vector
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.field.extension import Ext
from zkcompliance.stark.prover import quotient as prover_quotient
from zkcompliance.stark.prover import witness as prover_witness
from zkcompliance.stark.prover.witness import Trace
from zkcompliance.verify import constraints as verify_constraints
from zkcompliance.verify import verifier
from zkcompliance.verify.field import Powers


class FromOne(Prover):
    """A prover whose identity q has weight δ^q, so that identity 0 has the weight of the blinds."""

    @contextlib.contextmanager
    def weighed(self) -> Iterator[None]:
        delta = self.challenges.delta

        def weights(base: Ext, identities: int) -> tuple[Ext, ...]:
            return tuple(ext.powers(base, identities)) if base == delta else honest(base, identities)

        honest = prover_weights.identity_weights
        with without(prover_weights, "identity_weights", weights):
            yield

    def commit_lookups(self) -> None:
        with self.weighed():
            super().commit_lookups()

    def quotient(self, kappa: int, weights: dict[int, np.ndarray]) -> np.ndarray:
        with self.weighed():
            return super().quotient(kappa, weights)


class OneBefore:
    """Powers of which each is the one before: that of exponent 0 stays."""

    def __init__(self, powers: Powers) -> None:
        self._powers = powers

    def __getitem__(self, exponent: int) -> Ext:
        return self._powers[max(0, exponent - 1)]


def verifier_from_one() -> contextlib.AbstractContextManager[None]:
    """A verifier with the same weights."""
    honest = verifier.lookup_challenges

    def shifted(*given):  # type: ignore[no-untyped-def]
        drawn = honest(*given)
        return replace(drawn, delta=OneBefore(drawn.delta))

    return without(verifier, "lookup_challenges", shifted)


class OtherSums(Prover):
    """Says that its limbs add up to what `other_sums` makes of the true sums of each place."""

    def other_sums(self, true: list[np.ndarray]) -> list[np.ndarray]:
        return true

    def make_trace(self) -> Trace:
        honest = prover_witness.place_sums
        with without(prover_witness, "place_sums", lambda *given: self.other_sums(honest(*given))):
            return super().make_trace()


class OneLess(OtherSums):
    """Says that the least limb's sum is one less than it is; a blind that is one less makes up for it."""

    def other_sums(self, true: list[np.ndarray]) -> list[np.ndarray]:
        true[0].reshape(-1)[0] -= 1
        return true

    def make_trace(self) -> Trace:
        trace = super().make_trace()
        blind = trace.witness[0][-1]
        blind[0] = (int(blind[0]) - 1) % P  # row 0: the blind's coefficient of u^0
        return trace


class OneLessFromOne(OneLess, FromOne):
    """The same in the weaker protocol."""


class OneVanishing(Prover):
    """Divides what a table of 2^own rows has to satisfy by the vanishing polynomial of 2^other rows."""

    own, other = 4, 3

    def quotient(self, kappa: int, weights: dict[int, np.ndarray]) -> np.ndarray:
        honest = prover_quotient.coset_rows

        def rows(layout, number, challenges, shift, sources, weights, known, small=None):  # type: ignore[no-untyped-def]
            found = honest(layout, number, challenges, shift, sources, weights, known, small)
            instance = layout.instances[number]
            log_size = instance.kappa if small is None else small
            if instance.k != self.own:
                return found
            chosen = known[instance.k]
            inverse_z = prover_quotient.selectors(self.other, log_size, shift, apart=True).inverse_z
            everywhere = np.repeat(inverse_z[0], 1 << min(self.other, log_size))
            extra = prover_quotient.coset_only(instance)
            found.sources[3][extra + prover_quotient.FIRST_Z] = vector.mul(chosen.first, everywhere)
            found.sources[3][extra + prover_quotient.LAST_Z] = vector.mul(chosen.last, everywhere)
            return replace(
                found,
                periodic=(*found.periodic[:-1], inverse_z),
                shifts=(*found.shifts[:-1], min(self.other, log_size)),
            )

        with without(prover_quotient, "coset_rows", rows):
            return super().quotient(kappa, weights)


def verifier_divides(own: int, other: int) -> contextlib.AbstractContextManager[None]:
    """A verifier that does so too."""
    honest = verify_constraints.selectors

    def chosen(k, z):  # type: ignore[no-untyped-def]
        found = honest(k, z)
        return found._replace(inverse_vanishing=honest(other, z).inverse_vanishing) if k == own else found

    return without(verify_constraints, "selectors", chosen)


class FreeTerminal(Prover):
    """Puts what a false total misses on the taller segment's terminal, which its last row alone has to answer for."""

    def lookup_columns(self, number: int) -> tuple[np.ndarray, Ext]:
        columns, terminal = super().lookup_columns(number)
        if number == len(self.layout.instances) - 1:
            missing = View(self).balance([*self.terminals, terminal])
            self.terminals[1] = ext.sub(self.terminals[1], missing)
        return columns, terminal


class FreeTerminalOneVanishing(FreeTerminal, OneVanishing):
    """The same in the weaker protocol."""


class Restarted(Prover):
    """Begins with α^0 for each instance."""

    def quotient(self, kappa: int, weights: dict[int, np.ndarray]) -> np.ndarray:
        honest = prover_quotient.constraint_weights
        with without(prover_quotient, "constraint_weights", lambda alpha, _, count: honest(alpha, 0, count)):
            return super().quotient(kappa, weights)


def verifier_restarts() -> contextlib.AbstractContextManager[None]:
    """A verifier that does so too."""
    check, constraints = verifier.check_quotients, verify_constraints.instance_constraints

    def restarted(shape, values, challenges, terminals, weights, alpha, z):  # type: ignore[no-untyped-def]
        before: dict[int, int] = {}
        for height in shape.heights:
            count = 0
            for i in shape.at_height(height):
                before[id(shape.instances[i])] = count
                count += shape.instances[i].constraint_count

        def scaled(shape, instance, *rest):  # type: ignore[no-untyped-def]
            back = ext.inv(ext.power(alpha, before[id(instance)]))
            return [ext.mul(back, value) for value in constraints(shape, instance, *rest)]

        with without(verify_constraints, "instance_constraints", scaled):
            check(shape, values, challenges, terminals, weights, alpha, z)

    return without(verifier, "check_quotients", restarted)


class OneForAnother(Prover):
    """Terminals t_0 and t_1 off by what a false total misses, so that the last rows' constraints, times their
    denominators, cancel: t_0·D_0 + t_1·D_1 = 0."""

    def lookup_columns(self, number: int) -> tuple[np.ndarray, Ext]:
        columns, terminal = super().lookup_columns(number)
        if number == len(self.layout.instances) - 1:
            missing = View(self).balance([*self.terminals, terminal])
            d0, d1 = (self.last_denominator(i) for i in range(2))
            ratio = ext.mul(d0, ext.inv(d1))
            t0 = ext.mul(ext.neg(missing), ext.inv(ext.sub(ext.ONE, ratio)))
            t1 = ext.neg(ext.mul(t0, ratio))
            self.terminals[:2] = [ext.add(a, b) for a, b in zip(self.terminals[:2], (t0, t1), strict=True)]
        return columns, terminal

    def last_denominator(self, number: int) -> Ext:
        """Of the last group: the lookup of (phase, act, counted)."""
        columns = self.trace.log_columns(number)
        assert columns is not None
        asked = [columns[support.PHASE, -1], columns[support.ACT, -1], self.trace.witness[number][0, -1]]
        bus = self.layout.instances[number].air.interactions[-1].bus
        return fingerprint([int(x) for x in asked], bus, self.challenges)


class OneForAnotherRestarted(OneForAnother, Restarted):
    """The same in the weaker protocol."""
