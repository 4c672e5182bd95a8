"""Which modules the one-file verifier is made of: what its main program can import, found by reading the sources."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import zkcompliance
from zkcompliance import circuits

PACKAGE = "zkcompliance"
ROOT = Path(zkcompliance.__file__).parent
CLAIMS = Path(circuits.__path__[0])  # in a checkout not below ROOT

# Where reading on is not needed: what only a lab does. Asked for in the one file, it is not there.
LEFT_OUT = {
    "zkcompliance.log.store": "log folders",
    "zkcompliance.request.reading": "requests, which its options do not take",
    "zkcompliance.openings.answers": "opened rows, whose draw is checked with libraries",
}
# What stands in another's place: module → the one whose source is taken.
STAND_INS = {
    "zkcompliance.attest.devices": "zkcompliance.standalone.devices",
    "zkcompliance.log.signatures": "zkcompliance.standalone.signatures",
    "zkcompliance.attest.anchors": "zkcompliance.standalone.anchors",
    "zkcompliance.attest.recognising": "zkcompliance.standalone.recognising",
}


def source(module: str) -> Path | None:
    """The file of a module of this package; None where there is none."""
    top, *inside = module.split(".")
    if top != PACKAGE:
        return None
    place = CLAIMS.joinpath(*inside[1:]) if inside[:1] == ["circuits"] else ROOT.joinpath(*inside)
    for path in (place / "__init__.py", place.with_suffix(".py")):
        if path.is_file():
            return path
    return None


def closure(roots: Iterable[str]) -> dict[str, Path]:
    """Module name → its source file, sorted, of everything that the roots import, wherever in a file they do so.

    Imports for type checking alone are left out, the packages that a module is in come with it.
    """
    found: dict[str, Path] = {}
    todo = list(roots)
    while todo:
        module = todo.pop()
        path = source(STAND_INS.get(module, module))
        if path is None or module in found or module in LEFT_OUT:
            continue
        found[module] = path
        todo += imported(ast.parse(path.read_bytes()))
        todo += [".".join(module.split(".")[:i]) for i in range(1, module.count(".") + 1)]
    return dict(sorted(found.items()))


def imported(tree: ast.Module) -> Iterator[str]:
    """Every module that a source imports, of this package and others. `from a import b` may mean the module a.b."""
    for node in _executed(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            if node.module.partition(".")[0] == PACKAGE:
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _executed(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a tree that can be run: not what stands under `if TYPE_CHECKING`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING":
            for other in child.orelse:
                yield other
                yield from _executed(other)
        else:
            yield child
            yield from _executed(child)
