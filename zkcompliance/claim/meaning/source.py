"""Where an expression was written, and the refusals that show it.

Every node remembers its line, so that a refusal can say `circuits/x.py:14: total = a if b else c` and what to write
instead. Nothing here has a meaning of its own: two nodes that differ in their lines only are equal.
"""

from __future__ import annotations

import ast
import functools
import linecache
import sys
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from zkcompliance.errors import ClaimDefinitionError

_HERE = str(Path(__file__).parents[1])

_REMEDIES = {
    "if": "use select(condition, a, b) for a choice of values, rows.where(condition) for a choice of rows",
    "and": "write (a) & (b), each side in parentheses",
    "or": "write (a) | (b), each side in parentheses",
    "not": "write ~(a)",
    "chain": "write (a < b) & (b < c)",
    "in": "write x.is_in(…)",
    "loop": "use rows.every(…), rows.none(…) or rows.any(…)",
    "call": "use smaller(a, b), larger(a, b), or .sum(), .min(), .max(), .every() of the rows",
    "other": "use &, |, ~, select(…), where(…) and is_in(…)",
}
_SLIPS: dict[type[Exception], str] = {
    TypeError: "no Python value meets a column here: write (a) & (b), x.count() with its parentheses, a text as 'a'",
    RecursionError: "a loop that builds one expression builds too deep a one: add up with .sum(), or in halves",
    ModuleNotFoundError: "a claim imports zkcompliance.claim.language and zkcompliance.schemas",
    ImportError: "docs/claims.md has the words of the language",
}
_WORDS = {
    "if": "`if`", "and": "`and`", "or": "`or`", "not": "`not`", "chain": "a chained comparison", "in": "`in`",
    "loop": "a loop or `assert`", "call": "a Python built-in", "other": "Python",
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """A line of a claim's source: `text` is empty when the source is not at hand."""

    file: str = ""
    number: int = 0
    text: str = ""

    def __str__(self) -> str:
        where = f"{Path(self.file).name}:{self.number}" if self.file else "(unknown line)"
        return f"{where}: {self.text}" if self.text else where


NOWHERE = Line()


def _is_authors(file: str) -> bool:
    """Whether it lies outside this package's claim language, and is no text of Python's own."""
    return not file.startswith(_HERE) and not file.startswith("<")


def _line(file: str, number: int) -> Line:
    return Line(file, number, linecache.getline(file, number).strip())


def _caller() -> FrameType | None:
    """The innermost frame outside this package's claim language: the author's."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if _is_authors(frame.f_code.co_filename):
            return frame
        frame = frame.f_back
    return None


def here() -> Line:
    """The author's line that is being run."""
    frame = _caller()
    return NOWHERE if frame is None else _line(frame.f_code.co_filename, frame.f_lineno)


def refuse(what: str, remedy: str = "", line: Line | None = None) -> ClaimDefinitionError:
    """The error for a claim that cannot be meant: what is wrong, the author's line, the remedy."""
    text = f"{what}\n  at {line or here()}"
    return ClaimDefinitionError(f"{text}\n  {remedy}" if remedy else text)


def line_of(error: BaseException, file: str = "") -> Line:
    """The innermost line outside this package, or of the file, that an exception came through."""
    found, step = NOWHERE, error.__traceback__
    while step is not None:
        name = step.tb_frame.f_code.co_filename
        if name == file if file else _is_authors(name):
            found = _line(name, step.tb_lineno)
        step = step.tb_next
    return found


def refuse_slip(error: Exception, file: str = "") -> ClaimDefinitionError:
    """The error for what Python itself had against an author's line."""
    remedy = _SLIPS.get(type(error), "mend this line: it is Python that stops here, before the claim language is asked")
    if isinstance(error, NameError) and error.name:
        remedy = f"from zkcompliance.claim.language import {error.name}, if it is a word; otherwise define it"
    return refuse(f"{type(error).__name__}: {error}", f"remedy: {remedy}", line_of(error, file))


def refuse_truth() -> ClaimDefinitionError:
    """The error of `Expr.__bool__`: it names the construct that asked for a truth value and its remedy."""
    construct = _construct(_caller())
    return refuse(
        f"{_WORDS[construct]} asks whether an expression is true, but its rows are not known while a claim is written",
        f"remedy: {_REMEDIES[construct]}",
    )


def _construct(frame: FrameType | None) -> str:
    """Which Python construct, at the frame's instruction, asked for a truth value: a key of `_REMEDIES`."""
    if frame is None:
        return "other"
    positions = list(frame.f_code.co_positions())[frame.f_lasti // 2]
    first, last, begin, end = positions
    source = "".join(linecache.getlines(frame.f_code.co_filename))
    if first is None or last is None or begin is None or end is None or not source:
        return "other"
    innermost = ("other", (1 << 30, 1 << 30))
    for node in _nodes(source):
        inside = _span(node)
        if inside is None or not inside[0] <= (first, begin) or not (last, end) <= inside[1]:
            continue
        kind = _kind(node)
        size = (inside[1][0] - inside[0][0], inside[1][1] - inside[0][1])
        if kind is not None and size <= innermost[1]:
            innermost = (kind, size)
    return innermost[0]


@functools.lru_cache(maxsize=1)
def _nodes(source: str) -> tuple[ast.AST, ...]:
    """Every node of a text, none where it is no Python."""
    try:
        return tuple(ast.walk(ast.parse(source)))
    except SyntaxError:
        return ()


def _span(node: ast.AST) -> tuple[tuple[int, int], tuple[int, int]] | None:
    if not isinstance(node, (ast.expr, ast.stmt)) or node.end_lineno is None or node.end_col_offset is None:
        return None
    return (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)


def _kind(node: ast.AST) -> str | None:
    match node:
        case ast.BoolOp(op=ast.And()):
            return "and"
        case ast.BoolOp():
            return "or"
        case ast.UnaryOp(op=ast.Not()):
            return "not"
        case ast.Compare(ops=[ast.In() | ast.NotIn()]):
            return "in"
        case ast.Compare(ops=[_, _, *_]):
            return "chain"
        case ast.If() | ast.IfExp():
            return "if"
        case ast.While() | ast.Assert() | ast.For() | ast.ListComp() | ast.GeneratorExp() | ast.SetComp():
            return "loop"
        case ast.Call(func=ast.Name(id="min" | "max" | "any" | "all" | "bool" | "sorted" | "sum")):
            return "call"
    return None
