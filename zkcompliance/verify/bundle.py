"""The proof file: statement, programs, signed notes, proof, and what others signed (docs/spec/proof.md).

Decoding is canonical. Of what others signed only its frame is read here: who checks it needs libraries.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import NamedTuple

from zkcompliance import limits
from zkcompliance.errors import CheckpointMismatch, MalformedBundle, MalformedNote, ProgramMismatch, StatementMismatch
from zkcompliance.verify.codec import Reader, at_most, bytes16, bytes32, positive, u8, u16, u32
from zkcompliance.verify.program import Program, decode_program
from zkcompliance.verify.statement import Statement

_MAGIC = b"zkcb" + u16(2)
ROUND, STAMP, EARLIER, DEVICE = 1, 2, 3, 4  # kinds of attachments: what each holds, docs/spec/anchors.md says
_KINDS = (ROUND, STAMP, EARLIER, DEVICE)


class Attachment(NamedTuple):
    """Something that somebody else signed: its kind, and its bytes, which are not empty."""

    kind: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Bundle:
    """The parts of a proof file, still undecoded.

    program_bytes: each once, ascending by their digests; notes: the signed checkpoints, one for each log; attachments:
    ascending by kind, then by their bytes, none twice. The statement does not bind them.
    """

    statement_bytes: bytes
    program_bytes: tuple[bytes, ...]
    notes: tuple[bytes, ...]
    proof_bytes: bytes
    attachments: tuple[Attachment, ...] = ()

    def encode(self) -> bytes:
        programs = u8(len(self.program_bytes)) + b"".join(bytes32(program) for program in self.program_bytes)
        notes = u8(len(self.notes)) + b"".join(bytes16(note) for note in self.notes)
        parts = [_MAGIC, bytes32(self.statement_bytes), programs, notes, u32(len(self.proof_bytes)), self.proof_bytes]
        if self.attachments:
            parts.append(u8(len(self.attachments)))
            parts.extend(u8(kind) + bytes32(data) for kind, data in self.attachments)
        return b"".join(parts)


def decode_bundle(data: bytes) -> Bundle:
    """Raises MalformedBundle or LimitExceeded."""
    at_most(len(data), limits.MAX_BUNDLE_BYTES, "bundle")
    reader = Reader(data, MalformedBundle)
    reader.expect(_MAGIC, "a proof file")
    statement = reader.take(at_most(reader.u32(), limits.MAX_STATEMENT_BYTES, "statement"))
    count = at_most(reader.u8(), limits.MAX_CLAIMS, "programs")
    programs = tuple(reader.take(at_most(reader.u32(), limits.MAX_PROGRAM_BYTES, "program")) for _ in range(count))
    at_most(sum(map(len, programs)), limits.MAX_PROGRAM_BYTES, "all programs")
    notes = tuple(reader.bytes16(limits.MAX_NOTE_BYTES, "note") for _ in range(reader.u8()))
    proof = reader.take(at_most(reader.u32(), limits.MAX_BUNDLE_BYTES, "proof"))
    attachments = () if reader.ended else _read_attachments(reader)
    reader.finish()
    digests = [hashlib.sha256(program).digest() for program in programs]
    if digests != sorted(set(digests)):
        raise MalformedBundle("the programs are not in ascending order of their digests, each once")
    bundle = Bundle(statement, programs, notes, proof, attachments)
    if bundle.encode() != data:
        raise MalformedBundle("the bundle is not in its canonical form")
    return bundle


def _read_attachments(reader: Reader) -> tuple[Attachment, ...]:
    """1 … 255 of them: where there are none, nothing follows the proof."""
    found: list[Attachment] = []
    size = 0
    for _ in range(positive(reader, reader.u8(), "attachments, and bytes that say so")):
        kind = reader.u8()
        if kind not in _KINDS:
            raise reader.fail(f"an attachment of the unknown kind {kind}")
        length = positive(reader, at_most(reader.u32(), limits.MAX_ATTACHMENT_BYTES, "attachment"), "bytes of one")
        size = at_most(size + length, limits.MAX_ATTACHMENTS_BYTES, "all attachments")
        found.append(Attachment(kind, reader.take(length)))
    if found != sorted(set(found)):
        raise reader.fail("the attachments are not in ascending order, each once")
    return tuple(found)


def programs_of(bundle: Bundle, statement: Statement) -> tuple[Program, ...]:
    """The program of each claim, in statement order; raises where the file lacks one, or brings one for no claim."""
    brought = {hashlib.sha256(data).digest(): data for data in bundle.program_bytes}
    named = {claim.program_digest for claim in statement.claims}
    if named != set(brought):
        raise ProgramMismatch("the file brings other programs than those that its claims name")
    decoded = {digest: decode_program(data) for digest, data in brought.items()}
    return tuple(decoded[claim.program_digest] for claim in statement.claims)


def check_notes(bundle: Bundle, statement: Statement) -> None:
    """Each note signs a text that begins with its log's checkpoint body; who signed it is decided elsewhere."""
    if len(bundle.notes) != len(statement.logs):
        raise StatementMismatch(f"notes: {len(bundle.notes)} given for {len(statement.logs)} logs")
    for note, log in zip(bundle.notes, statement.logs, strict=True):
        if not note_text(note).startswith(log.checkpoint.body):
            raise CheckpointMismatch(f"log {log.origin}: the signed note is not about the statement's checkpoint")


def note_text(note: bytes) -> bytes:
    """The signed text: all up to the last empty line, its own line end included (C2SP signed-note)."""
    try:
        text = note.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedNote("a note is not UTF-8") from None
    if any((ord(c) < 0x20 and c != "\n") or ord(c) == 0x7F for c in text):
        raise MalformedNote("a note has a control character")
    split = note.rfind(b"\n\n")
    if split <= 0 or not note.endswith(b"\n") or split + 2 == len(note):
        raise MalformedNote("a note has a text, an empty line and signatures")
    return note[: split + 1]
