"""Everything public about a proof, and its bytes (docs/spec/proof.md), prover's side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from zkcompliance import limits
from zkcompliance.errors import LimitExceeded, UsageError
from zkcompliance.stark.air.program import Program
from zkcompliance.stark.codec import bytes16, integer, text, u8, u16, u32
from zkcompliance.stark.commit.entry import Entry
from zkcompliance.stark.profiles import Profile


@dataclass(frozen=True)
class StatementLog:
    """One log: its slot, its checkpoint body, and every one of its segments; or, of a slot that takes a range, some.

    `entries`: of the segments from number `first` on; `hashes`: what completes the checkpoint's root (32 bytes each,
    left before right), none where all segments are there.
    """

    slot: str
    checkpoint: bytes
    entries: tuple[Entry, ...]
    first: int = 0
    hashes: tuple[bytes, ...] = ()

    def encode(self) -> bytes:
        """The log's part of the statement."""
        last = self.first + len(self.entries) - 1
        out = [text(self.slot), bytes16(self.checkpoint), u32(self.first), u32(last)]
        return b"".join([*out, *(entry.encode() for entry in self.entries), *self.hashes])


@dataclass(frozen=True)
class Statement:
    profile: Profile
    program: Program
    publics: tuple[int, ...]
    logs: tuple[StatementLog, ...]
    context: bytes = b""
    private: tuple[int, ...] = ()  # log2 of the rows of each private table

    def encode(self) -> bytes:
        """The canonical bytes that the transcript absorbs."""
        out = [b"zkct", u16(2), u8(self.profile.id), text(self.program.claim), u32(self.program.version)]
        out += [self.program.digest, u8(len(self.publics)), *map(integer, self.publics), bytes16(self.context)]
        out.append(u8(len(self.logs)))
        for log in self.logs:
            out.append(log.encode())
        out += [u8(len(self.private)), *map(u8, self.private)]
        return b"".join(out)


def encode_bundle(statement: bytes, program: bytes, notes: list[bytes], proof: bytes) -> bytes:
    """A proof file: statement, program, the signed checkpoint of each log, proof."""
    out = [b"zkcb", u16(2), u32(len(statement)), statement, u32(len(program)), program, u8(len(notes))]
    return b"".join([*out, *map(bytes16, notes), u32(len(proof)), proof])


def encode_policy_bundle(proofs: Mapping[bytes, bytes], lineages: Mapping[str, bytes] | None = None) -> bytes:
    """Several proof files in one, by the context of each (docs/spec/policy.md). LimitExceeded over 64, or 64 MiB.

    lineages: by the name of the log.
    """
    lineages = lineages or {}
    more = [part for name in sorted(lineages) for part in (u32(len(lineages[name])), lineages[name])]
    if not proofs:
        raise UsageError("a policy bundle holds at least one proof")
    if len(proofs) > limits.MAX_POLICY_PROOFS:
        raise LimitExceeded(f"{len(proofs)} proofs: a policy bundle holds at most {limits.MAX_POLICY_PROOFS}")
    parts = [part for context in sorted(proofs) for part in (u32(len(proofs[context])), proofs[context])]
    data = b"".join([b"zkcd", u16(1), u16(len(proofs)), *parts, u8(len(lineages)), *more])
    if len(data) > limits.MAX_POLICY_BUNDLE_BYTES:
        raise LimitExceeded(f"a policy bundle of {len(data)} bytes: at most {limits.MAX_POLICY_BUNDLE_BYTES}")
    return data
