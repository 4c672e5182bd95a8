"""What words cost is what the programs that are compiled today cost."""

from __future__ import annotations

import re

from tests.kit.word_costs import PAGE, VOCABULARY, WORDS, line, program, written


def test_the_page_has_what_the_programs_have() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert written(page) == page, "python -m tests.kit.word_costs writes it anew"
    assert all(line(*word) in page for word in WORDS)


def test_each_word_has_its_cost_beside_it() -> None:
    rows = PAGE.read_text(encoding="utf-8").partition(f"{VOCABULARY}\n")[2].partition("\n\n")[0].split("\n")[1:]
    assert len(rows) >= 47
    assert all(re.search(r"\| [0-9]+, [0-9]+( [+] [0-9]+, [0-9]+)? \|$", row) for row in rows)


def test_a_cost_that_is_false_is_noticed() -> None:
    page = PAGE.read_text(encoding="utf-8")
    found = re.search(r"\| ([0-9]+), [0-9]+ \|$", page, re.MULTILINE)
    assert found is not None
    false = page[: found.start(1)] + str(int(found[1]) + 1) + page[found.end(1) :]
    assert written(false) == page


def test_a_column_that_is_read_for_the_first_time_is_counted() -> None:
    """The tables of each log that a condition reads are among those that are counted, and of no other log."""
    assert [table.log for table in program("jobs.every(within(jobs.run, registry.owner))").tables] == [0, 1]
