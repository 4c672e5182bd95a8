"""The table "What a word costs" of docs/claims.md, written from compiled programs: `python -m tests.kit.word_costs`."""

from __future__ import annotations

import re
import runpy
import tempfile
from pathlib import Path

from zkcompliance.claim.compile import compile_claim
from zkcompliance.stark.air.program import Program, TableAir

PAGE = Path(__file__).parents[2] / "docs" / "claims.md"
HEADING = "| word | beside each row: columns, constraints | in private tables | rows of these |"
EXTENSION = 6  # base columns of a column of the extension field
BOTH = "rows that ask and rows selected"
UNIQUE = "as above, and of the target"
SELECTED = "rows of the log"
WORDS = (  # what the private tables' rows are follows the condition
    ("jobs.flop.sum() <= limit", ""),
    ("jobs.every(jobs.flop <= limit)", ""),
    ("jobs.flop.max(empty=0) <= limit", ""),
    ("runs.every(runs.sum(jobs.flop) <= limit)", "keys in each bucket of rows"),
    ("jobs.unique(jobs.run)", "rows selected"),
    ("events.every(events.at >= events.at.previous(default=0))", ""),
    ("events.every(events.at >= events.at.previous(default=0, per=events.kind))", SELECTED),
    ("jobs.every(within(jobs.run, registry.owner))", ""),
    ("jobs.none(within(jobs.run, registry.owner))", BOTH),
    ("jobs.every(lookup(jobs.run, registry.owner, registry.from_, default=0) <= jobs.start)", UNIQUE),
    ('jobs.none(latest(events.kind, at=jobs.start, order=events.at, default="eval") == "pause")', BOTH),
    (
        'jobs.none(latest(events.kind, at=jobs.start, order=events.at, per=(jobs.run, events.model.or_else("")), '
        'default="eval") == "pause")',
        BOTH,
    ),
    ("jobs.every(jobs.flop.running() <= limit)", ""),
    ("jobs.every(jobs.order_by(jobs.end).flop.running(per=jobs.run) <= limit)", SELECTED),
    ('jobs.every(jobs.flop.sum_within("30 days", at=jobs.end) <= limit)', f"twice the {SELECTED}"),
    ('jobs.every(jobs.flop.sum_within("30 days", at=jobs.end, per=jobs.run) <= limit)', f"twice the {SELECTED}"),
)  # fmt: skip
ARGUMENTS = {
    "compute: ComputeLog": r"\b(jobs|runs)\b", "registry: ChipLog": r"\bregistry\b", "events: EventLog": r"\bevents\b",
    "limit: Param[Flop]": r"\blimit\b",
}  # fmt: skip


def program(condition: str) -> Program:
    """Of a claim that requires the condition alone, of all rows of each log."""
    arguments = ", ".join(name for name, pattern in ARGUMENTS.items() if re.search(pattern, condition))
    lines = ["from zkcompliance.claim.language import *", '@claim("word")', f"def word({arguments}) -> None:"]
    lines += ['    """A word."""', "    jobs = compute" if "compute" in arguments else ""]
    lines += ["    runs = compute.group_by(compute.run)" if "runs" in condition else ""]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "word.py")
        path.write_text("\n".join([*lines, f'    require("a", {condition})', ""]), encoding="utf-8")
        return compile_claim(runpy.run_path(str(path))["word"]).program


def cost(tables: list[TableAir]) -> str:
    """Columns (of the witness, and base columns of the extension) and constraints, added up."""
    columns = sum(table.witness + EXTENSION * len(table.groups) for table in tables)
    return f"{columns}, {sum(len(table.constraints) for table in tables)}" if tables else ""


def line(condition: str, rows: str) -> str:
    made = program(condition).tables
    logs, private = ([t for t in made if (t.log is None) == other] for other in (False, True))
    shown = condition.replace("|", "\\|")
    return f"| `{shown}` | {cost(logs)} | {cost(private)} | {rows if private else ''} |"


def written(page: str) -> str:
    """The page with the table as it is now."""
    table = "\n".join([HEADING, "|---|---|---|---|", *(line(*word) for word in WORDS)])
    return re.sub(rf"^{re.escape(HEADING)}\n(\|.*\n)*", lambda _: f"{table}\n", page, flags=re.MULTILINE)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
