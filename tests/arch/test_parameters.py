"""Functions of the proving hand and of claims take at most eight parameters; what needs more takes a record."""

from __future__ import annotations

import ast
from pathlib import Path

import zkcompliance

PACKAGE = Path(zkcompliance.__file__).parent
ROOMS = ("stark", "claim")
MOST = 8


def parameters(function: ast.FunctionDef) -> int:
    """How many a caller gives, at most: the object that a method is called on is none of them."""
    given = function.args
    names = [argument.arg for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"])) + (given.vararg is not None) + (given.kwarg is not None)


def long_ones(text: str) -> list[str]:
    """Names of functions with more; numba's kernels take arrays one by one, and no records."""
    return [
        node.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and parameters(node) > MOST
        if not any(ast.unparse(decorator).partition("(")[0] == "kernel" for decorator in node.decorator_list)
    ]


def test_long_lists_of_parameters_are_records() -> None:
    sources = [path for room in ROOMS for path in sorted((PACKAGE / room).rglob("*.py"))]
    assert len(sources) > 80
    assert not {path.name: long_ones(path.read_text()) for path in sources if long_ones(path.read_text())}


def test_what_is_counted() -> None:
    assert long_ones("def f(a, b, c, d, e, f, g, h): pass\ndef g(self, a, b, c, d, e, f, g, /, *, h): pass") == []
    nine = "def f(a, /, b, c, d, e, f, *g, h, i): pass"
    assert long_ones(nine) == long_ones("class C:\n    def f(self, a, b, c, d, e, f, *, g, h, **i): pass") == ["f"]
    assert long_ones(f"@kernel\n{nine}") == long_ones(f"@kernel('i8')\n{nine}") == []
