"""One-fault inputs that are signed or name keys: notes, checkpoints, keys, policies, receipts, evidence."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from zkcompliance.log import merkle
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.cosignature import ED25519, CosignerKey
from zkcompliance.log.evidence import FORK, ROLLBACK, Evidence
from zkcompliance.log.receipt import Receipt
from zkcompliance.log.signer import CosignerSigner, SignerKey

KEY = SignerKey("lab.example/x", bytes(range(32)))
STRANGER = SignerKey("lab.example/x", bytes([9]) * 32)
W1, W2 = (CosignerSigner(f"witness.example/{i}", ED25519, bytes([i]) * 32) for i in (1, 2))
ENTRIES = [f"entry {i}".encode() for i in range(11)]
BODY = Checkpoint(KEY.name, 11, merkle.root(ENTRIES)).body
NOTE = KEY.sign(BODY)
COSIGNED = NOTE + W1.line(BODY, 1_700_000_000) + W2.line(BODY, 1_700_000_001)
TRUST = (
    f"log {KEY.verifier.text}\nwitness a {W1.verifier.text}\nwitness b {W2.verifier.text}\n"
    "group both all a b\nquorum both\n"
)
RECEIPT = Receipt(6, tuple(merkle.inclusion_proof(6, ENTRIES)), COSIGNED, b"extra").text


def swap(text: str, old: str, new: str) -> str:
    if text.count(old) != 1:
        raise SystemExit(f"{old!r} is {text.count(old)} times in the sound input")
    return text.replace(old, new)


def notes() -> Iterator[tuple[str, str | None, str]]:
    signature = NOTE.split("\n\n")[1]
    yield "sound", None, NOTE
    yield "empty", "malformed-note", ""
    yield "truncated in the signature", "malformed-note", NOTE[:-9]
    yield "truncated before the signature", "malformed-note", BODY + "\n"
    yield "last newline missing", "malformed-note", NOTE[:-1]
    yield "no empty line", "malformed-note", NOTE.replace("\n\n", "\n")
    yield "carriage returns", "malformed-note", NOTE.replace("\n", "\r\n")
    yield "tab in the text", "malformed-note", swap(NOTE, "\n11\n", "\n11\t\n")
    yield "NUL", "malformed-note", "\0" + NOTE
    yield "hyphen for the dash", "malformed-note", NOTE.replace("—", "-")
    yield "base64 without padding", "malformed-note", NOTE.replace("=", "")
    yield "base64 of the web kind", "malformed-note", BODY + "\n— lab.example/x _-__AAAAAAA=\n"
    yield "signature of three bytes", "malformed-note", BODY + "\n— lab.example/x AAAA\n"
    yield "signer's name with a plus", "malformed-note", swap(NOTE, "— lab.example/x", "— lab+example/x")
    yield "over a hundred signatures", "malformed-note", NOTE + "— o AAAAAAA=\n" * 100
    yield "too long", "malformed-note", "x" * 16_384 + "\n" + NOTE
    yield "another key", "signature-rejected", STRANGER.sign(BODY)
    yield "another text", "signature-rejected", swap(NOTE, "\n11\n", "\n12\n")
    yield "signed twice", "signature-rejected", NOTE + signature
    yield "another name", "signature-rejected", swap(NOTE, "— lab.example/x", "— lab.example/y")


def checkpoints() -> Iterator[tuple[str, str | None, str]]:
    root = BODY.split("\n")[2]
    yield "sound", None, BODY
    yield "sound and empty", None, Checkpoint("a", 0, merkle.EMPTY_ROOT).body
    for name, text in {
        "two lines": "a\n1\n",
        "four lines": f"a\n1\n{root}\nx\n",
        "last newline missing": f"a\n1\n{root}",
        "leading zero": f"a\n01\n{root}\n",
        "negative size": f"a\n-1\n{root}\n",
        "plus sign": f"a\n+1\n{root}\n",
        "size of a float": f"a\n1.0\n{root}\n",
        "size NaN": f"a\nNaN\n{root}\n",
        "size in Arabic digits": f"a\n١\n{root}\n",
        "size over 2^63 - 1": f"a\n9223372036854775808\n{root}\n",
        "no size": f"a\n\n{root}\n",
        "no origin": f"\n1\n{root}\n",
        "origin with a space": f"a b\n1\n{root}\n",
        "origin with a plus": f"a+b\n1\n{root}\n",
        "root of 31 bytes": f"a\n1\n{base64.b64encode(bytes(31)).decode()}\n",
        "root in hex": f"a\n1\n{'00' * 32}\n",
        "root not canonical": f"a\n1\n{root[:-2]}1=\n",
        "origin over 255 bytes": f"{'a' * 256}\n1\n{root}\n",
    }.items():
        yield name, "malformed-note", text


def keys() -> Iterator[tuple[str, str | None, str]]:
    good = KEY.verifier.text
    name, identity, data = good.split("+", 2)
    yield "sound", None, good
    for fault, text in {
        "empty": "",
        "private key": SignerKey.text(KEY.name, bytes(32)),
        "id of another": f"{name}+00000000+{data}",
        "id too short": f"{name}+{identity[:7]}+{data}",
        "id in capitals": f"{name}+{identity.upper()}+{data}",
        "cosigner's key": W1.verifier.text,
        "key truncated": good[:-8],
        "unknown algorithm": f"{name}+{identity}+/{data[1:]}",
        "name with a space": f"lab x+{identity}+{data}",
        "trailing newline": good + "\n",
    }.items():
        yield fault, "key-file", text


def trusts() -> Iterator[tuple[str, str | None, str]]:
    yield "sound", None, TRUST
    same = CosignerKey("other.example", ED25519, W1.verifier.public).text
    for name, text in {
        "empty": "",
        "truncated": TRUST[:-3],
        "last newline missing": TRUST[:-1],
        "no quorum": TRUST.replace("quorum both\n", ""),
        "two quorums": TRUST + "quorum a\n",
        "carriage returns": TRUST.replace("\n", "\r"),
        "unknown line": TRUST + "peer x\n",
        "quorum before its group": "quorum both\n" + TRUST.replace("quorum both\n", ""),
        "unknown member": swap(TRUST, "all a b", "all a c"),
        "member twice": swap(TRUST, "all a b", "all a a"),
        "member of two groups": swap(TRUST, "quorum both", "group g any a\nquorum both"),
        "threshold too high": swap(TRUST, "both all", "both 3"),
        "threshold zero": swap(TRUST, "both all", "both 0"),
        "negative threshold": swap(TRUST, "both all", "both -1"),
        "group without members": swap(TRUST, "group both all a b", "group both all"),
        "name twice": swap(TRUST, "witness b", "witness a"),
        "name none": swap(TRUST, "group both", "group none"),
        "same key under two names": swap(TRUST, f"witness b {W2.verifier.text}", f"witness b {same}"),
        "log's key as a witness": swap(TRUST, W2.verifier.text, CosignerKey("z", ED25519, KEY.verifier.public).text),
        "same log twice": TRUST + f"log {KEY.verifier.text}\n",
        "log with a cosigner's key": f"log {W1.verifier.text}\nquorum none\n",
        "key cut": swap(TRUST, W2.verifier.text, W2.verifier.text[:-4]),
        "url twice": swap(TRUST, W1.verifier.text, W1.verifier.text + " u v"),
    }.items():
        yield name, "malformed-trust", text


def cosigned() -> Iterator[tuple[str, str | None, str]]:
    def data(cut: int, head: bytes = b"") -> str:
        return f"{NOTE}{W2.line(BODY, 5)}{line(W1.verifier, (head + bytes(72))[: 72 - cut])}"

    def line(key: CosignerKey, data: bytes) -> str:
        return f"— {key.name} {base64.b64encode(key.id + data).decode()}\n"

    yield "sound", None, COSIGNED
    yield "one cosigner missing", "quorum-unmet", NOTE + W1.line(BODY, 5)
    yield "one cosigner twice", "quorum-unmet", NOTE + W1.line(BODY, 5) + W1.line(BODY, 6)
    yield "nobody", "quorum-unmet", NOTE
    yield (
        "unknown cosigner",
        "quorum-unmet",
        NOTE + W1.line(BODY, 5) + CosignerSigner("u", ED25519, bytes(32)).line(BODY, 5),
    )
    stale = Checkpoint(KEY.name, 10, merkle.root(ENTRIES[:10])).body
    yield "cosignature of an older checkpoint", "signature-rejected", NOTE + W1.line(BODY, 5) + W2.line(stale, 5)
    other = Checkpoint(KEY.name, 11, bytes(32)).body
    yield "cosignature of another root", "signature-rejected", NOTE + W1.line(BODY, 5) + W2.line(other, 5)
    yield "signature of zeros", "signature-rejected", data(0)
    yield "signature cut", "signature-rejected", data(1)
    yield "time over 2^63 - 1", "signature-rejected", data(0, b"\x80")
    yield (
        "not signed by the log",
        "signature-rejected",
        STRANGER.sign(BODY) + COSIGNED.split("\n\n")[1].split("\n", 1)[1],
    )
    foreign = Checkpoint("lab.example/y", 11, merkle.root(ENTRIES)).body
    yield (
        "checkpoint of another log",
        "signature-rejected",
        KEY.sign(foreign) + W1.line(foreign, 5) + W2.line(foreign, 5),
    )
    yield "more lines than a checkpoint", "malformed-note", KEY.sign(BODY + "extension\n") + W1.line(BODY, 5)


def receipts() -> Iterator[tuple[str, str | None, str]]:
    lines = RECEIPT.split("\n")
    yield "sound", None, RECEIPT
    for name, text in {
        "empty": "",
        "other version": swap(RECEIPT, "@v1", "@v2"),
        "truncated": RECEIPT[:100],
        "no index": swap(RECEIPT, "index 6\n", ""),
        "negative index": swap(RECEIPT, "index 6", "index -6"),
        "index with a zero": swap(RECEIPT, "index 6", "index 06"),
        "index NaN": swap(RECEIPT, "index 6", "index NaN"),
        "index absurd": swap(RECEIPT, "index 6", "index 9223372036854775808"),
        "index twice": swap(RECEIPT, "index 6", "index 6\nindex 6"),
        "node of 31 bytes": swap(RECEIPT, lines[3], "A" * 40 + "AA=="),
        "extra after index": swap(RECEIPT, "extra ZXh0cmE=\nindex 6", "index 6\nextra ZXh0cmE="),
        "extra empty": swap(RECEIPT, "extra ZXh0cmE=", "extra "),
        "no empty line": RECEIPT.replace("\n\n", "\n", 1),
        "64 nodes": swap(RECEIPT, lines[3], "\n".join([lines[3]] * 64)),
    }.items():
        yield name, "malformed-note", text
    yield "another index", "checkpoint-mismatch", swap(RECEIPT, "index 6", "index 7")
    yield "index past the end", "checkpoint-mismatch", swap(RECEIPT, "index 6", "index 11")
    yield "node missing", "checkpoint-mismatch", swap(RECEIPT, lines[3] + "\n", "")
    yield "node twice", "checkpoint-mismatch", swap(RECEIPT, lines[3], lines[3] + "\n" + lines[3])
    yield "nodes swapped", "checkpoint-mismatch", swap(RECEIPT, f"{lines[3]}\n{lines[4]}", f"{lines[4]}\n{lines[3]}")
    yield "no cosignature", "quorum-unmet", Receipt(6, tuple(merkle.inclusion_proof(6, ENTRIES)), NOTE).text


def evidences() -> Iterator[tuple[str, str | None, str]]:
    other = [*ENTRIES[:2], b"other", *ENTRIES[3:]]
    small, large = (KEY.sign(Checkpoint(KEY.name, n, merkle.root(ENTRIES[:n])).body) for n in (5, 11))
    forked = KEY.sign(Checkpoint(KEY.name, 11, merkle.root(other)).body)
    proof = tuple(merkle.prefix_proof(5, other))
    fork = Evidence(FORK, KEY.verifier, small, forked, proof).document
    yield "sound fork", None, fork
    yield "sound fork at one size", None, Evidence(FORK, KEY.verifier, large, forked).document
    yield "sound rollback", None, Evidence(ROLLBACK, KEY.verifier, small, large).document
    yield "not JSON", "malformed-note", fork[:-3]
    yield "not canonical", "malformed-note", fork.replace("\n ", "\n  ")
    yield "unknown kind", "malformed-note", swap(fork, '"fork"', '"spoon"')
    yield "wrong type", "malformed-note", swap(fork, '"fork"', "1")
    yield (
        "number for a note",
        "malformed-note",
        fork[: fork.index('"older": ')] + '"older": 5,\n' + fork[fork.index(' "newer"') :],
    )
    yield "missing field", "malformed-note", swap(fork, ' "kind": "fork",\n', "")
    yield (
        "no fork",
        "checkpoint-mismatch",
        Evidence(FORK, KEY.verifier, small, large, tuple(merkle.prefix_proof(5, ENTRIES))).document,
    )
    yield "proof cut", "checkpoint-mismatch", Evidence(FORK, KEY.verifier, small, forked, proof[:-1]).document
    yield "one note twice", "checkpoint-mismatch", Evidence(FORK, KEY.verifier, small, small).document
    yield "rollback upwards", "checkpoint-mismatch", Evidence(ROLLBACK, KEY.verifier, large, small).document
    yield (
        "not signed by the key",
        "signature-rejected",
        Evidence(FORK, STRANGER.verifier, small, forked, proof).document,
    )
