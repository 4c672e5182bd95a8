"""The prover's transcript against the verifier's, and what framing is for."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.transcript import BLOCK, Stream, Transcript
from zkcompliance.verify.transcript import Transcript as Other

messages = st.lists(st.tuples(st.text("ab", max_size=3), st.binary(max_size=5)), max_size=5)


@settings(derandomize=True, database=None)
@given(messages)
def test_twins(said: list[tuple[str, bytes]]) -> None:
    mine, theirs = Transcript("d"), Other("d")
    for label, data in said:
        mine.absorb(label, data)
        theirs.absorb(label, data)
    a, b = mine.squeeze("s"), theirs.squeeze("s")
    assert mine.state == theirs.state
    assert [a.base() for _ in range(5)] == [b.field() for _ in range(5)]
    assert a.exts(3) == b.extensions(3)
    assert a.ext_outside_base() == b.outside_field()
    assert a.indices(9, 17) == b.indices(17, 9)


@settings(derandomize=True, database=None, max_examples=300)
@given(messages, messages)
def test_different_messages_different_states(x: list[tuple[str, bytes]], y: list[tuple[str, bytes]]) -> None:
    """[ab][c] is not [a][bc], nor is an empty message none."""
    states = []
    for said in (x, y):
        transcript = Transcript("d")
        for label, data in said:
            transcript.absorb(label, data)
        states.append(transcript.state)
    assert (states[0] == states[1]) == (x == y)


def test_first_bytes() -> None:
    """Every message written out, against hashlib."""
    transcript = Transcript("ab")
    state = sha256(b"\x10zkcompliance transcript v2\x02\0ab").digest()
    assert transcript.state == state
    transcript.absorb("root", b"data")
    state = sha256(b"\x11" + state + b"\x04\0root\x04\0\0\0\0\0\0\0data").digest()
    assert transcript.state == state
    stream = transcript.squeeze("b")
    state = sha256(b"\x12" + state + b"\x01\0b").digest()
    assert transcript.state == state
    words = b"".join(sha256(b"\x13" + state + bytes([j, 0, 0, 0])).digest() for j in range(3))
    drawn = [int.from_bytes(words[i : i + 4], "little") & 0x7FFFFFFF for i in range(0, 96, 4)]
    assert [stream.base() for _ in range(20)] == [w for w in drawn if w < P][:20]


def test_log_and_ratchet() -> None:
    transcript = Transcript("domain")
    transcript.absorb("a", b"x")
    first, second = transcript.squeeze("b"), transcript.squeeze("b")
    assert [label for label, _ in transcript.log] == ["domain", "a", "b", "b"]
    assert first.ext() != second.ext()
    assert Transcript("domain").state != Transcript("domain2").state


def test_sampling_is_uniform_by_rejection(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Stream(bytes(32), BLOCK)
    stream._words = iter([P, 0x7FFFFFFF, 0x80000000 | 5, 2**32 - 1, 7])
    assert [stream.base(), stream.base()] == [5, 7]
    stream._words = iter([1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 3])
    assert stream.ext_outside_base() == (2, 0, 0, 0, 0, 3)
    stream._words = iter([2**32 - 1, 1 << 20])
    assert stream.indices(2, 20) == [(1 << 20) - 1, 0]


def test_chi_square() -> None:
    stream = Stream(b"\1" * 32, BLOCK)
    counts = [0] * 16
    for _ in range(8000):
        counts[stream.base() * 16 // P] += 1
    assert sum((c - 500) ** 2 / 500 for c in counts) < 45  # 15 degrees of freedom, 1 in 10,000
