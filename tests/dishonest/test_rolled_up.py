"""Roll-ups: the groups of a log's rows, proved; and every way in which they could be other ones."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from tests.kit import support
from tests.kit.agreeing import table
from tests.kit.compiled_trial import Trial, padded, proof_file, seal_anew
from tests.kit.hunt.traces import broken, mutated
from tests.kit.part import one_in
from zkcompliance.claim import catalogue
from zkcompliance.claim.model import Claim, Witness
from zkcompliance.errors import VerificationError
from zkcompliance.prove.api import private_sizes
from zkcompliance.schemas import ROLL_UPS, RollUp, decode_rows, encode_rows
from zkcompliance.schemas.grouping import grouped
from zkcompliance.schemas.rolled import GIVEN
from zkcompliance.stark.commit.table import SealedTable
from zkcompliance.stark.prover.prover import Prover
from zkcompliance.stark.prover.witness import check_trace
from zkcompliance.verify.verifier import verify_bundle

HOW = ROLL_UPS[0]
COMPUTE, ROLLED = HOW.schema, HOW.rolled
CLAIM = catalogue.load("rolled-up-compute")
JOB = {"start": 100, "end": 900, "phase": "pretraining", "method": "hardware", "model": "m1"}


def plain(how: RollUp, tables: list[np.ndarray]) -> set[tuple[int, ...]]:
    """The groups by the definition, one row after the other."""
    groups: dict[tuple[int, ...], list[dict[str, int]]] = {}
    for columns in tables:
        for row in range(columns.shape[1]):
            if columns[0, row] != 1:
                continue
            values = {
                column.name: sum(
                    int(columns[limb, row]) << 16 * j for j, limb in enumerate(how.schema.limbs(column.name))
                )
                for column in how.schema.columns
            }
            missing = {column.name: column.missing for column in how.schema.columns}
            flags = [
                int(values[flag.column] != missing[flag.column] if flag.kind == GIVEN else values[flag.column] > 0)
                for flag in how.flags
            ]
            stored = {name: 0 if value == missing[name] else value for name, value in values.items()}
            groups.setdefault((*(values[name] for name in how.keys), *flags), []).append(stored)
    return {
        (
            *key,
            len(rows),
            *(
                {"sum": sum, "min": min, "max": max}[part](r[m.column] for r in rows)
                for m in how.measures
                for part in m.parts
            ),
        )
        for key, rows in groups.items()
    }


def said(how: RollUp, columns: np.ndarray) -> list[tuple[int, ...]]:
    """The real rows of a roll-up as integers."""
    return [
        tuple(
            sum(int(columns[limb, row]) << 16 * j for j, limb in enumerate(how.rolled.limbs(column.name)))
            for column in how.rolled.columns
        )
        for row in range(columns.shape[1])
        if columns[0, row] == 1
    ]


@pytest.mark.parametrize("how", ROLL_UPS, ids=lambda how: how.schema.name)
@pytest.mark.parametrize("wild", [False, True])
def test_the_groups_are_those_of_the_definition(how: RollUp, wild: bool) -> None:
    """Fast and plain agree, and the interpreter with both, over random logs; and with a cell changed with neither."""
    claim = catalogue.rolled_up(how.schema)
    for seed in range(5):
        chance = random.Random(seed)
        tables = [padded(table(how.schema, chance.randrange(9), chance, wild)) for _ in range(2)]
        rolled = grouped(how, np.concatenate(tables, axis=1))
        found = said(how, rolled)
        assert len(set(found)) == len(found) and set(found) == plain(how, tables)
        assert claim.check({"rows": tables, "rolled": [padded(rolled)]}, {}).holds
        if len(found):
            spoiled = padded(rolled)
            spoiled[chance.randrange(1, how.rolled.width), 0] ^= 1
            assert not claim.check({"rows": tables, "rolled": [spoiled]}, {}).holds


@dataclass
class Logs:
    """Two segments of a log and the entry of its roll-up, which a test may spoil. lies: what the witness is made of."""

    rows: list[np.ndarray]
    rolled: np.ndarray
    lies: list[np.ndarray] | None = None
    how: RollUp = HOW
    claim: Claim = CLAIM

    @classmethod
    def honest(cls) -> Logs:
        first = [JOB | {"run": "a", "flop": flop} for flop in (5, 70_000, 2**95)]
        second = [JOB | {"run": run, "flop": flop, "end": 950 + flop % 7} for run in "ab" for flop in (0, 9, 10)]
        return cls.of([first, second])

    @classmethod
    def of(cls, segments: list[list[dict[str, object]]]) -> Logs:
        rows = [padded(encode_rows(COMPUTE, part, any_second=True)) for part in segments]
        return cls(rows, padded(grouped(HOW, np.concatenate(rows, axis=1))))

    @property
    def holds(self) -> bool:
        return self.claim.check({"rows": self.rows, "rolled": [self.rolled]}, {}).holds

    @property
    def witness(self) -> Witness:
        seen = self.rolled.copy()
        seen[0] = seen[0] != 0
        return self.claim.witness({"rows": self.lies or self.rows, "rolled": [seen]}, {})

    @property
    def sealed(self) -> list[SealedTable]:
        own = [seal_anew(columns, self.how.schema.digest) for columns in self.rows]
        return [*own, seal_anew(self.rolled, self.how.rolled.digest)]

    def trial(self) -> Trial:
        """The trace that the prover makes."""
        private, unknowns = self.witness.private, self.witness.unknowns
        return Trial(self.claim.program, self.sealed, private, unknowns, [], (len(self.rows), 1))

    def prover(self) -> Prover:
        witness, sealed = self.witness, self.sealed
        own, rolled = sealed[:-1], sealed[-1]
        program = self.claim.program
        sizes = private_sizes(program, witness.private, {"rows": len(own), "rolled": 1})
        logs = [[each.entry for each in own], [rolled.entry]]
        statement = support.one_claim(program, (), logs, sizes)
        return Prover(statement, sealed, witness.private, witness.unknowns, os.urandom(32))


def test_a_roll_up() -> None:
    logs = Logs.honest()
    assert logs.holds
    prover = logs.prover()
    proof = prover.prove()
    assert check_trace(prover.layout, prover.trace) == []
    support.verify(prover.statement, proof)


@pytest.mark.parametrize("how", ROLL_UPS, ids=lambda how: how.schema.name)
def test_random_rows_are_rolled_up_and_proved(how: RollUp) -> None:
    """What the interpreter takes the circuit takes; a total past its column neither."""
    for seed in range(3):
        chance = random.Random(seed)
        rows = [padded(table(how.schema, chance.randrange(1, 9), chance, seed == 2)) for _ in range(2)]
        rolled = padded(grouped(how, np.concatenate(rows, axis=1)))
        prover = Logs(rows, rolled, how=how, claim=catalogue.rolled_up(how.schema)).prover()
        prover.prove()
        assert check_trace(prover.layout, prover.trace) == []


def row_of(logs: Logs, run: str, positive: bool) -> int:
    """The number of the group of this run."""
    wanted = int(encode_rows(COMPUTE, [JOB | {"run": run, "flop": 1}], any_second=True)[COMPUTE.limbs("run")[0], 0])
    flags = logs.rolled[ROLLED.limbs("flop_positive")[0]]
    (found,) = np.flatnonzero(
        (logs.rolled[ROLLED.limbs("run")[0]] == wanted) & (flags == positive) & (logs.rolled[0] == 1)
    )
    return int(found)


def segment_left_out(logs: Logs) -> None:
    logs.rolled = padded(grouped(HOW, logs.rows[0]))


def segment_doubled(logs: Logs) -> None:
    logs.rolled = padded(grouped(HOW, np.concatenate([*logs.rows, logs.rows[1]], axis=1)))


def of_another_log(logs: Logs) -> None:
    other = encode_rows(COMPUTE, [JOB | {"run": "a", "flop": 6}], any_second=True)
    logs.rolled = padded(grouped(HOW, other))


def sum_moved(logs: Logs) -> None:
    """From one group to another: the total stays."""
    limb = ROLLED.limbs("flop_sum")[0]
    logs.rolled[limb, row_of(logs, "a", True)] -= 1
    logs.rolled[limb, row_of(logs, "b", True)] += 1


def count_without_its_row(logs: Logs) -> None:
    logs.rolled[ROLLED.limbs("n")[0], row_of(logs, "b", True)] += 1


def extra_key_of_nothing(logs: Logs) -> None:
    """A key of no row: its count is 0, and all its parts."""
    free = int(np.flatnonzero(logs.rolled[0] == 0)[0])
    logs.rolled[0, free] = 1
    logs.rolled[ROLLED.limbs("run")[0], free] = 7


def extra_key_of_a_row(logs: Logs) -> None:
    extra_key_of_nothing(logs)
    logs.rolled[ROLLED.limbs("n")[0], int(np.flatnonzero(logs.rolled[0] == 1)[-1])] = 1


def split_in_two(logs: Logs) -> None:
    """One key on two rows, which add up to what it has."""
    at, free = row_of(logs, "b", True), int(np.flatnonzero(logs.rolled[0] == 0)[0])
    logs.rolled[:, free] = logs.rolled[:, at]
    for name in ("n", "flop_sum"):
        limb = ROLLED.limbs(name)[0]
        logs.rolled[limb, at], logs.rolled[limb, free] = 1, logs.rolled[limb, at] - 1


def two_that_add_up_to_p_more(logs: Logs) -> None:
    """Two rows of one key, whose parts are the group's and the field's characteristic."""
    split_in_two(logs)
    p = 2**31 - 2**27 + 1
    low, high = ROLLED.limbs("flop_sum")[:2]
    at = row_of_first(logs, "b")
    logs.rolled[low, at] += p & 0xFFFF
    logs.rolled[high, at] += p >> 16


def row_of_first(logs: Logs, run: str) -> int:
    wanted = int(encode_rows(COMPUTE, [JOB | {"run": run, "flop": 1}], any_second=True)[COMPUTE.limbs("run")[0], 0])
    same = logs.rolled[ROLLED.limbs("run")[0]] == wanted
    return int(np.flatnonzero(same & (logs.rolled[ROLLED.limbs("flop_positive")[0]] == 1))[0])


def zeros_left_out(logs: Logs) -> None:
    """A group whose rows have no FLOP is not said."""
    logs.rolled[:, row_of(logs, "b", False)] = 0


def group_hidden(logs: Logs) -> None:
    """It is there, but not as a real row."""
    logs.rolled[0, row_of(logs, "b", True)] = 0


def twice_real(logs: Logs) -> None:
    logs.rolled[0, row_of(logs, "b", True)] = 2


def lower_minimum(logs: Logs) -> None:
    logs.rolled[ROLLED.limbs("flop_min")[0], row_of(logs, "a", True)] -= 1


def higher_minimum(logs: Logs) -> None:
    logs.rolled[ROLLED.limbs("flop_min")[0], row_of(logs, "a", True)] += 1


def lower_maximum(logs: Logs) -> None:
    logs.rolled[ROLLED.limbs("end_max")[0], row_of(logs, "a", True)] -= 1


def higher_maximum(logs: Logs) -> None:
    logs.rolled[ROLLED.limbs("end_max")[0], row_of(logs, "a", True)] += 1


def spent_said_to_be_nothing(logs: Logs) -> None:
    logs.rolled[ROLLED.limbs("flop_positive")[0], row_of(logs, "b", True)] = 0


def another_phase(logs: Logs) -> None:
    logs.rolled[ROLLED.limbs("phase")[0], row_of(logs, "b", True)] = 7


SPOILERS = [
    segment_left_out, segment_doubled, of_another_log, sum_moved, count_without_its_row, extra_key_of_nothing,
    extra_key_of_a_row, split_in_two, two_that_add_up_to_p_more, zeros_left_out, group_hidden, twice_real,
    lower_minimum, higher_minimum, lower_maximum, higher_maximum, spent_said_to_be_nothing, another_phase,
]  # fmt: skip


@pytest.mark.parametrize("spoil", SPOILERS, ids=lambda f: f.__name__)
def test_other_groups_are_refused(spoil: Callable[[Logs], None]) -> None:
    logs = Logs.honest()
    spoil(logs)
    assert spoil is twice_real or not logs.holds
    prover = logs.prover()
    proof = prover.prove()
    assert check_trace(prover.layout, prover.trace)
    with pytest.raises(VerificationError):
        support.verify(prover.statement, proof)


def fewer(logs: Logs) -> list[np.ndarray]:
    return [logs.rows[0], padded(logs.rows[1][:, :5])]


def doubled(logs: Logs) -> list[np.ndarray]:
    return [logs.rows[0], padded(np.concatenate([logs.rows[1][:, :6], logs.rows[1][:, 5:6]], axis=1))]


def swapped(logs: Logs) -> list[np.ndarray]:
    """A sum goes to another group, within what is summed and not only in the roll-up."""
    second = logs.rows[1].copy()
    limbs = list(COMPUTE.limbs("flop"))
    second[np.ix_(limbs, [1, 5])] = second[np.ix_(limbs, [5, 1])]
    return [logs.rows[0], second]


@pytest.mark.parametrize("told", [fewer, doubled, swapped], ids=lambda f: f.__name__)
def test_a_result_table_of_other_rows_is_refused(told: Callable[[Logs], list[np.ndarray]]) -> None:
    """The roll-up and the private tables agree with each other, and not with the rows that are committed to."""
    logs = Logs.honest()
    other = told(logs)
    logs.rolled = padded(grouped(HOW, np.concatenate(other, axis=1)))
    logs.lies = other
    assert not logs.holds
    prover = logs.prover()
    proof = prover.prove()
    assert check_trace(prover.layout, prover.trace)
    with pytest.raises(VerificationError):
        support.verify(prover.statement, proof)


EQUAL_ROWS, SUMMED = ("bus", 0, ""), ("bus", 1, "")


@pytest.mark.parametrize("spoil", one_in(3, [*SPOILERS, fewer, doubled, swapped], id=lambda f: f.__name__))
def test_the_check_that_refuses_them(spoil: Callable[[Logs], Any]) -> None:
    """Of other groups the equality of rows, of other rows what is summed: a program without what the trace breaks is
    met by the very same prover, and the real verifier accepts its proof."""
    logs = Logs.honest()
    other = spoil(logs)
    if other is not None:
        logs.rolled, logs.lies = padded(grouped(HOW, np.concatenate(other, axis=1))), other
    made = logs.trial()
    found = broken(made)
    assert (EQUAL_ROWS if other is None else SUMMED) in found
    weaker = made.program
    for item in sorted(found, reverse=True):
        weaker = mutated(weaker, item)
    without = replace(made, program=weaker)
    assert not without.failures()
    verify_bundle(proof_file(without), program_digests=[weaker.digest])
    with pytest.raises(VerificationError):
        verify_bundle(proof_file(made), program_digests=[made.program.digest])


def test_rows_are_decoded_as_they_are_grouped() -> None:
    rows = decode_rows(ROLLED, Logs.honest().rolled)
    assert sorted(int(row["n"]) for row in rows) == [1, 1, 2, 5]
