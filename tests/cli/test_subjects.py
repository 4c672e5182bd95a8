"""A proof about one model shown for another: by names, by layout, by digests alone; and what a verdict says of each."""

from __future__ import annotations

import base64
import json
from hashlib import sha256
from pathlib import Path

import pytest

from tests.kit import policies as kit
from tests.kit.command_line import run
from zkcompliance.claim import catalogue
from zkcompliance.policy.binding import Binding, Subject
from zkcompliance.policy.subject import parse_subject
from zkcompliance.prove.api import prove_claim
from zkcompliance.standalone.main import main as alone

LIMIT = ("--claim", "training-compute-below", "--param", "limit=1e20")
FILES = {"config.json": "{}", "weights.bin": "w"}


def lay(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two proofs of one claim: `whole` is bound to both digests of `model`, `contents` to the first alone."""
    folder = tmp_path_factory.mktemp("lab")
    log = kit.make_log(folder, "log", "lab.example/c", kit.rows())
    model = parse_subject(f"m={lay(folder / 'model', FILES)}")
    bare = parse_subject(f"m=sha256:{model.digest.hex()}")
    for name, subject in (("whole", model), ("contents", bare)):
        context = Binding(subject=subject, time=kit.NOW).encode()
        claim = catalogue.load(kit.CLAIM)
        (folder / name).write_bytes(prove_claim(claim, {"compute": log}, {"limit": 10**20}, head=context))
    lay(folder / "exchanged", {"a.bin": "{}", "config.json": "w"})
    lay(folder / "hidden", {**FILES, ".git/hooks/x": "1"})
    lay(folder / "more", {**FILES, "model.sig": "x"})
    (folder / "flat").write_bytes(sha256(b"{}").digest() + sha256(b"w").digest())
    return folder


def judged(lab: Path, proof: str, subject: str, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, str, str]:
    """Of the installed program; the one-file verifier's main program must say the same."""
    asked = [str(lab / proof), *LIMIT, "--log-key", str(lab / "log.key.pub"), "--subject", subject]
    done = run("verify", *asked, *more)
    with pytest.raises(SystemExit) as left:
        alone([*asked, *more])
    said = capsys.readouterr()
    assert left.value.code == done.exit_code and said.err == done.stderr
    return done.exit_code, done.stdout + said.out, done.stderr


def test_the_model_itself(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = judged(lab, "whole", f"m={lab / 'model'}", capsys)
    assert status == 0 and "was read here" not in out and "not compared" not in out, out + err


@pytest.mark.parametrize("other", ["exchanged", "hidden", "more", "flat"])
def test_other_names_the_same_contents(lab: Path, other: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each has the content digest of the model; the tree digest tells them from it."""
    assert parse_subject(f"m={lab / other}").digest == parse_subject(f"m={lab / 'model'}").digest
    status, _, err = judged(lab, "whole", f"m={lab / other}", capsys)
    assert status == 1 and "statement-mismatch" in err and "tree digest" in err and "names differ" in err
    status, _, err = judged(lab, "whole", f"m=tree:{parse_subject(f'm={lab / other}').tree.hex()}", capsys)
    assert status == 1 and "tree digest" in err


@pytest.mark.parametrize("model", ["model", "exchanged", "flat"])
def test_a_proof_of_contents_alone_is_of_no_model_with_names(
    lab: Path, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = judged(lab, "contents", f"m={lab / model}", capsys)
    assert status == 1 and "contents of m alone" in err and "sha256:" in err.partition("help: ")[2]


def signature(lab: Path, signed: bool) -> Path:
    """As model-signing writes it, of the model; its signature is nobody's."""
    digests = [sha256(text.encode()).hexdigest() for text in FILES.values()]
    statement = {
        "subject": [{"digest": {"sha256": parse_subject(f"m={lab / 'model'}").digest.hex()}}],
        "predicateType": "https://model_signing/signature/v1.0",
        "predicate": {"resources": [{"digest": digest} for digest in digests]},
    }
    payload = base64.b64encode(json.dumps(statement).encode()).decode()
    envelope = {"payload": payload, "signatures": [{"sig": "AAAA"}] if signed else []}
    path = lab / f"sig-{signed}"
    path.write_text(json.dumps({"dsseEnvelope": envelope}))
    return path


@pytest.mark.parametrize("proof", ["whole", "contents"])
@pytest.mark.parametrize(
    ("form", "word"),
    [
        ("sha256", "its content digest alone was compared"),
        ("tree", "its digests were compared with those that were given"),
        ("signed", "signature was not checked"),
        ("unsigned", "nothing of the model m was compared"),
    ],
)
def test_every_format_says_what_was_not_compared(
    lab: Path, proof: str, form: str, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = parse_subject(f"m={lab / 'model'}")
    subject = {
        "sha256": f"m=sha256:{found.digest.hex()}",
        "tree": f"m=sha256:{found.digest.hex()},tree:{found.tree.hex()}",
        "signed": f"m=signature:{signature(lab, True)}",
        "unsigned": f"m=signature:{signature(lab, False)}",
    }[form]
    if (proof, form) == ("contents", "tree"):
        assert judged(lab, proof, subject, capsys)[0] == 1
        return
    for more in ([], *(["--format", name] for name in ("json", "oscal", "sarif", "junit"))):
        status, out, err = judged(lab, proof, subject, capsys, *more, "--at", str(kit.NOW))
        plain = " ".join(out.replace("\\", "").split())
        assert status == 0 and plain.count(word) >= 2, (more, out, err)
    page = lab / "page.html"
    assert run("report", lab / proof, *LIMIT, "--log-key", lab / "log.key.pub", "--subject", subject, "-o", page)
    assert word in page.read_text()


def test_a_tree_alone_is_no_binding(lab: Path, tmp_path: Path) -> None:
    made = run(
        "prove", kit.CLAIM, "--log", lab / "log", "--param", "limit=1e20", "--subject", f"m=tree:{'ab' * 32}",
        "-o", tmp_path / "p",
    )  # fmt: skip
    assert made.exit_code == 2 and "contents" in made.stderr and not (tmp_path / "p").exists()


def test_a_proof_of_one_models_contents_and_another_ones_tree(
    lab: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No files are that, and who gives one digest alone is told that the other was compared with nothing."""
    model = parse_subject(f"m={lab / 'model'}")
    other = parse_subject(f"m={lay(tmp_path / 'other', {'x': 'y'})}")
    head = Binding(subject=Subject("m", model.digest, other.tree), time=kit.NOW).encode()
    made = prove_claim(
        catalogue.load(kit.CLAIM), {"compute": kit.SealedLog.open(lab / "log")}, {"limit": 10**20}, head=head
    )
    (lab / "mixed").write_bytes(made)
    for subject in (f"m={lab / 'model'}", f"m={tmp_path / 'other'}"):
        assert judged(lab, "mixed", subject, capsys)[0] == 1
    for subject, word in (
        (f"m=sha256:{model.digest.hex()}", "the names of its files are not in it"),
        (f"m=tree:{other.tree.hex()}", "content digest that the proof states with nothing"),
    ):
        status, out, _ = judged(lab, "mixed", subject, capsys, "--at", str(kit.NOW))
        assert status == 0 and " ".join(out.split()).count(word) >= 2, out
