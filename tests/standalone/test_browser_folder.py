"""The verifier in a browser, from a folder that is opened as a file. Optional: it wants Chromium and Pyodide's package.

    ZKC_PYODIDE=pyodide-314.0.7.tgz pytest tests/standalone/test_browser_folder.py

That file is what `npm pack pyodide@314.0.7` writes. ZKC_AXE: the axe.min.js of the npm package axe-core, which then
judges the page too; ZKC_PICTURES: the folder where to put new screenshots.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kit import browser
from tests.kit.regulated_lab import Lab

ROOT = Path(__file__).parents[2]
PACKAGE, AXE, PICTURES = (os.environ.get(f"ZKC_{name}") for name in ("PYODIDE", "AXE", "PICTURES"))
LONGEST = 60.0  # seconds until a test gives up
pytestmark = pytest.mark.skipif(
    browser.CHROMIUM is None or PACKAGE is None,
    reason="the browser stage wants Chromium, and ZKC_PYODIDE=pyodide-314.0.7.tgz of `npm pack pyodide@314.0.7`",
)
WIDTHS = {"desktop": 1280, "phone": 390}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("browser") / "zkcompliance-verify"
    build(folder)
    return folder


def build(folder: Path, package: str | Path | None = PACKAGE) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "browser" / "build.py", str(package), "-o", folder],
        capture_output=True, text=True, check=False, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


class Page:
    """The page in a tab, once it is ready."""

    def __init__(self, tab: browser.Browser, folder: Path, width: int) -> None:
        self.tab = tab
        tab.open(folder / "index.html", width)
        self.wait(lambda: self.state() == "Ready.")

    def ask(self, script: str) -> Any:
        found = self.tab.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def state(self) -> str:
        return str(self.ask("document.getElementById('state').textContent"))

    def wait(self, done: Any) -> None:
        until = time.monotonic() + LONGEST
        while not done():
            assert time.monotonic() < until and "cannot be run" not in self.state(), self.state()
            time.sleep(0.1)

    def verify(self, *files: Path, **fields: str) -> str:
        """What is said of the outcome; fields: by the id of the input."""
        root = self.tab.call("DOM.getDocument")["root"]["nodeId"]
        node = self.tab.call("DOM.querySelector", nodeId=root, selector="#files")["nodeId"]
        self.tab.call("DOM.setFileInputFiles", nodeId=node, files=[str(file) for file in files])
        self.wait(lambda: self.ask("files.size") == len({file.name for file in files}))
        for name, value in fields.items():
            self.ask(f"document.getElementById({json.dumps(name)}).value = {json.dumps(value)}")
        self.ask("document.getElementById('asked').requestSubmit()")
        self.wait(lambda: self.state() not in ("Ready.", "Verifying …"))
        return self.state()

    def picture(self, path: Path) -> None:
        shot = self.tab.call("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        path.write_bytes(base64.b64decode(shot))


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[browser.Browser]:
    with browser.launch(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def of_bundle(lab: Lab) -> list[Path]:
    return [lab.bundle, lab.policy, lab.key]


@pytest.mark.parametrize("size", WIDTHS)
def test_accepted(size: str, made: Path, tab: browser.Browser, lab: Lab) -> None:
    page = Page(tab, made, WIDTHS[size])
    assert page.verify(*of_bundle(lab), **fields(lab)).startswith("Accepted"), page.ask("said.textContent")
    assert page.tab.width() <= WIDTHS[size]
    assert all(url.startswith((made.as_uri(), "blob:")) for url in page.tab.requests()), page.tab.requests()
    assert page.tab.complaints() == []
    assert page.ask("document.getElementById('save').href").startswith("blob:")
    page.wait(lambda: str(page.ask("document.getElementById('page').contentDocument.title")).startswith("Accepted"))
    assert page.ask("typeof document.getElementById('page').contentWindow.print") == "function"
    if PICTURES:
        time.sleep(1)
        page.picture(Path(PICTURES) / f"verify-{size}.png")
    if AXE:
        page.ask(Path(AXE).read_text() + ";0")
        found = page.ask("axe.run(document, {iframes: false}).then(r => JSON.stringify(r.violations.map(v => v.id)))")
        assert found == "[]"


def fields(lab: Lab) -> dict[str, str]:
    """What is asked besides the files, by the inputs of the page."""
    given, found, more = [str(each) for each in lab.asked_of_bundle()], dict[str, str](), list[str]()
    while given:
        name, value, *given = given
        if name in ("--subject", "--context", "--at"):
            found[name.removeprefix("--")] = value
        elif name not in ("--policy", "--log-key"):
            more += [name, f"'{value}'"]
    return {**found, "more": " ".join(more)}


def test_refused_and_malformed(made: Path, tab: browser.Browser, lab: Lab, tmp_path: Path) -> None:
    page = Page(tab, made, 1280)
    changed = bytearray(lab.bundle.read_bytes())
    changed[len(changed) // 2] ^= 1
    (tmp_path / lab.bundle.name).write_bytes(changed)
    assert page.verify(tmp_path / lab.bundle.name, lab.policy, lab.key, **fields(lab)).startswith("Not ")
    assert page.ask("said.textContent").startswith("error[")
    other = tmp_path / "other.pub"
    other.write_bytes((lab.folder / "other.pub").read_bytes())
    page = Page(tab, made, 1280)
    assert page.verify(lab.bundle, lab.policy, other, **fields(lab)).startswith("Not accepted")
    page = Page(tab, made, 1280)
    (tmp_path / "no.zkp").write_bytes(b"zkcb\x02\x00")
    assert page.verify(tmp_path / "no.zkp", lab.policy, lab.key).startswith("Not judged")
    page = Page(tab, made, 1280)
    assert page.verify(lab.policy).startswith("Not judged")
    assert page.ask("said.textContent") == "Give one proof file: there are 0."


def test_the_folder_is_the_same_each_time_and_no_other_package_is_taken(made: Path, tmp_path: Path) -> None:
    assert build(tmp_path / "again").returncode == 0
    names = sorted(path.relative_to(made) for path in made.rglob("*") if path.is_file())
    assert all((made / name).read_bytes() == (tmp_path / "again" / name).read_bytes() for name in names)
    check = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=made, check=False)
    assert check.returncode == 0 and len(names) == len((made / "SHA256SUMS").read_text().splitlines()) + 1
    assert PACKAGE is not None
    data = bytearray(Path(PACKAGE).read_bytes())
    data[-1] ^= 1
    (tmp_path / "other.tgz").write_bytes(data)
    refused = build(tmp_path / "no", tmp_path / "other.tgz")
    assert refused.returncode == 1 and "not the npm package" in refused.stderr and not (tmp_path / "no").exists()
