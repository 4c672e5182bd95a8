"""No output takes the place of anything but an earlier output of its kind: every verb, both programs, every link."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import zkcompliance as zk
from tests.kit import policies as kit
from tests.kit import support
from tests.kit.command_line import run
from zkcompliance.claim import catalogue
from zkcompliance.errors import UsageError, ZkComplianceError
from zkcompliance.log import files
from zkcompliance.outputs import Outputs, kinds, writing
from zkcompliance.policy.binding import Binding
from zkcompliance.prove import api
from zkcompliance.prove import reseal as resealing
from zkcompliance.prove.api import prove_claim
from zkcompliance.standalone import main as standalone
from zkcompliance.stark.statement import encode_policy_bundle

LIMIT = ("--param", "limit=1e20")
CLAIM = ("training-compute-below", *LIMIT)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log, its keys, a proof over it, a page about the proof, a model, and files of other kinds."""
    folder = tmp_path_factory.mktemp("lab")
    log = kit.make_log(folder, "log", "lab.example/c", kit.rows())
    context = Binding(time=kit.NOW).encode()
    claim = catalogue.load(kit.CLAIM)
    (folder / "proof").write_bytes(prove_claim(claim, {"compute": log}, {"limit": 10**20}, head=context))
    (folder / "model" / "sub").mkdir(parents=True)
    (folder / "model" / "weights").write_text("weights")
    (folder / "notes.txt").write_text("notes")
    (folder / "attest.pem").write_text("a key")
    made = run("report", *asked(folder), "-o", folder / "page")
    assert made.exit_code == 0, made.output
    return folder


def asked(lab: Path) -> tuple[object, ...]:
    return (lab / "proof", "--claim", CLAIM[0], *LIMIT, "--log-key", lab / "log.key.pub")


def everything(folder: Path) -> dict[str, bytes | str]:
    """What must be as it was: every name, link and byte."""
    found: dict[str, bytes | str] = {}
    for path in sorted(folder.rglob("*")):
        inside = str(path.relative_to(folder))
        if inside.endswith((".lock", "seen")):
            continue
        found[inside] = str(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else ""
    return found


def proving(lab: Path, output: Path) -> Result:
    return run("prove", *CLAIM, "--log", lab / "log", "--subject", f"m={lab / 'model'}", "-o", output)


def reporting(lab: Path, output: Path) -> Result:
    return run("report", *asked(lab), "-o", output)


def refreshing(lab: Path, output: Path) -> Result:
    return run("refresh", lab / "log", "--to", lab / "new", "--key", lab / "log.key", "-o", output)


def checking(lab: Path, output: Path) -> Result:
    return run("fsck", lab / "log", "--evidence", output)


def verifying(lab: Path, output: Path) -> Result:
    return run("verify", *asked(lab), "--format", "sarif", "-o", output)


def verifying_alone(lab: Path, output: Path) -> Result:
    """The one-file verifier's main program, as a process of its own."""
    given = [*map(str, asked(lab)), "--format", "json", "-o", str(output)]
    code = f"from zkcompliance.standalone.main import main; main({given!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=support.ENVIRONMENT)
    return Result(CliRunner(), done.stdout, done.stderr, done.stderr, None, done.returncode, None)


Verb = Callable[[Path, Path], Result]
TAKEN = [
    "log/entries", "log/checkpoint", "log/settings", "log/new-file", "log/secret/new-file", "log/secret/seen", "log",
    "log.key", "log.key.pub", "notes.txt", "model", "nowhere/file", "attest.pem",
]  # fmt: skip


@pytest.mark.parametrize("place", TAKEN)
@pytest.mark.parametrize("verb", [proving, reporting, refreshing, checking, verifying])
def test_nothing_is_lost(lab: Path, verb: Verb, place: str) -> None:
    before = everything(lab)
    done = verb(lab, lab / place)
    assert done.exit_code == 2 and "error[usage]" in done.stderr and "\nhelp: " in done.stderr, done.output
    assert everything(lab) == before


@pytest.mark.parametrize("place", ["model/weights", "model/new", "model/sub/new", "page"])
def test_a_proof_takes_the_place_of_no_part_of_the_model_and_of_no_page(lab: Path, place: str) -> None:
    before = everything(lab)
    assert proving(lab, lab / place).exit_code == 2 and everything(lab) == before


@pytest.mark.parametrize("place", ["log/entries", "log.key", "log.key.pub", "proof", "page", "log/new"])
def test_the_one_file_verifier_loses_nothing(lab: Path, place: str) -> None:
    before = everything(lab)
    done = verifying_alone(lab, lab / place)
    assert done.exit_code == 2 and "error[usage]" in done.stderr and everything(lab) == before, done.output


@pytest.mark.parametrize("form", ["json", "oscal", "sarif", "junit", "text"])
def test_a_verdict_takes_the_place_of_an_earlier_one_of_its_format(
    lab: Path, tmp_path: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is written is what would be printed, by both programs; another format's document stays."""
    given = [*map(str, asked(lab)), "--at", "2026-02-03", "--format", form]
    with pytest.raises(SystemExit):
        standalone.main(given)
    printed = capsys.readouterr().out
    for number in range(2):
        with pytest.raises(SystemExit) as left:
            standalone.main([*given, f"-o{tmp_path / 'out'}"])
        assert left.value.code == (2 if form == "text" and number else 0)
        assert (tmp_path / "out").read_text() == printed
    if form not in ("html", "text"):
        assert run("verify", *given, "-o", tmp_path / "out").exit_code == 0
        assert (tmp_path / "out").read_text() == printed
    for other in {"json", "oscal", "sarif", "junit"} - {form}:
        done = run("verify", *asked(lab), "--format", other, "-o", tmp_path / "out")
        assert done.exit_code == 2 and (tmp_path / "out").read_text() == printed


def test_a_refusal_is_written_too(lab: Path, tmp_path: Path) -> None:
    done = run("verify", lab / "notes.txt", "--format", "sarif", "-o", tmp_path / "out")
    assert done.exit_code == 2 and not done.stdout and "malformed-bundle" in (tmp_path / "out").read_text()


def test_a_page_takes_the_place_of_no_proof(lab: Path, tmp_path: Path) -> None:
    shutil.copy(lab / "proof", tmp_path / "other.zkp")
    assert reporting(lab, tmp_path / "other.zkp").exit_code == 2
    assert (tmp_path / "other.zkp").read_bytes() == (lab / "proof").read_bytes()


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_links_hide_nothing(lab: Path, tmp_path: Path, link: Callable[[Path, Path], None]) -> None:
    """To a file that is read, to a log's, to a key; and a folder that is a link."""
    for number, target in enumerate(("proof", "log/entries", "log.key", "log.key.pub", "notes.txt")):
        place = lab.parent / f"{tmp_path.name}-{number}"
        link(lab / target, place)
        before = everything(lab)
        done = reporting(lab, place)
        assert done.exit_code == 2 and everything(lab) == before, (target, done.output)
        place.unlink()
    (tmp_path / "inside").symlink_to(lab / "log")
    assert reporting(lab, tmp_path / "inside" / "page.html").exit_code == 2
    (tmp_path / "dangling").symlink_to(lab / "log" / "page.html")
    assert reporting(lab, tmp_path / "dangling").exit_code == 2 and not (lab / "log" / "page.html").exists()


def test_no_pipe_and_no_device(lab: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for place, word in ((tmp_path / "pipe", "pipe"), (Path("/dev/null"), ""), (Path("/dev/stdout"), "")):
        done = reporting(lab, place)
        assert done.exit_code == 2 and word in done.stderr and "help: " in done.stderr, done.output
    assert Path("/dev/null").is_char_device()


def test_nothing_waits_for_a_pipe_above_an_output(tmp_path: Path) -> None:
    """Another user may put one into a folder that all share, under a name that a log has."""
    (tmp_path / "mine").mkdir()
    for name in ("settings", "secret", "entries"):
        os.mkfifo(tmp_path / name)
    done = run("keygen", "lab.example/pipe", "-o", tmp_path / "mine" / "key")
    assert done.exit_code == 0, done.output


def test_a_policy_bundle_is_a_proof_file(lab: Path, tmp_path: Path) -> None:
    """What `prove --policy` writes takes the place of what it wrote before, as the magic of the encoder has it."""
    place = tmp_path / "bundle"
    place.write_bytes(encode_policy_bundle({(b"", "below"): (lab / "proof").read_bytes()}))
    Outputs({place: kinds.PROOF}).write({place: b"another"})
    assert place.read_bytes() == b"another"


def test_what_is_empty_or_of_its_kind_is_replaced(lab: Path, tmp_path: Path) -> None:
    page = tmp_path / "page"
    page.touch()
    for _ in range(2):
        assert reporting(lab, page).exit_code == 0 and page.read_text().startswith("<!doctype html>")
    zk.Proof((lab / "proof").read_bytes()).save(page.with_name("p"))
    zk.Proof((lab / "proof").read_bytes()).save(page.with_name("p"))
    page.chmod(0o600)
    assert reporting(lab, page).exit_code == 0 and page.stat().st_mode & 0o777 == 0o600
    page.write_text("<!doctype html>\n<html lang='en'><head><title>mine</title><style></style></head></html>")
    assert reporting(lab, page).exit_code == 2


@pytest.mark.parametrize("place", ["log/entries", "log/p.zkp", "log.key", "notes.txt", "page", "model"])
def test_from_python(lab: Path, place: str) -> None:
    before = everything(lab)
    with pytest.raises(UsageError):
        zk.Proof(b"zkcb").save(lab / place)
    with pytest.raises(UsageError):
        zk.Proof(b"zkcb").attest(lab / place, key=lab / "attest.pem")
    assert everything(lab) == before


def test_new_keys_and_logs_lie_in_no_log(lab: Path) -> None:
    before = everything(lab)
    assert run("keygen", "lab.example/d", "-o", lab / "log" / "d.key").exit_code == 2
    with pytest.raises(UsageError):
        zk.keygen(lab / "log" / "d.key", "lab.example/d")
    done = run("refresh", lab / "log", "--to", lab / "log" / "new", "--key", lab / "log.key", "-o", lab / "p")
    assert done.exit_code == 2 and everything(lab) == before


def test_a_training_log_beside_a_key_stays(tmp_path: Path) -> None:
    """What a key remembers lies at KEY.log, which a run may have called its own output."""
    (tmp_path / "train.log").write_text("epoch 1")
    assert run("keygen", "lab.example/t", "-o", tmp_path / "train").exit_code == 2
    (tmp_path / "train.log").unlink()
    assert run("keygen", "lab.example/t", "-o", tmp_path / "train").exit_code == 0
    (tmp_path / "train.log").write_text("epoch 1")
    (tmp_path / "rows.jsonl").write_text("")
    asks = ("--schema", "compute", "--log", tmp_path / "log", "--key", tmp_path / "train")
    done = run("seal", tmp_path / "rows.jsonl", *asks)
    assert done.exit_code == 2 and "help: mv -n " in done.stderr and "rm " not in done.stderr, done.output
    assert (tmp_path / "train.log").read_text() == "epoch 1" and not (tmp_path / "log").exists()


def test_an_earlier_output_lends_no_more_than_permissions(tmp_path: Path) -> None:
    """Its set-user bit is not one that anybody gave to the new file."""
    place = tmp_path / "proof"
    place.write_bytes(b"zkcb\x02\x00 before")
    place.chmod(0o6750)
    Outputs({place: kinds.PROOF}).write({place: b"zkcb\x02\x00 after"})
    assert place.stat().st_mode & 0o7777 == 0o750 and place.read_bytes().endswith(b"after")


def test_the_one_file_verifier_is_made_over_nothing_else(lab: Path) -> None:
    before = everything(lab)
    for place in ("log.key", "log/entries", "notes.txt", "proof"):
        command = [sys.executable, "-m", "zkcompliance.standalone", "-o", str(lab / place)]
        done = subprocess.run(command, capture_output=True, text=True, env=support.ENVIRONMENT)
        assert done.returncode == 2 and done.stderr.startswith("error[usage]: ") and "\nhelp: " in done.stderr
    assert everything(lab) == before


def test_two_outputs_of_one_command_are_two_files(lab: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="one file"):
        Outputs({tmp_path / "one": kinds.PROOF, tmp_path / ".." / tmp_path.name / "one": kinds.ATTESTATION})
    (tmp_path / "a").write_bytes(b"zkcb\x02\x00")
    os.link(tmp_path / "a", tmp_path / "b")
    with pytest.raises(UsageError, match="one file"):
        Outputs({tmp_path / "a": kinds.PROOF, tmp_path / "b": kinds.PROOF})


# At the moment of writing


def test_all_outputs_or_none_and_what_was_there(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    outputs = Outputs({one: kinds.PROOF, two: kinds.PROOF})
    outputs.write({one: b"zkcb\x02\x00 1", two: b"zkcb\x01\x00 2"})
    two.unlink()
    outputs.check()
    two.mkdir()
    with pytest.raises(UsageError):
        outputs.write({one: b"zkcb\x02\x00 3", two: b"zkcb\x01\x00 4"})
    assert one.read_bytes() == b"zkcb\x02\x00 1" and sorted(tmp_path.iterdir()) == [one, two]


def test_a_failure_at_the_second_name_gives_the_first_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"zkcb\x02\x00 before")
    outputs = Outputs({one: kinds.PROOF, two: kinds.PROOF})
    link = writing._link
    monkeypatch.setattr(writing, "_link", lambda *_: (_ for _ in ()).throw(OSError(28, "full", "two")))
    with pytest.raises(UsageError, match="full"):
        outputs.write({one: b"zkcb\x02\x00 after", two: b"zkcb\x01\x00 2"})
    monkeypatch.setattr(writing, "_link", link)
    assert one.read_bytes() == b"zkcb\x02\x00 before" and list(tmp_path.iterdir()) == [one]


@pytest.mark.parametrize("kind", ["file", "link", "folder", "log"])
def test_what_comes_during_long_work_stays(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "sub" / "out"
    place.parent.mkdir()
    outputs = Outputs({place: kinds.PROOF})
    if kind == "file":
        place.write_text("made meanwhile")
    elif kind == "link":
        (tmp_path / "target").write_text("a key")
        place.symlink_to(tmp_path / "target")
    elif kind == "folder":
        place.mkdir()
    else:
        (place.parent / "settings").write_text("zkcompliance-log-1\n")
    before = everything(tmp_path)
    with pytest.raises(UsageError):
        outputs.write({place: b"zkcb\x02\x00 new"})
    assert everything(tmp_path) == before


def test_what_comes_at_the_very_last_moment_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the second look: a name that exists is not taken by a link, and is looked at again."""
    place = tmp_path / "out"
    outputs = Outputs({place: kinds.PROOF})
    link = writing._link

    def late(temporary: Path, path: Path) -> None:
        path.write_text("just made")
        link(temporary, path)

    monkeypatch.setattr(writing, "_link", late)
    with pytest.raises(UsageError):
        outputs.write({place: b"zkcb\x02\x00 new"})
    assert place.read_text() == "just made" and list(tmp_path.iterdir()) == [place]


def taking(monkeypatch: pytest.MonkeyPatch, take: Callable[[], object]) -> None:
    """Whoever proves loses the place while the proof is made."""
    prove = api.prove_claim

    def slow(*given: object, **more: object) -> bytes:
        made: bytes = prove(*given, **more)  # type: ignore[arg-type]
        take()
        return made

    monkeypatch.setattr(api, "prove_claim", slow)


def test_a_proof_whose_place_is_taken_is_kept_beside_it(
    lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its budget is spent: it lies under a name of its own, and the error says which and gives the command."""
    place = tmp_path / ("p" * 255)  # the longest name there is
    taking(monkeypatch, lambda: place.write_text("made meanwhile"))
    done = proving(lab, place)
    (kept,) = tmp_path.glob("kept-*.zkp")
    assert done.exit_code == 2 and place.read_text() == "made meanwhile" and len(list(tmp_path.iterdir())) == 2
    assert f"is {kept}" in done.stderr and f"\nhelp: mv -n {kept} OTHER" in done.stderr, done.stderr
    shutil.copy(kept, tmp_path / "moved")
    assert run("verify", tmp_path / "moved", *asked(lab)[1:]).exit_code == 0


def test_a_proof_whose_folder_is_gone_is_kept_in_the_current_one(
    lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    taking(monkeypatch, lambda: (tmp_path / "gone").rmdir())
    done = proving(lab, tmp_path / "gone" / "proof")
    (kept,) = Path().glob("kept-*.zkp")
    assert done.exit_code == 2 and f"mv -n {kept} OTHER" in done.stderr, done.stderr


def test_a_proof_that_can_be_kept_nowhere_says_so(lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Never in a log, whatever has become of the folder."""
    (tmp_path / "was").mkdir()
    monkeypatch.chdir(lab / "log")
    before = everything(lab / "log" / "secret" / "segments" / "00000000")
    taking(monkeypatch, lambda: (tmp_path / "was" / "settings").write_text("zkcompliance-log-1\n"))
    done = proving(lab, tmp_path / "was" / "proof")
    assert done.exit_code == 2 and "is lost" in done.stderr and not list(tmp_path.rglob("kept-*")), done.stderr
    assert "stays spent" in done.stderr and "nothing was changed" not in done.stderr
    after = everything(lab / "log" / "secret" / "segments" / "00000000")
    assert not list(lab.rglob("kept-*")) and set(after) == set(before)


def test_a_lineage_whose_place_is_taken_is_in_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kit.make_log(tmp_path, "log", "lab.example/lineage", kit.rows(flop=3))
    reseal = resealing.reseal

    def slow(*given: object, **more: object) -> object:
        made = reseal(*given, **more)  # type: ignore[arg-type]
        (tmp_path / "out").write_text("made meanwhile")
        return made

    monkeypatch.setattr(resealing, "reseal", slow)
    asks = ("--to", tmp_path / "new", "--key", tmp_path / "log.key", "-o", tmp_path / "out")
    done = run("refresh", tmp_path / "log", *asks)
    assert done.exit_code == 2 and f"help: cp -n {tmp_path / 'new' / 'lineage'} OTHER" in done.stderr, done.stderr
    assert (tmp_path / "new" / "lineage").exists() and (tmp_path / "out").read_text() == "made meanwhile"


def test_evidence_is_never_replaced(tmp_path: Path) -> None:
    place = tmp_path / "evidence"
    outputs = Outputs({place: kinds.EVIDENCE})
    outputs.write({place: b"evidence"}, files.PUBLIC)
    with pytest.raises(UsageError, match="is there, and evidence that was found once is never replaced: write to"):
        Outputs({place: kinds.EVIDENCE})


@pytest.mark.parametrize("other", ["log.key", "notes.txt", "page"])
def test_a_state_file_is_no_other_file(lab: Path, other: str) -> None:
    before = everything(lab)
    done = run("verify", *asked(lab), "--state", lab / other)
    assert done.exit_code == 2 and "help: rm" not in done.stderr and everything(lab) == before, done.output


@pytest.mark.parametrize(
    "place", ["log/state", "log/secret/state", "alias/state", "model/state", "model/sub/state", "link"]
)
def test_no_memory_lies_in_a_log_or_a_model_or_is_a_link(lab: Path, tmp_path: Path, place: str) -> None:
    """By both programs and from Python; a model that is bound would be another one afterwards."""
    model = f"m={lab / 'model'}"
    (lab / "alias").symlink_to("log") if place.startswith("alias") else None
    (lab / "link").symlink_to(tmp_path / "state") if place == "link" else None
    before = everything(lab)
    given = [*map(str, asked(lab)), "--subject", model, "--state", str(lab / place)]
    done = run("verify", *given)
    assert done.exit_code == 2 and "error[usage]" in done.stderr and "--state" in done.stderr, done.output
    with pytest.raises(SystemExit) as left:
        standalone.main(given)
    assert left.value.code == 2
    with pytest.raises(UsageError):
        key = lab / "log.key.pub"
        zk.verify(
            (lab / "proof").read_bytes(), claim=kit.CLAIM, params={"limit": 10**20}, log_keys={"compute": key},
            subject=model, state=lab / place,
        )  # fmt: skip
    assert everything(lab) == before and not (tmp_path / "state").exists()
    for made in ("alias", "link"):
        (lab / made).unlink(missing_ok=True)


def test_python_tells_how_far_it_is_with_a_model(lab: Path) -> None:
    told: list[tuple[str, int, int]] = []
    with pytest.raises(ZkComplianceError):
        zk.verify(
            (lab / "proof").read_bytes(), claim=kit.CLAIM, params={"limit": 10**20},
            log_keys={"compute": lab / "log.key.pub"}, subject=f"m={lab / 'model'}",
            progress=lambda *each: told.append(each),
        )  # fmt: skip
    assert told and told[-1][1] == told[-1][2] > 0
