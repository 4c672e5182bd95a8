"""docs/obligations.md: every text that was read and every claim is in it, and what it names exists and fits."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.kit import law_texts
from zkcompliance.claim import catalogue as claims
from zkcompliance.policy import catalogue as policies

PAGE = (Path(__file__).parents[2] / "docs" / "obligations.md").read_text(encoding="utf-8")
HEAD = "| what is asked | claim | policy | what logs cannot show |"
NONE = "-"


def rows() -> list[tuple[str, ...]]:
    """The cells of every row of every table: what is asked, claims, policies, what is not shown."""
    lines = [line for line in PAGE.splitlines() if line.startswith("|") and line != HEAD and set(line) - set("|-")]
    return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]


def named(cell: str) -> list[str]:
    """The names in a cell, which has nothing beside them; of a dash none."""
    found = re.findall(r"`([^`]+)`", cell)
    assert cell == (", ".join(f"`{each}`" for each in found) or NONE), cell
    return found


ROWS = rows()


def test_every_row_is_whole() -> None:
    assert ROWS and PAGE.count(HEAD) == PAGE.count("\n## ")
    for row in ROWS:
        assert len(row) == 4 and all(row), row


def test_every_claim_is_there_and_no_other() -> None:
    """But for families, which are of logs and not of obligations."""
    assert {each for row in ROWS for each in named(row[1])} == set(claims.names(families=False))


def test_every_policy_is_there_and_no_other() -> None:
    assert {each for row in ROWS for each in named(row[2])} == set(policies.names())


@pytest.mark.parametrize("row", [row for row in ROWS if row[2] != NONE and row[1] != NONE], ids=lambda row: row[0][:40])
def test_a_policy_asks_the_claims_beside_it(row: tuple[str, ...]) -> None:
    """Each policy asks one of them at least, and each of them is asked by one: what none asks has a row of its own."""
    asked = {name: {each.claim for each in policies.load(name).requirements} for name in named(row[2])}
    beside = set(named(row[1]))
    assert all(theirs & beside for theirs in asked.values())
    assert beside <= set().union(*asked.values())


def test_every_text_that_was_read_is_there() -> None:
    """By the heading of its entry in docs/law."""
    linked = set(re.findall(r"\(law/([a-z0-9-]+\.md)#([a-z0-9-]+)\)", PAGE))
    entries = {
        (each.page, re.sub(r"[^a-z0-9 -]", "", each.article.lower()).replace(" ", "-")) for each in law_texts.entries()
    }
    assert linked == entries
