"""A treaty that adjusts itself: its limit is so many times an index that an authority seals, and falls with it."""

from __future__ import annotations

import re
from pathlib import Path
from unittest import mock

import pytest

from tests.kit.story import MODEL
from tests.kit.treaty import Treaty, written
from zkcompliance.errors import MalformedPolicy
from zkcompliance.log.note import VerifierKey
from zkcompliance.policy.load import parse_policy

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
