"""A joint verdict written down: as text for people, and as JSON for machines, both pure functions of it.

JSON, `zkcompliance-joint-verdict/v1`: format, accepted, judged_at (UTC seconds), joint (id, title, sha256, cap, begin,
end, claim, program, phases (those that count), outside (the most in others, as a share)), total (FLOP that count and
that all labs together spent, where it is told; else null), labs (one for each of the
joint file, in its order: name, allowance (null where it has none), accepted, proof (sha256, bytes; null where none is
there), proved_at, logs (slot, origin, size, root, rows_log2, cosigned (who, and when: UTC seconds)), values (name,
text, of what is revealed), sees_notes_of (the note logs whose rows it has), error (code, message, help, or null)),
notes (origin, between, size, root, rows_log2, error), errors (of no lab by itself), seen (who sees what, in sentences),
not_shown (in sentences). Integers are decimal strings.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from zkcompliance.errors import ZkComplianceError
from zkcompliance.joint.file import Joint
from zkcompliance.joint.masked import MASKED
from zkcompliance.joint.verdict import JointVerdict, LabShown, NotesShown
from zkcompliance.joint.words import flop
from zkcompliance.quantities import listed, number_of, show_time
from zkcompliance.version import VERSION

FORMAT = "zkcompliance-joint-verdict/v1"
_SEEN = (
    "Everybody sees the cap, every lab's allowance, which labs share a note log, how many segments each log has, and "
    "of each at most how many rows, as a power of two, and to two figures how many rows count.",
    "The two labs of a note log see its notes: who gave whom how much. No other lab does, nor whoever judges.",
    "Nobody sees from a proof what a lab has spent, or given and received in all. Labs that put together what they "
    "know of another know the notes that they share with it, and so a bound on what it spent.",
)
_SEEN_MASKED = (
    "Everybody sees the cap, the exact total of what counts of all labs, how many segments each log has, and of each "
    "at most how many rows, as a power of two, and to two figures how many rows of each lab count.",
    "The two labs of a note log see its masks. No other lab does, nor whoever judges.",
    "What a lab spent is seen by nobody from its proof. Labs that put together what they know take their own part off "
    "the total, and learn what the other labs spent together: with two labs, or where all but one do so, what that one "
    "spent. Of several others they learn the sum alone.",
)
_NOT_SHOWN = (
    "Compute in logs that the joint file does not name: whoever wrote it answers for the list.",
    "That rows are true, and that nothing was left out of a log.",
    "Which lab shared more than another: labs may agree on how they share what they have, not on more than that.",
)
_NOT_SHOWN_MASKED = (
    *_NOT_SHOWN[:2],
    "That masks are random, known to nobody else and used once: a lab that draws them otherwise shows others what it "
    "knows itself.",
)
_NEWEST = {
    False: "That a checkpoint is the newest of its log: a lab may have sealed more since.",
    True: "That a checkpoint is the newest of its log, but by the word of those who cosigned it, when they did.",
}


def _phases(joint: Joint) -> str:
    """Those that count, in the file's order."""
    return ", ".join(each.strip() for each in joint.shared["phases"].split(","))


def _said(joint: Joint) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Who sees what, and what is not shown."""
    newest = _NEWEST[joint.dated.cosigners is not None]
    of = "the cap" if joint.claim == MASKED else "its allowance and the notes that it received"
    beside = (
        f"What was spent in other phases than {_phases(joint)}: that does not count, and of each lab it is at most "
        f"{joint.shared['outside'].strip()} of {of}."
    )
    if joint.claim == MASKED:
        return _SEEN_MASKED, (beside, *_NOT_SHOWN_MASKED, newest)
    return _SEEN, (beside, *_NOT_SHOWN, newest)


def sentences(verdict: JointVerdict) -> str:
    """The text for people, which ends with a newline."""
    return "\n".join(_lines(verdict)) + "\n"


def document(verdict: JointVerdict) -> str:
    """The JSON text, which ends with a newline."""
    return json.dumps(fields(verdict), indent=2, sort_keys=True) + "\n"


def fields(verdict: JointVerdict) -> dict[str, object]:
    """What is written as JSON."""
    joint = verdict.joint
    seen, not_shown = _said(joint)
    return {
        "format": FORMAT,
        "accepted": verdict.accepted,
        "judged_at": str(verdict.judged_at),
        "joint": {
            "id": joint.id, "title": joint.title, "sha256": joint.digest.hex(), "cap": str(joint.cap),
            "begin": str(joint.begin), "end": str(joint.end), "claim": joint.claim,
            "program": joint.program.hex(), "phases": _phases(joint), "outside": joint.shared["outside"].strip(),
        },
        "total": None if verdict.total is None else str(verdict.total),
        "labs": [_lab(verdict, each) for each in verdict.labs],
        "notes": [_notes(each) for each in verdict.notes],
        "errors": [_error(each) for each in verdict.others],
        "seen": list(seen),
        "not_shown": list(not_shown),
    }  # fmt: skip


def _lines(verdict: JointVerdict) -> Iterator[str]:
    joint = verdict.joint
    period = f"from {show_time(joint.begin)} to {show_time(joint.end)}"
    spent = f"{listed(list(joint.labs))} together spent at most {flop(joint.cap)} that count {period}"
    yield f"ACCEPTED: {spent}, by their logs" if verdict.accepted else f"NOT ACCEPTED: that {spent}"
    if verdict.total is not None:
        total, cap = flop(verdict.total), flop(joint.cap)
        yield f"  total       {total} that count, exactly, of all labs together; the cap is {cap}"
    yield f"  counts      {_phases(joint)}"
    yield f"  joint file  {joint.id}: {joint.title}"
    yield f"              {joint.digest.hex()}"
    yield f"  judged      {show_time(verdict.judged_at)}, by zkcompliance {VERSION}"
    for error in verdict.others:
        yield from _refused(error)
    for lab in verdict.labs:
        yield ""
        there = "not there" if lab.verdict is None else "shown" if lab.error is None else "refused"
        allowance = joint.labs[lab.name].allowance
        yield f"{lab.name}: {there}" + ("" if allowance is None else f"; allowance {flop(allowance)}")
        if lab.verdict is not None and lab.error is None:
            for log in (log for finding in lab.verdict.findings for log in finding.logs):
                yield f"  {log.slot:<10}  {log.origin}, {number_of(log.size, 'segment')}, root {log.root.hex()}"
                if log.cosigned:
                    yield f"              cosigned by {_cosigned(log.cosigned)}"
            yield f"  proved      {show_time(lab.verdict.proved_at)}, as the lab says"
            yield "  keys        its logs are those whose keys the joint file names"
        if lab.error is not None:
            yield from _refused(lab.error)
        shared = ", ".join(each.key.name for each in joint.notes_of(lab.name))
        notes_seen = f"the notes in {shared}, and nothing more" if shared else "nothing more"
        yield f"  it sees     {notes_seen} of others' rows than everybody"
    for notes in verdict.notes:
        yield ""
        one, other = notes.log.between
        said = "not compared" if notes.size is None else number_of(notes.size, "segment")
        yield f"notes of {one} and {other}: {notes.log.key.name}, {said}"
        if notes.error is not None:
            yield from _refused(notes.error)
    seen, not_shown = _said(joint)
    for title, said_of_all in (("Who sees what", seen), ("This does not show", not_shown)):
        yield ""
        yield title
        yield from (f"  - {each}" for each in said_of_all)


def _cosigned(by: Mapping[str, int]) -> str:
    return ", ".join(f"{name} on {show_time(at)}" for name, at in sorted(by.items()))


def _refused(error: ZkComplianceError) -> Iterator[str]:
    yield f"  REFUSED     {error.message} ({error.code})"
    if error.help:
        yield f"              help: {error.help}"


def _lab(verdict: JointVerdict, lab: LabShown) -> dict[str, object]:
    shown, allowance = lab.verdict, verdict.joint.labs[lab.name].allowance
    findings = () if shown is None else shown.findings
    return {
        "name": lab.name,
        "allowance": None if allowance is None else str(allowance),
        "accepted": shown is not None and shown.accepted and lab.error is None,
        "proof": None if shown is None else {"sha256": shown.file_sha256.hex(), "bytes": str(shown.file_bytes)},
        "proved_at": None if shown is None or not shown.proved_at else str(shown.proved_at),
        "logs": [
            {
                "slot": log.slot, "origin": log.origin, "size": str(log.size), "root": log.root.hex(),
                "rows_log2": [str(each) for each in log.rows_log2],
                "cosigned": {name: str(at) for name, at in sorted((log.cosigned or {}).items())},
            }
            for finding in findings
            for log in finding.logs
        ],
        "values": [
            {"name": value.name, "text": value.text}
            for finding in findings
            for value in finding.values
            if value.role == "revealed"
        ],
        "sees_notes_of": [each.key.name for each in verdict.joint.notes_of(lab.name)],
        "error": None if lab.error is None else _error(lab.error),
    }  # fmt: skip


def _notes(notes: NotesShown) -> dict[str, object]:
    return {
        "origin": notes.log.key.name,
        "between": list(notes.log.between),
        "size": None if notes.size is None else str(notes.size),
        "root": notes.root.hex(),
        "rows_log2": [str(each) for each in notes.rows_log2],
        "error": None if notes.error is None else _error(notes.error),
    }


def _error(error: ZkComplianceError) -> dict[str, str]:
    return {"code": error.code, "message": error.message, "help": error.help}
