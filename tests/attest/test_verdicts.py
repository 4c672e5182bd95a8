"""A verdict that is signed says what decided, is one statement whoever signs it, and verifies elsewhere."""

from __future__ import annotations

import base64
import copy
import json
import re
import shutil
import subprocess
import time
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import mldsa

import zkcompliance as zk
from tests.kit import attesting, stamps
from tests.kit.attesting import document, securesystemslib_accepts
from tests.kit.command_line import ok, run
from tests.kit.regulated_lab import MODEL, Lab
from zkcompliance import strict_json
from zkcompliance.attest.keys import EVERY, PublicKey
from zkcompliance.attest.signed import Signed
from zkcompliance.attest.signing import SigningKey
from zkcompliance.attest.summary import DETAILS, SVR, VSA, Summary
from zkcompliance.errors import KeyFileError, MalformedAttestation, SignatureRejected, UsageError

NPM = Path(__file__).parent / "npm"
WHO = "https://regulator.example/verifier/1"
ALL = ("ed25519", "ecdsa", "mldsa44", "mldsa65")


def key_file(folder: Path, kind: str, number: int = 1) -> Path:
    path = folder / f"{kind}-{number}.pem"
    if path.exists():
        return path
    if kind in ("ed25519", "ecdsa"):
        return attesting.key_file(path, attesting.private(kind, number))
    maker = mldsa.MLDSA44PrivateKey if kind == "mldsa44" else mldsa.MLDSA65PrivateKey
    return attesting.key_file(path, maker.generate())


def public(path: Path) -> PublicKey:
    return SigningKey.load(path, EVERY).public


def sign(lab: Lab, folder: Path, *more: object, kind: str = "ed25519", name: str = "verdict.json") -> Path:
    output = folder / name
    done = run("verify", lab.bundle, *lab.asked_of_bundle(), "--sign", key_file(folder, kind), "--verifier", WHO,
               "-o", output, *more)  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "Accepted" in done.output or "ACCEPTED" in done.output, done.output
    return output


def test_what_a_signed_verdict_names(lab: Lab, tmp_path: Path) -> None:
    made = Signed.decode(sign(lab, tmp_path).read_bytes())
    statement = json.loads(made.payload)
    predicate = statement["predicate"]
    policy, file = sha256(lab.policy.read_bytes()).hexdigest(), sha256(lab.bundle.read_bytes()).hexdigest()
    assert (statement["_type"], statement["predicateType"]) == ("https://in-toto.io/Statement/v1", VSA)
    assert statement["subject"] == [{"name": "model-7", "digest": {"sha256": "07" * 32}}]
    assert predicate["verifier"]["id"] == WHO and predicate["verificationResult"] == "PASSED"
    assert predicate["policy"]["digest"] == {"sha256": policy}
    assert [each["digest"]["sha256"] for each in predicate["inputAttestations"]] == [file]
    assert predicate["timeVerified"].endswith("Z")
    summary = Summary.decode(made.payload)
    below, floor = summary.requirements
    assert (below.name, floor.name) == ("below-limit", "floor: compute")
    assert below.values["limit"] == 10**21 and below.status == "met" and not below.recognised
    assert len(below.statement) == len(below.card) == len(below.program) == 32
    (log,) = below.logs
    assert (log.origin, log.size, log.key) == ("key.example/log", 1, lab.key.read_text().strip())
    assert summary.options["subject"].startswith("model-7 07")
    assert predicate[DETAILS]["requirements"][0]["by"] == "proof"


@pytest.mark.parametrize("kind", ALL)
def test_each_kind_of_key_signs_and_countersigns(kind: str, lab: Lab, tmp_path: Path) -> None:
    first = sign(lab, tmp_path)
    other = key_file(tmp_path, kind, 2)
    ok("countersign", first, "--sign", other, "-o", tmp_path / "two.json")
    one, two = (Signed.decode(path.read_bytes()) for path in (first, tmp_path / "two.json"))
    assert two.payload == one.payload and len(two.signatures) == 2
    for path in (key_file(tmp_path, "ed25519"), other):
        assert two.of(public(path)).data
    with pytest.raises(SignatureRejected):
        one.of(public(other))
    for signature in two.signatures:
        changed = bytes([signature.data[0] ^ 1]) + signature.data[1:]
        rest = [each for each in two.signatures if each is not signature]
        every = sorted([*rest, replace(signature, data=changed)], key=lambda each: each.keyid)
        with pytest.raises(SignatureRejected):
            for path in (key_file(tmp_path, "ed25519"), other):
                replace(two, signatures=tuple(every)).of(public(path))
    assert run("countersign", tmp_path / "two.json", "--sign", other, "-o", tmp_path / "three.json").exit_code == 2


def test_a_changed_payload_is_nobodys(lab: Lab, tmp_path: Path) -> None:
    made = Signed.decode(sign(lab, tmp_path).read_bytes())
    changed = replace(made, payload=made.payload.replace(b"below-limit", b"below-limiT"))
    assert changed.payload != made.payload
    with pytest.raises(SignatureRejected):
        Signed.decode(changed.encode()).of(public(key_file(tmp_path, "ed25519")))


def test_there_is_one_way_to_write_it(lab: Lab, tmp_path: Path) -> None:
    data = sign(lab, tmp_path).read_bytes()
    made = Signed.decode(data)
    whole = json.loads(made.payload)
    changes: list[Any] = []
    for path in (("verificationResult", "FAILED"), ("verifiedLevels", []), ("resourceUri", "x:y"), ("more", "1")):
        changes.append(copy.deepcopy(whole))
        changes[-1]["predicate"][path[0]] = path[1]
    changes += [{}, [], {**whole, "predicateType": SVR}, {**whole, "predicate": {**whole["predicate"], DETAILS: {}}}]
    for changed in changes:
        with pytest.raises(MalformedAttestation):
            Summary.decode(strict_json.canonical(changed))
    for wrong in (data[:-1], data + b"\n", b"{}", b"[]", b"", data.replace(b'"keyid"', b'"Keyid"')):
        with pytest.raises(MalformedAttestation):
            Signed.decode(wrong)
    twice = replace(made, signatures=made.signatures * 2).encode()
    with pytest.raises(MalformedAttestation, match="one of each"):
        Signed.decode(twice)
    with pytest.raises(MalformedAttestation):
        Signed.decode(replace(made, signatures=()).encode())


def test_where_nothing_was_decided_nothing_is_signed(lab: Lab, tmp_path: Path) -> None:
    """A proof that is too old is not judged; and a verdict that is not met is signed as one."""
    where = tmp_path / "v.json"
    signing = ("--sign", key_file(tmp_path, "ed25519"), "--verifier", WHO, "-o", where)
    done = run("verify", lab.bundle, *lab.asked_of_bundle(), *signing, "--at", "2098-01-01")
    assert done.exit_code == 2 and not where.exists(), done.output
    floor_alone = tmp_path / "floor.zkp"
    floor_alone.write_bytes(lab.alone(lab.policy, "log-floor-compute", params={"below-limit.limit": 10**21}))
    done = run("verify", floor_alone, *lab.asked_of_bundle(), *signing)
    assert done.exit_code == 1
    summary = Summary.decode(Signed.decode(where.read_bytes()).payload)
    assert not summary.passed and [each.status for each in summary.requirements] == ["not shown", "met"]
    assert json.loads(summary.encode())["predicate"]["verificationResult"] == "FAILED"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--verifier", WHO),
        ("--sign", "KEY"),
        ("--sign-as", "svr"),
        ("--sign", "KEY", "--verifier", "no uri", "-o", "X"),
    ],
)
def test_options_that_do_not_go_together(arguments: tuple[str, ...], lab: Lab, tmp_path: Path) -> None:
    places = {"KEY": key_file(tmp_path, "ed25519"), "X": tmp_path / "x.json"}
    done = run("verify", lab.bundle, *lab.asked_of_bundle(), *(places.get(each, each) for each in arguments))
    assert done.exit_code == 2, done.output


def test_without_a_policy_nothing_is_signed(lab: Lab, tmp_path: Path) -> None:
    done = run("verify", lab.single, *lab.asked_of_single(), "--sign", key_file(tmp_path, "ed25519"), "--verifier", WHO,
               "-o", tmp_path / "v.json")  # fmt: skip
    assert done.exit_code == 2 and not (tmp_path / "v.json").exists()


def test_a_page_and_a_signed_verdict_beside_it(lab: Lab, tmp_path: Path) -> None:
    ok("report", lab.bundle, *lab.asked_of_bundle(), "-o", tmp_path / "p.html", "--sign", key_file(tmp_path, "ecdsa"),
       "--verifier", WHO, "--verdict", tmp_path / "v.json")  # fmt: skip
    assert Summary.decode(Signed.decode((tmp_path / "v.json").read_bytes()).payload).passed


def test_from_python(lab: Lab, tmp_path: Path) -> None:
    """`zk.sign_verdict` writes what `verify --sign` does; who signed is checked; a list takes it back."""
    verdict = zk.verify(lab.bundle, policy=lab.policy, log_keys={"compute": lab.key}, subject=MODEL)
    mine, other = key_file(tmp_path, "ed25519"), key_file(tmp_path, "mldsa44", 2)
    made = zk.sign_verdict(verdict, key=mine, verifier=WHO)
    made.save(tmp_path / "v.json")
    made.save(tmp_path / "v.json")  # an earlier one is replaced
    both = zk.SignedVerdict.load(tmp_path / "v.json").countersign(other)
    assert both.statement == made.statement and len(both.keyids) == 2
    pems = [tmp_path / f"{each.stem}.pub" for each in (mine, other)]
    for path, pem in zip((mine, other), pems, strict=True):
        pem.write_text(public(path).pem)
    summary = both.check(*pems)
    assert isinstance(summary, Summary)
    assert summary.verifier == WHO and summary.passed and summary.judged_at == verdict.judged_at
    assert both.check(pems[0].read_bytes()) == summary
    for wrong, keys in ((SignatureRejected, pems), (UsageError, [])):
        with pytest.raises(wrong):
            made.check(*keys)
    with pytest.raises(UsageError, match="has signed the verdict already"):
        both.countersign(other)
    with pytest.raises(UsageError, match="no private key"):
        zk.sign_verdict(verdict, key=[], verifier=WHO)
    by_claim = zk.verify(
        lab.single, claim="training-compute-below", params={"limit": "1e20"}, log_keys={"compute": lab.key},
        context="ref 7",
    )  # fmt: skip
    with pytest.raises(UsageError, match="judged by a policy"):
        zk.sign_verdict(by_claim, key=mine, verifier=WHO)
    taken = zk.withdraw([tmp_path / "v.json"], reason="the policy was read wrongly", key=mine)
    taken.save(tmp_path / "list.json")
    (back,) = zk.WithdrawnList.load(tmp_path / "list.json").check(*pems).verdicts.items()
    assert back[0] == made.statement and back[1].reason == "the policy was read wrongly"
    assert back[1].files == (verdict.file_sha256,)
    with pytest.raises(SignatureRejected):
        taken.check(pems[1])
    with pytest.raises(UsageError):
        made.save(lab.policy)


def recognising(lab: Lab, folder: Path, verdict: Path) -> Path:
    """A policy of another authority, which takes over what the lab's policy asks."""
    (key,) = [SigningKey.load(key_file(folder, "ed25519"), EVERY)]
    judged = Summary.decode(Signed.decode(verdict.read_bytes()).payload)
    text = lab.policy.read_text().replace('"a-limit"', '"another-limit"').replace("rows = 2\n", "")
    text = re.sub(r"sources = \[\"self.*\n", "", text)
    path = folder / "another.toml"
    path.write_text(
        f'{text}\n[[recognise]]\nverifier = "{WHO}"\nkeys = ["{base64.b64encode(key.public.spki).decode()}"]\n'
        f'requirements = ["below-limit"]\npolicies = ["{judged.policy.digest.hex()}"]\nmax_age = "1 day"\n'
    )
    return path


def test_recognised_and_withdrawn_by_the_command_line(lab: Lab, tmp_path: Path) -> None:
    verdict, key = sign(lab, tmp_path), key_file(tmp_path, "ed25519")
    asked = (
        "verify",
        lab.bundle,
        "--policy",
        recognising(lab, tmp_path, verdict),
        "--log-key",
        lab.key,
        "--subject",
        MODEL,
    )
    assert run(*asked).exit_code == 1
    assert run(*asked[:2], *asked[4:], "--recognised", verdict).exit_code == 2  # of no policy
    taken = run(*asked, "--recognised", verdict)
    assert taken.exit_code == 0, taken.output
    said = " ".join(taken.stdout.split())
    assert "RECOGNISED, NOT PROVED HERE" in said and "no list of withdrawn verdicts was given" in said
    found = ok("withdraw", verdict, "--reason", "read wrongly", "--sign", key, "-o", tmp_path / "list.json")
    assert list(found["withdrawn"].values()) == ["read wrongly"]
    back = run(*asked, "--recognised", verdict, "--withdrawn", tmp_path / "list.json")
    assert back.exit_code == 1 and "withdrew this verdict" in back.stderr and "read wrongly" in back.stderr
    assert run(*asked, "--withdrawn", tmp_path / "list.json").exit_code == 2
    later = sign(lab, tmp_path, "--at", int(time.time()) + 60, name="later.json")
    still = run(*asked, "--recognised", later, "--withdrawn", tmp_path / "list.json", "--format", "html")
    assert still.exit_code == 0 and "--withdrawn LIST" in still.stdout
    more = ("withdraw", later, "--reason", "and this", "--sign", key, "-o", tmp_path / "list.json")
    grown = ok(*more, "--earlier", tmp_path / "list.json")
    assert sorted(grown["withdrawn"].values()) == ["and this", "read wrongly"]
    assert run(*asked, "--recognised", later, "--withdrawn", tmp_path / "list.json").exit_code == 1


def test_a_signature_is_dated_by_an_authoritys_reply(lab: Lab, tmp_path: Path) -> None:
    """What is sent to it, and its reply put beside the signature; a reply over anything else is refused."""
    verdict, root = sign(lab, tmp_path), stamps.root()
    (signature,) = Signed.decode(verdict.read_bytes()).signatures
    ok("countersign", verdict, "--request", tmp_path / "q.tsq")
    assert sha256(signature.data).digest() in (tmp_path / "q.tsq").read_bytes()
    (tmp_path / "r.tsr").write_bytes(stamps.made(signature.data, root).reply())
    ok("countersign", verdict, "--reply", tmp_path / "r.tsr", "-o", tmp_path / "dated.json")
    (dated,) = Signed.decode((tmp_path / "dated.json").read_bytes()).signatures
    assert dated.data == signature.data and dated.stamp == (tmp_path / "r.tsr").read_bytes()
    (tmp_path / "other.tsr").write_bytes(stamps.made(b"something else", root).reply())
    wrong = run("countersign", verdict, "--reply", tmp_path / "other.tsr", "-o", tmp_path / "no.json")
    assert wrong.exit_code == 1 and not (tmp_path / "no.json").exists()
    for arguments in (("--sign", key_file(tmp_path, "ecdsa")), (), ("--reply", tmp_path / "r.tsr")):
        assert run("countersign", verdict, *arguments).exit_code == 2


def test_a_simple_verification_result(lab: Lab, tmp_path: Path) -> None:
    made = Signed.decode(sign(lab, tmp_path, "--sign-as", "svr").read_bytes())
    statement = json.loads(made.payload)
    assert statement["predicateType"] == SVR and set(statement["predicate"]) == {
        "verifier",
        "timeCreated",
        "properties",
    }
    assert statement["predicate"]["properties"] == [
        "ZKCOMPLIANCE_POLICY_MET:a-limit@1",
        "ZKCOMPLIANCE_REQUIREMENT_MET:a-limit@1:below-limit",
        "ZKCOMPLIANCE_REQUIREMENT_MET:a-limit@1:floor: compute",
    ]
    with pytest.raises(MalformedAttestation):
        Summary.decode(made.payload)


def test_an_attestation_takes_no_key_of_a_kind_that_its_readers_lack(tmp_path: Path) -> None:
    path = key_file(tmp_path, "mldsa44")
    with pytest.raises(KeyFileError, match="Ed25519 or ECDSA P-256"):
        SigningKey.load(path)
    pem = public(path).pem.encode()
    assert PublicKey.parse(pem, "it", EVERY) == public(path)
    with pytest.raises(KeyFileError):
        PublicKey.parse(pem, "it")


def test_a_bundle_holds_one_signature(lab: Lab, tmp_path: Path) -> None:
    made = Signed.decode(sign(lab, tmp_path, name="v.sigstore.json").read_bytes())
    other = SigningKey.load(key_file(tmp_path, "ecdsa"), EVERY)
    with pytest.raises(UsageError, match="one signature"):
        made.with_signature(other.public, b"x")


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa"])
def test_securesystemslib_agrees(kind: str, lab: Lab, tmp_path: Path) -> None:
    other = key_file(tmp_path, "mldsa65", 2)
    ok("countersign", sign(lab, tmp_path, kind=kind), "--sign", other, "-o", tmp_path / "two.json")
    envelope = document((tmp_path / "two.json").read_bytes())
    pem = public(key_file(tmp_path, kind)).pem
    assert securesystemslib_accepts(envelope, pem)  # it passes over a signature of a kind that it does not know
    assert not securesystemslib_accepts(envelope, public(key_file(tmp_path, kind, 3)).pem)
    payload = bytearray(base64.b64decode(envelope["payload"]))
    payload[50] ^= 1
    assert not securesystemslib_accepts({**envelope, "payload": base64.b64encode(payload).decode()}, pem)


def test_in_toto_reads_the_statement(lab: Lab, tmp_path: Path) -> None:
    from google.protobuf import json_format
    from in_toto_attestation.v1 import statement_pb2
    from in_toto_attestation.v1.statement import Statement

    for kind in ("vsa", "svr"):
        made = Signed.decode(sign(lab, tmp_path, "--sign-as", kind, name=f"{kind}.json").read_bytes())
        read = json_format.Parse(made.payload, statement_pb2.Statement())
        Statement.copy_from_pb(read).validate()


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa"])
def test_sigstore_verify_agrees(kind: str, lab: Lab, tmp_path: Path, npm: Path) -> None:
    made = sign(lab, tmp_path, kind=kind, name="v.sigstore.json")
    bundle, pem = tmp_path / "changed.sigstore.json", tmp_path / "key.pem"

    def accepted(data: bytes, key: PublicKey) -> bool:
        bundle.write_bytes(data)
        pem.write_text(key.pem)
        command = ["node", "verify.js", str(bundle), str(pem)]
        return subprocess.run(command, cwd=npm, capture_output=True, text=True, timeout=60).returncode == 0

    data = made.read_bytes()
    assert accepted(data, public(key_file(tmp_path, kind)))
    assert not accepted(data, public(key_file(tmp_path, kind, 2)))
    whole = json.loads(data)
    payload = bytearray(base64.b64decode(whole["dsseEnvelope"]["payload"]))
    payload[50] ^= 1
    whole["dsseEnvelope"]["payload"] = base64.b64encode(payload).decode()
    assert not accepted(json.dumps(whole).encode(), public(key_file(tmp_path, kind)))
    assert shutil.which("node") and NPM.exists()
