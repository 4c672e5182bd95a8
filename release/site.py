"""The pages of the checkout as a site: what mkdocs asks while `mkdocs build --strict` reads mkdocs.yml.

`docs/` is the site. Beside it go the pages at the top of the checkout, README.md as the first one, and below
`checkout/` every other file of the checkout that some page links to, as text. A link leads in the site where it leads
in the checkout, headings have the anchors that they have there, and a list may follow a line of text.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
FIRST, DOCS, REST = "README.md", "docs/", "checkout/"
TOP = (FIRST, "CHANGELOG.md", "CONTRIBUTING.md", "REVIEWERS.md", "SECURITY.md")
# A block of code, a span of code, or a link: the last alone has a target.
PART = re.compile(r"^ *```.*?^ *```$|`[^`\n]*`|\]\(([^)\s]+)\)", re.MULTILINE | re.DOTALL)
ITEM = re.compile(r"(?:[-+*]|\d+[.)]) ")
LIST = re.compile(r"(?:[-+*]|1[.)]) ")  # what begins a list right after a paragraph, by CommonMark
OPTIONS = re.compile(r"^( *```\w+) .*$", re.MULTILINE)  # what tests read behind the language of a block


def place(path: str) -> str:
    """Where a file of the checkout is in the site."""
    if path == FIRST:
        return "index.md"
    if path.startswith(DOCS):
        return path.removeprefix(DOCS)
    if path in TOP:
        return path
    return REST + (path if path.endswith(".md") else f"{path}.txt")


def aim(page: str, target: str) -> str:
    """The file of the checkout that a link of a page there leads to; a folder stands for its README.md."""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(page), target))
    return f"{path}/{FIRST}" if (ROOT / path).is_dir() else path


def targets(page: str) -> set[str]:
    """The files of the checkout that a page there links to."""
    links = (found[1].partition("#")[0] for found in PART.finditer((ROOT / page).read_text("utf-8")) if found[1])
    return {aim(page, link) for link in links if link and ":" not in link}


def moved(page: str, text: str) -> str:
    """A page's text with every link as the site has it."""

    def link(found: re.Match[str]) -> str:
        path, mark, anchor = (found[1] or ":").partition("#")
        if not path or ":" in path:
            return found[0]
        there = posixpath.relpath(place(aim(page, path)), posixpath.dirname(place(page)) or ".")
        return f"]({there}{mark}{anchor})"

    return OPTIONS.sub(r"\1", apart(PART.sub(link, text)))


def apart(text: str) -> str:
    """A page's text with an empty line where a list begins, or goes on, right after a paragraph.

    CommonMark needs none there; without it Python-Markdown takes what follows for a part of the paragraph.
    """
    made, block, within = [""], False, False  # within: a block of code; a paragraph of an item that is not its first
    for line in text.split("\n"):
        before = made[-1]
        if line.startswith(" "):
            within |= not before and not ITEM.match(line.lstrip())
        elif not block and before and ITEM.match(line):
            begins = not before.startswith(" ") and not ITEM.match(before) and LIST.match(line)
            made += [""] * bool(begins or within)
        within &= line.startswith(" ") or not line
        block ^= line.lstrip().startswith("```")
        made.append(line)
    return "\n".join(made[1:])


def heading(text: str, _: str) -> str:
    """The anchor of a heading, as in the checkout: letters, digits and hyphens, in lower case."""
    return re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    config.mdx_configs.setdefault("toc", {})["slugify"] = heading
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds what is beside docs/."""
    from mkdocs.structure.files import File

    waiting = [*TOP, *(DOCS + file.src_uri for file in files.documentation_pages())]
    known = set(waiting)
    for page in waiting:
        found = sorted(targets(page) - known) if page.endswith(".md") else []
        waiting += found
        known |= set(found)
    for path in waiting:
        if not path.startswith(DOCS):
            files.append(File.generated(config, place(path), abs_src_path=str(ROOT / path)))
    config.extra["pages"] = {place(path): path for path in waiting}
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, **_: Any) -> str:
    return moved(config.extra["pages"][page.file.src_uri], markdown)
