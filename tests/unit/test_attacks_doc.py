"""docs/attacks.md names tests and errors that exist, each attack once; what it sends to SECURITY.md stands there."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path

import pytest

import zkcompliance
from zkcompliance import errors
from zkcompliance.claim.compile import CannotCompile

ROOT = Path(zkcompliance.__file__).parents[1]
PAGE = (ROOT / "docs" / "attacks.md").read_text("utf-8")
HEAD = "| id | attack | what happens | tests |"


def rows() -> list[tuple[str, str, str, str]]:
    found = []
    for line in PAGE.splitlines():
        if line.startswith("|") and line != HEAD and set(line) - set("|-"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            assert len(cells) == 4, line
            found.append(tuple(cells))
    return found  # type: ignore[return-value]


ROWS = rows()


@functools.cache
def functions(path: Path) -> set[str]:
    return {node.name for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)}


def test_every_attack_is_there_once() -> None:
    ids = [row[0] for row in ROWS]
    assert len(ids) == len(set(ids)) >= 87
    assert all(re.fullmatch(r"[A-Z][1-9][0-9]?", each) for each in ids)
    assert PAGE.count(HEAD) == PAGE.count("\n## ") == len({each[0] for each in ids})  # a letter for each kind


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_its_tests_and_errors_exist(row: tuple[str, str, str, str]) -> None:
    number, attack, happens, tests = row
    assert attack and happens
    named = re.findall(r"`([^`]+)`", tests)
    assert named and tests == ", ".join(f"`{each}`" for each in named), "only tests, and at least one"
    for each in named:
        file, _, function = each.partition("::")
        path = ROOT / "tests" / file
        assert path.is_file(), f"{number}: {file}"
        assert function.startswith("test_") and function in functions(path), f"{number}: {each}"
    for name in re.findall(r"`([A-Z][A-Za-z]+)`", happens):
        kind = CannotCompile if name == "CannotCompile" else getattr(errors, name, None)
        assert isinstance(kind, type) and issubclass(kind, errors.ZkComplianceError), f"{number}: {name}"


@pytest.mark.parametrize(
    "said",
    [
        "When a row was sealed: times in rows, and the time in a binding, are stated by the lab.",  # C2
        "A cosigner's time bounds from above when a checkpoint existed",
        "measure time and memory access of the prover: it is not constant-time",  # X5
        "each segment's number of rows rounded up to a power of two",  # Z7
        "Revealed values of the same claim over successive checkpoints disclose their differences.",  # Z8
        "A claim in a user's own `.py` file is code",  # E9
    ],
)
def test_security_says_what_is_not_shown(said: str) -> None:
    assert said in " ".join((ROOT / "SECURITY.md").read_text("utf-8").split())


def test_nothing_signs_by_hand() -> None:
    """Every signature of the package is made by `cryptography`; the plain equations verify and cannot sign."""
    made = []
    for path in sorted((ROOT / "zkcompliance").rglob("*.py")):
        text = path.read_text("utf-8")
        if "standalone" in path.parts:
            assert not {name for name in functions(path) if name.startswith(("sign", "_sign"))}, path.name
        if "PrivateKey" in text:
            assert "from cryptography.hazmat.primitives.asymmetric" in text, path.name
            made.append(path.name)
    assert made == ["signing.py", "signer.py"]
