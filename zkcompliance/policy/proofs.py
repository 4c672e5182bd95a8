"""What lies in a proof file: one proof or a policy bundle of them, each with its claims and what they are bound to;
nothing verified.

A file is read proof by proof: of each is kept what it states, and the proof itself is read again where it is verified.

The proofs of a policy bundle (`policy.frame`) stand in ascending order of their statements' heads, and under one head
of their first claims' requirements; under one head no requirement stands twice: so nothing is in it twice, and there is
one way to write what it holds. Lineages stand in ascending order of the names of their logs, at most one of each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from zkcompliance import limits
from zkcompliance.edge import regular
from zkcompliance.edge.steady import InMemory, OnDisk, Source, Span
from zkcompliance.errors import MalformedBinding, MalformedBundle, StatementMismatch, UsageError
from zkcompliance.lineage.stream import HEAD_BYTES, lineage_name
from zkcompliance.log.checkpoint import generation_of
from zkcompliance.policy.binding import Binding
from zkcompliance.policy.frame import Frame, frame_of, framed
from zkcompliance.verify.bundle import Bundle, decode_bundle, programs_of
from zkcompliance.verify.checkpoint import Checkpoint
from zkcompliance.verify.codec import at_most
from zkcompliance.verify.program import Program
from zkcompliance.verify.statement import ClaimStatement, LogStatement, Statement, decode_statement

if TYPE_CHECKING:
    from zkcompliance.lineage.rollup import Stands

_OPENED = b"zkco\x01\x00"  # how a file of opened rows begins (docs/spec/openings.md)
_MOST_PROGRAM_BYTES = 4 * limits.MAX_PROGRAM_BYTES  # encoded, of the programs that are kept decoded


class Programs:
    """The programs of a file's proofs, decoded: of the latest, as many as have these bytes between them."""

    def __init__(self) -> None:
        self._kept: dict[bytes, tuple[int, tuple[Program, ...]]] = {}  # by the proof's digest, with their bytes

    def of(self, proof: Proof) -> tuple[Program, ...]:
        """As `programs_of`."""
        known = self._kept.get(proof.digest)
        if known is not None:
            return known[1]
        found = programs_of(proof.outside, proof.statement)
        size = sum(map(len, proof.outside.program_bytes))
        while self._kept and size + sum(each for each, _ in self._kept.values()) > _MOST_PROGRAM_BYTES:
            self._kept.pop(next(iter(self._kept)))
        self._kept[proof.digest] = size, found
        return found


@dataclass(frozen=True, eq=False)
class Proof:
    """One proof of a file: where it lies, its statement, what that is bound to (None: its head is no binding). Each is
    decoded once, and handed on.

    outside: its parts but for the proof itself, which is empty there. digest: SHA-256 of the proof's own file.
    """

    span: Span
    outside: Bundle
    digest: bytes
    statement: Statement
    binding: Binding | None
    decoded: Programs

    @property
    def bundle(self) -> Bundle:
        """All its parts, read anew: whoever asks holds a proof in memory."""
        return decode_bundle(self.span.read())

    @property
    def data(self) -> bytes:
        """The proof's own file, read anew."""
        return self.span.read()

    @cached_property
    def statement_digest(self) -> bytes:
        """SHA-256 of the statement's bytes."""
        return sha256(self.outside.statement_bytes).digest()

    @property
    def size(self) -> int:
        """Bytes of the proof's own file."""
        return self.span.size

    @property
    def programs(self) -> tuple[Program, ...]:
        """The program of each claim, in their order. Raises as `programs_of`, and the errors of decoding."""
        return self.decoded.of(self)

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
        notes = self.proof.outside.notes
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
    data = read(path, limits.MAX_POLICY_BUNDLE_BYTES)
    _check_length(len(data), path)
    return data


def open_proof(path: Path) -> File:
    """A proof file that stays on the disk, and is closed by whoever asks. Raises as `read_proof`."""
    source = OnDisk(path, limits.MAX_POLICY_BUNDLE_BYTES)
    try:
        _check_length(source.size, path)
    except MalformedBundle:
        source.close()
        raise
    return File(source)


def _check_length(size: int, path: Path) -> None:
    if size > (most := limits.MAX_POLICY_BUNDLE_BYTES):
        raise MalformedBundle(f"{path} is longer than any proof file ({most} bytes)")


def proofs_in(data: bytes) -> tuple[Proof, ...]:
    """As `File.proofs`."""
    return File(data).proofs


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


def origins_of(proofs: Iterable[Proof]) -> frozenset[str]:
    """The origins of all checkpoints that the proofs are about."""
    return frozenset(log.origin for proof in proofs for log in proof.statement.logs)


def _proof(span: Span, decoded: Programs) -> Proof:
    at_most(span.size, limits.MAX_BUNDLE_BYTES, "bundle")
    data = span.read()
    bundle = decode_bundle(data)
    statement = decode_statement(bundle.statement_bytes)
    binding: Binding | None
    try:
        binding = Binding.decode(statement.head)
    except MalformedBinding:
        binding = None
    return Proof(span, replace(bundle, proof_bytes=b""), sha256(data).digest(), statement, binding, decoded)


class File:
    """A proof file, decoded once where something of it is first asked for; closed where it is on the disk."""

    def __init__(self, data: bytes | Source) -> None:
        self.source = InMemory(data) if isinstance(data, bytes) else data

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.source.close()

    @cached_property
    def _frame(self) -> Frame:
        """One proof by itself is a frame of it alone. MalformedBundle or LimitExceeded by a policy bundle's."""
        if self.source.size >= len(_OPENED) and Span(self.source, 0, len(_OPENED)).read() == _OPENED:
            raise MalformedBundle(
                "this is a file of opened rows, and no proof file", help="zkcompliance verify FILE --log-key PUB"
            )
        return frame_of(self.source) if framed(self.source) else Frame((Span(self.source, 0, self.source.size),), ())

    @cached_property
    def proofs(self) -> tuple[Proof, ...]:
        """At least one. The errors of `frame_of`, `decode_bundle` and `decode_statement`."""
        decoded = Programs()
        proofs = tuple(_proof(span, decoded) for span in self._frame.proofs)
        _check_order([each.statement for each in proofs])
        return proofs

    @cached_property
    def lineages(self) -> dict[str, Span]:
        """Where the lineages lie that a policy bundle brings, by the name of the log. Also MalformedLineage, by how one
        begins."""
        spans = self._frame.lineages
        names = [lineage_name(span.read(HEAD_BYTES)) for span in spans]
        if any(later.encode() <= earlier.encode() for earlier, later in pairwise(names)):
            raise MalformedBundle("the lineages of a policy bundle are not in ascending order of their logs' names")
        return dict(zip(names, spans, strict=True))

    @property
    def size(self) -> int:
        """Bytes."""
        return self.source.size

    @property
    def digest(self) -> bytes:
        """SHA-256 of the file."""
        return self.source.digest


def claims_of(proofs: Iterable[Proof], rolled: Mapping[bytes, Stands] | None = None) -> tuple[Claimed, ...]:
    """Every claim of these proofs. rolled: as `Claimed`."""
    return tuple(replace(claim, rolled=rolled or {}) for proof in proofs for claim in proof.claims)


def opened(file: bytes | File) -> File:
    """A file that may be given by its bytes."""
    return file if isinstance(file, File) else File(file)
