"""`--map COLUMN=FIELD`: fields of other names give the same rows, in every format and by whichever hand reads."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.kit.command_line import run
from tests.kit.importing import write
from zkcompliance import importers, schemas
from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.log import open_log

MAP = {"start": "began", "end": "finished", "run": "job", "phase": "what", "flop": "ops", "utilisation": "mfu"}
ROWS = [
    {
        "began": 1767225600 + n, "finished": 1767225700 + n, "job": f"job {n % 7}", "what": "pretraining",
        "ops": 10**18 + n, "mfu": (n % 100) / 100, "method": "hardware", "comment": f"text, {n}", "end": 5,
    }
    for n in range(300)
]  # fmt: skip
UNITS = {"utilisation": "fraction"}


def files(folder: Path, rows: list[dict[str, object]]) -> dict[str, Path]:
    """The rows as each format has them."""
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    pq.write_table(pa.Table.from_pylist(rows), folder / "in.parquet")
    return {
        "csv": write(folder, text.getvalue(), "in.csv"),
        "jsonl": write(folder, "".join(json.dumps(row) + "\n" for row in rows), "in.jsonl"),
        "arrow": folder / "in.parquet",
    }


def load(form: str, path: Path, columns: dict[str, str], *, plain: bool = False) -> list[dict[str, object]]:
    """The rows as they are sealed; plain: read one by one."""
    importer = importers.mapped(importers.by_name(form), columns, schemas.compute)
    if plain:
        with path.open("rb") as file:
            rows = list(importer.read(file, path.name, schemas.compute, {}))
        return schemas.decode_rows(schemas.compute, schemas.encode_rows(schemas.compute, rows, units=UNITS))
    chunks = importers.encode(importer, path, schemas.compute, units=UNITS)
    return [row for chunk in chunks for row in schemas.decode_rows(schemas.compute, chunk)]


def test_every_format_and_both_hands_give_the_same_rows(tmp_path: Path) -> None:
    known = {"began", "finished", "job", "what", "ops", "mfu", "method"}
    for rows in (ROWS, [{name: row[name] for name in row if name in known} for row in ROWS]):
        found = [load(form, path, MAP, plain=plain) for form, path in files(tmp_path, rows).items() for plain in (0, 1)]
        assert all(each == found[0] for each in found) and len(found[0]) == 300
    named = [{**{c: row[f] for c, f in MAP.items()}, "method": row["method"]} for row in ROWS]
    assert [load(form, path, {}) for form, path in files(tmp_path, named).items()] == found[:1] * 3
    assert (found[0][3]["end"], found[0][3]["utilisation"]) == (1767225703, 30_000)


@pytest.mark.parametrize("form", ["csv", "jsonl", "arrow"])
def test_what_is_refused_and_its_remedy(form: str, tmp_path: Path) -> None:
    path = files(tmp_path, ROWS)[form]
    with pytest.raises(ImporterError, match=r"the field 'tfm', which --map takes for column utilisation") as caught:
        load(form, path, {**MAP, "utilisation": "tfm"})
    assert path.name in caught.value.message
    with pytest.raises(ImporterError, match="column run"):
        load(form, path, {name: field for name, field in MAP.items() if name != "run"})
    with pytest.raises(UsageError, match="schema compute@2 has no such column") as wrong:
        load(form, path, {**MAP, "runs": "job"})
    assert wrong.value.help == "zkcompliance schemas compute"
    both = load(form, path, {**MAP, "model": "job"})  # a field may be several columns
    assert [row["model"] for row in both] == [row["run"] for row in both]
    assert [{**row, "model": ""} for row in both] == load(form, path, MAP)
    with pytest.raises(ImporterError, match="has no column"):
        load(form, path, {})


def test_a_format_that_names_its_fields_has_no_map() -> None:
    with pytest.raises(UsageError, match="leave --map out"):
        importers.mapped(importers.by_name("slurm"), MAP, schemas.compute)


def test_from_the_command_line(tmp_path: Path) -> None:
    assert run("keygen", "lab.example/x", "-o", tmp_path / "key").exit_code == 0
    given = [each for column, field in MAP.items() for each in ("--map", f"{column}={field}")]
    paths = files(tmp_path, ROWS)
    into = ("--log", tmp_path / "log", "--key", tmp_path / "key")
    assert run("seal", paths["csv"], *given, "--unit", "utilisation=fraction", *into).exit_code == 0
    for form in ("jsonl", "arrow"):  # the same rows, which are sealed once
        refused = run("seal", paths[form], *given, "--unit", "utilisation=fraction", *into)
        assert refused.exit_code == 2 and "error[already-sealed]" in refused.stderr, refused.stderr
    assert open_log(tmp_path / "log").segments[0].rows == 300


@pytest.mark.parametrize("form", ["csv", "jsonl", "arrow"])
def test_a_field_that_is_no_column_is_refused_with_the_remedy(tmp_path: Path, form: str) -> None:
    """And taken as it says: the fields that are columns are named, others are left out."""
    path = files(tmp_path, ROWS)[form]
    importer = importers.by_name(form)
    with pytest.raises(ImporterError, match=r"has no column|is missing") as caught:
        list(importers.encode(importer, path, schemas.compute, units=UNITS))
    assert "--map COLUMN=FIELD" in caught.value.help and path.name in caught.value.message
    mapped = importers.mapped(importer, MAP, schemas.compute)
    assert sum(part.shape[1] for part in importers.encode(mapped, path, schemas.compute, units=UNITS)) == len(ROWS)
    wrong = importers.mapped(importer, {**MAP, "utilisation": "share"}, schemas.compute)
    with pytest.raises(ImporterError, match="the field 'share', which --map takes for column util") as caught:
        list(importers.encode(wrong, path, schemas.compute, units=UNITS))
    assert caught.value.help == "name the field as the file does: --map COLUMN=FIELD"
