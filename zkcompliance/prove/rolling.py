"""Pieces of a roll-up that other processes make: the groups of some segments, sealed, and the proof of it.

Both are data; logs are said by their folders and by what is expected there. What a proof spends is reserved before it
is handed out (`prove.rolled_proofs`), and it is put in its place by whoever made it: it is sent to nobody.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zkcompliance.claim import catalogue
from zkcompliance.errors import LimitExceeded, LogCorrupt, UsageError
from zkcompliance.log import rows, staging
from zkcompliance.log.layout import Layout, Settings
from zkcompliance.log.store import SealedLog, Segment
from zkcompliance.prove import rolled_proofs
from zkcompliance.prove.api import Asked, get_ready, make
from zkcompliance.prove.engine import warm_up
from zkcompliance.prove.parts import Part
from zkcompliance.prove.pieces import Sealed
from zkcompliance.schemas import RollUp, roll_up_of
from zkcompliance.schemas.grouping import grouped


def content_of(segments: list[Segment]) -> bytes:
    """What the groups of these segments are told from others by, 32 bytes: the entries say what the rows are."""
    return hashlib.sha256(b"".join(segment.entry.encode() for segment in segments)).digest()


def groups_of(how: RollUp, segments: list[Segment]) -> np.ndarray:
    """The groups of the rows of segments, as rows of the roll-up: limbs (width, n), `act` 1."""
    return grouped(how, np.concatenate([each.load_columns() for each in segments], axis=1))


@dataclass(frozen=True)
class Grouping:
    """A segment of the roll-up at `root`, of the segments from `first` to `last` of the log at `log`."""

    root: Path
    log: Path
    first: int
    last: int
    content: bytes
    name: str
    number: int
    of: int

    @property
    def label(self) -> str:
        """As a dashboard has it."""
        return f"roll up segment {self.number} of {self.of}"


def make_grouping(given: Grouping) -> None:
    """Stage the segment. Runs wherever it is sent. LogCorrupt where the log has other segments here."""
    warm_up()
    log = SealedLog.open(given.log)
    segments = list(log.segments[given.first : given.last + 1])
    how = roll_up_of(log.schema)
    if how is None or content_of(segments) != given.content:
        raise LogCorrupt(f"{given.log} has other segments where it is rolled up than where that was asked for")
    made = groups_of(how, segments)
    if made.shape[1] > rows.MAX_ROWS:
        raise LimitExceeded(f"segments {given.first} to {given.last} have more groups than a segment has rows")
    table = np.zeros((made.shape[0], 1 << rows.padded_log2(made.shape[1])), np.uint32)
    table[:, : made.shape[1]] = made
    staging.Try(given.root, given.name).make(table, made.shape[1])


def grouping_of(settings: Settings, log: SealedLog, index: int, first: int, last: int) -> tuple[str, bytes]:
    """The name under which segment `index` of a roll-up is staged, and the content of what it is of."""
    content = content_of(list(log.segments[first : last + 1]))
    return staging.name_of(settings, index, [content]), content


@dataclass(frozen=True)
class Proving:
    """The proof that segment `index` of a roll-up has the groups of the segments from `first` to `last` of a log.

    head: what it is bound to; program: the claim's digest, 32 bytes.
    """

    log: Sealed
    rolled: Sealed
    index: int
    first: int
    last: int
    head: bytes
    program: bytes
    number: int
    of: int

    @property
    def label(self) -> str:
        """As a dashboard has it."""
        return f"prove segment {self.number} of {self.of}"


def make_proving(given: Proving) -> None:
    """Make the proof, and put it in its place. Runs wherever it is sent; nothing is made where it is there."""
    warm_up()
    layout = Layout(given.rolled.path)
    if rolled_proofs.is_there(layout, given.index):
        return
    log, rolled = given.log.opened(), given.rolled.opened()
    claim = catalogue.rolled_up(log.schema)
    if claim.program_digest != given.program:
        raise UsageError(
            f"{claim.id} is another claim where the proof is made than where it was asked for",
            help="pip install zkcompliance  # the same version on every worker",
        )
    parts = {"rows": [Part(log, given.first, given.last)], "rolled": [Part(rolled, given.index, given.index)]}
    ready = get_ready([Asked(claim.id, claim, parts, {})], given.head, spent=True)
    rolled_proofs.place(layout, given.index, make(ready))
