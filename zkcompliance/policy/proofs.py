"""What lies in a proof file: one proof or a policy bundle of them, each with its claims and what they are bound to;
nothing verified.

A policy bundle is several proof files in one (docs/spec/policy.md). Decoding is canonical.

    "zkcd" ‖ u16(2) ‖ u16 count (1 … 64) ‖ count × (u32 length ‖ bundle bytes)
    ‖ u8 lineages ‖ lineages × (u32 length ‖ lineage bytes)

The bundles stand in ascending order of their statements' heads, and under one head of their first claims' requirements;
under one head no requirement stands twice: so nothing is in it twice, and there is one way to write what it holds.
Lineages stand in ascending order of the names of their logs, at most one of each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from zkcompliance import limits
from zkcompliance.edge import regular
from zkcompliance.errors import MalformedBinding, MalformedBundle, StatementMismatch, UsageError
from zkcompliance.limits import MAX_POLICY_BUNDLE_BYTES
from zkcompliance.lineage.rollup import Stands
from zkcompliance.lineage.stream import lineage_name
from zkcompliance.log.checkpoint import generation_of
from zkcompliance.policy.binding import Binding
from zkcompliance.verify.bundle import Bundle, decode_bundle, programs_of
from zkcompliance.verify.checkpoint import Checkpoint
from zkcompliance.verify.codec import Reader, at_most, u16
from zkcompliance.verify.program import Program
from zkcompliance.verify.statement import ClaimStatement, LogStatement, Statement, decode_statement

MAGIC = b"zkcd"
_BUNDLE_HEAD = MAGIC + u16(2)


@dataclass(frozen=True, slots=True)
class Enclosed:
    """One proof file of a policy bundle, its parts, and its statement, decoded and not verified."""

    bundle: Bundle
    statement: Statement

    @property
    def data(self) -> bytes:
        """The file's bytes, which are not kept beside its parts: decoding is canonical."""
        return self.bundle.encode()


def decode_policy_bundle(data: bytes) -> tuple[Enclosed, ...]:
    """MalformedBundle or LimitExceeded by the frame; besides, what `decode_bundle` and `decode_statement` raise."""
    parts, _ = _frame(data)
    parts.reverse()
    enclosed = []
    while parts:  # each goes as its own parts come: a file is in memory twice, and not three times
        enclosed.append(_enclosed(parts.pop()))
    _check_order([each.statement for each in enclosed])
    return tuple(enclosed)


def _check_order(statements: Sequence[Statement]) -> None:
    """MalformedBundle unless they stand in their one order, and no requirement is there twice under one head."""
    places = [(each.head, each.claims[0].requirement.encode()) for each in statements]
    if any(later <= earlier for earlier, later in pairwise(places)):
        raise MalformedBundle("the proofs of a policy bundle are not in the order of their heads and requirements")
    seen: set[tuple[bytes, str]] = set()
    for statement in statements:
        for claim in statement.claims:
            if (statement.head, claim.requirement) in seen:
                raise MalformedBundle("two proofs of a policy bundle are of one requirement under one head")
            seen.add((statement.head, claim.requirement))


def decode_lineages(data: bytes) -> dict[str, bytes]:
    """The lineages of a policy bundle, by the names of their logs. Also MalformedLineage, by how one begins."""
    _, parts = _frame(data)
    names = [lineage_name(part) for part in parts]
    if any(later.encode() <= earlier.encode() for earlier, later in pairwise(names)):
        raise MalformedBundle("the lineages of a policy bundle are not in ascending order of their logs' names")
    return dict(zip(names, parts, strict=True))


def _frame(data: bytes) -> tuple[list[bytes], list[bytes]]:
    """The bundles and the lineages, undecoded."""
    at_most(len(data), limits.MAX_POLICY_BUNDLE_BYTES, "policy bundle")
    reader = Reader(data, MalformedBundle)
    reader.expect(_BUNDLE_HEAD, "a policy bundle")
    count = at_most(reader.u16(), limits.MAX_POLICY_PROOFS, "proofs of a policy bundle")
    if count == 0:
        raise reader.fail("a policy bundle without proofs")
    parts = [reader.take(at_most(reader.u32(), limits.MAX_BUNDLE_BYTES, "bundle")) for _ in range(count)]
    lineages = [reader.take(reader.u32()) for _ in range(at_most(reader.u8(), limits.MAX_POLICY_LOGS, "lineages"))]
    reader.finish()
    return parts, lineages


def _enclosed(part: bytes) -> Enclosed:
    bundle = decode_bundle(part)
    return Enclosed(bundle, decode_statement(bundle.statement_bytes))


@dataclass(frozen=True)
class Proof:
    """One proof of a file: its parts, its statement, what that is bound to (None: its head is no binding). Each is
    decoded once, and handed on."""

    bundle: Bundle
    statement: Statement
    binding: Binding | None

    @property
    def data(self) -> bytes:
        """The proof's own file, as `Enclosed`."""
        return self.bundle.encode()

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of the proof's own file."""
        return sha256(self.data).digest()

    @cached_property
    def statement_digest(self) -> bytes:
        """SHA-256 of the statement's bytes."""
        return sha256(self.bundle.statement_bytes).digest()

    @cached_property
    def size(self) -> int:
        """Bytes of the proof's own file."""
        return len(self.data)

    @cached_property
    def programs(self) -> tuple[Program, ...]:
        """The program of each claim, in their order. Raises as `programs_of`, and the errors of decoding."""
        return programs_of(self.bundle, self.statement)

    @property
    def claims(self) -> tuple[Claimed, ...]:
        """What it claims, in the statement's order."""
        return tuple(Claimed(self, index) for index in range(len(self.statement.claims)))

    def bound(self) -> Binding:
        """The binding. MalformedBinding where the head is none."""
        return self.binding if self.binding is not None else Binding.decode(self.statement.head)


class Place(NamedTuple):
    """A log in a slot of a claim. number: of the log in the statement, from 0; note: its signed checkpoint.

    stands: of a roll-up, for which log it stands, where that was shown.
    """

    slot: str
    number: int
    log: LogStatement
    note: bytes
    stands: Stands | None = None

    @property
    def key(self) -> tuple[str, str]:
        """(slot, origin): no log fills two slots, nor one twice."""
        return self.slot, self.log.origin

    @property
    def name(self) -> str:
        """The log's name: its generations are one log. Of a roll-up that stands for another, that one's."""
        return generation_of(self.answers.origin)[0]

    @property
    def answers(self) -> Checkpoint:
        """The checkpoint that is held against keys, cosigners and time: its own, or of the log that it stands for."""
        return self.log.checkpoint if self.stands is None else self.stands.log.checkpoint

    @property
    def signed(self) -> bytes:
        """The note of that checkpoint."""
        return self.note if self.stands is None else self.stands.log.note


@dataclass(frozen=True)
class Claimed:
    """One claim of a proof, with the names that its program has for what the statement says of it.

    rolled: what roll-ups stand for, by the bodies of their checkpoints, as far as that was shown.
    """

    proof: Proof
    index: int
    rolled: Mapping[bytes, Stands] = field(default_factory=dict)

    @property
    def stated(self) -> ClaimStatement:
        return self.proof.statement.claims[self.index]

    @property
    def requirement(self) -> str:
        """The name that the policy has for it; the claim's id where there is no policy."""
        return self.stated.requirement

    @property
    def label(self) -> str:
        """`training-compute-below@2`."""
        return f"{self.stated.claim}@{self.stated.version}"

    @property
    def program(self) -> Program:
        """As `Proof.programs`."""
        return self.proof.programs[self.index]

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """The logs of each slot, in the program's order and the statement's.

        StatementMismatch where the statement fills more or fewer slots than the program has, or has not as many notes
        as logs.
        """
        slots, filled, statement = self.program.logs, self.stated.slots, self.proof.statement
        notes = self.proof.bundle.notes
        if len(slots) != len(filled):
            raise StatementMismatch(f"logs: {len(filled)} slots are filled, and the claim has {len(slots)}")
        if len(notes) != len(statement.logs):
            raise StatementMismatch(f"notes: {len(notes)} given for {len(statement.logs)} logs")
        return tuple(
            Place(slot.name, number, log, notes[number], self.rolled.get(log.checkpoint.body))
            for slot, numbers in zip(slots, filled, strict=True)
            for number in numbers
            for log in (statement.logs[number],)
        )

    def filling(self, slot: str) -> list[Place]:
        """The logs of one slot, in the statement's order."""
        return [place for place in self.places if place.slot == slot]


def read(path: Path, most: int, help: str | None = None) -> bytes:
    """The first `most` + 1 bytes of a file, so that one that is too long is seen to be; UsageError with this help."""
    try:
        with regular.open_given(path) as file:
            return file.read(most + 1)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", help=help) from error


def read_proof(path: Path) -> bytes:
    """The bytes of a proof file; UsageError when it cannot be read, MalformedBundle when it is too long to be one."""
    data = read(path, MAX_POLICY_BUNDLE_BYTES)
    if len(data) > MAX_POLICY_BUNDLE_BYTES:
        raise MalformedBundle(f"{path} is longer than any proof file ({MAX_POLICY_BUNDLE_BYTES} bytes)")
    return data


def proofs_in(data: bytes) -> tuple[Proof, ...]:
    """At least one. The errors of `decode_policy_bundle`, or of `decode_bundle` and `decode_statement`."""
    enclosed = decode_policy_bundle(data) if data.startswith(MAGIC) else (_enclosed(data),)
    return tuple(_proof(each) for each in enclosed)


def lineages_in(data: bytes) -> dict[str, bytes]:
    """The lineages that a policy bundle brings, by the name of the log; one proof by itself brings none."""
    return decode_lineages(data) if data.startswith(MAGIC) else {}


def origins_of(proofs: Iterable[Proof]) -> frozenset[str]:
    """The origins of all checkpoints that the proofs are about."""
    return frozenset(log.origin for proof in proofs for log in proof.statement.logs)


def _proof(each: Enclosed) -> Proof:
    try:
        binding = Binding.decode(each.statement.head)
    except MalformedBinding:
        return Proof(each.bundle, each.statement, None)
    return Proof(each.bundle, each.statement, binding)


class File:
    """The bytes of a proof file, decoded once where something of it is first asked for."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    @cached_property
    def proofs(self) -> tuple[Proof, ...]:
        """As `proofs_in`."""
        return proofs_in(self.data)

    @cached_property
    def lineages(self) -> dict[str, bytes]:
        """As `lineages_in`."""
        return lineages_in(self.data)

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of the file."""
        return sha256(self.data).digest()


def claims_of(proofs: Iterable[Proof], rolled: Mapping[bytes, Stands] | None = None) -> tuple[Claimed, ...]:
    """Every claim of these proofs. rolled: as `Claimed`."""
    return tuple(replace(claim, rolled=rolled or {}) for proof in proofs for claim in proof.claims)


def opened(file: bytes | File) -> File:
    """A file that may be given by its bytes."""
    return file if isinstance(file, File) else File(file)
