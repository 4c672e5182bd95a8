"""What a row of a log is: named, typed columns, their limbs, and the digest that a commitment binds.

A value is split into 16-bit limbs, least significant first; each limb is one committed column. Column 0 of every table
is `act`, 1 on a real row. The text and its digest are those of docs/spec/log.md. Loading this module does not load
numpy: a verifier needs schemas too. Values are checked as Python ints before anything becomes an array, and no error
message repeats a value: rows are private.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zkcompliance.errors import SchemaError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LIMB_BITS = 16
LIMBS = {"time": 3, "flop": 6, "count": 2, "ppm": 2, "id": 8, "enum": 1, "bool": 1}
LARGEST = {"time": 2**48 - 1, "flop": 2**96 - 1, "count": 2**32 - 1, "ppm": 1_000_000, "id": 2**128 - 1, "bool": 1}
_HEADING = "zkc-schema v1"
_WORD = re.compile(r"[a-z][a-z0-9_-]{0,62}")

Value = int | str | bool


@dataclass(frozen=True)
class Column:
    """One typed column.

    `choices`: an enum's names in order. `default`: what a missing value means; None: it must be there.
    """

    name: str
    type: str
    choices: tuple[str, ...] = ()
    default: Value | None = None
    doc: str = ""

    @property
    def limbs(self) -> int:
        """Committed columns that one value takes."""
        return LIMBS[self.type]

    @property
    def largest(self) -> int:
        """The largest admissible value as an integer (an enum: its last index)."""
        return len(self.choices) - 1 if self.type == "enum" else LARGEST[self.type]

    @property
    def type_text(self) -> str:
        """The type as the schema text has it: `flop`, `enum(a,b)`."""
        return f"enum({','.join(self.choices)})" if self.type == "enum" else self.type


@dataclass(frozen=True)
class Schema:
    """An ordered list of columns. `ordered`: pairs (a, b) of columns for which a ≤ b holds in every row."""

    name: str
    columns: tuple[Column, ...]
    version: int = 1
    doc: str = ""
    ordered: tuple[tuple[str, str], ...] = ()

    @functools.cached_property
    def text(self) -> str:
        """The canonical text whose SHA-256 is the digest."""
        return "".join(
            f"{line}\n" for line in (_HEADING, self.name, *(f"{c.name} {c.type_text}" for c in self.columns))
        )

    @functools.cached_property
    def digest(self) -> bytes:
        """SHA-256 of `text`, 32 bytes."""
        return hashlib.sha256(self.text.encode()).digest()

    @functools.cached_property
    def width(self) -> int:
        """Committed columns of a table: `act` and every limb."""
        return 1 + sum(column.limbs for column in self.columns)

    @functools.cached_property
    def _ranges(self) -> dict[str, range]:
        ranges, at = {}, 1
        for column in self.columns:
            ranges[column.name] = range(at, at + column.limbs)
            at += column.limbs
        return ranges

    def limbs(self, name: str) -> range:
        """Indices of the committed columns that hold `name`, least significant limb first (column 0 is `act`)."""
        self.column(name)
        return self._ranges[name]

    def column(self, name: str) -> Column:
        """The column of that name; SchemaError if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise SchemaError(f"schema {self.name} has no column {name!r}")


def parse_text(text: str) -> Schema:
    """The schema of a canonical text (inverse of `Schema.text`); SchemaError when it is not canonical.

    A text says nothing of defaults and row rules: for a built-in schema, the built-in one is returned.
    """
    lines = text.split("\n")
    if len(lines) < 4 or lines[0] != _HEADING or lines[-1] != "" or _WORD.fullmatch(lines[1]) is None:
        raise SchemaError("not a schema text")
    columns: list[Column] = []
    for line in lines[2:-1]:
        name, _, type_text = line.partition(" ")
        kind, _, inside = type_text.partition("(")
        choices = tuple(inside.removesuffix(")").split(",")) if kind == "enum" else ()
        column = Column(name, kind, choices)
        words = (name, *choices)
        if kind not in LIMBS or column.type_text != type_text or not all(_WORD.fullmatch(word) for word in words):
            raise SchemaError(f"schema {lines[1]}: bad column line {line[:80]!r}")
        if len(set(choices)) != len(choices) or any(other.name == name for other in columns):
            raise SchemaError(f"schema {lines[1]}: duplicate name in {line[:80]!r}")
        columns.append(column)
    schema = Schema(lines[1], tuple(columns))
    if schema.text != text:
        raise SchemaError(f"schema {schema.name}: text is not canonical")
    built_in = BUILT_IN.get(schema.name)
    return built_in if built_in is not None and built_in.digest == schema.digest else schema


def encode_rows(schema: Schema, rows: Sequence[Mapping[str, object]], first_row: int = 1) -> NDArray[np.uint32]:
    """Rows → limbs, shape (width, len(rows)), uint32.

    `act` is 1. SchemaError names row (`first_row` is the first's number) and column.

    Times: int UTC seconds or ISO 8601 text. flop, count: int ≥ 0 or text such as `1e18`. ppm: int or `30%`. id: a text,
    or `0x` and 32 hex digits, the first 16 bytes of a SHA-256; the empty text is 0 (none). Enums: a name. bool: a bool,
    or `true`, `false`. None, or an empty text, is a missing value. Floats are refused: they are not exact.
    """
    known = {column.name for column in schema.columns}
    shapes = set(map(tuple, rows))
    if len(shapes) == 1 and known.issuperset(names := shapes.pop()) and names:
        values = zip(*[row.values() for row in rows], strict=True)
        return encode_columns(schema, dict(zip(names, values, strict=True)), first_row)
    for number, row in enumerate(rows, first_row):
        for name in row:
            if name not in known:
                raise SchemaError(f"row {number}: schema {schema.name} has no column {str(name)[:64]!r}")
    return encode_columns(schema, {c.name: [row.get(c.name) for row in rows] for c in schema.columns}, first_row)


def encode_columns(schema: Schema, columns: Mapping[str, Sequence[object]], first_row: int = 1) -> NDArray[np.uint32]:
    """`encode_rows` for values given column by column. An absent column is a missing value in every row."""
    from zkcompliance import _schema_cells as cells

    return cells.encode(schema, columns, first_row)


def decode_rows(schema: Schema, columns: NDArray[np.uint32]) -> list[dict[str, Value]]:
    """Limbs → rows, the inverse of `encode_rows` up to spelling.

    Ids come back as `0x…` (0: the empty text), times as int.

    Columns where `act` is 0 are left out. SchemaError when a limb is over 16 bits or a value is outside its type.
    """
    from zkcompliance import _schema_cells as cells

    return cells.decode(schema, columns)


def by_name(name: str) -> Schema:
    """The built-in schema of that name; UsageError lists what there is."""
    if name not in BUILT_IN:
        raise UsageError(f"no schema {name!r}; there is {', '.join(sorted(BUILT_IN))}", help="zkcompliance schemas")
    return BUILT_IN[name]


def names() -> list[str]:
    """The built-in schemas, sorted."""
    return sorted(BUILT_IN)


PHASES = ("pretraining", "fine_tuning", "reinforcement", "synthetic_data", "evaluation", "failed", "other")
DEVICE_KINDS = (
    "other", "v100_sxm", "a100_sxm", "a100_pcie", "h20", "h100_sxm", "h100_pcie", "h100_nvl", "h200_sxm", "gh200",
    "b100", "b200", "gb200", "b300", "gb300", "mi250x", "mi300x", "mi325x", "mi355x", "tpu_v4", "tpu_v5e", "tpu_v5p",
    "tpu_v6e", "tpu_v7", "gaudi2", "gaudi3", "trainium1", "trainium2", "trainium3", "ascend_910b", "ascend_910c",
    "cpu",
)  # fmt: skip
METHODS = ("hardware", "architecture", "measured")
SOURCES = ("self_declared", "signed", "hardware_attested", "vendor_countersigned")

compute = Schema(
    "compute",
    (
        Column("start", "time", doc="when the interval begins, UTC seconds"),
        Column("end", "time", doc="when it ends, not before start"),
        Column("run", "id", doc="the training run or job"),
        Column("phase", "enum", PHASES, doc="what the compute was for"),
        Column("device_kind", "enum", DEVICE_KINDS, "other", doc="kind of accelerator"),
        Column("devices", "count", default=0, doc="accelerators used; 0: not stated"),
        Column("peak", "flop", default=0, doc="peak FLOP/s of one device; 0: not stated"),
        Column("utilisation", "ppm", default=0, doc="share of the peak, parts per million; 0: not stated"),
        Column("flop", "flop", doc="floating-point operations spent, exact"),
        Column("method", "enum", METHODS, doc="how flop was arrived at"),
        Column("site", "id", default="", doc="where it ran; empty: not stated"),
        Column("owner", "id", default="", doc="whose devices; empty: not stated"),
        Column("source", "enum", SOURCES, "self_declared", doc="how far the row's input is to be trusted"),
    ),
    doc="one row is a job interval or a training step",
    ordered=(("start", "end"),),
)

BUILT_IN = {schema.name: schema for schema in (compute,)}

__all__ = [
    "BUILT_IN", "LIMBS", "Column", "Schema", "by_name", "compute", "decode_rows", "encode_columns", "encode_rows",
    "names", "parse_text",
]  # fmt: skip
