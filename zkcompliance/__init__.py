"""Zero-knowledge compliance proofs over sealed AI training and evaluation logs.

The public names, flat, each loaded on first use: a verifier loads neither numpy nor numba, and a command line nothing
at all before it is isolated (start.py). Python 3.6 and later can read this file, to be told which Python is needed.

`zk.prove` and `zk.verify` are functions, of client/; the folders of these names are rooms, whose modules are imported
by their whole names (`from zkcompliance.prove import api`). Python gives a package an attribute for each room at the
moment that it is first imported, and never again: both are imported here, and their attributes taken away.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from zkcompliance import errors, schemas
    from zkcompliance.client.handing import hand_over, receive, roll_up
    from zkcompliance.client.logs import Log, keygen, open_log, open_rows, read_rows
    from zkcompliance.client.proofs import Proof, prove
    from zkcompliance.client.verdicts import streak, verify, verify_joint
    from zkcompliance.errors import (
        BudgetSpent,
        ClaimDoesNotHold,
        LogBusy,
        MalformedError,
        SchemaError,
        VerificationError,
        ZkComplianceError,
    )
    from zkcompliance.live.writer import Live
    from zkcompliance.notes.api import accept_note, new_note, take_note
    from zkcompliance.policy import catalogue as policies
    from zkcompliance.signed import SignedVerdict, WithdrawnList, sign_verdict, withdraw
else:
    from zkcompliance import prove, verify

    del prove, verify

__all__ = [
    "BudgetSpent",
    "ClaimDoesNotHold",
    "Live",
    "Log",
    "LogBusy",
    "MalformedError",
    "Proof",
    "SchemaError",
    "SignedVerdict",
    "VerificationError",
    "WithdrawnList",
    "ZkComplianceError",
    "accept_note",
    "errors",
    "hand_over",
    "keygen",
    "new_note",
    "open_log",
    "open_rows",
    "policies",
    "prove",
    "read_rows",
    "receive",
    "roll_up",
    "schemas",
    "sign_verdict",
    "streak",
    "take_note",
    "verify",
    "verify_joint",
    "withdraw",
]

_MODULES = {"errors": "errors", "schemas": "schemas", "policies": "policy.catalogue"}
_ROOMS = {
    "client.handing": ("hand_over", "receive", "roll_up"),
    "client.logs": ("Log", "keygen", "open_log", "open_rows", "read_rows"),
    "client.proofs": ("Proof", "prove"),
    "client.verdicts": ("streak", "verify", "verify_joint"),
    "live.writer": ("Live",),
    "notes.api": ("accept_note", "new_note", "take_note"),
    "signed": ("SignedVerdict", "WithdrawnList", "sign_verdict", "withdraw"),
}
_HOMES = {name: room for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> "Any":
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from zkcompliance import start

    if start.unsupported():
        raise ImportError(start.unsupported())
    from importlib import import_module

    if name in _MODULES:
        return import_module(f"zkcompliance.{_MODULES[name]}")
    return getattr(import_module(f"zkcompliance.{_HOMES.get(name, 'errors')}"), name)


def __dir__() -> "list[str]":
    return sorted({*globals(), *__all__})
