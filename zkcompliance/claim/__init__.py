"""Claims: what is said about sealed logs, to a person, to the plain evaluator and as a program."""

from zkcompliance.card.parameter import Parameter
from zkcompliance.claim.model import CheckResult, Claim, Publics, Tables, Witness
from zkcompliance.stark.air.builder import NodeRef, TableBuilder
from zkcompliance.stark.air.program import (
    Equation,
    LogSlot,
    Lookup,
    Program,
    Public,
    PublicBit,
    Summand,
    SummandKind,
    Unknown,
)

__all__ = [
    "CheckResult",
    "Claim",
    "Equation",
    "LogSlot",
    "Lookup",
    "NodeRef",
    "Parameter",
    "Program",
    "Public",
    "PublicBit",
    "Publics",
    "Summand",
    "SummandKind",
    "TableBuilder",
    "Tables",
    "Unknown",
    "Witness",
]
