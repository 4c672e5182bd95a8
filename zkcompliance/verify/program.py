"""The program: tables, publics, logs, buses and equations of a claim, read from its canonical bytes (docs/spec/air.md).

Every index, kind, name and count is checked where it is read; `encode` serves the comparison and the digest.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from zkcompliance import limits
from zkcompliance.errors import MalformedProgram
from zkcompliance.verify.codec import Reader, at_most, i32, positive, text, u8, u16, u32
from zkcompliance.verify.field import P

_PROGRAM = b"zkcp" + u16(2)
CONST, LOG, WIT, NEXT, ADD, SUB, MUL, IS_FIRST, IS_LAST, BUCKET, PUBLIC, ORDINAL, NOT_BEFORE, NOT_AFTER = range(14)
COLUMNS = (LOG, WIT, NEXT)
OPERATIONS = (ADD, SUB, MUL)
MOMENTS = (NOT_BEFORE, NOT_AFTER)  # the ends of a segment's bracket
MOMENT_LIMBS = 3  # 16 bits each
EVERY, FIRST, LAST, TRANSITION = range(4)
SUM_TERM, UNKNOWN_TERM, PUBLIC_TERM, ONE_TERM = range(4)
LOG_TABLE, PRIVATE_TABLE = range(2)
RANGE_BUS = 0
UNIT = 0xFFFF  # in the place of a multiplicity's node: the multiplicity is 1


class Node(NamedTuple):
    """CONST, LOG, WIT, NEXT a · ADD, SUB, MUL of the earlier nodes a and b · PUBLIC a, limb b · NOT_BEFORE, NOT_AFTER
    limb a · others without a, b."""

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

    `witness` does not count the blind column. `short`: log columns of which every value is below 2^16, ascending; the
    base of the union asks for them.
    """

    kind: int
    index: int
    witness: int
    nodes: tuple[Node, ...]
    constraints: tuple[Constraint, ...]
    interactions: tuple[Interaction, ...]
    groups: tuple[int, ...]
    sums: tuple[Sum, ...]
    short: tuple[int, ...] = ()

    def encode(self) -> bytes:
        parts = [u8(self.kind) + u8(self.index), u16(self.witness)]
        if self.kind == LOG_TABLE:
            parts.append(u16(len(self.short)) + b"".join(map(u16, self.short)))
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
    if node.op in MOMENTS:
        return op + u8(node.a)
    return op


class Public(NamedTuple):
    """A public value below 2^bits; kind 0 parameter, 1 reveal."""

    name: str
    kind: int
    bits: int


class LogSlot(NamedTuple):
    """ranged: whether a statement may name some of the log's segments only."""

    name: str
    schema_digest: bytes
    width: int
    ranged: bool = False


class LookupEntry(NamedTuple):
    """kind 0: the constant a. kind 1: bit b of public a."""

    kind: int
    a: int
    b: int


class Lookup(NamedTuple):
    """A public table, which the verifier makes itself from constants and the statement's public values."""

    width: int
    rows: tuple[tuple[LookupEntry, ...], ...]


class Unknown(NamedTuple):
    name: str
    limbs: int


class Summand(NamedTuple):  # coefficient × (sum b of table a | unknown a | public a | 1)
    kind: int
    a: int
    b: int
    coefficient: int


class Equation(NamedTuple):
    name: str
    terms: tuple[Summand, ...]


@dataclass(frozen=True)
class Program:
    """What a claim means to the proof system. Its bytes and their digest are made once."""

    claim: str
    version: int
    publics: tuple[Public, ...]
    logs: tuple[LogSlot, ...]
    lookups: tuple[Lookup, ...]
    buses: tuple[int, ...]  # widths of the general ones
    tables: tuple[Table, ...]
    unknowns: tuple[Unknown, ...]
    equations: tuple[Equation, ...]

    def encode(self) -> bytes:
        return self._encoded

    @cached_property
    def _encoded(self) -> bytes:
        parts = [_PROGRAM, text(self.claim), u32(self.version)]
        parts.append(u8(len(self.publics)))
        parts.extend(text(public.name) + u8(public.kind) + u16(public.bits) for public in self.publics)
        parts.append(u8(len(self.logs)))
        parts.extend(text(s.name) + s.schema_digest + u16(s.width) + u8(s.ranged) for s in self.logs)
        parts.append(u8(len(self.lookups)))
        for lookup in self.lookups:
            parts.append(u8(lookup.width) + u16(len(lookup.rows)))
            for row in lookup.rows:
                parts.extend(u8(0) + u32(e.a) if e.kind == 0 else u8(e.kind) + u8(e.a) + u16(e.b) for e in row)
        parts.append(u8(len(self.buses)) + bytes(self.buses))
        parts.append(u8(len(self.tables)))
        parts.extend(table.encode() for table in self.tables)
        parts.append(u8(len(self.unknowns)))
        parts.extend(text(unknown.name) + u8(unknown.limbs) for unknown in self.unknowns)
        parts.append(u8(len(self.equations)))
        for equation in self.equations:
            parts.append(text(equation.name) + u8(len(equation.terms)))
            parts.extend(u8(t.kind) + u8(t.a) + u8(t.b) + i32(t.coefficient) for t in equation.terms)
        return b"".join(parts)

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of the program's bytes."""
        return hashlib.sha256(self.encode()).digest()

    @property
    def bus_widths(self) -> tuple[int, ...]:
        """Values of a tuple on each bus: the range bus, the lookups, the general buses."""
        return (1, *(lookup.width for lookup in self.lookups), *self.buses)

    @property
    def reads_brackets(self) -> bool:
        """Whether what it says depends on when segments were sealed."""
        return any(node.op in MOMENTS for table in self.tables for node in table.nodes)

    @property
    def private_tables(self) -> int:
        return sum(table.kind == PRIVATE_TABLE for table in self.tables)


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
    short = _read_short(reader, width) if kind == LOG_TABLE else ()
    count = at_most(reader.u16(), limits.MAX_NODES, "nodes of a table")
    nodes = tuple(_read_node(reader, i, width, witness, context.public_bits) for i in range(count))
    names: set[str] = set()
    constraints = tuple(
        Constraint(
            reader.name("constraint", names), reader.choice(4, "kind of constraint"), reader.index16(count, "node")
        )
        for _ in range(reader.u16())
    )
    interactions = tuple(_read_interaction(reader, nodes, context.bus_widths) for _ in range(reader.u16()))
    groups = tuple(reader.take(positive(reader, reader.u8(), "groups")))
    if sum(groups) != len(interactions) or 0 in groups[:-1]:
        raise reader.fail("the groups do not hold the interactions")
    titles: set[str] = set()
    sums = tuple(_read_sum(reader, titles, count) for _ in range(reader.u8()))
    return Table(kind, index, witness, nodes, constraints, interactions, groups, sums, short)


def _read_short(reader: Reader, width: int) -> tuple[int, ...]:
    columns = tuple(reader.index16(width, "short column") for _ in range(reader.u16()))
    if list(columns) != sorted(set(columns)):
        raise reader.fail("the short columns do not ascend")
    return columns


def _read_node(reader: Reader, index: int, width: int, witness: int, public_bits: tuple[int, ...]) -> Node:
    op = reader.choice(NOT_AFTER + 1, "operation")
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
    if op in MOMENTS:
        return Node(op, reader.index8(MOMENT_LIMBS if width else 0, "limb of a bracket"), 0)  # of a log table alone
    return Node(op, 0, 0)


def _read_interaction(reader: Reader, nodes: tuple[Node, ...], widths: tuple[int, ...]) -> Interaction:
    bus = reader.index8(len(widths), "bus")
    multiplicity = reader.u16()
    if multiplicity != UNIT and multiplicity >= len(nodes):
        raise reader.fail(f"multiplicity {multiplicity} is out of range")
    bound = positive(reader, reader.u32(), "bound of a multiplicity")
    if multiplicity == UNIT and bound != 1:
        raise reader.fail("the multiplicity 1 has another bound than 1")
    values = tuple(reader.index16(len(nodes), "node") for _ in range(widths[bus]))
    if bus == RANGE_BUS and nodes[values[0]].op == LOG:
        raise reader.fail("a log column on the range bus, and not among the short ones")
    return Interaction(bus, multiplicity, bound, values)


def _read_sum(reader: Reader, names: set[str], nodes: int) -> Sum:
    name = reader.name("sum", names)
    selector = reader.index16(nodes, "node")
    limbs = between(reader, reader.u8(), 16, "limbs of a sum")
    return Sum(name, selector, tuple(reader.index16(nodes, "node") for _ in range(limbs)))


def between(reader: Reader, value: int, high: int, what: str) -> int:
    if not 1 <= value <= high:
        raise reader.fail(f"{what} is not in 1 … {high}")
    return value


def constant(reader: Reader) -> int:
    value = reader.u32()
    if value >= P:
        raise reader.fail("a constant is not below p")
    return value


@lru_cache(maxsize=8)
def decode_program(data: bytes) -> Program:
    """Raises MalformedProgram or LimitExceeded. The last few are kept: the proofs of a policy or a roll-up are of few
    programs."""
    at_most(len(data), limits.MAX_PROGRAM_BYTES, "program")
    reader = Reader(data, MalformedProgram)
    reader.expect(_PROGRAM, "a program")
    claim = reader.name("claim id", set())
    version = reader.u32()
    names: set[str] = set()
    publics = tuple(_read_public(reader, names) for _ in range(reader.u8()))
    slots: set[str] = set()
    logs = tuple(_read_slot(reader, slots) for _ in range(positive(reader, reader.u8(), "logs")))
    lookups = tuple(_read_lookup(reader, publics) for _ in range(reader.u8()))
    buses = tuple(positive(reader, reader.u8(), "values on a bus") for _ in range(reader.u8()))
    widths = (1, *(lookup.width for lookup in lookups), *buses)
    context = Context(tuple(slot.width for slot in logs), tuple(public.bits for public in publics), widths)
    tables = tuple(read_table(reader, context) for _ in range(positive(reader, reader.u8(), "tables")))
    if {table.index for table in tables if table.kind == LOG_TABLE} != set(range(len(logs))):
        raise reader.fail("a log without a table")
    used = {interaction.bus for table in tables for interaction in table.interactions}
    if any(bus not in used for bus in range(1 + len(lookups), len(widths))):
        raise reader.fail("a general bus without interactions")
    taken: set[str] = set()
    unknowns = tuple(_read_unknown(reader, taken) for _ in range(reader.u8()))
    titles: set[str] = set()
    equations = tuple(_read_equation(reader, titles, tables, len(unknowns), len(publics)) for _ in range(reader.u8()))
    reader.finish()
    at_most(sum(len(equation.terms) for equation in equations), limits.MAX_EQUATION_TERMS, "terms of all equations")
    program = Program(claim, version, publics, logs, lookups, buses, tables, unknowns, equations)
    if program.encode() != data:
        raise MalformedProgram("the program is not in its canonical form")
    return program


def _read_public(reader: Reader, names: set[str]) -> Public:
    name = reader.name("public", names)
    kind = reader.choice(2, "kind of public")
    return Public(name, kind, between(reader, reader.u16(), 8 * limits.MAX_INTEGER_BYTES, "bits of a public"))


def _read_slot(reader: Reader, names: set[str]) -> LogSlot:
    name = reader.name("slot", names)
    digest = reader.digest()
    width = at_most(positive(reader, reader.u16(), "columns in a log"), limits.MAX_WIDTH, "width of a log")
    return LogSlot(name, digest, width, reader.choice(2, "range of a log") == 1)


def _read_lookup(reader: Reader, publics: tuple[Public, ...]) -> Lookup:
    width = positive(reader, reader.u8(), "columns in a lookup")
    count = positive(reader, reader.u16(), "rows in a lookup")
    return Lookup(width, tuple(tuple(_read_entry(reader, publics) for _ in range(width)) for _ in range(count)))


def _read_entry(reader: Reader, publics: tuple[Public, ...]) -> LookupEntry:
    if reader.choice(2, "kind of lookup entry") == 0:
        return LookupEntry(0, constant(reader), 0)
    public = reader.index8(len(publics), "public")
    return LookupEntry(1, public, reader.index16(publics[public].bits, "bit"))


def _read_unknown(reader: Reader, names: set[str]) -> Unknown:
    return Unknown(reader.name("unknown", names), between(reader, reader.u8(), 32, "limbs of an unknown"))


def _read_equation(reader: Reader, names: set[str], tables: tuple[Table, ...], unknowns: int, publics: int) -> Equation:
    name = reader.name("equation", names)
    count = positive(reader, reader.u8(), "terms in an equation")
    return Equation(name, tuple(_read_term(reader, tables, unknowns, publics) for _ in range(count)))


def _read_term(reader: Reader, tables: tuple[Table, ...], unknowns: int, publics: int) -> Summand:
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
    return Summand(kind, a, b, coefficient)
