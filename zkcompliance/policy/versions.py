"""Which version of its schema a log of a policy has: the one that the cards of the requirements about it take."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from zkcompliance.card import catalogue
from zkcompliance.card.model import Card
from zkcompliance.policy.model import LogRule, Requirement
from zkcompliance.policy.toml import fault


def with_versions(
    logs: Mapping[str, LogRule], requirements: Sequence[Requirement], card_of: Callable[[Requirement], Card]
) -> dict[str, LogRule]:
    """The logs with the digests of their schemas; of one that only `rows` and `sources` are about, the newest.

    MalformedPolicy where the cards take different versions of one log's schema, which it cannot have at once, or where
    a source is none in that version.
    """
    taken: dict[str, dict[bytes, str]] = {}  # log → schema digest → the requirement that takes it
    for requirement in requirements:
        for slot in card_of(requirement).slots:
            for log in requirement.taken(slot.name):
                taken.setdefault(log, {}).setdefault(slot.digest, requirement.name)
    made = {}
    for name, rule in logs.items():
        versions = taken.get(name, {})
        if len(versions) > 1:
            said = " and ".join(f"{catalogue.label(digest)} ({by})" for digest, by in versions.items())
            raise fault(f"logs.{name}", f"is of one version of its schema, and its requirements are about {said}")
        digest = next(iter(versions), catalogue.schemas()[rule.schema][-1])
        (param,) = (each for each in catalogue.floor(rule.schema, digest).params if each.name == "sources")
        for source in rule.sources:
            if source not in param.type.choices:
                raise fault(f"logs.{name}.sources", f"{source} is no source in {catalogue.label(digest)}")
        made[name] = replace(rule, digest=digest)
    return made
