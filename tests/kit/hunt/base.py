"""What a case of the under-constraint hunt is, and rows to make cases of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from zkcompliance.claim.language import base
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.claim.meaning.brackets import Brackets


@dataclass
class Hunt:
    """A claim and a case in which it holds; brackets: of each log's segments, open where none are given."""

    claim: ClaimDefinition
    given: dict[str, Any]
    brackets: Brackets | None = None

    @property
    def requirements(self) -> set[str]:
        """The names that the author wrote."""
        return {each.name for each in self.claim.requirements}


job = base(start=0, end=3600, run="r1", phase="pretraining", method="hardware", flop=1)
event = base(serial=1, model="m1", kind="eval", at=5, cumulative_flop=0)
chip = base(chip="c1", kind="h100_sxm", owner="acme", site="s1", **{"from": 0}, until=100)
sample = base(suite="s", item="i1", model="m1", domain="bio", at=0, score=5)
