"""Rounds of a public beacon for logs that are sealed again and again: a file that something else fetches anew."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from zkcompliance.errors import EvidenceRefused, ZkComplianceError
from zkcompliance.quantities import show_time

_WAITS = "# fetch one; what is to be sealed waits for it"
STALE = 86400  # seconds that a row may be ahead of its segment's round (rows-sealed-promptly-SCHEMA)


@dataclass(frozen=True)
class Rounds:
    """The file of a round of drand, read at each seal. required: whether nothing is sealed without a round of the last
    day; otherwise what is wrong is said, and the seal goes on: with an older round, or with none."""

    path: Path
    required: bool = False

    def newest(self, log: Path, now: float) -> tuple[tuple[int, bytes] | None, list[str]]:
        """What the segments of a seal hold, None for no round, and what is to be said. The round is kept in `log`.

        EvidenceRefused where one is required and there is none of the last day.
        """
        from zkcompliance.attest.stamping import read_beacon

        try:
            given = read_beacon(self.path)
        except ZkComplianceError as error:
            if self.required:
                raise EvidenceRefused(
                    f"{log} is not sealed without a round of a beacon: {error.message}", help=_WAITS
                ) from None
            return None, [f"{log} was sealed without a round of a beacon: {error.message}"]
        said = []
        if now - given.moment > STALE:
            old = f"the round in {self.path} is of {show_time(given.moment)}, more than a day ago"
            if self.required:
                raise EvidenceRefused(old, help=_WAITS)
            said.append(f"{old}: of no row over a day later than that is it shown that it was not made up ahead")
        given.keep(log)
        return given.held, said
