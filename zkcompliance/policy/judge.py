"""The regulator's decision: a file of proofs held against a policy, one proof against one claim, or neither.

Everything here is standard library, the independent verifier, and the signatures of log/signatures.py. A proof may have
claims for several requirements; it is verified once. Checked in this order, for each requirement: what the proof is
bound to, the claim with its logs and values, whose checkpoints they are, and last the proof itself. With nothing to
hold a file against, every proof in it is verified, and nothing is decided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from zkcompliance.card import catalogue, words
from zkcompliance.card.model import Card
from zkcompliance.card.own import installed
from zkcompliance.card.program import check_card
from zkcompliance.errors import (
    ProgramMismatch,
    RequirementNotShown,
    StaleProof,
    StatementMismatch,
    Undecided,
    UsageError,
    VerificationError,
)
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.standing import Standing
from zkcompliance.log.trust import TrustPolicy
from zkcompliance.policy import checkpoints, finding, formulas
from zkcompliance.policy.anchors import Anchoring, Check
from zkcompliance.policy.asked import asked_of
from zkcompliance.policy.auditing import level_of
from zkcompliance.policy.binding import Binding, ForPolicy, Subject, raw_text
from zkcompliance.policy.catalogue import FLOOR, ready_made, refusal
from zkcompliance.policy.devices import Answers, Held
from zkcompliance.policy.finding import Key, Verified, public_values
from zkcompliance.policy.freshness import Dated
from zkcompliance.policy.model import Anchors, Bound, LogRule, Policy, Requirement
from zkcompliance.policy.opened import Opened, findings
from zkcompliance.policy.proofs import Claimed, File, Proof, claims_of, opened, origins_of
from zkcompliance.policy.recall import Recall, recalled
from zkcompliance.policy.recognition import Colleague, recognised
from zkcompliance.policy.requirement import (
    Bench,
    Judged,
    Once,
    Terms,
    bare,
    check_binding,
    check_one_binding,
    check_one_checkpoint,
    judge_one,
    said_once,
    with_floors,
    with_warnings,
)
from zkcompliance.policy.slots import Keys, check_order, labels, resolved, with_keys
from zkcompliance.policy.verdict import Asked, Chooser, Finding, PolicyRef, Status, Verdict
from zkcompliance.quantities import show_time

_UNLOOKED = Anchoring(Anchors(0, (), ()))  # brackets as they are stated: without a policy nobody is believed
Given = Mapping[str, VerifierKey | Sequence[VerifierKey]]  # keys of a log, or of several that stand for it


def judge_policy(
    data: bytes | File,
    policy: Policy,
    *,
    now: int,
    keys: Given | None = None,
    subject: Subject | None = None,
    reference: bytes | None = None,
    trust: TrustPolicy | None = None,
    state: Path | None = None,
    recall: Recall | None = None,
    drawn: int | None = None,
    rehearsal: bool = False,
    check: Check | None = None,
    answers: Answers | None = None,
    opened_rows: Sequence[Opened] = (),
    verdicts: Sequence[Colleague] = (),
) -> Verdict:
    """What a proof file or policy bundle shows of every requirement of a policy, floors of its logs included.

    now: UTC seconds. keys: the policy's name of a log → the key trusted for it, for logs of which the policy says none;
    of several keys each is of a log of its own, and the proofs are about exactly these logs.
    subject, reference: what the proofs must name, where given. trust: a C2SP trust policy that every checkpoint must
    satisfy besides. state: a file that remembers the logs that were seen; it is written only when everything is met.
    recall: the state with lineages and the word for new keys, in its place. drawn: UTC seconds at which the reference
    was drawn, before which no proof is taken; a policy that requires a reference needs both. rehearsal: whether the
    proofs are rehearsals; such are taken then, and no others. check: what checks rounds and time stamps (None: nobody
    does, and what rests on them is undecided). answers: of devices in this file, held against the root that the policy
    names; None: nobody could check them, and what it asks of devices is undecided. opened_rows: requests for rows, and
    what came of them. verdicts: of others, whose signatures were checked, for requirements of which the file has no
    proof.

    A requirement that is not met, or not shown, is in the verdict with its error; raised are PolicyNotInForce,
    MalformedError for a file that is not in its form, UsageError or Undecided for keys, LogEvidence or
    CheckpointMismatch by the state.
    """
    if (refused := refusal(policy, now)) is not None:
        raise refused
    if policy.reference and (not reference or drawn is None):
        raise Undecided(
            f"{policy.label} requires a reference that you drew, and {'when' if reference else 'none'} is "
            f"{'not said' if reference else 'given'}",
            help=f"zkcompliance verify FILE --policy {policy.id} --context REFERENCE --drawn TIME",
        )
    _check_drawn(drawn, now)
    terms = Terms(now, subject, reference, policy.proof_age, policy.subject, drawn, rehearsal)
    of_checkpoints = checkpoints.Asked(now, policy.cosigners, policy.checkpoint_age, trust)
    unknown = set(policy.cards) - policy.compiled
    by_card = frozenset(each.name for each in policy.requirements if each.claim in unknown)
    given = _several(keys or {})
    rules, requirements = asked_of(policy, given)
    own = frozenset(name for name, rule in policy.logs.items() if rule.keys)
    file = opened(data)
    proofs = file.proofs
    held = recalled(recall or Recall(state), rules, now, own=own, enclosed=file.lineages, origins=origins_of(proofs))
    of_devices = None if policy.devices is None else Held(policy.devices, answers)
    anchoring = Anchoring(policy.anchors, check)
    bench = Bench(terms, of_checkpoints, held, Chooser.POLICY, by_card, anchoring, of_devices)
    bound = [(proof, proof.bound()) for proof in proofs]
    ours = [proof for proof, b in bound if b.policy is not None and b.policy.digest == policy.digest]
    mine = {claimed.requirement: claimed for claimed in claims_of(ours, held.recall.rolled)}
    shared = _common_fault(policy, requirements, ours, bench)
    elsewhere = None if ours else _elsewhere(policy, [each for _, each in bound])
    found: dict[str, Judged] = {}
    shown: dict[tuple[str, str], int] = {}
    for requirement in sorted(requirements, key=lambda each: bool(formulas.of(each))):  # what others follow is first
        claimed = mine.get(requirement.name)
        card = policy.card(requirement)
        if claimed is None:
            continue
        found[requirement.name] = judge_one(claimed, card, requirement, bench, shared, shown)
        if found[requirement.name].finding.status is Status.MET:
            shown |= {(requirement.name, name): value for name, value in public_values(claimed).items()}
    for requirement in requirements:  # what is taken over is held against what was proved
        if requirement.name not in found:
            card, so_far = policy.card(requirement), list(found.values())
            taken = recognised(requirement, card, policy, verdicts, bench, so_far, bound, shown)
            found[requirement.name] = taken or Judged(_missing(requirement, card, elsewhere))
    judged = [found[requirement.name] for requirement in requirements]
    judged = with_floors(said_once(judged), {FLOOR + name: name for name in policy.logs}, policy.logs)
    by_lot = findings(policy.openings, list(policy.logs), _checkpoints(judged), opened_rows)
    judged += [Judged(each) for each in by_lot]
    stated = (ours[0] if ours else proofs[0]).bound()
    put = _asked(bench, given, claim_files=len(policy.cards), ready=ready_made(policy))
    of_indices = formulas.sources(requirements)
    verdict = _verdict(file, judged, bench, stated, ref_of(policy), len(proofs) - len(ours), put, of_indices)
    return replace(verdict, findings=opened_by_lot(verdict.findings, by_lot))


def judge_claim(
    data: bytes | File,
    card: Card,
    publics: Mapping[str, int],
    *,
    now: int,
    keys: Given,
    subject: Subject | None = None,
    reference: bytes | None = None,
    trust: TrustPolicy | None = None,
    state: Path | None = None,
    recall: Recall | None = None,
    compiled: bool = False,
    drawn: int | None = None,
    dated: Dated = Dated(),  # noqa: B008
) -> Verdict:
    """One proof held against a claim and all its parameters.

    keys: slot of the claim → the key trusted for its log, or the keys of all logs that fill it.

    compiled: whether the card was made here from the claim's own text; of one that was given, and is not of this
    installation, the verdict says so. dated: what is asked of when it was made, and of cosigners. Otherwise as
    `judge_policy`; the verdict's policy is None.
    """
    file, given = opened(data), _several(keys)
    proofs, slots = file.proofs, [slot.name for slot in card.slots]
    claims = claims_of(proofs, {} if recall is None else recall.rolled)
    if len(claims) != 1:
        raise UsageError(
            f"the file proves {len(claims)} claims, and one is asked for",
            help="zkcompliance verify FILE --policy POLICY",
        )
    if sorted(slots) != sorted(given):
        raise UsageError(f"{card.id} is about the logs {', '.join(slots)}; keys are given for {', '.join(given)}")
    exactly = {name: Bound(low=value, high=value) for name, value in card.publics(publics).items()}
    logs = {slot.name: LogRule(slot.name, slot.schema) for slot in card.slots}
    names = labels(logs, given)
    rules = with_keys(logs, names, given)
    requirement = Requirement(
        card.id, card.title, card.id, card.version, card.digest, card.program, {s: (s,) for s in logs}, exactly, {}
    )
    held = recalled(recall or Recall(state), rules, now, enclosed=file.lineages, origins=origins_of(proofs))
    ready = installed(card)
    by_card = frozenset() if ready or compiled else frozenset({card.id})
    _check_drawn(drawn, now)
    terms = Terms(now, subject, reference, dated.proof_age, drawn=drawn)
    of_checkpoints = checkpoints.Asked(now, dated.cosigners, dated.checkpoint_age, trust)
    bench = Bench(terms, of_checkpoints, held, Chooser.JUDGE, by_card)
    judged = [judge_one(claims[0], card, resolved(requirement, names, card), bench)]
    put = _asked(bench, given, claim_files=0, ready=ready)
    stated = {**card.publics(publics), **publics}
    put = replace(put, params=tuple((each.name, finding.typed(each, stated[each.name])) for each in card.params))
    return _verdict(file, judged, bench, proofs[0].bound(), None, 0, put)


def _check_drawn(drawn: int | None, now: int) -> None:
    """UsageError for a reference that was drawn after the judgement: no proof could name it."""
    if drawn is not None and drawn > now:
        raise UsageError(f"the reference was drawn on {show_time(drawn)}, and it is judged as of {show_time(now)}")


def _several(keys: Given) -> dict[str, tuple[VerifierKey, ...]]:
    """Each log's keys, of which one may be given by itself."""
    return {name: (key,) if isinstance(key, VerifierKey) else tuple(key) for name, key in keys.items()}


def opened_by_lot(all_found: Sequence[Finding], by_lot: Sequence[Finding]) -> tuple[Finding, ...]:
    """With the audit levels that rows opened by lot allow, where one was found."""
    drawn = {log.name for each in by_lot if each.status is Status.MET for log in each.logs}
    return tuple(each if each.audit is None else replace(each, audit=level_of(each, drawn)) for each in all_found)


def _checkpoints(judged: Sequence[Judged]) -> dict[str, frozenset[tuple[str, int, bytes]]]:
    """By the policy's name of a log, the checkpoints that the proofs are about, as far as they are met: of a roll-up
    those of the log that it stands for."""
    found: dict[str, set[tuple[str, int, bytes]]] = {}
    for each in judged:
        for log in each.finding.logs if each.finding.status is Status.MET else ():
            at = log.stands_for or (log.origin, log.size, log.root)
            found.setdefault(log.name, set()).add(at)
    return {name: frozenset(at) for name, at in found.items()}


def _common_fault(
    policy: Policy, requirements: Sequence[Requirement], ours: Sequence[Proof], bench: Bench
) -> VerificationError | None:
    """What is wrong with this policy's proofs together, and so with each of their claims."""
    named = {requirement.name: requirement for requirement in requirements}
    bindings, claims = [proof.bound() for proof in ours], claims_of(ours, bench.recalled.recall.rolled)
    try:
        for binding in bindings:
            _check_policy(binding.policy, policy)
        for claimed in claims:
            if claimed.requirement not in named:
                raise StatementMismatch(f"requirement: {policy.label} has none named {claimed.requirement!r}")
        check_one_binding(bindings)
        for binding in bindings[:1]:
            check_binding(binding, bench.terms)
        check_one_checkpoint([(each, named[each.requirement]) for each in claims], bench.recalled.rules)
    except VerificationError as error:
        return error
    return None


def _check_policy(stated: ForPolicy | None, policy: Policy) -> None:
    if stated is not None and (stated.id, stated.version) != (policy.id, policy.version):
        raise StatementMismatch(f"policy: the proof says that {stated.label} is what {policy.label} is")


def _elsewhere(policy: Policy, bindings: Sequence[Binding]) -> StatementMismatch:
    """What a file was made for that has nothing for this policy."""
    others = {b.policy.label: b.policy.digest for b in bindings if b.policy is not None}
    if policy.label in others:
        return StatementMismatch(
            f"policy: the proof was made for another text of {policy.label}, with SHA-256 "
            f"{others[policy.label].hex()}, you asked about the one with {policy.digest.hex()}",
            help="ask the lab for a proof of your file, letter by letter",
        )
    kind = "policy" if len(others) == 1 else "policies"
    made_for = f"the {kind} {', '.join(sorted(others))}" if others else "no policy"
    return StatementMismatch(
        f"policy: the proof was made for {made_for}, you asked about {policy.label}",
        help="zkcompliance verify FILE  # says what the file is about",
    )


def _missing(requirement: Requirement, card: Card, elsewhere: StatementMismatch | None) -> Finding:
    """Not shown; or not judged, where the file has nothing for this policy at all, and was made for something else."""
    if elsewhere is not None:
        return bare(requirement, card, Status.NOT_JUDGED, elsewhere)
    error = RequirementNotShown(f"{requirement.name}: the file has no proof for it")
    return bare(requirement, card, Status.NOT_SHOWN, error)


def _asked(bench: Bench, keys: Keys, *, claim_files: int, ready: bool) -> Asked:
    terms = bench.terms
    recall = bench.recalled.recall
    trust, state = bench.checkpoints.trust is not None, recall.state is not None
    given = tuple(name for name, several in keys.items() for _ in several)
    return Asked(
        terms.subject, terms.reference, trust, state, claim_files, ready, given, tuple(recall.lineages),
        drawn=terms.drawn, trust_sha256=bench.checkpoints.trust.digest if bench.checkpoints.trust is not None else b"",
    )  # fmt: skip


def _verdict(
    file: File,
    judged: Sequence[Judged],
    bench: Bench,
    stated: Binding,
    policy: PolicyRef | None,
    others: int,
    put: Asked,
    of_indices: Mapping[str, frozenset[str]] = MappingProxyType({}),
) -> Verdict:
    """of_indices: requirement that shows an index → those that follow it."""
    met = bool(judged) and all(each.finding.status is Status.MET for each in judged)
    standings = _standings(judged, bench) if met else {}
    judged = _of_old_indices(judged, standings, of_indices)
    return Verdict(
        file_sha256=file.digest,
        file_bytes=file.size,
        judged_at=bench.terms.now,
        policy=policy,
        subject=stated.subject,
        proved_at=stated.time,
        reference=stated.reference,
        findings=with_warnings(judged, bench, standings),
        others=others,
        asked=put,
        rehearsal=stated.rehearsal,
    )


def _of_old_indices(
    judged: Sequence[Judged],
    standings: Mapping[tuple[str, Key], Standing],
    of_indices: Mapping[str, frozenset[str]],
) -> list[Judged]:
    """With StaleProof where an index was read at a checkpoint after which a newer one was seen: it may have fallen."""
    stale: dict[str, StaleProof] = {}
    for (name, (_, origin)), stands in standings.items():
        if name in of_indices and stands.old:
            why = StaleProof(
                f"{name}: it shows what {origin} stood at by a checkpoint that is not the newest that was seen"
            )
            stale |= dict.fromkeys((name, *of_indices[name]), why)
    return [
        replace(each, finding=replace(each.finding, status=Status.NOT_MET, error=error))
        if (error := stale.get(each.finding.name)) is not None
        else each
        for each in judged
    ]


def _standings(judged: Sequence[Judged], bench: Bench) -> dict[tuple[str, Key], Standing]:
    """(requirement, log) → where that checkpoint stands. The errors of `standing.hold`."""
    places, shown = [], []
    for each in judged:
        if each.claimed is not None and each.taken is not None:
            for place, label in each.placed:
                places.append((each.finding.name, place.key))
                key = each.taken[place.key].key
                shown.append(bench.recalled.shown(label, place, key, each.claimed.proof))
    return dict(zip(places, found, strict=True)) if (found := bench.recalled.hold(shown)) else {}


def ref_of(policy: Policy) -> PolicyRef:
    """What a verdict says of the policy that it was come to by."""
    return PolicyRef(
        policy.id, policy.version, policy.digest, policy.title, policy.jurisdiction, policy.sources, policy.valid_from,
        policy.valid_until, policy.checked, ready_made(policy),
    )  # fmt: skip


def look(
    data: bytes | File, *, now: int, missing: Undecided, card: Card | None = None, own: Mapping[str, Card] | None = None
) -> Verdict:
    """What a file shows with nothing to hold it against: every proof verified by itself, every finding UNDECIDED.

    missing: the error of each finding. card: of a claim that the proof must be of, where it is known. own: by id, cards
    that are known besides the catalogue's.
    """
    file, once = opened(data), Once()
    findings = [_look(claimed, card, own or {}, missing, once) for claimed in claims_of(file.proofs)]
    bindings = [proof.binding or Binding() for proof in file.proofs]
    one = bindings[0] if len({(b.subject, b.time, b.reference) for b in bindings}) == 1 else Binding()
    return Verdict(
        file.digest, file.size, now, None, one.subject, one.time, one.reference, tuple(findings), 0,
        rehearsal=any(b.rehearsal for b in bindings),
    )  # fmt: skip


def _look(claimed: Claimed, card: Card | None, own: Mapping[str, Card], missing: Undecided, once: Once) -> Finding:
    stated, program, proof = claimed.stated, claimed.program, claimed.proof
    if card is not None and card.program != program.digest:
        raise ProgramMismatch("the file brings another program than the one asked for")
    shown = Verified(claimed, once.report(proof, _UNLOOKED))
    if card is None and (stated.claim in own or stated.claim in catalogue.names()):
        known = own.get(stated.claim) or catalogue.load(stated.claim)
        card = known if known.program == program.digest else None
    if card is not None:
        check_card(card, program)
        check_order(claimed, card)
    warnings = []
    if card is None:
        warnings.append("the program is none of this installation's claims: its name says nothing about its meaning")
    elif not installed(card):
        warnings.append(finding.OF_CALLER.format(card.label))
    if proof.binding is None:
        warnings.append(f"the proof's head is no binding: {raw_text(proof.statement.head)}")
    logs = finding.logs(shown, {}, {}, None)
    warnings += [finding.of_range(log) for log in logs if not log.whole]
    warnings += [line for log in logs for line in finding.of_generation(log, linked=False)]
    if finding.bound_to(claimed) is not None:
        warnings.append(finding.made_for(claimed))
    bound = proof.binding or Binding()
    if bound.rehearsal:
        warnings.insert(0, finding.REHEARSAL.format(show_time(bound.time)))
    return Finding(
        name=claimed.requirement,
        says=card.title if card else "",
        claim=claimed.label,
        card=card.digest if card else b"",
        program=program.digest,
        status=Status.UNDECIDED,
        error=missing,
        sentences=words.explain(card) if card else "",
        values=finding.values(shown, card, {}, {}, Chooser.JUDGE),
        margin=finding.margin(shown, card, {}) if card else None,
        logs=logs,
        warnings=tuple(warnings),
        not_proven=finding.not_proven(
            card, replace(bound, subject=None), latest=True, dated=finding.when(bound, referred=False, age=None)
        ),
        **finding.of_proof(shown),
    )
