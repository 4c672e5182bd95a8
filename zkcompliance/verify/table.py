"""A table of a program: nodes, constraints, interactions and sums, and their canonical bytes (docs/spec/air.md).

`table_decode` reads them; here are the records and the way back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from zkcompliance.verify.reader import text, u8, u16, u32

CONST, LOG, WIT, NEXT, ADD, SUB, MUL, IS_FIRST, IS_LAST, BUCKET, PUBLIC, ORDINAL = range(12)
COLUMNS = (LOG, WIT, NEXT)
OPERATIONS = (ADD, SUB, MUL)
EVERY, FIRST, LAST, TRANSITION = range(4)
LOG_TABLE, PRIVATE_TABLE = range(2)
RANGE_BUS = 0
UNIT = 0xFFFF  # in the place of a multiplicity's node: the multiplicity is 1


class Node(NamedTuple):
    """CONST, LOG, WIT, NEXT a · ADD, SUB, MUL of the earlier nodes a and b · PUBLIC a, limb b · others without a, b."""

    op: int
    a: int
    b: int


class Constraint(NamedTuple):
    name: str
    kind: int
    node: int


class Interaction(NamedTuple):
    """On every row, `multiplicity` (a node, or UNIT) times the tuple of `nodes`; in magnitude at most `bound`."""

    bus: int
    multiplicity: int
    bound: int
    nodes: tuple[int, ...]


class Sum(NamedTuple):
    """Σ over the rows of selector·Σ_j 2^(16j)·limb_j."""

    name: str
    selector: int
    limbs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The constraint system of every segment of log `index`, or of private table `index`.

    `witness` does not count the blind column.
    """

    kind: int
    index: int
    witness: int
    nodes: tuple[Node, ...]
    constraints: tuple[Constraint, ...]
    interactions: tuple[Interaction, ...]
    groups: tuple[int, ...]
    sums: tuple[Sum, ...]

    def encode(self) -> bytes:
        parts = [u8(self.kind) + u8(self.index), u16(self.witness)]
        parts.append(u16(len(self.nodes)))
        parts.extend(_encode_node(node) for node in self.nodes)
        parts.append(u16(len(self.constraints)))
        parts.extend(text(c.name) + u8(c.kind) + u16(c.node) for c in self.constraints)
        parts.append(u16(len(self.interactions)))
        for i in self.interactions:
            parts.append(u8(i.bus) + u16(i.multiplicity) + u32(i.bound) + b"".join(map(u16, i.nodes)))
        parts.append(u8(len(self.groups)) + bytes(self.groups))
        parts.append(u8(len(self.sums)))
        for item in self.sums:
            parts.append(text(item.name) + u16(item.selector) + u8(len(item.limbs)) + b"".join(map(u16, item.limbs)))
        return b"".join(parts)


def _encode_node(node: Node) -> bytes:
    op = u8(node.op)
    if node.op == CONST:
        return op + u32(node.a)
    if node.op in COLUMNS:
        return op + u16(node.a)
    if node.op in OPERATIONS:
        return op + u16(node.a) + u16(node.b)
    if node.op == PUBLIC:
        return op + u8(node.a) + u8(node.b)
    return op
