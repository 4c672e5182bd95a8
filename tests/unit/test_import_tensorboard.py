"""TensorBoard's event files: exact counts, stated roundings, and every byte under a checksum."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kit.command_line import run
from tests.kit.importing import CANARY, DATA, load, raw, refused, survives, write, wrong_option
from tests.kit.logged import castagnoli, event, events, field, framed, scalar, single, tensor, varint
from zkcompliance import importers, limits
from zkcompliance.importers import cumulative
from zkcompliance.importers.crc32c import crc32c
from zkcompliance.log import open_log

(SAMPLE,) = (DATA / "tensorboard").glob("events.out.tfevents.*")
AT = 1_767_571_201.5
TAG = {"flop_tag": "t"}


def made(folder: Path, *values: float, **more: object) -> Path:
    """A file of scalars of the tag t, at steps 1, 2, …"""
    found = (event(AT + n, n + 1, scalar("t", value)) for n, value in enumerate(values))
    return write(folder, events(*found), "events.out.tfevents.1")


def test_the_sample() -> None:
    """Steps 10 to 50: what each tag has, exactly."""
    rows = raw("tensorboard", SAMPLE, tokens_tag="train/tokens", parameters="124e6")
    assert [row["flop"] for row in rows] == [6 * 124_000_000 * 40_960] * 5
    assert {row["method"] for row in rows} == {"architecture"} and {row["run"] for row in rows} == {SAMPLE.name}
    for tag in ("train/tokens", "train/tokens_tensor"):
        assert [row["flop"] for row in raw("tensorboard", SAMPLE, flop_tag=tag)] == [40_960] * 5
    doubles = [row["flop"] for row in raw("tensorboard", SAMPLE, flop_tag="train/tokens_double")]
    assert doubles == [5_242_881, *[5_242_880] * 4]
    assert [row["flop"] for row in raw("tensorboard", SAMPLE, flop_tag="no/steps", order="time")] == [70] * 5
    refused("tensorboard", SAMPLE, "step is there already", flop_tag="no/steps")
    refused("tensorboard", SAMPLE, "is not a whole number", flop_tag="train/loss")
    refused("tensorboard", SAMPLE, "is no scalar", flop_tag="h")
    refused("tensorboard", SAMPLE, "holds no value of train", flop_tag="train")


def test_what_floats_have_rounded() -> None:
    """A float of 24 bits: its largest preimage bounds the truth from above, and itself is within half a unit of it."""
    truth = [s * 6 * 124_000_000 * 4096 for s in range(10, 51, 10)]
    refused("tensorboard", SAMPLE, r"is from 2\^24 on, where the log has rounded it", flop_tag="train/flops")
    for rounded in ("nearest", "up"):
        rows = raw("tensorboard", SAMPLE, flop_tag="train/flops", rounded=rounded)
        totals = [sum(int(row["flop"]) for row in rows[: n + 1]) for n in range(5)]
        for total, exact in zip(totals, truth, strict=True):
            (near,) = struct.unpack("<f", struct.pack("<f", exact))
            ulp = 1 << int(near).bit_length() - 24  # all below 2^53, where a double has them exactly
            assert total == int(near) + (ulp // 2 if rounded == "up" else 0)
            assert rounded == "nearest" or total >= exact


@given(st.integers(0, 2**100))
def test_rounding_by_a_plain_twin(count: int) -> None:
    (near,) = struct.unpack("<f", struct.pack("<f", count))
    up = cumulative.unrounded(near, 24, "up", "x")
    assert up >= count and cumulative.unrounded(near, 24, "nearest", "x") == int(near)
    if near < 1 << 24:
        assert up == count == int(near)
    else:  # the largest is written so, or as near to the next float, and the one behind it is not
        largest = struct.unpack("<f", struct.pack("<f", up))[0]
        behind = struct.unpack("<f", struct.pack("<f", up + (up >> 50) + 1))[0]
        assert largest in (near, _next(near)) and behind == _next(near)


def _next(value: float) -> float:
    """The next larger 32-bit float."""
    (bits,) = struct.unpack("<I", struct.pack("<f", value))
    (found,) = struct.unpack("<f", struct.pack("<I", bits + 1))
    return float(found)


@pytest.mark.parametrize(
    ("value", "bits", "message"),
    [(math.nan, 24, "NaN"), (math.inf, 24, "infinite"), (-1.0, 24, "negative"), (0.5, 24, "not a whole"),
     (2.0**24, 24, "rounded"), (2.0**53, 53, "rounded")],
)  # fmt: skip
def test_numbers_that_are_refused(value: float, bits: int, message: str) -> None:
    with pytest.raises(importers.ImporterError, match=message):
        cumulative.unrounded(value, bits, "refuse", "record 1, value")
    assert cumulative.unrounded(2.0**24 - 1, 24, "refuse", "x") == 2**24 - 1


@given(st.binary(max_size=200))
def test_checksums(data: bytes) -> None:
    assert crc32c(data) == castagnoli(data)


def test_the_known_checksum() -> None:
    """That of RFC 3720, appendix B.4, and of the nine digits."""
    assert (crc32c(b"123456789"), crc32c(bytes(32)), crc32c(b"\xff" * 32)) == (0xE3069283, 0x8A9136AA, 0x62A8AB43)


def test_times_and_intervals(tmp_path: Path) -> None:
    rows = raw("tensorboard", made(tmp_path, 5, 8, 8), **TAG)
    assert [(row["start"], row["end"], row["flop"]) for row in rows] == [
        (1_767_571_200, 1_767_571_202, 5), (1_767_571_201, 1_767_571_203, 3), (1_767_571_202, 1_767_571_204, 0),
    ]  # fmt: skip
    assert [row["flop"] for row in raw("tensorboard", made(tmp_path, 5, 8), **TAG, base="4")] == [1, 3]
    refused("tensorboard", made(tmp_path, 5, 8), "decreases", **TAG, base="6")


def test_resumed_runs(tmp_path: Path) -> None:
    found = [
        event(AT + n, step, scalar("t", value)) for n, (step, value) in enumerate([(1, 5), (2, 9), (2, 8), (3, 9)])
    ]
    path = write(tmp_path, events(*found))
    refused("tensorboard", path, "its step is there already", **TAG)
    assert [row["flop"] for row in raw("tensorboard", path, **TAG, resumed="rewind")] == [5, 4, 3, 1]
    assert [row["flop"] for row in raw("tensorboard", path, **TAG, resumed="restart")] == [5, 4, 8, 1]
    back = write(tmp_path, events(event(AT + 1, 1, scalar("t", 5)), event(AT, 2, scalar("t", 9))))
    refused("tensorboard", back, "time runs backwards", **TAG)


def test_a_file_that_grew(tmp_path: Path) -> None:
    """The second seal takes the increase alone: a record is of what was logged, not of the file's name."""
    assert run("keygen", "lab.example/x", "-o", tmp_path / "key").exit_code == 0
    into = ("--from", "tensorboard", "--set", "flop_tag=t", "--set", "run=r", "--log", tmp_path / "log")
    for name, values, rows in (("a", (5, 8), 2), ("b", (5, 8, 9), 3)):
        (tmp_path / name).mkdir()
        path = made(tmp_path / name, *values)
        done = run("seal", path, *into, "--key", tmp_path / "key")
        assert done.exit_code == 0, done.stderr
        assert sum(segment.rows for segment in open_log(tmp_path / "log").segments) == rows
    changed = run("seal", made(tmp_path, 5, 7, 9), *into, "--key", tmp_path / "key")
    assert "error[changed-since-sealed]" in changed.stderr and "step 2" in changed.stderr


def test_what_is_held_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_IMPORT_IDENTITIES", 2)
    assert len(raw("tensorboard", made(tmp_path, 5, 8), **TAG)) == 2
    refused("tensorboard", made(tmp_path, 5, 8, 9), "over 2 values in one file", **TAG, order="time")
    refused("tensorboard", made(tmp_path, 5, 8, 9), "over 2 values in one file", **TAG)
    monkeypatch.setattr(limits, "MAX_IMPORT_RECORD_BYTES", 20)
    refused("tensorboard", made(tmp_path, 5), "record 1: is longer than 20 bytes", **TAG)


def value_of(*parts: bytes) -> bytes:
    return events(event(AT, 1, b"".join(parts)))


@pytest.mark.parametrize(
    ("data", "amount"),
    [
        (value_of(tensor("t", field(1, 1), single(5, 7.0))), 7),
        (value_of(tensor("t", field(1, 1), field(5, struct.pack("<f", 7)))), 7),
        (value_of(tensor("t", field(1, 1), field(4, struct.pack("<f", 7)))), 7),
        (value_of(tensor("t", field(1, 2), field(4, struct.pack("<d", 2**53 - 1)))), 2**53 - 1),
        (value_of(tensor("t", field(1, 3), field(7, 7))), 7),
        (value_of(tensor("t", field(1, 3), field(4, struct.pack("<i", 7)))), 7),
        (value_of(tensor("t", field(1, 9), field(10, varint(2**62 + 1)))), 2**62 + 1),
        (value_of(tensor("t", field(1, 9), field(4, struct.pack("<q", 2**62 + 1)))), 2**62 + 1),
        (value_of(field(9, b"\x0a\x02hi"), scalar("t", 7)), 7),
    ],
)
def test_forms_of_a_scalar(tmp_path: Path, data: bytes, amount: int) -> None:
    assert [row["flop"] for row in raw("tensorboard", write(tmp_path, data), **TAG)] == [amount]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"x" * 40, "record 1: is damaged, or the file is no event file"),
        (events(version="brain.Event:3"), "record 1: is not the version"),
        (framed(event(AT, 1, scalar("t", 7))), "record 1: is not the version"),
        (events(), "holds no value of t"),
        (events(event(AT, -1, scalar("t", 7))), "record 2, step: is negative"),
        (events(event(math.nan, 1, scalar("t", 7))), "record 2, wall_time: is no time"),
        (events(event(-1.0, 1, scalar("t", 7))), "record 2, wall_time: is no time"),
        (events(event(1e300, 1, scalar("t", 7))), "record 2, wall_time: is no time"),
        (value_of(field(1, "t"), field(4, b"")), "is no scalar"),
        (value_of(scalar("t", 7), field(8, field(1, 1) + single(5, 7.0))), "is no scalar"),
        (value_of(tensor("t", field(1, 7), field(8, CANARY))), "is a tensor of no number"),
        (value_of(tensor("t", field(1, 1))), "of several numbers, or of none"),
        (value_of(tensor("t", field(1, 1), field(5, bytes(8)))), "of several numbers, or of none"),
        (value_of(tensor("t", field(1, 1), field(4, bytes(8)))), "of several numbers, or of none"),
        (value_of(tensor("t", field(1, 9), field(4, bytes(4)))), "of several numbers, or of none"),
        (value_of(tensor("t", field(1, 9), field(10, b"\x01\x02"))), "of several numbers, or of none|damaged"),
        (value_of(tensor("t", field(1, 1), field(10, 7))), "of several numbers, or of none"),
        (value_of(tensor("t", field(1, 9), field(10, -7))), "is negative"),
        (value_of(tensor("t", field(1, 1), field(5, 7))), "of several numbers, or of none"),
        (events(field(1, 5)), "record 2: is damaged: a field is of another kind"),
        (events(b"\x05\x01"), "record 2: is damaged: a field has no number"),
        (events(b"\x0b"), "record 2: is damaged: a field is of no known kind"),
        (events(b"\x0a\x7f"), "record 2: is damaged: a field is longer"),
        (events(b"\x80" * 11), "record 2: is damaged: a number is too long"),
        (events(b"\x80"), "record 2: is damaged: a number is cut"),
    ],
)  # fmt: skip
def test_files_that_are_refused(tmp_path: Path, data: bytes, message: str) -> None:
    refused("tensorboard", write(tmp_path, data), message, **TAG)


def test_every_cut_and_every_damaged_byte(tmp_path: Path) -> None:
    whole = made(tmp_path, 5, 8, 9).read_bytes()
    ends = {
        len(events(*(event(AT + n, n + 1, scalar("t", v)) for n, v in enumerate((5, 8, 9)[:m])))) for m in (1, 2, 3)
    }
    for cut in range(len(whole)):
        path = write(tmp_path, whole[:cut])
        assert survives(lambda path: load("tensorboard", path, **TAG), path) == (cut in ends)
    for place in range(len(whole)):
        bad = bytes([*whole[:place], whole[place] ^ 1, *whole[place + 1 :]])
        assert not survives(lambda path: load("tensorboard", path, **TAG), write(tmp_path, bad))
    cut_short = write(tmp_path, whole[:-3])
    assert "the file ends inside it" in refused("tensorboard", cut_short, "record 4", **TAG)
    assert [row["flop"] for row in raw("tensorboard", cut_short, **TAG, cut="accept")] == [5, 3]


def test_options() -> None:
    for options in (
        {}, {"flop_tag": "t", "tokens_tag": "t", "parameters": "1"}, {"tokens_tag": "t"},
        {"flop_tag": "t", "rounded": "down"}, {"flop_tag": "t", "cut": "yes"}, {"flop_tag": "t", "base": "x"},
        {"flop_tag": "t", "order": "time", "resumed": "rewind"},
    ):  # fmt: skip
        wrong_option("tensorboard", SAMPLE, **options)
