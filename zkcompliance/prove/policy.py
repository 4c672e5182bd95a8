"""What policies ask of these logs, in one file: checked first, and nothing is proved if anything fails.

All requirements of a policy are one proof (docs/spec/union.md), or as few as limits and memory allow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from types import MappingProxyType

from zkcompliance import limits
from zkcompliance.attest import devices
from zkcompliance.attest.anchors import checker
from zkcompliance.card.words import about_brackets
from zkcompliance.claim.model import CheckResult, Claim
from zkcompliance.edge.shown import command
from zkcompliance.errors import (
    BudgetSpent,
    ClaimDoesNotHold,
    DevicesMissing,
    InternalError,
    LimitExceeded,
    LogCorrupt,
    ProofRefused,
    UsageError,
    VerificationError,
    ZkComplianceError,
)
from zkcompliance.log.reservation import reserving
from zkcompliance.log.store import SealedLog, Segment
from zkcompliance.policy import bounds, checkpoints, formulas
from zkcompliance.policy.binding import Binding
from zkcompliance.policy.devices import Held
from zkcompliance.policy.finding import public_values, rounded, text
from zkcompliance.policy.judge import judge_policy
from zkcompliance.policy.model import Policy
from zkcompliance.policy.proofs import Claimed, claims_of, opened, proofs_in
from zkcompliance.policy.recall import Recall
from zkcompliance.policy.requirement import Terms, check_binding, check_claim, check_one_checkpoint, check_values
from zkcompliance.progress import Progress, silent
from zkcompliance.prove import api, split
from zkcompliance.prove.api import Anchored, Asked
from zkcompliance.prove.early import hollow, refuse_early
from zkcompliance.prove.enclose import enclose
from zkcompliance.prove.pieces import make_all, piece_of
from zkcompliance.prove.rolled_logs import stands_of
from zkcompliance.prove.split import Alone
from zkcompliance.prove.tasks import Given, Logs, Task, open_keys, plan, several_of
from zkcompliance.quantities import number_of
from zkcompliance.stark.commit.budget import Budget
from zkcompliance.stark.statement import Statement
from zkcompliance.verify.bundle import Attachment

_DATED = "zkcompliance timestamp LOG --help"
Outcome = tuple[str, ZkComplianceError | None]  # of what, and what is in the way of it


@dataclass(frozen=True)
class Union:
    """Requirements of one policy that are one proof."""

    tasks: tuple[Task, ...]

    @property
    def asked(self) -> list[Asked]:
        """As they are proved."""
        return [task.asked for task in self.tasks]

    @property
    def head(self) -> bytes:
        """The bytes of the binding that all have."""
        return self.tasks[0].binding.encode()

    @property
    def anchored(self) -> Anchored:
        """What others signed of the logs of all of them."""
        return self.tasks[0].gathered.of(log.origin for task in self.tasks for log in task.every_log)

    @property
    def key(self) -> tuple[bytes, str]:
        """What it goes by in a policy bundle: its head, and the requirement of its first claim."""
        return self.head, min((task.requirement.name for task in self.tasks), key=str.encode)


@dataclass(frozen=True)
class Survey:
    """What stands before proving. outcomes: of each requirement, of what is wrong besides, in sentences where a policy
    takes several proofs. results: of each requirement by its label, what it is over its logs in plain text.
    """

    outcomes: tuple[Outcome, ...]
    unions: tuple[Union, ...]
    notes: tuple[str, ...]
    results: Mapping[str, CheckResult]


def prove_policies(
    policies: Sequence[Policy],
    logs: Logs,
    given: Given | None = None,
    *,
    binding: Binding,
    own: Mapping[str, Claim] = MappingProxyType({}),
    progress: Progress = silent,
    tell: Callable[[str], None] = lambda sentence: None,
    executor: Executor | None = None,
) -> bytes:
    """A policy bundle that shows every requirement of the policies, judged by each before it is returned.

    logs: by the policies' names; given: the parameters that they leave open; binding: without its policy, which is each
    one in turn, and with the proving machine's clock; own: by id, claims that the policies name and the catalogue
    lacks; tell: what the lab should know of the file; executor: who makes the proofs, in other processes that see the
    same folders (None: this process does, one after the other); what is reserved for them is not given back. The
    lineages of logs in a later generation are in it while they fit.

    UsageError where logs, parameters or subject do not fit; CardMismatch for another claim than a policy names;
    PolicyNotInForce; ClaimDoesNotHold, BudgetSpent, ProofRefused or a VerificationError (by the first) naming
    everything that fails: then nothing was proved and no budget spent.
    """
    for policy in policies:
        if policy.reference and not binding.reference:
            raise UsageError(
                f"{policy.label} asks for a reference that whoever judges drew", help="add --context REFERENCE"
            )
    tasks = plan(policies, logs, given or {}, binding=binding, own=own)
    every = [log for several in several_of(logs).values() for log in several]
    api.require_open(every)
    found = check(tasks, time=binding.time, executor=executor)
    for policy in policies:
        _check_devices(policy, several_of(logs), tasks, binding.time)
    for sentence in found.notes:
        tell(sentence)
    several = [] if executor is None else [piece_of(each.asked, each.head, each.anchored) for each in found.unions]
    with reserving(_units(found.unions)) as reservation:  # of all proofs, before the first is made
        if executor is None:
            made = _one_by_one(found.unions, progress)
        else:
            reservation.keep()  # from now on there may be proofs outside this process
            made = make_all(several, executor, lambda count: progress("proofs", count, len(several)))
        proofs = {union.key: proof for union, proof in zip(found.unions, made, strict=True)}
        bundle = enclose(proofs, every, tell)
        for policy in policies:
            _judge(bundle, policy, logs, binding)
        reservation.keep()
    return bundle


def _check_devices(policy: Policy, there: Mapping[str, Sequence[SealedLog]], tasks: Sequence[Task], time: int) -> None:
    """Before anything is spent: DevicesMissing where too few devices answered for a log, UsageError for a roll-up."""
    if policy.devices is None:
        return
    attached = {Attachment(*each) for task in tasks if task.policy is policy for each in task.anchored.attachments}
    held = Held(policy.devices, devices.checked(attached, policy, time))
    for name in policy.devices.logs:
        for log in there.get(name, ()):
            if log.schema.rolled_up:
                raise UsageError(f"{policy.label} asks that devices answer for {name}, and no roll-up brings that")
            try:
                held.shown(name, log.checkpoint_body.encode())
            except DevicesMissing as error:
                error.help = command("zkcompliance", "devices", log.path)
                raise


def _one_by_one(unions: Sequence[Union], progress: Progress) -> list[bytes]:
    """The proof file of each, made here."""
    made = []
    for number, union in enumerate(unions):
        progress("proofs", number, len(unions))
        ready = api.get_ready(union.asked, union.head, spent=True, anchored=union.anchored)
        made.append(api.make(ready, progress))
    progress("proofs", len(unions), len(unions))
    return made


def check(tasks: Sequence[Task], *, time: int, executor: Executor | None = None) -> Survey:
    """Whether every proof can be made: it holds, shapes, revealed values, checkpoints, budgets. Names all that fail."""
    found = survey(tasks, time=time, executor=executor)
    faults = [(label, fault) for label, fault in found.outcomes if fault is not None]
    if faults:
        listed = "; ".join(f"{label}: {fault.message}" for label, fault in faults)
        count = "" if len(faults) == 1 else f"{len(faults)} faults: "
        first = faults[0][1]
        raise type(first)(f"nothing was proved. {count}{listed}", help=first.help)
    return found


def survey(tasks: Sequence[Task], *, time: int, executor: Executor | None = None) -> Survey:
    """What is in the way of each requirement, and of each segment that cannot bear the proofs over it; which
    requirements are one proof, where these workers make it, or this process (None)."""
    outcomes: list[Outcome] = []
    good: list[tuple[Task, Claimed, Statement]] = []
    results: dict[str, CheckResult] = {}
    for task in tasks:
        try:
            columns = api.columns_of(api.logs_of([task.asked]))
            results[task.label] = api.check(task.asked, columns, task.anchored.brackets)
            good.append((task, *_check(task, columns, results[task.label], time)))
            outcomes.append((task.label, None))
        except (ClaimDoesNotHold, ProofRefused, VerificationError, LimitExceeded) as error:
            if isinstance(error, ClaimDoesNotHold) and about_brackets(task.card):
                error.help = f"{_DATED}  # what dates a segment, with cosigners; seal --beacon: docs/provenance.md"
            outcomes.append((task.label, error))
    unions, notes, size = [], [], 0
    for policy in {task.policy.digest: task.policy for task, _, _ in good}.values():
        mine = [each for each in good if each[0].policy.digest == policy.digest]
        groups, why = split.groups([Alone(statement, _notes(task)) for task, _, statement in mine], executor)
        unions += [Union(tuple(mine[number][0] for number in group.members)) for group in groups]
        size += sum(group.size for group in groups)
        if why:
            notes.append(f"{policy.label} takes {len(groups)} proofs in the file: {why}")
        outcomes += _together(policy, [(task, claimed) for task, claimed, _ in mine])
    outcomes += _budgets(unions) + _too_long(size * 19 // 20, len(unions))
    return Survey(tuple(outcomes), tuple(unions), tuple(notes), results)


def _together(policy: Policy, mine: Sequence[tuple[Task, Claimed]]) -> list[Outcome]:
    """A fault where the policy would refuse its proofs together, whatever each of them shows. mine: at least one."""
    try:
        check_one_checkpoint([(claimed, task.requirement) for task, claimed in mine], mine[0][0].rules)
    except VerificationError as error:
        return [(policy.label, error)]
    shown = {
        (task.requirement.name, name): value for task, claimed in mine for name, value in public_values(claimed).items()
    }
    faults: list[Outcome] = []
    for task, claimed in mine:
        try:
            formulas.check(task.requirement, public_values(claimed), shown, task.card.params)
        except VerificationError as error:
            faults.append((task.label, error))
    return faults


def _too_long(size: int, count: int) -> list[Outcome]:
    """A fault where files of these proofs are too long all but certainly; at the limit itself the file is measured."""
    most = limits.MAX_POLICY_BUNDLE_BYTES
    if count > limits.MAX_POLICY_PROOFS:
        why = f"{count} proofs: a policy bundle holds at most {limits.MAX_POLICY_PROOFS}"
        return [("the file", LimitExceeded(why))]
    if size <= most:
        return []
    why = f"it would have {size >> 20} MiB, and a policy bundle has at most {most >> 20}"
    return [("the file", LimitExceeded(f"{why}: prove over fewer segments (compact), or fewer policies in one file"))]


def _notes(task: Task) -> dict[str, bytes]:
    """The signed checkpoint of each log, by origin."""
    return {log.origin: log.checkpoint_note.encode() for log in task.every_log}


def _check(task: Task, columns: api.Columns, checked: CheckResult, time: int) -> tuple[Claimed, Statement]:
    """The claim as a file of it alone would state it, without the proof. checked: what it is over these columns.

    What would be refused, here or by who judges, is raised.
    """
    policy, requirement, card = task.policy, task.requirement, task.card
    parts = api.logs_of([task.asked])
    anchored = task.anchored
    witness = api.witness_of(task.asked, columns, checked, anchored.brackets)
    statement = api.state([task.asked], parts, [witness], task.binding.encode(), anchored.brackets)
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
    notes = api.notes_of(parts)
    refuse_early(statement, notes, anchored.attachments)
    (proof,) = proofs_in(hollow(statement, notes, anchored.attachments))
    (claimed,) = claims_of([proof], stands_of(task.every_log))
    terms = Terms(
        time, task.binding.subject, task.binding.reference, policy.proof_age, policy.subject,
        rehearsal=task.binding.rehearsal,
    )  # fmt: skip
    check_binding(proof.bound(), terms)
    placed = check_claim(claimed, card, requirement, task.rules, by_policy=True)
    check_values(claimed, card, requirement)
    of_checkpoints = checkpoints.Asked(time, policy.cosigners, policy.checkpoint_age)
    for place, label in placed:
        signed, keys = place.answers, task.rules[label].keys
        checkpoints.take(place.signed, signed.body, signed.origin, keys, of_checkpoints, stated=time)
    return claimed, statement


def _needed(unions: Sequence[Union]) -> list[tuple[SealedLog, Segment, int]]:
    """Each segment of each log, with how many proofs go over it."""
    over = [{log.origin: log for task in union.tasks for log in task.every_log} for union in unions]
    logs = {origin: log for each in over for origin, log in each.items()}
    return [
        (log, segment, sum(log.origin in each for each in over)) for log in logs.values() for segment in log.segments
    ]


def _units(unions: Sequence[Union]) -> list[tuple[Budget, int]]:
    """What all proofs together spend of each segment."""
    return [(segment.budget(), count * segment.profile.units) for _, segment, count in _needed(unions)]


def _budgets(unions: Sequence[Union]) -> list[Outcome]:
    """A fault for each segment that cannot bear all the proofs over it, or whose ledger was put back."""
    faults: list[Outcome] = []
    for log, segment, count in _needed(unions):
        label = f"{log.path}, segment {segment.index}"
        try:
            left = segment.budget().proofs_left()
            if left < count:
                raise BudgetSpent(f"{number_of(left, 'proof')} left, and {count} asked for")
            segment.budget().check(count * segment.profile.units)
        except (BudgetSpent, LogCorrupt) as error:
            faults.append((label, error))
    return faults


def _judge(bundle: bytes, policy: Policy, logs: Logs, binding: Binding) -> None:
    there = several_of(logs)
    keys = open_keys(policy, there)
    rolled = stands_of(log for several in there.values() for log in several)
    try:
        judge_policy(
            bundle,
            replace(policy, openings=None),  # rows are opened once somebody asks for them
            now=binding.time,
            keys=keys,
            subject=binding.subject,
            reference=binding.reference,
            drawn=binding.time,
            rehearsal=binding.rehearsal,
            recall=Recall(rolled=rolled),
            check=checker(),
            answers=devices.answers(opened(bundle), policy, binding.time),
        ).require()
    except ZkComplianceError as error:
        raise InternalError(f"the bundle just made is refused by {policy.label}: {error.message}") from error
