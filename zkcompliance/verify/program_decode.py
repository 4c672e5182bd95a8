"""Reads a program's bytes (docs/spec/air.md): every index, kind, name and count is checked here and nowhere later."""

from __future__ import annotations

from zkcompliance import limits
from zkcompliance.errors import MalformedProgram
from zkcompliance.verify.field import P
from zkcompliance.verify.program import (
    CONST,
    LOG,
    MAGIC,
    NEXT,
    PUBLIC_TERM,
    SUM_TERM,
    UNKNOWN_TERM,
    WIT,
    Constraint,
    Equation,
    Interaction,
    LogSlot,
    Lookup,
    LookupEntry,
    Node,
    Program,
    Public,
    Sum,
    Table,
    Term,
    Unknown,
)
from zkcompliance.verify.reader import Reader, at_most


def decode_program(data: bytes) -> Program:
    """Raises MalformedProgram or LimitExceeded."""
    at_most(len(data), limits.MAX_PROGRAM_BYTES, "program")
    reader = Reader(data, MalformedProgram)
    reader.expect(MAGIC, "a program")
    claim = reader.name("claim id", set())
    version = reader.u32()
    names: set[str] = set()
    publics = tuple(_read_public(reader, names) for _ in range(reader.u8()))
    slots: set[str] = set()
    logs = tuple(_read_slot(reader, slots) for _ in range(_positive(reader, reader.u8(), "logs")))
    lookups = tuple(_read_lookup(reader, publics) for _ in range(reader.u8()))
    widths = (1, *(lookup.width for lookup in lookups))
    tables = tuple(_read_table(reader, logs, widths) for _ in range(_positive(reader, reader.u8(), "tables")))
    taken: set[str] = set()
    unknowns = tuple(_read_unknown(reader, taken) for _ in range(reader.u8()))
    titles: set[str] = set()
    equations = tuple(_read_equation(reader, titles, tables, len(unknowns), len(publics)) for _ in range(reader.u8()))
    reader.finish()
    at_most(sum(len(equation.terms) for equation in equations), limits.MAX_EQUATION_TERMS, "terms of all equations")
    program = Program(claim, version, publics, logs, lookups, tables, unknowns, equations)
    if program.encode() != data:
        raise MalformedProgram("the program is not in its canonical form")
    return program


def _positive(reader: Reader, count: int, what: str) -> int:
    if count == 0:
        raise reader.fail(f"no {what}")
    return count


def _between(reader: Reader, value: int, high: int, what: str) -> int:
    if not 1 <= value <= high:
        raise reader.fail(f"{what} is not in 1 … {high}")
    return value


def _read_public(reader: Reader, names: set[str]) -> Public:
    name = reader.name("public", names)
    kind = reader.choice(2, "kind of public")
    return Public(name, kind, _between(reader, reader.u16(), 8 * limits.MAX_INTEGER_BYTES, "bits of a public"))


def _read_slot(reader: Reader, names: set[str]) -> LogSlot:
    name = reader.name("slot", names)
    digest = reader.digest()
    width = at_most(_positive(reader, reader.u16(), "columns in a log"), limits.MAX_WIDTH, "width of a log")
    return LogSlot(name, digest, width)


def _read_lookup(reader: Reader, publics: tuple[Public, ...]) -> Lookup:
    width = _positive(reader, reader.u8(), "columns in a lookup")
    count = _positive(reader, reader.u16(), "rows in a lookup")
    return Lookup(width, tuple(tuple(_read_entry(reader, publics) for _ in range(width)) for _ in range(count)))


def _read_entry(reader: Reader, publics: tuple[Public, ...]) -> LookupEntry:
    if reader.choice(2, "kind of lookup entry") == 0:
        return LookupEntry(0, _constant(reader), 0)
    public = reader.index8(len(publics), "public")
    return LookupEntry(1, public, reader.index16(publics[public].bits, "bit"))


def _constant(reader: Reader) -> int:
    value = reader.u32()
    if value >= P:
        raise reader.fail("a constant is not below p")
    return value


def _read_table(reader: Reader, logs: tuple[LogSlot, ...], widths: tuple[int, ...]) -> Table:
    log = reader.index8(len(logs), "log")
    witness = reader.u16()
    count = at_most(reader.u16(), limits.MAX_NODES, "nodes of a table")
    nodes = tuple(_read_node(reader, i, logs[log].width, witness) for i in range(count))
    names: set[str] = set()
    constraints = tuple(
        Constraint(
            reader.name("constraint", names), reader.choice(4, "kind of constraint"), reader.index16(count, "node")
        )
        for _ in range(reader.u16())
    )
    interactions = tuple(_read_interaction(reader, count, widths) for _ in range(reader.u16()))
    groups = tuple(reader.take(_positive(reader, reader.u8(), "groups")))
    if sum(groups) != len(interactions) or 0 in groups[:-1]:
        raise reader.fail("the groups do not hold the interactions")
    titles: set[str] = set()
    sums = tuple(_read_sum(reader, titles, count) for _ in range(reader.u8()))
    return Table(log, witness, nodes, constraints, interactions, groups, sums)


def _read_node(reader: Reader, index: int, width: int, witness: int) -> Node:
    op = reader.choice(7, "operation")
    if op == CONST:
        return Node(op, _constant(reader), 0)
    if op == LOG:
        return Node(op, reader.index16(width, "log column"), 0)
    if op in (WIT, NEXT):
        return Node(op, reader.index16(witness, "witness column"), 0)
    return Node(op, reader.index16(index, "operand"), reader.index16(index, "operand"))


def _read_interaction(reader: Reader, nodes: int, widths: tuple[int, ...]) -> Interaction:
    bus = reader.index8(len(widths), "bus")
    return Interaction(bus, tuple(reader.index16(nodes, "node") for _ in range(widths[bus])))


def _read_sum(reader: Reader, names: set[str], nodes: int) -> Sum:
    name = reader.name("sum", names)
    selector = reader.index16(nodes, "node")
    limbs = _between(reader, reader.u8(), 16, "limbs of a sum")
    return Sum(name, selector, tuple(reader.index16(nodes, "node") for _ in range(limbs)))


def _read_unknown(reader: Reader, names: set[str]) -> Unknown:
    return Unknown(reader.name("unknown", names), _between(reader, reader.u8(), 32, "limbs of an unknown"))


def _read_equation(reader: Reader, names: set[str], tables: tuple[Table, ...], unknowns: int, publics: int) -> Equation:
    name = reader.name("equation", names)
    count = _positive(reader, reader.u8(), "terms in an equation")
    return Equation(name, tuple(_read_term(reader, tables, unknowns, publics) for _ in range(count)))


def _read_term(reader: Reader, tables: tuple[Table, ...], unknowns: int, publics: int) -> Term:
    kind = reader.choice(4, "kind of term")
    if kind == SUM_TERM:
        a = reader.index8(len(tables), "table")
        b = reader.index8(len(tables[a].sums), "sum")
    else:
        below = unknowns if kind == UNKNOWN_TERM else publics if kind == PUBLIC_TERM else 1
        a = reader.index8(below, "term")
        b = reader.index8(1, "unused field of a term")
    coefficient = reader.i32()
    if coefficient == 0:
        raise reader.fail("a coefficient is zero")
    return Term(kind, a, b, coefficient)
