"""`seal --evidence`: what backs a row is checked, kept and numbered; nobody says so otherwise."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest
from click.testing import Result
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import zkcompliance as zk
from tests.kit.command_line import run
from tests.kit.devices import Authority, Device, file_of
from zkcompliance import importers, schemas
from zkcompliance.errors import ImporterError, SchemaError, UsageError, ZkComplianceError
from zkcompliance.importers.evidenced import Evidenced
from zkcompliance.log import backing, merkle
from zkcompliance.log.fsck import fsck
from zkcompliance.log.layout import Layout
from zkcompliance.log.store import SealedLog

DATA = Path(__file__).parents[1] / "data"
GPUS = DATA / "nvidia" / "multi_gpu_hopper.json"
ONE = DATA / "nvidia" / "hopper_evidence.json"
CHIPS = ("--set", "owner=Lab", "--set", "from=2025-11-01T00:00:00Z")
ROWS = "start,end,run,phase,flop,method\n1764000000,1764003600,r,pretraining,1000,hardware\n"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    zk.keygen(tmp_path / "key", "lab.example/x")
    return tmp_path / "key"


def seal(tmp_path: Path, *arguments: object) -> Result:
    return run("seal", *arguments, "--log", tmp_path / "log", "--key", tmp_path / "key")


def said(result: Result) -> str:
    return " ".join(result.stderr.split())


def marks(path: Path) -> list[tuple[object, object]]:
    return [(row["evidence"], row["source"]) for row in zk.read_rows(path)]


def signed_over(data: bytes, where: Path) -> tuple[Path, Path]:
    """A sigstore bundle over a file, and the public key."""
    own = ec.generate_private_key(ec.SECP256R1())
    subject = [{"name": "f", "digest": {"sha256": hashlib.sha256(data).hexdigest()}}]
    payload = json.dumps({"_type": "https://in-toto.io/Statement/v1", "subject": subject}).encode()
    kind = b"application/vnd.in-toto+json"
    signature = own.sign(b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload), ec.ECDSA(hashes.SHA256()))
    envelope = {
        "payload": base64.b64encode(payload).decode(), "payloadType": kind.decode(),
        "signatures": [{"sig": base64.b64encode(signature).decode(), "keyid": ""}],
    }  # fmt: skip
    media = "application/vnd.dev.sigstore.bundle.v0.3+json"
    material = {"publicKey": {"hint": ""}, "tlogEntries": []}
    bundle = {"mediaType": media, "verificationMaterial": material, "dsseEnvelope": envelope}
    (where / "bundle.json").write_text(json.dumps(bundle))
    (where / "signer.pem").write_bytes(own.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return where / "bundle.json", where / "signer.pem"


def test_real_gpus_are_rows_of_chips(tmp_path: Path, key: Path) -> None:
    made = seal(tmp_path, "--evidence", GPUS, *CHIPS, "--keep-texts")
    assert made.exit_code == 0, made.stderr
    assert "4 NVIDIA GPU(s) signed" in said(made) and "against no revocation list" in said(made)
    rows = list(zk.read_rows(tmp_path / "log"))
    assert rows[0]["chip"] == "NVIDIA:GH100:48B02DF44660DA06" and len({row["chip"] for row in rows}) == 4
    assert marks(tmp_path / "log") == [(1, "hardware_attested")] * 4
    entry = SealedLog.open(tmp_path / "log").segments[0].entry
    assert entry.evidence == backing.bound(1, merkle.root([hashlib.sha256(GPUS.read_bytes()).digest()]))
    again = seal(tmp_path, "--evidence", GPUS, *CHIPS)
    assert (
        again.exit_code == 2 and "already" in said(again) and backing.planned(Layout(tmp_path / "log"), []) == ([], 1)
    )


def test_from_python(tmp_path: Path, key: Path) -> None:
    """With rows that were appended, which stay the lab's word; and what is refused, after which nothing is sealed."""
    options = {"owner": "Lab", "from": "2025-11-01T00:00:00Z"}
    own = {"chip": "c1", "owner": "Lab", "kind": "other", "peak": 0, "from": 1_764_000_000}
    with zk.open_log(tmp_path / "log", key=key, schema=schemas.chip) as log:
        log.append(own)
        with pytest.raises(UsageError, match="go"):
            log.seal(evidence=[GPUS], options=options, empty=True)
        with pytest.raises(UsageError, match="none is given"):
            log.seal(options=options)
        bundle, signer = signed_over(ROWS.encode(), tmp_path)
        with pytest.raises(UsageError, match="about none of the inputs"):
            log.seal(evidence=[bundle], trust=[signer])
        (tmp_path / "false.json").write_bytes(GPUS.read_bytes().replace(b"EeAB/+l7", b"EeAB/+l8", 1))
        with pytest.raises(ZkComplianceError):
            log.seal(evidence=[tmp_path / "false.json"], options=options)
        assert not log.sealed().segments and log.pending_rows == 1
        log.seal(evidence=[GPUS], options=options)
    assert marks(tmp_path / "log") == [(0, "self_declared"), *[(1, "hardware_attested")] * 4]
    assert fsck(tmp_path / "log").clean


def test_two_pieces_in_one_seal_and_a_third_later(tmp_path: Path, key: Path) -> None:
    tokens = DATA / "tokens"
    first = seal(
        tmp_path,
        "--evidence",
        GPUS,
        "--evidence",
        tokens / "bundle.json",
        "--evidence-trust",
        tokens / "jwks.json",
        *CHIPS,
    )
    assert first.exit_code == 0, first.stderr
    assert seal(tmp_path, "--evidence", ONE, *CHIPS).exit_code == 0
    assert marks(tmp_path / "log") == [(1, "hardware_attested")] * 4 + [(2, "signed")] * 2 + [(3, "hardware_attested")]
    layout, segments = Layout(tmp_path / "log"), SealedLog.open(tmp_path / "log").segments
    for number, path in enumerate((GPUS, tokens / "bundle.json", ONE), 1):
        assert backing.load(layout, number) == path.read_bytes()
        for segment in segments[0 if number < 3 else 1 :]:
            count = backing.count_of(segment.paths)
            digest = hashlib.sha256(path.read_bytes()).digest()
            proof = backing.inclusion(layout, count, number)
            tree = merkle.root_from_inclusion(number - 1, count, digest, proof)
            assert tree is not None and backing.bound(count, tree) == segment.entry.evidence
    assert fsck(tmp_path / "log", deep=True).clean


def test_numbers_stay_where_rows_are_sealed_again(tmp_path: Path, key: Path) -> None:
    """compact puts two segments together, refresh seals all of them again: numbers, pieces and roots go with them."""
    assert seal(tmp_path, "--evidence", GPUS, *CHIPS).exit_code == 0
    assert seal(tmp_path, "--evidence", ONE, *CHIPS).exit_code == 0
    before = marks(tmp_path / "log")
    made = run("compact", tmp_path / "log", "--key", key, "--to", tmp_path / "log-g2", "-o", tmp_path / "l2")
    assert made.exit_code == 0, made.stderr
    assert marks(tmp_path / "log-g2") == before
    made = run("refresh", tmp_path / "log-g2", "--key", key, "--to", tmp_path / "third", "-o", tmp_path / "l3")
    assert made.exit_code == 0, made.stderr
    for path in (tmp_path / "log-g2", tmp_path / "third"):
        (segment,) = SealedLog.open(path).segments
        assert backing.load(Layout(path), 2) == ONE.read_bytes()
        assert segment.entry.evidence == backing.root(Layout(path), 2)
    assert marks(tmp_path / "third") == before and fsck(tmp_path / "third", deep=True).clean
    retired = run("log", "retire", tmp_path / "log")
    assert retired.exit_code == 0 and not Layout(tmp_path / "log").evidence.exists(), retired.stderr
    assert fsck(tmp_path / "log").clean


def test_an_input_that_was_signed(tmp_path: Path, key: Path) -> None:
    """Its rows are backed, those of another input are not; the very bytes count."""
    (tmp_path / "a.csv").write_text(ROWS)
    (tmp_path / "b.csv").write_text(ROWS.replace(",r,", ",s,"))
    bundle, signer = signed_over(ROWS.encode(), tmp_path)
    given = ("--evidence", bundle, "--evidence-trust", signer)
    made = seal(tmp_path, tmp_path / "a.csv", tmp_path / "b.csv", *given)
    assert made.exit_code == 0, made.stderr
    assert marks(tmp_path / "log") == [(1, "signed"), (0, "self_declared")]
    (tmp_path / "a.csv").write_text(ROWS.replace("1000", "999"))
    changed = seal(tmp_path, tmp_path / "a.csv", *given)
    assert changed.exit_code == 2 and "is about none of the inputs" in said(changed)
    stranger = signed_over(b"", tmp_path)[1]
    refused = seal(tmp_path, tmp_path / "a.csv", "--evidence", bundle, "--evidence-trust", stranger)
    assert refused.exit_code in (1, 2)


def test_a_trail_makes_rows_of_compute(tmp_path: Path, key: Path) -> None:
    trail = DATA / "cloudtrail"
    given = ("--evidence", trail / "trail.zip", "--evidence-trust", trail / "keys.json")
    made = seal(tmp_path, *given, "--set", "phase=inference")
    assert made.exit_code == 0, made.stderr
    assert SealedLog.open(tmp_path / "log").schema == schemas.compute and marks(tmp_path / "log") == [(1, "signed")] * 3


@pytest.mark.parametrize(
    "given", ["--set source=signed", "--same source=signed", "--same evidence=1", "--number evidence=1"]
)
def test_nobody_says_so_of_his_own_rows(tmp_path: Path, key: Path, given: str) -> None:
    """Whichever way it is said, with evidence for another input too."""
    (tmp_path / "a.csv").write_text(ROWS)
    (tmp_path / "b.csv").write_text(ROWS.replace(",r,", ",s,"))
    bundle, signer = signed_over((tmp_path / "b.csv").read_bytes(), tmp_path)
    option, value = given.split()
    for more in ((), (tmp_path / "b.csv", "--evidence", bundle, "--evidence-trust", signer)):
        refused = seal(tmp_path, tmp_path / "a.csv", option, value, *more)
        assert refused.exit_code == 2 and not (tmp_path / "log").exists(), refused.stderr


@pytest.mark.parametrize("column", ["source", "evidence"])
@pytest.mark.parametrize("form", ["csv", "jsonl", "mapped", "choice", "append"])
def test_no_file_says_so(tmp_path: Path, key: Path, column: str, form: str) -> None:
    value = {"source": "hardware_attested", "evidence": "7"}[column]
    names, cells = (line.split(",") for line in ROWS.splitlines())
    row = {**dict(zip(names, cells, strict=True)), column: value}
    path, more = tmp_path / f"rows.{'jsonl' if form == 'jsonl' else 'csv'}", ()
    if form == "append":
        with zk.open_log(tmp_path / "log", key=key, schema=schemas.compute) as log:
            given = {name: int(text) if text.isdigit() else text for name, text in row.items()}
            with pytest.raises(SchemaError, match=f"column {column}"):
                log.append(given)
        return
    if form == "jsonl":
        path.write_text(json.dumps({n: int(v) if v.isdigit() else v for n, v in row.items()}) + "\n")
    else:
        head = [*names, "other" if form in ("mapped", "choice") else column]
        path.write_text(",".join(head) + "\n" + ",".join([*cells, "x" if form == "choice" else value]) + "\n")
        more = tuple(part for name in names for part in ("--map", f"{name}={name}")) if head[-1] == "other" else ()
        more += ("--map", f"{column}=other") if head[-1] == "other" else ()
        more += ("--choice", f"{column}=x={value}") if form == "choice" else ()
    if form == "choice" and column == "evidence":
        return  # a number has no choices
    refused = seal(tmp_path, path, *more)
    assert refused.exit_code == 2 and f"column {column}" in said(refused), refused.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--evidence", GPUS), "add --set owner"),
        (("--evidence", GPUS, "--set", "owner=x"), "has no time"),
        (("--evidence", GPUS, *CHIPS, "--set", "source=signed"), "no evidence has an option 'source'"),
        (("--evidence", GPUS, *CHIPS, "--schema", "compute"), "gives rows of chip, not compute"),
        (("--evidence", GPUS, "--evidence", GPUS, *CHIPS), "given twice"),
        (("--evidence", DATA / "nvidia" / "switch_evidence_ls10.json", *CHIPS), "no GPU"),
        (("--evidence", DATA / "tokens" / "bundle.json", *CHIPS), "give its JWKS"),
        (("--evidence", DATA / "cloudtrail" / "trail.zip"), "AWS's keys are not given"),
        (("--evidence", DATA / "sigstore" / "oms-key.sig.json"), "no key of whoever signs"),
        (("--evidence", DATA / "nvidia" / "device_root.pem", *CHIPS), "token"),
        (("--evidence", DATA / "none", *CHIPS), "none"),
        (("--evidence", GPUS, *CHIPS, "--empty"), "does not go with --empty"),
        (("--evidence", GPUS, *CHIPS, "--cluster", "x"), "does not go with --cluster"),
        (("--evidence-trust", DATA / "nvidia" / "device_root.pem"), "give --evidence too"),
    ],
)  # fmt: skip
def test_what_is_refused_leaves_nothing(tmp_path: Path, key: Path, arguments: tuple[object, ...], says: str) -> None:
    refused = seal(tmp_path, *arguments)
    assert refused.exit_code in (1, 2) and says in said(refused), refused.stderr
    assert not (tmp_path / "log").exists()


def test_roots_and_revocation_lists_that_are_given(tmp_path: Path, key: Path) -> None:
    from time import time

    authority = Authority()
    device, nonce = Device(authority, "BB01"), bytes(32)
    (tmp_path / "gpu.json").write_bytes(file_of([(device.answer(nonce), nonce)]))
    (tmp_path / "root.pem").write_bytes(authority.root.public_bytes(Encoding.PEM))
    (tmp_path / "some.crl").write_bytes(authority.crl([device.device.serial_number], at=int(time()) - 60))
    (tmp_path / "none.crl").write_bytes(authority.crl([], at=int(time()) - 60))
    given = ("--evidence", tmp_path / "gpu.json", *CHIPS)
    assert "root that is trusted" in said(seal(tmp_path, *given))
    given = (*given, "--evidence-trust", tmp_path / "root.pem", "--evidence-trust")
    assert "is revoked" in said(seal(tmp_path, *given, tmp_path / "some.crl"))
    made = seal(tmp_path, *given, tmp_path / "none.crl")
    assert made.exit_code == 0 and "against the revocation lists given" in said(made), made.stderr


def test_a_verdict_says_that_nothing_of_it_was_shown(tmp_path: Path, key: Path) -> None:
    """The source of every row is shown, and its evidence is not: two things, and the verdict says both."""
    (tmp_path / "a.csv").write_text(ROWS)
    bundle, signer = signed_over(ROWS.encode(), tmp_path)
    assert seal(tmp_path, tmp_path / "a.csv", "--evidence", bundle, "--evidence-trust", signer).exit_code == 0
    proof = tmp_path / "p.zkp"
    asked = ("log-floor-compute", "-p", "rows=1", "-p", "sources=signed")
    made = run("prove", *asked, "--log", tmp_path / "log", "-o", proof)
    assert made.exit_code == 0, made.stderr
    judged = run("verify", proof, "--claim", *asked, "--log-key", tmp_path / "key.pub")
    assert judged.exit_code == 0 and "1 of 1 segment" in " ".join(judged.stdout.split()), judged.stderr
    assert "none of them is present here or was verified" in " ".join(judged.stdout.split())


def test_pieces_that_are_damaged_are_found(tmp_path: Path, key: Path) -> None:
    assert seal(tmp_path, "--evidence", GPUS, *CHIPS).exit_code == 0
    layout = Layout(tmp_path / "log")
    piece = layout.piece(1)
    piece.write_bytes(GPUS.read_bytes()[:-1])
    assert any("evidence" in each.where for each in fsck(tmp_path / "log").findings if each.fault)
    piece.write_bytes(GPUS.read_bytes())
    assert fsck(tmp_path / "log").clean
    (layout.segment(0).evidence).unlink()
    assert any("not that of its entry" in each.what for each in fsck(tmp_path / "log").findings)


def test_an_input_that_changes_while_it_is_read(tmp_path: Path) -> None:
    """The rows of a file that was signed, read from another one that took its place."""
    path = tmp_path / "a.csv"
    path.write_text(ROWS)
    bundle, signer = signed_over(ROWS.encode(), tmp_path)
    evidenced = Evidenced.of([bundle], [signer], [str(path)], 1_764_000_000)
    evidenced.numbers = [1]
    path.write_text(ROWS.replace("1000", "999"))
    parts = importers.parts(importers.by_name("csv"), path, schemas.compute)
    with pytest.raises(ImporterError, match="was changed while it was read"):
        list(evidenced.backed(str(path), schemas.compute, parts))
