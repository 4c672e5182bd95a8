"""Roll-ups: schemas whose rows stand for groups of another log's rows (docs/rollup.md).

A row of `compute.rollup` says of all rows of a compute log that agree in the keys: how many they are (`n`), and of each
measure its sum, its least and its greatest. Keys are columns of the log, as they are stored there, and flags: whether
a column is given, or above 0. The schema's version is that of the log's schema, so that no one takes a group of one
version for a group of another.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from zkcompliance.errors import UsageError
from zkcompliance.schemas.catalogue import compute, dataset, eval, event, incident
from zkcompliance.schemas.shape import ROLLED, Column, Schema

COUNT = "n"
GIVEN, POSITIVE = "given", "positive"
SUM, MIN, MAX = "sum", "min", "max"


@dataclass(frozen=True)
class Flag:
    """A key that says of a column whether it is `given` (not missing), or `positive` (above 0)."""

    column: str
    kind: str

    @property
    def name(self) -> str:
        return f"{self.column}_{self.kind}"


@dataclass(frozen=True)
class Measure:
    """A column of which the roll-up has these parts: sum, min, max. A missing value stands in them as 0."""

    column: str
    parts: tuple[str, ...] = (SUM, MIN, MAX)


@dataclass(frozen=True)
class RollUp:
    """How logs of a schema are rolled up: by which columns and flags, and what is kept of which columns."""

    schema: Schema
    keys: tuple[str, ...]
    flags: tuple[Flag, ...]
    measures: tuple[Measure, ...]

    @cached_property
    def rolled(self) -> Schema:
        """The schema of the roll-up: columns that are keys, flags, the number of rows, parts of measures."""
        columns = [self.schema.column(name) for name in self.keys]
        said = {GIVEN: "is given", POSITIVE: "is above 0"}
        for each in self.flags:
            words = f"whether {self.schema.column(each.column).spoken} {said[each.kind]}"
            columns.append(Column(each.name, "bool", doc=f"whether {each.column} {said[each.kind]}", words=words))
        columns.append(Column(COUNT, "count", doc="how many rows of the log these are", words="number of rows"))
        columns += [self._part(each.column, part) for each in self.measures for part in each.parts]
        doc = f"one row is the rows of a part of a log of {self.schema.label} that agree in the keys"
        return Schema(f"{self.schema.name}{ROLLED}", tuple(columns), self.schema.version, doc)

    def parts_of(self, column: str) -> tuple[str, ...]:
        """Which parts of a column there are; none of what is no measure."""
        return next((each.parts for each in self.measures if each.column == column), ())

    def _part(self, column: str, part: str) -> Column:
        """A sum has the limbs of a `flop`, whatever its column has."""
        kind = "flop" if part == SUM else self.schema.column(column).type
        said = {SUM: "the total of", MIN: "the least", MAX: "the greatest"}[part]
        which = {SUM: "summed", MIN: "least", MAX: "greatest"}[part]
        words = f"{which} {self.schema.column(column).spoken}"
        return Column(f"{column}_{part}", kind, doc=f"{said} {column} over these rows", words=words)


_TIMES = (MIN, MAX)

ROLL_UPS = (
    RollUp(
        compute,
        ("run", "phase", "method", "model", "customer", "source"),
        (Flag("flop", POSITIVE),),
        (Measure("flop"), Measure("start", _TIMES), Measure("end", _TIMES)),
    ),
    RollUp(
        eval,
        ("suite", "model", "domain", "group", "status", "source"),
        (Flag("score", GIVEN),),
        (Measure("score"), Measure("at", _TIMES)),
    ),
    RollUp(
        event,
        ("kind", "model", "stage", "gate", "source"),
        (),
        (Measure("at", _TIMES), Measure("cumulative_flop", _TIMES)),
    ),
    RollUp(
        incident,
        ("category", "detected_by", "irreversible", "source"),
        (Flag("reported", GIVEN), Flag("resolved", GIVEN), Flag("final_report", GIVEN)),
        (Measure("occurred", _TIMES), Measure("aware", _TIMES)),
    ),
    RollUp(
        dataset,
        ("licence", "region", "synthetic", "public", "provenance", "model", "modality", "source"),
        (),
        (Measure("tokens"),),
    ),
)


def roll_up_of(schema: Schema) -> RollUp | None:
    """How logs of this schema are rolled up; None where they are not."""
    return next((each for each in ROLL_UPS if each.schema.digest == schema.digest), None)


def how_rolled(schema: Schema) -> RollUp:
    """The same; UsageError where logs of the schema are not rolled up."""
    how = roll_up_of(schema)
    if how is None:
        raise UsageError(f"logs of {schema.label} are not rolled up", help="zkcompliance schemas")
    return how


def rolled_from(schema: Schema) -> RollUp | None:
    """Of what this schema is the roll-up; None where it is none."""
    return next((each for each in ROLL_UPS if each.rolled.digest == schema.digest), None)
