"""Files of rows, plain and odd, and whether both ways of reading them agree: whole columns, and row by row."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zkcompliance import importers, schemas
from zkcompliance.errors import ZkComplianceError
from zkcompliance.importers import arrow, pieces
from zkcompliance.schemas import Schema, columnar

T = 1_767_571_200  # 2026-01-05
NOW = T + 10_000_000

PLAIN: dict[str, list[str]] = {
    "time": [str(T), str(T + 7), "2026-01-05T00:00:00Z", "2026-02-28T23:59:59+00:00", "2024-02-29T01:02:03Z"],
    "flop": [
        "0",
        "1",
        "12345678",
        "123456789",
        "99999999999999999",
        "611911575968503513002606",
        str(2**96 - 1),
        "1e24",
    ],
    "count": ["0", "7", "4294967295", "12", "2e3"],
    "ppm": ["0", "0.5", "41.25%", "41 %", "300000 ppm", "7ppm", "0.1234565", "0.1234575", "1.0", "100%", "0.0000005"],
    "id": ["run-1", "run-2", "a", "Zoë", "0x" + "0f" * 16, "a name of more than sixteen letters"],
    "enum": [],
    "bool": ["true", "false"],
}
ODD: dict[str, list[str]] = {
    "time": ["", "0", "999999999", "4102444800", "4102444801", str(NOW + 90_000), "17675712000", "01767571200",
             "1970-01-01T00:00:00Z", "1970-01-01T00:00:01Z", "2100-01-01T00:00:00Z", "2100-01-01T00:00:01Z",
             "2026-02-29T00:00:00Z", "2026-01-05T24:00:00Z", "2026-01-05T00:00:60Z", "2026-13-05T00:00:00Z",
             "2026-01-05T00:00:00+01:00", "2026-01-05T00:00:00-00:00", "2026-01-05", "2026-01-05t00:00:00Z",
             "0026-01-05T00:00:00Z", "2026-00-05T00:00:00Z", "2026-01-00T00:00:00Z", "281474976710655", "+1767571200"],
    "flop": ["", "-1", "-0", "00", "007", "1.5", "2.5e1", "2.55e1", str(2**96), str(2**128), "9" * 29, "9" * 30,
             "9" * 41, "1e400", "nan", "10^24", "1_0", " 1", "1 ", "٣", "9223372036854775808", "18446744073709551616"],
    "count": ["", "4294967296", "-1", "1.0", "0x10", "18446744073709551617"],
    "ppm": ["", "1", "5", "101%", "1.0000001", "100.00005%", "100.00004%", "1000000 ppm", "1000001 ppm",
            "0.5.5", ".5", "5.", "00.5", "0.5  ppm", "-0.5", "1e-3", "5e1%", "0.00000050000000001", "0.0000015",
            "ppm", " ppm", "%", "1000000.5 ppm", "0.123456789012345678901"],
    "id": ["", " a", "a ", "a\u200bb", "e\u0301", "0x12", "0X", "a\tb", "x" * 255, "x" * 256, "x" * 257, "x" * 5000,
           "\ufeffa"],
    "enum": ["", "Pretraining", "none of them"],
    "bool": ["", "True", "1", "yes"],
}  # fmt: skip


def outcome(importer: importers.Importer, path: Path, schema: Schema, units: dict[str, str]) -> Any:
    """The limbs, or what the error says."""
    try:
        found = list(importers.encode(importer, path, schema, units=units, now=NOW))
    except ZkComplianceError as error:
        return type(error).__name__, error.message, error.help
    return np.concatenate(found, axis=1).tolist()


def agree(path: Path, schema: Schema, units: dict[str, str] | None = None) -> Any:
    importer = importers.guess(path)
    assert importer.batches is not None
    found = outcome(importer, path, schema, units or {})
    assert found == outcome(replace(importer, batches=None), path, schema, units or {})
    return found


class Draw(random.Random):
    """A source of cases."""

    def once_in(self, times: int) -> bool:
        return self.randrange(times) == 0


def text(draw: Draw, column: schemas.Column) -> str:
    if column.type in ("flop", "count") and draw.once_in(3):
        return str(draw.getrandbits(draw.choice([8, 27, 32, 54, 64, 96] if column.type == "flop" else [8, 32])))
    if column.type == "ppm" and draw.once_in(3):
        return draw.choice([f"{draw.randrange(10**7) / 10**7:.7f}", f"{draw.randrange(10**7) / 10**5:.5f}%"])
    return draw.choice(column.choices or PLAIN[column.type])


def table(draw: Draw) -> tuple[Schema, list[str], list[dict[str, str]]]:
    """A schema, some of its columns in some order, and rows of texts, few of them odd."""
    schema = draw.choice([schemas.compute, schemas.eval_, schemas.incident, schemas.dataset])
    kept = [column for column in schema.columns if column.default is None or draw.once_in(2)]
    draw.shuffle(kept)
    rows = [{column.name: text(draw, column) for column in kept} for _ in range(draw.randint(1, 11))]
    for low, high in schema.ordered:
        for row in rows:
            row[low], row[high] = str(T), draw.choice([str(T), str(T + 99), "2026-01-05T00:00:01Z"])
    for _ in range(draw.choice([0, 0, 0, 1, 2])):
        column = draw.choice(kept)
        draw.choice(rows)[column.name] = draw.choice(ODD[column.type])
    return schema, [column.name for column in kept], rows


def small_batches(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    for module in (importers, arrow, pieces):
        monkeypatch.setattr(module, "BATCH_ROWS", rows)


def noting_whole(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Of each piece that is read from now on, whether it is taken as whole columns."""
    whole: list[bool] = []
    encode = columnar.Encoder.encode

    def noted(self: columnar.Encoder, *arguments: Any) -> Any:
        found = encode(self, *arguments)
        whole.append(found is not None)
        return found

    monkeypatch.setattr(columnar.Encoder, "encode", noted)
    return whole
