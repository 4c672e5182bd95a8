"""rows-sealed-promptly-SCHEMA: every row was sealed soon after the moment that it is about, and none ahead of it.

Source: the objection that a log of last year may have been written today. When a segment was sealed is not the lab's
word: its bracket is as narrow as what others signed makes it (docs/spec/anchors.md), and a claim about it holds for
every moment of it; where nothing is anchored no row meets it. The moment of a row is that at which what it says was
done or known: the end of an interval of compute or of a booking; when a sample was graded, an event happened, an audit
was completed, a decision was flagged or a report was made; when the lab became aware of an incident. What is known
later goes into further rows. A row that names a moment yet to come would be soon enough whenever it was sealed: rows
of next year could be made up today. So none may name one over a day after it was sealed, as none may when it is taken
into a log; whatever `delay` is, that takes a beacon's round in its segment's entry (seal --beacon). An empty log holds,
and adding rows can only make it fail. It is not asked of roll-ups, which are sealed later than what they stand for, and
a log that is sealed again (refresh, compact) was sealed then. Padding is no row.
"""

from __future__ import annotations

from zkcompliance.claim.language import (
    ClaimDefinition,
    LogTable,
    Param,
    Seconds,
    base,
    claim,
    days,
    fails,
    holds,
    implausible,
    not_ahead,
    param,
    require,
    sealed_within,
)
from zkcompliance.schemas import Schema, in_id, versions

MOMENTS = {
    "compute": "end",
    "booking": "end",
    "eval": "at",
    "event": "at",
    "incident": "aware",
    "incident_report": "at",
    "audit": "at",
    "decision": "at",
}
SCHEMAS = [schema for name in MOMENTS for schema in versions(name)]


def family(schema: Schema) -> ClaimDefinition:
    """The claim for logs of this schema, which is one of SCHEMAS."""

    class Sealed(LogTable, schema=schema):
        """Rows of the log."""

    def rows_sealed_promptly(
        log: LogTable,
        delay: Param[Seconds] = param("how long after its moment a row may be sealed at the latest"),
    ) -> None:
        """Every row was sealed from a day before its moment to `delay` after it, wherever in its segment's bracket."""
        moment = getattr(log, MOMENTS[schema.name])
        require("every row sealed in time", log.every(sealed_within(moment, delay)))
        require("no row ahead of its time", log.every(not_ahead(moment, days(1))))

    rows_sealed_promptly.__annotations__["log"] = Sealed
    return claim(f"rows-sealed-promptly-{in_id(schema)}", version=1)(rows_sealed_promptly)


LAST = 2**48 - 1  # the largest moment that there is
# Of a compute log; under brackets: tests/unit/test_sealed_promptly.py
job = base(start=0, end=3600, run="r1", phase="pretraining", method="hardware", flop=1, source="signed")

EXAMPLES = (
    holds("an empty log", log=[], delay="7 days"),
    holds("over two segments without rows", log=[[], []], delay="7 days"),
    fails("nothing shows when it was sealed", "every row sealed in time", log=[job()], delay="7 days"),
    fails("in one of two segments", "every row sealed in time", log=[[], [job()]], delay="7 days"),
    fails(
        "a moment yet to come, whenever it was sealed",
        "no row ahead of its time",
        log=[job(start=LAST - 3600, end=LAST)],
        delay="7 days",
    ),
)

VACUOUS = (implausible("delay", "rows of any age could be sealed today", at_least="10950 days"),)
