"""Rows that a claim passes over are not the rows that a policy asks for: a floor is under those that count."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.kit import policies as kit
from tests.kit.policies import MODEL, NOW
from tests.kit.policy_texts import head, requirement
from zkcompliance.claim.card import card_of
from zkcompliance.claim.language import ComputeLog, Flop, Param, claim, counted, implausible, require
from zkcompliance.claim.provable import provable
from zkcompliance.errors import MalformedPolicy, ProofRefused, StatementMismatch
from zkcompliance.log.note import VerifierKey
from zkcompliance.policy.binding import Binding, ForPolicy
from zkcompliance.policy.judge import judge_policy
from zkcompliance.policy.load import parse_policy
from zkcompliance.policy.model import Bound, Policy
from zkcompliance.policy.verdict import Status, Verdict
from zkcompliance.prove.api import prove_claim
from zkcompliance.prove.policy import prove_policies


@claim("pretraining-below")
def pretraining_below(compute: ComputeLog, limit: Param[Flop]) -> None:
    """The pretraining of a compute log is below a limit."""
    jobs = compute.where(compute.phase == "pretraining")
    require("below", jobs.flop.sum() < limit)
    counted("jobs that count", jobs)


@claim("pretraining-below-uncounted")
def uncounted(compute: ComputeLog, limit: Param[Flop]) -> None:
    """The same, and nothing is told of how many rows count."""
    require("below", compute.where(compute.phase == "pretraining").flop.sum() < limit)


VACUOUS = (implausible("limit", "nobody spends so much", at_least="1e28"),)
CLAIM, UNCOUNTED = (replace(provable(each), vacuous=VACUOUS) for each in (pretraining_below, uncounted))
CARD, SILENT = card_of(CLAIM), card_of(UNCOUNTED)


def policy(*lines: str, log: str = "", logs: str = 'logs = { compute = "compute" }') -> Policy:
    """lines: of the requirement; log: lines of the log."""
    text = head("floors", "Rows that count", subject="required")
    text += f'[logs.compute]\nschema = "compute"\n{log}\n[logs.more]\nschema = "compute"\nrows = 1\n'
    asked = requirement(
        "below", "Pretraining is below the limit.", CARD.id, {"compute": "compute"}, 'params.limit = "1e22"', *lines,
        card=CARD.digest.hex(),
    )  # fmt: skip
    text += asked.replace('logs = { compute = "compute" }', logs)
    return parse_policy(text.encode(), {CARD.id: CARD}, frozenset({CARD.id}))


def test_rows_are_asked_of_what_counts() -> None:
    """A requirement's own number, that of its logs otherwise; a bound of one's own on what is revealed stays."""
    floor = {"jobs that count": Bound(low=5)}
    assert policy("rows = 5").requirements[0].reveals == floor
    assert policy("rows = { compute = 5 }", log="rows = 7").requirements[0].reveals == floor
    assert policy(log="rows = 5").requirements[0].reveals == floor
    assert policy("rows = { compute = 0 }", log="rows = 7").requirements[0].reveals == {}
    assert policy('reveals."jobs that count" = { at_least = 2 }', log="rows = 7").requirements[0].reveals == {
        "jobs that count": Bound(low=2)
    }
    assert policy('reveals."jobs that count" = { at_most = 9 }', log="rows = 7").requirements[0].reveals == {
        "jobs that count": Bound(low=7, high=9)
    }
    both = policy(log="rows = 5", logs='logs = { compute = ["compute", "more"] }')
    assert both.requirements[0].reveals == {"jobs that count": Bound(low=6)}


def test_what_cannot_be_asked_is_refused() -> None:
    for lines, log, why in (
        (["rows = 0"], "", r"below\.rows: is from 1 to "),
        (["rows = { others = 5 }"], "", r"rows\.others: of pretraining-below rows count of compute"),
        (["rows = 5", 'reveals."jobs that count" = { at_most = 9 }'], "", "say it once"),
        (['reveals."jobs that count" = { at_most = 6 }'], "rows = 7", "7 rows are asked for, which cannot be"),
    ):
        with pytest.raises(MalformedPolicy, match=why):
            policy(*lines, log=log)
    further = 'logs = { compute = { all = ["compute"], further = ["more"] } }'
    with pytest.raises(MalformedPolicy, match=r"rows: counts the rows of all logs that fill a slot"):
        policy("rows = 5", logs=further)
    assert policy(log="rows = 5", logs=further).requirements[0].reveals == {}
    with pytest.raises(MalformedPolicy, match=r"below\.rows: pretraining-below-uncounted does not tell how many rows"):
        silent("rows = 3")


def shown(folder: Path, rows: list[dict[str, object]], asked: Policy) -> tuple[Verdict, object]:
    """What a lab shows that does not ask its own tools whether the policy takes it; and its log."""
    log = kit.make_log(folder, "log", "lab.example/a", rows)
    bound = Binding(ForPolicy(asked.digest, asked.id, asked.version), MODEL, NOW).encode()
    proof = prove_claim(CLAIM, {"compute": log}, {"limit": 10**22}, head=bound, requirement="below")
    return judge_policy(proof, asked, now=NOW, keys={"compute": VerifierKey.parse(log.vkey)}), log


def silent(*lines: str) -> Policy:
    """Of a log of at least 3 rows, and the claim that does not tell how many count. lines: of its requirement."""
    asked = requirement(
        "below", "Pretraining is below the limit.", SILENT.id, {"compute": "compute"}, 'params.limit = "1e22"', *lines,
        card=SILENT.digest.hex(),
    )  # fmt: skip
    text = head("floors", "Rows that count", subject="required") + '[logs.compute]\nschema = "compute"\nrows = 3\n'
    return parse_policy((text + asked).encode(), {SILENT.id: SILENT}, frozenset({SILENT.id}))


def only(text: str) -> Policy:
    return parse_policy(text.encode(), {CARD.id: CARD}, frozenset({CARD.id}))


def test_a_log_full_of_rows_that_do_not_count(tmp_path: Path) -> None:
    text = policy("rows = 3").text.decode().replace('[logs.more]\nschema = "compute"\nrows = 1\n', "")
    asked = only(text)
    rows = [*kit.rows(1), *({**row, "phase": "evaluation"} for row in kit.rows(9))]
    verdict, log = shown(tmp_path, rows, asked)
    assert isinstance(verdict.findings[0].error, StatementMismatch)
    assert "jobs that count: the proof is about 1, not at least 3" in verdict.findings[0].error.message
    with pytest.raises(ProofRefused, match="would reveal jobs that count as something else than at least 3"):
        prove_policies(
            [asked],
            {"compute": log},
            binding=Binding(None, MODEL, NOW),
            own={CARD.id: CLAIM},  # type: ignore[dict-item]
        )


@pytest.mark.parametrize(("phase", "warned"), [("pretraining", False), ("evaluation", True)])
def test_only_rows_that_count_silence_the_warning(tmp_path: Path, phase: str, warned: bool) -> None:
    text = policy().text.decode().replace('[logs.more]\nschema = "compute"\nrows = 1\n', "")
    verdict, _ = shown(tmp_path, [{**row, "phase": phase} for row in kit.rows(9)], only(text))
    (found,) = verdict.findings
    assert found.status is Status.MET
    assert [log.counted for log in found.logs] == [0 if warned else 9]
    said = "IT MAY HOLD OF NOTHING: it may be that no row of compute counts, and then this might be met too"
    assert (said in found.warnings) is warned
    assert any("HOLD OF NOTHING" in each for each in found.warnings) is warned


def test_a_floor_of_the_log_alone_does_not_silence_it(tmp_path: Path) -> None:
    log = kit.make_log(tmp_path, "log", "lab.example/a", [{**row, "phase": "evaluation"} for row in kit.rows(9)])
    asked = silent()
    bundle = prove_policies(
        [asked],
        {"compute": log},
        binding=Binding(None, MODEL, NOW),
        own={SILENT.id: UNCOUNTED},  # type: ignore[dict-item]
    )
    verdict = judge_policy(bundle, asked, now=NOW, keys={"compute": VerifierKey.parse(log.vkey)})
    assert verdict.accepted
    below, floor = verdict.findings
    assert (
        "IT MAY HOLD OF NOTHING: compute has at least 3 rows, and how many of them count here is not shown: "
        "where none counts, this might be met too"
    ) in below.warnings
    assert not any("HOLD OF NOTHING" in each for each in floor.warnings)
