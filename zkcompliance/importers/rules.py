"""What the cells of a file stand for, where they are not what a row has: choices, times, columns the file lacks.

`seal --choice COLUMN=TEXT=VALUE` says what a text stands for, `--same COLUMN=VALUE` what all rows have, `--number
COLUMN=FIRST` counts the rows of the file, `--times` says how its times are written. What no rule speaks of is taken as
it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.importers.model import Row
from zkcompliance.importers.written_times import Form
from zkcompliance.quantities import Exact, Refused, parse_integer
from zkcompliance.schemas import Schema


@dataclass(frozen=True)
class Rules:
    """choices: column → text → value; same: column → value; numbers: column → number of the first row."""

    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    same: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)
    times: Form | None = None

    @classmethod
    def of(
        cls,
        choices: Sequence[str] = (),
        same: Mapping[str, str] | None = None,
        numbers: Mapping[str, str] | None = None,
        times: str | None = None,
        zone: str | None = None,
    ) -> Rules:
        """As a person types them. UsageError on another form, or a text that is given two values."""
        found: dict[str, dict[str, str]] = {}
        for each in choices:
            column, first, rest = each.partition("=")
            text, second, value = rest.rpartition("=")
            if not (column and first and second) or text in found.get(column, {}):
                raise UsageError(
                    "--choice: want COLUMN=TEXT=VALUE, each text of a column once", help="zkcompliance seal --help"
                )
            found.setdefault(column, {})[text] = value
        if zone is not None and times is None:
            raise UsageError("--zone goes with --times", help="--times '%Y-%m-%d %H:%M:%S' --zone Europe/Berlin")
        counted = {column: parse_integer(number) for column, number in (numbers or {}).items()}
        return cls(found, dict(same or {}), counted, None if times is None else Form.of(times, zone))

    def __bool__(self) -> bool:
        return bool(self.choices or self.same or self.numbers or self.times)

    @property
    def given(self) -> frozenset[str]:
        """The columns that rows have from here, whatever the file has."""
        return frozenset((*self.same, *self.numbers))

    def check(self, schema: Schema, mapped: Iterable[str]) -> None:
        """UsageError where a rule names a column that the schema lacks, or two say what a column is."""
        known = {column.name: column.type for column in schema.columns}
        for option, names in (("--choice", self.choices), ("--same", self.same), ("--number", self.numbers)):
            for name in names:
                if name not in known:
                    raise UsageError(
                        f"{option} {name[:64]}: schema {schema.label} has no such column",
                        help=f"zkcompliance schemas {schema.name}",
                    )
        for name in self.numbers:
            if known[name] != "count":
                raise UsageError(
                    f"--number {name}: is no column that counts", help=f"zkcompliance schemas {schema.name}"
                )
        several = [*self.same, *self.numbers, *dict.fromkeys((*mapped, *self.choices))]
        for name in several:
            if several.count(name) > 1:
                raise UsageError(
                    f"{name}: is said by --same or --number, and by another of them, --map or --choice too",
                    help="zkcompliance seal --help",
                )

    def row(self, row: Row, number: int, schema: Schema) -> Row:
        """The row that this one stands for; number: of the row in its file, from 1."""
        made = {name: self._value(name, value, f"row {number}, column {name}") for name, value in row.items()}
        if self.times is not None:
            for column in schema.columns:
                if column.type == "time" and made.get(column.name) not in (None, ""):
                    try:
                        made[column.name] = Exact(self.times.read(made[column.name]))
                    except Refused as refused:
                        raise ImporterError(f"row {number}, column {column.name}: {refused.why}") from None
        made |= self.same
        made |= {name: Exact(first + number - 1) for name, first in self.numbers.items()}
        return made

    def _value(self, name: str, value: object, where: str) -> object:
        table = self.choices.get(name, {})
        if not isinstance(value, tuple):
            return table.get(_text(value), value)
        found = {table[_text(each)] for each in value if _text(each) in table}
        if not found and "" in table:
            return table[""]
        if len(found) != 1:
            raise ImporterError(
                f"{where}: has several values, of which --choice names {'none' if not found else 'two that differ'}",
                help=f"name those that count: --choice {name}=TEXT=VALUE, and --choice {name}==VALUE for none of them",
            )
        return found.pop()


def _text(value: object) -> str:
    """A value as a person writes it in a rule: nothing is the empty text, a truth true or false."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
