"""Rows for tests of circuits: integers in columns of times and shares are the encoded ones, however small or large.

What people may write is stricter, and has tests of its own (tests/unit/test_schemas.py, tests/unit/test_values.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from zkcompliance import schemas
from zkcompliance.quantities import Exact
from zkcompliance.schemas import Schema


def exact(schema: Schema, row: Mapping[str, object]) -> dict[str, object]:
    """The row with its times and shares marked as encoded integers."""
    marked = {column.name for column in schema.columns if column.type in ("time", "ppm")}
    return {name: Exact(value) if name in marked and type(value) is int else value for name, value in row.items()}


def encode_rows(schema: Schema, rows: Sequence[Mapping[str, object]], first_row: int = 1) -> NDArray[np.uint32]:
    """`schemas.encode_rows` of such rows."""
    return schemas.encode_rows(schema, [exact(schema, row) for row in rows], first_row)
