"""Whole columns of Arrow against its values one by one: the same files give the same limbs, or the same error."""

from __future__ import annotations

import decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.kit.intake import NOW, Draw, T, agree, noting_whole, small_batches, table
from zkcompliance import schemas
from zkcompliance.schemas import Column

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

ID = bytes(range(1, 17))


def array(draw: Draw, column: Column, texts: list[str]) -> Any:
    """A column of some Arrow type, in which most values are plain and few are not there or odd."""
    texts = [each.encode("utf-8", "replace").decode() for each in texts]
    form = draw.choice(["text", "text", "large", "dictionary", "view", column.type, column.type])
    size, odd = len(texts), draw.once_in(12)
    if form in ("time", "flop", "count", "ppm"):
        form = draw.choice(["integer", "timestamp"] if form == "time" else ["integer", "decimal", "float"])
    kept = [None if odd and draw.once_in(6) else each for each in texts]
    if form == "integer":
        plain = {"time": [T, T + 5], "ppm": [0, 0, 1, 100]}.get(column.type, [0, 1, 2**31 - 1])
        plain += [-1, NOW + 10**6, 0, 2**32 - 1, column.default or 0] if odd else []
        kind = pa.int64() if odd else draw.choice([pa.int64(), pa.uint64(), pa.uint32()])
        plain = [each for each in plain if isinstance(each, int) and (each >= 0 or kind == pa.int64())]
        return pa.array([draw.choice([*plain, None] if odd else plain) for _ in range(size)], kind)
    if form == "timestamp":
        unit, per = draw.choice([("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9)])
        seconds = [T, T + 5, T + 86400] + ([0, -1, NOW + 10**6, 4_102_444_801, None] if odd else [])
        drawn = [draw.choice(seconds) for _ in range(size)]
        zone = draw.choice([None, "UTC"])
        late = draw.randrange(2) if odd else 0
        return pa.array([None if x is None else x * per + late for x in drawn], pa.timestamp(unit, zone))
    if form == "decimal":
        scale = draw.choice([0, 0, 0, 2])
        values = (
            [0, 7, 2**32 - 1]
            + ([10**24, 2**64 - 1] if column.type == "flop" else [])
            + ([2**96, -1, 2**32, None] if odd else [])
        )
        return pa.array([None if x is None else decimal.Decimal(x) for x in (draw.choice(values) for _ in range(size))],
                        pa.decimal128(38, scale))  # fmt: skip
    if form == "float":
        values = [0.5, 0.25, 0.1, 1.0, 1 / 3, 0.0] + ([float("nan"), 1.5, -0.0, -1.0, None, 1e-7] if odd else [])
        kind = draw.choice([pa.float64(), pa.float32(), pa.float16()])
        return pa.array([draw.choice(values) for _ in range(size)], pa.float64()).cast(kind)
    if form == "id":
        return pa.array([draw.choice([ID, bytes(16), None] if odd else [ID]) for _ in range(size)], pa.binary(16))
    if form == "bool":
        return pa.array([draw.choice([True, False, None] if odd else [True, False]) for _ in range(size)])
    if form == "view":
        return pa.nulls(size) if column.default is not None else pa.array(kept, pa.string_view())
    if form == "dictionary":
        return pa.array(kept).dictionary_encode()
    return pa.array(kept, pa.large_string() if form == "large" else pa.string())


def put(draw: Draw, path: Path, made: Any) -> None:
    """The table as a file of one of three forms, in pieces of some length."""
    size = draw.choice([2, 5, 100])
    match draw.choice(["parquet", "arrow", "stream"]):
        case "parquet":
            try:
                parquet.write_table(made, path, row_group_size=size)
            except pa.ArrowException:  # a type that Parquet does not have
                put(draw, path, made)
        case "arrow":
            with pa.ipc.new_file(path, made.schema) as out:
                out.write_table(made, max_chunksize=size)
        case "stream":
            with pa.ipc.new_stream(path, made.schema) as out:
                out.write_table(made, max_chunksize=size)


def try_tables(folder: Path, monkeypatch: pytest.MonkeyPatch, cases: range) -> None:
    taken, whole = 0, noting_whole(monkeypatch)
    for seed in cases:
        draw = Draw(seed)
        schema, names, rows = table(draw)
        columns = {name: array(draw, schema.column(name), [row[name] for row in rows]) for name in names}
        if draw.once_in(20):
            columns[draw.choice(names)] = draw.choice([pa.array([1.5] * len(rows)), pa.array([[1]] * len(rows))])
        if draw.once_in(20):
            raw = draw.choice([b"\xff", b"a\0b", b"\xc3", b"ok"])
            columns[draw.choice(names)] = pa.array([raw] * len(rows)).view(pa.string())
        path = folder / "in.arrow"
        put(draw, path, pa.table(columns))
        units = {c.name: draw.choice(["ppm", "percent", "fraction"]) for c in schema.columns if c.type == "ppm"}
        with monkeypatch.context() as patch:
            small_batches(patch, draw.choice([1, 3, 4, 8192]))
            taken += isinstance(agree(path, schema, units if draw.randrange(4) else {}), list)
    assert 0.15 < taken / len(cases) < 0.9 and sum(whole) > taken / 2


def test_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try_tables(tmp_path, monkeypatch, range(800))


@pytest.mark.long
@pytest.mark.parametrize("part", range(10))
def test_many_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: int) -> None:
    try_tables(tmp_path, monkeypatch, range(10_000 * (part + 1), 10_000 * (part + 2)))


def test_a_letter_that_two_texts_share(tmp_path: Path) -> None:
    """All bytes of a column are UTF-8, and no text of it is."""
    halves = pa.Array.from_buffers(
        pa.string(), 2, [None, pa.py_buffer(np.array([0, 1, 2], np.int32)), pa.py_buffer("é".encode())]
    )
    plain = {"start": [T, T], "end": [T, T], "phase": ["failed"] * 2, "flop": [1, 2], "method": ["measured"] * 2}
    parquet.write_table(pa.table({**plain, "run": halves}), tmp_path / "in.parquet")
    found = agree(tmp_path / "in.parquet", schemas.compute)
    assert "row 1, column run: is not UTF-8" in found[1]
