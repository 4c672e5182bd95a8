"""The verdict as NIST OSCAL assessment-results (JSON, OSCAL 1.1.3).

One result; for each requirement a finding, whose target is the objective of that name in the policy's catalog
(`report.oscal_catalog`, which the back matter names), `satisfied` where it is met and `not-satisfied` with the reason
`fail` (not met) or `other` (not shown, not judged, not decided) where it is not; for each proof an
observation that refers to it by its SHA-256. The policy stands where OSCAL has the assessment plan: a resource of the
back matter, with the SHA-256 of its file. Every UUID is a version 5 one, made from the digests: the same verdict gives
the same document. Text of the schema's Markdown fields is escaped, so that it reads as it was written.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import Any

from zkcompliance.policy.binding import Subject
from zkcompliance.policy.verdict import Finding, PolicyRef, Status, Verdict
from zkcompliance.report import words
from zkcompliance.report.oscal_text import (
    NAMESPACE,
    OSCAL_VERSION,
    catalog_file,
    catalog_of,
    markdown,
    objective,
    prop,
    token,
)


def write(verdict: Verdict) -> str:
    """The document as text."""
    return json.dumps({"assessment-results": _results(verdict)}, indent=2, ensure_ascii=True) + "\n"


class _Names:
    """UUIDs of one document: version 5, from what makes the verdict this one and the path of the thing in it."""

    def __init__(self, verdict: Verdict) -> None:
        subject = b"" if verdict.subject is None else hashlib.sha256(_identity(verdict.subject)).digest()
        policy = verdict.policy.digest if verdict.policy else b""
        statuses = ",".join(finding.status.value for finding in verdict.findings)
        errors = [verdict.error, *verdict.mismatches]
        statuses += "".join(f"{error.code}: {error.message!r}" for error in errors if error is not None)
        parts = (verdict.file_sha256, policy, subject, str(verdict.judged_at).encode(), statuses.encode())
        self.base = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()

    def __call__(self, *path: str | int) -> str:
        return str(uuid.uuid5(NAMESPACE, "/".join((self.base, *map(str, path)))))


def _identity(subject: Subject) -> bytes:
    """What makes a model another one, framed."""
    return repr((subject.name, subject.digest, subject.tree)).encode()


def _results(verdict: Verdict) -> dict[str, Any]:
    name, at = _Names(verdict), words.iso(verdict.judged_at)
    policy, subject = verdict.policy, verdict.subject
    about = [("outcome", words.outcome(verdict)), ("file-sha256", verdict.file_sha256.hex())]
    about += [("rehearsal", "yes")] if verdict.rehearsal else []
    about += [("error", verdict.error.code)] if verdict.error is not None else []
    about += [("file-bytes", str(verdict.file_bytes)), ("others-not-judged", str(verdict.others))]
    if subject is not None:
        about += [("subject", subject.name), ("subject-sha256", subject.digest.hex())]
        about += [("subject-tree", subject.tree.hex())] if subject.tree else []
    about += [("made-for", text) for text in words.made_for(verdict)]
    if verdict.proved_at:
        about.append(("proved-at", words.iso(verdict.proved_at)))
    about.append(("verifier", verdict.verifier))
    if verdict.reference:
        about.append(("reference", words.reference(verdict.reference)))
    if verdict.asked is not None and verdict.asked.reference is not None:
        about.append(("reference-asked", words.reference(verdict.asked.reference)))
    about += [("mismatch", f"{error.code}: {words.spoken(error)}") for error in verdict.mismatches]
    resources = [_policy_resource(verdict, name("policy")), *_proof_resources(verdict, name)]
    resources += [] if policy is None else [_catalog_resource(policy)]
    result: dict[str, Any] = {
        "uuid": name("result"),
        "title": markdown(words.sentence(verdict)),
        "description": markdown(words.sentence(verdict)),
        "start": at,
        "end": at,
        "props": [prop(*each) for each in about],
        "reviewed-controls": _reviewed(verdict),
    }
    if observations := [_observation(f, i, name, at) for i, f in enumerate(verdict.findings) if f.proof_sha256]:
        result["observations"] = observations
    if verdict.findings:
        result["findings"] = [_finding(finding, i, name) for i, finding in enumerate(verdict.findings)]
    limits = [f"Not shown: {markdown(each)}" for each in words.limits(verdict)]
    result["remarks"] = "\n\n".join([markdown(words.PAGE_IS_NO_PROOF), *limits])
    title = f"Verdict on {policy.title}" if policy else "Verdict on a proof"
    return {
        "uuid": name("document"),
        "metadata": {
            "title": markdown(title),
            "last-modified": at,
            "version": f"{policy.version}" if policy else "1",
            "oscal-version": OSCAL_VERSION,
        },
        "import-ap": {"href": f"#{name('policy')}"},
        "results": [result],
        "back-matter": {"resources": resources},
    }


def _reviewed(verdict: Verdict) -> dict[str, Any]:
    """The requirements as the controls that were looked at, each once, by their identifiers in the policy's catalog."""
    names = list(dict.fromkeys(finding.name for finding in verdict.findings))
    every: dict[str, Any] = {"include-all": {}}
    chosen: dict[str, Any] = {"include-controls": [{"control-id": token(name)} for name in names]}
    made: dict[str, Any] = {"control-selections": [chosen if names else every]}
    if names:
        objectives = [{"objective-id": objective(name)} for name in names]
        made["control-objective-selections"] = [{"include-objectives": objectives}]
    if verdict.policy is not None:
        made["links"] = [{"href": f"#{catalog_of(verdict.policy.digest)}", "rel": "catalog"}]
    return made


def _catalog_resource(policy: PolicyRef) -> dict[str, Any]:
    """Where the identifiers of the requirements are said to be what they are."""
    return {
        "uuid": catalog_of(policy.digest),
        "title": "The policy's requirements as a catalog",
        "description": "What zkcompliance writes of the policy: policies POLICY --oscal catalog.",
        "rlinks": [{"href": catalog_file(policy.id, policy.version), "media-type": "application/json"}],
    }


def _policy_resource(verdict: Verdict, identifier: str) -> dict[str, Any]:
    policy = verdict.policy
    if policy is None:
        return {"uuid": identifier, "title": "No policy", "description": "A proof was judged by itself."}
    facts = [("id", policy.id), ("version", str(policy.version)), ("sha256", policy.digest.hex())]
    facts += [("ready-made", "yes" if policy.ready else "no")]
    facts += [("jurisdiction", policy.jurisdiction), ("valid-from", words.iso(policy.valid_from))]
    facts += [("valid-until", words.iso(policy.valid_until)), *(("source", source) for source in policy.sources)]
    facts += [] if policy.checked is None else [("checked", words.iso(policy.checked))]
    return {
        "uuid": identifier,
        "title": markdown(policy.title),
        "description": "The policy that was judged by, in the place of an assessment plan.",
        "props": [prop(*fact) for fact in facts],
    }


def _proof_resources(verdict: Verdict, name: _Names) -> list[dict[str, Any]]:
    proofs = {finding.proof_sha256: finding.proof_bytes for finding in verdict.findings if finding.proof_sha256}
    return [
        {
            "uuid": name("proof", digest.hex()),
            "title": "Proof",
            "props": [prop("sha256", digest.hex()), prop("bytes", str(size))],
        }
        for digest, size in proofs.items()
    ]


def _observation(finding: Finding, index: int, name: _Names, at: str) -> dict[str, Any]:
    facts = [("claim", finding.claim), *([("card-sha256", finding.card.hex())] if finding.card else [])]
    facts.append(("program-sha256", finding.program.hex()))
    facts += [("proof-sha256", finding.proof_sha256.hex()), ("security-bits", finding.security_bits)]
    facts.append(("profile", finding.profile))
    facts += [] if finding.audit is None else [("audit-level-at-most", finding.audit.label)]
    for value in words.shown(finding, "parameter", "revealed"):
        facts.append((token(f"{value.role}-{value.name}"), str(value.exact)))
    for log in finding.logs:
        facts += [("log-origin", log.origin), ("log-root", log.root.hex()), ("log-size", str(log.size))]
        facts.append(("log-key", log.key))
        facts += [("log-meterer", log.meterer)] if log.meterer else []
        if log.stands_for is not None:
            origin, size, root = log.stands_for
            facts += [("rolled-up-origin", origin), ("rolled-up-root", root.hex()), ("rolled-up-size", str(size))]
        facts += [("log-sealed", when)] if (when := words.sealed(log)) else []
        facts += [("log-cosigned", f"{who} {words.iso(when)}") for who, when in sorted((log.cosigned or {}).items())]
    sentences = [markdown(line) for line in words.lines(finding.sentences)] or [markdown(finding.claim)]
    remarks = [*(f"Warning: {markdown(text)}" for text in finding.warnings)]
    remarks += [f"Not proven: {markdown(text)}" for text in finding.not_proven]
    observation: dict[str, Any] = {
        "uuid": name("observation", index),
        "title": markdown(finding.says or finding.name),
        "description": "\n\n".join(sentences),
        "props": [prop(*fact) for fact in facts],
        "methods": ["TEST"],
        "types": ["control-objective"],
        "relevant-evidence": [
            {
                "href": f"#{name('proof', finding.proof_sha256.hex())}",
                "description": f"The proof file with SHA-256 {finding.proof_sha256.hex()}.",
            }
        ],
        "collected": at,
    }
    if remarks:
        observation["remarks"] = "\n\n".join(remarks)
    return observation


def _finding(finding: Finding, index: int, name: _Names) -> dict[str, Any]:
    met = finding.status is Status.MET
    reason = "pass" if met else "fail" if finding.status is Status.NOT_MET else "other"
    status: dict[str, str] = {"state": "satisfied" if met else "not-satisfied", "reason": reason}
    detail = words.why(finding) or words.margin_words(finding)
    status["remarks"] = markdown(f"{finding.status.value}{': ' if detail else ''}{detail}")
    out: dict[str, Any] = {
        "uuid": name("finding", index),
        "title": markdown(words.heading(finding)),
        "description": markdown(finding.says or finding.claim or finding.name),
        "target": {"type": "objective-id", "target-id": objective(finding.name), "status": status},
    }
    if finding.proof_sha256:
        out["related-observations"] = [{"observation-uuid": name("observation", index)}]
    elif finding.warnings:  # which an observation would have
        out["remarks"] = "\n\n".join(f"Warning: {markdown(text)}" for text in finding.warnings)
    return out
