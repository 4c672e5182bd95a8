"""The proof file: statement, program, signed notes and proof (docs/spec/proof.md). Decoding is canonical."""

from __future__ import annotations

from dataclasses import dataclass

from zkcompliance import limits
from zkcompliance.errors import CheckpointMismatch, MalformedBundle, MalformedNote, StatementMismatch
from zkcompliance.verify.codec import Reader, at_most, bytes16, bytes32, u8, u16
from zkcompliance.verify.statement import Statement

_MAGIC = b"zkcb" + u16(2)


@dataclass(frozen=True, slots=True)
class Bundle:
    """The parts of a proof file, still undecoded; `notes` are the signed checkpoints, one for each log."""

    statement_bytes: bytes
    program_bytes: bytes
    notes: tuple[bytes, ...]
    proof_bytes: bytes

    def encode(self) -> bytes:
        notes = u8(len(self.notes)) + b"".join(bytes16(note) for note in self.notes)
        return _MAGIC + bytes32(self.statement_bytes) + bytes32(self.program_bytes) + notes + bytes32(self.proof_bytes)


def decode_bundle(data: bytes) -> Bundle:
    """Raises MalformedBundle or LimitExceeded."""
    at_most(len(data), limits.MAX_BUNDLE_BYTES, "bundle")
    reader = Reader(data, MalformedBundle)
    reader.expect(_MAGIC, "a proof file")
    statement = reader.take(at_most(reader.u32(), limits.MAX_STATEMENT_BYTES, "statement"))
    program = reader.take(at_most(reader.u32(), limits.MAX_PROGRAM_BYTES, "program"))
    notes = tuple(reader.bytes16(limits.MAX_NOTE_BYTES, "note") for _ in range(reader.u8()))
    proof = reader.take(at_most(reader.u32(), limits.MAX_BUNDLE_BYTES, "proof"))
    reader.finish()
    bundle = Bundle(statement, program, notes, proof)
    if bundle.encode() != data:
        raise MalformedBundle("the bundle is not in its canonical form")
    return bundle


def check_notes(bundle: Bundle, statement: Statement) -> None:
    """Each note signs a text that begins with its log's checkpoint body; who signed it is decided elsewhere."""
    if len(bundle.notes) != len(statement.logs):
        raise StatementMismatch(f"notes: {len(bundle.notes)} given for {len(statement.logs)} logs")
    for note, log in zip(bundle.notes, statement.logs, strict=True):
        if not note_text(note).startswith(log.checkpoint.body):
            raise CheckpointMismatch(f"log {log.slot}: the signed note is not about the statement's checkpoint")


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
