"""What a proof file shows with nothing to hold it against: verified, and not decided."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from zkcompliance.claim import catalogue
from zkcompliance.claim.model import Claim
from zkcompliance.errors import Undecided
from zkcompliance.policy import finding
from zkcompliance.policy.binding import Binding
from zkcompliance.policy.file import Proof, proofs_in
from zkcompliance.policy.finding import Verified
from zkcompliance.policy.verdict import Chooser, Finding, Status, Verdict
from zkcompliance.verify import verify_bundle


def look(
    data: bytes, *, now: int, missing: Undecided, claim: Claim | None = None, own: Mapping[str, Claim] | None = None
) -> Verdict:
    """What a file shows with nothing to hold it against: every proof verified by itself, every finding UNDECIDED.

    missing: the error of each finding. claim: one that the proof must be of, where it is known. own: by id, claims that
    are known besides the catalogue's.
    """
    proofs = proofs_in(data)
    findings = [_look(proof, claim, own or {}, missing) for proof in proofs]
    bindings = [proof.binding or Binding() for proof in proofs]
    one = bindings[0] if len({(b.subject, b.time, b.reference) for b in bindings}) == 1 else Binding()
    return Verdict(
        sha256(data).digest(), len(data), now, None, one.subject, one.time, one.reference, tuple(findings), 0
    )


def _look(proof: Proof, claim: Claim | None, own: Mapping[str, Claim], missing: Undecided) -> Finding:
    _, statement, program, report = verify_bundle(proof.data, program_digest=claim.program_digest if claim else None)
    shown = Verified(proof, program, report)
    if claim is None and (statement.claim in own or statement.claim in catalogue.names()):
        known = own.get(statement.claim) or catalogue.load(statement.claim)
        claim = known if known.program_digest == program.digest else None
    named = f"{statement.claim}@{statement.version}"
    warnings = []
    if claim is None:
        warnings.append("the program is none of this installation's claims: its name says nothing about its meaning")
    if proof.binding is None:
        warnings.append(f"the proof's context is no binding: {raw(statement.context)}")
    logs = finding.logs(shown, {}, {})
    warnings += [finding.of_range(log) for log in logs if not log.whole]
    warnings += [line for log in logs for line in finding.of_generation(log, linked=False)]
    made_for = proof.binding.policy if proof.binding else None
    if made_for is not None:
        warnings.append(finding.made_for(proof.bound()))
    return Finding(
        name=made_for.requirement if made_for else statement.claim,
        says=claim.title if claim else "",
        claim=named,
        program=program.digest,
        status=Status.UNDECIDED,
        error=missing,
        sentences=finding.in_words(claim) if claim else "",
        values=finding.values(shown, claim, {}, {}, Chooser.JUDGE),
        margin=finding.margin(shown, claim, {}) if claim else None,
        logs=logs,
        warnings=tuple(warnings),
        not_proven=(finding.COMPLETE, finding.TRUE_ROWS, finding.LATEST),
        **finding.of_proof(shown),
    )


def raw(context: bytes) -> str:
    """A context that is no binding, for people."""
    return repr(context.decode(errors="replace")) if context else "empty"
