"""The other hand: how large verify/ may be, what it may use, and which file of the proving side each one answers."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import zkcompliance

PACKAGE = Path(zkcompliance.__file__).parent
FILES = sorted((PACKAGE / "verify").rglob("*.py"))
MOST_FILES, MOST_LINES = 19, 4_320

# A file of verify/ → what writes, or makes, the thing that it reads and checks. Both are written from docs/spec.
TWINS = {
    "__init__.py": ["stark/__init__.py"],
    "bundle.py": ["stark/statement.py"],
    "checkpoint.py": ["log/checkpoint.py"],
    "codec.py": ["stark/codec.py"],
    "constraints.py": ["stark/prover/quotient.py", "stark/air/check.py"],
    "counting.py": ["stark/air/check_buses.py"],
    "field.py": ["stark/field/babybear.py", "stark/field/extension.py", "stark/field/roots.py"],
    "fri.py": ["stark/fri/prover.py", "stark/fri/schedule.py"],
    "lanes.py": ["stark/prover/openings.py"],
    "layout.py": ["stark/air/cells.py"],
    "openings.py": ["stark/prover/openings.py", "stark/commit/merkle.py"],
    "program.py": ["stark/air/program.py"],
    "shape.py": ["stark/air/shape.py"],
    "soundness.py": ["stark/soundness.py"],
    "statement.py": ["stark/statement.py", "stark/profiles.py", "stark/commit/entry.py"],
    "transcript.py": ["stark/transcript.py"],
    "union.py": ["stark/air/union.py"],
    "verifier.py": ["stark/prover/prover.py"],
    "weights.py": ["stark/air/weights.py"],
}


def test_it_can_be_read_in_a_day() -> None:
    """Files, and lines of all kinds: `cat zkcompliance/verify/*.py | wc -l`."""
    assert len(FILES) <= MOST_FILES
    assert sum(path.read_bytes().count(b"\n") for path in FILES) <= MOST_LINES
    assert {path.parent for path in FILES} == {PACKAGE / "verify"}, "no folder inside"


def test_it_is_standard_library_only() -> None:
    """Of this package it uses the names of errors and the limits, which are part of the specification."""
    own = {"errors", "limits", "verify"}
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                base = node.module or ""
                names = [f"{base}.{alias.name}" for alias in node.names] if base == "zkcompliance" else [base]
            else:
                continue
            for name in names:
                top, _, rest = name.partition(".")
                assert top in sys.stdlib_module_names or (top == "zkcompliance" and rest.partition(".")[0] in own), path


def test_every_file_has_a_twin() -> None:
    assert set(TWINS) == {path.name for path in FILES}
    assert not [name for others in TWINS.values() for name in others if not (PACKAGE / name).is_file()]
    for name in ("codec", "soundness", "statement", "transcript"):
        assert TWINS[f"{name}.py"][0] == f"stark/{name}.py", "twins bear one name"
