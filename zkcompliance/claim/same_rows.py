"""That two logs, or ranges of their segments, have the same rows in the same order: the parts of such claims' programs.

Claims of the catalogue that are not in the language are made of these: rows-unchanged, over one schema, and
rows-extended, over a schema and a later version of it (circuits/). A statement names consecutive segments of either
log, and says how many of each. Two ranges without rows hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from zkcompliance.card import types
from zkcompliance.card.parameter import Parameter
from zkcompliance.card.vacuity import never_vacuous
from zkcompliance.claim.model import CheckResult, Publics, Tables, Witness
from zkcompliance.schemas import Schema
from zkcompliance.stark.air.builder import TableBuilder
from zkcompliance.stark.air.program import LogSlot, Program, Public

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SEGMENT_BITS = 16
LOGS = ("old", "new")
PARAMS = tuple(
    Parameter(
        f"{log}_segments",
        types.COUNT,
        0,
        (1 << SEGMENT_BITS) - 1,
        f"the number of segments of the {log} log that are compared",
    )
    for log in LOGS
)
VACUOUS = tuple(never_vacuous(each.name, "the rows are compared whatever the number of segments") for each in PARAMS)
ROWS, OLD_TOKENS, NEW_TOKENS = 1, 2, 3  # general buses; 0 is the range bus and there is no lookup


def compared(log: int, columns: Sequence[int]) -> TableBuilder:
    """The table of one of the two logs (0: old, 1: new). What is compared of a row are these columns, in this order.

    Real rows are numbered through; (number, columns) is on one bus +1 from the old log, −1 from the new. The count goes
    from segment to segment in a token (segment, rows before it).
    """
    tokens = (OLD_TOKENS, NEW_TOKENS)[log]
    row = TableBuilder(log=log)
    act = row.log_column(0)
    number = row.witness_column()
    row.require_zero("act is 0 or 1", act * (act - 1))
    row.require_transition("rows are numbered", row.next_row(number) - number - act)
    zero = row.lift(0)
    row.interact(tokens, zero - row.first(), row.ordinal(), number)
    row.interact(tokens, row.last(), row.ordinal() + 1, number + act)
    cells = [row.log_column(c) for c in columns]
    row.interact(ROWS, zero - act if log else act, number, *cells)
    return row


def program(claim: str, schemas: tuple[Schema, Schema], tables: tuple[TableBuilder, TableBuilder]) -> Program:
    """The program of the id `claim` over an old and a new log, whose tables are made by `compared`.

    A private table puts (0, 0) in and takes (number of segments, total) out, the same total for both logs.
    """
    ends = TableBuilder(log=None)
    total = ends.witness_column()
    zero = ends.lift(0)
    for number, tokens in enumerate((OLD_TOKENS, NEW_TOKENS)):
        ends.interact(tokens, ends.first(), zero, zero)
        ends.interact(tokens, zero - ends.first(), ends.public(number), total)
    return Program(
        claim=claim,
        version=1,
        publics=tuple(Public(each.name, SEGMENT_BITS) for each in PARAMS),
        logs=tuple(LogSlot(log, of.digest, of.width, ranged=True) for log, of in zip(LOGS, schemas, strict=True)),
        lookups=(),
        tables=(*(table.build((2, 1)) for table in tables), ends.build((2, 2))),
        unknowns=(),
        equations=(),
        buses=(schemas[0].width, 2, 2),
    )


def real(segments: Sequence[NDArray[np.uint32]]) -> NDArray[np.uint32]:
    """The rows of these segments that are no padding, one behind the other: limbs (width, n)."""
    import numpy as np

    return np.concatenate([table[:, table[0] == 1] for table in segments], axis=1)


def check(tables: Tables, publics: Publics, brackets: object = None) -> CheckResult:
    """On plain integers: all columns of both logs are compared. brackets: it is about none."""
    import numpy as np

    old, new = (real(tables[log])[1:] for log in LOGS)
    sizes = [len(tables[log]) for log in LOGS]
    if sizes != [publics["old_segments"], publics["new_segments"]]:
        return CheckResult(False, "the numbers of segments are these", f"there are {sizes[0]} and {sizes[1]}")
    if old.shape != new.shape:
        return CheckResult(False, "the same rows", f"{old.shape[1]} rows in the old log, {new.shape[1]} in the new")
    differ = np.flatnonzero((old != new).any(axis=0))
    rows = {"rows": str(old.shape[1])}
    if differ.size:
        return CheckResult(False, "the same rows", f"{differ.size} rows differ, the first is {differ[0] + 1}", rows)
    return CheckResult(True, "the same rows", f"all {old.shape[1]} rows are the same", rows)


def witness(tables: Tables, publics: Publics, brackets: object = None) -> Witness:
    """The running number of every row, segment by segment; then the total."""
    import numpy as np

    columns = []
    total = 0
    for log in LOGS:
        total = 0
        for table in tables[log]:
            act = table[0].astype(np.int64)
            columns.append((total + np.cumsum(act) - act).astype(np.uint32)[None])
            total += int(act.sum())
    columns.append(np.full((1, 8), total, np.uint32))
    return Witness(columns, [])
