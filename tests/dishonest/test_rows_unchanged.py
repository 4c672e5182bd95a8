"""refresh and compact: the same rows in a new log, proved; and every way in which they could not be the same."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from tests.kit import support
from tests.kit.compiled_trial import seal_anew
from zkcompliance import schemas
from zkcompliance.claim import catalogue
from zkcompliance.errors import VerificationError
from zkcompliance.prove.api import private_sizes
from zkcompliance.stark.commit.entry import Entry
from zkcompliance.stark.commit.table import SealedTable
from zkcompliance.stark.prover.prover import Prover
from zkcompliance.stark.prover.witness import check_trace

SCHEMA = schemas.compute
CLAIM = catalogue.load("rows-unchanged-compute")


@dataclass
class Logs:
    """Three small segments and one with the same rows: 10 + 3 + 12; a test may spoil either before it is sealed."""

    old: list[np.ndarray]
    new: list[np.ndarray]

    @classmethod
    def honest(cls) -> Logs:
        rows = np.random.default_rng(3).integers(0, 65536, (SCHEMA.width, 25), dtype=np.uint32)
        rows[0] = 1
        return cls([padded(rows[:, :10], 4), padded(rows[:, 10:13], 3), padded(rows[:, 13:], 4)], [padded(rows, 5)])

    def prover(self, publics: tuple[int, int] = (3, 1)) -> Prover:
        tables = {"old": self.old, "new": self.new}
        given = dict(zip(("old_segments", "new_segments"), publics, strict=True))
        private = CLAIM.witness(tables, given).private
        logs: list[list[Entry]] = []
        sealed: list[SealedTable] = []
        for parts in tables.values():
            own = [seal_anew(columns, SCHEMA.digest) for columns in parts]
            logs.append([table.entry for table in own])
            sealed += own
        sizes = private_sizes(CLAIM.program, private, {slot: len(parts) for slot, parts in tables.items()})
        return Prover(support.one_claim(CLAIM.program, publics, logs, sizes), sealed, private, [], os.urandom(32))


def padded(rows: np.ndarray, k: int) -> np.ndarray:
    columns = np.zeros((SCHEMA.width, 1 << k), np.uint32)
    columns[:, : rows.shape[1]] = rows
    return columns


def verify(prover: Prover, proof: bytes) -> None:
    support.verify(prover.statement, proof)


def test_the_same_rows() -> None:
    logs = Logs.honest()
    assert CLAIM.check({"old": logs.old, "new": logs.new}, {"old_segments": 3, "new_segments": 1}).holds
    prover = logs.prover()
    proof = prover.prove()
    assert check_trace(prover.layout, prover.trace) == []
    verify(prover, proof)


def one_cell(logs: Logs) -> None:
    logs.new[0][30, 7] ^= 1


def swapped(logs: Logs) -> None:
    logs.new[0][:, [4, 5]] = logs.new[0][:, [5, 4]]


def dropped(logs: Logs) -> None:
    logs.new[0][:, 24] = 0


def hidden(logs: Logs) -> None:
    """The row is there, but not as a real one."""
    logs.new[0][0, 24] = 0


def added(logs: Logs) -> None:
    logs.new[0][:, 25] = logs.new[0][:, 24]


def twice_real(logs: Logs) -> None:
    """A row that counts twice in the new log and stands for two equal rows of the old one."""
    logs.old[2][:, 11] = logs.old[2][:, 10]
    logs.new[0][:, 23], logs.new[0][:, 24] = logs.old[2][:, 10], 0
    logs.new[0][0, 23] = 2


def segments_swapped(logs: Logs) -> None:
    logs.old[0], logs.old[2] = logs.old[2], logs.old[0]


SPOILERS = [one_cell, swapped, dropped, hidden, added, twice_real, segments_swapped]


@pytest.mark.parametrize("spoil", SPOILERS, ids=lambda f: f.__name__)
def test_other_rows_are_refused(spoil: Callable[[Logs], None]) -> None:
    logs = Logs.honest()
    spoil(logs)
    assert not CLAIM.check({"old": logs.old, "new": logs.new}, {"old_segments": 3, "new_segments": 1}).holds
    prover = logs.prover()
    proof = prover.prove()
    assert check_trace(prover.layout, prover.trace)
    with pytest.raises(VerificationError):
        verify(prover, proof)


@pytest.mark.parametrize("publics", [(2, 1), (3, 2), (0, 0)])
def test_a_wrong_number_of_segments_is_refused(publics: tuple[int, int]) -> None:
    prover = Logs.honest().prover(publics)
    with pytest.raises(VerificationError):
        verify(prover, prover.prove())
