"""NIST's schemas of OSCAL documents, as validators."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from jsonschema import Draft7Validator

DATA = Path(__file__).parents[1] / "data"


@cache
def oscal(kind: str = "assessment-results") -> Draft7Validator:
    """The schemas' patterns use Unicode properties, which `re` spells in another way."""
    text = (DATA / "oscal" / f"oscal_{kind}_schema.json").read_text()
    text = text.replace("(\\\\p{L}|_)(\\\\p{L}|\\\\p{N}|[.\\\\-_])*", "(?:[^\\\\W\\\\d]|_)[\\\\w.\\\\-]*")
    assert "\\p" not in text
    schema = json.loads(text)
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema, format_checker=Draft7Validator.FORMAT_CHECKER)
