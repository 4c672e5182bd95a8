"""Go's sumdb/note and tlog accept our checkpoints, cosignatures and proofs, and refuse altered ones."""

from __future__ import annotations

import base64
import copy
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from zkcompliance.log import merkle
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.cosignature import ED25519
from zkcompliance.log.signer import CosignerSigner, SignerKey

SIGNER = SignerKey("lab.example/x", bytes(range(32)))
COSIGNER = CosignerSigner("witness.example/1", ED25519, bytes(32))
DEBIAN = Path("/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog")
SIZES = range(1, 12)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("go") is None or not DEBIAN.is_dir():
        pytest.skip("NOT TESTED: Go interoperation (golang-go, golang-golang-x-mod-dev are not installed)")
    built = tmp_path_factory.mktemp("go") / "check"
    environment = {**os.environ, "GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOFLAGS": ""}
    source = Path(__file__).parents[1] / "kit" / "log_go.go"
    done = subprocess.run(["go", "build", "-o", str(built), str(source)], env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return built


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.fixture(scope="module")
def document() -> dict:
    entries = [f"entry {i}".encode() for i in range(max(SIZES))]
    notes, inclusion, consistency = [], [], []
    for size in SIZES:
        root = merkle.root(entries[:size])
        text = Checkpoint(SIGNER.name, size, root).body
        notes.append(SIGNER.sign(text) + COSIGNER.line(text, 1_700_000_000 + size))
        for index in range(size):
            proof = [b64(node) for node in merkle.inclusion_proof(index, entries[:size])]
            inclusion.append(
                {"Size": size, "Index": index, "Entry": b64(entries[index]), "Root": b64(root), "Proof": proof}
            )
        for old in range(1, size):
            proof = [b64(node) for node in merkle.consistency_proof(old, entries[:size])]
            roots = {"NewRoot": b64(root), "OldRoot": b64(merkle.root(entries[:old]))}
            consistency.append({"New": size, "Old": old, **roots, "Proof": proof})
    key = COSIGNER.verifier
    return {"Log": SIGNER.verifier.text, "Name": key.name, "Hash": int.from_bytes(key.id, "big"),
            "Public": b64(key.public), "Notes": notes, "Inclusion": inclusion, "Consistency": consistency}  # fmt: skip


def ask(program: Path, document: dict) -> str:
    done = subprocess.run([str(program)], input=json.dumps(document), capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout.strip()


def test_go_accepts_ours(program: Path, document: dict) -> None:
    assert ask(program, document) == "11 66 55"


def test_go_refuses_altered_ones(program: Path, document: dict) -> None:
    """So the program does check."""
    for what in ("note", "inclusion", "consistency"):
        altered = copy.deepcopy(document)
        if what == "note":
            altered["Notes"][5] = altered["Notes"][5].replace("\n6\n", "\n7\n")
        else:
            altered[what.capitalize()][40]["Proof"][0] = b64(bytes(32))
        assert ask(program, altered).startswith(f"refused: {what}")
