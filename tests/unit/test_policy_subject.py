"""Which model a proof is about: digests of files and folders, pinned against model-signing."""

from __future__ import annotations

import base64
import json
import os
from hashlib import sha256
from pathlib import Path

import pytest

from zkcompliance import strict_json
from zkcompliance.errors import MalformedError, UsageError
from zkcompliance.policy.subject import parse_subject

DATA = Path(__file__).parents[1] / "data" / "model-signing"
FOLDERS = json.loads((DATA / "folders.json").read_text())


def lay(root: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


@pytest.mark.parametrize("case", FOLDERS, ids=[case["name"] for case in FOLDERS])
def test_folder_digest_is_that_of_model_signing(case, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    folder = lay(tmp_path / "model", case["files"])
    assert parse_subject(f"m={folder}").digest.hex() == case["sha256"]


def test_a_signature_beside_its_files_says_the_digest_of_the_folder(tmp_path: Path) -> None:
    folder = lay(tmp_path / "ms", {"mini.safetensors": "weights", "config.json": "{}", "sub/tok": "t"})
    alone = parse_subject(f"lab/ms={folder}")
    (folder / "model.sig").write_bytes((DATA / "model.sig.json").read_bytes())
    assert parse_subject(f"lab/ms={folder}") == alone
    assert parse_subject(f"lab/ms=signature:{folder / 'model.sig'}") == alone
    (folder / "sub" / "model.sig").write_text("below the top it is a file like any other")
    assert parse_subject(f"lab/ms={folder}") != alone


def test_every_file_and_every_name_counts(tmp_path: Path) -> None:
    files = {"a": "1", "b/c": "2"}
    digests = {parse_subject(f"m={lay(tmp_path / '0', files)}").digest}
    for i, other in enumerate(({"a": "1"}, {"a": "2", "b/c": "1"}, {"a": "1", "b/c": "2", "d": ""})):
        digests.add(parse_subject(f"m={lay(tmp_path / str(i + 1), other)}").digest)
    assert len(digests) == 4


def test_file_digest_is_of_its_bytes(tmp_path: Path) -> None:
    file = tmp_path / "weights"
    file.write_bytes(os.urandom((1 << 20) + 7))  # more than one block
    assert parse_subject(f"m={file}").digest == sha256(file.read_bytes()).digest()


def test_a_digest_that_is_given(tmp_path: Path) -> None:
    made = parse_subject("org/model-7b=sha256:" + "AB" * 32)
    assert (made.name, made.digest) == ("org/model-7b", b"\xab" * 32)


@pytest.mark.parametrize(
    "text",
    ["", "m", "m=", "=sha256:" + "0" * 64, "m=sha256:", "m=sha256:" + "0" * 63, "m=sha256:" + "0" * 65,
     "m=sha256:" + "g" * 64, " m=sha256:" + "0" * 64, "m\x1b=sha256:" + "0" * 64, "m" * 256 + "=sha256:" + "0" * 64,
     "m\u202e=sha256:" + "0" * 64, "m\udc80=sha256:" + "0" * 64, "m=/nowhere/at/all", "m=signature:/nowhere"],
)  # fmt: skip
def test_what_names_no_model_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_subject(text)
    assert caught.value.help


def test_links_pipes_and_empty_folders_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    (tmp_path / "empty" / "inner").mkdir(parents=True)
    (tmp_path / "link").symlink_to(file)
    (tmp_path / "folder-link").symlink_to(tmp_path / "empty")
    lay(tmp_path / "inside", {"a": "1"})
    (tmp_path / "inside" / "b").symlink_to(file)
    os.mkfifo(tmp_path / "pipe")
    lay(tmp_path / "piped", {"a": "1"})
    os.mkfifo(tmp_path / "piped" / "p")
    for name, word in (
        ("link", "symbolic"), ("folder-link", "symbolic"), ("inside", "symbolic"), ("empty", "no file"),
        ("pipe", "neither"), ("piped", "neither"),
    ):  # fmt: skip
        with pytest.raises(UsageError, match=word):
            parse_subject(f"m={tmp_path / name}")


def test_nesting_is_limited(tmp_path: Path) -> None:
    deep = tmp_path / "deep"
    inner = deep
    for _ in range(66):
        inner = inner / "d"
    lay(inner, {"f": "x"})
    with pytest.raises(UsageError, match="deeper"):
        parse_subject(f"m={deep}")


def altered(change) -> bytes:  # type: ignore[no-untyped-def]
    bundle = json.loads((DATA / "model.sig.json").read_text())
    statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    change(bundle, statement)
    if "dsseEnvelope" in bundle and bundle["dsseEnvelope"]["payload"] is not None:
        bundle["dsseEnvelope"]["payload"] = base64.b64encode(json.dumps(statement).encode()).decode()
    return json.dumps(bundle).encode()


def drop(*names: str):  # type: ignore[no-untyped-def]
    def change(bundle, statement) -> None:  # type: ignore[no-untyped-def]
        for name in names[:-1]:
            statement = statement[name]
        del statement[names[-1]]

    return change


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{}", b"[]", b"\xff", b"[" * 100_000, b'{"a":1,"a":1}', b"NaN", b"1" * 5000, b"1.5",
        altered(lambda b, s: b.pop("dsseEnvelope")),
        altered(lambda b, s: b["dsseEnvelope"].update(payload=None)),
        altered(drop("predicateType")), altered(drop("subject")), altered(drop("predicate", "resources")),
        altered(lambda b, s: s.update(predicateType="https://model_signing/Digests/v0.1")),
        altered(lambda b, s: s["subject"].append(s["subject"][0])),
        altered(lambda b, s: s["subject"][0]["digest"].update(sha256="0" * 64)),
        altered(lambda b, s: s["predicate"]["resources"].pop()),
        altered(lambda b, s: s["predicate"]["resources"].reverse()),
        altered(lambda b, s: s["predicate"]["resources"][0].update(digest=7)),
    ],
)  # fmt: skip
def test_what_is_no_signature_of_model_signing_is_refused(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "model.sig"
    file.write_bytes(data)
    with pytest.raises(MalformedError):
        parse_subject(f"m=signature:{file}")


def test_brackets_in_texts_are_not_nesting() -> None:
    value = {"a": "[" * 1000, "b": ['\\"[[[[[[[[[[[[[[[[[[[[[[[[[']}
    assert strict_json.loads(strict_json.canonical(value), "it", MalformedError, limit=5000) == value
