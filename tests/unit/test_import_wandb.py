"""W&B's run files: exact numbers, blocks and checksums, runs that go on or went on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit.command_line import run
from tests.kit.importing import CANARY, DATA, load, raw, refused, survives, write, wrong_option
from tests.kit.logged import END, field, history, run_file, run_record, varint
from zkcompliance import limits, read_rows
from zkcompliance.log import open_log

SAMPLE = DATA / "wandb" / "run-fixture01.wandb"
TOKENS = {"flop_metric": "tokens"}
T = 1_767_571_200


def step(number: int, tokens: str, at: str | None = None, *extra: bytes) -> bytes:
    return history(number, {"loss": "0.5", "tokens": tokens, "_timestamp": at or f"{T + number}.5e0"}, *extra)


def made(folder: Path, *records: bytes, ended: bool = True) -> Path:
    return write(folder, run_file([run_record(), *records, *([END] if ended else [])]), "run-r1.wandb")


def test_the_sample() -> None:
    rows = raw("wandb", SAMPLE, tokens_metric="tokens", parameters="1.3e9")
    assert [row["flop"] for row in rows] == [6 * 1_300_000_000 * 524_288] * 50
    assert {(row["run"], row["method"]) for row in rows} == {("fixture01", "architecture")}
    assert (rows[0]["start"], rows[0]["end"], rows[-1]["end"]) == (1_795_220_820, 1_795_220_821, 1_795_220_821)
    assert {row["run"] for row in raw("wandb", SAMPLE, **TOKENS, run="own")} == {"own"}
    refused("wandb", SAMPLE, "is not a whole number", flop_metric="loss")
    refused("wandb", SAMPLE, "holds no value of token", flop_metric="token")


def test_exact_numbers_and_their_forms(tmp_path: Path) -> None:
    """Whole numbers are as their digits say; names of one or several parts; typed values too."""
    path = made(tmp_path, step(1, str(2**63 - 3)), step(2, str(2**63 - 2)), step(9, str(2**63 - 1)))
    assert [row["flop"] for row in raw("wandb", path, **TOKENS)] == [2**63 - 3, 1, 1]
    assert [row["flop"] for row in raw("wandb", made(tmp_path, step(1, "9e15")), **TOKENS)] == [9 * 10**15]
    nested = field(2, "train") + field(2, "tokens") + field(16, "7")
    keyed = field(1, "keyed") + field(16, "8")
    typed = [
        field(2, "whole") + varint(5 << 3) + varint(18),
        field(2, "real") + field(6, 1e16),
        field(2, "t") + field(7, "x"),
    ]
    path = made(tmp_path, step(1, "5", None, nested, keyed, *typed))
    for name, amount in (("train.tokens", 7), ("keyed", 8), ("whole", 9), ("real", 10**16)):
        assert [row["flop"] for row in raw("wandb", path, flop_metric=name, rounded="nearest")] == [amount]
    refused("wandb", path, "is not a number", flop_metric="t")


def test_what_doubles_have_rounded(tmp_path: Path) -> None:
    """W&B writes whole numbers from 2^63 on as doubles: 10^20 + 1 is 1e+20 there."""
    path = made(tmp_path, step(1, "1e+20"), step(2, "2e+20"))
    refused("wandb", path, r"record 2, step 1, value: is from 2^53 on|is from 2\^53 on", **TOKENS)
    assert [row["flop"] for row in raw("wandb", path, **TOKENS, rounded="nearest")] == [10**20, 10**20]
    up = [row["flop"] for row in raw("wandb", path, **TOKENS, rounded="up")]
    assert up == [10**20 + 2**13, 10**20 + 2**13] and float(10**20 + 2**13) == 1e20 < float(10**20 + 2**13 + 1)
    for value, message in (("1e400", "absurdly|infinite"), ("-1e20", "negative"), ("1.5", "not a whole number")):
        refused("wandb", made(tmp_path, step(1, value)), message, **TOKENS, rounded="up")


def test_times_steps_and_base(tmp_path: Path) -> None:
    path = made(tmp_path, step(0, "5"), history(1, {"loss": "1"}), step(3, "8"))
    rows = raw("wandb", path, **TOKENS)
    assert [(row["start"], row["end"], row["flop"]) for row in rows] == [(T, T + 1, 5), (T, T + 4, 3)]
    assert [row["flop"] for row in raw("wandb", path, **TOKENS, base="2")] == [3, 3]
    for extra in (field(14, 7), field(18, 1), field(22, 1)):
        on = write(tmp_path, run_file([run_record(extra=extra), step(7, "9"), END]))
        refused("wandb", on, "goes on from an earlier one", **TOKENS)
        assert [row["flop"] for row in raw("wandb", on, **TOKENS, base="4")] == [5]
    again = made(tmp_path, step(1, "5"), step(2, "9"), step(2, "8", f"{T + 3}"))
    refused("wandb", again, "step 2: its step is there already", **TOKENS)
    assert [row["flop"] for row in raw("wandb", again, **TOKENS, resumed="rewind")] == [5, 4, 3]


def test_a_run_that_goes_on_or_was_killed(tmp_path: Path) -> None:
    path = made(tmp_path, step(1, "5"), step(2, "9"), ended=False)
    refused("wandb", path, "has no record of the run's end", **TOKENS)
    assert len(raw("wandb", path, **TOKENS, running="accept")) == 2
    cut = write(tmp_path, path.read_bytes()[:-3])
    refused("wandb", cut, "record 3: the file ends inside it", **TOKENS)
    assert len(raw("wandb", cut, **TOKENS, running="accept")) == 1


def test_records_over_several_blocks(tmp_path: Path) -> None:
    """A record of any length; and one of which no piece fits into what is left of a block."""
    for size in (32_600, 32_700, *range(32_560, 32_580), 70_000):
        path = made(tmp_path, field(4, bytes(size)), step(1, "5"), step(2, "9"))
        assert [row["flop"] for row in raw("wandb", path, **TOKENS)] == [5, 4]


def test_what_is_held_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_IMPORT_RECORD_BYTES", 66_000)
    assert len(raw("wandb", made(tmp_path, field(4, bytes(65_000)), step(1, "5")), **TOKENS)) == 1
    refused("wandb", made(tmp_path, field(4, bytes(70_000)), step(1, "5")), "record 2: is longer than 66000", **TOKENS)


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ([step(1, "5"), END], "no run before its history"),
        ([], "no run before its history"),
        ([run_record(identity=""), END], "the run has no id or no start"),
        ([run_record(seconds=-5), step(1, "5"), END], "start_time: is no time"),
        ([run_record(nanoseconds=10**9), step(1, "5"), END], "start_time: is no time"),
        ([run_record(), END], "holds no value of tokens"),
        ([run_record(), step(1, '"NaN"'), END], "record 2, step 1: |is not a number"),
        ([run_record(), step(1, "NaN"), END], "is NaN"),
        ([run_record(), step(1, "-5"), END], "is negative"),
        ([run_record(), step(1, "5.5"), END], "is not a whole number"),
        ([run_record(), step(1, CANARY), END], "a value is not JSON"),
        ([run_record(), step(-1, "5"), END], "step: is negative"),
        ([run_record(), step(1, "5", '"x"'), END], "_timestamp: is not a number"),
        ([run_record(), history(1, {"tokens": "5"}), END], "_timestamp: is not a number"),
        ([run_record(), step(1, "5", None, field(2, "tokens") + field(16, "6")), END], "has the metric twice"),
        ([run_record(), step(1, "5"), step(2, "4"), END], "decreases"),
        ([run_record(), b"\x0b", END], "of no known kind"),
    ],
)
def test_files_that_are_refused(tmp_path: Path, records: list[bytes], message: str) -> None:
    refused("wandb", write(tmp_path, run_file(records), "run.wandb"), message, **TOKENS)


def test_every_cut_and_every_damaged_byte(tmp_path: Path) -> None:
    whole = made(tmp_path, step(1, "5"), step(2, "9")).read_bytes()
    for cut in range(len(whole)):
        assert not survives(lambda path: load("wandb", path, **TOKENS), write(tmp_path, whole[:cut]))
    for place in range(len(whole)):
        bad = bytes([*whole[:place], whole[place] ^ 1, *whole[place + 1 :]])
        assert not survives(lambda path: load("wandb", path, **TOKENS), write(tmp_path, bad))


def test_pieces_out_of_order(tmp_path: Path) -> None:
    data = run_file([run_record(), field(4, bytes(70_000)), step(1, "5"), END])
    for first, second in ((0, 32768), (32768, 65536)):  # a block left out, so that a middle or a last one comes first
        refused(
            "wandb",
            write(tmp_path, data[:first] + data[second:]),
            "out of order|is no W&B run file|a field is longer than its message",
            **TOKENS,
        )
    inner = data[:32768] + run_file([step(1, "5")])[7:]
    refused("wandb", write(tmp_path, inner), "out of order", **TOKENS)


def test_options() -> None:
    for options in ({}, {"tokens_metric": "tokens"}, {"flop_metric": "tokens", "running": "yes"}):
        wrong_option("wandb", SAMPLE, **options)


def test_a_run_that_was_copied_twice(tmp_path: Path) -> None:
    """A copy of a run that goes on, and one of its end: the increase alone is sealed. The ending names the format."""
    assert run("keygen", "lab.example/x", "-o", tmp_path / "key").exit_code == 0
    into = ("--set", "flop_metric=tokens", "--log", tmp_path / "log", "--key", tmp_path / "key")
    first = made(tmp_path, step(1, "5"), step(2, "9"), ended=False)
    assert run("seal", first, *into, "--set", "running=accept").exit_code == 0
    done = run("seal", made(tmp_path, step(1, "5"), step(2, "9"), step(3, "11")), *into)
    assert done.exit_code == 0, done.stderr
    assert [segment.rows for segment in open_log(tmp_path / "log").segments] == [2, 1]
    other = write(tmp_path, run_file([run_record(extra=field(3, "other")), step(1, "5"), END]), "other.wandb")
    assert run("seal", other, *into).exit_code == 0  # the same id in another project is another run


def test_offline_a_run_that_goes_on_counts_its_steps_anew(tmp_path: Path) -> None:
    """W&B does not know offline that it goes on: another file of the same id, from step 0. With `base`: other rows."""
    assert run("keygen", "lab.example/x", "-o", tmp_path / "key").exit_code == 0
    into = ("--set", "flop_metric=tokens", "--log", tmp_path / "log", "--key", tmp_path / "key", "--from", "wandb")
    assert run("seal", made(tmp_path, step(0, "5"), step(1, "9")), *into).exit_code == 0
    goes_on = [run_record(seconds=T + 9), step(0, "11", f"{T + 10}"), step(1, "12", f"{T + 11}"), END]
    on = write(tmp_path, run_file(goes_on), "on.wandb")
    assert run("seal", on, *into, "--set", "base=9").exit_code == 0
    again = run("seal", on, *into, "--set", "base=9")
    assert "already-sealed" in again.stderr
    assert [row["flop"] for row in read_rows(tmp_path / "log")] == [5, 4, 2, 1]
