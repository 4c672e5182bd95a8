"""Claims: what is said about sealed logs, to a person, to the plain evaluator and as a program."""

from zkcompliance.card.parameter import Parameter
from zkcompliance.claim.model import CheckResult, Claim, Publics, Tables, Witness
from zkcompliance.stark.air.expr import Expr, TableBuilder
from zkcompliance.stark.air.program import (
    Equation,
    LogSlot,
    Lookup,
    Program,
    Public,
    PublicBit,
    Term,
    TermKind,
    Unknown,
)

__all__ = [
    "CheckResult",
    "Claim",
    "Equation",
    "Expr",
    "LogSlot",
    "Lookup",
    "Parameter",
    "Program",
    "Public",
    "PublicBit",
    "Publics",
    "TableBuilder",
    "Tables",
    "Term",
    "TermKind",
    "Unknown",
    "Witness",
]
