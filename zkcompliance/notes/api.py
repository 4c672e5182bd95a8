"""The functions of `import zkcompliance as zk` about notes between two labs (docs/across.md)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from zkcompliance.edge import given
from zkcompliance.errors import UsageError
from zkcompliance.joint.file import load_joint
from zkcompliance.limits import MAX_NOTE_BYTES
from zkcompliance.log import keys
from zkcompliance.log.store import SealedLog
from zkcompliance.notes import accepting, making
from zkcompliance.notes.accepting import Accepted, Agreed
from zkcompliance.notes.making import Made
from zkcompliance.notes.told import Note, amount_of
from zkcompliance.progress import Progress, silent

Amount = int | str


def new_note(
    log: str | Path,
    joint: str | Path,
    *,
    key: str | Path,
    to: str | Path,
    giver: str | None = None,
    taker: str | None = None,
    amount: Amount | None = None,
    empty: bool = False,
    share: str = "1/2",
    progress: Progress = silent,
) -> Made:
    """Write a note of a joint cap into the note log that two labs share, seal it, and hand the log over to the other.

    log: its folder, made when it is new; joint: the joint file; key: the log's private key. giver, taker: the two labs,
    as the joint file calls them; amount: FLOP, a whole number or a text such as `"3e24"`. empty: in their place, of a
    new log: it has no note. to: the folder for the other lab, new or one that it was handed over to before; share:
    which part of the proofs that are left goes along. Killed, the same call goes on where it was.

    NoteRefused, UsageError, LogError, KeyFileError, BudgetSpent; MalformedPolicy for the joint file.
    """
    from zkcompliance.outputs import places

    said, stated = _said(giver, taker, amount, empty), load_joint(joint)
    for place in (Path(log), Path(to)):
        if not os.path.lexists(place):
            places.outside_logs(place)
    return making.new_note(log, stated, keys.load_private(key), said, to, share=share, progress=progress)


def accept_note(
    folder: str | Path,
    joint: str | Path,
    *,
    key: str | Path,
    state: str | Path,
    serial: int | None = None,
    giver: str | None = None,
    taker: str | None = None,
    amount: Amount | None = None,
    empty: bool = False,
    earlier: Sequence[str | Path] = (),
    progress: Progress = silent,
) -> Accepted:
    """Check a note log that was handed over, and sign it too, where its newest note says what was agreed.

    folder: the copy; key: the private cosigner's key; state: the file that remembers what it signed, made when new,
    which is kept with the key. serial, giver, taker, amount: what was agreed; empty: in their place, that there is no
    note yet. earlier: copies that were handed over before, whose segments this one lacks. `.answer` is the file that
    the lab that seals the log needs.

    NoteRefused where anything else is in the log; LogEvidence for a fork, CosignRefused; else as `receive`.
    """
    from zkcompliance.outputs import places

    said = _said(giver, taker, amount, empty)
    if (said is None) != (serial is None):
        raise UsageError("the number of the note was agreed with it: serial goes with giver, taker and amount")
    agreed = None if said is None or serial is None else Agreed(serial, said)
    places.outside_logs(Path(state))
    signing, stated = keys.load_cosigner(key), load_joint(joint)
    return accepting.accept_note(folder, stated, signing, state, agreed, earlier=earlier, progress=progress)


def take_note(log: str | Path, joint: str | Path, answer: bytes | str | Path) -> SealedLog:
    """Put the other lab's signature on a note log's checkpoint; from then on the note is accepted.

    answer: the file `checkpoint` of the folder that it accepted, or its bytes. NoteRefused where it did not sign it, or
    the log has grown since; CheckpointMismatch, SignatureRejected, MalformedNote, LogError.
    """
    data = answer if isinstance(answer, bytes) else given.whole(Path(answer), MAX_NOTE_BYTES)
    return making.take_note(log, load_joint(joint), data)


def _said(giver: str | None, taker: str | None, amount: Amount | None, empty: bool) -> Note | None:
    """What a note says; None for `empty`. UsageError for a part of it, for both, and for neither."""
    if empty and giver is None and taker is None and amount is None:
        return None
    if empty or giver is None or taker is None or amount is None:
        raise UsageError(
            "a note says who gives whom how much: giver, taker and amount; or the log has none: empty",
            help="zkcompliance note --help",
        )
    return Note(giver, taker, amount_of(amount))
