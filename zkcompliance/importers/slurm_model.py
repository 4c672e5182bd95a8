"""One attempt of a Slurm job, and when it counts."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
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
_JOB = re.compile(r"[0-9]{1,12}([_+][0-9]{1,9})?", re.ASCII)
_SPAN = re.compile(r"(?:(\d{1,6})-)?(\d{1,3}):(\d\d):(\d\d)", re.ASCII)


@dataclass(frozen=True)
class JobRow:
    """A job row as it was read; start, end: None where Slurm knows none.

    The earliest where several can be meant. Further as in `Attempt`.
    """

    state: str
    elapsed: int
    start: int | None
    end: int | None
    job: str
    submit: int
    cluster: str
    account: str
    name: str
    tres: dict[str, int | None]
    suspended: int
    spans: tuple[tuple[int, int], ...] = ()  # (start, end) that its times can mean, where clocks show an hour twice


@dataclass(frozen=True)
class Attempt:
    """What counts of a job row: times in UTC seconds, `tres` the gres as in AllocTRES, `elapsed` without suspension.

    `status`: one of the compute schema's; resized: it went on with another size.
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
    tres: dict[str, int | None]
    status: str
    resized: bool

    @property
    def part(self) -> int:
        """A job that changes its size has a row for each: when the part began, and 0 for the last or only one."""
        return self.start if self.resized else 0

    @classmethod
    def judged(cls, row: JobRow, where: str, running: str, trusted: bool) -> Attempt | None:
        """The attempt; None when it never ran, or has not ended and `running` is skip. ImporterError otherwise.

        trusted: where the elapsed time does not follow from the times, it stands, and the end follows from it.
        """
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
            raise ImporterError(f"{where}, column JobIDRaw: is missing", help="export with sacct -P -D")
        start, end = _span(row, row.start, row.end, where, trusted)
        return cls(
            row.job, row.submit, start, end, row.elapsed, row.suspended,
            row.cluster, row.account, row.name, row.tres, ENDED[row.state], row.state == "RESIZING",
        )  # fmt: skip


def _span(row: JobRow, start: int, end: int, where: str, trusted: bool) -> tuple[int, int]:
    """Start and end of which the elapsed time follows."""
    lasted = row.elapsed + row.suspended
    found = [each for each in row.spans or ((start, end),) if each[1] - each[0] == lasted]
    if len(found) > 1:
        raise ImporterError(
            f"{where}, column Start: clocks show this hour twice, and the job can have run in either",
            help="export with SLURM_TIME_FORMAT=%s, which has seconds of UTC",
        )
    if found:
        return found[0]
    if trusted:
        return start, start + lasted
    raise ImporterError(
        f"{where}, column ElapsedRaw: is not End − Start − Suspended",
        help="export with SLURM_TIME_FORMAT=%s and the column Suspended; of clocks that changed meanwhile state the "
        "zone, --set zone=Europe/Berlin, or that the elapsed time stands: --set span=elapsed",
    )


@contextlib.contextmanager
def naming(job: str) -> Iterator[None]:
    """What is refused of a job names it, where its number is one; a cell that is anything else is not repeated."""
    try:
        yield
    except ImporterError as error:
        if not _JOB.fullmatch(job):
            raise
        raise ImporterError(f"{error.message} (job {job})", help=error.help) from None


def seconds(text: str, where: str) -> int:
    """Slurm's [days-]hours:minutes:seconds in seconds; the empty text is 0."""
    if not text:
        return 0
    match = _SPAN.fullmatch(text)
    if match is None:
        raise ImporterError(f"{where}: is not [days-]hours:minutes:seconds")
    days, hours, minutes, rest = (int(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest
