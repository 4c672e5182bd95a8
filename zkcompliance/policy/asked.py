"""What a policy asks of the logs whose keys are there."""

from __future__ import annotations

from zkcompliance.errors import Undecided, UsageError
from zkcompliance.policy.catalogue import asked
from zkcompliance.policy.model import LogRule, Policy, Requirement
from zkcompliance.policy.slots import Keys, check_origins, labels, resolved, with_keys


def asked_of(policy: Policy, given: Keys) -> tuple[dict[str, LogRule], tuple[Requirement, ...]]:
    """The rules of the logs that a policy is about, and all that it asks, both by the logs' labels (`policy.slots`).

    given: keys of logs of which the policy says none. UsageError for keys that do not go with it; Undecided where one
    is missing.
    """
    for name in given:
        if name not in policy.logs:
            raise UsageError(f"{policy.label} has no log {name!r}: it has {', '.join(policy.logs)}")
        if policy.logs[name].keys:
            raise UsageError(f"{policy.label} says itself whose checkpoints of {name} are trusted: leave out its key")
        if 0 < (most := policy.logs[name].most) < len(given[name]):
            logs = "one log stands" if most == 1 else f"{most} logs stand"
            raise UsageError(
                f"{policy.label} says that at most {logs} for {name}, and {len(given[name])} are given",
                help=f"give one of them, or put their rows in one log; {name} is not to be filled up with others",
            )
    every = [key.public for keys in given.values() for key in keys]
    if len(set(every)) != len(every):
        raise UsageError("one key is given for two logs, which are to be different")
    requirements = asked(policy)
    keyed = {name: rule for name, rule in policy.logs.items() if rule.keys or given.get(name)}
    needed = {name for each in requirements for logs in each.logs.values() for name in logs}
    if without := [name for name in policy.logs if name in needed and name not in keyed]:
        raise Undecided(
            f"{policy.label} does not say whose checkpoints are trusted for {', '.join(without)}, and no key is given",
            help=" ".join(
                ["zkcompliance verify FILE --policy", policy.id, *(f"--log-key {name}=PUB" for name in without)]
            ),
        )
    names = labels(keyed, given)
    rules = with_keys(keyed, names, given)
    made = tuple(resolved(each, names, policy.card(each)) for each in requirements)
    for each in made:
        check_origins(each, rules)
    return rules, made
