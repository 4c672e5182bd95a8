"""rows-unchanged-SCHEMA: two logs, or ranges of their segments, have the same rows in the same order.

It lets a lab go on with a new commitment when a segment's budget is nearly spent (`refresh`), or put many small
segments into one (`compact`): whoever trusted the old log's checkpoint may trust the new one's. A statement names
consecutive segments of either log, since neither need be short enough for one proof; a lineage (docs/spec/log.md) puts
such proofs together to whole logs. Two ranges without rows hold.
"""

from __future__ import annotations

from zkcompliance.claim import Claim, Program, same_rows
from zkcompliance.schemas import Schema, in_id

VACUOUS = same_rows.VACUOUS


def program(schema: Schema) -> Program:
    """Every column of both logs is compared (zkcompliance/claim/same_rows.py)."""
    every = range(1, schema.width)
    tables = same_rows.compared(0, every), same_rows.compared(1, every)
    return same_rows.program(f"rows-unchanged-{in_id(schema)}", (schema, schema), tables)


def family(schema: Schema) -> Claim:
    """The claim for logs of this schema."""
    return Claim(
        id=f"rows-unchanged-{in_id(schema)}",
        version=1,
        title="Two logs, or ranges of their segments, have the same rows in the same order.",
        doc=(
            "Every real row of the log `old`, over those of its segments that the proof names, in order, is the\n"
            "row of the log `new` at the same place among those that it names of it, in every column, and there is\n"
            "no other.\n"
            "The proof says nothing of segments that it does not name."
        ),
        params=same_rows.PARAMS,
        slots={"old": schema, "new": schema},
        build=lambda: program(schema),
        check=same_rows.check,
        witness=same_rows.witness,
    )
