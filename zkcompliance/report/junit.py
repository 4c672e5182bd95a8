"""The verdict as JUnit XML: one test case for each requirement.

Not met is a failure. Not shown, not judged and not decided are errors, not skipped cases, which most tools count as
passed; why requirements were not judged is said once, as the failure of a case of its own, `what was asked`; and where
nothing was judged there is one case, `verdict`, with an error: a gate that reads the file is green only where the
verdict is accepted.
"""

from __future__ import annotations

from xml.etree import ElementTree as Xml

from zkcompliance.policy import auditing
from zkcompliance.policy.verdict import Finding, Status, Verdict
from zkcompliance.report import words


def write(verdict: Verdict) -> str:
    """The document as text."""
    policy, subject = verdict.policy, verdict.subject
    suite_name = words.clean(f"{policy.id}@{policy.version}" if policy else "proof")
    suite_name = f"REHEARSAL {suite_name}" if verdict.rehearsal else suite_name
    failed = sum(finding.status is Status.NOT_MET for finding in verdict.findings) + len(verdict.mismatches)
    errors = sum(finding.status not in (Status.MET, Status.NOT_MET) for finding in verdict.findings)
    counts = {
        "tests": str(len(verdict.findings) + len(verdict.mismatches) or 1),
        "failures": str(failed),
        "errors": str(errors if verdict.findings else 1),
        "skipped": "0",
        "time": "0",
    }
    root = Xml.Element("testsuites", {"name": "zkcompliance", **counts})
    stamp = words.iso(verdict.judged_at).removesuffix("Z")
    suite = Xml.SubElement(root, "testsuite", {"name": suite_name, "timestamp": stamp, **counts})
    properties = Xml.SubElement(suite, "properties")
    facts = {
        "outcome": words.outcome(verdict),
        "rehearsal": "yes" if verdict.rehearsal else "no",
        "file-sha256": verdict.file_sha256.hex(),
        "policy-sha256": policy.digest.hex() if policy else "",
        "policy-ready-made": ("yes" if policy.ready else "no") if policy else "",
        "subject": words.clean(subject.name) if subject else "",
        "subject-sha256": subject.digest.hex() if subject else "",
        "subject-tree": subject.tree.hex() if subject else "",
        "reference": words.reference(verdict.reference),
        "reference-hex": verdict.reference.hex(),
        "verifier": words.clean(verdict.verifier),
        "proved-at": words.iso(verdict.proved_at) if verdict.proved_at else "",
        "made-for": "; ".join(words.made_for(verdict)),
    }
    for name, value in facts.items():
        Xml.SubElement(properties, "property", {"name": name, "value": value})
    for error in verdict.mismatches:
        case = Xml.SubElement(suite, "testcase", {"classname": suite_name, "name": "what was asked", "time": "0"})
        wrong = Xml.SubElement(case, "failure", {"type": error.code, "message": words.spoken(error)})
        wrong.text = f"help: {words.clean(error.help)}"
    for finding in verdict.findings:
        _case(suite, suite_name, finding)
    if not verdict.findings:
        case = Xml.SubElement(suite, "testcase", {"classname": suite_name, "name": "verdict", "time": "0"})
        code = verdict.error.code if verdict.error is not None else "undecided"
        wrong = Xml.SubElement(case, "error", {"type": code, "message": words.sentence(verdict)})
        wrong.text = f"help: {words.clean(verdict.error.help)}" if verdict.error is not None else None
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _case(suite: Xml.Element, suite_name: str, finding: Finding) -> None:
    name = words.clean(finding.name) or words.clean(finding.claim) or "requirement"
    case = Xml.SubElement(suite, "testcase", {"classname": suite_name, "name": name, "time": "0"})
    if finding.status is not Status.MET:
        kind = "failure" if finding.status is Status.NOT_MET else "error"
        code = finding.error.code if finding.error is not None else finding.status.value
        code = "not-judged" if finding.status is Status.NOT_JUDGED else code
        message = words.why(finding) or finding.status.value
        wrong = Xml.SubElement(case, kind, {"type": code, "message": message})
        said = [f"says: {words.clean(finding.says)}"] if finding.says else []
        wrong.text = "\n".join([*said, *(f"  {line}" for line in words.lines(finding.sentences))])
    if told := _told(finding):
        Xml.SubElement(case, "system-out").text = told


def _told(finding: Finding) -> str:
    """What a reader of a build log should not have to look for."""
    out = [f"WARNING: {words.clean(text)}" for text in finding.warnings]
    out += [f"chosen by the lab: {words.clean(v.name)} = {words.figure(v)}" for v in finding.values if v.chosen]
    if own := words.own_claim(finding):
        out.append(f"claim {words.clean(finding.claim)}, not of the catalogue: {own}")
    if margin := words.margin_words(finding):
        out.append(f"margin: {margin}")
    if finding.audit is not None:
        out.append(f"audit level: {words.clean(auditing.words(finding.audit))}")
    if finding.proof_sha256:
        out.append(f"proof sha256 {finding.proof_sha256.hex()}, {words.clean(finding.security_bits)} bits")
    return "\n".join(out)
