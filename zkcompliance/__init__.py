"""Zero-knowledge compliance proofs over sealed AI training and evaluation logs.

The public names, flat, each loaded on first use: a verifier loads neither numpy nor numba, and a command line nothing
at all before it is isolated (start.py). Python 3.6 and later can read this file, to be told which Python is needed.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from zkcompliance import errors, schemas
    from zkcompliance.client import Log, Proof, keygen, open_log, prove, verify
    from zkcompliance.errors import (
        BudgetSpent,
        ClaimDoesNotHold,
        LogBusy,
        MalformedError,
        SchemaError,
        VerificationError,
        ZkComplianceError,
    )
    from zkcompliance.policy import catalogue as policies
else:
    ModuleType = type(sys)

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
_MODULES = {
    "errors": "errors",
    "schemas": "schemas",
    "policies": "policy.catalogue",
    "prove": "prove",
    "verify": "verify",
}


def __getattr__(name: str) -> "Any":
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from zkcompliance import start

    if start.unsupported():
        raise ImportError(start.unsupported())
    from importlib import import_module

    if name in _MODULES:
        return import_module(f"zkcompliance.{_MODULES[name]}")
    return getattr(import_module("zkcompliance.client" if name in _CLIENT else "zkcompliance.errors"), name)


def __dir__() -> "list[str]":
    return sorted({*globals(), *__all__})


class _Verb(ModuleType):
    """A package that is also the function of its name: `zk.prove(…)` beside `from zkcompliance.prove import api`."""

    def __call__(self, *arguments: "Any", **options: "Any") -> "Any":
        from importlib import import_module

        client = import_module("zkcompliance.client")
        return getattr(client, self.__name__.rpartition(".")[2])(*arguments, **options)


class _Package(ModuleType):
    """This package: what it imports as `prove` and `verify` is made a verb."""

    def __setattr__(self, name: str, value: "Any") -> None:
        if name in ("prove", "verify") and type(value) is ModuleType:
            value.__class__ = _Verb
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
