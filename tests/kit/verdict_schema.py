"""The JSON Schema of verdicts, as a validator that takes no field which the schema does not list."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

PLACE = Path(__file__).parents[2] / "docs" / "spec" / "verdict.schema.json"


@cache
def closed() -> Draft202012Validator:
    """Readers pass over fields that they do not know; here one that nobody wrote into the schema is a fault."""
    schema = json.loads(PLACE.read_text(encoding="utf-8"))
    _close(schema)
    return Draft202012Validator(schema)


def _close(each: Any) -> None:
    if isinstance(each, list):
        for one in each:
            _close(one)
    elif isinstance(each, dict):
        if each.get("type") == "object" and "properties" in each:
            each["additionalProperties"] = False
        for name, one in each.items():
            if name not in ("allOf", "const", "enum"):
                _close(one)


def fits(document: dict[str, Any]) -> None:
    """AssertionError with what does not fit."""
    assert [f"{list(error.path)}: {error.message[:200]}" for error in closed().iter_errors(document)] == []
