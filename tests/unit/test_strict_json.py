"""Hostile JSON costs no more than its length."""

from __future__ import annotations

import pytest

from tests.kit.work import Work
from zkcompliance import strict_json
from zkcompliance.errors import MalformedError


@pytest.mark.parametrize("last", ['"z":0,"z":0', '"0":0', '"z":0'])
def test_a_member_that_stands_twice_is_found_in_one_pass(last: str) -> None:
    data = ("{" + ",".join(f'"{i:x}":0' for i in range(40_000)) + f",{last}}}").encode()
    with Work() as work:
        if last == '"z":0':
            assert strict_json.loads(data, "it", MalformedError, limit=1 << 20)
        else:
            with pytest.raises(MalformedError, match="stands twice"):
                strict_json.loads(data, "it", MalformedError, limit=1 << 20)
    assert work.pieces < 2_000


@pytest.mark.parametrize("part", [b'a\\"', b'"', b"\\", b'\\"[', b'"\\'])
def test_a_string_that_never_ends_is_read_once(part: bytes) -> None:
    data = b'["' + part * ((1 << 20) // len(part) - 1)
    with Work() as work, pytest.raises(MalformedError):
        strict_json.loads(data, "it", MalformedError, limit=1 << 20)
    assert work.pieces < 2_000


@pytest.mark.parametrize("inside", ["[" * 40, '\\"' + "[" * 40, "]" * 40, "\\\\"])
def test_brackets_in_a_string_are_not_counted(inside: str) -> None:
    assert strict_json.loads(f'["{inside}"]'.encode(), "it", MalformedError, limit=1 << 20)
    with pytest.raises(MalformedError, match="nested deeper"):
        strict_json.loads(f'["{inside}", {"[" * 16}'.encode(), "it", MalformedError, limit=1 << 20)
