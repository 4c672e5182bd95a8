"""Brackets from anchors, from a log folder to a verdict: each kind of anchor, the quorum, and who cannot check them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.kit import beacons
from tests.kit import policies as kit
from tests.kit.anchored import BEACON, END, FIRST, FLOOR_TOO, PROMPTLY, Lab, brackets
from zkcompliance.attest.api import attest
from zkcompliance.attest.signing import SigningKey
from zkcompliance.errors import BracketNotBacked, ClaimDoesNotHold, Undecided
from zkcompliance.evidence import beacon as rounds
from zkcompliance.log import anchors as kept
from zkcompliance.log.layout import Layout
from zkcompliance.policy.proofs import proofs_in
from zkcompliance.policy.verdict import Status
from zkcompliance.verify.bundle import EARLIER, ROUND, STAMP
from zkcompliance.verify.statement import OPEN

MINUTE, DAY = 60, 86400


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    with beacons.own(monkeypatch):
        yield Lab(tmp_path)


def kinds(data: bytes) -> list[int]:
    (proof,) = proofs_in(data)
    return [each.kind for each in proof.outside.attachments]


def test_a_cosignature_dates_the_rows_before_it(lab: Lab) -> None:
    lab.seal(kit.rows())
    lab.cosigned(ada=END + 30 * MINUTE)
    policy = lab.policy("ada")
    proof = lab.prove(policy)
    assert brackets(proof) == ((FIRST, END + 30 * MINUTE),) and kinds(proof) == [ROUND]
    verdict = lab.judge(proof, policy)
    verdict.require()
    (log,) = verdict.findings[0].logs
    assert (log.brackets, log.anchored, log.brackets_checked) == (
        ((FIRST, END + 30 * MINUTE),),
        ("quicknet", "ada"),
        True,
    )


def test_an_earlier_cosigned_checkpoint_is_kept_by_the_log_and_brought_along(lab: Lab) -> None:
    """The next seal takes its cosignature off the newest checkpoint, and the first segment stays dated by it."""
    lab.seal(kit.rows())
    lab.cosigned(ada=END + 30 * MINUTE)
    lab.seal(kit.rows())
    lab.cosigned(ada=END + DAY)
    policy = lab.policy("ada", delay="2 days")
    proof = lab.prove(policy)
    assert brackets(proof) == ((FIRST, END + 30 * MINUTE), (FIRST, END + DAY)) and kinds(proof) == [ROUND, EARLIER]
    lab.judge(proof, policy).require()


def test_a_time_stamp_dates_as_a_cosignature_does(lab: Lab) -> None:
    lab.seal(kit.rows())
    lab.stamped(END + 10 * MINUTE)
    lab.seal(kit.rows())
    lab.stamped(END + 40 * MINUTE)
    policy = lab.policy(authority=True)
    proof = lab.prove(policy)
    assert brackets(proof) == ((FIRST, END + 10 * MINUTE), (FIRST, END + 40 * MINUTE)) and kinds(proof) == [
        ROUND,
        STAMP,
        STAMP,
    ]
    verdict = lab.judge(proof, policy)
    verdict.require()
    assert verdict.findings[0].logs[0].anchored == ("quicknet", "stamps")


@pytest.mark.parametrize(("quorum", "last"), [(1, 10), (2, 20), (3, 45)])
def test_it_is_the_moment_by_which_a_quorum_had_seen_it(lab: Lab, quorum: int, last: int) -> None:
    """So fewer than that cannot make it older."""
    lab.seal(kit.rows())
    lab.cosigned(ada=END + 45 * MINUTE, bob=END + 20 * MINUTE)
    lab.stamped(END + 10 * MINUTE)
    policy = lab.policy("ada", "bob", "cy", authority=True, quorum=quorum)
    proof = lab.prove(policy)
    assert brackets(proof) == ((FIRST, END + last * MINUTE),)
    verdict = lab.judge(proof, policy)
    verdict.require()
    assert verdict.findings[0].logs[0].anchored == ("quicknet", "stamps", "bob", "ada")[: quorum + 1]


def test_too_few_operators_date_nothing(lab: Lab) -> None:
    lab.seal(kit.rows())
    lab.cosigned(ada=END + MINUTE)
    with pytest.raises(ClaimDoesNotHold):
        lab.prove(lab.policy("ada", "bob", quorum=2))


def test_the_earliest_of_an_operator_counts_and_once(lab: Lab) -> None:
    lab.seal(kit.rows())
    lab.cosigned(ada=END + 50 * MINUTE)
    lab.cosigned(ada=END + 20 * MINUTE)
    assert brackets(lab.prove(lab.policy("ada", "bob"))) == ((FIRST, END + 20 * MINUTE),)
    with pytest.raises(ClaimDoesNotHold):
        lab.prove(lab.policy("ada", "bob", quorum=2))


def test_a_cosignature_of_time_0_dates_nothing(lab: Lab) -> None:
    lab.seal(kit.rows())
    lab.cosigned(ada=0)
    with pytest.raises(ClaimDoesNotHold):
        lab.prove(lab.policy("ada"))
    lab.cosigned(ada=END + MINUTE)
    assert brackets(lab.prove(lab.policy("ada"))) == ((FIRST, END + MINUTE),)


def test_a_beacon_in_the_entries_is_the_first_moment(lab: Lab) -> None:
    lab.seal(kit.rows(), END + MINUTE)
    lab.cosigned(ada=END + 30 * MINUTE)
    moment = BEACON.at(END + MINUTE).moment
    assert END + MINUTE - 3 < moment <= END + MINUTE
    believed = lab.policy("ada")
    proof = lab.prove(believed)
    assert brackets(proof) == ((moment, END + 30 * MINUTE),) and kinds(proof) == [ROUND]
    verdict = lab.judge(proof, believed)
    verdict.require()
    assert verdict.findings[0].logs[0].anchored == ("quicknet", "ada")
    other = lab.policy("ada", beacons='"mainnet"', prompt=False, also=FLOOR_TOO)
    assert brackets(lab.prove(other)) == ((0, END + 30 * MINUTE),) and kinds(lab.prove(other)) == []


def test_a_false_round_among_those_that_are_kept_is_left_out(lab: Lab) -> None:
    lab.seal(kit.rows(), END + MINUTE)
    lab.seal(kit.rows(), END + 2 * MINUTE)
    first, second = (each.entry for each in lab.log.segments)
    kept.keep_round(Layout(lab.folder / "compute"), first.beacon, BEACON.round(7).encode()[:-1] + b"\0")
    lab.cosigned(ada=END + 30 * MINUTE)
    proof = lab.prove(lab.policy("ada", prompt=False, also=FLOOR_TOO))
    moment = rounds.moment(BEACON.beacon, second.round)
    assert brackets(proof) == ((0, END + 30 * MINUTE), (moment, END + 30 * MINUTE)) and kinds(proof) == [ROUND]


def test_an_operator_whose_clock_is_slow_leaves_no_bracket_that_ends_before_it_begins(lab: Lab) -> None:
    lab.seal(kit.rows(), END + 10 * MINUTE)
    lab.cosigned(ada=END + MINUTE)
    policy = lab.policy("ada")
    proof = lab.prove(policy)
    assert brackets(proof) == ((END + MINUTE, END + MINUTE),)
    lab.judge(proof, policy).require()


@pytest.mark.parametrize("delay", ["1 hour", "3000 days"])
def test_rows_that_were_sealed_before_their_time_are_not_proved(lab: Lab, delay: str) -> None:
    """Next week's rows, made up today, whatever delay a policy gives; a day ahead is the most."""
    lab.seal(kit.rows(), END - 7 * DAY)
    lab.cosigned(ada=END - 7 * DAY + MINUTE)
    with pytest.raises(ClaimDoesNotHold, match="no row ahead of its time"):
        lab.prove(lab.policy("ada", delay=delay))


@pytest.mark.parametrize(("early", "holds"), [(DAY - 3, True), (DAY + 3, False)])
def test_a_round_of_up_to_a_day_before_a_row_is_good_for_it(lab: Lab, early: int, holds: bool) -> None:
    lab.seal(kit.rows(), END - early)
    lab.cosigned(ada=END + MINUTE)
    policy = lab.policy("ada")
    if holds:
        lab.judge(lab.prove(policy), policy).require()
        return
    with pytest.raises(ClaimDoesNotHold, match="no row ahead of its time"):
        lab.prove(policy)


def test_rows_that_no_round_was_sealed_with_are_not_proved(lab: Lab) -> None:
    """Nothing shows then that they were not made up before their time."""
    lab.seal(kit.rows(), None)
    lab.cosigned(ada=END + MINUTE)
    with pytest.raises(ClaimDoesNotHold, match="no row ahead of its time"):
        lab.prove(lab.policy("ada"))


def test_rows_that_were_sealed_too_late_are_not_proved(lab: Lab) -> None:
    """Last year's rows, sealed and cosigned today; and no policy that does not ask is any wiser."""
    lab.seal(kit.rows())
    lab.cosigned(ada=END + 365 * DAY)
    with pytest.raises(ClaimDoesNotHold, match="every row sealed in time") as caught:
        lab.prove(lab.policy("ada", delay="30 days"), END + 366 * DAY)
    assert caught.value.help.startswith("zkcompliance timestamp LOG")
    assert brackets(lab.prove(lab.policy("ada", delay="370 days"), END + 366 * DAY)) == ((FIRST, END + 365 * DAY),)


# What does not count stays at home


def test_what_the_policy_believes_nobody_of_is_not_brought(lab: Lab) -> None:
    lab.seal(kit.rows())
    lab.stamped(END + MINUTE)
    lab.cosigned(bob=END + MINUTE)
    lab.seal(kit.rows())
    lab.cosigned(ada=END + 30 * MINUTE)
    proof = lab.prove(lab.policy("ada"))
    assert kinds(proof) == [ROUND] and brackets(proof) == ((FIRST, END + 30 * MINUTE),) * 2


def test_damaged_anchors_are_left_out_and_said_by_nobody_else(lab: Lab) -> None:
    lab.seal(kit.rows())
    lab.stamped(END + MINUTE)
    lab.cosigned(ada=END + 30 * MINUTE)
    kept.keep_stamp(Layout(lab.folder / "compute"), 1, b"no reply")
    kept.keep_stamp(Layout(lab.folder / "compute"), 9, b"of a checkpoint that is not there")
    policy = lab.policy("ada", authority=True)
    assert brackets(lab.prove(policy)) == ((FIRST, END + MINUTE),)


# Who cannot check them


def test_without_the_libraries_promptness_is_not_decided_and_all_else_is(lab: Lab) -> None:
    lab.seal(kit.rows())
    lab.cosigned(ada=END + 30 * MINUTE)
    policy = lab.policy("ada", also=FLOOR_TOO)
    proof = lab.prove(policy)
    lab.judge(proof, policy).require()
    verdict = lab.judge(proof, policy, unchecked=True)
    found = {each.name: each for each in verdict.findings}
    assert not verdict.accepted
    assert found["promptly"].status is Status.UNDECIDED and isinstance(found["promptly"].error, Undecided)
    assert found["below"].status is Status.MET and found["floor: compute"].status is Status.MET
    assert not found["below"].logs[0].brackets_checked
    with pytest.raises(Undecided):
        verdict.require()


def test_a_policy_that_believes_nobody_takes_open_brackets_alone(lab: Lab) -> None:
    lab.seal(kit.rows())
    lab.cosigned(ada=END + 30 * MINUTE)
    none = lab.policy(anchored=False, also=FLOOR_TOO)
    proof = lab.prove(none)
    assert brackets(proof) == (OPEN,)
    lab.judge(proof, none).require()
    with pytest.raises(BracketNotBacked):
        lab.judge(lab.forge(none, [(FIRST, END + 30 * MINUTE)]), none).require()


def test_looked_at_by_itself_it_is_verified_and_nothing_is_said_to_be_backed(lab: Lab) -> None:
    from zkcompliance.policy.judge import look

    lab.seal(kit.rows())
    lab.cosigned(ada=END + 30 * MINUTE)
    verdict = look(lab.prove(lab.policy("ada")), now=kit.NOW, missing=Undecided("nothing to hold it against"))
    assert {each.status for each in verdict.findings} == {Status.UNDECIDED}
    assert not verdict.findings[0].logs[0].brackets_checked


def test_a_claim_by_itself_believes_nobody(lab: Lab) -> None:
    from zkcompliance.card import catalogue
    from zkcompliance.log import keys
    from zkcompliance.policy.judge import judge_claim

    lab.seal(kit.rows())
    lab.cosigned(ada=END + 30 * MINUTE)
    proof = lab.prove(lab.policy("ada"))
    key = keys.load_public(lab.folder / "compute.key.pub")
    card = catalogue.load(PROMPTLY)
    alone = lab.forge(lab.policy("ada"), brackets(proof), floors=False)
    with pytest.raises(BracketNotBacked):
        judge_claim(alone, card, {"delay": 3600}, now=kit.NOW, keys={"log": key}).require()


def test_other_processes_prove_under_the_same_brackets(lab: Lab) -> None:
    """What a proof is made of is handed out as data, anchors too."""
    lab.seal(kit.rows())
    lab.stamped(END + 10 * MINUTE)
    policy = lab.policy(authority=True)
    with ThreadPoolExecutor(1) as executor:
        proof = lab.prove(policy, executor=executor)
    assert brackets(proof) == ((FIRST, END + 10 * MINUTE),) and kinds(proof) == [ROUND, STAMP]


def test_a_proof_with_brackets_is_attested(lab: Lab, tmp_path: Path) -> None:
    lab.seal(kit.rows())
    lab.cosigned(ada=END + 30 * MINUTE)
    proof = lab.prove(lab.policy("ada"), subject=kit.MODEL)
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "attest.pem").write_bytes(pem)
    (tmp_path / "attest.pem").chmod(0o600)
    assert attest(proof, SigningKey.load(tmp_path / "attest.pem"))
