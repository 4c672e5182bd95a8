"""Which field of a file is which column of a row: by its name, or as `seal --map COLUMN=FIELD` says.

Where a map is given, a field that it does not name and that is no column is left out. A field that the map names has to
be there, at least in one row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.schemas import Schema

AS_COLUMN = "name the column that a field is, and others are left out: --map COLUMN=FIELD; or zkcompliance schemas"


class Fields:
    """The fields of one file. mapped: column → field, each field once; without it every field is a column.

    given: columns that rules state (`rules.py`), which are not taken from the file. chosen: those of which rules say
    what their texts stand for.
    """

    def __init__(
        self,
        mapped: Mapping[str, str] | None = None,
        given: frozenset[str] = frozenset(),
        chosen: frozenset[str] = frozenset(),
    ) -> None:
        self._mapped, self.given, self.chosen = dict(mapped or {}), given, chosen
        self._column_of = {field: column for column, field in self._mapped.items()}
        self._met: set[str] = set()

    def check(self, schema: Schema) -> None:
        """UsageError where the map names a column that the schema lacks."""
        known = {column.name for column in schema.columns}
        for column in self._mapped:
            if column not in known:
                raise UsageError(
                    f"--map {column[:64]}: schema {schema.label} has no such column",
                    help=f"zkcompliance schemas {schema.name}",
                )

    @property
    def mapped(self) -> bool:
        """Whether there is a map."""
        return bool(self._mapped)

    def column(self, field: str, known: Iterable[str]) -> str | None:
        """The column that a field is; None for one that is left out or unknown. known: the schema's columns."""
        if field in self._column_of:
            self._met.add(field)
            return self._column_of[field]
        if field in self.given and not self._mapped:
            raise ImporterError(
                f"column {field} is in the file, and is stated by --same or --number too",
                help="leave the statement out; or take fields by --map, which leaves all others out",
            )
        return field if field in known and field not in self._mapped and field not in self.given else None

    def names(self, known: Iterable[str]) -> dict[str, str]:
        """Field → column, of all that are taken. known: the schema's columns."""
        return {self._mapped.get(column, column): column for column in known}

    def met(self, fields: Iterable[str]) -> None:
        """These fields were there."""
        self._met.update(fields)

    def finish(self) -> None:
        """At a file's end: ImporterError for a field of the map that was in no row."""
        for column, field in self._mapped.items():
            if field not in self._met:
                raise ImporterError(
                    f"the field {field[:64]!r}, which --map takes for column {column}, is not in the file",
                    help="name the field as the file does: --map COLUMN=FIELD",
                )
