"""What a log takes rows from: dicts, arrays, pandas, Polars, Arrow, and streams of them."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

import zkcompliance as zk
from zkcompliance import schemas
from zkcompliance.errors import LogEvidence, SchemaError, UsageError
from zkcompliance.log import intake

SCHEMA = schemas.parse_text("zkc-schema v2\nmixed@1\nat time\nflop flop\nn count\nrun id\nkind enum(a,b)\nok bool\n")
TIMES = [1_700_000_000, 1_700_000_060, 1_700_000_120]
ROWS = [
    {"at": t, "flop": 10**18 + i, "n": i, "run": f"r{i}", "kind": "ab"[i % 2], "ok": i == 1}
    for i, t in enumerate(TIMES)
]
COLUMNS = {name: [row[name] for row in ROWS] for name in ROWS[0]}
EXPECTED = schemas.encode_rows(SCHEMA, ROWS)


def limbs(data: object) -> np.ndarray:
    return np.concatenate(list(intake.chunks(SCHEMA, data)), axis=1)


def structured() -> np.ndarray:
    kinds = [("at", "datetime64[s]"), ("flop", "u8"), ("n", "i4"), ("run", "U8"), ("kind", "U1"), ("ok", "?")]
    return np.array([tuple(row.values()) for row in ROWS], dtype=kinds)


def the_arrays() -> dict[str, np.ndarray]:
    return {
        "at": np.array(TIMES, "datetime64[s]").astype("datetime64[ns]"), "flop": np.array(COLUMNS["flop"], np.uint64),
        "n": np.arange(3, dtype=np.int16), "run": np.array(COLUMNS["run"]), "kind": np.array(["a", "b", "a"], object),
        "ok": np.array(COLUMNS["ok"]),
    }  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [
        ROWS,
        iter(ROWS),
        tuple(ROWS),
        COLUMNS,
        the_arrays(),
        structured(),
        [structured()[:1], structured()[1:]],
        [ROWS[0], {n: v[1:] for n, v in COLUMNS.items()}],
        [{**row, "n": np.int64(row["n"]), "ok": np.bool_(row["ok"]), "flop": Decimal(row["flop"])} for row in ROWS],
        [{**row, "at": datetime.fromtimestamp(row["at"], UTC)} for row in ROWS],
        [{**row, "at": np.datetime64(row["at"], "s")} for row in ROWS],
    ],
)
def test_every_form_gives_the_same_rows(data: object) -> None:
    assert (limbs(data) == EXPECTED).all()


def test_one_row_alone() -> None:
    assert (limbs(ROWS[0]) == EXPECTED[:, :1]).all()


def test_arrow() -> None:
    pa = pytest.importorskip("pyarrow", reason="NOT TESTED: Arrow tables (pyarrow is not installed)")
    kinds = (pa.timestamp("s", "UTC"), pa.decimal128(38), pa.uint32(), pa.string(),
             pa.dictionary(pa.int8(), pa.string()), pa.bool_())  # fmt: skip
    schema = pa.schema(list(zip(COLUMNS, kinds, strict=True)))
    columns = {**COLUMNS, "flop": [Decimal(v) for v in COLUMNS["flop"]]}
    table = pa.table(columns, schema=schema)

    class Stream:
        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            return table.__arrow_c_stream__(requested_schema)

    class Exchanged:
        def __dataframe__(self, *args: object, **options: object) -> object:
            return table.cast(exchangeable).__dataframe__()

    exchangeable = pa.schema([schema.field(n) if n != "flop" else pa.field("flop", pa.uint64()) for n in schema.names])
    for data in (table, table.to_batches()[0], table.to_reader(), iter(table.to_batches(2)), Stream(), Exchanged()):
        assert (limbs(data) == EXPECTED).all(), data


def test_arrow_without_pyarrow(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stream:
        def __arrow_c_stream__(self) -> object: ...

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match="read through pyarrow") as caught:
        limbs(Stream())
    assert "pip install" in caught.value.help


def test_pandas() -> None:
    pd = pytest.importorskip("pandas", reason="NOT TESTED: pandas frames (pandas is not installed)")
    frame = pd.DataFrame(COLUMNS)
    assert (limbs(frame) == EXPECTED).all()
    frame["at"] = pd.to_datetime(frame["at"], unit="s")
    assert (limbs(frame) == EXPECTED).all()
    frame["at"] = frame["at"].dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo")
    frame["kind"] = frame["kind"].astype("category")
    assert (limbs([frame[:2], frame[2:]]) == EXPECTED).all()
    frame["run"] = ["r0", None, "r2"]
    with pytest.raises(SchemaError, match="row 2, column run: is missing"):
        limbs(frame)
    with pytest.raises(SchemaError, match="row 1, column n: is a float"):
        limbs(pd.DataFrame({**COLUMNS, "n": [1.0, 2.0, float("nan")]}))
    odd = pd.DataFrame(COLUMNS).assign(at=pd.to_datetime([1, 2, 3_000_000_001]))
    with pytest.raises(SchemaError, match="row 1, column at: is not a whole second"):
        limbs(odd)


def test_polars() -> None:
    pl = pytest.importorskip("polars", reason="NOT TESTED: Polars frames (polars is not installed)")
    frame = pl.DataFrame(COLUMNS)
    assert (limbs(frame) == EXPECTED).all()
    zoned = frame.with_columns(pl.from_epoch("at").dt.replace_time_zone("UTC"), pl.col("kind").cast(pl.Categorical))
    assert (limbs(zoned) == EXPECTED).all()
    with pytest.raises(SchemaError, match="time without a zone"):
        limbs(frame.with_columns(pl.from_epoch("at")))


def test_frames_are_told_by_what_they_can_do() -> None:
    """The same without pandas and Polars installed: look-alikes of what is used of them."""

    class Cut:
        def __getitem__(self, key: tuple[slice, int]) -> np.ndarray:
            return the_arrays()[list(COLUMNS)[key[1]]][key[0]]

    class PandasLike:
        iloc, columns = Cut(), list(COLUMNS)

        def __len__(self) -> int:
            return 3

    class PolarsLike:
        height = 3

        def slice(self, at: int, count: int) -> PolarsLike:
            part = PolarsLike()
            part.at, part.count = at, count  # type: ignore[attr-defined]
            return part

        def to_dict(self, as_series: bool) -> dict[str, list[object]]:
            assert not as_series
            return {n: v[self.at : self.at + self.count] for n, v in COLUMNS.items()}  # type: ignore[attr-defined]

    assert (limbs(PandasLike()) == EXPECTED).all() and (limbs(PolarsLike()) == EXPECTED).all()


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (7, UsageError, "from a int"),
        ("rows", UsageError, "from a str"),
        ([1], UsageError, "from a int"),
        (np.zeros((2, 2)), UsageError, "from a ndarray"),
        ([{**ROWS[0], "x": 1}], SchemaError, "no column 'x'"),
        ([*ROWS, {**ROWS[0], "n": -7777}], SchemaError, "row 4, column n: is negative"),
        ([*ROWS, {**ROWS[0], "n": 0.5}], SchemaError, "row 4, column n: is a float"),
        ([ROWS[0], {**COLUMNS, "n": [1, 2, 2**40]}], SchemaError, "row 4, column n: is over the largest"),
        ({**COLUMNS, "n": [1, 2]}, SchemaError, "differ in length"),
        ([{**ROWS[0], "flop": Decimal("1.5")}], SchemaError, "row 1, column flop: is not whole"),
        ([{**ROWS[0], "at": datetime(2025, 1, 1)}], SchemaError, "without a zone"),
        ([{**ROWS[0], "at": datetime(2025, 1, 1, microsecond=7, tzinfo=UTC)}], SchemaError, "not a whole second"),
        ({**the_arrays(), "at": np.array(["NaT"] * 3, "datetime64[s]")}, SchemaError, "row 1, column at: is missing"),
        ([{**ROWS[0], "run": float("nan")}], SchemaError, "column run: is missing"),
        ([{**ROWS[0], "flop": float("nan")}], SchemaError, "column flop: is a float"),
    ],
)
def test_what_is_refused(data: object, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words) as caught:
        limbs(data)
    assert "7777" not in str(caught.value)


def test_a_million_rows_stream_in_bounded_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = schemas.parse_text("zkc-schema v2\nsmall@1\nn count\n")
    zk.keygen(tmp_path / "k", "lab.example/x")
    block = np.zeros(50_000, dtype=[("n", "u4")])

    def stream() -> Iterator[np.ndarray]:
        for _ in range(20):
            yield block

    with zk.open_log(tmp_path / "log", key=tmp_path / "k", schema=small) as log:
        log.append([{"n": 1}])
        tracemalloc.start()
        try:
            assert log.append(stream()) == 1_000_000
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert log.pending_rows == 1_000_001
    assert peak < 16 << 20


def test_log_methods(tmp_path: Path) -> None:
    zk.keygen(tmp_path / "k", "lab.example/x")
    with zk.open_log(tmp_path / "log", key=tmp_path / "k", schema=SCHEMA) as log:
        assert (log.append(structured()), log.pending_rows, log.schema) == (3, 3, SCHEMA)
        log.seal()
        assert log.pending_rows == 0
        assert log.receipt(0).text.startswith("c2sp.org/tlog-proof@v1\nindex 0\n\nlab.example/x\n1\n")
        with pytest.raises(UsageError):
            log.receipt(1)


def test_verify_with_trust_and_state(tmp_path: Path) -> None:
    """A verifier that remembers, and wants a cosigner: quorum unmet, then met; then an older checkpoint's proof."""
    from zkcompliance.errors import QuorumUnmet
    from zkcompliance.log import keys
    from zkcompliance.log.cosigner import Cosigner

    public = zk.keygen(tmp_path / "k", "lab.example/x")
    witness = keys.generate_cosigner(tmp_path / "w", "witness.example/1")
    cosigner = Cosigner(keys.load_cosigner(tmp_path / "w"), tmp_path / "signed")
    row = {"start": TIMES[0], "end": TIMES[1], "run": "r", "phase": "other", "flop": 5, "method": "measured"}
    (tmp_path / "trust").write_text(f"log {public.text}\nwitness w {witness.text}\nquorum w\n")
    asked = {"claim": "training-compute-below", "params": {"limit": 100}, "log_keys": {"compute": public}}
    with zk.open_log(tmp_path / "log", key=tmp_path / "k", schema=schemas.compute) as log:
        log.append(row)
        log.seal()
        bare = zk.prove("training-compute-below", {"compute": log}, limit=100)
        log.add_cosignatures([cosigner.cosign(log.sealed().checkpoint_note, public)], [witness])
        first = zk.prove("training-compute-below", {"compute": log}, limit=100)
        log.append([row])
        log.seal()
        second = zk.prove("training-compute-below", {"compute": log}, limit=100)
    with pytest.raises(QuorumUnmet):
        zk.verify(bare, **asked, trust=tmp_path / "trust")
    zk.verify(first, **asked, trust=tmp_path / "trust", state=tmp_path / "state")
    zk.verify(second, **asked, state=tmp_path / "state")
    zk.verify(second, **asked, state=tmp_path / "state")
    assert zk.verify(first, **asked, state=tmp_path / "state").findings[0].warnings[0], "it was verified before"
    zk.verify(second, **asked, state=tmp_path / "another")
    with pytest.raises(LogEvidence, match=r"rollback of the log lab\.example/x: it shows 1 segment"):
        zk.verify(first, **asked, state=tmp_path / "another")
    (kept,) = tmp_path.glob("another.evidence.*")
    assert kept.read_text().startswith('{\n "format": "zkcompliance-evidence-1"')
    zk.verify(first, **asked)
