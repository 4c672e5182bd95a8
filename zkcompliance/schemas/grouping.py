"""The rows of a roll-up, made from the rows that they stand for (zkcompliance.schemas.rolled)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zkcompliance.errors import SchemaError
from zkcompliance.schemas.rolled import GIVEN, MAX, MIN, SUM, Flag, Measure, RollUp
from zkcompliance.schemas.shape import LIMB_BITS, LIMBS, Column

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Limbs = NDArray[np.int64]  # (limbs, rows), least significant first


def grouped(how: RollUp, columns: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Limbs of a log (its width, N) → those of its roll-up (that one's width, groups), ascending by keys.

    Rows that are padding (act 0) are in no group. SchemaError where a total does not fit its column.
    """
    rows = columns[:, columns[0] == 1].astype(np.int64)
    keys = [rows[how.schema.limbs(name)] for name in how.keys]
    keys += [_flag(how, flag, rows)[None] for flag in how.flags]
    order = np.lexsort(np.concatenate(keys)[::-1])
    rows, keys = rows[:, order], [key[:, order] for key in keys]
    limbs = np.concatenate(keys)
    differs = (limbs[:, 1:] != limbs[:, :-1]).any(axis=0)
    starts = np.flatnonzero(np.append(True, differs)[: rows.shape[1]])
    found = [np.ones((1, len(starts)), np.int64), *(key[:, starts] for key in keys)]
    counts = np.diff(np.append(starts, rows.shape[1]))
    found.append(_carried(counts[None], LIMBS["count"], "n"))
    for measure in how.measures:
        found += _parts(how, measure, rows, starts)
    return np.concatenate(found).astype(np.uint32)


def _flag(how: RollUp, flag: Flag, rows: Limbs) -> NDArray[np.int64]:
    column = how.schema.column(flag.column)
    missing = _missing(column) if flag.kind == GIVEN else np.zeros((column.limbs, 1), np.int64)
    there: NDArray[np.bool_] = (rows[how.schema.limbs(flag.column)] != missing).any(axis=0)
    return there.astype(np.int64)


def _missing(column: Column) -> Limbs:
    """The limbs of a missing value, one column of them."""
    value = column.missing or 0
    return np.array([[value >> LIMB_BITS * j & (1 << LIMB_BITS) - 1] for j in range(column.limbs)], np.int64)


def _parts(how: RollUp, measure: Measure, rows: Limbs, starts: NDArray[np.int64]) -> list[Limbs]:
    """In the order of the measure's parts; a missing value is 0."""
    column = how.schema.column(measure.column)
    value = rows[how.schema.limbs(measure.column)]
    value = np.where((value == _missing(column)).all(axis=0), 0, value) if column.missing else value
    if not len(starts):
        return [np.zeros((LIMBS["flop"] if part == SUM else column.limbs, 0), np.int64) for part in measure.parts]
    group = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, value.shape[1])))
    order = np.lexsort((*value, group))  # by group, then by the value
    ends = {MIN: starts, MAX: np.append(starts[1:], value.shape[1]) - 1}
    found = []
    for part in measure.parts:
        if part == SUM:
            totals = np.add.reduceat(value, starts, axis=1)  # at most 2^21·(2^16 − 1) a limb
            found.append(_carried(totals, LIMBS["flop"], f"{measure.column}_{part}"))
        else:
            found.append(value[:, order[ends[part]]])
    return found


def _carried(limbs: Limbs, most: int, name: str) -> Limbs:
    """Σ_j 2^(16j)·limb_j in `most` limbs of 16 bits. SchemaError where it has more."""
    found = []
    carry = np.zeros(limbs.shape[1], np.int64)
    for j in range(most):
        carry = carry + (limbs[j] if j < len(limbs) else 0)
        found.append(carry & (1 << LIMB_BITS) - 1)
        carry >>= LIMB_BITS
    if carry.any():
        raise SchemaError(f"{name}: the total of a group has more than {most * LIMB_BITS} bits")
    return np.stack(found)
