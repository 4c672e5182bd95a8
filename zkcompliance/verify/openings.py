"""Which polynomials are opened where, what the proof opens at the queries, and F_h there (docs/spec/proof.md, 5, 6, 9).

F_h(x) = R_h(x) + Σ_c e_c·T̂_c(x) + Σ over points z_j of (Σ_i c_i·p_i(x) − Σ_i c_i·v_i)/(x − z_j): the values are grouped
by point, so that a query costs one inverse for each point. Columns of a segment that have no value enter as they are,
with coefficients e_c and nothing to divide by: without them a tag would not hold its columns together
(docs/spec/tag.md). An extension column is six base columns with coefficients c, …, c·u^5.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import add as plus
from operator import itemgetter
from operator import mul as times
from typing import NamedTuple

from zkcompliance.errors import OpeningMismatch
from zkcompliance.verify.codec import Reader
from zkcompliance.verify.field import (
    GENERATOR,
    ONE,
    Ext,
    P,
    batch_inverse_base,
    bit_reverse,
    minimal_polynomial,
    mul,
    pack,
    root_of_unity,
    scale,
    times_u,
    unpack_product,
)
from zkcompliance.verify.lanes import Lanes, narrow
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


class Columns:
    """The base columns of a tree's rows: at each point (by its number) those that count there, and their coefficients.

    By a coefficient's power of u.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self.at: dict[int, tuple[list[int], list[Ext]]] = {}

    def add(self, column: int, point: int, coefficient: Ext) -> None:
        columns, coefficients = self.at.setdefault(point, ([], []))
        columns.append(column)
        coefficients.append(coefficient)

    def add_extension(self, column: int, point: int, coefficient: Ext) -> None:
        """column: the first of six."""
        for i in range(6):
            self.add(column + i, point, coefficient)
            coefficient = times_u(coefficient)


class Point(NamedTuple):
    """factor·(Σ c·p(x) − Σ c·v)/(x − z); z None: Σ c·p(x), of columns without a value, which is not divided."""

    z: Ext | None
    factor: Ext


@dataclass(slots=True)
class Batch:
    """What F_h of one height is made of: its points, and Σ c·v at each.

    constants: Σ pack(c)·pack(v), of at most 2^14 values.
    """

    log_domain: int
    points: list[Point] = field(default_factory=list)
    constants: list[int] = field(default_factory=list)

    def point(self, z: Ext | None) -> int:
        """The number of the point z, new or not."""
        point = Point(z, ONE)
        return self.points.index(point) if point in self.points else self.own_point(z, ONE)

    def own_point(self, z: Ext | None, factor: Ext) -> int:
        """The number of a new point, whether or not there is one with this z."""
        self.points.append(Point(z, factor))
        self.constants.append(0)
        return len(self.points) - 1

    def subtract(self, point: int, coefficient: Ext, value: Ext) -> None:
        self.constants[point] += pack(coefficient) * pack(value)


class Sums:
    """For each opened position of a height, ascending, Σ c·p(x) at each of its points: one to a lane."""

    def __init__(self, batch: Batch, positions: Sequence[int]) -> None:
        self._batch = batch
        self._positions = positions
        self.lanes = Lanes(len(positions))
        self._sums = [[0] * 6 for _ in batch.points]

    def add(self, columns: Columns, vectors: Sequence[int]) -> None:
        """Of a tree's rows at all positions, its columns given as lanes."""
        for point, (chosen, coefficients) in columns.at.items():
            sums, those = self._sums[point], [vectors[column] for column in chosen]
            for k, scalars in enumerate(zip(*coefficients, strict=True)):
                sums[k] += sum(map(times, scalars, those))

    def values(self) -> dict[int, Ext]:
        """F_h at every position q, x = 31·ω_n^bitrev(q).

        1/(x − z) = S(x)/M(x), M(X) = S(X)·(X − z) the minimal polynomial of z over F: only in F is anything inverted.
        """
        lanes, bits = self.lanes, self._batch.log_domain
        root = root_of_unity(bits)
        xs = [GENERATOR * pow(root, bit_reverse(position, bits), P) % P for position in self._positions]
        powers = [lanes.elements([pow(x, e, P) for x in xs]) for e in range(7)]
        polynomials = [None if z is None else minimal_polynomial(z) for z, _ in self._batch.points]
        norms = [lanes.integers(sum(map(times, found[0], powers))) for found in polynomials if found is not None]
        inverses = iter(batch_inverse_base([norm for each in norms for norm in each]))
        above = [0] * len(xs)  # of products below 2^103: 2^10 of them fit, and there are fewer points
        for (_, factor), constant, sums, found in zip(
            self._batch.points, self._batch.constants, self._sums, polynomials, strict=True
        ):
            less = unpack_product(constant)
            numerators = lanes.wide(each + lanes.ones * (P - c) for each, c in zip(sums, less, strict=True))
            if found is None:
                above = list(map(plus, above, numerators))
                continue
            divided = zip(*(mul(factor, c) for c in found[1]), strict=True)
            quotients = lanes.wide(sum(map(times, scalars, powers)) for scalars in divided)
            above = [a + n * q * next(inverses) for a, n, q in zip(above, numerators, quotients, strict=True)]
        return dict(zip(self._positions, map(narrow, above), strict=True))


class Deep(NamedTuple):
    """A Batch for each height; the columns of each tree by (part, height), a segment's by (SEGMENT, instance)."""

    batches: list[Batch]
    columns: dict[tuple[int, int], Columns]


def deep(shape: Shape, values: dict[Opening, Ext], z: Ext, coefficients: Iterator[Ext]) -> Deep:
    """Deals one coefficient to each value in order; then, for each segment's instance in order, one to each column of
    its segment that has no value, ascending, and one to its tag. So every column of an opened segment has its own."""
    batches = [Batch(shape.profile.log_domain(height)) for height in shape.heights]
    undivided, at_z = [batch.point(None) for batch in batches], [batch.point(z) for batch in batches]
    height_of = [shape.heights.index(instance.kappa) for instance in shape.instances]
    columns: dict[tuple[int, int], Columns] = {}
    first: dict[tuple[int, int], int] = {}  # of an instance's columns among those of its tree
    widths = {(part, h): 0 for part in (WITNESS, EXTENSION) for h in range(len(batches))}
    for i, instance in enumerate(shape.instances):
        if instance.entry is not None:
            columns[SEGMENT, i] = Columns(instance.entry.width)
        for part, width in ((WITNESS, instance.witness_columns), (EXTENSION, 6 * instance.extension_columns)):
            first[part, i] = widths[part, height_of[i]]
            widths[part, height_of[i]] += width
    columns.update({tree: Columns(width) for tree, width in widths.items()})
    for h, chunks in enumerate(shape.chunks):
        columns[CHUNK, h] = Columns(6 * chunks + 6)
        columns[CHUNK, h].add_extension(6 * chunks, undivided[h], ONE)  # R_h stands last
    shifted_z = {k: scale(z, root_of_unity(k)) for k in {instance.k for instance in shape.instances}}
    for (part, owner, column, shifted), value in values.items():
        h = owner if part == CHUNK else height_of[owner]
        point = batches[h].point(shifted_z[shape.instances[owner].k]) if shifted else at_z[h]
        coefficient = next(coefficients)
        batches[h].subtract(point, coefficient, value)
        if part == SEGMENT:
            columns[SEGMENT, owner].add(column, point, coefficient)
        elif part == WITNESS:
            columns[WITNESS, h].add(first[WITNESS, owner] + column, point, coefficient)
        else:
            before = 0 if part == CHUNK else first[EXTENSION, owner]
            columns[part, h].add_extension(before + 6 * column, point, coefficient)
    for i, instance in enumerate(shape.instances):
        if instance.entry is not None:
            batch, segment = batches[height_of[i]], columns[SEGMENT, i]
            for column in instance.unread_columns:  # Σ_c e_c·T̂_c
                segment.add(column, undivided[height_of[i]], next(coefficients))
            z0, ratios = instance.entry.tag_challenge()
            point = batch.own_point(z0, next(coefficients))
            batch.subtract(point, ONE, instance.entry.tag)
            for column, ratio in enumerate(ratios):  # Σ_c λ_c·T̂_c
                segment.add(column, point, ratio)
    return Deep(batches, columns)


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


class Step(NamedTuple):
    """From the known nodes of a level to their parents: of (le32(2), *known nodes, *unknown ones)."""

    arity: int
    unknown: int  # children that are not known
    families: Callable[[Sequence[bytes]], Sequence[bytes]]  # for each parent le32(2) and its children


@lru_cache(maxsize=16)
def _steps(indices: tuple[int, ...], arities: tuple[int, ...]) -> tuple[Step, ...]:
    """From these leaves, ascending, to the root: alike in all trees of a height, so worked out once."""
    result: list[Step] = []
    for arity in arities:
        place = {index: 1 + i for i, index in enumerate(indices)}
        parents = list(dict.fromkeys(index // arity for index in indices))
        chosen: list[int] = []
        unknown = 1 + len(indices)
        for parent in parents:
            chosen.append(0)
            for child in range(parent * arity, (parent + 1) * arity):
                chosen.append(place.get(child, unknown))
                unknown += child not in place
        result.append(Step(arity, unknown - 1 - len(indices), itemgetter(*chosen)))
        indices = tuple(parents)
    return tuple(result)


def read_leaves(reader: Reader, tree: Tree, leaves: tuple[int, ...]) -> bytes:
    """Reads the multi-opening of some leaves, ascending, and returns salt ‖ row of each; raises OpeningMismatch.

    Behind them, step by step upwards, of every parent of known nodes the children that are not themselves known. The
    lowest step of a tree with at least 2^18 leaves is quaternary.
    """
    if not leaves or leaves[0] < 0 or leaves[-1] >> tree.depth:
        raise OpeningMismatch(f"no leaf, or one outside a tree of depth {tree.depth}")
    sha256 = hashlib.sha256
    size = _SALT_BYTES[tree.phase] + 4 * tree.words
    salted = reader.take(size * len(leaves))
    each = struct.iter_unpack(f"{size}s", salted)
    level = [leaf_digest(tree.phase, leaf, row) for leaf, (row,) in zip(leaves, each, strict=True)]
    tall = tree.depth >= QUATERNARY_DEPTH
    for arity, unknown, families in _steps(leaves, (4,) + (2,) * (tree.depth - 2) if tall else (2,) * tree.depth):
        chosen = families([_PAIR, *level, *reader.digests(unknown)])
        if arity == 2:  # `node_digest` of two, without a call for each
            level = [sha256(node).digest() for (node,) in struct.iter_unpack("68s", b"".join(chosen))]
        else:
            level = [node_digest(*chosen[at + 1 : at + 5]) for at in range(0, len(chosen), 5)]
    if level != [tree.root]:
        raise OpeningMismatch(f"opened rows of phase {tree.phase} do not lead to their root")
    return salted


def read_opening(reader: Reader, tree: Tree, indices: Iterable[int]) -> dict[int, bytes]:
    """The row of each leaf of a multi-opening, by its index."""
    leaves = tuple(sorted(set(indices)))
    salted, salt = read_leaves(reader, tree, leaves), _SALT_BYTES[tree.phase]
    size = salt + 4 * tree.words
    return {leaf: salted[i * size + salt : (i + 1) * size] for i, leaf in enumerate(leaves)}


def read_rows(
    reader: Reader,
    shape: Shape,
    batched: Deep,
    roots: tuple[Sequence[bytes], Sequence[bytes], Sequence[bytes]],
    positions: Sequence[int],
) -> list[Sums]:
    """Opens segment, witness, extension and quotient trees, in this order, and adds their rows up for each height."""
    at = [tuple(sorted({p >> (shape.heights[0] - height) for p in positions})) for height in shape.heights]
    depths = [shape.profile.log_domain(height) for height in shape.heights]
    sums = list(map(Sums, batched.batches, at))
    plans = [
        (SEGMENT, i, shape.heights.index(instance.kappa), instance.entry.root)
        for i, instance in enumerate(shape.instances)
        if instance.entry is not None
    ]
    parts = zip((WITNESS, EXTENSION, CHUNK), roots, strict=True)
    plans.extend((part, h, h, root) for part, of_part in parts for h, root in enumerate(of_part))
    for part, owner, h, root in plans:
        columns, lanes = batched.columns[part, owner], sums[h].lanes
        salted = read_leaves(reader, Tree(root, part, depths[h], columns.width), at[h])
        vectors = lanes.columns(salted, _SALT_BYTES[part] // 4)
        if not lanes.below_p(vectors):
            raise reader.fail("a field element is not below p")
        sums[h].add(columns, vectors)
    return sums


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
