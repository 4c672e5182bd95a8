"""What a note says, which note log of the joint file a folder is, and what the rows in it say.

Each segment of a note log has one note, and was signed by the other lab before the next was sealed. The first may have
none: such is the log of two labs that trade nothing, or nothing yet. Their serials are 1, 2, 3, …
"""

from __future__ import annotations

from dataclasses import dataclass

from zkcompliance import schemas
from zkcompliance.card import catalogue
from zkcompliance.errors import MalformedNote, NoteRefused, SignatureRejected, UsageError
from zkcompliance.joint.file import CLAIM, Joint, NoteLog
from zkcompliance.joint.masked import MASKED
from zkcompliance.joint.words import flop
from zkcompliance.log import note
from zkcompliance.log.store import SealedLog
from zkcompliance.quantities import show_id
from zkcompliance.quantities.ids import text_id

_BITS = 96  # of a column of FLOP


@dataclass(frozen=True)
class Note:
    """A part of its allowance that one lab gives another. amount: FLOP, from 1 to below 2^96.

    Under a masked total it is a mask, which is drawn when it is sealed; it is told nobody, and amount is None.
    """

    giver: str
    taker: str
    amount: int | None

    def __str__(self) -> str:
        return f"{self.giver} gives {self.taker} " + ("a mask" if self.amount is None else flop(self.amount))


def amount_of(given: object) -> int:
    """FLOP as people or programs write them: a whole number, or a text such as `3e24`. UsageError for 0 and others."""
    (known,) = (each for each in catalogue.load(CLAIM).params if each.name == "allowance")
    try:
        amount = known.parse(given)
    except UsageError as error:
        raise UsageError(f"the amount of a note: {error.message.removeprefix('allowance: ')}") from None
    if amount >> _BITS:
        raise UsageError(f"the amount of a note is below 2^{_BITS} FLOP")
    if not amount:
        raise UsageError(
            "a note of 0 FLOP gives nothing", help="labs that trade nothing: zkcompliance note new --empty"
        )
    return amount


def require_kind(joint: Joint, said: Note) -> None:
    """NoteRefused for an amount where the joint file asks for masks, and for a mask where it does not."""
    if joint.claim == MASKED and said.amount is not None:
        why = "whose notes are masks: an amount that somebody chose hides nothing"
        raise NoteRefused(f"the joint file {joint.id} is of {MASKED}, {why}", help="--mask in the place of --flop")
    if joint.claim != MASKED and said.amount is None:
        raise NoteRefused(
            f"the joint file {joint.id} is of {joint.claim}, and a mask would give away what was drawn",
            help="--flop AMOUNT in the place of --mask",
        )


def log_of(joint: Joint, vkey: str) -> NoteLog:
    """The note log of the joint file that has this key, as text. NoteRefused where it has none."""
    for each in joint.notes:
        if each.key.text == vkey:
            return each
    raise NoteRefused(f"the joint file {joint.id} has no note log of the key {vkey}", help="docs/across.md says how")


def require_between(log: NoteLog, said: Note) -> None:
    """NoteRefused unless the two labs of the note are those of the log, one on each side."""
    for lab in (said.giver, said.taker):
        if lab not in log.between:
            one, other = log.between
            raise NoteRefused(f"{lab} is no party of {log.key.name}, which is of {one} and {other}")
    if said.giver == said.taker:
        raise NoteRefused(f"{said.giver} gives itself nothing: a note is from one lab to the other")


def signed(log: NoteLog, text: str) -> bool:
    """Whether the other lab signed this checkpoint; a signature of its that does not verify is none."""
    try:
        return log.cosigner.timestamp(note.parse(text)) is not None
    except (SignatureRejected, MalformedNote):
        return False


def notes_in(sealed: SealedLog, joint: Joint, log: NoteLog) -> tuple[Note, ...]:
    """Every note of the log, in its order. NoteRefused for one that is of another cap, of others than the two labs, of
    0 FLOP, or out of its turn; and for a segment with another number of notes, or a log that is none."""
    if sealed.schema.digest != schemas.note.digest:
        raise NoteRefused(f"{sealed.path} is a log of {sealed.schema.label}, not of {schemas.note.label}")
    if sealed.checkpoint.generation != 1:
        raise NoteRefused(f"{sealed.origin} is a later generation: a note log stays as it was sealed first")
    names = {show_id(text_id(lab)): lab for lab in log.between}
    found: list[Note] = []
    for segment in sealed.segments:
        rows = schemas.decode_rows(sealed.schema, segment.load_columns())
        if len(rows) != 1 and (rows or segment.index):
            raise NoteRefused(f"segment {segment.index} of {sealed.origin} has {len(rows)} notes, and each has one")
        for row in rows:
            found.append(_said(row, len(found) + 1, joint, log, names))
    return tuple(found)


def _said(row: dict[str, schemas.Value], serial: int, joint: Joint, log: NoteLog, names: dict[str, str]) -> Note:
    called = f"note {serial} of {log.key.name}"
    if row["serial"] != serial:
        raise NoteRefused(f"{called} says that it is number {row['serial']}")
    if row["cap"] != joint.note_id:
        raise NoteRefused(
            f"{called} is of another cap, {row['cap'] or 'none'}; the joint file {joint.id} is {joint.note_id}"
        )
    giver, taker = str(row["giver"]), str(row["taker"])
    one, other = log.between
    if {giver, taker} != set(names):
        raise NoteRefused(f"{called} is not from {one} to {other}, nor from {other} to {one}")
    amount = None if joint.claim == MASKED else int(row["amount"])
    if amount == 0:
        raise NoteRefused(f"{called} is of 0 FLOP: it gives nothing")
    return Note(names[giver], names[taker], amount)
