"""What a row of a log is: named, typed columns, their limbs, and the digest that a commitment binds.

A value is split into 16-bit limbs, least significant first; each limb is one committed column. Column 0 of every table
is `act`, 1 on a real row. The text and its digest are those of docs/spec/log.md. Loading this module does not load
numpy: a verifier needs schemas too. Values are checked as Python ints before anything becomes an array, and no error
message repeats a value: rows are private.

The shapes are in `shape`, the built-in schemas in `catalogue`, the cells in `cells`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from zkcompliance.errors import SchemaError, UsageError
from zkcompliance.schemas.catalogue import (
    DEVICE_KINDS,
    EARLIER,
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
    eval,
    event,
    incident,
    incident_report,
    model,
    note,
    target,
)
from zkcompliance.schemas.rolled import ROLL_UPS, RollUp, roll_up_of, rolled_from
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
    compute, model, booking, eval, answer, target, event, incident, incident_report, chip, dataset, audit, customer,
    decision, note, *(each.rolled for each in ROLL_UPS),
)  # fmt: skip
BUILT_IN = {schema.name: schema for schema in CATALOGUE}
eval_ = eval  # for `from zkcompliance.schemas import eval_`, which leaves Python's own word its meaning


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
    return by_digest(schema.digest) or schema


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
    """The newest built-in schema of that name, `compute`, or the one of that name and version, `compute@2`.

    UsageError lists what there is, or says which versions of it.
    """
    bare, at, _ = name.partition("@")
    if bare not in BUILT_IN:
        raise UsageError(f"no schema {name!r}; there is {', '.join(sorted(BUILT_IN))}", help="zkcompliance schemas")
    known = {schema.label: schema for schema in versions(bare)}
    if at and name not in known:
        raise UsageError(f"no schema {name!r}; there is {', '.join(known)}", help=f"zkcompliance schemas {bare}")
    return known[name] if at else BUILT_IN[bare]


def names() -> list[str]:
    """The names of the built-in schemas, sorted."""
    return sorted(BUILT_IN)


def versions(name: str) -> tuple[Schema, ...]:
    """Every version of the built-in schema of that name, oldest first; none where there is no such schema."""
    every = [schema for schema in (*EARLIER, *BUILT_IN.values()) if schema.name == name]
    return tuple(sorted(every, key=lambda schema: schema.version))


def earlier(schema: Schema) -> tuple[Schema, ...]:
    """The versions before a built-in schema, oldest first; none of any other."""
    line = versions(schema.name)
    digests = [each.digest for each in line]
    return line[: digests.index(schema.digest)] if schema.digest in digests else ()


def by_digest(digest: bytes) -> Schema | None:
    """The built-in schema with this digest, of whatever version; None where there is none."""
    return next((schema for schema in (*BUILT_IN.values(), *EARLIER) if schema.digest == digest), None)


def changes() -> list[tuple[Schema, Schema]]:
    """(earlier, later), for every two versions of one built-in schema: what a log may go on from, and to."""
    return [pair for name in names() for pair in combinations(versions(name), 2)]


def other_version(found: Schema, wanted: Schema) -> str | None:
    """For a `help:` line, where a log under `found` is given for one under `wanted`, another version of it.

    None where they are no two versions of one built-in schema.
    """
    known = [each.digest for each in versions(found.name)]
    if found.digest not in known or wanted.digest not in known:
        return None
    if found.version < wanted.version:
        return f"zkcompliance refresh LOG --schema {wanted.label} --to NEW --key KEY -o lineage.zkl"
    return f"zkcompliance claims  # those about {found.label}: no log goes back to {wanted.label}"


def in_id(schema: Schema) -> str:
    """The schema as the ids of claims about any log of it have it: its name with `-` for `_` and for `.`.

    Of a built-in one behind its first version, `-` and its version too: a claim about that is another claim.
    """
    return schema.name.replace("_", "-").replace(".", "-") + (f"-{schema.version}" if earlier(schema) else "")


__all__ = [
    "BUILT_IN", "CATALOGUE", "DEVICE_KINDS", "EARLIER", "LARGEST", "LIMBS", "LIMB_BITS", "METHODS", "MISSING_SHARE",
    "PHASES", "ROLL_UPS", "SOURCES", "Column", "RollUp", "Rule", "Schema", "Value", "answer", "audit", "booking",
    "by_digest", "by_name", "changes", "chip", "compute", "customer", "dataset", "decision", "decode_rows",
    "earlier", "encode_columns", "encode_rows", "eval", "eval_", "event", "in_id", "incident", "incident_report",
    "model", "names", "note", "other_version", "parse_text", "roll_up_of", "rolled_from", "target", "versions",
]  # fmt: skip
