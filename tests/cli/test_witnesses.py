"""`cosign` and `witness` as they are run: processes on loopback, killed and started again, two logs, a fork."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.command_line import ok, run
from tests.kit.quick_logs import quickly, some_rows
from tests.kit.starting import CLEAN
from tests.kit.witnesses import sealed, theirs
from zkcompliance.errors import Unsupported
from zkcompliance.log import keys
from zkcompliance.log.writer import Writer


class Served:
    """A `witness` process with all keys of its number, which follows so many of the logs."""

    def __init__(self, folder: Path, number: int, listen: str = "127.0.0.1:0", *, logs: int = 2) -> None:
        given = [each for log in range(1, 1 + logs) for each in ("--log-key", f"lab{log}.key.pub")]
        given += [each for key in sorted(folder.glob(f"w{number}*.key")) for each in ("--key", key.name)]
        given += ["--state", f"w{number}.state", "--listen", listen]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "zkcompliance", "witness", *given],
            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=CLEAN,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.said = self.process.stdout.readline()
        self.url = self.said.split()[-1] if self.said else ""

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        self.process.send_signal(number)
        said = self.process.communicate(timeout=30)[1]
        return self.process.returncode, said


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two logs with their keys, and the keys of three witnesses, the second with two kinds."""
    quickly(monkeypatch)
    monkeypatch.chdir(tmp_path)
    for number in (1, 2):
        keys.generate(tmp_path / f"lab{number}.key", f"lab.example/{number}")
        sealed(tmp_path / f"log{number}", keys.load_private(tmp_path / f"lab{number}.key"), number)
    for number in (1, 2, 3):
        keys.generate_cosigner(tmp_path / f"w{number}.key", f"witness.example/{number}")
    try:
        keys.generate_cosigner(tmp_path / "w2b.key", "witness.example/2", "ml-dsa-44")
    except Unsupported as error:
        assert "ML-DSA-44" in error.message
    return tmp_path


@pytest.fixture
def served() -> Iterator[list[Served]]:
    running: list[Served] = []
    yield running
    for each in running:
        if each.process.poll() is None:
            each.process.kill()
        if each.process.stdout is not None and not each.process.stdout.closed:
            each.process.communicate()


def trust(folder: Path, quorum: int, urls: dict[str, str]) -> Path:
    """A trust file of all keys of witnesses; urls: of some of them, by file name."""
    lines = [f"log {(folder / f'lab{number}.key.pub').read_text()}" for number in (1, 2)]
    names = sorted(path.name.removesuffix(".key.pub") for path in folder.glob("w*.key.pub"))
    for name in names:
        lines.append(f"witness {name} {(folder / f'{name}.key.pub').read_text().strip()} {urls.get(name, '')}\n")
    both = " ".join(name for name in names if name.startswith("w2"))
    lines.append(f"group two any {both}\ngroup enough {quorum} w1 two w3\nquorum enough\n")
    (folder / "trust").write_text("".join(lines))
    return folder / "trust"


def test_a_quorum_of_processes(folder: Path, served: list[Served]) -> None:
    served += [Served(folder, 1), Served(folder, 2)]
    urls = {"w1": served[0].url, "w2": served[1].url, "w2b": served[1].url, "w3": "http://127.0.0.1:9/gone"}
    found = ok("cosign", "log1", "--trust", trust(folder, 2, urls), "--timeout", 20)
    assert found["enough"] and [each["signed"] for each in found["witnesses"]] == [True, True, False]
    assert found["note"].count("— witness.example/") == len(list(folder.glob("w[12]*.key")))
    result = run("cosign", "log2", "--trust", trust(folder, 3, urls), "--timeout", 2)
    assert result.exit_code == 1
    assert "error[quorum-unmet]: the policy wants 3 of w1, two, w3; cosigned by w1, w2" in result.stderr
    assert "http://127.0.0.1:9/gone does not answer: ConnectionRefusedError" in result.stderr
    assert "witness.example/1, witness.example/2" in result.stdout
    served.append(Served(folder, 3))
    third = ("--witness", f"w3.key.pub={served[2].url}", "--trust", folder / "trust", "--timeout", 4)
    assert ok("cosign", "log2", *third)["enough"], "what came before counts"
    assert [each.end() for each in served] == [(0, "")] * 3


def test_killed_and_started_again(folder: Path, served: list[Served]) -> None:
    """What was signed is remembered, by the same file alone; the evidence of a fork is kept."""
    served.append(Served(folder, 1))
    asked = ("--witness", f"w1.key.pub={served[0].url}")
    shutil.copytree(folder / "log1", folder / "copy")
    key = keys.load_private(folder / "lab1.key")
    key.file = None  # as of a thief, whose copy remembers nothing
    sealed(folder / "log1", key, 2)
    assert ok("cosign", "log1", *asked)["size"] == 3
    served[0].end(signal.SIGKILL)
    served.append(Served(folder, 1, f"127.0.0.1:{served[0].url.rpartition(':')[2]}"))
    with Writer(folder / "copy", key) as writer:
        for first in (1000, 2000):
            writer.seal(some_rows(first, 3))
    result = run("cosign", "copy", *asked)
    assert result.exit_code == 1 and "the log was forked" in result.stderr
    status, said = served[1].end()
    assert status == 0 and "fork of the log lab.example/1" in said
    (evidence,) = folder.glob("w1.state.evidence.*")
    assert run("evidence", evidence).exit_code == 0
    (folder / "w1.state").rename(folder / "elsewhere")
    again = Served(folder, 1)
    assert again.process.wait(30) == 2 and "another state" in again.process.communicate()[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "nobody is asked"), (("--witness", "https://w.example"), "nothing says which key"),
        (("--witness", "w1.key.pub=ftp://w.example"), "nothing says which key"),
        (("--witness", "w1.key.pub=http://w.example"), "is not https://HOST"),
        (("--witness", "none.pub=https://w.example"), "none.pub: No such file"),
        (("--witness", "w1.key=https://w.example"), "is a private key"),
        (("--witness", "lab1.key.pub=https://w.example"), "is not of a kind that is taken here"),
        (("--witness", "w1.key.pub=https://w.example", "--ca", "none"), "none: No such file"),
        (("--witness", "w1.key.pub=https://w.example", "--ca", "w1.key.pub"), "w1.key.pub: "),
        (("--witness", "w1.key.pub=https://w.example", "--timeout", "0"), "0 is not in the range"),
        (("--trust", "w1.key.pub"), "trust policy"),
        (tuple(f"--witness=w1.key.pub=https://w.example/{n}" for n in range(65)), "at most 64 witnesses"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked(folder: Path, arguments: tuple[str, ...], words: str) -> None:
    result = run("cosign", "log1", *arguments)
    assert result.exit_code == 2 and words in result.stderr and not result.stdout, result.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--log-key", "lab1.key.pub"), "Missing option '--key'"), (("--key", "w1.key"), "at least one log"),
        (("--key", "w1.key", "--log-key", "lab1.key.pub", "--listen", "nowhere"), "is not HOST:PORT"),
        (("--key", "lab1.key", "--log-key", "lab1.key.pub"), "is not of a kind"),
        (("--key", "w1.key", "--log-key", "lab1.key.pub", "--listen", "192.0.2.1:1"), "cannot listen on"),
        (("--key", "w1.key", "--log-key", "lab1.key.pub", "--state", "log1/settings"), "log1"),
    ],
)  # fmt: skip
def test_what_no_witness_does(folder: Path, arguments: tuple[str, ...], words: str) -> None:
    state = () if "--state" in arguments else ("--state", "s")
    result = run("witness", *arguments, *state)
    assert result.exit_code == 2 and words in result.stderr, result.output
    assert not (folder / "s").exists() and not (folder / "w1.key.witness").exists()


def test_a_closed_folder_is_cosigned_first(folder: Path, served: list[Served], monkeypatch: pytest.MonkeyPatch) -> None:
    """A witness that met an earlier checkpoint signs the next generation when it was shown how the one before ended."""
    monkeypatch.undo()
    monkeypatch.chdir(folder)
    ok("keygen", "lab.example/3", "-o", "lab3.key")
    for number in range(3):
        at = 1_767_571_200 + number
        (folder / "rows.csv").write_text(f"start,end,run,phase,flop,method\n{at},{at},r,pretraining,5,hardware\n")
        assert run("seal", "rows.csv", "--log", "log3", "--key", "lab3.key").exit_code == 0
        if number == 1:
            served.append(Served(folder, 1, logs=3))
            asked = ("--witness", f"w1.key.pub={served[0].url}")
            ok("cosign", "log3", *asked)
    assert run("compact", "log3", "--to", "log4", "--key", "lab3.key", "-o", "lineage").exit_code == 0
    result = run("cosign", "log4", *asked)
    assert result.exit_code == 1 and "show it the last checkpoint of the generation before first" in result.stderr
    for _ in range(2):
        found = ok("cosign", "log3", *asked)
        assert (found["log"], found["origin"]) == ("log4", "lab.example/3/g2")
    assert (folder / "log3" / "checkpoint").read_text().count("witness.example/1") == 1
    assert ok("cosign", "log4", *asked)["enough"]
    verified = run("fsck", "log4", "--deep")
    assert verified.exit_code == 0, verified.output


def test_nothing_that_a_server_says_is_repeated(folder: Path) -> None:
    def answer(handler, _: bytes) -> None:  # type: ignore[no-untyped-def]
        handler.send_response(418, "\x1b[31mred")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with theirs(answer) as url:
        result = run("cosign", "log1", "--witness", f"w1.key.pub={url}")
        document = json.loads(run("cosign", "log1", "--witness", f"w1.key.pub={url}", "--json").stdout)
    assert "\x1b" not in result.output and f"{url}: answers with status 418" in result.stderr
    assert "error[quorum-unmet]: 1 of 1 did not sign" in result.stderr
    assert document["witnesses"] == [{"url": url, "signed": False, "said": "answers with status 418"}]
