"""One proof of several requirements: what one of its claims shows is shown of that requirement and of no other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

import pytest

from tests.kit import five_requirements
from tests.kit import policies as kit
from tests.kit.five_requirements import NAMES
from tests.kit.policies import HOUR, MODEL, NOW
from tests.kit.split_up import split_up
from zkcompliance.claim import catalogue
from zkcompliance.errors import (
    MalformedBundle,
    MalformedError,
    ProgramMismatch,
    QuotientMismatch,
    RequirementNotShown,
    StaleProof,
    StatementMismatch,
    VerificationError,
)
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.store import SealedLog
from zkcompliance.policy import requirement as judging
from zkcompliance.policy.binding import Binding, ForPolicy
from zkcompliance.policy.judge import judge_policy
from zkcompliance.policy.load import parse_policy
from zkcompliance.policy.model import Policy
from zkcompliance.policy.proofs import proofs_in
from zkcompliance.policy.verdict import Finding, Status, Verdict
from zkcompliance.prove import api
from zkcompliance.stark.statement import encode_policy_bundle
from zkcompliance.verify.bundle import Bundle, decode_bundle
from zkcompliance.verify.statement import ClaimStatement, Statement, decode_statement


@dataclass
class World:
    policy: Policy
    logs: dict[str, SealedLog]
    whole: bytes  # of one proof
    bundle: Bundle
    statement: Statement

    @property
    def keys(self) -> dict[str, VerifierKey]:
        return {name: VerifierKey.parse(log.vkey) for name, log in self.logs.items()}

    def judge(self, data: bytes, now: int = NOW + HOUR) -> Verdict:
        return judge_policy(data, self.policy, now=now, keys=self.keys, subject=MODEL)

    def prove(self) -> bytes:
        return five_requirements.prove(self.logs)

    def lie(self, *claims: tuple[str, str, str, Mapping[str, int]], time: int = NOW) -> bytes:
        """A proof by whoever names claims as they like. claims: requirement, id, log, parameters."""
        asked = []
        for called, name, log, publics in claims:
            claim = catalogue.load(name)
            (slot,) = claim.slots
            asked.append(api.Asked(called, claim, {slot: [self.logs[log]]}, publics))
        made_for = ForPolicy(self.policy.digest, self.policy.id, self.policy.version)
        return api.make(api.get_ready(asked, Binding(made_for, MODEL, time).encode()))

    def restated(self, change: Callable[[Statement], Statement]) -> bytes:
        """The statement says something else; the proof is as it was."""
        return replace(self.bundle, statement_bytes=change(self.statement).encode()).encode()


LOW, HIGH = {"limit": 10**19, "phases": 1}, {"limit": 10**20, "phases": 1}
AGREE = {"tolerance": 100_000, "phases": 1}
FLOOR = {"sources": 15}
HONEST = {
    "low": ("low", kit.CLAIM, "compute", LOW),
    "high": ("high", kit.CLAIM, "compute", HIGH),
    "agree": ("agree", "compute-methods-agree", "stated", AGREE),
    "floor: compute": ("floor: compute", kit.FLOOR, "compute", {"rows": 3, **FLOOR}),
    "floor: stated": ("floor: stated", kit.FLOOR, "stated", {"rows": 2, **FLOOR}),
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    policy = parse_policy(five_requirements.text().encode())
    logs = five_requirements.make_logs(tmp_path_factory.mktemp("union"))
    made = World(policy, logs, b"", Bundle(b"", (), (), b""), Statement(None, b"", (), ()))  # type: ignore[arg-type]
    made.whole = made.prove()
    (proof,) = proofs_in(made.whole)
    made.bundle, made.statement = proof.bundle, proof.statement
    return made


def statuses(verdict: Verdict) -> dict[str, Status]:
    return {each.name: each.status for each in verdict.findings}


def without_proof(found: Finding) -> Finding:
    """What a verdict says of a requirement, whichever proof it is in."""
    terms = tuple(name for name, _ in found.security_terms)
    return replace(found, proof_sha256=b"", proof_bytes=0, statement_sha256=b"", security_terms=terms)


def test_one_proof_several_and_one_for_each_give_one_verdict(world: World) -> None:
    whole = world.judge(world.whole)
    assert whole.accepted and [each.name for each in whole.findings] == NAMES
    assert [len(proof.claims) for proof in proofs_in(world.whole)] == [5]
    for most, counts in ((3, [2, 3]), (2, [1, 2, 2]), (1, [1] * 5)):
        with split_up(most):
            data = world.prove()
        assert sorted(len(proof.claims) for proof in proofs_in(data)) == counts
        verdict = world.judge(data)
        assert verdict.accepted and verdict.others == 0
        assert [*map(without_proof, verdict.findings)] == [*map(without_proof, whole.findings)]
    alone = [world.lie(each) for each in HONEST.values()]
    heads = {(proof.statement.head, proof.claims[0].requirement): each for each in alone for proof in proofs_in(each)}
    verdict = world.judge(encode_policy_bundle(heads))
    assert verdict.accepted and [*map(without_proof, verdict.findings)] == [*map(without_proof, whole.findings)]


def test_that_nothing_is_known_of_the_age_of_several_logs_is_one_warning(world: World) -> None:
    """In the same words for each requirement, whichever of the logs it is about."""
    of_age = {w for each in world.judge(world.whole).findings for w in each.warnings if w.startswith("freshness is")}
    (said,) = of_age
    assert "added to each of the logs since" in said and "compute" not in said and "stated" not in said
    assert all(each.warnings.count(said) == 1 for each in world.judge(world.whole).findings)


def test_a_fault_of_a_proof_is_of_each_of_its_requirements_and_said_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    verify = judging.verify_decoded
    monkeypatch.setattr(judging, "verify_decoded", lambda *a, **k: calls.append(1) or verify(*a, **k))
    assert world.judge(world.whole).accepted and len(calls) == 1
    proof = bytearray(world.bundle.proof_bytes)
    proof[len(proof) // 2] ^= 1
    verdict = world.judge(replace(world.bundle, proof_bytes=bytes(proof)).encode())
    assert len(calls) == 2 and set(statuses(verdict).values()) == {Status.NOT_MET}
    assert len({id(each.error) for each in verdict.findings}) == 1
    assert [each.same_as for each in verdict.findings] == ["", "low", "low", "low", "low"]


def test_a_fault_of_one_claim_is_of_no_other(world: World) -> None:
    others = [each for name, each in HONEST.items() if name != "low"]
    data = world.lie(("low", kit.CLAIM, "compute", {**LOW, "limit": 10**20}), *others)
    verdict = world.judge(data)
    assert statuses(verdict) == {**dict.fromkeys(NAMES, Status.MET), "low": Status.NOT_MET}
    assert verdict.findings[0].error is not None and verdict.findings[0].error.message.startswith("limit: ")


SWAPPED: dict[str, tuple[Sequence[tuple[str, str, str, Mapping[str, int]]], dict[str, str]]] = {
    "the limits of two requirements": (
        [("low", kit.CLAIM, "compute", HIGH), ("high", kit.CLAIM, "compute", LOW)], {"low": "limit: "},
    ),
    "the claims of two requirements": (
        [("low", kit.FLOOR, "compute", {"rows": 3, **FLOOR}), ("agree", kit.CLAIM, "stated", HIGH)],
        {"low": "claim: ", "agree": "claim: "},
    ),
    "the floors of two logs": (
        [("floor: compute", kit.FLOOR, "stated", {"rows": 2, **FLOOR}),
         ("floor: stated", kit.FLOOR, "compute", {"rows": 3, **FLOOR})],
        dict.fromkeys(NAMES, "logs: "),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SWAPPED)
def test_claims_swapped_between_requirements(world: World, name: str) -> None:
    """Each is proved, and stands under the name of another."""
    lies, faults = SWAPPED[name]
    honest = [each for called, each in HONEST.items() if called not in {lie[0] for lie in lies}]
    verdict = world.judge(world.lie(*lies, *honest))
    found = {each.name: each.error for each in verdict.findings if each.error is not None}
    assert found.keys() == faults.keys()
    for called, error in found.items():
        assert isinstance(error, StatementMismatch) and error.message.startswith(faults[called]), error.message


def renamed(statement: Statement, names: Mapping[str, str]) -> Statement:
    claims = [replace(each, requirement=names.get(each.requirement, each.requirement)) for each in statement.claims]
    return replace(statement, claims=tuple(sorted(claims, key=lambda each: each.requirement.encode())))


def test_names_swapped_in_the_statement_alone(world: World) -> None:
    """The two limits change places, and both are met as they are written; the transcript has the names in it."""
    swapped = {"low": "high", "high": "low"}
    shown = {each.requirement: each.publics for each in world.statement.claims}

    def change(statement: Statement) -> Statement:
        return replace(
            renamed(statement, swapped),
            claims=tuple(replace(each, publics=shown[each.requirement]) for each in renamed(statement, swapped).claims),
        )

    assert change(world.statement) == world.statement  # one claim of one program: nothing else tells them apart
    lower = {"low": LOW, "high": LOW}

    def publics(statement: Statement) -> Statement:
        limits = tuple(
            replace(each, publics=(lower[each.requirement]["limit"], *each.publics[1:]))
            if each.requirement in lower
            else each
            for each in statement.claims
        )
        return replace(statement, claims=limits)

    verdict = world.judge(world.restated(publics))
    assert {type(each.error) for each in verdict.findings} == {QuotientMismatch}


def test_a_claim_too_many_or_too_few(world: World) -> None:
    more = world.lie(*HONEST.values(), ("nonesuch", kit.CLAIM, "compute", LOW))
    verdict = world.judge(more)
    assert set(statuses(verdict).values()) == {Status.NOT_JUDGED}
    for each in verdict.findings:
        assert isinstance(each.error, StatementMismatch)
        assert each.error.message == "requirement: union@1 has none named 'nonesuch'"
    for left in NAMES:
        fewer = world.lie(*(each for called, each in HONEST.items() if called != left))
        verdict = world.judge(fewer)
        found = {each.name: each for each in verdict.findings}
        assert found.pop(left).status is Status.NOT_SHOWN and {each.status for each in found.values()} == {Status.MET}
        with pytest.raises(RequirementNotShown, match=f"{left}: the file has no proof for it"):
            verdict.require()


def test_a_requirement_in_two_proofs(world: World) -> None:
    """Under one head there is no such file; under two heads of the policy nothing is met."""
    first, second = world.lie(HONEST["low"]), world.lie(*HONEST.values())
    head = world.statement.head
    for one, other in (("low", "agree"), ("agree", "low")):
        with pytest.raises(MalformedBundle):
            world.judge(encode_policy_bundle({(head, one): first, (head, other): second}))
    later = world.lie(HONEST["low"], time=NOW + 1)
    (proof,) = proofs_in(later)
    both = encode_policy_bundle({(head, "agree"): world.bundle.encode(), (proof.statement.head, "low"): later})
    verdict = world.judge(both)
    assert {type(each.error) for each in verdict.findings} == {StatementMismatch}
    assert all(each.error and each.error.message.startswith("time: ") for each in verdict.findings)


def test_hostile_heads(world: World) -> None:
    """Every byte of the head changed, cut off or doubled: malformed, of another policy, or a proof that fails."""
    head = world.statement.head
    changed = [head[:at] + bytes([head[at] ^ bit]) + head[at + 1 :] for at in range(len(head)) for bit in (1, 128)]
    cut = [head[:at] for at in range(0, len(head), 7)] + [head + b"\0", head + head, b"", b"\xff" * 1024]
    for each in (*changed, *cut):
        try:
            verdict = world.judge(world.restated(lambda statement, each=each: replace(statement, head=each)))  # type: ignore[misc]
        except MalformedError:
            continue
        assert not verdict.accepted
        assert all(type(found.error) in (StatementMismatch, QuotientMismatch, StaleProof) for found in verdict.findings)


def test_hostile_claims(world: World) -> None:
    """The claims of the statement rewritten in every way that decodes: each is refused, and nothing is met."""

    def each_claim(change: Callable[[ClaimStatement], ClaimStatement]) -> list[Callable[[Statement], Statement]]:
        def at(number: int) -> Callable[[Statement], Statement]:
            def changed(statement: Statement) -> Statement:
                claims = list(statement.claims)
                claims[number] = change(claims[number])
                return replace(statement, claims=tuple(claims))

            return changed

        return [at(number) for number in range(len(world.statement.claims))]

    changes = [
        *each_claim(lambda claim: replace(claim, claim="log-floor-eval")),
        *each_claim(lambda claim: replace(claim, version=claim.version + 1)),
        *each_claim(lambda claim: replace(claim, program_digest=sha256(b"another").digest())),
        *each_claim(lambda claim: replace(claim, publics=claim.publics[:-1])),
        *each_claim(lambda claim: replace(claim, publics=(*claim.publics, 1))),
        *each_claim(lambda claim: replace(claim, publics=(1 << 400, *claim.publics[1:]))),
        *each_claim(lambda claim: replace(claim, slots=((1 - claim.slots[0][0],),))),
        *each_claim(lambda claim: replace(claim, slots=((0, 1),))),
        *each_claim(lambda claim: replace(claim, private=(*claim.private, 5))),
        *[lambda statement, left=left: replace(  # type: ignore[misc]
            statement, claims=tuple(each for each in statement.claims if each.requirement != left)
        ) for left in NAMES],
    ]  # fmt: skip
    for change in changes:
        try:
            verdict = world.judge(world.restated(change))
        except MalformedError:
            continue
        assert Status.MET not in statuses(verdict).values(), verdict
        assert all(isinstance(each.error, VerificationError) for each in verdict.findings)


def test_a_program_that_no_claim_names(world: World) -> None:
    extra = catalogue.load("compute-band").program_bytes
    programs = sorted((*world.bundle.program_bytes, extra), key=lambda each: sha256(each).digest())
    verdict = world.judge(replace(world.bundle, program_bytes=tuple(programs)).encode())
    assert {type(each.error) for each in verdict.findings} == {ProgramMismatch}
    for number in range(len(world.bundle.program_bytes)):
        fewer = world.bundle.program_bytes[:number] + world.bundle.program_bytes[number + 1 :]
        verdict = world.judge(replace(world.bundle, program_bytes=fewer).encode())
        assert {type(each.error) for each in verdict.findings} == {ProgramMismatch}


def test_the_proof_is_of_its_statement_alone(world: World) -> None:
    """The proof of one union beside the statement of another."""
    lower = ("low", kit.CLAIM, "compute", {**LOW, "limit": 10**19 - 1})
    other = decode_bundle(world.lie(lower, *(each for called, each in HONEST.items() if called != "low")))
    crossed = replace(other, proof_bytes=world.bundle.proof_bytes)
    assert decode_statement(other.statement_bytes) != world.statement
    verdict = world.judge(crossed.encode())
    assert set(statuses(verdict).values()) == {Status.NOT_MET}
