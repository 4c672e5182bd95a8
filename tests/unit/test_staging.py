"""Segments that other processes make: the log is the one that the same rows give without them, whoever is killed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.kit.inline import Inline
from tests.kit.quick_logs import KEY, SCHEMA, quickly, some_rows
from zkcompliance import schemas
from zkcompliance.errors import AlreadySealed, LogCorrupt, LogError
from zkcompliance.log import open_log, rows, staging
from zkcompliance.log.fsck import fsck
from zkcompliance.log.layout import Layout, Settings
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.stark.commit import table

ROUND = (5, b"\x01" * 32)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    quickly(monkeypatch)
    monkeypatch.setattr(rows, "MAX_ROWS", 16)
    monkeypatch.setattr(os, "urandom", lambda count: b"\x07" * count)  # equal salts: everything else is to be equal


def made(folder: Path, appended: int = 0) -> Path:
    create_log(folder, SCHEMA, KEY)
    if appended:
        with Writer(folder, KEY) as writer:
            writer.append_rows(some_rows(0, appended))
    return folder


def inputs(*counts: int) -> list[tuple[str, list[object]]]:
    chunk = lambda at, count: schemas.encode_rows(SCHEMA, some_rows(1000 * at, count))  # noqa: E731
    return [(f"input {at}", [chunk(at, count)]) for at, count in enumerate(counts, 1)]


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("appended", "counts"), [(0, (5,)), (0, (16,)), (3, (40, 7)), (33, ()), (16, (16,))])
def test_byte_for_byte_the_log_without(tmp_path: Path, appended: int, counts: tuple[int, ...]) -> None:
    alone, apart = made(tmp_path / "alone", appended), None
    with Writer(alone, KEY) as writer:
        first = writer.seal_inputs(inputs(*counts), beacon=ROUND)
    found = files(alone)
    shutil.rmtree(alone)
    KEY.file = None
    apart = made(alone, appended)
    executor, steps = Inline(), []
    with Writer(apart, KEY) as writer:
        second = writer.seal_inputs(
            inputs(*counts), executor=executor, beacon=ROUND, progress=lambda *step: steps.append(step)
        )
    assert first == second and files(apart) == found
    count = second.size
    assert executor.labels == [f"seal segment {at} of {count}" for at in range(1, count + 1)]
    assert [step for step in steps if step[0] == "segments"] == [("segments", done, count) for done in range(count + 1)]
    assert not fsck(apart).findings


@pytest.mark.parametrize("later", [None, (7, b"\x09" * 32)])
def test_the_round_is_that_of_the_seal_that_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, later: tuple[int, bytes] | None
) -> None:
    """One seal is killed when its segments have their numbers; the next one has another round, or none."""
    log = made(tmp_path / "log")

    def killed(*given: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as now, Writer(log, KEY) as writer, pytest.raises(KeyboardInterrupt):
        now.setattr(Writer, "_publish", killed)
        writer.seal_inputs(inputs(20), executor=Inline(), beacon=ROUND)
    executor = Inline()
    with Writer(log, KEY) as writer:
        writer.seal_inputs(inputs(20), executor=executor, beacon=later)
    entries = [segment.entry for segment in open_log(log).segments]
    assert [(entry.round, entry.beacon) for entry in entries] == [later or (0, bytes(32))] * 2
    assert not fsck(log, deep=True).findings


def test_an_empty_seal_and_twice_is_twice(tmp_path: Path) -> None:
    log = made(tmp_path / "log")
    with Writer(log, KEY) as writer:
        writer.seal_inputs(inputs(20), executor=Inline())
        with pytest.raises(AlreadySealed):
            writer.seal_inputs(inputs(20), executor=Inline())
        writer.seal_inputs(inputs(20), again=True, executor=Inline())
        writer.seal_inputs([("none", [])], empty=True, executor=Inline())
    assert [segment.rows for segment in open_log(log).segments] == [16, 4, 16, 4, 0]
    assert not fsck(log).findings


def test_what_is_staged_is_not_made_again_and_seeds_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The third segment fails; the next seal of these rows makes that one alone."""
    log, calls = made(tmp_path / "log"), []
    quick = table.commit

    def failing(*args: object, **kwargs: object) -> object:
        calls.append(args[1])
        if len(calls) == 3:
            raise MemoryError("no room")
        return quick(*args, **kwargs)

    monkeypatch.setattr(table, "commit", failing)
    with Writer(log, KEY) as writer, pytest.raises(MemoryError, match="no room"):
        writer.seal_inputs(inputs(64), executor=Inline())
    assert open_log(log).checkpoint.size == 0 and len(calls) == 4
    assert any("left by an interrupted seal" in each.what for each in fsck(log).findings)
    with Writer(log, KEY) as writer:
        writer.seal_inputs(inputs(64), executor=Inline())
    assert len(calls) == 5 and open_log(log).checkpoint.size == 4 and not fsck(log).findings


def test_other_rows_are_another_name_and_so_is_another_number(tmp_path: Path) -> None:
    settings = Settings.load(Layout(made(tmp_path / "log")))
    names = {staging.name_of(settings, at, [part]) for at in (0, 1) for part in (b"x", b"y")}
    assert len(names) == 4


def test_a_staged_segment_of_other_rows_is_refused(tmp_path: Path) -> None:
    log = made(tmp_path / "log")
    columns = schemas.encode_rows(SCHEMA, some_rows(0, 8))
    staging.draw_seed(Layout(log), "ab" * 32)
    staging.Try(log, "ab" * 32).make(columns, 8)
    staging.Try(log, "ab" * 32).make(columns, 8)
    with pytest.raises(LogCorrupt, match="has other rows"):
        staging.Try(log, "ab" * 32).make(schemas.encode_rows(SCHEMA, some_rows(1, 8)), 8)


def test_without_a_seed_nothing_is_made(tmp_path: Path) -> None:
    """It is drawn by the writer alone; whoever comes late finds it gone."""
    log = made(tmp_path / "log")
    with pytest.raises(LogError, match="seed-"):
        staging.Try(log, "ab" * 32).make(schemas.encode_rows(SCHEMA, some_rows(0, 8)), 8)
    assert not list((log / "secret" / "segments").iterdir())


def test_a_plain_seal_drops_what_was_staged(tmp_path: Path) -> None:
    log = made(tmp_path / "log")
    staging.draw_seed(Layout(log), "ab" * 32)
    staging.Try(log, "ab" * 32).make(schemas.encode_rows(SCHEMA, some_rows(0, 8)), 8)
    with Writer(log, KEY) as writer:
        writer.seal(some_rows(0, 3))
    assert [path.name for path in (log / "secret" / "segments").iterdir()] == ["00000000"]
