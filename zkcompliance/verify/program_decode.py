"""Reads a program's bytes (docs/spec/air.md): here and in `table_decode` all that a program says is checked."""

from __future__ import annotations

from zkcompliance import limits
from zkcompliance.errors import MalformedProgram
from zkcompliance.verify.program import (
    MAGIC,
    PUBLIC_TERM,
    SUM_TERM,
    UNKNOWN_TERM,
    Equation,
    LogSlot,
    Lookup,
    LookupEntry,
    Program,
    Public,
    Term,
    Unknown,
)
from zkcompliance.verify.reader import Reader, at_most
from zkcompliance.verify.table import Table
from zkcompliance.verify.table_decode import Context, between, constant, positive, read_table


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
    logs = tuple(_read_slot(reader, slots) for _ in range(positive(reader, reader.u8(), "logs")))
    lookups = tuple(_read_lookup(reader, publics) for _ in range(reader.u8()))
    buses = tuple(positive(reader, reader.u8(), "values on a bus") for _ in range(reader.u8()))
    widths = (1, *(lookup.width for lookup in lookups), *buses)
    context = Context(tuple(slot.width for slot in logs), tuple(public.bits for public in publics), widths)
    tables = tuple(read_table(reader, context) for _ in range(positive(reader, reader.u8(), "tables")))
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
