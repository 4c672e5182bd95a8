"""`archive`: a verdict filed with all that it rests on, which comes out the same again, and shows what was changed."""

from __future__ import annotations

import json
import shlex
import struct
import subprocess
import sys
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

import pytest

from tests.kit.command_line import run as invoke
from tests.kit.regulated_lab import Lab
from zkcompliance.archive import box, judging
from zkcompliance.errors import ArchiveChanged, LimitExceeded, MalformedArchive


@pytest.fixture(scope="module")
def filed(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("archive") / "case.zip"
    done = invoke("archive", lab.bundle, *lab.asked_of_bundle(), "-o", path)
    assert done.exit_code == 0, done.output
    assert "Accepted" in done.output
    return path


def test_it_comes_to_the_same_verdict(filed: Path) -> None:
    done = invoke("archive", "verify", filed)
    assert done.exit_code == 0 and "The same verdict: Accepted" in done.output, done.output
    found = json.loads(invoke("archive", "verify", filed, "--json").output)
    assert found["accepted"] is True and "each as it was filed" in found["archive"]


def test_it_is_opened_with_the_standard_library_alone(filed: Path, tmp_path: Path) -> None:
    """The commands that the archive itself gives, in a Python without any package."""
    python = [sys.executable, "-I", "-S"]
    subprocess.run([*python, "-m", "zipfile", "-e", filed, tmp_path / "case"], check=True)
    folder = tmp_path / "case"
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=folder, check=True)
    text = (folder / "README.txt").read_text()
    (command,) = (line.strip() for line in text.splitlines() if "zkcompliance-verify.pyz proof.zkp" in line)
    words = [sys.executable, *shlex.split(command)[1:]]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "") and done.stdout.startswith("Accepted"), done
    written = subprocess.run([*words, "--json"], cwd=folder, capture_output=True, check=True)
    assert json.loads(written.stdout) == json.loads((folder / "verdict.json").read_bytes())
    assert (folder / "verdict.html").read_text().startswith("<!doctype html>")


def test_everything_is_in_it_under_names_of_its_own(filed: Path, lab: Lab) -> None:
    files = box.unpack(filed.read_bytes())
    assert set(files) == {
        "README.txt", "case.json", "keys/1.pub", "policy.toml", "proof.zkp", "verdict.html", "verdict.json",
        "zkcompliance-verify.pyz",
    }  # fmt: skip
    assert files["proof.zkp"] == lab.bundle.read_bytes() and files["policy.toml"] == lab.policy.read_bytes()
    assert str(lab.folder).encode() not in b"".join(files[name] for name in files if name != "proof.zkp")
    assert all(name in files["README.txt"].decode() for name in files if name != "README.txt")


def test_the_same_case_gives_the_same_bytes(lab: Lab, tmp_path: Path) -> None:
    at = ["--at", "2027-01-01"]
    for name in ("one.zip", "two.zip"):
        invoke("archive", lab.bundle, *lab.asked_of_bundle(), *at, "-o", tmp_path / name)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_a_refused_proof_is_filed_too(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "case.zip"
    asked = ["--claim", "training-compute-below", "-p", "limit=1e20", "--log-key", lab.folder / "other.pub"]
    done = invoke("archive", lab.single, *asked, "-o", path)
    assert done.exit_code == 1 and path.exists()
    again = invoke("archive", "verify", path)
    assert again.exit_code == 1 and "The same verdict: Not accepted" in again.output, again.output
    (tmp_path / "torn.zkp").write_bytes(lab.single.read_bytes()[:99])
    torn = tmp_path / "torn.zip"
    assert invoke("archive", tmp_path / "torn.zkp", *asked, "-o", torn).exit_code == 2
    assert invoke("archive", "verify", torn).exit_code == 2


def test_a_file_that_is_at_fault_goes_by_the_archives_name(lab: Lab, tmp_path: Path) -> None:
    """Where it lies for a moment while it is judged is another place each time, and no change of the verdict."""
    case = tmp_path / "case.zip"
    asked = (*lab.asked_of_bundle(), "--attestation", lab.key, "--attestation-key", lab.key)
    done = invoke("archive", lab.bundle, *asked, "-o", case)
    assert done.exit_code == 2 and "error[key-file]: attestation.pub.pem is not a public key" in done.output
    again = invoke("archive", "verify", case)
    assert again.exit_code == 2 and "The same verdict" in again.output and "key-file" in again.output, again.output
    assert b"zkcompliance-archive-" not in case.read_bytes()


def test_what_is_not_kept_is_said(lab: Lab, tmp_path: Path) -> None:
    done = invoke("archive", lab.bundle, *lab.asked_of_bundle(), "--state", tmp_path / "s", "-o", tmp_path / "case.zip")
    assert done.exit_code == 2 and "--state is not kept" in done.output and not (tmp_path / "case.zip").exists()


def test_an_archive_is_never_replaced(filed: Path, lab: Lab) -> None:
    before = filed.read_bytes()
    done = invoke("archive", lab.bundle, *lab.asked_of_bundle(), "-o", filed)
    assert done.exit_code == 2 and "filed once" in done.output and filed.read_bytes() == before


def test_every_changed_file_is_named(filed: Path) -> None:
    """Where only the file is changed; and where its digest is changed with it, by the verdict, but for the program,
    which says that it is another."""
    files = box.unpack(filed.read_bytes())
    for name, data in files.items():
        other = bytes([data[0] ^ 1]) + data[1:]
        packed = BytesIO()
        with zipfile.ZipFile(packed, "w") as made:
            for each, kept in {**files, name: other, box.SUMS: _sums(files)}.items():
                made.writestr(each, kept)
        with pytest.raises(ArchiveChanged, match=name):
            box.unpack(packed.getvalue())
        try:
            found = judging.again(box.pack({**files, name: other}), files[judging.VERIFIER], clock=0)
        except (ArchiveChanged, MalformedArchive) as error:
            assert name != "zkcompliance-verify.pyz"
            assert name not in ("README.txt", "verdict.html") or name in error.message
        else:
            assert name == "zkcompliance-verify.pyz" and not found.same


def test_a_page_that_says_more_than_was_decided(filed: Path, tmp_path: Path) -> None:
    """Whoever changes it changes its digest too. Beside another program it may be another release's, and nobody here
    can tell: then that is said."""
    files = box.unpack(filed.read_bytes())
    page = files["verdict.html"].replace(b"Accepted", b"Safe beyond doubt")
    assert page != files["verdict.html"]
    case = tmp_path / "case.zip"
    case.write_bytes(box.pack({**files, "verdict.html": page}))
    done = invoke("archive", "verify", case)
    assert done.exit_code == 1 and "archive-changed" in done.output and "verdict.html" in done.output, done.output
    case.write_bytes(box.pack({**files, "verdict.html": page, "zkcompliance-verify.pyz": b"another"}))
    done = invoke("archive", "verify", case, "--json")
    told = json.loads(done.output)
    assert done.exit_code == 0 and "or another program" in told["verifier"]
    assert told["texts"].startswith("verdict.html and README.txt differ from") and "not checked" in told["texts"]


@pytest.mark.parametrize("name", ["audit.html", "keys", "proof.zkp.old", "keys/2.pub", "signed"])
def test_what_was_not_judged_is_not_filed(name: str, filed: Path) -> None:
    """A file that looks like a part of the case and that no option names; or one of the name of a folder."""
    files = box.unpack(filed.read_bytes())
    with pytest.raises(MalformedArchive, match=f"^{name} is nothing that case.json names"):
        judging.again(box.pack({**files, name: b"x"}), b"", clock=0)
    for each in ("README.txt", "verdict.html", "verdict.json"):
        with pytest.raises(MalformedArchive, match=f"has no {each}"):
            judging.again(box.pack({known: data for known, data in files.items() if known != each}), b"", clock=0)


def _sums(files: dict[str, bytes]) -> bytes:
    with zipfile.ZipFile(BytesIO(box.pack(files))) as made:
        return made.read(box.SUMS)


def test_another_question_is_another_verdict(filed: Path) -> None:
    files = box.unpack(filed.read_bytes())
    options = json.loads(files["case.json"])["options"]
    at = options.index("--at") + 1
    for changed in (
        [*options[:at], "2020-01-01T00:00:00Z", *options[at + 1 :]], options[:-2],
        [*options, "--state", "x"], [*options, "--at", "2026-01-01"], [*options, "--trust", "keys/9.pub"],
        [*options, "--trust", "/etc/passwd"], [*options, "--log-key", "a=../x"], [*options, "--rehearsal"], [1],
    ):  # fmt: skip
        document = json.dumps({"format": judging.FORMAT, "options": changed}).encode()
        with pytest.raises((ArchiveChanged, MalformedArchive)):
            judging.again(box.pack({**files, "case.json": document}), b"", clock=0)


@pytest.mark.parametrize("options", [
    ["--claim", "claim.py"], ["--claim-file", "claims/1.py"], ["--claim", "/etc/claim.py"], ["--claim", "/etc/c.json"],
    ["--claim", "../claim.json"], ["--subject", "model=/"], ["--subject", "model=signature:/etc/model.sig"],
])  # fmt: skip
def test_nothing_of_an_archive_is_run_or_read_from_elsewhere(options: list[str]) -> None:
    """A claim's text is Python, which would be run; a card or a model may be named by any path."""
    made = {name: b"while True: pass" for name in ("claim.py", "claims/1.py") if name in options}
    made |= {"proof.zkp": b"", "verdict.json": b"{}"}
    made |= dict.fromkeys(("zkcompliance-verify.pyz", "README.txt", "verdict.html"), b"")
    given = {"format": judging.FORMAT, "options": [*options, "--at", "2026-01-01"]}
    with pytest.raises(MalformedArchive, match=r"Python|not in the archive|digests"):
        judging.again(box.pack({**made, "case.json": json.dumps(given).encode()}), b"", clock=0)


@pytest.mark.parametrize("name", ["../out", "/etc/x", "a/../b", "a/b/c", "A/b", "", "x" * 300, "a\\b", "é.txt"])
def test_no_file_leaves_the_folder(name: str, filed: Path) -> None:
    files = box.unpack(filed.read_bytes())
    with pytest.raises(MalformedArchive):
        box.unpack(box.pack({**files, name: b"x"}))


def test_hostile_zips(filed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, files = filed.read_bytes(), box.unpack(filed.read_bytes())
    for torn in (b"", b"PK", data[:-30], data[: len(data) // 2], b"\0" * 100):
        with pytest.raises((MalformedArchive, LimitExceeded)):  # cut off, what it begins with is the one file's zip
            box.unpack(torn)
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        for name, kept in {**files, box.SUMS: _sums(files)}.items():
            made.writestr(name, kept)
    with pytest.raises(MalformedArchive, match="compressed"):
        box.unpack(packed.getvalue())
    with pytest.raises(MalformedArchive, match="there and not listed"):
        packed = BytesIO(data)
        with zipfile.ZipFile(packed, "a") as made:
            made.writestr("more.txt", b"x")
        box.unpack(packed.getvalue())
    commented = BytesIO(data)
    with zipfile.ZipFile(commented, "a") as made:
        made.comment = b"Accepted"
    for beside in (commented.getvalue(), b"#!/bin/sh\n" + data, _one_in_another(40, 1000), _extra(data)):
        with pytest.raises(MalformedArchive, match=r"of none of its files|does not lie right behind"):
            box.unpack(beside)
    monkeypatch.setattr("zkcompliance.limits.MAX_ARCHIVE_FILES", 3)
    with pytest.raises(LimitExceeded):
        box.unpack(data)
    monkeypatch.setattr("zkcompliance.limits.MAX_ARCHIVE_BYTES", 3)
    with pytest.raises(LimitExceeded):
        box.unpack(data)


def _extra(data: bytes) -> bytes:
    """The same with four bytes in the head of the first member, to which the list's place is moved."""
    with zipfile.ZipFile(BytesIO(data)) as box_:
        first = box_.infolist()[0].filename
    at, end = 30 + len(first), len(data) - 6
    start = int.from_bytes(data[end : end + 4], "little") + 4
    return data[:28] + b"\4\0" + data[30:at] + b"abcd" + data[at:end] + start.to_bytes(4, "little") + data[end + 4 :]


def _one_in_another(count: int, size: int) -> bytes:
    """Members each of which holds all that follow it: count × size bytes and more, out of little more than size."""
    heads: list[tuple[str, int, int, bytes]] = []
    inner = b"\0" * size
    for number in range(count):
        name, crc = f"n{number}", zlib.crc32(inner)
        head = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 0, 0, 33, crc, len(inner), len(inner), len(name), 0)
        heads.append((name, crc, len(inner), head + name.encode()))
        inner = heads[-1][3] + inner
    at, listed = 0, b""
    for name, crc, length, head in reversed(heads):
        numbers = (20, 20, 0, 0, 0, 33, crc, length, length, len(name), 0, 0, 0, 0, 0, at)
        listed += struct.pack("<4s6H3L5H2L", b"PK\1\2", *numbers) + name.encode()
        at += len(head)
    return inner + listed + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(listed), len(inner), 0)


def test_roll_ups_claims_and_several_keys_are_kept(tmp_path: Path, lab: Lab) -> None:
    """Files by options that repeat, some with the name of a log before them."""
    from zkcompliance.archive.case import gather

    (tmp_path / "a=b").write_bytes((lab.key).read_bytes())
    asked = {
        "policy": None, "claim_files": (), "claim": "training-compute-below", "params": ("limit=1e20",),
        "log_keys": (f"compute={lab.key}", str(tmp_path / "a=b")), "subject": None, "context": "ref", "drawn": None,
        "rehearsal": True, "trust": lab.key, "state": None, "roll_ups": (lab.key, lab.key), "new_keys": (),
        "requests": (lab.key,), "openings": (lab.key,),
        "lineages": (f"x={lab.key}",), "recognised": (), "withdrawn": (), "at": None,
        "attestation": lab.key, "attestation_key": lab.key,
    }  # fmt: skip
    case = gather(lab.single, asked, clock=1_800_000_000)
    assert case.options == (
        "--claim", "training-compute-below", "--param", "limit=1e20", "--log-key", "compute=keys/1.pub", "--log-key",
        "keys/2.pub", "--context", "ref", "--rehearsal", "--trust", "trust.txt", "--roll-up", "roll-ups/1.zkr",
        "--roll-up", "roll-ups/2.zkr", "--request", "requests/1.toml", "--openings", "openings/1.zkp", "--lineage",
        "x=lineages/1.zkl", "--attestation", "attestation.json",
        "--attestation-key", "attestation.pub.pem", "--at", "2027-01-15T08:00:00Z",
    )  # fmt: skip
    assert set(case.files) == {option.rpartition("=")[2] for option in case.options if "." in option} | {"proof.zkp"}
