"""A treaty whose limit follows an index: its policy, the authority's log, a lab's, and whoever judges."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.kit.story import DAY, Story, ago
from zkcompliance.card import catalogue

POLICY = """\
format = "zkcompliance-policy/v1"
id = "treaty-that-adjusts"
version = 1
title = "Training compute below a limit that follows an index"
jurisdiction = "an example"
sources = ["Treaty, article 4 (made up for this test)"]
valid_from = 2026-01-01
valid_until = 2099-01-01
subject = "required"

[freshness]
proof = "30 days"

[logs.compute]
schema = "compute"
rows = 1

[logs.index]
schema = "model"
keys = ["{key}"]

[indices.frontier]
requirement = "index"
value = "value in thousandths"
per = 1000
at_least = 1
at_most = 2000

[[requirements]]
name = "below"
says = "Below 1e25 FLOP times the index."
claim = "training-compute-below@2"
card = "{below}"
logs = {{ compute = "compute" }}
params.limit = {{ at_most = "1e25 * frontier" }}
params.phases = {{ includes = "pretraining, fine_tuning, reinforcement, synthetic_data" }}
params.model = {{ subject = true }}
params.before = 0
params.outside = "25%"

[[requirements]]
name = "index"
says = "What the authority's index stands at."
claim = "index-value@1"
card = "{index}"
logs = {{ index = "index" }}
params.name = "frontier"
params.as_of = {{ within = "1 hour" }}
"""


CLAIMS = {"below": "training-compute-below", "index": "index-value"}


def written(key: str) -> str:
    """The policy that names the authority's key."""
    return POLICY.format(key=key, **{name: catalogue.load(claim).digest.hex() for name, claim in CLAIMS.items()})


class Treaty(Story):
    """The story under a policy of its own, which names the authority's key."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, str(folder / "treaty.toml"))
        self.stands(1000, 40)
        key = (folder / "index.key.pub").read_text(encoding="utf-8").strip()
        Path(self.policy).write_text(written(key), encoding="utf-8")

    def stands(self, value: int, days: int) -> None:
        """The authority seals a value that stands since so many days ago."""
        self.rows("index", "model", [{"model": "frontier", "released": ago(days * DAY), "frontier_index": value}])

    def judged(self, *more: str) -> tuple[int, dict[str, Any]]:
        """What whoever judges finds, who has the lab's key, and remembers the logs that were seen."""
        keys, self.logs = self.logs, {name: at for name, at in self.logs.items() if name != "index"}
        try:
            return self.verify("--state", str(self.folder / "seen"), *more)
        finally:
            self.logs = keys
