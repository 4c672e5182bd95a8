"""The pages as a site: every page has its place, links and lists are those of the checkout, and none leads nowhere.

What mkdocs itself makes of them is an optional stage: `pip install --editable '.[docs]'`.
"""

from __future__ import annotations

import importlib.util
import os
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
SITE = runpy.run_path(str(ROOT / "release" / "site.py"))
CONFIG = ROOT / "mkdocs.yml"
COUNTED = ("<li>", "<ul>", "<ol", "<tr>", "<pre>", "<em>", "<strong>", "<img")
mkdocs = pytest.mark.skipif(
    importlib.util.find_spec("mkdocs") is None or importlib.util.find_spec("material") is None,
    reason="the site wants mkdocs: pip install --editable '.[docs]'",
)


def in_nav(part: Any) -> Iterator[str]:
    """The files that a part of the navigation names."""
    if isinstance(part, str):
        yield part
    for each in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from in_nav(each)


def test_the_navigation_names_every_page_once() -> None:
    docs = {str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md")}
    pages = {SITE["place"](path) for path in docs | set(SITE["TOP"])}
    named = list(in_nav(yaml.safe_load(CONFIG.read_text())["nav"]))
    assert len(named) == len(set(named))
    assert set(named) == {page for page in pages if not page.startswith("adr/0")}
    index = (ROOT / "docs" / "adr" / "README.md").read_text()
    assert all(page.removeprefix("adr/") in index for page in pages if page.startswith("adr/0"))


@pytest.mark.parametrize(
    ("page", "text", "made"),
    [
        ("README.md", "[a](docs/labs.md#b) [b](docs/adr) [c](#d)", "[a](labs.md#b) [b](adr/README.md) [c](#d)"),
        ("docs/adr/README.md", "[a](../../SECURITY.md) [b](../labs.md)", "[a](../SECURITY.md) [b](../labs.md)"),
        ("docs/labs.md", "[a](../LICENSE) `[b](../LICENSE)`", "[a](checkout/LICENSE.txt) `[b](../LICENSE)`"),
        ("docs/labs.md", "```sh exit=1\n[a](../LICENSE)\n```", "```sh\n[a](../LICENSE)\n```"),
        ("docs/labs.md", "https://a.example [a](https://b.example/#c)", "https://a.example [a](https://b.example/#c)"),
        ("docs/labs.md", "a:\n- b\n  c\n- d\n2. e", "a:\n\n- b\n  c\n- d\n2. e"),
        ("docs/labs.md", "1. a\n\n   b\n2. c\n3. d", "1. a\n\n   b\n\n2. c\n3. d"),
        ("docs/labs.md", "```text\na\n- b\n```", "```text\na\n- b\n```"),
    ],
)
def test_what_becomes_of_a_page(page: str, text: str, made: str) -> None:
    assert SITE["moved"](page, text) == made


def built(checkout: Path, output: Path) -> subprocess.CompletedProcess[str]:
    """`mkdocs build --strict` there. With --quiet it would not say, nor count, an anchor that is not there."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", output]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False, env=environment)


@mkdocs
def test_the_site_says_what_the_pages_say(tmp_path: Path) -> None:
    """Each has as many items, rows, blocks and stressed words as CommonMark makes of it, and it fetches nothing."""
    done = built(ROOT, tmp_path)
    assert done.returncode == 0, done.stderr
    plain = MarkdownIt("commonmark").enable("table")
    for path in (*(ROOT / name for name in SITE["TOP"]), *sorted((ROOT / "docs").rglob("*.md"))):
        page = re.sub(r"README\.md$", "index.md", SITE["place"](str(path.relative_to(ROOT))))
        whole = (tmp_path / page).with_suffix(".html").read_text()
        shown = whole[whole.index("<article") : whole.index("</article>")]
        meant = plain.render(path.read_text())
        assert {each: shown.count(each) for each in COUNTED} == {each: meant.count(each) for each in COUNTED}, page
        assert not re.findall(r"""<(?:script|img|link rel="stylesheet")[^>]*(?:src|href)=["']?https?:""", whole), page


@mkdocs
@pytest.mark.parametrize("link", ["[a](nowhere.md)", "[a](labs.md#nowhere)", "[a](../nowhere.md)"])
def test_a_link_that_leads_nowhere_is_no_site(link: str, tmp_path: Path) -> None:
    (tmp_path / "release").mkdir()
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / "release" / "site.py", tmp_path / "release")
    config = CONFIG.read_text()
    (tmp_path / "mkdocs.yml").write_text(config[: config.index("\nnav:")] + "\n")  # the pages as they come
    for name in SITE["TOP"]:
        (tmp_path / name).write_text("# A page\n")
    (tmp_path / "docs" / "labs.md").write_text("# Labs\n\n## Somewhere\n\n[a](#somewhere)\n")
    assert built(tmp_path, tmp_path / "made").returncode == 0
    (tmp_path / "docs" / "labs.md").write_text(f"# Labs\n\n## Somewhere\n\n{link}\n")
    done = built(tmp_path, tmp_path / "made")
    assert done.returncode == 1 and "nowhere" in done.stderr, done.stderr
