"""HTML and SVG elements built from text that is always escaped: the only way that a report's page is written.

`tag("p", "a < b", tag("em", "c"), class_="note")`: children that are Markup stand as they are, all other text is
cleaned (`words.clean`) and escaped, and isolated where it holds letters that run from right to left.
"""

from __future__ import annotations

import base64
import html
import re
import unicodedata
from collections.abc import Iterable
from hashlib import sha256
from itertools import groupby

from zkcompliance.report import words

_EMPTY = {"meta": ">", "br": ">", "line": "/>", "rect": "/>", "circle": "/>"}
_PLAIN = ("title", "desc", "text")
_LONG = re.compile(r"(\S{15,})")  # a word that a narrow page has no room for
_WORDS = re.compile(r"\w+\s?|\W")


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


def text(content: str, *, code: bool = False) -> Markup:
    """Plain text as markup; each run of words from right to left is isolated, so that it moves nothing around it.

    code: whether it stands where any place may be broken, so that no word is marked for that.
    """
    out = []
    for leftwards, run in groupby(_WORDS.findall(words.clean(content)), key=_leftwards):
        whole = "".join(run)
        piece = html.escape(whole) if code else "".join(map(_breakable, _LONG.split(whole)))
        out.append(f"<bdi>{piece.rstrip()}</bdi>{' ' * piece.endswith(' ')}" if leftwards else piece)
    return Markup("".join(out))


def _breakable(part: str) -> str:
    """Escaped; a word that is long may be broken anywhere by a narrow page, and every other at spaces alone."""
    escaped = html.escape(part)
    return f'<span class="long">{escaped}</span>' if _LONG.fullmatch(part) else escaped


def _leftwards(word: str) -> bool:
    return not word.isascii() and any(unicodedata.bidirectional(c) in ("R", "AL", "AN") for c in word)


def plain(content: str) -> Markup:
    """Plain text where no element may stand: in a title, and in a picture."""
    return Markup(html.escape(words.clean(content)))


def tag(name: str, /, *children: str | Iterable[str] | None, **attributes: str | float | None) -> Markup:
    """An element; `class_` loses its underscore, others have `-` for `_`, and attributes of None are left out."""
    parts = []
    for key, value in attributes.items():
        if value is not None:
            spelled = key.rstrip("_").replace("_", "-")
            parts.append(f' {spelled}="{html.escape(words.clean(str(value)), quote=True)}"')
    opening = f"<{name}{''.join(parts)}"
    if name in _EMPTY and not children:
        return Markup(f"{opening}{_EMPTY[name]}")
    inner = join(*(plain(c) if name in _PLAIN and isinstance(c, str) else c for c in children))
    return Markup(f"{opening}>{inner}</{name}>")


def page(title: str, style: str, body: Markup) -> str:
    """A whole page, which loads nothing and runs nothing: its own policy forbids every request and every script, and
    allows this one style by its SHA-256."""
    allowed = base64.b64encode(sha256(style.encode()).digest()).decode()
    csp = f"default-src 'none'; style-src 'sha256-{allowed}'; base-uri 'none'; form-action 'none'"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=csp),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", name="generator", content="zkcompliance"),
        tag("title", title),
        tag("style", Markup(style)),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def join(*children: str | Iterable[str] | None) -> Markup:
    """Children one after another: markup as it stands, other text escaped, None left out."""
    out: list[str] = []
    for child in children:
        if child is None:
            continue
        if isinstance(child, str):
            out.append(child if isinstance(child, Markup) else text(child))
        else:
            out.append(join(*child))
    return Markup("".join(out))


def digest(data: bytes) -> Markup:
    """A digest in full, in groups of eight digits that a narrow page may break between (and that copy as one)."""
    digits = data.hex()
    groups = [digits[i : i + 8] for i in range(0, len(digits), 8)]
    return tag("code", Markup("<wbr>".join(groups)), class_="digest") if digits else Markup("none")


def grouped(digits: str) -> Markup:
    """A number in groups of three, which a narrow page may break between."""
    return Markup("<wbr>".join(f"{text(part)}," for part in digits.split(",")).removesuffix(","))


def sentence(line: str) -> Markup:
    """A claim's sentence: what stands between backticks is a name of the claim's own."""
    parts = line.split("`")
    if len(parts) % 2 == 0:
        return text(line)
    return join(*(tag("code", part) if i % 2 else part for i, part in enumerate(parts)))


def facts(pairs: Iterable[tuple[str, str | None]]) -> Markup:
    """A list of terms and what they are; those of None are left out."""
    rows = (tag("div", tag("dt", name), tag("dd", value)) for name, value in pairs if value is not None)
    return tag("dl", rows, class_="facts")


def table(caption: str, headings: Iterable[str], rows: Iterable[Iterable[str]]) -> Markup:
    """A table whose first cell of a row is the row's heading; the caption is for those who hear it.

    Roles are said outright, since browsers forget them where a narrow page lays the cells out as blocks.
    """
    names = list(headings)
    head = tag("tr", (tag("th", name, scope="col", role="columnheader") for name in names), role="row")
    body = []
    for row in rows:
        first, *others = row
        cells = (tag("td", cell, data_label=name, role="cell") for cell, name in zip(others, names[1:], strict=True))
        body.append(tag("tr", tag("th", first, scope="row", role="rowheader"), cells, role="row"))
    parts = (tag("thead", head, role="rowgroup"), tag("tbody", body, role="rowgroup"))
    return tag("table", tag("caption", caption, class_="heard"), *parts, role="table")
