"""What words cost, in docs/claims.md: beside each in "Vocabulary", and the table "What a word costs".

Both are written from compiled programs: `python -m tests.kit.word_costs`.
"""

from __future__ import annotations

import functools
import re
import tempfile
from pathlib import Path

from tests.kit.claim_texts import defined
from zkcompliance.claim.compile import compile_claim
from zkcompliance.stark.air.program import Program, TableAir

PAGE = Path(__file__).parents[2] / "docs" / "claims.md"
VOCABULARY = "| condition | in words | columns, constraints |"
HEADING = "| word | beside each row: columns, constraints | in private tables | rows of these |"
EXTENSION = 6  # base columns of a column of the extension field
BOTH = "rows that ask and rows selected"
UNIQUE = "as above, and of the target"
SELECTED = "rows of the log"
WORDS = (  # what the private tables' rows are follows the condition
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
MADE = {  # as the page has them above its table, each of what stands before it
    "jobs": 'compute.where(compute.phase != "failed")', "runs": "jobs.group_by(jobs.run)",
    "placed": "jobs.where(jobs.site.is_given())", "sites": "registry.where(registry.site.is_given())",
}  # fmt: skip
ARGUMENTS = {
    "compute": "ComputeLog", "registry": "ChipLog", "events": "EventLog", "decisions": "DecisionLog",
    "limit": "Param[Flop]", "since": "Param[Time]",
}  # fmt: skip


def _has(name: str, text: str) -> bool:
    return re.search(rf"(?<![.\w]){name}\b", text) is not None


@functools.cache
def program(condition: str) -> Program:
    """Of a claim that requires the condition alone."""
    used = condition
    made: list[str] = []
    for name, value in reversed(MADE.items()):
        if _has(name, used):
            made.insert(0, f"    {name} = {value}")
            used += f" {value}"
    arguments = ", ".join(f"{name}: {kind}" for name, kind in ARGUMENTS.items() if _has(name, used))
    lines = ["from zkcompliance.claim.language import *", '@claim("word")', f"def word({arguments}) -> None:"]
    lines += ['    """A word."""', *made, f'    require("a", {condition})', ""]
    with tempfile.TemporaryDirectory() as folder:
        return compile_claim(defined(Path(folder, "word.py"), "\n".join(lines))).program


def cost(tables: list[TableAir]) -> str:
    """Columns (of the witness, and base columns of the extension) and constraints, added up."""
    columns = sum(table.witness + EXTENSION * len(table.groups) for table in tables)
    return f"{columns}, {sum(len(table.constraints) for table in tables)}" if tables else ""


def costs(condition: str) -> tuple[str, str]:
    """Beside each row, and in private tables; the second is empty where there are none."""
    made = program(condition).tables
    logs, private = ([t for t in made if (t.log is None) == other] for other in (False, True))
    return cost(logs), cost(private)


def line(condition: str, rows: str) -> str:
    """A row of "What a word costs"."""
    beside, private = costs(condition)
    shown = condition.replace("|", "\\|")
    return f"| `{shown}` | {beside} | {private} | {rows if private else ''} |"


def word(row: str) -> str:
    """A row of "Vocabulary" with what it costs now."""
    condition, said, *_ = (cell.strip() for cell in re.split(r"(?<!\\)\|", row.strip())[1:-1])
    beside, private = costs(condition.strip("`").replace("\\|", "|"))
    return f"| {condition} | {said} | {beside}{f' + {private}' if private else ''} |"


def written(page: str) -> str:
    """The page with both tables as they are now."""
    table = "\n".join([HEADING, "|---|---|---|---|", *(line(*each) for each in WORDS)])
    page = re.sub(rf"^{re.escape(HEADING)}\n(\|.*\n)*", lambda _: f"{table}\n", page, flags=re.MULTILINE)

    def vocabulary(found: re.Match[str]) -> str:
        rows = found[0].rstrip("\n").split("\n")[2:]
        return "\n".join([VOCABULARY, "|---|---|---|", *map(word, rows)]) + "\n"

    return re.sub(rf"^{re.escape(VOCABULARY)}\n(\|.*\n)*", vocabulary, page, flags=re.MULTILINE)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
