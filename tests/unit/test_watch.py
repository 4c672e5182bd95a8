"""Sources that are watched: what is new is sealed once, one that is wrong stops no other, and plans that are none."""

from __future__ import annotations

import contextlib
import http.server
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

import zkcompliance as zk
from tests.kit.asking import known_round
from zkcompliance.errors import LogBusy, UsageError
from zkcompliance.live import plan, pulling, taking
from zkcompliance.live.watch import Watch
from zkcompliance.log.store import SealedLog

HEAD = "start,end,run,phase,flop,method\n"
FILES = '[[logs.sources]]\nkind = "file"\nglob = "in/*.csv"\nformat = "csv"\n'
SACCT = Path(__file__).parents[1] / "data" / "slurm" / "sacct_steps_duplicates.psv"


def row(flop: int) -> str:
    return f"2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,r1,pretraining,{flop},hardware\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    zk.keygen(tmp_path / "key", "lab.example/compute")
    (tmp_path / "in").mkdir()
    return tmp_path


@pytest.fixture(autouse=True)
def within(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seals are made here, of what another process would be told."""

    def sealed(asked: taking.Taking, tell: Callable[[int], None]) -> list[str]:
        return taking.sealed(taking.Taking.of(json.dumps(asdict(asked))), tell)

    monkeypatch.setattr("zkcompliance.live.watch.sealed_beside", sealed)


def config(folder: Path, sources: str, head: str = "") -> Path:
    log = '[[logs]]\npath = "log"\nkey = "key"\nschema = "compute"\nevery = "1 h"\nprofile = "small"\n'
    (folder / "watch.toml").write_text(head or 'health = "health.json"\n' + log + sources)
    return folder / "watch.toml"


def test_seals_hold_a_beacons_round(folder: Path) -> None:
    """What the file has at each seal; without one a log that asks for it is not sealed, and that stands until it is."""
    known, old = known_round(), row(1).replace("2026", "2023")
    (folder / "in" / "a.csv").write_text(HEAD + old)
    path = config(folder, 'beacon = "round.json"\nbeacon_required = true\n' + FILES)
    said, watch = once(folder, path, lambda: known.moment + 10)
    assert "is not sealed without a round" in said[0] and len(watch.errors) == 1
    assert not SealedLog.open(folder / "log").segments
    (folder / "round.json").write_text(json.dumps({"round": known.number, "signature": known.signature.hex()}))
    watch.step(all_of_them=True)
    assert not watch.errors and "all is well again" in said[-1]
    path = config(folder, 'beacon = "none.json"\n' + FILES)
    (folder / "in" / "a.csv").write_text(HEAD + old + old.replace(",1,", ",2,"))
    said, watch = once(folder, path, lambda: known.moment + 20)
    assert not watch.errors and "was sealed without a round" in said[0]
    entries = [each.entry for each in SealedLog.open(folder / "log").segments]
    assert [(each.round, each.beacon) for each in entries] == [(known.number, known.digest), (0, bytes(32))]
    for wrong in ("beacon_required = true\n", 'beacon = "a"\nbeacon_required = 1\n'):
        with pytest.raises(UsageError, match="beacon"):
            plan.load(config(folder, wrong + FILES))


def once(folder: Path, path: Path, clock: Callable[[], float] = time.time) -> tuple[list[str], Watch]:
    said: list[str] = []
    watch = Watch(plan.load(path), said.append, clock)
    watch.step(all_of_them=True)
    return said, watch


def flops(folder: Path) -> list[object]:
    return [row["flop"] for row in zk.read_rows(folder / "log")]


def test_files_that_grow_and_one_that_is_wrong(folder: Path) -> None:
    path = config(folder, FILES)
    (folder / "in" / "a.csv").write_text(HEAD + row(1))
    assert once(folder, path)[0] == [] and flops(folder) == [1]
    (folder / "in" / "a.csv").write_text(HEAD + row(1) + row(2))
    (folder / "in" / "b.csv").write_text("nothing,of,ours\n1,2,3\n")
    (folder / "in" / "c.csv").write_text(HEAD + row(3))
    said, watch = once(folder, path)
    assert sorted(map(str, flops(folder))) == ["1", "2", "3"]
    assert len(said) == 1 and "in/b.csv" in said[0] and watch.errors[0].exit_status == 2
    watch.step(all_of_them=True)
    assert len(said) == 1, "it is said once"
    health = json.loads((folder / "health.json").read_text())
    assert not health["ok"] and health["logs"][0]["sources"][0]["errors"][0]["code"] == "import"
    (folder / "in" / "b.csv").unlink()
    watch.step(all_of_them=True)
    assert "all is well again" in said[-1] and not watch.errors and len(flops(folder)) == 3
    (folder / "in" / "a.csv").write_text(HEAD + row(9))
    assert "says something else" in once(folder, path)[0][0]


def sacct(folder: Path, script: str) -> str:
    (folder / "sacct").write_text("#!/bin/sh\n" + script)
    (folder / "sacct").chmod(0o755)
    return f'[[logs.sources]]\nkind = "sacct"\ncommand = ["{folder}/sacct", "-P"]\ntimeout = 5\n'


def test_sacct(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = sacct(folder, f"/bin/cat {SACCT}\n") + 'environment = { A = "b" }\n'
    source += '[logs.sources.options]\npeaks = "gpu=h100_sxm"\n'
    said, _ = once(folder, config(folder, source))
    assert not said, said
    rows = len(flops(folder))
    assert rows and not once(folder, config(folder, source))[0] and len(flops(folder)) == rows
    sacct(folder, "echo no >&2; exit 3\n")
    assert "ends with status 3: no" in once(folder, config(folder, source))[0][0]
    monkeypatch.setattr(pulling, "MAX_BODY_BYTES", 1000)
    sacct(folder, "while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done\n")
    assert "prints more than 1000 bytes" in once(folder, config(folder, source))[0][0]


@contextlib.contextmanager
def server(answer: Callable[[http.server.BaseHTTPRequestHandler], None]) -> Iterator[int]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with contextlib.suppress(OSError):
                answer(self)

        def log_message(self, *_: object) -> None:
            pass

    served = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    try:
        yield served.server_address[1]
    finally:
        served.shutdown()
        served.server_close()


def prometheus(port: int) -> str:
    return (
        f'[[logs.sources]]\nkind = "prometheus"\nurl = "http://127.0.0.1:{port}"\nquery = "x"\nstep = "1min"\n'
        'format = "dcgm"\nsettle = 0\nback = "2 h"\n'
    )


def readings(handler: http.server.BaseHTTPRequestHandler) -> None:
    from urllib.parse import parse_qs, urlsplit

    asked = {name: values[0] for name, values in parse_qs(urlsplit(handler.path).query).items()}
    times = range(int(asked["start"]), int(asked["end"]) + 1, int(asked["step"]))
    metric = {"__name__": "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", "UUID": "GPU-1", "modelName": "NVIDIA H100 80GB HBM3"}
    series = {"metric": metric, "values": [[time, "0.5"] for time in times]}
    body = json.dumps({"status": "success", "data": {"resultType": "matrix", "result": [series]}}).encode()
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def test_prometheus(folder: Path) -> None:
    """Whole hours, each once; the next round asks from the end of the last on, also without what was kept of it."""
    now = 1767600000.0 + 600
    with server(readings) as port:
        path = config(folder, prometheus(port))
        assert once(folder, path, lambda: now)[0] == [] and len(flops(folder)) == 2
        assert once(folder, path, lambda: now + 3600)[0] == [] and len(flops(folder)) == 3
        (folder / "health.json").unlink()
        assert once(folder, path, lambda: now + 3600)[0] == [] and len(flops(folder)) == 3
    assert len(set(map(str, flops(folder)))) == 1, "each hour has all its readings"


def hostile(data: bytes, status: int = 200) -> Callable[[http.server.BaseHTTPRequestHandler], None]:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Location", "http://example.com/")
        handler.send_header("Content-Length", str(max(len(data), 10)))
        handler.end_headers()
        handler.wfile.write(data)
        handler.close_connection = True

    return answer


@pytest.mark.parametrize(
    ("data", "status", "why"),
    [
        (b"{" * 5000, 200, "longer than 2000 bytes"), (b"[" * 1500, 200, "prometheus: "), (b"{}", 200, "."),
        (b"not json, but long", 200, "prometheus: "), (b"0123456789", 302, "status 302"),
        (b"1" * 10, 500, "status 500"),
    ],
)  # fmt: skip
def test_hostile_answers(folder: Path, data: bytes, status: int, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulling, "MAX_BODY_BYTES", 2000)
    (folder / "in" / "a.csv").write_text(HEAD + row(1))
    with server(hostile(data, status)) as port:
        said, watch = once(folder, config(folder, FILES + prometheus(port)))
    assert (
        len(said) == 1
        and (why in said[0] or why == ".")
        and flops(folder) == [1]
        and "zkcompliance-watch-" not in said[0]
    )
    assert watch.errors[0].exit_status == 2


def test_a_server_that_drips(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulling, "ANSWER_SECONDS", 1)
    dripped = []

    def drip(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for number in range(200):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            dripped.append(number)
            time.sleep(0.1)

    with server(drip) as port:
        assert "took over 1 s" in once(folder, config(folder, prometheus(port)))[0][0] and len(dripped) < 150


def test_killed_and_started_again(folder: Path) -> None:
    path = config(folder, FILES.replace("csv", "jsonl"))
    line = '{"start": 1767225600, "end": 1767225601, "run": "r", "flop": %d, "method": "hardware", '
    line += '"phase": "pretraining"}\n'
    (folder / "in" / "a.jsonl").write_text("".join(line % n for n in range(1, 3000)) + '{"start": 17')
    command = [sys.executable, "-m", "zkcompliance", "watch", str(path)]
    for pause in (0.5, 1.5, 2.5):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            time.sleep(pause)
            process.kill()
    ends = time.monotonic() + 60
    while (told := once(folder, path)[0]) and "by another process" in told[0] and time.monotonic() < ends:
        time.sleep(0.5)  # a seal that was begun goes on to its end when whoever watches is killed
    assert told == []
    assert sorted(int(str(each)) for each in flops(folder)) == list(range(1, 3000))


def test_the_process_that_seals_is_killed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """-9, before it has sealed and after: who asked goes on, says so, and has all of it in the log soon after."""
    path = config(folder, FILES)
    (folder / "in" / "a.csv").write_text(HEAD + row(1) + row(2))
    killed = (
        "import os, sys\n"
        "from zkcompliance.live import taking\n"
        "real = taking.sealed\n"
        "def sealed(asked, tell):\n"
        "    {}\n"
        "    os.kill(os.getpid(), 9)\n"
        "taking.sealed = sealed\n"
        "taking.run()\n"
    )
    said: list[str] = []
    watch = Watch(plan.load(path), said.append)
    monkeypatch.setattr("zkcompliance.live.watch.sealed_beside", taking.sealed_beside)
    for before, told, status in (
        ("pass", 0, "0 rows sealed, last seal not yet, 1 thing wrong: "),
        ("real(asked, tell)", 2, "2 rows sealed, last seal 2"),
    ):
        program = [sys.executable, "-c", killed.format(before)]
        with monkeypatch.context() as other:
            other.setattr("zkcompliance.start.command", lambda module, program=program: program)
            watch.step(all_of_them=True)
        assert watch.status().startswith(status) and "was ended by SIGKILL" in watch.status()
        health = json.loads((folder / "health.json").read_text())
        assert not health["ok"] and health["logs"][0]["rows"] == told
        (source,) = health["logs"][0]["sources"]
        assert [each["code"] for each in source["errors"]] == ["log"] and source["last_success"] is None
        assert 0 < watch.wait <= 30, "it is tried again soon, not in an hour"
    assert len([each for each in said if "was ended by SIGKILL" in each]) == 1, "it is said once"
    watch.step(all_of_them=True)
    assert flops(folder) == [1, 2] and not watch.errors and "all is well" in watch.status()
    assert json.loads((folder / "health.json").read_text())["logs"][0]["rows"] == 2
    (folder / "in" / "a.csv").write_text(HEAD + row(1) + row(2) + row(3))
    with zk.open_log(folder / "log", key=folder / "key"):
        watch.step(all_of_them=True)
    assert isinstance(watch.errors[0], LogBusy) and "another process" in watch.status() and watch.wait <= 30


@pytest.mark.parametrize(
    ("sources", "why"),
    [
        ("", r"\[\[logs\[1\]\.sources\]\] is not there"),
        (FILES.replace('kind = "file"', 'kind = "ftp"'), "kind is one of file, prometheus, sacct"),
        (FILES + "colour = 1\n", "'colour' is nothing that stands here"),
        (FILES + FILES, "two sources are called file"),
        (FILES + "every = 0\n", "every is a length of time"),
        (FILES + 'every = "often"\n', "is not a length of time"),
        (FILES.replace('"csv"\n', '"xls"\n'), "no format 'xls'"),
        (FILES + "options = { nothing = 1 }\n", "has no option 'nothing'"),
        (FILES.replace('glob = "in/*.csv"\n', ""), "glob is not there"),
        (prometheus(1).replace("http://127.0.0.1:1", "http://prom.example"), "url is https"),
        (prometheus(1).replace("http://127", "http://a:b@127"), "url is a server's"),
        (prometheus(1).replace("1min", "7 s"), "a whole multiple of step"),
        ('[[logs.sources]]\nkind = "sacct"\ncommand = ["sacct"]\n', "whole path"),
        ('[[logs.sources]]\nkind = "sacct"\ncommand = "sacct"\n', "is a list of texts"),
        ("x = \n", "is no TOML"),
    ],
)  # fmt: skip
def test_plans_that_are_none(folder: Path, sources: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        plan.load(config(folder, sources))
