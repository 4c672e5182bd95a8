"""Rows that are read again: of many segments few are held at once, and the proof is the same."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from tests.kit import support
from zkcompliance.stark.prover import prover as prover_module
from zkcompliance.stark.prover.prover import Prover

SEGMENTS = 3


class Read:
    """Columns that can be read again, and how often they were."""

    def __init__(self, columns: np.ndarray) -> None:
        self._columns, self.times = columns, 0

    def load_columns(self) -> np.ndarray:
        self.times += 1
        return self._columns

    def parts(self) -> Iterator[np.ndarray]:
        yield self._columns


class Watched(Prover):
    """Notes how many segments' rows, and of how many instances the trace, are held before each one's lookups."""

    def lookup_columns(self, number):  # type: ignore[no-untyped-def]
        self.held.append(sum(table._columns is not None for table in self.tables))
        self.left.append(sum(columns.size > 0 for columns in self.trace.witness))
        return super().lookup_columns(number)


def proved(segments: int) -> tuple[bytes, list[int], list[int]]:
    """A proof of one seed; segments held before each instance's lookups; how often each one's rows were read."""
    sealed = [support.seal(support.table(support.ROWS), f"segment {number}") for number in range(segments)]
    prover = support.prover(sealed, kind=Watched)
    prover.held, prover.left = [], []  # type: ignore[attr-defined]
    sources = [Read(table.columns) for table in sealed]
    for table, source in zip(sealed, sources, strict=True):
        table._source = source
    whole = prover.make_trace
    traces = []
    prover.make_trace = lambda: traces.append(whole()) or traces[-1]  # type: ignore[method-assign, func-returns-value]
    proof = prover.prove()
    many = segments > 1 and prover_module.MOST_ROWS_BYTES == 0
    left = [segments + 1 - (number if many else 0) for number in range(segments + 1)]
    assert prover.left == left  # type: ignore[attr-defined]
    assert len(traces) == 1 and all(columns.size for columns in traces[0].witness)  # another's is left as it is
    return proof, prover.held, [source.times for source in sources]  # type: ignore[attr-defined]


def test_many_rows_are_read_again_one_segment_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, held, times = proved(SEGMENTS)
    assert held == [SEGMENTS] * (SEGMENTS + 1) and times == [0] * SEGMENTS
    monkeypatch.setattr(prover_module, "MOST_ROWS_BYTES", 0)
    again, held, times = proved(SEGMENTS)
    assert again == whole
    assert held == [0] * (SEGMENTS + 1) and times == [1] * SEGMENTS


def test_the_rows_of_one_segment_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be read again for nothing: they are needed until the lookups all the same."""
    monkeypatch.setattr(prover_module, "MOST_ROWS_BYTES", 0)
    _, held, times = proved(1)
    assert held == [1, 1] and times == [0]
