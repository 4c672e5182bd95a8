"""The other lab: it checks what a note says against what was agreed, and signs the note log's checkpoint.

A signature is of the whole log. So a lab signs only a log that goes on from what it signed before by one segment, in
which the one new note says what was agreed: then every note that it ever signed was agreed. What it signed before is in
its state; without that, only the first segment of a log is signed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from zkcompliance.edge.shown import quoted
from zkcompliance.errors import NoteRefused
from zkcompliance.joint.file import Joint, NoteLog
from zkcompliance.log import cosigned
from zkcompliance.log.cosigner import Cosigner
from zkcompliance.log.layout import Layout, Settings
from zkcompliance.log.merkle import consistency_proof
from zkcompliance.log.signer import CosignerSigner
from zkcompliance.log.store import SealedLog
from zkcompliance.notes.told import Note, log_of, notes_in, require_between, require_kind, signed
from zkcompliance.progress import Progress, silent
from zkcompliance.prove.handing import receive
from zkcompliance.quantities import number_of


@dataclass(frozen=True)
class Agreed:
    """What the two labs agreed: the note, and which number it has in their log."""

    serial: int
    note: Note


@dataclass(frozen=True)
class Accepted:
    """A copy whose newest checkpoint both labs have signed. answer: that checkpoint's file, which the lab that seals
    the log needs; notes: all in the log; other: that lab."""

    log: SealedLog
    answer: Path
    notes: tuple[Note, ...]
    other: str


def accept_note(
    path: str | Path,
    joint: Joint,
    key: CosignerSigner,
    state: str | Path,
    agreed: Agreed | None,
    *,
    earlier: Sequence[str | Path] = (),
    progress: Progress = silent,
) -> Accepted:
    """Check the copy of a note log that was handed over, and sign its checkpoint.

    state: the file that remembers what was signed, made when new. agreed: None for a log without a note. earlier:
    copies that were handed over before. The copy is taken as `receive` does, which names its errors. NoteRefused for
    another lab's key, a note that was accepted already, a log that grew by more than one segment, and a note that does
    not say what was agreed or is none of this cap; LogEvidence for a fork, CosignRefused for a log that shrank.
    """
    layout = Layout(Path(path))
    own = log_of(joint, Settings.load(layout).key.text)
    if key.verifier != own.cosigner:
        raise NoteRefused(f"{own.key.name} is to be signed by {own.cosigner.text}, and this is {key.verifier.text}")
    if agreed is not None:
        require_between(own, agreed.note)
        require_kind(joint, agreed.note)
    shown, signer = SealedLog.open(path), Cosigner(key, state)
    before, entries = signer.newest(own.key), [each.entry.encode() for each in shown.segments]
    proof = consistency_proof(before, entries) if 0 < before < len(entries) else []
    signer.check(shown.checkpoint_note, own.key, proof)
    if signed(own, shown.checkpoint_note):
        raise NoteRefused(
            f"{own.signed_by} has accepted it already: the whole of {own.key.name}, "
            f"{number_of(len(entries), 'segment')}",
            help=f"{quoted(layout.checkpoint)} is the file that the lab which seals the log needs",
        )
    if len(entries) > before + 1:
        raise NoteRefused(
            f"{own.key.name} grew by {len(entries) - before} segments since {own.signed_by} signed it, and one is "
            "accepted at a time: a signature is of all of them",
            help="was the right --state given? It remembers fewer segments than one less",
        )
    log = receive(path, own.key, earlier, progress=progress).log
    if log.checkpoint != shown.checkpoint:
        raise NoteRefused(f"{path} was written while it was looked at", help="accept it again")
    notes = notes_in(log, joint, own)
    _as_agreed(own, notes, agreed)
    line = signer.cosign(log.checkpoint_note, own.key, proof)
    cosigned.add(layout, Settings.load(layout), log.checkpoint, [line], [key.verifier])
    return Accepted(SealedLog.open(path), layout.checkpoint, notes, own.sealed_by)


def _as_agreed(own: NoteLog, notes: Sequence[Note], agreed: Agreed | None) -> None:
    """NoteRefused unless the newest note is the one that was agreed."""
    if agreed is None:
        if notes:
            raise NoteRefused(f"{own.key.name} has a note, and was to have none: {notes[-1]}")
        return
    if not notes:
        raise NoteRefused(f"{own.key.name} has no note, and was to have number {agreed.serial}")
    if len(notes) != agreed.serial:
        raise NoteRefused(f"the newest note of {own.key.name} is number {len(notes)}, and {agreed.serial} was agreed")
    if notes[-1] != agreed.note:
        raise NoteRefused(f"note {len(notes)} of {own.key.name}: {notes[-1]}; agreed was: {agreed.note}")
