"""The regulator's decision: a file of proofs held against a policy, one proof against one claim, or neither.

Everything here is standard library, the independent verifier, and the signatures of log/signatures.py. Checked in this
order, for each requirement: what the proof is bound to, the claim and its values, whose checkpoints they are, and last
the proof itself. With nothing to hold a file against, every proof in it is verified, and nothing is decided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from zkcompliance.claim import catalogue
from zkcompliance.claim import catalogue as claims
from zkcompliance.claim.model import Claim
from zkcompliance.errors import RequirementNotShown, StatementMismatch, Undecided, UsageError, VerificationError
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.standing import Standing
from zkcompliance.log.trust import TrustPolicy
from zkcompliance.policy import catalogue as policies
from zkcompliance.policy import checkpoints, finding
from zkcompliance.policy.binding import Binding, ForPolicy, Subject
from zkcompliance.policy.catalogue import FLOOR, asked, in_force
from zkcompliance.policy.finding import Verified
from zkcompliance.policy.model import Bound, LogKey, LogRule, Policy, Requirement
from zkcompliance.policy.proofs import Proof, lineages_in, origins_of, proofs_in
from zkcompliance.policy.recall import Recall, recalled
from zkcompliance.policy.requirement import (
    Bench,
    Judged,
    Terms,
    bare,
    check_binding,
    check_one_binding,
    check_one_checkpoint,
    judge_one,
    with_floors,
    with_warnings,
)
from zkcompliance.policy.verdict import Asked, Chooser, Finding, PolicyRef, Status, Verdict
from zkcompliance.verify.bundle import decode_bundle
from zkcompliance.verify.verifier import verify_bundle


def judge_policy(
    data: bytes,
    policy: Policy,
    *,
    now: int,
    keys: Mapping[str, VerifierKey] | None = None,
    subject: Subject | None = None,
    reference: bytes | None = None,
    trust: TrustPolicy | None = None,
    state: Path | None = None,
    recall: Recall | None = None,
) -> Verdict:
    """What a proof file or policy bundle shows of every requirement of a policy, floors of its logs included.

    now: UTC seconds. keys: the policy's name of a log → the key trusted for it, for logs of which the policy says none.
    subject, reference: what the proofs must name, where given. trust: a C2SP trust policy that every checkpoint must
    satisfy besides. state: a file that remembers the logs that were seen; it is written only when everything is met.
    recall: the state with lineages and the word for new keys, in its place.

    A requirement that is not met, or not shown, is in the verdict with its error; raised are PolicyNotInForce,
    MalformedError for a file that is not in its form, UsageError or Undecided for keys, LogEvidence or
    CheckpointMismatch by the state.
    """
    refusal = in_force(policy, now, policies.versions(policy.id))
    if refusal is not None:
        raise refusal
    terms = Terms(now, subject, reference, policy.proof_age, policy.subject)
    of_checkpoints = checkpoints.Asked(now, policy.cosigners, policy.checkpoint_age, trust)
    by_digest = frozenset(r.name for r in policy.requirements if policy.claim(r).pinned and r.claim in policy.claims)
    rules = _with_keys(policy, keys or {})
    own = frozenset(name for name, rule in policy.logs.items() if rule.keys)
    proofs = proofs_in(data)
    held = recalled(
        recall or Recall(state), rules, now, own=own, enclosed=lineages_in(data), origins=origins_of(proofs)
    )
    bench = Bench(terms, of_checkpoints, held, Chooser.POLICY, by_digest)
    bound = [(proof, proof.bound()) for proof in proofs]
    mine = {b.policy.requirement: p for p, b in bound if b.policy is not None and b.policy.digest == policy.digest}
    requirements = asked(policy)
    shared = _common_fault(policy, requirements, mine, [b for _, b in bound], terms)
    judged = []
    for requirement in requirements:
        proof = mine.get(requirement.name)
        claim = policy.claim(requirement)
        if proof is None:
            judged.append(Judged(_missing(policy, requirement, claim, [b for _, b in bound], bool(mine))))
        else:
            judged.append(judge_one(proof, claim, requirement, bench, shared))
    judged = with_floors(judged, {FLOOR + name: name for name in policy.logs}, held.rules)
    stated = next(iter(mine.values()), proofs[0]).bound()
    ready = any(each.digest == policy.digest for each in policies.versions(policy.id))
    put = _asked(bench, keys or {}, claim_files=len(policy.claims), ready=ready)
    return _verdict(data, judged, bench, stated, _ref(policy), len(proofs) - len(mine), put)


def judge_claim(
    data: bytes,
    claim: Claim,
    publics: Mapping[str, int],
    *,
    now: int,
    keys: Mapping[str, VerifierKey],
    subject: Subject | None = None,
    reference: bytes | None = None,
    trust: TrustPolicy | None = None,
    state: Path | None = None,
    recall: Recall | None = None,
) -> Verdict:
    """One proof held against a claim and all its parameters. keys: slot of the claim → the key trusted for its log.

    Otherwise as `judge_policy`; the verdict's policy is None.
    """
    proofs = proofs_in(data)
    if len(proofs) != 1:
        raise UsageError(
            f"the file holds {len(proofs)} proofs, and a claim is about one",
            help="zkcompliance verify FILE --policy POLICY",
        )
    if sorted(claim.slots) != sorted(keys):
        raise UsageError(f"{claim.id} is about the logs {', '.join(claim.slots)}; keys are given for {', '.join(keys)}")
    exactly = {name: Bound(low=value, high=value) for name, value in claim.publics(publics).items()}
    rules = {slot: LogRule(slot, schema.name, (LogKey(keys[slot]),)) for slot, schema in claim.slots.items()}
    requirement = Requirement(
        claim.id, claim.title, claim.id, claim.version, claim.program_digest, {s: s for s in rules}, exactly, {}
    )
    held = recalled(recall or Recall(state), rules, now, enclosed=lineages_in(data), origins=origins_of(proofs))
    bench = Bench(Terms(now, subject, reference), checkpoints.Asked(now, trust=trust), held, Chooser.JUDGE)
    judged = [judge_one(proofs[0], claim, requirement, bench)]
    put = _asked(bench, keys, claim_files=0, ready=claim.id in claims.names())
    given = {**claim.publics(publics), **publics}
    put = replace(put, params=tuple((each.name, finding.typed(each, given[each.name])) for each in claim.params))
    return _verdict(data, judged, bench, proofs[0].bound(), None, 0, put)


def _with_keys(policy: Policy, given: Mapping[str, VerifierKey]) -> dict[str, LogRule]:
    """The policy's logs, each with the keys that are trusted for it: the policy's own, or the one that is given."""
    for name in given:
        if name not in policy.logs:
            raise UsageError(f"{policy.label} has no log {name!r}: it has {', '.join(policy.logs)}")
        if policy.logs[name].keys:
            raise UsageError(f"{policy.label} says itself whose checkpoints of {name} are trusted: leave out its key")
    if len({key.public for key in given.values()}) != len(given):
        raise UsageError("--log-key: one key is given for two logs, which are to be different")
    rules = {n: replace(r, keys=(LogKey(given[n]),)) if n in given else r for n, r in policy.logs.items()}
    if without := [name for name, rule in rules.items() if not rule.keys]:
        raise Undecided(
            f"{policy.label} does not say whose checkpoints are trusted for {', '.join(without)}, and no key is given",
            help=" ".join(
                ["zkcompliance verify FILE --policy", policy.id, *(f"--log-key {name}=PUB" for name in without)]
            ),
        )
    return rules


def _common_fault(
    policy: Policy,
    requirements: Sequence[Requirement],
    mine: Mapping[str, Proof],
    bindings: Sequence[Binding],
    terms: Terms,
) -> VerificationError | None:
    """What is wrong with this policy's proofs together, and so with each of them."""
    named = {requirement.name: requirement for requirement in requirements}
    bound = [b for b in bindings if b.policy is not None and b.policy.digest == policy.digest]
    try:
        for binding in bound:
            _check_policy(binding.policy, policy)
        for name in mine:
            if name not in named:
                raise StatementMismatch(f"requirement: {policy.label} has none named {name!r}")
        check_one_binding(bound)
        for binding in bound[:1]:
            check_binding(binding, terms)
        check_one_checkpoint([(proof, named[name]) for name, proof in mine.items()])
    except VerificationError as error:
        return error
    return None


def _check_policy(stated: ForPolicy | None, policy: Policy) -> None:
    if stated is not None and (stated.id, stated.version) != (policy.id, policy.version):
        raise StatementMismatch(f"policy: the proof says that {stated.label} is what {policy.label} is")


def _missing(
    policy: Policy, requirement: Requirement, claim: Claim, bindings: Sequence[Binding], some: bool
) -> Finding:
    """Not shown; or, where the file has nothing for this policy at all, made for another one."""
    error: VerificationError = RequirementNotShown(f"{requirement.name}: the file has no proof for it")
    status = Status.NOT_SHOWN
    if not some:
        status = Status.NOT_MET
        others = {b.policy.label: b.policy.digest for b in bindings if b.policy is not None}
        if policy.label in others:
            error = StatementMismatch(
                f"policy: the proof was made for another text of {policy.label}, with SHA-256 "
                f"{others[policy.label].hex()}, not {policy.digest.hex()}"
            )
        else:
            made_for = ", ".join(sorted(others)) or "none"
            error = StatementMismatch(f"policy: the proof was made for {made_for}, not {policy.label}")
    return bare(requirement, claim, status, error)


def _asked(bench: Bench, keys: Mapping[str, VerifierKey], *, claim_files: int, ready: bool) -> Asked:
    terms = bench.terms
    recall = bench.recalled.recall
    trust, state = bench.checkpoints.trust is not None, recall.state is not None
    return Asked(terms.subject, terms.reference, trust, state, claim_files, ready, tuple(keys), tuple(recall.lineages))


def _verdict(
    data: bytes,
    judged: Sequence[Judged],
    bench: Bench,
    stated: Binding,
    policy: PolicyRef | None,
    others: int,
    put: Asked,
) -> Verdict:
    met = bool(judged) and all(each.finding.status is Status.MET for each in judged)
    standings = _standings(judged, bench) if met else {}
    return Verdict(
        file_sha256=sha256(data).digest(),
        file_bytes=len(data),
        judged_at=bench.terms.now,
        policy=policy,
        subject=stated.subject,
        proved_at=stated.time,
        reference=stated.reference,
        findings=with_warnings(judged, bench, standings),
        others=others,
        asked=put,
    )


def _standings(judged: Sequence[Judged], bench: Bench) -> dict[tuple[str, str], Standing]:
    """(requirement, slot) → where that checkpoint stands. The errors of `standing.hold`."""
    places, shown = [], []
    for each in judged:
        if each.proof is not None and each.taken is not None:
            notes = decode_bundle(each.proof.data).notes
            names = {log.slot: log.name for log in each.finding.logs}
            for log, signed in zip(each.proof.statement.logs, notes, strict=True):
                places.append((each.finding.name, log.slot))
                key = each.taken[log.slot].key
                shown.append(bench.recalled.shown(names[log.slot], log, signed, key, each.proof))
    return dict(zip(places, found, strict=True)) if (found := bench.recalled.hold(shown)) else {}


def _ref(policy: Policy) -> PolicyRef:
    return PolicyRef(
        policy.id, policy.version, policy.digest, policy.title, policy.jurisdiction, policy.sources, policy.valid_from,
        policy.valid_until,
    )  # fmt: skip


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
