"""A lab's rows are dated, from the command line and from Python: a beacon's round, an authority that is asked offline
and on loopback, and what is said at each step."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import zkcompliance as zk
from tests.kit import beacons, stamps
from tests.kit.stamps import needs_openssl
from zkcompliance import limits
from zkcompliance.commands.main import cli
from zkcompliance.log.anchors import load
from zkcompliance.log.layout import Layout
from zkcompliance.log.store import SealedLog

ROW = '{"start": "2026-01-05T00:00:00Z", "end": "2026-01-05T01:00:00Z", "run": "r", "phase": "pretraining", ' \
      '"method": "hardware", "flop": 5}\n'  # fmt: skip


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


def ok(*words: object) -> dict[str, Any]:
    done = run(*words, "--json")
    assert done.exit_code == 0, (words, done.output, done.stderr)
    return json.loads(done.stdout)  # type: ignore[no-any-return]


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    ok("keygen", "lab.example/compute", "-o", tmp_path / "key")
    (tmp_path / "rows.jsonl").write_text(ROW)
    return tmp_path


def seal(lab: Path, *more: object) -> dict[str, Any]:
    return ok("seal", lab / "rows.jsonl", "--log", lab / "log", "--key", lab / "key", "--profile", "small", *more)


def test_sealing_with_a_round(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with beacons.own(monkeypatch) as own:
        given = own.at(1_767_580_000)
        (lab / "round.json").write_bytes(given.to_json())
        said = seal(lab, "--beacon", lab / "round.json")
        assert (said["beacon"], said["not_before"]) == ("quicknet", str(given.moment))
        log = SealedLog.open(lab / "log")
        assert (log.segments[0].entry.round, log.segments[0].entry.beacon) == (given.number, given.digest)
        assert load(Layout(lab / "log")).rounds == {given.digest: given.encode()}
        assert ok("fsck", lab / "log", "--deep")
        with zk.open_log(lab / "log", key=lab / "key") as opened:
            opened.append(json.loads(ROW) | {"run": "s"})
            opened.seal(beacon=lab / "round.json")
        assert SealedLog.open(lab / "log").segments[1].entry.round == given.number


def test_a_round_of_long_ago_is_said_to_be_one(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a lab learns of it when it proves, and the rows are sealed."""
    with beacons.own(monkeypatch) as own:
        for back, old in ((3 * 86400, True), (3600, False)):
            (lab / "round.json").write_bytes(own.at(int(time.time()) - back).to_json())
            given = ("--key", lab / "key", "--profile", "small", "--beacon", lab / "round.json")
            done = run("seal", lab / "rows.jsonl", "--again", "--log", lab / "log", *given)
            assert done.exit_code == 0, done.stderr
            assert ("more than a day ago" in " ".join(done.stderr.split())) == old


def test_a_round_that_is_false_seals_nothing(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with beacons.own(monkeypatch) as own:
        given = own.at(1_767_580_000)
        (lab / "round.json").write_bytes(given.to_json().replace(b'"round":', b'"round":1'))
        done = run(
            "seal", lab / "rows.jsonl", "--log", lab / "log", "--key", lab / "key", "--beacon", lab / "round.json"
        )
        assert done.exit_code == 1 and "error[evidence-refused]" in done.stderr
        (lab / "round.json").write_text("{}")
        done = run(
            "seal", lab / "rows.jsonl", "--log", lab / "log", "--key", lab / "key", "--beacon", lab / "round.json"
        )
        assert done.exit_code == 2 and "error[malformed-evidence]" in done.stderr
        assert not (lab / "log").exists()


def test_a_round_does_not_go_with_other_processes(lab: Path) -> None:
    (lab / "round.json").write_text("{}")
    given = ("--log", lab / "log", "--key", lab / "key", "--beacon", lab / "round.json", "--cluster", "local:1")
    done = run("seal", lab / "rows.jsonl", *given)
    assert done.exit_code == 2 and "--beacon does not go with" in done.stderr


@contextmanager
def answering(reply: Any, kind: str = "application/timestamp-reply", status: int = 200) -> Iterator[str]:
    """An authority on loopback; reply: from the request's bytes to its answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/timestamp-query"
            data = reply(body)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/tsa"
        finally:
            server.shutdown()
            thread.join()


@needs_openssl
def test_an_authority_offline_and_on_loopback(lab: Path, tmp_path: Path) -> None:
    (tmp_path / "tsa").mkdir()
    theirs = stamps.openssl(tmp_path / "tsa")
    seal(lab)
    ok("timestamp", lab / "log", "--request", lab / "request.tsq")
    ok("timestamp", lab / "log", "--request", lab / "request.tsq")  # in the place of the earlier one
    (lab / "reply.tsr").write_bytes(theirs.reply((lab / "request.tsq").read_bytes()))
    (lab / "rows.jsonl").write_text(ROW.replace('"r"', '"s"'))
    seal(lab)
    kept = ok("timestamp", lab / "log", "--reply", lab / "reply.tsr")
    assert kept["segments"] == 1 and Path(kept["file"]).read_bytes() == (lab / "reply.tsr").read_bytes()
    with answering(theirs.reply) as url:
        assert ok("timestamp", lab / "log", "--url", url)["segments"] == 2
    assert [size for size, _ in load(Layout(lab / "log")).stamps] == [1, 2]
    assert "clean" in run("fsck", lab / "log").stdout
    with zk.open_log(lab / "log", key=lab / "key") as opened:
        assert opened.add_timestamp(theirs.reply(opened.timestamp_request())) == 2


def test_a_reply_for_another_log_is_not_kept(lab: Path) -> None:
    seal(lab)
    (lab / "reply.tsr").write_bytes(stamps.made(b"another\n1\nx\n", stamps.root()).reply())
    done = run("timestamp", lab / "log", "--reply", lab / "reply.tsr")
    assert done.exit_code == 1 and "over no checkpoint of lab.example/compute" in done.stderr
    (lab / "reply.tsr").write_bytes(b"no reply")
    assert "error[malformed-evidence]" in run("timestamp", lab / "log", "--reply", lab / "reply.tsr").stderr
    assert load(Layout(lab / "log")).stamps == ()


@pytest.mark.parametrize(
    ("kind", "status", "data", "said"),
    [
        ("text/html", 200, b"", "something else than a time stamp"),
        ("application/timestamp-reply", 302, b"", "status 302"),
        ("application/timestamp-reply", 500, b"", "status 500"),
        ("application/timestamp-reply", 200, bytes(limits.MAX_TIMESTAMP_BYTES + 1), "over 32768 bytes"),
        ("application/timestamp-reply", 200, b"\x30\x05\x02\x01\x02", "cut off"),
    ],
)
def test_a_hostile_authority(lab: Path, kind: str, status: int, data: bytes, said: str) -> None:
    seal(lab)
    with answering(lambda body: data, kind, status) as url:
        done = run("timestamp", lab / "log", "--url", url)
    assert done.exit_code in (1, 2) and said in done.stderr


def test_usage(lab: Path) -> None:
    seal(lab)
    assert "one of --request, --reply and --url" in run("timestamp", lab / "log").stderr
    two = run("timestamp", lab / "log", "--url", "http://127.0.0.1:1/", "--request", lab / "x")
    assert two.exit_code == 2 and "one of" in two.stderr
    for url in ("ftp://127.0.0.1/", "file:///etc/passwd", "nonsense", "http://user:pw@127.0.0.1/"):
        done = run("timestamp", lab / "log", "--url", url)
        assert done.exit_code == 2 and "no URL of a time-stamping authority" in done.stderr
    assert "does not answer" in run("timestamp", lab / "log", "--url", "http://127.0.0.1:1/").stderr
