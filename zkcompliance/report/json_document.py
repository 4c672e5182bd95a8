"""The verdict as JSON, `zkcompliance-verdict/v1`.

    format        "zkcompliance-verdict/v1"
    outcome       "accepted", "not accepted" or "not decided"
    accepted      true only where every requirement is met
    rehearsal     true where the proofs are rehearsals, which show nothing of any time, whatever the outcome
    judged_at     UTC seconds
    error         code, message, help: why nothing could be judged; null where something was
    file          sha256, bytes; null where it could not be read
    policy        id, version, sha256, ready_made (false: its id says nothing, and the digest alone what it is), title,
                  jurisdiction, sources, valid_from, valid_until, checked; null if none
    subject       name, sha256 (of contents), tree (of names too; null where it is not known); null where none is named
    proved_at     UTC seconds; null where the lab does not say
    reference     hexadecimal digits; reference_text: as people read it
    asked         what whoever judged asked for: subject, reference and reference_text (null where not asked), drawn
                  (when the reference was drawn), at_given (whether the moment of judgement was given); null where that
                  is not known
    verifier      the program that judged, with its version
    mismatches    code, message, help of each reason why requirements were not judged, each once
    limits        what the verdict does not show, in sentences, each once
    others        proofs in the file for other policies, not judged
    attestation   sha256 (of its file), kind and keyid of the key that signed it; null where none was given
    requirements  one for each requirement, in the policy's order: name, title (what people call it), says, not_shown
                  (the end of `says`, from "Not shown:" on, or null), claim, card (its SHA-256; null where the claim is
                  not known), program, status, error (code, message, help, or null), same_as (the requirement before it
                  whose error this is too, or null), sentences, values (name, role, text, exact, doc, asked, chosen,
                  chooser, tells (which of a reader's questions it answers, or null)), margin (revealed, value,
                  limit_name, limit, low, high, rounding, or null), logs (one for each log of each slot: slot, name,
                  origin, size, root, first, rows_log2, key, cosigned, sealed (between: of each segment the UTC seconds
                  before and after which it was not sealed; by: the beacons and operators that show it; checked: whether
                  that was looked at; null where nothing is said), rows, counted (rows that the claim counts, at least,
                  in all logs of the slot; null where it is not shown), sources, meterer (who seals it and is not the
                  lab, as the policy says, or null), lab (whose log it is, as the policy says, or null), named (what
                  the keyring of whoever judged calls the key; empty where it has no name there, null where no keyring
                  was given), digits (of the key, 40 to be read over the phone; null where there is none), several:
                  whether other logs have this name too, whose rows are counted in; devices: where the policy asks that
                  some answered for its checkpoint, present (pieces of evidence in the file), verified, supporting
                  (distinct devices that did), asked and models, else null; stands_for: of a roll-up, origin, size and
                  root of the log that it was shown to stand for, and remembered: how many of the proofs which show that
                  were verified with the state before, else null), made_for (what the proof is bound to: policy with id,
                  version and sha256, and requirement; or null), proof (sha256, bytes, of the proof's own file, which
                  may be of several requirements, security_bits, security_terms with the bits of each error term by its
                  name, profile; null where no proof verifies), warnings, not_proven, audit_level (at_most: the highest
                  of the AI Assurance Levels of arXiv 2601.11699 that it can serve, such as AAL-1, and why; null where
                  it is not met), recognised (where it was taken over from another's verdict and not proved here:
                  verifier, keyids, judged_at, policy (its SHA-256), statement (of the verdict, SHA-256), dated,
                  periods (of the streak whose last it is; 0: it is of one proof), listed (of when the list of withdrawn
                  verdicts is on which it is not; null where none was given), and logs with slot, origin, size, root and
                  key; else null)

Every integer is a decimal string, since a quantity may exceed what a reader's number holds exactly; digests are
hexadecimal digits; keys are sorted; text is ASCII with escapes. Fields may be added within v1, none changes or goes.
"""

from __future__ import annotations

import json
from typing import Any

from zkcompliance.errors import ZkComplianceError
from zkcompliance.policy.verdict import (
    Asked,
    DevicesShown,
    Finding,
    LogShown,
    MadeFor,
    PolicyRef,
    Recognised,
    Value,
    Verdict,
)
from zkcompliance.report import words

FORMAT = "zkcompliance-verdict/v1"


def write(verdict: Verdict) -> str:
    """The document as text."""
    return json.dumps(document(verdict), indent=2, sort_keys=True, ensure_ascii=True) + "\n"


def document(verdict: Verdict) -> dict[str, Any]:
    """The document as plain data."""
    subject, attested = verdict.subject, verdict.attested
    return {
        "format": FORMAT,
        "outcome": words.outcome(verdict),
        "rehearsal": verdict.rehearsal,
        "accepted": verdict.accepted,
        "judged_at": str(verdict.judged_at),
        "error": _error(verdict.error),
        "file": {"sha256": verdict.file_sha256.hex(), "bytes": str(verdict.file_bytes)}
        if verdict.file_sha256
        else None,
        "policy": None if verdict.policy is None else _policy(verdict.policy),
        "subject": None
        if subject is None
        else {"name": subject.name, "sha256": subject.digest.hex(), "tree": subject.tree.hex() or None},
        "proved_at": str(verdict.proved_at) if verdict.proved_at else None,
        "reference": verdict.reference.hex(),
        "reference_text": words.reference(verdict.reference),
        "asked": None if verdict.asked is None else _asked(verdict.asked),
        "verifier": verdict.verifier,
        "mismatches": [_error(error) for error in verdict.mismatches],
        "limits": words.limits(verdict),
        "others": str(verdict.others),
        "attestation": None
        if attested is None
        else {"sha256": attested.digest.hex(), "kind": attested.kind, "keyid": attested.keyid},
        "requirements": [_finding(finding) for finding in verdict.findings],
    }


def _asked(asked: Asked) -> dict[str, Any]:
    subject, reference = asked.subject, asked.reference
    return {
        "subject": None
        if subject is None
        else {"name": subject.name, "sha256": subject.digest.hex() or None, "tree": subject.tree.hex() or None},
        "reference": None if reference is None else reference.hex(),
        "reference_text": None if reference is None else words.reference(reference),
        "drawn": None if asked.drawn is None else str(asked.drawn),
        "at_given": asked.at,
    }


def _error(error: ZkComplianceError | None) -> dict[str, str] | None:
    return None if error is None else {"code": error.code, "message": error.message, "help": error.help}


def _policy(policy: PolicyRef) -> dict[str, Any]:
    return {
        "id": policy.id,
        "version": str(policy.version),
        "sha256": policy.digest.hex(),
        "ready_made": policy.ready,
        "title": policy.title,
        "jurisdiction": policy.jurisdiction,
        "sources": list(policy.sources),
        "valid_from": str(policy.valid_from),
        "valid_until": str(policy.valid_until),
        "checked": None if policy.checked is None else str(policy.checked),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    error, margin = finding.error, finding.margin
    proof = {
        "sha256": finding.proof_sha256.hex(),
        "bytes": str(finding.proof_bytes),
        "security_bits": finding.security_bits,
        "security_terms": dict(finding.security_terms),
        "profile": finding.profile,
    }
    return {
        "name": finding.name,
        "title": words.heading(finding),
        "says": finding.says,
        "not_shown": words.not_shown(finding) or None,
        "claim": finding.claim,
        "card": finding.card.hex() or None,
        "program": finding.program.hex() or None,
        "status": finding.status.value,
        "error": _error(error),
        "same_as": finding.same_as or None,
        "sentences": finding.sentences,
        "values": [_value(value) for value in finding.values],
        "margin": None
        if margin is None
        else {
            "revealed": margin.revealed,
            "value": str(margin.value),
            "limit_name": margin.limit_name,
            "limit": str(margin.limit),
            "low": None if margin.low is None else str(margin.low),
            "high": None if margin.high is None else str(margin.high),
            "rounding": str(margin.rounding),
        },
        "logs": [_log(log) for log in finding.logs],
        "made_for": None if finding.made_for is None else _made_for(finding.made_for),
        "proof": proof if finding.proof_sha256 else None,
        "warnings": list(finding.warnings),
        "not_proven": list(finding.not_proven),
        "recognised": None if finding.recognised is None else _recognised(finding.recognised),
        "audit_level": None if finding.audit is None else {"at_most": finding.audit.label, "why": finding.audit.why},
    }


def _recognised(taken: Recognised) -> dict[str, Any]:
    return {
        "verifier": taken.verifier,
        "keyids": list(taken.keyids),
        "judged_at": str(taken.judged_at),
        "policy": taken.policy.hex(),
        "statement": taken.statement.hex(),
        "dated": None if taken.dated is None else str(taken.dated),
        "periods": str(taken.periods),
        "listed": None if taken.listed is None else str(taken.listed),
        "logs": [
            {"slot": slot, "origin": origin, "size": str(size), "root": root.hex(), "key": key}
            for slot, origin, size, root, key in taken.logs
        ],
    }


def _made_for(made_for: MadeFor) -> dict[str, Any]:
    policy = made_for.policy
    return {
        "policy": {"id": policy.id, "version": str(policy.version), "sha256": policy.digest.hex()},
        "requirement": made_for.requirement,
    }


def _value(value: Value) -> dict[str, Any]:
    return {
        "name": value.name,
        "role": value.role,
        "text": value.text,
        "exact": str(value.exact),
        "doc": value.doc,
        "asked": value.asked,
        "chosen": value.chosen,
        "chooser": None if value.chooser is None else value.chooser.value,
        "tells": value.tells.value or None,
    }


def _devices(shown: DevicesShown) -> dict[str, Any]:
    counts = {name: str(getattr(shown, name)) for name in ("present", "verified", "supporting", "asked")}
    return {**counts, "models": list(shown.models)}


def _log(log: LogShown) -> dict[str, Any]:
    of = log.stands_for
    return {
        "slot": log.slot,
        "name": log.name,
        "origin": log.origin,
        "size": str(log.size),
        "root": log.root.hex(),
        "first": str(log.first),
        "rows_log2": [str(k) for k in log.rows_log2],
        "key": log.key,
        "cosigned": {operator: str(at) for operator, at in (log.cosigned or {}).items()},
        "sealed": None
        if not log.brackets
        else {
            "between": [[str(first), str(last)] for first, last in log.brackets],
            "by": list(log.anchored),
            "checked": log.brackets_checked,
        },
        "rows": str(log.rows),
        "counted": None if log.counted is None else str(log.counted),
        "sources": list(log.sources),
        "meterer": log.meterer or None,
        "lab": log.lab or None,
        "named": log.named,
        "digits": log.digits or None,
        "several": log.several,
        "devices": None if log.devices is None else _devices(log.devices),
        "stands_for": None
        if of is None
        else {"origin": of[0], "size": str(of[1]), "root": of[2].hex(), "remembered": str(log.remembered)},
    }
