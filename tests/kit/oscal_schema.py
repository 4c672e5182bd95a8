"""NIST's schema of assessment results, as a validator."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from jsonschema import Draft7Validator

DATA = Path(__file__).parents[1] / "data"


@cache
def oscal() -> Draft7Validator:
    """The schema's patterns use Unicode properties, which `re` spells in another way."""
    text = (DATA / "oscal" / "oscal_assessment-results_schema.json").read_text()
    text = text.replace("(\\\\p{L}|_)(\\\\p{L}|\\\\p{N}|[.\\\\-_])*", "(?:[^\\\\W\\\\d]|_)[\\\\w.\\\\-]*")
    assert "\\p" not in text
    schema = json.loads(text)
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema, format_checker=Draft7Validator.FORMAT_CHECKER)
