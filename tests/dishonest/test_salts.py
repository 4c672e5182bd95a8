"""Guessing a leaf: with its salt nobody can test a guess, without it a dictionary of rows would do."""

from __future__ import annotations

from hashlib import sha256

import numpy as np

from tests.kit import support
from tests.kit.support import PUBLICS, ROWS, Prover
from zkcompliance.stark.commit.keystream import Keystream
from zkcompliance.stark.commit.merkle import MerkleTree, TreeBuilder
from zkcompliance.stark.commit.sha256 import hash_leaves
from zkcompliance.verify.openings import leaf_digest


def sibling(tree: MerkleTree, opened: bytes, row_bytes: int) -> bytes:
    """The first digest of an opening of leaf 2j + 1: the hash of leaf 2j, which is sent."""
    assert len(opened) == row_bytes + 32 * tree.depth
    return opened[row_bytes : row_bytes + 32]


def dictionary(width: int) -> list[bytes]:
    """All rows of a small world: an act, one of seven phases, a small count."""
    rows = []
    for act in (0, 1):
        for phase in range(7):
            for count in range(64):
                row = np.zeros(width, "<u4")
                row[:3] = act, phase, count
                rows.append(row.tobytes())
    return rows


def low_entropy_tree(salted: bool) -> tuple[MerkleTree, np.ndarray, bytes]:
    """64 rows of the small world, not even masked."""
    rng = np.random.default_rng(5)
    columns = np.zeros((4, 64), np.uint32)
    columns[0], columns[1], columns[2] = 1, rng.integers(0, 7, 64), rng.integers(0, 64, 64)
    salts = (
        Keystream(support.seed("salts")).words("salt", 8 * 64).reshape(8, 64)
        if salted
        else np.empty((0, 64), np.uint32)
    )
    builder = TreeBuilder(0, 64)
    builder.add(0, salts, columns)
    tree = builder.finish()
    everything = np.concatenate([salts, columns]).astype("<u4")

    def rows(first: int, count: int) -> list[bytes]:
        return [everything[:, i].tobytes() for i in range(first, first + count)]

    return tree, columns, tree.open([9], rows)


def test_dictionary_attack_on_a_neighbour() -> None:
    """The neighbour of an opened leaf is known by its hash: unsalted, its row is found; salted, it is not."""
    tree, columns, opened = low_entropy_tree(salted=False)
    seen = sibling(tree, opened, 16)
    found = [row for row in dictionary(4) if leaf_digest(0, 8, row) == seen]
    assert found == [columns[:, 8].astype("<u4").tobytes()]

    tree, columns, opened = low_entropy_tree(salted=True)
    seen, salt = sibling(tree, opened, 48), opened[:32]
    for row in dictionary(4):
        assert leaf_digest(0, 8, row) != seen
        assert leaf_digest(0, 8, bytes(32) + row) != seen
        assert leaf_digest(0, 8, salt + row) != seen  # the opened leaf's salt is no other's


def test_every_tree_of_a_proof_is_salted_enough() -> None:
    """32 bytes in a sealed log, 16 in the trees of one proof, and no two leaves share them."""
    made = support.prover([support.seal(support.table(ROWS))], PUBLICS, Prover)
    made.prove()
    (table,) = made.tables
    rows = table.rows(0, 64)
    assert len({row[:32] for row in rows}) == 64
    assert len(rows[0]) == 32 + 4 * table.entry.width
    for committed in (*made.witness, *made.extension, *made.quotients):
        opened = committed.rows(0, 64)
        assert len(opened[0]) == 16 + 4 * committed.values.shape[1]
        assert len({row[:16] for row in opened}) == 64
        digest = sha256((0x80 + 8 * committed.phase).to_bytes(4, "little") + opened[0]).digest()
        assert digest == leaf_digest(committed.phase, 0, opened[0])


def test_hash_without_salt_is_another_hash() -> None:
    """What a guesser of a whole row would compute is nowhere in the tree."""
    columns = np.arange(32, dtype=np.uint32).reshape(4, 8)
    bare = hash_leaves(1, 0, np.empty((0, 8), np.uint32), columns)
    salted = hash_leaves(1, 0, np.zeros((4, 8), np.uint32), columns)
    assert not (bare == salted).all(axis=0).any()
