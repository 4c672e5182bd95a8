"""Where claims come from: the catalogue in `circuits/`, or a user's own file."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path

from zkcompliance import schemas
from zkcompliance.claim.model import Claim
from zkcompliance.errors import UsageError
from zkcompliance.schemas import Schema

_MODULES = {"training-compute-below": "training_compute_below"}
_UNCHANGED = "rows-unchanged-"  # and the name of a schema


def names() -> list[str]:
    """The claims of the catalogue, sorted."""
    return sorted([*_MODULES, *(_UNCHANGED + name for name in schemas.names())])


def load(name: str) -> Claim:
    """A claim by its id, or from a Python file (which is run) that defines CLAIM. UsageError where there is none."""
    if is_unchanged(name):
        return unchanged(schemas.by_name(name.removeprefix(_UNCHANGED)))
    if name in _MODULES:
        module = importlib.import_module(f"zkcompliance.circuits.{_MODULES[name]}")
    elif name.endswith(".py") and Path(name).is_file():
        spec = importlib.util.spec_from_file_location("zkcompliance_user_claim", name)
        if spec is None or spec.loader is None:
            raise UsageError(f"{name} is not a Python file")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    else:
        raise UsageError(f"no claim {name!r}: there is {', '.join(names())}, or a .py file", help="zkcompliance claims")
    claim = getattr(module, "CLAIM", None)
    if not isinstance(claim, Claim):
        raise UsageError(f"{name} does not define CLAIM")
    return claim


def is_unchanged(name: str) -> bool:
    """Whether this is the id of a claim that rows are unchanged, whose proof may use a segment's last units."""
    return name.startswith(_UNCHANGED)


def unchanged(schema: Schema) -> Claim:
    """The claim that two logs of this schema, which may be the user's own, have the same rows."""
    module = importlib.import_module("zkcompliance.circuits.rows_unchanged")
    made: Claim = module.claim(schema)
    return made
