"""A streak as JSON, `zkcompliance-streak/v1`.

    format     "zkcompliance-streak/v1"
    outcome    "accepted" or "not accepted"; accepted: true only for the first
    sentence   the same in words
    judged_at  UTC seconds
    policy     id, version, sha256, ready_made
    calendar   every, from and due (UTC seconds, and seconds or null); bound: which parameters, as
               REQUIREMENT.PARAMETER, are when each period begins or ends
    error      code, message, help: why the files are no streak, or the first that is refused; null where accepted
    missing    names of periods between the first and the last that have no file
    limits     what it does not show, in sentences
    still      logs that did not grow, in sentences
    proofs     one for each file, in the order of periods: period (name, begins, ends, opens, closes, or null), sha256,
               bytes, stated (UTC seconds), status ("accepted", "refused", "not judged"), error (or null), subject (its
               name, or null), requirements (name, status), logs (name, origin, size, root)

Integers are decimal strings and keys are sorted, as in a verdict's document.
"""

from __future__ import annotations

import json
from typing import Any

from zkcompliance.errors import ZkComplianceError
from zkcompliance.policy.calendar import Period
from zkcompliance.policy.streak import Held, Streak, extents
from zkcompliance.report import streak_words, words

FORMAT = "zkcompliance-streak/v1"


def write(streak: Streak) -> str:
    """The document, with a line feed at its end."""
    return json.dumps(document(streak), indent=2, sort_keys=True) + "\n"


def document(streak: Streak) -> dict[str, Any]:
    policy, calendar = streak.policy, streak.calendar
    return {
        "format": FORMAT,
        "outcome": "accepted" if streak.accepted else "not accepted",
        "accepted": streak.accepted,
        "sentence": streak_words.sentence(streak),
        "judged_at": str(streak.judged_at),
        "policy": {
            "id": policy.id, "version": str(policy.version), "sha256": policy.digest.hex(), "ready_made": policy.ready,
        },
        "calendar": {
            "every": calendar.every, "from": str(calendar.since),
            "due": None if calendar.due is None else str(calendar.due), "bound": list(streak.bound),
        },
        "error": _error(streak.first_error),
        "missing": [each.name for each in streak.missing],
        "limits": streak_words.unshown(streak),
        "still": streak_words.still(streak),
        "proofs": [_held(each) for each in streak.held],
    }  # fmt: skip


def _held(held: Held) -> dict[str, Any]:
    verdict = held.verdict
    return {
        "period": None if held.period is None else _period(held.period),
        "sha256": held.file_sha256.hex(),
        "bytes": str(held.file_bytes),
        "stated": str(held.stated),
        "status": streak_words.status(held),
        "error": _error(held.error),
        "subject": None if verdict is None or verdict.subject is None else words.clean(verdict.subject.name),
        "requirements": []
        if verdict is None
        else [{"name": each.name, "status": each.status.value} for each in verdict.findings],
        "logs": []
        if verdict is None
        else [
            {"name": name, "origin": each.origin, "size": str(each.size), "root": each.root.hex()}
            for name, each in sorted(extents(verdict).items())
        ],
    }


def _period(period: Period) -> dict[str, str]:
    moments = {name: str(getattr(period, name)) for name in ("begins", "ends", "opens", "closes")}
    return {"name": period.name, **moments}


def _error(error: ZkComplianceError | None) -> dict[str, str] | None:
    return None if error is None else {"code": error.code, "message": error.message, "help": error.help}
