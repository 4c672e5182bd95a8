"""`python release/build.py -o FOLDER`: wheel, sdist, one-file verifier, conformance kit, bill of materials, digests.

What goes in is what git knows of this checkout, as it lies there, and nothing else. The same sources and the same
setuptools, zlib and Python give the same bytes of the first four, in any folder, at any time and under any umask:
every file is dated EPOCH, belongs to nobody and is read by all. The bill says what the Python that runs this has
installed. Needs what `pip install --editable '.[test]'` brings; nothing is fetched.

`--publish` refuses to build while pyproject.toml names no home page: what an index shows of a version stays as it is.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import kit  # noqa: E402 - of this folder, which is no package
from bill import bill  # noqa: E402
from home import homeless  # noqa: E402

from zkcompliance.standalone.build import archive  # noqa: E402

EPOCH = 1735689600  # 2025-01-01, seconds; a zip cannot say a time before 1980
SUMS = "SHA256SUMS"
_BACKEND = "import sys; from setuptools import build_meta; getattr(build_meta, sys.argv[1])(sys.argv[2])"


def sources(folder: Path) -> None:
    """What git knows of the checkout, copied into `folder`: files alone, readable by all."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in listed.decode().split("\0"):
        if name:
            path, copy = ROOT / name, folder / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
            dated(copy, 0o755 if path.stat().st_mode & 0o100 else 0o644)


def dated(path: Path, mode: int = 0o644) -> None:
    """A file as it is on every machine."""
    path.chmod(mode)
    os.utime(path, (EPOCH, EPOCH))


def backend(kind: str, folder: Path, output: Path) -> Path:
    """What setuptools makes of the sources in `folder`: the one file in `output`, of kind "wheel" or "sdist"."""
    output.mkdir()
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(EPOCH), "PYTHONHASHSEED": "0"}
    done = subprocess.run(
        [sys.executable, "-c", _BACKEND, f"build_{kind}", output], cwd=folder, env=environment, capture_output=True,
        text=True,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr)
    (made,) = output.iterdir()
    return made


def settled(sdist: bytes) -> bytes:
    """An sdist (.tar.gz) with its files in the order of their names, dated EPOCH, of nobody."""
    plain = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(sdist), mode="r:gz") as old,
        tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as new,
    ):
        for member in sorted((each for each in old.getmembers() if each.isfile()), key=lambda each: each.name):
            entry = tarfile.TarInfo(member.name)
            entry.size, entry.mtime, entry.mode = member.size, EPOCH, 0o755 if member.mode & 0o100 else 0o644
            new.addfile(entry, old.extractfile(member))
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=packed, mode="wb", mtime=EPOCH) as file:
        file.write(plain.getvalue())
    return packed.getvalue()


def files() -> dict[str, bytes]:
    """Every file of the release by its name, without the digests."""
    os.umask(0o022)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sources(folder / "sdist-of")
        sdist = backend("sdist", folder / "sdist-of", folder / "sdist")
        sources(folder / "wheel-of")
        wheel = backend("wheel", folder / "wheel-of", folder / "wheel")
        kit.sources(folder / "kit-of", (ROOT / "LICENSE").read_bytes(), dated)
        cases = backend("wheel", folder / "kit-of", folder / "kit")
        made = {sdist.name: settled(sdist.read_bytes()), **{each.name: each.read_bytes() for each in (wheel, cases)}}
    return {**made, "zkcompliance-verify.pyz": archive(), "zkcompliance.cdx.json": bill()}


def main() -> None:
    made = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    made.add_argument("-o", "--output", type=Path, required=True, help="the folder to make: it must not be there")
    made.add_argument("--publish", action="store_true", help="refuse where pyproject.toml lacks what an index shows")
    asked = made.parse_args()
    output = asked.output
    if asked.publish and (found := homeless((ROOT / "pyproject.toml").read_text("utf-8"))):
        sys.exit(f"error: {found}")
    if output.exists():
        sys.exit(f"error: {output} is there already")
    packed = files()
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(packed.items()))
    output.mkdir(mode=0o755)
    for name, data in {**packed, SUMS: sums.encode()}.items():
        (output / name).write_bytes(data)
    print(sums, end="")


if __name__ == "__main__":
    main()
