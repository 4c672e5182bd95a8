"""No module of the package imports itself through others: not inside a function, not for type checking alone."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import zkcompliance

PACKAGE = Path(zkcompliance.__file__).parent


def modules(package: Path) -> dict[str, Path]:
    """Every module below the folder by its dotted name."""
    named = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        named[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return named


def imported(path: Path, known: Mapping[str, Path]) -> set[str]:
    """Modules among those known that a file imports, wherever and whatever for."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            inside = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= inside if inside <= set(known) else {str(node.module), *inside}
    return names & set(known)


def circle(package: Path) -> list[str]:
    """Modules of which each imports the next, the last being the first again; empty where there is no circle."""
    known = modules(package)
    try:
        TopologicalSorter({name: imported(path, known) for name, path in known.items()}).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


def test_no_module_imports_itself_through_others() -> None:
    assert circle(PACKAGE) == []


def test_an_import_inside_a_function_or_for_type_checking_closes_a_circle(tmp_path: Path) -> None:
    """And one of a module as a name of its package."""
    package = tmp_path / "made"
    package.mkdir()
    for name, text in {
        "__init__": "",
        "a": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from made.b import B\n",
        "b": "class B:\n    def use(self):\n        from made import c\n",
        "c": "import os\n",
    }.items():
        (package / f"{name}.py").write_text(text)
    assert circle(package) == []
    (package / "c.py").write_text("import made.a\n")
    assert sorted(set(circle(package))) == ["made.a", "made.b", "made.c"]


def test_every_module_is_looked_at() -> None:
    known = modules(PACKAGE)
    edges = {name: imported(path, known) for name, path in known.items()}
    assert "zkcompliance.claim.compile.workshop" in edges["zkcompliance.claim.compile.rows"]
    assert len(known) > 200 and sum(map(len, edges.values())) > 1000
