"""One witness asked for its cosignatures of a checkpoint, whatever it answers (https://c2sp.org/tlog-witness).

It is asked as if it had signed nothing; where it has, it says the size, and is asked again with the proof that the
checkpoint extends that. What it answers counts only if it is signed, over this very checkpoint, by a key that is
trusted, at about this time. All else is said in words, none of them its own.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event
from urllib.parse import SplitResult

from zkcompliance.cosigning.request import SIZE_TYPE, Request, parse_size
from zkcompliance.edge import exchange
from zkcompliance.errors import MalformedNote, SignatureRejected
from zkcompliance.limits import MAX_CLOCK_SECONDS, MAX_WITNESS_ANSWER_BYTES
from zkcompliance.log import note
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.cosignature import CosignerKey
from zkcompliance.quantities import number_of

MAX_CONFLICTS = 4  # times that it may say another size: others may submit a newer checkpoint meanwhile
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0  # seconds before it is asked again
_AGAIN = (408, 425, 429, 500, 502, 503, 504)  # answers that may be others in a moment


@dataclass(frozen=True)
class Shown:
    """What is to be cosigned. note: as the log signed it; proof: gives the consistency proof from a size below that of
    the checkpoint, at least 1."""

    note: str
    checkpoint: Checkpoint
    proof: Callable[[int], Sequence[bytes]]


@dataclass(frozen=True)
class Answered:
    """What came of a witness. url: where it was asked; lines: cosignatures that verify; said: in words."""

    url: str
    said: str
    lines: tuple[str, ...] = ()
    by: tuple[CosignerKey, ...] = ()


@dataclass(frozen=True)
class Address:
    """A witness. url: its submission prefix; keys: those of which a cosignature is taken from it."""

    url: str
    parts: SplitResult
    keys: tuple[CosignerKey, ...]


@dataclass
class Asking:
    """How witnesses are asked. until: by the monotonic clock; silent: seconds without a byte; stop: ends it early."""

    until: float
    silent: float
    context: ssl.SSLContext | None = None
    stop: Event = field(default_factory=Event)
    clock: Callable[[], float] = time.time


class _Wrong(Exception):
    """It is not asked again; said: why."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


def ask(address: Address, shown: Shown, how: Asking, tried: list[str]) -> Answered:
    """Ask until it answers, or time is up. Nothing is raised for anything that a witness does.

    tried: gets what came of each attempt after which it is asked again, in words.
    """
    pause = FIRST_PAUSE
    while not how.stop.is_set() and how.until - time.monotonic() > 0:
        try:
            lines, by = _asked(address, shown, how)
            return Answered(address.url, f"signed as {', '.join(key.name for key in by)}", lines, by)
        except _Wrong as error:
            return Answered(address.url, error.said)
        except exchange.Unanswered as error:
            tried.append(error.why)
        wait = min(pause, how.until - time.monotonic())
        if wait <= 0 or how.stop.wait(wait):
            break
        pause = min(2 * pause, LONGEST_PAUSE)
    return late(address, tried)


def late(address: Address, tried: Sequence[str]) -> Answered:
    """What is said of one that did not answer in time."""
    return Answered(address.url, tried[-1] if tried else "did not answer in time")


def _asked(address: Address, shown: Shown, how: Asking) -> tuple[tuple[str, ...], tuple[CosignerKey, ...]]:
    """Its cosignatures and whose they are. _Wrong; exchange.Unanswered where it may answer in a moment."""
    size, ours = 0, shown.checkpoint.size
    for _ in range(MAX_CONFLICTS + 1):
        proof = tuple(shown.proof(size)) if 0 < size < ours else ()
        before = int(how.clock())
        status, kind, body = _post(address, Request(size, proof, shown.note).encode(), how)
        if status == 200:
            return _cosignatures(address, shown, body, before, int(how.clock()))
        if status != 409:
            raise _refused(status, shown)
        other = parse_size(body.removesuffix(b"\n")) if kind == SIZE_TYPE and body.endswith(b"\n") else None
        if other is None:
            raise _Wrong("answers 409 without the size of what it has signed")
        if other > ours:
            raise _Wrong(
                f"has signed {number_of(other, 'segment')} of {shown.checkpoint.origin} before, and this folder has "
                f"{ours}: it "
                "was put back from a backup, or the log was forked"
            )
        if other == size:
            if size == ours:
                raise _Wrong(
                    f"has signed another checkpoint of {number_of(ours, 'segment')} before: the log was forked"
                )
            raise _Wrong(f"refuses to go on from {number_of(size, 'segment')}, and says that it has signed as many")
        size = other
    raise _Wrong(f"named another size {MAX_CONFLICTS + 1} times")


def _post(address: Address, body: bytes, how: Asking) -> tuple[int, str, bytes]:
    left = how.until - time.monotonic()
    if left <= 0:
        raise exchange.Unanswered("did not answer in time")
    with exchange.answered(
        address.parts, f"{address.parts.path.rstrip('/')}/add-checkpoint", method="POST", body=body,
        headers={"Content-Type": "text/plain; charset=utf-8"}, silent=min(how.silent, left), seconds=left,
        context=how.context,
    ) as answer:  # fmt: skip
        try:
            data = b"".join(exchange.blocks(answer, MAX_WITNESS_ANSWER_BYTES))
        except exchange.TooLong as error:
            raise _Wrong(f"was not believed: {error.why}") from None
        if answer.status in _AGAIN:
            raise exchange.Unanswered(f"answers with status {answer.status}")
        return answer.status, answer.headers.get_content_type(), data


def _refused(status: int, shown: Shown) -> _Wrong:
    origin = shown.checkpoint.origin
    known = {
        400: "takes this for no request of its protocol (400)",
        403: f"does not trust the key that signed this checkpoint of {origin} (403)",
        404: f"does not follow the log {origin} (404)",
        413: "takes no request as long as this (413)",
        422: f"was not convinced that this extends what it has signed of {origin} (422)"
        + ("; show it the last checkpoint of the generation before first" if shown.checkpoint.succeeds else ""),
    }
    if 300 <= status < 400:
        return _Wrong(f"sends elsewhere (status {status}), where it is not followed")
    return _Wrong(known.get(status, f"answers with status {status}"))


def _cosignatures(
    address: Address, shown: Shown, body: bytes, before: int, after: int
) -> tuple[tuple[str, ...], tuple[CosignerKey, ...]]:
    """Lines of other keys are left aside; one of a key that is known has to verify, and to be of about now."""
    try:
        text = note.decoded(body)
        if not text.endswith("\n"):
            raise MalformedNote("a line without its end")
        lines = [note.Signature.parse(line) for line in text.removesuffix("\n").split("\n")]
    except MalformedNote:
        raise _Wrong("was not believed: its answer is no list of signatures") from None
    signed = note.parse(shown.note).text
    taken: dict[CosignerKey, str] = {}
    for line in lines:
        for key in address.keys:
            try:
                at = key.timestamp(note.Note(signed, (line,)))
            except SignatureRejected as error:
                raise _Wrong(f"was not believed: {error.message}") from None
            if at is None:
                continue
            if not before - MAX_CLOCK_SECONDS <= at <= after + MAX_CLOCK_SECONDS:
                when = "before" if at < before else "after"
                raise _Wrong(f"was not believed: its time is {abs(at - after)} s {when} this machine's")
            taken[key] = line.line
    if not taken:
        raise _Wrong("was not believed: it signed with no key that is known for it")
    return tuple(taken.values()), tuple(taken)
