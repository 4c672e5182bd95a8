"""Where kernels are declared, that everything they are made of is in the key of what is kept, and who knows numba."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

import zkcompliance
from zkcompliance.stark.field import jit

PACKAGE = Path(zkcompliance.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))


def module(path: Path) -> str:
    return ".".join(["zkcompliance", *path.relative_to(PACKAGE).with_suffix("").parts])


def functions(path: Path) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]


def decorators(node: ast.FunctionDef) -> list[str]:
    return [ast.unparse(each) for each in node.decorator_list]


def test_every_module_with_a_kernel_that_is_called_is_named() -> None:
    """In jit.MODULES, from which alone kernels are compiled; and no module is named that has none."""
    found = {
        module(path)
        for path in SOURCES
        for node in functions(path)
        if any(each.startswith("kernel(") for each in decorators(node))
    }
    assert found == set(jit.MODULES) and len(jit.MODULES) == len(found)


def test_a_kernel_without_a_signature_is_called_by_kernels_alone() -> None:
    """Called from Python, it would import numba and compile in every process."""
    parts = {
        (module(path), node.name) for path in SOURCES for node in functions(path) if decorators(node) == ["kernel"]
    }
    assert len(parts) > 10
    for path in SOURCES:
        tree = ast.parse(path.read_text())
        own = {name for where, name in parts if where == module(path)}
        taken = {
            alias.asname or alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
            if (node.module, alias.name) in parts
        }
        for node in functions(path):
            if not any(each.startswith("kernel") for each in decorators(node)):
                called = {each.func.id for each in ast.walk(node) if named(each)}  # type: ignore[attr-defined]
                assert not called & (own | taken), f"{path.name}: {node.name}"


def named(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)


def test_all_that_compiled_code_follows_from_is_in_its_key() -> None:
    """What the modules of kernels import, of this room, is among the files whose bytes the key is of."""
    named = jit.ENGINE.sources()
    assert all(path.is_relative_to(PACKAGE) for path in named) and len(named) > 25
    outside = set()
    for path in named:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("zkcompliance"):
                for name in (node.module, *(f"{node.module}.{alias.name}" for alias in node.names)):
                    file = PACKAGE.joinpath(*name.split(".")[1:]).with_suffix(".py")
                    if file.is_file() and file not in named:
                        outside.add(name)
    # errors that are raised and how far work is: no code of a kernel
    assert outside == {f"zkcompliance.{name}" for name in ("errors", "progress", "edge.regular", "edge.shown")}


def imports_numba(nodes: Iterable[ast.AST]) -> bool:
    named = [
        name
        for node in nodes
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names])
    ]
    return any(name.split(".")[0] == "numba" for name in named)


def test_numba_is_known_to_processes_that_compile() -> None:
    """At once by two modules that these alone import, and inside functions by the module that declares kernels."""
    at_once, inside = set(), set()
    for path in SOURCES:
        tree = ast.parse(path.read_text())
        if imports_numba(tree.body):
            at_once.add(path.relative_to(PACKAGE).as_posix())
        elif imports_numba(ast.walk(tree)):
            inside.add(path.relative_to(PACKAGE).as_posix())
    assert at_once == {"stark/native/entry.py", "stark/native/memory.py"}
    assert inside == {"stark/field/jit.py"}


def test_every_kernel_can_be_found_by_its_name() -> None:
    """Under which it lies in the file of compiled code."""
    symbols = [
        value.symbol
        for name in jit.MODULES
        for value in vars(import_module(name)).values()
        if isinstance(value, jit.Kernel) and value.signature is not None and value.function.__module__ == name
    ]
    assert len(symbols) == len(set(symbols)) > 20
