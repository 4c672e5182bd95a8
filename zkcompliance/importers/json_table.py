"""A JSON document of many objects, as APIs answer and tools export: each object of an array is a row.

The array is the document itself, or lies where the option `rows` says (`issues`, `data.items`); without it a document
that is an object is one row. Fields are members, or paths of members joined by dots (`fields.priority.name`); a path
through an array has a value for each of its items, or for those that it picks (`tags[key=modality].value`).

An answer that says itself that it is one page of several is refused, unless the option `pages` says that this is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import BinaryIO

from zkcompliance.errors import ImporterError
from zkcompliance.importers import settings
from zkcompliance.importers.fields import Fields
from zkcompliance.importers.json_stream import JsonStream, as_object
from zkcompliance.importers.model import Importer, Row
from zkcompliance.quantities import Number
from zkcompliance.schemas import Schema

FORMULA = "members are taken as they stand; nothing is computed"
_HEAD = 64  # bytes in which a document begins
_ABSENT = object()
_PICK = re.compile(r"\[([^\[\]=]+)=([^\[\]]*)\]\.?")
_ENDS = re.compile(r"[.\[]")  # where the name of a member may end in a path
# Members beside the array, or in an object beside it that is about paging: how many rows there are in all, and whether
# more pages follow
_TOTALS = frozenset({
    "total", "total_count", "totalCount", "total_results", "totalResults", "totalSize", "total_size", "totalItems",
    "totalElements", "@odata.count",
})  # fmt: skip
_NEXT = frozenset({  # nothing on the last page
    "next", "next_page", "nextPage", "next_page_token", "nextPageToken", "next_page_url", "nextPageUrl", "next_token",
    "nextToken", "NextToken", "next_cursor", "nextCursor", "next_url", "nextLink", "next_link", "@odata.nextLink",
    "nextRecordsUrl", "has_more", "hasMore", "has_next", "hasNext", "has_next_page", "hasNextPage", "IsTruncated",
    "incomplete_results", "continue",
})  # fmt: skip
_DONE = frozenset({"isLast", "is_last", "done"})  # true on the last page
_ABOUT = frozenset({
    "meta", "_meta", "metadata", "link", "links", "_links", "page", "paging", "pagination", "pageInfo", "page_info",
    "cursor", "cursors", "response_metadata", "search_metadata",
})  # fmt: skip


def importer(fields: Fields) -> Importer:
    """The importer that takes a file's fields so."""

    def read(file: BinaryIO, name: str, schema: Schema, options: Mapping[str, str]) -> Iterator[Row]:
        """One row per object, in order."""
        known = [column.name for column in schema.columns]
        paged = settings.flag(options, "pages")
        for number, item in enumerate(_objects(file, options.get("rows", ""), paged), 1):
            yield _row(item, number, known, schema, fields)
        fields.finish()

    return Importer(
        "json", "a JSON array of objects, one row each", FORMULA, read,
        options={
            "rows": "where the array is, e.g. issues or data.items; default the document itself",
            "pages": "yes takes an answer that says that it is one page of several; default no",
        },
    )  # fmt: skip


def _objects(file: BinaryIO, path: str, paged: bool) -> Iterator[dict[str, object]]:
    """The objects that are rows. ImporterError where there is no array, or an item is no object."""
    array = settings.head(file, _HEAD).lstrip().startswith(b"[")
    stream = JsonStream(file)
    if not path and not array:
        yield as_object(stream.whole(), "the document")
        return
    yield from _within(stream, path.split(".") if path else [], path, paged)
    stream.finish()


def _within(stream: JsonStream, path: list[str], whole: str, paged: bool) -> Iterator[dict[str, object]]:
    if not path:
        for position in stream.items():
            yield as_object(stream.value(), f"row {position + 1}")
        return
    found, count = False, 0
    totals: list[object] = []
    for member in stream.members():
        if member == path[0]:
            found = True
            for each in _within(stream, path[1:], whole, paged):
                count += 1
                yield each
        elif member in _TOTALS | _NEXT | _DONE | _ABOUT:
            totals += _said(member, stream.value())
    if not found:
        raise ImporterError(f"has no array at {whole[:64]!r}", help="name it as the file does: --set rows=NAME")
    if not paged and any(total != count for total in totals):
        raise ImporterError(
            "is one page of several, as it says itself",
            help="ask for all pages, and join them or give all as inputs with --set pages=yes",
        )


def _said(member: str, value: object) -> list[object]:
    """What a member says of how many rows there are: the numbers of all, and None for more than these."""
    if member in _TOTALS:
        return [value]
    if member in _NEXT:
        return [] if value is None or value is False or value in ("", [], {}) else [None]
    if member in _DONE:
        return [] if value is True else [None]
    if isinstance(value, list):  # of links, each of which says what it leads to
        leads = [each.get("rel", each.get("relation")) for each in value if isinstance(each, dict)]
        return [None] if "next" in leads else []
    return [each for name, inner in value.items() for each in _said(name, inner)] if isinstance(value, dict) else []


def _row(item: dict[str, object], number: int, known: list[str], schema: Schema, fields: Fields) -> Row:
    taken: dict[str, object] = {}
    if not fields.mapped:
        for member in item:
            if fields.column(member, known) is None and member not in fields.given:
                raise ImporterError(
                    f"row {number}: schema {schema.label} has no column {member[:64]!r}",
                    help="say which fields are columns: --map COLUMN=FIELD; the others are then left out",
                )
    for field, column in fields.names(known).items():
        if column in fields.given:
            continue
        value = _at(item, field)
        if value is not _ABSENT:
            fields.met([field])
            taken[column] = _cell(value, column in fields.chosen, f"row {number}, column {column}")
    return taken


def _at(value: object, path: str) -> object:
    """What is at a path: a value, or a tuple of those of the items of an array on the way; _ABSENT for nothing.

    A member may have dots in its own name.
    """
    if isinstance(value, list):
        pick = _PICK.match(path)
        if pick is not None:
            value = [each for each in value if isinstance(each, dict) and each.get(pick[1]) == pick[2]]
            path = path[pick.end() :]
        found: list[object] = []
        for each in value:
            inner = _at(each, path)
            found += inner if isinstance(inner, tuple) else [] if inner is _ABSENT else [inner]
        return tuple(found)
    if not path:
        return value
    if isinstance(value, dict):
        for end in sorted({len(path), *(match.start() for match in _ENDS.finditer(path))}, reverse=True):
            if path[:end] in value:
                return _at(value[path[:end]], path[end:].removeprefix("."))
    return _ABSENT


def _cell(value: object, chosen: bool, where: str) -> object:
    """A value as rows have it. chosen: whether a rule chooses among several, which come as a tuple."""
    if isinstance(value, tuple):
        several = tuple(_cell(each, chosen, where) for each in value)
        if chosen:
            return several
        if len(several) > 1:
            raise ImporterError(
                f"{where}: has several values",
                help="choose by a rule, --choice COLUMN=TEXT=VALUE, or by a path, --map COLUMN=FIELD[NAME=TEXT].MEMBER",
            )
        return several[0] if several else None
    if isinstance(value, dict):
        raise ImporterError(f"{where}: is an object", help="name what is in it: --map COLUMN=FIELD.MEMBER")
    return Number(str(value)) if isinstance(value, Decimal) else value


IMPORTER = importer(Fields())
