"""How a schema goes on in a later version (docs/schemas.md): what a successor may add, and where old rows stand in it.

`check_successor` is the one place that says what a later version may be. The program of a change
(circuits/logs/rows_extended.py), the log that goes on (prove/reseal.py) and the tests of the catalogue ask it here.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from zkcompliance.errors import NotASuccessor
from zkcompliance.schemas.shape import LIMB_BITS, Column, Schema

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ENDING = "evidence"  # new columns stand before it, where there is one


class Way(StrEnum):
    """In what a schema is no successor of another; the value stands in `NotASuccessor.way`."""

    NAME = "another name"
    VERSION = "no later version"
    GONE = "a column is gone"
    TYPE = "another type"
    CHOICES = "other choices"
    MISSING = "another missing value"
    DEADLINE = "another rule for the future"
    NEEDED = "a new column without a missing value"
    PLACE = "a column at another place"
    RULE = "another rule between columns"


def check_successor(old: Schema, new: Schema) -> None:
    """NotASuccessor, with its way, unless every row of `old` is one of `new` that says the same.

    That is: the same name and a later version; every column of old with its type, its missing value and, of an enum,
    its choices in their order before any new one; the new columns, each with a missing value, before `evidence` (at the
    end, where old has no such column); every rule between columns, and new ones only where a row of old keeps them.
    """
    label = f"{new.label} is no successor of {old.label}"
    if new.name != old.name:
        raise NotASuccessor(f"{label}: that is another schema, by its name", way=Way.NAME)
    if new.version <= old.version:
        raise NotASuccessor(f"{label}: its version is not later", way=Way.VERSION)
    there = {column.name: column for column in new.columns}
    for column in old.columns:
        if column.name not in there:
            raise NotASuccessor(f"{label}: the column {column.name} is gone", way=Way.GONE)
        _check_column(label, column, there[column.name])
    for column in added(old, new):
        if column.stored_missing is None:
            why = "has to be there in every row, and old rows do not have it"
            raise NotASuccessor(f"{label}: the new column {column.name} {why}", way=Way.NEEDED)
    _check_places(label, old, new)
    _check_rules(label, old, new)


def added(old: Schema, new: Schema) -> list[Column]:
    """The columns of new that old does not have, in order."""
    before = {column.name for column in old.columns}
    return [column for column in new.columns if column.name not in before]


def places(old: Schema, new: Schema) -> list[int]:
    """Of each committed column of old, `act` first: its number among those of new, a successor."""
    return [0, *(place for column in old.columns for place in new.limbs(column.name))]


def missing_limbs(old: Schema, new: Schema) -> list[tuple[int, int]]:
    """(committed column of new, the 16-bit limb that it has in every row of old), of each limb of each new column."""
    found = []
    for column in added(old, new):
        value = column.stored_missing
        if value is None:
            raise NotASuccessor(f"{new.label}: the new column {column.name} has no missing value", way=Way.NEEDED)
        mask = (1 << LIMB_BITS) - 1
        found += [(place, value >> LIMB_BITS * number & mask) for number, place in enumerate(new.limbs(column.name))]
    return found


def widened(old: Schema, new: Schema, columns: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Rows of old as rows of new, a successor: limbs (old.width, n) → (new.width, n). Padding (act 0) is all zero."""
    import numpy as np

    wide = np.zeros((new.width, columns.shape[1]), np.uint32)
    wide[places(old, new)] = np.where(columns[0] == 1, columns, 0)
    for place, limb in missing_limbs(old, new):
        wide[place] = np.where(columns[0] == 1, np.uint32(limb), np.uint32(0))
    return wide


def narrowed(old: Schema, new: Schema, columns: NDArray[np.uint32]) -> NDArray[np.uint32] | None:
    """The inverse of `widened`, of real rows; None where a new column is not missing in one of them, or a choice is
    one that old does not have."""
    limbs = missing_limbs(old, new)
    lists = [(new.limbs(each.name)[0], each.largest) for each in old.columns if each.type == "enum"]
    if any((columns[place] != limb).any() for place, limb in limbs):
        return None
    if any((columns[place] > largest).any() for place, largest in lists):
        return None
    return columns[places(old, new)]


def _check_column(label: str, old: Column, new: Column) -> None:
    if (old.type, old.optional) != (new.type, new.optional):
        raise NotASuccessor(f"{label}: {old.name} is {new.type_text}, and was {old.type_text}", way=Way.TYPE)
    if new.choices[: len(old.choices)] != old.choices:
        why = f"the choices of {old.name} do not begin with those before, in their order, by which they are stored"
        raise NotASuccessor(f"{label}: {why}", way=Way.CHOICES)
    if old.default != new.default:
        was, now = ("none" if each is None else repr(each) for each in (old.default, new.default))
        why = f"the missing value of {old.name} is {now}, and was {was}: old rows would say something else"
        raise NotASuccessor(f"{label}: {why}", way=Way.MISSING)
    if old.deadline != new.deadline:
        raise NotASuccessor(f"{label}: whether {old.name} may lie in the future is not as before", way=Way.DEADLINE)


def _check_places(label: str, old: Schema, new: Schema) -> None:
    before = [column.name for column in old.columns]
    at = before.index(ENDING) if ENDING in before else len(before)
    wanted = [*before[:at], *(column.name for column in added(old, new)), *before[at:]]
    for is_, due in zip((column.name for column in new.columns), wanted, strict=True):
        if is_ != due:
            where = f"new ones before {ENDING}" if ENDING in before else "new ones at the end"
            why = f"{is_} stands where {due} is due: columns keep their order, {where}"
            raise NotASuccessor(f"{label}: {why}", way=Way.PLACE)


def _check_rules(label: str, old: Schema, new: Schema) -> None:
    """A new rule a ≤ b has to hold in old rows, whatever they say: by a's greatest value and b's least."""
    for low, high in old.ordered:
        if (low, high) not in new.ordered:
            raise NotASuccessor(f"{label}: the rule {low} ≤ {high} is gone", way=Way.RULE)
    fresh = {column.name: column.stored_missing for column in added(old, new)}
    for low, high in new.ordered:
        most, least = (fresh.get(name, other) for name, other in ((low, new.column(low).largest), (high, 0)))
        if (low, high) not in old.ordered and (most is None or least is None or most > least):
            raise NotASuccessor(f"{label}: the new rule {low} ≤ {high} need not hold in old rows", way=Way.RULE)
