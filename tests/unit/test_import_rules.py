"""Rules: what texts stand for, times as they are written, columns that the file lacks; by a plain twin."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kit.importing import CANARY, write
from tests.kit.work import Work
from zkcompliance import importers, schemas
from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.importers.rules import Rules
from zkcompliance.importers.written_times import Form
from zkcompliance.quantities import Refused

BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
FORMS = ("%d/%b/%y %I:%M %p", "%Y-%m-%d %H:%M:%S", "%d. %B %Y, %H:%M", "%m/%d/%Y %I:%M:%S %p", "%Y%m%d%H%M%S")


def read(form: str, zone: str | None, text: object) -> int:
    return Form.of(form, zone).read(text)


@given(st.integers(172_800, 4_102_444_799), st.sampled_from(FORMS))
def test_forms_by_the_standard_library(second: int, form: str) -> None:
    """What the standard library writes is read as it reads it: of a zone, where one time of day is one second."""
    shown = datetime.fromtimestamp(second, BERLIN)
    text = shown.strftime(form)
    twin = datetime.strptime(text, form)
    moments = {twin.replace(tzinfo=BERLIN, fold=fold).timestamp() for fold in (0, 1)}
    if len(moments) == 2 or twin.year < 1970:
        return
    assert read(form, "Europe/Berlin", text) == moments.pop()
    assert read(form, "+02:00", text) == (twin - timedelta(hours=2)).replace(tzinfo=UTC).timestamp()


@given(st.integers(1, 4_102_444_799), st.integers(-23 * 60, 23 * 60), st.integers(0, 999_999))
def test_offsets_and_fractions(second: int, minutes: int, micro: int) -> None:
    sign, size = "+-"[minutes < 0], abs(minutes)
    shown = datetime.fromtimestamp(second, UTC) + timedelta(minutes=minutes)
    for colon in ("", ":"):
        text = f"{shown:%Y-%m-%dT%H:%M:%S}.{micro:06}{sign}{size // 60:02}{colon}{size % 60:02}"
        assert read("%Y-%m-%dT%H:%M:%S.%f%z", None, text) == second
    assert read("%Y-%m-%dT%H:%M:%S%z", None, f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%SZ}") == second


def test_milliseconds_and_dates() -> None:
    assert read("ms", None, 1767571200999) == read("ms", None, "1767571200000") == 1767571200
    assert read("%d.%m.%Y", "Europe/Berlin", "5.1.2026") == 1767571200 - 3600
    assert (read("%I %p %d %m %Y", "+00:00", "12 AM 5 1 2026"), read("%I %p %d %m %Y", "+00:00", "12 pm 5 1 2026")) == (
        1767571200, 1767571200 + 43200,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("form", "zone", "text", "message"),
    [
        ("%Y-%m-%d %H:%M", "Europe/Berlin", "2026-03-29 02:30", "clocks there skip"),
        ("%Y-%m-%d %H:%M", "Europe/Berlin", "2026-10-25 02:30", "show twice"),
        ("%Y-%m-%d", "+00:00", "2026-02-30", "there is not"),
        ("%Y-%m-%d %H", "+00:00", "2026-02-03 24", "there is not"),
        ("%Y-%m-%d %I %p", "+00:00", "2026-02-03 0 AM", "there is not"),
        ("%Y-%m-%d %I %p", "+00:00", "2026-02-03 13 PM", "there is not"),
        ("%Y-%m-%d", "+00:00", CANARY, "not a time of the form"),
        ("%Y-%m-%d", "+00:00", "2026-02-03 ", "not a time of the form"),
        ("%Y-%m-%d", "+00:00", "２０２６-02-03", "not a time of the form"),
        ("%Y-%m-%d", "+00:00", "2026-02-03" * 50, "not a time of the form"),
        ("%Y-%m-%d", "+00:00", "1969-12-31", "before 1970"),
        ("%Y-%m-%d", "+00:00", "1970-01-01", "before 1970"),
        ("%Y-%m-%d", "+00:00", "2101-01-01", "after 2099"),
        ("%Y-%m-%d%z", None, "2026-02-03+24:00", "an offset that is none"),
        ("%Y-%m-%d%z", None, "2026-02-03+01:60", "an offset that is none"),
        ("%Y-%m-%d", "+00:00", True, "is not a time"),
        ("%Y-%m-%d", "+00:00", None, "is not a time"),
        ("ms", None, 1767571200, "in milliseconds"),
        ("ms", None, "1767571200123.5", "in milliseconds"),
        ("ms", None, 17675712001234, "in milliseconds"),
    ],
)
def test_times_that_are_refused(form: str, zone: str | None, text: object, message: str) -> None:
    with pytest.raises(Refused) as caught:
        read(form, zone, text)
    assert message in caught.value.why


@pytest.mark.parametrize(
    ("form", "zone"),
    [
        ("%Y-%m", "+00:00"), ("%Y-%m-%d", None), ("%Y-%m-%d%z", "+00:00"), ("ms", "+00:00"), ("%s", "+00:00"),
        ("%Y-%m-%d %I", "+00:00"), ("%Y-%m-%d %H %p", "+00:00"), ("%Y-%y-%m-%d", "+00:00"), ("%Y-%m-%d%", "+00:00"),
        ("%Y-%m-%b-%d", "+00:00"), ("%Y-%m-%d %d", "+00:00"), ("%Y-%m-%d", "Mars/Olympus"), ("%Y-%m-%d", "+1"),
        ("%Y-%m-%d %H %I %p", "+00:00"), ("", "+00:00"), ("%Y-%m-%d" + " " * 99, "+00:00"), ("%Y-%m-%d", ""),
    ],
)  # fmt: skip
def test_forms_that_are_refused(form: str, zone: str | None) -> None:
    with pytest.raises(UsageError):
        Form.of(form, zone)


def test_a_form_is_read_in_bounded_time() -> None:
    with Work() as work:
        for text in ("1" * 64, " " * 64, "%" * 64, "1:" * 32):
            with pytest.raises(Refused):
                read("%d %m %Y %H:%M:%S.%f", "+00:00", text)
    assert work.pieces < 5_000


CSV = "Nr,When,Class,Found,Extra\n7,05.01.2026 13:00,Sev 1,Scan,x\n8,06.01.2026 13:00,near_miss,,y\n"
COLUMNS = {"occurred": "When", "aware": "When", "category": "Class", "detected_by": "Found"}
RULES = {
    "choices": ("category=Sev 1=critical_safety", "detected_by=Scan=internal", "detected_by==regulator"),
    "numbers": {"serial": "3"}, "same": {"resolved": "2026-02-01T00:00:00Z"}, "times": "%d.%m.%Y %H:%M",
    "zone": "Europe/Berlin",
}  # fmt: skip


def load(path: Path, columns: dict[str, str], rules: Rules, form: str = "csv") -> list[dict[str, object]]:
    importer = importers.mapped(importers.by_name(form), columns, schemas.incident, rules)
    chunks = importers.encode(importer, path, schemas.incident)
    return [row for chunk in chunks for row in schemas.decode_rows(schemas.incident, chunk)]


def test_rules_over_a_csv(tmp_path: Path) -> None:
    first, second = load(write(tmp_path, CSV), COLUMNS, Rules.of(**RULES))
    assert (first["serial"], first["category"], first["detected_by"]) == (3, "critical_safety", "internal")
    assert (second["serial"], second["category"], second["detected_by"]) == (4, "near_miss", "regulator")
    assert first["occurred"] == first["aware"] == 1767614400 and second["occurred"] == 1767700800
    assert first["resolved"] == second["resolved"] == 1769904000


def test_a_rule_for_a_column_that_the_file_has(tmp_path: Path) -> None:
    """Without a map each field is a column: one that is stated too is refused. With a map, others are left out."""
    text = "serial,category,occurred,aware\n7,near_miss,1767614400,1767614400\n"
    path = write(tmp_path, text)
    with pytest.raises(ImporterError, match="is in the file, and is stated by --same or --number too"):
        load(path, {}, Rules.of(numbers={"serial": "1"}))
    (row,) = load(path, {"category": "category"}, Rules.of(numbers={"serial": "1"}))
    assert row["serial"] == 1
    (row,) = load(path, {}, Rules.of(same={"source": "self_declared", "last_update": "2026-01-06T00:00:00Z"}))
    assert (row["serial"], row["last_update"]) == (7, 1767657600)


def test_what_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, CSV)
    with pytest.raises(ImporterError, match="row 1, column occurred: is not a time of the form"):
        load(path, COLUMNS, Rules.of(**{**RULES, "times": "%d.%m.%Y"}))
    with pytest.raises(ImporterError, match="row 1, column category: is none of"):
        load(path, COLUMNS, Rules.of(**{**RULES, "choices": ()}))
    with pytest.raises(ImporterError, match="row 1, column resolved: is "):
        load(path, COLUMNS, Rules.of(**{**RULES, "same": {"resolved": "soon"}}))
    for wrong, message in (
        ({"choices": ("category=x",)}, "want COLUMN=TEXT=VALUE"), ({"choices": ("=x=y",)}, "want COLUMN=TEXT=VALUE"),
        ({"choices": ("category=x=y", "category=x=z")}, "each text of a column once"),
        ({"zone": "UTC"}, "--zone goes with --times"), ({"numbers": {"serial": "x"}}, "x"),
    ):  # fmt: skip
        with pytest.raises(UsageError, match=message):
            Rules.of(**wrong)
    for wrong, message in (
        ({"choices": ("sort=x=y",)}, "has no such column"), ({"same": {"sort": "x"}}, "has no such column"),
        ({"numbers": {"category": "1"}}, "is no column that counts"),
        ({"same": {"category": "near_miss"}}, "category: is said by --same"),
        ({"same": {"serial": "1"}, "numbers": {"serial": "1"}}, "serial: is said by --same"),
    ):  # fmt: skip
        with pytest.raises(UsageError, match=message):
            importers.mapped(importers.by_name("csv"), COLUMNS, schemas.incident, Rules.of(**wrong))
    with pytest.raises(UsageError, match="leave --map out"):
        importers.mapped(importers.by_name("slurm"), {}, schemas.compute, Rules.of(same={"site": "x"}))
