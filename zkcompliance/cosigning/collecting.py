"""Witnesses asked all at once, and what they sign put on the log's checkpoint as it comes, until enough have signed.

Each cosignature is durable in the log's folder before the next is waited for: whoever is stopped goes on with what is
there, and has lost nothing.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from zkcompliance.cosigning.asking import Address, Answered, Asking, Shown, ask, late
from zkcompliance.errors import QuorumUnmet, UsageError
from zkcompliance.limits import MAX_CLOCK_SECONDS
from zkcompliance.log import cosigned, merkle, note
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.layout import Layout, Settings
from zkcompliance.log.store import hold_here, known_here, load_public
from zkcompliance.log.trust import TrustPolicy

LINGER_SECONDS = 3.0  # that the others have when enough have signed


@dataclass(frozen=True)
class Collected:
    """note: the checkpoint with all its cosignatures; answers: of all that were asked, in that order; unmet: in words,
    who is wanted where too few have signed, else empty."""

    checkpoint: Checkpoint
    note: str
    answers: tuple[Answered, ...]
    unmet: str = ""


def collect(
    log: Path,
    addresses: Sequence[Address],
    how: Asking,
    trust: TrustPolicy | None = None,
    tell: Callable[[Answered], None] = lambda answered: None,
) -> Collected:
    """Have the checkpoint of the log in a folder cosigned. tell: is told each answer when it has come.

    Without a trust policy everybody has to sign. Its log lines have to name the log. SignatureRejected where they do
    not, LogError, LogCorrupt, LogEvidence for the folder, or where it is sealed meanwhile.
    """
    layout = Layout(log)
    settings = Settings.load(layout)
    known = known_here(layout)
    text, checkpoint, entries = load_public(layout, settings)
    hold_here(layout, settings, known, text, entries)
    _unmet(trust, [], text, how)  # that it is about this log at all
    hashes = [merkle.leaf_hash(entry) for entry in entries]
    proof = cache(lambda size: tuple(merkle.consistency_proof_of(size, hashes)))
    shown = Shown(_by_the_log(text, checkpoint), checkpoint, proof)
    came: queue.SimpleQueue[tuple[int, Answered]] = queue.SimpleQueue()
    tried: list[list[str]] = [[] for _ in addresses]

    def one(number: int, address: Address) -> None:
        came.put((number, ask(address, shown, how, tried[number])))

    for each in enumerate(addresses):
        threading.Thread(target=one, args=each, daemon=True).start()
    answers: dict[int, Answered] = {}
    try:
        while len(answers) < len(addresses):
            try:
                number, answer = came.get(timeout=max(0.0, how.until - time.monotonic()))
            except queue.Empty:
                break
            if answer.lines:
                answer, text = _put(layout, settings, checkpoint, answer, text)
                if trust is not None and not _unmet(trust, [], text, how):
                    how.until = min(how.until, time.monotonic() + LINGER_SECONDS)
            answers[number] = answer
            tell(answer)
    finally:
        how.stop.set()
    every = [answers.get(i) or late(each, tried[i]) for i, each in enumerate(addresses)]
    unmet = _unmet(trust, every, text, how)
    return Collected(checkpoint, text, tuple(every), unmet)


def show_how_it_ended(log: Path, addresses: Sequence[Address], how: Asking) -> list[Answered]:
    """Have the last checkpoint of a closed folder cosigned by those who have not signed it yet; what they answer.

    Who met an earlier one of that generation signs the next only when it has signed this. LogError, LogCorrupt.
    """
    layout = Layout(log)
    signed = note.parse(load_public(layout, Settings.load(layout))[0])
    left = [each for each in addresses if all(key.timestamp(signed) is None for key in each.keys)]
    return list(collect(log, left, how).answers) if left else []


def _put(
    layout: Layout, settings: Settings, checkpoint: Checkpoint, answer: Answered, before: str
) -> tuple[Answered, str]:
    try:
        return answer, cosigned.add(layout, settings, checkpoint, answer.lines, answer.by)
    except UsageError as error:
        return Answered(answer.url, f"signed, and there is no room for it: {error.message}"), before


def _by_the_log(text: str, checkpoint: Checkpoint) -> str:
    """The note without what others signed of it: where the log's key changed, both keys' lines."""
    parsed = note.parse(text)
    return f"{parsed.text}\n{''.join(each.line for each in parsed.signatures if each.name == checkpoint.name)}"


def _unmet(trust: TrustPolicy | None, answers: Sequence[Answered], text: str, how: Asking) -> str:
    """Who is wanted where too few have signed, in words; SignatureRejected where the policy does not trust the log."""
    if trust is None:
        missing = sum(not each.lines for each in answers)
        return f"{missing} of {len(answers)} did not sign" if missing else ""
    try:
        trust.check(text, now=int(how.clock()) + MAX_CLOCK_SECONDS)
    except QuorumUnmet as error:
        return error.message
    return ""
