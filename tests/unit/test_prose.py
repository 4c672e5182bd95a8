"""The Markdown of this repository: prose has lines of at most 120 columns, as code has, and links lead somewhere."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WIDTH = 120
LINK = re.compile(r"\]\(([^)\s]+)\)")
MARKERS = r"\s*(?:(?:[-+*>]|\d+[.)])\s+)*"
# What cannot be wrapped: a row of a table, a heading, one word, one link or picture.
WHOLE = re.compile(rf"{MARKERS}(?:\|.*|#+ .*|\S+|!?\[[^\]]*\]\([^)]*\)[.,:;]?)")


def pages() -> Iterator[Path]:
    """Every Markdown file of the checkout; no folder that tools fill, hidden ones among them."""
    for folder, inner, names in os.walk(ROOT):
        inner[:] = sorted(
            name
            for name in inner
            if not name.startswith(".")
            and name not in ("build", "dist", "node_modules")
            and not (Path(folder) / name / "pyvenv.cfg").exists()
        )
        for name in sorted(names):
            if name.endswith(".md"):
                yield Path(folder) / name


def wide(text: str) -> list[int]:
    """The numbers, from 1, of the lines that could be wrapped and are longer than WIDTH."""
    numbers, fence = [], ""
    for number, line in enumerate(text.split("\n"), 1):
        mark = re.match(rf"{MARKERS}(`{{3,}}|~{{3,}})", line)
        if fence:
            fence = "" if mark and mark[1].startswith(fence) and not line[mark.end() :].strip() else fence
        elif mark:
            fence = mark[1]
        elif len(line) > WIDTH and not WHOLE.fullmatch(line):
            numbers.append(number)
    assert not fence, "a block of code that nothing ends would hide all that follows"
    return numbers


def test_prose_is_wrapped() -> None:
    found = {str(path.relative_to(ROOT)) for path in pages()}
    assert {"README.md", "SECURITY.md", "docs/claims.md", "docs/spec/air.md", "tests/vectors/README.md"} <= found
    assert {path: lines for path in sorted(found) if (lines := wide((ROOT / path).read_text("utf-8")))} == {}


LONG = "word " * 30


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        (f"{LONG}\n\n- {LONG}\n  {LONG}\n> {LONG}", [1, 3, 4, 5]),
        (f"```sh\n{LONG}\n```\n{LONG}", [4]),
        (f"- item\n\n  ````text\n  ```\n  {LONG}\n  ````\n{LONG}", [7]),
        (f"| a | {LONG} |\n# {LONG}\n1. [{LONG}](page.md)\n![{LONG}](picture.png)\n- {'x' * 121}", []),
        (f"[{LONG}](page.md) and more", [1]),
        (f"{'é' * 60} {'‖' * 59}\n{'é' * 60} {'‖' * 60}", [2]),
    ],
)
def test_what_counts_as_prose(text: str, numbers: list[int]) -> None:
    assert wide(text) == numbers


def prose(text: str) -> str:
    """A page without blocks of code and code spans."""
    text = re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", "", text)


def anchors(text: str) -> set[str]:
    """What GitHub calls the headings of a page: letters, digits and hyphens, in lower case."""
    text = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


def test_links_lead_to_a_file_and_a_heading() -> None:
    seen, wrong = 0, []
    for page in pages():
        for target in LINK.findall(prose(page.read_text("utf-8"))):
            if re.match(r"[a-z]+:", target):
                continue
            seen += 1
            path, _, anchor = target.partition("#")
            aim = page.parent / path if path else page
            if not aim.exists() or (anchor and anchor not in anchors(aim.read_text("utf-8"))):
                wrong.append(f"{page.relative_to(ROOT)}: {target}")
    assert seen > 80 and wrong == []
