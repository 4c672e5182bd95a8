"""What a value may be, wherever it comes in: units of shares, forms of times, numbers, names; what is refused, and why.

The same cells go through every door: a row of Python, CSV, JSON Lines, Arrow, a data frame, a parameter, a policy.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zkcompliance as zk
from tests.kit import policies as kit
from zkcompliance import importers, schemas
from zkcompliance import quantities as q
from zkcompliance.card import catalogue as cards
from zkcompliance.claim import catalogue
from zkcompliance.errors import (
    ImporterError,
    MalformedPolicy,
    SchemaError,
    UsageError,
)
from zkcompliance.log import intake
from zkcompliance.schemas import Column, Schema

OWN = Schema(
    "own",
    (
        Column("score", "ppm"), Column("at", "time", default=0), Column("n", "flop", default=0),
        Column("name", "id", default=""), Column("ok", "bool", default=False),
        Column("until", "time", default=schemas.LARGEST["time"], deadline=True),
    ),
)  # fmt: skip
T = 1_767_571_200  # 2026-01-05T00:00:00Z
ROW: dict[str, object] = {"score": "80%", "at": T}
SCORE_LIMIT = next(p for p in catalogue.load("eval-score-under").params if p.name == "limit")
AS_OF = next(p for p in catalogue.load("incidents-reported-in-time").params if p.kind == "Time")
FLOP_LIMIT = next(p for p in catalogue.load("training-compute-below").params if p.name == "limit")


def sealed(column: str, value: object, **how: Any) -> object:
    """The value of one cell as it is encoded."""
    (row,) = schemas.decode_rows(OWN, schemas.encode_rows(OWN, [{**ROW, column: value}], **how))
    return row[column]


def refusal(column: str, value: object, **how: Any) -> str:
    with pytest.raises(SchemaError) as caught:
        sealed(column, value, **how)
    assert caught.value.message.startswith(f"row 1, column {column}: ")
    return caught.value.message


def from_file(tmp_path: Path, name: str, text: str, **how: Any) -> list[dict[str, Any]]:
    (tmp_path / name).write_text(text, encoding="utf-8")
    chunks = importers.encode(importers.guess(name), tmp_path / name, OWN, **how)
    return [row for chunk in chunks for row in schemas.decode_rows(OWN, chunk)]


# Shares


SHARES = [
    ("80%", 800_000), ("12.5 %", 125_000), ("0.8", 800_000), ("0.1", 100_000), ("1.0", 10**6),
    ("800000 ppm", 800_000),
    ("0", 0), ("0.0", 0), ("0%", 0), ("1e-05", 10), ("100%", 10**6), (Decimal("0.8"), 800_000),
    (Decimal("1.0"), 10**6),
    (0, 0),
]  # fmt: skip
NO_SHARES = [
    "1", "80", "300000", "1e0", "01%", "1_0%", " 1%", "1% ", "1%\n", "-0", "-0.5", "+1%", ".5", "1.", "1e2%", "101%",
    "1.0000001", "٣%", "nan", "inf", "0x1", "%", "ppm", "1,5%", "1000001 ppm", "0.5  %", Decimal(1), Decimal("NaN"),
    Decimal("-0.0"), 1, 80, 800_000, -1, True, np.bool_(True), 0.8, 1.0, np.float64(0.8), np.int64(1), Fraction(1, 2),
    b"80%", [], {},
]  # fmt: skip


@pytest.mark.parametrize(("value", "ppm"), SHARES)
def test_a_share_is_taken_with_its_unit(value: object, ppm: int) -> None:
    assert sealed("score", value) == SCORE_LIMIT.parse(value) == ppm


@pytest.mark.parametrize("value", NO_SHARES, ids=repr)
def test_a_share_without_a_unit_is_refused_at_every_door(tmp_path: Path, value: object) -> None:
    said = refusal("score", value)
    with pytest.raises(UsageError, match="limit"):
        SCORE_LIMIT.parse(value)
    if isinstance(value, (str, int)) and not isinstance(value, bool):
        cell = json.dumps(value)
        with pytest.raises(ImporterError, match="row 1, column score"):
            from_file(tmp_path, "in.csv", f"score\n{json.dumps(value) if isinstance(value, str) else value}\n")
        with pytest.raises(ImporterError, match="row 1, column score"):
            from_file(tmp_path, "in.jsonl", f'{{"score": {cell}}}\n')
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        assert "has no unit" in said and "80%" in said and "ppm" in said


def test_a_json_number_is_its_digits(tmp_path: Path) -> None:
    text = "".join(f'{{"score": {number}}}\n' for number in ("1.0", "0.1", "0.8", "0", "0.0", "1e-6", "0.30", "2.5e-1"))
    assert [row["score"] for row in from_file(tmp_path, "in.jsonl", text)] == [
        10**6, 100_000, 800_000, 0, 0, 1, 300_000, 250_000,
    ]  # fmt: skip
    for wrong in ("1", "1e0", "-0.0", "-0", "1.0000001", "true", '"1"', "[0.5]", "NaN", "Infinity"):
        with pytest.raises(ImporterError):
            from_file(tmp_path, "in.jsonl", f'{{"score": {wrong}}}\n')


def test_rows_are_rounded_half_to_even_and_limits_are_not() -> None:
    for text, ppm in (("0.0000005", 0), ("0.0000015", 2), ("0.00005%", 0), ("0.3333333333333333", 333_333)):
        assert sealed("score", text) == ppm
        with pytest.raises(UsageError, match="finer than a part per million"):
            SCORE_LIMIT.parse(text)


@pytest.mark.parametrize(
    ("unit", "values", "ppm"),
    [
        ("percent", [80, 100, 0], [800_000, 10**6, 0]),
        ("ppm", [80, 10**6, 0], [80, 10**6, 0]),
        ("fraction", [1, 0, 1], [10**6, 0, 10**6]),
        ("fraction", [0.1, 1.0, 1 / 3], [100_000, 10**6, 333_333]),
        ("percent", [12.5, 100.0, 1e-4], [125_000, 10**6, 1]),
        ("percent", ["80%", "0.5", "7 ppm"], [800_000, 5000, 7]),
    ],
)
def test_a_column_states_its_unit_once(tmp_path: Path, unit: str, values: list[Any], ppm: list[int]) -> None:
    how: dict[str, Any] = {"units": {"score": unit}}
    forms: list[Any] = [[{"score": value} for value in values], {"score": values}]
    if not isinstance(values[0], str):
        forms += [{"score": np.array(values)}, np.array([(v,) for v in values], dtype=[("score", type(values[0]))])]
    for data in forms:
        (limbs,) = intake.chunks(OWN, data, **how)
        assert [row["score"] for row in schemas.decode_rows(OWN, limbs)] == ppm
    text = "".join(json.dumps({"score": value}) + "\n" for value in values)
    assert [row["score"] for row in from_file(tmp_path, "in.jsonl", text, **how)] == ppm


def test_narrow_floats_go_by_their_own_shortest_decimal() -> None:
    for kind in (np.float32, np.float16):
        (limbs,) = intake.chunks(OWN, {"score": np.array([0.1, 0.5], kind)}, units={"score": "fraction"})
        assert [row["score"] for row in schemas.decode_rows(OWN, limbs)] == [100_000, 500_000]


def test_arrow_and_frames_state_a_unit(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    for kind, values in ((pa.float64(), [0.1, 1.0]), (pa.float32(), [0.1, 1.0]), (pa.decimal128(9, 3), None)):
        cells = pa.array([Decimal("0.100"), Decimal("1.000")] if values is None else values, kind)
        parquet.write_table(pa.table({"score": cells}), tmp_path / "in.parquet")
        reading = importers.encode(
            importers.by_name("arrow"), tmp_path / "in.parquet", OWN, units={"score": "fraction"}
        )
        assert [row["score"] for row in schemas.decode_rows(OWN, next(reading))] == [100_000, 10**6]
        (limbs,) = intake.chunks(OWN, pa.table({"score": cells}), units={"score": "fraction"})
        assert [row["score"] for row in schemas.decode_rows(OWN, limbs)] == [100_000, 10**6]
        if values is not None:
            with pytest.raises(ImporterError, match="states no unit") as caught:
                list(importers.encode(importers.by_name("arrow"), tmp_path / "in.parquet", OWN))
            assert "--unit score=fraction" in caught.value.help


def test_units_that_are_none() -> None:
    for units in ({"at": "ppm"}, {"nothing": "ppm"}, {"score": "percents"}, {"score": ""}):
        with pytest.raises(UsageError):
            schemas.encode_rows(OWN, [ROW], units=units)
    for value in (float("nan"), float("inf"), -0.5, 1.5, True):
        refusal("score", value, units={"score": "fraction"})


def test_shares_of_policies() -> None:
    def bound(text: str) -> Any:
        more = f"params.at_least = {text}\nparams.at_most = '100%'"
        made = kit.text(
            more=f'[[requirements]]\nname = "band"\nsays = "in a band"\nclaim = "compute-band@2"\ncard = "{BAND}"\n'
            f'logs.compute = "compute"\nparams.limit = "1e25"\nparams.phases = "pretraining"\n{more}\n'
            'params.model = { free = true }\nparams.before = 0\nparams.outside = "100%"\n'
        )
        return (
            next(r for r in kit.parse_policy(made.encode()).requirements if r.name == "band").params["at_least"].exact
        )

    BAND = cards.load("compute-band").digest.hex()
    for text, ppm in (
        ('"30%"', 300_000),
        ('"0.3"', 300_000),
        ("0.3", 300_000),
        ("1.0", 10**6),
        ('"7 ppm"', 7),
        ("0.000001", 1),
    ):
        assert bound(text) == ppm
    for text in ("1", "300000", '"300000"', '"1"', "1_0.0", "-0.0", "0.00000001", '" 30%"', "nan", "true", "1e0"):
        with pytest.raises(MalformedPolicy, match="at_least"):
            bound(text)


# Times


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2026-01-05T00:00:00Z", T), ("2026-01-05T14:00:00+14:00", T), ("2026-01-04T12:00:00-12:00", T), (T, T),
        (str(T), T), (q.FIRST, q.FIRST), (q.LAST, q.LAST), (datetime(2026, 1, 5, tzinfo=UTC), T),
    ],
)  # fmt: skip
def test_times_that_are_taken(value: object, seconds: int) -> None:
    assert sealed("at", value) == seconds == AS_OF.parse(value)


NO_TIMES = [
    ("20260101", "without hyphens"), (20260101, "without hyphens"), (T * 1000, "milliseconds"),
    (str(T * 1000), "milliseconds"), (T * 10**6, "microseconds"), (T * 10**9, "nanoseconds"),
    (q.FIRST - 1, "digit is missing"),
    (str(q.FIRST - 1), "before 2001-09-09"), (T * 10, "digit too many"), ("2100-01-01T00:00:01Z", "after 2100"),
    ("9999-12-31T23:59:59Z", "after 2100"), (datetime(2100, 1, 2, tzinfo=UTC), "after 2100"),
    (q.LAST + 1, "2100"), (1, "2001"), ("2026-W01-1", "week date"), ("2026W011", "week date"), ("2026-001",
    "ordinal"),
    ("2026-01-05T00:00:00.5Z", "fraction"), ("2026-01-05T00:00:00,5Z", "fraction"), ("2026-01-05T00:00:00\0Z",
    "control"),
    ("2026-01-05t00:00:00Z", "small t or z"), ("2026-01-05T00:00:00z", "small t or z"),
    ("2026-01-05T24:00:00Z", "24"),
    ("2016-12-31T23:59:60Z", "leap second"), ("2026-01-05T00:00:00+14:01", "14 hours"),
    ("2026-01-05T00:00:00+15:00", "14 hours"), ("2026-01-05T00:00:00+00", r"\+HH:MM"),
    ("2026-01-05T00:00:00+0000", r"\+HH:MM"), ("2026-01-05T00:00:00-00:00", "zone"), ("2026-01-05T00:00:00", "zone"),
    ("2026-01-05T00:00Z", "seconds"), ("2026-01-05 00:00:00Z", "space"), (" 2026-01-05T00:00:00Z", "space around"),
    ("2026-01-05T00:00:00Z\n", "control"), (f"0{T}", "begins with 0"), (f"-{T}", "minus"), (f"+{T}", "no time"),
    (f"{T}.0", "fraction"), ("1_767_571_200", "no time"), ("١٧٦٧٥٧١٢٠٠", "no time"), ("2026-02-30T00:00:00Z",
    "exist"),
    ("2026-01-05T25:00:00Z", "exist"), ("1969-12-31T23:59:59Z", "before 1970"), ("1970-01-01T00:00:00Z", "clock"),
    ("0001-01-01T00:00:00+14:00", "before 1970"), (float(T), "point or an exponent"), (True, "truth value"),
    (-5, "negative"),
    (Decimal(T), "Decimal"), (date(2026, 1, 5), "date"), (timedelta(1), "timedelta"), (datetime(2026, 1, 5), "zone"),
    (datetime(2026, 1, 5, microsecond=1, tzinfo=UTC), "whole second"), ("9" * 5000, "seconds since 1970"),
    ("x" * 10**6, "no time"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "why"), NO_TIMES, ids=lambda each: repr(each)[:30])
def test_times_that_are_refused_with_the_likely_cause(value: object, why: str) -> None:
    said = refusal("at", value)
    with pytest.raises(SchemaError, match=why):
        sealed("at", value)
    assert not isinstance(value, str) or len(value) < 4 or value not in said
    if value != "1970-01-01T00:00:00Z":
        with pytest.raises(UsageError):
            AS_OF.parse(value)


def test_a_bare_date_is_a_parameter_and_no_row() -> None:
    assert AS_OF.parse("2026-01-05") == q.parse_time("2026-01-05") == T
    assert "date without a time" in refusal("at", "2026-01-05")


def test_times_of_typed_columns() -> None:
    for good in (np.array([T], "datetime64[s]"), np.array([T * 1000], "datetime64[ms]"), np.array([T], np.int64)):
        (limbs,) = intake.chunks(OWN, {"score": ["1%"], "at": good})
        assert schemas.decode_rows(OWN, limbs)[0]["at"] == T
    for column, bad in (
        ("at", np.array(["2026-01-05"], "datetime64[D]")), ("at", np.array([0], "datetime64[s]")),
        ("at", np.array([-1], "datetime64[s]")), ("at", np.array([T * 1000 + 1], "datetime64[ms]")),
        ("at", np.array([T * 1000])), ("at", np.array([5], "timedelta64[s]")), ("n", np.array([T], "datetime64[s]")),
        ("n", np.array([5], "timedelta64[ns]")), ("n", np.array([True])), ("at", np.array([float(T)])),
    ):  # fmt: skip
        with pytest.raises(SchemaError, match=f"row 1, column {column}: "):
            list(intake.chunks(OWN, {"score": ["1%"], column: bad}))


def test_a_row_of_the_future_is_refused_but_for_deadlines(tmp_path: Path) -> None:
    day = 86400
    assert sealed("at", T + day, now=T) == T + day
    assert "in the future" in refusal("at", T + day + 1, now=T)
    assert sealed("until", T + 9999 * day, now=T) == T + 9999 * day
    assert sealed("until", "2100-01-01T00:00:00Z", now=T) == q.LAST
    with pytest.raises(ImporterError, match=r"in\.csv: row 2, column at: lies over a day in the future"):
        from_file(tmp_path, "in.csv", f"score,at\n1%,{T}\n1%,{T + day + 1}\n", now=T)
    zk.keygen(tmp_path / "k", "lab.example/x")
    with zk.open_log(tmp_path / "log", key=tmp_path / "k", schema=OWN, clock=lambda: float(T)) as log:
        whole = {"score": "1%", "n": 1, "name": "x", "ok": True, "until": T}
        log.append({**whole, "at": T + day})
        with pytest.raises(SchemaError, match="column at: lies over a day in the future"):
            log.append({**whole, "at": T + day + 1})
        assert log.pending_rows == 1
    deadlines = [(s.name, c.name) for s in schemas.CATALOGUE for c in s.columns if c.deadline]
    assert deadlines == [("chip", "until"), ("audit", "valid_until")]


def test_a_deadline_has_an_end_however_it_comes(tmp_path: Path) -> None:
    """One bound for texts, datetimes, typed columns and importers' seconds; a missing end stays what it is."""
    far = "9999-12-31T23:59:59Z"
    for late in (far, "2100-01-01T00:00:01Z", datetime(2999, 1, 1, tzinfo=UTC)):
        assert "2100" in refusal("until", late, now=T)
    for late in (np.array([q.LAST + 1], "datetime64[s]"), np.array([q.LAST + 1], np.int64)):
        with pytest.raises(SchemaError, match=r"row 1, column until: .*2100"):
            list(intake.chunks(OWN, {"score": ["1%"], "until": late}))
    for text in (far, "9999-12-31", "2100-01-02"):
        with pytest.raises(UsageError, match="2100"):
            AS_OF.parse(text)
    chip = {"chip": "c", "owner": "o", "from": "2026-01-05T00:00:00Z"}
    for still in (None, "", 2**48 - 1, q.Exact(2**48 - 1)):
        (row,) = schemas.decode_rows(schemas.chip, schemas.encode_rows(schemas.chip, [{**chip, "until": still}]))
        assert row["until"] == 2**48 - 1
        assert schemas.encode_rows(schemas.chip, [row]).shape[1] == 1  # as a reseal reads it again


def test_missing_times_stay_missing() -> None:
    for missing in (None, "", 0, "0"):
        assert sealed("at", missing, now=T) == 0
    for missing in (None, "", 2**48 - 1, str(2**48 - 1)):
        assert sealed("until", missing, now=T) == 2**48 - 1
    for other in (False, 0.0, "00", "-0", 2**48 - 2):
        refusal("until" if other else "at", other)


def test_the_time_of_judgement_is_read_alike() -> None:
    for at in ("20260101", T * 1000, True, 1.5, "2026-01-05T00:00:00"):
        with pytest.raises(UsageError, match="at: "):
            zk.verify(b"", claim="training-compute-below", params={"limit": 1}, log_keys={}, at=at)  # type: ignore[arg-type]


# Numbers, truth values, sets, lengths of time


@pytest.mark.parametrize(
    "value",
    ["1_0", " 1", "1 ", "1\n", "01", "00", "-0", "-1", "+1", "1.5", "1e-3", "٣", "１", "1,000", "nan", "inf",
    "0x10", "1e",
     "", "e5", "9" * 155, "1e999", True, np.bool_(True), 1.0, np.float32(1), float("nan"), -1, Decimal("1.5"),
     Decimal("NaN"), Decimal("1e400"), Decimal("-0"), b"1", [1]],
    ids=repr,
)  # fmt: skip
def test_numbers_have_one_grammar(value: object) -> None:
    if value != "":  # a missing value
        refusal("n", value)
    with pytest.raises(UsageError):
        FLOP_LIMIT.parse(value)


def test_numbers_that_are_exact() -> None:
    for value, number in (
        ("2.5e24", 25 * 10**23), ("1e+06", 10**6), ("10^26", 10**26), (np.uint64(7), 7), (Decimal("7.00"), 7),
        ("0", 0),
    ):  # fmt: skip
        assert sealed("n", value) == number


def test_truth_values_are_no_numbers() -> None:
    assert [sealed("ok", v) for v in (True, np.bool_(True), "true", False, "false")] == [True, True, True, False, False]
    for value in (1, 0, "1", "0", "True", "yes", " true", 1.0):
        refusal("ok", value)


def test_a_truth_value_of_a_claim_is_taken_as_it_is_printed() -> None:
    worst = next(p for p in catalogue.load("eval-score-under").params if p.name == "worst")
    for value in (0, 1):
        assert worst.parse(worst.show(value)) == value
    assert [worst.parse(text) for text in ("no", "yes", "false", "true")] == [0, 1, 0, 1]
    for text in ("No", "1", "0", "maybe", ""):
        with pytest.raises(UsageError):
            worst.parse(text)


def test_sets_and_lengths() -> None:
    phases = next(p for p in catalogue.load("training-compute-below").params if p.name == "phases")
    assert (
        phases.parse("pretraining,other")
        == phases.parse("pretraining, other")
        == phases.parse(["other", "pretraining"])
    )
    for bad in ("pretraining,,other", "pretraining,", " pretraining", "pretraining ,other", "pretraining,pretraining",
                "pretraining,  other", "Pretraining", ["other", "other"], "\tother"):  # fmt: skip
        with pytest.raises(UsageError, match="phases"):
            phases.parse(bad)
    for bad in ("1_0 days", " 2 days", "2  days", "02 days", "-1 days", "0.5 weeks", "2 days\n", "２ days", "2 Days"):
        with pytest.raises(UsageError):
            q.parse_seconds(bad)
