"""docs/spec/limits.md says what the code does: the table, and how steps and columns are counted."""

from __future__ import annotations

import re
from pathlib import Path

from zkcompliance import limits
from zkcompliance.verify import shape, union

PAGE = (Path(__file__).parents[2] / "docs" / "spec" / "limits.md").read_text(encoding="utf-8")
VERIFY = Path(shape.__file__).parent
ALSO = (
    "lineage/stream.py", "policy/proofs.py", "policy/frame.py", "card/file.py", "card/catalogue.py",
    "openings/file.py", "openings/draw.py", "request/rows.py",
)  # fmt: skip
READERS = [*VERIFY.glob("*.py"), *(VERIFY.parent / name for name in ALSO)]


def test_the_table_has_the_limits_of_the_code() -> None:
    rows = re.findall(r"^\| .* \| (\d+) \| `(\w+)` \|$", PAGE, re.MULTILINE)
    assert len(rows) == PAGE.count("`MAX_") and all(getattr(limits, name) == int(value) for value, name in rows)


def test_no_limit_of_the_verifier_is_left_out() -> None:
    """Those on numbers of rows and on soundness stand where they belong, in log.md and soundness.md."""
    used = {name for path in READERS for name in re.findall(r"limits\.(\w+)", path.read_text())}
    elsewhere = {"MIN_LOG_ROWS_LOG2", "MAX_LOG_ROWS_LOG2", "MAX_CAPACITY_LOG2", "MIN_SECURITY_BITS"}
    assert used - elsewhere == set(re.findall(r"`(M\w+)`", PAGE)) - {"MAX_CLOCK_SECONDS"}


def test_the_steps_of_the_cells_table() -> None:
    said = re.search(r"The cells table counts (\d+) \+ (\d)·R·2\^e nodes, R·2\^e pairs", PAGE)
    assert said is not None
    some, each = map(int, said.groups())
    for kappa in (13, 14, 15, 16, 21):
        for buses in ((0,), (0, 5, 6)):
            table = union.cells_table(kappa, buses).parts[0].table
            pairs = len(buses) * 2 ** max(0, 16 - kappa)
            interactions = pairs + 1
            groups = -(-interactions // 3)
            counted = some + each * pairs + 2 * 3 + interactions * (1 + 4) + 2 * groups + 2 + pairs
            assert union.cells_steps(table) == counted
