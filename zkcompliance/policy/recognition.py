"""What of a requirement is taken over from a verdict of others, where a policy recognises it (`policy.recognising`).

Whoever judges has no proof of the requirement then, and has an authority's word that there was one: so the word is held
against all that a proof would be. The claim is the same by its card and program, every public value meets the policy's
own bounds, every log is one whose key is trusted here, model, reference and stated time are those that are asked for.
Where anything is asked of checkpoints besides, a proof that is judged here has to be about the very same one. A verdict
that was itself taken over is not: recognition is one step deep.

Signatures are checked elsewhere (`attest.recognising`), which needs libraries; what was checked comes here as data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from zkcompliance.card.model import Card
from zkcompliance.card.words import about_brackets
from zkcompliance.errors import RecognitionRefused, VerificationError
from zkcompliance.log.checkpoint import generation_of
from zkcompliance.policy import bounds, finding, formulas
from zkcompliance.policy.binding import Binding, ForPolicy, Subject
from zkcompliance.policy.model import LogRule, Policy, Recognise, Requirement
from zkcompliance.policy.proofs import Proof
from zkcompliance.policy.requirement import Bench, Judged, bare, check_binding
from zkcompliance.policy.verdict import Chooser, Recognised, Status, Value
from zkcompliance.quantities import show_time

SAID = (
    "RECOGNISED, NOT PROVED HERE: {0} judged it on {1} as it says, by the policy with SHA-256 {2}; that a proof was "
    "there and was accepted is its word, signed by {3}; {4}"
)


@dataclass(frozen=True)
class LogSeen:
    """A log in a slot, with its checkpoint and the vkey text that signed it; rolled: whether it stands for another."""

    slot: str
    origin: str
    size: int
    root: bytes
    key: str
    rolled: bool = False


@dataclass(frozen=True)
class Seen:
    """A requirement as a verdict has it. statement: SHA-256 of what was proved; values: public values by name."""

    claim: str
    met: bool
    card: bytes
    program: bytes
    statement: bytes
    values: Mapping[str, int]
    logs: tuple[LogSeen, ...]


@dataclass(frozen=True)
class Colleague:
    """A verdict whose signatures, age and policy are as `rule` asks. statement: SHA-256 of what they signed; dated: by
    when the signatures were there (None: not asked); trust: SHA-256 of the trust policy, empty where there was none;
    periods: of how many it is a streak, of which all else is the last (0: it is of one proof); listed: UTC seconds of
    the newest list of what the verifier withdrew, on which it is not (None: none was given)."""

    rule: Recognise
    statement: bytes
    keyids: tuple[str, ...]
    judged_at: int
    dated: int | None
    policy: ForPolicy
    subject: Subject | None
    reference: bytes
    proved_at: int
    trust: bytes
    requirements: Mapping[str, Seen]
    periods: int = 0
    listed: int | None = None


Checkpoint = tuple[int, bytes]


def recognised(
    requirement: Requirement,
    card: Card,
    policy: Policy,
    verdicts: Sequence[Colleague],
    bench: Bench,
    judged: Sequence[Judged],
    proofs: Sequence[tuple[Proof, Binding]],
    followed: formulas.Shown,
) -> Judged | None:
    """The requirement taken over from one of these verdicts; None where none of them is about it.

    NOT_SHOWN with RecognitionRefused where one is, and it is not what is asked for; StatementMismatch or StaleProof
    likewise, as `check_binding` has them. judged: what proofs of this file showed, and was taken over before; proofs:
    of the file, with what they are bound to.
    """
    error: VerificationError | None = None
    for each in verdicts:
        if requirement.name not in each.rule.requirements:
            continue
        try:
            return _taken(requirement, card, policy, each, bench, judged, proofs, followed)
        except VerificationError as refused:
            error = error or refused
    return None if error is None else Judged(bare(requirement, card, Status.NOT_SHOWN, error))


def _taken(
    requirement: Requirement,
    card: Card,
    policy: Policy,
    verdict: Colleague,
    bench: Bench,
    judged: Sequence[Judged],
    proofs: Sequence[tuple[Proof, Binding]],
    followed: formulas.Shown,
) -> Judged:
    name, by = requirement.name, verdict.rule.verifier
    seen = verdict.requirements.get(name)
    if seen is None:
        raise RecognitionRefused(f"{name}: the verdict of {by} has no requirement of that name")
    if not seen.met or not seen.statement:
        raise RecognitionRefused(f"{name}: the verdict of {by} does not say that it is met")
    if (seen.card, seen.program) != (requirement.card, requirement.program):
        raise RecognitionRefused(
            f"{name}: the verdict of {by} is about another text of {seen.claim}: the claim's card or program differs "
            "from the one that the policy asks for"
        )
    if about_brackets(card):
        raise RecognitionRefused(f"{name}: when segments were sealed is not taken over from a verdict")
    binding = Binding(verdict.policy, verdict.subject, verdict.proved_at, verdict.reference)
    check_binding(binding, bench.terms)
    _check_company(name, verdict, policy, judged, proofs, seen)
    _check_values(requirement, card, seen.values, binding)
    formulas.check(requirement, seen.values, followed, card.params)
    _check_logs(requirement, policy, verdict, seen, bench, judged)
    keys = ", ".join(verdict.keyids)
    said = SAID.format(by, show_time(verdict.judged_at), verdict.policy.digest.hex(), keys, _withdrawn(verdict.listed))
    if verdict.periods:
        said += f"; it is the last of a streak of {verdict.periods} periods, by its word too"
    logs = tuple((each.slot, each.origin, each.size, each.root, each.key) for each in seen.logs)
    found = replace(
        bare(requirement, card, Status.MET, None),
        values=_values(requirement, card, seen.values, bench.asker),
        warnings=(said,),
        statement_sha256=seen.statement,
        recognised=Recognised(
            by,
            verdict.keyids,
            verdict.judged_at,
            verdict.policy.digest,
            verdict.statement,
            verdict.dated,
            logs,
            verdict.periods,
            verdict.listed,
        ),
    )
    return Judged(found)


def _withdrawn(listed: int | None) -> str:
    """Whether it was looked up that the verdict is not taken back. listed: as of a `Colleague`."""
    if listed is None:
        return "whether it was withdrawn since is not known: no list of withdrawn verdicts was given"
    return f"it is not on the verifier's list of withdrawn verdicts of {show_time(listed)}"


def _check_company(
    name: str,
    verdict: Colleague,
    policy: Policy,
    judged: Sequence[Judged],
    proofs: Sequence[tuple[Proof, Binding]],
    seen: Seen,
) -> None:
    """It is about the model of this file's proofs, and a proof that is here for that policy is the one it is about.

    Where the file has none for the policy that is judged by, all its proofs count: what the verdict says of the model
    is what they say.
    """
    own = [bound for _, bound in proofs if bound.policy is not None and bound.policy.digest == policy.digest]
    if any(bound.subject != verdict.subject for bound in own or [bound for _, bound in proofs]):
        raise RecognitionRefused(f"{name}: the verdict is about another model than the proofs of this file")
    for proof, bound in proofs:
        if bound.policy is not None and bound.policy.digest == verdict.policy.digest:
            here = [claim.requirement for claim in proof.statement.claims]
            if name in here and proof.statement_digest != seen.statement:
                raise RecognitionRefused(f"{name}: the verdict is about another statement than the one in this file")


def _check_values(requirement: Requirement, card: Card, values: Mapping[str, int], binding: Binding) -> None:
    """RecognitionRefused naming the parameter or revealed value that is not as the policy asks."""
    subject = binding.subject.name if binding.subject is not None else None
    known = {each.name: each for each in (*card.params, *card.revealed())}
    for name, bound in (*requirement.params.items(), *requirement.reveals.items()):
        if name not in values:
            raise RecognitionRefused(f"{name}: the verdict has no such public value")
        less = finding.rounded(card, name, values[name])
        if not bounds.meets(bound, values[name], time=binding.time, subject_name=subject, rounded=less):
            wanted = bounds.words(bound, known[name]).removeprefix("exactly ")
            raise RecognitionRefused(
                f"{name}: the verdict is about {finding.text(known[name], values[name])}, not {wanted}"
            )


def _check_logs(
    requirement: Requirement,
    policy: Policy,
    verdict: Colleague,
    seen: Seen,
    bench: Bench,
    judged: Sequence[Judged],
) -> None:
    """Every slot is filled with exactly the logs that are asked for, under their keys, at the checkpoints that the rest
    of this judgement is about."""
    rules, asked = bench.recalled.rules, bench.checkpoints
    trust = asked.trust.digest if asked.trust is not None else b""
    if verdict.trust != trust:
        raise RecognitionRefused(
            f"{requirement.name}: the verdict was come to under another trust policy than the one given here"
        )
    proved, taken = _checkpoints(judged)
    if sorted({each.slot for each in seen.logs}) != sorted(requirement.logs):
        raise RecognitionRefused(f"{requirement.name}: the verdict is about other slots than the claim has")
    for slot, labels in requirement.logs.items():
        there = [each for each in seen.logs if each.slot == slot]
        filled = [_label(each, requirement, labels, rules) for each in there]
        if sorted(filled) != sorted(labels):
            raise RecognitionRefused(f"{requirement.name}: the verdict is not about exactly the logs of {slot}")
        for log, label in zip(there, filled, strict=True):
            at = (log.size, log.root)
            if {*proved.get(log.origin, set()), *taken.get(log.origin, set())} - {at}:
                raise RecognitionRefused(
                    f"{requirement.name}: the verdict is about another checkpoint of {log.origin} than the one that is "
                    "judged here"
                )
            if at not in proved.get(log.origin, set()) and _more_is_asked(rules[label], policy, bench):
                raise RecognitionRefused(
                    f"{requirement.name}: more is asked of the checkpoint of {log.origin} than a key, and no accepted "
                    "proof of this file is about that checkpoint",
                    help="ask the lab for a file that also proves something over this checkpoint for your own policy",
                )


def _label(log: LogSeen, requirement: Requirement, labels: Sequence[str], rules: Mapping[str, LogRule]) -> str:
    name = generation_of(log.origin)[0]
    for label in () if log.rolled else labels:
        if (name, log.key) in [(each.key.name, each.key.text) for each in rules[label].keys]:
            return label
    what = "a roll-up" if log.rolled else f"the log {log.origin}, under a key that is not trusted here for {log.slot}"
    raise RecognitionRefused(f"{requirement.name}: the verdict is about {what}")


def _more_is_asked(rule: LogRule, policy: Policy, bench: Bench) -> bool:
    """Whether a signed checkpoint by itself would not do: cosigners, age, devices, a state, keys for a time, rows."""
    asked, recall = bench.checkpoints, bench.recalled.recall
    timed = any(each.since is not None or each.until is not None for each in rule.keys)
    besides = asked.cosigners is not None or asked.age is not None or asked.trust is not None
    floor = bool(rule.rows or rule.sources)
    devices = policy.devices is not None and rule.name in policy.devices.logs
    openings = policy.openings is not None
    return timed or besides or floor or devices or openings or recall.state is not None


def _checkpoints(judged: Sequence[Judged]) -> tuple[dict[str, set[Checkpoint]], dict[str, set[Checkpoint]]]:
    """By origin, the checkpoints that accepted proofs of this file are about, and those that were taken over."""
    proved: dict[str, set[Checkpoint]] = {}
    taken: dict[str, set[Checkpoint]] = {}
    for each in judged:
        if each.finding.status is not Status.MET:
            continue
        for log in each.finding.logs:
            proved.setdefault(log.origin, set()).add((log.size, log.root))
        if each.finding.recognised is not None:
            for _, origin, size, root, _ in each.finding.recognised.logs:
                taken.setdefault(origin, set()).add((size, root))
    return proved, taken


def _values(requirement: Requirement, card: Card, values: Mapping[str, int], by: Chooser) -> tuple[Value, ...]:
    """As a proof's, of what the card has."""
    made = []
    for group, bound_by, role in (
        (card.params, requirement.params, "parameter"),
        (card.revealed(), requirement.reveals, "revealed"),
    ):
        for each in group:
            if each.name not in values:
                continue
            bound = bound_by.get(each.name)
            said = "" if bound is None else bounds.words(bound, each)
            value = values[each.name]
            made.append(Value(each.name, role, finding.text(each, value), value, each.doc, said))
    return tuple(made)
