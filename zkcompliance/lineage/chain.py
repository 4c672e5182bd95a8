"""Lineages as a judge uses them: whose keys must have signed, which programs prove that the rows are the same."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from zkcompliance.card import catalogue
from zkcompliance.edge import regular
from zkcompliance.edge.steady import Span
from zkcompliance.errors import KeyFileError, LineageRejected, MalformedLineage, SignatureRejected, UsageError
from zkcompliance.limits import MAX_SEGMENTS
from zkcompliance.lineage.stream import HEAD_BYTES, Side, Step, first_note, read_lineage
from zkcompliance.log import note
from zkcompliance.log.linking import Passed, check_step
from zkcompliance.log.memory import Known, Link
from zkcompliance.log.note import VerifierKey
from zkcompliance.progress import Progress, silent

QUIET = 2.0  # seconds of reading that nobody needs to be told of
Source = Path | Span | bytes


def read(
    source: Source,
    name: str,
    trusted: Sequence[VerifierKey],
    vouching: Sequence[VerifierKey],
    known: Known,
    progress: Progress = silent,
) -> tuple[Passed, ...]:
    """Every step of the lineage of the log `name`, verified and held against what is known of it.

    trusted: keys that may have signed the oldest checkpoint; vouching: those of them that may name a new key. Raises
    MalformedLineage, LimitExceeded, LineageRejected, SignatureRejected, the errors of `verify_bundle` for its proofs,
    and LogEvidence or CheckpointMismatch where it contradicts what is known.
    """
    chain = _Chain(name, list(trusted), list(vouching))
    passed = []
    with _opened(source) as (file, total):
        for step in read_lineage(file, program_of, chain.signed, _reporting(progress, name, total)):
            one = chain.passed(step)
            sides = [_leaves(side) for side in (step.old, step.new)]
            check_step(known, one.link, one.by, *sides)
            kept = [tuple(leaves) if len(leaves) <= MAX_SEGMENTS else () for leaves in sides]
            passed.append(Passed(one.link, one.by, *kept))
    return tuple(passed)


def begins_under(enclosed: Span, trusted: Sequence[VerifierKey]) -> bool:
    """Whether one of these keys signed the oldest checkpoint of a lineage. MalformedLineage or MalformedNote."""
    signed = first_note(enclosed.read(HEAD_BYTES))
    return any(_signs(key, signed) for key in trusted)


def program_of(old: bytes, new: bytes) -> bytes | None:
    """The registered program that shows rows of a schema (by its digest) unchanged, or in a later version of it.

    None where the catalogue has none. No program of one's own, nor a card that is given, stands in its place.
    """
    card = catalogue.goes_on(old, new)
    return None if card is None else card.program


class _Chain:
    """The keys that a lineage has reached: who may have signed the next step."""

    def __init__(self, name: str, trusted: list[VerifierKey], vouching: list[VerifierKey]) -> None:
        self._name = name
        self._trusted = trusted
        self._vouching = vouching
        self._last: tuple[VerifierKey, VerifierKey] | None = None

    def signed(self, old: Side, new: Side, text: str) -> None:
        """One trusted key signed both notes, and the new key the second; SignatureRejected, LineageRejected."""
        origin, named = old.checkpoint.origin, new.checkpoint.origin
        if {note_name(old.note), note_name(new.note)} != {self._name}:
            raise LineageRejected(f"the lineage is of {note_name(old.note)}, not of the log {self._name}")
        try:
            key = VerifierKey.parse(text)
        except KeyFileError as error:
            raise MalformedLineage(f"the new key of {named} in the lineage: {error.message}") from None
        first = [each for each in self._trusted if each.name == self._name and _signs(each, old.note)]
        if not first:
            raise SignatureRejected(
                f"the lineage's checkpoint of {origin} is signed by no trusted key of the log",
                help="give the key that signed it, --log-key [LOG=]FILE: the lineage leads from it to the newer ones",
            )
        both = [each for each in first if _signs(each, new.note)]
        if not both or key.name != self._name or not _signs(key, new.note):
            raise SignatureRejected(
                f"the first checkpoint of {named} is not signed by the key of {origin} and, if that changed, by "
                "the new key: nothing links the two"
            )
        by = next((each for each in both if each in self._vouching), both[0])
        if key not in self._trusted:
            if by not in self._vouching:
                raise SignatureRejected(
                    f"{named} has the new key {key.text}, and the key before is trusted for a time only: "
                    "such a key names no other; whoever judges must"
                )
            self._trusted.append(key)
            self._vouching.append(key)
        self._last = by, key

    def passed(self, step: Step) -> Passed:
        """The step that was last signed."""
        if self._last is None:
            raise LineageRejected("a step of the lineage was not signed")
        by, key = self._last
        before, after = map(catalogue.label, step.schemas)
        change = (before, after) if step.schemas[0] != step.schemas[1] else None
        return Passed(Link(step.old.note.decode(), step.new.note.decode(), key, change), by)


def note_name(data: bytes) -> str:
    """The name of the log that a note is about."""
    from zkcompliance.log.checkpoint import Checkpoint

    return Checkpoint.parse(note.parse(data).text).name


def _signs(key: VerifierKey, signed: bytes) -> bool:
    try:
        note.verify(signed, key)
    except SignatureRejected:
        return False
    return True


def _leaves(side: Side) -> list[bytes]:
    return [side.leaves[at : at + 32] for at in range(0, len(side.leaves), 32)]


@contextmanager
def _opened(source: Source) -> Iterator[tuple[BinaryIO, int]]:
    """The stream and its length in bytes."""
    if isinstance(source, bytes):
        yield BytesIO(source), len(source)
        return
    if isinstance(source, Span):
        yield source.stream(), source.size
        return
    try:
        with regular.open_given(source) as file:
            yield file, os.fstat(file.fileno()).st_size
    except OSError as error:
        raise UsageError(f"{source}: {error.strerror}", help="--lineage takes the lineage file of a log") from error


def _reporting(progress: Progress, name: str, total: int) -> Callable[[int], None]:
    """Reports on reading that takes longer than QUIET."""
    began = time.monotonic()

    def report(done: int) -> None:
        if time.monotonic() - began > QUIET:
            progress(f"lineage of {name}", done, total)

    return report
