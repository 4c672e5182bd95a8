"""Every reader is bounded: a file of 1 GB that is nothing but holes costs none of them more memory than its limit.

None waits for a pipe that nobody writes to, or reads a device.
"""

from __future__ import annotations

import importlib.util
import json
import os
import py_compile
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit import support
from tests.kit.logged import field, framed, run_file, run_record
from zkcompliance import importers, limits, schemas
from zkcompliance.claim import catalogue as claims
from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.log.signer import SignerKey
from zkcompliance.log.writer import Writer, create_log

GIGABYTE = 1 << 30
SCHEMA = schemas.parse_text("zkc-schema v2\nown@1\nname id\n")
KEY = SignerKey("lab.example/x", bytes(32))
STARTS = {
    "csv": b"start,end,run,phase,flop,method\n1", "jsonl": b'{"run": "', "nanogpt": b"step:", "lightning": b"step,x\n1",
    "slurm": b"JobIDRaw|State|ElapsedRaw|AllocTRES|Submit|Start|End\n", "dcgm": b'{"status": "',
    "mlflow": b"SQLite format 3\0",
    "hf-trainer": b'{"log_history": [', "inspect": b'{"version": [', "lm-eval": b"{", "arrow": b"PAR1",
    "tensorboard": framed(field(1, 1e9) + field(3, "brain.Event:2")) + (1 << 26).to_bytes(8, "little"),
    "wandb": run_file([run_record()]), "kubernetes": b'{"items": [', "json": b'[{"run": "',
    "kube-state": b'{"status": "',
    "megatron": b" [2026-01-05 08:00:00] iteration 1/ 2 |", "torchtitan": b"step: 1",
}  # fmt: skip
OPTIONS = {
    "lightning": {"flop_column": "x", "start": "2026-01-05", "end": "2026-01-05"},
    "hf-trainer": {"start": "2026-01-05"},
    "mlflow": {"flop_metric": "x"}, "tensorboard": {"flop_tag": "x"}, "wandb": {"flop_metric": "x"},
    "kube-state": {"step": "1min"},
    "megatron": {"parameters": "1", "sequence_length": "1"}, "torchtitan": {"parameters": "1"},
    "lm-eval": {"results": "HERE"},
}  # fmt: skip
READERS = {
    "key": "keys.load_private(path)", "public key": "public_keys.load_public(path)", "trust": "trust.load_trust(path)",
    "proof": "proofs.read_proof(path)", "proof on the disk": "proofs.open_proof(path)",
    "policy": "catalogue.load(str(toml))", "seen": "seen.load(path)",
    "signature": "subject.signed_digest(path)", "attestation": "api.attested(b'', path, path)",
    "trust of a note": "keys.load_cosigner(path)", "attestation key": "attest_keys.PublicKey.load(path)",
    "lineage": "chain.read(path, 'x', [], [], None)", "claim file": "claims.load(str(own))",
    "evidence": "evidence_verb.callback(path, 'text', False)", "state": "memory.load(path)",
    "witness": "witness_state.State(path)", "authorities": "exchange.trusting(path)",
    "results": "lm_eval._suite('x', {'results': str(path)})",
}  # fmt: skip
PROGRAM = """
import json, os, signal, sys
from pathlib import Path
from zkcompliance import importers, schemas
from zkcompliance.attest import api
from zkcompliance.attest import keys as attest_keys
from zkcompliance.claim import catalogue as claims
from zkcompliance.commands.evidence import command as evidence_verb
from zkcompliance.cosigning import state as witness_state
from zkcompliance.edge import exchange
from zkcompliance.importers import lm_eval
from zkcompliance.errors import ZkComplianceError
from zkcompliance.log import keys, memory, seen, trust, public_keys
from zkcompliance.log.fsck import fsck as check
from zkcompliance.log.writer import Writer
from zkcompliance.lineage import chain
from zkcompliance.policy import catalogue, proofs, subject
import numpy, pyarrow, pyarrow.parquet, pyarrow.ipc
path, folder, cases, readers, gigabyte = Path(sys.argv[1]), Path(sys.argv[2]), *json.loads(sys.argv[3])
own, toml = path.with_name("big.py"), path.with_name("big.toml")
own.symlink_to(path), toml.symlink_to(path)
def peak():
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) >> 10
def sparse(at, start):
    at.write_bytes(start)
    os.truncate(at, gigabyte)
    at.chmod(0o600)
before, grown = peak(), {}
def tried(name, run):
    now = peak()
    try:
        run()
        grown[name] = "accepted"
    except (ZkComplianceError, OSError) as error:
        grown[name] = peak() - now
for name, start, schema, options in cases:
    sparse(path, start.encode("latin-1"))
    options = {key: str(path) if value == "HERE" else value for key, value in options.items()}
    kind = importers.by_name(name)
    tried(name + str(len(start)), lambda: list(importers.encode(kind, path, schemas.by_name(schema), options)))
for name, code in readers.items():
    sparse(path, b"log " if "trust" in name else b"{" if name in ("seen", "attestation", "signature") else b"")
    tried(name, lambda: eval(code))
for odd in ("pipe", "device"):
    path.unlink()
    os.mkfifo(path, 0o600) if odd == "pipe" else path.symlink_to("/dev/zero")
    signal.alarm(60)
    for name, code in readers.items():
        tried(f"{odd}: {name}", lambda: eval(code))
    for name, start, schema, options in cases:
        options = {key: str(path) if value == "HERE" else value for key, value in options.items()}
        kind = importers.by_name(name)
        tried(f"{odd}: {name}", lambda: list(importers.encode(kind, path, schemas.by_name(schema), options)))
    signal.alarm(0)
for each in sorted(p for p in folder.rglob("*") if p.is_file() and "cache" not in p.name and p.stat().st_size):
    kept, mode = each.read_bytes(), each.stat().st_mode
    sparse(each, kept)
    each.chmod(mode)
    try:
        check(folder)
        with Writer(folder, keys.load_private(folder.with_name("k"))):
            pass
    except (ZkComplianceError, OSError):
        pass
    each.write_bytes(kept)
    grown["log: " + each.name] = peak() - before
print(json.dumps({"grown": grown, "whole": peak() - before}))
"""


def test_a_gigabyte_of_holes_a_pipe_and_a_device_cost_no_reader_anything(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    create_log(tmp_path / "log", SCHEMA, KEY)
    (tmp_path / "k").write_text(KEY.text(KEY.name, bytes(32)) + "\n")
    (tmp_path / "k").chmod(0o600)
    with Writer(tmp_path / "log", KEY) as writer:
        writer.seal([{"name": "a"}])
        writer.append_rows([{"name": "b"}])
    schema = {"inspect": "eval", "lm-eval": "eval"}
    cases = [(name, start.decode("latin-1"), schema.get(name, "compute"), OPTIONS.get(name, {}))
             for name, start in STARTS.items()]  # fmt: skip
    quoted = (STARTS["csv"] + b'"').decode()
    cases += [("csv", quoted, "compute", {}), ("arrow", "ARROW1\0\0", "compute", {}),
              ("arrow", "\xff\xff\xff\xff\0\0\0\x3f", "compute", {}), ("csv", "", "compute", {}),
              ("inspect", "PK\x03\x04", "eval", {})]  # fmt: skip
    given = json.dumps([cases, READERS, GIGABYTE])
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "big"), str(tmp_path / "log"), given]
    done = subprocess.run(command, capture_output=True, text=True, env=support.ENVIRONMENT, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert "accepted" not in found["grown"].values(), json.dumps(found)
    assert found["whole"] < 350, json.dumps(found)  # MiB; the largest limit is that of one Arrow batch


@pytest.mark.parametrize(
    ("name", "head", "row"),
    [
        ("in.csv", "name\n", lambda size: f'"{"x" * (size - 3)}"\n'),
        ("in.csv", "name\n", lambda size: '"' + "\n" * (size - 3) + '"\n'),
        ("in.jsonl", "", lambda size: json.dumps({"name": "x" * (size - 13)}) + "\n"),
    ],
)
def test_a_row_at_the_limit_and_one_past_it(tmp_path, monkeypatch, name, head, row) -> None:
    monkeypatch.setattr(limits, "MAX_ROW_BYTES", 100)
    path = tmp_path / name
    for size, said in ((100, ""), (101, "longer than 100 bytes")):
        path.write_text(head + row(size))
        assert len(row(size)) == size
        try:
            assert list(importers.rows(importers.guess(path), path, SCHEMA)) and not said
        except ImporterError as error:
            assert said and said in error.message


def test_many_short_rows_are_no_long_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_ROW_BYTES", 20)
    (tmp_path / "in.csv").write_text("name\n" + "abcdefgh\n" * 1000)
    (chunk,) = importers.encode(importers.by_name("csv"), tmp_path / "in.csv", SCHEMA)
    assert chunk.shape[1] == 1000


def test_a_claim_file_at_its_limit_and_what_lies_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A claim is the text that is read: no compiled file of the same name, size and time is run in its place."""
    path = tmp_path / "own.py"
    stale = Path(importlib.util.cache_from_source(str(path)))
    path.write_text("raise ValueError('compiled')\n")
    py_compile.compile(str(path), str(stale))
    status = path.stat()
    path.write_text("raise ValueError('the text')\n")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    with pytest.raises(UsageError, match="cannot be run: ValueError: the text"):
        claims.load(str(path))
    monkeypatch.setattr(limits, "MAX_CLAIM_FILE_BYTES", 40)
    for size, said in ((40, "defines 0 claims"), (41, "longer than 40 bytes")):
        path.write_text("#" * size)
        with pytest.raises(UsageError, match=said):
            claims.load(str(path))
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(UsageError, match="is a pipe"):
        claims.load(str(path))
