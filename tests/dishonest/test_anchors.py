"""A lab that has others seem to have dated its rows: brackets that are narrower than its anchors, anchors of other
logs, other histories and nobody, and anchors that were changed."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest

from tests.kit import beacons, stamps
from tests.kit import policies as kit
from tests.kit.anchored import BEACON, END, FIRST, WITNESSES, Lab, brackets
from zkcompliance.attest import anchors as libraries
from zkcompliance.errors import (
    BracketNotBacked,
    ClaimDoesNotHold,
    EvidenceRefused,
    MalformedError,
    MalformedPolicy,
    SignatureRejected,
    VerificationError,
    ZkComplianceError,
)
from zkcompliance.evidence.timestamp import encode_stamp
from zkcompliance.log import keys
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.cosignature import ML_DSA_44, CosignerKey
from zkcompliance.log.writer import Writer
from zkcompliance.policy import anchors
from zkcompliance.policy.anchors import Anchoring, brackets_of
from zkcompliance.policy.load import parse_policy
from zkcompliance.policy.model import Policy
from zkcompliance.policy.proofs import proofs_in
from zkcompliance.verify import verifier
from zkcompliance.verify.bundle import EARLIER, ROUND, STAMP, Attachment, decode_bundle
from zkcompliance.verify.verifier import check_brackets

MINUTE, DAY = 60, 86400
YEAR = 365 * DAY
LATE = END + YEAR  # when rows of a year ago are sealed
NOW = LATE + DAY


@pytest.fixture(autouse=True)
def _believed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with beacons.own(monkeypatch):
        yield


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    made = Lab(tmp_path)
    made.seal(kit.rows())
    return made


def with_attachments(data: bytes, *given: tuple[int, bytes]) -> bytes:
    """The file with others in the place of its own."""
    parts = tuple(sorted(Attachment(*each) for each in given))
    return replace(decode_bundle(alone(data)), attachments=parts).encode()


def alone(data: bytes) -> bytes:
    """The one proof of a policy bundle."""
    if data[:4] != b"zkcd":
        return data
    return data[12 : 12 + int.from_bytes(data[8:12], "little")]


def attached(data: bytes) -> tuple[Attachment, ...]:
    return decode_bundle(alone(data)).attachments


def refused(lab: Lab, data: bytes, policy: Policy, error: type[ZkComplianceError], *, now: int = kit.NOW) -> None:
    with pytest.raises(error):
        lab.judge(data, policy, now).require()


# Narrower than what backs it


@pytest.mark.parametrize(
    "stated", [(FIRST, END + MINUTE), (FIRST, END + 30 * MINUTE - 1), (FIRST + 1, END + 30 * MINUTE)]
)
def test_a_bracket_narrower_than_its_anchors(lab: Lab, stated: tuple[int, int]) -> None:
    """The claim holds by it, and nothing else is wrong: with the check gone the file is accepted."""
    lab.cosigned(ada=END + 30 * MINUTE)
    policy = lab.policy("ada")
    forged = lab.forge(policy, [stated])
    refused(lab, forged, policy, BracketNotBacked)
    with mock.patch.object(verifier, "check_brackets"):
        lab.judge(forged, policy).require()


def test_a_wider_one_is_taken(lab: Lab) -> None:
    lab.cosigned(ada=END + 30 * MINUTE)
    policy = lab.policy("ada")
    lab.judge(lab.forge(policy, [(FIRST, END + 45 * MINUTE)]), policy).require()


def test_last_years_rows_sealed_today(lab: Lab) -> None:
    """Neither proved, nor accepted of who states what would be good for it, by either judge."""
    lab.cosigned(ada=LATE)
    policy = lab.policy("ada", delay="30 days")
    with pytest.raises(ClaimDoesNotHold):
        lab.prove(policy, NOW)
    for stated in ((FIRST, END + DAY), (END, END), (FIRST, FIRST)):
        forged = lab.forge(policy, [stated], now=NOW)
        refused(lab, forged, policy, BracketNotBacked, now=NOW)
        assert not lab.judge(forged, policy, NOW, unchecked=True).accepted


def test_a_segment_that_came_after_what_was_dated(lab: Lab) -> None:
    """The second segment was not in the checkpoint that was cosigned early."""
    lab.cosigned(ada=END + MINUTE)
    lab.seal(kit.rows())
    lab.cosigned(ada=LATE)
    policy = lab.policy("ada", delay="30 days")
    with pytest.raises(ClaimDoesNotHold):
        lab.prove(policy, NOW)
    kept = (lab.folder / "compute" / "anchors" / "checkpoint-00000001").read_bytes()
    assert policy.anchors is not None
    early = (EARLIER, anchors.without_others(kept, policy.anchors))
    forged = lab.forge(policy, [(FIRST, END + MINUTE), (FIRST, END + MINUTE)], [early], now=NOW)
    refused(lab, forged, policy, BracketNotBacked, now=NOW)
    with mock.patch.object(verifier, "check_brackets"):
        lab.judge(forged, policy, NOW).require()


def test_fewer_operators_than_the_quorum(lab: Lab) -> None:
    """One who dates too early, and the other who is honest: the later of the two counts."""
    lab.cosigned(ada=END + MINUTE, bob=LATE)
    policy = lab.policy("ada", "bob", quorum=2, delay="30 days")
    refused(lab, lab.forge(policy, [(FIRST, END + MINUTE)], now=NOW), policy, BracketNotBacked, now=NOW)


def test_one_operator_with_two_keys_is_one(lab: Lab) -> None:
    lab.cosigned(ada=END + MINUTE, bob=END + MINUTE)
    both = lab.policy("ada", "bob", quorum=2)
    text = both.text.decode()
    first, second = (f'"{WITNESSES[name].verifier.text}"' for name in ("ada", "bob"))
    one = text.replace(
        f"ada = [{first}]\nbob = [{second}]", f'ada = [{first}, {second}]\ncy = ["{WITNESSES["cy"].verifier.text}"]'
    )
    assert one != text
    policy = parse_policy(one.encode())
    refused(lab, lab.forge(policy, [(FIRST, END + MINUTE)]), policy, BracketNotBacked)


# Anchors of something else


def test_a_cosigned_checkpoint_of_another_log(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Lab(tmp_path / "other")
    other.seal(kit.rows())
    body = other.log.checkpoint.body.replace("lab.example/compute", "lab.example/other")
    policy = lab.policy("ada")
    lab.cosigned(ada=END + MINUTE)
    for text in (body, lab.log.checkpoint.body.replace("\n1\n", "\n2\n")):
        note = f"{text}\n{WITNESSES['ada'].line(text, END)}".encode()
        refused(lab, lab.forge(policy, [(FIRST, END + MINUTE)], [(EARLIER, note)]), policy, EvidenceRefused)


def test_a_cosigned_checkpoint_of_another_history(lab: Lab) -> None:
    """Of the same origin and size: who resealed rows after they were dated. With the comparison gone it is accepted."""
    real = lab.log.checkpoint
    other = Checkpoint(real.origin, real.size, bytes(32))
    note = f"{other.body}\n{WITNESSES['ada'].line(other.body, END + MINUTE)}".encode()
    policy = lab.policy("ada")
    forged = lab.forge(policy, [(FIRST, END + MINUTE)], [(EARLIER, note)])
    refused(lab, forged, policy, EvidenceRefused)
    with mock.patch.object(anchors.merkle, "root", return_value=bytes(32)):
        lab.judge(forged, policy).require()


def test_a_time_stamp_over_another_checkpoint(lab: Lab) -> None:
    real = lab.log.checkpoint
    other = Checkpoint(real.origin, real.size, bytes(32)).body.encode()
    policy = lab.policy(authority=True)
    reply = stamps.made(other, lab.root, END + MINUTE).reply()
    for body in (other, real.body.encode()):
        forged = lab.forge(policy, [(FIRST, END + MINUTE)], [(STAMP, encode_stamp(body, reply))])
        refused(lab, forged, policy, EvidenceRefused)


def test_anchors_of_nobody_whom_the_policy_names(lab: Lab) -> None:
    body = lab.log.checkpoint.body
    lab.cosigned(ada=END + 30 * MINUTE)
    policy = lab.policy("ada", authority=True)
    unknown = f"{body}\n{WITNESSES['bob'].line(body, END + MINUTE)}".encode()
    stranger = stamps.made(body.encode(), stamps.root("a root of nobody"), END + MINUTE).reply()
    for given in ((EARLIER, unknown), (STAMP, encode_stamp(body.encode(), stranger))):
        refused(lab, lab.forge(policy, [(FIRST, END + MINUTE)], [given]), policy, EvidenceRefused)


def test_a_cosignature_that_is_none(lab: Lab) -> None:
    """Under the name and id of a key that the policy names, by another one."""
    body = lab.log.checkpoint.body
    line = WITNESSES["ada"].line(body, END + 30 * MINUTE)
    note = f"{body}\n{line}".encode()
    other = f"{body}\n{WITNESSES['ada'].line(body.replace('compute', 'another'), END + MINUTE)}".encode()
    policy = lab.policy("ada")
    lab.judge(lab.forge(policy, [(FIRST, END + 30 * MINUTE)], [(EARLIER, note)]), policy).require()
    refused(lab, lab.forge(policy, [(FIRST, END + MINUTE)], [(EARLIER, other)]), policy, SignatureRejected)


def test_a_round_that_the_entry_does_not_hold(lab: Lab) -> None:
    """A later round is no first moment of a segment that was sealed without it."""
    lab.cosigned(ada=END + 30 * MINUTE)
    policy = lab.policy("ada")
    late = BEACON.at(END + 20 * MINUTE)
    forged = lab.forge(policy, [(late.moment, END + 30 * MINUTE)], [(ROUND, late.encode())])
    refused(lab, forged, policy, BracketNotBacked)


def test_a_false_round_in_the_entry(tmp_path: Path) -> None:
    """Of a number, and so a moment, of the lab's choosing."""
    made = Lab(tmp_path)
    true = BEACON.at(END - DAY)
    wished = replace(true, number=BEACON.at(END + MINUTE).number)
    kit.make_log(tmp_path, "compute", "lab.example/compute")
    with Writer(tmp_path / "compute", keys.load_private(tmp_path / "compute.key")) as writer:
        writer.seal(kit.rows(), beacon=(wished.number, wished.digest))
    made.cosigned(ada=END + 30 * MINUTE)
    policy = made.policy("ada")
    stated = [(wished.moment, END + 30 * MINUTE)]
    refused(made, made.forge(policy, stated, [(ROUND, wished.encode())]), policy, EvidenceRefused)
    refused(made, made.forge(policy, stated, [(ROUND, true.encode())]), policy, BracketNotBacked)
    refused(made, made.forge(policy, stated), policy, BracketNotBacked)


def test_rows_of_next_year_sealed_today(tmp_path: Path) -> None:
    """Soon enough whenever that was; that none is ahead of its time asks for a round that is not out yet."""
    made = Lab(tmp_path)
    made.seal(kit.rows(), END - YEAR)
    made.cosigned(ada=END - YEAR + MINUTE)
    policy = made.policy("ada")
    with pytest.raises(ClaimDoesNotHold):
        made.prove(policy)
    for stated in ((END, END), (END - DAY, END + MINUTE)):
        refused(made, made.forge(policy, [stated]), policy, BracketNotBacked)


# One who is two


def named_twice(lab: Lab, first: str, second: str) -> str:
    """A policy with two operators who date, of which the quorum is both."""
    text = lab.policy("ada", "bob", quorum=2).text.decode()
    start, end = text.index("[anchors.operators]"), text.index("[logs.compute]")
    return f"{text[:start]}[anchors.operators]\none = [{first}]\ntwo = [{second}]\n\n{text[end:]}"


def test_one_root_under_two_operators(lab: Lab) -> None:
    """An authority by its policy here and by its certificate there, or two authorities of whoever has the root; in
    another certificate of the same key too."""
    again = stamps.issue(lab.root.certificate.subject.rfc4514_string(), ca=True, key=lab.root.key)
    mine = lab.authority()
    other = f'{{ root = "{base64.b64encode(lab.root.der).decode()}", certificate = "{"ab" * 32}" }}'
    reissued = f'{{ root = "{base64.b64encode(again.der).decode()}", certificate = "{"ab" * 32}" }}'
    assert again.der != lab.root.der
    for second in (other, reissued):
        with pytest.raises(MalformedPolicy, match=r"two\[1\]\.root: .* whoever has a root counts once"):
            parse_policy(named_twice(lab, mine, second).encode())


def test_one_cosigner_with_two_kinds_of_key(lab: Lab) -> None:
    """Ed25519 for the one operator and ML-DSA-44 for the other, in [anchors] and in [cosigners]."""
    ada = WITNESSES["ada"].verifier
    post_quantum = CosignerKey(ada.name, ML_DSA_44, bytes(1312)).text
    text = named_twice(lab, f'"{ada.text}"', f'"{post_quantum}"')
    with pytest.raises(MalformedPolicy, match=r"two\[1\]: is a key of ada\.example, who is the operator one already"):
        parse_policy(text.encode())
    cosigners = f'[cosigners]\nquorum = 2\noperators = {{ one = ["{ada.text}"], two = ["{post_quantum}"] }}\n'
    sound = lab.policy("ada").text.decode()
    with pytest.raises(MalformedPolicy, match=r"cosigners\.operators\.two\[1\]: is a key of ada\.example"):
        parse_policy(sound.replace("[anchors]", f"{cosigners}[anchors]").encode())


def test_one_authority_below_two_roots(lab: Lab) -> None:
    """Its key is certified under both; what it signs counts for the first of the operators, and once."""
    second = stamps.root("another root")
    below = stamps.issue("the second certificate", second)
    text = named_twice(
        lab, lab.authority(),
        f'{{ root = "{base64.b64encode(second.der).decode()}", policy = "{stamps.POLICY}" }}',
    )  # fmt: skip
    policy = parse_policy(text.encode())
    body = lab.log.checkpoint.body.encode()

    def brought(key: object) -> list[tuple[int, bytes]]:
        first = stamps.issue("the first certificate", lab.root, key=key)
        made = [
            stamps.made(body, root, END + at * MINUTE, own=own).reply()
            for at, (root, own) in enumerate(((lab.root, first), (second, below)), 1)
        ]
        return [(STAMP, encode_stamp(body, each)) for each in made]

    lab.judge(lab.forge(policy, [(FIRST, END + 2 * MINUTE)], brought(None)), policy).require()
    same = lab.forge(policy, [(FIRST, END + 2 * MINUTE)], brought(below.key))
    refused(lab, same, policy, BracketNotBacked)
    with mock.patch.object(anchors, "one_each", lambda asked, dated: dated):
        lab.judge(same, policy).require()


def test_one_root_below_another(lab: Lab) -> None:
    """What is the root of one operator is certified by that of the other: whoever has its key dates below both."""
    between = stamps.issue("a root below the root", lab.root, ca=True)
    as_root = stamps.issue("a root below the root", ca=True, key=between.key)
    other = f'{{ root = "{base64.b64encode(as_root.der).decode()}", policy = "{stamps.POLICY}" }}'
    policy = parse_policy(named_twice(lab, lab.authority(), other).encode())
    body = lab.log.checkpoint.body

    def brought(by: stamps.Issued) -> list[tuple[int, bytes]]:
        first, second = stamps.issue("one authority", by), stamps.issue("another authority", as_root)
        made = [
            stamps.made(body.encode(), by, END + at * MINUTE, own=own, brings=(own.der, *above))
            for at, (own, above) in enumerate(((first, [between.der] * (by is between)), (second, [])), 1)
        ]
        return [(STAMP, encode_stamp(body.encode(), each.reply())) for each in made]

    lab.judge(lab.forge(policy, [(FIRST, END + 2 * MINUTE)], brought(lab.root)), policy).require()
    same = lab.forge(policy, [(FIRST, END + 2 * MINUTE)], brought(between))
    refused(lab, same, policy, BracketNotBacked)
    with mock.patch.object(anchors, "one_each", lambda asked, dated: dated):
        lab.judge(same, policy).require()


# Changed on the way


def every_kind(lab: Lab) -> tuple[Policy, bytes]:
    """A proof that brings one of each: a round, a time stamp, an earlier checkpoint; two of which a bracket needs."""
    lab.stamped(END + MINUTE)
    lab.cosigned(ada=END + 2 * MINUTE)
    lab.seal(kit.rows())
    lab.stamped(END + 5 * MINUTE)
    lab.cosigned(ada=END + 6 * MINUTE)
    policy = lab.policy("ada", authority=True, quorum=2)
    return policy, lab.prove(policy)


def test_what_is_taken_out_backs_nothing(lab: Lab) -> None:
    policy, proof = every_kind(lab)
    there = attached(proof)
    assert [each.kind for each in there] == [ROUND, STAMP, STAMP, EARLIER]
    assert brackets(proof) == ((FIRST, END + 2 * MINUTE), (FIRST, END + 6 * MINUTE))
    lab.judge(with_attachments(proof, *there), policy).require()
    for left_out in there:
        fewer = with_attachments(proof, *(each for each in there if each != left_out))
        refused(lab, fewer, policy, BracketNotBacked)


def test_every_byte_of_every_anchor_counts(lab: Lab) -> None:
    """One bit of each byte (of time stamps, whose each byte tests/unit/test_timestamp.py goes over, of every ninth)."""
    policy, proof = every_kind(lab)
    there = attached(proof)
    (judged,) = lab.judge(proof, policy).findings[:1]
    assert judged.error is None
    anchoring = Anchoring(policy.anchors, libraries.checker())
    for number, each in enumerate(there):
        for place in range(0, len(each.data), 9 if each.kind == STAMP else 1):
            changed = bytearray(each.data)
            changed[place] ^= 0x10
            others = [*there[:number], Attachment(each.kind, bytes(changed)), *there[number + 1 :]]
            (other,) = proofs_in(with_attachments(proof, *others))
            untouched = nullcontext() if each.kind == ROUND else mock.patch.object(libraries.beacon, "check_rounds")
            with untouched, pytest.raises((VerificationError, MalformedError)):
                check_brackets(other.statement, brackets_of(anchoring.of(other)))


def test_more_than_is_needed_is_checked_too(lab: Lab) -> None:
    """What is brought is genuine, or the file is refused: nobody has to guess what counted."""
    lab.cosigned(ada=END + 30 * MINUTE)
    policy = lab.policy("ada")
    proof = lab.prove(policy)
    refused(lab, with_attachments(proof, (STAMP, b"\1\0ab")), policy, EvidenceRefused)
    refused(
        lab, with_attachments(proof, (ROUND, b"\1" + (5).to_bytes(8, "little") + bytes(48))), policy, EvidenceRefused
    )
    refused(lab, with_attachments(proof, (EARLIER, b"no note")), policy, ZkComplianceError)
