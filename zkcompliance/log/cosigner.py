"""Cosigning: a party other than the log that signs only what extends everything it has signed before.

The cosigner's memory is one file (`zkcompliance.log.seen`): the newest checkpoint it has signed of each log. It is
written durably before a signature is given away, under a lock, so that it never signs two histories, whatever happens.
The first checkpoint of a log that it has not met is taken as it is. Each generation of a log is remembered by itself:
the first checkpoint of the next one is signed only if it succeeds the newest that was signed of the one before, of
which nothing more is signed afterwards.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from zkcompliance.errors import CosignRefused, LogError, SignatureRejected, UsageError
from zkcompliance.limits import MAX_NOTE_BYTES
from zkcompliance.log import evidence, files, merkle, note, seen
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.cosignature import CosignerKey
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.signer import CosignerSigner


class Cosigner:
    """A cosigner with its key and its memory, the file `state` (made when new)."""

    def __init__(self, key: CosignerSigner, state: str | Path) -> None:
        self.key = key
        self._state = Path(state)

    def newest(self, log_key: VerifierKey, origin: str | None = None) -> int:
        """The size of the newest checkpoint that was signed of this log, 0 when none: prove consistency from there.

        origin: of a later generation of the log; its first one where none is given.
        """
        known = seen.load(self._state).get(seen.place(log_key, origin or log_key.name))
        return 0 if known is None else evidence.read(known, log_key).size

    def cosign(
        self, signed: bytes | str, log_key: VerifierKey, proof: Sequence[bytes] = (), *, now: int | None = None
    ) -> str:
        """The signature line to add to a checkpoint that `log_key` signed. `now`: POSIX seconds, default the clock.

        `proof`: the RFC 6962 consistency proof from `newest` to its size; empty when that is 0 or equal. CosignRefused
        when the checkpoint is smaller or not shown to be consistent, LogEvidence when it is of the same size and has
        another root; MalformedNote and SignatureRejected for the note itself.
        """
        at = int(time.time()) if now is None else now
        checkpoint = evidence.read(signed, log_key)
        text = note.parse(signed).text
        with files.locked(self._state):
            notes = seen.load(self._state)
            _check_generations(notes, log_key, checkpoint)
            place = seen.place(log_key, checkpoint.origin)
            before = notes.get(place)
            if before is not None:
                old = evidence.read(before, log_key)
                if checkpoint.size < old.size:
                    raise CosignRefused(f"{log_key.name} has {old.size} segment(s) already, not {checkpoint.size}")
                if checkpoint.size == old.size:
                    evidence.compare(log_key, before, _text(signed), None)
                elif old.size and not merkle.consistent(
                    old.size, old.root, checkpoint.size, checkpoint.root, list(proof)
                ):
                    raise CosignRefused(f"{log_key.name}: not shown to extend the {old.size} segment(s) signed before")
            line = self.key.line(text, at)
            try:
                files.replace(self._state, seen.encode({**notes, place: _text(signed)}), files.PRIVATE)
            except OSError as error:
                raise LogError(f"{self._state}: {error.strerror}") from error
        return line


def _check_generations(notes: Mapping[str, str], log_key: VerifierKey, shown: Checkpoint) -> None:
    """CosignRefused where a generation does not begin where the one before was left, or goes on after it was left."""
    of = [evidence.read(each, log_key) for place, each in notes.items() if place.partition(" ")[0] == log_key.text]
    before = shown.succeeds
    for known in of:
        if (
            before is not None
            and known.origin == before.origin
            and (known.size, known.root) != (before.size, before.root)
        ):
            raise CosignRefused(
                f"{shown.origin} says that it succeeds {before.size} segment(s) of {before.origin}, and "
                f"the newest that was signed here of it has {known.size}, or another root"
            )
        after = known.succeeds
        if after is not None and after.origin == shown.origin and (after.size, after.root) != (shown.size, shown.root):
            raise CosignRefused(
                f"{shown.origin} was succeeded by {known.origin}, with {after.size} segment(s), not more"
            )
        if known.origin == shown.origin and known.succeeds != shown.succeeds:
            raise CosignRefused(f"{shown.origin} is said to succeed another checkpoint than before")


def _text(signed: bytes | str) -> str:
    return signed.decode() if isinstance(signed, bytes) else signed


def add_lines(signed: str, lines: Iterable[str], cosigners: Iterable[CosignerKey]) -> str:
    """A note with cosignature lines added that verify under the keys of `cosigners`; what is there already stays.

    SignatureRejected for a line of none of these keys or one that does not verify, MalformedNote for its form,
    UsageError when the note would pass its size limit.
    """
    known = list(cosigners)
    text = note.parse(signed).text
    for line in lines:
        signature = note.Signature.parse(line.removesuffix("\n"))
        alone = note.Note(text, (signature,))
        if not any(key.timestamp(alone) is not None for key in known):
            raise SignatureRejected(f"a cosignature of {signature.name} is not by a known cosigner's key")
        if signature.line not in signed:
            signed += signature.line
    if len(signed.encode()) > MAX_NOTE_BYTES:
        raise UsageError(f"with these cosignatures the checkpoint would pass {MAX_NOTE_BYTES} bytes")
    note.parse(signed)
    return signed
