"""A treaty that adjusts itself: its limit is so many times an index that an authority seals, and falls with it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from tests.kit.story import DAY, MODEL, Story, ago
from zkcompliance.card import catalogue
from zkcompliance.errors import MalformedPolicy
from zkcompliance.log.note import VerifierKey
from zkcompliance.policy.load import parse_policy

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


ROW = {
    "start": "2026-01-05T00:00:00Z", "end": "2026-02-01T00:00:00Z", "run": "base-1", "method": "hardware",
    "phase": "pretraining", "model": MODEL,
}  # fmt: skip


def test_a_limit_falls_with_its_index(tmp_path: Path) -> None:
    """9e24 FLOP are below 1e25 times 1; when the index falls to 0.8, that proof passes no more, nor a new one."""
    story = Treaty(tmp_path)
    story.rows("compute", "compute", [{**ROW, "flop": "7.5e24"}])
    made = story.prove("below.limit=9e24")
    assert made.exit_code == 0, made.output
    status, said = story.judged()
    assert status == 0, said
    old = story.proof.read_bytes()
    story.proof.unlink()
    story.stands(800, 1)
    assert "is 8e24 FLOP, with frontier at 0.8" in story.not_proved("below.limit=9e24")
    assert story.prove("below.limit=8e24").exit_code == 0
    assert story.judged()[0] == 0
    story.proof.write_bytes(old)
    status, said = story.judged()
    assert status == 1 and {each["error"]["code"] for each in said["requirements"] if each["error"]} == {"stale"}


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ('"1e25 * frontier"', '"1e25 * other"', "no index other"),
        ('"1e25 * frontier"', '"1e25*frontier"', "is a number"),
        ('"1e25 * frontier"', '"-1e25 * frontier"', "is a number"),
        ('"1e25 * frontier"', '"1e40 * frontier"', "cannot have"),
        ('"1e25 * frontier"', '"1e28 * frontier"', "asks nothing"),
        ('requirement = "index"', 'requirement = "none"', "no requirement none"),
        ('requirement = "index"', 'requirement = "below"', "reveals exactly"),
        ('value = "value in thousandths"', 'value = "rows that count"', "reveals exactly"),
        ("at_most = 2000", "at_most = 1", "is from 2"),
        ('keys = ["', 'most = 1 # ["', "needs logs.index.keys"),
        ('[indices.frontier]', '[indices.Frontier]', "is a name"),
    ],
)  # fmt: skip
def test_what_no_index_is(before: str, after: str, why: str) -> None:
    text = written(VerifierKey("authority.example/index", bytes([1]) * 32).text)
    assert text.count(before) == 1 and parse_policy(text.encode()).requirements
    with pytest.raises(MalformedPolicy, match=re.escape(why)):
        parse_policy(text.replace(before, after).encode())


def test_whoever_proves_over_the_product_is_refused(tmp_path: Path) -> None:
    """A lab whose own program does not look at products states a limit that the index at its most would admit."""
    story = Treaty(tmp_path)
    story.rows("compute", "compute", [{**ROW, "flop": "1.5e25"}])
    with (
        mock.patch("zkcompliance.prove.policy._together", return_value=[]),
        mock.patch("zkcompliance.prove.policy._judge"),
    ):
        assert story.prove("below.limit=1.9e25").exit_code == 0
    status, said = story.judged()
    below, index = said["requirements"][:2]
    assert status == 1 and index["status"] == "met" and below["error"]["code"] == "statement-mismatch"
    assert "1e25 * frontier is 1e25 FLOP, with frontier at 1" in below["error"]["message"]
