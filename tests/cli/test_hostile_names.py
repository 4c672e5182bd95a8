"""Names in a file from outside steer no terminal, whichever verb shows them."""

from __future__ import annotations

import io
import subprocess
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.kit import policies as kit
from zkcompliance.claim import catalogue
from zkcompliance.commands import console
from zkcompliance.commands.main import cli
from zkcompliance.edge.shown import command
from zkcompliance.prove.api import prove_claim
from zkcompliance.verify.bundle import decode_bundle
from zkcompliance.verify.statement import decode_statement


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(scope="module")
def proof(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("names")
    log = kit.make_log(folder, "log", "lab.example/c", kit.rows())
    return prove_claim(catalogue.load(kit.CLAIM), {"compute": log}, {"limit": 10**20})


@pytest.mark.parametrize("character", ["\u009b", "\u202e", "\u2066", "\u2028", "\u200b"])
@pytest.mark.parametrize("name", [b"limit", b"compute"])
def test_explain(tmp_path: Path, proof: bytes, name: bytes, character: str) -> None:
    """A parameter and a slot renamed, with as many bytes: the file decodes, and `explain` verifies nothing."""
    whole = decode_bundle(proof)
    statement = decode_statement(whole.statement_bytes)
    hostile = character.encode() + b"m" * (len(name) - len(character.encode()))
    program = whole.program_bytes[0].replace(name, hostile)
    claim = replace(statement.claims[0], program_digest=sha256(program).digest(), requirement=f"a{character}b")
    stated = replace(statement, claims=(claim,)).encode()
    (tmp_path / "proof").write_bytes(replace(whole, statement_bytes=stated, program_bytes=(program,)).encode())
    for verb in ("explain", "verify"):
        done = CliRunner().invoke(cli, [verb, str(tmp_path / "proof")], prog_name="zkcompliance")
        assert character not in done.output, done.output
        assert done.exit_code == (0 if verb == "explain" else 1), done.output


def test_a_note_about_a_name_with_a_line_end_begins_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal and elsewhere; what a remark itself continues stands behind spaces too."""
    for width in (None, 20, 80):
        monkeypatch.setattr(console, "columns", lambda _, width=width: width)
        console.note("log\nerror[none]: accepted\rhelp: rm x has 40 segments: put them together with\n  zkcompliance x")
        first, *more = capsys.readouterr().err.splitlines()
        assert first == "log" and more and all(line.startswith("  ") for line in more), more


def test_a_command_in_a_note_is_folded_as_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "columns", lambda _: 30)
    said = command("zkcompliance", "compact", "/srv/" + "sudo/" * 20, "--to", "NEW")
    console.note(f"put them together with\n  {said}")
    _, _, pasted = capsys.readouterr().err.partition("\n")
    done = subprocess.run(["bash", "-c", f'zkcompliance() {{ echo "$@"; }}\n{pasted}'], capture_output=True, text=True)
    assert done.stdout.split() == said.split()[1:] and not done.stderr, pasted


def test_a_stage_named_by_a_log_is_no_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is drawn while one waits is text: a bracket in a name neither styles nor breaks it."""
    monkeypatch.setattr("sys.stderr", Terminal())
    with console.progress() as report:
        report("lineage of [/b]\x1b[2J", 1, 2)
    assert "[/b]" in console.sys.stderr.getvalue() and "\x1b[2J" not in console.sys.stderr.getvalue()
