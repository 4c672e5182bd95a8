"""Reads a table of a program (docs/spec/air.md): every index, kind, name and count is checked here."""

from __future__ import annotations

from dataclasses import dataclass

from zkcompliance import limits
from zkcompliance.verify.field import P
from zkcompliance.verify.reader import Reader, at_most
from zkcompliance.verify.table import (
    CONST,
    LOG,
    NEXT,
    OPERATIONS,
    ORDINAL,
    PRIVATE_TABLE,
    PUBLIC,
    UNIT,
    WIT,
    Constraint,
    Interaction,
    Node,
    Sum,
    Table,
)


@dataclass(slots=True)
class Context:
    """What a table may refer to, and the number of private tables so far."""

    log_widths: tuple[int, ...]
    public_bits: tuple[int, ...]
    bus_widths: tuple[int, ...]
    private: int = 0


def read_table(reader: Reader, context: Context) -> Table:
    kind = reader.choice(2, "kind of table")
    if kind == PRIVATE_TABLE:
        index = reader.u8()
        if index != context.private:
            raise reader.fail(f"private table {context.private} is numbered {index}")
        context.private += 1
        width = 0
    else:
        index = reader.index8(len(context.log_widths), "log")
        width = context.log_widths[index]
    witness = reader.u16()
    count = at_most(reader.u16(), limits.MAX_NODES, "nodes of a table")
    nodes = tuple(_read_node(reader, i, width, witness, context.public_bits) for i in range(count))
    names: set[str] = set()
    constraints = tuple(
        Constraint(
            reader.name("constraint", names), reader.choice(4, "kind of constraint"), reader.index16(count, "node")
        )
        for _ in range(reader.u16())
    )
    interactions = tuple(_read_interaction(reader, count, context.bus_widths) for _ in range(reader.u16()))
    groups = tuple(reader.take(positive(reader, reader.u8(), "groups")))
    if sum(groups) != len(interactions) or 0 in groups[:-1]:
        raise reader.fail("the groups do not hold the interactions")
    titles: set[str] = set()
    sums = tuple(_read_sum(reader, titles, count) for _ in range(reader.u8()))
    return Table(kind, index, witness, nodes, constraints, interactions, groups, sums)


def _read_node(reader: Reader, index: int, width: int, witness: int, public_bits: tuple[int, ...]) -> Node:
    op = reader.choice(ORDINAL + 1, "operation")
    if op == CONST:
        return Node(op, constant(reader), 0)
    if op == LOG:
        return Node(op, reader.index16(width, "log column"), 0)  # of a private table, width 0: there is none
    if op in (WIT, NEXT):
        return Node(op, reader.index16(witness, "witness column"), 0)
    if op in OPERATIONS:
        return Node(op, reader.index16(index, "operand"), reader.index16(index, "operand"))
    if op == PUBLIC:
        public = reader.index8(len(public_bits), "public")
        return Node(op, public, reader.index8(-(-public_bits[public] // 16), "limb of a public"))
    return Node(op, 0, 0)


def _read_interaction(reader: Reader, nodes: int, widths: tuple[int, ...]) -> Interaction:
    bus = reader.index8(len(widths), "bus")
    multiplicity = reader.u16()
    if multiplicity != UNIT and multiplicity >= nodes:
        raise reader.fail(f"multiplicity {multiplicity} is out of range")
    bound = positive(reader, reader.u32(), "bound of a multiplicity")
    if multiplicity == UNIT and bound != 1:
        raise reader.fail("the multiplicity 1 has another bound than 1")
    return Interaction(bus, multiplicity, bound, tuple(reader.index16(nodes, "node") for _ in range(widths[bus])))


def _read_sum(reader: Reader, names: set[str], nodes: int) -> Sum:
    name = reader.name("sum", names)
    selector = reader.index16(nodes, "node")
    limbs = between(reader, reader.u8(), 16, "limbs of a sum")
    return Sum(name, selector, tuple(reader.index16(nodes, "node") for _ in range(limbs)))


def positive(reader: Reader, count: int, what: str) -> int:
    if count == 0:
        raise reader.fail(f"no {what}")
    return count


def between(reader: Reader, value: int, high: int, what: str) -> int:
    if not 1 <= value <= high:
        raise reader.fail(f"{what} is not in 1 … {high}")
    return value


def constant(reader: Reader) -> int:
    value = reader.u32()
    if value >= P:
        raise reader.fail("a constant is not below p")
    return value
