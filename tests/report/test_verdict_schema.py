"""The JSON Schema of verdicts: every verdict fits, it lists every field that there is, and lies do not fit."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.kit import verdicts
from tests.kit.verdict_schema import PLACE, closed, fits
from zkcompliance.policy.verdict import Verdict
from zkcompliance.report.json_document import FORMAT, document

KINDS = verdicts.all_kinds()


@pytest.mark.parametrize("verdict", KINDS.values(), ids=KINDS.keys())
def test_every_verdict_fits_and_every_field_is_listed(verdict: Verdict) -> None:
    fits(document(verdict))


def test_it_is_a_schema_that_readers_may_use_as_fields_are_added() -> None:
    schema = json.loads(PLACE.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    made = document(KINDS["all met"])
    assert schema["properties"]["format"]["const"] == FORMAT == schema["title"]
    made["a field of a later version"] = "x"
    assert not list(Draft202012Validator(schema).iter_errors(made)) and list(closed().iter_errors(made))


def _lies() -> dict[str, Any]:
    def accepted(made: dict[str, Any]) -> None:
        made["requirements"][0]["status"] = "not met"

    def of_nothing(made: dict[str, Any]) -> None:
        made["requirements"] = []

    def outcome(made: dict[str, Any]) -> None:
        made["outcome"] = "not accepted"

    def error(made: dict[str, Any]) -> None:
        made["error"] = {"code": "x", "message": "x", "help": "x"}

    def number(made: dict[str, Any]) -> None:
        made["judged_at"] = 1

    def digest(made: dict[str, Any]) -> None:
        made["file"]["sha256"] = "00"

    def status(made: dict[str, Any]) -> None:
        made["requirements"][0]["status"] = "fine"

    def left_out(made: dict[str, Any]) -> None:
        del made["requirements"][0]["not_proven"]

    return {f.__name__: f for f in (accepted, of_nothing, outcome, error, number, digest, status, left_out)}


@pytest.mark.parametrize("lie", _lies().values(), ids=_lies())
def test_what_is_wrong_does_not_fit(lie: Any) -> None:
    made = copy.deepcopy(document(KINDS["all met"]))
    lie(made)
    assert list(closed().iter_errors(made))


def test_the_page_of_reports_names_every_field_of_a_requirement() -> None:
    page = (PLACE.parents[1] / "reports.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z0-9_]+)`", page))
    made = document(KINDS["all met"])
    fields = {*made, *made["requirements"][0], *made["requirements"][0]["values"][0]}
    fields |= {*made["requirements"][0]["logs"][0], *made["policy"], *made["subject"]}
    assert fields - named == {"format"}
