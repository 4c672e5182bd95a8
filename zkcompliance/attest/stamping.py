"""What a lab does for its rows to be dated: a beacon's round that it seals with, time stamps over its checkpoints."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from zkcompliance import limits
from zkcompliance.errors import EvidenceRefused, UsageError
from zkcompliance.evidence import beacon, timestamp
from zkcompliance.evidence.asking import ask
from zkcompliance.log import anchors as kept
from zkcompliance.log.layout import Layout, Settings
from zkcompliance.log.store import SealedLog
from zkcompliance.policy.proofs import read

_SIZES = 1024  # checkpoints of which a reply may be, from the newest back


@dataclass(frozen=True)
class Sealing:
    """A genuine round. beacon: its name; digest: SHA-256 of its signature; moment: UTC seconds."""

    beacon: str
    number: int
    digest: bytes
    moment: int
    data: bytes

    @property
    def held(self) -> tuple[int, bytes]:
        """What an entry holds of it."""
        return self.number, self.digest

    def keep(self, log: Path) -> None:
        """In the log's folder, for the proofs to come."""
        kept.keep_round(Layout(log), self.digest, self.data)


def read_beacon(path: Path) -> Sealing:
    """A round, as drand's HTTP API gives it, checked. MalformedEvidence, EvidenceRefused; UsageError for the file."""
    given = beacon.read_round(read(path, limits.MAX_BEACON_FILE_BYTES))
    beacon.check_rounds([given])
    return Sealing(given.beacon.name, given.number, given.digest, given.moment, given.encode())


def request(log: SealedLog) -> bytes:
    """What is sent to a time-stamping authority for the newest checkpoint: a TimeStampReq (DER)."""
    _nonempty(log)
    return timestamp.request(log.checkpoint.body.encode())


def asked(log: SealedLog, url: str) -> bytes:
    """An authority's reply for the newest checkpoint. As `asking.ask`."""
    return ask(url, request(log))


def read_reply(path: Path) -> bytes:
    """The bytes of a reply file. UsageError where it cannot be read."""
    return read(path, limits.MAX_TIMESTAMP_BYTES)


def keep(log: SealedLog, reply: bytes) -> tuple[int, Path]:
    """Keep a reply: of how many segments the checkpoint is that it is over, and the file in the log's folder.

    MalformedEvidence, LimitExceeded for its form; EvidenceRefused where it is over no checkpoint of this log, of the
    last 1,024. Whom it is of is for a policy to say.
    """
    _nonempty(log)
    imprint = timestamp.imprint_of(reply)
    layout = Layout(log.path)
    settings = Settings.load(layout)
    entries = [segment.entry.encode() for segment in log.segments]
    for size in range(len(entries), max(0, len(entries) - _SIZES), -1):
        body = settings.checkpoint(entries[:size]).body.encode()
        if hashlib.sha256(body).digest() == imprint:
            return size, kept.keep_stamp(layout, size, reply)
    raise EvidenceRefused(f"the time stamp is over no checkpoint of {log.origin}, nor of what it was before")


def _nonempty(log: SealedLog) -> None:
    if not log.segments:
        raise UsageError(
            f"{log.path} has no sealed segment yet: there is nothing to date", help="zkcompliance seal --help"
        )
