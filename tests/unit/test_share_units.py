"""Shares of typed columns: doubles and integers in the unit that is stated, by their shortest decimal; else refused."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import zkcompliance as zk
from tests.kit.command_line import run
from zkcompliance.errors import SchemaError, UsageError
from zkcompliance.log import intake

ROW = {"suite": "s@1", "item": "i", "model": "m", "at": 1767225600}
REMEDY = "seal with --unit score=fraction, or append with units={'score': 'fraction'} (or percent, or ppm)"


def array(values: list[Any], kind: type = np.float64) -> Any:
    """A numpy structured array of rows with these scores."""
    row = np.dtype([("suite", "U8"), ("item", "U8"), ("model", "U8"), ("at", "i8"), ("score", kind)])
    return np.array([("s@1", f"i{at}", "m", 1767225600, value) for at, value in enumerate(values)], row)


def frame(values: list[Any]) -> Any:
    """What is used of a pandas frame."""
    columns = {name: [value] * len(values) for name, value in ROW.items()} | {"score": np.array(values)}

    class Places:
        def __getitem__(self, at: tuple[slice, int]) -> Any:
            rows, place = at
            return list(columns.values())[place][rows]

    class Frame(SimpleNamespace):
        def __len__(self) -> int:
            return len(values)

    return Frame(columns=list(columns), iloc=Places())


def arrow(values: list[Any]) -> Any:
    pa = pytest.importorskip("pyarrow", reason="NOT TESTED: Arrow tables (pyarrow is not installed)")
    return pa.table({**{name: [value] * len(values) for name, value in ROW.items()}, "score": pa.array(values)})


def scores(data: Any, unit: str | None) -> list[int]:
    units = None if unit is None else {"score": unit}
    chunks = intake.chunks(zk.schemas.eval_, data, units=units, now=int(time.time()))
    return [int(str(row["score"])) for chunk in chunks for row in zk.schemas.decode_rows(zk.schemas.eval_, chunk)]


FORMS = [array, frame, arrow, lambda values: [{**ROW, "score": value} for value in values]]


@pytest.mark.parametrize("form", FORMS, ids=["numpy", "pandas", "arrow", "rows"])
@pytest.mark.parametrize(
    ("values", "unit", "wanted"),
    [
        (
            [0.1, 0.3, 1.0, 0.0],
            "fraction",
            [100_000, 300_000, 1_000_000, 0],
        ),  # 0.1 is no binary fraction: its digits count
        ([1 / 3, 2 / 3], "fraction", [333_333, 666_667]),
        ([33.3, 100.0], "percent", [333_000, 1_000_000]),
        ([3.5, 4.5], "ppm", [4, 4]),  # half to even
        ([0.0000005, 0.0000015], "fraction", [0, 2]),
    ],
)
def test_doubles_by_their_shortest_decimal(form: Any, values: list[float], unit: str, wanted: list[int]) -> None:
    assert scores(form(values), unit) == wanted


@pytest.mark.parametrize("form", FORMS, ids=["numpy", "pandas", "arrow", "rows"])
def test_a_share_without_a_unit_is_refused_with_the_remedy(form: Any) -> None:
    with pytest.raises(SchemaError, match="row 1, column score: is a float of a column that states no unit") as caught:
        scores(form([0.5]), None)
    assert caught.value.help == REMEDY
    assert scores(form([0.5]), "fraction") == [500_000]  # the remedy


def test_integers_without_a_unit_are_refused_with_the_remedy() -> None:
    for data in (array([5], np.int64), [{**ROW, "score": 5}], {**ROW, "score": "5"}):
        with pytest.raises(SchemaError, match="row 1, column score: has no unit") as caught:
            scores(data, None)
        assert caught.value.help == REMEDY
        assert scores(data, "percent") == [50_000] and scores(data, "ppm") == [5]


def test_narrow_floats_have_their_own_shortest_decimal() -> None:
    assert scores(array([0.1, 0.7], np.float32), "fraction") == [100_000, 700_000]


@pytest.mark.parametrize("value", [1.5, -0.1, float("nan"), float("inf")])
def test_what_is_no_share_is_refused(value: float) -> None:
    with pytest.raises(SchemaError, match="row 1, column score"):
        scores(array([value]), "fraction")


def test_units_that_are_none() -> None:
    for units, match in (({"score": "parts"}, "the unit of score is one of"), ({"item": "ppm"}, "'item' is no share")):
        with pytest.raises(UsageError, match=match) as caught:
            list(intake.chunks(zk.schemas.eval_, array([0.5]), units=units))
        assert "fraction" in caught.value.help or "zkcompliance schemas eval" in caught.value.help


def test_on_the_command_line(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="NOT TESTED: Parquet (pyarrow is not installed)")
    parquet.write_table(arrow([0.1, 0.3]), tmp_path / "rows.parquet")
    run("keygen", "lab.example/x", "-o", tmp_path / "key")
    into = ("--schema", "eval", "--equal-rows", "--log", tmp_path / "log", "--key", tmp_path / "key")
    bare = run("seal", tmp_path / "rows.parquet", *into)
    assert bare.exit_code == 2 and "rows.parquet: row 1, column score: is a float" in " ".join(bare.stderr.split())
    assert "--unit score=fraction" in bare.stderr
    assert run("seal", tmp_path / "rows.parquet", *into, "--unit", "score=fraction").exit_code == 0
    assert [int(str(row["score"])) for row in zk.read_rows(tmp_path / "log")] == [100_000, 300_000]
