"""A second log in a slot that it helps: a policy says how many logs there are, and a verdict names each of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit import policies as kit
from tests.kit.policy_texts import head, requirement
from zkcompliance import schemas
from zkcompliance.errors import ClaimDoesNotHold, MalformedPolicy, UsageError
from zkcompliance.log import keys
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.policy.binding import Binding
from zkcompliance.policy.catalogue import load
from zkcompliance.policy.judge import judge_policy
from zkcompliance.policy.load import parse_policy
from zkcompliance.policy.model import Policy
from zkcompliance.policy.verdict import Verdict
from zkcompliance.prove.policy import prove_policies


def policy(log: str = "", claim: str = "eval-score-under") -> Policy:
    text = head("scores", "Scores under a limit", subject="none") + '[freshness]\nproof = "7 days"\n'
    text += f'[logs.evals]\nschema = "eval"\nrows = 3\n{log}\n'
    lines = ('params.limit = "50%"', "params.worst = false", "params.items = 2", 'params.unfinished = "0%"')
    return parse_policy((text + requirement("scores", "Said.", claim, {"evals": "evals"}, *lines)).encode())


def graded(folder: Path, name: str, score: str, count: int) -> SealedLog:
    """`count` items of one suite with one score."""
    keys.generate(folder / f"{name}.key", f"lab.example/{name}")
    key = keys.load_private(folder / f"{name}.key")
    create_log(folder / name, schemas.by_name("eval"), key)
    with Writer(folder / name, key) as writer:
        writer.seal([
            {"suite": "s@1", "item": f"{name}-{i}", "model": "m", "score": score, "at": kit.NOW - 60}
            for i in range(count)
        ])  # fmt: skip
    return SealedLog.open(folder / name)


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> list[SealedLog]:
    """What was graded, too high and too few items; and what a lab would add."""
    folder = tmp_path_factory.mktemp("graded")
    return [graded(folder, "real", "90%", 2), graded(folder, "padding", "1%", 8)]


def prove(asked: Policy, logs: list[SealedLog]) -> bytes:
    return prove_policies([asked], {"evals": logs}, {}, binding=Binding(None, None, kit.NOW))


def judge(made: bytes, asked: Policy, logs: list[SealedLog]) -> Verdict:
    given = {"evals": [VerifierKey.parse(log.vkey) for log in logs]}
    return judge_policy(made, asked, now=kit.NOW, keys=given)


def test_a_mean_and_a_floor_that_a_second_log_would_meet(logs: list[SealedLog]) -> None:
    """By itself the log meets neither. With both keys given it is met, and the verdict says which logs were."""
    with pytest.raises(ClaimDoesNotHold, match=r"2 faults: scores@1 scores: .*; scores@1 floor: evals: "):
        prove(policy(), logs[:1])
    made = prove(policy(), logs)
    verdict = judge(made, policy(), logs)
    assert verdict.accepted
    (scores, _) = verdict.findings
    assert sorted(log.origin for log in scores.logs) == ["lab.example/padding", "lab.example/real"]
    said = "SEVERAL LOGS fill evals, which are lab.example/padding and lab.example/real: more rows can make"
    assert scores.warnings[0].startswith(said) and "by the word of whoever named its key" in scores.warnings[0]
    assert not judge(made, policy(), logs[:1]).accepted


def test_one_log_alone(logs: list[SealedLog]) -> None:
    """Neither proved nor judged over two, and a proof that was made over two is refused where one is known."""
    one = policy("most = 1")
    for refused in (lambda: prove(one, logs), lambda: judge(prove(policy(), logs), one, logs)):
        with pytest.raises(UsageError, match="says that at most one log stands for evals, and 2 are given"):
            refused()
    with pytest.raises(ClaimDoesNotHold):
        prove(one, logs[:1])
    prove(policy("most = 2"), logs)


def test_registers_that_others_keep_are_one_log() -> None:
    assert load("seoul").logs["registered"].most == load("conditional-treaty").logs["registry"].most == 1


def test_more_rows_that_only_make_it_harder_are_no_help(tmp_path: Path) -> None:
    """Of a total below a limit nothing is said: a log that is added cannot lower it."""
    compute = [kit.make_log(tmp_path, name, f"lab.example/{name}", kit.rows()) for name in ("a", "b")]
    asked = kit.policy()
    binding = Binding(None, kit.MODEL, kit.NOW)
    made = prove_policies([asked], {"compute": compute}, {"below.limit": "1e20"}, binding=binding)
    given = {"compute": [VerifierKey.parse(log.vkey) for log in compute]}
    below = judge_policy(made, asked, now=kit.NOW, keys=given).findings[0]
    assert len(below.logs) == 2 and not any("SEVERAL LOGS" in text for text in below.warnings)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("most = 0", "is from 1 to 16"),
        ("most = 17", "is from 1 to 16"),
        ('most = "1"', "is an integer"),
        ("most = 1\nkeys = [KEY]", "this is one log, by logs.evals.keys"),
    ],
)
def test_what_is_refused(line: str, why: str, tmp_path: Path) -> None:
    keys.generate(tmp_path / "k", "lab.example/k")
    key = keys.load_private(tmp_path / "k").verifier.text
    with pytest.raises(MalformedPolicy, match=r"^logs\.evals\.most: ") as caught:
        policy(line.replace("KEY", f'"{key}"'))
    assert why in caught.value.message
