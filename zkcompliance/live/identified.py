"""Rows that an importer's own code made of what runs: put with their records, so that the tool's file brings none
twice."""

from __future__ import annotations

from collections.abc import Iterable

from zkcompliance.errors import UsageError
from zkcompliance.importers.model import Identified, Row
from zkcompliance.live.writer import Live
from zkcompliance.log.records import Record


def put(live: Live, form: str, rows: Iterable[Row]) -> int:
    """Rows of the format `form`, all or none; how many. UsageError for one that has no record."""
    found: list[Identified] = []
    for row in rows:
        if not isinstance(row, Identified):
            raise UsageError(f"a row of {form} has no identity, so that it could be sealed twice")
        found.append(row)
    if found:
        live.put(found, records=[Record.of(form, *row.known) for row in found])
    return len(found)
