"""Chosen members of a small JSON document that lies whole in memory: the fast twin of `JsonStream.members`.

Members that nobody reads are passed over by the standard library's scanner, compiled code; those that are read are
decoded as strictly as `JsonStream` does. Whatever is in any doubt is not judged here: the answer is then None, and
`JsonStream` reads the same bytes, which alone refuses and says why.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from itertools import accumulate

from zkcompliance import limits
from zkcompliance.importers.json_stream import RefusedJson, scan_exact

SMALL = 1 << 20  # bytes of a document that is worth holding whole
_TEXT = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_OTHERS = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")  # as signed bytes: one deeper, one back
_SPACE = re.compile(r"[ \t\r\n]*+")
_COLON = re.compile(r"[ \t\r\n]*+:[ \t\r\n]*+")
_COMMA = re.compile(r"[ \t\r\n]*+,[ \t\r\n]*+")
_END = re.compile(r"[ \t\r\n]*+\}[ \t\r\n]*+")
_scan_any = json.JSONDecoder().raw_decode


def depth(data: bytes) -> int:
    """How deep arrays and objects are nested in a JSON text, strings left out; as `json_stream.nesting`."""
    steps = memoryview(_TEXT.sub(b"", data).translate(_STEPS, _OTHERS)).cast("b")
    return max(accumulate(steps), default=0)


def too_deep(data: bytes) -> bool:
    """Whether it is nested deeper than any input is. Asked before Python's own reader sees it, which goes as deep as
    whoever set the limit of recursion lets it, and beyond that stack ends with the process."""
    return data.count(b"[") + data.count(b"{") > limits.MAX_IMPORT_DEPTH and depth(data) > limits.MAX_IMPORT_DEPTH


def chosen(data: bytes, wanted: Collection[str]) -> dict[str, object] | None:
    """The members of that name, of a document that is one object; None where `JsonStream` has to look."""
    if too_deep(data):
        return None
    try:
        return _chosen(data.decode(), wanted)
    except (ValueError, RecursionError, RefusedJson):
        return None


def _chosen(text: str, wanted: Collection[str]) -> dict[str, object] | None:
    found: dict[str, object] = {}
    seen: set[str] = set()
    at = _SPACE.match(text, 0).end()  # type: ignore[union-attr]
    if text[at : at + 1] != "{":
        return None
    at = _SPACE.match(text, at + 1).end()  # type: ignore[union-attr]
    while text[at : at + 1] == '"':
        name, at = scan_exact(text, at)
        colon = _COLON.match(text, at)
        if colon is None or name in seen:
            return None
        seen.add(name)
        if name in wanted:
            found[name], at = scan_exact(text, colon.end())
        else:
            _, at = _scan_any(text, colon.end())
        comma = _COMMA.match(text, at)
        if comma is None:
            end = _END.match(text, at)
            return found if end is not None and end.end() == len(text) else None
        at = comma.end()
    return None
