"""Policies as OSCAL: valid by NIST's schemas, the same each time, and what a verdict refers to is there."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.kit import verdicts
from tests.kit.command_line import run
from tests.kit.oscal_schema import oscal
from zkcompliance import report
from zkcompliance.errors import RequirementNotShown
from zkcompliance.policy import catalogue
from zkcompliance.policy.judge import ref_of
from zkcompliance.policy.model import Policy
from zkcompliance.policy.requirement import bare
from zkcompliance.policy.verdict import Status, Verdict
from zkcompliance.report import oscal_catalog
from zkcompliance.report.oscal_text import catalog_file

POLICIES = {name: catalogue.load(name) for name in catalogue.names()}
every = pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES.keys())
TRESTLE = os.environ.get("ZKC_TRESTLE_PYTHON", "")


def made(policy: Policy, kind: str) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(oscal_catalog.write(policy, kind))
    return dict(whole[kind])


def judged(policy: Policy) -> Verdict:
    """A verdict that shows nothing of the policy's requirements."""
    none = RequirementNotShown("the file has no proof for it")
    findings = [bare(each, policy.card(each), Status.NOT_SHOWN, none) for each in catalogue.asked(policy)]
    return verdicts.verdict(*findings, policy=ref_of(policy))


@every
@pytest.mark.parametrize("kind", oscal_catalog.KINDS)
def test_it_is_valid_by_nists_schema(policy: Policy, kind: str) -> None:
    text = oscal_catalog.write(policy, kind)
    assert text == oscal_catalog.write(policy, kind) and text.endswith("}\n")
    assert [f"{list(e.path)}: {e.message[:200]}" for e in oscal(kind).iter_errors(json.loads(text))] == []
    assert made(policy, kind)["metadata"]["oscal-version"] == "1.1.3"


@every
def test_what_a_verdict_refers_to_is_in_the_catalog(policy: Policy) -> None:
    """Controls and objectives by their identifiers, and the catalog's file by its name and its resource."""
    catalog, profile = made(policy, "catalog"), made(policy, "profile")
    controls = [each["id"] for each in catalog["controls"]]
    objectives = [part["id"] for each in catalog["controls"] for part in each["parts"]]
    results = json.loads(report.write(judged(policy), "oscal"))["assessment-results"]
    (result,) = results["results"]
    reviewed = result["reviewed-controls"]
    (selected,) = reviewed["control-selections"]
    assert [each["control-id"] for each in selected["include-controls"]] == controls
    (asked,) = reviewed["control-objective-selections"]
    targets = [each["target"]["target-id"] for each in result["findings"]]
    assert [each["objective-id"] for each in asked["include-objectives"]] == targets and set(targets) <= {*objectives}
    assert profile["imports"][0]["include-controls"] == [{"with-ids": controls}]
    files = {each["uuid"]: each for each in results["back-matter"]["resources"]}
    (link,) = reviewed["links"]
    file = files[link["href"].removeprefix("#")]
    assert file["rlinks"][0]["href"] == catalog_file(policy.id, policy.version)
    assert profile["imports"][0]["href"] == link["href"]


@every
def test_identifiers_are_unique_and_every_resource_is_referred_to(policy: Policy) -> None:
    for document in (made(policy, "catalog"), made(policy, "profile")):
        text = json.dumps(document)
        resources = [each["uuid"] for each in document["back-matter"]["resources"]]
        assert len(resources) == len(set(resources)) and all(text.count(f"#{each}") == 1 for each in resources)
    ids: list[str] = []

    def gather(each: object) -> None:
        if isinstance(each, dict):
            ids.extend([each["id"]] if "id" in each else [])
            for one in each.values():
                gather(one)
        elif isinstance(each, list):
            for one in each:
                gather(one)

    gather(made(policy, "catalog"))
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("verdict", verdicts.all_kinds().values(), ids=verdicts.all_kinds().keys())
def test_every_resource_of_a_verdict_is_referred_to(verdict: Verdict) -> None:
    document = json.loads(report.write(verdict, "oscal"))["assessment-results"]
    text = json.dumps(document)
    for each in document["back-matter"]["resources"]:
        assert f"#{each['uuid']}" in text, each["title"]


def test_two_mismatches_are_two_documents() -> None:
    kinds = verdicts.all_kinds()
    uuids = {
        json.loads(report.write(kinds[name], "oscal"))["assessment-results"]["uuid"]
        for name in ("not what was asked", "another key", "all met")
    }
    assert len(uuids) == 3


def test_the_verb_prints_it() -> None:
    for kind in oscal_catalog.KINDS:
        assert run("policies", "seoul", "--oscal", kind).stdout == oscal_catalog.write(POLICIES["seoul"], kind)
    for wrong in (("policies", "--oscal", "catalog"), ("policies", "seoul", "--oscal", "catalog", "--source")):
        assert run(*wrong).exit_code == 2


READ = """
import json, sys
from trestle.oscal.assessment_results import AssessmentResults
from trestle.oscal.catalog import Catalog
from trestle.oscal.profile import Profile
kinds = {"catalog": Catalog, "profile": Profile, "assessment-results": AssessmentResults}
for name in sys.argv[1:]:
    with open(name) as file:
        ((kind, value),) = json.load(file).items()
    kinds[kind].parse_obj(value)
"""


@pytest.mark.skipif(not TRESTLE, reason="ZKC_TRESTLE_PYTHON names no Python with compliance-trestle")
def test_trestle_reads_all_of_them(tmp_path: Path) -> None:
    """Whose models take OSCAL 1.1.3 and no later one, and no field that is not in it."""
    texts = [oscal_catalog.write(each, kind) for each in POLICIES.values() for kind in oscal_catalog.KINDS]
    texts += [report.write(judged(each), "oscal") for each in POLICIES.values()]
    texts += [report.write(each, "oscal") for each in verdicts.all_kinds().values()]
    names = []
    for number, text in enumerate(texts):
        names.append(tmp_path / f"{number}.json")
        names[-1].write_text(text)
    done = subprocess.run([TRESTLE, "-c", READ, *names], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
