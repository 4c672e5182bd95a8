"""Lightning's metrics.csv: 6ND over cumulative tokens; refusals by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit.importing import CANARY, DATA, load, refused, survives, write, wrong_option
from zkcompliance.errors import UsageError

METRICS = DATA / "lightning" / "metrics.csv"
TEXT = METRICS.read_text()
RUN = {
    "start": "2026-01-01", "end": "2026-01-02", "tokens_column": "tokens_seen", "parameters": "1000", "steps": "224",
}  # fmt: skip


def test_the_sample() -> None:
    """220 of the 224 steps are logged, at 32 tokens each: the last four are a row too."""
    rows = load("lightning", METRICS, **RUN)
    assert [row["flop"] for row in rows] == [6 * 1000 * 320] * 22 + [6 * 1000 * 128]
    assert {(row["start"], row["end"], row["method"]) for row in rows} == {(1767225600, 1767312000, "architecture")}
    assert len(load("lightning", METRICS, **RUN | {"steps": "224"})) == 23
    own = {"start": "1767225600", "end": "1767225601", "flop_column": "tokens_seen", "source": "signed", "steps": "224"}
    rows = load("lightning", METRICS, **own)
    assert (sum(int(row["flop"]) for row in rows), rows[0]["method"], rows[0]["source"]) == (7168, "measured", "signed")


def test_steps_after_the_last_value(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no line says how many came after the last one") as caught:
        load("lightning", METRICS, **{name: RUN[name] for name in RUN if name != "steps"})
    assert "--set steps=N" in caught.value.help
    refused("lightning", METRICS, "line 31, column step: is over the stated number", **RUN | {"steps": "223"})
    # 3.2 tokens a step, and 7 steps: rounded up
    whole = write(tmp_path, "step,tokens_seen\n9,32\n", "metrics.csv")
    assert [row["flop"] for row in load("lightning", whole, **RUN | {"steps": "17"})] == [6000 * 32, 6000 * 23]
    assert len(load("lightning", whole, **RUN | {"steps": "10"})) == 1
    none = write(tmp_path, "step,tokens_seen\n9,\n", "metrics.csv")
    refused("lightning", none, "column tokens_seen: holds no value", **RUN)


def test_options() -> None:
    for options in (
        {}, {"start": "1", "end": "2"}, {**RUN, "flop_column": "x"}, {**RUN, "end": "1"}, {**RUN, "parameters": "x"},
        {name: RUN[name] for name in RUN if name != "start"}, {name: RUN[name] for name in RUN if name != "parameters"},
    ):  # fmt: skip
        wrong_option("lightning", METRICS, **options)
    refused("lightning", METRICS, "header: column tokens is not there", **{**RUN, "tokens_column": "tokens"})


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (",640.0,", ",319.0,", "line 3, value: decreases"),
        (",640.0,", ",640.5,", "line 3, value: is not a whole"),
        (",640.0,", ",-640.0,", "line 3, value: is negative"),
        (",640.0,", ",NaN,", "line 3, value: is NaN"),
        (",640.0,", ",nan,", "line 3, value: is not a number"),
        (",640.0,", f",{CANARY},", "line 3, value: is not a number"),
        ("0,19,", "0,8,", "line 3, column step: runs backwards"),
        ("0,19,", f"0,{CANARY},", "line 3, column step: is not a number"),
        ("0,19,", "0,19,1,", "line 3: 7 cells, not 6"),
        ("0,19,", '0,"19,', "not CSV"),
        ("epoch,step", "step,step", "header: column step"),
    ],
)
def test_files_that_are_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in TEXT
    refused("lightning", write(tmp_path, TEXT.replace(old, new), "metrics.csv"), message, **RUN)


def test_truncation_and_encoding(tmp_path: Path) -> None:
    for cut in range(0, len(TEXT), 7):
        if survives(lambda path: load("lightning", path, **RUN), write(tmp_path, TEXT[:cut], "metrics.csv")):
            assert TEXT[cut - 1] == "\n"
    refused("lightning", write(tmp_path, TEXT.encode() + b"\xff\n", "metrics.csv"), "is not UTF-8", **RUN)
