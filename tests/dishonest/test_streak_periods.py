"""A proof of one period is about that period and no other: its parameters are held against the policy's calendar."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.kit.policy_texts import head, requirement
from tests.kit.streaks import DAY, at
from zkcompliance import schemas, streaks
from zkcompliance.claim import catalogue
from zkcompliance.decide import Request
from zkcompliance.errors import MalformedPolicy, StatementMismatch, UsageError
from zkcompliance.log import keys
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.policy import bounds
from zkcompliance.policy.binding import Binding, ForPolicy
from zkcompliance.policy.judge import judge_policy
from zkcompliance.policy.load import parse_policy
from zkcompliance.policy.model import Policy
from zkcompliance.policy.streak import Streak
from zkcompliance.prove.api import prove_claim
from zkcompliance.prove.policy import prove_policies
from zkcompliance.report import streak_json, streak_words

CLAIM = "cadence-of-kind"
CALENDAR = '[calendar]\nevery = "month"\nfrom = 2026-01-01\ndue = "15 days"\n'
BEGINS, ENDS = '{ period = "begins" }', '{ period = "ends" }'


def text(calendar: str = CALENDAR, since: str = BEGINS, until: str = ENDS, proof: str = "7 days", gap: str = "27 days",
         more: str = "") -> str:  # fmt: skip
    """A summary is due in each month: in the 27 days before its end, and never later after the one before."""
    made = head("monthly", "A summary every month", subject="none") + more
    made += f'[freshness]\nproof = "{proof}"\n' if proof else ""
    made += f'{calendar}[logs.events]\nschema = "event"\n'
    return made + requirement(
        "summaries", "A summary.", CLAIM, {"events": "events"}, 'params.kind = "summary"', f"params.since = {since}",
        f"params.until = {until}", f'params.gap = "{gap}"', "params.begin = { free = true }",
    )  # fmt: skip


def policy(**asked: str) -> Policy:
    return parse_policy(text(**asked).encode())


class Lab:
    """Summaries in December and January, and none in February."""

    def __init__(self, folder: Path) -> None:
        self.asked = policy()
        keys.generate(folder / "events.key", "lab.example/events")
        key = keys.load_private(folder / "events.key")
        create_log(folder / "events", schemas.event, key)
        self.key = folder / "events.key.pub"
        self.logs: dict[int, dict[str, SealedLog]] = {}
        told = [at(1) - 21 * DAY, at(1, 5), at(1, 20)]
        rows = {1: [{"serial": n, "at": when, "kind": "summary"} for n, when in enumerate(told, 1)], 2: []}
        for month, given in rows.items():
            with Writer(folder / "events", key) as writer:
                writer.seal(given, empty=not given)
            self.logs[month] = {"events": SealedLog.open(folder / "events")}

    def honest(self, month: int, **more: object) -> bytes:
        binding = Binding(None, None, at(month + 1, 5))
        return prove_policies([self.asked], self.logs[month], {"summaries.begin": ""}, binding=binding, **more)  # type: ignore[arg-type]

    def about(self, stated: int, since: int, until: int, month: int) -> bytes:
        """The lab's own words for both moments, with a program that looks at no policy."""
        asked = self.asked
        bound = Binding(ForPolicy(asked.digest, asked.id, asked.version), None, stated).encode()
        claim = catalogue.load(CLAIM)
        given = {"kind": "summary", "since": str(since), "until": str(until), "gap": "27 days", "begin": ""}
        kinds = {each.name: each for each in claim.params}
        publics = {name: kinds[name].parse(value) for name, value in given.items() if name not in ("since", "until")}
        publics |= {"since": since, "until": until, "model": kinds["model"].default}
        return prove_claim(claim, self.logs[month], claim.publics(publics), head=bound, requirement="summaries")

    def streak(self, *files: bytes) -> Streak:
        request = Request(policy=self.asked, log_keys={"events": self.key})
        return streaks.judge(files, request, clock=at(12))


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return Lab(tmp_path_factory.mktemp("lab"))


@pytest.fixture(scope="module")
def january(lab: Lab) -> bytes:
    return lab.honest(1)


def test_each_period_is_about_itself(lab: Lab, january: bytes) -> None:
    """What the policy leaves to the calendar is filled in by it, and said."""
    found = lab.streak(january)
    assert found.accepted and found.bound == ("summaries.since", "summaries.until")
    (held,) = found.held
    assert held.verdict is not None
    values = {each.name: each.exact for each in held.verdict.findings[0].values}
    assert (values["since"], values["until"]) == (at(1, 1) - DAY // 2, at(2, 1) - DAY // 2)
    assert streak_json.document(found)["calendar"]["bound"] == list(found.bound)
    assert not any("its period is only when it was made" in line for line in streak_words.unshown(found))


def test_a_period_s_proof_over_another_period(lab: Lab, january: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """February had no summary: its proof says January's beginning and end once more, over January's rows."""
    with pytest.raises(Exception, match="the last one near the end"):
        lab.honest(2)
    again = lab.about(at(3, 5), at(1, 1) - DAY // 2, at(2, 1) - DAY // 2, 2)
    found = lab.streak(january, again)
    assert [each.accepted for each in found.held] == [True, False]
    assert isinstance(found.first_error, StatementMismatch)
    assert "not the beginning of the period whose proof it is" in found.first_error.message
    with pytest.raises(StatementMismatch):  # also where it is judged alone, as it comes
        judge_policy(again, lab.asked, now=at(3, 5), keys={"events": keys.load_public(lab.key)}).require()
    monkeypatch.setattr(bounds, "edge", lambda of, stated: at(2 if of.ends else 1, 1) - DAY // 2)
    assert lab.streak(january, again).accepted  # what the check is there for


def test_a_period_that_ends_sooner(lab: Lab) -> None:
    """Of its own beginning, and of an end from which the last summary is not too old."""
    short = lab.about(at(3, 5), at(2, 1) - DAY // 2, at(2, 10), 2)
    found = lab.streak(short)
    assert not found.accepted and found.first_error is not None
    assert "not the end of the period whose proof it is" in found.first_error.message


def test_no_period_and_no_time(lab: Lab) -> None:
    """A proof that states a time between two periods' proofs, or none, is about no period."""
    file = lab.about(at(2, 25), at(1, 1) - DAY // 2, at(2, 1) - DAY // 2, 1)
    with pytest.raises(StatementMismatch, match="the period whose proof it is"):
        judge_policy(file, lab.asked, now=at(2, 25), keys={"events": keys.load_public(lab.key)}).require()
    for name, said in (("since", at(1, 1) - DAY // 2), ("until", at(2, 1) - DAY // 2)):
        asked = lab.asked.requirements[0].params[name]
        assert bounds.meets(asked, said, time=at(2, 5), subject_name=None)
        assert not bounds.meets(asked, said, time=0, subject_name=None)
    with pytest.raises(UsageError, match=r"a proof of 2026-02-25 .* is of no period"):
        prove_policies([lab.asked], lab.logs[1], {"summaries.begin": ""}, binding=Binding(None, None, at(2, 25)))


def test_a_calendar_that_binds_nothing_says_so(lab: Lab, january: bytes) -> None:
    loose = replace(lab.streak(january), bound=())
    assert "its period is only when it was made" in streak_words.unshown(loose)[0] and not streak_words.bound(loose)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"calendar": ""}, r"params\.since\.period: needs \[calendar\]"),
        ({"since": '{ period = "starts" }'}, "is begins or ends"),
        ({"since": '{ period = "begins", at_least = "2026-01-01" }'}, "is a value, or a table with"),
        ({"calendar": CALENDAR.replace('due = "15 days"\n', "")}, r"until\.period: ends needs calendar\.due"),
        ({"until": BEGINS}, "is what the claim takes for now"),
        ({"proof": ""}, "needs freshness.proof"),
        ({"proof": "13 days"}, r"until\.period: .* gap may run for 27 days"),
    ],
)  # fmt: skip
def test_it_is_strict(asked: dict[str, str], why: str) -> None:
    with pytest.raises(MalformedPolicy, match=why):
        policy(**asked)


def test_a_reference_bounds_the_end_too() -> None:
    assert policy(proof="60 days", more='reference = "required"\n').reference


def test_a_period_is_as_long_as_the_shortest() -> None:
    """A gap as long as the period asks for no evaluation in it: 28 days, where the calendar's periods are months."""
    for gap in ("27 days", "28 days"):
        made = head("cadence", "Evaluations", subject="required") + '[freshness]\nproof = "7 days"\n' + CALENDAR
        made += '[logs.events]\nschema = "event"\n[logs.evals]\nschema = "eval"\n' + requirement(
            "cadence", "Evaluated.", "evals-cadence", {"events": "events", "evals": "evals"},
            "params.model = { subject = true }", f"params.since = {BEGINS}", f"params.until = {ENDS}",
            'params.suites = "gpqa@2"', "params.items = 20", f'params.gap = "{gap}"', "params.growth = 4",
            'params.flop_before = { at_most = "1e27" }',
        )  # fmt: skip
        if gap == "27 days":
            assert parse_policy(made.encode()).requirements[0].params["gap"].exact == 27 * DAY
            continue
        with pytest.raises(MalformedPolicy, match="the period is over before an evaluation is due"):
            parse_policy(made.encode())
