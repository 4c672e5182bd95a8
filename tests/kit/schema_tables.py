"""The tables of docs/schemas.md, which are written from the schemas themselves: `python -m tests.kit.schema_tables`.

A schema's section goes from its heading to the next one.
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

from zkcompliance import schemas
from zkcompliance.schemas import Column, Schema
from zkcompliance.schemas.catalogue import REGIONS, STILL

PAGE = Path(__file__).parents[2] / "docs" / "schemas.md"
RULES = " `seal` takes only rows in which {}, and a claim that reads both columns requires it."
_WORLD = ", ".join((*REGIONS[:2], f"and the {len(REGIONS) - 2} codes of ISO 3166-1 alpha-2 in lower case"))


def _missing(column: Column) -> str:
    """What a missing value is stored as."""
    if column.default is None:
        return "refused"
    if column.optional:
        return f"{column.default}, which is not 0"
    return "2^48 − 1" if column.default == STILL else f"`{column.default}`" if column.default != "" else "the empty id"


def _line(column: Column) -> str:
    kind = "enum" if column.type == "enum" else column.type_text
    said = f"; sentences say *{column.words}*" if column.words else ""
    return f"| {column.name} | {kind} | {column.doc}{said} | {_missing(column)} |"


def section(schema: Schema) -> str:
    """The section about a schema, with its heading."""
    rules = " and ".join(map(str, schema.rules))
    said = schema.doc[0].upper() + schema.doc[1:]
    about = f"{said}. {schema.width} committed columns.{RULES.format(rules) if rules else ''}"
    table = ["| column | type | meaning | missing |", "|---|---|---|---|", *map(_line, schema.columns)]
    lists = [
        f"- {column.name}{', ascending' if column.ranked else ''}: "
        f"{_WORLD if column.choices == REGIONS else ', '.join(column.choices)}"
        for column in schema.columns
        if column.type == "enum" and column.name != "source"
    ]
    return "\n".join(
        [f"## {schema.label}", "", _wrapped(about), "", *table, "", *map(_wrapped, lists), *([""] if lists else [])]
    )


def _wrapped(text: str) -> str:
    """A paragraph, or an item of a list, in lines of at most 120 columns."""
    indent = "  " if text.startswith("- ") else ""
    return textwrap.fill(text, 120, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def written(page: str) -> str:
    """The page with the sections of the schemas as they are now, in their order."""
    first = re.search(r"^## [\w.]+@\d+$", page, re.MULTILINE)
    last = list(re.finditer(r"^## [\w.]+@\d+$", page, re.MULTILINE))[-1] if first else None
    if first is None or last is None:
        raise SystemExit(f"{PAGE} has no section about a schema")
    rest = re.search(r"^## ", page[last.end() :], re.MULTILINE)
    after = page[last.end() + rest.start() :] if rest else ""
    return page[: first.start()] + "\n".join(map(section, schemas.CATALOGUE)) + ("\n" + after if after else "")


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
