"""The command that comes to the same verdict: every option that decided, and the time of judgement."""

from __future__ import annotations

from zkcompliance.edge.shown import quoted
from zkcompliance.policy.binding import Subject
from zkcompliance.policy.verdict import Asked, Status, Value, Verdict
from zkcompliance.report import words


def command(verdict: Verdict) -> list[str]:
    """What verifies the file again, one option a line, quoted for a shell; files are given by names in capitals."""
    if verdict.findings and all(finding.status is Status.UNDECIDED for finding in verdict.findings):
        return ["zkcompliance verify FILE", f"--at {_time(verdict.judged_at)}"]  # looked at, and held against nothing
    asked = verdict.asked or Asked(verdict.subject, verdict.reference or None)
    if verdict.policy is not None:
        policy = quoted(f"{verdict.policy.id}@{verdict.policy.version}") if asked.ready else "POLICY.toml"
        parts = [f"zkcompliance verify FILE --policy {policy}", *_keys(verdict, "name")]
        parts += ["--claim-file CLAIM.py"] * asked.claim_files
    else:
        claim = verdict.findings[0].claim.partition("@")[0] if verdict.findings else "CLAIM"
        shown = quoted(claim) if asked.ready else "CLAIM.py"
        parts = [f"zkcompliance verify FILE --claim {shown}", *_keys(verdict, "slot")]
        shown_values = words.shown(verdict.findings[0], "parameter") if verdict.findings else []
        given = asked.params or [(value.name, _typed(value)) for value in shown_values]
        parts += [f"--param {quoted(f'{name}={text}')}" for name, text in given]
    if asked.subject is not None:
        parts.append(f"--subject {quoted(f'{asked.subject.name}={digests(asked.subject)}')}")
    if asked.reference is not None:
        parts.append(f"--context {quoted(asked.reference.decode(errors='surrogateescape'))}")
    if asked.drawn is not None:
        parts.append(f"--drawn {_time(asked.drawn)}")
    if verdict.rehearsal:
        parts.append("--rehearsal")
    if asked.trust:
        parts.append("--trust TRUST")
    if asked.state:
        parts.append("--state STATE")
    parts += [f"--lineage {quoted('LINEAGE', before=f'{name}=')}" for name in asked.lineages]
    parts += ["--request REQUEST"] * asked.requests + ["--openings ROWS"] * asked.openings
    parts += ["--recognised VERDICT"] * asked.recognised + ["--withdrawn LIST"] * asked.withdrawn
    if verdict.attested is not None:
        parts.append("--attestation ATTESTATION --attestation-key PEM")
    return [*parts, f"--at {_time(verdict.judged_at)}"]


def _time(seconds: int) -> str:
    """As `--at` reads it; a time that no calendar has, as its seconds."""
    text = words.iso(seconds)
    return text if seconds < words.LAST else str(seconds)


def digests(subject: Subject) -> str:
    """Those that a model is bound by, as `--subject` reads them behind its name."""
    given = {"sha256": subject.digest, "tree": subject.tree}
    return ",".join(f"{kind}:{digest.hex()}" for kind, digest in given.items() if digest)


def _keys(verdict: Verdict, by: str) -> list[str]:
    """The keys of each log, by the name that a policy or a claim has for it."""
    shown = dict.fromkeys((str(getattr(log, by)), log.origin) for finding in verdict.findings for log in finding.logs)
    names = [name for name, _ in shown]
    if verdict.asked is not None and verdict.asked.keys is not None:
        names = list(verdict.asked.keys)
        if not names:
            return []
    return ["--log-key PUB"] if len(names) < 2 else [f"--log-key {quoted('PUB', before=f'{name}=')}" for name in names]


def _typed(value: Value) -> str:
    """A value as `--param` reads it: exact."""
    if value.typed:
        return value.typed
    return str(value.exact) if "≈" in value.text else value.text
