"""log-floor-SCHEMA: a log has at least so many rows, and every row's source is one of those that are taken.

Source: what a policy says of a log besides its claims (docs/spec/policy.md): without rows a claim holds of an empty
log, and a row is as good as its `source`. A log without rows holds when none are asked for. Padding is no row. Of
a roll-up, rows are those that it stands for.
"""

from __future__ import annotations

from zkcompliance.claim.language import (
    ClaimDefinition,
    Count,
    LogTable,
    Param,
    SetOf,
    Source,
    base,
    claim,
    fails,
    holds,
    param,
    require,
    vacuous,
)
from zkcompliance.schemas import SOURCES, Schema, in_id, rolled_from


def family(schema: Schema) -> ClaimDefinition:
    """The claim for logs of this schema, which may be the user's own. Its column `source` is the built-in ones'."""

    class Sealed(LogTable, schema=schema):
        """Rows of the log."""

    def log_floor(
        log: LogTable,
        rows: Param[Count] = param("the least number of rows"),
        sources: Param[SetOf[Source]] = param("the sources that a row may have"),
    ) -> None:
        """The log has at least `rows` rows, and the source of each is one of `sources`."""
        require("enough rows", (log.count() if rolled_from(schema) is None else log.n.sum()) >= rows)
        require("every row from one of the sources", log.every(log.source.is_in(sources)))

    log_floor.__annotations__["log"] = Sealed
    return claim(f"log-floor-{in_id(schema)}", version=1)(log_floor)


# Of a compute log
job = base(start=0, end=3600, run="r1", phase="pretraining", method="hardware", flop=1, source="signed")
attested = job(source="hardware_attested")

EXAMPLES = (
    holds("as many rows as asked", log=[job(), attested], rows=2, sources="signed, hardware_attested"),
    holds("over two segments", log=[[job()], [job()]], rows=2, sources="signed"),
    holds("an empty log of which no row is asked", log=[], rows=0, sources="signed"),
    fails("an empty log", "enough rows", log=[], rows=1, sources="signed"),
    fails("one row too few", "enough rows", log=[job(), attested], rows=3, sources="signed, hardware_attested"),
    fails("another source", "every row from one of the sources", log=[job(), attested], rows=1, sources="signed"),
    fails("no source taken", "every row from one of the sources", log=[job()], rows=1, sources=""),
)

VACUOUS = (
    vacuous("rows", "every log has 0 rows or more", at_most=0),
    vacuous("sources", "there is no other source", all_of=SOURCES),
)
