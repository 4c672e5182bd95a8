"""One proof held against one requirement: binding, claim, values, checkpoints, and last the proof itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from zkcompliance.card import words
from zkcompliance.card.model import Card
from zkcompliance.card.program import check_card, spans_generations
from zkcompliance.errors import CardMismatch, ProgramMismatch, StaleProof, StatementMismatch, VerificationError
from zkcompliance.limits import MAX_CLOCK_SECONDS
from zkcompliance.log.checkpoint import generation_of
from zkcompliance.log.standing import Standing
from zkcompliance.policy import bounds, checkpoints, finding
from zkcompliance.policy.binding import Binding, Subject, reference_text
from zkcompliance.policy.checkpoints import Taken
from zkcompliance.policy.finding import Verified, public_values, rounded, text
from zkcompliance.policy.model import LogRule, Requirement
from zkcompliance.policy.proofs import Proof
from zkcompliance.policy.recall import Recalled
from zkcompliance.policy.verdict import Chooser, Finding, LogShown, Status
from zkcompliance.quantities import show_seconds, show_time
from zkcompliance.verify.program import Program
from zkcompliance.verify.verifier import check_program, verify_decoded


@dataclass(frozen=True)
class Terms:
    """now: UTC seconds. subject, reference: what whoever judges asks for (None: not asked). proof_age: seconds."""

    now: int
    subject: Subject | None = None
    reference: bytes | None = None
    proof_age: int | None = None
    subject_required: bool = False


def check_binding(binding: Binding, terms: Terms) -> None:
    """StatementMismatch naming subject or reference; StaleProof by the stated time."""
    stated, asked = binding.subject, terms.subject
    if stated is None and (asked is not None or terms.subject_required):
        raise StatementMismatch("subject: the proof names no model, and one is asked for")
    if asked is not None and stated is not None:
        if stated.name != asked.name:
            raise StatementMismatch(f"subject: the proof is about the model {stated.name}, not {asked.name}")
        _check_digests(stated, asked)
    if terms.reference is not None and binding.reference != terms.reference:
        raise StatementMismatch(
            f"reference: the proof was made for {shown_bytes(binding.reference)}, not {shown_bytes(terms.reference)}"
        )
    if binding.time > terms.now + MAX_CLOCK_SECONDS:
        raise StaleProof(f"the proof is dated {show_time(binding.time)}, in the future of {show_time(terms.now)}")
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
            f"subject: the proof is about {name} of SHA-256 {stated.digest.hex()}, not {asked.digest.hex()}"
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
            f"subject: the proof is about {name} of tree digest {stated.tree.hex()}, not {asked.tree.hex()}{why}"
        )


def shown_bytes(data: bytes) -> str:
    """A reference as people read it: text where it is one."""
    if not data:
        return "none"
    text = reference_text(data)
    return repr(text) if text.encode() == data else text


def check_one_binding(bindings: Sequence[Binding]) -> None:
    """StatementMismatch unless all name the same subject, time and reference."""
    for other in bindings[1:]:
        first = bindings[0]
        for what, same in (
            ("subject", first.subject == other.subject),
            ("time", first.time == other.time),
            ("reference", first.reference == other.reference),
        ):
            if not same:
                raise StatementMismatch(f"{what}: the proofs of this policy do not all name the same one")


def check_one_checkpoint(proofs: Sequence[tuple[Proof, Requirement]]) -> None:
    """StatementMismatch unless every log of the policy is another origin, at one checkpoint in all proofs."""
    seen: dict[tuple[str, str], bytes] = {}
    names: dict[str, str] = {}  # origin → the policy's log
    for proof, requirement in proofs:
        for log in proof.statement.logs:
            name, origin = requirement.logs.get(log.slot), log.checkpoint.origin
            origin = generation_of(origin)[0]  # its generations are one log
            for kind, key in (("log", name), ("origin", origin)):
                if key is not None and seen.setdefault((kind, key), log.checkpoint.body) != log.checkpoint.body:
                    raise StatementMismatch(f"checkpoint: the proofs of this policy are not all about one of {key}")
            if name is not None and names.setdefault(origin, name) != name:
                raise StatementMismatch(f"logs: {origin} is shown as {names[origin]} and as {name}, two logs")


def check_claim(proof: Proof, card: Card, asked: Requirement, *, by_policy: bool) -> Program:
    """The program of the proof, which is the one asked for; claim, version, logs and schemas fit, and so does the card.

    by_policy: a policy asks, which is always about all segments; whoever judges one claim about rows that are unchanged
    may be shown a range of them. StatementMismatch naming the field, ProgramMismatch for another program, CardMismatch
    for another card, or one that says of the program what it is not.
    """
    stated = proof.statement
    if (stated.claim, stated.version) != (asked.claim, asked.version):
        raise StatementMismatch(
            f"claim: the proof is of {stated.claim}@{stated.version}, not {asked.claim}@{asked.version}"
        )
    if stated.program_digest != asked.program:
        raise ProgramMismatch("the file brings another program than the one asked for")
    if card.digest != asked.card:
        raise CardMismatch(f"the card of {asked.claim} is not the one that is asked for")
    program = proof.program
    check_program(stated, program)
    check_card(card, program)
    if {log.slot for log in stated.logs} != set(asked.logs):
        raise StatementMismatch(
            f"logs: the proof is about {', '.join(log.slot for log in stated.logs)}, not {', '.join(asked.logs)}"
        )
    spans = spans_generations(program.logs)
    origins = {generation_of(log.checkpoint.origin)[0]: log.slot for log in stated.logs}
    if len(origins) != len(stated.logs) and not spans:
        names = {log.slot: generation_of(log.checkpoint.origin)[0] for log in stated.logs}
        shown = next(slot for slot, name in names.items() if origins[name] != slot)
        again = origins[names[shown]]
        raise StatementMismatch(f"logs: {names[shown]} is shown as {shown} and as {again}, two logs")
    for log in stated.logs:
        if not log.whole and (by_policy or not spans):
            raise StatementMismatch(
                f"segments: the proof is about the segments {log.first} to {log.last} of {log.checkpoint.origin}, "
                f"counted from 0, and all {log.checkpoint.size} are asked for"
            )
    return program


def check_values(proof: Proof, program: Program, card: Card, asked: Requirement) -> None:
    """StatementMismatch naming the parameter or revealed value that is not as asked."""
    binding, publics = proof.bound(), public_values(program, proof)
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


@dataclass(frozen=True)
class Bench:
    """What one judgement holds all proofs against. recalled: each log's keys, and what is known of the logs.

    asker: who set the bounds. by_card: requirements whose claim is not of this installation and was not compiled here:
    what it says is known from a card.
    """

    terms: Terms
    checkpoints: checkpoints.Asked
    recalled: Recalled
    asker: Chooser
    by_card: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Judged:
    """taken: slot → whose checkpoint it is, of a proof that was accepted."""

    finding: Finding
    proof: Proof | None = None
    taken: Mapping[str, Taken] | None = None


def judge_one(
    proof: Proof, card: Card, asked: Requirement, bench: Bench, shared: VerificationError | None = None
) -> Judged:
    """Its VerificationError is in the finding; MalformedError is raised. shared: what is wrong with all proofs."""
    try:
        if shared is not None:
            raise shared
        check_binding(proof.bound(), bench.terms)
        program = check_claim(proof, card, asked, by_policy=bench.asker is Chooser.POLICY)
        check_values(proof, program, card, asked)
        taken = _take(proof, asked, bench)
        report = verify_decoded(proof.bundle, proof.statement, program, program_digest=asked.program)
    except VerificationError as error:
        return Judged(_refused(proof, bare(asked, card, Status.NOT_MET, error), bench))
    shown = Verified(proof, program, report)
    found = replace(
        bare(asked, card, Status.MET, None),
        values=finding.values(shown, card, asked.params, asked.reveals, bench.asker),
        margin=finding.margin(shown, card, asked.reveals),
        logs=finding.logs(shown, asked.logs, taken),
        **finding.of_proof(shown),
    )
    found = finding.with_rows_asked(found, card)
    return Judged(found, proof, taken)


def _refused(proof: Proof, found: Finding, bench: Bench) -> Finding:
    """What a proof that is refused says of itself is said too: often it was made for something else."""
    if proof.binding is None or proof.binding.policy is None:
        return found
    said = finding.made_for(proof.binding) if bench.asker is Chooser.JUDGE else ""
    warnings = (finding.REFUSED.format(said),) if said else ()
    return replace(found, made_for=proof.binding.policy, warnings=warnings)


def bare(asked: Requirement, card: Card, status: Status, error: VerificationError | None) -> Finding:
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


def _take(proof: Proof, asked: Requirement, bench: Bench) -> dict[str, Taken]:
    notes = proof.bundle.notes
    logs = proof.statement.logs
    if len(notes) != len(logs):
        raise StatementMismatch(f"notes: {len(notes)} given for {len(logs)} logs")
    taken = {}
    for log, signed in zip(logs, notes, strict=True):
        rule = bench.recalled.rules[asked.logs[log.slot]]
        taken[log.slot] = checkpoints.take(
            signed, log.checkpoint.body, log.checkpoint.origin, rule.keys, bench.checkpoints, stated=proof.bound().time
        )
    return taken


def with_floors(judged: Sequence[Judged], floors: Mapping[str, str], rules: Mapping[str, LogRule]) -> list[Judged]:
    """Rows and provenance that a floor shows of a log, in every finding about it. floors: requirement → its log."""
    met = {floors[j.finding.name] for j in judged if j.finding.name in floors and j.finding.status is Status.MET}

    def log(each: LogShown) -> LogShown:
        rule = rules[each.name]
        return replace(each, rows=max(each.rows, rule.rows), sources=rule.sources) if each.name in met else each

    return [replace(j, finding=replace(j.finding, logs=tuple(map(log, j.finding.logs)))) for j in judged]


def with_warnings(
    judged: Sequence[Judged], bench: Bench, standings: Mapping[tuple[str, str], Standing]
) -> tuple[Finding, ...]:
    """The findings, each with what a person should know that its proof does not say.

    standings: (requirement, slot) → where the checkpoint stands, where that was looked up.
    """
    return tuple(_warned(each, bench, standings) for each in judged)


def _warned(judged: Judged, bench: Bench, standings: Mapping[tuple[str, str], Standing]) -> Finding:
    found = judged.finding
    if judged.proof is None:
        return found
    stand = {log.slot: standings.get((found.name, log.slot)) for log in found.logs}
    remembers = bench.recalled.recall.state is not None
    unknown = {slot for slot, each in stand.items() if not remembers or each is None or each.first}
    unknown = set() if bench.checkpoints.age is not None else unknown
    said = [made_for] if bench.asker is Chooser.JUDGE and (made_for := finding.made_for(judged.proof.bound())) else []
    if found.name in bench.by_card:
        of = finding.OF_POLICY if bench.asker is Chooser.POLICY else finding.OF_CALLER
        said.append(of.format(found.claim))
    said += [finding.VACUOUS.format(log.name) for log in found.logs if not log.rows]
    said += [finding.PROVENANCE.format(log.name) for log in found.logs if not log.sources]
    for log in found.logs:
        each = stand[log.slot]
        if log.slot in unknown and (each is None or not each.first):
            said.append(finding.FRESHNESS.format(log.name))
        said += each.said if each is not None else ()
        said += finding.of_generation(log, linked=each is not None and each.linked)
    if disclosed := [value.name for value in found.values if value.role == "revealed"]:
        said.append(finding.DIFFERENCES.format(", ".join(disclosed)))
    said += finding.compared(judged.proof.bound().subject, bench.terms.subject)
    said += [finding.of_range(log) for log in found.logs if not log.whole]
    unproven = (finding.COMPLETE, finding.TRUE_ROWS, *((finding.LATEST,) if unknown else ()))
    return replace(found, warnings=tuple(said), not_proven=unproven)
