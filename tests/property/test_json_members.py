"""The fast reading of chosen members against the plain one, on documents that are sound, damaged or odd."""

from __future__ import annotations

import io
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from zkcompliance import limits
from zkcompliance.errors import ImporterError
from zkcompliance.importers.json_members import chosen, depth
from zkcompliance.importers.json_stream import JsonStream, nesting

WANTED = frozenset({"a", "b"})
SAMPLES = [
    b'{"a": 1, "x": [1, {"y": "]}\\"["}], "b": {"c": 2.50, "d": NaN}}', b"{}", b' {"b":null}\n', b'{"a":1,"a":2}',
    b'{"x":1,"x":2}', b'{"a":{"c":1,"c":2}}', b'{"x":{"c":1,"c":2}}', b'{"a":1}{}', b'{"a":1,}', b'{"a" 1}', b"[]", b"",
    b'{"a":01}', b'{"x":01}', b'{"a":"\xff"}', b'{"x":"\xff","a":1}', b'{"a":-Infinity}', b'{"a":1e999999}',
    b'{"x":1e999999,"a":2}', b'{"a":"\x01"}', b'{"x":"\x01","b":1}', b'{"\\u0061":1}', b'{1:2}', b'{"a":1 "b":2}',
    b'{"x":' + b"[" * 127 + b"]" * 127 + b',"a":1}', b'{"x":' + b"[" * 128 + b"]" * 128 + b',"a":1}',
    b'{"a":' + b"[" * 127 + b"]" * 127 + b"}", b'{"x":' + b"1" * 5000 + b',"a":1}',
    b'{"x":[1}],"a":1}', b'{"x":[],"a":1',
]  # fmt: skip


def plain(data: bytes) -> dict[str, object] | None:
    """As the stream reads it; None where it refuses."""
    stream = JsonStream(io.BytesIO(data))
    try:
        found = {name: stream.value() for name in stream.members() if name in WANTED}
        stream.finish()
    except ImporterError:
        return None
    return found


def agree(data: bytes) -> None:
    """Whatever the fast way takes, the plain way takes alike."""
    found = chosen(data, WANTED)
    if found is not None:
        assert repr(found) == repr(plain(data))


def test_odd_documents() -> None:
    for sample in SAMPLES:
        agree(sample)
    for sound in (SAMPLES[0], SAMPLES[2]):
        assert chosen(sound, WANTED) is not None  # the fast way is taken at all


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(SAMPLES), st.randoms(use_true_random=False))
def test_damaged_documents(sample: bytes, chance: random.Random) -> None:
    damaged = bytearray(sample)
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(damaged) + 1)
        damaged[at : at + chance.randrange(2)] = chance.choice(
            [b"", b'"', b"[", b"}", b",", b"\\", b":", b"\xc3", b"0", b"{"]
        )
    agree(bytes(damaged))


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='[]{}",\\a1 ', max_size=60))
def test_nesting(text: str) -> None:
    value = b'{"x":' + repr(text).encode() + b"}" if '"' in text else f'{{"x": "{text}"}}'.encode()
    if chosen(value, WANTED) is not None:
        assert depth(value) == nesting(value)
        assert depth(value) <= limits.MAX_IMPORT_DEPTH
