"""From the bytes of a policy file to a `Policy`, or a fault that names the key (docs/spec/policy.md)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from zkcompliance import limits
from zkcompliance.card import catalogue
from zkcompliance.card.model import Card
from zkcompliance.card.parameter import Parameter
from zkcompliance.edge.line_ends import unified
from zkcompliance.edge.shown import command
from zkcompliance.log.note import VerifierKey
from zkcompliance.policy.bounds import read_bound, refuse_met_by_nothing, refuse_vacuous
from zkcompliance.policy.calendar import read_calendar
from zkcompliance.policy.clocks import refuse_backdated
from zkcompliance.policy.daters import parsed, read_anchors, refuse_own, refuse_undated
from zkcompliance.policy.devices import read_devices
from zkcompliance.policy.floors import with_floors
from zkcompliance.policy.formulas import Index, read_indices, refuse_unshown
from zkcompliance.policy.freshness import read_dated
from zkcompliance.policy.model import (
    Anchors,
    Bound,
    Calendar,
    LogKey,
    LogRule,
    Openings,
    Policy,
    Requirement,
)
from zkcompliance.policy.recognising import read_recognise
from zkcompliance.policy.slots import IN_ORDER, refuse_beside
from zkcompliance.policy.toml import Table, fault, name, read, table, text
from zkcompliance.policy.versions import with_versions

FORMAT = "zkcompliance-policy/v1"
_CLAIM = re.compile(r"([a-z0-9]+(?:-[a-z0-9]+)*)@([1-9][0-9]{0,8})")
_DIGEST = re.compile(r"[0-9a-f]{64}")
OWN_WORD = "self_declared"  # the source that a lab states of its own rows


def parse_policy(
    data: bytes, cards: Mapping[str, Card] | None = None, compiled: frozenset[str] = frozenset()
) -> Policy:
    """The policy in a file's bytes, taken as `edge.line_ends` has them; so is its digest.

    cards: by id, of claims that are not of the catalogue; each must be the very card whose digest the policy names.
    compiled: ids of those that were made here from the claim's own text.

    MalformedPolicy, naming the key, for every fault; LimitExceeded when the file is too long.
    """
    return _Reader(unified(data), cards or {}, compiled).policy()


class _Reader:
    """The state of one reading: what is known of the policy before its requirements are read."""

    def __init__(self, data: bytes, cards: Mapping[str, Card], compiled: frozenset[str]) -> None:
        self.data, self.cards, self.compiled = data, cards, compiled
        self.root = read(data)
        self.keys: dict[bytes, str] = {}  # public key → where it stands
        self.proof_age: int | None = None
        self.reference = False  # whether one is required
        self.anchors: Anchors | None = None
        self.indices: dict[str, Index] = {}
        self.calendar: Calendar | None = None
        self.until = 0  # when its validity ends

    def policy(self) -> Policy:
        root = self.root
        if root.text("format") != FORMAT:
            raise fault("format", f"is {FORMAT}")
        identity, version = root.name("id"), root.whole("version", 1, 2**32 - 1)
        title, jurisdiction = root.text("title"), root.text("jurisdiction")
        sources = root.texts("sources", limits.MAX_POLICY_SOURCES)
        valid_from, valid_until = root.midnight("valid_from"), root.midnight("valid_until")
        if valid_until <= valid_from:
            raise fault("valid_until", "is not after valid_from")
        checked = root.midnight("checked") if "checked" in root else None
        subject = root.text("subject")
        if subject not in ("required", "none"):
            raise fault("subject", "is required or none")
        reference = root.text("reference") if "reference" in root else "none"
        if reference not in ("required", "none"):
            raise fault("reference", "is required or none")
        self.reference = reference == "required"
        dated = read_dated(root, self._once)
        anchors = self.anchors = read_anchors(root)
        proof_age = self.proof_age = dated.proof_age
        logs = self._logs(dated.cosigners is not None or proof_age is not None)
        devices = read_devices(root, logs, anchors)
        self.indices = read_indices(root)
        self.calendar, self.until = read_calendar(root), valid_until
        earliest = 0 if proof_age is None else max(0, valid_from - proof_age)
        requirements = self._requirements(logs, subject == "required", proof_age is not None, earliest)
        openings = self._openings(logs) if "openings" in root else None
        if devices is not None:
            refuse_beside(devices.logs, "devices.logs", requirements)
        if openings is not None and openings.logs:
            refuse_beside(openings.logs, "openings.logs", requirements)
        recognise = read_recognise(root, [each.name for each in requirements], anchors, self._every_key(anchors))
        logs = with_versions(logs, requirements, lambda each: self.cards.get(each.claim) or catalogue.load(each.claim))
        root.close()
        refuse_own(anchors, self.keys)
        used = {log for requirement in requirements for slot in requirement.logs for log in requirement.taken(slot)}
        for rule in logs.values():
            if rule.name not in used and not rule.rows and not rule.sources:
                raise fault(f"logs.{rule.name}", "no requirement is about this log: leave it out")
        floors = sum(1 for rule in logs.values() if rule.rows or rule.sources)
        if len(requirements) + floors > limits.MAX_POLICY_REQUIREMENTS:
            why = f"are over {limits.MAX_POLICY_REQUIREMENTS}, one for each log's rows and sources counted"
            raise fault("requirements", why)
        return Policy(
            self.data, identity, version, title, jurisdiction, sources, valid_from, valid_until, subject == "required",
            self.reference, proof_age, dated.checkpoint_age, dated.cosigners, logs, requirements,
            self._own(requirements), self.compiled, anchors, devices, openings, self.calendar, checked, recognise,
        )  # fmt: skip

    def _openings(self, logs: Mapping[str, LogRule]) -> Openings:
        found = self.root.table("openings")
        rows = found.whole("rows", 1, limits.MAX_OPENED_ROWS)
        weight = found.text("weight") if "weight" in found else "rows"
        if weight not in ("rows", "flop"):
            raise fault("openings.weight", "is rows or flop")
        named = found.texts("logs", limits.MAX_POLICY_LOGS) if "logs" in found else ()
        for number, each in enumerate(named, 1):
            if each not in logs:
                raise fault(f"openings.logs[{number}]", f"no log of that name: there is {', '.join(logs)}")
        found.close()
        return Openings(rows, weight, named)

    def _every_key(self, anchors: Anchors | None) -> dict[bytes, str]:
        """Public key → where it stands, of all that the file has but for those of `[[recognise]]`."""
        operators = anchors.operators if anchors is not None else ()
        return self.keys | {k.public: f"anchors.operators.{each.name}" for each in operators for k in each.keys}

    def _once(self, public: bytes, path: str) -> None:
        """Nobody counts twice, and no log cosigns itself."""
        if public in self.keys:
            raise fault(path, f"is the same public key as {self.keys[public]}")
        self.keys[public] = path

    def _logs(self, dated: bool) -> dict[str, LogRule]:
        found = self.root.table("logs")
        names = found.names()
        if len(names) > limits.MAX_POLICY_LOGS:
            raise fault("logs", f"are at most {limits.MAX_POLICY_LOGS}")
        return {each: self._log(name(each, found.at(each)), found.table(each), dated) for each in names}

    def _log(self, called: str, found: Table, dated: bool) -> LogRule:
        schema = found.text("schema")
        if schema not in catalogue.schemas():
            known = ", ".join(catalogue.schemas())
            raise fault(found.at("schema"), f"no schema {schema[:64]!r}: there is {known}", "zkcompliance schemas")
        floor = {param.name: param for param in catalogue.floor(schema).params}
        there_are = floor["sources"].type.choices
        given = found.items("keys", limits.MAX_POLICY_KEYS) if "keys" in found else ()
        keys = tuple(self._log_key(each, path, dated) for each, path in given)
        rows = found.whole("rows", 1, floor["rows"].high) if "rows" in found else 0
        sources = found.texts("sources", len(there_are)) if "sources" in found else ()
        for number, source in enumerate(sources, 1):
            if source not in there_are:
                raise fault(f"{found.at('sources')}[{number}]", f"is one of {', '.join(there_are)}")
        if len(sources) == len(there_are):
            raise fault(found.at("sources"), "admits every source that there is: it asks nothing")
        meterer = found.text("meterer") if "meterer" in found else ""
        if meterer and not keys:
            raise fault(found.at("meterer"), f"needs {found.at('keys')}: the key of whoever seals the log, not the lab")
        if sources and OWN_WORD not in sources and not meterer:
            raise fault(
                found.at("sources"),
                f"leaves out {OWN_WORD}, and a row's source is the word of whoever seals it. Name whoever seals this "
                f"log and is not the lab, as {found.at('meterer')}, and the key, as {found.at('keys')}",
            )
        lab = found.text("lab") if "lab" in found else ""
        if lab and (not keys or meterer):
            why = f"needs {found.at('keys')}: it says whose keys they are" if not keys else "does not go with meterer"
            raise fault(found.at("lab"), why)
        most = found.whole("most", 1, limits.MAX_POLICY_KEYS) if "most" in found else 0
        if most and keys:
            raise fault(found.at("most"), f"is of a log whose keys are given; this is one log, by {found.at('keys')}")
        found.close()
        return LogRule(called, schema, keys, rows, sources, meterer=meterer, most=most, lab=lab)

    def _log_key(self, given: object, path: str, dated: bool) -> LogKey:
        """A key as text, or a table that says from and until when it is trusted. dated: whether anything tells when."""
        found = table(given, path) if isinstance(given, dict) else None
        value, at = (given, path) if found is None else (found.value("key"), found.at("key"))
        key = parsed(VerifierKey, text(value, at, limits.MAX_POLICY_KEY_BYTES), at)
        self._once(key.public, path)
        if found is None:
            return LogKey(key)
        since, until = (found.midnight(end) if end in found else None for end in ("from", "until"))
        found.close()
        if since is None and until is None:
            raise fault(path, "has neither from nor until: write the key by itself")
        if since is not None and until is not None and until <= since:
            raise fault(found.at("until"), "is not after from")
        if not dated:
            raise fault(path, "needs [cosigners] or freshness.proof: otherwise whoever has the key may state any time")
        return LogKey(key, since, until)

    def _requirements(
        self, logs: Mapping[str, LogRule], subject: bool, dated: bool, earliest: int
    ) -> tuple[Requirement, ...]:
        given = self.root.value("requirements")
        if not isinstance(given, list) or not given:
            raise fault("requirements", "is a list of at least one [[requirements]]")
        if len(given) > limits.MAX_POLICY_REQUIREMENTS:
            raise fault("requirements", f"are at most {limits.MAX_POLICY_REQUIREMENTS}")
        made: dict[str, Requirement] = {}
        for number, each in enumerate(given, 1):
            found = table(each, f"requirements[{number}]")
            called = found.name("name")
            if called in made:
                raise fault(found.at("name"), f"{called} is the name of two requirements")
            found.path = f"requirements.{called}"
            made[called] = self._requirement(called, found, logs)
            self._bounded(made[called], found.path, subject, dated, earliest)
        refuse_unshown(self.indices, made, logs)
        return tuple(made.values())

    def _requirement(self, called: str, found: Table, logs: Mapping[str, LogRule]) -> Requirement:
        says = found.text("says")
        card = self._card(found)
        refuse_undated(card, self.anchors, found.at("claim"))
        params = self._bounds(found.table("params"), card.params, free=True) if card.params else {}
        reveals = self._bounds(found.table("reveals"), card.revealed(), free=False) if "reveals" in found else {}
        reveals |= self._of_indices(called, card, reveals)
        for each in card.reveals:
            bound = reveals.get(each.name)
            if each.figures is not None and bound is not None and (bound.one_of or bound.exact is not None):
                why = f"is disclosed rounded down to {each.figures} significant figures, and has no one value"
                raise fault(f"{found.path}.reveals.{each.name}", f"{why}: use at_least, at_most")
        for shown in card.revealed():
            if shown.name in reveals:
                refuse_met_by_nothing(shown, reveals[shown.name], f"{found.path}.reveals.{shown.name}")
        slots, further = _slots(found.table("logs"), card, logs)
        if further and reveals:
            why = "are of all logs that fill a slot, and with more of them other values may meet a bound"
            raise fault(f"{found.path}.reveals", f"{why}: leave it out, or `further`")
        reveals = with_floors(found, card, slots, further, logs, reveals)
        found.close()
        return Requirement(
            called, says, card.id, card.version, card.digest, card.program, slots, params, reveals, further
        )

    def _of_indices(self, called: str, card: Card, reveals: Mapping[str, Bound]) -> dict[str, Bound]:
        """The bounds of what a requirement reveals as an index: the ends that the policy says it lies between."""
        made: dict[str, Bound] = {}
        for index in self.indices.values():
            if index.requirement != called:
                continue
            path = f"indices.{index.name}.value"
            exactly = [each.name for each in card.reveals if each.figures is None]
            if index.value not in exactly:
                raise fault(path, f"{card.id} reveals exactly: {', '.join(exactly) or 'nothing'}")
            if index.value in reveals or index.value in made:
                raise fault(path, "is bounded twice: at_least and at_most of the index are its only bounds")
            made[index.value] = index.bound
        return made

    def _own(self, requirements: Sequence[Requirement]) -> dict[str, Card]:
        return {each.claim: self.cards[each.claim] for each in requirements if each.claim in self.cards}

    def _card(self, found: Table) -> Card:
        label, path = found.text("claim"), found.at("claim")
        parts = _CLAIM.fullmatch(label)
        if parts is None:
            raise fault(path, "is a claim and its version, such as training-compute-below@2", "zkcompliance claims")
        card = self.cards.get(parts[1])
        if card is None and parts[1] not in catalogue.names():
            raise fault(
                path,
                f"no claim {parts[1]} in the catalogue, and no card of it was given",
                "zkcompliance claims  # or, for a claim of the policy's own, add --claim-file FILE",
            )
        card = card or catalogue.load(parts[1])
        if card.version != int(parts[2]):
            raise fault(path, f"{card.id} is there in version {card.version} only", "zkcompliance claims")
        digest, path = found.text("card"), found.at("card")
        if _DIGEST.fullmatch(digest) is None:
            raise fault(
                path, "is a SHA-256 in 64 lower-case hexadecimal digits", command("zkcompliance", "explain", card.id)
            )
        if bytes.fromhex(digest) != card.digest:
            why = f"is not the card of {card.label}, {card.digest.hex()}"
            raise fault(path, why, command("zkcompliance", "explain", card.id))
        return card

    def _bounds(self, found: Table, known: Sequence[Parameter], *, free: bool) -> dict[str, Bound]:
        """One bound for each parameter, or for each revealed value that the policy names."""
        given = found.names()
        specs = {each.name: each for each in known}
        for each in given:
            if each not in specs:
                raise fault(found.at(each), f"the claim has {', '.join(specs) or 'none'}, and not this")
        for each in specs if free else ():
            if each not in given:
                raise fault(found.at(each), f"is missing: every parameter is stated. It is {specs[each].doc}")
        indices = self.indices if free else {}  # what is revealed follows none
        return {
            each: read_bound(
                specs[each],
                found.value(each),
                found.at(each),
                free=free,
                indices=indices,
                calendar=self.calendar,
                until=self.until,
            )
            for each in given
        }

    def _bounded(self, made: Requirement, path: str, subject: bool, dated: bool, earliest: int) -> None:
        for each, bound in made.params.items():
            if bound.subject and not subject:
                raise fault(f"{path}.params.{each}.subject", 'needs subject = "required"')
        for group, bounds in (("params", made.params), ("reveals", made.reveals)):
            for each, bound in bounds.items():
                if (bound.within is not None or bound.period is not None) and not dated:
                    raise fault(
                        f"{path}.{group}.{each}.{'within' if bound.period is None else 'period'}",
                        "needs freshness.proof: otherwise the proof may state any time, and this asks nothing",
                    )
        card, at = self.cards.get(made.claim) or catalogue.load(made.claim), f"{path}.params"
        refuse_backdated(card, made.params, proof_age=self.proof_age, reference=self.reference, path=at)
        refuse_vacuous(card, made.params, earliest, at)


def _slots(
    found: Table, card: Card, logs: Mapping[str, LogRule]
) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """Each slot of the claim with the policy's logs that fill it, and with those that may fill it besides."""
    slots = [slot.name for slot in card.slots]
    for given in found.names():
        if given not in slots:
            raise fault(found.at(given), f"{card.id} is about {', '.join(slots)}")
    made: dict[str, tuple[str, ...]] = {}
    further: dict[str, tuple[str, ...]] = {}
    taken: set[str] = set()
    for slot in card.slots:
        fill, more, path = _named(found, slot.name)
        if more and not slot.more:
            why = f"more rows could make {card.id} hold where it did not"
            raise fault(path, f"{why}: {slot.name} is about exactly the logs that are named, and `further` is left out")
        if len(fill) + len(more) > 1 and slot.order:
            raise fault(path, f"has several logs, and of {card.id} {IN_ORDER.format(slot.name)}")
        for log in (*fill, *more):
            if log not in logs:
                raise fault(path, f"no log of that name: there is {', '.join(logs)}")
            if slot.digest not in catalogue.schemas()[logs[log].schema]:
                raise fault(path, f"{log} has the schema {logs[log].schema}, and {card.id} wants {slot.schema} here")
            if log in taken:
                raise fault(path, f"{log} is given for two logs of {card.id}, which are to be different")
            taken.add(log)
        made[slot.name] = fill
        further |= {slot.name: more} if more else {}
    return made, further


def _named(found: Table, slot: str) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """One log, several, or a table with those that fill the slot and those that may; and the key's path."""
    given, path = found.value(slot), found.at(slot)
    most = limits.MAX_POLICY_LOGS
    if isinstance(given, dict):
        inside = table(given, path)
        fill, more = inside.texts("all", most), inside.texts("further", most)
        inside.close()
        return fill, more, path
    if isinstance(given, list):
        return found.texts(slot, most), (), path
    return (found.text(slot),), (), path
