"""`seal --cluster`: files that other processes read part by part give the same log, and the same refusals."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.asking import known_round
from tests.kit.command_line import ok, run
from tests.kit.inline import Inline
from tests.kit.rolling import FLOP, ROW, said
from zkcompliance.importers import ranges
from zkcompliance.log import open_log
from zkcompliance.prove import cluster


@pytest.fixture
def executor(monkeypatch: pytest.MonkeyPatch) -> Inline:
    """Takes the place of a cluster; files are cut every 200 bytes."""
    inline = Inline()

    @contextlib.contextmanager
    def connected(address: str) -> Iterator[Inline]:
        yield inline

    monkeypatch.setattr(cluster, "connected", connected)
    monkeypatch.setattr(ranges, "RANGE_BYTES", 200)
    return inline


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("key", "other.key", "rolled.key"):
        assert run("keygen", f"lab.example/{name}", "-o", tmp_path / name).exit_code == 0
    return tmp_path


def lines(count: int, **more: object) -> list[str]:
    return [json.dumps({**ROW, "flop": str(FLOP + i), **more}) for i in range(count)]


def csv(count: int, run: str = "r") -> str:
    rows = [f"{ROW['start']},{ROW['end']},{run},pretraining,hardware,{FLOP + i}\n" for i in range(count)]
    return "start,end,run,phase,method,flop\n" + "".join(rows)


def seal(folder: Path, name: str, log: str, key: str, *more: object) -> object:
    return run("seal", folder / name, "--schema", "compute", "--log", folder / log, "--key", folder / key, *more)


INPUTS = {
    "rows.jsonl": "\n".join(lines(9)) + "\n",
    "short.jsonl": "\n".join(lines(9)),  # without its last line end
    "one.jsonl": lines(1)[0] + "\n",
    "rows.csv": csv(12),
    "marked.csv": "\ufeff" + csv(12),
    "quoted.csv": csv(12, '"r"'),
}
REFUSED = {
    "broken.csv": csv(12, '"r\nr"'),  # a line end within quotation marks, where parts may end
    "empty.jsonl": "",
    "header.csv": csv(0),
    "nothing.csv": "",
    "bad.jsonl": "\n".join([*lines(7), "{", *lines(2)]) + "\n",
    "column.jsonl": "\n".join([*lines(7), lines(1, flops="1")[0]]) + "\n",
    "value.jsonl": "\n".join([*lines(8), lines(1, phase="x")[0], *lines(3)]) + "\n",
    "source.jsonl": "\n".join([*lines(8), lines(1, source="provider_attested")[0]]) + "\n",
    "equal.jsonl": "\n".join([*lines(9), *lines(1)]) + "\n",
    "blank.jsonl": "\n".join([*lines(7), "", *lines(3)]) + "\n",
    "cells.csv": csv(12) + "1,2\n",
    "open.csv": csv(12) + '"\n',
    "utf8.csv": csv(12, "\udcff"),
}


@pytest.mark.parametrize("name", INPUTS)
def test_the_same_rows(folder: Path, executor: Inline, name: str) -> None:
    (folder / name).write_text(INPUTS[name], "utf-8")
    alone, apart = seal(folder, name, "alone", "key"), seal(folder, name, "apart", "other.key", "--cluster", "x")
    assert alone.exit_code == apart.exit_code == 0, apart.output
    assert said(folder / "alone") == said(folder / "apart")
    (one,), (other,) = open_log(folder / "alone").segments, open_log(folder / "apart").segments
    assert one.paths.rows.read_bytes() == other.paths.rows.read_bytes()
    marks = [each.paths.meta.read_text().split("\n") for each in (one, other)]
    one_says, other_says = (each[:2] + each[3:] for each in marks)  # all but the entry, which has another salt
    assert one_says == other_says
    names = [sorted(path.name for path in (folder / log / "secret").iterdir()) for log in ("alone", "apart")]
    assert names[0] == names[1]
    parts = sum(label.startswith("read part") for label in executor.labels)
    assert parts == (1 if name == "one.jsonl" else len(executor.labels) - 1) and (parts > 2) == (name != "one.jsonl")
    again = seal(folder, name, "apart", "other.key", "--cluster", "x")
    assert "its rows are sealed in" in again.output and again.exit_code == 2


def test_a_beacons_round(folder: Path, executor: Inline) -> None:
    """Held by the segments that others made, as whoever seals has it."""
    known = known_round()
    (folder / "round.json").write_text(json.dumps({"round": known.number, "signature": known.signature.hex()}))
    (folder / "rows.csv").write_text(INPUTS["rows.csv"])
    done = seal(folder, "rows.csv", "apart", "other.key", "--cluster", "x", "--beacon", folder / "round.json")
    assert done.exit_code == 0, done.output
    (segment,) = open_log(folder / "apart").segments
    assert (segment.entry.round, segment.entry.beacon) == (known.number, known.digest)
    assert ok("fsck", folder / "apart", "--deep")


@pytest.mark.parametrize("name", REFUSED)
def test_the_same_refusals(folder: Path, executor: Inline, name: str) -> None:
    (folder / name).write_bytes(REFUSED[name].encode("utf-8", "surrogateescape"))
    for log, key in (("alone", "key"), ("apart", "other.key")):
        assert ok("seal", "--empty", "--schema", "compute", "--log", folder / log, "--key", folder / key)
    alone, apart = seal(folder, name, "alone", "key"), seal(folder, name, "apart", "other.key", "--cluster", "x")
    assert alone.exit_code == apart.exit_code == 2, (alone.output, apart.output)
    assert alone.output == apart.output and name in alone.output
    assert open_log(folder / "apart").checkpoint.size == 1


def test_a_map_of_fields_holds_for_the_whole_file(folder: Path, executor: Inline) -> None:
    """A field that is in the last part only is there."""
    rows = [json.dumps(ROW | {"flop": "1", "end": ROW["end"] + i}) for i in range(8)]
    rows.append(json.dumps(ROW | {"flop": "1", "model_name": "m"}))
    (folder / "m.jsonl").write_text("\n".join(rows) + "\n")
    more = ("--map", "model=model_name", "--cluster", "x")
    assert seal(folder, "m.jsonl", "apart", "key", *more).exit_code == 0
    assert len(said(folder / "apart")) == 9 and said(folder / "apart")[-1]["model"]


def test_rows_within_quotation_marks_are_none(folder: Path, executor: Inline) -> None:
    """Texts in a field that is left out hold lines that are like rows, wherever a part may end."""
    head, *rows = csv(40).rstrip("\n").split("\n")
    text = "".join(f'{row},"{rows[at]},\n{rows[at]},"\n' for at, row in enumerate(rows))
    (folder / "notes.csv").write_text(f"{head},note\n{text}")
    for log, key, more in (("alone", "key", ()), ("apart", "other.key", ("--cluster", "x"))):
        assert seal(folder, "notes.csv", log, key, "--map", "run=run", *more).exit_code == 0
    assert said(folder / "alone") == said(folder / "apart") and len(said(folder / "apart")) == 40


def test_texts_and_several_files(folder: Path, executor: Inline) -> None:
    """Texts of ids are kept from every part, and files go in order."""
    (folder / "rows.jsonl").write_text(INPUTS["rows.jsonl"])
    (folder / "two.jsonl").write_text("\n".join(lines(3, run="q")) + "\n")
    for log, key, more in (("alone", "key", ()), ("apart", "other.key", ("--cluster", "x"))):
        where = ("--schema", "compute", "--log", folder / log, "--key", folder / key, "--keep-texts", *more)
        done = ok("seal", folder / "rows.jsonl", folder / "two.jsonl", *where)
        assert (done["rows"], done["passed_over"]) == ("12", "0")
    texts = [(folder / log / "secret" / "texts").read_bytes() for log in ("alone", "apart")]
    assert texts[0] == texts[1] and b"q" in texts[0]
    assert said(folder / "alone") == said(folder / "apart")


def test_records_are_known_whichever_way_they_were_sealed(folder: Path, executor: Inline) -> None:
    """Jobs of exports that overlap: the same rows and records, and a seal the other way passes over those there."""
    export = (Path(__file__).parents[1] / "data" / "slurm" / "sacct_allocations.psv").read_text().split("\n")
    (folder / "monday.psv").write_text("\n".join([*export[:6], ""]))
    (folder / "tuesday.psv").write_text("\n".join([export[0], *export[3:]]))
    ways: dict[str, tuple[str, ...]] = {"alone": ("key",), "apart": ("other.key", "--cluster", "x")}
    for log, (key, *more) in ways.items():
        where = ("--from", "slurm", "--set", "allocations=yes", "--log", folder / log, "--key", folder / key)
        first = ok("seal", folder / "monday.psv", *where, *more)
        assert int(first["rows"]) > 0
        second = ok("seal", folder / "tuesday.psv", *where, *(() if more else ("--cluster", "x")))
        assert int(second["passed_over"]) > 0
    for one, other in zip(open_log(folder / "alone").segments, open_log(folder / "apart").segments, strict=True):
        assert one.paths.records.read_bytes() == other.paths.records.read_bytes()
        assert one.paths.rows.read_bytes() == other.paths.rows.read_bytes()


def test_what_was_read_is_not_read_again(folder: Path, executor: Inline, monkeypatch: pytest.MonkeyPatch) -> None:
    """A seal fails when all is read: the next one takes the parts as they are, though their file has more now."""
    from zkcompliance.log import sealing, staging
    from zkcompliance.schemas import columnar

    (folder / "rows.jsonl").write_text(INPUTS["rows.jsonl"])
    with monkeypatch.context() as patch:
        patch.setattr(staging, "take", lambda *_: 1 / 0)
        assert seal(folder, "rows.jsonl", "apart", "key", "--cluster", "x").exit_code != 0
    assert open_log(folder / "apart").checkpoint.size == 0
    assert sealing.staging is staging
    calls: list[object] = []
    real = columnar.Encoder.encode
    monkeypatch.setattr(columnar.Encoder, "encode", lambda self, *given: calls.append(1) or real(self, *given))
    assert seal(folder, "rows.jsonl", "apart", "key", "--cluster", "x").exit_code == 0
    assert not calls and len(said(folder / "apart")) == 9


def test_sealed_and_rolled_up_by_others(folder: Path, executor: Inline) -> None:
    (folder / "rows.jsonl").write_text(INPUTS["rows.jsonl"])
    more = ("--roll-up", folder / "rolled", "--roll-up-key", folder / "rolled.key", "--cluster", "x")
    done = seal(folder, "rows.jsonl", "apart", "key", *more)
    assert done.exit_code == 0, done.output
    assert executor.labels[-3:] == ["seal segment 1 of 1", "roll up segment 1 of 1", "prove segment 1 of 1"]
    assert not [path for path in (folder / "rolled" / "secret").iterdir() if path.name.startswith("rolling-")]
