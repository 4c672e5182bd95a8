"""Every block and every table line of docs/claims.md does what it says."""

from __future__ import annotations

import re
import runpy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.kit.claim_texts import defined
from tests.kit.doc_blocks import ROOT, blocks, run_in_order
from zkcompliance.claim import catalogue
from zkcompliance.claim.compile import compile_claim
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.errors import ClaimDefinitionError

TEXT = (ROOT / "docs" / "claims.md").read_text(encoding="utf-8")
BLOCKS = blocks("docs/claims.md")
HEAD = """from zkcompliance.claim.language import *

@claim("word")
def word(compute: ComputeLog, registry: ChipLog, events: EventLog, decisions: DecisionLog,
         limit: Param[Flop], since: Param[Time]) -> None:
    \"\"\"A word of the language.\"\"\"
    jobs = compute.where(compute.phase != "failed")
    runs = jobs.group_by(jobs.run)
    placed = jobs.where(jobs.site.is_given())
    require("decided", decisions.count() <= 98_765_432)
    sites = registry.where(registry.site.is_given())
    require("used", (compute.flop.sum() <= limit) & (registry.count() <= 10**8) & (events.at.max(empty=0) >= since))
"""


def table(heading: str) -> list[list[str]]:
    """The lines of every table with that first heading: cells without the escapes of Markdown."""
    found = []
    for part in re.findall(rf"^\| {re.escape(heading)} \|.*?\n\n", TEXT + "\n\n", re.MULTILINE | re.DOTALL):
        for line in part.strip().split("\n")[2:]:
            cells = re.split(r"(?<!\\)\|", line)[1:-1]
            found.append([cell.strip().replace("\\|", "|") for cell in cells])
    return found


def code(cell: str) -> list[str]:
    """The code spans of a cell."""
    return [a.strip() or b for a, b in re.findall(r"``(.+?)``|`([^`]+)`", cell)]


WORDS = [code(line[0])[0] for line in table("condition")]
REFUSED = [(code(line[0])[0], code(line[1])) for line in table("you write")]


@pytest.fixture
def define(tmp_path: Path) -> Callable[[str], ClaimDefinition]:
    """A claim with that line in its body."""

    def make(line: str) -> ClaimDefinition:
        return defined(tmp_path / "word.py", f"{HEAD}    {line}\n")

    return make


def test_blocks_run_in_order(tmp_path: Path) -> None:
    assert run_in_order("docs/claims.md", tmp_path) == {"python", "sh", "text"}
    assert len(BLOCKS) == 25


@pytest.mark.parametrize("condition", WORDS)
def test_vocabulary_compiles(condition: str, define: Callable[[str], ClaimDefinition]) -> None:
    assert compile_claim(define(f'require("a", {condition})')).program.digest


@pytest.mark.parametrize(("line", "messages"), REFUSED)
def test_refusals(line: str, messages: list[str], define: Callable[[str], ClaimDefinition]) -> None:
    with pytest.raises(ClaimDefinitionError) as caught:
        compile_claim(define(line))
    first, place, *remedy = (part.strip() for part in caught.value.message.split("\n"))
    if messages[0].endswith("…"):  # the page has the beginning of a list
        assert first.startswith(messages[0].removesuffix("…"))
        messages = [first, *messages[1:]]
    assert [first, *remedy] == messages
    assert place == f"at word.py:13: {line}"


def test_tables_are_read() -> None:
    assert (len(WORDS), len(REFUSED)) == (48, 34)


def mine(tmp_path: Path, old: str = "", new: str = "") -> tuple[Path, str]:
    """The page's claim, changed; its digest."""
    text = next(text for _, option, _, text in BLOCKS if option == "file")
    assert old in text
    path = tmp_path / "any_name.py"
    path.write_text(text.replace(old, new) if old else text, encoding="utf-8")
    return path, catalogue.load(str(path)).program_digest.hex()


def test_what_the_digest_pins(tmp_path: Path) -> None:
    same = mine(tmp_path)[1]
    for old, new in (
        ('"30 days"', '"31 days"'),
        ('job may run"', 'job may run", at_least=1'),
        ("none too long", "none long"),
        ("DAY = 86400", "DAY = 24 * 3600"),
    ):
        assert mine(tmp_path, old, new)[1] == same
    for old, new in (
        ("version=1", "version=2"),
        ("jobs-on", "jobs-at"),
        ("longest", "most"),
        ("registry", "list"),
        ("there is a job", "a job there is"),
        ("<= longest", "< longest"),
        ("figures=1", "figures=2"),
    ):
        assert mine(tmp_path, old, new)[1] != same, (old, new)


def test_what_a_proof_reveals_follows_from_publics_and_reveals(tmp_path: Path) -> None:
    """27 jobs and 21 others, on other rows: the same public values."""
    scope = runpy.run_path(str(mine(tmp_path)[0]))
    claim = next(each for each in scope.values() if isinstance(each, ClaimDefinition))
    job, sites, holds = scope["job"], scope["sites"], scope["holds"]
    stated = []
    for rows in ([job()] * 27, [job(flop=9, end=5, site="turin")] * 20 + [job(utilisation=0)]):
        tables, publics = holds("", compute=rows, registry=sites).inputs(claim)
        wide = {name: [np.pad(t, ((0, 0), (0, 32 - t.shape[1]))) for t in parts] for name, parts in tables.items()}
        stated.append(compile_claim(claim).witness(wide, claim.publics(publics))[2])
    assert stated[0] == stated[1]
    assert stated[0]["jobs"] == 20
