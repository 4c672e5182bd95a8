"""Proof files whose statement says something else than was proved, and bundles of any parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from zkcompliance.verify.bundle import decode_bundle
from zkcompliance.verify.statement import Statement, decode_statement


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
