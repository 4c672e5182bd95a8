"""The conformance kit as a distribution of its own: `zkcompliance-conformance`, which needs Python and nothing else.

It holds what `python -m tests.kit.conformance` writes, byte for byte, and a command of its name that is its run.py.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.kit.conformance import FOLDER, contents
from zkcompliance.version import VERSION

PACKAGE = FOLDER.replace("-", "_")
PROJECT = f"""[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "{FOLDER}"
version = "{VERSION}"
description = "Cases that a verifier of zkcompliance proofs is held against, whoever wrote it"
readme = "{PACKAGE}/README.md"
license = "Apache-2.0"
license-files = ["LICENSE"]
requires-python = ">=3.11"

[project.scripts]
{FOLDER} = "{PACKAGE}.run:script"

[tool.setuptools]
packages = ["{PACKAGE}"]

[tool.setuptools.package-data]
{PACKAGE} = ["README.md", "index.json", "files/*"]
"""


def sources(folder: Path, license_text: bytes, settle: Callable[[Path], None]) -> None:
    """Writes what setuptools makes the wheel of into `folder`; `settle` is called on every file."""
    files = {f"{PACKAGE}/{name}": data for name, data in contents()}
    files |= {f"{PACKAGE}/__init__.py": b"", "pyproject.toml": PROJECT.encode(), "LICENSE": license_text}
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        settle(path)
