"""Cosigning: a party other than the log that signs only what extends everything it has signed before.

The cosigner's memory is one file (`zkcompliance.log.seen`): the newest checkpoint it has signed of each log. It is
written durably before a signature is given away, under a lock, so that it never signs two histories, whatever happens.
The first checkpoint of a log that it has not met is taken as it is; what may follow it: `zkcompliance.log.following`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from zkcompliance.errors import LogError, SignatureRejected, UsageError
from zkcompliance.limits import MAX_NOTE_BYTES
from zkcompliance.log import evidence, files, following, note, seen
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

    def check(self, signed: bytes | str, log_key: VerifierKey, proof: Sequence[bytes] = ()) -> None:
        """Raise what `cosign` would, and sign nothing."""
        following.check(_of(seen.load(self._state), log_key), _text(signed), [log_key], proof)

    def cosign(
        self, signed: bytes | str, log_key: VerifierKey, proof: Sequence[bytes] = (), *, now: int | None = None
    ) -> str:
        """The signature line to add to a checkpoint that `log_key` signed. `now`: POSIX seconds, default the clock.

        `proof`: the RFC 6962 consistency proof from `newest` to its size; empty when that is 0 or equal. CosignRefused
        when the checkpoint is smaller or not shown to be consistent, LogEvidence when the two show by themselves that
        they cannot both be honest (`log.following`); MalformedNote and SignatureRejected for the note itself.
        """
        at = int(time.time()) if now is None else now
        text = _text(signed)
        origin = evidence.read(text, log_key).origin
        with files.locked(self._state):
            notes = seen.load(self._state)
            following.check(_of(notes, log_key), text, [log_key], proof)
            line = self.key.line(note.parse(text).text, at)
            try:
                files.replace(self._state, seen.encode({**notes, seen.place(log_key, origin): text}), files.PRIVATE)
            except OSError as error:
                raise LogError(f"{self._state}: {error.strerror}") from error
        return line


def _of(notes: Mapping[str, str], log_key: VerifierKey) -> dict[str, str]:
    """Origin → note, of the one log."""
    of = [(place.partition(" "), text) for place, text in notes.items()]
    return {origin or log_key.name: text for (key, _, origin), text in of if key == log_key.text}


def _text(signed: bytes | str) -> str:
    return signed if isinstance(signed, str) else note.decoded(signed)


def add_lines(signed: str, lines: Iterable[str], cosigners: Iterable[CosignerKey]) -> str:
    """A note with cosignature lines added that verify under the keys of `cosigners`.

    What is there already stays. Of a key that signed more than twice the earliest and the latest are kept: by when the
    checkpoint was there, and when it was last seen to be the newest. SignatureRejected for a line of none of these keys
    or one that does not verify, MalformedNote for its form, UsageError when the note would pass its size limit.
    """
    known = list(cosigners)
    text = note.parse(signed).text
    for line in lines:
        signature = note.Signature.parse(line.removesuffix("\n"))
        alone = note.Note(text, (signature,))
        if not any(key.timestamp(alone) is not None for key in known):
            raise SignatureRejected(f"a cosignature of {signature.name} is not by a known cosigner's key")
        if signature.line not in signed:
            signed = _first_and_last(signed + signature.line, signature)
    if signed.rpartition("\n\n")[2].count("\n") > note.MAX_SIGNATURES:
        raise UsageError(f"with these cosignatures the checkpoint would have over {note.MAX_SIGNATURES} signatures")
    if len(signed.encode()) > MAX_NOTE_BYTES:
        raise UsageError(f"with these cosignatures the checkpoint would pass {MAX_NOTE_BYTES} bytes")
    note.parse(signed)
    return signed


def _first_and_last(signed: str, of: note.Signature) -> str:
    """The note without what this cosigner signed between its first and its last time."""
    text, _, tail = signed.rpartition("\n\n")
    lines = [note.Signature.parse(line) for line in tail.removesuffix("\n").split("\n")]
    mine = sorted((each for each in lines if (each.name, each.id) == (of.name, of.id)), key=lambda each: each.data[:8])
    kept = [each for each in lines if each not in mine[1:-1]]
    return f"{text}\n\n{''.join(each.line for each in kept)}"
