"""A streak that is signed, told and taken over; and streaks that are shown as what they are not."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.kit import attesting
from tests.kit import policies as kit
from tests.kit.command_line import run
from tests.kit.policies import MODEL
from tests.kit.split_up import split_up
from tests.kit.streaks import Months, at
from zkcompliance import streaks, strict_json
from zkcompliance.attest import recognising, verdicts, withdrawn
from zkcompliance.attest.signed import Signed
from zkcompliance.attest.signing import SigningKey
from zkcompliance.attest.streaks import DETAILS, StreakSummary
from zkcompliance.attest.summary import Summary
from zkcompliance.decide import Request
from zkcompliance.errors import MalformedAttestation, RecognitionRefused, StaleProof, UsageError
from zkcompliance.log.note import VerifierKey
from zkcompliance.policy.binding import Binding
from zkcompliance.policy.judge import judge_policy
from zkcompliance.policy.load import parse_policy
from zkcompliance.policy.model import Policy
from zkcompliance.policy.proofs import opened, proofs_in
from zkcompliance.policy.streak import Streak
from zkcompliance.policy.verdict import Verdict
from zkcompliance.prove.policy import prove_policies
from zkcompliance.report.json_document import document
from zkcompliance.report.policy import describe, lines
from zkcompliance.signed import SignedVerdict

WHO = "https://alpha.example/verifier/1"
JUDGED = at(2, 11)


@dataclass
class World:
    """Alpha holds a streak of two months; beta has a proof of the floor alone, at the second month's checkpoint."""

    months: Months
    streak: Streak
    key: SigningKey
    policy: Policy
    floor: bytes

    def signed(self, change: Callable[[StreakSummary], StreakSummary] = lambda each: each) -> bytes:
        made = Signed(change(StreakSummary.of(self.streak, WHO)).encode())
        return made.with_signature(self.key.public, self.key.sign(made.signed)).encode()

    def judge(self, given: bytes, policy: Policy | None = None, *lists: bytes) -> Verdict:
        path, asked = self.months.keep("given.json", given), policy or self.policy
        listed = [self.months.keep(f"list-{number}.json", each) for number, each in enumerate(lists)]
        return judge_policy(
            self.floor, asked, now=JUDGED, keys={"compute": VerifierKey.parse(self.months.log.vkey)}, subject=MODEL,
            verdicts=recognising.colleagues([path], asked, JUDGED, listed),
        )  # fmt: skip


def beta(months: Months, key: SigningKey, periods: str = "periods = 2") -> Policy:
    der = base64.b64encode(key.public.spki).decode()
    table = (
        f'[[recognise]]\nverifier = "{WHO}"\nkeys = ["{der}"]\nrequirements = ["below"]\n'
        f'policies = ["{months.policy.digest.hex()}"]\nmax_age = "7 days"\n{periods}\n'
    )
    return parse_policy((kit.text("beta") + table).encode())


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    months = Months(tmp_path_factory.mktemp("months"), 2)
    request = Request(policy=months.policy, log_keys={"compute": months.key})
    streak = streaks.judge(months.files, request, clock=JUDGED)
    key = attesting.signing_key(months.folder, "ed25519")
    policy = beta(months, key)
    with split_up():
        both = prove_policies(
            [policy], {"compute": months.log}, {"below.limit": "1e20"}, binding=Binding(None, MODEL, at(2))
        )
    (floor,) = [each.data for each in proofs_in(both) if each.statement.claims[0].claim == kit.FLOOR]
    return World(months, streak, key, policy, floor)


def test_it_is_signed_told_and_countersigned(world: World, tmp_path: Path) -> None:
    months, where, both = world.months, tmp_path / "streak.json", tmp_path / "both.json"
    asked = ("--policy", months.policy_file, "--log-key", months.key)
    signing = ("--sign", months.folder / "ed25519-1.pem", "--verifier", WHO, "-o", where)
    done = run("streak", *months.files, *asked, *signing)
    assert done.exit_code == 0 and "Accepted: 2 periods" in done.stdout, done.output
    other = attesting.signing_key(tmp_path, "ecdsa", 2)
    assert run("countersign", where, "--sign", tmp_path / "ecdsa-2.pem", "-o", both).exit_code == 0
    public = tmp_path / "other.pub.pem"
    public.write_text(other.public.pem)
    told = run("verify", both, "--attestation-key", public, "--policy", months.policy_file)
    assert told.exit_code == 0 and "SIGNED, NOT PROVED HERE" in told.stdout and "2026-01 until 2026-02" in told.stdout
    said = json.loads(run("verify", both, "--attestation-key", public, "--json").stdout)
    assert said["periods"] == ["2026-01", "2026-02"] and said["not_checked"] == [world.key.public.keyid]
    assert run("verify", where, "--attestation-key", public).exit_code == 1  # who has not signed that one
    assert run("verify", where).exit_code == 4
    assert run("verify", where, "--attestation-key", public, "--log-key", months.key).exit_code == 2
    gone = run("streak", months.files[0], months.files[0], *asked, *signing[:-1], tmp_path / "none.json")
    assert gone.exit_code == 1 and not (tmp_path / "none.json").exists()
    statement = json.loads(Signed.decode(where.read_bytes()).payload)["predicate"]
    assert statement["verificationResult"] == "PASSED" and len(statement["inputAttestations"]) == 2


def test_one_that_is_none_is_not_signed(world: World) -> None:
    request = Request(policy=world.months.policy, log_keys={"compute": world.months.key})
    broken = streaks.judge([world.months.files[0]] * 2, request, clock=JUDGED)
    with pytest.raises(UsageError, match="only one that is accepted is signed"):
        verdicts.sign_streak(broken, [world.key], WHO)


def test_it_is_taken_over(world: World) -> None:
    """Of its last period, and the verdict says of how many it is a streak."""
    verdict = world.judge(world.signed())
    assert verdict.accepted
    below, _ = verdict.findings
    assert below.recognised is not None and below.recognised.periods == 2
    assert "the last of a streak of 2 periods, by its word too" in below.warnings[0]
    assert document(verdict)["requirements"][0]["recognised"]["periods"] == "2"
    assert "below: the last of a streak of at least 2 periods" in "\n".join(lines(describe(world.policy)))


def _requirement(made: StreakSummary, number: int, **changes: object) -> StreakSummary:
    """The streak, in which the requirement `below` of one period is said to be otherwise."""
    verdict = made.verdicts[number]
    every = tuple(replace(each, **changes) if each.name == "below" else each for each in verdict.requirements)  # type: ignore[arg-type]
    several = list(made.verdicts)
    several[number] = replace(verdict, requirements=every)
    return replace(made, verdicts=tuple(several))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda made: replace(made, verdicts=made.verdicts[1:]), "has 1 periods, and at least 2 are asked for"),
        (lambda made: replace(made, judged_at=JUDGED - 8 * kit.DAY), "more than 1 week"),
        (lambda made: _requirement(made, 0, recognised=True), "one step deep"),
    ],
)  # fmt: skip
def test_streaks_that_are_not_recognised(
    world: World, change: Callable[[StreakSummary], StreakSummary], why: str
) -> None:
    with pytest.raises(RecognitionRefused, match=why):
        world.judge(world.signed(change))


def test_an_older_period_shown_as_the_last(world: World) -> None:
    """Of December and January: the last of them states a time that is too old, and its checkpoint is another."""

    def back(made: StreakSummary) -> StreakSummary:
        first, earlier = made.verdicts[0], replace(made.calendar, since=at(1) - 40 * kit.DAY - kit.HOUR * 12)
        before = replace(first, proved_at=at(1) - 31 * kit.DAY)
        return replace(made, verdicts=(before, first), calendar=earlier)

    below, _ = world.judge(world.signed(back)).findings
    assert isinstance(below.error, StaleProof)


def test_a_streak_only_where_one_is_asked_for(world: World) -> None:
    loose = beta(world.months, world.key, "")
    with pytest.raises(RecognitionRefused, match="is of a streak, and one of a proof is asked for"):
        world.judge(world.signed(), loose)
    one = StreakSummary.of(world.streak, WHO).last
    single = Signed(one.encode())
    data = single.with_signature(world.key.public, world.key.sign(single.signed)).encode()
    with pytest.raises(RecognitionRefused, match="is of one proof, and one of a streak is asked for"):
        world.judge(data)


def test_a_streak_that_was_withdrawn(world: World) -> None:
    """By its own statement; `check` from Python reads it, too."""
    signed = world.signed()
    taken_back = withdrawn.withdraw([signed], "the lab's clock was wrong", [world.key], now=JUDGED)
    with pytest.raises(RecognitionRefused, match=r"withdrew this verdict, .*: the lab's clock was wrong"):
        world.judge(signed, None, taken_back)
    said = SignedVerdict(signed).check(world.key.public.pem.encode())
    assert isinstance(said, StreakSummary) and len(said.verdicts) == 2


def test_a_streak_that_rests_on_a_verdict_that_was_withdrawn(world: World) -> None:
    """Each file of a streak was judged in its own month too. Its verdict is another statement than the one that stands
    in the streak, and what was found to be wrong with it is wrong with the streak."""
    months = world.months
    request = Request(policy=months.policy, log_keys={"compute": months.key}, at=at(1, 12))
    own = request.decide(opened(months.files[0].read_bytes()), clock=at(1, 12))
    january = verdicts.sign(own, [world.key], WHO)
    assert Signed.decode(january).payload != StreakSummary.of(world.streak, WHO).verdicts[0].encode()
    taken_back = withdrawn.withdraw([january], "the log was another lab's", [world.key], now=JUDGED)
    with pytest.raises(RecognitionRefused, match=r"a verdict on a proof file of this streak, .*: the log was another"):
        world.judge(world.signed(), None, taken_back)
    later = world.signed(lambda made: replace(made, judged_at=JUDGED + 1))
    assert world.judge(later, None, taken_back).accepted  # it was judged again since
    other = verdicts.sign(replace(own, file_sha256=bytes(32)), [world.key], WHO)
    elsewhere = withdrawn.withdraw([other], "a proof of another lab", [world.key], now=JUDGED)
    assert world.judge(world.signed(), None, elsewhere).accepted


def test_there_is_one_way_to_write_it(world: World) -> None:
    """A period left out in the middle, one twice, one that is not met, another policy, another order: no form of it."""
    honest = StreakSummary.of(world.streak, WHO)
    whole: dict[str, Any] = json.loads(honest.encode())
    assert StreakSummary.decode(strict_json.canonical(whole)) == honest
    with pytest.raises(MalformedAttestation, match="an object is expected"):
        Summary.decode(honest.encode())

    def otherwise(change: Callable[[dict[str, Any], dict[str, Any]], None]) -> bytes:
        made = copy.deepcopy(whole)
        change(made["predicate"], made["predicate"][DETAILS])
        return strict_json.canonical(made)

    def twice(predicate: dict[str, Any], ours: dict[str, Any]) -> None:
        ours["periods"] = [ours["periods"][0]] * 2
        predicate["inputAttestations"] = [predicate["inputAttestations"][0]] * 2

    changes: list[Callable[[dict[str, Any], dict[str, Any]], None]] = [
        twice,
        lambda predicate, ours: ours["periods"].reverse(),
        lambda predicate, ours: ours["periods"].pop(),
        lambda predicate, ours: ours["periods"][0].update(period="2026-03"),
        lambda predicate, ours: ours["periods"][0]["verdict"].update(provedAt=str(at(4))),
        lambda predicate, ours: ours["periods"][0]["verdict"]["policy"].update(version="2"),
        lambda predicate, ours: ours["periods"][0]["verdict"]["requirements"][0].update(status="not met"),
        lambda predicate, ours: ours["calendar"].update(every="week"),
        lambda predicate, ours: ours["calendar"].update(due="1"),
        lambda predicate, ours: predicate.update(verificationResult="FAILED"),
        lambda predicate, ours: ours.pop("periods"),
        lambda predicate, ours: ours.update(more="1"),
    ]
    for change in changes:
        with pytest.raises(MalformedAttestation):
            StreakSummary.decode(otherwise(change))
