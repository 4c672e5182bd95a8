"""Where no verdict can be come to, every format still gives a document, which says so; and a page's command works."""

from __future__ import annotations

import html
import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from jsonschema import Draft4Validator

from tests.kit import policies as kit
from tests.kit.command_line import run
from tests.kit.oscal_schema import oscal
from zkcompliance.claim import catalogue
from zkcompliance.decide import Request
from zkcompliance.log import memory
from zkcompliance.log.note import VerifierKey
from zkcompliance.policy.binding import Binding, Subject
from zkcompliance.prove.api import prove_claim
from zkcompliance.standalone import main as standalone

DATA = Path(__file__).parents[1] / "data"
FORMATS = ("json", "oscal", "sarif", "junit")
SARIF = Draft4Validator(json.loads((DATA / "sarif" / "sarif-2.1.0-rtm.5.json").read_text()))
LIMIT = ["--claim", "training-compute-below", "--param", "limit=1e20"]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lab")
    log = kit.make_log(folder, "log", "lab.example/c", kit.rows())
    context = Binding(subject=Subject("m", b"\7" * 32, b"\5" * 32), time=kit.NOW, reference=b"it's\n7").encode()
    claim = catalogue.load(kit.CLAIM)
    (folder / "proof").write_bytes(prove_claim(claim, {"compute": log}, {"limit": 10**20}, head=context))
    (folder / "junk").write_bytes(b"junk")
    (folder / "empty").touch()
    (folder / "cut").write_bytes((folder / "proof").read_bytes()[:-1])
    past = kit.text().replace("2027-08-02", "2025-08-03").replace('proof = "7 days"', 'proof = "1 days"')
    (folder / "past.toml").write_text(past)
    (folder / "bad.toml").write_text("x")
    return folder


def both(lab: Path, *arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Exit status, stdout, stderr of the installed verifier; the one-file one's main program says the same."""
    asked = [each.replace("LAB", str(lab)) for each in arguments]
    done = run("verify", *asked)
    with pytest.raises(SystemExit) as left:
        standalone.main(asked)
    said = capsys.readouterr()
    assert left.value.code == done.exit_code and said.out == done.stdout, (asked, said.out, done.stdout)
    return done.exit_code, done.stdout, done.stderr


def says(form: str, out: str) -> tuple[bool, str]:
    """Whether a document is well formed and accepts, and its whole text."""
    if form == "junit":
        root = ElementTree.fromstring(out.encode())  # noqa: S314 - our own
        assert root.find("*/testcase") is not None
        return root.find("*/testcase/error") is None and root.find("*/testcase/failure") is None, out
    made: dict[str, Any] = json.loads(out)
    if form == "sarif":
        assert not list(SARIF.iter_errors(made))
        return all(each["level"] == "warning" for each in made["runs"][0]["results"]), out
    if form == "oscal":
        assert oscal().is_valid(made)
        results = made["assessment-results"]["results"][0]
        return {"name": "outcome", "value": "accepted"}.items() <= results["props"][0].items(), out
    return made["accepted"], out


CASES = {
    "junk": (["LAB/junk"], 2, "malformed-bundle"),
    "empty": (["LAB/empty"], 2, "malformed-bundle"),
    "cut": (["LAB/cut", *LIMIT, "--log-key", "LAB/log.key.pub"], 2, "malformed"),
    "missing": (["LAB/none"], 2, "usage"),
    "folder": (["LAB"], 2, "usage"),
    "not in force": (["LAB/proof", "--policy", "LAB/past.toml", "--log-key", "LAB/log.key.pub"], 1, "not-in-force"),
    "bad policy": (["LAB/proof", "--policy", "LAB/bad.toml"], 2, "malformed-policy"),
    "no policy": (["LAB/proof", "--policy", "none"], 2, "usage"),
    "bad key": (["LAB/proof", *LIMIT, "--log-key", "LAB/junk"], 2, "key-file"),
    "bad subject": (["LAB/proof", *LIMIT, "--log-key", "LAB/log.key.pub", "--subject", "x"], 2, "usage"),
    "bad state": (["LAB/proof", *LIMIT, "--log-key", "LAB/log.key.pub", "--state", "LAB/junk"], 2, "log-corrupt"),
    "bad attestation": (
        ["LAB/proof", "--attestation", "LAB/junk", "--attestation-key", "LAB/log.key.pub"], 2, "key-file",
    ),
    "options that disagree": (["LAB/proof", "--context", "x"], 2, "usage"),
    "undecided": (["LAB/proof"], 4, "undecided"),
    "not met": (["LAB/proof", *LIMIT, "--log-key", "LAB/log.key.pub", "--context", "x"], 1, "statement-mismatch"),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("case", CASES)
def test_every_refusal_is_a_document(lab: Path, case: str, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments, wanted, code = CASES[case]
    status, out, err = both(lab, *arguments, "--format", form, "--at", "2026-02-03", capsys=capsys)
    accepted, text = says(form, out)
    assert status == wanted and not accepted and code in text and f"error[{code}" in err.replace("policy-not", "not")
    plain, _, error = (
        both(lab, *arguments, "--at", "2026-02-03", capsys=capsys) if status not in (1, 4) else (0, "", "")
    )
    assert (plain, error) in ((status, err), (0, ""))


@pytest.mark.parametrize("form", FORMATS)
def test_a_command_line_that_cannot_be_read_is_a_document(
    lab: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The two word it differently; both say usage."""
    for more in (["--nothing"], ["--claim"]):
        asked = [str(lab / "proof"), "--at", "2026-02-03", f"--format={form}", *more]
        done = run("verify", *asked)
        with pytest.raises(SystemExit):
            standalone.main(asked)
        for out in (done.stdout, capsys.readouterr().out):
            accepted, text = says(form, out)
            assert not accepted and "usage" in text


@pytest.mark.parametrize("form", FORMATS)
def test_a_defect_is_a_document(
    lab: Path, form: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("canary 42")

    monkeypatch.setattr(Request, "decide", broken)
    status, out, err = both(lab, "LAB/proof", "--format", form, "--at", "2026-02-03", capsys=capsys)
    accepted, text = says(form, out)
    assert status == 70 and not accepted and "internal" in text and "canary" not in text + err


@pytest.mark.parametrize("form", FORMATS)
def test_evidence_is_a_document(lab: Path, form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A log that was rolled back, by a memory of a later checkpoint of it."""
    state = tmp_path / "state"
    asked = ["LAB/proof", *LIMIT, "--log-key", "LAB/log.key.pub", "--state", str(state), "--format", form]
    at = ["--at", "2026-02-03"]
    later = kit.SealedLog.open(lab / "log")
    if len(later.segments) == 1:
        later = kit.seal(lab, "log", kit.rows())
    key = VerifierKey.parse(later.vkey)
    seen = memory.Generation([memory.Seen(later.checkpoint_note, key, 1)])
    memory.save(state, {key.name: memory.Known({key: 1}, generations={key.name: seen})})
    status, out, _ = both(lab, *asked, *at, capsys=capsys)
    accepted, text = says(form, out)
    assert status == 3 and not accepted and "log-evidence" in text


@pytest.mark.parametrize(
    ("params", "status"), [(["limit=1e20"], 0), (["limit=1e19"], 1), (["limit=1e20", "phases=other,pretraining"], 1)]
)
def test_a_page_reproduces_its_verdict(lab: Path, tmp_path: Path, params: list[str], status: int) -> None:
    """The command on the page, with the files' names put in, says the same verdict at the same time: a refusal too."""
    page = tmp_path / "page.html"
    given = f"m=sha256:{'07' * 32},tree:{'05' * 32}"
    asked: list[object] = ["--claim", kit.CLAIM, *(word for each in params for word in ("--param", each))]
    asked += ["--log-key", lab / "log.key.pub", "--subject", given, "--context", "it's\n7"]
    made = run("report", lab / "proof", *asked, "--at", "2031-02-03T04:05:06Z", "-o", page)
    assert made.exit_code == status, made.output
    shown = re.search(r"zkcompliance verify FILE.*?</code>", page.read_text(), re.DOTALL)
    assert shown is not None
    line = html.unescape(re.sub(r"<[^>]*>", "", shown[0]))
    split = subprocess.run(
        ["bash", "-c", f"printf '%s\\0' {line}"], capture_output=True, text=True, check=True
    ).stdout.split("\0")[1:-1]
    names = {"FILE": str(lab / "proof"), "PUB": str(lab / "log.key.pub")}
    again = [names.get(word, word) for word in split]
    assert "2031-02-03T04:05:06Z" in again and shlex.join(again)
    first = run("verify", lab / "proof", *asked, "--at", "2031-02-03T04:05:06Z", "--json")
    second = run(*again, "--json")
    assert first.exit_code == status and first.stdout == second.stdout, (again, second.stderr)


def test_the_page_of_what_is_undecided_comes_to_that_again(lab: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    made = run("report", lab / "proof", "--at", "2031-02-03T04:05:06Z", "-o", page)
    assert made.exit_code == 4, made.output
    (shown,) = re.findall(r"zkcompliance verify FILE[^<]*--at[^<]*", page.read_text())
    words = html.unescape(shown).split()
    again = [str(lab / "proof") if word == "FILE" else word for word in words[1:] if word != "\\"]
    assert run(*again).exit_code == 4 and "2031-02-03T04:05:06Z" in again, again
