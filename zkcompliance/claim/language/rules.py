"""What a schema says of a row is proven, not assumed: a claim that reads both columns of a rule requires the rule.

`seal` takes no row that breaks a rule, but whoever seals with other software commits to what he likes: one row that
ends before it starts would take its length off every total. So the requirement is implied, as a lookup's uniqueness
is, and it is about every row of the log, also those that the claim leaves out: whether a row is left out may hang on
the very columns that the rule is about, and a log is judged by one rule whichever of its rows a claim is about.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zkcompliance.card import types
from zkcompliance.claim.language import units
from zkcompliance.claim.language.expr import Expr, say
from zkcompliance.claim.language.making import constant
from zkcompliance.claim.meaning import core
from zkcompliance.claim.meaning.core import Log, Requirement, Rows, Value
from zkcompliance.claim.meaning.source import here
from zkcompliance.schemas import Column, Rule


def relied_on(logs: Sequence[Log], values: Sequence[Value]) -> Iterator[Requirement]:
    """For each rule both columns of which the values read: that it holds on every row of the log."""
    read = {(part.log, part.name) for part in core.walk(*values) if isinstance(part, core.Column)}
    for log in logs:
        for rule in log.schema.rules:
            if {(log, rule.low.name), (log, rule.high.name)} <= read:
                yield Requirement(_name(log, rule), _kept(log, rule).every().node, implied=True)


def _kept(log: Log, rule: Rule) -> Expr:
    """The rule on each row: low ≤ high, or one of them is missing."""
    kept = _read(log, rule.low) <= _read(log, rule.high)
    for column, stored in rule.excused:
        value = _read(log, column)
        lacking = value == Expr(constant(stored, value.node.type))
        kept = kept | say(lacking, value.node, " is missing")
    return kept


def _read(log: Log, column: Column) -> Expr:
    """The column on every row; of a rule it is said what holds where it is missing."""
    kind = units.column_type(column)
    node = core.Column(log, column.name, type=kind, range=(0, column.largest), frame=log, line=here(), told=True)
    return Expr(node, Rows(log))


def _name(log: Log, rule: Rule) -> str:
    relation = "is not after" if units.column_type(rule.low).kind == types.TIME else "is at most"
    return f"{log.name}.{rule.low.name} {relation} {log.name}.{rule.high.name}"
