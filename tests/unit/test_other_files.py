"""Files of other hands: what a plain script counts in each is what is imported (tests/data/others/PROVENANCE.md)."""

from __future__ import annotations

import json
import struct

import pytest

from tests.kit.importing import DATA, raw, refused

OTHERS = DATA / "others"
START = {"start": "2026-01-05T00:00:00Z"}
END = {"end": "2026-01-05T01:00:00Z"}


def test_a_checkpoint_between_two_logged_steps() -> None:
    """Steps 5 and 10 are logged; 8 is an evaluation, which is no step of training; the last four are a row too."""
    path = OTHERS / "checkpoint-14.json"
    state = json.loads(path.read_text())
    refused("hf-trainer", path, "global_step: is not max_steps", **START, **END)
    rows = raw("hf-trainer", path, **START, **END, incomplete="yes")
    logged = [entry["step"] for entry in state["log_history"] if "loss" in entry]
    assert logged == [5, 10] and state["total_flos"] == 70_877_184
    assert [row["flop"] for row in rows] == [70_877_184 * n // 14 for n in (5, 5, 4)]
    counted = raw("hf-trainer", path, **START, **END, incomplete="yes", parameters="1000", tokens_per_step="128")
    assert [row["flop"] for row in counted] == [6 * 1000 * 128 * n for n in (5, 5, 4)]


def test_steps_logged_by_epoch() -> None:
    path = OTHERS / "by_epoch.json"
    state = json.loads(path.read_text())
    tokens = [entry["num_input_tokens_seen"] for entry in state["log_history"] if "loss" in entry]
    assert (tokens, state["total_flos"]) == ([32, 1024, 2048], 81_002_496)
    rows = raw("hf-trainer", path, **START)
    assert sum(int(row["flop"]) for row in rows) == 81_002_496 and len(rows) == 3
    counted = raw("hf-trainer", path, **START, parameters="7", counted="all")
    assert [row["flop"] for row in counted] == [42 * 32, 42 * 992, 42 * 1024]


def test_an_early_log_of_inspect() -> None:
    """Of 2024: no epochs in its configuration, no time of its sample, zones of New York."""
    (row,) = raw("inspect", DATA / "inspect-early" / "input_task.json", "eval")
    assert (row["suite"], row["item"], row["epoch"], row["score"]) == ("input_task@0", "1", 1, 1_000_000)
    assert (row["at"], row["model"], row["grader"]) == (1_730_831_539, "openai/gpt-4o-mini", "model_graded_fact")


@pytest.mark.parametrize(
    ("name", "scorer", "rows", "mean"),
    [
        ("textids.eval", "match", 8, 0.5), ("textids.eval", "includes", 8, 0.75), ("textids.eval", "f1", 8, 0.62625),
        ("textids.eval", "exact", 8, 0.375), ("two_reducers.eval", "includes", 16, 0.6875),
    ],
)  # fmt: skip
def test_logs_of_several_scorers_and_reducers(name: str, scorer: str, rows: int, mean: float) -> None:
    found = raw("inspect", OTHERS / name, "eval", scorer=scorer)
    assert len(found) == rows
    assert sum(int(str(row["score"])) for row in found) / rows == pytest.approx(mean * 1_000_000, abs=1)
    assert name != "textids.eval" or [row["item"] for row in found] == [f"item/{n}" for n in range(8)]


def test_an_event_file_of_another_writer() -> None:
    (path,) = OTHERS.glob("events.out.tfevents.*")
    assert [row["flop"] for row in raw("tensorboard", path, flop_tag="tokens")] == [1000] * 7
    (last,) = struct.unpack("<f", struct.pack("<f", 7 * 10**9 + 1))
    for rounded, least in (("nearest", int(last)), ("up", 7 * 10**9 + 1)):
        total = sum(int(str(row["flop"])) for row in raw("tensorboard", path, flop_tag="big", rounded=rounded))
        assert least <= total <= least + 2**9
