"""What a release is made of: the same bytes from another folder, whole, and with a bill of materials that fits."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator
from referencing import Registry, Resource

from tests.kit import conformance
from tests.kit.doc_blocks import blocks, run_in_order, shell
from zkcompliance.standalone.build import archive
from zkcompliance.version import VERSION

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "tests" / "data" / "cyclonedx"
SDIST, WHEEL = f"zkcompliance-{VERSION}.tar.gz", f"zkcompliance-{VERSION}-py3-none-any.whl"
KIT = f"zkcompliance_conformance-{VERSION}-py3-none-any.whl"
BILL, ALONE, SUMS = "zkcompliance.cdx.json", "zkcompliance-verify.pyz", "SHA256SUMS"
WORKFLOW = ROOT / ".github" / "workflows" / "release.yml"


def listed() -> set[str]:
    """The checkout's files, as git knows them."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    return set(done.stdout.decode().split("\0")) - {""}


def made(checkout: Path, folder: Path) -> dict[str, bytes]:
    """What release/build.py of a checkout makes, by name."""
    words = [sys.executable, checkout / "release" / "build.py", "-o", folder]
    done = subprocess.run([str(each) for each in words], capture_output=True, text=True, cwd=folder.parent)
    assert done.returncode == 0, done.stderr
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return made(ROOT, tmp_path_factory.mktemp("release") / "made")


def test_another_checkout_makes_the_same_bytes(release: dict[str, bytes], tmp_path: Path) -> None:
    """In another folder, with files of another time that only their owner reads, beside one that git does not know."""
    other = tmp_path / "elsewhere"
    for name in listed():
        (other / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, other / name)
        (other / name).chmod(0o700 if (ROOT / name).stat().st_mode & 0o100 else 0o600)
    for words in (["init", "--quiet"], ["add", "--all", "--force"]):
        subprocess.run(["git", *words], cwd=other, check=True)
    (other / "zkcompliance" / "stray.py").write_text("raise SystemExit('nobody committed this')\n")
    again = made(other, tmp_path / "made")
    assert {name: again[name] == data for name, data in release.items()} == dict.fromkeys(release, True)


def test_the_page_compares_them(release: dict[str, bytes], tmp_path: Path) -> None:
    """Its blocks, over what was made here in the place of what was downloaded; and a byte more is noticed."""
    (tmp_path / "downloaded").mkdir()
    for name, data in release.items():
        (tmp_path / "downloaded" / name).write_bytes(data)
    assert run_in_order("docs/releasing.md", tmp_path) == {"sh"}
    (tmp_path / "mine" / WHEEL).write_bytes(release[WHEEL] + b"\n")
    (compare,) = [text for *_, text in blocks("docs/releasing.md") if text.startswith("grep")]
    status, printed = shell("sh", compare, tmp_path)
    assert status and f"{WHEEL}: FAILED" in printed and f"{SDIST}: OK" in printed


def test_the_digests_are_those_of_the_files(release: dict[str, bytes]) -> None:
    lines = dict(reversed(line.split("  ")) for line in release[SUMS].decode().splitlines())
    assert lines == {name: hashlib.sha256(data).hexdigest() for name, data in release.items() if name != SUMS}
    assert set(lines) == {SDIST, WHEEL, KIT, BILL, ALONE} and release[ALONE] == archive()


def test_the_sdist_is_the_checkout_and_the_wheel_the_package(release: dict[str, bytes], tmp_path: Path) -> None:
    for name in (SDIST, WHEEL):
        (tmp_path / name).write_bytes(release[name])
    with tarfile.open(tmp_path / SDIST) as file:
        inside = {name.partition("/")[2] for name in file.getnames()}
    extra = {name for name in inside - listed() if not name.startswith("zkcompliance.egg-info/")}
    assert listed() <= inside and extra == {"PKG-INFO", "setup.cfg"}
    with zipfile.ZipFile(tmp_path / WHEEL) as file:
        names = set(file.namelist())
    beside = {name for name in names if not name.startswith(("zkcompliance/", f"zkcompliance-{VERSION}.dist-info/"))}
    assert not beside and "zkcompliance/circuits/REGISTRY.lock" in names


def test_the_kit_is_a_wheel_with_a_command(release: dict[str, bytes], tmp_path: Path) -> None:
    """Unpacked as an installer does, its command judges the one file, and it holds what the kit's folder holds."""
    with zipfile.ZipFile(io.BytesIO(release[KIT])) as file:
        file.extractall(tmp_path)  # noqa: S202 - release/build.py made it just now
    package, facts = tmp_path / "zkcompliance_conformance", tmp_path / f"zkcompliance_conformance-{VERSION}.dist-info"
    inside = {str(path.relative_to(package)): path.read_bytes() for path in package.rglob("*") if path.is_file()}
    assert inside == {**dict(conformance.contents()), "__init__.py": b""}
    assert "Requires-Dist" not in (facts / "METADATA").read_text()
    assert "zkcompliance-conformance = zkcompliance_conformance.run:script" in (facts / "entry_points.txt").read_text()
    (tmp_path / "verify.pyz").write_bytes(release[ALONE])
    start = "from zkcompliance_conformance.run import script; script()"
    words = ["--only", "dishonest prover: no-work", "--", sys.executable, "-I", "-S", "verify.pyz"]
    where = {"PYTHONPATH": str(tmp_path), "PATH": os.environ["PATH"]}
    command = [sys.executable, "-c", start, *words]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=where)
    assert (done.returncode, done.stdout) == (0, "1 cases, 0 with a difference\n"), done.stderr


URLS = "".join(f'{name} = "https://code.lab.org/zk/{name}"\n' for name in ("Homepage", "Source", "Issues", "Changelog"))


@pytest.mark.parametrize(
    ("urls", "said"),
    [
        ("", "has no [project.urls]"),
        (URLS.replace("Issues", "Bugs"), "has no [project.urls]"),
        (URLS.replace("code.lab.org", "code.example"), "nobody is at home"),
        (URLS.replace("code.lab.org", "www.example.com"), "nobody is at home"),
        (URLS.replace("https:", "http:"), "nobody is at home"),
        (URLS, ""),
    ],
)
def test_nothing_is_published_without_a_home(urls: str, said: str) -> None:
    project = (ROOT / "pyproject.toml").read_text()
    project = project.replace("[project.scripts]", f"[project.urls]\n{urls}\n[project.scripts]")
    found = runpy.run_path(str(ROOT / "release" / "home.py"))["homeless"](project)
    assert said in found and bool(said) == bool(found)


def test_publishing_is_refused_as_the_package_stands(tmp_path: Path) -> None:
    """It has no home yet; whoever gives it one takes this test away."""
    words = [sys.executable, ROOT / "release" / "build.py", "--publish", "-o", tmp_path / "made"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 1 and "docs/releasing.md" in done.stderr and not (tmp_path / "made").exists()


def test_the_image_is_built_from_what_lies_beside_it() -> None:
    """Of root.tar and wheels/, which build.sh makes, with nothing fetched, and not as root."""
    folder = ROOT / "release" / "container"
    text = (folder / "Dockerfile").read_text()
    words = [line.split()[0] for line in text.splitlines() if re.match(r"[A-Z]+ ", line)]
    assert words[:2] == ["FROM", "ADD"] and "FROM scratch\nADD root.tar /\n" in text
    assert "--no-index" in text and text.index("USER lab") < text.index("ENTRYPOINT") and "http" not in text
    script = folder / "build.sh"
    assert subprocess.run(["sh", "-n", script]).returncode == 0
    assert {"root.tar", "wheels"} <= set(re.findall(r"\$work/([a-z.]+)", script.read_text()))
    refused = subprocess.run(["sh", script, "no.whl", "made.tar"], capture_output=True, text=True, cwd=folder)
    assert refused.returncode == 2 and refused.stderr.startswith("usage: ")


def test_the_bill_of_materials_fits_its_schema(release: dict[str, bytes]) -> None:
    read = {path.name: json.loads(path.read_bytes()) for path in SCHEMAS.glob("*.json")}
    base = "http://cyclonedx.org/schema"
    names = {name.replace(".schema", ".SNAPSHOT.schema"): each for name, each in read.items()}
    others = Registry().with_resources((f"{base}/{name}", Resource.from_contents(each)) for name, each in names.items())
    fits = Draft7Validator(read["bom-1.6.schema.json"], registry=others)
    bill = json.loads(release[BILL])
    assert [error.message[:200] for error in fits.iter_errors(bill)] == []
    assert list(fits.iter_errors({**bill, "components": [{"type": "library"}]})), "the schema decides"
    assert bill["metadata"]["component"]["version"] == VERSION
    refs = {each["bom-ref"] for each in bill["components"]} | {bill["metadata"]["component"]["bom-ref"]}
    assert {each["ref"] for each in bill["dependencies"]} == refs
    asked = re.findall(r'^  "([a-zA-Z0-9_-]+)>=', (ROOT / "pyproject.toml").read_text().partition("\n]\n")[0], re.M)
    assert {each.replace("_", "-").lower() for each in asked} <= {each["name"] for each in bill["components"]}


def test_the_workflow_publishes_what_the_script_makes() -> None:
    """It builds twice, compares, attests every file, and may write no more than it has to."""
    read = yaml.safe_load(WORKFLOW.read_text())
    assert read["permissions"] == {"contents": "read"}
    steps = [step for job in read["jobs"].values() for step in job["steps"]]
    text = "\n".join(step.get("run", "") for step in steps)
    assert (
        text.count("release/build.py") == 2
        and "build.py --publish" in text
        and "diff --recursive" in text
        and "browser/build.py" in text
    )
    (attest,) = [step for step in steps if step.get("uses", "").startswith("actions/attest-build-provenance@")]
    assert attest["with"]["subject-path"] == "release-files/*"
    assert "${{ github.event" not in text, "what others write is no part of a script"
