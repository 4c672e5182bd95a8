"""refresh --schema: the same rows under a later version of the schema, proved; and every way in which they are not."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest

from tests.kit import support
from tests.kit.compiled_trial import seal_anew
from tests.kit.two_versions import ADDED, ONE, TWO
from zkcompliance.claim import catalogue
from zkcompliance.claim.model import Claim
from zkcompliance.errors import NotASuccessor, ProgramMismatch, StatementMismatch, VerificationError
from zkcompliance.prove.api import private_sizes
from zkcompliance.schemas import Schema
from zkcompliance.schemas.evolution import missing_limbs, places, widened
from zkcompliance.stark.commit.entry import Entry
from zkcompliance.stark.commit.table import SealedTable
from zkcompliance.stark.prover.prover import Prover
from zkcompliance.stark.prover.witness import check_trace
from zkcompliance.stark.statement import encode_bundle
from zkcompliance.verify.verifier import verify_bundle

CLAIM = catalogue.goes_on(ONE, TWO)
SIZES = {"old_segments": 2, "new_segments": 2}
DISH, PRICE = TWO.limbs("dish")[0], TWO.limbs("price")


@dataclass
class Logs:
    """Two small segments of 10 and 3 rows under either version; a test may spoil them before they are sealed."""

    old: list[np.ndarray]
    new: list[np.ndarray]

    @classmethod
    def honest(cls) -> Logs:
        rows = np.random.default_rng(3).integers(0, 65536, (ONE.width, 13), dtype=np.uint32)
        rows[0], rows[ONE.limbs("dish")[0]] = 1, np.arange(13) % 2
        old = [padded(rows[:, :10], 4), padded(rows[:, 10:], 3)]
        return cls(old, [widened(ONE, TWO, each) for each in old])

    def prover(
        self,
        claim: Claim = CLAIM,
        schemas: tuple[Schema, Schema] = (ONE, TWO),
        publics: tuple[int, int] = (2, 2),
    ) -> Prover:
        tables = {"old": self.old, "new": self.new}
        private = claim.witness(tables, SIZES).private
        logs: list[list[Entry]] = []
        sealed: list[SealedTable] = []
        for parts, schema in zip(tables.values(), schemas, strict=True):
            own = [seal_anew(columns, schema.digest) for columns in parts]
            logs.append([table.entry for table in own])
            sealed += own
        sizes = private_sizes(claim.program, private, {slot: len(parts) for slot, parts in tables.items()})
        return Prover(support.one_claim(claim.program, publics, logs, sizes), sealed, private, [], os.urandom(32))

    def check(self) -> bool:
        return CLAIM.check({"old": self.old, "new": self.new}, SIZES).holds


def padded(rows: np.ndarray, k: int) -> np.ndarray:
    columns = np.zeros((rows.shape[0], 1 << k), np.uint32)
    columns[:, : rows.shape[1]] = rows
    return columns


def refused(prover: Prover) -> None:
    proof = prover.prove()
    assert check_trace(prover.layout, prover.trace)
    with pytest.raises(VerificationError):
        support.verify(prover.statement, proof)


def test_the_same_rows_under_a_later_version() -> None:
    logs = Logs.honest()
    assert logs.check()
    prover = logs.prover()
    proof = prover.prove()
    assert check_trace(prover.layout, prover.trace) == []
    support.verify(prover.statement, proof)


def old_column_changed(logs: Logs) -> None:
    logs.new[0][PRICE[3], 7] ^= 1


def row_moved(logs: Logs) -> None:
    logs.new[0][:, [4, 5]] = logs.new[0][:, [5, 4]]


def row_left_out(logs: Logs) -> None:
    logs.new[1][:, 2] = 0


def row_hidden(logs: Logs) -> None:
    """It is there, but not as a real one."""
    logs.new[1][0, 2] = 0


def row_added(logs: Logs) -> None:
    logs.new[1][:, 3] = logs.new[1][:, 2]


def row_twice_real(logs: Logs) -> None:
    """It counts twice in the new log, and stands for two equal rows of the old one."""
    logs.old[1][:, 2] = logs.old[1][:, 1]
    logs.new[1][:, 1], logs.new[1][:, 2] = widened(ONE, TWO, logs.old[1])[:, 1], 0
    logs.new[1][0, 1] = 2


def choice_renumbered(logs: Logs) -> None:
    """What was soup, 0, is the new choice, 2, in every row."""
    for table in logs.new:
        table[DISH] = np.where((table[0] == 1) & (table[DISH] == 0), 2, table[DISH])


def column_vanished(logs: Logs) -> None:
    """The prices are gone: zero in every row, as if nobody had stated them."""
    for table in logs.new:
        table[list(PRICE)] = 0


def columns_exchanged(logs: Logs) -> None:
    """Limbs of an old column stand where those of a new one are, and the other way round."""
    for table in logs.new:
        table[[PRICE[0], TWO.limbs("weight")[0]]] = table[[TWO.limbs("weight")[0], PRICE[0]]]


def segments_exchanged(logs: Logs) -> None:
    logs.new.reverse()


def padding_says_something(logs: Logs) -> None:
    """Of an old column, in a row that is none."""
    logs.new[1][PRICE[0], 7] = 1


def padding_has_missing_values(logs: Logs) -> None:
    """Padding is zero, and has no missing values either."""
    for place, limb in missing_limbs(ONE, TWO):
        logs.new[1][place, 5] = limb


SPOILERS = [
    old_column_changed, row_moved, row_left_out, row_hidden, row_added, row_twice_real, choice_renumbered,
    column_vanished, columns_exchanged, segments_exchanged, padding_says_something, padding_has_missing_values,
]  # fmt: skip


@pytest.mark.parametrize("spoil", SPOILERS, ids=lambda f: f.__name__)
def test_other_rows_are_refused(spoil: Callable[[Logs], None]) -> None:
    logs = Logs.honest()
    spoil(logs)
    assert not logs.check()
    refused(logs.prover())


@pytest.mark.parametrize("column", ADDED, ids=lambda column: column.name)
def test_a_new_column_that_says_something_is_refused(column) -> None:  # type: ignore[no-untyped-def]
    """In one row, by the least that it can differ by: the last bit, or one limb of many alone."""
    logs = Logs.honest()
    places_of = TWO.limbs(column.name)
    logs.new[0][places_of[-1], 9] ^= 1
    assert not logs.check()
    refused(logs.prover())


def test_every_committed_column_of_the_new_log_is_held() -> None:
    """The program reads each of them, and on plain integers one bit in any cell, padding too, is one too many."""
    honest = Logs.honest()
    old, new, _ = CLAIM.program.tables
    assert sorted(old.log_columns) == list(range(ONE.width)) and sorted(new.log_columns) == list(range(TWO.width))
    assert sorted([*places(ONE, TWO), *(place for place, _ in missing_limbs(ONE, TWO))]) == list(range(TWO.width))
    for place in range(TWO.width):
        for row in (0, 7):
            logs = Logs([each.copy() for each in honest.old], [each.copy() for each in honest.new])
            logs.new[1][place, row] ^= 1
            assert not logs.check(), (place, row)


@pytest.mark.parametrize("publics", [(1, 2), (2, 3), (0, 0)])
def test_a_wrong_number_of_segments_is_refused(publics: tuple[int, int]) -> None:
    prover = Logs.honest().prover(publics=publics)
    with pytest.raises(VerificationError):
        support.verify(prover.statement, prover.prove())


def test_programs_of_ones_own_do_not_pass_for_it() -> None:
    """Between other versions, with another missing value, or the other way round: each is another program."""
    renumbered = replace(
        TWO, columns=tuple(replace(c, default=2**31) if c.name == "guests" else c for c in TWO.columns)
    )
    assert renumbered.digest == TWO.digest, "a missing value is not in the schema's text"
    own = catalogue.goes_on(ONE, renumbered)
    logs = Logs.honest()
    for table in logs.new:
        low, high = TWO.limbs("guests")
        table[low] = 0
        table[high] = np.where(table[0] == 1, 2**15, 0)
    prover = logs.prover(own)
    proof = prover.prove()
    assert check_trace(prover.layout, prover.trace) == []
    support.verify(prover.statement, proof)
    notes = [support.SIGNER.sign(log.checkpoint.decode()).encode() for log in prover.statement.logs]
    with pytest.raises(ProgramMismatch):
        verify_bundle(encode_bundle(prover.statement, notes, proof), program_digests=[CLAIM.program_digest])
    assert own.program_digest != CLAIM.program_digest
    with pytest.raises(NotASuccessor):
        catalogue.goes_on(TWO, ONE)


def test_a_log_of_the_old_version_is_not_one_of_the_new() -> None:
    logs = Logs.honest()
    logs.new = [each.copy() for each in logs.new]
    with pytest.raises(StatementMismatch, match="another schema"):
        prover = logs.prover(schemas=(ONE, replace(TWO, version=3)))
        support.verify(prover.statement, prover.prove())
