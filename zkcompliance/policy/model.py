"""What a policy is, once read (docs/spec/policy.md): plain data, all of it public."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import sha256

from zkcompliance.card import catalogue
from zkcompliance.card.model import Card
from zkcompliance.log.cosignature import CosignerKey
from zkcompliance.log.note import VerifierKey


@dataclass(frozen=True)
class Operator:
    """Somebody who cosigns checkpoints: counts once, with any of their keys."""

    name: str
    keys: tuple[CosignerKey, ...]


@dataclass(frozen=True)
class Cosigners:
    """Who is asked to cosign every log's checkpoint, and how many of them must have: 1 ≤ quorum ≤ len(operators)."""

    quorum: int
    operators: tuple[Operator, ...]


@dataclass(frozen=True)
class Devices:
    """How many devices must have answered for the checkpoints of these logs, by the policy's names.

    root: SHA-256 of the root certificate that certifies them; models: those that are taken (none: the GPUs that whoever
    checks knows); revoked: serial numbers of certificates that are not, by a list of the day `revoked_on`; within: the
    most seconds between a beacon's round that the nonce is over and a time stamp over the evidence (None: not asked).
    """

    at_least: int
    root: bytes
    logs: tuple[str, ...]
    models: tuple[str, ...] = ()
    revoked: frozenset[int] = frozenset()
    revoked_on: int | None = None
    within: int | None = None


@dataclass(frozen=True)
class Authority:
    """A time-stamping authority (RFC 3161): the root certificate (DER) above it, and which one below that root.

    policy: the OID of its policy, or empty; certificate: SHA-256 of its own certificate, or empty. At least one.
    """

    root: bytes
    policy: str = ""
    certificate: bytes = b""


@dataclass(frozen=True)
class Dater:
    """Somebody who dates checkpoints: counts once, with any of their keys and authorities."""

    name: str
    keys: tuple[CosignerKey, ...] = ()
    authorities: tuple[Authority, ...] = ()


@dataclass(frozen=True)
class Anchors:
    """Whom a policy believes of when segments were sealed.

    quorum: how many of the operators must have dated a checkpoint for it to be dated, 1 ≤ quorum ≤ len(operators), or 0
    where there are none; beacons: whose rounds are believed, of `BEACONS`.
    """

    quorum: int
    operators: tuple[Dater, ...]
    beacons: tuple[str, ...]


BEACONS = ("quicknet", "mainnet")


@dataclass(frozen=True)
class LogKey:
    """A key that is trusted for checkpoints from `since` until `until`, which is not included; None: without an end."""

    key: VerifierKey
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True)
class LogRule:
    """What is asked of one log, under the policy's own name for it.

    keys: whose checkpoints are trusted, of one log; none: to be given by whoever judges, and of several keys each is
    then of a log of its own. rows: the least number of rows, of all these logs together (0: not asked). sources: the
    names of the `source` values that every row must have one of (none: not asked). Rows and sources are shown by a
    proof of the claim `log-floor-SCHEMA`. meterer: who seals the log in the place of the lab, by the policy's word;
    empty: the lab does. digest: of the version of the schema, by the cards of the requirements about the log; None: the
    newest. lab: whose log it is and who holds the keys, by the policy's word; empty: it does not say. most: how many
    logs may stand for it, where it has no keys (0: as many as keys are given).
    """

    name: str
    schema: str
    keys: tuple[LogKey, ...] = ()
    rows: int = 0
    sources: tuple[str, ...] = ()
    digest: bytes | None = None
    meterer: str = ""
    most: int = 0
    lab: str = ""


@dataclass(frozen=True)
class Openings:
    """Rows that must have been drawn by lot and opened: so many at least, by that weight (`rows` or `flop`), of each of
    these logs (none: of every log of the policy)."""

    rows: int
    weight: str
    logs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recognise:
    """Whose verdicts are taken over, for these requirements of the policy.

    verifier: the URI by which they say who judged; keys: SubjectPublicKeyInfo (DER), every one of which must have
    signed; policies: SHA-256 of those that they may have judged by; max_age: seconds since they judged; since, until:
    between which UTC seconds the keys are trusted, the second not included and by an authority's time stamp over the
    signatures (None: without an end). periods: of how many at least their verdict is a streak, whose last proof is then
    what is taken over (0: it is of one proof).
    """

    verifier: str
    keys: tuple[bytes, ...]
    requirements: tuple[str, ...]
    policies: tuple[bytes, ...]
    max_age: int
    since: int | None = None
    until: int | None = None
    periods: int = 0


@dataclass(frozen=True)
class Calendar:
    """For which periods proofs are asked, one each (`policy.calendar`).

    every: `month`, `quarter` or `year`; since: when the first begins, UTC seconds of the midnight that begins a month;
    due: seconds after its end within which a period's proof states its time (None: it states a time in the period).
    """

    every: str
    since: int
    due: int | None = None


@dataclass(frozen=True)
class PeriodEdge:
    """The moment at which that period of a calendar begins, or ends, whose proof states the time."""

    calendar: Calendar
    ends: bool


@dataclass(frozen=True)
class Formula:
    """A number times an index: factor (which has been divided by `per`) times `value` of `requirement`.

    text: as the policy writes it; index: its name in the policy; low, high: between which ends the value lies.
    """

    text: str
    index: str
    requirement: str
    value: str
    per: int
    factor: Fraction
    low: int
    high: int


@dataclass(frozen=True)
class Bound:
    """What is asked of a parameter or a revealed value, an integer; every part that is given must be satisfied.

    low, high: included. includes: bits that a set must have. one_of: the only values. within: a time from that many
    seconds before the proof's stated time up to it. subject: the id of the model's name. free: the lab chooses, and the
    verdict says so. period: the one moment that the proof's stated time says; low and high are then where it can lie.
    low_by, high_by: what an end follows; low and high are then what it is at the ends of the index.
    """

    low: int | None = None
    high: int | None = None
    includes: int = 0
    one_of: tuple[int, ...] = ()
    within: int | None = None
    subject: bool = False
    free: bool = False
    period: PeriodEdge | None = None
    low_by: Formula | None = None
    high_by: Formula | None = None

    @property
    def exact(self) -> int | None:
        """The one value that is accepted, where the policy itself says it."""
        alone = self.low_by is None and self.high_by is None
        return self.low if alone and self.low is not None and self.low == self.high else None


@dataclass(frozen=True)
class Requirement:
    """One claim that must be shown.

    card, program: SHA-256 of the claim's card and of the program that the card names, 32 bytes each; logs: slot of the
    claim → the logs of the policy that fill it, all of them; params: every one of the claim's; further: slot → logs of
    the policy that may fill it besides.
    """

    name: str
    says: str
    claim: str
    version: int
    card: bytes
    program: bytes
    logs: Mapping[str, tuple[str, ...]]
    params: Mapping[str, Bound]
    reveals: Mapping[str, Bound]
    further: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def taken(self, slot: str) -> tuple[str, ...]:
        """The logs that are taken in a slot: those that must fill it, and those that may."""
        return *self.logs[slot], *self.further.get(slot, ())


@dataclass(frozen=True)
class Policy:
    """A policy file as it was read. Times are UTC seconds, ages seconds; None: not asked.

    cards: by id, those of claims that are not of the catalogue. compiled: ids of those whose card was made here, from
    the claim's own text; what another card says rests on whoever made it.
    """

    text: bytes
    id: str
    version: int
    title: str
    jurisdiction: str
    sources: tuple[str, ...]
    valid_from: int
    valid_until: int  # the first second after its validity
    subject: bool  # whether a proof must name the model that it is about
    reference: bool  # whether it must name a reference that whoever judges drew, and be no older than that
    proof_age: int | None
    checkpoint_age: int | None
    cosigners: Cosigners | None
    logs: Mapping[str, LogRule]
    requirements: tuple[Requirement, ...]
    cards: Mapping[str, Card] = field(default_factory=dict, repr=False, compare=False)
    compiled: frozenset[str] = field(default=frozenset(), repr=False, compare=False)
    anchors: Anchors | None = None
    devices: Devices | None = None
    openings: Openings | None = None
    calendar: Calendar | None = None
    checked: int | None = None  # the day on which its sentences were last held against the texts of its sources
    recognise: tuple[Recognise, ...] = ()

    def card(self, requirement: Requirement) -> Card:
        """Of the claim that a requirement asks for: one of `cards`, or of the catalogue."""
        return self.cards.get(requirement.claim) or catalogue.load(requirement.claim)

    @property
    def digest(self) -> bytes:
        """SHA-256 of the file's bytes: what proofs are bound to."""
        return sha256(self.text).digest()

    @property
    def label(self) -> str:
        return f"{self.id}@{self.version}"
