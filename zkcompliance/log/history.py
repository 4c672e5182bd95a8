"""What one checkpoint says against another of the same log: forks, rollbacks, and generations that did not end so.

Where one key signed both notes, it is evidence to hand on (LogEvidence); where two keys did, it is evidence against
neither, and the checkpoint is refused (CheckpointMismatch).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from zkcompliance.errors import CheckpointMismatch, SignatureRejected
from zkcompliance.log import merkle
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.evidence import FORK, ROLLBACK, SUCCEEDED, Evidence
from zkcompliance.log.memory import Generation, Known, Seen
from zkcompliance.log.note import VerifierKey
from zkcompliance.quantities import number_of


def accuse(
    kind: str, keys: Iterable[VerifierKey], older: str, newer: str, otherwise: str, proof: Sequence[bytes] = ()
) -> None:
    """LogEvidence by the first of the keys that signed both notes; CheckpointMismatch that says `otherwise` else."""
    name = ""
    for key in keys:
        name = key.name
        evidence = Evidence(kind, key, older, newer, tuple(proof))
        try:
            evidence.check()
        except (SignatureRejected, CheckpointMismatch):
            continue
        raise evidence.error()
    raise CheckpointMismatch(f"log {name}: {otherwise}; no one key signed both")


def apart(old: Checkpoint, new: Checkpoint) -> str:
    """That two checkpoints of a log are of two histories."""
    return (
        f"the checkpoint of {number_of(new.size, 'segment')} of {new.origin} does not go on from that of {old.size} of "
        f"{old.origin}, which was seen before"
    )


def check_end(keys: Iterable[VerifierKey], old: str, seen: Checkpoint, new: str, successor: Checkpoint) -> None:
    """`old` of an earlier generation against what `new` of a later one says that it succeeds."""
    end = successor.succeeds
    if end is None or seen.size < end.size or (seen.size, seen.root) == (end.size, end.root):
        return
    accuse(SUCCEEDED, keys, old, new, f"{seen.origin} did not end as {successor.origin} says")


def check_successors(log: Known, key: VerifierKey, note: str, new: Checkpoint) -> None:
    """The checkpoint is how its generation ended, or comes before, as every later generation that was seen says."""
    for each in log.every():
        of = each.checkpoint.succeeds
        if of is not None and of.origin == new.origin:
            check_end((key, each.key), note, new, each.note, each.checkpoint)


def check_predecessor(log: Known, key: VerifierKey, note: str, new: Checkpoint) -> None:
    """What was seen of the generation before is how this one says that it ended, or comes before."""
    for each in log.every():
        if new.succeeds is not None and each.checkpoint.origin == new.succeeds.origin:
            check_end((each.key, key), each.note, each.checkpoint, note, new)


def check_history(log: Known, key: VerifierKey, note: str, new: Checkpoint, leaves: Sequence[bytes] | None) -> None:
    """The checkpoint is of one history with everything that was seen of its generation.

    leaves: the leaf hashes of its entries, in order; None where they are not known: then only equal sizes are compared,
    and what is smaller than a checkpoint whose leaves were kept.
    """
    seen = [each for each in log.every() if each.checkpoint.origin == new.origin]
    for each in seen:
        old = each.checkpoint
        keys = (each.key, key)
        if old.succeeds != new.succeeds or (old.size == new.size and old.root != new.root):
            accuse(FORK, keys, each.note, note, apart(old, new))
        if 0 < old.size < new.size and leaves is not None and merkle.root_of(leaves[: old.size]) != old.root:
            accuse(FORK, keys, each.note, note, apart(old, new), merkle.prefix_proof_of(old.size, leaves))
    kept = log.generations.get(new.origin, Generation()).leaves
    if 0 < new.size < len(kept) and merkle.root_of(kept[: new.size]) != new.root:
        for each in seen:
            if each.checkpoint.size == len(kept):
                proof = merkle.prefix_proof_of(new.size, kept)
                accuse(FORK, (each.key, key), note, each.note, apart(each.checkpoint, new), proof)


def newer_than(log: Known, new: Checkpoint) -> list[Seen]:
    """What was seen that came after this checkpoint: larger ones of its generation, and all of later generations."""
    place = (new.generation, new.size)
    return [each for each in log.every() if (each.checkpoint.generation, each.checkpoint.size) > place]


def rolled_back(log: Known, key: VerifierKey, note: str, new: Checkpoint) -> None:
    """Accuse by the newest checkpoint that was seen, if it can be, of what the same key signed."""
    newer = sorted(newer_than(log, new), key=lambda each: (each.checkpoint.generation, each.checkpoint.size))
    chosen = ([each for each in newer if each.key == key] or newer)[-1]
    accuse(ROLLBACK, (key, chosen.key), note, chosen.note, apart(chosen.checkpoint, new))
