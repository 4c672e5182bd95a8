"""The lowest step of a tree takes four leaves to a node: what stands for such a node and is none.

A leaf of another phase is refused in test_openings.py (`test_tree_of_another_phase`); here is what the phase in its
hash is for.
"""

from __future__ import annotations

import pytest

from tests.kit import batch, support
from tests.kit.support import refused, without
from zkcompliance.errors import MalformedProof, OpeningMismatch
from zkcompliance.stark.commit import merkle
from zkcompliance.stark.commit.merkle import MerkleTree
from zkcompliance.verify import openings as verify_openings
from zkcompliance.verify.codec import Reader
from zkcompliance.verify.openings import Tree, leaf_digest, node_digest, read_opening


@pytest.fixture(autouse=True)
def from_four_leaves_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both hands take a tree with four leaves or more as a tall one: so small proofs have all that tall ones have."""
    for hand in (merkle, verify_openings):
        monkeypatch.setattr(hand, "QUATERNARY_DEPTH", 2)


def in_pairs(*children: bytes) -> bytes:
    """Two children or four, as nodes of two."""
    if len(children) == 2:
        return node_digest(*children)
    return node_digest(node_digest(*children[:2]), node_digest(*children[2:]))


def test_binary_nodes_in_the_lowest_step() -> None:
    """The same rows under trees of pairs, and with a path as long as theirs: accepted by a verifier of pairs alone."""
    with without(merkle, "QUATERNARY_DEPTH", 99):
        proved = support.prove(support.prover([support.seal(support.table(support.ROWS))]))
    with without(verify_openings, "QUATERNARY_DEPTH", 99):
        proved.verify()
    refused((OpeningMismatch, MalformedProof), proved)
    honest = support.prove(support.prover([support.seal(support.table(support.ROWS))]))
    honest.verify()
    with without(verify_openings, "QUATERNARY_DEPTH", 99), pytest.raises((OpeningMismatch, MalformedProof)):
        honest.verify()
    with without(verify_openings, "node_digest", in_pairs), pytest.raises(OpeningMismatch):
        honest.verify()


def segment() -> tuple[MerkleTree, bytes, Tree, int]:
    """A segment's tree, the opening of leaf 5, what the verifier knows of it, and where the siblings begin."""
    sealed = support.seal(support.table(support.ROWS))
    tree = sealed.extension().tree
    described = Tree(tree.root, verify_openings.SEGMENT, tree.depth, sealed.entry.width)
    return tree, tree.open([5], sealed.rows), described, 32 + 4 * sealed.entry.width


def read(opened: bytes, described: Tree) -> dict[int, bytes]:
    reader = Reader(opened, MalformedProof)
    found = read_opening(reader, described, [5])
    reader.finish()
    return found


@pytest.mark.parametrize("order", [(1, 0, 2), (0, 2, 1), (2, 1, 0), (1, 2, 0), (2, 0, 1)])
def test_siblings_in_another_order(order: tuple[int, int, int]) -> None:
    _, opened, described, start = segment()
    read(opened, described)
    siblings = [opened[start + 32 * i : start + 32 * i + 32] for i in range(3)]
    moved = opened[:start] + b"".join(siblings[i] for i in order) + opened[start + 96 :]
    with pytest.raises(OpeningMismatch):
        read(moved, described)
    order_of = {moved[start + 32 * i : start + 32 * i + 32]: siblings[i] for i in range(3)}
    with without(
        verify_openings, "node_digest", lambda *children: node_digest(*[order_of.get(c, c) for c in children])
    ):
        read(moved, described)  # a verifier to which the order said nothing


def test_a_node_of_two_beside_leaves() -> None:
    """A path as of a binary tree: the neighbour and the other pair's node, for three siblings of a leaf."""
    tree, opened, described, start = segment()
    leaf = leaf_digest(verify_openings.SEGMENT, 5, opened[:start])
    first, *others = [opened[start + 32 * i : start + 32 * i + 32] for i in range(3)]
    path = first + node_digest(*others) + opened[start + 96 :]
    with pytest.raises((OpeningMismatch, MalformedProof)):
        read(opened[:start] + path, described)
    above = node_digest(node_digest(first, leaf), node_digest(*others))
    assert above != node_digest(first, leaf, *others)
    assert len(path) == 32 * tree.depth and len(opened) == start + 32 * (tree.depth + 1)


@pytest.mark.parametrize("phase", range(1, 5))
def test_what_the_phase_in_a_leaf_is_for(phase: int) -> None:
    """A row of one tree is no leaf of another tree, though salt and values may have one length."""
    _, opened, described, _ = segment()
    with pytest.raises((OpeningMismatch, MalformedProof)):
        read(opened, described._replace(phase=phase))
    salts = [verify_openings._SALT_BYTES[0]] * 5
    moved = described._replace(phase=phase)
    with without(verify_openings, "_SALT_BYTES", salts):
        with pytest.raises(OpeningMismatch):
            read(opened, moved)
        with without(verify_openings, "leaf_digest", lambda _, index, row: leaf_digest(0, index, row)):
            read(opened, moved)  # a verifier whose leaves have no phase


def test_a_digest_too_many_or_too_few() -> None:
    """In a whole proof, behind and at the last digest of every tree's opening: nothing is left over or missing."""
    honest = support.prove(support.prover([support.seal(support.table(support.ROWS))]))
    made = honest.prover
    trees = len(made.tables) + 3 * len(made.layout.heights) + len(made.layers)
    parts = made.open_positions(batch.drawn_positions(made))
    assert len(parts) == trees and honest.proof.endswith(b"".join(parts))
    end = len(honest.proof) - sum(map(len, parts))
    for part in parts:
        end += len(part)
        for proof in (
            honest.proof[:end] + honest.proof[end - 32 : end] + honest.proof[end:],
            honest.proof[: end - 32] + honest.proof[end:],
        ):
            with pytest.raises((OpeningMismatch, MalformedProof)):
                honest.verify(proof)
