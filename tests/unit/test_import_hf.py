"""The Hugging Face Trainer's state: total_flos to the last FLOP, 6ND beside it, refusals by log entry."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from tests.kit.importing import CANARY, DATA, leaves, load, raw, refused, replaced, survives, write, wrong_option
from zkcompliance.errors import UsageError

STATE = DATA / "hf-trainer" / "trainer_state.json"
SOUND = json.loads(STATE.read_text())
TOTAL = 184_496_947_200
START = {"start": "2026-01-01T00:00:00Z"}


def file(folder: Path, document: object) -> Path:
    return write(folder, json.dumps(document), "trainer_state.json")


def changed(path: str, value: object, document: object = SOUND) -> object:
    return replaced(document, tuple(int(key) if key.isdigit() else key for key in path.split(".")), value)


def flop(rows: list[dict[str, object]]) -> int:
    return sum(int(row["flop"]) for row in rows)


def test_total_flos_is_kept_to_the_last_one(tmp_path: Path) -> None:
    rows = load("hf-trainer", STATE, **START)
    assert (len(rows), flop(rows)) == (15, TOTAL)
    assert {(row["method"], row["phase"], row["source"]) for row in rows} == {
        ("architecture", "pretraining", "self_declared")
    }
    assert (rows[0]["start"], rows[0]["end"]) == (1767225600, 1767225603)
    assert (rows[-1]["start"], rows[-1]["end"]) == (1767225600 + 38, 1767225600 + 44)
    assert flop(load("hf-trainer", file(tmp_path, changed("total_flos", TOTAL + 7)), **START)) == TOTAL + 7


def test_six_n_d(tmp_path: Path) -> None:
    # non-embedding parameters give what the Trainer counts; all parameters give more (flops_comparison.json)
    assert flop(load("hf-trainer", STATE, parameters="100096", counted="all", **START)) == TOTAL
    assert flop(load("hf-trainer", STATE, parameters="136960", counted="all", **START)) == 252_444_672_000
    assert load("hf-trainer", STATE, parameters="1", counted="all", **START)[0]["flop"] == 6 * 20480


def test_zero_means_missing(tmp_path: Path) -> None:
    for value in (0, 0.0):
        refused("hf-trainer", file(tmp_path, changed("total_flos", value)), "total_flos: is 0", **START)
    path = file(tmp_path, changed("total_flos", 0))
    assert flop(load("hf-trainer", path, parameters="100096", counted="all", **START)) == TOTAL


def test_options() -> None:
    row = raw("hf-trainer", STATE, **START, run="r", devices="8", kind="h100_sxm", peak="1e15", phase="fine_tuning")[0]
    assert (row["run"], row["devices"], row["device_kind"], row["peak"]) == ("r", 8, "h100_sxm", 10**15)
    assert raw("hf-trainer", STATE, **START)[0]["run"] == "trainer_state"
    whole = load("hf-trainer", STATE, **START, end="2026-01-02")
    assert {(row["start"], row["end"]) for row in whole} == {(1767225600, 1767312000)}
    for options in (
        {}, {"start": "soon"}, {**START, "end": "2025-01-01"}, {**START, "parameters": "7B"}, {**START, "kind": "x"},
        {**START, "parameters": "1"}, {**START, "parameters": "1", "counted": "non_padding"},
        {**START, "parameters": "1", "counted": "x"}, {**START, "counted": "all"}, {**START, "tokens_per_step": "1"},
        {**START, "incomplete": "x"}, {**START, "source": "x"},
    ):  # fmt: skip
        wrong_option("hf-trainer", STATE, **options)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("total_flos", -1, "total_flos: is negative"),
        ("total_flos", float("nan"), "total_flos: is NaN"),
        ("total_flos", float("inf"), "total_flos: is NaN or infinite"),
        ("total_flos", 1.5, "total_flos: is not a whole"),
        ("total_flos", None, "total_flos: is not a number"),
        ("total_flos", CANARY, "total_flos: is not a number"),
        ("total_flos", True, "total_flos: is not a number"),
        ("total_flos", 1e200, "total_flos: is absurdly large"),
        ("total_flos", 1e35, "over the largest flop"),
        ("global_step", 0, "global_step: is 0"),
        ("global_step", 299, "global_step: is not max_steps"),
        ("max_steps", 1000, "global_step: is not max_steps"),
        ("log_history", [], "log_history: holds no train_runtime"),
        ("log_history", None, "log_history: is missing"),
        ("log_history.3", CANARY, "log_history 4: is missing or not an object"),
        ("log_history.3.step", 20, "log_history 4, step: runs backwards"),
        ("log_history.3.step", 301, "log_history 4, step"),
        ("log_history.3.step", 60, "log_history 4, step: is logged twice"),
        ("log_history.3.step", "80", "log_history 4, step: is not a number"),
        ("log_history.3.train_runtime", -1, "log_history 4, train_runtime: is negative"),
        ("log_history.3.train_runtime", 0.5, "logged step 4, train_runtime: runs backwards"),
        ("log_history.3.num_input_tokens_seen", 1.5, "log_history 4, num_input_tokens_seen"),
    ],
)
def test_states_that_are_refused(tmp_path: Path, path: str, value: object, message: str) -> None:
    refused("hf-trainer", file(tmp_path, changed(path, value)), message, **START)


def test_tokens_that_are_missing_or_run_backwards(tmp_path: Path) -> None:
    for value, message in ((None, "is missing"), (1, "runs backwards")):
        path = file(tmp_path, changed("log_history.3.num_input_tokens_seen", value))
        refused(
            "hf-trainer",
            path,
            f"logged step 4, num_input_tokens_seen: {message}",
            **START,
            parameters="1",
            counted="all",
        )


def test_padding_is_compute_too() -> None:
    """1,024 tokens are counted, and 4,096 were processed: 512 in each of 8 steps."""
    path = DATA / "hf-trainer-2" / "non_padding.json"
    for options, message in (
        ({}, "may leave out padding"),
        ({"counted": "non_padding"}, "leaves out padding, which costs compute too"),
    ):
        with pytest.raises(UsageError, match=message) as caught:
            load("hf-trainer", path, **START, parameters="100", **options)
        assert "--set tokens_per_step=N" in caught.value.help
    for options in ({}, {"counted": "non_padding"}):
        rows = load("hf-trainer", path, **START, parameters="100", tokens_per_step="512", **options)
        assert flop(rows) == 6 * 100 * 4096
        assert [row["flop"] for row in rows] == [6 * 100 * 512 * steps for steps in (3, 3, 2)]
    assert flop(load("hf-trainer", path, **START)) == 156_499_968


def checkpoint(step: int, **more: object) -> dict[str, object]:
    """The sample's state as it was saved at a step between two logged ones: what came later is not there."""
    state = json.loads(STATE.read_text()) | {"global_step": step, "num_input_tokens_seen": 1024 * step, **more}
    state["log_history"] = [entry for entry in state["log_history"] if entry["step"] <= step]
    return state


def test_a_checkpoint_off_the_logging_step(tmp_path: Path) -> None:
    path = file(tmp_path, checkpoint(250, total_flos=TOTAL * 250 // 300))
    rows = load("hf-trainer", path, **START, incomplete="yes")
    assert (len(rows), flop(rows)) == (13, TOTAL * 250 // 300)
    assert rows[-1]["flop"] == pytest.approx(TOTAL * 10 / 300, abs=1)
    clock = next(entry["train_runtime"] for entry in SOUND["log_history"] if entry["step"] == 240)
    assert rows[-1]["end"] == 1767225600 + math.ceil(clock * 250 / 240)
    rows = load("hf-trainer", path, **START, incomplete="yes", parameters="100096", counted="all")
    assert (flop(rows), rows[-1]["flop"]) == (6 * 100096 * 1024 * 250, 6 * 100096 * 1024 * 10)
    bare = checkpoint(250, total_flos=TOTAL * 250 // 300)
    del bare["num_input_tokens_seen"]
    refused(
        "hf-trainer", file(tmp_path, bare), "logged step 13, num_input_tokens_seen: is missing", **START,
        incomplete="yes", parameters="1", counted="all",
    )  # fmt: skip
    early = file(tmp_path, checkpoint(7, total_flos=700))
    refused("hf-trainer", early, "holds no train_runtime", **START, incomplete="yes")
    rows = load("hf-trainer", early, **START, incomplete="yes", end="2026-01-02")
    assert [(row["flop"], row["end"]) for row in rows] == [(700, 1767312000)]


def test_a_log_without_its_summary(tmp_path: Path) -> None:
    """A run that was killed has no entry with train_loss: the clocks of the steps are enough."""
    state = checkpoint(240, total_flos=TOTAL)
    assert not any("train_loss" in entry for entry in state["log_history"])
    rows = load("hf-trainer", file(tmp_path, state), **START, incomplete="yes")
    assert (len(rows), flop(rows)) == (12, TOTAL)


def test_runs_cut_short_resumed_and_without_clocks(tmp_path: Path) -> None:
    short = file(tmp_path, changed("max_steps", 1000))
    assert flop(load("hf-trainer", short, **START, incomplete="yes")) == TOTAL
    resumed = file(tmp_path, changed("log_history.9.train_runtime", 0.1))
    assert flop(load("hf-trainer", resumed, **START, end="2026-01-02")) == TOTAL
    bare = json.loads(STATE.read_text())
    for entry in bare["log_history"]:
        if "loss" in entry:
            del entry["train_runtime"]
    assert {(r["start"], r["end"]) for r in load("hf-trainer", file(tmp_path, bare), **START)} == {
        (1767225600, 1767225644)
    }
    for entry in bare["log_history"]:
        entry.pop("train_runtime", None)
    refused("hf-trainer", file(tmp_path, bare), "no train_runtime", **START)


def test_hostile_files(tmp_path: Path) -> None:
    text = STATE.read_bytes()
    for cut in range(0, len(text), 53):
        assert not survives(lambda path: load("hf-trainer", path, **START), write(tmp_path, text[:cut], "t.json"))
    for leaf in leaves(SOUND):
        survives(lambda path: load("hf-trainer", path, **START), file(tmp_path, replaced(SOUND, leaf, CANARY)))
    for data in (
        b"[" * 10**6,
        b"\xff",
        text.decode().encode("utf-16"),
        text + b"{}",
        b'{"log_history": ' + b"[" * 10**5,
    ):
        refused("hf-trainer", write(tmp_path, data, "t.json"), "byte", **START)
