"""Zero-knowledge compliance proofs over sealed AI training and evaluation logs.

The public names, flat. What only a prover needs is loaded on first use: a verifier loads neither numpy nor numba.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

# Two functions below have the names of these packages: loading a package later would put it in its function's place.
import zkcompliance.prove
import zkcompliance.verify  # noqa: F401
from zkcompliance import errors, schemas
from zkcompliance.errors import (
    BudgetSpent,
    ClaimDoesNotHold,
    LogBusy,
    MalformedError,
    SchemaError,
    VerificationError,
    ZkComplianceError,
)

if TYPE_CHECKING:
    from zkcompliance.client import Log, Proof, keygen, open_log, prove, verify

__all__ = [
    "BudgetSpent",
    "ClaimDoesNotHold",
    "Log",
    "LogBusy",
    "MalformedError",
    "Proof",
    "SchemaError",
    "VerificationError",
    "ZkComplianceError",
    "errors",
    "keygen",
    "open_log",
    "prove",
    "schemas",
    "verify",
]

_CLIENT = ("Log", "Proof", "keygen", "open_log", "prove", "verify")


def __getattr__(name: str) -> Any:
    if name in _CLIENT:
        return getattr(importlib.import_module("zkcompliance.client"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


del globals()["prove"], globals()["verify"]  # so that __getattr__ gives the functions
