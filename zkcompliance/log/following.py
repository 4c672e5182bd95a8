"""Whether a checkpoint follows what a cosigner has signed of the log before: it extends it, or succeeds it.

Each generation of a log is remembered by itself: the first checkpoint of the next one is taken only if it succeeds the
newest that was signed of the one before, of which nothing more is signed afterwards. Where two signed checkpoints show
by themselves that they cannot both be honest, that is evidence, to be kept and handed on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from zkcompliance.errors import CosignRefused, ZkComplianceError
from zkcompliance.log import evidence, merkle, note
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.evidence import FORK, SUCCEEDED, Evidence
from zkcompliance.log.note import VerifierKey
from zkcompliance.quantities import number_of


def check(known: Mapping[str, str], shown: str, keys: Collection[VerifierKey], proof: Sequence[bytes]) -> Checkpoint:
    """The checkpoint `shown`, which follows all that is known of its log.

    known: origin → the newest note that was signed of that generation, all of one log; keys: those that may sign it.
    proof: the RFC 6962 consistency proof from the newest of its generation; empty when that is none, of size 0, or of
    the same size. LogEvidence where two notes show that they cannot both be honest, CosignRefused for all else that
    does not follow; MalformedNote, SignatureRejected for the note.
    """
    new, _ = read(shown, keys)
    for text in known.values():
        _check_generation(text, shown, new, keys)
    before = known.get(new.origin)
    old = None if before is None else read(before, keys)[0]
    if before is None or old is None or not old.size:
        if proof:
            raise CosignRefused(f"{new.origin}: a proof that goes on from nothing has no hashes")
        return new
    if new.size < old.size:
        raise CosignRefused(f"{new.origin} has {number_of(old.size, 'segment')} already, not {new.size}")
    if new.size == old.size:
        if new.root != old.root:
            raise _refusal(FORK, before, shown, keys, (), f"{new.origin}: another root over the same segments")
        if proof:
            raise CosignRefused(f"{new.origin}: a proof over no new segments has no hashes")
    elif not merkle.consistent(old.size, old.root, new.size, new.root, list(proof)):
        why = f"{new.origin}: not shown to extend the {number_of(old.size, 'segment')} signed before"
        raise _refusal(FORK, before, shown, keys, proof, why)
    return new


def read(signed: str, keys: Collection[VerifierKey]) -> tuple[Checkpoint, VerifierKey]:
    """The checkpoint of a note that one of the keys signed, all of one name, and which.

    SignatureRejected where none did, MalformedNote.
    """
    there = {(line.name, line.id) for line in note.parse(signed).signatures}
    mine = [key for key in keys if (key.name, key.id) in there] or list(keys)
    return evidence.read(signed, mine[0]), mine[0]


def _check_generation(text: str, shown: str, new: Checkpoint, keys: Collection[VerifierKey]) -> None:
    """That a generation begins where the one before was left, and that none goes on after it was left."""
    known, _ = read(text, keys)
    before, after = new.succeeds, known.succeeds
    if before is not None and known.origin == before.origin and _state(known) != _state(before):
        why = (
            f"{new.origin} says that it succeeds {number_of(before.size, 'segment')} of {before.origin}, and "
            f"the newest that was signed here of it has {known.size}, or another root"
        )
        raise _refusal(SUCCEEDED, text, shown, keys, (), why)
    if after is not None and after.origin == new.origin and _state(after) != _state(new):
        why = f"{new.origin} was succeeded by {known.origin}, with {number_of(after.size, 'segment')}, not more"
        raise _refusal(SUCCEEDED, shown, text, keys, (), why)
    if known.origin == new.origin and known.succeeds != new.succeeds:
        why = f"{new.origin} is said to succeed another checkpoint than before"
        raise _refusal(FORK, text, shown, keys, (), why)


def _state(of: Checkpoint) -> tuple[int, bytes]:
    return of.size, of.root


def _refusal(
    kind: str, older: str, newer: str, keys: Collection[VerifierKey], proof: Sequence[bytes], why: str
) -> ZkComplianceError:
    """LogEvidence where the notes, signed by one key, show it; otherwise CosignRefused, which says `why`.

    proof: what came with the newer one. Folded from its first hash on, it says what the newer tree holds in the place
    of the older one; where the older size is a power of two that hash is left out, and it says nothing.
    """
    for key in keys:
        found = Evidence(kind, key, older, newer, tuple(proof))
        try:
            found.check()
        except ZkComplianceError:
            continue
        return found.error()
    return CosignRefused(why)
