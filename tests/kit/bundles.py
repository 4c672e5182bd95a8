"""Proof files whose statement says something else than was proved, or of which nothing is; bundles of any parts."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace

from tests.kit import support
from zkcompliance.stark.commit.entry import Entry
from zkcompliance.stark.statement import encode_bundle
from zkcompliance.verify.bundle import decode_bundle
from zkcompliance.verify.statement import Statement, decode_statement


@functools.cache
def _entries() -> tuple[Entry, ...]:
    """What proof files without a proof are about."""
    return (support.seal(support.table(support.ROWS)).entry,)


def unproved(head: bytes, *requirements: str, size: int = 0) -> bytes:
    """A proof file whose proof is `size` zeros: framed, never verified. requirements: of its claims, if not the claim's
    id."""
    entries = _entries()
    stated = support.statement(entries, support.PUBLICS, head=head)
    (claim,) = stated.claims
    names = requirements or (claim.requirement,)
    made = replace(stated, claims=tuple(replace(claim, requirement=name) for name in names))
    note = support.SIGNER.sign(support.checkpoint(entries).decode()).encode()
    return encode_bundle(made, [note], bytes(size))


def statement_of(data: bytes) -> Statement:
    """What a proof file states."""
    return decode_statement(decode_bundle(data).statement_bytes)


def restated(data: bytes, change: Callable[[Statement], Statement]) -> bytes:
    """The proof file with another statement: its programs, notes and proof are as they were."""
    whole = decode_bundle(data)
    changed = change(decode_statement(whole.statement_bytes))
    return replace(whole, statement_bytes=changed.encode()).encode()


def framed(
    *parts: bytes, count: int | None = None, head: bytes = b"zkcd\x02\x00", lineages: tuple[bytes, ...] = ()
) -> bytes:
    """The parts and lineages framed as a bundle of proofs in this order, whatever they are; count: if not theirs."""
    number = len(parts) if count is None else count
    made, more = (b"".join(len(p).to_bytes(4, "little") + p for p in each) for each in (parts, lineages))
    return head + number.to_bytes(2, "little") + made + bytes([len(lineages)]) + more
