"""Rows of an input that are older than a time, which `seal --since` leaves out.

A row's time is its `end`, or where the schema has none the first time that every row states.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from zkcompliance.errors import LogError, UsageError
from zkcompliance.log.store import SealedLog
from zkcompliance.quantities import show_time
from zkcompliance.schemas import LIMB_BITS, Schema

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Older(NamedTuple):
    """Rows of an input that were left out: how many, and how many of them are not sealed (None: nobody can tell)."""

    name: str
    rows: int
    unsealed: int | None


@dataclass(frozen=True)
class Since:
    """From which time on rows are taken, UTC seconds. sealed_only: what is left out has to be sealed."""

    at: int
    sealed_only: bool = False

    @property
    def text(self) -> str:
        return show_time(self.at)

    def older(self, schema: Schema, columns: NDArray[np.uint32]) -> NDArray[np.bool_]:
        """Which rows of limbs (width, n) are left out; UsageError where rows of the schema have no time."""
        return times(schema, columns) < self.at

    def require_sealed(self, name: str, what: str) -> None:
        """LogError where that is asked, of a row that is older and not sealed. what: it, or why nobody can tell."""
        if self.sealed_only:
            raise LogError(
                f"{name}: {what}, and is older than {self.text}, the newest time that is sealed; nothing was sealed",
                help="leave --since out to seal it, or leave it out with a time: --since TIME",
            )


def times(schema: Schema, columns: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Of each row of limbs (width, n) its time, UTC seconds; UsageError where rows of the schema have none."""
    import numpy as np

    stated = [each.name for each in schema.columns if each.type == "time" and each.default is None]
    ends = [each.name for each in schema.columns if each.type == "time" and each.name == "end"]
    if not (stated or ends):
        raise UsageError(f"rows of {schema.label} state no time, so that none is older: leave --since out")
    found = np.zeros(columns.shape[1], np.int64)
    for place, limb in enumerate(schema.limbs((ends or stated)[0])):
        found += columns[limb].astype(np.int64) << (LIMB_BITS * place)
    return found


def newest(log: SealedLog) -> Since:
    """From the newest time of the log's sealed rows on, if all before it is sealed. UsageError where none is."""
    latest = [
        int(found.max())
        for found in (times(log.schema, table[:, table[0] == 1]) for table in (s.load_columns() for s in log.segments))
        if found.size
    ]
    if not latest:
        raise UsageError(f"--since last: no row is sealed in {log.path} yet", help="leave --since out")
    return Since(max(latest), sealed_only=True)
