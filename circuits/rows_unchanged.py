"""rows-unchanged-SCHEMA: two logs, or ranges of their segments, have the same rows in the same order.

It lets a lab go on with a new commitment when a segment's budget is nearly spent (`refresh`), or put many small
segments into one (`compact`): whoever trusted the old log's checkpoint may trust the new one's. A statement names
consecutive segments of either log, since neither need be short enough for one proof; a lineage (docs/spec/log.md) puts
such proofs together to whole logs. Two ranges without rows hold.
"""

from __future__ import annotations

from zkcompliance.card import types
from zkcompliance.card.vacuity import never_vacuous
from zkcompliance.claim import (
    CheckResult,
    Claim,
    LogSlot,
    Parameter,
    Program,
    Public,
    Publics,
    TableBuilder,
    Tables,
    Witness,
)
from zkcompliance.schemas import Schema

SEGMENT_BITS = 16
VACUOUS = tuple(
    never_vacuous(name, "the rows are compared whatever the number of segments")
    for name in ("old_segments", "new_segments")
)
ROWS, OLD_TOKENS, NEW_TOKENS = 1, 2, 3  # general buses; 0 is the range bus and there is no lookup


def program(schema: Schema) -> Program:
    """Real rows are numbered through; (number, row) is on one bus +1 from the old log, −1 from the new.

    The count goes from segment to segment in a token (segment, rows before it). A private table puts (0, 0) in and
    takes (number of segments, total) out, the same total for both logs.
    """

    def side(log: int, sign: int, tokens: int):  # type: ignore[no-untyped-def]
        row = TableBuilder(log=log)
        act = row.log_column(0)
        number = row.witness_column()
        row.require_zero("act is 0 or 1", act * (act - 1))
        row.require_transition("rows are numbered", row.next_row(number) - number - act)
        zero = row.lift(0)
        row.interact(tokens, zero - row.first(), row.ordinal(), number)
        row.interact(tokens, row.last(), row.ordinal() + 1, number + act)
        columns = [row.log_column(c) for c in range(1, schema.width)]
        row.interact(ROWS, act if sign > 0 else zero - act, number, *columns)
        return row.build((2, 1))

    ends = TableBuilder(log=None)
    total = ends.witness_column()
    zero = ends.lift(0)
    for number, tokens in enumerate((OLD_TOKENS, NEW_TOKENS)):
        ends.interact(tokens, ends.first(), zero, zero)
        ends.interact(tokens, zero - ends.first(), ends.public(number), total)
    return Program(
        claim=f"rows-unchanged-{schema.name.replace('_', '-')}",
        version=1,
        publics=(Public("old_segments", SEGMENT_BITS), Public("new_segments", SEGMENT_BITS)),
        logs=tuple(LogSlot(name, schema.digest, schema.width, ranged=True) for name in ("old", "new")),
        lookups=(),
        tables=(side(0, 1, OLD_TOKENS), side(1, -1, NEW_TOKENS), ends.build((2, 2))),
        unknowns=(),
        equations=(),
        buses=(schema.width, 2, 2),
    )


def check(tables: Tables, publics: Publics) -> CheckResult:
    """The claim on plain integers."""
    import numpy as np

    old, new = (np.concatenate([table[1:, table[0] == 1] for table in tables[slot]], axis=1) for slot in ("old", "new"))
    sizes = [len(tables[slot]) for slot in ("old", "new")]
    if sizes != [publics["old_segments"], publics["new_segments"]]:
        return CheckResult(False, "the numbers of segments are these", f"there are {sizes[0]} and {sizes[1]}")
    if old.shape != new.shape:
        return CheckResult(False, "the same rows", f"{old.shape[1]} rows in the old log, {new.shape[1]} in the new")
    differ = np.flatnonzero((old != new).any(axis=0))
    rows = {"rows": str(old.shape[1])}
    if differ.size:
        return CheckResult(False, "the same rows", f"{differ.size} rows differ, the first is {differ[0] + 1}", rows)
    return CheckResult(True, "the same rows", f"all {old.shape[1]} rows are the same", rows)


def private(tables: Tables, publics: Publics):  # type: ignore[no-untyped-def]
    """The running number of every row, segment by segment; then the total."""
    import numpy as np

    columns = []
    total = 0
    for slot in ("old", "new"):
        total = 0
        for table in tables[slot]:
            act = table[0].astype(np.int64)
            columns.append((total + np.cumsum(act) - act).astype(np.uint32)[None])
            total += int(act.sum())
    columns.append(np.full((1, 8), total, np.uint32))
    return columns


def family(schema: Schema) -> Claim:
    """The claim for logs of this schema."""
    return Claim(
        id=f"rows-unchanged-{schema.name.replace('_', '-')}",
        version=1,
        title="Two logs, or ranges of their segments, have the same rows in the same order.",
        doc=(
            "Every real row of the log `old`, over those of its segments that the proof names, in order, is the\n"
            "row of the log `new` at the same place among those that it names of it, in every column, and there is\n"
            "no other.\n"
            "The proof says nothing of segments that it does not name."
        ),
        params=(
            Parameter(
                "old_segments",
                types.COUNT,
                0,
                (1 << SEGMENT_BITS) - 1,
                "the number of segments of the old log that are compared",
            ),
            Parameter(
                "new_segments",
                types.COUNT,
                0,
                (1 << SEGMENT_BITS) - 1,
                "the number of segments of the new log that are compared",
            ),
        ),
        slots={"old": schema, "new": schema},
        build=lambda: program(schema),
        check=check,
        witness=lambda tables, publics: Witness(private(tables, publics), []),
    )
