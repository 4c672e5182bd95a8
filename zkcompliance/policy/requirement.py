"""One claim of a proof held against one requirement: binding, claim, logs, values, checkpoints, and last the proof."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TypeVar, cast

from zkcompliance.card import catalogue, words
from zkcompliance.card.model import Card
from zkcompliance.card.program import check_card, spans_generations
from zkcompliance.errors import (
    CardMismatch,
    ProgramMismatch,
    RequirementNotShown,
    SignatureRejected,
    StaleProof,
    StatementMismatch,
    Undecided,
    VerificationError,
    ZkComplianceError,
)
from zkcompliance.limits import MAX_CLOCK_SECONDS
from zkcompliance.log.standing import Standing
from zkcompliance.policy import auditing, bounds, checkpoints, devices, finding, formulas, slots
from zkcompliance.policy.anchors import Anchored, Anchoring, brackets_of
from zkcompliance.policy.binding import Binding, Subject, reference_text
from zkcompliance.policy.checkpoints import Taken
from zkcompliance.policy.finding import Key, Verified, public_values, rounded, text
from zkcompliance.policy.model import LogRule, Requirement
from zkcompliance.policy.proofs import Claimed, Place, Proof
from zkcompliance.policy.recall import Recalled
from zkcompliance.policy.slots import Placed
from zkcompliance.policy.verdict import Chooser, DevicesShown, Finding, LogShown, Status
from zkcompliance.quantities import number_of, show_seconds, show_time
from zkcompliance.verify.verifier import Report, verify_decoded

Found = TypeVar("Found")
_LOOK = "zkcompliance verify FILE  # says what the file is about"


@dataclass(frozen=True)
class Terms:
    """now: UTC seconds. subject, reference: what whoever judges asks for (None: not asked). proof_age: seconds.

    drawn: UTC seconds at which the reference was drawn (None: not said), before which no proof with it was made.
    rehearsal: whether what is judged is a rehearsal, and nothing else.
    """

    now: int
    subject: Subject | None = None
    reference: bytes | None = None
    proof_age: int | None = None
    subject_required: bool = False
    drawn: int | None = None
    rehearsal: bool = False


def check_binding(binding: Binding, terms: Terms) -> None:
    """StatementMismatch naming subject or reference, or that it is a rehearsal; StaleProof by the stated time."""
    if binding.rehearsal and not terms.rehearsal:
        raise StatementMismatch(
            "rehearsal: the proof is a rehearsal, made as if at another time, and shows nothing of any time",
            help="zkcompliance verify FILE --policy POLICY --rehearsal --at TIME  # judges it as one",
        )
    if terms.rehearsal and not binding.rehearsal:
        raise StatementMismatch(
            "rehearsal: the proof is no rehearsal, and one is asked for", help="leave out --rehearsal"
        )
    stated, asked = binding.subject, terms.subject
    if stated is None and (asked is not None or terms.subject_required):
        who = f"you asked about {asked.name}" if asked is not None else "the policy asks for one"
        raise StatementMismatch(f"subject: the proof names no model, {who}", help=_LOOK)
    if asked is not None and stated is not None:
        if stated.name != asked.name:
            raise StatementMismatch(
                f"subject: the proof is about the model {stated.name}, you asked about {asked.name}", help=_LOOK
            )
        _check_digests(stated, asked)
    if terms.reference is not None and binding.reference != terms.reference:
        raise StatementMismatch(
            f"reference: the proof is bound to {shown_bytes(binding.reference)}, you asked for "
            f"{shown_bytes(terms.reference)}",
            help=_LOOK,
        )
    if binding.time > terms.now + MAX_CLOCK_SECONDS:
        raise StaleProof(f"the proof is dated {show_time(binding.time)}, in the future of {show_time(terms.now)}")
    if terms.drawn is not None and binding.time < terms.drawn - MAX_CLOCK_SECONDS:
        when = show_time(binding.time) if binding.time else "no time"
        raise StaleProof(f"the proof states {when}, and its reference was drawn on {show_time(terms.drawn)}")
    if terms.proof_age is not None:
        if not binding.time:
            raise StaleProof("the proof does not say when it was made, and its age is asked for")
        if terms.now - binding.time > terms.proof_age:
            raise StaleProof(
                f"the proof was made on {show_time(binding.time)}, more than {show_seconds(terms.proof_age)} before "
                f"{show_time(terms.now)}"
            )


def _check_digests(stated: Subject, asked: Subject) -> None:
    """Every digest that is asked for is the one that the proof is bound to."""
    name = stated.name
    if asked.digest and stated.digest != asked.digest:
        raise StatementMismatch(
            f"subject: the proof is about {name} of SHA-256 {stated.digest.hex()}, you asked about "
            f"{asked.digest.hex()}",
            help=_LOOK,
        )
    if asked.tree and not stated.tree:
        raise StatementMismatch(
            f"subject: the proof is bound to the contents of {name} alone, and not to the names of its files",
            help=f"--subject NAME=sha256:{stated.digest.hex()}  # compares the contents; or ask for a proof that was "
            "made with --subject NAME=PATH",
        )
    if asked.tree and stated.tree != asked.tree:
        why = "; the contents are the same, and names differ, or there is a file more or less" if asked.digest else ""
        raise StatementMismatch(
            f"subject: the proof is about {name} of tree digest {stated.tree.hex()}, you asked about "
            f"{asked.tree.hex()}{why}",
            help=_LOOK,
        )


def shown_bytes(data: bytes) -> str:
    """A reference as people read it: text where it is one."""
    if not data:
        return "no reference"
    text = reference_text(data)
    return repr(text) if text.encode() == data else text


def check_one_binding(bindings: Sequence[Binding]) -> None:
    """StatementMismatch unless all name the same subject, time and reference, and all or none are rehearsals."""
    for other in bindings[1:]:
        first = bindings[0]
        for what, same in (
            ("subject", first.subject == other.subject),
            ("time", first.time == other.time),
            ("reference", first.reference == other.reference),
            ("rehearsal", first.rehearsal == other.rehearsal),
        ):
            if not same:
                raise StatementMismatch(f"{what}: the proofs of this policy do not all name the same one")


def check_one_checkpoint(claims: Sequence[tuple[Claimed, Requirement]], rules: Mapping[str, LogRule]) -> None:
    """StatementMismatch unless every log of the policy is another origin, at one checkpoint in all proofs.

    rules, and the logs of the requirements: by labels.
    """
    seen: dict[tuple[str, str], bytes] = {}
    names: dict[str, str] = {}  # a log's own name → the policy's
    for claimed, requirement in claims:
        for place, label in slots.labelled(claimed, requirement, rules):
            if label is not None and names.setdefault(place.name, label) != label:
                raise StatementMismatch(f"logs: {place.name} is shown as {names[place.name]} and as {label}, two logs")
            for kind, key in (("log", label), ("origin", place.name)):
                body = place.answers.body
                if key is not None and seen.setdefault((kind, key), body) != body:
                    raise StatementMismatch(f"checkpoint: the proofs of this policy are not all about one of {key}")


def check_claim(
    claimed: Claimed, card: Card, asked: Requirement, rules: Mapping[str, LogRule], *, by_policy: bool
) -> tuple[Placed, ...]:
    """The logs of the claim, which is the one asked for: claim, version, program, logs and order fit, and so does the
    card.

    rules, and the logs of the requirement: by labels. by_policy: a policy asks, which is always about all segments;
    whoever judges one claim about rows that are unchanged may be shown a range of them. StatementMismatch naming the
    field, ProgramMismatch for another program, CardMismatch for another card, or one that says of the program what it
    is not; besides, what `slots.placed` raises.
    """
    stated = claimed.stated
    _check_schemas(claimed, card)
    if (stated.claim, stated.version) != (asked.claim, asked.version):
        raise StatementMismatch(f"claim: the proof is of {claimed.label}, not {asked.claim}@{asked.version}")
    if stated.program_digest != asked.program:
        raise ProgramMismatch("the file brings another program than the one asked for")
    if card.digest != asked.card:
        raise CardMismatch(f"the card of {asked.claim} is not the one that is asked for")
    check_card(card, claimed.program)
    places, spans = claimed.places, spans_generations(claimed.program.logs)
    if {place.slot for place in places} != set(asked.logs):
        raise StatementMismatch(
            f"logs: the proof is about {', '.join(slot.name for slot in claimed.program.logs)}, not "
            f"{', '.join(asked.logs)}"
        )
    shown: dict[str, str] = {}
    for place in places:
        if shown.setdefault(place.name, place.slot) != place.slot and not spans:
            raise StatementMismatch(f"logs: {place.name} is shown as {shown[place.name]} and as {place.slot}, two logs")
    for place in places:
        log = place.log
        if not log.whole and (by_policy or not spans):
            raise StatementMismatch(
                f"segments: the proof is about the segments {log.first} to {log.last} of {log.origin}, "
                f"counted from 0, and all {log.checkpoint.size} are asked for"
            )
    slots.check_order(claimed, card)
    if not spans:
        _check_roll_ups(places, card)
    return slots.placed(claimed, asked, rules)


def _check_roll_ups(places: Sequence[Place], card: Card) -> None:
    """RequirementNotShown where a slot takes a roll-up, and it is not shown of which log that is."""
    known = catalogue.roll_ups()
    rolled = {slot.name for slot in card.slots if slot.schema.endswith(".rollup") or slot.digest in known}
    for place in places:
        if place.slot in rolled and place.stands is None:
            raise RequirementNotShown(
                f"logs: {place.log.origin} is a roll-up, and nothing shows for which log it stands at this checkpoint "
                f"of {number_of(place.log.checkpoint.size, 'segment')}",
                help="ask for the roll-up file that belongs to the proof, and give it: --roll-up FILE",
            )


def _check_schemas(claimed: Claimed, card: Card) -> None:
    """StatementMismatch where a log of the proof has another version of the schema than the claim that is asked for."""
    wanted = {slot.name: slot for slot in card.slots}
    for slot in claimed.program.logs:
        asked = wanted.get(slot.name)
        if asked is None or asked.digest == slot.schema_digest:
            continue
        versions = catalogue.schemas().get(asked.schema, ())
        if slot.schema_digest not in versions or asked.digest not in versions:
            continue
        there, due = catalogue.label(slot.schema_digest), catalogue.label(asked.digest)
        way = (
            "the lab has a log go on under a later version, and proves over that"
            if versions.index(slot.schema_digest) < versions.index(asked.digest)
            else "claims about the earlier version do not take it; ask by a claim or a policy that does"
        )
        raise StatementMismatch(
            f"schema: the proof is of {claimed.label} over a log of {there} for {slot.name}, and "
            f"{card.label} is about {due}: {way}"
        )


def check_values(claimed: Claimed, card: Card, asked: Requirement) -> None:
    """StatementMismatch naming the parameter or revealed value that is not as asked."""
    binding, publics = claimed.proof.bound(), public_values(claimed)
    subject = binding.subject.name if binding.subject is not None else None
    known = {each.name: each for each in (*card.params, *card.revealed())}
    for name, bound in (*asked.params.items(), *asked.reveals.items()):
        if name not in publics:
            raise StatementMismatch(f"{name}: the proof has no such public value")
        less = rounded(card, name, publics[name])
        if not bounds.meets(bound, publics[name], time=binding.time, subject_name=subject, rounded=less):
            stated = text(known[name], publics[name]) + (" (rounded down)" if less else "")
            wanted = bounds.words(bound, known[name]).removeprefix("exactly ")
            raise StatementMismatch(f"{name}: the proof is about {stated}, not {wanted}")


class Once:
    """What is found of a proof of the file, and of a log in it under some keys: once, whoever asks.

    An error is raised again as it is: so it shows that it is one fault, and not several.
    """

    def __init__(self) -> None:
        self._found: dict[tuple[object, ...], object] = {}

    def _once(self, key: tuple[object, ...], find: Callable[[], Found]) -> Found:
        if key not in self._found:
            try:
                self._found[key] = find()
            except VerificationError as error:
                error.__context__ = None  # whose frames would keep the proof in memory
                self._found[key] = error
        found = self._found[key]
        if isinstance(found, VerificationError):
            raise found.with_traceback(None)
        return cast(Found, found)

    def anchored(self, proof: Proof, anchoring: Anchoring) -> dict[str, Anchored] | None:
        """What backs the brackets of a proof. Raises as `Anchoring.of`."""
        return self._once(("anchors", id(proof)), lambda: anchoring.of(proof))

    def report(self, proof: Proof, anchoring: Anchoring) -> Report:
        """The proof, verified. Raises as `verify_decoded`, and as `Anchoring.of`."""

        def verify() -> Report:
            backed = brackets_of(self.anchored(proof, anchoring))
            return verify_decoded(proof.bundle, proof.statement, proof.programs, program_digests=None, backed=backed)

        return self._once(("proof", id(proof)), verify)

    def decode_programs(self, proof: Proof) -> None:
        """Raises as `Proof.programs`, which are not kept here."""
        self._once(("programs", id(proof)), lambda: len(proof.programs))

    def taken(self, proof: Proof, place: Place, label: str, rule: LogRule, asked: checkpoints.Asked) -> Taken:
        """A checkpoint, held against the keys of the log that has this label. Raises as `checkpoints.take`."""
        signed, stated = place.answers, proof.bound().time

        def take() -> Taken:
            return checkpoints.take(place.signed, signed.body, signed.origin, rule.keys, asked, stated=stated)

        return self._once(("log", id(proof), place.number, label), take)


@dataclass(frozen=True)
class Bench:
    """What one judgement holds all proofs against. recalled: each log's keys, and what is known of the logs.

    asker: who set the bounds. by_card: requirements whose claim is not of this installation and was not compiled here:
    what it says is known from a card. devices: what the policy asks of devices, None where that is nothing. once: what
    was found of the file's proofs, which are kept as long as this is.
    """

    terms: Terms
    checkpoints: checkpoints.Asked
    recalled: Recalled
    asker: Chooser
    by_card: frozenset[str] = frozenset()
    anchoring: Anchoring = field(default_factory=Anchoring)
    devices: devices.Held | None = None
    once: Once = field(default_factory=Once, compare=False)


@dataclass(frozen=True)
class Judged:
    """Of a claim that was accepted. taken: whose checkpoints they are; placed: its logs, with their labels; card: the
    claim's."""

    finding: Finding
    claimed: Claimed | None = None
    taken: Mapping[Key, Taken] | None = None
    placed: tuple[Placed, ...] = ()
    card: Card | None = None


def judge_one(
    claimed: Claimed,
    card: Card,
    asked: Requirement,
    bench: Bench,
    shared: VerificationError | None = None,
    followed: formulas.Shown = MappingProxyType({}),
) -> Judged:
    """Its VerificationError is in the finding; MalformedError is raised. shared: what is wrong with all proofs.

    NOT_JUDGED is a claim whose proof is about another model, reference, policy or time than was asked, or about a log
    of another key: nothing else of it was looked at.

    followed: what accepted requirements reveal, which parameters may follow.
    """
    rules, proof = bench.recalled.rules, claimed.proof
    try:
        if shared is not None:
            raise shared
        check_binding(proof.bound(), bench.terms)
    except VerificationError as error:  # it is about something else than what was asked
        return Judged(_refused(claimed, bare(asked, card, Status.NOT_JUDGED, error), bench))
    try:
        bench.once.decode_programs(proof)
        placed = check_claim(claimed, card, asked, rules, by_policy=bench.asker is Chooser.POLICY)
        check_values(claimed, card, asked)
        formulas.check(asked, public_values(claimed), followed, card.params)
        taken = {
            place.key: bench.once.taken(proof, place, label, rules[label], bench.checkpoints) for place, label in placed
        }
        report = bench.once.report(proof, bench.anchoring)
        backed = bench.once.anchored(proof, bench.anchoring)
        answered = _answered(bench, placed)
    except Undecided as error:
        return Judged(_refused(claimed, bare(asked, card, Status.UNDECIDED, error), bench))
    except RequirementNotShown as error:
        return Judged(_refused(claimed, bare(asked, card, Status.NOT_SHOWN, error), bench))
    except SignatureRejected as error:  # it is about the log of another key
        return Judged(_refused(claimed, bare(asked, card, Status.NOT_JUDGED, error), bench))
    except VerificationError as error:
        return Judged(_refused(claimed, bare(asked, card, Status.NOT_MET, error), bench))
    shown = Verified(claimed, report)
    undecided = (
        Undecided(finding.UNCHECKED, help=finding.CHECKED_BY)
        if backed is None and claimed.program.reads_brackets
        else None
    )
    found = replace(
        bare(asked, card, Status.MET if undecided is None else Status.UNDECIDED, undecided),
        values=finding.values(shown, card, asked.params, asked.reveals, bench.asker),
        margin=finding.margin(shown, card, asked.reveals),
        logs=finding.logs(shown, {place.key: rules[label].name for place, label in placed}, taken, backed, answered),
        **finding.of_proof(shown),
    )
    found = replace(finding.with_rows(found, card), warnings=finding.of_several(found.logs, card))
    return Judged(found, claimed, taken, placed, card)


def _answered(bench: Bench, placed: Sequence[Placed]) -> dict[Key, DevicesShown | None]:
    """By (slot, origin), the devices that answered for a log, where some are asked for. Raises as `devices.Held`."""
    if bench.devices is None:
        return {}
    rules = bench.recalled.rules
    return {place.key: bench.devices.shown(rules[label].name, place.answers.body) for place, label in placed}


def _refused(claimed: Claimed, found: Finding, bench: Bench) -> Finding:
    """What a claim that is refused says of itself is said too: often it was made for something else."""
    made_for = finding.bound_to(claimed)
    if made_for is None:
        return found
    said = finding.made_for(claimed) if bench.asker is Chooser.JUDGE else ""
    warnings = (finding.REFUSED.format(said),) if said else ()
    return replace(found, made_for=made_for, warnings=warnings)


def bare(asked: Requirement, card: Card, status: Status, error: ZkComplianceError | None) -> Finding:
    """A finding without a proof."""
    return Finding(
        name=asked.name,
        says=asked.says,
        claim=f"{asked.claim}@{asked.version}",
        card=asked.card,
        program=asked.program,
        status=status,
        error=error,
        sentences=words.explain(card),
    )


def said_once(judged: Sequence[Judged]) -> list[Judged]:
    """Each fault of a proof with the name of the first requirement that has it, in every other one; and so each reason
    why requirements were not judged."""
    first: dict[object, str] = {}
    result = []
    for each in judged:
        error = each.finding.error
        fault: object = id(error)
        if error is not None and each.finding.status is Status.NOT_JUDGED:
            fault = (error.code, error.message)
        before = each.finding.name if error is None else first.setdefault(fault, each.finding.name)
        same = before if before != each.finding.name else ""
        result.append(replace(each, finding=replace(each.finding, same_as=same)))
    return result


def with_floors(judged: Sequence[Judged], floors: Mapping[str, str], rules: Mapping[str, LogRule]) -> list[Judged]:
    """Rows and provenance that a floor shows of a log, in every finding about it. floors: requirement → its log.

    Of several logs that stand for one of the policy, the rows are those of all of them together.
    """
    met = {floors[j.finding.name] for j in judged if j.finding.name in floors and j.finding.status is Status.MET}

    def log(each: LogShown) -> LogShown:
        rule = rules[each.name]
        each = replace(each, meterer=rule.meterer, lab=rule.lab)
        return replace(each, rows=max(each.rows, rule.rows), sources=rule.sources) if each.name in met else each

    return [replace(j, finding=replace(j.finding, logs=tuple(map(log, j.finding.logs)))) for j in judged]


Standings = Mapping[tuple[str, Key], Standing]


def with_warnings(judged: Sequence[Judged], bench: Bench, standings: Standings) -> tuple[Finding, ...]:
    """The findings, each with what a person should know that its proof does not say.

    standings: (requirement, log) → where the checkpoint stands, where that was looked up.
    """
    known = bench.checkpoints.age is not None or bench.recalled.recall.state is not None
    called = {log.called for each in judged if each.claimed is not None for log in each.finding.logs}
    several = not known and len(called) > 1
    return tuple(_warned(each, bench, standings, several=several) for each in judged)


def _warned(judged: Judged, bench: Bench, standings: Standings, *, several: bool) -> Finding:
    """several: the verdict is about several logs, and of none is known how fresh it is, which is then said once."""
    found = judged.finding
    if judged.claimed is None:
        return found
    stand = {(log.slot, log.origin): standings.get((found.name, (log.slot, log.origin))) for log in found.logs}
    remembers = bench.recalled.recall.state is not None
    unknown = {key for key, each in stand.items() if not remembers or each is None or each.first}
    unknown = set() if bench.checkpoints.age is not None else unknown
    said = [made_for] if bench.asker is Chooser.JUDGE and (made_for := finding.made_for(judged.claimed)) else []
    said += found.warnings
    if found.name in bench.by_card:
        of = finding.OF_POLICY if bench.asker is Chooser.POLICY else finding.OF_CALLER
        said.append(of.format(found.claim))
    said += dict.fromkeys(filter(None, map(finding.of_rows, found.logs)))
    said += dict.fromkeys(filter(None, map(finding.of_sources, found.logs)))
    named = {place.key: place.log.entries for place, _ in judged.placed}
    said += filter(None, (finding.of_evidence(log, named.get((log.slot, log.origin), ())) for log in found.logs))
    if bench.devices is not None:
        of_devices = [(log.name, log.devices) for log in found.logs if log.devices is not None]
        said += dict.fromkeys(devices.said(name, shown, bench.devices.asked) for name, shown in of_devices)
    for log in found.logs:
        each = stand[log.slot, log.origin]
        if (log.slot, log.origin) in unknown and (each is None or not each.first):
            unsure = finding.FRESHNESS.format("each of the logs" if several else log.called)
            said += [unsure] if unsure not in said else []
        said += each.said if each is not None else ()
        changes = each.changes if each is not None else ()
        said += finding.of_roll_up(log)
        said += finding.of_generation(log, linked=each is not None and each.linked, changes=changes)
    if disclosed := [value.name for value in found.values if value.role == "revealed"]:
        said.append(finding.DIFFERENCES.format(", ".join(disclosed)))
    said += finding.compared(judged.claimed.proof.bound().subject, bench.terms.subject)
    said += [finding.of_range(log) for log in found.logs if not log.whole]
    bound = judged.claimed.proof.bound()
    said = [finding.REHEARSAL.format(show_time(bound.time)), *said] if bound.rehearsal else said
    dated = finding.when(bound, referred=bench.terms.reference is not None, age=bench.terms.proof_age)
    unproven = finding.not_proven(judged.card, bound, latest=bool(unknown), dated=dated)
    linked = {key for key, each in stand.items() if each is not None and each.linked}
    logs = tuple(replace(log, linked=(log.slot, log.origin) in linked) for log in found.logs)
    return replace(found, logs=logs, warnings=tuple(said), not_proven=unproven, audit=auditing.level_of(found))
