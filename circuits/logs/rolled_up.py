"""rolled-up-SCHEMA: the rows of one log are the groups of another's, with how many rows and what of each measure.

It lets a lab show sums and counts when rows are sealed, in pieces, and prove over the groups alone at release
(docs/rollup.md). A statement names consecutive segments of the log that is rolled up, and one entry of the roll-up; a
roll-up file (docs/spec/log.md) puts such proofs together to whole logs. Two ranges without rows hold. What is summed,
and by which keys, says zkcompliance/schemas/rolled.py.
"""

from __future__ import annotations

from dataclasses import replace

from zkcompliance.claim import Claim, Program
from zkcompliance.claim.language import ClaimDefinition, LogTable, claim, require, same_rows
from zkcompliance.claim.language.expr import Expr
from zkcompliance.claim.language.tables import Grouped
from zkcompliance.claim.provable import provable
from zkcompliance.schemas import ROLL_UPS, RollUp, Schema, in_id
from zkcompliance.schemas.rolled import GIVEN, MAX, MIN, how_rolled

SCHEMAS = tuple(each.schema for each in ROLL_UPS)


def stored(log: LogTable, name: str) -> Expr:
    """A column with what stands where it is missing as its value; of a share that may be missing, 0 there."""
    column = log.schema.column(name)
    if column.missing is None:
        return log[name]
    return log[name].or_else("" if column.type == "id" else 0)


def keys_of(how: RollUp, log: LogTable) -> list[Expr]:
    """By what its rows are grouped, in the order of the roll-up's columns."""
    flags = [log[each.column].is_given() if each.kind == GIVEN else log[each.column] > 0 for each in how.flags]
    return [*(stored(log, name) for name in how.keys), *flags]


def parts_of(how: RollUp, log: LogTable, groups: Grouped) -> list[Expr]:
    """What is said of each measure, in the order of the roll-up's columns."""
    found = []
    for measure in how.measures:
        value = stored(log, measure.column)
        for part in measure.parts:
            found.append({MIN: groups.min, MAX: groups.max}.get(part, groups.sum)(value))
    return found


def definition(schema: Schema) -> ClaimDefinition:
    """groups = rows grouped by the keys; {(keys, size, parts) of groups} = {rows of the roll-up}, as multisets.

    UsageError where logs of the schema are not rolled up.
    """
    how = how_rolled(schema)

    class Sealed(LogTable, schema=schema):
        """Rows of the log."""

    class Rolled(LogTable, schema=how.rolled):
        """Rows of its roll-up."""

    def rolled_up(rows: LogTable, rolled: LogTable) -> None:
        """The rows of a roll-up are the groups of a log's rows."""
        groups = rows.group_by(*keys_of(how, rows))
        keys = [groups.key(index) for index in range(len(how.keys) + len(how.flags))]
        made = (*keys, groups.size(), *parts_of(how, rows, groups))
        said = tuple(stored(rolled, column.name) for column in how.rolled.columns)
        require("the rows of the roll-up are the groups", same_rows(made, said))

    rolled_up.__annotations__.update(rows=Sealed, rolled=Rolled)
    return claim(f"rolled-up-{in_id(schema)}", version=1)(rolled_up)


def family(schema: Schema) -> Claim:
    """The claim for logs of this schema, one of SCHEMAS. Its slots are ranged."""
    made = provable(definition(schema))

    def build() -> Program:
        program = made.program
        return replace(program, logs=tuple(replace(slot, ranged=True) for slot in program.logs))

    return replace(made, build=build)
