"""A disk with room for so many bytes and no more: a typed error that says so, nothing is left, and a retry works."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from zkcompliance.commands.main import cli
from zkcompliance.stark.commit import cache

DAY = 1_767_571_200
ROW = '{"start": %d, "end": 1769571200, "run": "r", "phase": "pretraining", "flop": "7", "method": "measured"}\n'
SIZES = [0, 5_000, 300_000, 2_500_000]
EVERY = [0, 1, 100, 1000, *range(4096, 3 << 20, 1 << 15)]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key, a small input and one of 2^13 rows, and a log of the latter, without its cache."""
    folder = tmp_path_factory.mktemp("lab")
    assert zk("keygen", "lab.example/full", "-o", folder / "key") == (0, "")
    (folder / "small.jsonl").write_text("".join(ROW % (DAY + i) for i in range(5)))
    (folder / "large.jsonl").write_text("".join(ROW % (DAY + i) for i in range(1 << cache.KEPT_LOG2)))
    assert zk("seal", folder / "large.jsonl", "--log", folder / "log", "--key", folder / "key")[0] == 0
    assert list((folder / "log").rglob("cache.rows.npy"))
    cache.remove(folder / "log" / "secret" / "segments" / "00000000" / "cache")
    return folder


def zk(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(cli, [str(each) for each in arguments], prog_name="zkcompliance")
    return done.exit_code, done.stderr if done.exit_code else ""


def used(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            total += path.lstat().st_size
    return total


@contextlib.contextmanager
def room(size: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Files in a folder may take so many bytes more in all; the last write is a short one, as on a real disk."""
    most, write = used(folder) + size, os.write

    def limited(descriptor: int, data: bytes) -> int:
        left = max(0, most - used(folder))
        if not left and len(data):
            raise OSError(28, "No space left on device")
        return write(descriptor, memoryview(data)[:left])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", limited)
        yield


def free_key(lab: Path, folder: Path) -> Path:
    """A copy of the key beside a folder, which remembers no log."""
    key = folder.with_name(f"{folder.name}.key")
    key.with_name(f"{key.name}.log").unlink(missing_ok=True)
    shutil.copy(lab / "key", key)
    return key


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if "state" not in path.parts}


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def check(size: int, folder: Path, monkeypatch: pytest.MonkeyPatch, *arguments: object) -> bool:
    """Run a verb with so much room; whether it failed, and then as it should."""
    before = contents(folder)
    with room(size, folder, monkeypatch):
        status, said = zk(*arguments)
    if status == 0:
        return False
    remedy = "stays spent" if "is lost" in said else "free some space and run the same again: nothing was changed"
    assert status == 2 and "No space left" in said and remedy in said, (size, said)
    after = contents(folder)
    ledgers = ("budget", "spent-00000000")  # a proof given back is another line
    assert {n: d for n, d in after.items() if not n.endswith(ledgers)} == {
        n: d for n, d in before.items() if not n.endswith(ledgers)
    }, size
    return True


@pytest.mark.parametrize("sizes", [SIZES, pytest.param(EVERY, marks=pytest.mark.long)], ids=["some", "every"])
@pytest.mark.parametrize("rows", ["small", "large"])
def test_sealing(lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: str, sizes: list[int]) -> None:
    """A new log, and one that is there. Where there is room for the rows and not for a cache, none is kept."""
    outcomes = set()
    new = ("seal", lab / f"{rows}.jsonl", "--log", tmp_path / "new", "--key", free_key(lab, tmp_path))
    for size in sizes:
        failed = check(size, tmp_path, monkeypatch, *new)
        assert failed == (not tmp_path.with_name(f"{tmp_path.name}.key.log").exists())  # the key is as free as before
        assert names(tmp_path) == set() if failed else (tmp_path / "new").is_dir()
        outcomes.add(failed)
        shutil.rmtree(tmp_path / "new", ignore_errors=True)
        free_key(lab, tmp_path)
    assert zk(*new)[0] == 0
    more = (*new, "--again")
    for size in sizes:
        outcomes.add(check(size, tmp_path, monkeypatch, *more))
    assert zk(*more)[0] == 0 and zk("fsck", tmp_path / "new")[0] == 0
    assert outcomes == {True, False}


@pytest.mark.parametrize("sizes", [SIZES[:2], pytest.param(EVERY, marks=pytest.mark.long)], ids=["some", "every"])
def test_proving(lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sizes: list[int]) -> None:
    """What was not delivered leaves no file, and what failed before it could leave is given back."""
    shutil.copytree(lab / "log", tmp_path / "log")
    monkeypatch.chdir(tmp_path)  # where a proof that has no other place would be kept
    asked = ("prove", "training-compute-below", "--log", tmp_path / "log", "-p", "limit=1e9", "-o", tmp_path / "p")
    outcomes = {check(size, tmp_path, monkeypatch, *asked) for size in sizes}
    assert True in outcomes
    assert zk(*asked)[0] == 0 and zk("fsck", tmp_path / "log")[0] == 0


def test_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for size in (0, 10, 90):
        with room(size, tmp_path, monkeypatch):
            status, said = zk("keygen", "lab.example/full", "-o", tmp_path / "key")
        assert status == 2 and "No space left" in said and names(tmp_path) == set()
    assert zk("keygen", "lab.example/full", "-o", tmp_path / "key")[0] == 0


@pytest.mark.parametrize("sizes", [[60, 400], pytest.param(range(4, 3072, 64), marks=pytest.mark.long)], ids=str)
def test_a_real_disk(lab: Path, tmp_path: Path, sizes: list[int]) -> None:
    """A small file system in memory with so many KiB, where one can be mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    for size in sizes:
        if subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}k", "none", disk], capture_output=True
        ).returncode:
            pytest.skip("NOT TESTED: a real full disk (nothing can be mounted)")
        try:
            status, said = zk("seal", lab / "large.jsonl", "--log", disk / "log", "--key", free_key(lab, tmp_path))
            assert status == 0 or ("No space left" in said and list(disk.iterdir()) == []), (size, said)
        finally:
            subprocess.run(["umount", disk], check=True)
