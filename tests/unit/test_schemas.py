"""Rows and limbs: exact both ways, refused by row and column, never repeating a value."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zkcompliance import schemas
from zkcompliance.errors import SchemaError, UsageError
from zkcompliance.quantities import Exact, fault_of
from zkcompliance.schemas import Column, Schema

T = 1_767_571_200  # 2026-01-05
ROW = {"start": T, "end": T + 60, "run": "r1", "phase": "pretraining", "flop": 10**24, "method": "hardware"}


def test_text_and_digest_are_as_specified() -> None:
    schema = Schema("tiny", (Column("at", "time"), Column("kind", "enum", ("a", "b")), Column("done", "bool")))
    assert schema.text == "zkc-schema v2\ntiny@1\nat time\nkind enum(a,b)\ndone bool\n"
    assert schema.digest == hashlib.sha256(schema.text.encode()).digest()
    assert (schema.width, schema.limbs("at"), schema.limbs("done")) == (6, range(1, 4), range(5, 6))
    assert schemas.parse_text(schema.text) == schema


def test_a_version_is_another_schema() -> None:
    one, two = (Schema("tiny", (Column("at", "time"),), version) for version in (1, 20))
    assert (one.label, two.label) == ("tiny@1", "tiny@20") and one.digest != two.digest
    assert schemas.parse_text(two.text) == two
    later = schemas.parse_text(schemas.compute.text.replace("compute@2", "compute@3"))
    assert later.version == 3 and later is not schemas.compute
    assert later.column("devices").default is None  # a text says nothing of it, and no built-in one is meant


def test_a_name_means_the_newest_version() -> None:
    assert schemas.by_name("compute") is schemas.by_name("compute@2") is schemas.compute
    for other in ("compute@1", "compute@3", "compute@", "compute@02"):
        with pytest.raises(UsageError, match=f"no schema '{other}'; there is compute@2"):
            schemas.by_name(other)


def test_a_missing_share_is_not_zero() -> None:
    schema = Schema("graded", (Column.share("score"),))
    assert schema.text == "zkc-schema v2\ngraded@1\nscore ppm?\n"
    assert schemas.parse_text(schema.text) == schema
    columns = schemas.encode_rows(schema, [{"score": "0%"}, {"score": None}, {"score": ""}, {"score": "100%"}])
    values = [low + (high << 16) for low, high in zip(*columns[1:].tolist(), strict=True)]
    assert values == [0, schemas.MISSING_SHARE, schemas.MISSING_SHARE, 10**6]
    rows = schemas.decode_rows(schema, columns)
    assert rows == [{"score": 0}, {"score": ""}, {"score": ""}, {"score": 10**6}]
    assert (schemas.encode_rows(schema, rows) == columns).all()
    for value in ("100.0001%", "1000001 ppm", 1_000_001):
        with pytest.raises(SchemaError):
            schemas.encode_rows(schema, [{"score": value}])
    columns[1, 0], columns[2, 0] = 16962, 15  # 1,000,002
    with pytest.raises(SchemaError, match="is over"):
        schemas.decode_rows(schema, columns)


def test_a_built_in_schema_is_read_as_itself() -> None:
    assert schemas.parse_text(schemas.compute.text) is schemas.compute


@pytest.mark.parametrize(
    "text",
    [
        "",
        "zkc-schema v1\nx@1\na time\n",
        "zkc-schema v3\nx@1\na time\n",
        "zkc-schema v2\nx\na time\n",
        "zkc-schema v2\nx@0\na time\n",
        "zkc-schema v2\nx@01\na time\n",
        "zkc-schema v2\nx@\na time\n",
        "zkc-schema v2\nx@1000000\na time\n",
        "zkc-schema v2\nx@1@1\na time\n",
        "zkc-schema v2\nx@1\na time?\n",
        "zkc-schema v2\nx@1\na ppm??\n",
        "zkc-schema v2\nx@1\na ppm?(a)\n",
        "zkc-schema v2\nx@1\na time",
        "zkc-schema v2\nx@1\n",
        "zkc-schema v2\nx@1\na date\n",
        "zkc-schema v2\nx@1\na time\na time\n",
        "zkc-schema v2\nx@1\na enum(b,b)\n",
        "zkc-schema v2\nx@1\na enum()\n",
        "zkc-schema v2\nx@1\na  time\n",
        "zkc-schema v2\nX@1\na time\n",
        "zkc-schema v2\nx@1\na enum(b\n",
        "zkc-schema v2\r\nx@1\na time\n",
    ],
)
def test_texts_that_are_not_canonical(text: str) -> None:
    with pytest.raises(SchemaError):
        schemas.parse_text(text)


def test_limbs_of_a_row() -> None:
    flop = 0x0123_4567_89AB_CDEF_0011_2233
    columns = schemas.encode_rows(schemas.compute, [{**ROW, "flop": flop}])
    limbs = [int(columns[i, 0]) for i in schemas.compute.limbs("flop")]
    assert limbs == [0x2233, 0x0011, 0xCDEF, 0x89AB, 0x4567, 0x0123]
    assert columns[0, 0] == 1 and columns.dtype == np.uint32
    run = b"".join(int(columns[i, 0]).to_bytes(2, "little") for i in schemas.compute.limbs("run"))
    assert run == hashlib.sha256(b"r1").digest()[:16]


def test_spellings_of_the_same_row() -> None:
    digest = "0x" + hashlib.sha256(b"r1").hexdigest()[:32]
    other = {
        **ROW,
        "start": str(T),
        "end": "2026-01-05T00:01:00Z",
        "run": digest,
        "flop": "1e24",
        "site": "",
        "owner": None,
    }
    one, two = (schemas.encode_rows(schemas.compute, [row]) for row in (ROW, other))
    assert (one == two).all()


numbers = st.fixed_dictionaries(
    {
        "start": st.integers(0, 2**47).map(Exact),
        "run": st.text(min_size=1).filter(lambda t: not t.startswith("0x") and not fault_of(t)),
        "phase": st.sampled_from(schemas.PHASES),
        "device_kind": st.sampled_from(schemas.DEVICE_KINDS),
        "devices": st.integers(0, 2**32 - 1),
        "peak": st.integers(0, 2**96 - 1),
        "utilisation": st.integers(0, 10**6).map(Exact),
        "flop": st.integers(0, 2**96 - 1),
        "method": st.sampled_from(schemas.METHODS),
        "end": st.integers(2**47, 2**48 - 1).map(Exact),
    }
)


@settings(max_examples=50)
@given(st.lists(numbers, min_size=1, max_size=5))
def test_there_and_back(rows) -> None:
    columns = schemas.encode_rows(schemas.compute, rows)
    back = schemas.decode_rows(schemas.compute, columns)
    for row, decoded in zip(rows, back, strict=True):
        assert all(decoded[name] == value for name, value in row.items() if name != "run")
    assert (schemas.encode_rows(schemas.compute, back) == columns).all()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("flop", -1),
        ("flop", "-1"),
        ("flop", 2**96),
        ("flop", 1e24),
        ("flop", float("nan")),
        ("flop", "NaN"),
        ("flop", True),
        ("flop", []),
        ("flop", "1.5"),
        ("flop", None),
        ("flop", ""),
        ("flop", "9" * 5000),
        ("start", 2**48),
        ("start", 1.0),
        ("start", "soon"),
        ("run", ""),
        ("run", 7),
        ("run", "0x12"),
        ("run", "0x" + "A" * 32),
        ("run", "\ud800"),
        ("phase", "trainning"),
        ("phase", 0),
        ("phase", ""),
        ("devices", 2**32),
        ("utilisation", 1_000_001),
        ("utilisation", "101%"),
        ("end", 99),
        ("method", {}),
        ("devices", np.int64(-1)),
        ("site", 3),
    ],
)
def test_a_bad_cell_is_named_and_not_repeated(column: str, value: object) -> None:
    with pytest.raises(SchemaError) as caught:
        schemas.encode_rows(schemas.compute, [ROW, {**ROW, column: value}], first_row=11)
    assert f"row 12, column {column}: " in caught.value.message
    if isinstance(value, str) and len(value) > 2:
        assert value[:40] not in caught.value.message


def test_limits_are_inclusive() -> None:
    row = {
        **ROW,
        "flop": 2**96 - 1,
        "end": Exact(2**48 - 1),
        "devices": 2**32 - 1,
        "utilisation": "100%",
        "peak": np.int64(5),
    }
    assert schemas.decode_rows(schemas.compute, schemas.encode_rows(schemas.compute, [row]))[0]["flop"] == 2**96 - 1


def test_missing_and_unknown_columns() -> None:
    with pytest.raises(SchemaError, match="column flop: is missing"):
        schemas.encode_rows(schemas.compute, [{k: v for k, v in ROW.items() if k != "flop"}])
    with pytest.raises(SchemaError, match="row 2: schema compute@2 has no column 'flops'"):
        schemas.encode_rows(schemas.compute, [ROW, {**ROW, "flops": 1}])
    with pytest.raises(UsageError):
        schemas.by_name("nothing")
    with pytest.raises(SchemaError):
        schemas.compute.limbs("nothing")


def test_decode_refuses_what_cannot_have_been_encoded() -> None:
    columns = schemas.encode_rows(schemas.compute, [ROW])
    for row, value in (
        (0, 2),
        (1, 1 << 16),
        (schemas.compute.limbs("phase")[0], 99),
        (schemas.compute.limbs("utilisation")[1], 99),
    ):
        bad = columns.copy()
        bad[row, 0] = value
        with pytest.raises(SchemaError):
            schemas.decode_rows(schemas.compute, bad)
    with pytest.raises(SchemaError):
        schemas.decode_rows(schemas.compute, columns[:-1])


def test_padding_is_left_out() -> None:
    columns = np.zeros((schemas.compute.width, 8), dtype=np.uint32)
    columns[:, :1] = schemas.encode_rows(schemas.compute, [ROW])
    assert len(schemas.decode_rows(schemas.compute, columns)) == 1


def test_importing_schemas_loads_no_numpy() -> None:
    code = "import sys, zkcompliance.schemas as s; s.compute.digest; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
