"""Whose word a row's `source` is: above self_declared it is set by code that checked what others signed, or stated by a
meterer; and no lab writes it of its own rows, nor the number of a piece of evidence.

Nothing here checks a signature. So rows that somebody states are sealed as self_declared and without evidence, from
whichever file, option or program they come; `seal --evidence` sets both columns afterwards, of rows that evidence backs
(importers/evidenced.py); a meterer, who seals what it measured of others, says so when it seals, and a policy names its
key (docs/spec/policy.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from zkcompliance.errors import SchemaError
from zkcompliance.schemas.catalogue import SOURCES
from zkcompliance.schemas.shape import Schema

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

METERER = (
    "leave source and evidence out: a row is self_declared, seal --evidence sets both where it checked; whoever meters "
    "others' work seals with --meterer (meterer=True)"
)
WATCHED = (
    ("source", "is above self_declared, which a lab does not say of its own rows"),
    ("evidence", "is the number of a piece of evidence, which a lab does not say of its own rows"),
)


def self_declared(schema: Schema, chunks: Iterable[NDArray[np.uint32]]) -> Iterator[NDArray[np.uint32]]:
    """The same chunks of limbs, (width, n) each, in which every row's source is self_declared and names no evidence.

    SchemaError, naming the first row that has another, counted from 1 over all chunks. A schema of one's own whose
    `source` has other choices, or that has none, passes through.
    """
    there = any(c.name == "source" and c.choices == SOURCES for c in schema.columns)
    watched = [
        (name, why, schema.limbs(name))
        for name, why in WATCHED
        if there and any(column.name == name for column in schema.columns)
    ]
    first = 1
    for chunk in chunks:
        for name, why, limbs in watched:
            rows = chunk[limbs.start : limbs.stop].nonzero()[1]
            if rows.size:
                raise SchemaError(f"row {first + int(rows.min())}: column {name}: {why}", help=METERER)
        first += chunk.shape[1]
        yield chunk
