"""Verdicts of others, shown as what they are not: each is refused, and says why."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.kit import attesting, stamps
from tests.kit import policies as kit
from tests.kit.bundles import framed
from tests.kit.policies import DAY, HOUR, MODEL, NOW
from tests.kit.split_up import split_up
from zkcompliance import report
from zkcompliance.attest import recognising, verdicts, withdrawn
from zkcompliance.attest.signed import Signed
from zkcompliance.attest.signing import SigningKey
from zkcompliance.attest.summary import RequirementSeen, Summary
from zkcompliance.attest.withdrawn import Withdrawn
from zkcompliance.errors import (
    EvidenceRefused,
    MalformedAttestation,
    MalformedPolicy,
    RecognitionRefused,
    SignatureRejected,
    StatementMismatch,
    UsageError,
    ZkComplianceError,
)
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.store import SealedLog
from zkcompliance.policy.binding import Binding, Subject
from zkcompliance.policy.judge import judge_policy
from zkcompliance.policy.load import parse_policy
from zkcompliance.policy.model import Policy
from zkcompliance.policy.proofs import proofs_in
from zkcompliance.policy.verdict import Status, Verdict
from zkcompliance.prove.policy import prove_policies
from zkcompliance.report import words
from zkcompliance.report.json_document import document
from zkcompliance.report.policy import describe, lines

WHO = "https://alpha.example/verifier/1"
THEIRS = kit.policy("alpha")
Change = Callable[[Summary], Summary]


@dataclass
class World:
    """Two authorities: alpha judged `below` by its own policy; beta has a proof of the log's floor alone."""

    folder: Path
    log: SealedLog
    theirs: bytes  # the file that alpha judged
    ours: bytes  # the file that beta has: a proof of the floor for its policy, none of `below`
    keys: tuple[SigningKey, SigningKey]
    policy: Policy

    def verdict(self) -> Verdict:
        return judge_policy(
            self.theirs, THEIRS, now=NOW + HOUR, keys={"compute": VerifierKey.parse(self.log.vkey)}, subject=MODEL
        )

    def signed(self, change: Change = lambda each: each, keys: tuple[int, ...] = (0, 1)) -> bytes:
        """Alpha's verdict, or what somebody with alpha's keys says in its place."""
        made = Signed(change(Summary.of(self.verdict(), WHO)).encode())
        for number in keys:
            made = made.with_signature(self.keys[number].public, self.keys[number].sign(made.signed))
        return made.encode()

    def judge(self, *given: bytes, data: bytes | None = None, policy: Policy | None = None, now: int = NOW + DAY,
              subject: Subject | None = MODEL, reference: bytes | None = None,
              lists: tuple[bytes, ...] = ()) -> Verdict:  # fmt: skip
        asked = policy or self.policy
        paths, listed = ([self.folder / f"{kind}-{n}.json" for n in range(len(every))]
                         for kind, every in (("given", given), ("list", lists)))  # fmt: skip
        for path, each in zip([*paths, *listed], [*given, *lists], strict=True):
            path.write_bytes(each)
        return judge_policy(
            self.ours if data is None else data, asked, now=now, keys={"compute": VerifierKey.parse(self.log.vkey)},
            subject=subject, reference=reference, verdicts=recognising.colleagues(paths, asked, now, listed),
        )  # fmt: skip


def recognise(keys: tuple[SigningKey, ...], *, policies: str = "", age: str = "7 days", who: str = WHO,
              more: str = "") -> str:  # fmt: skip
    given = ", ".join(f'"{base64.b64encode(key.public.spki).decode()}"' for key in keys)
    return (
        f'[[recognise]]\nverifier = "{who}"\nkeys = [{given}]\nrequirements = ["below"]\n'
        f'policies = ["{policies or THEIRS.digest.hex()}"]\nmax_age = "{age}"\n{more}\n'
    )


def beta(tables: str, limit: str = '{ at_most = "1e21" }') -> Policy:
    return parse_policy((kit.text("beta", limit) + tables).encode())


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("recognised")
    log = kit.make_log(folder, "a", "lab.example/a", kit.rows())
    keys = (attesting.signing_key(folder, "ed25519"), attesting.signing_key(folder, "ecdsa", 2))
    ours = beta(recognise(keys))
    values = {"below.limit": 10**20}
    binding = Binding(None, MODEL, NOW, b"file 7")
    theirs = prove_policies([THEIRS], {"compute": log}, values, binding=binding)
    with split_up():
        both = prove_policies([ours], {"compute": log}, values, binding=binding)
    (floor,) = [each.data for each in proofs_in(both) if each.statement.claims[0].claim == kit.FLOOR]
    return World(folder, log, theirs, floor, keys, ours)


def test_an_honest_one_is_taken_over(world: World) -> None:
    """And the verdict says so: by whom, when, by which policy, and at which checkpoint."""
    verdict = world.judge(world.signed())
    assert verdict.accepted
    below, floor = verdict.findings
    assert floor.recognised is None and below.recognised is not None
    said = below.recognised
    assert (said.verifier, said.policy, said.judged_at) == (WHO, THEIRS.digest, NOW + HOUR)
    assert said.keyids == tuple(key.public.keyid for key in world.keys)
    assert [(slot, origin) for slot, origin, *_ in said.logs] == [("compute", "lab.example/a")]
    assert "1 of them by another's verdict and without a proof here" in words.sentence(verdict)
    (shown, _) = document(verdict)["requirements"]
    assert shown["recognised"]["verifier"] == WHO and shown["proof"] is None
    for form in report.FORMATS:
        assert "RECOGNISED, NOT PROVED HERE" in report.write(verdict, form), form
    assert below.warnings[0].startswith("RECOGNISED, NOT PROVED HERE: https://alpha.example")
    assert {value.name: value.exact for value in below.values}["limit"] == 10**20


def test_the_policy_says_whom_it_recognises(world: World) -> None:
    said = "\n".join(lines(describe(world.policy)))
    assert f"below: the verdict of {WHO}, at most 1 week old, by the policy with SHA-256 {THEIRS.digest.hex()}" in said


def test_without_one_nothing_is_shown(world: World) -> None:
    assert [each.status for each in world.judge().findings] == [Status.NOT_SHOWN, Status.MET]


def one(change: Callable[[RequirementSeen], RequirementSeen]) -> Change:
    return lambda made: replace(
        made, requirements=tuple(change(each) if each.name == "below" else each for each in made.requirements)
    )


def of_logs(**changes: object) -> Change:
    return one(lambda each: replace(each, logs=tuple(replace(log, **changes) for log in each.logs)))  # type: ignore[arg-type]


# What is refused as a whole: alpha's keys signed it, and it is not what the policy recognises.
REFUSED: dict[str, tuple[Change, str]] = {
    "another policy's verdict": (
        lambda made: replace(made, policy=replace(made.policy, digest=bytes(32))), "which beta@1 does not name",
    ),
    "the key under another id": (lambda made: replace(made, verifier="https://gamma.example/1"), "recognises https"),
    "an old one": (lambda made: replace(made, judged_at=NOW - 30 * DAY), "more than 1 week"),
    "one of the future": (lambda made: replace(made, judged_at=NOW + 30 * DAY), "in the future"),
    "taken over twice": (one(lambda each: replace(each, recognised=True)), "one step deep"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_verdict_that_is_not_recognised(name: str, world: World) -> None:
    change, words = REFUSED[name]
    with pytest.raises(RecognitionRefused, match=words):
        world.judge(world.signed(change))


# What is refused of a requirement, whoever signed it.
OTHERWISE: dict[str, tuple[Change, type[ZkComplianceError], str]] = {
    "another lab's log": (of_logs(origin="other.example/b"), RecognitionRefused, "a key that is not trusted"),
    "another key of the log": (
        of_logs(key=VerifierKey("lab.example/a", bytes(32)).text), RecognitionRefused, "a key that is not trusted",
    ),
    "another checkpoint": (of_logs(root=bytes(32)), RecognitionRefused, "another checkpoint"),
    "an older checkpoint": (of_logs(size=0), RecognitionRefused, "another checkpoint"),
    "a roll-up": (of_logs(stands_for=True), RecognitionRefused, "a roll-up"),
    "another slot": (of_logs(slot="evals"), RecognitionRefused, "other slots"),
    "no log": (one(lambda each: replace(each, logs=())), RecognitionRefused, "other slots"),
    "a log twice": (
        one(lambda each: replace(each, logs=each.logs * 2)), RecognitionRefused, "not about exactly the logs",
    ),
    "a requirement renamed": (
        one(lambda each: replace(each, name="below-2")), RecognitionRefused, "no requirement of that name",
    ),
    "another under its name": (
        lambda made: replace(made, requirements=(replace(made.requirements[1], name="below"),)),
        RecognitionRefused, "another text of log-floor-compute",
    ),
    "the claim changed under its id": (
        one(lambda each: replace(each, card=bytes(32))), RecognitionRefused, "card or program differs",
    ),
    "the program changed": (
        one(lambda each: replace(each, program=bytes(32))), RecognitionRefused, "card or program differs",
    ),
    "not met": (one(lambda each: replace(each, status="not met")), RecognitionRefused, "does not say that it is met"),
    "no statement": (one(lambda each: replace(each, statement=b"")), RecognitionRefused, "does not say that it is met"),
    "a higher limit": (
        one(lambda each: replace(each, values={**each.values, "limit": 10**22})), RecognitionRefused, "^limit: ",
    ),
    "a value left out": (
        one(lambda each: replace(each, values={})), RecognitionRefused, "has no such public value",
    ),
    "another model": (lambda made: replace(made, subject=Subject("m", MODEL.digest)), StatementMismatch, "^subject"),
    "another reference": (lambda made: replace(made, reference=b"file 8"), StatementMismatch, "^reference"),
    "under another trust policy": (
        lambda made: replace(made, options={"trust": "ab" * 32}), RecognitionRefused, "another trust policy",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERWISE)
def test_a_requirement_that_is_not_the_one(name: str, world: World) -> None:
    change, error, words = OTHERWISE[name]
    verdict = world.judge(world.signed(change), reference=b"file 7")
    below, floor = verdict.findings
    assert floor.status is Status.MET and below.status is Status.NOT_SHOWN and not verdict.accepted
    with pytest.raises(error, match=words):
        verdict.require()


def test_every_signature_that_is_named_must_verify(world: World) -> None:
    """One valid and one missing; one valid and one that is not that key's; the payload changed; a stranger's key."""
    for alone in ((0,), (1,)):
        with pytest.raises(SignatureRejected, match="is not signed by the key"):
            world.judge(world.signed(keys=alone))
    made = Signed.decode(world.signed())
    for number in (0, 1):
        wrong = list(made.signatures)
        wrong[number] = replace(wrong[number], data=bytes([wrong[number].data[0] ^ 1]) + wrong[number].data[1:])
        with pytest.raises(SignatureRejected, match="is not that key's"):
            world.judge(replace(made, signatures=tuple(wrong)).encode())
    lie = replace(Summary.decode(made.payload), judged_at=NOW + 2 * HOUR).encode()
    with pytest.raises(SignatureRejected, match="is not that key's"):
        world.judge(replace(made, payload=lie).encode())
    stranger = attesting.signing_key(world.folder, "ed25519", 9)
    forged = Signed(made.payload).with_signature(stranger.public, stranger.sign(made.signed))
    with pytest.raises(SignatureRejected, match="is not signed by the key"):
        world.judge(forged.encode())


def test_a_verdict_that_recognised_is_not_recognised(world: World) -> None:
    """The second authority signs its own verdict, which says what it took over: a third does not take that over."""
    key = attesting.signing_key(world.folder, "ed25519", 5)
    second = verdicts.sign(world.judge(world.signed()), [key], "https://beta.example/1")
    assert Summary.decode(Signed.decode(second).payload).requirements[0].recognised
    third = beta(recognise((key,), policies=world.policy.digest.hex(), who="https://beta.example/1"))
    with pytest.raises(RecognitionRefused, match="one step deep"):
        world.judge(second, policy=third)


REASON = "the lab's register was found to be another"


def withdrawn_list(world: World, *given: bytes, keys: tuple[int, ...] = (0,), now: int = NOW + 2 * HOUR,
                   earlier: bytes | None = None) -> bytes:  # fmt: skip
    return withdrawn.withdraw(given, REASON, [world.keys[each] for each in keys], now=now, earlier=earlier)


def test_a_verdict_that_was_withdrawn(world: World) -> None:
    """It is refused, whoever shows it, in whatever envelope, with the reason; another statement is not."""
    signed = world.signed()
    other = world.signed(lambda each: replace(each, judged_at=each.judged_at + 1))
    taken_back = withdrawn_list(world, signed)
    for shown in (signed, verdicts.countersign(signed, [attesting.signing_key(world.folder, "ecdsa", 7)])):
        with pytest.raises(RecognitionRefused, match=f"alpha.example.* withdrew this verdict, .*: {REASON}"):
            world.judge(shown, lists=(taken_back,))
    verdict = world.judge(other, lists=(taken_back,))
    (below, _) = verdict.findings
    assert verdict.accepted and below.recognised is not None and below.recognised.listed == NOW + 2 * HOUR
    assert "it is not on the verifier's list of withdrawn verdicts of 2026-01-05" in below.warnings[0]
    assert document(verdict)["requirements"][0]["recognised"]["listed"] == str(NOW + 2 * HOUR)
    unlisted = world.judge(signed).findings[0]
    assert "no list of withdrawn verdicts was given" in unlisted.warnings[0]
    grown = withdrawn_list(world, other, now=NOW + 3 * HOUR, earlier=taken_back)
    for each in (signed, other):
        with pytest.raises(RecognitionRefused, match=REASON):
            world.judge(each, lists=(grown,))


def test_a_list_that_is_not_the_verifiers(world: World) -> None:
    """A list by a stranger, or under another name, would make whoever gives it believe that nothing was withdrawn."""
    signed = world.signed()
    other = world.signed(lambda each: replace(each, judged_at=each.judged_at + 1))
    honest = Signed.decode(withdrawn_list(world, other))
    stranger = attesting.signing_key(world.folder, "ed25519", 9)
    forged = Signed(honest.payload).with_signature(stranger.public, stranger.sign(honest.signed)).encode()
    (mine,) = honest.signatures
    broken = replace(honest, signatures=(replace(mine, data=bytes([mine.data[0] ^ 1]) + mine.data[1:]),)).encode()
    renamed = Signed(replace(Withdrawn.decode(honest.payload), verifier="https://gamma.example/1").encode())
    renamed = renamed.with_signature(world.keys[0].public, world.keys[0].sign(renamed.signed))
    cases: tuple[tuple[bytes, type[ZkComplianceError], str], ...] = (
        (forged, SignatureRejected, "signed by no key of that verifier"),
        (broken, SignatureRejected, "is not that key's"),
        (renamed.encode(), RecognitionRefused, "the list of withdrawn verdicts is of https://gamma"),
        (withdrawn_list(world, other, now=NOW + 30 * DAY), RecognitionRefused, "in the future"),
        (signed, MalformedAttestation, "predicateType"),
    )
    for given, error, why in cases:
        with pytest.raises(error, match=why):
            world.judge(signed, lists=(given,))
    with pytest.raises(MalformedAttestation, match="predicateType"):
        world.judge(honest.encode())  # a list is no verdict


def test_who_withdraws_has_signed(world: World) -> None:
    signed, stranger = world.signed(), attesting.signing_key(world.folder, "ed25519", 9)
    taken_back = withdrawn_list(world, signed)
    with pytest.raises(UsageError, match="signed by none of the keys"):
        withdrawn.withdraw([signed], REASON, [stranger], now=NOW)
    with pytest.raises(UsageError, match="on the list already"):
        withdrawn_list(world, signed, earlier=taken_back)
    with pytest.raises(SignatureRejected):
        withdrawn.withdraw([signed], REASON, [stranger], now=NOW, earlier=taken_back)
    for reason in ("", "x" * 501, "a\nb", "\u202e"):
        with pytest.raises(UsageError, match="reason"):
            withdrawn.withdraw([signed], reason, [world.keys[0]], now=NOW)


def test_a_list_has_one_form(world: World) -> None:
    payload = Signed.decode(withdrawn_list(world, world.signed())).payload
    made = Withdrawn.decode(payload)
    assert made.encode() == payload
    ((digest, back),) = made.verdicts.items()
    wrong = [
        replace(made, verdicts={}), replace(made, verdicts={digest[1:]: back}), replace(made, made_at=10**12),
        *(replace(made, verdicts={digest: replace(back, **each)}) for each in (
            {"reason": "a\nb"}, {"reason": ""}, {"at": 10**12}, {"files": ()}, {"files": (bytes(31),)},
            {"files": (bytes(32),) * 1000},
        )),
    ]  # fmt: skip
    texts = [each.encode() for each in wrong] + [
        payload[:-1],
        payload + b" ",
        payload.replace(b'"madeAt":"1', b'"madeAt":"01'),
    ]
    for each in (*texts, b"{}", b"[]", payload.replace(b'"name":"verdict"', b'"name":"a verdict"')):
        with pytest.raises(MalformedAttestation):
            Withdrawn.decode(each)


def test_a_policy_that_recognises_nobody(world: World) -> None:
    with pytest.raises(UsageError, match="recognises nobody"):
        world.judge(world.signed(), policy=kit.policy("beta"))


def test_a_proof_here_is_judged_itself(world: World) -> None:
    """A requirement that the file proves is never taken over; and one that is refused stays so."""
    verdict = world.judge(world.signed(), policy=world.policy)
    assert verdict.findings[1].recognised is None


def test_a_checkpoint_of_which_more_is_asked_needs_a_proof(world: World) -> None:
    """Beta's policy asks for rows: with alpha's file alone nothing here shows them, and nothing is taken over."""
    verdict = world.judge(world.signed(), data=world.theirs)
    assert verdict.findings[0].status is Status.NOT_SHOWN
    with pytest.raises(RecognitionRefused, match="no accepted proof of this file"):
        verdict.require()


def test_another_statement_than_the_one_at_hand(world: World) -> None:
    """Where the file has the very proof that was judged, the verdict has to be about its statement."""
    parts = sorted((*proofs_in(world.ours), *proofs_in(world.theirs)), key=lambda each: each.statement.head)
    both = framed(*(each.data for each in parts))
    assert world.judge(world.signed(), data=both).accepted
    verdict = world.judge(world.signed(one(lambda each: replace(each, statement=bytes(32)))), data=both)
    with pytest.raises(RecognitionRefused, match="another statement"):
        verdict.require()


def until(world: World, root: stamps.Issued) -> Policy:
    """Beta's policy, by which alpha's keys are trusted until 7 January, by the authorities below this root."""
    trusted = f'{{ root = "{base64.b64encode(root.der).decode()}", policy = "{stamps.POLICY}" }}'
    dates = f"[anchors]\nquorum = 1\noperators = {{ tsa = [{trusted}] }}\n"
    return beta(dates + recognise(world.keys, more="until = 2026-01-07"))


def test_a_key_after_its_day(world: World) -> None:
    """What counts is when an authority saw the signatures, and not the time that the verdict states."""
    root = stamps.root()
    asked = until(world, root)
    end = NOW - NOW % DAY + 2 * DAY

    def dated(*moments: int) -> bytes:
        made = Signed.decode(world.signed())
        data = made.encode()
        for signature, moment in zip(made.signatures, moments, strict=False):
            data = verdicts.with_stamp(data, stamps.made(signature.data, root, moment).reply())
        return data

    def judged(data: bytes) -> Verdict:
        return world.judge(data, policy=asked, now=end + DAY, data=world.theirs)

    with pytest.raises(EvidenceRefused, match="no authority that it believes"):
        judged(world.signed())
    with pytest.raises(EvidenceRefused, match="no authority that it believes"):
        judged(dated(end - HOUR))  # one of the two signatures
    with pytest.raises(RecognitionRefused, match="is recognised before"):
        judged(dated(end - HOUR, end))
    with pytest.raises(RecognitionRefused, match="signed before it says"):
        judged(dated(NOW - DAY, NOW - DAY))
    below = judged(dated(end - HOUR, end - HOUR)).findings[0]  # taken over but for what its policy asks of checkpoints
    assert below.error is not None and "no accepted proof of this file" in below.error.message
    stranger = stamps.root("nobody's")
    made = Signed.decode(world.signed())
    data = made.encode()
    for signature in made.signatures:
        data = verdicts.with_stamp(data, stamps.made(signature.data, stranger, end - HOUR).reply())
    with pytest.raises(EvidenceRefused, match="root"):
        judged(data)
    with pytest.raises(EvidenceRefused, match="over no signature"):
        verdicts.with_stamp(data, stamps.made(made.payload, root, end - HOUR).reply())


def test_a_stamp_taken_from_another_signature(world: World) -> None:
    """It dates the bytes of one signature, and stands beside another in the file: it is refused."""
    root = stamps.root()
    asked = until(world, root)
    made = Signed.decode(world.signed())
    reply = stamps.made(made.signatures[0].data, root, NOW + 2 * HOUR).reply()
    moved = replace(made, signatures=tuple(replace(each, stamp=reply) for each in made.signatures))
    with pytest.raises(EvidenceRefused):
        world.judge(moved.encode(), policy=asked)


FAULTS = {
    "a key that stands elsewhere": (lambda w: recognise(w.keys[:1]) + recognise(w.keys[:1], who="x:y"), "same public"),
    "one verifier twice": (lambda w: recognise(w.keys[:1]) + recognise(w.keys[1:]), "is there twice"),
    "no age": (lambda w: recognise(w.keys).replace("max_age", "age"), "max_age"),
    "until without an authority": (lambda w: recognise(w.keys, more="until = 2027-01-01"), r"needs \[anchors\]"),
    "no such requirement": (lambda w: recognise(w.keys).replace('["below"]', '["above"]'), "no requirement of that"),
    "a policy by its name": (lambda w: recognise(w.keys, policies="alpha@1"), "is a SHA-256"),
    "no URI": (lambda w: recognise(w.keys, who="alpha"), "is a URI"),
    "no key": (lambda w: recognise(w.keys).replace('keys = ["M', 'keys = ["N'), "public key in base64"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_policy_that_is_not_sound(name: str, world: World) -> None:
    made, words = FAULTS[name]
    with pytest.raises(MalformedPolicy, match=words):
        beta(made(world))
