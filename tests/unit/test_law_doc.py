"""docs/law: short exact quotations, an entry for each article that a policy relies on, `checked` only where read."""

from __future__ import annotations

import re

import pytest

from tests.kit import law_texts
from tests.kit.law_texts import PAGES, Entry
from zkcompliance.policy import catalogue
from zkcompliance.report.policy import day

ENTRIES = {(each.source, each.article): each for each in law_texts.entries()}
INDEX = (PAGES / "README.md").read_text(encoding="utf-8")
WORDS = 25


def rows() -> dict[str, tuple[str, str]]:
    """Of the index: policy → when it was checked, what it relies on."""
    return {
        name: (when, what) for name, when, what in re.findall(r"^\| ([a-z0-9-]+) \| (.+?) \| (.+) \|$", INDEX, re.M)
    }


def relied_on(source: str) -> list[Entry]:
    """The entries of one of a policy's sources: `NAME, ARTICLE, ARTICLE and ARTICLE: what they say`."""
    (name,) = [name for name in law_texts.sources().values() if source.startswith(f"{name}, ")]
    articles = source.removeprefix(f"{name}, ").partition(": ")[0]
    return [ENTRIES[name, article] for article in re.split(r", | and ", articles)]


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=lambda entry: f"{entry.page}-{entry.article}")
def test_an_entry(entry: Entry) -> None:
    """Quotes a few words at a time of a passage that is named by its digest, or says that there is no text."""
    if not entry.found:
        assert not entry.quotes and not entry.words and law_texts.NOT_FOUND in entry.text
        return
    assert entry.quotes and law_texts.NOT_FOUND not in entry.text
    for quote in entry.quotes:
        assert 1 <= len(quote.split()) <= WORDS, quote
    assert sum(len(quote.split()) for quote in entry.quotes) <= entry.words
    assert re.search(r"- A log can show: |- No policy (asks|relies|counts)", entry.text)


def test_the_pages() -> None:
    """Each says where its source is published and in what it was read, or that no text was found."""
    for page in law_texts.sources():
        text = (PAGES / page).read_text(encoding="utf-8")
        assert (re.search(r"^Published: ", text, re.M) and re.search(r"^Read in: ", text, re.M)) or (
            law_texts.NOT_FOUND in text and not [each for each in ENTRIES.values() if each.page == page]
        )
        assert f"({page}" in INDEX, page


@pytest.mark.parametrize("name", catalogue.names())
def test_a_policy_relies_on_what_was_read(name: str) -> None:
    """Each of its sources names entries; it has a day of checking where each of them was read, and else has none."""
    policy = catalogue.load(name)
    entries = [entry for source in policy.sources for entry in relied_on(source)]
    when, what = rows()[name]
    if all(entry.found for entry in entries):
        assert policy.checked is not None and when == day(policy.checked)
    else:
        assert policy.checked is None and when == law_texts.NOT_FOUND.lower()
        assert any("not read" in source or "no text" in source.lower() for source in policy.sources)
    linked = re.findall(r"\(([a-z0-9-]+\.md)#([a-z0-9-]+)\)", what)
    assert linked == [(entry.page, anchor(entry.article)) for entry in entries]


def test_the_index_has_every_policy() -> None:
    assert list(rows())[1:] == catalogue.names()


def anchor(heading: str) -> str:
    return re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")


def test_the_digest_is_of_the_text_without_its_lines() -> None:
    assert law_texts.digest(" not  later\n than\ttwo days \n") == law_texts.digest("not later than two days")
    assert law_texts.digest("a").startswith("ca978112ca1bbdca")
