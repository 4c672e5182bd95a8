"""Keys, trust files, policies and cards that went through Windows are what they were, and have the digest they had."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kit import policies as kit
from zkcompliance.attest.keys import PublicKey
from zkcompliance.card import catalogue
from zkcompliance.card.file import encode
from zkcompliance.card.own import own
from zkcompliance.edge.line_ends import unified
from zkcompliance.errors import KeyFileError, MalformedPolicy, MalformedTrust
from zkcompliance.log.cosignature import ED25519
from zkcompliance.log.public_keys import load_cosigner_public, load_public
from zkcompliance.log.signer import CosignerSigner, SignerKey
from zkcompliance.log.trust import TrustPolicy
from zkcompliance.policy.load import parse_policy

TEXT = "first\nsecond Ω\n"
FORMS: dict[str, Callable[[str], bytes]] = {
    "line feeds": str.encode,
    "carriage returns too": lambda text: text.replace("\n", "\r\n").encode(),
    "a byte order mark": lambda text: codecs.BOM_UTF8 + text.encode(),
    "both": lambda text: codecs.BOM_UTF8 + text.replace("\n", "\r\n").encode(),
    "UTF-16, little end first": lambda text: codecs.BOM_UTF16_LE + text.replace("\n", "\r\n").encode("utf-16-le"),
    "UTF-16, big end first": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
}
forms = pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))


@forms
def test_one_text(form: Callable[[str], bytes]) -> None:
    assert unified(form(TEXT)) == TEXT.encode()


def test_what_is_no_such_text_stays() -> None:
    for data in (b"", b"\xff", b"\xff\xfe\x00", b"\xff\xfe\x00\xd8a\x00", b"a\rb\r", b"\r\r\n"):
        assert unified(data) == (data.replace(b"\r\n", b"\n") if data[:1] != b"\xff" else data)


@forms
def test_keys(form: Callable[[str], bytes], tmp_path: Path) -> None:
    signer, cosigner = SignerKey("lab.example/log", bytes(32)), CosignerSigner("witness.example", ED25519, bytes(32))
    path = tmp_path / "key.pub"
    path.write_bytes(form(signer.verifier.text + "\n"))
    assert load_public(path) == signer.verifier
    path.write_bytes(form(cosigner.verifier.text + "\n"))
    assert load_cosigner_public(path) == cosigner.verifier
    path.write_bytes(form(signer.verifier.text + "\n\n"))
    with pytest.raises(KeyFileError):
        load_public(path)


@forms
def test_attestation_keys(form: Callable[[str], bytes]) -> None:
    key = PublicKey("ed25519", bytes(range(32)))
    assert PublicKey.parse(form(key.pem), "the key") == key


@forms
def test_trust(form: Callable[[str], bytes]) -> None:
    key = SignerKey("lab.example/log", bytes(32)).verifier.text
    text = f"log {key}\nquorum none\n"
    assert TrustPolicy.parse(form(text)) == TrustPolicy.parse(text)
    with pytest.raises(MalformedTrust):
        TrustPolicy.parse(form(text.replace("\n", "\r", 1)))


@forms
def test_policies(form: Callable[[str], bytes]) -> None:
    text = "# Règles\n" + kit.text()
    same = parse_policy(form(text))
    assert same.digest == parse_policy(text.encode()).digest and same.id == parse_policy(text.encode()).id
    with pytest.raises(MalformedPolicy):
        parse_policy(form(text.replace("\n", "\r", 1)))


@forms
def test_cards(form: Callable[[str], bytes], tmp_path: Path) -> None:
    card = catalogue.load("training-compute-below")
    path = tmp_path / "card.json"
    path.write_bytes(form(encode(card).decode()))
    assert own(path).card == card
