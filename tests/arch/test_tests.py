"""How the tests are laid out: what they share is in tests/kit, and nothing changes where modules are looked for."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
SOURCES = sorted(path for room in (TESTS, ROOT / "benches") for path in room.rglob("*.py"))
OTHERS = [path for path in SOURCES if path != Path(__file__)]  # this file names what it looks for
AT_THE_ROOT = {"__init__.py", "conftest.py", "pins.py"}


def imported(path: Path) -> set[str]:
    """Modules, and names that may be modules, that a file imports anywhere: dotted, from the root of the checkout."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, f"{path.relative_to(ROOT)} imports relatively"
            found |= {node.module, *(f"{node.module}.{each.name}" for each in node.names)}
    return found


def modules(names: set[str]) -> set[Path]:
    """Those of the names that are modules of the tests."""
    return {path for name in names if (path := ROOT.joinpath(*name.split(".")).with_suffix(".py")) in SOURCES}


def test_nothing_changes_where_modules_are_looked_for() -> None:
    """Not in a program that a test starts either: PYTHONPATH is for that."""
    assert len(OTHERS) > 150
    assert [str(path.relative_to(ROOT)) for path in OTHERS if "sys.path" in path.read_text(encoding="utf-8")] == []
    for path in OTHERS:
        assert not imported(path) & {"site", "imp", "sys.path", "importlib.util.spec_from_file_location"}, path
        assert "spec_from_file_location" not in path.read_text(encoding="utf-8"), path


def test_no_module_of_the_tests_is_imported_by_its_bare_name() -> None:
    """Such a name is found only where a folder of the tests is on the path."""
    bare = {path.stem for path in SOURCES if path.is_relative_to(TESTS)} - {"__init__"}
    for path in SOURCES:
        if path.is_relative_to(TESTS):
            assert not imported(path) & bare, path


def test_no_test_is_imported() -> None:
    for path in SOURCES:
        assert not any(part.startswith("test_") for name in imported(path) for part in name.split(".")), path


def test_what_is_shared_between_rooms_is_in_the_kit() -> None:
    """A module of a room is imported in that room alone, and the root holds none but what is run or read by name."""
    assert {path.name for path in TESTS.glob("*.py")} == AT_THE_ROOT
    for path in SOURCES:
        for other in modules(imported(path)):
            shared = other.is_relative_to(TESTS / "kit") or other == TESTS / "pins.py"
            assert shared or other.parent == path.parent, f"{path.relative_to(ROOT)} imports {other.relative_to(ROOT)}"


def test_the_kit_holds_no_test_and_says_what_it_holds() -> None:
    kit = sorted((TESTS / "kit").rglob("*.py"))
    for path in kit:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        defined = [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        assert not [name for name in defined if name.startswith(("test_", "Test"))], path
        assert ast.get_docstring(tree), path
    used = {other for path in SOURCES for other in modules(imported(path))}
    assert [path for path in kit if path.name != "__init__.py" and path not in used] == []
