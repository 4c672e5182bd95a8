"""Where the checkpoints of a verified proof stand: what the state of whoever judges saw of their logs before.

    first     nothing was seen of the log before: how fresh its checkpoint is, is unknown
    newest    it is what was seen last, or goes on from it
    old       something newer was seen, but this very statement was verified before, or it is judged as of a time no
              later than the first sight of what is newer
    rollback  an older checkpoint in a statement that was never seen: LogEvidence; so is a fork

A log's generations are one log. A later one is taken where a lineage links it to what was seen; a key that was never
seen of the log, at the word of the policy, of a lineage, or of whoever judges.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from pathlib import Path

from zkcompliance.edge.shown import command, quoted
from zkcompliance.errors import LogEvidence, NewKeyRefused, SignatureRejected, Undecided
from zkcompliance.limits import MAX_SEGMENTS
from zkcompliance.log import evidence, files, history, memory, merkle
from zkcompliance.log.checkpoint import Checkpoint, generation_of
from zkcompliance.log.linking import Passed, learn
from zkcompliance.log.memory import Generation, Known, Memory, Rolled
from zkcompliance.log.note import VerifierKey
from zkcompliance.quantities import number_of, show_time

FIRST = "first seen now: nothing of {} was seen with this state before. Freshness is unknown: a later one may exist"
UNLINKED = "nothing here shows that {} has the rows of the generation before"


class Word(Enum):
    """Who says that a key is the log's, where the state has not seen it before."""

    NOBODY = "nobody"
    POLICY = "the policy names it"
    JUDGE = "whoever judges says so (--new-key)"


@dataclass(frozen=True)
class Clock:
    """now: of the machine; at: the time of judgement where whoever judges gave one. UTC seconds."""

    now: int
    at: int | None = None


@dataclass(frozen=True)
class Shown:
    """A log of a verified statement. log: as whoever judges names it; note: its checkpoint, which `key` signed.

    leaves: the leaf hashes of all its entries, None where the statement names some only; statement: its SHA-256.
    rolled: the roll-up that stands for it in the statement.
    """

    log: str
    note: str
    key: VerifierKey
    leaves: tuple[bytes, ...] | None
    statement: str
    word: Word = Word.NOBODY
    rolled: Rolled | None = None


@dataclass(frozen=True)
class Standing:
    """What a verdict says of it. first: nothing of the log was seen before; linked: a lineage leads to its generation.

    said: whole sentences; changes: (origin, schema before, schema from then on) of each generation up to this one that
    began under a later version of its schema; old: something newer was seen, and it is not judged as of before that.
    """

    first: bool
    linked: bool
    said: tuple[str, ...] = ()
    changes: tuple[tuple[str, str, str], ...] = ()
    old: bool = False


def hold(
    path: Path | None, shown: Sequence[Shown], clock: Clock, passed: Sequence[Passed] = (), before: Memory | None = None
) -> list[Standing]:
    """Hold every log against what the state remembers of it, and remember it: all of them, or none.

    path: None where there is no state: then the logs are held against the lineages alone. passed: steps of lineages,
    held against `before`, what the state said when they were read. LogEvidence, with a file beside the state that shows
    it; CheckpointMismatch where two keys signed what disagrees; NewKeyRefused; Undecided for a later generation without
    a lineage; LogCorrupt, LogError for the file.
    """
    if path is None:
        return _hold({}, shown, clock, passed, {}, remembers=False)
    with evidence_kept(path), files.locked(path):
        known = memory.load(path)
        was = memory.encode(known)
        for name in {each.key.name for each in shown} & set(known):
            memory.check_signatures(path, known[name])
        standings = _hold(known, shown, clock, passed, before or {}, remembers=True)
        if memory.encode(known) != was:  # a full disk or a medium that is read only is in the way of what is new alone
            memory.save(path, known)
    return standings


def _hold(
    known: Memory, shown: Sequence[Shown], clock: Clock, passed: Sequence[Passed], before: Memory, *, remembers: bool
) -> list[Standing]:
    unseen = {each.key.name for each in shown} - set(known)
    words = {each.key.name: each.log for each in shown}
    vouched = {each.key.name for each in shown if each.word is not Word.NOBODY}
    for step in passed:
        name = step.by.name
        log = known.setdefault(name, Known())
        if log.keys and step.by not in log.keys and name not in vouched:
            raise _new_key(step.by, list(log.keys), words.get(name, name))
        learn(log, step, clock.now, before.get(name, Known()))
    told = {text for step in passed for text in (step.link.old, step.link.new)}
    return [_stand(known, each, clock, told, first=each.key.name in unseen and remembers) for each in shown]


@contextlib.contextmanager
def evidence_kept(path: Path) -> Iterator[None]:
    """LogEvidence leaves a file beside the state, `STATE.evidence.` and 16 digits of its SHA-256, and names it.

    No evidence takes the place of another; the same one found twice is one file.
    """
    try:
        yield
    except LogEvidence as error:
        document = error.document.encode()
        digest = sha256(document).hexdigest()
        for name in (f"{path.name}.evidence.{digest[:16]}", f"{path.name}.evidence.{digest}"):
            beside = path.with_name(name)
            with contextlib.suppress(OSError):
                with contextlib.suppress(FileExistsError):
                    files.create(beside, document, files.PUBLIC)
                    files.sync_dir(beside.parent)
                if files.read(beside, len(document), private=False) == document:
                    raise LogEvidence(
                        f"{error.message}; evidence in {beside}",
                        document=error.document,
                        help=command("zkcompliance", "evidence", beside),
                    ) from error
        raise


def _stand(known: Memory, shown: Shown, clock: Clock, told: set[str], *, first: bool) -> Standing:
    new = evidence.read(shown.note, shown.key)
    log = known.setdefault(shown.key.name, Known())
    said = [FIRST.format(new.name)] if first else []
    if shown.key not in log.keys:
        said += _take_key(log, shown, new, clock)
    elif shown.key in log.left:
        if not _verified_before(log, shown, new):
            raise SignatureRejected(f"log {new.name}: the key {shown.key.text} was left when the log was begun anew")
        said.append(f"OLD: the log {new.name} was begun anew since; this very statement had been verified before")
        return Standing(first=False, linked=False, said=tuple(said), old=True)
    history.check_successors(log, shown.key, shown.note, new)
    history.check_predecessor(log, shown.key, shown.note, new)
    if 0 < log.newest < new.generation:
        said += _unlinked(log, shown, new)
    history.check_history(log, shown.key, shown.note, new, shown.leaves)
    older, old = _older(log, shown, new, clock, told)
    said += older
    generation = log.generations.setdefault(new.origin, Generation())
    generation.see(shown.note, new, shown.key, clock.now).statements.add(shown.statement)
    if shown.leaves is not None and len(generation.leaves) < len(shown.leaves) <= MAX_SEGMENTS:
        generation.leaves = list(shown.leaves)
    if shown.rolled is not None:
        log.roll(shown.rolled)
    linked = any(link.to == new.origin for link in log.links)
    return Standing(first, linked, tuple(said), _changes(log, new) if linked else (), old)


def _changes(log: Known, new: Checkpoint) -> tuple[tuple[str, str, str], ...]:
    """Of the lineage that leads to a generation, where its schema became a later version, oldest first."""
    found = {(generation_of(link.to)[1], link.to, *link.change) for link in log.links if link.change is not None}
    return tuple((to, before, after) for number, to, before, after in sorted(found) if number <= new.generation)


# Keys


def _take_key(log: Known, shown: Shown, new: Checkpoint, clock: Clock) -> list[str]:
    """Take a key that was not seen of this log; NewKeyRefused where nobody vouches for it."""
    before = [key for key in log.keys if key not in log.left]
    log.keys[shown.key] = clock.now
    if not before:
        return []
    if shown.word is Word.NOBODY:
        raise _new_key(shown.key, before, shown.log)
    said = f"the log {new.name} is signed by a new key, {shown.key.text}: {shown.word.value}"
    if shown.word is Word.JUDGE and not _goes_on(log, shown, new):
        log.left |= set(before)
        for each in log.generations.values():
            each.leaves = []
        return [f"{said}. IT BEGINS ANEW: it does not go on from what this state saw, signed by {_named(before)}"]
    return [said]


def _new_key(key: VerifierKey, before: Sequence[VerifierKey], log: str) -> NewKeyRefused:
    return NewKeyRefused(
        f"log {key.name}: it is signed by the key {key.text}, which this state has not seen of it; "
        f"before, it was signed by {_named(before)}",
        help=f"ask the lab, by a way that you trust, whether its key changed; if it did, add --new-key {quoted(log)}",
    )


def _named(keys: Iterable[VerifierKey]) -> str:
    return " and ".join(sorted(key.text for key in keys))


def _goes_on(log: Known, shown: Shown, new: Checkpoint) -> bool:
    """Whether the checkpoint comes after everything that was seen of the log, and extends what is of its generation."""
    if history.newer_than(log, new):
        return False
    before = [each.checkpoint for each in log.every() if each.checkpoint.origin == new.origin]
    differ = [old for old in before if old.size and old != new]
    leaves = shown.leaves
    return not differ or (leaves is not None and all(merkle.root_of(leaves[: o.size]) == o.root for o in differ))


# Generations, older and newer


def _unlinked(log: Known, shown: Shown, new: Checkpoint) -> list[str]:
    """A later generation that no lineage links to what was seen: Undecided, unless whoever judges vouches for it."""
    said = UNLINKED.format(new.origin)
    if shown.word is Word.JUDGE:
        return [said]
    seen = ", ".join(sorted({each.checkpoint.origin for each in log.every()}))
    raise Undecided(
        f"log {new.name}: this is its generation {new.generation}, and this state has seen {seen}: {said}",
        help=f"ask the lab for the log's lineage file, and add --lineage {quoted('FILE', f'{shown.log}=')}",
    )


def _verified_before(log: Known, shown: Shown, new: Checkpoint) -> bool:
    seen = log.generations.get(new.origin, Generation()).seen
    return any(each.checkpoint == new and shown.statement in each.statements for each in seen)


def _older(log: Known, shown: Shown, new: Checkpoint, clock: Clock, told: set[str]) -> tuple[list[str], bool]:
    """Why an older checkpoint is taken, and whether it is old as of the judgement; LogEvidence of a rollback where
    nothing excuses it.

    told: notes of the lineages that are given now: what only they show had not been seen before. A first sight that
    lies in the future of the clock excuses nothing: the clock was wrong then, or is now.
    """
    newer = history.newer_than(log, new)
    seen = [each for each in newer if each.statements or each.note not in told]
    if newer and not seen:
        return [f"OLD: the lineage that is given leads on from this checkpoint of {new.origin}"], True
    if not seen:
        return [], False
    newer = seen
    since = min(each.at for each in newer)
    last = max(newer, key=lambda each: (each.checkpoint.generation, each.checkpoint.size))
    many = number_of(last.checkpoint.size, "segment")
    what = f"OLD: a checkpoint of {many} of {last.checkpoint.origin} was first seen on {show_time(last.at)}"
    if _verified_before(log, shown, new):
        as_then = clock.at is not None and clock.at <= since <= clock.now
        return [f"{what}; this very statement had been verified before"], not as_then
    if clock.at is not None and clock.at <= since <= clock.now:
        return [f"{what}; it is judged as of {show_time(clock.at)}, before anything newer was seen"], False
    history.rolled_back(log, shown.key, shown.note, new)
    return [], False
