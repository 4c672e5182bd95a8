"""One proof held against one requirement: binding, claim, values, checkpoints, and last the proof itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from zkcompliance.claim.model import Claim
from zkcompliance.errors import StatementMismatch, VerificationError
from zkcompliance.log.standing import Standing
from zkcompliance.policy import checkpoints, finding
from zkcompliance.policy.checkpoints import Taken
from zkcompliance.policy.file import Proof
from zkcompliance.policy.finding import Verified
from zkcompliance.policy.model import LogRule, Requirement
from zkcompliance.policy.recall import Recalled
from zkcompliance.policy.terms import Terms, check_binding, check_claim, check_values
from zkcompliance.policy.verdict import Chooser, Finding, LogShown, Status
from zkcompliance.verify import decode_bundle, verify_bundle


@dataclass(frozen=True)
class Bench:
    """What one judgement holds all proofs against. recalled: each log's keys, and what is known of the logs.

    asker: who set the bounds. by_digest: requirements whose claim was not compiled, and is known by the digest that the
    policy names.
    """

    terms: Terms
    checkpoints: checkpoints.Asked
    recalled: Recalled
    asker: Chooser
    by_digest: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Judged:
    """taken: slot → whose checkpoint it is, of a proof that was accepted."""

    finding: Finding
    proof: Proof | None = None
    taken: Mapping[str, Taken] | None = None


def judge_one(
    proof: Proof, claim: Claim, asked: Requirement, bench: Bench, shared: VerificationError | None = None
) -> Judged:
    """Its VerificationError is in the finding; MalformedError is raised. shared: what is wrong with all proofs."""
    try:
        if shared is not None:
            raise shared
        check_binding(proof.bound(), bench.terms)
        program = check_claim(proof, claim, asked, by_policy=bench.asker is Chooser.POLICY)
        check_values(proof, program, claim, asked)
        taken = _take(proof, asked, bench)
        _, _, program, report = verify_bundle(proof.data, program_digest=asked.program)
    except VerificationError as error:
        return Judged(_refused(proof, bare(asked, claim, Status.NOT_MET, error), bench))
    shown = Verified(proof, program, report)
    found = replace(
        bare(asked, claim, Status.MET, None),
        values=finding.values(shown, claim, asked.params, asked.reveals, bench.asker),
        margin=finding.margin(shown, claim, asked.reveals),
        logs=finding.logs(shown, asked.logs, taken),
        **finding.of_proof(shown),
    )
    return Judged(found, proof, taken)


def _refused(proof: Proof, found: Finding, bench: Bench) -> Finding:
    """What a proof that is refused says of itself is said too: often it was made for something else."""
    if proof.binding is None or proof.binding.policy is None:
        return found
    said = finding.made_for(proof.binding) if bench.asker is Chooser.JUDGE else ""
    warnings = (finding.REFUSED.format(said),) if said else ()
    return replace(found, made_for=proof.binding.policy, warnings=warnings)


def bare(asked: Requirement, claim: Claim, status: Status, error: VerificationError | None) -> Finding:
    """A finding without a proof."""
    return Finding(
        name=asked.name,
        says=asked.says,
        claim=f"{asked.claim}@{asked.version}",
        program=asked.program,
        status=status,
        error=error,
        sentences=finding.in_words(claim),
    )


def _take(proof: Proof, asked: Requirement, bench: Bench) -> dict[str, Taken]:
    notes = decode_bundle(proof.data).notes
    logs = proof.statement.logs
    if len(notes) != len(logs):
        raise StatementMismatch(f"notes: {len(notes)} given for {len(logs)} logs")
    taken = {}
    for log, signed in zip(logs, notes, strict=True):
        rule = bench.recalled.rules[asked.logs[log.slot]]
        taken[log.slot] = checkpoints.take(
            signed, log.checkpoint.body, log.checkpoint.origin, rule.keys, bench.checkpoints, stated=proof.bound().time
        )
    return taken


def with_floors(judged: Sequence[Judged], floors: Mapping[str, str], rules: Mapping[str, LogRule]) -> list[Judged]:
    """Rows and provenance that a floor shows of a log, in every finding about it. floors: requirement → its log."""
    met = {floors[j.finding.name] for j in judged if j.finding.name in floors and j.finding.status is Status.MET}

    def log(each: LogShown) -> LogShown:
        rule = rules[each.name]
        return replace(each, rows=rule.rows, sources=rule.sources) if each.name in met else each

    return [replace(j, finding=replace(j.finding, logs=tuple(map(log, j.finding.logs)))) for j in judged]


def with_warnings(
    judged: Sequence[Judged], bench: Bench, standings: Mapping[tuple[str, str], Standing]
) -> tuple[Finding, ...]:
    """The findings, each with what a person should know that its proof does not say.

    standings: (requirement, slot) → where the checkpoint stands, where that was looked up.
    """
    return tuple(_warned(each, bench, standings) for each in judged)


def _warned(judged: Judged, bench: Bench, standings: Mapping[tuple[str, str], Standing]) -> Finding:
    found = judged.finding
    if judged.proof is None:
        return found
    stand = {log.slot: standings.get((found.name, log.slot)) for log in found.logs}
    remembers = bench.recalled.recall.state is not None
    unknown = {slot for slot, each in stand.items() if not remembers or each is None or each.first}
    unknown = set() if bench.checkpoints.age is not None else unknown
    said = [made_for] if bench.asker is Chooser.JUDGE and (made_for := finding.made_for(judged.proof.bound())) else []
    said += [finding.BY_DIGEST.format(found.claim)] if found.name in bench.by_digest else []
    said += [finding.VACUOUS.format(log.name) for log in found.logs if not log.rows]
    said += [finding.PROVENANCE.format(log.name) for log in found.logs if not log.sources]
    for log in found.logs:
        each = stand[log.slot]
        if log.slot in unknown and (each is None or not each.first):
            said.append(finding.FRESHNESS.format(log.name))
        said += each.said if each is not None else ()
        said += finding.of_generation(log, linked=each is not None and each.linked)
    if disclosed := [value.name for value in found.values if value.role == "revealed"]:
        said.append(finding.DIFFERENCES.format(", ".join(disclosed)))
    said += finding.compared(judged.proof.bound().subject, bench.terms.subject)
    said += [finding.of_range(log) for log in found.logs if not log.whole]
    unproven = (finding.COMPLETE, finding.TRUE_ROWS, *((finding.LATEST,) if unknown else ()))
    return replace(found, warnings=tuple(said), not_proven=unproven)
