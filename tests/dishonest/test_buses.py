"""Buses that do not balance: lying multiplicities, forged and shifted terminals, altered range tables, stray blinds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.kit import support
from tests.kit.support import (
    DroppedConstraints,
    Proved,
    Prover,
    cells_of,
    looked_up,
    refused,
    set_cell,
    unbalanced,
    verifier_drops,
    without,
)
from zkcompliance.errors import LookupRejected, QuotientMismatch
from zkcompliance.stark.field import extension as ext
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.prover.witness import Trace, check_trace
from zkcompliance.verify import verifier
from zkcompliance.verify import weights as verify_weights
from zkcompliance.verify.transcript import Stream


class Edited(Prover):
    """The honest trace with an edit that nothing is adapted to."""

    change: Callable[[Prover, Trace], None]

    def make_trace(self) -> Trace:
        trace = super().make_trace()
        type(self).change(self, trace)
        return trace


def edited(change: Callable[[Prover, Trace], None], base: type[Prover] = Edited) -> Prover:
    return support.prover([support.seal(support.table(support.ROWS))], kind=type("Case", (base,), {"change": change}))


# Multiplicities


def one_more(made: Prover, trace: Trace) -> None:
    looked_up(made, trace, 65535, 1)


def moved(made: Prover, trace: Trace) -> None:
    """From a value to another of the same row of the range table."""
    looked_up(made, trace, 3, -1)
    looked_up(made, trace, 4, 1)


def range_elsewhere(made: Prover, trace: Trace) -> None:
    """As if a looked-up value were another one, of another row."""
    value = next(int(x) for x in trace.tables[0].columns[support.FLOP].reshape(-1) if x > 8)
    looked_up(made, trace, value, -1)
    looked_up(made, trace, value - 8, 1)


def phase_row(made: Prover, trace: Trace, row: int, by: int) -> None:
    cell = made.layout.cells.lookups[0] + 2 * row
    set_cell(made, trace, cell, int(cells_of(made, trace)[cell]) + by)


def phase_more(made: Prover, trace: Trace) -> None:
    phase_row(made, trace, 7, 1)


def phase_swapped(made: Prover, trace: Trace) -> None:
    phase_row(made, trace, 7, 1)
    phase_row(made, trace, 0, -1)  # the rows of padding


def phase_wrapped(made: Prover, trace: Trace) -> None:
    """A multiplicity raised by p in its two cells: −1 mod p is not what it is."""
    cell = made.layout.cells.lookups[0] + 2 * 13
    set_cell(made, trace, cell, (P - 1) & 0xFFFF)
    set_cell(made, trace, cell + 1, (P - 1) >> 16)


@pytest.mark.parametrize("change", [one_more, moved, range_elsewhere, phase_more, phase_swapped, phase_wrapped])
def test_lying_multiplicities(change: Callable[[Prover, Trace], None]) -> None:
    proved = unbalanced(edited(change))
    assert check_trace(proved.prover.layout, proved.prover.trace)


# Terminals


class BalancedTerminals(Edited):
    """An unbalanced bus whose terminals are forged to balance."""

    where = -1

    def lookup_columns(self, number: int) -> tuple[np.ndarray, ext.Ext]:
        columns, terminal = super().lookup_columns(number)
        if number == len(self.layout.instances) - 1:
            self.terminals.append(terminal)
            missing = support.View(self).balance(self.terminals)
            self.terminals.pop()
            if self.where == -1:
                terminal = ext.sub(terminal, missing)
            else:
                self.terminals[self.where] = ext.sub(self.terminals[self.where], missing)
        return columns, terminal


@pytest.mark.parametrize("where", [0, -1])
def test_unbalanced_bus_with_a_forged_terminal(where: int) -> None:
    made = edited(one_more, BalancedTerminals)
    made.where = where  # type: ignore[attr-defined]
    proved = refused(QuotientMismatch, made)
    with without(verifier, "check_quotients"):
        proved.verify()


class Shifted(Prover):
    """Two terminals moved against each other: their sum is what it was."""

    delta = ext.ONE

    def lookup_columns(self, number: int) -> tuple[np.ndarray, ext.Ext]:
        columns, terminal = super().lookup_columns(number)
        shift = {0: self.delta, 1: ext.neg(self.delta)}.get(number, ext.ZERO)
        return columns, ext.add(terminal, shift)


@pytest.mark.parametrize("delta", [ext.ONE, (0, 0, 0, 0, 0, 1), support.random_ext("delta")])
def test_terminals_shifted_by_delta(delta: ext.Ext) -> None:
    tables = [support.seal(support.table(support.ROWS)), support.seal(support.table(support.ROWS[:2]), "second")]
    made = support.prover(tables, kind=Shifted)
    made.delta = delta  # type: ignore[attr-defined]
    proved = refused(QuotientMismatch, made)
    with without(verifier, "check_quotients"):
        proved.verify()


def test_terminals_shifted_in_the_finished_proof(two_segments: Proved) -> None:
    proof = bytearray(two_segments.proof)
    at = 32 * 2 * len(two_segments.prover.layout.heights)
    for offset, change in ((at, 1), (at + 24, -1)):
        value = (int.from_bytes(proof[offset : offset + 4], "little") + change) % P
        proof[offset : offset + 4] = value.to_bytes(4, "little")
    with pytest.raises(QuotientMismatch):
        two_segments.verify(bytes(proof))


def test_terminals_exchanged_with_a_protocol_that_lacks_the_accumulator_would_pass() -> None:
    """The accumulator's step is what ties a terminal to its rows: without it any false bus balances."""
    last = 3 + 2 + 2 - 1  # cells: three constraints of its own, two φ, acc first, acc step

    class Case(BalancedTerminals, DroppedConstraints):
        change = staticmethod(one_more)
        dropped = frozenset({(1, last)})

    proved = support.prove(support.prover([support.seal(support.table(support.ROWS))], kind=Case))
    with pytest.raises(QuotientMismatch):
        proved.verify()
    with verifier_drops(Case.dropped):
        proved.verify()


# The range table


def ramp(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Prover, Trace], None]:
    """Another column t; the multiplicities stand where their values are now, or nowhere."""

    def edit(made: Prover, trace: Trace) -> None:
        table, cells = made.layout.table, trace.witness[-1]
        last = 65535 // table.pairs
        honest, counts = np.arange(len(cells[0])), cells[table.multiplicities(0)].copy()
        values = change(np.minimum(honest, last).astype(np.int64)) % P
        where = {int(t): row for row, t in reversed(list(enumerate(values)))}
        cells[0] = values.astype(np.uint32)
        cells[table.multiplicities(0)] = 0
        for row in range(last + 1):
            if row in where:
                cells[table.multiplicities(0), where[row]] = counts[:, row]

    return edit


RAMPS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "skips 7": lambda t: np.where(t >= 7, np.minimum(t + 1, t[-1]), t),
    "starts at 5": lambda t: np.minimum(t + 5, t[-1]),
    "ends early": lambda t: np.minimum(t, t[-1] - 1),
    "ends past the last": lambda t: np.where(t == t[-1], t[-1] + 1, t),
    "holds −1": lambda t: np.where(t == 9, P - 1, t),
    "goes down once": lambda t: np.where(t == 100, 98, t),
    "all zero": np.zeros_like,
}


@pytest.mark.parametrize("k", [3, 16])
@pytest.mark.parametrize("case", RAMPS)
def test_altered_range_table(case: str, k: int) -> None:
    """With eight values a row, and with one."""
    kind = type("Case", (Edited,), {"change": ramp(RAMPS[case])})
    made = support.prover([support.seal(support.table(support.ROWS, k))], kind=kind)
    proved = refused(QuotientMismatch, made)
    assert proved.prover.layout.table.pairs == (8 if k == 3 else 1)
    assert any(
        f.requirement.startswith("the range table") for f in check_trace(proved.prover.layout, proved.prover.trace)
    )


# Blinds


def stray_blind(_: Prover, trace: Trace) -> None:
    trace.witness[0][-1, 0] = (int(trace.witness[0][-1, 0]) + 1) % P


def test_blinds_that_do_not_cancel() -> None:
    unbalanced(edited(stray_blind))


def unweighted_blind(_: Prover, trace: Trace) -> None:
    trace.witness[0][-1, 6] = (int(trace.witness[0][-1, 6]) + 1) % P


def test_rows_six_and_seven_of_a_blind_have_no_weight() -> None:
    support.prove(edited(unweighted_blind)).verify()


def guessed_blind(made: Prover, trace: Trace) -> None:
    """A blind that repairs the bus for challenges that the prover hopes for."""
    one_more(made, trace)
    guess = ext.inv(ext.sub(support.random_ext("a"), ext.scale(support.random_ext("beta"), 1)))
    for i, x in enumerate(guess):
        trace.witness[0][-1, i] = (int(trace.witness[0][-1, i]) - x) % P


def test_a_constant_repairs_no_bus() -> None:
    unbalanced(edited(guessed_blind))


# A challenge that meets a public row


def test_challenge_that_is_a_public_fingerprint(honest: Proved, monkeypatch: pytest.MonkeyPatch) -> None:
    """a = the fingerprint's other side for the row (0, 0, 0) of bus 1: 2·β^3."""
    drawn = Stream.extension
    given: list[ext.Ext] = []

    def unlucky(self: Stream) -> ext.Ext:
        found = drawn(self)
        given.append(found)
        beta = (5, 0, 0, 0, 0, 1)
        # the first two of the tag's squeeze are not drawn by `extension` alone: count those of the lookup squeeze
        return {1: ext.scale(ext.power(beta, 3), 2), 2: beta}.get(len(given), found)

    monkeypatch.setattr(Stream, "extension", unlucky)
    with pytest.raises(LookupRejected):
        honest.verify()
    assert verify_weights.LookupRejected is LookupRejected
