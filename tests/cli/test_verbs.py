"""The command line: what goes to stdout and stderr, exit statuses, and what a failed command leaves behind."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import Result

from tests.kit.command_line import run
from zkcompliance import errors
from zkcompliance.commands import console
from zkcompliance.commands import main as entry
from zkcompliance.commands.main import VERBS, cli
from zkcompliance.progress import Progress, silent
from zkcompliance.prove import engine

HEADER = "start,end,run,phase,flop,method\n"
CSV = HEADER + "".join(
    f"{1_767_571_200 + i},{1_767_571_260 + i},run-canary,pretraining,1e18,hardware\n" for i in range(20)
)
CLAIM = "training-compute-below"


def document(result: Result) -> dict:
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sealed log of 20 rows of 1e18 FLOP, its key, and a proof that they are below 1e20."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "in.csv").write_text(CSV)
    assert run("keygen", "lab.example/c", "-o", folder / "key").exit_code == 0
    sealed = run("seal", folder / "in.csv", "--log", folder / "log", "--key", folder / "key")
    assert sealed.exit_code == 0, sealed.output
    proved = run(
        "prove", CLAIM, "--log", folder / "log", "-p", "limit=1e20", "-o", folder / "proof", "--context", "ref 7"
    )
    assert proved.exit_code == 0, proved.output
    return folder


def test_help_names_every_verb() -> None:
    top = run("--help")
    assert top.exit_code == 0
    for verb in VERBS:
        assert verb in top.stdout
        inner = getattr(cli.get_command(click.Context(cli), verb), "commands", {"": None})
        for each in inner:
            page = run(verb, *([each] if each else []), "--help")
            assert page.exit_code == 0 and ("--json" in page.stdout) is (verb not in ("watch", "witness")), (verb, each)


def test_unknown_verbs_and_options_are_usage_errors() -> None:
    for args in (("nothing",), ("seal", "--nothing"), ("keygen",), ("verify",), ("prove", CLAIM)):
        result = run(*args)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith("error[usage]: ") and "\nhelp: zkcompliance" in result.stderr


@pytest.mark.parametrize("verb", ["claims", "schemas", "formats"])
def test_lists(verb: str) -> None:
    assert run(verb).exit_code == 0
    assert document(run(verb, "--json"))[verb]


def test_keygen(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        result = run("keygen", "lab.example/c", "-o", tmp_path / "k", "--json")
    finally:
        os.umask(old)
    assert document(result)["vkey"] + "\n" == (tmp_path / "k.pub").read_text()
    assert stat.S_IMODE((tmp_path / "k").stat().st_mode) == 0o600
    assert (tmp_path / "k").read_text().strip() not in result.output
    again = run("keygen", "lab.example/c", "-o", tmp_path / "k")
    assert again.exit_code == 2 and "error[key-file]" in again.stderr


@pytest.mark.parametrize(
    ("name", "text", "args", "code"),
    [
        ("in.csv", CSV.replace("1e18", "-1", 1), (), "import"),
        ("in.csv", HEADER, (), "import"),
        ("in.txt", CSV, (), "usage"),
        ("in.csv", CSV, ("--from", "nanogpt"), "import"),
        ("in.csv", CSV, ("--schema", "nonesuch"), "usage"),
        ("in.csv", CSV, ("--profile", "huge"), "usage"),
        ("in.csv", CSV, ("--set", "x=1"), "usage"),
        ("in.csv", CSV, ("--set", "x"), "usage"),
    ],
)
def test_a_failed_seal_leaves_nothing(tmp_path: Path, name: str, text: str, args: tuple[str, ...], code: str) -> None:
    run("keygen", "lab.example/c", "-o", tmp_path / "k")
    (tmp_path / name).write_text(text)
    before = sorted(p.name for p in tmp_path.iterdir())
    result = run("seal", tmp_path / name, "--log", tmp_path / "log", "--key", tmp_path / "k", *args)
    assert result.exit_code == 2 and f"error[{code}]" in result.stderr, result.output
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    run("keygen", "lab.example/c", "-o", tmp_path / "k")
    (tmp_path / "k").chmod(0o644)
    (tmp_path / "in.csv").write_text(CSV)
    result = run("seal", tmp_path / "in.csv", "--log", tmp_path / "log", "--key", tmp_path / "k")
    assert result.exit_code == 2 and "help: chmod 600" in result.stderr


def test_seal_again_and_fsck(lab: Path, tmp_path: Path) -> None:
    log, key = tmp_path / "log", tmp_path / "key"
    run("keygen", "lab.example/again", "-o", key)
    for size in (1, 2):
        inputs = (lab / "in.csv", lab / "in.csv", "--again")
        found = document(run("seal", *inputs, "--log", log, "--key", key, "--json"))
        assert (found["rows"], found["size"], found["segments"]) == ("40", size, [size - 1])
    checked = document(run("fsck", log, "--json"))
    assert checked["clean"] and [s["rows"] for s in checked["segments"]] == ["40", "40"]
    assert run("fsck", log, "--deep").stdout.endswith("clean\n")
    wrong = run("seal", lab / "in.csv", "--log", log, "--key", key, "--profile", "small")
    assert wrong.exit_code == 2 and "standard" in wrong.stderr
    entries = bytearray((log / "entries").read_bytes())
    entries[60] ^= 1
    (log / "entries").write_bytes(entries)
    assert "error[log-corrupt]" in run("fsck", log).stderr
    assert document(run("fsck", log, "--json"))["error"]["code"] == "log-corrupt"
    assert run("fsck", tmp_path).exit_code == 2


def test_check(lab: Path) -> None:
    holds = run("check", CLAIM, "--log", lab / "log", "-p", "limit=20000000000000000001", "--json")
    assert holds.exit_code == 0 and document(holds)["margin"] == "1 FLOP below the bound"
    fails = run("check", CLAIM, "--log", f"compute={lab / 'log'}", "-p", "limit=2e19")
    assert fails.exit_code == 1 and "DOES NOT HOLD" in fails.stdout
    for args in (
        ("-p", "limit=1.5"),
        (),
        ("-p", "limit=1", "-p", "limit=2"),
        ("-p", "limit=1", "-p", "x=1"),
        ("-p", "limit"),
    ):
        assert run("check", CLAIM, "--log", lab / "log", *args).exit_code == 2
    assert run("check", "no-such-claim", "--log", lab / "log").exit_code == 2


def test_prove_refuses_and_writes_nothing(lab: Path, tmp_path: Path) -> None:
    over = run("prove", CLAIM, "--log", lab / "log", "-p", "limit=1e19", "-o", tmp_path / "p")
    assert over.exit_code == 1 and "error[does-not-hold]" in over.stderr
    assert list(tmp_path.iterdir()) == []
    nowhere = run("prove", CLAIM, "--log", lab / "log", "-p", "limit=1e20", "-o", tmp_path / "none" / "p")
    assert nowhere.exit_code == 2


def verify(lab: Path, *args: object, key: Path | None = None) -> Result:
    return run("verify", lab / "proof", "--claim", CLAIM, "--log-key", key or lab / "key.pub", *args)


def test_verify_accepts(lab: Path) -> None:
    result = verify(lab, "-p", "limit=1e20", "--context", "ref 7")
    assert result.exit_code == 0 and "Accepted: " in result.stdout and "This does not prove" in result.stdout
    found = document(verify(lab, "-p", "limit=10^20", "--json"))
    (shown,) = found["requirements"]
    limit, *others = (each for each in shown["values"] if each["role"] == "parameter")
    assert (found["outcome"], limit["exact"]) == ("accepted", str(10**20))
    assert [each["name"] for each in others] == ["phases", "model", "before", "outside"]
    assert shown["logs"][0]["origin"] == "lab.example/c" and found["reference"] == b"ref 7".hex()
    assert abs(int(found["proved_at"]) - time.time()) < 600 and found["policy"] is found["subject"] is None
    terms = shown["proof"]["security_terms"]
    assert shown["proof"]["security_bits"] == "128" and {"queries", "deep", "tag"} < set(terms)
    assert all(float(bits) >= 128 for bits in terms.values()) and len(shown["not_proven"]) == 4
    assert not any("HOLD OF NOTHING" in text for text in shown["warnings"]), "it shows how many rows count"


def test_verify_rejects(lab: Path, tmp_path: Path) -> None:
    cases = {
        ("-p", "limit=1e21"): "statement-mismatch",
        ("-p", "limit=1e20", "-p", "phases=failed"): "statement-mismatch",
        ("-p", "limit=1e20", "--context", "ref 8"): "statement-mismatch",
    }
    for args, code in cases.items():
        result = verify(lab, *args)
        assert result.exit_code == 1 and f"error[{code}]" in result.stderr and "Accepted: " not in result.stdout
    run("keygen", "lab.example/c", "-o", tmp_path / "same-name")
    run("keygen", "other.example/c", "-o", tmp_path / "other")
    for key in ("same-name.pub", "other.pub"):
        result = verify(lab, "-p", "limit=1e20", "--json", key=tmp_path / key)
        found = document(result)
        assert (result.exit_code, found["outcome"]) == (1, "not accepted")
        assert found["requirements"][0]["error"]["code"] == "signature-rejected"


def test_verify_input_that_is_no_proof(lab: Path, tmp_path: Path) -> None:
    whole = (lab / "proof").read_bytes()
    for data in (b"", b"zkcb", whole[:-1], whole + b"\0", whole[:1000], b"x" * 5000):
        (tmp_path / "p").write_bytes(data)
        result = run("verify", tmp_path / "p", "--claim", CLAIM, "-p", "limit=1e20", "--log-key", lab / "key.pub")
        assert result.exit_code == 2 and "error[malformed" in result.stderr, data[:10]
    for size in (16 << 20, 64 << 20):
        (tmp_path / "p").write_bytes(bytes(size + 1))
        assert run("verify", tmp_path / "p").exit_code == 2
    for args in (("-p", "limit=1e20"), ("--context", "x")):
        assert run("verify", lab / "proof", *args).exit_code == 2
    assert verify(lab).exit_code == 2, "the limit has no default and must be given"
    assert verify(lab, "-p", "limit=1e20", key=lab / "key").exit_code == 2, "a private key is not a key to verify by"


@pytest.mark.parametrize("args", [(), ("--claim", CLAIM, "-p", "limit=1e20"), ("--log-key", "KEY")])
def test_nothing_to_decide_by(lab: Path, args: tuple[str, ...]) -> None:
    real = [str(lab / "key.pub") if a == "KEY" else a for a in args]
    result = run("verify", lab / "proof", *real)
    assert result.exit_code == 4 and "Not decided: " in result.stdout and "error[undecided]" in result.stderr
    assert "1e20" in result.stdout


def test_explain(lab: Path) -> None:
    assert "Not proven" in run("explain", CLAIM).stdout
    shown = run("explain", lab / "proof")
    assert "NOT verified" in shown.stdout and "lab.example/c" in shown.stdout and "ref 7" in shown.stdout
    (found,) = document(run("explain", lab / "proof", "--json"))["proofs"]
    (claim,) = found["claims"]
    assert claim["params"]["limit"] == str(10**20) and claim["requirement"] == CLAIM
    assert found["binding"]["reference"] == b"ref 7".hex() and found["binding"]["rehearsal"] is False
    for name, value in (
        ("parameter limit", "1e20 FLOP"),
        ("parameter outside", "100%"),
        ("reveals first day", "2026-01-05"),
    ):
        assert re.search(rf"^  {name} +{value}$", shown.stdout, re.MULTILINE), shown.stdout
    assert "rehearsal" not in shown.stdout
    assert run("explain", "neither").exit_code == 2


@pytest.mark.parametrize("version", [1, 2, "x"])
def test_a_claim_is_named_without_its_version(lab: Path, version: object) -> None:
    """Verdicts and policies have it: whoever copies that is told, and not shown all the claims that there are."""
    name, log = f"{CLAIM}@{version}", ("--log", lab / "log", "-p", "limit=1e25")
    verify = ("verify", lab / "proof", "--claim", name, "--log-key", lab / "key.pub", "-p", "limit=1e25")
    for words in (("explain", name), ("check", name, *log), ("prove", name, *log, "-o", lab / "x"), verify):
        done = run(*words)
        assert done.exit_code == 2 and not done.stdout
        why = f"a claim is named without its version, {CLAIM}: of each there is one"
        assert f"error[usage]: no claim {name!r}: {why}\nhelp: zkcompliance explain {CLAIM}\n" in done.stderr


def test_a_schema_is_shown_elsewhere() -> None:
    for name in ("compute", "compute@2", "compute@9"):
        assert "help: zkcompliance schemas compute\n" in run("explain", name).stderr


def test_every_error_code_is_explained() -> None:
    classes = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, errors.ZkComplianceError)]
    assert len({c.code for c in classes}) == len(classes)
    for kind in classes:
        found = document(run("explain", kind.code, "--json"))
        assert (found["exit_status"], found["meaning"]) == (kind.exit_status, kind.__doc__)


def test_a_proof_file_cannot_steer_the_terminal(lab: Path, tmp_path: Path) -> None:
    from zkcompliance.commands.console import clean

    assert clean("a\x1b[31m\x9cb\u202e\u3164\n") == "a\ufffd[31m\ufffdb\ufffd\ufffd\n"


def test_private_values_are_never_printed(lab: Path) -> None:
    outputs = [
        run("seal", lab / "in.csv", "--log", lab / "log2", "--key", lab / "key"),
        run("fsck", lab / "log"),
        run("explain", lab / "proof"),
        run("check", CLAIM, "--log", lab / "log", "-p", "limit=1e20"),
        verify(lab, "-p", "limit=1e20"),
    ]
    for result in outputs:
        assert "canary" not in result.output
    assert b"canary" not in (lab / "proof").read_bytes()
    stated = ("settings", "schema", "entries", "checkpoint")
    assert all(b"canary" not in (lab / "log" / name).read_bytes() for name in stated)


def test_a_defect_is_an_internal_error_without_its_message(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command("claims")
    def broken() -> None:
        raise ValueError("canary 42")

    monkeypatch.setattr(entry.VerbGroup, "get_command", lambda *_: broken)
    result = run("claims")
    assert (
        result.exit_code == 70
        and "error[internal]: unexpected ValueError" in result.stderr
        and "canary" not in result.output
    )


def test_verify_in_a_process_of_its_own_loads_no_numpy(lab: Path) -> None:
    code = (
        "import sys\nfrom zkcompliance.commands.main import cli\n"
        "try: cli(sys.argv[1:])\nexcept SystemExit as end: status = end.code\n"
        "sys.exit(99 if {'numpy', 'numba'} & set(sys.modules) else status)"
    )
    args = ["verify", str(lab / "proof"), "--claim", CLAIM, "-p", "limit=1e20", "--log-key", str(lab / "key.pub")]
    done = subprocess.run([sys.executable, "-c", code, *args], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "Accepted: " in done.stdout and "\x1b" not in done.stdout + done.stderr, done.stderr


def test_the_checkout_shim() -> None:
    shim = Path(__file__).parents[2] / "cli.py"
    done = subprocess.run([sys.executable, str(shim), "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "verify" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said", "remedy"),
    [
        (
            ("check", CLAIM, "--log", "log", "-p", "limit=1e26.5"),
            "limit: '1e26.5' is not",
            f"zkcompliance explain {CLAIM}",
        ),
        (("check", CLAIM, "--log", "comput=log", "-p", "limit=1"), "no log 'comput'", "add --log compute=log"),
        (
            ("seal", "in.csv", "--log", "log", "--key", "key.pub"),
            "key.pub is not a private",
            "use the private half: key",
        ),
        (("seal", "wrong.csv", "--log", "log", "--key", "key"), "no column 'steps'", "name the column that a field is"),
        (("seal", "time.csv", "--log", "log", "--key", "key"), "such as 2025-08-02", "zkcompliance schemas compute"),
    ],
)
def test_common_slips_are_named_with_a_remedy_that_fits(
    arguments: tuple[str, ...], said: str, remedy: str, lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(lab)
    (lab / "wrong.csv").write_text(HEADER.replace("run", "steps"))
    (lab / "time.csv").write_text(HEADER + "5/1/26,6/1/26,r,pretraining,1,measured\n")
    done = run(*arguments)
    assert done.exit_code == 2 and said in done.stderr and f"help: {remedy}" in done.stderr, done.stderr


def test_one_row_is_one_row(lab: Path, tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text(HEADER + "1767571201,1767571202,r,pretraining,5,measured\n")
    run("keygen", "lab.example/one", "-o", tmp_path / "key")
    done = run("seal", tmp_path / "one.csv", "--log", tmp_path / "log", "--key", tmp_path / "key")
    assert "sealed 1 row\n" in done.stdout


@pytest.mark.parametrize("columns", [30, 40, 60, 80, 160])
def test_lists_can_be_read_on_any_terminal(
    columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No line is wider than the terminal, and no name is cut in two."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    for name, value in (("COLUMNS", str(columns)), ("NO_COLOR", "1"), ("TERM", "xterm")):
        monkeypatch.setenv(name, value)
    name = "a-name-of-20-letters"
    console.print_table("One: a title", ("name", "says", "more", "empty"), [(name, "some words " * 8, "x", "")])
    lines = re.sub("\x1b\\[[0-9;]*m", "", capsys.readouterr().out).splitlines()
    assert "One: a title" in lines and any(name in line for line in lines)
    assert all(len(line) <= columns for line in lines)
    assert all(line == line.rstrip() for line in run("schemas", "eval").stdout.splitlines())


def test_compiling_says_so_once_and_why_it_comes_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def prepare(progress: Progress, tell: Callable[[str], None]) -> None:
        progress("compile", 0, 2)
        progress("compile", 1, 2)
        tell("compiled kernels could not be kept")

    monkeypatch.setattr(engine.ENGINE, "prepare", prepare)
    console.warm_up(silent)
    said = capsys.readouterr().err.splitlines()
    assert said == [engine.MAKING, "compiled kernels could not be kept"]
