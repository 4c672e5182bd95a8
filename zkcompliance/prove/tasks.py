"""What is to be shown: each requirement of each policy, with its claim, its logs and every parameter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType

from zkcompliance.card.model import Card
from zkcompliance.claim.card import card_of
from zkcompliance.claim.model import Claim
from zkcompliance.edge.shown import command
from zkcompliance.errors import (
    UsageError,
)
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.store import SealedLog
from zkcompliance.policy import bounds, slots
from zkcompliance.policy.asked import asked_of
from zkcompliance.policy.binding import Binding, ForPolicy
from zkcompliance.policy.calendar import edge
from zkcompliance.policy.catalogue import asked, refusal
from zkcompliance.policy.finding import text
from zkcompliance.policy.model import LogRule, PeriodEdge, Policy, Requirement
from zkcompliance.prove.anchored import Gathered, gather
from zkcompliance.prove.api import Anchored, Asked
from zkcompliance.prove.own_claims import claim_of
from zkcompliance.prove.rolled_logs import key_of
from zkcompliance.quantities import show_time
from zkcompliance.quantities.ids import text_id

Given = Mapping[str, int | str | Decimal]  # `REQUIREMENT.NAME` → value
Logs = Mapping[str, SealedLog | Sequence[SealedLog]]  # by the policies' names, of which one may stand for several


@dataclass(frozen=True)
class Task:
    """One requirement to be shown. requirement, rules: by labels (`policy.slots`); logs: by slot."""

    policy: Policy
    requirement: Requirement
    rules: Mapping[str, LogRule]
    claim: Claim
    card: Card
    logs: Mapping[str, tuple[SealedLog, ...]]
    publics: Mapping[str, int]
    binding: Binding
    gathered: Gathered

    @property
    def anchored(self) -> Anchored:
        """What others signed of its logs."""
        return self.gathered.of(log.origin for log in self.every_log)

    @property
    def label(self) -> str:
        return f"{self.policy.label} {self.requirement.name}"

    @property
    def asked(self) -> Asked:
        """As it is proved."""
        return Asked(self.requirement.name, self.claim, self.logs, self.publics)

    @property
    def every_log(self) -> tuple[SealedLog, ...]:
        """Of all slots."""
        return tuple(log for several in self.logs.values() for log in several)


def several_of(logs: Logs) -> dict[str, tuple[SealedLog, ...]]:
    """The logs of each name, of which one may be given by itself."""
    return {name: tuple(each) if isinstance(each, Sequence) else (each,) for name, each in logs.items()}


def plan(
    policies: Sequence[Policy],
    logs: Logs,
    given: Given,
    *,
    binding: Binding,
    own: Mapping[str, Claim] = MappingProxyType({}),
) -> list[Task]:
    """What is to be shown, with every parameter; nothing of the logs' rows is read."""
    if len({policy.digest for policy in policies}) != len(policies) or not policies:
        raise UsageError("--policy: no policy, or one twice")
    there = several_of(logs)
    _check_names(policies, there)
    for policy in policies:
        if (refused := refusal(policy, binding.time)) is not None:
            raise refused
        if policy.subject and binding.subject is None:
            raise UsageError(
                f"{policy.label} asks which model the proof is about", help="add --subject NAME=PATH of the model"
            )
    left = dict(given)
    tasks = []
    for policy in policies:
        bound = replace(binding, policy=ForPolicy(policy.digest, policy.id, policy.version))
        bound.encode()  # LimitExceeded before any work
        keys = open_keys(policy, there)
        rules, requirements = asked_of(policy, keys)
        gathered = gather(policy, there)
        by_label = {
            label: log
            for name, labels in slots.labels(policy.logs, keys).items()
            if name in there
            for label, log in zip(labels, there[name], strict=True)
        }
        for requirement in requirements:
            claim = claim_of(requirement, own)
            publics = _publics(requirement, claim, given, left, binding)
            used = {
                slot: tuple(by_label[label] for label in requirement.taken(slot) if label in by_label)
                for slot in requirement.logs
            }
            card = card_of(claim)
            tasks.append(Task(policy, requirement, rules, claim, card, used, publics, bound, gathered))
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
    return tasks


def _check_names(policies: Sequence[Policy], there: Mapping[str, Sequence[SealedLog]]) -> None:
    """UsageError unless the logs are those that the policies are about, each another one."""
    names = {name for policy in policies for name in policy.logs}
    needed = {
        name for policy in policies for each in asked(policy) for several in each.logs.values() for name in several
    }
    if not needed <= set(there) <= names:
        raise UsageError(
            f"these policies are about the logs {', '.join(sorted(names))}; "
            f"given: {', '.join(sorted(there)) or 'none'}",
            help=" ".join(["zkcompliance prove", *(f"--log {name}=DIR" for name in sorted(names))]),
        )
    origins = [log.origin for several in there.values() for log in several]
    if twice := [origin for origin in dict.fromkeys(origins) if origins.count(origin) > 1]:
        raise UsageError(
            f"--log: one log (or two of one origin, {', '.join(twice)}) is given twice, and logs are to be different"
        )
    for policy in policies:
        for name, rule in policy.logs.items():
            if rule.keys and len(there.get(name, ())) > 1:
                raise UsageError(
                    f"--log: {policy.label} names the keys of {name}, which is one log: give one",
                    help="a policy names several logs one by one, or leaves their keys to whoever judges",
                )


def open_keys(policy: Policy, there: Mapping[str, Sequence[SealedLog]]) -> dict[str, tuple[VerifierKey, ...]]:
    """The keys of the logs of which a policy names none: those that whoever judges is to give."""
    return {
        name: tuple(key_of(log) for log in there[name])
        for name, rule in policy.logs.items()
        if not rule.keys and name in there
    }


def _edge(of: PeriodEdge, stated: int, key: str) -> int:
    """When the period begins or ends whose proof states this time."""
    if (found := edge(of, stated)) is None:
        raise UsageError(
            f"{key} is when the calendar's period {'ends' if of.ends else 'begins'}, and a proof of "
            f"{show_time(stated)} is of no period",
            help="zkcompliance policies show POLICY  # from when to when a period's proof is made",
        )
    return found


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
            try:
                chosen = param.parse(given[key])
            except UsageError as error:  # names the parameter, which several requirements may have
                raise UsageError(f"{requirement.name}.{error.message}", help=error.help) from None
        elif bound.exact is not None:
            chosen = bound.exact
        elif bound.within is not None:
            chosen = binding.time
        elif bound.period is not None:
            chosen = _edge(bound.period, binding.time, key)
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
