"""A log that a running program writes: `put` never waits, seals come by rows, by time and at the end, in a process of
their own; errors are raised or said, as the lab wants it."""

from __future__ import annotations

import gc
import json
import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import zkcompliance as zk
from tests.kit.asking import known_round
from zkcompliance.client.rounds import STALE, Rounds
from zkcompliance.errors import EvidenceRefused, LogCorrupt, LogError, SchemaError, UsageError
from zkcompliance.live import round as rounds
from zkcompliance.live.sealer import Sealer
from zkcompliance.live.writer import record
from zkcompliance.log.store import SealedLog

EVENT = {"serial": 1, "at": 1767484800, "kind": "eval"}


@pytest.fixture
def key(tmp_path: Path) -> Path:
    zk.keygen(tmp_path / "key", "lab.example/events")
    return tmp_path / "key"


def events(numbers: range) -> list[dict[str, object]]:
    return [{**EVENT, "serial": n} for n in numbers]


def sealed(log: Path) -> list[int]:
    return [int(str(row["serial"])) for row in zk.read_rows(log)]


def until(condition: object) -> None:
    """Wait for a thread or a process; ten minutes are for a machine that does everything at once."""
    last = time.monotonic() + 300
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < last
        time.sleep(0.02)


def segments(log: Path) -> int:
    return int((log / "checkpoint").read_text().splitlines()[1]) if (log / "checkpoint").exists() else 0


def test_from_nothing_to_a_seal(key: Path, tmp_path: Path) -> None:
    with zk.Live(tmp_path / "log", key=key, schema=zk.schemas.event) as live:
        live.put(EVENT)
        live.put(events(range(2, 6)))
        live.flush()
        assert segments(tmp_path / "log") == 0 and live.lost == 0
    assert sealed(tmp_path / "log") == [1, 2, 3, 4, 5] and segments(tmp_path / "log") == 1


def test_nothing_put_is_nothing_sealed(key: Path, tmp_path: Path) -> None:
    with zk.Live(tmp_path / "log", key=key, schema=zk.schemas.event):
        pass
    assert segments(tmp_path / "log") == 0


def test_sealed_by_rows_and_by_time(key: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with zk.Live(log, key=key, schema=zk.schemas.event, seal_rows=3) as live:
        live.put(events(range(2)))
        live.put(EVENT)
        until(lambda: segments(log) == 1)
    with zk.Live(log, key=key, seal_every=0.2) as live:
        live.put(EVENT)
        until(lambda: segments(log) == 2)
        live.put(EVENT)
        until(lambda: segments(log) == 3)
    assert segments(log) == 3


def test_ranks(key: Path, tmp_path: Path) -> None:
    """Every rank writes; the one with the key makes the log, which others wait for, and seals what all have put."""
    log = tmp_path / "log"
    others = [
        subprocess.Popen(
            [sys.executable, "-c", (
                "import sys, zkcompliance as zk\n"
                "with zk.Live(sys.argv[1]) as live:\n"
                "    for n in range(50):\n"
                "        live.put({'serial': int(sys.argv[2]) * 100 + n, 'at': 1767484800, 'kind': 'eval'})\n"
            ), str(log), str(rank)],
        )
        for rank in (1, 2)
    ]  # fmt: skip
    with zk.Live(log, key=key, schema=zk.schemas.event, seal_rows=20) as live:
        for n in range(50):
            live.put({**EVENT, "serial": n})
        assert [each.wait(timeout=600) for each in others] == [0, 0]
    found = sealed(log)
    assert sorted(found) == [100 * rank + n for rank in range(3) for n in range(50)]
    for rank in range(3):
        own = [n for n in found if n // 100 == rank]
        assert own == sorted(own), "each rank's in its order"


def test_killed(key: Path, tmp_path: Path) -> None:
    """Killed −9 in the middle: whatever `put` returned for is there, once, and the next start goes on."""
    log = tmp_path / "log"
    script = (
        "import sys, zkcompliance as zk\n"
        "live = zk.Live(sys.argv[1], key=sys.argv[2], schema=zk.schemas.event, seal_rows=40)\n"
        "for n in range(1, 10**6):\n"
        "    live.put({'serial': n, 'at': 1767484800, 'kind': 'eval'})\n"
        "    print(n, flush=True)\n"
    )
    command = [sys.executable, "-c", script, str(log), str(key)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [int(process.stdout.readline()) for _ in range(150)]
        process.kill()
        said += [int(line) for line in process.stdout.read().splitlines()]
    last = said[-1]
    with zk.Live(log, key=key) as live:
        live.put({**EVENT, "serial": 10**6})
    until(lambda: 10**6 in sealed(log))  # where the process that sealed for the killed one was quicker, by that
    found = sealed(log)
    assert found[-1] == 10**6 and found[:-1] == list(range(1, len(found)))
    assert len(found) - 1 in (last, last + 1), "one that was written, and not yet said"


def test_another_holds_the_log(key: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is raised, nothing waits, nothing is lost: whoever holds the log seals the rows."""
    log = tmp_path / "log"
    with zk.open_log(log, key=key, schema=zk.schemas.event) as holder:
        with zk.Live(log, key=key, patience=0) as live:
            live.put(EVENT)
        assert "what was put waits there for the next seal" in caplog.text
        holder.seal()
        assert sealed(log) == [1]


@pytest.mark.long  # 41 seals
def test_compacted_as_it_goes(key: Path, tmp_path: Path) -> None:
    """Before there are more segments than one proof covers they are put together, and rows go on in the next folder."""
    log = tmp_path / "log"
    with zk.open_log(log, key=key, schema=zk.schemas.event) as held:
        for n in range(41):  # one more, and one proof of circuit-breaker soon covers no more
            held.append({**EVENT, "serial": n})
            held.seal()
    with zk.Live(log, key=key, seal_rows=1, seal_every=3600) as live:
        live.put({**EVENT, "serial": 41})
        until((tmp_path / "log-g2" / "checkpoint").exists)
        live.put({**EVENT, "serial": 42})
    assert sealed(tmp_path / "log-g2") == list(range(43))


def test_errors_are_raised(key: Path, tmp_path: Path) -> None:
    with zk.Live(tmp_path / "log", key=key, schema=zk.schemas.event) as live:
        with pytest.raises(SchemaError, match="row 1, column kind"):
            live.put({**EVENT, "kind": "party"})
        with pytest.raises(UsageError, match="as many as there are rows"):
            live.put(events(range(2)), records=[record("test", 1)])
        live.put(EVENT)
    assert sealed(tmp_path / "log") == [1]
    with pytest.raises(LogError, match="closed"):
        live.put(EVENT)
    with pytest.raises(UsageError, match="on_error is raise or warn"):
        zk.Live(tmp_path / "log", key=key, on_error="ignore")
    with pytest.raises(LogError, match="has schema event@"):
        zk.Live(tmp_path / "log", key=key, schema=zk.schemas.compute)
    with pytest.raises(LogError, match="give its schema"):
        zk.Live(tmp_path / "none", key=key)
    with pytest.raises(LogError, match="is not a log folder"):
        zk.Live(tmp_path / "none", patience=0)


def test_or_said(key: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """on_error="warn": whatever happens to the log, the program that runs goes on, and is told how much is missing."""
    log = tmp_path / "log"
    with zk.Live(log, key=key, schema=zk.schemas.event, on_error="warn") as live:
        live.put({**EVENT, "kind": "party"})
        live.put(object())
        live.put(EVENT)
        assert live.lost == 2 and "column kind" in caplog.text and "party" not in caplog.text
        (log / "settings").write_bytes(b"damaged")
        live.seal()
    assert "settings is not of the form" in caplog.text
    assert "2 times rows were not taken, and they are not in the log" in caplog.text


def test_a_record_is_sealed_once(key: Path, tmp_path: Path) -> None:
    for _ in range(2):
        with zk.Live(tmp_path / "log", key=key, schema=zk.schemas.event) as live:
            live.put(events(range(3)), records=[record("test", "run", n) for n in range(3)])
    assert sealed(tmp_path / "log") == [0, 1, 2] and segments(tmp_path / "log") == 1


def test_put_asks_for_no_disk_and_no_lock(key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the caller waits for is one write: it fsyncs nothing, opens nothing, and starts no process."""
    with zk.Live(tmp_path / "log", key=key, schema=zk.schemas.event) as live:
        live.put(EVENT)
        caller, done = threading.get_ident(), []
        for module, name in ((os, "fsync"), (os, "open"), (subprocess, "run")):
            real = getattr(module, name)

            def told(*given: object, name: str = name, real: object = real, **named: object) -> object:
                if threading.get_ident() == caller:
                    done.append(name)
                return real(*given, **named)  # type: ignore[operator]

            monkeypatch.setattr(module, name, told)
        for n in range(100):
            live.put({**EVENT, "serial": n})
        monkeypatch.undo()
        assert not done


def test_the_process_that_seals_says_what_is_wrong(
    key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    log = tmp_path / "log"
    live = zk.Live(log, key=key, schema=zk.schemas.event)
    live.put(EVENT)
    key.rename(tmp_path / "elsewhere")
    with pytest.raises(LogError, match="key"):
        live.seal()
    ends = [sys.executable, "-I", "-c", "import sys; sys.exit(3)"]
    monkeypatch.setattr("zkcompliance.start.command", lambda module: ends)
    assert live._sealer is not None
    live._sealer._beside.close()  # and another one is started
    with pytest.raises(LogError, match=r"the process that seals .* failed: it ended with status 3"):
        live.seal()
    monkeypatch.undo()
    (tmp_path / "elsewhere").rename(key)
    live.close()
    assert sealed(log) == [1]


def test_tried_again(
    key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A seal by time that failed is said and tried again, though nothing is put meanwhile."""
    log, tries = tmp_path / "log", []
    real = Sealer.now

    def now(self: Sealer) -> None:
        tries.append(1)
        if len(tries) == 1:
            self._left = True
            raise LogCorrupt("not today")
        real(self)

    monkeypatch.setattr(Sealer, "now", now)
    with caplog.at_level(logging.WARNING), zk.Live(log, key=key, schema=zk.schemas.event, seal_every=0.2) as live:
        live.put(EVENT)
        until(lambda: segments(log) == 1)
    assert "was not sealed, and is tried again: not today" in caplog.text


def test_a_round_in_process(key: Path, tmp_path: Path) -> None:
    """What the process that seals does."""
    log = tmp_path / "log"
    with zk.open_log(log, key=key, schema=zk.schemas.event) as held:
        held.append(EVENT)
    assert rounds.sealed(log, key, None, compact=True) == {"sealed": 1, "said": []}
    assert rounds.sealed(log, key, None, compact=True) == {"sealed": 0, "said": []}


def test_seals_hold_a_beacons_round(key: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The round that the file has; one of years ago is said. Without the file the seal goes on, and that is said."""
    known, file = known_round(), tmp_path / "round.json"
    file.write_text(json.dumps({"round": known.number, "signature": known.signature.hex()}))
    log = tmp_path / "log"
    with zk.Live(log, key=key, schema=zk.schemas.event, beacon=file) as live:
        live.put(EVENT)
        live.seal()
        assert "more than a day ago" in caplog.text and "without a round" not in caplog.text
        file.write_text("{")
        live.put(EVENT)
    assert "was sealed without a round of a beacon" in caplog.text
    held = [each.entry for each in SealedLog.open(log).segments]
    assert [(each.round, each.beacon) for each in held] == [(known.number, known.digest), (0, bytes(32))]


def test_a_round_that_is_required(key: Path, tmp_path: Path) -> None:
    """Rows wait until there is one of the last day."""
    file, log, known = tmp_path / "round.json", tmp_path / "log", known_round()
    with (
        pytest.raises(LogError, match="is not sealed without a round"),
        zk.Live(log, key=key, schema=zk.schemas.event, beacon=file, beacon_required=True) as live,
    ):
        live.put(EVENT)
    assert segments(log) == 0
    file.write_text(json.dumps({"round": known.number, "signature": known.signature.hex()}))
    with pytest.raises(EvidenceRefused, match="more than a day ago"):
        Rounds(file, required=True).newest(log, known.moment + STALE + 1)
    assert Rounds(file, required=True).newest(log, known.moment + STALE) == ((known.number, known.digest), [])
    with pytest.raises(UsageError, match="give beacon too"):
        zk.Live(log, key=key, beacon_required=True)


def test_put_collects_no_garbage(key: Path, tmp_path: Path) -> None:
    """Where collections of the program's own are due all the time, none begins in a put; and it stays as the program
    has it."""
    within: list[bool] = []

    def told(phase: str, info: object) -> None:
        frame = sys._getframe()
        while frame.f_back is not None and frame.f_code is not zk.Live.put.__code__:
            frame = frame.f_back
        within.append(frame.f_code is zk.Live.put.__code__)

    before = gc.get_threshold()
    with zk.Live(tmp_path / "log", key=key, schema=zk.schemas.event) as live:
        gc.callbacks.append(told)
        gc.set_threshold(1)
        try:
            for n in range(20):
                kept = [[each] for each in range(5)]
                live.put({**EVENT, "serial": n + len(kept)})
            assert gc.isenabled()
            gc.disable()
            live.put({**EVENT, "serial": 20})
            assert not gc.isenabled()
        finally:
            gc.set_threshold(*before)
            gc.enable()
            gc.callbacks.remove(told)
    assert within and not any(within)
