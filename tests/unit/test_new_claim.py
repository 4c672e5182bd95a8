"""A claim is one file: in a copy of the checkout, a file is added to circuits/, pins are written, and it is there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import pins

CLAIM = '''"""few-devices: no job uses more than so many devices.

Source: nobody; this claim is made for a test. An empty log holds. Adding rows can only make it fail.
"""

from zkcompliance.claim.language import ComputeLog, Count, Param, base, claim, fails, holds, require, vacuous


@claim("few-devices", version=1)
def few_devices(compute: ComputeLog, most: Param[Count]) -> None:
    """No job uses more than `most` devices.

    most: the most devices of one job
    """
    require("few", compute.every(compute.devices.or_else(0) <= most))


job = base(start=0, end=3600, run="r1", phase="pretraining", method="hardware", flop=1)
EXAMPLES = (
    holds("at the limit", compute=[job(devices=8)], most=8),
    fails("one over", "few", compute=[job(devices=9)], most=8),
)
VACUOUS = (vacuous("most", "no count is larger", at_least=2**32 - 1),)
'''
SEEN = """
import json
from tests import pins
from zkcompliance.card import catalogue as cards
from zkcompliance.claim import catalogue
from zkcompliance.claim.language.build import ClaimDefinition
claim = catalogue.load("few-devices")
module = catalogue.files()["few_devices"]
(definition,) = (each for each in vars(module).values() if isinstance(each, ClaimDefinition))
print(json.dumps({
    "complaints": [each.complaint(definition) for each in module.EXAMPLES],
    "pinned": catalogue.registry()["few-devices"].hex(),
    "program": claim.program.digest.hex(),
    "card": [cards.load("few-devices").label, cards.load("few-devices").program.hex()],
    "among": ["few-devices" in catalogue.names(), "few-devices" in cards.names()],
    "stale": [str(path) for path in pins.differing(pins.wanted(pins.cards()))],
}))
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The checkout, without what its tests need besides."""
    left = shutil.ignore_patterns("__pycache__", "demo_data")
    for name in ("zkcompliance", "circuits"):
        shutil.copytree(pins.ROOT / name, tmp_path / name, ignore=left, symlinks=True)
    (tmp_path / "tests").mkdir()
    shutil.copy(pins.ROOT / "tests" / "pins.py", tmp_path / "tests")
    return tmp_path


def python(copy: Path, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, *arguments], cwd=copy, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def files(copy: Path) -> dict[str, bytes]:
    return {str(path.relative_to(copy)): path.read_bytes() for path in copy.rglob("*") if path.is_file()}


def test_a_claim_is_one_file(copy: Path) -> None:
    before = files(copy)
    (copy / "circuits" / "compute" / "few_devices.py").write_text(CLAIM, encoding="utf-8")
    written = python(copy, "tests/pins.py")
    assert written.splitlines() == ["wrote circuits/REGISTRY.lock", "wrote circuits/cards/few-devices.json"]
    after = files(copy)
    assert {name for name in after if after[name] != before.get(name)} == {
        "circuits/compute/few_devices.py", "circuits/REGISTRY.lock", "circuits/cards/few-devices.json",
    }  # fmt: skip
    seen = json.loads(python(copy, "-c", SEEN))
    assert seen["complaints"] == ["", ""]
    assert seen["pinned"] == seen["program"] == seen["card"][1]
    assert seen["among"] == [True, True] and seen["card"][0] == "few-devices@1" and seen["stale"] == []
    (copy / "circuits" / "compute" / "few_devices.py").unlink()
    assert "removed circuits/cards/few-devices.json" in python(copy, "tests/pins.py")
    assert files(copy) == before
