"""First versions of claims in today's language: they say what they said, and the bench proves them over its rows."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

from benches import table_rows
from benches.measured import ROOT, Checkout, Figures
from benches.table import line
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.claim.language.example import Example

FILES = sorted((ROOT / "benches" / "first_versions").glob("*.py"))
SAME = {name for name in table_rows.CLAIMS if name != "eval-score-under"}


def definition(path: Path) -> tuple[ClaimDefinition, tuple[Example, ...]]:
    names = runpy.run_path(str(path))
    (found,) = {each for each in names.values() if isinstance(each, ClaimDefinition)}
    return found, names["EXAMPLES"]


def test_every_claim_of_the_table_has_one() -> None:
    assert {path.stem.replace("_", "-") for path in FILES} == set(table_rows.CLAIMS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_examples_of_the_first_version_hold_and_fail(path: Path) -> None:
    """They are those that stood beside it, with the requirements that it had."""
    claim, examples = definition(path)
    assert [complaint for each in examples if (complaint := each.complaint(claim))] == []
    assert {name for each in examples for name in each.failing} and any(not each.failing for each in examples)


@pytest.mark.parametrize("name", table_rows.CLAIMS)
def test_they_are_proved_and_a_ratio_is_in_doubt_where_the_relation_changed(name: str) -> None:
    """By a checkout whose Python is this one; 2^12 rows are the fewest over which each holds."""
    rows = table_rows.first_version(name, 12, Here(ROOT))
    second, first = (rows[f"version 1 of {name}, 2^12 rows: {which} proof"] for which in ("second", "first"))
    assert second.size == first.size > 0 and second.statement == first.statement
    assert (second.statement == f"version 1 of {name}, 4096 rows") == (name in SAME)
    other = Figures(1.0, 1.0, 1.0, 1, f"version 1 of {name}, 4096 rows")
    assert ("?" in line("row", second, other)) == (name not in SAME)


class Here(Checkout):
    """This checkout, with the Python that runs the tests."""

    def python(self, *arguments: object, folder: Path | None = None) -> tuple[Figures, str]:
        return self.process([sys.executable, *arguments], folder)
