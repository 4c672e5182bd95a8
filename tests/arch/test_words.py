"""What the package says: counted things have their number's form, made in one place."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import zkcompliance
from zkcompliance.quantities import number_of

PACKAGE = Path(zkcompliance.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
EITHER = re.compile(r"[a-z]\((?:s|es|ies)\)")  # `row(s)`
ONE_OR_MORE = re.compile(r"""== 1 else (?:"s"|'s')""")


def _texts(file: Path) -> list[str]:
    """Every text of a module, those of f-strings in their pieces."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]


@pytest.mark.parametrize(("count", "said"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (12345, "12,345 rows")])
def test_a_number_of_things(count: int, said: str) -> None:
    assert number_of(count, "row") == said


def test_nothing_is_said_with_its_plural_in_brackets() -> None:
    assert len(FILES) > 600
    assert not [(file.name, text) for file in FILES for text in _texts(file) if EITHER.search(text)]


def test_plurals_are_made_in_one_place() -> None:
    found = [file.name for file in FILES if ONE_OR_MORE.search(file.read_text(encoding="utf-8"))]
    assert found == ["showing.py"]
