"""What the reports for machines say: valid by the official schemas, complete, deterministic, and no text of theirs is
anything but text."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from tests.kit import support, verdicts
from tests.kit.oscal_schema import DATA, oscal
from zkcompliance import report
from zkcompliance.errors import StatementMismatch, UsageError
from zkcompliance.policy.verdict import Margin, Status, Value, Verdict
from zkcompliance.report import words
from zkcompliance.version import VERSION

KINDS = verdicts.all_kinds()
every = pytest.mark.parametrize("verdict", KINDS.values(), ids=KINDS.keys())


@cache
def sarif() -> Draft4Validator:
    schema = json.loads((DATA / "sarif" / "sarif-2.1.0-rtm.5.json").read_text())
    Draft4Validator.check_schema(schema)
    return Draft4Validator(schema, format_checker=Draft4Validator.FORMAT_CHECKER)


def loaded(verdict: Verdict, kind: str) -> Any:
    return json.loads(report.write(verdict, kind))


@every
def test_the_same_verdict_gives_the_same_text(verdict: Verdict) -> None:
    for kind in report.FORMATS:
        text = report.write(verdict, kind)
        assert text == report.write(verdict, kind) and text.endswith("\n") and not text.endswith("\n\n")
        assert text.encode()


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(UsageError, match="pdf"):
        report.write(KINDS["all met"], "pdf")


def test_a_report_is_written_without_anything_heavy() -> None:
    code = (
        "import sys\nfrom zkcompliance import report\n"
        "from zkcompliance.report import html, json_document, junit, oscal, sarif, terminal\n"
        "print(*({'numpy', 'numba', 'cryptography', 'click', 'rich', 'zkcompliance.stark.prover'} & set(sys.modules)))"
    )
    run = [sys.executable, "-c", code]
    assert subprocess.run(run, capture_output=True, check=True, env=support.ENVIRONMENT).stdout == b"\n"


anything = st.text(st.characters(), max_size=40)


@settings(max_examples=80, deadline=None)
@given(
    st.tuples(anything, anything, anything),
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**512 - 1),
    st.binary(max_size=40),
)
def test_any_text_and_any_number_make_valid_reports(
    texts: tuple[str, str, str], time: int, number: int, reference: bytes
) -> None:
    a, b, c = texts
    band = verdicts.BAND
    value = Value(a, "revealed", b, number, c, a)
    first = replace(
        band, name=a, says=b, sentences=c, values=(*band.values, value), margin=Margin(a, number, b, 2**512 - number),
        warnings=(c,), profile=b, error=None,
    )  # fmt: skip
    verdict = verdicts.verdict(
        first, replace(first, name=b, status=Status.NOT_MET, error=StatementMismatch(c)),
        judged_at=time, proved_at=time, reference=reference, policy=replace(verdicts.POLICY, title=a, sources=(b, c)),
    )  # fmt: skip
    assert oscal().is_valid(loaded(verdict, "oscal"))
    assert sarif().is_valid(loaded(verdict, "sarif"))
    assert loaded(verdict, "json")["requirements"][0]["margin"]["value"] == str(number)
    ElementTree.fromstring(report.write(verdict, "junit").encode())  # noqa: S314 - our own
    assert "\x00" not in report.write(verdict, "html")


# JSON


@every
def test_json_says_everything(verdict: Verdict) -> None:
    made = loaded(verdict, "json")
    assert made["format"] == "zkcompliance-verdict/v1" and made["accepted"] is verdict.accepted
    assert made["file"] == {"sha256": verdict.file_sha256.hex(), "bytes": str(verdict.file_bytes)}
    held = verdict.attested
    assert made["attestation"] == (
        {"sha256": held.digest.hex(), "kind": held.kind, "keyid": held.keyid} if held is not None else None
    )
    assert [r["status"] for r in made["requirements"]] == [f.status.value for f in verdict.findings]
    for said, finding in zip(made["requirements"], verdict.findings, strict=True):
        assert (said["name"], said["says"], said["sentences"]) == (finding.name, finding.says, finding.sentences)
        assert [(v["name"], int(v["exact"]), v["role"], v["chosen"], v["chooser"]) for v in said["values"]] == [
            (v.name, v.exact, v.role, v.chosen, v.chooser.value if v.chooser else None) for v in finding.values
        ]
        assert [(x["origin"], bytes.fromhex(x["root"]), int(x["size"])) for x in said["logs"]] == [
            (log.origin, log.root, log.size) for log in finding.logs
        ]
        assert said["warnings"] == list(finding.warnings) and said["not_proven"] == list(finding.not_proven)
        assert (said["error"] or {}).get("code") == (finding.error.code if finding.error else None)
        assert (said["margin"] or {}).get("value") == (str(finding.margin.value) if finding.margin else None)
        assert (said["proof"] is None) == (not finding.proof_sha256)


@every
def test_json_has_no_number_and_sorted_keys(verdict: Verdict) -> None:
    text = report.write(verdict, "json")
    text.encode("ascii")

    def refuse(number: str) -> None:
        raise AssertionError(number)

    made = json.loads(text, parse_int=refuse, parse_float=refuse, object_pairs_hook=lambda pairs: pairs)
    stack = [made]
    while stack:
        each = stack.pop()
        if isinstance(each, list) and each and isinstance(each[0], tuple):
            keys = [key for key, _ in each]
            assert keys == sorted(keys)
            stack += [value for _, value in each]
        elif isinstance(each, list):
            stack += each


# OSCAL


@every
def test_oscal_is_valid_by_nists_schema(verdict: Verdict) -> None:
    assert [f"{list(e.path)}: {e.message[:200]}" for e in oscal().iter_errors(loaded(verdict, "oscal"))] == []


def test_the_schema_of_oscal_refuses_what_is_wrong() -> None:
    made = loaded(KINDS["all met"], "oscal")
    result = made["assessment-results"]["results"][0]
    for fault in ("state", "target-id", "uuid"):
        broken = json.loads(json.dumps(made))
        finding = broken["assessment-results"]["results"][0]["findings"][0]
        if fault == "state":
            finding["target"]["status"]["state"] = "met"
        elif fault == "target-id":
            finding["target"]["target-id"] = "a b"
        else:
            finding["uuid"] = "00000000-0000-1000-8000-000000000000"
        assert list(oscal().iter_errors(broken)), fault
    assert result["findings"]


@every
def test_oscal_finds_and_refers(verdict: Verdict) -> None:
    made = loaded(verdict, "oscal")["assessment-results"]
    result = made["results"][0]
    states = [finding["target"]["status"]["state"] for finding in result.get("findings", [])]
    assert states == ["satisfied" if f.status is Status.MET else "not-satisfied" for f in verdict.findings]
    text = json.dumps(made)
    identifiers = re.findall(r'"uuid": "([^"]*)"', text)
    assert len(identifiers) == len(set(identifiers))
    referred = re.findall(r'"(?:observation-uuid": "|href": "#)([^"]*)"', text)
    assert set(referred) <= set(identifiers)
    evidence = [o["relevant-evidence"][0]["description"] for o in result.get("observations", [])]
    proofs = [f.proof_sha256.hex() for f in verdict.findings if f.proof_sha256]
    assert all(digest in said for digest, said in zip(proofs, evidence, strict=True))


def test_oscal_identifiers_differ_by_verdict() -> None:
    base = KINDS["all met"]
    others = [
        replace(base, file_sha256=bytes(32)), replace(base, judged_at=base.judged_at + 1), replace(base, subject=None),
        replace(base, policy=replace(verdicts.POLICY, digest=bytes(32))), replace(base, findings=base.findings[:2]),
    ]  # fmt: skip
    made = {loaded(verdict, "oscal")["assessment-results"]["uuid"] for verdict in (base, *others)}
    assert len(made) == 1 + len(others)


# SARIF


@every
def test_sarif_is_valid_by_the_official_schema(verdict: Verdict) -> None:
    assert [f"{list(e.path)}: {e.message[:200]}" for e in sarif().iter_errors(loaded(verdict, "sarif"))] == []


def test_the_schema_of_sarif_refuses_what_is_wrong() -> None:
    broken = loaded(KINDS["not shown"], "sarif")
    broken["runs"][0]["results"][0]["level"] = "fatal"
    assert list(sarif().iter_errors(broken))


@every
def test_sarif_has_a_result_for_what_is_not_met(verdict: Verdict) -> None:
    run = loaded(verdict, "sarif")["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(rules) == len(set(rules))
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert (result["kind"], result["level"]) in (("fail", "error"), ("open", "none"), ("fail", "warning"))
        assert not re.search(r"\]\(|(?<!\{)\{(?:\{\{)*[0-9]", result["message"]["text"])
    wanted = [f.name for f in verdict.findings if f.status not in (Status.MET, Status.NOT_JUDGED)]
    wanted += ["verdict/asked" for _ in verdict.mismatches] or ["verdict"] * (not verdict.findings)
    warned = [result for result in run["results"] if result["level"] == "warning"]
    assert [result["ruleId"] for result in run["results"] if result not in warned] == wanted
    assert verdict.accepted == (len(warned) == len(run["results"]))
    assert {result["ruleId"] for result in warned} <= {"verdict/warning"}
    assert len(warned) == len(run["properties"]["warnings"]) == len({w for f in verdict.findings for w in f.warnings})
    assert run["tool"]["driver"]["version"] == VERSION
    assert run["properties"]["reference"] == words.reference(verdict.reference)


# JUnit


@every
def test_junit_is_green_only_where_the_verdict_is_accepted(verdict: Verdict) -> None:
    root = ElementTree.fromstring(report.write(verdict, "junit").encode())  # noqa: S314 - our own
    suite = root[0]
    cases = suite.findall("testcase")
    unlike = len(verdict.mismatches)
    assert len(cases) == max(1, len(verdict.findings) + unlike) == int(suite.get("tests", ""))
    assert [case.get("name") for case in cases[:unlike]] == ["what was asked"] * unlike
    said = [case.find("failure") for case in cases[:unlike]]
    messages = [words.spoken(error) for error in verdict.mismatches]
    assert [each.get("message") if each is not None else "" for each in said] == messages
    bad = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    assert verdict.accepted == (not bad)
    assert len(suite.findall("*/failure")) == int(suite.get("failures", ""))
    assert len(suite.findall("*/error")) == int(suite.get("errors", ""))
    assert not suite.findall("*/skipped")
    for case, finding in zip(cases[unlike:], verdict.findings, strict=False):
        names = {Status.MET: [], Status.NOT_MET: ["failure"]}.get(finding.status, ["error"])
        assert [part.tag for part in case if part.tag != "system-out"] == names
        if finding.name and finding.name == words.clean(finding.name):
            assert case.get("name") == finding.name


MULTITOOL = os.environ.get("ZKC_SARIF_MULTITOOL", "")


@pytest.mark.skipif(not MULTITOOL, reason="ZKC_SARIF_MULTITOOL names no sarif-multitool")
def test_sarif_multitool_finds_no_error(tmp_path: Path) -> None:
    """Microsoft's validator, whose rules are stricter than the schema."""
    names = []
    for number, verdict in enumerate(KINDS.values()):
        names.append(tmp_path / f"{number}.sarif")
        names[-1].write_text(report.write(verdict, "sarif"))
    done = subprocess.run([MULTITOOL, "validate", *names], capture_output=True, text=True)
    assert done.returncode == 0 and "): error " not in done.stdout, done.stdout[-2000:]
    assert f"{len(names)} files scanned" in done.stdout
