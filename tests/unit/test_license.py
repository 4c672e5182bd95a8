"""The license is the canonical text of the one that is named, and data of others says whose it is."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECTION = (ROOT / "README.md").read_text("utf-8").partition("\n## License\n")[2].partition("\n## ")[0]
# Of https://www.apache.org/licenses/LICENSE-2.0.txt.
APACHE = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"


def test_the_license_is_the_one_that_is_named() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest() == APACHE
    assert project["license"] == "Apache-2.0" and SECTION.strip().startswith("Apache-2.0")
    inside = {str(path.relative_to(ROOT)) for path in (ROOT / "zkcompliance").rglob("LICENSE*")}
    assert set(project["license-files"]) == {"LICENSE", *inside}  # what is in the wheel


def test_data_says_where_it_is_from() -> None:
    for folder in [ROOT / "zkcompliance" / "demo_data", *(ROOT / "tests" / "data").iterdir()]:
        assert (folder / "PROVENANCE.md").is_file(), folder


def test_the_readme_names_whatever_has_a_license_of_its_own() -> None:
    named = set(re.findall(r"`((?:tests|zkcompliance)/[^`]+)`", SECTION))
    assert all((ROOT / path).exists() for path in named)
    for path in [*ROOT.glob("tests/data/*/PROVENANCE.md"), *ROOT.glob("zkcompliance/*/PROVENANCE.md")]:
        owned = re.search(r"\bMIT\b|\bCC BY\b|public domain", path.read_text("utf-8"))
        assert (str(path.parent.relative_to(ROOT)) in named) == bool(owned), path
