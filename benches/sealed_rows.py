"""Rows of a compute log as a lab's stack writes them, in files of each format; the same ones each time."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from zkcompliance import schemas

FORMATS = ("jsonl", "csv", "parquet")


def columns(rows: int) -> dict[str, list[object]]:
    """Steps of a run for each 64 rows or so, with FLOP of 24 digits and shares of a hundredth of a per cent."""
    draw = np.random.default_rng(20)
    start = 1_700_000_000 + np.sort(draw.integers(0, 300 * 86_400, rows))
    high, low = draw.integers(1, 10**6, rows).tolist(), draw.integers(0, 10**18, rows).tolist()
    return {
        "start": start.tolist(),
        "end": (start + draw.integers(1, 7200, rows)).tolist(),
        "run": [f"run-{number}" for number in draw.integers(0, max(1, rows // 64), rows)],
        "phase": [schemas.PHASES[number] for number in draw.integers(0, 4, rows)],
        "device_kind": [schemas.DEVICE_KINDS[number] for number in draw.integers(0, 6, rows)],
        "devices": draw.integers(1, 4096, rows).tolist(),
        "utilisation": [f"{number // 100}.{number % 100:02}%" for number in draw.integers(2000, 6000, rows)],
        "flop": [a * 10**18 + b for a, b in zip(high, low, strict=True)],
        "method": [schemas.METHODS[number % 2] for number in range(rows)],
    }


def write(folder: Path, rows: int) -> dict[str, Path]:
    """A file of each format that can be written here, with the same rows."""
    made = columns(rows)
    paths = {form: folder / f"rows.{form}" for form in FORMATS}
    with paths["jsonl"].open("w") as out:
        for values in zip(*made.values(), strict=True):
            out.write(json.dumps(dict(zip(made, values, strict=True))) + "\n")
    with paths["csv"].open("w") as out:
        out.write(",".join(made) + "\n")
        for values in zip(*made.values(), strict=True):
            out.write(",".join(map(str, values)) + "\n")
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError:
        del paths["parquet"]
        return paths
    wide = arrow.array([str(value) for value in made["flop"]]).cast(arrow.decimal128(38, 0))
    parquet.write_table(arrow.table({**made, "flop": wide}), paths["parquet"])
    return paths
