"""What a lab is about to prove under a joint file, held against the file before anything is proved or spent.

All that whoever judges would refuse of this lab's proof by its logs and its time is refused here. That its claim holds
over these logs, and that both labs of a note log prove at one size, is seen later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from zkcompliance.edge.shown import command
from zkcompliance.errors import QuorumUnmet, SignatureRejected, StaleProof, UsageError
from zkcompliance.joint.file import Joint
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.store import SealedLog
from zkcompliance.policy import checkpoints
from zkcompliance.policy.model import LogKey


def require(joint: Joint, lab: str, logs: Mapping[str, Sequence[SealedLog]], *, now: int) -> None:
    """Whether this lab may prove over these logs at this time. logs: of `compute` and of `notes`; now: UTC seconds.

    UsageError for a lab that the file does not name, and for other logs than those that it gives the lab;
    ProgramMismatch where the claim is another one here; StaleProof before the period's end; SignatureRejected,
    QuorumUnmet or StaleProof for a checkpoint that is not signed or cosigned as the file asks.
    """
    if lab not in joint.labs:
        raise UsageError(f"the joint file {joint.id} has no lab {lab}: there is {', '.join(joint.labs)}")
    if (wrong := joint.other_program()) is not None:
        raise wrong
    if (early := joint.too_early(lab, now)) is not None:
        early.help = "prove once the period is over, and its last rows are sealed"
        raise early
    asked = {"compute": joint.labs[lab].compute, "notes": tuple(each.key for each in joint.notes_of(lab))}
    if set(logs) != set(asked):
        raise UsageError(f"the joint file {joint.id} is about the logs compute and notes; given: {_listed(logs)}")
    for slot, keys in asked.items():
        _require_these(joint, lab, slot, keys, logs[slot])
    for log in logs["notes"]:
        (known,) = (each for each in joint.notes_of(lab) if each.key.text == log.vkey)
        if log.checkpoint.generation != 1:
            raise UsageError(f"notes: {log.path} is a later generation: a note log stays as it was sealed first")
        if (unsigned := known.unsigned(log.checkpoint_note.encode())) is not None:
            raise unsigned
    for slot, several in logs.items():
        for log in several:
            _require_dated(joint, slot, log, now)


def _require_these(joint: Joint, lab: str, slot: str, keys: Sequence[VerifierKey], given: Sequence[SealedLog]) -> None:
    """The logs of these keys, all of them, and no others."""
    named = {key.text: key.name for key in keys}
    for log in given:
        if log.vkey not in named:
            raise UsageError(
                f"{slot}: the joint file {joint.id} gives {lab} no log of the key of {log.path}, {log.vkey}; it gives "
                f"it {_listed(named.values())}"
            )
    there = [log.vkey for log in given]
    if missing := [name for key, name in named.items() if key not in there]:
        raise UsageError(f"{slot}: a proof of {lab} is over all its logs, and nothing is given for {_listed(missing)}")


def _require_dated(joint: Joint, slot: str, log: SealedLog, now: int) -> None:
    """Its checkpoint is signed by its key, and cosigned as the file asks."""
    asked = checkpoints.Asked(now, joint.dated.cosigners, joint.dated.checkpoint_age)
    signed, body = log.checkpoint_note.encode(), log.checkpoint.body.encode()
    try:
        checkpoints.take(signed, body, log.origin, (LogKey(VerifierKey.parse(log.vkey)),), asked, stated=now)
    except (SignatureRejected, QuorumUnmet, StaleProof) as error:
        why = f"{slot}: the checkpoint of {log.path}: {error.message}"
        raise type(error)(why, help=command("zkcompliance", "cosign", log.path, "--help")) from None


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
