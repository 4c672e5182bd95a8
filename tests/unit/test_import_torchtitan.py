"""Step lines of torchtitan: 6 × parameters × the tokens of a step; refusals by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit.importing import DATA, load, refused, write, wrong_option
from zkcompliance.errors import UsageError

LOG = DATA / "torchtitan" / "train.log"
TEXT = LOG.read_text()
EACH = 6 * 1000 * 64 * 2048  # FLOP of a step
EIGHT = 1767600000  # 2026-01-05T08:00:00Z
SIZES, STARTS, *_ = (line for line in TEXT.splitlines() if "Train" in line)


def test_the_sample() -> None:
    """With colours and without; validation is no step; the first row begins when training starts."""
    rows = load("torchtitan", LOG, parameters="1000")
    assert [row["flop"] for row in rows] == [EACH, EACH * 9, EACH * 10, EACH * 10]
    assert [(row["start"], row["end"]) for row in rows] == [
        (EIGHT + 5, EIGHT + 9), (EIGHT + 8, EIGHT + 11), (EIGHT + 10, EIGHT + 13), (EIGHT + 12, EIGHT + 15),
    ]  # fmt: skip


def test_a_run_that_goes_on(tmp_path: Path) -> None:
    """From a checkpoint: the steps before it are not of this file, as the log itself says."""
    later = TEXT.replace("starts at step 1", "starts at step 11").replace("step:  1 ", "step: 11 ")
    later = "\n".join(line for line in later.splitlines() if "step: 10 " not in line) + "\n"
    rows = load("torchtitan", write(tmp_path, later, "run.log"), parameters="1000")
    assert [row["flop"] for row in rows] == [EACH, EACH * 9, EACH * 10]


def test_a_run_that_starts_again_in_one_file(tmp_path: Path) -> None:
    """Though its steps go on: from the checkpoint of step 10, what was done after the line of step 20 was lost."""
    again = STARTS.replace("step 1", "step 11")
    lines = TEXT.splitlines()
    at = next(number for number, line in enumerate(lines) if "step: 20 " in line) + 1
    path = write(tmp_path, "\n".join([*lines[:at], again, *lines[at:]]) + "\n", "run.log")
    refused("torchtitan", path, f"line {at + 1}: training starts again", parameters="1000")
    assert len(load("torchtitan", path, parameters="1000", resumed="rewind")) == 4


def test_a_log_that_does_not_say_its_sizes(tmp_path: Path) -> None:
    bare = write(tmp_path, TEXT.replace(SIZES + "\n", ""), "run.log")
    with pytest.raises(UsageError, match="tokens_per_step is needed"):
        load("torchtitan", bare, parameters="1000")
    assert len(load("torchtitan", bare, parameters="1000", tokens_per_step="131072")) == 4
    with pytest.raises(UsageError, match="another than the log says"):
        load("torchtitan", LOG, parameters="1000", tokens_per_step="5")


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("step: 10 ", "step:  1 ", "its step is there already"),
        ("08:00:10,496", "08:61:10,496", "its time is none"),
        ("08:00:12,542", "07:00:12,542", "time runs backwards"),
        ("validate step", SIZES.replace("size 64", "size 32") + "step", "another batch size"),
    ],
)
def test_damage(tmp_path: Path, old: str, new: str, why: str) -> None:
    assert old in TEXT
    refused("torchtitan", write(tmp_path, TEXT.replace(old, new), "run.log"), why, parameters="1000")


def test_files_that_are_none(tmp_path: Path) -> None:
    refused("torchtitan", write(tmp_path, "hello\n", "run.log"), "holds no step line", parameters="1000")
    wrong_option("torchtitan", LOG)
    wrong_option("torchtitan", LOG, parameters="1000", phase="none")
