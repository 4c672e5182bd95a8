"""Logs that earlier drafts of claims accepted against their titles, each beside an honest one of tests/data/claims.

An honest log is a realistic one, over which the claim holds. What a dodge adds to it, or puts in its place, is what a
draft let pass: the claim as it is refuses it, by the requirement that is named and no other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.kit.catalogue_claims import definition
from zkcompliance.claim.language.example import Example

LOGS = Path(__file__).parents[1] / "data" / "claims"
MODEL = "lab/base-7"

Row = dict[str, Any]
Tables = dict[str, list[Row]]

PARAMS: Mapping[str, Mapping[str, Any]] = {
    "audits-current": {"model": MODEL},
    "auditor-rotation": {},
    "data-licensed": {"model": MODEL},
    "data-not-from": {"model": MODEL, "barred": ("kp", "ir")},
    "opted-out-honoured": {"model": MODEL},
    "customers-verified": {},
    "reviewed-within": {"model": MODEL, "as_of": "2026-06-01"},
    "kpi-adherence": {"authority": "EU AI Office", "as_of": "2026-06-15", "share": "60%"},
    "kpi-time-to-detection": {"as_of": "2026-06-15"},
    "kpi-detected-internally": {"as_of": "2026-06-15"},
}


def failed_while_a_long_row_ran(logs: Tables) -> None:
    """Six days of training are one row; on the third an audit failed, and was passed again the next day."""
    logs["compute"][:6] = [{**logs["compute"][0], "end": logs["compute"][5]["end"]}]
    single = logs["audits"][3]
    failed = {**single, "at": "2026-03-03T09:00:00Z", "outcome": "failed"}
    logs["audits"] += [failed, {**single, "at": "2026-03-04T09:00:00Z"}]


def failed_and_passed_at_one_second(logs: Tables) -> None:
    """The row that was passed stands behind the one that failed."""
    logs["audits"].insert(3, {**logs["audits"][3], "outcome": "failed"})


def failed_and_answered_by_the_whole_lab(logs: Tables) -> None:
    """The model's audit failed; a later one, of the models of the whole lab, was passed."""
    single = logs["audits"].pop()
    logs["audits"] += [{**single, "outcome": "failed"}, {**single, "model": "", "at": "2026-02-26T09:00:00Z"}]


def valid_for_ever(logs: Tables) -> None:
    """An audit of six years ago states that it is valid for ever."""
    logs["audits"][0].update(at="2020-01-20T10:00:00Z", valid_until="2099-12-31T00:00:00Z")


def never_anybody_else(logs: Tables) -> None:
    """An auditor that comes every third year has been away each time, and nobody else has ever been there."""
    row = {**logs["audits"][0], "layer": "model", "auditor": "Model Check"}
    years = range(2014, 2027, 3)
    logs["audits"] += [
        {**row, "at": f"{year}-03-01T00:00:00Z", "valid_until": f"{year + 1}-03-01T00:00:00Z"} for year in years
    ]


def diluted_by_what_a_model_made(logs: Tables) -> None:
    """Most of what was collected is of unknown origin, and is little beside what a model made of it."""
    logs["datasets"][2]["provenance"] = logs["datasets"][3]["provenance"] = "unknown"
    logs["datasets"][4]["tokens"] = "9e12"


def partly_from_elsewhere(logs: Tables) -> None:
    """A source says from where most of it is."""
    logs["datasets"][0]["provenance"] = "partly"


def reserved_and_called_crawled(logs: Tables) -> None:
    """What is reserved is not said to rest on the exception that reservations end."""
    logs["datasets"].append({**logs["datasets"][4], "digest": "crawl-rest", "licence": "crawled", "opted_out": "30%"})


def nobody_looked(logs: Tables) -> None:
    """How much is reserved is not stated, which is not 0."""
    del logs["datasets"][4]["opted_out"]


def suspended_in_between(logs: Tables) -> None:
    """The customer stays verified in one row, while another says that for a week it was not."""
    week = {"period_from": "2026-02-14T00:00:00Z", "period_until": "2026-02-21T00:00:00Z"}
    logs["customers"].append({**logs["customers"][1], **week, "verified": False})


def verified_since_ever(logs: Tables) -> None:
    """Nobody says since when a customer is verified."""
    del logs["customers"][2]["period_from"]


def left_out_of_the_register(logs: Tables) -> None:
    """A decision that nobody reviewed is not there."""
    del logs["decisions"][1]


def reviewed_by_a_model(logs: Tables) -> None:
    """In time, by what made the decision."""
    logs["decisions"][0]["reviewer_kind"] = "model"


def near_misses_reported(logs: Tables) -> None:
    """Two of three that had to be reported were not, and ten near misses were."""
    miss, report = logs["incidents"][1], logs["reports"][3]
    logs["incidents"] += [{**miss, "serial": serial} for serial in range(6, 16)]
    at = miss["aware"]
    reported = [{**report, "serial": serial, "at": at, "receipt": f"AIO-{400 + serial}"} for serial in range(6, 16)]
    logs["reports"] = [report, *reported]


def filed_in_advance(logs: Tables) -> None:
    """A report from before the lab knew stands for the one that it owed."""
    logs["reports"][0]["at"] = "2026-04-03T00:00:00Z"


def known_of_at_once(logs: Tables) -> None:
    """An incident that went on for two months is one of twenty, the others known of as they happened."""
    logs["incidents"][0]["occurred"] = "2026-02-02T03:00:00Z"
    began = {**logs["incidents"][0], "occurred": "2026-05-05T00:00:00Z", "aware": "2026-05-05T00:00:00Z"}
    logs["incidents"] += [{**began, "serial": serial} for serial in range(6, 25)]


def near_misses_found(logs: Tables) -> None:
    """Of what counts the lab found one in four; near misses it found all by itself."""
    logs["incidents"][3]["detected_by"] = "regulator"
    logs["incidents"] += [{**logs["incidents"][1], "serial": serial} for serial in range(6, 12)]


DODGES: list[tuple[str, Callable[[Tables], None], str]] = [
    ("audits-current", failed_while_a_long_row_ran, "no audit failed while a row ran"),
    ("audits-current", failed_and_passed_at_one_second, "model audited"),
    ("audits-current", failed_and_answered_by_the_whole_lab, "model audited"),
    ("audits-current", valid_for_ever, "governance audited"),
    ("auditor-rotation", never_anybody_else, "no tenure longer than allowed"),
    ("data-licensed", diluted_by_what_a_model_made, "enough of known origin"),
    ("data-not-from", partly_from_elsewhere, "all of every source is of known origin"),
    ("opted-out-honoured", reserved_and_called_crawled, "nothing reserved was used"),
    ("opted-out-honoured", nobody_looked, "of every source somebody looked"),
    ("customers-verified", suspended_in_between, "no customer in two periods at once"),
    ("customers-verified", verified_since_ever, "every job for a verified customer"),
    ("reviewed-within", left_out_of_the_register, "serials without a gap"),
    ("reviewed-within", reviewed_by_a_model, "reviewed in time"),
    ("kpi-adherence", near_misses_reported, "enough reported in time"),
    ("kpi-adherence", filed_in_advance, "enough reported in time"),
    ("kpi-time-to-detection", known_of_at_once, "soon found on average"),
    ("kpi-detected-internally", near_misses_found, "enough found by the lab itself"),
]


def honest(claim: str) -> Tables:
    """The sample logs of a claim, by slot."""
    names = [log.name for log in definition(claim.replace("-", "_")).logs]
    texts = {name: (LOGS / f"{claim}-{name}.jsonl").read_text(encoding="utf-8") for name in names}
    return {name: [json.loads(line) for line in text.splitlines()] for name, text in texts.items()}


@pytest.mark.parametrize(
    ("claim", "dodge", "why"),
    [*((claim, None, "") for claim in PARAMS), *DODGES],
    ids=[*(f"{claim}-honest" for claim in PARAMS), *(dodge.__name__ for _, dodge, _ in DODGES)],
)
def test_a_log_is_held_by_its_title(claim: str, dodge: Callable[[Tables], None] | None, why: str) -> None:
    logs = honest(claim)
    if dodge is not None:
        dodge(logs)
    made = Example(claim, (why,) if why else (), {**logs, **PARAMS[claim]})
    assert made.complaint(definition(claim.replace("-", "_"))) == ""
