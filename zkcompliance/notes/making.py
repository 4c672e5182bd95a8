"""The lab that seals a note log: it writes a note, seals it, hands the log over, and takes the other lab's signature.

Killed anywhere, the same call goes on: a note that is sealed and not handed over yet is not written again.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from zkcompliance import schemas
from zkcompliance.errors import CheckpointMismatch, NoteRefused
from zkcompliance.joint.file import Joint, NoteLog
from zkcompliance.joint.masked import draw
from zkcompliance.log import cosigned, handing, note
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.layout import Layout, Settings
from zkcompliance.log.signer import SignerKey
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.notes.told import Note, log_of, notes_in, require_between, require_kind, signed
from zkcompliance.progress import Progress, silent
from zkcompliance.prove.handing import hand_over
from zkcompliance.quantities import number_of


@dataclass(frozen=True)
class Made:
    """A log with its newest note, handed over. serial, note: 0 and None of a log without a note; place: the copy;
    other: the lab that is to accept it."""

    log: SealedLog
    serial: int
    note: Note | None
    place: Path
    other: str


def new_note(
    path: str | Path,
    joint: Joint,
    key: SignerKey,
    said: Note | None,
    to: str | Path,
    *,
    share: str = "1/2",
    progress: Progress = silent,
) -> Made:
    """Write a note into the note log at `path`, made when it is new, seal it, and hand it over to the folder `to`.

    said: what the note says; None: the log has no note yet, and says so. share: which part of the proofs that are left
    goes along. NoteRefused for a key of which the joint file has no note log, a lab that is no party, while the other
    lab has not signed the note before, and where the log is not as `notes_in` wants it. Else as `hand_over`.
    """
    own, place = log_of(joint, key.verifier.text), Path(path)
    if said is not None:
        require_between(own, said)
        require_kind(joint, said)
    if not os.path.lexists(place):
        create_log(place, schemas.note, key)
    with Writer(place, key) as writer:
        before = SealedLog.open(place)
        notes = notes_in(before, joint, own)
        if writer.pending_rows:
            raise NoteRefused(
                f"{place} has rows that were appended by another way: a note is written by note new alone"
            )
        if not _waiting(before, notes, own, said):
            _seal(writer, joint, notes, said, progress)
    made = hand_over(place, to, share, progress=progress)
    log = SealedLog.open(place)
    return Made(log, len(notes_in(log, joint, own)), said, made.place, own.signed_by)


def take_note(path: str | Path, joint: Joint, answer: bytes) -> SealedLog:
    """Put the other lab's signature on the checkpoint of the note log at `path`: the note is accepted.

    answer: the checkpoint of the copy that the other lab accepted. NoteRefused where it did not sign it, or the log has
    grown since; CheckpointMismatch where it is of another history; SignatureRejected, MalformedNote.
    """
    log = SealedLog.open(path)
    own = log_of(joint, log.vkey)
    theirs = note.parse(answer)
    note.verify(answer, own.key)
    found, newest = Checkpoint.parse(theirs.text), log.checkpoint
    if found.size != newest.size:
        raise NoteRefused(
            f"{own.signed_by} signed {number_of(found.size, 'segment')} of {found.origin}, and the log has "
            f"{newest.size}"
        )
    if found.body != newest.body:
        raise CheckpointMismatch(f"{own.signed_by} signed another history of {found.origin} than {path} has")
    lines = [each.line for each in theirs.signatures if (each.name, each.id) == (own.cosigner.name, own.cosigner.id)]
    if not lines:
        raise NoteRefused(
            f"{own.signed_by} has not signed it: there is no signature of {own.cosigner.text}",
            help="ask that lab for the file `checkpoint` of the folder that it accepted",
        )
    layout = Layout(Path(path))
    cosigned.add(layout, Settings.load(layout), newest, lines, [own.cosigner])
    return SealedLog.open(path)


def _waiting(log: SealedLog, notes: tuple[Note, ...], own: NoteLog, said: Note | None) -> bool:
    """Whether what is to be written was sealed already, and only its hand-over is missing."""
    if not log.segments or signed(own, log.checkpoint_note):
        return False
    what = f"note {len(notes)} of {own.key.name}" if notes else f"{own.key.name}, without a note,"
    there = handing.places(Layout(log.path)).get(len(log.segments) - 1)
    if there is not None:
        raise NoteRefused(
            f"{what} was handed over to {there[0]}, and is not accepted by {own.signed_by} yet",
            help="zkcompliance note take LOG CHECKPOINT --joint CAP.toml  # with the checkpoint that they signed",
        )
    if said != (notes[-1] if notes else None):
        raise NoteRefused(
            f"{what} is not handed over yet, and comes first: {notes[-1] if notes else 'it was made with --empty'}",
            help="zkcompliance note new --help  # with what it says, once more",
        )
    return True


def _seal(writer: Writer, joint: Joint, notes: tuple[Note, ...], said: Note | None, progress: Progress) -> None:
    if said is None:
        if writer.checkpoint.size:
            raise NoteRefused("a log that is there already is not begun again: --empty is of a new one")
        writer.seal(empty=True, progress=progress)
        return
    row = {
        "serial": len(notes) + 1, "cap": joint.note_id, "giver": said.giver, "taker": said.taker,
        "amount": draw() if said.amount is None else said.amount,
    }  # fmt: skip
    writer.seal([row], progress=progress)
