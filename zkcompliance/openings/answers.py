"""Requests and the files that answer them, checked for a judgement: what decide.py asks for, and hands on as data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from zkcompliance.edge import regular
from zkcompliance.errors import MalformedOpenings, NotAnswered, StaleProof, UsageError, VerificationError
from zkcompliance.limits import MAX_CLOCK_SECONDS, MAX_OPENINGS_BYTES, MAX_REQUEST_BYTES
from zkcompliance.log.checkpoint import generation_of
from zkcompliance.log.note import VerifierKey
from zkcompliance.openings import kept
from zkcompliance.openings.check import Shown, check
from zkcompliance.openings.file import OpenedFile
from zkcompliance.policy.finding import security_of
from zkcompliance.policy.opened import Opened
from zkcompliance.quantities import show_time
from zkcompliance.request.file import Request

_HELP = "zkcompliance open --help"


def read_request(path: Path) -> Request:
    """The request in a file. UsageError where it cannot be read, MalformedRequest, SignatureRejected."""
    return Request.decode(_read(path, MAX_REQUEST_BYTES))


def read_openings(path: Path) -> bytes:
    """The bytes of a file of opened rows. UsageError where it cannot be read; nothing of it is checked."""
    return _read(path, MAX_OPENINGS_BYTES)


def _read(path: Path, most: int) -> bytes:
    try:
        with regular.open_given(path) as file:
            return file.read(most + 1)
    except OSError as error:
        raise UsageError(f"{path}: {regular.reason(error)}", help=_HELP) from error


def answers(
    requests: Sequence[Path],
    openings: Sequence[Path],
    keys: Sequence[VerifierKey],
    *,
    state: Path | None,
    logs: frozenset[str],
    now: int,
) -> tuple[Opened, ...]:
    """What came of each request that is given, and of each that the state remembers as open about one of these logs (by
    name) and whose day is over. A state remembers those that are given, and that they were answered.

    UsageError for a file of opened rows that answers none of them.
    """
    given = [read_request(path) for path in requests]
    files = {path: read_openings(path) for path in openings}
    remembered = kept.load(state) if state is not None else []
    due = [
        each.request for each in remembered
        if not each.answered and each.request.answer_by < now and generation_of(each.request.openings.origin)[0] in logs
    ]  # fmt: skip
    every = {each.digest: each for each in (*given, *due)}
    by_request = {_digest(path, data): data for path, data in files.items()}
    if set(by_request) - {each.request.digest for each in remembered} - set(every):
        raise UsageError("a file of opened rows answers no request that is given: --request FILE", help=_HELP)
    seen = {each.request.digest: each.answered for each in remembered}
    found = tuple(
        _came_of(each, by_request.get(digest), keys, now, seen.get(digest, "")) for digest, each in every.items()
    )
    if state is not None:
        done = {digest: each.file.hex() for digest, each in zip(every, found, strict=True) if each.error is None}
        kept.remember(state, given, done)
    return found


def _digest(path: Path, data: bytes) -> bytes:
    """Of the request that a file answers."""
    file = OpenedFile.decode(data)
    if not file.request:
        raise UsageError(f"{path} shows rows that nobody asked for by lot", help=_HELP)
    try:
        return Request.decode(file.request).digest
    except VerificationError as error:
        raise MalformedOpenings(f"{path}: {error.message}") from None


def _came_of(request: Request, data: bytes | None, keys: Sequence[VerifierKey], now: int, seen: str) -> Opened:
    """seen: SHA-256 of the file that the state remembers as an answer, in hexadecimal, or empty."""
    rows = request.openings
    made = Opened(
        rows.origin, rows.size, rows.root, rows.rows, rows.weight, request.asker.text, request.reference, request.made,
        request.answer_by,
    )  # fmt: skip
    if data is None:
        return _with(made, NotAnswered(f"{said(request)} has no answer here", help=_HELP))
    try:
        shown = check(data, keys, request)
        check_dated(shown, now, seen)
    except VerificationError as error:
        return _with(made, error)
    return answered(made, shown)


def check_dated(shown: Shown, now: int, seen: str = "") -> None:
    """StaleProof for a proof that states a time after the judge's clock. NotAnswered for an answer to a request whose
    day is over, unless it is the very file that whoever judges saw in time (seen: its SHA-256, in hexadecimal): what
    time a proof states is the lab's word."""
    if shown.time > now + MAX_CLOCK_SECONDS:
        raise StaleProof(f"the rows were opened on {show_time(shown.time)}, in the future of {show_time(now)}")
    if shown.request is not None and now > shown.request.answer_by and seen != shown.sha256.hex():
        raise NotAnswered(
            f"{said(shown.request)} is answered here on {show_time(now)}, and nobody but the lab says that the file "
            "was there in time",
            help="zkcompliance verify … --state FILE  # before that day: it remembers what it saw then",
        )


def seen_in_time(state: Path | None, request: Request) -> str:
    """SHA-256 of the file that a state remembers as the answer to a request, in hexadecimal; empty where none is."""
    known = kept.load(state) if state is not None else []
    return next((each.answered for each in known if each.request.digest == request.digest), "")


def said(request: Request) -> str:
    """A request, for people."""
    rows = request.openings
    return (
        f"the request of {request.asker.name} of {show_time(request.made)} for {rows.rows} rows of {rows.origin}, to "
        f"be answered by {show_time(request.answer_by)},"
    )


def _with(made: Opened, error: VerificationError) -> Opened:
    return replace(made, error=error)


def answered(made: Opened, shown: Shown) -> Opened:
    """With what was shown."""
    return replace(
        made, total=shown.total or 0, shown=len(shown.rows), claim=shown.claim, program=shown.program,
        file=shown.sha256, length=shown.size, rows_log2=tuple(entry.k for entry in shown.log.entries),
        key=shown.key.text, security=security_of(shown.report),
    )  # fmt: skip
