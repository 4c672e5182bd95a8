"""Whose word a row's `source` is: above self_declared it is that of a meterer, and no lab writes it of its own rows.

Nothing here checks a device's signature or attestation. So whoever seals its own rows seals them as self_declared; a
meterer, who seals what it measured of others, says so when it seals, and a policy names its key (docs/spec/policy.md).
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

METERER = "leave source out: a row is self_declared; whoever meters others' work seals with --meterer (meterer=True)"


def self_declared(schema: Schema, chunks: Iterable[NDArray[np.uint32]]) -> Iterator[NDArray[np.uint32]]:
    """The same chunks of limbs, (width, n) each, in which every row's source is self_declared.

    SchemaError, naming the first row that has another, counted from 1 over all chunks. A schema of one's own whose
    `source` has other choices, or that has none, passes through.
    """
    place = next((c for c in schema.columns if c.name == "source" and c.choices == SOURCES), None)
    limb = None if place is None else schema.limbs(place.name)[0]
    first = 1
    for chunk in chunks:
        if limb is not None and chunk[limb].any():
            row = int(chunk[limb].nonzero()[0][0])
            raise SchemaError(
                f"row {first + row}: column source: is above self_declared, which a lab does not say of its own rows",
                help=METERER,
            )
        first += chunk.shape[1]
        yield chunk
