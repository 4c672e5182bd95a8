"""`report`: the page is that of the verdict that `verify` comes to, and so is the exit status."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

import click
import pytest

from tests.kit.command_line import run
from zkcompliance.commands.deciding import leave
from zkcompliance.commands.main import cli
from zkcompliance.decide import Request
from zkcompliance.policy.verdict import Verdict

ROWS = "start,end,run,phase,flop,method\n" + "".join(
    f"{1_767_571_200 + i},{1_767_571_260 + i},run-canary,pretraining,1e18,hardware\n" for i in range(20)
)
BAND = ("--param", "limit=1e20", "--param", "at_least=10%", "--param", "at_most=50%")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sealed log of 2e19 FLOP, its key, and a proof that this is from 10 % to 50 % of 1e20."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "in.csv").write_text(ROWS)
    assert run("keygen", "lab.example/c", "-o", folder / "key").exit_code == 0
    assert run("seal", folder / "in.csv", "--log", folder / "log", "--key", folder / "key").exit_code == 0
    proved = run("prove", "compute-band", "--log", folder / "log", *BAND, "-o", folder / "proof", "--context", "ref 7")
    assert proved.exit_code == 0, proved.output
    return folder


def asked(lab: Path, *params: str) -> tuple[object, ...]:
    return (
        lab / "proof",
        "--claim",
        "compute-band",
        *(params or BAND),
        "--log-key",
        lab / "key.pub",
        "--context",
        "ref 7",
    )


def test_verify_and_report_ask_by_every_option_of_a_request() -> None:
    asked = {field.name for field in dataclasses.fields(Request)} - {"spoken", "names"} | {"keyring"}
    signs = {"sign", "verifier", "sign_as"}
    of_verify = {"files", "joint", "form", "output", "rows_as", "evidence_to", "as_json"} | signs
    for verb, more in (("verify", of_verify), ("report", {"file", "output", "signed", "as_json"} | signs)):
        command = cli.get_command(click.Context(cli), verb)
        assert command is not None and {param.name for param in command.params} == asked | more


def test_a_verdict_on_nothing_is_no_success(capsys: pytest.CaptureFixture[str]) -> None:
    nothing = Verdict(bytes(32), 0, 0, None, None, 0, b"", ())
    assert leave(nothing) == 1
    assert capsys.readouterr().err.startswith("error[not-shown]: nothing in the file was judged\nhelp: zkcompliance ")


def test_an_accepted_proof_is_a_page(lab: Path, tmp_path: Path) -> None:
    page = tmp_path / "out.html"
    result = run("report", *asked(lab), "-o", page)
    assert result.exit_code == 0 and result.stdout.startswith("Accepted: the proof shows compute-band@2 as asked.")
    text = page.read_text()
    assert "<h1>Accepted: the proof shows compute-band@2 as asked.</h1>" in text
    assert "total is 2e19 FLOP, rounded down; limit is 1e20 FLOP, at least 20% of it" in text and "<svg" in text
    assert hashlib.sha256((lab / "proof").read_bytes()).hexdigest() in text.replace("<wbr>", "")
    assert "run-canary" not in text


def test_the_same_verdict_is_the_same_page(lab: Path, tmp_path: Path) -> None:
    pages = []
    for name in ("a.html", "b.html"):
        result = run("report", *asked(lab), "--at", "2030-01-02", "-o", tmp_path / name, "--json")
        said = json.loads(result.stdout)
        pages.append((tmp_path / name).read_bytes())
        assert said["accepted"] is True and said["sha256"] == hashlib.sha256(pages[-1]).hexdigest()
    assert pages[0] == pages[1] and b"2030-01-02 00:00 UTC" in pages[0]


def test_a_refused_proof_is_a_page_that_says_so(lab: Path, tmp_path: Path) -> None:
    page = tmp_path / "out.html"
    other = ("--param", "limit=1e19", "--param", "at_least=10%", "--param", "at_most=50%")
    result = run("report", *asked(lab, *other), "-o", page)
    verified = run("verify", *asked(lab, *other))
    assert result.exit_code == verified.exit_code == 1
    assert result.stderr == verified.stderr and "error[statement-mismatch]" in result.stderr
    assert "compute-band@2 is not met.</h1>" in page.read_text()


def test_nothing_to_hold_it_against_is_a_page_that_says_so(lab: Path, tmp_path: Path) -> None:
    page = tmp_path / "out.html"
    result = run("report", lab / "proof", "-o", page)
    assert result.exit_code == run("verify", lab / "proof").exit_code == 4
    assert "<h1>Not decided: " in page.read_text()


def test_what_cannot_be_judged_is_a_page_that_says_so(lab: Path, tmp_path: Path) -> None:
    """Nothing on it says what the file is about: no model, no policy, no command that would come to a verdict."""
    (tmp_path / "junk").write_bytes(b"junk")
    for args, code in (
        ((tmp_path / "junk",), "malformed-bundle"),
        ((tmp_path / "missing",), "usage"),
        ((lab / "proof", "--claim", "no-such-claim"), "usage"),
        ((lab / "proof", "--policy", "eu-ai-act", "--at", "1999-01-01"), "policy-not-in-force"),
    ):
        page = tmp_path / f"{code}.html"
        result = run("report", *args, "-o", page, "--json")
        verified = run("verify", *args)
        text = page.read_text().replace('<span class="long">', "").replace("</span>", "")
        said = json.loads(result.stdout)
        assert result.exit_code == verified.exit_code != 0 and result.stderr == verified.stderr, args
        assert f"<h1>Not accepted: nothing was judged ({code}: " in text and said["error"]["code"] == code
        assert "<dt>Model" not in text and "<dt>Policy" not in text and "zkcompliance verify FILE" not in text


def test_a_place_that_is_not_free_has_no_page(lab: Path, tmp_path: Path) -> None:
    result = run("report", lab / "proof", "-o", tmp_path / "no-folder" / "out.html")
    assert result.exit_code == 2 and "\nhelp: " in result.stderr and not (tmp_path / "no-folder").exists()


def test_the_page_of_an_earlier_run_is_of_this_run_or_whole(lab: Path, tmp_path: Path) -> None:
    """A page that says accepted does not outlive a later run that is refused."""
    page = tmp_path / "out.html"
    assert run("report", *asked(lab), "--at", "2030-01-02", "-o", page).exit_code == 0
    assert run("report", *asked(lab), "--nothing", "-o", page).exit_code == 2
    assert "<h1>Accepted: " in page.read_text()  # no command line, no run
    assert run("report", tmp_path / "missing", "-o", page).exit_code == 2
    assert "<h1>Not accepted: " in page.read_text()
    assert run("report", *asked(lab), "-o", page).exit_code == 0
    assert "<h1>Accepted: " in page.read_text()


def test_a_page_takes_the_place_of_no_file_that_is_read(lab: Path) -> None:
    before = (lab / "proof").read_bytes()
    done = run("report", *asked(lab), "-o", lab / ".." / lab.name / "proof")
    assert done.exit_code == 2 and "would be overwritten" in done.stderr, done.output
    assert (lab / "proof").read_bytes() == before


def test_a_page_takes_the_place_of_no_secret(lab: Path, tmp_path: Path) -> None:
    assert run("keygen", "example.com/lab", "-o", tmp_path / "key").exit_code == 0
    before = (tmp_path / "key").read_bytes()
    done = run("report", *asked(lab), "-o", tmp_path / "key")
    assert done.exit_code == 2 and "only its owner can read it" in done.stderr, done.output
    assert (tmp_path / "key").read_bytes() == before
