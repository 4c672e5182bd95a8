"""The share of a segment's budget that came with a copy of its rows: the file `share` beside the ledger.

    zkcompliance-share-1
    32 bytes in hex        the share's id, drawn for the hand-over that it came with
    UNITS                  what its ledger allows
    N/D of LEFT            which part was asked, of how many units that were left where it came from
    SHA-256 of the lines before, in hex

UNITS are whole proofs: the number of row-local proofs that LEFT has room for, times N/D, rounded down, times the units
of one. The ledger's header binds id and units, so that a share with others has no ledger.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from fractions import Fraction

from zkcompliance.edge.shown import command
from zkcompliance.errors import LogCorrupt, UsageError
from zkcompliance.log import files
from zkcompliance.log.layout import SegmentPaths
from zkcompliance.stark.commit.budget import Share

_FORMAT = "zkcompliance-share-1"
_MAX_BYTES = 1024
_PART = re.compile(r"([1-9][0-9]{0,5})/([1-9][0-9]{0,5})")
_LINES = re.compile(
    rf"{_FORMAT}\n([0-9a-f]{{64}})\n([1-9][0-9]{{0,9}})\n({_PART.pattern}) of ([1-9][0-9]{{0,9}})\n", re.ASCII
)


@dataclass(frozen=True)
class Handed:
    """A share as its file says it. part: of what was left, as `1/2`; left: units that were."""

    share: Share
    part: str
    left: int

    def encode(self) -> bytes:
        """The bytes of the file."""
        lines = f"{_FORMAT}\n{self.share.id.hex()}\n{self.share.units}\n{self.part} of {self.left}\n".encode()
        return lines + f"{hashlib.sha256(lines).hexdigest()}\n".encode()

    def fits(self, proof: int) -> bool:
        """Whether its units are that part of what was left. proof: units of one row-local proof."""
        return self.share.units == units_of(self.part, self.left, proof)


def read_part(text: str) -> str:
    """A part as it is given: `1/2`, at most 1. UsageError for anything else."""
    match = _PART.fullmatch(text)
    if match is None or int(match[1]) > int(match[2]):
        raise UsageError(
            f"{text!r} is no share: it is a fraction of what is left of the budget, such as 1/2, at most 1/1"
        )
    return text


def units_of(part: str, left: int, proof: int) -> int:
    """Units of a part of `left` ≥ 0 units, in whole proofs of `proof` units each; 0 where that is less than one."""
    numerator, denominator = part.split("/")
    return int(left // proof * Fraction(int(numerator), int(denominator))) * proof


def load(paths: SegmentPaths) -> Handed | None:
    """The share of a segment's folder; None for a segment of whoever sealed it. LogCorrupt where it is damaged."""
    with files.reporting(paths.share):
        if not os.path.lexists(paths.share):
            return None
    data = files.read(paths.share, _MAX_BYTES, folders=SegmentPaths.DEPTH)
    match = _LINES.match(data.decode("ascii", "replace"))
    if match is not None and int(match[2]) < 1 << 32:
        handed = Handed(Share(bytes.fromhex(match[1]), int(match[2])), match[3], int(match[6]))
        if handed.encode() == data:
            return handed
    raise LogCorrupt(
        f"{paths.share}, the share of the budget that was handed over, is damaged",
        help=command("zkcompliance", "fsck", paths.log.root),
    )
