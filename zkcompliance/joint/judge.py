"""Several labs' proofs held against a joint file: each by itself, and all of them against each other.

Each proof is judged as any proof of one claim is: program, parameters, reference, the logs that the file names with
their keys, and no others. What no proof shows by itself is checked here, in this order:

    files     each is of one lab of the file, and no lab is there twice
    labs      every lab is there; its proof was made at or after the period's end
    note logs each stands in its two labs' proofs at one origin, size and root, and both labs signed that checkpoint
    entries   none stands in two logs

That no allowance is too many is a rule of the joint file (`joint.file`). Then the sum over the labs of what each proof
shows, counted + given ≤ allowance + received, is: all that counts ≤ Σ allowances ≤ cap, since each note log is added
on one side by one of its labs and on the other by the other. The claim makes each of the two show that every note in
it has that lab on exactly one side, so that the two sides are these two labs. Under a masked total the same holds of
what each lab discloses, modulo 2^96, so that the sum of it is what all labs spent (`joint.masked`); it is held against
the cap here, once nothing else is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from zkcompliance.decide import Request
from zkcompliance.errors import (
    CapExceeded,
    CheckpointMismatch,
    RequirementNotShown,
    StatementMismatch,
    VerificationError,
)
from zkcompliance.joint import masked
from zkcompliance.joint.file import Joint, NoteLog
from zkcompliance.joint.verdict import JointVerdict, LabShown, NotesShown
from zkcompliance.joint.words import flop
from zkcompliance.log.checkpoint import generation_of
from zkcompliance.policy.proofs import File, Place
from zkcompliance.policy.verdict import Verdict
from zkcompliance.progress import Progress, silent
from zkcompliance.quantities import number_of, parse_time


@dataclass(frozen=True)
class _Judged:
    """The proof of a lab that is there, its logs, and the verdict on it."""

    verdict: Verdict
    places: tuple[Place, ...]
    error: VerificationError | None


def judge_joint(
    files: Mapping[str, File], joint: Joint, *, clock: int, at: int | str | None = None, progress: Progress = silent
) -> JointVerdict:
    """The verdict on these files, by what people call them; clock: UTC seconds, for who does not say `at`.

    What is wrong is in the verdict. Raises MalformedError for a file that is not in its form.
    """
    if (wrong := joint.other_program()) is not None:
        return JointVerdict(joint, _moment(clock, at), (), (), (wrong,), None)
    others, of_lab = _sorted(files, joint)
    judged = {
        lab: _judge(file, joint, lab, clock=clock, at=at, progress=progress) for lab, file in of_lab.items()
    }  # fmt: skip
    if (twice := _in_two(judged)) is not None:
        others.append(twice)
    labs = tuple(_shown(joint, lab, judged.get(lab)) for lab in joint.labs)
    notes = tuple(_notes(each, judged) for each in joint.notes)
    verdict = JointVerdict(joint, _moment(clock, at), labs, notes, tuple(others), None)
    return _added_up(verdict) if joint.claim == masked.MASKED and verdict.accepted else verdict


def _moment(clock: int, at: int | str | None) -> int:
    return clock if at is None else at if isinstance(at, int) else parse_time(at)


def _sorted(files: Mapping[str, File], joint: Joint) -> tuple[list[VerificationError], dict[str, File]]:
    """What is wrong with files, and the file of each lab: the one whose compute logs the joint file gives it.

    Nothing is believed here: the file is then held against the logs and keys of that lab.
    """
    wrong: list[VerificationError] = []
    found: dict[str, File] = {}
    names: dict[str, str] = {}
    owners = {key.name: lab.name for lab in joint.labs.values() for key in lab.compute}
    for called, file in files.items():
        claims = [claimed for proof in file.proofs for claimed in proof.claims]
        if len(claims) != 1:
            why = f"{called} proves {len(claims)} claims, and each lab gives a proof of one, {joint.claim}"
            wrong.append(StatementMismatch(f"claim: {why}"))
            continue
        origins = [log.origin for log in file.proofs[0].statement.logs]
        labs = sorted({owners[each] for each in map(_name, origins) if each in owners})
        if len(labs) > 1:
            wrong.append(
                StatementMismatch(f"logs: {called} is over compute logs of {' and '.join(labs)}: a log is of one lab")
            )
        elif not labs:
            wrong.append(StatementMismatch(f"logs: {called} is over no compute log that the joint file names"))
        elif labs[0] in found:
            wrong.append(StatementMismatch(f"labs: {names[labs[0]]} and {called} are both of {labs[0]}"))
        else:
            found[labs[0]], names[labs[0]] = file, called
    return wrong, found


def _name(origin: str) -> str:
    """The log's name, whatever its generation."""
    return generation_of(origin)[0]


def _judge(file: File, joint: Joint, lab: str, *, clock: int, at: int | str | None, progress: Progress) -> _Judged:
    """One lab's proof by itself, and when it was made."""
    keys = {
        "compute": joint.labs[lab].compute,
        "notes": tuple(each.key for each in joint.notes_of(lab)),
    }  # fmt: skip
    asked = Request(claim=joint.claim, params=joint.params(lab), log_keys=keys, context=joint.digest, at=at)
    verdict = asked.decide(file, clock=clock, progress=progress, dated=joint.dated)
    places = file.proofs[0].claims[0].places if verdict.accepted else ()
    return _Judged(verdict, places, _after_the_end(joint, lab, verdict) or _goes_on(verdict, places))


def _after_the_end(joint: Joint, lab: str, verdict: Verdict) -> VerificationError | None:
    return joint.too_early(lab, verdict.proved_at) if verdict.accepted else None


def _goes_on(verdict: Verdict, places: Sequence[Place]) -> VerificationError | None:
    """A later generation of a compute log is one that a lineage leads to, from a key that the joint file names: its
    rows are then those of the first one, and what came since. Of a note log both labs signed the first one alone."""
    linked = {log.origin for finding in verdict.findings for log in finding.logs if log.linked}
    for place in places:
        origin = place.log.origin
        if origin == place.name:
            continue
        why = f"logs: {origin} is a later generation of {place.name}, which the joint file names"
        if place.slot == "notes":
            return StatementMismatch(
                f"{why}: a note log stays in its first one, whose every checkpoint both labs signed",
                help="prove over the first one",
            )
        if origin not in linked:
            return StatementMismatch(
                f"{why}, and nothing shows that its rows are the same",
                help="ask for a proof file with the log's lineage in it, as `prove` makes it",
            )
    return None


def _shown(joint: Joint, lab: str, judged: _Judged | None) -> LabShown:
    if judged is None:
        return LabShown(lab, None, _left_out(joint, lab))
    errors = [each.error for each in judged.verdict.findings if each.error is not None]
    return LabShown(lab, judged.verdict, errors[0] if errors else judged.error)


def _left_out(joint: Joint, lab: str) -> VerificationError | None:
    allowance = joint.labs[lab].allowance
    of = "what it spent" if allowance is None else f"its allowance of {flop(allowance)}"
    why = f"labs: {lab} is left out: of {of} nothing is shown"
    return RequirementNotShown(why, help=f"give the proof of {lab} too")


def _notes(log: NoteLog, judged: Mapping[str, _Judged]) -> NotesShown:
    """A note log in the proofs of its two labs. What is missing because a lab is, is said of the lab."""
    there = [
        (lab, place)
        for lab in log.between
        if lab in judged
        for place in judged[lab].places
        if place.slot == "notes" and place.name == log.key.name
    ]
    if len(there) < len(log.between):
        return NotesShown(log, None, b"", (), None)
    (one, first), (other, second) = there
    error = _one_checkpoint(log, one, first, other, second) or _both_signed(log, first) or _both_signed(log, second)
    checkpoint = first.log.checkpoint
    rows = tuple(each.k for each in first.log.entries)
    return NotesShown(log, checkpoint.size, checkpoint.root, rows, error)


def _one_checkpoint(log: NoteLog, one: str, first: Place, other: str, second: Place) -> VerificationError | None:
    """Both proofs are over the same notes: else one lab counts what the other does not."""
    here, there = first.log.checkpoint, second.log.checkpoint
    if here.size != there.size:
        behind, size = (one, there.size) if here.size < there.size else (other, here.size)
        return StatementMismatch(
            f"notes: {one} proves over {number_of(here.size, 'segment')} of {log.key.name}, and {other} over "
            f"{there.size}",
            help=f"ask {behind} to prove again at size {size}",
        )
    if here.body != there.body:
        return CheckpointMismatch(
            f"notes: {one} and {other} prove over two histories of {log.key.name}, both of "
            f"{number_of(here.size, 'segment')}: {log.sealed_by}, whose key signed both, has shown each lab another "
            "log",
        )
    return None


def _both_signed(log: NoteLog, place: Place) -> VerificationError | None:
    """That the log's own key signed was checked with the proof; the other lab's signature is a cosigner's."""
    return log.unsigned(place.note)


def _added_up(verdict: JointVerdict) -> JointVerdict:
    """With the total of all labs, where each is shown under masks that cancel; and what is wrong if it is too much."""
    revealed = [
        value.exact
        for lab in verdict.labs
        for value in (() if lab.verdict is None else lab.verdict.findings[0].values)
        if value.role == "revealed" and value.name == masked.REVEALED
    ]
    total, cap = masked.total(revealed), verdict.joint.cap
    why = f"cap: the labs together spent {flop(total)} that count, which is more than the cap of {flop(cap)}"
    return replace(verdict, total=total, others=(CapExceeded(why),) if total > cap else ())


def _in_two(judged: Mapping[str, _Judged]) -> VerificationError | None:
    """No segment stands in two logs: its rows would be told twice, of two labs or as two notes."""
    seen: dict[bytes, str] = {}
    for each in judged.values():
        for place in each.places:
            for entry in place.log.entries:
                if (before := seen.setdefault(entry.encode(), place.log.origin)) != place.log.origin:
                    why = f"entries: the same segment stands in {before} and in {place.log.origin}"
                    return StatementMismatch(f"{why}: its rows are used twice")
    return None
