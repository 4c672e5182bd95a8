"""The package as it is installed: from a wheel, an sdist, an editable install and a checkout that knows no links.

Each has the catalogue, and each makes the same one-file verifier, byte for byte.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from zkcompliance.standalone import build

ROOT = Path(__file__).parents[2]
PARTS = ("zkcompliance", "circuits", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE", "cli.py")
TRIAL = (
    "import sys, zkcompliance\n"
    "from zkcompliance.claim import catalogue\n"
    "from zkcompliance.standalone import build\n"
    "from zkcompliance.circuits.compute import chips_registered\n"
    "from zkcompliance.card import catalogue as cards\n"
    "assert set(catalogue.registry()) == set(cards.names()) and cards.load('chips-registered')\n"
    "assert 'circuits' not in sys.modules and zkcompliance.__file__.startswith(sys.argv[1]), zkcompliance.__file__\n"
    "sys.stdout.buffer.write(build.archive())\n"
)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout's sources, in which nothing is a link."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in PARTS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    assert not [path for path in folder.rglob("*") if path.is_symlink()]
    return folder


def made(kind: str, source: Path, folder: Path) -> Path:
    """What setuptools makes of a copy of a source tree: a wheel, an sdist or an editable wheel."""
    copy = folder / "source"
    shutil.copytree(source, copy)
    code = "import sys; from setuptools import build_meta; getattr(build_meta, sys.argv[1])(sys.argv[2])"
    done = subprocess.run(
        [sys.executable, "-c", code, f"build_{kind}", folder], cwd=copy, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    (path,) = [each for each in folder.iterdir() if each.suffix in (".whl", ".gz")]
    return path


def unpacked(wheel: Path, folder: Path) -> Path:
    with zipfile.ZipFile(wheel) as file:
        file.extractall(folder)  # noqa: S202 - setuptools made it just now
    return folder


def archive(path: Path, package: Path) -> bytes:
    """The one file as the package makes it that is found by way of `path`, a folder such as site-packages."""
    way = f"import site; site.addsitedir({str(path)!r})"  # follows .pth files, as an editable install needs
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", f"{way}\n{TRIAL}", package], capture_output=True, cwd=path
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of the checkout, unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    return unpacked(made("wheel", checkout, folder), folder / "site")


def test_a_wheel(wheel: Path) -> None:
    assert (wheel / "zkcompliance/circuits/__init__.py").read_bytes() == (ROOT / "circuits/__init__.py").read_bytes()
    there, ours = wheel / "zkcompliance" / "circuits", ROOT / "circuits"
    names = {path.relative_to(ours) for path in ours.rglob("*") if "__pycache__" not in path.parts}
    assert names == {path.relative_to(there) for path in there.rglob("*")}
    assert not (wheel / "circuits").exists()
    assert archive(wheel, wheel) == build.archive()


def test_the_size_of_the_wheel(wheel: Path) -> None:
    """What docs/releasing.md says of it, and that nothing is in it which an installed package does not use."""
    (packed,) = wheel.parent.glob("*.whl")
    with zipfile.ZipFile(packed) as file:
        entries = file.infolist()
    page = (ROOT / "docs" / "releasing.md").read_text()
    (stated,) = re.findall(r"The wheel has ([0-9.]+) MB", page)
    assert abs(packed.stat().st_size / 1e6 - float(stated)) < 0.1, "the page says otherwise"
    source = sum(entry.compress_size for entry in entries if entry.filename.endswith(".py"))
    assert source > 0.75 * packed.stat().st_size, "what is no source takes more room than it did"
    assert not [entry.filename for entry in entries if {"tests", "docs"} & set(entry.filename.split("/"))]


def test_an_sdist_makes_the_same_wheel(checkout: Path, wheel: Path, tmp_path: Path) -> None:
    (tmp_path / "sdist").mkdir()
    with tarfile.open(made("sdist", checkout, tmp_path / "sdist")) as file:
        file.extractall(tmp_path / "opened", filter="data")
    (opened,) = (tmp_path / "opened").iterdir()
    assert (opened / "zkcompliance/circuits/__init__.py").is_file() and (opened / "circuits/REGISTRY.lock").is_file()
    (tmp_path / "wheel").mkdir()
    again = unpacked(made("wheel", opened, tmp_path / "wheel"), tmp_path / "site")
    files = {path.relative_to(again): path.read_bytes() for path in again.rglob("*") if path.is_file()}
    assert files == {path.relative_to(wheel): path.read_bytes() for path in wheel.rglob("*") if path.is_file()}
    assert archive(again, again) == build.archive()
    assert archive(opened, opened) == build.archive(), "the sources as they are unpacked"


def test_an_editable_install(checkout: Path, tmp_path: Path) -> None:
    site = unpacked(made("editable", checkout, tmp_path), tmp_path / "site")
    assert archive(site, tmp_path / "source") == build.archive()


def test_a_checkout_without_links(checkout: Path) -> None:
    assert archive(checkout, checkout) == build.archive()
    done = subprocess.run(
        [sys.executable, checkout / "cli.py", "claims"], capture_output=True, text=True, cwd=os.sep, check=True
    )
    assert "training-compute-below" in done.stdout
