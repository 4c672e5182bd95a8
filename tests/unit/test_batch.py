"""The prover's batch and openings against docs/spec/proof.md and merkle.md, read literally (tests/kit/batch.py)."""

from __future__ import annotations

import pytest

from tests.kit import batch, support
from tests.kit.support import ROWS, Prover
from zkcompliance.stark.field import extension as ext
from zkcompliance.stark.field.babybear import P


@pytest.fixture(scope="module", params=["standard", "fast", "small"])
def made(request: pytest.FixtureRequest) -> Prover:
    """A proof over two segments, of different heights where the profile has the second one in a larger capacity."""
    tables = [support.seal(support.table(ROWS), "one", request.param)]
    tables.append(support.seal(support.table(ROWS, 14), "two", request.param))
    return support.prove(support.prover(tables)).prover


def test_some_columns_are_read_and_some_are_not(made: Prover) -> None:
    for number, table, columns in batch.unread(made):
        instance = made.layout.instances[number]
        assert columns == instance.unread_columns and columns
        assert sorted([*columns, *instance.air.log_columns]) == list(range(table.entry.width))


def test_the_batch_is_that_of_the_opened_rows(made: Prover) -> None:
    assert batch.agrees(made)
    assert not batch.agrees(made, every_column=False)


def test_the_polynomial_itself(made: Prover) -> None:
    """One position of each height, by Horner's rule."""
    for kappa in made.layout.heights:
        x = batch.point(5, kappa + made.profile.log_blowup)
        value = []
        for coefficients in made.batched[kappa].tolist():
            total = 0
            for c in reversed(coefficients):
                total = (total * x + c) % P
            value.append(total)
        assert tuple(value) == batch.batched_at(made, kappa, 5)


def test_batch_coefficients_are_drawn_in_the_order_of_the_proof(made: Prover) -> None:
    """Values, then for each log-table instance its unread columns and its tag: a wrong e_c shows at once."""
    (_, table, columns), *_ = batch.unread(made)
    kappa = table.entry.kappa
    stream = batch.stream_of(made, "batch")
    stream.exts(len(made.values))
    weights = stream.exts(len(columns))
    without = batch.batched_at(made, kappa, 3, every_column=False)
    row = batch.row(table, 3, 8)
    for number, other, _ in batch.unread(made)[1:]:
        assert other.entry.kappa != kappa, number
    added = support.total([ext.scale(w, row[c]) for w, c in zip(weights, columns, strict=True)])
    assert ext.add(without, added) == batch.batched_at(made, kappa, 3)


def test_openings_give_the_roots(made: Prover) -> None:
    positions = batch.drawn_positions(made)
    opened = iter(made.open_positions(positions))
    tallest = made.layout.heights[0]
    for table in made.tables:
        at = [p >> (tallest - table.entry.kappa) for p in positions]
        depth = table.entry.kappa + made.profile.log_blowup
        root, rows = batch.root_of(next(opened), 0, depth, 32 + 4 * table.entry.width, at)
        assert root == table.entry.root
        assert rows[0] == table.rows(min(at), 1)[0]
    for phase, trees in ((1, made.witness), (2, made.extension), (3, made.quotients)):
        for committed in trees:
            at = [p >> (tallest - committed.kappa) for p in positions]
            depth = committed.kappa + made.profile.log_blowup
            found, _ = batch.root_of(next(opened), phase, depth, 16 + 4 * committed.values.shape[1], at)
            assert found == committed.tree.root
    for layer in made.layers:
        positions = [p >> layer.layer.arity_log2 for p in positions]
        depth = layer.layer.kappa + made.profile.log_blowup - layer.layer.arity_log2
        found, _ = batch.root_of(next(opened), 4, depth, 24 << layer.layer.arity_log2, positions)
        assert found == layer.tree.root
    assert not list(opened)
