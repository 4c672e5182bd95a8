"""Logs of tools that grew: the increase is sealed, what is sealed is passed over, what was changed is refused."""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.kit.command_line import run
from tests.kit.importing import DATA
from zkcompliance.importers import archive
from zkcompliance.log import open_log
from zkcompliance.schemas import decode_rows


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert run("keygen", "lab.example/log", "-o", tmp_path / "key").exit_code == 0
    return tmp_path


def seal(folder: Path, *inputs: object, **settings: object) -> Any:
    """One seal of inputs; settings are options of the format, `form` its name."""
    form = settings.pop("form", "inspect")
    stated = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
    return run("seal", *inputs, "--from", form, *stated, "--log", folder / "log", "--key", folder / "key", "--json")


def sealed(result: Any) -> tuple[int, int]:
    """(rows that were sealed, rows that were passed over)."""
    assert result.exit_code == 0, result.stderr
    said = json.loads(result.stdout)
    return int(said["rows"]), int(said["passed_over"])


def rows(folder: Path) -> list[dict[str, Any]]:
    log = open_log(folder / "log")
    return [row for segment in log.segments for row in decode_rows(log.schema, segment.load_columns())]


def refused(result: Any, code: str, *words: str) -> None:
    assert result.exit_code == 2 and f"error[{code}]" in result.stderr, result.stderr
    text = " ".join(result.stderr.split())
    for word in words:
        assert word in text


# Inspect


pytest.importorskip("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
Change = Callable[[dict[str, Any], list[dict[str, Any]]], object]


def evaluation(folder: Path, name: str, count: int, change: Change = lambda head, samples: None) -> Path:
    """The first samples of a genuine log, as it was when it had so many: its own results are of those."""
    with (DATA / "inspect-2" / "retry_ok.eval").open("rb") as file:
        listed = archive.members(file)
        head = json.loads(archive.Member(file, listed["header.json"], "").whole())
        names = [each for each in listed if each.startswith("samples/")][:count]
        samples = [json.loads(archive.Member(file, listed[each], "").whole()) for each in names]
    change(head, samples)
    head["eval"]["config"]["epochs"] = 2
    (scored,) = head["results"]["scores"]
    head["results"] |= {"total_samples": len(samples), "completed_samples": len(samples)}
    values = {s["id"]: [t["scores"]["match"]["value"] == "C" for t in samples if t["id"] == s["id"]] for s in samples}
    scored["scored_samples"] = len(samples)
    scored["metrics"] = {"accuracy": {"name": "accuracy", "value": sum(sum(v) / len(v) for v in values.values())}}
    scored["metrics"]["accuracy"]["value"] /= len(values)
    with zipfile.ZipFile(folder / name, "w") as target:
        for number, sample in enumerate(samples):
            target.writestr(f"samples/{number}.json", json.dumps(sample))
        target.writestr("header.json", json.dumps(head))
    return folder / name


def grade(folder: Path, path: Path, *flags: str) -> Any:
    """Seal a log that may lack samples."""
    return seal(folder, path, *flags, incomplete="yes")


def test_an_evaluation_that_grew(folder: Path) -> None:
    """Samples, epochs and attempts: of 20 samples and their 11 failed attempts each is there once."""
    first = sealed(grade(folder, evaluation(folder, "monday.eval", 14)))
    again = grade(folder, evaluation(folder, "tuesday.eval", 20))
    assert "tuesday.eval: " in again.stderr and "sealed already, in the seal of segment 0" in again.stderr
    assert sealed(again) == (31 - first[0], first[0]) and len(rows(folder)) == 31
    attempts = {(row["item"], row["epoch"], row["attempt"]) for row in rows(folder)}
    assert len(attempts) == 31 and sum(row["score"] == 1_000_000 for row in rows(folder)) == 10
    refused(seal(folder, DATA / "inspect-2" / "retry_ok.eval"), "already-sealed")


def test_a_sample_that_was_changed_is_refused(folder: Path) -> None:
    assert grade(folder, evaluation(folder, "a.eval", 8)).exit_code == 0

    def other(head: dict[str, Any], samples: list[dict[str, Any]]) -> None:
        value = samples[2]["scores"]["match"]
        value["value"] = "I" if value["value"] == "C" else "C"

    changed = evaluation(folder, "b.eval", 12, other)
    refused(grade(folder, changed), "changed-since-sealed", "b.eval: sample 3 is there", "--again")
    assert len(open_log(folder / "log").segments) == 1
    assert grade(folder, changed, "--again").exit_code == 0  # the remedy


def test_another_evaluation_and_another_score_are_others(folder: Path) -> None:
    def other(head: dict[str, Any], samples: list[dict[str, Any]]) -> None:
        head["eval"]["eval_id"] = "another"

    assert sealed(grade(folder, evaluation(folder, "a.eval", 8)))[1] == 0
    assert sealed(grade(folder, evaluation(folder, "b.eval", 10, other)))[1] == 0
    for scorer in ("match", "frac"):
        assert sealed(seal(folder, DATA / "inspect-2" / "multi.eval", scorer=scorer)) == (6, 0)


def test_how_a_run_ended_is_not_its_samples(folder: Path) -> None:
    """Sealed while the run went on, and again when it had ended: its samples are the same."""

    def goes_on(head: dict[str, Any], samples: list[dict[str, Any]]) -> None:
        head["status"] = "started"

    first, _ = sealed(seal(folder, evaluation(folder, "a.eval", 14, goes_on), running="accept"))
    assert {row["status"] for row in rows(folder)} == {"success", "error"}
    assert sealed(grade(folder, evaluation(folder, "b.eval", 20))) == (31 - first, first)


def test_an_archive_that_is_being_written(folder: Path) -> None:
    """Its head is the journal's, without results: what has ended is sealed, and the rest when the run has."""
    path = evaluation(folder, "a.eval", 14)
    with zipfile.ZipFile(path) as whole:
        members = {name: whole.read(name) for name in whole.namelist()}
    head = json.loads(members.pop("header.json"))
    journal = {name: head[name] for name in ("version", "eval", "plan")}
    with zipfile.ZipFile(path, "w") as target:
        for name, data in {"_journal/start.json": json.dumps(journal), **members}.items():
            target.writestr(name, data)
    refused(seal(folder, path), "import", "or --set running=accept, if it goes on")
    first, _ = sealed(seal(folder, path, running="accept"))
    assert {row["status"] for row in rows(folder)} == {"success", "error"}
    assert sealed(seal(folder, evaluation(folder, "a.eval", 20))) == (31 - first, first)


# lm-evaluation-harness


LINES = (DATA / "lm-eval" / "samples_mini_gen.jsonl").read_text().splitlines()


def harness(folder: Path, count: int, *, lines: list[str] = LINES, date: float | None = None) -> dict[str, object]:
    """The first documents, and what the results file says of them."""
    place = folder / f"run-{count}-{date}"
    place.mkdir(exist_ok=True)
    (place / "samples_mini_gen.jsonl").write_text("\n".join([*lines[:count], ""]))
    stated = json.loads((DATA / "lm-eval" / "results.json").read_text())
    stated["n-samples"]["mini_gen"]["effective"] = count
    exact = [json.loads(line)["exact_match"] for line in lines[:count]]
    stated["results"]["mini_gen"]["exact_match,none"] = sum(exact) / count
    stated["date"] = date or stated["date"]
    (place / "results.json").write_text(json.dumps(stated))
    return {"path": place / "samples_mini_gen.jsonl", "results": place / "results.json"}


def seal_harness(folder: Path, given: dict[str, object], *flags: str) -> Any:
    return seal(folder, given["path"], *flags, form="lm-eval", results=given["results"], limited="yes")


def test_documents_of_the_harness(folder: Path) -> None:
    assert sealed(seal_harness(folder, harness(folder, 4))) == (4, 0)
    assert sealed(seal_harness(folder, harness(folder, 10))) == (6, 4)
    assert sorted(int(row["score"]) for row in rows(folder)) == [0] * 6 + [1_000_000] * 4
    first = json.loads(LINES[0])
    changed = [json.dumps(first | {"exact_match": 1 - first["exact_match"]}), *LINES[1:]]
    again = harness(folder, 9, lines=changed)
    refused(seal_harness(folder, again), "changed-since-sealed", "line 1 is there", "--again")
    assert sealed(seal_harness(folder, again, "--again")) == (9, 0)
    assert sealed(seal_harness(folder, harness(folder, 10, date=1.7e9))) == (10, 0)  # another run


# Hugging Face


STATE = json.loads((DATA / "hf-trainer" / "trainer_state.json").read_text())
TOTAL = 184_496_947_200


def state(folder: Path, step: int, total: int, **changed: float) -> Path:
    """trainer_state.json as a checkpoint had it: what was logged until then; changed: loss of the first entry."""
    made = STATE | {"global_step": step, "num_input_tokens_seen": 1024 * step, "total_flos": total}
    made["log_history"] = [entry for entry in STATE["log_history"] if entry["step"] <= step and "loss" in entry]
    made["log_history"][0] = made["log_history"][0] | changed
    place = folder / f"checkpoint-{step}-{len(list(folder.iterdir()))}"
    place.mkdir()
    (place / "trainer_state.json").write_text(json.dumps(made))
    return place / "trainer_state.json"


def train(folder: Path, path: Path, *flags: str, **settings: object) -> Any:
    stated: dict[str, object] = {"start": "2026-01-01T00:00:00Z", "incomplete": "yes"}
    return seal(folder, path, *flags, form="hf-trainer", **{**stated, **settings})


def flop(folder: Path) -> int:
    return sum(int(row["flop"]) for row in rows(folder))


def test_a_trainer_that_went_on(folder: Path) -> None:
    """From logged steps, with as much work in each: as it stands."""
    assert sealed(train(folder, state(folder, 100, TOTAL // 3))) == (5, 0)
    assert sealed(train(folder, state(folder, 200, TOTAL // 3 * 2))) == (5, 5)
    assert sealed(train(folder, DATA / "hf-trainer" / "trainer_state.json")) == (5, 10)
    assert flop(folder) == TOTAL and len({(row["start"], row["end"]) for row in rows(folder)}) == 15
    refused(train(folder, DATA / "hf-trainer" / "trainer_state.json"), "already-sealed")


def test_total_flos_is_shared_out_anew_for_what_came_after(folder: Path) -> None:
    """Longer batches later, checkpoints between logged steps: refused, and exact with the states that were sealed."""
    first, second = state(folder, 90, 3_000_000_007), state(folder, 210, 50_000_000_021)
    assert sealed(train(folder, first)) == (5, 0)
    refused(train(folder, second), "changed-since-sealed", "the row from step 0 on is there", "--set earlier=FILE")
    assert sealed(train(folder, second, earlier=first)) == (7, 5) and flop(folder) == 50_000_000_021
    whole = DATA / "hf-trainer" / "trainer_state.json"
    assert sealed(train(folder, whole, earlier=f"{first},{second}")) == (5, 12) and flop(folder) == TOTAL
    for wrong, why in (
        (f"{second},{first}", "earlier state 2: global_step is not under"),
        (whole, "earlier state 1: global_step is not under"),
        (state(folder, 80, 5, loss=1.5), "earlier state 1: its logged steps are not those of this run"),
        (state(folder, 80, TOTAL * 2), "total_flos: is less than that of an earlier state"),
        (folder / "none.json", "earlier state 1: No such file"),
    ):
        again = train(folder, whole, earlier=wrong)
        assert again.exit_code == 2 and why in " ".join(again.stderr.split()), again.stderr


def test_another_training_of_the_same_name_is_another(folder: Path) -> None:
    assert sealed(train(folder, state(folder, 100, TOTAL // 3))) == (5, 0)
    assert sealed(train(folder, state(folder, 100, TOTAL // 3, loss=6.25), "--again")) == (5, 0)
    assert sealed(train(folder, state(folder, 120, TOTAL // 5 * 2, loss=6.25))) == (1, 5)


def test_a_whole_runs_interval_is_not_its_steps(folder: Path) -> None:
    """Where the end is stated, a later one does not make other steps of those that are sealed."""
    assert sealed(train(folder, state(folder, 100, TOTAL // 3), end="2026-01-02")) == (5, 0)
    assert sealed(train(folder, DATA / "hf-trainer" / "trainer_state.json", end="2026-01-04")) == (10, 5)
    assert [row["end"] - row["start"] for row in rows(folder)] == [86_400] * 5 + [3 * 86_400] * 10
    refused(
        train(folder, state(folder, 120, TOTAL), parameters=5, tokens_per_step=7, end="2026-01-04"),
        "changed-since-sealed", "the row from step 0 on",
    )  # fmt: skip


# Lightning


METRICS = (DATA / "lightning" / "metrics.csv").read_text().splitlines()


def metrics(folder: Path, lines: int, old: str = "", new: str = "") -> Path:
    """The first lines of the sample below its header."""
    (folder / "metrics.csv").write_text("\n".join([*METRICS[: lines + 1], ""]).replace(old, new, 1))
    return folder / "metrics.csv"


def log(folder: Path, path: Path, *flags: str, **settings: object) -> Any:
    stated: dict[str, object] = {"start": "2026-01-01", "end": "2026-01-02", "tokens_column": "tokens_seen"}
    return seal(folder, path, *flags, form="lightning", **{**stated, "parameters": 1000, **settings})


def test_metrics_that_grew(folder: Path) -> None:
    first, _ = sealed(log(folder, metrics(folder, 9), running="accept"))
    whole = len(METRICS) - 1
    assert sealed(log(folder, metrics(folder, whole), end="2026-01-03", steps=224)) == (23 - first, first)
    assert flop(folder) == 6 * 1000 * (7040 + 128)
    assert {row["end"] for row in rows(folder)} == {1767312000, 1767398400}
    changed = metrics(folder, whole, ",640.0,", ",641.0,")
    refused(log(folder, changed, steps=224), "changed-since-sealed", "the row from step 10 on", "--again")


def test_a_last_stretch_that_was_sealed(folder: Path) -> None:
    """Sealed as if it had ended, and it went on: refused, and exact with what `steps` was then."""
    first, _ = sealed(log(folder, metrics(folder, 9), steps=75))
    logged = max(int(line.split(",")[1]) for line in METRICS[1:10] if line.split(",")[2]) + 1
    assert logged < 75 and flop(folder) == 6 * 1000 * 32 * 75
    grown = metrics(folder, len(METRICS) - 1)
    refused(log(folder, grown, steps=224), "changed-since-sealed", f"the row from step {logged} on", "earlier=N")
    _, passed = sealed(log(folder, grown, steps=224, earlier=75))
    assert passed == first and flop(folder) == 6 * 1000 * 32 * 224
    for wrong in ("75,75", "80,75", "224"):
        again = log(folder, grown, steps=224, earlier=wrong)
        assert again.exit_code == 2 and "earlier: want the steps of earlier seals" in again.stderr


# modded-nanogpt


def test_a_step_log_that_grew(folder: Path) -> None:
    lines = (DATA / "nanogpt" / "2025-05-09_head.txt").read_text().splitlines()
    at = [number for number, line in enumerate(lines, 1) if line.startswith("step:")]

    def grown(steps: int, **settings: object) -> Any:
        (folder / "run.txt").write_text("\n".join([*lines[: at[steps]], ""]))
        return seal(folder, folder / "run.txt", form="nanogpt", **settings)

    first, _ = sealed(grown(20, running="accept"))
    again, passed = sealed(grown(40, incomplete="yes"))
    assert passed == first and again > 10
    whole = [row["end"] for row in rows(folder)]
    assert len(whole) == first + again and whole == sorted(whole)
    refused(grown(40, incomplete="yes", utilisation="40%"), "changed-since-sealed", "the row from step 0 on")


# From a time on


def test_from_a_time_on(folder: Path) -> None:
    """Older rows are left out, also such that were changed, and it is said how many are not sealed."""
    first, whole = state(folder, 100, TOTAL // 3), DATA / "hf-trainer" / "trainer_state.json"
    assert sealed(train(folder, first)) == (5, 0)
    moved = {"start": "2026-01-01T00:01:00Z"}
    refused(train(folder, whole, **moved), "changed-since-sealed", "--again")
    late = train(folder, whole, "--since", "2026-01-01T00:01:30Z", **moved)
    said = json.loads(late.stdout)
    kept = int(said["rows"])
    assert 0 < kept < 10 and int(said["left_out"]) == 15 - kept and said["passed_over"] == "0"
    assert f"rows are older than 2026-01-01 00:01:30 UTC; left out, {10 - kept} of them not sealed" in late.stderr
    assert all(row["end"] >= 1767225690 for row in rows(folder)[5:])
    nothing = train(folder, whole, "--since", "2026-02-01")
    assert nothing.exit_code == 2 and "all its rows are older than 2026-02-01 00:00:00 UTC; nothing" in nothing.stderr
    assert train(folder, whole, "--since", "soon").exit_code == 2


def test_from_the_newest_that_is_sealed_on(folder: Path) -> None:
    """What is older has to be sealed, so that nothing is left out by mistake; it may have been changed."""
    whole = DATA / "hf-trainer" / "trainer_state.json"
    nothing = train(folder, whole, "--since", "last")
    assert nothing.exit_code == 2 and "--since last: there is no log at" in " ".join(nothing.stderr.split())
    assert sealed(train(folder, state(folder, 100, TOTAL // 3))) == (5, 0)
    both = train(folder, whole, "--since", "last")
    assert sealed(both) == (10, 1) and "4 rows are older than" in both.stderr
    assert "left out, all sealed already" in both.stderr and flop(folder) == TOTAL
    changed = json.loads(whole.read_text())
    changed["log_history"][2]["train_runtime"] += 1  # of a step that is long sealed
    (folder / "trainer_state.json").write_text(json.dumps(changed))
    refused(train(folder, folder / "trainer_state.json"), "changed-since-sealed", "--since TIME", "--again")


def test_what_was_never_sealed_is_not_taken_for_older(folder: Path) -> None:
    whole = DATA / "hf-trainer" / "trainer_state.json"
    assert train(folder, whole, "--since", "2026-01-01T00:00:30Z").exit_code == 0
    again = train(folder, whole, "--since", "last")
    assert again.exit_code == 2
    text = " ".join(again.stderr.split())
    assert "the row from step 0 on is not sealed, and is older than 2026-01-01" in text and "--since TIME" in text
    assert train(folder, whole).exit_code == 0 and flop(folder) == TOTAL  # without it
    (folder / "in.csv").write_text("start,end,run,phase,flop,method\n")
    csv = seal(folder, folder / "in.csv", "--since", "last", form="csv")
    assert csv.exit_code == 2 and "rows of csv say nothing of what they are of" in " ".join(csv.stderr.split())


def test_rows_without_identity_from_a_time_on(folder: Path) -> None:
    row = "2026-01-0{0}T00:00:00Z,2026-01-0{0}T01:00:00Z,r,pretraining,5,hardware\n"
    (folder / "in.csv").write_text("start,end,run,phase,flop,method\n" + "".join(row.format(day) for day in (1, 2, 3)))
    late = seal(folder, folder / "in.csv", "--since", "2026-01-02T01:00:00Z", form="csv")
    assert sealed(late) == (2, 0) and "1 row is older than" in late.stderr
    assert "nobody can tell whether sealed already" in late.stderr
    empty = seal(folder, folder / "in.csv", "--since", "2026-01-02", "--empty", form="csv")
    assert empty.exit_code == 2 and "leave one out" in empty.stderr
