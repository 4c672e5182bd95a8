"""The Hugging Face Trainer's state: total_flos to the last FLOP, 6ND beside it, refusals by log entry."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.kit.importing import CANARY, DATA, leaves, load, raw, refused, replaced, survives, write, wrong_option

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
    assert flop(load("hf-trainer", STATE, parameters="100096", **START)) == TOTAL
    assert flop(load("hf-trainer", STATE, parameters="136960", **START)) == 252_444_672_000
    assert load("hf-trainer", STATE, parameters="1", **START)[0]["flop"] == 6 * 20480


def test_zero_means_missing(tmp_path: Path) -> None:
    for value in (0, 0.0):
        refused("hf-trainer", file(tmp_path, changed("total_flos", value)), "total_flos: is 0", **START)
    path = file(tmp_path, changed("total_flos", 0))
    assert flop(load("hf-trainer", path, parameters="100096", **START)) == TOTAL


def test_options() -> None:
    row = raw("hf-trainer", STATE, **START, run="r", devices="8", kind="h100_sxm", peak="1e15", phase="fine_tuning")[0]
    assert (row["run"], row["devices"], row["device_kind"], row["peak"]) == ("r", 8, "h100_sxm", 10**15)
    assert raw("hf-trainer", STATE, **START)[0]["run"] == "trainer_state"
    whole = load("hf-trainer", STATE, **START, end="2026-01-02")
    assert {(row["start"], row["end"]) for row in whole} == {(1767225600, 1767312000)}
    for options in (
        {}, {"start": "soon"}, {**START, "end": "2025-01-01"}, {**START, "parameters": "7B"}, {**START, "kind": "x"},
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
        ("log_history", [], "does not reach global_step"),
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
        refused("hf-trainer", path, f"logged step 4, num_input_tokens_seen: {message}", **START, parameters="1")


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
