"""Lineages in a verifier's memory: what they link, which keys they lead to, and what they may not contradict."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from zkcompliance.errors import SignatureRejected, Undecided
from zkcompliance.log import evidence, history, note
from zkcompliance.log.memory import Generation, Known, Link
from zkcompliance.log.note import VerifierKey


@dataclass(frozen=True)
class Passed:
    """A step of a lineage that was verified. by: the key that signed both notes.

    old_leaves, new_leaves: the leaf hashes of all entries of either side, none where they are too many to be kept.
    """

    link: Link
    by: VerifierKey
    old_leaves: tuple[bytes, ...] = ()
    new_leaves: tuple[bytes, ...] = ()


def learn(log: Known, step: Passed, now: int, before: Known) -> None:
    """Remember a step, which was held against `before`: Undecided where more has been verified since.

    now: UTC seconds.
    """
    link = step.link
    old, new = (evidence.read(text, step.by) for text in (link.old, link.new))
    for checkpoint in (old, new):
        seen = log.generations.get(checkpoint.origin, Generation()).seen
        then = [each.note for each in before.generations.get(checkpoint.origin, Generation()).seen]
        if any(each.statements and each.note not in then for each in seen):
            name = step.by.name
            raise Undecided(f"log {name}: its state was changed while the lineage was read", help="run it again")
    log.keys.setdefault(step.by, now)
    log.keys.setdefault(link.key, now)
    if link not in log.links:
        log.links.append(link)
    for text, checkpoint, leaves in ((link.old, old, step.old_leaves), (link.new, new, step.new_leaves)):
        generation = log.generations.setdefault(checkpoint.origin, Generation())
        generation.see(text, checkpoint, step.by, now)
        if len(generation.leaves) < len(leaves):
            generation.leaves = list(leaves)


def check_step(
    log: Known, link: Link, by: VerifierKey, old_leaves: Sequence[bytes], new_leaves: Sequence[bytes]
) -> None:
    """Hold a step against what was seen of its two generations. leaves: of all entries of either side.

    LogEvidence where one key signed what disagrees, else CheckpointMismatch.
    """
    old, new = (evidence.read(text, by) for text in (link.old, link.new))
    history.check_predecessor(log, by, link.new, new)
    history.check_successors(log, by, link.old, old)
    history.check_history(log, by, link.old, old, old_leaves)
    history.check_history(log, by, link.new, new, new_leaves)


def linked_keys(log: Known, trusted: Sequence[VerifierKey]) -> list[VerifierKey]:
    """The keys that verified lineages lead to from the trusted ones; their signatures are verified again."""
    keys = list(trusted)
    for link in log.links:
        for key in tuple(keys):
            with contextlib.suppress(SignatureRejected):
                note.verify(link.old, key)
                note.verify(link.new, key)
                note.verify(link.new, link.key)
                if link.key not in keys:
                    keys.append(link.key)
    return keys[len(trusted) :]
