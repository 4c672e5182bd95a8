"""Iteration lines of Megatron-LM and NeMo: samples consumed × 6 × parameters × sequence length; refusals by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit.importing import DATA, load, raw, refused, write, wrong_option
from zkcompliance.errors import UsageError

LOG, NEMO = DATA / "megatron" / "megatron.log", DATA / "megatron" / "nemo.log"
TEXT = LOG.read_text()
RUN = {"parameters": "1000", "sequence_length": "10"}
EACH = 6 * 1000 * 10  # FLOP of a sample
EIGHT = 1767600000  # 2026-01-05T08:00:00Z


def test_megatron() -> None:
    """Batches that grow are counted as they were; each row begins where the one before was logged."""
    rows = load("megatron", LOG, **RUN)
    assert [row["flop"] for row in rows] == [EACH * samples for samples in (128, 128, 128, 256, 256)]
    assert [(row["start"], row["end"]) for row in rows] == [
        (EIGHT + 1, EIGHT + 21), (EIGHT + 20, EIGHT + 40), (EIGHT + 39, EIGHT + 53), (EIGHT + 52, EIGHT + 66),
        (EIGHT + 65, EIGHT + 91),
    ]  # fmt: skip
    assert {(row["run"], row["method"]) for row in raw("megatron", LOG, **RUN)} == {("megatron", "architecture")}


def test_nemo() -> None:
    """No time on its lines: they are as far apart as their timing says; the first does not say what was consumed."""
    rows = load("megatron", NEMO, **RUN, start="2026-01-05T08:00:00Z")
    assert [row["flop"] for row in rows] == [EACH * 4] * 4
    assert [(row["start"], row["end"]) for row in rows] == [
        (EIGHT, EIGHT + 6), (EIGHT + 5, EIGHT + 8), (EIGHT + 7, EIGHT + 10), (EIGHT + 9, EIGHT + 12),
    ]  # fmt: skip
    with pytest.raises(UsageError, match="start is needed"):
        load("megatron", NEMO, **RUN)
    with pytest.raises(UsageError, match="these have one"):
        load("megatron", LOG, **RUN, start="2026-01-05T08:00:00Z")


def test_clocks() -> None:
    (first, *_) = load("megatron", LOG, **RUN, utc_offset="+01:00")
    assert first["start"] == EIGHT + 1 - 3600


def test_a_run_that_goes_on(tmp_path: Path) -> None:
    later = "\n".join(TEXT.splitlines()[-2:]) + "\n"
    rows = load("megatron", write(tmp_path, later, "run.log"), **RUN, base="384")
    assert [row["flop"] for row in rows] == [EACH * 256, EACH * 256]
    again = write(tmp_path, TEXT + "\n".join(TEXT.splitlines()[-1:]) + "\n", "run.log")
    refused("megatron", again, "its step is there already", **RUN)
    assert len(load("megatron", again, **RUN, resumed="rewind")) == 6


def test_a_run_that_starts_again_in_one_file(tmp_path: Path) -> None:
    """Though its iterations go on: it went back to a checkpoint, and did again what no line of the first has."""
    lines = TEXT.splitlines()
    (starts,) = (line for line in lines if "before the start of training step" in line)
    at = next(number for number, line in enumerate(lines) if "iteration        3/" in line) + 1
    path = write(tmp_path, "\n".join([*lines[:at], starts, *lines[at:]]) + "\n", "run.log")
    refused("megatron", path, f"line {at + 1}: training starts again", **RUN)
    assert len(load("megatron", path, **RUN, resumed="rewind")) == 5


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("consumed samples:          256", "consumed samples:           25", "decreases"),
        ("consumed samples:          256", "consumed samples:          -25", "is no whole number"),
        ("2026-01-05 08:00:39", "2026-13-05 08:00:39", "its time is none"),
        (" global batch size:   128 |", "", "has no global batch size"),
        ("elapsed time per iteration (ms): 12936.1", "elapsed time per iteration (ms): 1e9", "is no number of seconds"),
        ("iteration        2/", "iteration        1/", "its step is there already"),
    ],
)  # fmt: skip
def test_damage(tmp_path: Path, old: str, new: str, why: str) -> None:
    assert old in TEXT
    refused("megatron", write(tmp_path, TEXT.replace(old, new), "run.log"), why, **RUN)


def test_files_that_are_none(tmp_path: Path) -> None:
    refused("megatron", write(tmp_path, "hello\n", "run.log"), "holds no iteration line", **RUN)
    refused("megatron", write(tmp_path, TEXT[:-5], "run.log"), "has no line end", **RUN)


@pytest.mark.parametrize("name", RUN)
def test_what_is_needed(name: str) -> None:
    with pytest.raises(UsageError, match=f"{name} is needed"):
        load("megatron", LOG, **{key: value for key, value in RUN.items() if key != name})


def test_options() -> None:
    wrong_option("megatron", LOG, **RUN, phase="none")
