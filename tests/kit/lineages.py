"""Generations of a log, and lineages of them, made in memory: honest by default, and as a test wants them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from tests.kit import support
from zkcompliance import schemas
from zkcompliance.claim import catalogue
from zkcompliance.claim.model import Claim
from zkcompliance.log import merkle
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.signer import SignerKey
from zkcompliance.prove.api import private_sizes
from zkcompliance.stark.commit.table import SealedTable, commit
from zkcompliance.stark.profiles import STANDARD
from zkcompliance.stark.prover.prover import Prover
from zkcompliance.stark.statement import Statement, StatementClaim, StatementLog, encode_bundle

NAME = "lab.example/compute"
KEY = SignerKey(NAME, bytes(32))
NEXT = SignerKey(NAME, bytes([1]) * 32)
UNCHANGED = catalogue.load("rows-unchanged-compute")
BELOW = catalogue.load("training-compute-below")


def table(rows: Sequence[tuple[int, int]]) -> np.ndarray:
    """A compute log of the given rows: (phase, flop)."""
    return support.table(rows, schema=schemas.compute)


def sealed(columns: np.ndarray) -> SealedTable:
    seed = os.urandom(32)
    return SealedTable(columns, seed, commit(columns, seed, "standard", schemas.compute.digest), STANDARD)


@dataclass(frozen=True)
class Generation:
    """A log in memory at one checkpoint; signers: all of those whose signatures stand in its note."""

    number: int
    tables: tuple[SealedTable, ...]
    succeeds: Checkpoint | None = None
    signers: tuple[SignerKey, ...] = (KEY,)
    name: str = NAME

    @cached_property
    def entries(self) -> list[bytes]:
        return [table.entry.encode() for table in self.tables]

    @cached_property
    def checkpoint(self) -> Checkpoint:
        origin = self.name if self.number == 1 else f"{self.name}/g{self.number}"
        return Checkpoint(origin, len(self.entries), merkle.root(self.entries), self.succeeds)

    @cached_property
    def last(self) -> Checkpoint:
        """As a `succeeds` line names it."""
        of = self.checkpoint
        return Checkpoint(of.origin, of.size, of.root)

    @cached_property
    def note(self) -> bytes:
        return signed(self.checkpoint.body, *self.signers)


def signed(body: str, *signers: SignerKey) -> bytes:
    lines = [signer.sign(body).rpartition("\n\n")[2] for signer in signers]
    return f"{body}\n{''.join(lines)}".encode()


Part = tuple[Generation, int, int]  # first segment and how many


def hashes(entries: list[bytes], first: int, count: int) -> tuple[bytes, ...]:
    """Those that complete the root: left before right."""

    def descend(a: int, b: int) -> list[bytes]:
        if first <= a and b <= first + count:
            return []
        if b <= first or first + count <= a:
            return [merkle.root(entries[a:b])]
        middle = a + (1 << (b - a - 1).bit_length() - 1)
        return descend(a, middle) + descend(middle, b)

    return tuple(descend(0, len(entries)))


def prove(
    claim: Claim, parts: dict[str, Part], publics: dict[str, int], head: bytes = b"", requirement: str = ""
) -> bytes:
    """A proof file over these segments. requirement: what it is for, if not the claim's id."""
    publics = claim.publics(publics)
    given = {slot: [t.columns for t in of.tables[first : first + n]] for slot, (of, first, n) in parts.items()}
    witness = claim.witness(given, publics)
    logs, tables = [], []
    order = sorted(parts.values(), key=lambda part: part[0].checkpoint.origin.encode())
    for of, first, n in order:
        chosen = of.tables[first : first + n]
        entries = tuple(table.entry for table in chosen)
        logs.append(StatementLog(of.checkpoint.body.encode(), entries, first, hashes(of.entries, first, n)))
        tables += chosen
    sizes = private_sizes(claim.program, witness.private, {slot: n for slot, (_, _, n) in parts.items()})
    disclosed = {**publics, **witness.reveals}
    values = tuple(disclosed[public.name] for public in claim.program.publics)
    slots = tuple((order.index(part),) for part in parts.values())
    stated = StatementClaim(requirement or claim.id, claim.program, values, slots, sizes)
    statement = Statement(STANDARD, head, tuple(logs), (stated,))
    proof = Prover(statement, tables, witness.private, witness.unknowns, os.urandom(32)).prove()
    return encode_bundle(statement, [of.note for of, _, _ in order], proof)


def unchanged(old: Part, new: Part) -> bytes:
    return prove(UNCHANGED, {"old": old, "new": new}, {"old_segments": old[2], "new_segments": new[2]})


def u16(x: int) -> bytes:
    return x.to_bytes(2, "little")


def u32(x: int) -> bytes:
    return x.to_bytes(4, "little")


def carried(count: int) -> bytes:
    return b"\0" + u32(count)


def proved(bundle: bytes) -> bytes:
    return b"\1" + u32(len(bundle)) + bundle


@dataclass
class Step:
    """One step as bytes; any field may be spoilt."""

    old: Generation
    new: Generation
    parts: list[bytes] = field(default_factory=list)
    key: SignerKey = KEY
    old_note: bytes | None = None
    new_note: bytes | None = None
    old_entries: list[bytes] | None = None
    new_entries: list[bytes] | None = None
    magic: bytes = b"zkcg"

    def encode(self) -> bytes:
        out = self.magic
        for note in (self.old_note or self.old.note, self.new_note or self.new.note, self.key.verifier.text.encode()):
            out += u16(len(note)) + note
        for of, given in ((self.old, self.old_entries), (self.new, self.new_entries)):
            entries = of.entries if given is None else given
            out += u32(len(entries)) + b"".join(entries)
        return out + b"".join(self.parts)


def lineage(*steps: Step | bytes) -> bytes:
    return b"zkcl\1\0" + b"".join(step if isinstance(step, bytes) else step.encode() for step in steps)


@dataclass(frozen=True)
class World:
    """Generation 1 of four segments; 2, in which the middle two were made one; and 3, sealed again after one more."""

    one: Generation
    two: Generation
    grown: Generation  # generation 2 with a segment more
    three: Generation
    first: bytes  # the proofs: 1 to 2, segments 1 and 2 to segment 1
    second: bytes  # 2 to 3: the segment 0, sealed again

    def steps(self) -> tuple[Step, Step]:
        return (
            Step(self.one, self.two, [carried(1), proved(self.first), carried(1)]),
            Step(self.grown, self.three, [proved(self.second), carried(3)]),
        )


def world() -> World:
    rows = [[(0, 10**18), (1, 3)], [(2, 7)], [(3, 65535), (0, 1), (4, 10**20)], [(0, 5)], [(1, 2**90)]]
    a, b, c, d, e = (sealed(table(each)) for each in rows)
    one = Generation(1, (a, b, c, d))
    middle = sealed(table([*rows[1], *rows[2]]))
    two = Generation(2, (a, middle, d), one.last)
    grown = Generation(2, (a, middle, d, e), one.last)
    again = sealed(table(rows[0]))
    three = Generation(3, (again, middle, d, e), grown.last)
    return World(one, two, grown, three, unchanged((one, 1, 2), (two, 1, 1)), unchanged((grown, 0, 1), (three, 0, 1)))
