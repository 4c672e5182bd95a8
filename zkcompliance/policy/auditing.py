"""Whose word the rows of a requirement are, and which audit level it can serve at most.

The levels are the AI Assurance Levels of M. Brundage and others (arXiv 2601.11699): at AAL-1 an audit rests on what the
company provides, at AAL-2 less so, at AAL-3 hardly, and at AAL-4 material deception by the company is ruled out. What a
level asks besides (access, interviews, time) no proof has: a requirement serves at most

    AAL-1  where the lab seals every log that it reads
    AAL-2  where somebody else seals one of them, as the policy says, whose key it names; or where rows of one were
           drawn by lot and opened, as the policy asks, so that others can hold them against what they know
    AAL-3  where somebody else seals all of them, and others cosigned each checkpoint, so that the lab did not choose an
           older one that nobody else saw

Devices that answered for a log's checkpoint say nothing of its rows, and raise nothing.

Never AAL-4: what nobody metered is in no log, and a lab and who meters it may agree on what is not so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from zkcompliance.policy.verdict import AuditLevel, Finding, LogShown, Status

PAPER = "AI Assurance Levels, arXiv 2601.11699"
METERED_ROWS = (
    "METERED BY ANOTHER: the rows of {} are the word of {}, who seals this log under the key {} and is not the lab, as "
    "the policy says; their sources are not shown"
)
_LAB = "the rows of {} are the lab's own word"
_DRAWN = ", of which some were drawn by lot and opened"
_DEVICES = "; that devices answered for {} says nothing of what is in it"
_NOBODY = "no log is sealed by anybody but the lab, as far as is said"
_ALONE = "nobody cosigned the checkpoint of {}, of which the lab may have chosen an older one"
_NEVER = "what nobody metered is in no log, and a lab and who meters it may agree on what is not so"


def level_of(found: Finding, opened: Collection[str] = ()) -> AuditLevel | None:
    """None where the requirement is not met, or reads no log. opened: the logs, as the policy calls them, of which rows
    were asked for by lot and shown."""
    if found.status is not Status.MET or not found.logs:
        return None
    own = [log for log in found.logs if not log.meterer]
    closed = [log for log in own if log.name not in opened]
    alone = [log for log in found.logs if not log.cosigned]
    if len(closed) == len(found.logs):
        return AuditLevel(1, f"{_LAB.format(_named(own))}; {_NOBODY}{_answered(own)}")
    if closed:
        return AuditLevel(2, f"{_LAB.format(_named(closed))}{_answered(closed)}")
    if own:
        return AuditLevel(2, f"{_LAB.format(_named(own))}{_DRAWN}{_answered(own)}")
    if alone:
        return AuditLevel(2, _ALONE.format(_named(alone)))
    return AuditLevel(3, _NEVER)


def _answered(logs: Iterable[LogShown]) -> str:
    """What devices do not say, of logs for which some answered."""
    found = [log for log in logs if log.devices is not None]
    return _DEVICES.format(_named(found)) if found else ""


def words(level: AuditLevel) -> str:
    """For people: which one, and why no other."""
    return f"at most {level.label} ({PAPER}): {level.why}"


def metered(log: LogShown) -> str:
    """Who metered a log's rows under which key, where their sources are not shown; empty where the lab did."""
    if not log.meterer or log.sources:
        return ""
    return METERED_ROWS.format(log.called, log.meterer, log.key.partition("+")[0] or log.origin)


def _named(logs: Iterable[LogShown]) -> str:
    *first, last = dict.fromkeys(log.called for log in logs)
    return f"{', '.join(first)} and {last}" if first else last
