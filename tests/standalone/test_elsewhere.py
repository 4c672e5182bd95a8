"""The one file where POSIX is not: nothing that Windows lacks is needed to decide (not tried on Windows itself)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit import elsewhere
from tests.kit.regulated_lab import Lab
from zkcompliance import start


def run(pyz: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-S", "-X", "utf8", elsewhere.__file__, pyz, *arguments],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_it_accepts_and_refuses(pyz: Path, lab: Lab, tmp_path: Path) -> None:
    asked = lab.asked_of_bundle()
    good = run(pyz, lab.bundle, *asked)
    assert (good.returncode, good.stderr) == (0, "") and good.stdout.startswith("Accepted: ")
    data = bytearray(lab.bundle.read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "changed.zkp").write_bytes(data)
    bad = run(pyz, tmp_path / "changed.zkp", *asked)
    assert bad.returncode in (1, 2) and bad.stderr.startswith("error[")


def test_it_writes_its_report(pyz: Path, lab: Lab, tmp_path: Path) -> None:
    """A new file, then the same again in its place; and over nothing else."""
    page = tmp_path / "verdict.json"
    for _ in range(2):
        assert run(pyz, lab.single, *lab.asked_of_single(), "--format", "json", "-o", page).returncode == 0
        assert json.loads(page.read_text())["accepted"] is True
    other = tmp_path / "rows.jsonl"
    other.write_text("{}\n")
    refused = run(pyz, lab.single, *lab.asked_of_single(), "--format", "json", "-o", other)
    assert refused.returncode == 2 and other.read_text() == "{}\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rows.jsonl", "verdict.json"]


def test_a_state_is_refused_in_words(pyz: Path, lab: Lab, tmp_path: Path) -> None:
    done = run(pyz, lab.bundle, *lab.asked_of_bundle(), "--state", tmp_path / "seen.json")
    assert done.returncode != 0 and done.stderr.startswith("error[unsupported]: ")
    assert "no file locks" in done.stderr and "Linux or macOS" in done.stderr and "Accepted" not in done.stdout
    assert not list(tmp_path.iterdir())


def test_a_model_is_hashed(pyz: Path, lab: Lab, tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    (model / "weights.bin").write_bytes(b"\r\n" * 999)
    other = run(pyz, lab.single, *lab.asked_of_single(), "--subject", f"model-7={model}")
    assert "statement-mismatch" in other.stderr or "given twice" in other.stderr, other


def test_what_is_hidden_is_hidden(tmp_path: Path) -> None:
    """The same script over a probe: a test that hides nothing would pass with a file that needs POSIX."""
    probe = tmp_path / "probe.py"
    probe.write_text(
        "import os\n"
        "try:\n    import fcntl\nexcept ModuleNotFoundError:\n    print('no fcntl')\n"
        "try:\n    open('/dev/null')\nexcept FileNotFoundError:\n    print('no /dev')\n"
        "print(hasattr(os, 'O_NOFOLLOW'), hasattr(os, 'pread'))\n"
    )
    assert run(probe).stdout == "no fcntl\nno /dev\nFalse False\n"


def test_nothing_of_posix_is_imported(pyz: Path) -> None:
    """At import: what only Windows lacks is asked for where it is used, in system.py or start.py."""
    shown = subprocess.run(
        [sys.executable, "-I", "-S", "-X", "importtime", pyz, "--help"], capture_output=True, text=True, check=True
    ).stderr  # fmt: skip
    imported = {line.rsplit("|", 1)[-1].strip() for line in shown.splitlines()}
    assert "argparse" in imported and not {"grp", "termios", "syslog"} & imported


@pytest.mark.parametrize(
    "word",
    [
        "",
        "plain",
        "two words",
        'a "quoted" one',
        "C:\\folder\\",
        "C:\\my folder\\",
        '\\"',
        "\\\\ \\\\",
        '"',
        "a\tb",
        "\\",
    ],
)
def test_words_are_told_apart_on_windows(word: str) -> None:
    assert start._in_one_line(word) == subprocess.list2cmdline([word])


def test_where_no_process_becomes_another_its_status_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(start.sys, "platform", "win32")
    monkeypatch.setattr(start.os, "spawnv", lambda *given: asked.append(given) or 3, raising=False)
    with pytest.raises(SystemExit) as left:
        start._become(["python.exe", "-I", "my file.pyz"])
    assert left.value.code == 3 and asked == [(start.os.P_WAIT, "python.exe", ["python.exe", "-I", '"my file.pyz"'])]
