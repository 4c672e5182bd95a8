"""docs/spec/limits.md says what the code does: the table, and how steps and columns are counted."""

from __future__ import annotations

import re
from pathlib import Path

from zkcompliance import limits
from zkcompliance.verify import shape as instances

PAGE = (Path(__file__).parents[2] / "docs" / "spec" / "limits.md").read_text(encoding="utf-8")
VERIFY = Path(instances.__file__).parent


def test_the_table_has_the_limits_of_the_code() -> None:
    rows = re.findall(r"^\| .* \| (\d+) \| `(\w+)` \|$", PAGE, re.MULTILINE)
    assert len(rows) == PAGE.count("`MAX_") and all(getattr(limits, name) == int(value) for value, name in rows)


def test_no_limit_of_the_verifier_is_left_out() -> None:
    """Those on numbers of rows and on soundness stand where they belong, in log.md and soundness.md."""
    elsewhere = {"MIN_LOG_ROWS_LOG2", "MAX_LOG_ROWS_LOG2", "MAX_CAPACITY_LOG2", "MIN_SECURITY_BITS"}
    named = set(re.findall(r"`(M\w+)`", PAGE)) - {"MAX_CLOCK_SECONDS"}
    assert used_in("verify") | used_in("card") <= named | elsewhere
    assert named <= used_in("verify") | used_in("card") | used_in("lineage") | used_in("policy")


def used_in(room: str) -> set[str]:
    """The limits that the files of a room of the package name."""
    files = (VERIFY.parent / room).glob("*.py")
    return {name for path in files for name in re.findall(r"limits\.(\w+)", path.read_text(encoding="utf-8"))}


def test_the_steps_of_the_cells_table() -> None:
    said = re.search(
        r"counts (\d+) nodes, (\d) constraints,\n(\d) interactions with W = 1, (\d) group and (\d) w", PAGE
    )
    assert said is not None
    nodes, constraints, interactions, groups, witness = map(int, said.groups())
    counted = nodes + 2 * constraints + interactions * (1 + 4) + 2 * groups + witness
    assert counted == instances._steps(instances.CELLS_TABLE)
