"""Each ready-made policy from files to a verdict; and for each what a plain reading of it forbids, which is refused.

Files of tools are those of tests/data, as their importers read them; registers, which no tool writes, are written here.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.kit.importing import raw
from tests.kit.story import DATA, DAY, HOUR, MODEL, Story, ago, values
from zkcompliance.policy import catalogue

SLURM = DATA / "slurm" / "sacct_steps_duplicates.psv"
FINE_TUNED = ("--from", "slurm", "--set", "phase=fine_tuning", "--set", f"model={MODEL}")
HELD_BACK = "nothing was proved"


def job(flop: str, phase: str = "pretraining", model: str = MODEL, **cells: object) -> dict[str, object]:
    """A month of a run."""
    row = {"start": "2026-01-05T00:00:00Z", "end": "2026-02-01T00:00:00Z", "run": "base-1", "method": "hardware"}
    return {**row, "phase": phase, "flop": flop, "model": model, **cells}


def test_eu_ai_act(tmp_path: Path) -> None:
    story = Story(tmp_path, "eu-ai-act")
    story.seal("compute", "compute", SLURM, *FINE_TUNED)
    story.rows("compute", "compute", [job("9e24"), job("1e24", "evaluation"), job("3e25", model="lab/other")])
    shown = values(story.accepted(), "below-presumption")
    assert shown["limit"] == "1e25 FLOP" and shown["before"] == "0 FLOP" and shown["rows that count"].startswith("13")
    assert shown["rows of other models"] == "1" and shown["last day"] == "2026-11-21"
    status, said = story.verify(subject="lab/base-2")
    assert status == 1 and "you asked about lab/base-2" in said["requirements"][0]["error"]["message"]


@pytest.mark.parametrize(
    ("rows", "params", "why"),
    [
        ([job("1.01e25")], (), "total below the limit"),
        ([job("1e22"), job("5.5e26", "failed")], (), "little in phases that do not count"),
        ([job("9e24"), job("2e24", model="")], (), "total below the limit"),
        ([job("9e24")], ("below-presumption.before=1e24",), "total below the limit"),
        ([job("3e25", model="lab/other")], (), "rows that count"),
        ([job("0")], (), "rows that count"),
    ],
    ids=["above", "called failed", "of no model", "weights from before", "of another model", "of nothing"],
)
def test_eu_ai_act_is_not_dodged(
    tmp_path: Path, rows: list[dict[str, object]], params: tuple[str, ...], why: str
) -> None:
    story = Story(tmp_path, "eu-ai-act")
    story.rows("compute", "compute", rows)
    said = story.not_proved(*params)
    assert HELD_BACK in said and why in said


def test_eu_gpai(tmp_path: Path) -> None:
    """The Trainer's count by architecture, and the same run by hardware as an invoice has it."""
    story = Story(tmp_path, "eu-gpai")
    trained = (
        "--from", "hf-trainer", "--set", "run=tuned", "--set", "phase=fine_tuning", "--set", f"model={MODEL}",
        "--set", "start=2026-01-05T00:00:00Z",
    )  # fmt: skip
    story.seal("compute", "compute", DATA / "hf-trainer" / "trainer_state.json", *trained)
    story.seal("estimates", "compute", DATA / "hf-trainer" / "trainer_state.json", *trained)
    story.rows("estimates", "compute", [job("230000000000", "fine_tuning", run="tuned")])
    said = story.accepted()
    assert values(said, "estimates-agree")["runs compared"].startswith("1")


def test_a_decoys_rows_under_the_models_name_are_said_to_be_possible(tmp_path: Path) -> None:
    """Rows have names of models and no digests: that they are of the files that were released is the lab's word."""
    story = Story(tmp_path, "eu-ai-act")
    story.rows("compute", "compute", [job("1")])
    (found, *_) = story.accepted()["requirements"]
    assert any(f"about the files of {MODEL}" in line for line in found["not_proven"])
    assert values({"requirements": [found]}, "below-presumption")["rows that count"] == "1"


def test_eu_gpai_shows_rows_that_are_not_compared(tmp_path: Path) -> None:
    """A run of 1 FLOP both ways, and all else measured: rows that count are those that are compared."""
    story = Story(tmp_path, "eu-gpai")
    story.rows("compute", "compute", [job("9e22")])
    both = [job("1", run="r"), job("1", run="r", method="architecture")]
    story.rows(
        "estimates", "compute", [*both, *[job(flop, run="r", method="measured") for flop in ("1e22", "2e22", "3e22")]]
    )
    shown = values(story.accepted(), "estimates-agree")
    assert shown["rows that count"] == "2" and shown["rows that were measured"] == "3"


def test_eu_gpai_is_not_dodged(tmp_path: Path) -> None:
    """Two runs, each stated one way, whose totals agree."""
    story = Story(tmp_path, "eu-gpai")
    story.rows("compute", "compute", [job("9e22")])
    story.rows("estimates", "compute", [job("9e22"), job("9e22", run="base-2", method="architecture")])
    assert "little in runs not stated both ways" in story.not_proved()


def incident(serial: int, category: str, aware: int, **cells: object) -> dict[str, object]:
    return {"serial": serial, "category": category, "occurred": aware - HOUR, "aware": aware, **cells}


def report(serial: int, at: int, authority: str, receipt: str, kind: str = "initial") -> dict[str, object]:
    return {"serial": serial, "at": at, "kind": kind, "authority": authority, "receipt": receipt}


def test_gpai_code_incidents(tmp_path: Path) -> None:
    """A breach of which the model's part was known only later, a death, one whose clock still runs."""
    story = Story(tmp_path, "gpai-code-incidents")
    story.rows("incidents", "incident", [
        incident(1, "cybersecurity", ago(30 * DAY), involved=ago(25 * DAY)),
        incident(2, "death", ago(20 * DAY), involved=ago(20 * DAY)),
        incident(3, "serious_harm", ago(3 * DAY), involved=ago(2 * DAY)),
        incident(4, "near_miss", ago(2 * DAY)),
    ])  # fmt: skip
    story.rows("reports", "incident_report", [
        report(1, ago(21 * DAY), "EU AI Office", "AIO-1"), report(2, ago(11 * DAY), "EU AI Office", "AIO-2"),
    ])  # fmt: skip
    said = story.accepted("initial-reports-in-time.unclear=14 days", subject=None)
    shown = values(said, "initial-reports-in-time")
    assert shown["incidents that count"].startswith("3") and shown["unclear"] == "2 weeks"
    assert shown["not reported yet, clock still running"].startswith("1")
    assert shown["incidents of other categories"] == "1"


@pytest.mark.parametrize(
    ("serial", "days", "why"),
    [(1, 29, "no report before the lab knew"), (2, 19, "every report is of an incident in the register")],
    ids=["a report from before it was known", "a report of an incident that the register has not"],
)
def test_gpai_code_incidents_is_not_dodged_by_a_report(tmp_path: Path, serial: int, days: int, why: str) -> None:
    """A report that was filed in advance stands for one that is owed; an incident was reported and never registered."""
    story = Story(tmp_path, "gpai-code-incidents")
    story.rows("incidents", "incident", [incident(1, "death", ago(20 * DAY), occurred=ago(30 * DAY))])
    further = [report(1, ago(19 * DAY), "EU AI Office", "AIO-1")] if serial == 2 else []
    story.rows("reports", "incident_report", [*further, report(serial, ago(days * DAY), "EU AI Office", "AIO-2")])
    assert why in story.not_proved(subject=None)


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ((), "reported in time"),
        (("initial-reports-in-time.unclear=14 days",), "reported in time"),
        (("initial-reports-in-time.unclear=365 days",), "the policy asks for"),
        ((f"initial-reports-in-time.as_of={ago(17 * DAY)}",), "the policy asks for"),
    ],
    ids=["as it is", "involvement left open", "left open for a year", "judged before its clock ran out"],
)
def test_gpai_code_incidents_is_not_dodged(tmp_path: Path, params: tuple[str, ...], why: str) -> None:
    """A breach 20 days ago that was never reported, the lab's word on the model's part being withheld."""
    story = Story(tmp_path, "gpai-code-incidents")
    story.rows("incidents", "incident", [incident(1, "cybersecurity", ago(20 * DAY))])
    story.rows("reports", "incident_report", [])
    made = story.prove(*params, subject=None)
    assert made.exit_code in (1, 2) and why in made.stderr and not story.proof.exists()


def test_gpai_code_incidents_is_not_dodged_by_a_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lab's machine is set back to when the breach had no clock that ran out: the proof is too old by ours."""
    story = Story(tmp_path, "gpai-code-incidents")
    story.rows("incidents", "incident", [incident(1, "cybersecurity", ago(20 * DAY))])
    story.rows("reports", "incident_report", [])
    then = float(ago(16 * DAY))
    with monkeypatch.context() as lab:
        lab.setattr("time.time", lambda: then)
        made = story.prove(subject=None)
    assert made.exit_code == 0, made.output
    status, said = story.verify(subject=None)
    assert status == 1 and "stale" in json.dumps(said)


def test_sb_53(tmp_path: Path) -> None:
    story = Story(tmp_path, "sb-53")
    story.rows("incidents", "incident", [
        incident(1, "critical_safety", ago(40 * DAY)), incident(2, "imminent_danger", ago(30 * DAY)),
    ])  # fmt: skip
    story.rows("reports", "incident_report", [
        report(1, ago(26 * DAY), "Office of Emergency Services", "OES-1"),
        report(2, ago(30 * DAY) + 20 * HOUR, "public safety", "SHERIFF-7"),
        report(2, ago(20 * DAY), "Office of Emergency Services", "OES-2"),
    ])  # fmt: skip
    said = story.accepted(subject=None)
    assert values(said, "office-in-15-days")["incidents that count"].startswith("2")
    assert values(said, "danger-in-24-hours")["incidents that count"].startswith("1")


@pytest.mark.parametrize(
    ("reports", "requirement"),
    [
        ([report(1, ago(29 * DAY), "Office of Emergency Services", "OES-1")], "danger-in-24-hours"),
        ([report(1, ago(30 * DAY) + HOUR, "public safety", "SHERIFF-7")], "office-in-15-days"),
        ([report(1, ago(29 * DAY), "Office of Emergency Services", ""),
          report(1, ago(30 * DAY) + HOUR, "public safety", "SHERIFF-7")], "office-in-15-days"),
    ],
    ids=["to the office alone", "to the sheriff alone", "no receipt"],
)  # fmt: skip
def test_sb_53_is_not_dodged(tmp_path: Path, reports: list[dict[str, object]], requirement: str) -> None:
    story = Story(tmp_path, "sb-53")
    story.rows("incidents", "incident", [incident(1, "imminent_danger", ago(30 * DAY))])
    story.rows("reports", "incident_report", reports)
    said = story.not_proved(subject=None)
    assert f"{requirement}: " in said and "reported in time" in said


def test_raise_is_rehearsed(tmp_path: Path) -> None:
    """It binds from 2027 on: until then a lab can rehearse it, and nobody takes that for more."""
    story, first = Story(tmp_path, "raise"), ago(5 * DAY)
    story.rows("incidents", "incident", [incident(1, "imminent_danger", first)])
    story.rows("reports", "incident_report", [
        report(1, first + 70 * HOUR, "New York office", "DFS-1"), report(1, first + HOUR, "public safety", "NYPD-1"),
    ])  # fmt: skip
    made = story.prove(subject=None, more=("--rehearse", "2027-02-01"))
    assert made.exit_code == 0, made.output
    status, said = story.verify("--rehearsal", "--at", "2027-02-01", subject=None)
    assert status == 0 and said["rehearsal"] is True
    assert values(said, "office-in-72-hours")["incidents that count"].startswith("1")
    status, said = story.verify("--at", "2027-02-01", subject=None)
    assert status == 1 and all("rehearsal" in each["error"]["message"] for each in said["requirements"])


def test_raise_is_not_dodged(tmp_path: Path) -> None:
    """One receipt for two authorities' clocks."""
    story = Story(tmp_path, "raise")
    first = ago(5 * DAY)
    story.rows("incidents", "incident", [incident(1, "imminent_danger", first)])
    story.rows("reports", "incident_report", [report(1, first + HOUR, "New York office", "DFS-1")])
    said = story.not_proved(subject=None, more=("--rehearse", "2027-02-01"))
    assert "danger-in-24-hours: " in said and "reported in time" in said


SUITE = "dangerous@1"
INSPECT = "mockllm/model"  # the model that the files of Inspect name
SEOUL = (
    "how-close.at_least=1%", "how-close.at_most=5%", "scores-under-threshold.limit=70%",
    "scores-under-threshold.items=10",
)  # fmt: skip


def plan(name: str) -> list[dict[str, object]]:
    """What a file of Inspect was going to grade, as somebody registered it before."""
    meant = json.loads((DATA / "inspect" / f"{name}.json").read_text())["eval"]
    (grader,) = [each["name"] for each in meant["scorers"]]
    row = {"suite": f"{meant['task']}@{meant['task_version']}", "model": meant["model"], "grader": grader}
    return [
        {**row, "item": item, "epoch": epoch, "at": "2026-11-01T00:00:00Z"}
        for epoch in range(1, meant["config"]["epochs"] + 1)
        for item in meant["dataset"]["sample_ids"]
    ]


def evaluated(story: Story, name: str, *more: dict[str, object]) -> None:
    """Compute, a registered list with `more` in it, and what Inspect graded."""
    story.rows("compute", "compute", [job("2.5e24", model=INSPECT)])
    story.rows("registered", "eval", [*plan(name), *more])
    story.seal("evals", "eval", DATA / "inspect" / f"{name}.json", "--from", "inspect")


def test_seoul(tmp_path: Path) -> None:
    story = Story(tmp_path, "seoul")
    evaluated(story, "arithmetic-match")
    story.seal("compute", "compute", SLURM, *FINE_TUNED[:-1], f"model={INSPECT}")
    said = story.accepted(*SEOUL, subject=INSPECT)
    assert values(said, "how-close")["total"].startswith("2.5e24 FLOP")
    assert values(said, "scores-under-threshold")["items that count"] == "10"


def test_seoul_on_a_log_with_retries(tmp_path: Path) -> None:
    """Samples that failed and were tried again: a row for each attempt, so that nothing is left out."""
    pytest.importorskip("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
    story, log = Story(tmp_path, "seoul"), DATA / "inspect-2" / "retry_ok.eval"
    story.rows("compute", "compute", [job("2.5e24", model=INSPECT)])
    graded = {(row["item"], row["epoch"]): row for row in raw("inspect", log, "eval")}
    columns = ("suite", "item", "epoch", "model", "grader")
    story.rows("registered", "eval", [
        {**{name: row[name] for name in columns}, "at": "2026-11-01T00:00:00Z"} for row in graded.values()
    ])  # fmt: skip
    story.seal("evals", "eval", log, "--from", "inspect")
    said = story.accepted(*SEOUL[:2], "scores-under-threshold.limit=80%", SEOUL[3], subject=INSPECT)
    assert values(said, "nothing-left-out")["samples graded"] == "20"


def test_seoul_is_not_dodged_by_leaving_out(tmp_path: Path) -> None:
    """One item was registered, and its grade is not there."""
    story = Story(tmp_path, "seoul")
    evaluated(story, "arithmetic-match", {**plan("arithmetic-match")[0], "item": "one that went badly"})
    said = story.not_proved(*SEOUL, subject=INSPECT)
    assert "nothing-left-out: " in said and "graded exactly what was registered" in said


def test_seoul_is_not_dodged_by_trying_again(tmp_path: Path) -> None:
    """Each item was right once, and was then tried until the mean of all tries is under the threshold."""
    story = Story(tmp_path, "seoul")
    story.rows("compute", "compute", [job("2.5e24")])
    items = [{"suite": "dangerous@1", "item": f"i{number}", "model": MODEL} for number in range(10)]
    story.rows("registered", "eval", [{**item, "at": "2026-11-01T00:00:00Z"} for item in items])
    story.rows("evals", "eval", [
        {**item, "at": ago(DAY) + 60 * attempt, "attempt": attempt, "score": "100%" if attempt == 1 else "0%"}
        for item in items for attempt in range(1, 6)
    ])  # fmt: skip
    said = story.not_proved(*SEOUL[:2], "scores-under-threshold.limit=90%", SEOUL[3])
    assert "scores-under-threshold: " in said and "each group's mean at or under the limit" in said


def test_seoul_is_not_dodged_by_a_list_that_is_written_while_it_is_graded(tmp_path: Path) -> None:
    """Each row of the list has the time of a grade: the list is of what went well."""
    story = Story(tmp_path, "seoul")
    story.rows("compute", "compute", [job("2.5e24")])
    items = [{"suite": SUITE, "item": f"i{number}", "model": MODEL, "at": ago(DAY)} for number in range(10)]
    story.rows("registered", "eval", items)
    story.rows("evals", "eval", [{**item, "score": "10%"} for item in items])
    said = story.not_proved(*SEOUL)
    assert "nothing-left-out: " in said and "registered, by stated times, before anything was graded" in said


def test_us_frontier_threshold(tmp_path: Path) -> None:
    story = Story(tmp_path, "us-frontier-threshold")
    dcgm = DATA / "dcgm" / "query_range_DCGM_FI_PROF_PIPE_TENSOR_ACTIVE.json"
    story.seal("compute", "compute", dcgm, "--from", "dcgm", "--set", f"model={MODEL}", "--set", "gaps=full")
    story.rows("compute", "compute", [job("9.9e25")])
    said = story.accepted("below-frontier.before=1e22")
    assert values(said, "below-frontier")["before"] == "1e22 FLOP"


def test_us_frontier_threshold_is_not_dodged(tmp_path: Path) -> None:
    """A preceding model of one's own, further trained: what it had cost is stated, and is too much together."""
    story = Story(tmp_path, "us-frontier-threshold")
    story.rows("compute", "compute", [job("5e25"), job("1e25", "reinforcement")])
    assert "total below the limit" in story.not_proved("below-frontier.before=4e25")


def test_eu_modifier(tmp_path: Path) -> None:
    """Two models were made from one, whose provider states its compute; a third from one that nobody states."""
    story = Story(tmp_path, "eu-modifier")
    story.rows("compute", "compute", [
        job("1.6e23", "fine_tuning"), job("7e22", "reinforcement", model="lab/next"),
        job("3e22", "fine_tuning", model="lab/small"), job("2e21", "evaluation"),
    ])  # fmt: skip
    story.rows("models", "model", [
        {"model": MODEL, "base_model": "open/llm-8b"}, {"model": "lab/next", "base_model": "open/llm-8b"},
        {"model": "lab/small", "base_model": "other/llm-3b"},
    ])  # fmt: skip
    story.rows("originals", "compute", [job("7.2e23", model="open/llm-8b")])
    shown = values(story.accepted("under-a-third.listed="), "under-a-third")
    assert shown["originals of which nobody states the compute"] == "1" and shown["rows that count"] == "1"


@pytest.mark.parametrize(
    ("base", "flop", "why"),
    [
        ("open/llm-8b", "1.3e23", "under a third of the original"),
        (MODEL, "1e22", "no modification of a modification"),
        ("", "1e22", "rows of models that are none"),
    ],
    ids=["a chain that names the original", "a chain", "called one's own"],
)
def test_eu_modifier_is_not_dodged(tmp_path: Path, base: str, flop: str, why: str) -> None:
    story = Story(tmp_path, "eu-modifier")
    story.rows("compute", "compute", [job("1.2e23", "fine_tuning"), job(flop, "fine_tuning", model="lab/next")])
    story.rows("models", "model", [
        {"model": MODEL, "base_model": "open/llm-8b"}, {"model": "lab/next", "base_model": base},
    ])  # fmt: skip
    story.rows("originals", "compute", [job("7.2e23", model="open/llm-8b")])
    assert why in story.not_proved("under-a-third.listed=")


def crossed(story: Story, day: int, told: int) -> None:
    """A run that reached 10^25 FLOP so many days ago, and of which the authority was told so many days later."""
    begin = ago(day * DAY)
    story.rows("compute", "compute", [
        job("4e24", start=begin - (2 - n) * DAY, end=begin - (1 - n) * DAY) for n in range(3)
    ])  # fmt: skip
    story.rows("models", "model", [{"model": MODEL}])
    story.rows("events", "event", [
        {"serial": 1, "at": begin, "kind": "crossing", "model": MODEL, "cumulative_flop": "1.2e25"},
        {"serial": 2, "at": begin + told * DAY, "kind": "notify_authority", "model": MODEL, "subject": 1},
    ])  # fmt: skip


def test_eu_article_52(tmp_path: Path) -> None:
    story = Story(tmp_path, "eu-article-52")
    crossed(story, 40, 13)
    shown = values(story.accepted("notified-within-two-weeks.clock=14 days", subject=None), "notified-within-two-weeks")
    assert shown["models that reached it"] == "1" and shown["not notified yet, clock still running"] == "0"


def test_eu_article_52_is_not_dodged(tmp_path: Path) -> None:
    """The notice came after 15 days."""
    story = Story(tmp_path, "eu-article-52")
    crossed(story, 40, 15)
    said = story.not_proved("notified-within-two-weeks.clock=14 days", subject=None)
    assert "notified in time of what was reached" in said


def slowed(story: Story, idle: str = "inference") -> None:
    """Two accelerators since October: a job, a pause of the whole lab, and then no training any more."""
    here = {"kind": "h100_sxm", "peak": "989e12", "owner": "lab", "site": "north", "from": "2026-09-01T00:00:00Z"}
    story.rows("registry", "chip", [{"chip": f"c{chip}", **here} for chip in range(2)])
    times = ("2026-10-01T00:00:00Z", "2026-10-15T00:00:00Z")
    story.rows("bookings", "booking", [
        row for chip in range(2) for row in (
            {"chip": f"c{chip}", "start": times[0], "end": times[1], "kind": "job", "run": "base-1"},
            {"chip": f"c{chip}", "start": times[1], "end": ago(HOUR // 2), "kind": idle},
        )
    ])  # fmt: skip
    story.rows("compute", "compute", [job("1e21", start=times[0], end=times[1])])
    story.rows("events", "event", [{"serial": 1, "at": times[1], "kind": "pause"}])


SLOWED = (
    "capped-in-every-window.cap=1e24", "capped-in-every-window.window=30 days", "pauses-kept.stop=1 hours",
    "no-dark-compute.dark=24 hours", "no-dark-compute.total=99%", "no-dark-compute.idle=50%",
    "no-dark-compute.yielded=10%",
)  # fmt: skip


def test_slowdown(tmp_path: Path) -> None:
    story = Story(tmp_path, "slowdown")
    slowed(story)
    shown = values(story.accepted(*SLOWED, subject=None), "no-dark-compute")
    assert shown["chip-hours, job"].startswith("670") and shown["accelerators registered"] == "2"


@pytest.mark.parametrize(
    ("compute", "why"),
    [
        (job("1e23", run="base-2"), "no FLOP that no booking could do"),
        (
            job("1e20", start="2026-10-16T00:00:00Z", end="2026-10-17T00:00:00Z"),
            "no start while the whole lab is paused",
        ),
        (job("1.01e24", start="2026-09-20T00:00:00Z", end="2026-09-21T00:00:00Z"), "no window over the cap"),
    ],
    ids=["on accelerators that nobody registered", "in the pause", "just before"],
)
def test_slowdown_is_not_dodged(tmp_path: Path, compute: dict[str, object], why: str) -> None:
    story = Story(tmp_path, "slowdown")
    slowed(story)
    story.rows("compute", "compute", [compute])
    assert why in story.not_proved(*SLOWED, subject=None)


def test_slowdown_is_not_dodged_by_idle_accelerators(tmp_path: Path) -> None:
    story = Story(tmp_path, "slowdown")
    slowed(story, "idle")
    assert "not too much idle" in story.not_proved(*SLOWED, subject=None)


def trained_and_evaluated(
    story: Story, *, days: tuple[float, ...], items: int = 20, flop: tuple[str, ...] | None = None
) -> None:
    """Compute of a real log and a run, an evaluation on each of these days before now, chips that are registered.

    flop: what each evaluation states that was spent until then; 9e24 where it is left out.
    """
    log = DATA / "nanogpt" / "2025-05-09_head.txt"
    story.seal("compute", "compute", log, "--from", "nanogpt", "--set", "incomplete=yes")
    story.rows("compute", "compute", [job("9e24")])
    story.rows("events", "event", [
        {"serial": number, "at": ago(int(day * DAY)), "kind": "eval", "model": MODEL, "cumulative_flop": spent}
        for number, (day, spent) in enumerate(zip(days, flop or ("9e24",) * len(days), strict=True), 1)
    ])  # fmt: skip
    story.rows("evals", "eval", [
        {"suite": SUITE, "item": f"i{item}", "model": MODEL, "score": "10%", "at": ago(int(day * DAY)), "epoch": number}
        for number, day in enumerate(days, 1) for item in range(items)
    ])  # fmt: skip
    booked = {"start": "2026-01-05T00:00:00Z", "end": "2026-02-01T00:00:00Z", "run": "base-1", "kind": "job"}
    story.rows("used", "booking", [{"chip": f"c{chip}", **booked} for chip in range(4)])
    here = {"kind": "h100_sxm", "owner": "lab", "site": "north", "from": "2025-12-01T00:00:00Z"}
    story.rows("registry", "chip", [{"chip": f"c{chip}", **here} for chip in range(5)])


TREATY = (
    "below-threshold.limit=1e25", "evaluated-at-a-cadence.since=2025-05-01", f"evaluated-at-a-cadence.suites={SUITE}",
    "evaluated-at-a-cadence.items=20", "evaluated-at-a-cadence.flop_before=9e24", "chips-registered.cap=100",
    "chips-registered.since=2026-01-01",
)  # fmt: skip
OFTEN = (450, 300, 150, 10)


def test_conditional_treaty(tmp_path: Path) -> None:
    story = Story(tmp_path, "conditional-treaty")
    trained_and_evaluated(story, days=OFTEN)
    said = story.accepted(*TREATY)
    assert values(said, "evaluated-at-a-cadence")["evaluations that count"].startswith("4")


@pytest.mark.parametrize(
    ("days", "items", "why"), [((450, 300, 10), 20, "no gap between evaluations"), (OFTEN, 19, "last evaluation")]
)
def test_conditional_treaty_is_not_dodged(tmp_path: Path, days: tuple[int, ...], items: int, why: str) -> None:
    """An evaluation was left out; or events say that there were some, and too few items were graded on those days."""
    story = Story(tmp_path, "conditional-treaty")
    trained_and_evaluated(story, days=days, items=items)
    said = story.not_proved(*TREATY)
    assert "evaluated-at-a-cadence: " in said and (why in said or "no gap between evaluations" in said)


@pytest.mark.parametrize(
    ("chip", "why"),
    [("c9", "every booking within its chip's registration"), ("c1", "no chip in two bookings at once")],
    ids=["never registered", "booked twice for the same hours"],
)
def test_conditional_treaty_is_not_dodged_by_a_chip(tmp_path: Path, chip: str, why: str) -> None:
    story = Story(tmp_path, "conditional-treaty")
    trained_and_evaluated(story, days=OFTEN)
    booked = {"start": "2026-01-05T00:00:00Z", "end": "2026-01-06T00:00:00Z", "run": "base-2", "kind": "job"}
    story.rows("used", "booking", [{"chip": chip, **booked}])
    said = story.not_proved(*TREATY)
    assert "chips-registered: " in said and why in said


@pytest.mark.parametrize(
    ("days", "flop", "why"),
    [
        ((450, 300, 150, 10, 10, 10), ("9e24", "9e24", "9e24", "3e25", "1.2e26", "4.8e26"), "no jump in compute"),
        ((450, 300, 150, 10, -0.5), ("9e24",) * 5, "no event after the period"),
    ],
    ids=["walked up in a day", "an evaluation that is still to come"],
)
def test_conditional_treaty_is_not_dodged_by_an_evaluation(
    tmp_path: Path, days: tuple[float, ...], flop: tuple[str, ...], why: str
) -> None:
    """Compute had grown fifty times since the last evaluation: one day has three, each four times the one before."""
    story = Story(tmp_path, "conditional-treaty")
    trained_and_evaluated(story, days=days, flop=flop)
    said = story.not_proved(*TREATY)
    assert "evaluated-at-a-cadence: " in said and why in said


KEPT = DATA / "claims"  # logs as a lab keeps them, of this model
SEVENTH = "lab/base-7"


def kept(name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (KEPT / f"{name}.jsonl").read_text().splitlines()]


def mined(**cells: object) -> dict[str, object]:
    """A source under the exception for text and data mining, of which nothing is reserved."""
    row = {"digest": "crawl-2026-02", "licence": "tdm_exception", "tokens": "9e10", "region": "fr", "opted_out": "0%"}
    return {**row, "synthetic": False, "public": True, "provenance": "known", "model": SEVENTH, **cells}


def test_eu_data(tmp_path: Path) -> None:
    story = Story(tmp_path, "eu-data")
    story.rows("datasets", "dataset", [*kept("data-licensed-datasets"), mined(), mined(licence="gpl", model="other")])
    said = story.accepted(subject=SEVENTH)
    assert values(said, "reservations-honoured")["sources without a permission"] == "1"
    assert values(said, "sources-by-right")["sources of other models"] == "1"


@pytest.mark.parametrize(
    ("cells", "requirement", "why"),
    [
        ({"opted_out": "1%"}, "reservations-honoured", "nothing reserved was used"),
        ({"opted_out": ""}, "reservations-honoured", "of every source somebody looked"),
        ({"licence": "crawled"}, "sources-by-right", "every source under a licence that will do"),
        ({"provenance": "partly", "model": ""}, "sources-by-right", "enough of known origin"),
    ],
    ids=["reserved", "nobody looked", "crawled", "from anywhere, of no model"],
)
def test_eu_data_is_not_dodged(tmp_path: Path, cells: dict[str, object], requirement: str, why: str) -> None:
    story = Story(tmp_path, "eu-data")
    story.rows("datasets", "dataset", [*kept("data-licensed-datasets"), mined(**cells)])
    said = story.not_proved(subject=SEVENTH)
    assert f"{requirement}: " in said and why in said


def test_cloud_kyc(tmp_path: Path) -> None:
    story = Story(tmp_path, "cloud-kyc")
    story.seal("compute", "compute", KEPT / "customers-verified-compute.jsonl")
    story.seal("customers", "customer", KEPT / "customers-verified-customers.jsonl")
    shown = values(story.accepted(subject=None), "verified-when-supplied")
    assert shown["jobs that count"].startswith("4") and shown["periods of verified customers"].startswith("3")


@pytest.mark.parametrize(
    ("customer", "flop", "why"),
    [
        ("Newcomer", "9e21", "every job for a verified customer"),
        ("", "9e21", "little for nobody in particular"),
        ("", "0", "jobs that name no customer"),
    ],
    ids=["verified after it was supplied", "nobody in particular", "nobody in particular, of 0 FLOP"],
)
def test_cloud_kyc_is_not_dodged(tmp_path: Path, customer: str, flop: str, why: str) -> None:
    """A job of an hour, and a customer who was verified on the day after it."""
    story, (job_, *_), (*_, row) = (
        Story(tmp_path, "cloud-kyc"),
        *map(kept, ("customers-verified-compute", "customers-verified-customers")),
    )
    story.rows(
        "compute", "compute", [job_, {**job_, "end": "2026-02-03T01:00:00Z", "customer": customer, "flop": flop}]
    )
    known = kept("customers-verified-customers")
    story.rows(
        "customers", "customer", [*known, {**row, "customer": "Newcomer", "period_from": "2026-02-04T00:00:00Z"}]
    )
    assert why in story.not_proved(subject=None)


def test_korea(tmp_path: Path) -> None:
    story = Story(tmp_path, "korea")
    story.rows("compute", "compute", [job("9.9e25"), job("3e24", "failed")])
    assert values(story.accepted(), "below-the-decree")["rows that count"].startswith("1")


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([job("6e25"), job("4e25", "fine_tuning")], "total below the limit"),
        ([job("6e25"), job("4e25", "other")], "little in phases that do not count"),
    ],
    ids=["exactly 10^26", "called something else"],
)
def test_korea_is_not_dodged(tmp_path: Path, rows: list[dict[str, object]], why: str) -> None:
    story = Story(tmp_path, "korea")
    story.rows("compute", "compute", rows)
    assert why in story.not_proved()


COMPLETE = ("below-a-ceiling.limit=1e25", "chips-registered.cap=100", "chips-registered.since=2026-01-01")


def overseen(story: Story, audits: list[dict[str, object]], *events: dict[str, object]) -> None:
    """A week of training under these audits, on chips that are registered, beside a register of these events."""
    story.rows("events", "event", events)
    story.seal("compute", "compute", KEPT / "audits-current-compute.jsonl")
    story.rows("audits", "audit", audits)
    booked = {"start": "2026-03-01T00:00:00Z", "end": "2026-03-08T00:00:00Z", "run": "base-7/a", "kind": "job"}
    story.rows("used", "booking", [{"chip": f"c{chip}", **booked} for chip in range(4)])
    here = {"kind": "h100_sxm", "owner": "lab", "site": "north", "from": "2025-12-01T00:00:00Z"}
    story.rows("registry", "chip", [{"chip": f"c{chip}", **here} for chip in range(5)])


def test_treaty_complete(tmp_path: Path) -> None:
    story = Story(tmp_path, "treaty-complete")
    overseen(story, kept("audits-current-audits"))
    said = story.accepted(*COMPLETE, subject=SEVENTH)
    assert values(said, "audited-while-trained")["rows that count"].startswith("7")


def test_treaty_complete_is_not_dodged_by_a_pause(tmp_path: Path) -> None:
    """The whole lab was paused for two days of the week, and one model was said to go on."""
    story = Story(tmp_path, "treaty-complete")
    pause = {"serial": 1, "kind": "pause", "at": "2026-03-03T00:00:00Z"}
    resume = {"serial": 2, "kind": "resume", "at": "2026-03-03T06:00:00Z", "model": SEVENTH}
    overseen(
        story,
        kept("audits-current-audits"),
        pause,
        resume,
        {**pause, **resume, "serial": 3, "model": "", "at": "2026-03-05T00:00:00Z"},
    )
    said = story.not_proved(*COMPLETE, "pauses-kept.stop=1 hour", subject=SEVENTH)
    assert "pauses-kept: " in said and "no start while the whole lab is paused" in said


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"at": "2026-03-02T00:00:00Z"}, "model audited"),
        ({"accredited": "no"}, "model audited"),
        ({"valid_until": "2026-03-07T00:00:00Z"}, "model audited"),
    ],
    ids=["audited when it had begun", "by nobody accredited", "over before it ended"],
)
def test_treaty_complete_is_not_dodged(tmp_path: Path, changed: dict[str, object], why: str) -> None:
    story, audits = Story(tmp_path, "treaty-complete"), kept("audits-current-audits")
    overseen(story, [*audits[:-1], {**audits[-1], **changed}])
    said = story.not_proved(*COMPLETE, subject=SEVENTH)
    assert "audited-while-trained: " in said and why in said


OFFICE = "EU AI Office"


def serious(story: Story, *further: dict[str, object]) -> None:
    """A death that was known 100 days ago and resolved 40 days ago, its first report in time, and these."""
    story.rows("incidents", "incident", [
        incident(1, "death", ago(100 * DAY), involved=ago(100 * DAY), resolved=ago(40 * DAY)),
        incident(2, "near_miss", ago(3 * DAY)),
    ])  # fmt: skip
    story.rows("reports", "incident_report", [report(1, ago(95 * DAY), OFFICE, "AIO-1"), *further])


UPDATED = [report(1, ago(days * DAY), OFFICE, f"AIO-{days}", "intermediate") for days in (69, 45)]


def test_gpai_code_incidents_complete(tmp_path: Path) -> None:
    story = Story(tmp_path, "gpai-code-incidents-complete")
    serious(story, *UPDATED, report(1, ago(10 * DAY), OFFICE, "AIO-10", "final"))
    said = story.accepted("initial-reports-in-time.unclear=14 days", subject=None)
    shown = values(said, "updates-and-final-reports")
    assert shown["incidents that count"].startswith("1") and shown["no final report yet, clock still running"] == "0"


@pytest.mark.parametrize(
    ("reports", "why"),
    [
        (UPDATED[:1], "no gap between reports"),
        ([*UPDATED, report(1, ago(41 * DAY), OFFICE, "AIO-41", "final")], "no final report before its incident"),
    ],
    ids=["an update is left out", "called final before its end"],
)
def test_gpai_code_incidents_complete_is_not_dodged(tmp_path: Path, reports: list[dict[str, object]], why: str) -> None:
    story = Story(tmp_path, "gpai-code-incidents-complete")
    serious(story, *reports, report(1, ago(10 * DAY), OFFICE, "AIO-10", "final"))
    said = story.not_proved("initial-reports-in-time.unclear=14 days", subject=None)
    assert "updates-and-final-reports: " in said and why in said


def register(story: Story, *events: tuple[int, str, dict[str, object]]) -> None:
    """Events so many days ago, in this order, of their kinds."""
    story.rows("events", "event", [
        {"serial": serial, "at": ago(days * DAY), "kind": kind, **more}
        for serial, (days, kind, more) in enumerate(events, 1)
    ])  # fmt: skip


OURS: dict[str, object] = {"model": MODEL}


def test_gpai_code_recurrence(tmp_path: Path) -> None:
    story = Story(tmp_path, "gpai-code-recurrence")
    register(
        story, (210, "framework", {}), (200, "report", OURS), (200, "deploy", OURS), (30, "report", OURS),
    )  # fmt: skip
    said = story.accepted()
    assert values(said, "model-report-every-six-months")["events that count"].startswith("2")
    assert values(said, "framework-every-12-months")["events that count"].startswith("1")


@pytest.mark.parametrize(
    ("events", "requirement"),
    [
        (((200, "report", OURS), (200, "deploy", OURS), (30, "report", OURS)), "framework-every-12-months"),
        (((210, "framework", {}), (200, "deploy", OURS), (30, "report", OURS)), "model-report-every-six-months"),
        (
            ((210, "framework", {}), (200, "report", OURS), (200, "deploy", OURS), (30, "report", {"model": "lab/x"})),
            "model-report-every-six-months",
        ),
    ],
    ids=["no framework", "deployed without a report", "the update is of another model"],
)
def test_gpai_code_recurrence_is_not_dodged(
    tmp_path: Path, events: tuple[tuple[int, str, dict[str, object]], ...], requirement: str
) -> None:
    story = Story(tmp_path, "gpai-code-recurrence")
    register(story, *events)
    assert f"{requirement}: " in story.not_proved()


FRAMEWORK, CHANGED = (300, "framework", {}), (100, "policy_change", {})
SUMMED = [(200, "summary", {}), (110, "summary", {}), (20, "summary", {})]


def test_sb_53_recurrence(tmp_path: Path) -> None:
    story = Story(tmp_path, "sb-53-recurrence")
    register(story, FRAMEWORK, CHANGED, (71, "publish", {"subject": 2}), *SUMMED)
    said = story.accepted(subject=None)
    assert values(said, "summaries-every-three-months")["events that count"].startswith("3")
    assert values(said, "modifications-in-30-days")["events that count"].startswith("1")


@pytest.mark.parametrize(
    ("events", "requirement"),
    [
        ((*SUMMED, CHANGED, (99, "publish", {"subject": 4})), "framework-every-year"),
        ((FRAMEWORK, *SUMMED, CHANGED, (99, "publish", {})), "modifications-in-30-days"),
        ((FRAMEWORK, *SUMMED[:2]), "summaries-every-three-months"),
    ],
    ids=["no framework", "published without saying what", "a summary is left out"],
)
def test_sb_53_recurrence_is_not_dodged(
    tmp_path: Path, events: tuple[tuple[int, str, dict[str, object]], ...], requirement: str
) -> None:
    story = Story(tmp_path, "sb-53-recurrence")
    register(story, *events)
    assert f"{requirement}: " in story.not_proved(subject=None)


SOON = ("--rehearse", "2027-02-01")


def test_raise_recurrence_is_rehearsed(tmp_path: Path) -> None:
    story = Story(tmp_path, "raise-recurrence")
    register(story, (5, "framework", {}), (5, "summary", {}), (4, "policy_change", {}), (3, "publish", {"subject": 3}))
    made = story.prove(subject=None, more=SOON)
    assert made.exit_code == 0, made.output
    status, said = story.verify("--rehearsal", "--at", "2027-02-01", subject=None)
    assert status == 0 and said["rehearsal"] is True


def test_raise_recurrence_is_not_dodged(tmp_path: Path) -> None:
    """A summary on one model is none of what all models could do."""
    story = Story(tmp_path, "raise-recurrence")
    register(story, (5, "framework", {}), (5, "summary", OURS))
    assert "summaries-every-three-months: " in story.not_proved(subject=None, more=SOON)


AUTHORITY = "market surveillance authority"
BINDING = ("--rehearse", "2027-12-05")


def test_ai_act_73_is_rehearsed(tmp_path: Path) -> None:
    """It is this file's from December 2027 on, when systems of Annex III are high-risk ones."""
    story = Story(tmp_path, "ai-act-73")
    story.rows("incidents", "incident", [
        incident(1, "critical_infrastructure", ago(30 * DAY)), incident(2, "death", ago(20 * DAY)),
    ])  # fmt: skip
    story.rows("reports", "incident_report", [
        report(1, ago(29 * DAY), AUTHORITY, "BNetzA-1"), report(2, ago(11 * DAY), AUTHORITY, "BNetzA-2"),
    ])  # fmt: skip
    made = story.prove(subject=None, more=BINDING)
    assert made.exit_code == 0, made.output
    status, said = story.verify("--rehearsal", "--at", "2027-12-05", subject=None)
    assert status == 0 and values(said, "reports-in-time")["incidents that count"].startswith("2")


def test_ai_act_73_is_not_dodged(tmp_path: Path) -> None:
    """A disruption of critical infrastructure has two days, and not the fifteen of other serious incidents."""
    story = Story(tmp_path, "ai-act-73")
    story.rows("incidents", "incident", [incident(1, "critical_infrastructure", ago(30 * DAY))])
    story.rows("reports", "incident_report", [report(1, ago(28 * DAY) + HOUR, AUTHORITY, "BNetzA-1")])
    assert "reported in time" in story.not_proved(subject=None, more=BINDING)


@pytest.mark.parametrize("policy", catalogue.names())
def test_every_ready_made_policy_is_told(policy: str) -> None:
    """From files to a verdict, and what it forbids, as the names of the tests above have them."""
    name, there = policy.replace("-", "_"), [each for each in globals() if each.startswith("test_")]
    assert {f"test_{name}", f"test_{name}_is_rehearsed"} & set(there)
    assert any(each.startswith(f"test_{name}_is_not_dodged") for each in there)
