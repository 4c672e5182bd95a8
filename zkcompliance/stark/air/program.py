"""The program: a claim as tables, lookups, sums and integer equations, with canonical bytes and a digest.

The bytes are those of docs/spec/air.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from hashlib import sha256

from zkcompliance.stark.codec import i32, text, u8, u16, u32

RANGE_BUS = 0


class Op(IntEnum):
    """What a node computes from its operands a, b; every node is a value on each row."""

    CONST = 0  # a
    LOG = 1  # committed log column a
    WIT = 2  # witness column a
    NEXT = 3  # witness column a in the next row
    ADD = 4  # node a + node b
    SUB = 5
    MUL = 6
    FIRST = 7  # 1 on the first row, 0 elsewhere
    LAST = 8
    BUCKET = 9  # row number mod G, G = max(1, N/2^14)
    PUBLIC = 10  # 16-bit limb b of public a
    ORDINAL = 11  # the number of the segment among those of its slot
    NOT_BEFORE = 12  # 16-bit limb a of the first moment of the segment's bracket
    NOT_AFTER = 13  # of the last


class Kind(IntEnum):
    """The rows on which a constraint holds."""

    EVERY = 0
    FIRST = 1
    LAST = 2
    TRANSITION = 3


class SummandKind(IntEnum):
    """What a summand multiplies."""

    SUM = 0
    UNKNOWN = 1
    PUBLIC = 2
    ONE = 3


Node = tuple[int, int, int]  # op, a, b: see Op


@dataclass(frozen=True)
class Constraint:
    """`node` is zero on the rows of `kind`."""

    name: str
    kind: Kind
    node: int


@dataclass(frozen=True)
class Interaction:
    """Each row puts the tuple of `nodes` on `bus` `multiplicity` times: a node, default 1, at most `bound` in size."""

    bus: int
    nodes: tuple[int, ...]
    multiplicity: int | None = None
    bound: int = 1


@dataclass(frozen=True)
class Sum:
    """Over all rows of the segments that a statement names: selector·Σ_j 2^(16j)·limb_j."""

    name: str
    selector: int
    limbs: tuple[int, ...]


@dataclass(frozen=True)
class TableAir:
    """What holds on the rows of one table: over a log, or (log None) private.

    `groups` deals the interactions to extension columns, the last of them to acc. `short`: log columns, ascending, of
    which every value is in [0, 2^16); the base of the union asks for them, and no interaction does.
    """

    log: int | None
    witness: int
    nodes: tuple[Node, ...]
    constraints: tuple[Constraint, ...]
    interactions: tuple[Interaction, ...]
    groups: tuple[int, ...]
    sums: tuple[Sum, ...] = ()
    short: tuple[int, ...] = ()

    @cached_property
    def log_columns(self) -> tuple[int, ...]:
        """The log columns that are read, ascending."""
        return tuple(sorted({a for op, a, _ in self.nodes if op == Op.LOG}))

    @cached_property
    def next_columns(self) -> tuple[int, ...]:
        """The witness columns whose next row is read, ascending."""
        return tuple(sorted({a for op, a, _ in self.nodes if op == Op.NEXT}))

    @property
    def extension_columns(self) -> int:
        """One φ for each group but the last, and acc."""
        return len(self.groups)

    def encode(self, private: int) -> bytes:
        """`private`: the number of private tables before this one."""
        kind = [u8(1), u8(private)] if self.log is None else [u8(0), u8(self.log)]
        short = [] if self.log is None else [u16(len(self.short)), *map(u16, self.short)]
        out = [*kind, u16(self.witness), *short, u16(len(self.nodes))]
        for op, a, b in self.nodes:
            out.append(u8(op))
            if op == Op.CONST:
                out.append(u32(a))
            elif op in (Op.LOG, Op.WIT, Op.NEXT):
                out.append(u16(a))
            elif op in (Op.ADD, Op.SUB, Op.MUL):
                out += [u16(a), u16(b)]
            elif op == Op.PUBLIC:
                out += [u8(a), u8(b)]
            elif op in (Op.NOT_BEFORE, Op.NOT_AFTER):
                out.append(u8(a))
        out.append(u16(len(self.constraints)))
        for constraint in self.constraints:
            out += [text(constraint.name), u8(constraint.kind), u16(constraint.node)]
        out.append(u16(len(self.interactions)))
        for interaction in self.interactions:
            multiplicity = 0xFFFF if interaction.multiplicity is None else interaction.multiplicity
            out += [u8(interaction.bus), u16(multiplicity), u32(interaction.bound), *map(u16, interaction.nodes)]
        out += [u8(len(self.groups)), *map(u8, self.groups), u8(len(self.sums))]
        for total in self.sums:
            out += [text(total.name), u16(total.selector), u8(len(total.limbs)), *map(u16, total.limbs)]
        return b"".join(out)


@dataclass(frozen=True)
class Public:
    """A public integer below 2^bits: a parameter, or (reveal) a value that the prover discloses."""

    name: str
    bits: int
    reveal: bool = False


@dataclass(frozen=True)
class LogSlot:
    """A log that statements name: all of its segments, or, where `ranged`, some consecutive ones."""

    name: str
    schema_digest: bytes
    width: int
    ranged: bool = False


@dataclass(frozen=True)
class PublicBit:
    """An entry of a lookup row: one bit of a public value."""

    public: int
    bit: int


@dataclass(frozen=True)
class Lookup:
    """A public table that the verifier derives itself: rows of constants and bits of publics."""

    rows: tuple[tuple[int | PublicBit, ...], ...]

    @property
    def width(self) -> int:
        return len(self.rows[0])

    def values(self, publics: tuple[int, ...]) -> list[tuple[int, ...]]:
        """The rows as integers, for these publics."""
        return [
            tuple(publics[e.public] >> e.bit & 1 if isinstance(e, PublicBit) else e for e in row) for row in self.rows
        ]

    def encode(self) -> bytes:
        out = [u8(self.width), u16(len(self.rows))]
        for row in self.rows:
            for entry in row:
                if isinstance(entry, PublicBit):
                    out += [u8(1), u8(entry.public), u16(entry.bit)]
                else:
                    out += [u8(0), u32(entry)]
        return b"".join(out)


@dataclass(frozen=True)
class Unknown:
    """A private integer in [0, 2^(16·limbs))."""

    name: str
    limbs: int


@dataclass(frozen=True)
class Summand:
    """One term of an equation: coefficient × (sum b of table a | unknown a | public a | 1)."""

    kind: SummandKind
    coefficient: int
    a: int = 0
    b: int = 0


@dataclass(frozen=True)
class Equation:
    """Σ terms = 0 over the integers."""

    name: str
    terms: tuple[Summand, ...]


@dataclass(frozen=True)
class Program:
    """A compiled claim."""

    claim: str
    version: int
    publics: tuple[Public, ...]
    logs: tuple[LogSlot, ...]
    lookups: tuple[Lookup, ...]
    tables: tuple[TableAir, ...]
    unknowns: tuple[Unknown, ...]
    equations: tuple[Equation, ...]
    buses: tuple[int, ...] = ()  # widths of the general ones

    @property
    def private_tables(self) -> list[int]:
        """The numbers of the tables that run over no log."""
        return [number for number, table in enumerate(self.tables) if table.log is None]

    @cached_property
    def encoded(self) -> bytes:
        """The canonical bytes."""
        out = [b"zkcp", u16(2), text(self.claim), u32(self.version), u8(len(self.publics))]
        for public in self.publics:
            out += [text(public.name), u8(public.reveal), u16(public.bits)]
        out.append(u8(len(self.logs)))
        for log in self.logs:
            out += [text(log.name), log.schema_digest, u16(log.width), u8(log.ranged)]
        out += [u8(len(self.lookups)), *(lookup.encode() for lookup in self.lookups)]
        out += [u8(len(self.buses)), *map(u8, self.buses), u8(len(self.tables))]
        before = 0
        for table in self.tables:
            out.append(table.encode(before))
            before += table.log is None
        out.append(u8(len(self.unknowns)))
        for unknown in self.unknowns:
            out += [text(unknown.name), u8(unknown.limbs)]
        out.append(u8(len(self.equations)))
        for equation in self.equations:
            out += [text(equation.name), u8(len(equation.terms))]
            for term in equation.terms:
                out += [u8(term.kind), u8(term.a), u8(term.b), i32(term.coefficient)]
        return b"".join(out)

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of the canonical bytes."""
        return sha256(self.encoded).digest()
