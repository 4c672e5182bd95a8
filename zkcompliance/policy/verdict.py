"""The verdict: what a file of proofs shows, requirement by requirement. What reports are written from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from zkcompliance.errors import ZkComplianceError
from zkcompliance.policy.binding import Subject


class Status(Enum):
    """Of a requirement; UNDECIDED where a file was looked at with nothing to hold it against."""

    MET = "met"
    NOT_MET = "not met"
    NOT_SHOWN = "not shown"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Value:
    """A public value of a proof. role: `parameter`, `revealed`, or `derived` (made by the compiler; not for people).

    text: as people read it, exact: the integer. asked: the policy's bound in words, empty where there is none.
    """

    name: str
    role: str
    text: str
    exact: int
    doc: str = ""
    asked: str = ""
    chosen: bool = False  # the policy left it to the lab


@dataclass(frozen=True)
class Margin:
    """A revealed value beside the limit that it stands under, both integers of the same unit."""

    revealed: str  # name of the value
    value: int
    limit_name: str
    limit: int


@dataclass(frozen=True)
class LogShown:
    """A log that a proof is about: all `size` segments of its checkpoint, each of at most 2^k rows.

    key: the vkey text that signed; cosigned: operator → UTC seconds; sources: provenance that was shown of every row
    (none: it was not asked); rows: the least number of rows that was shown (0: not asked).
    """

    slot: str
    name: str
    origin: str
    size: int
    root: bytes
    rows_log2: tuple[int, ...]
    key: str = ""
    cosigned: Mapping[str, int] | None = None
    rows: int = 0
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """One requirement, or the one claim of a proof that was verified by itself.

    error: why it is not met or not shown. Everything from `logs` on is of the proof, empty where there is none that
    verifies. sentences: the claim in words; program: its digest (32 bytes).
    """

    name: str
    says: str
    claim: str  # id@version
    program: bytes
    status: Status
    error: ZkComplianceError | None = None
    sentences: str = ""
    values: tuple[Value, ...] = ()
    margin: Margin | None = None
    logs: tuple[LogShown, ...] = ()
    proof_sha256: bytes = b""
    proof_bytes: int = 0
    security_bits: str = ""
    profile: str = ""
    warnings: tuple[str, ...] = ()
    not_proven: tuple[str, ...] = ()


@dataclass(frozen=True)
class PolicyRef:
    """The policy that was judged by."""

    id: str
    version: int
    digest: bytes
    title: str
    jurisdiction: str
    sources: tuple[str, ...]
    valid_from: int
    valid_until: int


@dataclass(frozen=True)
class Verdict:
    """What a file shows. Times are UTC seconds; proved_at is what the lab says (0: nothing said)."""

    file_sha256: bytes
    file_bytes: int
    judged_at: int
    policy: PolicyRef | None
    subject: Subject | None
    proved_at: int
    reference: bytes
    findings: tuple[Finding, ...]
    others: int = 0  # proofs in the file for other policies, not judged

    @property
    def accepted(self) -> bool:
        """Whether everything is met; an empty verdict is not."""
        return bool(self.findings) and all(finding.status is Status.MET for finding in self.findings)

    def require(self) -> None:
        """Raise the error of the first requirement that is not met."""
        for finding in self.findings:
            if finding.error is not None:
                raise finding.error
