"""How the rows of an eval log ended, in words: how many hit a limit, which, and how many failed or were cancelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zkcompliance.schemas import Schema

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from zkcompliance.log.store import SealedLog

_GOOD = {"limit": "none", "status": "success"}  # column → its choice for a row that ran to its end


@dataclass(frozen=True)
class Ended:
    """rows: how many there are; counts: of `limit` and `status`, choice → how many rows have it, those that some have.

    The figures are private, as all that `check` prints.
    """

    rows: int
    counts: Mapping[str, Mapping[str, int]]

    @property
    def text(self) -> str:
        """`hit a limit: 6 (messages 2, time 4); not a success: 6 (…); of 31 rows`."""
        bad = {
            name: {choice: count for choice, count in self.counts[name].items() if choice != good}
            for name, good in _GOOD.items()
        }
        return f"hit a limit: {_said(bad['limit'])}; not a success: {_said(bad['status'])}; of {self.rows:,} rows"

    def document(self) -> dict[str, object]:
        """The same for a program."""
        counts = {name: {each: str(count) for each, count in found.items()} for name, found in self.counts.items()}
        return {"rows": str(self.rows), **counts}


def of_logs(logs: Mapping[str, SealedLog]) -> dict[str, Ended]:
    """By label, of those whose schema says how rows ended; their rows are read."""
    return {
        label: found
        for label, log in logs.items()
        if says(log.schema) and (found := ended(log.schema, [each.load_columns() for each in log.segments])) is not None
    }


def says(schema: Schema) -> bool:
    """Whether rows of a schema say how they ended."""
    return {column.name for column in schema.columns} >= _GOOD.keys()


def ended(schema: Schema, tables: Sequence[NDArray[np.uint32]]) -> Ended | None:
    """How rows ended; None for a schema that does not say. tables: of each segment, (width, N) limbs with padding."""
    if not says(schema):
        return None
    import numpy as np

    rows = 0
    counts = {name: np.zeros(len(schema.column(name).choices), dtype=np.int64) for name in _GOOD}
    for table in tables:
        real = table[0] == 1  # act: the others are padding
        rows += int(np.count_nonzero(real))
        for name, found in counts.items():
            found += np.bincount(table[schema.limbs(name)[0]][real], minlength=len(found))[: len(found)]
    met = {
        name: {
            choice: int(count) for choice, count in zip(schema.column(name).choices, counts[name], strict=True) if count
        }
        for name in _GOOD
    }
    return Ended(rows, met)


def _said(counts: Mapping[str, int]) -> str:
    """`6 (messages 2, time 4)`."""
    each = ", ".join(f"{choice} {count:,}" for choice, count in counts.items())
    return f"{sum(counts.values()):,}" + (f" ({each})" if each else "")
