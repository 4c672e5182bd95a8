"""Everything public about a proof, and its bytes (docs/spec/proof.md), prover's side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from zkcompliance import limits
from zkcompliance.errors import LimitExceeded, UsageError
from zkcompliance.stark.air.program import Program
from zkcompliance.stark.codec import bytes16, integer, text, u8, u16, u32, u48
from zkcompliance.stark.commit.entry import Entry
from zkcompliance.stark.profiles import Profile

OPEN = (0, (1 << 48) - 1)  # the bracket of a segment of which nothing shows when it was sealed


@dataclass(frozen=True)
class StatementLog:
    """One log: its checkpoint body, and every one of its segments; or, in slots that take a range, some.

    `entries`: of the segments from number `first` on; `hashes`: what completes the checkpoint's root (32 bytes each,
    left before right), none where all segments are there; `brackets`: of each entry the UTC seconds (not before, not
    after) of its sealing, none given: all open.
    """

    checkpoint: bytes
    entries: tuple[Entry, ...]
    first: int = 0
    hashes: tuple[bytes, ...] = ()
    brackets: tuple[tuple[int, int], ...] = ()

    def bracket(self, index: int) -> tuple[int, int]:
        """Of the entry at `index`."""
        return self.brackets[index] if self.brackets else OPEN

    def encode(self) -> bytes:
        """The log's part of the statement."""
        last = self.first + len(self.entries) - 1
        out = [bytes16(self.checkpoint), u32(self.first), u32(last)]
        for index, entry in enumerate(self.entries):
            out += [entry.encode(), *map(u48, self.bracket(index))]
        return b"".join([*out, *self.hashes])


@dataclass(frozen=True)
class StatementClaim:
    """One claim: the requirement that it is for, its program, its public values, and the logs that fill its slots.

    `slots`: of each slot of the program the numbers of its logs in the statement, ascending; `private`: log2 of the
    rows of each private table.
    """

    requirement: str
    program: Program
    publics: tuple[int, ...]
    slots: tuple[tuple[int, ...], ...]
    private: tuple[int, ...] = ()

    def encode(self) -> bytes:
        """The claim's part of the statement."""
        program = self.program
        out = [text(self.requirement), text(program.claim), u32(program.version), program.digest]
        out += [u16(len(self.publics)), *map(integer, self.publics), u8(len(self.slots))]
        for logs in self.slots:
            out += [u8(len(logs)), *map(u8, logs)]
        return b"".join([*out, u8(len(self.private)), *map(u8, self.private)])


@dataclass(frozen=True)
class Statement:
    """logs: in ascending order of their origins; claims: of their requirements, both compared as bytes."""

    profile: Profile
    head: bytes
    logs: tuple[StatementLog, ...]
    claims: tuple[StatementClaim, ...]

    def encode(self) -> bytes:
        """The canonical bytes that the transcript absorbs."""
        out = [b"zkct", u16(2), u8(self.profile.id), bytes16(self.head)]
        out += [u8(len(self.logs)), *(log.encode() for log in self.logs)]
        return b"".join([*out, u8(len(self.claims)), *(claim.encode() for claim in self.claims)])

    def segments_of(self, claim: int, slot: int) -> list[tuple[int, int]]:
        """(log, index) of the segments of a slot in order: the number of one in this list is its ORDINAL."""
        logs = self.claims[claim].slots[slot]
        return [(log, index) for log in logs for index in range(len(self.logs[log].entries))]

    def programs(self) -> list[bytes]:
        """The programs of its claims, encoded, each once, in ascending order of their digests."""
        found = {claim.program.digest: claim.program.encoded for claim in self.claims}
        return [found[digest] for digest in sorted(found)]


def encode_bundle(
    statement: Statement, notes: Sequence[bytes], proof: bytes, attachments: Iterable[tuple[int, bytes]] = ()
) -> bytes:
    """A proof file: statement, programs, the signed checkpoint of each log, proof, and what others signed, if anything.

    attachments: kind and bytes of each, in any order. LimitExceeded where they are too many or too long.
    """
    stated, programs = statement.encode(), statement.programs()
    out = [b"zkcb", u16(2), u32(len(stated)), stated, u8(len(programs))]
    out += [part for program in programs for part in (u32(len(program)), program)]
    out += [u8(len(notes)), *map(bytes16, notes), u32(len(proof)), proof]
    return b"".join([*out, _attached(attachments)])


def _attached(attachments: Iterable[tuple[int, bytes]]) -> bytes:
    """u8 count ‖ for each in ascending order: u8 kind ‖ u32 length ‖ bytes; nothing where there is none."""
    given = sorted(set(attachments))
    sizes = [len(data) for _, data in given]
    for what, value, most in (
        ("things that others signed", len(given), limits.MAX_ATTACHMENTS),
        ("bytes of one that somebody signed", max(sizes, default=0), limits.MAX_ATTACHMENT_BYTES),
        ("bytes of all that others signed", sum(sizes), limits.MAX_ATTACHMENTS_BYTES),
    ):
        if value > most:
            raise LimitExceeded(f"{value} {what}: a proof file takes at most {most}")
    parts = [part for kind, data in given for part in (u8(kind), u32(len(data)), data)]
    return b"".join([u8(len(given)), *parts]) if given else b""


def encode_policy_bundle(
    proofs: Mapping[tuple[bytes, str], bytes], lineages: Mapping[str, bytes] | None = None
) -> bytes:
    """Several proof files in one (docs/spec/policy.md). LimitExceeded over 64, or 100 MiB.

    proofs: by the head of each and the requirement of its first claim; lineages: by the name of the log.
    """
    lineages = lineages or {}
    more = [part for name in sorted(lineages) for part in (u32(len(lineages[name])), lineages[name])]
    if not proofs:
        raise UsageError("a policy bundle holds at least one proof")
    if len(proofs) > limits.MAX_POLICY_PROOFS:
        raise LimitExceeded(f"{len(proofs)} proofs: a policy bundle holds at most {limits.MAX_POLICY_PROOFS}")
    order = sorted(proofs, key=lambda key: (key[0], key[1].encode()))
    parts = [part for key in order for part in (u32(len(proofs[key])), proofs[key])]
    data = b"".join([b"zkcd", u16(2), u16(len(proofs)), *parts, u8(len(lineages)), *more])
    if len(data) > limits.MAX_POLICY_BUNDLE_BYTES:
        raise LimitExceeded(f"a policy bundle of {len(data)} bytes: at most {limits.MAX_POLICY_BUNDLE_BYTES}")
    return data
