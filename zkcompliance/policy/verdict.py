"""The verdict: what a file of proofs shows, requirement by requirement. What reports are written from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from zkcompliance.errors import ZkComplianceError
from zkcompliance.policy.binding import ForPolicy, Subject
from zkcompliance.version import VERIFIER


class Status(Enum):
    """Of a requirement.

    UNDECIDED where a file was looked at with nothing to hold it against; NOT_JUDGED where what the file is about is not
    what was asked about (another model, reference, policy, time or key), so that nothing is known of the requirement.
    """

    MET = "met"
    NOT_MET = "not met"
    NOT_SHOWN = "not shown"
    NOT_JUDGED = "not judged"
    UNDECIDED = "undecided"


class Tells(Enum):
    """Which of a reader's questions a public value answers by itself; `policy.telling` finds it."""

    FIRST = "first day"  # of the rows that count
    LAST = "last day"
    MOMENT = "moment judged"  # what the claim takes for now
    BOUND = "bound of time"  # any other moment that the claim is given, such as that from which on it asks
    COUNTED = "rows that count"
    MODEL = "model"
    OUTSIDE = "outside"  # how much the log has that does not count, or how much of that there may be
    NOTHING = ""


class Chooser(Enum):
    """Who chose the value of a parameter."""

    POLICY = "policy"
    LAB_WITHIN = "lab, within a bound"
    LAB = "lab"
    JUDGE = "whoever judged"


@dataclass(frozen=True)
class Value:
    """A public value of a proof. role: `parameter`, `revealed`, or `derived` (made by the compiler; not for people).

    text: as people read it, exact: the integer. asked: the bound in words that it was held against, empty where there
    is none. chooser: of a parameter that was held against something. typed: a parameter as `--param` reads it; empty
    where that is not known. rounding: the most that rounding down took from a revealed value; 0 where it is exact.
    """

    name: str
    role: str
    text: str
    exact: int
    doc: str = ""
    asked: str = ""
    chooser: Chooser | None = None
    typed: str = ""
    rounding: int = 0
    tells: Tells = Tells.NOTHING
    said: str = ""

    @property
    def chosen(self) -> bool:
        """Whether the policy left it to the lab."""
        return self.chooser is Chooser.LAB


@dataclass(frozen=True)
class Margin:
    """A revealed value beside the limit that it stands under, both integers of the same unit.

    low, high: the band that it was shown to lie in, both included, in that unit; None: none was shown. rounding: the
    most that rounding down may have taken from it; 0: it is exact.
    """

    revealed: str  # name of the value
    value: int
    limit_name: str
    limit: int
    low: int | None = None
    high: int | None = None
    rounding: int = 0


@dataclass(frozen=True)
class DevicesShown:
    """Evidence of devices: how many pieces the file has, how many verified, how many distinct devices support a log by
    having answered for its checkpoint, and how many were asked for. models: the maker's words for those."""

    present: int
    verified: int
    supporting: int
    asked: int
    models: tuple[str, ...] = ()


@dataclass(frozen=True)
class LogShown:
    """A log in a slot of a claim: its checkpoint of `size` segments, each one that is named of at most 2^k rows.

    first: the first segment named, from 0; all of them are, unless the claim takes a range. succeeds: (origin, size,
    root) of the checkpoint that a later generation of a log says it succeeds; linked: whether a lineage that was
    verified leads to it. notes: what is known of where the
    checkpoint stands, in whole sentences, such as when it was first seen.

    key: the vkey text that signed; cosigned: operator → UTC seconds; sources: provenance that was shown of every row
    (none: it was not asked); rows: the least number of rows that was shown (0: not asked); counted: the least number of
    rows that the claim counts, of all logs of the slot together (None: it was not shown); meterer: who seals the log
    and is not the lab, lab: whose log it is and whose key signs it, both as the policy says. several: whether other
    logs of this name fill the slot too, whose rows are then counted in. stands_for: of a roll-up, (origin, size, root)
    of the log that it was shown to stand for; remembered: how many of the proofs which show that were verified with the
    state before, and not again.

    brackets: of each segment that is named the UTC seconds (not before, not after) of its sealing, as the proof states
    and what others signed backs; none where all are open. anchored: the beacons and operators that they rest on.
    brackets_checked: whether that was looked at. devices: those that answered for its checkpoint, where the policy asks
    for some.
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
    counted: int | None = None
    sources: tuple[str, ...] = ()
    meterer: str = ""
    lab: str = ""
    first: int = 0
    succeeds: tuple[str, int, bytes] | None = None
    notes: tuple[str, ...] = ()
    several: bool = False
    stands_for: tuple[str, int, bytes] | None = None
    remembered: int = 0
    devices: DevicesShown | None = None
    brackets: tuple[tuple[int, int], ...] = ()
    anchored: tuple[str, ...] = ()
    brackets_checked: bool = True
    linked: bool = False

    @property
    def called(self) -> str:
        """Its name; where several have that, with its origin."""
        return f"{self.name} ({self.origin})" if self.several else self.name

    @property
    def whole(self) -> bool:
        """Whether all segments of the checkpoint are named."""
        return self.first == 0 and len(self.rows_log2) == self.size


@dataclass(frozen=True)
class MadeFor:
    """The policy that a claim of a proof is bound to, and which requirement of it."""

    policy: ForPolicy
    requirement: str


@dataclass(frozen=True)
class AuditLevel:
    """The highest of the AI Assurance Levels (arXiv 2601.11699), 1 … 4, that a requirement can serve, and why."""

    at_most: int
    why: str

    @property
    def label(self) -> str:
        return f"AAL-{self.at_most}"


@dataclass(frozen=True)
class Recognised:
    """A requirement that was taken over from another's verdict, and not proved here.

    verifier: the URI of who judged; keyids: of the keys that signed, 64 hexadecimal digits each; judged_at: UTC
    seconds, as they say; policy: SHA-256 of theirs; statement: SHA-256 of the verdict's statement; dated: UTC seconds
    by which the signatures were there, as an authority says (None: not asked); logs: (slot, origin, size, root, vkey
    text).
    """

    verifier: str
    keyids: tuple[str, ...]
    judged_at: int
    policy: bytes
    statement: bytes
    dated: int | None
    logs: tuple[tuple[str, str, int, bytes, str], ...]


@dataclass(frozen=True)
class Finding:
    """One requirement, or one claim of a proof that was verified by itself.

    error: why it is not met, not shown or not judged; same_as: the requirement before it whose error this is too, since
    it is of the proof that both are in, or of all proofs of the policy; empty where there is none. Everything from
    `logs` on is of the proof, empty where there is none that verifies, but for made_for: the requirement of a policy
    that the proof is bound to, whatever it was judged by; of a proof that is refused it is what that says of itself.
    sentences: the claim in words; card, program: their digests (32 bytes each); card: empty where the claim is not
    known.
    """

    name: str
    says: str
    claim: str  # id@version
    program: bytes
    status: Status
    error: ZkComplianceError | None = None
    card: bytes = b""
    sentences: str = ""
    values: tuple[Value, ...] = ()
    margin: Margin | None = None
    logs: tuple[LogShown, ...] = ()  # in the order of the claim's slots
    proof_sha256: bytes = b""
    proof_bytes: int = 0
    security_bits: str = ""
    security_terms: tuple[tuple[str, str], ...] = ()  # of the table of docs/spec/soundness.md: name, bits
    profile: str = ""
    made_for: MadeFor | None = None
    warnings: tuple[str, ...] = ()
    not_proven: tuple[str, ...] = ()
    same_as: str = ""
    audit: AuditLevel | None = None  # that it can serve at most (`policy.auditing`)
    statement_sha256: bytes = b""  # of what was proved: many proofs are of one statement
    recognised: Recognised | None = None


@dataclass(frozen=True)
class PolicyRef:
    """The policy that was judged by. ready: whether it is a ready-made one; of any other its id says nothing."""

    id: str
    version: int
    digest: bytes
    title: str
    jurisdiction: str
    sources: tuple[str, ...]
    valid_from: int
    valid_until: int
    checked: int | None = None  # when its sentences were last held against its sources, where it says so
    ready: bool = True


@dataclass(frozen=True)
class Attested:
    """An attestation that was checked: it is about this very file, and signed by the key that was given for it.

    digest: SHA-256 of the attestation's file; kind: `ed25519` or `ecdsa`; keyid: the key's, 64 hexadecimal digits.
    """

    digest: bytes
    kind: str
    keyid: str


@dataclass(frozen=True)
class Asked:
    """What decided besides policy or claim and the keys, so that the same can be asked again.

    subject, reference: None where they were not compared. trust, state: whether one was held against. claim_files: how
    many cards of claims of one's own were given; ready: whether the policy, or the claim, is one of this package; keys:
    the logs whose key whoever judged gave, by the policy's or the claim's names, None where that is not known;
    lineages: the logs whose lineage was given, by the same names; params: of a claim by itself, name and value as
    `--param` reads it; drawn: UTC seconds at which the reference was drawn, None where that was not said; at: whether
    the moment of judgement was given, and is not the clock's; requests, openings: how many requests for rows were
    given, and files that answer them; recognised: how many verdicts of others; trust_sha256: of the trust policy, empty
    where none was held against it.
    """

    subject: Subject | None = None
    reference: bytes | None = None
    trust: bool = False
    state: bool = False
    claim_files: int = 0
    ready: bool = True
    keys: tuple[str, ...] | None = None
    lineages: tuple[str, ...] = ()
    params: tuple[tuple[str, str], ...] = ()
    drawn: int | None = None
    at: bool = False
    requests: int = 0
    openings: int = 0
    recognised: int = 0
    trust_sha256: bytes = b""


@dataclass(frozen=True)
class Verdict:
    """What a file shows. Times are UTC seconds; proved_at is what the lab says (0: nothing said).

    others: proofs in the file for other policies, not judged. attested: None where no attestation was given. error:
    why nothing could be judged at all; there are no findings then, and file_sha256 is empty where the file could not
    be read. asked: None where it is not known. rehearsal: whether it is of rehearsals, which show nothing of any time.
    verifier: which program judged, with its version.
    """

    file_sha256: bytes
    file_bytes: int
    judged_at: int
    policy: PolicyRef | None
    subject: Subject | None
    proved_at: int
    reference: bytes
    findings: tuple[Finding, ...]
    others: int = 0
    attested: Attested | None = None
    error: ZkComplianceError | None = None
    asked: Asked | None = None
    rehearsal: bool = False
    verifier: str = VERIFIER

    @property
    def mismatches(self) -> tuple[ZkComplianceError, ...]:
        """Why requirements were not judged, each reason once: what was asked about, and what the file is about."""
        return tuple(
            each.error
            for each in self.findings
            if each.status is Status.NOT_JUDGED and each.error is not None and not each.same_as
        )

    @property
    def accepted(self) -> bool:
        """Whether everything is met; an empty verdict is not."""
        return (
            self.error is None
            and bool(self.findings)
            and all(finding.status is Status.MET for finding in self.findings)
        )

    def require(self) -> None:
        """Raise the error of the first requirement that is not met, or the one by which nothing was judged."""
        if self.error is not None:
            raise self.error
        for finding in self.findings:
            if finding.error is not None:
                raise finding.error
