"""A program, a statement and a bundle in the verifier's own types, sound in form and without a proof."""

from __future__ import annotations

from dataclasses import replace

from zkcompliance.verify.bundle import Bundle
from zkcompliance.verify.checkpoint import Checkpoint, checkpoint_body, log_root
from zkcompliance.verify.program import (
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
    Summand,
    Table,
    Unknown,
)
from zkcompliance.verify.statement import PROFILES, ClaimStatement, Entry, LogStatement, Statement

STANDARD = PROFILES[1]
SCHEMA = b"\x07" * 32
UNIT = 0xFFFF
TAG = (1, 2, 3, 4, 5, 2013265920)


def table() -> Table:
    return Table(
        kind=0,
        index=0,
        witness=2,
        nodes=(
            Node(0, 17, 0),
            Node(1, 4, 0),
            Node(2, 1, 0),
            Node(3, 0, 0),
            Node(4, 0, 1),
            Node(5, 2, 3),
            Node(6, 4, 5),
            Node(7, 0, 0),
            Node(8, 0, 0),
            Node(9, 0, 0),
            Node(10, 1, 31),
            Node(11, 0, 0),
            Node(12, 2, 0),
            Node(13, 0, 0),
        ),
        constraints=(Constraint("a", 0, 6), Constraint("b", 1, 2), Constraint("c", 2, 3), Constraint("d", 3, 5)),
        interactions=(
            Interaction(0, UNIT, 1, (2,)),
            Interaction(1, UNIT, 1, (1, 2)),
            Interaction(2, UNIT, 1, (2, 9, 3)),
        ),
        groups=(2, 1, 0),
        sums=(Sum("s", 7, (1, 2)), Sum("r", 8, (3,))),
        short=(1, 4),
    )


def over_other() -> Table:
    return Table(0, 1, 0, (Node(1, 8, 0),), (), (), (0,), ())


def private() -> Table:
    nodes = (Node(2, 0, 0), Node(0, 1, 0), Node(5, 0, 1), Node(6, 0, 2))
    return Table(1, 0, 1, nodes, (Constraint("bit", 0, 3),), (Interaction(3, 0, 9, (0,)),), (1,), ())


def program() -> Program:
    return Program(
        claim="test/claim",
        version=3,
        publics=(Public("limit", 0, 32), Public("größe", 1, 512)),
        logs=(LogSlot("runs", SCHEMA, 5), LogSlot("other", b"\x08" * 32, 9)),
        lookups=(
            Lookup(2, ((LookupEntry(0, 7, 0), LookupEntry(1, 0, 31)), (LookupEntry(1, 1, 511), LookupEntry(0, 0, 0)))),
        ),
        buses=(3, 1),
        tables=(table(), private(), replace(private(), index=1), over_other()),
        unknowns=(Unknown("x", 3),),
        equations=(
            Equation(
                "e", (Summand(0, 0, 1, -2), Summand(1, 0, 0, 1), Summand(2, 0, 0, 5), Summand(3, 0, 0, -(1 << 31)))
            ),
        ),
    )


def log(origin: str, digest: bytes, width: int, ks: tuple[int, ...], profile: int = 1) -> LogStatement:
    entries = []
    for number, k in enumerate(ks):
        kappa = PROFILES[profile].capacity(k)
        assert kappa is not None
        entries.append(Entry(profile, digest, width, k, kappa, bytes([number]) * 32, TAG))
    return sealed(LogStatement(Checkpoint(origin, 0, b"", b""), tuple(entries)))


def sealed(item: LogStatement) -> LogStatement:
    """With the checkpoint of its entries."""
    origin, size = item.origin, len(item.entries)
    root = log_root([entry.encode() for entry in item.entries])
    return replace(item, checkpoint=Checkpoint(origin, size, root, checkpoint_body(origin, size, root)))


def claim(of: Program, requirement: str = "compute") -> ClaimStatement:
    return ClaimStatement(requirement, of.claim, of.version, of.digest, (1 << 32 - 1, 0), ((1,), (0,)), (3, 17))


def statement(of: Program | None = None) -> Statement:
    """One claim, whose first slot has the second log."""
    chosen = program() if of is None else of
    logs = (log("other", b"\x08" * 32, 9, (4,)), log("runs", SCHEMA, 5, (3, 16)))
    return Statement(STANDARD, b"nonce", logs, (claim(chosen),))


def note(item: LogStatement) -> bytes:
    return item.checkpoint.body + f"\n— {item.origin} AAAA\n".encode()


def bundle(of: Statement, by: Program, proof: bytes = b"proof") -> Bundle:
    return Bundle(of.encode(), (by.encode(),), tuple(note(item) for item in of.logs), proof)
