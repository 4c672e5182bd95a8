"""`streak`: proofs of consecutive periods, accepted together, and everything that is no streak, refused."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import zkcompliance as zk
from tests.kit import policies as kit
from tests.kit.command_line import run
from tests.kit.streaks import CALENDAR, DAY, Months, at, proved, text
from zkcompliance import schemas, streaks
from zkcompliance.decide import Request
from zkcompliance.errors import LogEvidence, SignatureRejected, StreakBroken, UsageError, ZkComplianceError
from zkcompliance.log import keys
from zkcompliance.log.standing import Standing
from zkcompliance.log.writer import create_log
from zkcompliance.policy import streak as checks
from zkcompliance.policy.load import parse_policy
from zkcompliance.policy.streak import Streak
from zkcompliance.report import streak_words

CLOCK = at(12)


@pytest.fixture(scope="module")
def months(tmp_path_factory: pytest.TempPathFactory) -> Months:
    return Months(tmp_path_factory.mktemp("months"), 3)


def judged(months: Months, *files: Path | bytes, clock: int = CLOCK, **asked: object) -> Streak:
    request = Request(**{"policy": months.policy, "log_keys": {"compute": months.key}, **asked})  # type: ignore[arg-type]
    return streaks.judge(files, request, clock=clock)


def refused(months: Months, *files: Path | bytes, **asked: object) -> ZkComplianceError:
    found = judged(months, *files, **asked)  # type: ignore[arg-type]
    assert not found.accepted and found.first_error is not None
    with pytest.raises(type(found.first_error)):
        found.require()
    return found.first_error


def test_three_months(months: Months) -> None:
    found = judged(months, *reversed(months.files))
    assert found.accepted and [each.period.name for each in found.held if each.period] == [
        "2026-01", "2026-02", "2026-03",
    ]  # fmt: skip
    sizes = [checks.extents(each.verdict)["lab.example/c"].size for each in found.held if each.verdict]
    assert sizes == [1, 2, 3]
    found.require()


def test_at_the_command_line(months: Months, tmp_path: Path) -> None:
    asked = ("--policy", months.policy_file, "--log-key", months.key)
    done = run("streak", *months.files, *asked)
    assert done.exit_code == 0, done.output
    assert done.output.startswith("Accepted: 3 periods of example@1") and "2026-01 until 2026-03" in done.output
    assert "periods before the first and after the last" in done.output
    written = json.loads(run("streak", *months.files, *asked, "--json").stdout)
    assert written["accepted"] is True and [each["status"] for each in written["proofs"]] == ["accepted"] * 3
    page = tmp_path / "streak.html"
    for _ in range(2):
        assert run("streak", *months.files, *asked, "--format", "html", "-o", page).exit_code == 0
    assert "3 periods: 3 accepted." in page.read_text() and page.read_text().count("<rect") == 3
    gone = run("streak", months.files[0], months.files[2], *asked)
    assert gone.exit_code == 1 and "2026-02  missing" in gone.stdout and "error" in gone.stderr
    assert run("streak", months.key, *asked).exit_code == 2


def test_a_period_that_is_left_out(months: Months) -> None:
    error = refused(months, months.files[0], months.files[2])
    assert isinstance(error, StreakBroken) and "2026-02 has no proof: of 3 periods, 1 is missing" in error.message


def test_each_alone_is_accepted_so_that_only_the_streak_tells(months: Months) -> None:
    """What would be accepted without the check of periods: every file that is left is good."""
    for file in (months.files[0], months.files[2]):
        assert judged(months, file).accepted


def test_two_proofs_of_one_period(months: Months) -> None:
    error = refused(months, *months.files, months.short)
    assert isinstance(error, StreakBroken) and "2026-03 has two proofs" in error.message
    assert judged(months, months.short).accepted
    error = refused(months, months.files[0], months.files[0])
    assert isinstance(error, StreakBroken) and "2026-01 has two proofs" in error.message


def test_a_time_of_no_period(months: Months) -> None:
    early = proved(months.log, months.policy, at(1) - 12 * DAY)
    assert "is of no period of the calendar" in refused(months, early).message
    assert "in the future" in refused(months, *months.files, clock=at(2)).message
    due = parse_policy(text(CALENDAR + 'due = "9 days"\n').encode())
    late = proved(months.log, due, at(2, 10))
    assert "is of no period" in refused(months, late, policy=due).message
    soon = judged(months, proved(months.log, due, at(2, 5)), policy=due)
    assert soon.accepted and soon.periods[0].name == "2026-01"


@pytest.fixture(scope="module")
def fork(months: Months, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The proof of February over another second segment, under the same key."""
    folder = tmp_path_factory.mktemp("fork")
    shutil.copy(months.folder / "log.key", folder / "log.key")
    create_log(folder / "log", schemas.compute, keys.load_private(folder / "log.key"))
    kit.seal(folder, "log", kit.rows())
    log = kit.seal(folder, "log", kit.rows(5))
    (folder / "2026-02.zkp").write_bytes(proved(log, months.policy, at(2)))
    return folder / "2026-02.zkp"


def test_a_checkpoint_that_does_not_extend(months: Months, fork: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert judged(months, fork).accepted  # by itself it is good
    error = refused(months, months.files[0], fork, months.files[2])
    assert isinstance(error, LogEvidence) and error.document and "evidence in" not in error.message
    forgets = lambda path, shown, *more: [Standing(True, False) for _ in shown]  # noqa: E731
    monkeypatch.setattr("zkcompliance.log.standing.hold", forgets)
    assert judged(months, months.files[0], fork, months.files[2]).accepted  # what the memory is there for


def test_a_checkpoint_that_goes_back(months: Months, monkeypatch: pytest.MonkeyPatch) -> None:
    """What February's proof counted is left out of March's; without a memory, the order of checkpoints tells."""
    full = proved(months.log, months.policy, at(2, 20))  # over three segments
    error = refused(months, months.files[0], full, months.short)
    assert isinstance(error, LogEvidence)
    forgets = lambda path, shown, *more: [Standing(True, False) for _ in shown]  # noqa: E731
    monkeypatch.setattr("zkcompliance.log.standing.hold", forgets)
    error = refused(months, months.files[0], full, months.short)
    assert isinstance(error, StreakBroken) and "is older than that of 2026-02" in error.message
    monkeypatch.setattr(streaks, "check_goes_on", lambda *_: None)
    assert judged(months, months.files[0], full, months.short).accepted


def test_another_version_of_the_policy_in_between(months: Months) -> None:
    other = parse_policy(text().replace("version = 1\n", "version = 2\n", 1).encode())
    changed = proved(months.log, other, at(2))
    found = judged(months, months.files[0], changed, months.files[2])
    assert not found.accepted and found.held[1].error is not None and found.held[1].error.code == "statement-mismatch"
    assert [each.accepted for each in found.held] == [True, False, True]


def test_another_key(months: Months, tmp_path: Path) -> None:
    log = kit.make_log(tmp_path, "log", "lab.example/c", kit.rows(), kit.rows())
    found = judged(months, months.files[0], proved(log, months.policy, at(2)), months.files[2])
    assert isinstance(found.held[1].error, SignatureRejected) and not found.accepted


def test_another_model(months: Months) -> None:
    other = proved(months.log, months.policy, at(4), model=replace(kit.MODEL, name="base-2"))
    error = refused(months, *months.files, other)
    assert isinstance(error, StreakBroken) and "is about base-1, that of 2026-04 is about base-2" in error.message
    asked = refused(months, *months.files, subject=replace(kit.MODEL, name="base-2"))
    assert asked.code == "statement-mismatch"


def test_nothing_sealed_in_between_is_said(months: Months) -> None:
    found = judged(months, *months.files, proved(months.log, months.policy, at(4)))
    assert found.accepted and streak_words.still(found) == [
        "lab.example/c: nothing was sealed between the proof before and that of 2026-04"
    ]


@pytest.mark.parametrize(
    "asked", [{"state": "seen"}, {"at": "2026-01-01"}, {"context": "x"}, {"rehearsal": True}, {"new_keys": ("c",)}]
)
def test_what_is_of_one_proof_alone(months: Months, asked: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="judged as of the time that it states"):
        judged(months, *months.files, **asked)  # type: ignore[arg-type]


def test_usage(months: Months, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no calendar"):
        judged(months, *months.files, policy=kit.policy())
    with pytest.raises(UsageError, match="1 to 600"):
        judged(months)
    with pytest.raises(UsageError, match="of one policy"):
        judged(months, *months.files, policy=None)
    with pytest.raises(UsageError, match="each file has its own"):
        streaks.judge(months.files, Request(policy=months.policy), clock=CLOCK, contexts=["one"])


def test_from_python(months: Months) -> None:
    asked = {"policy": months.policy, "log_keys": {"compute": months.key}}
    assert zk.streak(months.files, **asked).accepted
    with pytest.raises(StreakBroken, match="2026-02 has no proof"):
        zk.streak([months.files[0], months.files[2].read_bytes()], **asked)
