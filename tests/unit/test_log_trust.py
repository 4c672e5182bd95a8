"""Cosignatures, trust policies and receipts, held against a receipt that Go accepts and against the C2SP texts."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from zkcompliance.errors import (
    CheckpointMismatch,
    CosignRefused,
    KeyFileError,
    LogError,
    LogEvidence,
    MalformedNote,
    MalformedTrust,
    QuorumUnmet,
    SignatureRejected,
    Unsupported,
    UsageError,
)
from zkcompliance.log import cosignature, keys, merkle, note, public_keys
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.cosignature import ED25519, ML_DSA_44, CosignerKey
from zkcompliance.log.cosigner import Cosigner, add_lines
from zkcompliance.log.evidence import Evidence
from zkcompliance.log.receipt import Receipt
from zkcompliance.log.signer import CosignerSigner, SignerKey
from zkcompliance.log.trust import TrustPolicy, load_trust

DATA = Path(__file__).parents[1] / "data" / "tlog"
VKEYS = (DATA / "keys.txt").read_text().split()
RECEIPT = (DATA / "entry-6.tlog-proof").read_text()
ENTRY = (DATA / "entry-6.json").read_bytes()
SAMPLE = f"# the sample\nlog {VKEYS[0]}\nwitness w1 {VKEYS[1]}\n\n \t\nquorum w1\n"
SIGNER = SignerKey("lab.example/x", bytes(range(32)))
ENTRIES = [f"entry {i}".encode() for i in range(9)]


def signer(number: int, algorithm: int = ED25519) -> CosignerSigner:
    return CosignerSigner(f"witness.example/{number}", algorithm, bytes([number]) * 32)


def mldsa() -> CosignerSigner:
    try:
        return signer(6, ML_DSA_44)
    except Unsupported:
        pytest.skip("NOT TESTED: ML-DSA-44 cosignatures (the installed cryptography lacks it)")


def signed(size: int, entries: list[bytes] = ENTRIES) -> str:
    return SIGNER.sign(Checkpoint(SIGNER.name, size, merkle.root(entries[:size])).body)


def policy(*lines: str, cosigners: int = 3) -> str:
    named = "".join(f"witness w{i} {signer(i).verifier.text}\n" for i in range(cosigners))
    return f"log {SIGNER.verifier.text} https://lab.example/\n{named}" + "".join(line + "\n" for line in lines)


def test_the_sample_receipt() -> None:
    receipt = Receipt.parse(RECEIPT)
    assert (receipt.index, len(receipt.proof), receipt.text) == (6, 4, RECEIPT)
    trusted = receipt.check(ENTRY, TrustPolicy.parse(SAMPLE))
    assert (trusted.checkpoint.size, trusted.cosigned) == (11, {"w1": 1768478400})
    assert receipt.check(ENTRY, TrustPolicy.parse(SAMPLE), now=1768478400)
    with pytest.raises(SignatureRejected, match="future"):
        receipt.check(ENTRY, TrustPolicy.parse(SAMPLE), now=1768478399)
    with pytest.raises(CheckpointMismatch, match="not number 6"):
        receipt.check(ENTRY + b"x", TrustPolicy.parse(SAMPLE))
    for index in (5, 7, 10, 11):
        with pytest.raises(CheckpointMismatch):
            Receipt.parse(RECEIPT.replace("index 6", f"index {index}")).check(ENTRY, TrustPolicy.parse(SAMPLE))


def test_the_sample_cosigner_key() -> None:
    key = CosignerKey.parse(VKEYS[1])
    assert (key.algorithm, key.text) == (ED25519, VKEYS[1])
    with pytest.raises(KeyFileError):
        CosignerKey.parse(VKEYS[0])
    with pytest.raises(KeyFileError):
        note.VerifierKey.parse(VKEYS[1])


def test_ours_has_the_same_form() -> None:
    extra = Receipt(6, tuple(merkle.inclusion_proof(6, ENTRIES)), signed(9) + signer(1).line(body(9), 5), b"x\0")
    assert Receipt.parse(extra.text.encode()) == extra
    ours = extra.text.split("\n")
    assert ours[:3] == ["c2sp.org/tlog-proof@v1", "extra eAA=", "index 6"] and ours.index("") == 7
    assert extra.check(ENTRIES[6], TrustPolicy.parse(policy("quorum w1"))).cosigned == {"w1": 5}


def body(size: int) -> str:
    return note.parse(signed(size)).text


# Cosignatures


@pytest.mark.parametrize("algorithm", [ED25519, ML_DSA_44])
def test_cosignatures(algorithm: int) -> None:
    cosigner = mldsa() if algorithm == ML_DSA_44 else signer(1)
    key = cosigner.verifier
    whole = signed(5) + cosigner.line(body(5), 1_700_000_000)
    assert CosignerKey.parse(key.text) == key
    assert key.timestamp(note.parse(whole)) == 1_700_000_000
    assert key.timestamp(note.parse(signed(5))) is None
    assert key.timestamp(note.parse(whole + cosigner.line(body(5), 1_800_000_000))) == 1_800_000_000
    other = SIGNER.sign(body(6)) + note.parse(whole).signatures[1].line
    with pytest.raises(SignatureRejected, match="does not match"):
        key.timestamp(note.parse(other))
    line = note.parse(whole).signatures[1]
    for data in (line.data[:-1], line.data + b"x", b"\x80" + line.data[1:], line.data[8:]):
        with pytest.raises(SignatureRejected, match="malformed"):
            key.timestamp(note.parse(signed(5) + note.Signature(line.name, line.id, data).line))
    changed = bytes([line.data[0], *line.data[1:7], line.data[7] ^ 1]) + line.data[8:]
    with pytest.raises(SignatureRejected, match="does not match"):
        key.timestamp(note.parse(signed(5) + note.Signature(line.name, line.id, changed).line))


def test_what_is_signed() -> None:
    """The layouts of the C2SP text, byte by byte."""
    text = body(5)
    root = Checkpoint.parse(text).root
    assert cosignature.signed_message(ED25519, "w", 7, text) == b"cosignature/v1\ntime 7\n" + text.encode()
    expected = b"subtree/v1\n\0" + b"\x01w" + (7).to_bytes(8, "big") + b"\x0dlab.example/x" + bytes(8)
    assert cosignature.signed_message(ML_DSA_44, "w", 7, text) == expected + (5).to_bytes(8, "big") + root
    assert signer(1).verifier.id == note.key_id("witness.example/1", signer(1).verifier.public, 4)


def test_ml_dsa_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = note.parse(signed(5) + note.Signature("w", note.key_id("w", bytes(1312), 6), bytes(2428)).line)
    key = CosignerKey.parse(CosignerKey("w", ML_DSA_44, bytes(1312)).text)
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric.mldsa", None)
    monkeypatch.delattr("cryptography.hazmat.primitives.asymmetric.mldsa", raising=False)
    for call in (lambda: signer(6, ML_DSA_44), lambda: key.timestamp(whole)):
        with pytest.raises(Unsupported, match="ML-DSA-44") as caught:
            call()
        assert caught.value.exit_status == 2 and "pip install" in caught.value.help


@pytest.mark.parametrize("algorithm", ["ed25519", "ml-dsa-44"])
def test_cosigner_key_files(tmp_path: Path, algorithm: str) -> None:
    if algorithm == "ml-dsa-44":
        mldsa()
    public = keys.generate_cosigner(tmp_path / "w", "witness.example/1", algorithm)
    assert (tmp_path / "w").stat().st_mode & 0o777 == 0o600
    assert keys.load_cosigner(tmp_path / "w").verifier == public == public_keys.load_cosigner_public(tmp_path / "w.pub")
    with pytest.raises(KeyFileError):
        keys.load_private(tmp_path / "w")
    with pytest.raises(KeyFileError):
        public_keys.load_public(tmp_path / "w.pub")
    with pytest.raises(UsageError):
        keys.generate_cosigner(tmp_path / "v", "witness.example/1", "rsa")


# A cosigner remembers


def test_a_cosigner_signs_only_what_extends(tmp_path: Path) -> None:
    cosigner = Cosigner(signer(1), tmp_path / "state")
    key = SIGNER.verifier
    assert cosigner.newest(key) == 0
    line = cosigner.cosign(signed(3), key, now=100)
    assert signer(1).verifier.timestamp(note.parse(signed(3) + line)) == 100
    assert cosigner.cosign(signed(3), key, now=101) != line
    again = Cosigner(signer(1), tmp_path / "state")
    for proof in ((), merkle.consistency_proof(3, ENTRIES[:6])):
        with pytest.raises(CosignRefused, match="not shown to extend the 3"):
            again.cosign(signed(7), key, proof)
    other = [b"other", *ENTRIES[1:]]
    with pytest.raises(LogEvidence, match="fork") as forked:
        again.cosign(signed(7, other), key, merkle.consistency_proof(3, other[:7]))
    assert Evidence.parse(forked.value.document).newer == signed(7, other), "the proof shows what it holds instead"
    with pytest.raises(CosignRefused, match="not shown"):
        again.cosign(signed(7), key, merkle.consistency_proof(3, other[:7]))
    with pytest.raises(LogEvidence, match="fork"):
        again.cosign(signed(3, other), key)
    with pytest.raises(CosignRefused, match="no hashes"):
        again.cosign(signed(3), key, [bytes(32)])
    again.cosign(signed(7), key, merkle.consistency_proof(3, ENTRIES[:7]))
    with pytest.raises(CosignRefused, match="has 7 segment"):
        again.cosign(signed(3), key)
    assert (again.newest(key), (tmp_path / "state").stat().st_mode & 0o777) == (7, 0o600)
    stranger = SignerKey("lab.example/x", bytes(32))
    with pytest.raises(SignatureRejected):
        again.cosign(stranger.sign(body(9)), key)
    assert again.newest(stranger.verifier) == 0


def test_a_checkpoint_of_a_huge_size(tmp_path: Path) -> None:
    """The thief of a log's key can make up any size, with a proof: cosigners then follow that key no further. A new key
    begins anew. A size past 2^63 is none, and no log folder or proof is of such a size.
    """
    cosigner, key = Cosigner(signer(1), tmp_path / "state"), SIGNER.verifier
    cosigner.cosign(signed(4), key, now=100)
    node = bytes(32)
    proof, huge = [node] * 59, 2**62
    folded = merkle.fold_prefix(4, huge, [merkle.root(ENTRIES[:4]), *proof, node])
    assert folded is not None and folded[0] == merkle.root(ENTRIES[:4])
    stolen = SIGNER.sign(Checkpoint(SIGNER.name, huge, folded[1]).body)
    cosigner.cosign(stolen, key, [*proof, node], now=101)
    with pytest.raises(CosignRefused, match=f"has {huge:,} segments"):
        cosigner.cosign(signed(5), key, merkle.consistency_proof(4, ENTRIES[:5]), now=102)
    fresh = SignerKey(SIGNER.name, bytes([9]) * 32)
    line = cosigner.cosign(fresh.sign(body(5)), fresh.verifier, now=103)
    assert signer(1).verifier.timestamp(note.parse(fresh.sign(body(5)) + line)) == 103
    assert (cosigner.newest(key), cosigner.newest(fresh.verifier)) == (huge, 5)
    with pytest.raises(MalformedNote):
        Checkpoint.parse(Checkpoint(SIGNER.name, 2**63, node).body)


def test_a_cosigner_that_cannot_remember_does_not_sign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from zkcompliance.log import files

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "write_all", fail)
    with pytest.raises(Exception, match="No space"):
        Cosigner(signer(1), tmp_path / "state").cosign(signed(3), SIGNER.verifier)


def test_adding_cosignatures() -> None:
    line = signer(1).line(body(5), 7)
    known = [signer(2).verifier, signer(1).verifier]
    assert add_lines(signed(5), [line, line.removesuffix("\n")], known) == signed(5) + line
    with pytest.raises(SignatureRejected, match="known cosigner"):
        add_lines(signed(5), [line], known[:1])
    with pytest.raises(SignatureRejected, match="does not match"):
        add_lines(signed(6), [line], known)
    with pytest.raises(MalformedNote):
        add_lines(signed(5), ["x"], known)
    often = add_lines(signed(5), (signer(1).line(body(5), at) for at in (9, 3, 7, 200, 5)), known)
    assert often == signed(5) + signer(1).line(body(5), 3) + signer(1).line(body(5), 200), "the first and the last"
    many = [CosignerSigner(f"{'w' * 200}/{number}", ED25519, bytes(32)) for number in range(60)]
    with pytest.raises(UsageError, match="would pass"):
        add_lines(signed(5), (each.line(body(5), 7) for each in many), [each.verifier for each in many])
    many = [signer(number) for number in range(1, 110)]
    with pytest.raises(UsageError, match="over 100 signatures"):
        add_lines(signed(5), (each.line(body(5), 7) for each in many), [each.verifier for each in many])


# Trust policies


def test_quorums() -> None:
    def cosigned(*numbers: int) -> str:
        return signed(5) + "".join(signer(i).line(body(5), 1000 + i) for i in numbers)

    two = TrustPolicy.parse(policy("group g 2 w0 w1 w2", "quorum g"))
    assert two.check(cosigned(0, 2)).cosigned == {"w0": 1000, "w2": 1002}
    with pytest.raises(QuorumUnmet, match="2 of w0, w1, w2; cosigned by w1"):
        two.check(cosigned(1))
    with pytest.raises(QuorumUnmet):
        two.check(cosigned(1) + signer(1).line(body(5), 2000))  # the same one twice counts once
    with pytest.raises(QuorumUnmet, match="cosigned by nobody"):
        two.check(signed(5) + signer(8).line(body(5), 1) + signer(9).line(body(5), 1))
    nested = TrustPolicy.parse(policy("group a any w0 w1", "group both all a w2", "quorum both"))
    assert nested.check(cosigned(1, 2))
    for numbers in ((0, 1), (2,)):
        with pytest.raises(QuorumUnmet):
            nested.check(cosigned(*numbers))
    assert TrustPolicy.parse(policy("quorum none")).check(signed(5)).cosigned == {}
    with pytest.raises(SignatureRejected, match="does not match"):
        TrustPolicy.parse(policy("quorum none")).check(signed(5) + signer(1).line(body(6), 1))
    with pytest.raises(SignatureRejected, match="trusted key"):
        TrustPolicy.parse("quorum none\n").check(signed(5))


def test_an_operator_with_two_keys_counts_once_in_a_group() -> None:
    strong = mldsa()
    text = policy(f"witness s {strong.verifier.text}", "group op any w0 s", "group g 2 op w1", "quorum g")
    both = signed(5) + signer(0).line(body(5), 1) + strong.line(body(5), 1)
    with pytest.raises(QuorumUnmet):
        TrustPolicy.parse(text).check(both)
    assert len(TrustPolicy.parse(text).check(both + signer(1).line(body(5), 1)).cosigned) == 3


def test_names_are_octets() -> None:
    named = f"witness \u212a {signer(1).verifier.text}\nwitness K {signer(2).verifier.text}\n".encode()
    bad = b"witness \xff\xfe " + signer(3).verifier.text.encode() + b"\n"
    found = TrustPolicy.parse(named + bad + b"group g all K \xff\xfe\nquorum g\n")
    assert len(found.witnesses) == 3 and found.groups["g"].threshold == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "quorum line"),
        (policy("quorum w0")[:-1], "no newline"),
        (policy("quorum w0").replace("\n", "\r"), "control"),
        (policy("quorum w9"), "line 5: a name that is not defined"),
        (policy("quorum g", "group g any w0"), "not defined"),
        (policy("quorum w0", "quorum w1"), "second quorum"),
        (policy("quorum w0 w1"), "right length"),
        (policy("group g any", "quorum g"), "right length"),
        (policy("group g 0 w0", "quorum g"), "threshold"),
        (policy("group g 2 w0", "quorum g"), "threshold"),
        (policy("group g 01 w0", "quorum g"), "threshold"),
        (policy("group g +1 w0", "quorum g"), "threshold"),
        (policy("group g any w0 w0", "quorum g"), "twice"),
        (policy("group g any w0", "group h any w0", "quorum h"), "twice"),
        (policy("group g any none", "quorum g"), "not defined"),
        (policy("group none any w0", "quorum none"), "taken"),
        (policy("group w0 any w1", "quorum w0"), "taken"),
        (policy("group g any g", "quorum g"), "not defined"),
        (policy(f"witness w0 {signer(7).verifier.text}", "quorum w0"), "taken"),
        (policy(f"witness v {signer(0).verifier.text}", "quorum v"), "public key"),
        (policy(f"witness v {CosignerKey('v', 4, signer(0).verifier.public).text}", "quorum v"), "public key"),
        (policy(f"witness v {CosignerKey('v', 4, SIGNER.verifier.public).text}", "quorum v"), "public key"),
        (policy(f"log {SIGNER.verifier.text}", "quorum w0"), "public key"),
        (policy(f"log {signer(8).verifier.text}", "quorum w0"), "kind"),
        (policy(f"witness v {SIGNER.verifier.text}", "quorum w0"), "kind"),
        (policy("log x", "quorum w0"), "line 5: not a verifier key"),
        (policy("observer x", "quorum w0"), "right length"),
        ("#\n" * 2000, "1024 lines"),
        ("# " + "x" * (1 << 19), "bytes"),
    ],
)
def test_malformed_policies(text: str, words: str) -> None:
    with pytest.raises(MalformedTrust, match=words):
        TrustPolicy.parse(text)


@pytest.mark.parametrize(
    "parse", [note.parse, Receipt.parse, Evidence.parse, CosignerKey.parse, note.VerifierKey.parse]
)
def test_texts_that_are_no_unicode(parse) -> None:
    for text in ("\ud800", "a\n\ud800\n\n— a AAAAAAA=\n", "a\ud800+00000000+AQ=="):
        with pytest.raises((MalformedNote, KeyFileError)):
            parse(text)


def test_what_is_no_file_of_a_trust_policy_says_what_to_give(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, why in (
        (tmp_path / "pipe", "is a pipe"),
        (Path("/dev/zero"), "device"),
        (tmp_path / "none", "No such file"),
    ):
        with pytest.raises(LogError, match=why) as caught:
            load_trust(path)
        assert "--trust" in caught.value.help
    (tmp_path / "long").write_bytes(b"#" * (256 << 10) + b"\n")
    with pytest.raises(MalformedTrust, match="at most"):
        load_trust(tmp_path / "long")
