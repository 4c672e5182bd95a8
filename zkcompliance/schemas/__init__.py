"""What a row of a log is: named, typed columns, their limbs, and the digest that a commitment binds.

A value is split into 16-bit limbs, least significant first; each limb is one committed column. Column 0 of every table
is `act`, 1 on a real row. The text and its digest are those of docs/spec/log.md. Loading this module does not load
numpy: a verifier needs schemas too. Values are checked as Python ints before anything becomes an array, and no error
message repeats a value: rows are private.

The shapes are in `shape`, the built-in schemas in `catalogue`, the cells in `cells`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from zkcompliance.errors import SchemaError, UsageError
from zkcompliance.schemas.catalogue import (
    DEVICE_KINDS,
    METHODS,
    PHASES,
    SOURCES,
    answer,
    audit,
    booking,
    chip,
    compute,
    customer,
    dataset,
    decision,
    eval_,
    event,
    incident,
    incident_report,
    model,
    note,
    target,
)
from zkcompliance.schemas.shape import (
    HEADING,
    LABEL,
    LARGEST,
    LIMB_BITS,
    LIMBS,
    MISSING_SHARE,
    WORD,
    Column,
    Rule,
    Schema,
    Value,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CATALOGUE = (
    compute, model, booking, eval_, answer, target, event, incident, incident_report, chip, dataset, audit, customer,
    decision, note,
)  # fmt: skip
BUILT_IN = {schema.name: schema for schema in CATALOGUE}


def parse_text(text: str) -> Schema:
    """The schema of a canonical text (inverse of `Schema.text`); SchemaError when it is not canonical.

    A text says nothing of defaults (but that a share may be missing) and row rules: for a built-in schema, the built-in
    one is returned.
    """
    lines = text.split("\n")
    label = LABEL.fullmatch(lines[1]) if len(lines) > 3 and lines[0] == HEADING and not lines[-1] else None
    if label is None:
        raise SchemaError("not a schema text")
    columns: list[Column] = []
    for line in lines[2:-1]:
        name, _, type_text = line.partition(" ")
        kind, _, inside = type_text.partition("(")
        choices = tuple(inside.removesuffix(")").split(",")) if kind == "enum" else ()
        column = Column.share(name) if kind == "ppm?" else Column(name, kind, choices)
        words = (name, *choices)
        if column.type not in LIMBS or column.type_text != type_text or not all(WORD.fullmatch(word) for word in words):
            raise SchemaError(f"schema {lines[1]}: bad column line {line[:80]!r}")
        if len(set(choices)) != len(choices) or any(other.name == name for other in columns):
            raise SchemaError(f"schema {lines[1]}: duplicate name in {line[:80]!r}")
        columns.append(column)
    schema = Schema(label[1], tuple(columns), int(label[2]))
    if schema.text != text:
        raise SchemaError(f"schema {schema.label}: text is not canonical")
    built_in = BUILT_IN.get(schema.name)
    return built_in if built_in is not None and built_in.digest == schema.digest else schema


def encode_rows(
    schema: Schema,
    rows: Sequence[Mapping[str, object]],
    first_row: int = 1,
    *,
    units: Mapping[str, str] | None = None,
    now: int | None = None,
    any_second: bool = False,
) -> NDArray[np.uint32]:
    """Rows → limbs, shape (width, len(rows)), uint32.

    `act` is 1. SchemaError names row (`first_row` is the first's number) and column. units: share column → `ppm`,
    `percent` or `fraction`, of its numbers that say none (UsageError for another). now: the sealing clock, UTC seconds;
    a time over a day after it is refused, but for deadlines (None: none is). any_second: for examples, whose ints are
    times from 0 on.

    Times: text with seconds and zone, or whole seconds since 1970 from 2000 to 2100. flop, count: int ≥ 0 or text such
    as `1e18`. ppm: `30%`, `0.3`, Decimal, `300000 ppm`; what is finer is rounded half to even. id: a text as
    `quantities.names` has it, or `0x` and 32 hex digits, the first 16 bytes of a SHA-256; the empty text is 0 (none).
    Enums: a name. bool: a bool, or `true`, `false`. None, or an empty text, is a missing value. Floats are refused
    where no unit is stated: they are not exact.
    """
    known = {column.name for column in schema.columns}
    shapes = set(map(tuple, rows))
    if len(shapes) == 1 and known.issuperset(names := shapes.pop()) and names:
        values = zip(*[row.values() for row in rows], strict=True)
        columns: Mapping[str, Sequence[object]] = dict(zip(names, values, strict=True))
    else:
        for number, row in enumerate(rows, first_row):
            for name in row:
                if name not in known:
                    raise SchemaError(f"row {number}: schema {schema.label} has no column {str(name)[:64]!r}")
        columns = {c.name: [row.get(c.name) for row in rows] for c in schema.columns}
    return encode_columns(schema, columns, first_row, units=units, now=now, any_second=any_second)


def encode_columns(
    schema: Schema,
    columns: Mapping[str, Sequence[object]],
    first_row: int = 1,
    *,
    units: Mapping[str, str] | None = None,
    now: int | None = None,
    any_second: bool = False,
) -> NDArray[np.uint32]:
    """`encode_rows` for values given column by column. An absent column is a missing value in every row."""
    from zkcompliance.schemas import cells

    return cells.encode(schema, columns, first_row, cells.Reading.of(schema, units, now, any_second))


def decode_rows(schema: Schema, columns: NDArray[np.uint32]) -> list[dict[str, Value]]:
    """Limbs → rows, the inverse of `encode_rows` up to spelling.

    Ids come back as `0x…` (0: the empty text), times and shares as `quantities.Exact`, the integers that are encoded;
    a share that is missing, where that is told from 0, as the empty text.

    Columns where `act` is 0 are left out. SchemaError when a limb is over 16 bits or a value is outside its type.
    """
    from zkcompliance.schemas import cells

    return cells.decode(schema, columns)


def by_name(name: str) -> Schema:
    """The built-in schema of that name, `compute`, or of that name and version, `compute@2`.

    UsageError lists what there is, or says which version of it.
    """
    bare, at, _ = name.partition("@")
    if bare not in BUILT_IN:
        raise UsageError(f"no schema {name!r}; there is {', '.join(sorted(BUILT_IN))}", help="zkcompliance schemas")
    schema = BUILT_IN[bare]
    if at and name != schema.label:
        raise UsageError(f"no schema {name!r}; there is {schema.label}", help=f"zkcompliance schemas {schema.name}")
    return schema


def names() -> list[str]:
    """The names of the built-in schemas, sorted."""
    return sorted(BUILT_IN)


__all__ = [
    "BUILT_IN", "CATALOGUE", "DEVICE_KINDS", "LARGEST", "LIMBS", "LIMB_BITS", "METHODS", "MISSING_SHARE", "PHASES",
    "SOURCES", "Column", "Rule", "Schema", "Value", "answer", "audit", "booking", "by_name", "chip", "compute",
    "customer", "dataset", "decision", "decode_rows", "encode_columns", "encode_rows", "eval_", "event", "incident",
    "incident_report", "model", "names", "note", "parse_text", "target",
]  # fmt: skip
