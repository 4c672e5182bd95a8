"""The page in a real browser: no sideways scrolling on a phone, nothing loaded, no complaint, and it prints."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.kit import browser, verdicts
from zkcompliance import report
from zkcompliance.policy.verdict import Value, Verdict

KINDS = verdicts.all_kinds()
pytestmark = pytest.mark.skipif(browser.CHROMIUM is None, reason="no Chromium here")


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[browser.Browser]:
    with browser.launch(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.mark.parametrize("verdict", KINDS.values(), ids=KINDS.keys())
def test_it_fits_every_width_and_loads_nothing(verdict: Verdict, tab: browser.Browser, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(report.write(verdict, "html"))
    for width in (320, 390, 1280):
        tab.open(page, width)
        assert tab.width() <= width
        assert tab.requests() == [page.as_uri()]
        assert tab.complaints() == []


@pytest.mark.parametrize("kind", ["all met", "not met and not shown", "undecided", "many logs", "hostile 0", "nothing"])
def test_it_prints(kind: str, tab: browser.Browser, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(report.write(KINDS[kind], "html"))
    tab.open(page, 1280)
    pdf = tab.pdf()
    assert pdf.startswith(b"%PDF-")
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 20
    box = re.findall(rb"/MediaBox\s*\[0 0 ([0-9.]+) ([0-9.]+)\]", pdf)
    assert box and {(round(float(w)), round(float(h))) for w, h in box} <= {(595, 842), (596, 842), (595, 841)}


def test_what_is_asked_of_logs_takes_no_page_each(tab: browser.Browser, tmp_path: Path) -> None:
    """Ten logs' floors print on few pages, and how to check it begins where the logs' keys end."""
    floors = [
        replace(verdicts.proved(f"floor: log-{number}", "log-floor-compute@1"), says=f"The log log-{number} has 1 row.")
        for number in range(10)
    ]
    page = tmp_path / "page.html"
    counts = []
    for some in (floors[:1], floors):
        page.write_text(report.write(verdicts.verdict(verdicts.BELOW, *some), "html"))
        tab.open(page, 1280)
        counts.append(len(re.findall(rb"/Type\s*/Page\b", tab.pdf())))
    assert counts[1] - counts[0] <= 5
    source = page.read_text()
    order = [source.index(f">{each}</h2>") for each in ("Logs, keys and receipts", "How to check this yourself")]
    between = source[order[0] : order[1]]
    assert between.count("<h2") == 1 and "break-inside: avoid; }" in source and ".finding, figure" not in source


def test_words_break_at_spaces_alone_where_they_have_room(tab: browser.Browser, tmp_path: Path) -> None:
    """A word of a name, such as cybersecurity, stands on one line in a table of any width."""
    page = tmp_path / "page.html"
    values = [Value(f"cybersecurity_{n}", "parameter", "5 days", 5, "the clock of cybersecurity") for n in range(3)]
    page.write_text(
        report.write(verdicts.verdict(replace(verdicts.CLOCK, values=tuple(values)), verdicts.BELOW), "html")
    )
    for width in (390, 700, 1280):
        tab.open(page, width)
        assert tab.evaluate(BROKEN) == []


BROKEN = """
[...document.querySelectorAll("th, td, dt, dd")].flatMap(cell => {
  const walk = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT), found = [];
  while (walk.nextNode()) for (const word of walk.currentNode.data.matchAll(/\\b[A-Za-z_]{4,14}\\b/g)) {
    const range = document.createRange();
    range.setStart(walk.currentNode, word.index);
    range.setEnd(walk.currentNode, word.index + word[0].length);
    if (range.getClientRects().length > 1 && !cell.querySelector("code")) found.push(word[0]);
  }
  return found;
})
"""


def test_a_wide_page_would_be_noticed(tab: browser.Browser, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        '<!doctype html><meta name="viewport" content="width=device-width"><div style="width:700px">x</div>'
    )
    tab.open(page, 390)
    assert tab.width() > 700


def test_the_browser_reads_the_page_as_it_is_meant(tab: browser.Browser, tmp_path: Path) -> None:
    """The accessibility tree: headings, tables with their headers, and the picture with its description."""
    page = tmp_path / "page.html"
    page.write_text(report.write(KINDS["all met"], "html"))
    for width in (390, 1280):
        tab.open(page, width)
        nodes = tab.call("Accessibility.getFullAXTree")["nodes"]
        seen = [(n["role"]["value"], n.get("name", {}).get("value", "")) for n in nodes if not n.get("ignored")]
        roles = {role for role, _ in seen}
        assert {"heading", "table", "rowheader", "cell", "main", "image"} <= {r.replace("img", "image") for r in roles}
        pictures = [name for role, name in seen if role in ("image", "img")]
        assert len(pictures) == 1 and "63% of it" in pictures[0]
        assert not [name for role, name in seen if role == "heading" and not name]
