"""What a witness answers to a request: everything but HTTP itself (https://c2sp.org/tlog-witness).

    200  its cosignatures, one line a key     400  not a request, or a checkpoint smaller than what it goes on from
    404  a log that it does not know          403  not signed by a key that it trusts for the log
    409  the size of what it has signed       422  not shown to extend, or to succeed, what it has signed

A log is known by the name of its keys. All keys of one name are one log, with one history: who has two of them cannot
have a second one signed. What was signed under a key that is not given any more counts for nothing, so that a log whose
key was stolen can begin anew under another.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from zkcompliance.cosigning.request import SIZE_TYPE, Request
from zkcompliance.cosigning.state import State
from zkcompliance.errors import CosignRefused, LogEvidence, MalformedNote, SignatureRejected
from zkcompliance.log import following, note
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.signer import CosignerSigner

PLAIN = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Answer:
    """status: of HTTP; body: text that ends with a newline; kind: its media type."""

    status: int
    body: str
    kind: str = PLAIN


class Witness:
    """A witness with its keys, the logs that it follows, and its memory. Any number of threads may ask at once.

    tell: is told what an operator should know, a sentence at a time.
    """

    def __init__(
        self,
        keys: Sequence[CosignerSigner],
        logs: Sequence[VerifierKey],
        state: State,
        tell: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._keys, self._state, self.tell = list(keys), state, tell
        self._logs: dict[str, list[VerifierKey]] = {}
        for key in logs:
            self._logs.setdefault(key.name, []).append(key)

    def answer(self, body: bytes, now: int) -> Answer:
        """now: POSIX seconds. LogError, LogCorrupt where the state fails; nothing is signed then."""
        try:
            asked = Request.parse(body)
            parsed = note.parse(asked.note)
            shown = Checkpoint.parse(parsed.text)
        except MalformedNote as error:
            return Answer(400, f"{error.message}\n")
        keys = self._logs.get(shown.name)
        if keys is None:
            return Answer(404, "this witness does not follow a log of that name\n")
        try:
            following.read(asked.note, keys)
        except (SignatureRejected, MalformedNote):
            return Answer(403, "not signed by a key that is trusted for that log\n")
        if asked.old > shown.size:
            return Answer(400, "the old size is above that of the checkpoint\n")
        return self._answer(asked, shown, parsed.text, keys, now)

    def _answer(self, asked: Request, shown: Checkpoint, text: str, keys: list[VerifierKey], now: int) -> Answer:
        size = 0
        try:
            with self._state.changing(shown.name) as notes:
                known = _of(notes, keys)
                size = known[shown.origin][1].size if shown.origin in known else 0
                if asked.old != size:
                    return Answer(409, f"{size}\n", SIZE_TYPE)
                following.check(
                    {origin: signed for origin, (signed, _) in known.items()}, asked.note, keys, asked.proof
                )
                lines = "".join(key.line(text, now) for key in self._keys)
                notes[shown.origin] = asked.note
            return Answer(200, lines)
        except LogEvidence as error:
            self._kept(shown.name, error)
            return Answer(409, f"{size}\n", SIZE_TYPE) if shown.size == size else Answer(422, f"{error.message}\n")
        except CosignRefused as error:
            return Answer(422, f"{error.message}\n")

    def _kept(self, log: str, error: LogEvidence) -> None:
        path = self._state.keep(log, error.document)
        where = f"evidence in {path}" if path is not None else "there is enough evidence of it already"
        self.tell(f"{error.message}; {where}")


def _of(notes: Mapping[str, str], keys: list[VerifierKey]) -> dict[str, tuple[str, Checkpoint]]:
    """Origin → note and checkpoint, of what was signed of a log under keys that are trusted still."""
    found = {}
    for origin, text in notes.items():
        with contextlib.suppress(SignatureRejected):
            found[origin] = text, following.read(text, keys)[0]
    return found
