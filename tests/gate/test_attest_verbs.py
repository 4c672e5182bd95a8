"""`prove --attest` and `verify --attestation`, and the one-file verifier's own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

import zkcompliance as zk
from tests.kit import support
from tests.kit.doc_blocks import blocks, run_in_order
from tests.kit.releasing import POLICY, Release
from zkcompliance.attest.api import check
from zkcompliance.attest.dsse import Envelope
from zkcompliance.attest.keys import PublicKey
from zkcompliance.errors import KeyFileError, MalformedAttestation, SignatureRejected, StatementMismatch, UsageError

VERIFY = ("release.zkp", "--policy", POLICY, "--log-key", "lab.key.pub", "--subject", "lab/model=model")
PROVE = ("prove", "training-compute-below", "--log", "compute-log", "--param", "limit=1e26")


def both(release: Release, *options: str) -> tuple[int, str]:
    """Exit status and error line of `verify`, which the one-file verifier shares."""
    done = release.run("zkcompliance", "verify", *options)
    code = "from zkcompliance.standalone.main import main; main()"
    plain = subprocess.run(
        [sys.executable, "-c", code, *options],
        cwd=release.folder,
        capture_output=True,
        text=True,
        env=support.ENVIRONMENT,
    )
    error = [next((line for line in each.stderr.splitlines() if "error[" in line), "") for each in (done, plain)]
    assert (done.returncode, error[0]) == (plain.returncode, error[1])
    return done.returncode, error[0]


def test_the_attestation_of_a_release_is_accepted(release: Release) -> None:
    data = (release.folder / "release.zkp").read_bytes()
    made = (release.folder / "release.intoto.json").read_bytes()
    key = PublicKey.load(release.folder / "attest.pub.pem")
    check(made, data, key)
    predicate = json.loads(Envelope.decode(made).payload)["predicate"]
    names = [one["policy"]["requirement"] for one in predicate["requirements"]]
    assert sorted(names) == ["below-frontier", "floor: compute"]
    both_given = ("--attestation", "release.intoto.json", "--attestation-key", "attest.pub.pem")
    assert both(release, *VERIFY, *both_given) == (0, "")
    said = json.loads(release.run("zkcompliance", "verify", *VERIFY, *both_given, "--json").stdout)["attestation"]
    assert said == {"sha256": sha256(made).hexdigest(), "kind": key.kind, "keyid": key.keyid}
    assert json.loads(release.run("zkcompliance", "verify", *VERIFY, "--json").stdout)["attestation"] is None


def test_from_python_as_at_the_command_line(release: Release, tmp_path: Path) -> None:
    """Both ends: what the verb makes is taken as a path and as bytes, and what Python makes is taken by the verb."""
    f = release.folder
    made, key = f / "release.intoto.json", f / "attest.pub.pem"
    proof = zk.Proof.load(f / "release.zkp")
    asked = {"policy": POLICY, "log_keys": {"compute": f / "lab.key.pub"}, "subject": f"lab/model={f / 'model'}"}
    verdict = zk.verify(proof, **asked, attestation=made, attestation_key=str(key))
    found = verdict.attested
    assert found is not None and found.digest == sha256(made.read_bytes()).digest()
    public = PublicKey.load(key)
    assert (found.kind, found.keyid) == (public.kind, public.keyid)
    again = zk.verify(proof, **asked, attestation=made.read_bytes(), attestation_key=key.read_bytes())
    assert again.attested == found and zk.verify(proof, **asked).attested is None
    for name in ("own.intoto.json", "own.sigstore.json"):
        own = tmp_path / name
        proof.attest(own, key=f / "attest.pem")
        assert ("mediaType" in json.loads(own.read_text())) == name.endswith(".sigstore.json")
        given = ("--attestation", str(own), "--attestation-key", "attest.pub.pem")
        assert both(release, *VERIFY, *given) == (0, "")
    assert sorted(tmp_path.iterdir()) == [tmp_path / "own.intoto.json", tmp_path / "own.sigstore.json"]


def test_python_refuses_what_the_command_line_refuses(release: Release, tmp_path: Path) -> None:
    f = release.folder
    proof = zk.Proof.load(f / "release.zkp")
    asked = {"policy": POLICY, "log_keys": {"compute": f / "lab.key.pub"}, "subject": f"lab/model={f / 'model'}"}
    right = {"attestation": f / "release.intoto.json", "attestation_key": f / "attest.pub.pem"}
    release.must("openssl", "genpkey", "-algorithm", "ed25519", "-out", str(tmp_path / "other.pem"))
    release.must("openssl", "pkey", "-in", str(tmp_path / "other.pem"), "-pubout", "-out", str(tmp_path / "other.pub"))
    for changed, error in (
        ({"attestation_key": None}, UsageError),
        ({"attestation": None}, UsageError),
        ({"attestation": f / "none"}, UsageError),
        ({"attestation": b"{}"}, MalformedAttestation),
        ({"attestation_key": b"no key"}, KeyFileError),
        ({"attestation_key": tmp_path / "other.pub"}, SignatureRejected),
    ):
        with pytest.raises(error):
            zk.verify(proof, **asked, **{**right, **changed})
    with pytest.raises(StatementMismatch, match="attestation"):  # sound, of the same model, and another file
        second = zk.prove(policy=POLICY, logs={"compute": f / "compute-log"}, subject=asked["subject"])
        zk.verify(second, **asked, **right)
    with pytest.raises(StatementMismatch, match="other"):  # the attestation adds no weight to a proof that is refused
        zk.verify(proof, **{**asked, "subject": f"lab/other={f / 'model'}"}, **right)
    modelless = zk.prove("training-compute-below", {"compute": f / "compute-log"}, limit="1e26")
    with pytest.raises(StatementMismatch, match="model"):
        modelless.attest(tmp_path / "none.json", key=f / "attest.pem")
    assert not (tmp_path / "none.json").exists()


def test_the_page_about_attestations(release: Release, tmp_path: Path) -> None:
    """Its commands run, beside a log and a model, and the statement that it shows has the members of the one made."""
    page = tmp_path / "page"
    page.mkdir()
    for name in ("compute-log", "model"):
        shutil.copytree(release.folder / name, page / name)
    shutil.copy(release.folder / "lab.key.pub", page)
    assert run_in_order("docs/attestation.md", page) == {"sh", "json"}
    made = json.loads(Envelope.decode((page / "release.intoto.json").read_bytes()).payload)
    (shown,) = (json.loads(text) for language, _, _, text in blocks("docs/attestation.md") if language == "json")
    assert members(shown) == members(made) and shown["subject"][0]["name"] == made["subject"][0]["name"]


def members(document: object) -> object:
    """Its shape: the members of its objects, and of the first item of its lists."""
    if isinstance(document, dict):
        return {name: members(value) for name, value in document.items()}
    return [members(document[0])] if isinstance(document, list) else type(document).__name__


def test_another_proof_beside_it_is_refused_before_the_verdict(release: Release, tmp_path: Path) -> None:
    """A second proof for the same model: sound, and not the one that was attested."""
    proof, made = tmp_path / "second.zkp", tmp_path / "second.sigstore.json"
    release.must("zkcompliance", "fsck", "compute-log", "--count-spent")  # other tests proved over copies of it
    release.must(
        "zkcompliance", *PROVE, "--subject", "lab/model=model", "-o", str(proof),
        "--attest", str(made), "--attest-key", "attest.pem",
    )  # fmt: skip
    assert json.loads(made.read_text())["mediaType"] == "application/vnd.dev.sigstore.bundle.v0.3+json"
    asked = ("--claim", "training-compute-below", "--param", "limit=1e26", "--log-key", "lab.key.pub")
    key = ("--attestation-key", "attest.pub.pem")
    assert both(release, str(proof), *asked, "--attestation", str(made), *key) == (0, "")
    status, error = both(release, str(proof), *asked, "--attestation", "release.intoto.json", *key)
    assert status == 1 and "statement-mismatch" in error and "proof.digest" in error
    status, error = both(release, *VERIFY, "--attestation", str(made), *key)
    assert status == 1 and "statement-mismatch" in error
    done = release.run("zkcompliance", "verify", *VERIFY, "--attestation", str(made), *key)
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("options", "status", "word"),
    [
        (("--attestation", "release.intoto.json"), 2, "--attestation-key"),
        (("--attestation-key", "attest.pub.pem"), 2, "--attestation"),
        (("--attestation", "none", "--attestation-key", "attest.pub.pem"), 2, "none"),
        (("--attestation", "release.intoto.json", "--attestation-key", "attest.pem"), 2, "private key"),
        (("--attestation", "release.intoto.json", "--attestation-key", "lab.key.pub"), 2, "Ed25519"),
        (("--attestation", "run.jsonl", "--attestation-key", "attest.pub.pem"), 2, "malformed-attestation"),
        (("--attestation", "model", "--attestation-key", "attest.pub.pem"), 2, "model"),
    ],
)
def test_what_is_no_attestation_or_key(options: tuple[str, ...], status: int, word: str, release: Release) -> None:
    found, error = both(release, *VERIFY, *options)
    assert found == status and word in error


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--attest", "a.json"), "--attest-key"),
        (("--attest-key", "attest.pem"), "--attest"),
        (("--attest", "a.json", "--attest-key", "attest.pem"), "--subject"),
        (("--attest", "a.zkp", "--attest-key", "attest.pem", "--subject", "lab/model=model"), "one file"),
        (("--attest", "no/a.json", "--attest-key", "attest.pem", "--subject", "lab/model=model"), "folder"),
        (("--attest", "a.json", "--attest-key", "none.pem", "--subject", "lab/model=model"), "none.pem"),
        (("--attest", "a.json", "--attest-key", "attest.pub.pem", "--subject", "lab/model=model"), "attest.pub.pem"),
        (("--attest", "a.json", "--attest-key", "lab.key", "--subject", "lab/model=model"), "PKCS#8"),
    ],
)
def test_what_cannot_be_attested_is_not_proved(options: tuple[str, ...], word: str, release: Release) -> None:
    """Refused before a proof is made: none of the budget is spent, nothing is written."""
    before = sorted(release.folder.rglob("*"))
    done = release.run("zkcompliance", *PROVE, "-o", "a.zkp", *options)
    assert done.returncode == 2 and word in done.stderr and "help: " in done.stderr
    assert sorted(release.folder.rglob("*")) == before
