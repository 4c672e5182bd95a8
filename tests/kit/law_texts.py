"""The pages of docs/law as data; and of a passage of law its digest: `python -m tests.kit.law_texts FILE`.

An entry is a heading of the second level: its quotations are the blockquotes below it, and its passage's SHA-256 stands
behind that word. One of which no text was found has neither, and says so.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

PAGES = Path(__file__).parents[2] / "docs" / "law"
NOT_FOUND = "No text found"
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_DIGEST = re.compile(r"SHA-256\s+`([0-9a-f]{64})`")
_WORDS = re.compile(r"Read: ([0-9]+) words")


@dataclass(frozen=True)
class Entry:
    """One article. quotes: as they are written, in one line each; words: of the passage that was read, 0 where none."""

    page: str
    source: str
    article: str
    quotes: tuple[str, ...]
    digest: str | None
    words: int
    text: str

    @property
    def found(self) -> bool:
        return self.digest is not None


def normal(passage: str) -> str:
    """With every run of white space made one space, and none at the ends."""
    return " ".join(passage.split())


def digest(passage: str) -> str:
    """SHA-256 of a passage in that form, in UTF-8, as lower-case hexadecimal digits."""
    return sha256(normal(passage).encode()).hexdigest()


def entries() -> list[Entry]:
    """Of every page but the index, page by page in order."""
    return [entry for path in sorted(PAGES.glob("*.md")) if path.name != "README.md" for entry in _entries(path)]


def sources() -> dict[str, str]:
    """Page → the name of its source, which is how a policy's `sources` begin."""
    return {path.name: _name(path) for path in sorted(PAGES.glob("*.md")) if path.name != "README.md"}


def _name(path: Path) -> str:
    return path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")


def _entries(path: Path) -> list[Entry]:
    parts = _HEADING.split(path.read_text(encoding="utf-8"))[1:]
    return [_entry(path, *pair) for pair in zip(parts[::2], parts[1::2], strict=True)]


def _entry(path: Path, article: str, text: str) -> Entry:
    quotes = [
        normal(re.sub(r"^> ?", "", block, flags=re.MULTILINE))
        for block in text.strip().split("\n\n")
        if block.startswith(">")
    ]
    read, words = _DIGEST.search(text), _WORDS.search(text)
    return Entry(
        path.name, _name(path), article, tuple(quotes), read and read[1], int(words[1]) if words else 0, normal(text)
    )


if __name__ == "__main__":
    given = Path(sys.argv[1]).read_text(encoding="utf-8")
    print(digest(given))
    for one in entries():
        if any(quote in normal(given) for quote in one.quotes):
            same = "the passage that was read" if one.digest == digest(given) else "words relied on are in it"
            print(f"{one.page}, {one.article}: {same}")
