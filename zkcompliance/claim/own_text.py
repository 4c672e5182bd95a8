"""What the text of somebody's own claim may be made of, looked at before it is run.

The sentences of a claim are made from what was compiled, by this package. A text that reaches into the package could
change what the one says without the other: so it imports the words of the language and the schemas, and has no way to
what lies behind a word. This keeps sentences and program together; it does not make a text safe to run.
"""

from __future__ import annotations

import ast
from types import ModuleType

from zkcompliance import schemas
from zkcompliance.claim import language
from zkcompliance.claim.meaning.source import Line, refuse
from zkcompliance.errors import ClaimDefinitionError

_LANGUAGE, _SCHEMAS = "zkcompliance.claim.language", "zkcompliance.schemas"
_BUILT_IN = frozenset((
    "breakpoint", "compile", "delattr", "eval", "exec", "getattr", "globals", "input", "locals", "memoryview", "object",
    "open", "setattr", "super", "type", "vars",
))  # fmt: skip
_INSIDE = ("_", "f_", "gi_", "cr_", "ag_", "co_", "tb_")  # how the names of what is behind a value begin
_BEHIND = frozenset(("body", "node", "requirements", "reveals", "rows", "said"))


def check(data: bytes, file: str) -> None:
    """ClaimDefinitionError, with its line, where the text uses what is no word of the language. A text that is no
    Python is left to Python."""
    try:
        tree = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    lines = data.decode(errors="replace").splitlines()
    held = _assigned(tree)
    for part in ast.walk(tree):
        set_at = isinstance(part, ast.Attribute) and not isinstance(part.ctx, ast.Load)
        if (what := _fault(part, held)) or set_at:
            number = getattr(part, "lineno", 0)
            text = lines[number - 1].strip() if 0 < number <= len(lines) else ""
            line = Line(file, number, text)
            if isinstance(part, ast.Attribute) and set_at:
                raise refuse(
                    f".{part.attr} = … sets what is no variable", "remedy: give it a name of its own: x = …", line
                )
            raise _refused(what, line)


def _refused(what: str, line: Line) -> ClaimDefinitionError:
    return refuse(
        f"{what}, which is no word of the claim language: what a claim says is made of its words alone",
        "remedy: a claim imports names from zkcompliance.claim.language, and schemas from zkcompliance",
        line,
    )


def _assigned(tree: ast.AST) -> frozenset[str]:
    """Names that the text defines itself."""
    return frozenset(
        part.id for part in ast.walk(tree) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
    )


def _fault(part: ast.AST, held: frozenset[str]) -> str:
    """What a part of the text uses that it may not; empty where there is nothing."""
    match part:
        case ast.Import(names=names):
            return f"import {names[0].name}"
        case ast.ImportFrom(module=module, names=names, level=level):
            strange = [each.name for each in names if level or not _importable(module or "", each.name)]
            return f"{strange[0]} of {module}" if strange else ""
        case ast.Attribute(attr=name) if isinstance(getattr(schemas, name, None), ModuleType):
            return f".{name}"
        case ast.Attribute(attr=name) if name.startswith(_INSIDE) or name in _BEHIND:
            return f".{name}"
        case ast.Name(id=name) if (name in _BUILT_IN and name not in held) or name.startswith("__"):
            return name
        case ast.MatchClass(kwd_attrs=[first, *_]):
            return f"a pattern of .{first}"
    return ""


def _importable(module: str, name: str) -> bool:
    """Whether the text may import the name of a module."""
    if module == _SCHEMAS:
        return not name.startswith("_") and not isinstance(getattr(schemas, name, None), ModuleType)
    if module == _LANGUAGE:
        return name == "*" or name in language.__all__
    return (module, name) in (("zkcompliance", "schemas"), ("__future__", "annotations"))
