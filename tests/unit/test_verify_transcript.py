"""The verifier's transcript: known answers by hand, injective framing, rejection sampling."""

from __future__ import annotations

import hashlib
import struct
from itertools import product

import pytest

from zkcompliance.verify.field import P
from zkcompliance.verify.statement import Entry
from zkcompliance.verify.transcript import Stream, Transcript


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def test_known_answer() -> None:
    state = sha(b"\x10zkcompliance transcript v2" + b"\x03\x00abc")
    t = Transcript("abc")
    assert t.state == state
    t.absorb("root", b"\x05" * 3)
    state = sha(b"\x11" + state + b"\x04\x00root" + b"\x03" + b"\x00" * 7 + b"\x05" * 3)
    assert t.state == state
    stream = t.squeeze("x")
    state = sha(b"\x12" + state + b"\x01\x00x")
    assert t.state == state
    words: list[int] = []
    for j in range(3):
        words += struct.unpack("<8I", sha(b"\x13" + state + struct.pack("<I", j)))
    fields = [w & 0x7FFFFFFF for w in words if w & 0x7FFFFFFF < P]
    assert [stream.field() for _ in range(len(fields))] == fields
    assert t.squeeze("x").indices(5, 24) != [w & 31 for w in words]  # a second squeeze is another stream


def test_extensions_and_indices_use_one_stream() -> None:
    t = Transcript("d")
    state = sha(b"\x12" + t.state + b"\x01\x00q")
    words = [w for j in range(40) for w in struct.unpack("<8I", sha(b"\x13" + state + struct.pack("<I", j)))]
    assert Stream(state).indices(32, 20) == words[:20]
    assert Stream(state).indices(19, 20) == [w & (1 << 19) - 1 for w in words[:20]]
    flat = [w & 0x7FFFFFFF for w in words if w & 0x7FFFFFFF < P]
    pairs = Stream(state).extensions(4)
    assert [c for e in pairs for c in e] == flat[:24]


class Fixed(Stream):
    def __init__(self, words: list[int]) -> None:
        self._words = iter(words)


def test_rejection() -> None:
    assert Fixed([P, 0x7FFFFFFF, 0xFFFFFFFF, P - 1]).field() == P - 1
    assert Fixed([0x80000000 | 5]).field() == 5  # the top bit is dropped, not rejected
    assert Fixed([9, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6]).outside_field() == (1, 2, 3, 4, 5, 6)
    assert Fixed([9, 0, 0, 0, 0, 1]).outside_field() == (9, 0, 0, 0, 0, 1)


def test_framing_is_injective() -> None:
    """No two sequences of messages lead to one state, whatever is moved between label and data, or left out."""
    pieces = [("a", b"b"), ("ab", b""), ("", b"ab"), ("a", b""), ("", b"")]
    seen: dict[bytes, object] = {}
    for length in range(4):
        for sequence in product(pieces, repeat=length):
            t = Transcript("t")
            for label, data in sequence:
                t.absorb(label, data)
            assert t.state not in seen
            seen[t.state] = sequence
    t = Transcript("t")
    t.squeeze("a")
    assert t.state not in seen


@pytest.mark.parametrize("domain", ["", "zkcompliance/stark/v1", "zkcompliance/stark/v2"])
def test_domains_differ(domain: str) -> None:
    assert Transcript(domain).state != Transcript(domain + "x").state


def test_tag_challenge() -> None:
    """z0 and the λ_c, one for each column, straight from SHA-256 of header and root."""
    for w in (1, 7, 1024):
        root = bytes(range(32))
        header = b"zkcs\x02\x00\x01" + bytes(32) + struct.pack("<HBB", w, 3, 13)
        entry = Entry(1, bytes(32), w, 3, 13, root, (0,) * 6)
        assert entry.header() == header and entry.encode() == header + root + bytes(24 + 40 + 32)
        state = sha(b"\x15" + header + root)
        blocks = (sha(b"\x16" + state + struct.pack("<I", j)) for j in range(6 * w + 100))
        words = (x & 0x7FFFFFFF for block in blocks for x in struct.unpack("<8I", block))
        flat = [x for x in words if x < P]
        z0, ratios = entry.tag_challenge()
        assert z0 == tuple(flat[:6])
        assert [x for ratio in ratios for x in ratio] == flat[6 : 6 + 6 * w]
