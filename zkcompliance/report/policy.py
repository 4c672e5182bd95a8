"""A policy read aloud: what it asks of whom, requirement by requirement, and what a proof of it does not show."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from zkcompliance.card import kinds
from zkcompliance.card import words as claim_words
from zkcompliance.card.model import Card
from zkcompliance.card.parameter import Parameter
from zkcompliance.policy.bounds import words
from zkcompliance.policy.catalogue import asked, ready_made
from zkcompliance.policy.devices import in_words
from zkcompliance.policy.finding import LATEST
from zkcompliance.policy.model import Bound, LogKey, LogRule, Policy, Recognise, Requirement
from zkcompliance.quantities import number_of, show_seconds, show_time
from zkcompliance.report.words import title


def describe(policy: Policy) -> dict[str, Any]:
    """Everything that the policy asks, as texts: what `policies` and `explain` print, and their JSON."""
    return {
        "policy": policy.label,
        "title": policy.title,
        "jurisdiction": policy.jurisdiction,
        "sources": list(policy.sources),
        "valid_from": day(policy.valid_from),
        "valid_until": day(policy.valid_until),
        "checked": None if policy.checked is None else day(policy.checked),
        "sha256": policy.digest.hex(),
        "ready_made": ready_made(policy),
        "subject": "every proof names the model that it is about" if policy.subject else "no model is asked for",
        "fresh": _fresh(policy),
        "cosigners": _cosigners(policy),
        "devices": "" if policy.devices is None else in_words(policy.devices),
        "anchors": _anchors(policy),
        "openings": _openings(policy),
        "calendar": _calendar(policy),
        "recognise": [_recognised(each) for each in policy.recognise],
        "logs": {rule.name: _log(rule) for rule in policy.logs.values()},
        "requirements": [_requirement(each, policy.card(each)) for each in asked(policy)],
        "not_shown": list(not_shown(policy)),
    }


def not_shown(policy: Policy) -> tuple[str, ...]:
    """What no proof of it shows, in the words of its logs."""
    rows = kinds.kinds_of(rule.schema for rule in policy.logs.values())
    model = (kinds.about(rows, "the model"),) if policy.subject else ()
    return kinds.complete(rows), kinds.true_rows(rows), LATEST, *model


def lines(said: dict[str, Any]) -> list[str]:
    """The same for a person."""
    out = [f"Policy {said['policy']}: {said['title']}", f"For {said['jurisdiction']}; SHA-256 {said['sha256']}"]
    if not said["ready_made"]:
        out.append("No ready-made policy of zkcompliance: the digest alone says which it is.")
    last = date.fromisoformat(said["valid_until"]) - timedelta(days=1)
    out += [f"In force from {said['valid_from']} to {last}, both days included: as this file says, not a law."]
    out += ["", "Sources:", *(f"  - {source}" for source in said["sources"]), _checked(said["checked"])]
    of_proofs = (
        said["subject"], *said["fresh"], said["cosigners"], *said["anchors"], said["devices"], said["openings"],
    )  # fmt: skip
    out += ["", "Asks of every proof:", *(f"  - {each}" for each in of_proofs if each)]
    if said["recognise"]:
        out += ["", "Takes over without a proof:", *(f"  - {each}" for each in said["recognise"])]
    out += ["", "Asks of the logs:", *(f"  {name}: {text}" for name, text in said["logs"].items())]
    out += ["", "Is met when all of this is shown:"]
    for number, each in enumerate(said["requirements"], 1):
        out += [f"  {number}. {title(each['name'])}: {each['says']}"]
        out += [f"     {each['claim']} over {', '.join(f'{slot} = {logs}' for slot, logs in each['logs'].items())}"]
        out += [f"       {text}" for text in each["requires"]]
        out += [f"     {name} is {text}" for name, text in (each["params"] | each["reveals"]).items()]
        out += [f"     card {each['card']}", f"     program {each['program']}"]
    return [*out, "", "Does not show:", *(f"  - {text}" for text in said["not_shown"])]


def _checked(when: str | None) -> str:
    if when is None:
        return "  No day is stated on which these sentences were held against the texts of all these sources."
    return f"  These sentences were last held against the texts of these sources on {when}."


def day(moment: int) -> str:
    """UTC seconds of a midnight as a date."""
    return show_time(moment).partition(" ")[0]


def _fresh(policy: Policy) -> list[str]:
    proof = "of any age" if policy.proof_age is None else f"at most {show_seconds(policy.proof_age)} old"
    said = [f"it is {proof} when it is judged"]
    if policy.checkpoint_age is not None:
        said.append(f"its logs' checkpoints were cosigned at most {show_seconds(policy.checkpoint_age)} before")
    return said


def _cosigners(policy: Policy) -> str:
    if policy.cosigners is None:
        return "nobody is asked to cosign its logs' checkpoints"
    names = ", ".join(operator.name for operator in policy.cosigners.operators)
    return f"at least {policy.cosigners.quorum} of {names} cosigned its logs' checkpoints"


def _anchors(policy: Policy) -> list[str]:
    """Whom it believes of when segments were sealed; nothing where it asks nobody."""
    if policy.anchors is None:
        return []
    names = ", ".join(operator.name for operator in policy.anchors.operators)
    said = [f"at least {policy.anchors.quorum} of {names}"] if names else []
    said += [f"the beacon {each}" for each in policy.anchors.beacons]
    return [f"when segments were sealed is believed of {', and of '.join(said)}"]


def _openings(policy: Policy) -> str:
    asked = policy.openings
    if asked is None:
        return "no rows are drawn by lot and opened"
    where = " and ".join(asked.logs) or "every log"
    by = "each FLOP as likely as any other" if asked.weight == "flop" else "each row as likely as any other"
    return f"at least {asked.rows} rows of {where} were drawn by lot, {by}, and opened"


def _calendar(policy: Policy) -> str:
    asked = policy.calendar
    if asked is None:
        return "no proof is asked for each period"
    due = "in it" if asked.due is None else f"within {show_seconds(asked.due)} after it"
    return f"a proof is asked for each {asked.every} from {show_time(asked.since)}, which states a time {due}"


def _recognised(each: Recognise) -> str:
    keys = ", ".join(sha256(key).hexdigest() for key in each.keys)
    policies = ", ".join(digest.hex() for digest in each.policies)
    since = f" from {day(each.since)}" if each.since is not None else ""
    until = f" before {day(each.until)}, by a time stamp" if each.until is not None else ""
    what = f"the last of a streak of at least {each.periods} periods, by the verdict" if each.periods else "the verdict"
    return (
        f"{', '.join(each.requirements)}: {what} of {each.verifier}, at most {show_seconds(each.max_age)} old, by "
        f"the policy with SHA-256 {policies}, signed by every key with SHA-256 {keys}{since}{until}"
    )


def _log(rule: LogRule) -> str:
    said = [f"schema {rule.schema}"]
    if rule.rows:
        said.append(f"at least {number_of(rule.rows, 'row')}")
    if rule.sources:
        said.append(f"every row's source is {' or '.join(rule.sources)}")
    if rule.most:
        said.append(f"at most {'one log' if rule.most == 1 else f'{rule.most} logs'} of this name")
    if rule.lab:
        said.append(f"its keys are those of {rule.lab}, as the policy says")
    if rule.meterer:
        said.append(f"sealed by {rule.meterer}, and not by the lab, as the policy says")
    keys = ", ".join(map(_key, rule.keys))
    return "; ".join([*said, f"signed by {keys}" if keys else "whoever judges gives the key that is trusted"])


def _key(each: LogKey) -> str:
    when = [f"from {day(each.since)}"] if each.since is not None else []
    when += [f"before {day(each.until)}"] if each.until is not None else []
    return " ".join([each.key.text, " and ".join(when)]).rstrip()


def _requirement(each: Requirement, card: Card) -> dict[str, Any]:
    return {
        "name": each.name,
        "says": each.says,
        "claim": f"{each.claim}@{each.version}",
        "card": each.card.hex(),
        "program": each.program.hex(),
        "logs": {slot: _slot(each, slot) for slot in each.logs},
        "requires": [f"{one.name}: {claim_words.said(one)}" for one in card.clauses] or [card.title],
        "params": _bounds(each.params, card.params),
        "reveals": _bounds(each.reveals, card.revealed()),
    }


def _slot(each: Requirement, slot: str) -> str:
    """The logs that fill a slot: `a`, `a and b`, `a and perhaps c`."""
    further = each.further.get(slot, ())
    return " and ".join([*each.logs[slot], *(f"perhaps {name}" for name in further)])


def _bounds(given: Mapping[str, Bound], known: tuple[Parameter, ...]) -> dict[str, str]:
    return {param.name: words(given[param.name], param) for param in known if param.name in given}
