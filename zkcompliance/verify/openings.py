"""Which polynomials are opened where, what the proof opens at the queries, and F_h there (docs/spec/proof.md, 5, 6, 9).

F_h(x) = R_h(x) + Σ_c e_c·T̂_c(x) + Σ over points z_j of (Σ_i c_i·p_i(x) − Σ_i c_i·v_i)/(x − z_j): the values are grouped
by point, so that a query costs one inverse for each point. Columns of a segment that have no value enter as they are,
with coefficients e_c and nothing to divide by: without them a tag would not hold its columns together
(docs/spec/tag.md). An extension column is six base columns with coefficients c, …, c·u^5.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import mul as times
from typing import NamedTuple

from zkcompliance.errors import OpeningMismatch
from zkcompliance.verify.codec import Reader
from zkcompliance.verify.field import (
    GENERATOR,
    NONRESIDUE,
    PACKED,
    PACKED_MASK,
    ZERO,
    Ext,
    P,
    add,
    batch_inverse,
    bit_reverse,
    mul,
    pack,
    root_of_unity,
    scale,
    sub,
    times_u,
    total,
    unpack,
    unpack_product,
)
from zkcompliance.verify.shape import Shape

SEGMENT, WITNESS, EXTENSION, CHUNK, FRI = range(5)  # trees; values are opened of all but the last
_SALT_BYTES = (32, 16, 16, 16, 0)


class Opening(NamedTuple):
    """One out-of-domain value: a column of an instance (a chunk: of a height) at z, or shifted, at g·z."""

    part: int
    owner: int
    column: int
    shifted: bool = False


def opening_order(shape: Shape) -> list[Opening]:
    """Every out-of-domain value of a proof, in the order of the transcript."""
    order: list[Opening] = []
    for i, instance in enumerate(shape.instances):
        acc = instance.extension_columns - 1
        order.extend(Opening(SEGMENT, i, column) for column in instance.merged.log_columns)
        order.extend(Opening(WITNESS, i, column) for column in range(instance.witness_columns))
        order.extend(Opening(WITNESS, i, column, True) for column in instance.merged.next_columns)
        order.extend(Opening(EXTENSION, i, column) for column in range(acc + 1))
        order.append(Opening(EXTENSION, i, acc, True))
    for h, chunks in enumerate(shape.chunks):
        order.extend(Opening(CHUNK, h, chunk) for chunk in range(chunks))
    return order


class Block:
    """Neighbouring base columns of a row and, for each, one integer with its coefficients at the block's points."""

    def __init__(self, width: int) -> None:
        self.points: list[int] = []  # as numbered by the height's Batch
        self.coefficients = [0] * width

    def slot(self, point: int) -> int:
        """Where in the integers the coefficients at this point stand, new or not."""
        if point not in self.points:
            self.points.append(point)
        return self.points.index(point)

    def add(self, column: int, point: int, packed: int) -> None:
        """packed: the coefficient, by `pack`."""
        self.coefficients[column] += packed << PACKED * self.slot(point)

    def add_extension(self, column: int, point: int, coefficient: Ext) -> None:
        for i in range(6):
            self.add(6 * column + i, point, pack(coefficient))
            coefficient = times_u(coefficient)


@dataclass(slots=True)
class Batch:
    """F_h of one height: its points, Σ c·v at each, and for each opened position Σ c·p(x) at each point and R_h(x).

    constants: Σ pack(c)·pack(v), of at most 2^14 values.

    The point None is that of columns without a value: their sum is not divided, and its constant is zero.
    """

    log_domain: int
    points: list[Ext | None] = field(default_factory=list)
    constants: list[int] = field(default_factory=list)
    sums: dict[int, list[int]] = field(default_factory=dict)
    masks: dict[int, Ext] = field(default_factory=dict)

    def point(self, z: Ext | None) -> int:
        """The number of the point z, new or not."""
        if z not in self.points:
            self.points.append(z)
            self.constants.append(0)
        return self.points.index(z)

    def subtract(self, point: int, packed: int, value: Ext) -> None:
        """packed: the coefficient, by `pack`."""
        self.constants[point] += packed * pack(value)

    def add_row(self, position: int, row: Sequence[int], blocks: Sequence[Block]) -> None:
        """Adds what the blocks, side by side from the row's start, contribute at this position."""
        sums = self.sums.setdefault(position, [0] * len(self.points))
        start = 0
        for block in blocks:
            stop = start + len(block.coefficients)
            combined = sum(map(times, block.coefficients, row[start:stop]))
            start = stop
            for slot, point in enumerate(block.points):
                sums[point] += combined >> PACKED * slot & PACKED_MASK

    def values(self) -> dict[int, Ext]:
        """F_h at every opened position q, x = 31·ω_n^bitrev(q).

        The fractions of a position are added up over one denominator, Π (x − z_j), which is inverted with all others.
        """
        root = root_of_unity(self.log_domain)
        halves = ((unpack(constant & PACKED_MASK), unpack(constant >> PACKED)) for constant in self.constants)
        minus = [pack(sub(ZERO, add(low, scale(high, NONRESIDUE)))) for low, high in halves]
        fractions = [(j, pack(sub(ZERO, z)), minus[j]) for j, z in enumerate(self.points) if z is not None]
        plain = [j for j, z in enumerate(self.points) if z is None]
        above: list[Ext] = []
        below: list[Ext] = []
        for position, sums in self.sums.items():
            x = GENERATOR * pow(root, bit_reverse(position, self.log_domain), P) % P
            numerator, denominator = 0, 1  # by `pack`
            for j, minus_z, constant in fractions:
                difference = minus_z + x
                numerator = numerator * difference + pack(unpack(sums[j] + constant)) * denominator
                numerator = pack(unpack_product(numerator))
                denominator = pack(unpack_product(denominator * difference))
            above.append(unpack(numerator))
            below.append(unpack(denominator))
        result: dict[int, Ext] = {}
        for (position, sums), fraction in zip(self.sums.items(), map(mul, above, batch_inverse(below)), strict=True):
            result[position] = total([self.masks[position], *(unpack(sums[j]) for j in plain), fraction])
        return result


class Deep(NamedTuple):
    """A Batch for each height; blocks by (part, instance or height)."""

    batches: list[Batch]
    blocks: dict[tuple[int, int], Block]


def deep(shape: Shape, values: dict[Opening, Ext], z: Ext, coefficients: Iterator[Ext]) -> Deep:
    """Deals one coefficient to each value in order; then, for each segment's instance in order, one to each column of
    its segment that has no value, ascending, and one to its tag. So every column of an opened segment has its own."""
    batches = [Batch(shape.profile.log_domain(height)) for height in shape.heights]
    height_of = [shape.heights.index(instance.kappa) for instance in shape.instances]
    blocks: dict[tuple[int, int], Block] = {}
    tags = {i: instance.entry.tag_challenge() for i, instance in enumerate(shape.instances) if instance.entry}
    for i, instance in enumerate(shape.instances):
        if instance.entry is not None:
            blocks[SEGMENT, i] = Block(instance.entry.width)
            blocks[SEGMENT, i].slot(batches[height_of[i]].point(tags[i][0]))  # of every column: the lowest
        blocks[WITNESS, i] = Block(instance.witness_columns)
        blocks[EXTENSION, i] = Block(6 * instance.extension_columns)
    for h, chunks in enumerate(shape.chunks):
        blocks[CHUNK, h] = Block(6 * chunks)
    shifted_z = {k: scale(z, root_of_unity(k)) for k in {instance.k for instance in shape.instances}}
    for (part, owner, column, shifted), value in values.items():
        batch = batches[owner if part == CHUNK else height_of[owner]]
        point = batch.point(shifted_z[shape.instances[owner].k] if shifted else z)
        coefficient = next(coefficients)
        packed = pack(coefficient)
        batch.subtract(point, packed, value)
        if part in (SEGMENT, WITNESS):
            blocks[part, owner].add(column, point, packed)
        else:
            blocks[part, owner].add_extension(column, point, coefficient)
    for i, instance in enumerate(shape.instances):
        if instance.entry is not None:
            batch, block = batches[height_of[i]], blocks[SEGMENT, i]
            for column in instance.unread_columns:  # Σ_c e_c·T̂_c
                block.add(column, batch.point(None), pack(next(coefficients)))
            z0, ratios = tags[i]
            point = batch.point(z0)
            coefficient = next(coefficients)
            batch.subtract(point, pack(coefficient), instance.entry.tag)
            for column, ratio in enumerate(ratios):  # Σ_c λ_c·T̂_c
                block.add(column, point, pack(mul(coefficient, ratio)))
    return Deep(batches, blocks)


class Tree(NamedTuple):
    """One committed tree: 2^depth leaves of `words` elements of F."""

    root: bytes
    phase: int
    depth: int
    words: int


def leaf_digest(phase: int, index: int, salt_and_row: bytes) -> bytes:
    """SHA256(le32(0x80 + 8·phase + ⌊index/2^24⌋ + 256·(index mod 2^24)) ‖ salt ‖ row), index < 2^27."""
    head = 0x80 + 8 * phase + (index >> 24) + ((index & 0xFFFFFF) << 8)
    return hashlib.sha256(head.to_bytes(4, "little") + salt_and_row).digest()


QUATERNARY_DEPTH = 18  # from here on the lowest step of a tree has four children
_PAIR = b"\x02\x00\x00\x00"
_NODE = {2: _PAIR, 4: b"\x03\x00\x00\x00"}


def node_digest(*children: bytes) -> bytes:
    """SHA256(le32(2) ‖ left ‖ right), or SHA256(le32(3) ‖ c_0 ‖ c_1 ‖ c_2 ‖ c_3): of two children or four."""
    return hashlib.sha256(_NODE[len(children)] + b"".join(children)).digest()


def read_opening(reader: Reader, tree: Tree, indices: Iterable[int]) -> dict[int, bytes]:
    """Reads the multi-opening of a set of leaves and returns each row's bytes; raises OpeningMismatch.

    For each index, ascending: salt ‖ row. Then, step by step upwards, of every parent of known nodes the children that
    are not themselves known. The lowest step of a tree with at least 2^18 leaves is quaternary.
    """
    salt = _SALT_BYTES[tree.phase]
    rows: dict[int, bytes] = {}
    level: dict[int, bytes] = {}
    for index in sorted(set(indices)):
        if not 0 <= index < 1 << tree.depth:
            raise OpeningMismatch(f"leaf {index} is outside a tree of depth {tree.depth}")
        salt_and_row = reader.take(salt + 4 * tree.words)
        rows[index] = salt_and_row[salt:]
        level[index] = leaf_digest(tree.phase, index, salt_and_row)
    steps = [2] + [1] * (tree.depth - 2) if tree.depth >= QUATERNARY_DEPTH else [1] * tree.depth
    for step in steps:
        level = _parents(reader, level, step)
    if level != {0: tree.root}:
        raise OpeningMismatch(f"opened rows of phase {tree.phase} do not lead to their root")
    return rows


def _parents(reader: Reader, level: dict[int, bytes], arity_log: int) -> dict[int, bytes]:
    """The level above, 2^arity_log children to a node; a child that is not known is the next digest of the proof."""
    parents = dict.fromkeys(index >> arity_log for index in level)  # ascending, as the level is
    others = iter(reader.digests((len(parents) << arity_log) - len(level)))
    known, sha256 = level.get, hashlib.sha256
    if arity_log == 1:  # `node_digest` of two, without a call
        return {
            p: sha256(_PAIR + (known(2 * p) or next(others)) + (known(2 * p + 1) or next(others))).digest()
            for p in parents
        }
    families = ((p, range(p << arity_log, (p + 1) << arity_log)) for p in parents)
    return {p: node_digest(*[known(child) or next(others) for child in family]) for p, family in families}


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
        (SEGMENT, shape.heights.index(instance.kappa), instance.entry.root, [blocks[SEGMENT, i]])
        for i, instance in enumerate(shape.instances)
        if instance.entry is not None
    ]
    plans.extend((WITNESS, h, roots[0][h], [blocks[WITNESS, i] for i in members[h]]) for h in numbers)
    plans.extend((EXTENSION, h, roots[1][h], [blocks[EXTENSION, i] for i in members[h]]) for h in numbers)
    plans.extend((CHUNK, h, roots[2][h], [blocks[CHUNK, h]]) for h in numbers)
    for phase, h, root, columns in plans:
        words = sum(len(block.coefficients) for block in columns)
        if phase == CHUNK:
            words += 6  # R_h stands last
        tree = Tree(root, phase, depths[h], words)
        for position, raw in read_opening(reader, tree, at[h]).items():
            row = reader.words(raw)
            batched.batches[h].add_row(position, row, columns)
            if phase == CHUNK:
                batched.batches[h].masks[position] = reader.extension(raw[-24:])[0]


def read_layers(
    reader: Reader, shape: Shape, roots: Sequence[bytes], positions: Sequence[int]
) -> list[dict[int, list[Ext]]]:
    """The opened leaves of every FRI layer."""
    result: list[dict[int, list[Ext]]] = []
    for layer, root in zip(shape.layers, roots, strict=True):
        positions = [position >> layer.arity_log for position in positions]
        depth = shape.profile.log_domain(layer.size) - layer.arity_log
        tree = Tree(root, FRI, depth, 6 << layer.arity_log)
        rows = read_opening(reader, tree, positions)
        result.append({leaf: reader.extension(raw) for leaf, raw in rows.items()})
    return result
