"""`zk.read_rows`: the rows of a log as they were sealed, with the texts of ids where the lab kept them."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import zkcompliance as zk
from tests.kit.command_line import run
from tests.kit.importing import DATA, write
from zkcompliance.errors import LimitExceeded, LogCorrupt
from zkcompliance.log import texts
from zkcompliance.log.fsck import fsck
from zkcompliance.log.layout import Layout

ROWS = [
    {"start": 1767225600 + n, "end": 1767225700 + n, "run": f"run {n % 5} é", "phase": "pretraining",
     "flop": 10**25 + n, "method": "hardware", "site": "Oslo"}
    for n in range(40)
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert run("keygen", "lab.example/x", "-o", tmp_path / "key").exit_code == 0
    return tmp_path


def seal(folder: Path, path: Path, *more: object) -> None:
    done = run("seal", path, "--log", folder / "log", "--key", folder / "key", *more)
    assert done.exit_code == 0, done.stderr


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_rows_and_the_texts_of_their_ids(folder: Path, form: str) -> None:
    if form == "csv":
        lines = [",".join(ROWS[0]), *(",".join(str(value) for value in row.values()) for row in ROWS), ""]
        path = write(folder, "\n".join(lines), "in.csv")
    elif form == "jsonl":
        path = write(folder, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS), "in.jsonl")
    else:
        path = folder / "in.parquet"
        table = [{**row, "flop": str(row["flop"])} for row in ROWS]
        pq.write_table(pa.Table.from_pylist(table), path)
    seal(folder, path, "--keep-texts")
    found = list(zk.read_rows(folder / "log"))
    assert [{name: row[name] for name in ROWS[0]} for row in found] == ROWS
    assert found[0]["customer"] == "" and all(type(row["flop"]) is not float for row in found)
    assert fsck(folder / "log").findings == ()


def test_without_texts_an_id_is_its_digest(folder: Path) -> None:
    path = write(folder, json.dumps(ROWS[0]) + "\n", "in.jsonl")
    seal(folder, path)
    (row,) = zk.read_rows(folder / "log")
    assert str(row["run"]).startswith("0x") and len(str(row["run"])) == 34
    assert not Layout(folder / "log").texts.exists()
    other = write(folder, json.dumps(ROWS[1]) + "\n", "more.jsonl")
    seal(folder, other, "--keep-texts")
    first, second = zk.read_rows(folder / "log")
    assert str(first["run"]).startswith("0x") and (second["run"], first["site"]) == ("run 1 é", "Oslo")


def test_of_an_importer_and_of_the_next_generation(folder: Path) -> None:
    seal(folder, DATA / "slurm" / "sacct_steps_duplicates.psv", "--from", "slurm", "--keep-texts")
    before = list(zk.read_rows(folder / "log"))
    assert {row["site"] for row in before} == {"fixturecluster"} and str(before[0]["run"]).startswith("fixture")
    again = run("refresh", folder / "log", "--to", folder / "two", "--key", folder / "key", "-o", folder / "lineage")
    assert again.exit_code == 0, again.stderr
    assert list(zk.read_rows(folder / "two")) == before
    same = run(
        "seal", DATA / "slurm" / "sacct.json", "--from", "slurm", "--log", folder / "two", "--key", folder / "key"
    )
    assert same.exit_code == 2 and "error[already-sealed]" in same.stderr  # what is sealed is known there too


def test_texts_that_are_damaged_or_too_many(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seal(folder, write(folder, json.dumps(ROWS[0]) + "\n", "in.jsonl"), "--keep-texts")
    path = Layout(folder / "log").texts
    whole = path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600 and json.dumps("Oslo").encode() in whole
    for damaged in (b"", whole[:-1], whole.replace(b"Oslo", b"Rome"), b"\xff" + whole, whole + b"\n"):
        path.write_bytes(damaged)
        with pytest.raises(LogCorrupt, match="texts is damaged") as caught:
            list(zk.read_rows(folder / "log"))
        assert caught.value.help.startswith("rm ")
        assert any(f.fault and f.where == "secret/texts" for f in fsck(folder / "log").findings)
    path.unlink()  # the remedy
    assert str(next(zk.read_rows(folder / "log"))["run"]).startswith("0x")
    monkeypatch.setattr(texts, "MAX_TEXTS_BYTES", 200)
    with pytest.raises(LimitExceeded, match="at most 200 bytes"):
        texts.encode(["x" * 200])
