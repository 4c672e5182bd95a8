"""The program: tables, constraints, buses and equations of a claim, and their canonical bytes (docs/spec/air.md).

`program_decode` reads them; here are the records and the way back, which serves the comparison and the digest.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import NamedTuple

from zkcompliance.verify.reader import i32, text, u8, u16, u32

MAGIC = b"zkcp" + u16(1)

CONST, LOG, WIT, NEXT, ADD, SUB, MUL = range(7)
EVERY, FIRST, LAST, TRANSITION = range(4)
SUM_TERM, UNKNOWN_TERM, PUBLIC_TERM, ONE_TERM = range(4)
RANGE_BUS = 0


class Public(NamedTuple):
    """A public value below 2^bits; kind 0 parameter, 1 reveal."""

    name: str
    kind: int
    bits: int


class LogSlot(NamedTuple):
    name: str
    schema_digest: bytes
    width: int


class LookupEntry(NamedTuple):
    """kind 0: the constant a. kind 1: bit b of public a."""

    kind: int
    a: int
    b: int


class Lookup(NamedTuple):
    """A public table, which the verifier makes itself from constants and the statement's public values."""

    width: int
    rows: tuple[tuple[LookupEntry, ...], ...]


class Node(NamedTuple):
    """CONST a · LOG a · WIT a · NEXT a · ADD, SUB, MUL of the earlier nodes a and b."""

    op: int
    a: int
    b: int


class Constraint(NamedTuple):
    name: str
    kind: int
    node: int


class Interaction(NamedTuple):
    bus: int
    nodes: tuple[int, ...]


class Sum(NamedTuple):
    """Σ over the rows of selector·Σ_j 2^(16j)·limb_j."""

    name: str
    selector: int
    limbs: tuple[int, ...]


class Unknown(NamedTuple):
    name: str
    limbs: int


class Term(NamedTuple):
    kind: int
    a: int
    b: int
    coefficient: int


class Equation(NamedTuple):
    name: str
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The constraint system of every segment of one log. `witness` does not count the blind column."""

    log: int
    witness: int
    nodes: tuple[Node, ...]
    constraints: tuple[Constraint, ...]
    interactions: tuple[Interaction, ...]
    groups: tuple[int, ...]
    sums: tuple[Sum, ...]

    def encode(self) -> bytes:
        parts = [u8(self.log), u16(self.witness), u16(len(self.nodes))]
        for node in self.nodes:
            if node.op == CONST:
                parts.append(u8(node.op) + u32(node.a))
            elif node.op in (LOG, WIT, NEXT):
                parts.append(u8(node.op) + u16(node.a))
            else:
                parts.append(u8(node.op) + u16(node.a) + u16(node.b))
        parts.append(u16(len(self.constraints)))
        parts.extend(text(c.name) + u8(c.kind) + u16(c.node) for c in self.constraints)
        parts.append(u16(len(self.interactions)))
        parts.extend(u8(i.bus) + b"".join(map(u16, i.nodes)) for i in self.interactions)
        parts.append(u8(len(self.groups)) + bytes(self.groups))
        parts.append(u8(len(self.sums)))
        for item in self.sums:
            parts.append(text(item.name) + u16(item.selector) + u8(len(item.limbs)) + b"".join(map(u16, item.limbs)))
        return b"".join(parts)


@dataclass(frozen=True, slots=True)
class Program:
    """What a claim means to the proof system."""

    claim: str
    version: int
    publics: tuple[Public, ...]
    logs: tuple[LogSlot, ...]
    lookups: tuple[Lookup, ...]
    tables: tuple[Table, ...]
    unknowns: tuple[Unknown, ...]
    equations: tuple[Equation, ...]

    def encode(self) -> bytes:
        parts = [MAGIC, text(self.claim), u32(self.version)]
        parts.append(u8(len(self.publics)))
        parts.extend(text(public.name) + u8(public.kind) + u16(public.bits) for public in self.publics)
        parts.append(u8(len(self.logs)))
        parts.extend(text(slot.name) + slot.schema_digest + u16(slot.width) for slot in self.logs)
        parts.append(u8(len(self.lookups)))
        for lookup in self.lookups:
            parts.append(u8(lookup.width) + u16(len(lookup.rows)))
            for row in lookup.rows:
                parts.extend(u8(0) + u32(e.a) if e.kind == 0 else u8(e.kind) + u8(e.a) + u16(e.b) for e in row)
        parts.append(u8(len(self.tables)))
        parts.extend(table.encode() for table in self.tables)
        parts.append(u8(len(self.unknowns)))
        parts.extend(text(unknown.name) + u8(unknown.limbs) for unknown in self.unknowns)
        parts.append(u8(len(self.equations)))
        for equation in self.equations:
            parts.append(text(equation.name) + u8(len(equation.terms)))
            parts.extend(u8(t.kind) + u8(t.a) + u8(t.b) + i32(t.coefficient) for t in equation.terms)
        return b"".join(parts)

    @property
    def digest(self) -> bytes:
        """SHA-256 of the program's bytes."""
        return hashlib.sha256(self.encode()).digest()

    def bus_width(self, bus: int) -> int:
        """Values of a tuple: 1 on the range bus, the lookup's width on the others."""
        return 1 if bus == RANGE_BUS else self.lookups[bus - 1].width
