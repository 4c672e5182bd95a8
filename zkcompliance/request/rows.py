"""What a request asks of rows: of which checkpoint, how many, drawn by which round of a beacon, and by what weight.

The round is the first that is published 60 seconds after the request is made, or later: so the asker is bound before
it is known, and the lab by the checkpoint, which the asker has seen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from zkcompliance import limits
from zkcompliance.errors import MalformedRequest
from zkcompliance.evidence import beacon as beacons
from zkcompliance.evidence.beacon import Beacon, first_round
from zkcompliance.log.checkpoint import MAX_SIZE
from zkcompliance.log.note import check_name
from zkcompliance.request.lines import Value

WAIT = 60  # seconds from the request to its round
BY_ROWS, BY_FLOP = WEIGHTS = ("rows", "flop")
_ROOT = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class AskedRows:
    """origin, size, root: of the checkpoint, root of 32 bytes. rows: how many are drawn, 1 … MAX_OPENED_ROWS; weight:
    one of WEIGHTS. By FLOP units of the total are drawn, and the rows opened that hold them: as many, or fewer."""

    origin: str
    size: int
    root: bytes
    beacon: Beacon
    round: int
    rows: int
    weight: str

    def values(self) -> dict[str, Value]:
        """As a table of the file."""
        return {
            "origin": self.origin, "size": self.size, "root": self.root.hex(), "beacon": self.beacon.name,
            "round": self.round, "rows": self.rows, "weight": self.weight,
        }  # fmt: skip

    @classmethod
    def of(cls, values: Mapping[str, Value], made: int) -> AskedRows:
        """From a table of a request that was made at that time. MalformedRequest, with what is wrong."""
        if tuple(values) != ("origin", "size", "root", "beacon", "round", "rows", "weight"):
            raise MalformedRequest("[openings] has origin, size, root, beacon, round, rows and weight, in this order")
        origin, size, root, name, number, rows, weight = values.values()
        if not isinstance(origin, str) or not check_name(origin):
            raise MalformedRequest("openings.origin is no log's name")
        if type(size) is not int or not 1 <= size <= MAX_SIZE:
            raise MalformedRequest("openings.size is the number of segments of the checkpoint, at least 1")
        if not isinstance(root, str) or not _ROOT.fullmatch(root):
            raise MalformedRequest("openings.root is 64 hexadecimal digits, lower case")
        beacon = beacons.BEACONS.get(name) if isinstance(name, str) else None
        if beacon is None:
            raise MalformedRequest(f"openings.beacon is one of {', '.join(beacons.BEACONS)}")
        if type(rows) is not int or not 1 <= rows <= limits.MAX_OPENED_ROWS:
            raise MalformedRequest(f"openings.rows is from 1 to {limits.MAX_OPENED_ROWS}")
        if weight not in WEIGHTS:
            raise MalformedRequest(f"openings.weight is one of {', '.join(WEIGHTS)}")
        if number != (first := first_round(beacon, made + WAIT)):
            raise MalformedRequest(
                f"openings.round is {first}, the first round of {beacon.name} that is published {WAIT} seconds after "
                "the request is made, or later: with any other the asker could have known what is drawn"
            )
        return cls(origin, size, bytes.fromhex(root), beacon, first, rows, str(weight))
