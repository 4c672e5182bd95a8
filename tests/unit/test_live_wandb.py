"""A run of W&B that is followed: its file as it grows, by the importer's own reading, in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import zkcompliance as zk
from tests.kit.command_line import run as command
from tests.kit.importing import DATA
from zkcompliance import start
from zkcompliance.errors import ImporterError, LogError, UsageError
from zkcompliance.importers.wandb_records import records
from zkcompliance.live.follow import Growing, Writer, follow
from zkcompliance.live.wandb import seal_run

SAMPLE = DATA / "wandb" / "run-fixture01.wandb"
TOKENS = {"tokens_metric": "tokens", "parameters": "1.3e9", "running": "accept"}
FLOP = [6 * 1_300_000_000 * 524_288] * 50


@pytest.fixture
def key(tmp_path: Path) -> Path:
    zk.keygen(tmp_path / "key", "lab.example/c")
    return tmp_path / "key"


@pytest.fixture
def live(tmp_path: Path, key: Path) -> Iterator[zk.Live]:
    with zk.Live(tmp_path / "log", key=key, schema=zk.schemas.compute) as opened:
        yield opened


def flop(log: Path) -> list[object]:
    return [row["flop"] for row in zk.read_rows(log)]


def until(condition: Callable[[], object]) -> None:
    last = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < last
        time.sleep(0.02)


def fake(path: Path, **settings: object) -> object:
    """A run as `wandb.init` returns one, of what is used of it."""
    return types.SimpleNamespace(settings=types.SimpleNamespace(sync_file=str(path), **settings), disabled=False)


def test_read_waits_for_what_comes(tmp_path: Path) -> None:
    path, told = tmp_path / "grows", []
    path.touch()

    def write() -> None:
        with path.open("ab", buffering=0) as file:
            for byte in b"0123456789":
                time.sleep(0.01)
                file.write(bytes([byte]))
        told.append(1)

    thread = threading.Thread(target=write)
    with path.open("rb") as file:
        growing = Growing(file, lambda _: bool(told))
        thread.start()
        assert [growing.read(4), growing.read(4), growing.read(4), growing.read(4)] == [b"0123", b"4567", b"89", b""]
    thread.join()


def test_rows_come_as_the_file_grows(tmp_path: Path, live: zk.Live) -> None:
    """Cut at any byte: the rows of the records that are whole, and the others once they are."""
    data, path, told = SAMPLE.read_bytes(), tmp_path / SAMPLE.name, []
    path.write_bytes(data[:3000])
    count: list[int] = []

    def read() -> None:
        with path.open("rb") as file:
            count.append(follow(live, file, "wandb", TOKENS, lambda _: bool(told)))

    thread = threading.Thread(target=read)
    thread.start()
    until(lambda: any(each.stat().st_size > 1000 for each in (live.path / "secret").glob("spool-*")))
    live.seal()
    first = len(flop(live.path))
    assert 0 < first < 50
    with path.open("ab") as file:
        file.write(data[3000:])
    told.append(1)
    thread.join()
    live.seal()
    assert flop(live.path) == FLOP and count == [50]


def test_what_the_importer_refuses(live: zk.Live) -> None:
    with SAMPLE.open("rb") as file, pytest.raises(ImporterError, match="is not a whole number"):
        follow(live, file, "wandb", {"flop_metric": "loss", "running": "accept"}, lambda _: True)


def test_what_a_writer_says() -> None:
    """The first line is what is asked for; a second one, or nothing for long after its end, is the end of the file."""
    reading, writing = os.pipe()
    os.write(writing, b'{"file": "x"}\n')
    writer = Writer(reading)
    assert writer.asked == {"file": "x"} and not writer.over(10**6)
    os.close(writing)
    assert not writer.over(29) and writer.over(31)
    os.close(reading)
    reading, writing = os.pipe()
    os.write(writing, b"{}\nfinished\n")
    writer = Writer(reading)
    os.close(writing)
    assert writer.over(0)
    os.close(reading)
    reading, writing = os.pipe()
    os.close(writing)
    with pytest.raises(LogError, match="nothing was asked for"):
        Writer(reading)
    os.close(reading)


def test_a_run(tmp_path: Path, key: Path) -> None:
    """The process that follows makes the importer's rows; sealing the file afterwards brings nothing."""
    path = tmp_path / SAMPLE.name
    following = seal_run(
        fake(path), tmp_path / "log", key=key, options={"tokens_metric": "tokens", "parameters": "1.3e9"}
    )
    shutil.copy(SAMPLE, path)
    assert following.finish() and following.finish()
    assert flop(tmp_path / "log") == FLOP
    given = ("seal", path, "--from", "wandb", "--log", tmp_path / "log", "--key", key)
    again = command(*given, "--set", "tokens_metric=tokens", "--set", "parameters=1.3e9")
    assert "already-sealed" in again.stderr


def test_the_writer_is_killed(tmp_path: Path, key: Path) -> None:
    """Killed -9, what others of it write afterwards is sealed all the same."""
    path, data = tmp_path / SAMPLE.name, SAMPLE.read_bytes()
    with SAMPLE.open("rb") as file:
        assert len(list(records(file, cut=False))) > 50
    path.write_bytes(data[:3000])
    asked = {
        "file": str(path), "format": "wandb", "options": TOKENS, "log": str(tmp_path / "log"), "key": str(key),
        "sealing": {},
    }  # fmt: skip
    short = "import zkcompliance.live.follow as it; it._QUIET = 2.0; it.run()"
    with subprocess.Popen(
        [sys.executable, "-c", short], stdin=subprocess.PIPE, cwd=Path(start.__file__).parents[1]
    ) as it:
        assert it.stdin is not None
        it.stdin.write(json.dumps(asked).encode() + b"\n")
        it.stdin.close()
        with path.open("ab") as file:
            file.write(data[3000:])
        assert it.wait() == 0
    assert flop(tmp_path / "log") == FLOP


def test_a_damaged_file_is_said(tmp_path: Path, key: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """What came before the damage is sealed."""
    data = bytearray(SAMPLE.read_bytes())
    data[4000] ^= 1
    (tmp_path / SAMPLE.name).write_bytes(data)
    options = {"tokens_metric": "tokens", "parameters": "1.3e9"}
    assert seal_run(fake(tmp_path / SAMPLE.name), tmp_path / "log", key=key, options=options).finish()
    assert "is not followed any more, and can be sealed: " in (said := capfd.readouterr().err) and "damaged" in said
    assert 0 < len(flop(tmp_path / "log")) < 50


def test_what_cannot_be_followed(tmp_path: Path, key: Path) -> None:
    run, log = fake(tmp_path / "f"), tmp_path / "log"
    with pytest.raises(UsageError, match="name one metric"):
        seal_run(run, log, key=key, options={})
    with pytest.raises(UsageError, match="has no option"):
        seal_run(run, log, key=key, options={"flop_metric": "f", "colour": "red"})
    with pytest.raises(UsageError, match="seal_run has no on_error"):
        seal_run(run, log, key=key, options={"flop_metric": "f"}, on_error="raise")
    with pytest.raises(UsageError, match="W&B writes no file"):
        seal_run(fake(tmp_path / "f", x_skip_transaction_log=True), log, key=key, options={"flop_metric": "f"})
    offline = types.SimpleNamespace(settings=types.SimpleNamespace(sync_file="f", resume="allow"), offline=True)
    with pytest.raises(UsageError, match="does not know offline whether a run goes on"):
        seal_run(offline, log, key=key, options={"flop_metric": "f"})
    with pytest.raises(LogError, match="there is no log"):
        seal_run(run, log, options={"flop_metric": "f"})
    assert not log.exists()
