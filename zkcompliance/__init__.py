"""Zero-knowledge compliance proofs over sealed AI training and evaluation logs.

The public names, flat. What only a prover needs is loaded on first use: a verifier loads neither numpy nor numba.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING, Any

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
    from zkcompliance.policy import catalogue as policies

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
    "policies",
    "prove",
    "schemas",
    "verify",
]

_CLIENT = ("Log", "Proof", "keygen", "open_log")


def __getattr__(name: str) -> Any:
    if name in _CLIENT:
        return getattr(importlib.import_module("zkcompliance.client"), name)
    if name == "policies":
        return importlib.import_module("zkcompliance.policy.catalogue")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class _Verb(ModuleType):
    """A package that is also the function of its name: `zk.prove(…)` beside `from zkcompliance.prove import api`."""

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        client = importlib.import_module("zkcompliance.client")
        return getattr(client, self.__name__.rpartition(".")[2])(*arguments, **options)


for _package in ("prove", "verify"):
    importlib.import_module(f"zkcompliance.{_package}").__class__ = _Verb
