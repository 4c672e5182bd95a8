"""The program: publics, logs, buses, tables and equations of a claim, and its canonical bytes (docs/spec/air.md).

`program_decode` reads them; here are the records and the way back, which serves the comparison and the digest.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import NamedTuple

from zkcompliance.verify.reader import i32, text, u8, u16, u32
from zkcompliance.verify.table import PRIVATE_TABLE, Table

MAGIC = b"zkcp" + u16(1)

SUM_TERM, UNKNOWN_TERM, PUBLIC_TERM, ONE_TERM = range(4)


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


class Term(NamedTuple):
    kind: int
    a: int
    b: int
    coefficient: int


class Equation(NamedTuple):
    name: str
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Program:
    """What a claim means to the proof system."""

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
        parts = [MAGIC, text(self.claim), u32(self.version)]
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

    @property
    def digest(self) -> bytes:
        """SHA-256 of the program's bytes."""
        return hashlib.sha256(self.encode()).digest()

    @property
    def bus_widths(self) -> tuple[int, ...]:
        """Values of a tuple on each bus: the range bus, the lookups, the general buses."""
        return (1, *(lookup.width for lookup in self.lookups), *self.buses)

    @property
    def private_tables(self) -> int:
        return sum(table.kind == PRIVATE_TABLE for table in self.tables)
