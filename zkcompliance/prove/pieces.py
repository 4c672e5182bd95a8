"""Proofs as pieces of work that another process can make: what is to be proved, as data, and the log folders by path.

A piece is one proof. Its units are reserved by whoever hands it out, before it is handed out (`log.reservation`), and
it may be made twice where who makes it is lost: it spends nothing itself. Claims are those of the catalogue, which
both have; of each log it says at which checkpoint it is proved, and whoever makes it opens the same folder.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path

from zkcompliance.claim import catalogue
from zkcompliance.errors import UsageError
from zkcompliance.log.store import SealedLog
from zkcompliance.prove import api
from zkcompliance.prove.api import NOTHING, Anchored, Asked
from zkcompliance.prove.engine import warm_up
from zkcompliance.prove.parts import part_of
from zkcompliance.spread import each


@dataclass(frozen=True)
class Sealed:
    """A log folder, and the checkpoint body at which it is proved."""

    path: Path
    body: str

    def opened(self) -> SealedLog:
        """UsageError where it is not at that checkpoint here; besides, what `SealedLog.open` raises."""
        log = SealedLog.open(self.path)
        if log.checkpoint_body != self.body:
            raise UsageError(
                f"{self.path} is at another checkpoint where the proof is made than where it was asked for",
                help="every worker sees the same folder; seal no more rows while it is proved",
            )
        return log


@dataclass(frozen=True)
class Wanted:
    """A claim of the catalogue to be proved for a requirement. program: its digest, 32 bytes; logs: by slot."""

    requirement: str
    claim: str
    program: bytes
    logs: Mapping[str, tuple[Sealed, ...]]
    publics: Mapping[str, int]

    def asked(self) -> Asked:
        """UsageError where another claim goes by this name here."""
        claim = catalogue.load(self.claim)
        if claim.program_digest != self.program:
            raise UsageError(
                f"{self.claim} is another claim where the proof is made than where it was asked for",
                help="pip install zkcompliance  # the same version on every worker",
            )
        opened = {slot: [each.opened() for each in several] for slot, several in self.logs.items()}
        return Asked(self.requirement, claim, opened, self.publics)


@dataclass(frozen=True)
class Piece:
    """The claims of one proof, which has this head; number, of: which it is of the proofs of a file."""

    head: bytes
    wanted: tuple[Wanted, ...]
    number: int = 1
    of: int = 1
    anchored: Anchored = NOTHING

    @property
    def label(self) -> str:
        """As a dashboard has it."""
        return f"proof {self.number} of {self.of}"


def piece_of(asked: Sequence[Asked], head: bytes, anchored: Anchored = NOTHING) -> Piece:
    """UsageError for a claim that is not of the catalogue: its text is not handed out."""
    return Piece(head, tuple(map(_wanted, asked)), anchored=anchored)


def _wanted(asked: Asked) -> Wanted:
    claim = asked.claim
    if not catalogue.has(claim.id):
        raise UsageError(
            f"{claim.id} is no claim of the catalogue, and such alone are proved by other processes",
            help="prove it without a cluster",
        )
    logs = {slot: tuple(sealed(part_of(given).log) for given in several) for slot, several in asked.logs.items()}
    publics = {name: int(value) for name, value in asked.publics.items()}  # an id without the text it was made of
    return Wanted(asked.requirement, claim.id, claim.program_digest, logs, publics)


def sealed(log: SealedLog) -> Sealed:
    """A log as it is opened now, for another process."""
    return Sealed(log.path.absolute(), log.checkpoint_body)


def make_piece(piece: Piece) -> bytes:
    """The proof file, verified once, as `api.make`; what it spends is reserved already. Runs wherever it is sent."""
    warm_up()
    asked = [each.asked() for each in piece.wanted]
    return api.make(api.get_ready(asked, piece.head, spent=True, anchored=piece.anchored))


def make_all(pieces: Sequence[Piece], executor: Executor, done: Callable[[int], None]) -> list[bytes]:
    """The proof files, in the order of the pieces. done: is told how many there are, as they come.

    The first error of a piece is raised, and the pieces that nobody has begun are not made.
    """
    numbered = [replace(piece, number=number, of=len(pieces)) for number, piece in enumerate(pieces, 1)]
    return each(executor, make_piece, numbered, done)
