"""What a claim's file imports: the words of the claim language."""

from zkcompliance.claim.build import ClaimDefinition, claim, require, reveal
from zkcompliance.claim.expr import Expr, Ratio
from zkcompliance.claim.params import Param, names, param
from zkcompliance.claim.tables import (
    AuditLog,
    ChipLog,
    ComputeLog,
    CustomerLog,
    DatasetLog,
    DecisionLog,
    EvalLog,
    EventLog,
    Grouped,
    IncidentLog,
    LogTable,
    Table,
)
from zkcompliance.claim.types import (
    Bool,
    Count,
    EnumWord,
    Flop,
    FlopPerSecond,
    Id,
    Int,
    Ppm,
    Seconds,
    SetOf,
    Time,
)
from zkcompliance.claim.words import (
    band_of,
    days,
    larger,
    lookup,
    percent,
    same_rows,
    seconds,
    select,
    smaller,
    whole,
    within,
)

__all__ = [
    "AuditLog", "Bool", "ChipLog", "ClaimDefinition", "ComputeLog", "Count", "CustomerLog", "DatasetLog", "DecisionLog",
    "EnumWord", "EvalLog", "EventLog", "Expr", "Flop", "FlopPerSecond", "Grouped", "Id", "IncidentLog", "Int",
    "LogTable", "Param", "Ppm", "Ratio", "Seconds", "SetOf", "Table", "Time", "band_of", "claim", "days", "larger",
    "lookup", "names", "param", "percent", "require", "reveal", "same_rows", "seconds", "select", "smaller", "whole",
    "within",
]  # fmt: skip
