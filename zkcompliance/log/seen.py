"""The newest checkpoint seen of each log: what makes a fork or a rollback noticeable.

One small file, JSON in one canonical form: verifier key → the signed note. A log folder keeps one in its secret part,
and so does a cosigner; a verifier remembers more (`zkcompliance.log.memory`). Whoever can rewrite the file can make it
forget, but not make it accuse: every note in it is signed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from zkcompliance.edge import regular
from zkcompliance.edge.shown import command
from zkcompliance.errors import LogCorrupt, LogError, MalformedNote, SignatureRejected
from zkcompliance.log import evidence, files
from zkcompliance.log.note import VerifierKey

FORMAT = "zkcompliance-seen-1"
_MAX_BYTES = 4 << 20


def encode(notes: dict[str, str]) -> bytes:
    """The file's bytes."""
    fields = {"format": FORMAT, "logs": dict(sorted(notes.items()))}
    return (json.dumps(fields, indent=1, ensure_ascii=False) + "\n").encode()


def place(key: VerifierKey, origin: str) -> str:
    """Under what a note is kept: the vkey's text, and for a later generation of the log a space and its origin."""
    return key.text if origin == key.name else f"{key.text} {origin}"


def load(path: Path, folders: int = 0) -> dict[str, str]:
    """`place` → note; nothing when there is no file. LogCorrupt for another form, LogError when it is unreadable.

    folders: how many above it belong to a log, and must be no links.
    """
    try:
        with files.reporting(path):
            data = regular.read_file(path, _MAX_BYTES, folders=folders)
    except LogError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return {}
        raise
    try:
        notes = json.loads(data)["logs"]
        if encode(notes) != data:
            raise ValueError
        for key, text in notes.items():
            vkey, _, origin = key.partition(" ")
            checkpoint = evidence.read(text, signer := VerifierKey.parse(vkey))
            if origin and (key, checkpoint.origin) != (place(signer, origin), origin):
                raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged(path) from error
    except (LogError, MalformedNote, SignatureRejected) as error:
        raise _damaged(path) from error
    return dict(notes)


def _damaged(path: Path) -> LogCorrupt:
    return LogCorrupt(
        f"{path}, the note of the newest checkpoint seen, is damaged",
        help=f"{command('rm', path)}  # when you know that the log's checkpoint is the newest",
    )


def hold(
    path: Path, known: dict[str, str], key: VerifierKey, note: str, entries: Sequence[bytes] | None, *, strict: bool
) -> None:
    """LogEvidence when the note contradicts what is `known` of its log; otherwise remember it if it is newer.

    `known` is what `load` gave before the note was read, so that a newer one may be written meanwhile. `strict`: that
    it cannot be written is an error (LogError), not a thing to pass over.
    """
    before = known.get(key.text)
    if before is not None:
        evidence.compare(key, before, note, entries)
        if evidence.read(before, key).size == evidence.read(note, key).size:
            return
    try:
        files.replace(path, encode({**known, key.text: note}), files.PRIVATE)
    except OSError as error:
        if strict:
            raise LogError(f"{path}: {regular.reason(error)}", help=regular.remedy(error)) from error
