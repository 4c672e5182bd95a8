"""Which logs fill the slots of a claim: those that a policy names, or those of the keys that whoever judges gives.

A slot may take several logs: their rows count together. A log of a policy without keys of its own stands for as many
logs as keys are given for it, and is then known by as many labels, `NAME:ORIGIN`; every other is one log, whose label
is its name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from zkcompliance.card.model import Card
from zkcompliance.errors import RequirementNotShown, SignatureRejected, StatementMismatch, UsageError
from zkcompliance.log.note import VerifierKey
from zkcompliance.policy.model import LogKey, LogRule, Requirement
from zkcompliance.policy.proofs import Claimed, Place
from zkcompliance.policy.toml import fault

Keys = Mapping[str, Sequence[VerifierKey]]
Placed = tuple[Place, str]  # a log in a slot, and the label of the log of the policy that it is

IN_ORDER = (
    "what it says of the slot {} depends on the order of the rows, which several logs do not have between them: one "
    "log fills it"
)


def labels(logs: Collection[str], given: Keys) -> dict[str, tuple[str, ...]]:
    """Name of a log of a policy (or of a slot) → the labels of the logs that it stands for. given: keys by name.

    UsageError for keys of a name that is not there, for no key of a name, and for two keys that cannot be of two logs.
    """
    for name, keys in given.items():
        if name not in logs:
            raise UsageError(f"no log {name!r} is asked for: there is {', '.join(logs)}")
        if not keys:
            raise UsageError(f"no key is given for {name}", help="give one for each log that goes by the name, or none")
    found = {}
    for name in logs:
        keys = given.get(name, ())
        origins = [key.name for key in keys]
        for origin in origins:
            if origins.count(origin) > 1:
                raise UsageError(
                    f"two keys for {name} are both of {origin}, which is one log",
                    help="give the key that signed its newest checkpoint: a lineage leads to it from the others",
                )
        found[name] = tuple(f"{name}:{origin}" for origin in origins) if len(origins) > 1 else (name,)
    return found


def with_keys(logs: Mapping[str, LogRule], labels: Mapping[str, Sequence[str]], given: Keys) -> dict[str, LogRule]:
    """Label → the rule of that log, with the keys that are trusted for it: its own, or one that is given.

    labels: of the names and the keys.
    """
    rules = {}
    for name, several in labels.items():
        keys = given.get(name, ())
        for number, label in enumerate(several):
            rules[label] = replace(logs[name], keys=(LogKey(keys[number]),)) if keys else logs[name]
    return rules


def resolved(asked: Requirement, labels: Mapping[str, Sequence[str]], card: Card) -> Requirement:
    """The requirement with labels for the names of logs; one that may fill a slot, and has no labels, is left out.

    UsageError where several logs would fill a slot in which the order of rows counts.
    """
    logs = {slot: tuple(label for name in names for label in labels[name]) for slot, names in asked.logs.items()}
    further = {
        slot: tuple(label for name in names for label in labels.get(name, ())) for slot, names in asked.further.items()
    }
    made = replace(asked, logs=logs, further=further)
    for slot in card.slots:
        if slot.order and len(made.taken(slot.name)) > 1:
            raise UsageError(
                f"{asked.name}: several logs are given for {slot.name} of {card.label}: {IN_ORDER.format(slot.name)}",
                help="put the rows of all of them in one log, or give one log and its key",
            )
    return made


def check_origins(asked: Requirement, rules: Mapping[str, LogRule]) -> None:
    """UsageError where keys of two logs of one slot are of one origin. asked, rules: by labels."""
    for slot in asked.logs:
        seen: dict[str, str] = {}
        for label in asked.taken(slot):
            for origin in {each.key.name for each in rules[label].keys}:
                if seen.setdefault(origin, label) != label:
                    raise UsageError(
                        f"{asked.name}: the keys of {seen[origin]} and {label} are both of {origin}, and {slot} is "
                        "about logs that differ"
                    )


def placed(claimed: Claimed, asked: Requirement, rules: Mapping[str, LogRule]) -> tuple[Placed, ...]:
    """Every log of the claim's slots, with its label. asked, rules: by labels.

    SignatureRejected for a log that is none of those asked for, StatementMismatch where one is there twice,
    RequirementNotShown for one that is missing: it names the key.
    """
    found = []
    for slot in asked.logs:
        there = claimed.filling(slot)
        labels = _labels(there, asked, slot, rules)
        for place, label in zip(there, labels, strict=True):
            if label is None:
                raise _unknown(place, asked.taken(slot), rules)
            if labels.count(label) > 1:
                raise StatementMismatch(f"logs: {place.name} is shown twice as {slot}")
            found.append((place, label))
        for label in asked.logs[slot]:
            if label not in labels:
                raise RequirementNotShown(
                    f"{asked.name}: the proof is not about all logs that are asked for as {slot}: there is none of the "
                    f"key {' or '.join(each.key.text for each in rules[label].keys)}"
                )
    return tuple(found)


def labelled(claimed: Claimed, asked: Requirement, rules: Mapping[str, LogRule]) -> list[tuple[Place, str | None]]:
    """Every log of the claim's slots, with its label; None where it is none of those that are asked for."""
    found: list[tuple[Place, str | None]] = []
    for slot in dict.fromkeys(place.slot for place in claimed.places):
        there = claimed.filling(slot)
        found += zip(there, _labels(there, asked, slot, rules), strict=True)
    return found


def check_order(claimed: Claimed, card: Card) -> None:
    """StatementMismatch where several logs fill a slot in which the order of rows counts."""
    for slot in card.slots:
        if slot.order and len(claimed.filling(slot.name)) > 1:
            why = IN_ORDER.format(slot.name)
            raise StatementMismatch(f"logs: the proof is about several logs as {slot.name}: {why}")


def _labels(there: Sequence[Place], asked: Requirement, slot: str, rules: Mapping[str, LogRule]) -> list[str | None]:
    """By the names that keys have. Where one log is asked for and one is there, they are held against each other
    whatever their names are: the signature then says what is wrong."""
    taken = asked.taken(slot) if slot in asked.logs else ()
    if len(taken) == 1 and len(there) == 1:
        return list(taken)
    by_name = {each.key.name: label for label in reversed(taken) for each in rules[label].keys}
    return [by_name.get(place.name) for place in there]


def _unknown(place: Place, taken: Iterable[str], rules: Mapping[str, LogRule]) -> SignatureRejected:
    named = ", ".join(sorted({each.key.name for label in taken for each in rules[label].keys}))
    return SignatureRejected(
        f"the proof is about the log {place.log.checkpoint.origin} as {place.slot}; the keys that are trusted there "
        f"are of {named}",
        help="if that log belongs there, give its key too (--log-key NAME=PUB), unless the policy names the keys",
    )


def refuse_beside(asked: Sequence[str], path: str, requirements: Sequence[Requirement]) -> None:
    """MalformedPolicy where something is asked of some logs (asked; path: of the key that has them) that a slot may
    take, and not of others: which of them a proof is about is the lab's choice."""
    for each in requirements:
        for slot, more in each.further.items():
            taken = each.taken(slot) if more else ()
            missing = [log for log in taken if log not in asked]
            if missing and len(missing) < len(taken):
                why = (
                    f"has not {', '.join(missing)}, and the slot {slot} of requirements.{each.name} takes these as well"
                )
                raise fault(path, f"{why}, as whoever proves likes: name all of {', '.join(taken)}, or none")
