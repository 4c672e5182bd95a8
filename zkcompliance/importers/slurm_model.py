"""One attempt of a Slurm job, and when it counts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from zkcompliance.errors import ImporterError

# How an attempt ended → its `status`; one that was resized or requeued went on as another.
ENDED = {
    "COMPLETED": "completed", "FAILED": "failed", "CANCELLED": "cancelled", "TIMEOUT": "timeout",
    "NODE_FAIL": "failed", "PREEMPTED": "preempted", "REQUEUED": "preempted", "OUT_OF_MEMORY": "failed",
    "BOOT_FAIL": "failed", "DEADLINE": "timeout", "REVOKED": "cancelled", "LAUNCH_FAILED": "failed",
    "RECONFIG_FAIL": "failed", "RESIZING": "preempted",
}  # fmt: skip
GOING_ON = frozenset(("RUNNING", "SUSPENDED", "STOPPED", "COMPLETING", "CONFIGURING", "SIGNALING", "STAGE_OUT"))
WAITING = frozenset(("PENDING", "REQUEUE_HOLD", "REQUEUE_FED", "RESV_DEL_HOLD", "SPECIAL_EXIT"))
_SPAN = re.compile(r"(?:(\d{1,6})-)?(\d{1,3}):(\d\d):(\d\d)", re.ASCII)


@dataclass(frozen=True)
class JobRow:
    """A job row as it was read; start, end: None where Slurm knows none. Further as in `Attempt`."""

    state: str
    elapsed: int
    start: int | None
    end: int | None
    job: str
    submit: int
    cluster: str
    account: str
    name: str
    tres: dict[str, int]
    suspended: int


@dataclass(frozen=True)
class Attempt:
    """What counts of a job row: times in UTC seconds, `tres` the GPUs as in AllocTRES, `elapsed` without suspension.

    `status`: one of the compute schema's.
    """

    job: str
    submit: int
    start: int
    end: int
    elapsed: int
    suspended: int
    cluster: str
    account: str
    name: str
    tres: dict[str, int]
    status: str

    @classmethod
    def judged(cls, row: JobRow, where: str, running: str) -> Attempt | None:
        """The attempt; None when it never ran, or has not ended and `running` is skip. ImporterError otherwise."""
        if row.state not in GOING_ON | WAITING | ENDED.keys():
            raise ImporterError(f"{where}, column State: is not a state that is known")
        if row.start is None or row.state in WAITING:
            if row.elapsed:
                raise ImporterError(f"{where}, column Start: is missing, though time has elapsed")
            return None
        if row.end is None or row.state in GOING_ON:
            if running == "skip":
                return None
            raise ImporterError(
                f"{where}, column End: the job has not ended", help="export later, or add --set running=skip"
            )
        if not row.job:
            raise ImporterError(f"{where}, column JobIDRaw: is missing")
        return cls(
            row.job, row.submit, row.start, row.end, row.elapsed, row.suspended,
            row.cluster, row.account, row.name, row.tres, ENDED[row.state],
        )  # fmt: skip


def seconds(text: str, where: str) -> int:
    """Slurm's [days-]hours:minutes:seconds in seconds; the empty text is 0."""
    if not text:
        return 0
    match = _SPAN.fullmatch(text)
    if match is None:
        raise ImporterError(f"{where}: is not [days-]hours:minutes:seconds")
    days, hours, minutes, rest = (int(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest
