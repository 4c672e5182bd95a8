"""A proof made for one thing shown as another: statement, log, key, model, policy, time, reference, each crossed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from itertools import permutations
from pathlib import Path

import pytest

from tests.kit import policies as kit
from tests.kit.bundles import framed, restated, statement_of
from tests.kit.policies import DAY, HOUR, MODEL, NOW
from tests.kit.split_up import split_up
from zkcompliance.card import catalogue as cards
from zkcompliance.claim import catalogue
from zkcompliance.errors import (
    LogEvidence,
    MalformedBinding,
    MalformedBundle,
    PolicyNotInForce,
    QuotientMismatch,
    RequirementNotShown,
    SignatureRejected,
    StaleProof,
    StatementMismatch,
    Undecided,
    UsageError,
    ZkComplianceError,
)
from zkcompliance.limits import MAX_CLOCK_SECONDS
from zkcompliance.log import public_keys
from zkcompliance.log.merkle import leaf_hash
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.store import SealedLog
from zkcompliance.policy import catalogue as ready
from zkcompliance.policy.binding import Binding, ForPolicy, Subject
from zkcompliance.policy.judge import judge_claim, judge_policy
from zkcompliance.policy.model import Policy
from zkcompliance.policy.proofs import proofs_in
from zkcompliance.policy.verdict import Status, Verdict
from zkcompliance.prove import api
from zkcompliance.prove.api import prove_claim
from zkcompliance.prove.policy import prove_policies
from zkcompliance.prove.tasks import plan
from zkcompliance.stark.statement import encode_policy_bundle
from zkcompliance.verify.bundle import decode_bundle
from zkcompliance.verify.statement import decode_statement

CLAIM = catalogue.load(kit.CLAIM)
LOW = {"below.limit": 10**20}
EXAMPLE = kit.policy()


@dataclass(frozen=True)
class Made:
    """What one proof is bound to. key: the file of the key of its log."""

    policy: Policy = EXAMPLE
    log: str = "a"
    subject: Subject = MODEL
    time: int = NOW
    reference: bytes = b"file 7"


# Each differs from the first in one thing, which the error of a crossing names.
VARIANTS: dict[str, tuple[Made, str]] = {
    "base": (Made(), "^$"),
    "another policy": (Made(policy=kit.policy("other")), "^policy: .* was made for the policy (other|example)@1, you"),
    "another text of the policy": (
        Made(policy=kit.policy(limit='{ at_most = "1e22" }')),
        "^policy: the proof was made for another text of example@1|^policy: .* was made for the policy other@1, you",
    ),
    "another log": (Made(log="b"), r"^the proof is about the log lab.example/\w+, the key that is trusted is of"),
    "another key of the same origin": (Made(log="again"), "not signed by lab.example/a|^the proof is about the log"),
    "another model": (Made(subject=replace(MODEL, name="base-2")), "^subject: the proof is about the model"),
    "other weights": (
        Made(subject=replace(MODEL, digest=sha256(b"other").digest())),
        "^subject: the proof is about (base-1 of SHA-256|the model)",
    ),
    "another time": (Made(time=NOW + 10 * DAY), "^the proof (was made on|is dated)"),
    "another reference": (Made(reference=b"file 8"), "^reference: the proof is bound to 'file [78]', you asked for"),
}


@dataclass
class World:
    folder: Path
    logs: dict[str, SealedLog]
    bundles: dict[str, bytes]  # each has one proof
    apart: dict[str, dict[str, bytes]]  # the same, as proofs of one requirement each

    def key(self, name: str) -> VerifierKey:
        return VerifierKey.parse(self.logs[name].vkey)

    def prove(self, made: Made, log: SealedLog | None = None, *more: Policy) -> bytes:
        return prove_policies(
            [made.policy, *more], {"compute": log or self.logs[made.log]}, LOW,
            binding=Binding(None, made.subject, made.time, made.reference),
        )  # fmt: skip

    def alone(self, made: Made, log: SealedLog | None = None) -> dict[str, bytes]:
        """requirement → a proof of it alone."""
        with split_up():
            return parts(self.prove(made, log))

    def judge(self, data: bytes, made: Made = VARIANTS["base"][0], *, now: int | None = None) -> Verdict:
        return judge_policy(
            data, made.policy, now=made.time + HOUR if now is None else now, keys={"compute": self.key(made.log)},
            subject=made.subject, reference=made.reference,
        )  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("world")
    logs = {
        name: kit.make_log(folder, name, origin, kit.rows())
        for name, origin in (("a", "lab.example/a"), ("b", "lab.example/b"), ("again", "lab.example/a"))
    }
    made = World(folder, logs, {}, {})
    made.bundles = {name: made.prove(variant) for name, (variant, _) in VARIANTS.items()}
    made.apart = {name: made.alone(variant) for name, (variant, _) in VARIANTS.items()}
    return made


def refused(verdict: Verdict, error: type[ZkComplianceError], match: str = ".") -> None:
    """Not accepted, and every requirement that is not met says so with this error."""
    assert not verdict.accepted
    found = [each.error for each in verdict.findings if each.error is not None]
    assert found and all(type(each) is error and re.search(match, each.message) for each in found), found
    with pytest.raises(error, match=match):
        verdict.require()


@pytest.mark.parametrize("name", VARIANTS)
def test_each_is_what_it_was_made_for(world: World, name: str) -> None:
    verdict = world.judge(world.bundles[name], VARIANTS[name][0])
    assert verdict.accepted and [each.name for each in verdict.findings] == ["below", "floor: compute"]
    verdict.require()


@pytest.mark.parametrize(("made", "asked"), list(permutations(VARIANTS, 2)))
def test_none_is_another(world: World, made: str, asked: str) -> None:
    verdict = world.judge(world.bundles[made], VARIANTS[asked][0])
    assert not verdict.accepted and all(each.status is Status.NOT_JUDGED for each in verdict.findings)
    assert len(verdict.mismatches) == 1
    names = [VARIANTS[each][1] for each in (made, asked) if each != "base"]
    for each in verdict.findings:
        assert each.error is not None and each.error.exit_status == 1
        assert any(re.search(name, each.error.message) for name in names), each.error.message


# One claim by itself: parameters, log, key, model, reference


@pytest.fixture(scope="module")
def single(world: World) -> bytes:
    bound = Binding(None, MODEL, NOW, b"file 7").encode()
    return prove_claim(CLAIM, {"compute": world.logs["a"]}, {"limit": 10**20}, head=bound)


ASKED: dict[str, tuple[dict[str, object], str]] = {
    "a lower limit": ({"publics": {"limit": 10**20 - 1}}, "^limit: the proof is about 1e20 FLOP, not"),
    "a higher limit": ({"publics": {"limit": 10**20 + 1}}, "^limit: the proof is about 1e20 FLOP, not"),
    "other phases": ({"publics": {"limit": 10**20, "phases": 0b111}}, "^phases: the proof is about"),
    "another log": (
        {"log": "b"},
        "^the proof is about the log lab.example/a, .* is of lab.example/b",
    ),
    "another key": ({"log": "again"}, "not signed by lab.example/a"),
    "another model": ({"subject": Subject("base-2", MODEL.digest)}, "^subject: "),
    "other weights": ({"subject": Subject("base-1", bytes(32))}, "^subject: "),
    "another reference": ({"reference": b"file 8"}, "^reference: "),
    "no reference": ({"reference": b""}, "^reference: "),
    "before it was made": ({"now": NOW - MAX_CLOCK_SECONDS - 1}, "dated 2026-01-05 12:00:00 UTC, in the future"),
    "another claim": ({"claim": "compute-band"}, "^claim: the proof is of training-compute-below@2, not compute-band"),
}


def judged(world: World, data: bytes, **other: object) -> Verdict:
    asked = {
        "claim": kit.CLAIM, "publics": {"limit": 10**20}, "now": NOW, "log": "a", "subject": MODEL,
        "reference": b"file 7",
    }  # fmt: skip
    asked |= other
    claim = cards.load(str(asked.pop("claim")))
    if claim.id == "compute-band":
        asked["publics"] = {"limit": 10**20, "at_least": 0, "at_most": 10**6}
    keys = {"compute": world.key(str(asked.pop("log")))}
    return judge_claim(data, claim, keys=keys, **asked)  # type: ignore[arg-type]


def test_a_claim_as_asked(world: World, single: bytes) -> None:
    (found,) = judged(world, single).findings
    assert (
        found.status is Status.MET
        and [value.role for value in found.values if value.role == "parameter"] == ["parameter"] * 5
    )
    assert judged(world, single, now=NOW - MAX_CLOCK_SECONDS).accepted
    assert judged(world, single, subject=None, reference=None, now=NOW + 9999 * DAY).accepted
    assert not any(text.startswith("IT MAY HOLD OF NOTHING") for text in found.warnings)
    assert any("was not compared" in text for text in judged(world, single, subject=None).findings[0].warnings)


@pytest.mark.parametrize("name", ASKED)
def test_a_claim_as_another(world: World, single: bytes, name: str) -> None:
    other, message = ASKED[name]
    verdict = judged(world, single, **other)
    (found,) = verdict.findings
    assert found.status in (Status.NOT_MET, Status.NOT_JUDGED)
    assert found.error is not None and found.error.exit_status == 1
    assert re.search(message, found.error.message), found.error.message


def test_a_claim_is_not_a_policys_proof(world: World, single: bytes) -> None:
    refused(world.judge(single), StatementMismatch, "^policy: .* made for no policy, you asked about example@1")
    with pytest.raises(UsageError, match="proves 2 claims"):
        judged(world, world.bundles["base"])


def test_a_context_that_is_no_binding(world: World) -> None:
    for context in (b"", b"free text", Binding(time=NOW).encode() + b"\0"):
        bare = prove_claim(CLAIM, {"compute": world.logs["b"]}, {"limit": 10**20}, head=context)
        for judge in (lambda data: judged(world, data, log="b"), world.judge):
            with pytest.raises(MalformedBinding):
                judge(bare)


# Bundles taken apart and put together


def parts(data: bytes) -> dict[str, bytes]:
    """requirement → the file of the proof that is of it alone."""
    found = {}
    for proof in proofs_in(data):
        (claimed,) = proof.claims
        found[claimed.requirement] = proof.data
    return found


def bundle(*proofs: bytes) -> bytes:
    stated = [statement_of(proof) for proof in proofs]
    return encode_policy_bundle(
        {(each.head, each.claims[0].requirement): proof for each, proof in zip(stated, proofs, strict=True)}
    )


def test_a_proof_dropped(world: World) -> None:
    for name, proof in world.apart["base"].items():
        for data in (proof, bundle(proof)):
            verdict = world.judge(data)
            kept = {each.name: each.status for each in verdict.findings}
            assert kept.pop(name) is Status.MET and set(kept.values()) == {Status.NOT_SHOWN}
            refused(verdict, RequirementNotShown, "the file has no proof for it")


def test_a_proof_twice_or_out_of_order(world: World) -> None:
    one, other = world.apart["base"].values()
    for data in (framed(one, one), framed(other, one), framed(one, other, other), framed(), framed(one, other) + b"\0"):
        if data != bundle(one, other):
            with pytest.raises(MalformedBundle):
                world.judge(data)


def test_proofs_of_different_times_models_or_references(world: World) -> None:
    base = world.apart["base"]
    for name, what in (("another time", "time"), ("other weights", "subject"), ("another reference", "reference")):
        mixed = bundle(base["below"], world.apart[name]["floor: compute"])
        for now in (NOW + HOUR, NOW + 10 * DAY + HOUR):
            refused(world.judge(mixed, now=now), StatementMismatch, f"^{what}: the proofs of this policy do not all")


def test_a_floor_over_another_log_or_checkpoint(world: World) -> None:
    base = world.apart["base"]
    for name in ("another log", "another key of the same origin"):
        mixed = bundle(base["below"], world.apart[name]["floor: compute"])
        refused(world.judge(mixed), StatementMismatch, "^checkpoint: ")
    older = kit.make_log(world.folder, "grown", "lab.example/grown", kit.rows(2, 1), kit.rows(8, 1))
    newer = kit.seal(world.folder, "grown", kit.rows(2, 10**18))
    world.logs["grown"] = newer
    made = Made(log="grown")
    first, second = world.alone(made, older), world.alone(made, newer)
    for mixed in (bundle(first["below"], second["floor: compute"]), bundle(second["below"], first["floor: compute"])):
        refused(world.judge(mixed, made), StatementMismatch, "^checkpoint: .* not all about one of compute")
    for each in (first, second):
        assert world.judge(bundle(*each.values()), made).accepted
    kept = world.folder / "state"
    for each, sizes in ((second, 3), (second, 3)):
        verdict = judge_policy(
            bundle(*each.values()), made.policy, now=NOW, keys={"compute": world.key("grown")}, state=kept
        )
        assert verdict.accepted and verdict.findings[0].logs[0].size == sizes
        assert not any("freshness" in text for text in verdict.findings[0].warnings)
    with pytest.raises(LogEvidence, match="rollback"):
        judge_policy(bundle(*first.values()), made.policy, now=NOW, keys={"compute": world.key("grown")}, state=kept)


def test_segments_left_out_are_refused(world: World) -> None:
    """The statement names fewer segments than its checkpoint: whatever the proof is."""
    log = kit.make_log(world.folder, "two", "lab.example/two", kit.rows(), kit.rows(4, 10**19))
    world.logs["two"] = log
    made = Made(log="two")
    whole = world.alone(made)
    cut = decode_bundle(whole["below"])
    statement = decode_statement(cut.statement_bytes)
    assert len(statement.claims) == 1
    few = statement.logs[0].entries[:1]
    other = leaf_hash(statement.logs[0].entries[1].encode())  # what completes the root
    for hashes, error in (((other,), StatementMismatch), ((bytes(32),), StatementMismatch)):
        fewer = replace(statement, logs=(replace(statement.logs[0], entries=few, hashes=hashes),))
        forged = replace(cut, statement_bytes=fewer.encode()).encode()
        verdict = world.judge(bundle(forged, whole["floor: compute"]), made)
        found = verdict.findings[0].error
        assert type(found) is error and not verdict.accepted and "all 2 are asked for" in found.message


def rebound(proof: bytes, change: Callable[[Binding], Binding]) -> bytes:
    """The statement says another binding; the proof is as it was."""
    return restated(proof, lambda statement: replace(statement, head=change(Binding.decode(statement.head)).encode()))


def for_policy(policy: Policy) -> Callable[[Binding], Binding]:
    def change(binding: Binding) -> Binding:
        assert binding.policy is not None
        return replace(binding, policy=ForPolicy(policy.digest, policy.id, policy.version))

    return change


REBOUND: dict[str, tuple[Callable[[Binding], Binding], Made]] = {
    name: (change, VARIANTS[name][0])
    for name, change in {
        "another policy": for_policy(VARIANTS["another policy"][0].policy),
        "another text of the policy": for_policy(VARIANTS["another text of the policy"][0].policy),
        "another model": lambda b: replace(b, subject=VARIANTS["another model"][0].subject),
        "other weights": lambda b: replace(b, subject=VARIANTS["other weights"][0].subject),
        "another time": lambda b: replace(b, time=VARIANTS["another time"][0].time),
        "another reference": lambda b: replace(b, reference=b"file 8"),
    }.items()
}


@pytest.mark.parametrize("name", REBOUND)
def test_a_binding_rewritten(world: World, name: str) -> None:
    """All cheap checks pass, and the proof itself does not: the head is in its transcript."""
    change, asked = REBOUND[name]
    forged = bundle(*(rebound(proof, change) for proof in world.apart["base"].values()))
    refused(world.judge(forged, asked), QuotientMismatch)


def test_a_policy_that_lies_about_its_name(world: World) -> None:
    """The digest of this policy under another id or version."""
    policy = Made().policy
    for lie in (replace(policy, id="other"), replace(policy, version=2)):
        forged = bundle(*(rebound(p, for_policy(lie)) for p in world.apart["base"].values()))
        assert lie.digest == policy.digest
        refused(world.judge(forged), StatementMismatch, "^policy: the proof says that (other@1|example@2) is")


def test_a_proof_for_the_wrong_requirement(world: World) -> None:
    """Proved anew by a dishonest lab: the claim of one requirement in the name of another, or of none."""
    made = Made()
    honest = world.apart["base"]

    def prove(requirement: str, claim: str, publics: dict[str, int]) -> bytes:
        bound = Binding(ForPolicy(made.policy.digest, "example", 1), made.subject, made.time, made.reference)
        loaded = catalogue.load(claim)
        slot = next(iter(loaded.slots))
        given = {slot: world.logs["a"]}
        return prove_claim(loaded, given, publics, head=bound.encode(), requirement=requirement)

    easier = prove("below", kit.CLAIM, {"limit": 10**25})
    verdict = world.judge(bundle(easier, honest["floor: compute"]))
    assert [type(each.error) for each in verdict.findings] == [StatementMismatch, type(None)]
    assert "limit: the proof is about 1e25 FLOP, not at most 1e21 FLOP" in str(verdict.findings[0].error)
    fewer = prove("below", kit.CLAIM, {"limit": 10**20, "phases": 1})
    assert str(world.judge(bundle(fewer, honest["floor: compute"])).findings[0].error).startswith("phases: ")
    lower = prove("floor: compute", kit.FLOOR, {**catalogue.load(kit.FLOOR).publics({"rows": 1, "sources": 15})})
    verdict = world.judge(bundle(honest["below"], lower))
    assert str(verdict.findings[1].error).startswith("rows: ") and verdict.findings[0].status is Status.MET
    assert not any(text.startswith("IT MAY HOLD OF NOTHING") for text in verdict.findings[0].warnings)
    other = prove("floor: compute", kit.CLAIM, {"limit": 10**20})
    assert str(world.judge(bundle(honest["below"], other)).findings[1].error).startswith("claim: ")
    unknown = prove("nonesuch", kit.CLAIM, {"limit": 10**20})
    refused(world.judge(bundle(*honest.values(), unknown)), StatementMismatch, "^requirement: example@1 has none named")


def test_two_policies_in_one_bundle(world: World) -> None:
    other = VARIANTS["another policy"][0].policy
    both = world.prove(Made(), None, other)
    for policy in (Made().policy, other):
        verdict = world.judge(both, Made(policy=policy))
        assert verdict.accepted and verdict.others == 1 and len(verdict.findings) == 2
    refused(
        world.judge(both, VARIANTS["another text of the policy"][0]), StatementMismatch,
        "another text of example@1",
    )  # fmt: skip


# Keys, time, force


def test_whose_keys(world: World) -> None:
    vkey = world.logs["a"].vkey
    own = kit.policy(keys=f'keys = ["{vkey}"]')
    data = world.prove(Made(policy=own))
    asked = {"now": NOW, "subject": MODEL}
    assert judge_policy(data, own, **asked).accepted
    with pytest.raises(UsageError, match="says itself"):
        judge_policy(data, own, keys={"compute": world.key("a")}, **asked)
    with pytest.raises(UsageError, match="no log 'nonesuch'"):
        judge_policy(data, own, keys={"nonesuch": world.key("a")}, **asked)
    with pytest.raises(Undecided, match="compute"):
        judge_policy(world.bundles["base"], Made().policy, **asked)
    rotated = kit.policy(keys=f'keys = ["{world.logs["b"].vkey}", "{vkey}"]')
    assert judge_policy(world.prove(Made(policy=rotated)), rotated, **asked).accepted


def test_a_key_after_its_day(world: World) -> None:
    """G15: the thief of a key that is no longer trusted proves by hand, and states the time that the proof was made.

    A time before the key's day is taken, and grows too old within `freshness.proof`; the new key's day is not awaited.
    """
    day = NOW - NOW % DAY + DAY  # the midnight after NOW
    old, new = world.logs["a"].vkey, world.logs["again"].vkey
    date = datetime.fromtimestamp(day, UTC).date()
    dated = f'keys = [{{ key = "{old}", until = {date} }}, {{ key = "{new}", from = {date} }}]\n'
    rotating = kit.policy(keys=dated)

    def judged_at(now: int, log: str, stated: int) -> Verdict:
        tasks = plan([rotating], {"compute": world.logs[log]}, LOW, binding=Binding(None, MODEL, stated))
        head = tasks[0].binding.encode()
        proof = api.make(api.get_ready([task.asked for task in tasks], head))
        return judge_policy(proof, rotating, now=now, subject=MODEL)

    assert judged_at(day + 7 * DAY - 1, "a", day - 1).accepted and judged_at(day, "again", day).accepted
    refused(judged_at(day, "a", day), SignatureRejected, f"the key {re.escape(old)} is trusted before {date}")
    refused(judged_at(day, "again", day - 1), SignatureRejected, f"the key {re.escape(new)} is trusted from {date}")
    refused(judged_at(day + 7 * DAY, "a", day - 1), StaleProof)
    for log, stated in (("a", day), ("again", day - 1)):
        with pytest.raises(SignatureRejected, match="nothing was proved"):
            prove_policies([rotating], {"compute": world.logs[log]}, LOW, binding=Binding(None, MODEL, stated))


def test_age(world: World) -> None:
    base = world.bundles["base"]
    for now, error in (
        (NOW + 7 * DAY, None), (NOW + 7 * DAY + 1, "more than 1 week before"), (NOW - MAX_CLOCK_SECONDS, None),
        (NOW - MAX_CLOCK_SECONDS - 1, "in the future"),
    ):  # fmt: skip
        verdict = world.judge(base, now=now)
        if error is None:
            assert verdict.accepted
        else:
            refused(verdict, StaleProof, error)
    undated = world.alone(Made(time=NOW))
    forged = bundle(*(rebound(p, lambda b: replace(b, time=0)) for p in undated.values()))
    refused(world.judge(forged), StaleProof, "does not say when")


def test_the_policy_is_in_force(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = Made().policy
    for now, said in (
        (policy.valid_from - 1, "valid from 2025-08-02"),
        (policy.valid_until, "until the end of 2027-08-01"),
    ):
        with pytest.raises(PolicyNotInForce, match=said):
            world.judge(world.bundles["base"], now=now)
    later = replace(policy, version=2, valid_from=NOW + DAY)
    monkeypatch.setattr(ready, "versions", lambda id: (later,) if id == "example" else ())
    assert world.judge(world.bundles["base"], now=NOW + DAY - 1).accepted
    with pytest.raises(PolicyNotInForce, match="superseded by example@2 since 2026-01-06"):
        world.judge(world.bundles["base"], now=NOW + DAY)


def test_no_model_named(world: World) -> None:
    nameless = bundle(*(rebound(p, lambda b: replace(b, subject=None)) for p in world.apart["base"].values()))
    for subject in (None, MODEL):
        verdict = judge_policy(nameless, Made().policy, now=NOW, keys={"compute": world.key("a")}, subject=subject)
        refused(verdict, StatementMismatch, "^subject: the proof names no model")
    assert public_keys.load_public(world.folder / "a.key.pub") == world.key("a")
