"""The instructions of the evaluator, and which registers each of them reads."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum


class Do(IntEnum):
    """Instructions: op, dst, a, b. `rows` is 1 or 6 as the destination is base or extension."""

    LOAD = 0  # row b of source a
    NEXT = 1  # row b of source a at the next row of the trace
    PERIODIC = 2  # row a of the periodic tables
    CONST = 3  # base constant a
    ADD = 4
    SUB = 5
    MUL = 6
    EADD = 7
    ESUB = 8
    EMUL = 9
    ESCALE = 10  # extension a by extension constant b
    EFROM = 11  # base a by extension constant b
    EMULB = 12  # extension a by base b
    ECONST = 13  # extension constant a
    STORE = 14  # output rows dst … dst + 5 = extension a
    STORE_BASE = 15  # output row dst = base a
    ELOAD = 16  # rows b … b + 5 of source a
    ENEXT = 17  # the same at the next row of the trace
    EPERIODIC = 18  # rows a … a + 5 of the periodic tables
    DOT = 19  # Σ register·constant over the terms of group a
    DOT_ADD = 20  # extension a plus that sum of group b


_NO_OPERAND = frozenset((Do.LOAD, Do.NEXT, Do.PERIODIC, Do.CONST, Do.ECONST, Do.ELOAD, Do.ENEXT, Do.EPERIODIC))
_ONE_OPERAND = frozenset((Do.ESCALE, Do.EFROM, Do.STORE, Do.STORE_BASE))


def operands_of(op: Do, a: int, b: int, groups: Sequence[Sequence[tuple[int, int]]]) -> tuple[int, ...]:
    """The registers that an instruction reads: extension a of DOT_ADD first. groups: the terms of each group."""
    if op in _NO_OPERAND:
        return ()
    if op in _ONE_OPERAND:
        return (a,)
    if op == Do.DOT:
        return tuple(register for register, _ in groups[a])
    if op == Do.DOT_ADD:
        return (a, *(register for register, _ in groups[b]))
    return (a, b)
