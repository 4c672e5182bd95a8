"""How long a proof will be, before it is made: what it consists of follows from its statement.

Only the openings depend on chance, since queries that meet share the rest of their path. The figure here is their mean
over all queries, in integers; files are within a twentieth of it.
"""

from __future__ import annotations

from zkcompliance.verify.openings import QUATERNARY_DEPTH, opening_order
from zkcompliance.verify.shape import Shape
from zkcompliance.verify.soundness import quantities, table


def proof_bytes(shape: Shape) -> int:
    """The bytes of a proof of this shape (docs/spec/proof.md, in its order)."""
    roots = 3 * len(shape.heights) + len(shape.layers)
    elements = len(shape.instances) + len(opening_order(shape)) + shape.degree(shape.final_size)
    queries, domain = table(quantities(shape)).queries, shape.profile.log_domain
    total = 32 * roots + 24 * elements + 8
    for instance in shape.instances:
        if instance.entry is not None:
            total += _opening(queries, domain(instance.kappa), 32, instance.entry.width)
    for height, chunks in zip(shape.heights, shape.chunks, strict=True):
        members = [shape.instances[i] for i in shape.at_height(height)]
        witness = sum(instance.witness_columns for instance in members)
        extension = sum(6 * instance.extension_columns for instance in members)
        total += sum(_opening(queries, domain(height), 16, words) for words in (witness, extension, 6 * chunks + 6))
    for layer in shape.layers:
        total += _opening(queries, domain(layer.size) - layer.arity_log, 0, 6 << layer.arity_log)
    return total


def _opening(queries: int, depth: int, salt: int, words: int) -> int:
    """Distinct leaves with salt and row, then at each step the children that no query leads to, of parents that have
    others: of four in the lowest step of a tall tree, of two in every other."""
    leaves = (1 << depth) - _missed(queries, depth, 1)
    steps = [(level, 2) for level in range(1, depth + 1)]
    if depth >= QUATERNARY_DEPTH:
        steps[-2:] = [(depth, 4)]
    siblings = sum(_missed(queries, level, 1) - _missed(queries, level, children) for level, children in steps)
    return leaves * (salt + 4 * words) + 32 * siblings


def _missed(queries: int, level: int, several: int) -> int:
    """2^level · (1 − several/2^level)^queries, rounded down: the mean number of nodes that no query leads to, or (2,
    4) that none leads to and none to the others of their parent either."""
    nodes = 1 << level
    left: int = (nodes - several) ** queries
    return nodes * left >> level * queries
