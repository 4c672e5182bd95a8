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
from zkcompliance.policy import subject as tree
from zkcompliance.policy.binding import Binding, Source, Subject
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
    beside = parse_subject(f"lab/ms={folder}")
    assert beside.digest == alone.digest and beside.tree != alone.tree
    signed = parse_subject(f"lab/ms=signature:{folder / 'model.sig'}")
    assert (signed.digest, signed.tree, signed.source) == (alone.digest, b"", Source.SIGNATURE)
    (folder / "sub" / "model.sig").write_text("below the top it is a file like any other")
    assert parse_subject(f"lab/ms={folder}").digest != alone.digest


def test_every_file_and_every_name_counts(tmp_path: Path) -> None:
    files = {"a": "1", "b/c": "2"}
    digests = {parse_subject(f"m={lay(tmp_path / '0', files)}").digest}
    for i, other in enumerate(({"a": "1"}, {"a": "2", "b/c": "1"}, {"a": "1", "b/c": "2", "d": ""})):
        digests.add(parse_subject(f"m={lay(tmp_path / str(i + 1), other)}").digest)
    assert len(digests) == 4


def frame(data: bytes) -> bytes:
    return len(data).to_bytes(2, "little") + data


def tree_of(folder: Path) -> str:
    """The tree digest, a second time and from the spec alone."""
    entries = {}
    for path in folder.rglob("*"):
        name = frame(str(path.relative_to(folder)).encode())
        if path.is_file():
            data = path.read_bytes()
            entries[name[2:]] = b"\x01" + name + len(data).to_bytes(8, "little") + sha256(data).digest()
        elif not any(path.iterdir()):
            entries[name[2:]] = b"\x02" + name
    body = b"".join(entries[name] for name in sorted(entries))
    return sha256(b"zkct\x01\x00\x02" + len(entries).to_bytes(8, "little") + body).hexdigest()


MODEL = {"weights.bin": "w", "config.json": "{}", "a/b": "1", "a-b": "2", "a.b/c": "", ".hidden": "h", "é/长": "3"}


def test_the_tree_digest_is_that_of_the_spec(tmp_path: Path) -> None:
    folder = lay(tmp_path / "m", MODEL)
    (folder / "empty" / "inner").mkdir(parents=True)
    assert parse_subject(f"m={folder}").tree.hex() == tree_of(folder)
    file = folder / "weights.bin"
    wanted = sha256(b"zkct\x01\x00\x01" + (1).to_bytes(8, "little") + sha256(b"w").digest()).digest()
    assert parse_subject(f"m={file}").tree == wanted
    known = parse_subject(f"m={lay(tmp_path / 'known', {'a': '1'})}").tree.hex()
    assert known == "487d2d5634d3e135a1169eef7e6fe29072dc9b75a8b4e6645d53d97a62fa5446"


def test_names_count_in_the_tree_digest(tmp_path: Path) -> None:
    """Each of these has the content digest of the first, or is one that model-signing does not tell from it."""
    first = parse_subject(f"m={lay(tmp_path / 'first', MODEL)}")
    seen = {first.tree}
    passed = ({".git/config": "x"}, {"model.sig": "x"}, {".gitattributes": "x"}, {".github/x": "x"}, {".gitignore": ""})
    for number, more in enumerate(passed):
        other = parse_subject(f"m={lay(tmp_path / str(number), MODEL | more)}")
        assert other.digest == first.digest
        seen.add(other.tree)
    renamed = {"weights.bin.1" if name == "weights.bin" else name: content for name, content in MODEL.items()}
    other = parse_subject(f"m={lay(tmp_path / 'renamed', renamed)}")
    assert other.digest == first.digest
    seen.add(other.tree)
    lay(tmp_path / "hollow", MODEL)
    (tmp_path / "hollow" / "empty").mkdir()
    other = parse_subject(f"m={tmp_path / 'hollow'}")
    assert other.digest == first.digest
    seen.add(other.tree)
    assert len(seen) == 8


def test_exchanged_names_and_a_file_of_digests_are_other_models(tmp_path: Path) -> None:
    one = parse_subject(f"m={lay(tmp_path / 'one', {'config.json': 'A', 'weights.bin': 'B'})}")
    two = parse_subject(f"m={lay(tmp_path / 'two', {'a.bin': 'A', 'config.json': 'B'})}")
    (tmp_path / "file").write_bytes(sha256(b"A").digest() + sha256(b"B").digest())
    file = parse_subject(f"m={tmp_path / 'file'}")
    assert one.digest == two.digest == file.digest and len({one.tree, two.tree, file.tree}) == 3


def test_every_byte_is_read_once_and_progress_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = lay(tmp_path / "m", MODEL | {"big": "x" * (3 << 20)})
    opened: list[str] = []
    real = os.open
    monkeypatch.setattr(os, "open", lambda path, *rest, **more: opened.append(str(path)) or real(path, *rest, **more))
    told: list[tuple[str, int, int]] = []
    parse_subject(f"m={folder}", lambda *each: told.append(each))
    assert sorted(opened) == sorted(str(path) for path in folder.rglob("*") if path.is_file())
    total = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert told[-1] == (tree.STAGE, total, total) and [each[1] for each in told] == sorted(each[1] for each in told)


@pytest.mark.parametrize("change", ["grows", "written", "exchanged", "added", "removed", "renamed"])
def test_what_changes_while_it_is_hashed_is_refused(tmp_path: Path, change: str) -> None:
    folder = lay(tmp_path / "m", {"a": "x" * (2 << 20), "b": "y", "c/d": "z"})
    done = []

    def report(_stage: str, _done: int, _total: int) -> None:
        if done:
            return
        done.append(1)
        first, other = folder / "a", tmp_path / "other"
        if change == "grows":
            with first.open("a") as file:
                file.write("more")
        elif change == "written":
            first.write_text("X" * (2 << 20))
        elif change == "exchanged":
            other.write_text("x" * (2 << 20))
            other.replace(first)
        elif change == "added":
            (folder / "c" / "new").touch()
        elif change == "removed":
            (folder / "b").unlink()
        else:
            (folder / "c").rename(folder / "e")

    with pytest.raises(UsageError, match=r"changed while it was hashed|No such file"):
        parse_subject(f"m={folder}", report)


def test_a_file_that_changes_while_it_is_hashed_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "weights"
    file.write_bytes(bytes(3 << 20))
    with pytest.raises(UsageError, match="changed while it was hashed"):
        parse_subject(f"m={file}", lambda *_: file.write_bytes(b"1" * (3 << 20)) and None)


def test_names_that_are_not_utf8_are_refused(tmp_path: Path) -> None:
    folder = lay(tmp_path / "m", {"a": "1"})
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff")).write_text("x")
    with pytest.raises(UsageError, match="not UTF-8"):
        parse_subject(f"m={folder}")


def test_file_digest_is_of_its_bytes(tmp_path: Path) -> None:
    file = tmp_path / "weights"
    file.write_bytes(os.urandom((1 << 20) + 7))  # more than one block
    assert parse_subject(f"m={file}").digest == sha256(file.read_bytes()).digest()


def test_a_digest_that_is_given(tmp_path: Path) -> None:
    made = parse_subject("org/model-7b=sha256:" + "AB" * 32)
    assert (made.name, made.digest, made.tree, made.source) == ("org/model-7b", b"\xab" * 32, b"", Source.GIVEN)
    made = parse_subject("m=tree:" + "cd" * 32)
    assert (made.digest, made.tree) == (b"", b"\xcd" * 32)
    with pytest.raises(UsageError, match="contents"):
        Binding(subject=made).encode()
    for text in (f"m=tree:{'cd' * 32},sha256:{'ab' * 32}", f"m=sha256:{'ab' * 32},tree:{'cd' * 32}"):
        made = parse_subject(text)
        assert (made.digest, made.tree) == (b"\xab" * 32, b"\xcd" * 32)
        assert Binding.decode(Binding(subject=made).encode()).subject == made


@pytest.mark.parametrize(
    "text",
    ["", "m", "m=", "=sha256:" + "0" * 64, "m=sha256:", "m=sha256:" + "0" * 63, "m=sha256:" + "0" * 65,
     "m=sha256:" + "g" * 64, " m=sha256:" + "0" * 64, "m\x1b=sha256:" + "0" * 64, "m" * 256 + "=sha256:" + "0" * 64,
     "m\u202e=sha256:" + "0" * 64, "m\udc80=sha256:" + "0" * 64, "m=/nowhere/at/all", "m=signature:/nowhere",
     "m=tree:", "m=tree:" + "0" * 63, "m=sha256:" + "0" * 64 + ",", "m=tree:" + "0" * 64 + ",tree:" + "0" * 64,
     "m=sha256:" + "0" * 64 + ",md5:" + "0" * 32],
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


def test_a_binding_holds_both_digests_or_the_first() -> None:
    """The bytes of the spec; other flags, a digest cut off and a tree without its flag are malformed."""
    head, end = b"zkcx\x02\x00\x00", (5).to_bytes(8, "little") + b"\x00\x00"
    for flag, subject in ((1, Subject("m", b"\xab" * 32)), (2, Subject("m", b"\xab" * 32, b"\xcd" * 32))):
        data = head + bytes([flag]) + b"\x01\x00m" + subject.digest + subject.tree + end
        assert Binding(subject=subject, time=5).encode() == data and Binding.decode(data).subject == subject
        for wrong in (0, 3 - flag, 3, 255):
            with pytest.raises(MalformedError):
                Binding.decode(head + bytes([wrong]) + data[len(head) + 1 :])
        with pytest.raises(MalformedError):
            Binding.decode(data[:-11] + end)
