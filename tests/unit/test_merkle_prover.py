"""Trees with their lowest levels left out, and pruned openings: against hashlib alone, and against the verifier."""

from __future__ import annotations

import random

import numpy as np
import pytest

from tests.kit.batch import root_of
from zkcompliance.errors import MalformedProof, OpeningMismatch
from zkcompliance.stark.commit import merkle
from zkcompliance.stark.commit.merkle import MerkleTree, TreeBuilder
from zkcompliance.stark.field.twin import hash_leaf, hash_node, hash_quad
from zkcompliance.verify import openings
from zkcompliance.verify.codec import Reader

SALTS = (8, 4, 4, 4, 0)
DEPTHS = merkle.QUATERNARY_DEPTH, openings.QUATERNARY_DEPTH  # as they are, which no fixture has a say in


@pytest.fixture(autouse=True, params=(2, 18))
def quaternary_from(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """The depth from which on the lowest step takes four leaves, for both hands: small trees as tall ones, and as they
    are."""
    for hand in (merkle, openings):
        monkeypatch.setattr(hand, "QUATERNARY_DEPTH", request.param)
    depth: int = request.param
    return depth


def tree(phase: int, depth: int, width: int = 3) -> tuple[MerkleTree, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(depth)
    n = 1 << depth
    salts = rng.integers(0, 2**32, (SALTS[phase], n), dtype=np.uint32)
    columns = rng.integers(0, 2013265921, (width, n), dtype=np.uint32)
    builder = TreeBuilder(phase, n)
    half = max(8, n // 2)
    for start in range(0, n, half):
        builder.add(
            start,
            np.ascontiguousarray(salts[:, start : start + half]),
            np.ascontiguousarray(columns[:, start : start + half]),
        )
    return builder.finish(), salts, columns


def rows_of(salts: np.ndarray, columns: np.ndarray):  # type: ignore[no-untyped-def]
    whole = np.concatenate([salts, columns]).astype("<u4")
    return lambda first, count: [whole[:, i].tobytes() for i in range(first, first + count)]


@pytest.mark.parametrize("phase", range(5))
@pytest.mark.parametrize("depth", [3, 4, 7])
def test_root_is_the_plain_one(phase: int, depth: int, quaternary_from: int) -> None:
    made, salts, columns = tree(phase, depth)
    level = [
        hash_leaf(phase, i, [int(x) for x in salts[:, i]], [int(x) for x in columns[:, i]]) for i in range(1 << depth)
    ]
    if depth >= quaternary_from:
        level = [hash_quad(level[i : i + 4]) for i in range(0, len(level), 4)]
    while len(level) > 1:
        level = [hash_node(a, b) for a, b in zip(level[::2], level[1::2], strict=True)]
    assert made.root == level[0] and made.depth == depth


@pytest.mark.parametrize("phase", range(5))
@pytest.mark.parametrize("depth", [3, 4, 5, 8])
def test_openings_by_the_specification(phase: int, depth: int) -> None:
    made, salts, columns = tree(phase, depth)
    rng, n = random.Random(depth), 1 << depth
    row_bytes = 4 * (SALTS[phase] + 3)
    for positions in ([0], [n - 1], [1, 2], [3, 4], list(range(n)), *(rng.choices(range(n), k=6) for _ in range(20))):
        opened = made.open(positions, rows_of(salts, columns))
        root, rows = root_of(opened, phase, depth, row_bytes, positions)
        assert root == made.root
        assert rows == [rows_of(salts, columns)(p, 1)[0] for p in sorted(set(positions))]


@pytest.mark.parametrize("depth", [3, 5, 8])
def test_openings(depth: int) -> None:
    made, salts, columns = tree(1, depth)
    rng = random.Random(depth)
    n = 1 << depth
    for positions in (
        [0],
        [n - 1],
        [0, 1],
        [0, n - 1],
        list(range(n)),
        *(rng.choices(range(n), k=6) for _ in range(20)),
    ):
        opened = made.open(positions, rows_of(salts, columns))
        reader = Reader(opened, MalformedProof)
        found = openings.read_opening(reader, openings.Tree(made.root, 1, depth, 3), positions)
        reader.finish()
        assert found == {p: columns[:, p].astype("<u4").tobytes() for p in set(positions)}


def test_wrong_openings() -> None:
    made, salts, columns = tree(1, 6)
    opened = made.open([3, 9, 40], rows_of(salts, columns))
    wanted = openings.Tree(made.root, 1, 6, 3)
    cases = [
        (wanted, [3, 9, 41]),
        (wanted, [3, 9]),
        (wanted, [2, 9, 40]),
        (wanted._replace(phase=2), [3, 9, 40]),
        (wanted._replace(root=bytes(32)), [3, 9, 40]),
        (wanted._replace(words=2), [3, 9, 40]),
        (wanted._replace(depth=5), [3, 9]),
        (wanted, [3, 9, 64]),
    ]
    for other, positions in cases:
        with pytest.raises((OpeningMismatch, MalformedProof)):
            reader = Reader(opened, MalformedProof)
            openings.read_opening(reader, other, positions)
            reader.finish()
    for at in range(0, len(opened), 7):
        changed = bytearray(opened)
        changed[at] ^= 1
        with pytest.raises(OpeningMismatch):
            openings.read_opening(Reader(bytes(changed), MalformedProof), wanted, [3, 9, 40])


def test_both_hands_have_one_depth(quaternary_from: int) -> None:
    assert DEPTHS == (18, 18)
    assert merkle.QUATERNARY_DEPTH == openings.QUATERNARY_DEPTH == quaternary_from
    assert merkle.steps(1) == [(0, 1)]
    assert merkle.steps(18) == [(0, 2), *((level, 1) for level in range(2, 18))]
