"""The newest checkpoint seen of each log: what makes a fork or a rollback noticeable.

One small file, JSON in one canonical form: verifier key → the signed note. A log folder keeps one in its secret part; a
verifier keeps one wherever it likes. Whoever can rewrite the file can make it forget, but not make it accuse: every
note in it is signed.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from pathlib import Path

from zkcompliance import regular
from zkcompliance.errors import LogCorrupt, LogError, LogEvidence, MalformedNote, SignatureRejected
from zkcompliance.log import evidence, files
from zkcompliance.log.note import VerifierKey

FORMAT = "zkcompliance-seen-1"
_MAX_BYTES = 4 << 20


def encode(notes: dict[str, str]) -> bytes:
    """The file's bytes."""
    fields = {"format": FORMAT, "logs": dict(sorted(notes.items()))}
    return (json.dumps(fields, indent=1, ensure_ascii=False) + "\n").encode()


def load(path: Path, folders: int = 0) -> dict[str, str]:
    """vkey → note; nothing when there is no file. LogCorrupt when it is not in its form, LogError when unreadable.

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
            evidence.read(text, VerifierKey.parse(key))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged(path) from error
    except (LogError, MalformedNote, SignatureRejected) as error:
        raise _damaged(path) from error
    return dict(notes)


def _damaged(path: Path) -> LogCorrupt:
    return LogCorrupt(
        f"{path}, the note of the newest checkpoint seen, is damaged",
        help=f"rm {path}  # when you know that the log's checkpoint is the newest",
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


def hold_against(
    path: str | Path,
    key: VerifierKey,
    note: str,
    entries: Sequence[bytes] | None = None,
    others: Sequence[VerifierKey] = (),
) -> None:
    """For a verifier: compare a checkpoint with the newest one remembered in `path`, and remember it.

    others: keys that are trusted for the same log, such as the one before; what they signed is compared too, and a
    CheckpointMismatch where it disagrees, since no one key signed both. On LogEvidence the evidence is also written
    beside the file, as `<path>.evidence`, and the message names it.
    """
    path = Path(path)
    try:
        with files.locked(path):
            known = load(path)
            for other in others:
                if other != key and other.name == key.name and other.text in known:
                    evidence.continues(other, known[other.text], key, note, entries)
            hold(path, known, key, note, entries, strict=True)
    except LogEvidence as error:
        beside = path.with_name(path.name + ".evidence")
        with contextlib.suppress(OSError):
            files.replace(beside, error.document.encode(), files.PUBLIC)
            raise LogEvidence(
                f"{error.message}; evidence in {beside}", document=error.document, help=f"cat {beside}"
            ) from error
        raise
