"""The verdict as SARIF 2.1.0: a rule for each requirement, a result for each that is not met or not shown.

What is not met or not shown is a failure of level `error`; what was looked at with nothing to hold it against is
`open`, SARIF's word for not decided. A requirement that is met has no result, since tools show every result as an
alert; the run's properties say how many are met. What was not asked about is one failure of level `error` for all
requirements that were not judged for it, of the rule `verdict/asked`, and they have none of their own. Each warning is
one result of level `warning`, of the rule `verdict/warning`, whichever requirements have it: so a gate goes by the
level. Where nothing was judged there is one failure of the rule `verdict`.
"""

from __future__ import annotations

import json
from typing import Any

from zkcompliance.errors import InternalError
from zkcompliance.policy.binding import Subject
from zkcompliance.policy.verdict import Finding, Status, Verdict
from zkcompliance.report import words
from zkcompliance.version import VERSION

ASKED, WARNING = "verdict/asked", "verdict/warning"  # no requirement's name has a slash
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def write(verdict: Verdict) -> str:
    """The log as text."""
    return json.dumps(_log(verdict), indent=2, sort_keys=True, ensure_ascii=True) + "\n"


def _text(text: str) -> dict[str, str]:
    """A message that reads as this text: no placeholder and no link of the format's own (SARIF 3.11.5, 3.11.6)."""
    plain = words.clean(text).replace("{", "{{").replace("}", "}}")
    return {"text": plain.replace("](", "] (") or "-"}


def _log(verdict: Verdict) -> dict[str, Any]:
    rules: dict[str, dict[str, Any]] = {}
    for finding in verdict.findings:
        rules.setdefault(finding.name, _rule(finding))
    apart = (Status.MET, Status.NOT_JUDGED)
    results = [_result(f, list(rules).index(f.name)) for f in verdict.findings if f.status not in apart]
    for error in verdict.mismatches:
        results.append(_outcome(ASKED, len(rules), "fail", words.spoken(error)))
        results[-1]["properties"] = {"code": error.code}
    if verdict.mismatches:
        rules[ASKED] = {"id": ASKED, "shortDescription": _text("The file is about what was asked about.")}
    warnings = list(dict.fromkeys(text for finding in verdict.findings for text in finding.warnings))
    results += [_outcome(WARNING, len(rules), "fail", text, "warning") for text in warnings]
    if warnings:
        rules[WARNING] = {"id": WARNING, "shortDescription": _text("Nothing has to be known besides the verdict.")}
    if not verdict.findings:
        rules["verdict"] = {"id": "verdict", "shortDescription": _text("Something is judged.")}
        results = [_outcome("verdict", 0, "fail", words.sentence(verdict))]
        if verdict.error is not None:
            results[0]["properties"] = {"code": verdict.error.code}
    policy, subject = verdict.policy, verdict.subject
    judged_by = policy and {
        "id": policy.id, "version": str(policy.version), "sha256": policy.digest.hex(), "ready_made": policy.ready,
    }  # fmt: skip
    properties = {
        "outcome": words.outcome(verdict),
        "rehearsal": verdict.rehearsal,
        "met": str(sum(finding.status is Status.MET for finding in verdict.findings)),
        "requirements": str(len(verdict.findings)),
        "policy": judged_by,
        "subject": None if subject is None else _subject(subject),
        "reference": words.reference(verdict.reference),
        "reference_hex": verdict.reference.hex(),
        "asked_reference": None
        if verdict.asked is None or verdict.asked.reference is None
        else words.reference(verdict.asked.reference),
        "proved_at": words.iso(verdict.proved_at) if verdict.proved_at else None,
        "made_for": words.made_for(verdict),
        "audit_levels": {each.name: each.audit.label for each in verdict.findings if each.audit is not None},
        "warnings": warnings,
        "limits": words.limits(verdict),
    }
    run = {
        "tool": {"driver": {"name": "zkcompliance", "version": VERSION, "rules": list(rules.values())}},
        "invocations": [_invocation(verdict)],
        "artifacts": [_artifact(verdict)],
        "results": results,
        "properties": properties,
        "columnKind": "unicodeCodePoints",
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _invocation(verdict: Verdict) -> dict[str, Any]:
    """A defect of this package is a run that failed; a file that is refused, whatever it is, is a run that did not."""
    made: dict[str, Any] = {"executionSuccessful": not isinstance(verdict.error, InternalError)}
    return made | {"endTimeUtc": words.iso(verdict.judged_at)}


def _artifact(verdict: Verdict) -> dict[str, Any]:
    if not verdict.file_sha256:
        return {"location": {"uri": "proof-file"}, "description": _text("The proof file, which could not be read.")}
    digest = verdict.file_sha256.hex()
    return {
        "location": {"uri": f"sha256-{digest}"},
        "length": verdict.file_bytes,
        "hashes": {"sha-256": digest},
        "description": _text("The proof file, named by its SHA-256."),
    }


def _subject(subject: Subject) -> dict[str, str | None]:
    return {"name": subject.name, "sha256": subject.digest.hex(), "tree": subject.tree.hex() or None}


def _rule(finding: Finding) -> dict[str, Any]:
    rule: dict[str, Any] = {"id": finding.name, "shortDescription": _text(finding.says or finding.claim)}
    if sentences := words.lines(finding.sentences):
        rule["fullDescription"] = _text(" ".join(sentences))
    rule["properties"] = {"claim": finding.claim, "card": finding.card.hex() or None, "program": finding.program.hex()}
    return rule


def _result(finding: Finding, rule: int) -> dict[str, Any]:
    kind = "open" if finding.status is Status.UNDECIDED else "fail"
    message = ": ".join(filter(None, (finding.status.value, words.why(finding), words.margin_words(finding))))
    made = _outcome(finding.name, rule, kind, message)
    made["properties"] = {
        "status": finding.status.value,
        "code": finding.error.code if finding.error is not None else "",
        "proof": finding.proof_sha256.hex(),
        "warnings": list(finding.warnings),
    }
    return made


def _outcome(name: str, rule: int, kind: str, message: str, level: str = "error") -> dict[str, Any]:
    """level: of a failure; what is open has none."""
    return {
        "ruleId": name,
        "ruleIndex": rule,
        "kind": kind,
        "level": level if kind == "fail" else "none",
        "message": _text(message),
        "locations": [{"physicalLocation": {"artifactLocation": {"index": 0}}}],
    }
