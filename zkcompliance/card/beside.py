"""What a claim's file says of a value that it discloses: which limit it stands beside, and within which band.

    BESIDE = Beside("total", "limit", low="at_least", high="at_most")

Reports draw it. Nothing here changes the claim's program.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from zkcompliance.card.types import NUMBER, PPM, Type
from zkcompliance.errors import UsageError


@dataclass(frozen=True)
class Beside:
    """The revealed `value` is measured against the parameter `limit`, of the same unit.

    low, high: the parameters, shares of the limit, that the claim shows it to lie between; None: it shows no band.
    """

    value: str
    limit: str
    low: str | None = None
    high: str | None = None

    def check(self, revealed: Mapping[str, Type], params: Mapping[str, Type]) -> None:
        """UsageError unless the claim has all of these, of fitting types, and both edges of a band or none."""
        for name, among in ((self.value, revealed), (self.limit, params), (self.low, params), (self.high, params)):
            if name is not None and name not in among:
                raise UsageError(f"BESIDE names {name!r}, and the claim has {', '.join(among) or 'none'} there")
        if (self.low is None) != (self.high is None):
            raise UsageError("BESIDE has one edge of a band: a band has low and high")
        if revealed[self.value] != params[self.limit] or params[self.limit].kind != NUMBER:
            raise UsageError(f"BESIDE: {self.value} and {self.limit} are not numbers of one unit")
        if any(name is not None and params[name] != PPM for name in (self.low, self.high)):
            raise UsageError("BESIDE: the edges of a band are shares")
