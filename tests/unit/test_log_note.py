"""Signed notes, checkpoints, RFC 6962 trees and key files, held against a checkpoint that Go's sumdb/note accepts."""

from __future__ import annotations

import base64
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zkcompliance.errors import KeyFileError, MalformedNote, SignatureRejected, UsageError
from zkcompliance.log import keys, merkle, note, public_keys
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.signer import SignerKey

DATA = Path(__file__).parents[1] / "data" / "tlog"
NOTE = (DATA / "checkpoint").read_bytes()
LOG_KEY = note.VerifierKey.parse((DATA / "keys.txt").read_text().split()[0])
SIGNED_PART = NOTE.index(b"\xe2\x80\x94 witness")
SIGNER = SignerKey("lab.example/x", bytes(range(32)))


def test_a_checkpoint_that_go_accepts() -> None:
    checkpoint = Checkpoint.parse(note.verify(NOTE, LOG_KEY))
    assert (checkpoint.origin, checkpoint.size) == ("example.org/zkcompliance-log", 11)
    lines = (DATA / "entry-6.tlog-proof").read_text().split("\n")
    proof = [base64.b64decode(line) for line in lines[2:6]]
    entry = (DATA / "entry-6.json").read_bytes()
    assert merkle.root_from_inclusion(6, 11, entry, proof) == checkpoint.root
    assert merkle.root_from_inclusion(5, 11, entry, proof) != checkpoint.root
    assert merkle.root_from_inclusion(6, 11, entry, proof[:-1]) is None


def test_go_note_vectors() -> None:
    """The example of golang.org/x/mod/sumdb/note: its keys, its text, its signature."""
    key = note.VerifierKey.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    signature = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    signed = f"{text}\n— PeterNeumann {signature}\n"
    assert note.verify(signed, key) == text
    private = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
    assert SignerKey.parse(private).sign(text) == signed


def test_sign_and_verify() -> None:
    signed = SIGNER.sign("hello\n\nworld\n")
    assert note.verify(signed, SIGNER.verifier) == "hello\n\nworld\n"
    assert note.VerifierKey.parse(SIGNER.verifier.text) == SIGNER.verifier
    assert SignerKey.parse(SignerKey.text("a.b", bytes(32))).name == "a.b"


@pytest.mark.parametrize(
    "make",
    [
        lambda s: s[:-1],
        lambda s: s + "x",
        lambda s: s + "\n",
        lambda s: s.replace("\n\n", "\n"),
        lambda s: s.replace("— ", "- "),
        lambda s: s.replace("— ", "—  "),
        lambda s: s.replace("hello", "hel\tlo"),
        lambda s: s.replace("hello", "hel\rlo"),
        lambda s: s.replace("hello", "hel\x7flo"),
        lambda s: s.replace("=\n", "\n"),
        lambda s: s[:-3] + "B=\n" if s[-4] != "B" else s[:-3] + "C=\n",
        lambda s: s.split("\n\n")[0] + "\n\n",
        lambda s: s.replace("lab.example/x ", "lab+example/x "),
        lambda s: "",
        lambda s: "\n",
        lambda s: s + "— lab.example/x AAAA\n",
        lambda s: s + "— o AAAAAAA=\n" * 101,
        lambda s: "x" * 20000 + s,
    ],
)
def test_malformed_notes(make) -> None:
    with pytest.raises(MalformedNote):
        note.verify(make(SIGNER.sign("hello\n")), SIGNER.verifier)


def test_notes_that_are_not_utf8() -> None:
    with pytest.raises(MalformedNote):
        note.parse(b"\xff\n\n\xe2\x80\x94 a AAAAAAA=\n")


def test_signatures_that_do_not_count() -> None:
    signed = SIGNER.sign("hello\n")
    other = SignerKey("lab.example/x", bytes(32))
    with pytest.raises(SignatureRejected, match="not signed by"):
        note.verify(signed, other.verifier)
    with pytest.raises(SignatureRejected, match="does not match"):
        note.verify(signed.replace("hello", "hallo"), SIGNER.verifier)
    with pytest.raises(SignatureRejected, match="more than once"):
        note.verify(signed + signed.split("\n\n")[1], SIGNER.verifier)
    both = signed + other.sign("hello\n").split("\n\n")[1]
    assert note.verify(both, SIGNER.verifier) == note.verify(both, other.verifier) == "hello\n"


@settings(max_examples=60)
@given(st.integers(0, SIGNED_PART - 1), st.integers(1, 255))
def test_every_byte_of_text_and_signature_matters(position: int, change: int) -> None:
    altered = bytearray(NOTE)
    altered[position] ^= change
    with pytest.raises((MalformedNote, SignatureRejected)):
        note.verify(bytes(altered), LOG_KEY)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "a\n1\n",
        "a\n01\n{r}\n",
        "a\n-1\n{r}\n",
        "a\n+1\n{r}\n",
        "a\n1\n{r}",
        "a\n1\n{r}\nx\n",
        "\n1\n{r}\n",
        "a b\n1\n{r}\n",
        "a+b\n1\n{r}\n",
        "a\n1\nAAAA\n",
        "a\n9223372036854775808\n{r}\n",
        "a\n1 \n{r}\n",
        "a\n١\n{r}\n",
        "a\n1\n {r}\n",
    ],
)
def test_malformed_checkpoints(body: str) -> None:
    with pytest.raises(MalformedNote):
        Checkpoint.parse(body.format(r=base64.b64encode(bytes(32)).decode()))


def test_trees() -> None:
    """RFC 6962 roots of the known test vectors, and every proof up to 20 entries."""
    leaves = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        bytes(range(0x50, 0x58)),
        bytes(range(0x60, 0x70)),
    ]
    assert merkle.root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert merkle.root(leaves).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    for size in range(1, 21):
        entries = [bytes([i]) for i in range(size)]
        root = merkle.root(entries)
        for i in range(size):
            path = merkle.inclusion_proof(i, entries)
            assert merkle.root_from_inclusion(i, size, entries[i], path) == root
            assert merkle.root_from_inclusion(i, size, entries[i], [*path, bytes(32)]) is None
            old = merkle.root(entries[: i + 1])
            assert merkle.consistent(i + 1, old, size, root, merkle.consistency_proof(i + 1, entries))
            assert i + 1 == size or not merkle.consistent(
                i + 1, bytes(32), size, root, merkle.consistency_proof(i + 1, entries)
            )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a+b+c",
        "a b+00000000+AQ==",
        "lab.example/x+00000000+" + SIGNER.verifier.text.split("+", 2)[2],
        SIGNER.verifier.text + "\n",
        SIGNER.verifier.text.upper(),
    ],
)
def test_malformed_verifier_keys(text: str) -> None:
    with pytest.raises(KeyFileError):
        note.VerifierKey.parse(text)


@pytest.fixture
def open_umask():
    old = os.umask(0)
    yield
    os.umask(old)


def test_key_files(tmp_path: Path, open_umask) -> None:
    public = keys.generate(tmp_path / "k", "lab.example/x")
    assert stat.S_IMODE((tmp_path / "k").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "k.pub").stat().st_mode) == 0o644
    assert keys.load_private(tmp_path / "k").verifier == public == public_keys.load_public(tmp_path / "k.pub")
    before = (tmp_path / "k").read_bytes()
    with pytest.raises(KeyFileError, match="exists already"):
        keys.generate(tmp_path / "k", "lab.example/x")
    assert (tmp_path / "k").read_bytes() == before
    with pytest.raises(KeyFileError, match="private key"):
        public_keys.load_public(tmp_path / "k")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o601])
def test_a_key_that_others_can_reach_is_not_read(tmp_path: Path, mode: int) -> None:
    keys.generate(tmp_path / "k", "lab.example/x")
    (tmp_path / "k").chmod(mode)
    with pytest.raises(KeyFileError, match="others") as caught:
        keys.load_private(tmp_path / "k")
    assert caught.value.help.startswith("chmod 600")


def test_bad_key_files_and_origins(tmp_path: Path) -> None:
    for origin in ("", "a b", "a+b", "a\nb", "x" * 256):
        with pytest.raises(UsageError):
            keys.generate(tmp_path / "k", origin)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(KeyFileError):
        keys.load_private(tmp_path / "none")
    for data in (b"", b"\xff", b"PRIVATE+KEY+x", b"a\nb\n", b"x" * 5000):
        (tmp_path / "bad").write_bytes(data)
        (tmp_path / "bad").chmod(0o600)
        for load in (keys.load_private, public_keys.load_public):
            with pytest.raises(KeyFileError) as caught:
                load(tmp_path / "bad")
            assert "PRIVATE+KEY+x" not in str(caught.value)
