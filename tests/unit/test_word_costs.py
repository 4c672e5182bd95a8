"""The table of what words cost is that of the programs that are compiled today."""

from __future__ import annotations

from tests.kit.word_costs import PAGE, WORDS, line, written


def test_the_page_has_what_the_programs_have() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert written(page) == page, "python -m tests.kit.word_costs writes it anew"
    assert all(line(*word) in page for word in WORDS)
