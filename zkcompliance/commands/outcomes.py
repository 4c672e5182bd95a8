"""How the rows of an eval log ended, in words: how many hit a limit, which, and how many failed or were cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from zkcompliance.schemas import Schema

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_GOOD = {"limit": "none", "status": "success"}  # column → its choice for a row that ran to its end


def ended(schema: Schema, tables: Sequence[NDArray[np.uint32]]) -> str | None:
    """`hit a limit: 6 (messages 2, time 4); not a success: 6 of 31 rows (…)`; None for a schema without such columns.

    tables: of each segment, (width, N) limbs with padding. The figures are private, as all that `check` prints.
    """
    if any(all(column.name != name for column in schema.columns) for name in _GOOD):
        return None
    import numpy as np

    rows = 0
    counts = {name: np.zeros(len(schema.column(name).choices), dtype=np.int64) for name in _GOOD}
    for table in tables:
        real = table[0] == 1  # act: the others are padding
        rows += int(np.count_nonzero(real))
        for name, found in counts.items():
            found += np.bincount(table[schema.limbs(name)[0]][real], minlength=len(found))[: len(found)]
    bad = {
        name: {
            choice: int(count)
            for choice, count in zip(schema.column(name).choices, counts[name], strict=True)
            if count and choice != good
        }
        for name, good in _GOOD.items()
    }
    return f"hit a limit: {_said(bad['limit'])}; not a success: {_said(bad['status'])}; of {rows:,} rows"


def _said(counts: dict[str, int]) -> str:
    """`6 (messages 2, time 4)`."""
    each = ", ".join(f"{choice} {count:,}" for choice, count in counts.items())
    return f"{sum(counts.values()):,}" + (f" ({each})" if each else "")
