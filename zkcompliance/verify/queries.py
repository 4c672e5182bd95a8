"""Reads what the proof opens at the queries: rows of all trees, then leaves of all FRI layers (docs/spec/proof.md)."""

from __future__ import annotations

from collections.abc import Sequence

from zkcompliance.verify import merkle
from zkcompliance.verify.field import Ext
from zkcompliance.verify.openings import CHUNK, EXTENSION, SEGMENT, WITNESS, Deep
from zkcompliance.verify.reader import Reader
from zkcompliance.verify.shape import Shape


def read_rows(
    reader: Reader,
    shape: Shape,
    batched: Deep,
    roots: tuple[Sequence[bytes], Sequence[bytes], Sequence[bytes]],
    positions: Sequence[int],
) -> None:
    """Opens segment, witness, extension and quotient trees, in this order, and adds their rows to the batches."""
    blocks = batched.blocks
    at = [[p >> (shape.heights[0] - height) for p in positions] for height in shape.heights]
    depths = [shape.profile.log_domain(height) for height in shape.heights]
    numbers = range(len(shape.heights))
    members = [shape.at_height(height) for height in shape.heights]
    plans = [
        (merkle.SEGMENT, shape.heights.index(instance.kappa), instance.entry.root, [blocks[SEGMENT, i]])
        for i, instance in enumerate(shape.instances)
        if instance.entry is not None
    ]
    plans.extend((merkle.WITNESS, h, roots[0][h], [blocks[WITNESS, i] for i in members[h]]) for h in numbers)
    plans.extend((merkle.EXTENSION, h, roots[1][h], [blocks[EXTENSION, i] for i in members[h]]) for h in numbers)
    plans.extend((merkle.QUOTIENT, h, roots[2][h], [blocks[CHUNK, h]]) for h in numbers)
    for phase, h, root, columns in plans:
        words = sum(len(block.coefficients) for block in columns)
        if phase == merkle.QUOTIENT:
            words += 6  # R_h stands last
        tree = merkle.Tree(root, phase, depths[h], words)
        for position, raw in merkle.read_opening(reader, tree, at[h]).items():
            row = reader.words(raw)
            batched.batches[h].add_row(position, row, columns)
            if phase == merkle.QUOTIENT:
                batched.batches[h].masks[position] = reader.extension(raw[-24:])[0]


def read_layers(
    reader: Reader, shape: Shape, roots: Sequence[bytes], positions: Sequence[int]
) -> list[dict[int, list[Ext]]]:
    """The opened leaves of every FRI layer."""
    result: list[dict[int, list[Ext]]] = []
    for layer, root in zip(shape.layers, roots, strict=True):
        positions = [position >> layer.arity_log for position in positions]
        depth = shape.profile.log_domain(layer.size) - layer.arity_log
        tree = merkle.Tree(root, merkle.FRI, depth, 6 << layer.arity_log)
        rows = merkle.read_opening(reader, tree, positions)
        result.append({leaf: reader.extension(raw) for leaf, raw in rows.items()})
    return result
