"""Every proof that policies ask of these logs, in one file: checked first, and nothing is proved if one fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType

from zkcompliance import limits
from zkcompliance.card.model import Card
from zkcompliance.claim.card import card_of
from zkcompliance.claim.model import Claim
from zkcompliance.edge.shown import command
from zkcompliance.errors import (
    BudgetSpent,
    ClaimDoesNotHold,
    InternalError,
    LimitExceeded,
    LogCorrupt,
    ProofRefused,
    UsageError,
    VerificationError,
    ZkComplianceError,
)
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.reservation import reserving
from zkcompliance.log.store import SealedLog, Segment
from zkcompliance.policy import bounds, checkpoints
from zkcompliance.policy import catalogue as policies_there_are
from zkcompliance.policy.binding import Binding, ForPolicy
from zkcompliance.policy.catalogue import asked, in_force
from zkcompliance.policy.finding import rounded, text
from zkcompliance.policy.judge import judge_policy
from zkcompliance.policy.model import LogKey, Policy, Requirement
from zkcompliance.policy.proofs import Proof, proofs_in
from zkcompliance.policy.requirement import (
    Terms,
    check_binding,
    check_claim,
    check_one_binding,
    check_one_checkpoint,
    check_values,
)
from zkcompliance.progress import Progress, silent
from zkcompliance.prove.api import get_ready, make, notes_of, prepare, require_open, segments_of
from zkcompliance.prove.early import hollow, refuse_early
from zkcompliance.prove.enclose import enclose
from zkcompliance.prove.own_claims import claim_of
from zkcompliance.quantities.ids import text_id
from zkcompliance.stark.commit.budget import Budget

Given = Mapping[str, int | str | Decimal]  # `REQUIREMENT.NAME` → value


@dataclass(frozen=True)
class Task:
    """One proof to be made. logs: by slot; context: its binding's bytes."""

    policy: Policy
    requirement: Requirement
    claim: Claim
    card: Card
    logs: Mapping[str, SealedLog]
    publics: Mapping[str, int]
    binding: Binding

    @property
    def label(self) -> str:
        return f"{self.policy.label} {self.requirement.name}"


def prove_policies(
    policies: Sequence[Policy],
    logs: Mapping[str, SealedLog],
    given: Given | None = None,
    *,
    binding: Binding,
    own: Mapping[str, Claim] = MappingProxyType({}),
    progress: Progress = silent,
    tell: Callable[[str], None] = lambda sentence: None,
) -> bytes:
    """A policy bundle with a proof of every requirement of the policies, judged by each before it is returned.

    logs: by the policies' names; given: the parameters that they leave open; binding: without its policy, which is each
    one in turn, and with the proving machine's clock; own: by id, claims that the policies name and the catalogue
    lacks; tell: what the lab should know of the file. The lineages of logs in a later generation are in it while they
    fit. UsageError where logs, parameters or subject do not fit; CardMismatch for another claim than a policy names;
    PolicyNotInForce; ClaimDoesNotHold, BudgetSpent, ProofRefused or a VerificationError (by the first) naming
    everything that fails: then nothing was proved and no budget spent.
    """
    tasks = plan(policies, logs, given or {}, binding=binding, own=own)
    require_open(logs.values())
    check(tasks, time=binding.time)
    proofs: dict[bytes, bytes] = {}
    with reserving(_units(tasks)) as reservation:  # of all proofs, before the first is made
        for number, task in enumerate(tasks):
            progress("proofs", number, len(tasks))
            context = task.binding.encode()
            proofs[context] = make(get_ready(task.claim, task.logs, task.publics, context, spent=True), progress)
        progress("proofs", len(tasks), len(tasks))
        bundle = enclose(proofs, logs.values(), tell)
        for policy in policies:
            _judge(bundle, policy, logs, binding)
        reservation.keep()
    return bundle


def plan(
    policies: Sequence[Policy],
    logs: Mapping[str, SealedLog],
    given: Given,
    *,
    binding: Binding,
    own: Mapping[str, Claim] = MappingProxyType({}),
) -> list[Task]:
    """The proofs to be made, with every parameter; nothing of the logs' rows is read."""
    if len({policy.digest for policy in policies}) != len(policies) or not policies:
        raise UsageError("--policy: no policy, or one twice")
    names = {name for policy in policies for name in policy.logs}
    if names != set(logs):
        raise UsageError(
            f"these policies are about the logs {', '.join(sorted(names))}; given: {', '.join(sorted(logs)) or 'none'}",
            help=" ".join(["zkcompliance prove", *(f"--log {name}=DIR" for name in sorted(names))]),
        )
    if len({log.origin for log in logs.values()}) != len(logs):
        raise UsageError("--log: one log (or two of one origin) is given under two names, which are to be different")
    for policy in policies:
        refusal = in_force(policy, binding.time, policies_there_are.versions(policy.id))
        if refusal is not None:
            raise refusal
        if policy.subject and binding.subject is None:
            raise UsageError(
                f"{policy.label} asks which model the proof is about", help="add --subject NAME=PATH of the model"
            )
    left = dict(given)
    tasks = []
    for policy in policies:
        for requirement in asked(policy):
            claim = claim_of(requirement, own)
            publics = _publics(requirement, claim, given, left, binding)
            made_for = ForPolicy(policy.digest, policy.id, policy.version, requirement.name)
            bound = replace(binding, policy=made_for)
            bound.encode()  # LimitExceeded before any work
            used = {slot: logs[name] for slot, name in requirement.logs.items()}
            tasks.append(Task(policy, requirement, claim, card_of(claim), used, publics, bound))
    if left:
        opened = [
            f"{each.name}.{name}"
            for policy in policies
            for each in asked(policy)
            for name, bound in each.params.items()
            if bound.exact is None
        ]
        raise UsageError(
            f"--param: nothing is left open for {', '.join(sorted(left))}; what is: {', '.join(opened) or 'nothing'}"
        )
    if len(tasks) > limits.MAX_POLICY_PROOFS:
        raise LimitExceeded(f"{len(tasks)} proofs: a policy bundle holds at most {limits.MAX_POLICY_PROOFS}")
    return tasks


def _publics(
    requirement: Requirement,
    claim: Claim,
    given: Given,
    left: dict[str, int | str | Decimal],
    binding: Binding,
) -> dict[str, int]:
    """What the policy says exactly, then what is given, then now or the subject's name, then the claim's default."""
    name = binding.subject.name if binding.subject is not None else None
    result: dict[str, int] = {}
    for param in claim.params:
        bound, key = requirement.params[param.name], f"{requirement.name}.{param.name}"
        left.pop(key, None)
        if key in given:
            chosen = param.parse(given[key])
        elif bound.exact is not None:
            chosen = bound.exact
        elif bound.within is not None:
            chosen = binding.time
        elif bound.subject and name is not None:
            chosen = text_id(name)
        elif param.default is not None:
            chosen = param.default
        else:
            raise UsageError(
                f"{requirement.name} leaves {param.name} to you: {bounds.words(bound, param)}",
                help=command("add", "--param", f"{key}=VALUE"),
            )
        if not bounds.meets(bound, chosen, time=binding.time, subject_name=name):
            raise UsageError(
                f"{key}: {text(param, chosen)} is given, and the policy asks for {bounds.words(bound, param)}",
                help=command("add", "--param", f"{key}=VALUE") if bound.exact is None else f"leave --param {key} out",
            )
        result[param.name] = chosen
    return claim.publics(result)


def check(tasks: Sequence[Task], *, time: int) -> None:
    """Whether every proof can be made: it holds, shapes, revealed values, checkpoints, budgets. Names all that fail."""
    faults = [(label, fault) for label, fault in results(tasks, time=time) if fault is not None]
    if faults:
        listed = "; ".join(f"{label}: {fault.message}" for label, fault in faults)
        count = "" if len(faults) == 1 else f"{len(faults)} faults: "
        first = faults[0][1]
        raise type(first)(f"nothing was proved. {count}{listed}", help=first.help)


def results(tasks: Sequence[Task], *, time: int) -> list[tuple[str, ZkComplianceError | None]]:
    """What is in the way of each task, and of each segment that cannot bear all the proofs over it; None: nothing."""
    outcomes: list[tuple[str, ZkComplianceError | None]] = []
    shown: list[tuple[Task, Proof]] = []
    size = 0
    for task in tasks:
        try:
            proof, length = _check(task, time)
            shown.append((task, proof))
            size += length
            outcomes.append((task.label, None))
        except (ClaimDoesNotHold, ProofRefused, VerificationError, LimitExceeded) as error:
            outcomes.append((task.label, error))
    return outcomes + _together(shown, time) + _budgets(tasks) + _too_long(size * 19 // 20)


def _together(shown: Sequence[tuple[Task, Proof]], time: int) -> list[tuple[str, ZkComplianceError | None]]:
    """A fault for each policy that would refuse its proofs together, whatever each of them shows."""
    faults: list[tuple[str, ZkComplianceError | None]] = []
    for policy in {task.policy.digest: task.policy for task, _ in shown}.values():
        mine = [(task, proof) for task, proof in shown if task.policy.digest == policy.digest]
        try:
            check_one_binding([task.binding for task, _ in mine])
            check_one_checkpoint([(proof, task.requirement) for task, proof in mine])
        except VerificationError as error:
            faults.append((policy.label, error))
    return faults


def _too_long(size: int) -> list[tuple[str, ZkComplianceError | None]]:
    """A fault where files of these proofs are too long all but certainly; at the limit itself the file is measured."""
    most = limits.MAX_POLICY_BUNDLE_BYTES
    if size <= most:
        return []
    why = f"it would have {size >> 20} MiB, and a policy bundle has at most {most >> 20}"
    return [("the file", LimitExceeded(f"{why}: prove over fewer segments (compact), or fewer policies in one file"))]


def _check(task: Task, time: int) -> tuple[Proof, int]:
    """The file of its proof but for the proof, and the bytes that it will have (on average).

    What would be refused, here or by who judges, is raised.
    """
    policy, requirement, claim, card = task.policy, task.requirement, task.claim, task.card
    segments_of(claim, task.logs)
    for slot, log in task.logs.items():
        keys = policy.logs[requirement.logs[slot]].keys or (LogKey(VerifierKey.parse(log.vkey)),)
        asked_of = checkpoints.Asked(time, policy.cosigners, policy.checkpoint_age)
        note, body = log.checkpoint_note.encode(), log.checkpoint_body.encode()
        checkpoints.take(note, body, log.origin, keys, asked_of, stated=time)
    columns = {slot: [segment.load_columns() for segment in log.segments] for slot, log in task.logs.items()}
    statement, witness = prepare(claim, task.logs, columns, task.publics, task.binding.encode())
    known = {each.name: each for each in card.revealed()}
    name = task.binding.subject.name if task.binding.subject is not None else None
    for each, bound in requirement.reveals.items():
        value = witness.reveals[each]
        less = rounded(card, each, value)
        if not bounds.meets(bound, value, time=time, subject_name=name, rounded=less):
            raise ProofRefused(
                f"it would reveal {each} as something else than {bounds.words(bound, known[each])}",
                private=text(known[each], value) + (" (rounded down)" if less else ""),
            )
    notes = notes_of(claim, task.logs)
    size = refuse_early(statement, claim.program_bytes, notes)
    (proof,) = proofs_in(hollow(statement, claim.program_bytes, notes))
    terms = Terms(time, task.binding.subject, task.binding.reference, policy.proof_age, policy.subject)
    check_binding(proof.bound(), terms)
    check_values(proof, check_claim(proof, card, requirement, by_policy=True), card, requirement)
    return proof, size


def _needed(tasks: Sequence[Task]) -> list[tuple[SealedLog, Segment, int]]:
    """Each segment of each log, with how many proofs go over it."""
    logs = {log.origin: log for task in tasks for log in task.logs.values()}
    return [
        (log, segment, sum(log.origin == other.origin for task in tasks for other in task.logs.values()))
        for log in logs.values()
        for segment in log.segments
    ]


def _units(tasks: Sequence[Task]) -> list[tuple[Budget, int]]:
    """What all proofs together spend of each segment."""
    return [(segment.budget(), count * segment.profile.units) for _, segment, count in _needed(tasks)]


def _budgets(tasks: Sequence[Task]) -> list[tuple[str, ZkComplianceError | None]]:
    """A fault for each segment that cannot bear all the proofs over it, or whose ledger was put back."""
    faults: list[tuple[str, ZkComplianceError | None]] = []
    for log, segment, count in _needed(tasks):
        label = f"{log.path}, segment {segment.index}"
        try:
            left = segment.budget().proofs_left()
            if left < count:
                raise BudgetSpent(f"{left} proof(s) left, and {count} asked for")
            segment.budget().check(count * segment.profile.units)
        except (BudgetSpent, LogCorrupt) as error:
            faults.append((label, error))
    return faults


def _judge(
    bundle: bytes,
    policy: Policy,
    logs: Mapping[str, SealedLog],
    binding: Binding,
) -> None:
    own = {name: VerifierKey.parse(logs[name].vkey) for name, rule in policy.logs.items() if not rule.keys}
    try:
        judge_policy(
            bundle, policy, now=binding.time, keys=own, subject=binding.subject, reference=binding.reference
        ).require()
    except ZkComplianceError as error:
        raise InternalError(f"the bundle just made is refused by {policy.label}: {error.message}") from error
