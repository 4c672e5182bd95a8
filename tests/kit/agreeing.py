"""One random case of a claim, on which interpreter and compiled circuit must agree."""

from __future__ import annotations

import functools
import random
from dataclasses import dataclass

import numpy as np

from tests.kit.compiled_trial import padded, trial
from zkcompliance.card import places
from zkcompliance.claim.compile import Compiled, compile_claim
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.claim.meaning.interpret import interpret
from zkcompliance.schemas import Column, Schema


def cell(column: Column, random: random.Random, wild: bool, more: tuple[int, ...] = ()) -> int:
    """A value of the column: mostly small, so that rows meet; or, wild, anything up to its top. more: edges besides."""
    edges = [0, 1, 2, 100, column.largest, column.largest - 1, (1 << 16) - 1, 1 << 16]
    if column.type == "id":
        edges = [1, 2, 3 << 100]
    edges += more
    value = random.choice(edges) if wild else random.choice(edges[:3])
    if wild and random.random() < 0.3:
        value = random.randrange(column.largest + 1)
    return min(value, column.largest)


def table(schema: Schema, rows: int, random: random.Random, wild: bool, more: tuple[int, ...] = ()) -> np.ndarray:
    """Random rows that keep the schema's own order of columns."""
    columns = np.zeros((schema.width, rows), np.uint32)
    columns[0] = 1
    for row in range(rows):
        values = {column.name: cell(column, random, wild, more) for column in schema.columns}
        if "serial" in values and random.random() < 0.8:
            values["serial"] = row + 1
        for low, high in schema.ordered:
            values[low], values[high] = sorted((values[low], values[high]))
        for name, value in values.items():
            for j, limb in enumerate(schema.limbs(name)):
                columns[limb, row] = value >> 16 * j & 0xFFFF
    return columns


@functools.cache
def compiled_once(claim: ClaimDefinition) -> Compiled:
    return compile_claim(claim)


def parameters(claim: ClaimDefinition, chance: random.Random, wild: bool) -> dict[str, int]:
    """Random values of all its parameters, at their edges above all."""
    publics = {}
    for spec in claim.params:
        if spec.places and spec.type.of is not None:
            top = spec.type.top
            edges = [0, 1, 2, 3 << 100, top, top - 1, chance.randrange(top + 1)]
            members = [
                min(chance.choice(edges if wild else edges[:3]), top) for _ in range(chance.randrange(spec.places + 1))
            ]
            publics[spec.name] = places.encode(members, spec.type.width, spec.places)
            continue
        picks = [spec.low, spec.high, min(spec.high, spec.low + 1), chance.randrange(spec.low, spec.high + 1)]
        publics[spec.name] = chance.choice(picks)
    return publics


def bracket(chance: random.Random) -> tuple[int, int]:
    """Of a segment: open, or between moments that are near to what cells hold."""
    if chance.random() < 0.2:
        return 0, (1 << 48) - 1
    moments = (0, 1, 2, 3, 100, (1 << 16) - 1, 1 << 16, (1 << 16) + 1, (1 << 32) + 1, (1 << 48) - 2, (1 << 48) - 1)
    first, last = sorted(chance.choices(moments if chance.random() < 0.5 else moments[:4], k=2))
    return first, last


@dataclass(frozen=True)
class Drawn:
    """A random case: of each log its segments, padded, and their brackets; all parameters."""

    tables: dict[str, list[np.ndarray]]
    publics: dict[str, int]
    brackets: dict[str, list[tuple[int, int]]]


def drawn(claim: ClaimDefinition, seed: int, empty: frozenset[str] = frozenset(), more: tuple[int, ...] = ()) -> Drawn:
    """A random case of a claim. empty: the logs that have one segment without rows; more: edges of cells besides."""
    chance = random.Random(seed)
    wild = chance.random() < 0.5
    tables = {}
    for log in claim.logs:
        sizes = [chance.choice((0, 1, 2, 3, 7, 8, 9))]
        if chance.random() < 0.4:
            sizes = [8, chance.choice((0, 1, 2))]
        tables[log.name] = [padded(table(log.schema, size, chance, wild, more)) for size in sizes]
    if len({log.schema for log in claim.logs}) < len(claim.logs) and chance.random() < 0.7:
        first = {log.schema: tables[log.name] for log in reversed(claim.logs)}
        tables = {log.name: first[log.schema] for log in claim.logs}  # logs of one schema are about the same rows
    tables |= {log.name: [padded(table(log.schema, 0, chance, wild))] for log in claim.logs if log.name in empty}
    publics = parameters(claim, chance, wild)
    return Drawn(tables, publics, {name: [bracket(chance) for _ in parts] for name, parts in tables.items()})


def agree(claim: ClaimDefinition, seed: int, empty: frozenset[str] = frozenset()) -> bool:
    """One random case; returns whether the claim holds. empty: the logs that have one segment without rows."""
    return agree_on(claim, drawn(claim, seed, empty), seed)


def agree_on(claim: ClaimDefinition, case: Drawn, seed: int) -> bool:
    """Interpreter and compiled circuit on a case, which a seed made; returns whether the claim holds."""
    found = interpret(claim, case.tables, case.publics, brackets=case.brackets)
    holds = not found.failing
    made = trial(compiled_once(claim), case.tables, case.publics, brackets=case.brackets)
    failures = made.failures()
    assert holds == (not failures), (seed, holds, [str(f) for f in failures[:5]])
    stated = dict(zip((p.name for p in made.program.publics), made.publics, strict=True))
    assert {name: stated[name] for name in found.reveals} == found.reveals
    return holds
