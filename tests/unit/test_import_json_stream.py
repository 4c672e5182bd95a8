"""The pull parser against the standard library, at every block boundary, and its limits at the limit and one past."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkcompliance import limits
from zkcompliance.errors import ImporterError
from zkcompliance.importers import exact, grades, json_stream, settings
from zkcompliance.importers.json_stream import JsonStream

documents = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


class Drip:
    """A source that gives a few bytes at a time."""

    def __init__(self, data: bytes, size: int) -> None:
        self._file, self._size = io.BytesIO(data), size

    def read(self, size: int, /) -> bytes:
        return self._file.read(min(size, self._size))


def plain(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, list):
        return [plain(item) for item in value]
    return {name: plain(item) for name, item in value.items()} if isinstance(value, dict) else value


@given(documents, st.integers(1, 9), st.booleans())
def test_values_and_skips(document: object, size: int, ascii_only: bool) -> None:
    data = json.dumps(document, ensure_ascii=ascii_only, indent=1).encode("utf-8", "surrogatepass")
    stream = JsonStream(Drip(data, size))
    try:
        data.decode()
    except UnicodeDecodeError:
        with pytest.raises(ImporterError, match="is not UTF-8"):
            stream.value()
        return
    assert plain(stream.value()) == document
    stream.finish()
    stream = JsonStream(Drip(b"[" + data + b", 7, " + data + b"]", size))
    found = [stream.value() for position in stream.items() if position == 1]
    stream.finish()
    assert found == [7]


@given(documents, st.integers(0, 200), st.integers(1, 9))
def test_every_cut_is_refused(document: object, cut: int, size: int) -> None:
    data = json.dumps([document]).encode()
    for reading in (JsonStream.value, JsonStream.skip):
        stream = JsonStream(Drip(data[: min(cut, len(data) - 1)], size))
        with pytest.raises(ImporterError):
            reading(stream)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[1,]", '{"a":1,}', '{"a" 1}', '["a', "[1}", '{"a":1,"a":2}', "nul", "[01]", '"\\', '{"a":[}', "{a:1}",
     "\ufeff{}", "+1", "1.", "'a'", "[1 2]", '["\t"]', '"\\x"'],
)  # fmt: skip
def test_texts_that_are_not_json(text: str) -> None:
    with pytest.raises(ImporterError, match=r"^byte \d+: "):
        JsonStream(io.BytesIO(text.encode())).value()


def test_depth() -> None:
    for reading in (JsonStream.value, JsonStream.skip):
        for deep, fits in ((limits.MAX_IMPORT_DEPTH, True), (limits.MAX_IMPORT_DEPTH + 1, False)):
            data = b"[" * deep + b"]" * deep
            if fits:
                reading(JsonStream(io.BytesIO(data)))
                json_stream.decode(data)
                continue
            with pytest.raises(ImporterError, match="nested too deeply"):
                reading(JsonStream(io.BytesIO(data)))
            with pytest.raises(ImporterError, match="nested too deeply"):
                json_stream.decode(data)


def test_numbers() -> None:
    assert json_stream.decode(b"[1e400, -0, 184496947200.0, 1.50]") == [
        Decimal("1e400"), 0, Decimal("184496947200.0"), Decimal("1.50")
    ]  # fmt: skip
    for text in (b"1e401", b"1e-401", b"9" * 155, b"0." + b"1" * 154):
        with pytest.raises(ImporterError, match="absurdly"):
            json_stream.decode(text)
    assert json_stream.decode(b"9" * 154) == 10**154 - 1
    assert exact.whole(Decimal("1.8e11"), "x") == 180_000_000_000
    assert exact.number(Decimal("0.1"), "x") == Fraction(1, 10)
    assert exact.signed(Decimal("-0.1"), "x") == Fraction(-1, 10)
    worths = grades.Grades.of({}, {})
    assert [round(worths.worth(Decimal(text), "x") * 10**6) for text in ("0.0000005", "0.0000015", "1")] == [
        0, 2, 10**6
    ]  # fmt: skip


def test_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_IMPORT_VALUE_BYTES", 10)
    assert JsonStream(io.BytesIO(b'"12345678"')).value() == "12345678"
    for text in (b'"123456789"', b"[1, 2, 3, 4]", b"12345678901"):
        with pytest.raises(ImporterError, match="a value is too long"):
            JsonStream(io.BytesIO(text)).value()
        JsonStream(io.BytesIO(text[:10] if text[:1] == b"1" else text)).skip()
    monkeypatch.setattr(limits, "MAX_IMPORT_IDENTITIES", 2)
    seen = exact.Seen()
    assert (seen.add(1), seen.add(1), seen.add("1"), len(seen)) == (True, False, True, 2)
    with pytest.raises(ImporterError, match="split it"):
        seen.add(3)
    assert [number for number, _ in settings.lines(io.BytesIO(b"ab\r\ncd\n"), 2)] == [1, 2]
    with pytest.raises(ImporterError, match="line 2: is longer than 2 bytes"):
        list(settings.lines(io.BytesIO(b"ab\ncde\n"), 2))
    with pytest.raises(ImporterError, match="line 2: has no line end"):
        list(settings.lines(io.BytesIO(b"ab\ncd"), 2))
