"""A row's source above self_declared: no lab seals it of its own rows, a meterer does, and a policy names the key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import zkcompliance as zk
from tests.kit import policies as kit
from tests.kit.command_line import run
from zkcompliance import schemas
from zkcompliance.errors import MalformedPolicy, SchemaError
from zkcompliance.log.store import SealedLog
from zkcompliance.policy.binding import Binding
from zkcompliance.policy.judge import judge_policy
from zkcompliance.policy.load import parse_policy
from zkcompliance.prove.policy import prove_policies
from zkcompliance.report.policy import describe

WHY = "column source: is above self_declared, which a lab does not say of its own rows"
ROW = {"start": kit.T, "end": kit.T + 60, "run": "r", "phase": "pretraining", "flop": 10**18, "method": "hardware"}


def csv(*sources: str) -> str:
    lines = [",".join([*map(str, ROW.values()), source]) for source in sources]
    return "\n".join([",".join([*ROW, "source"]), *lines]) + "\n"


def json_lines(*sources: str) -> str:
    return "".join(json.dumps({**ROW, "source": source}) + "\n" for source in sources)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    zk.keygen(tmp_path / "key", "lab.example/c")
    return tmp_path / "key"


@pytest.mark.parametrize(("name", "make"), [("rows.csv", csv), ("rows.jsonl", json_lines)])
def test_texts(tmp_path: Path, key: Path, name: str, make) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / name).write_text(make("self_declared", "hardware_attested"))
    given = ("seal", tmp_path / name, "--log", tmp_path / "log", "--key", key)
    refused = run(*given)
    assert refused.exit_code == 2 and f"row 2: {WHY}" in " ".join(refused.stderr.split()), refused.stderr
    assert "--meterer" in refused.stderr and "attested" not in refused.stderr and not (tmp_path / "log").exists()
    sealed = run(*given, "--meterer")
    assert sealed.exit_code == 0 and len(SealedLog.open(tmp_path / "log").segments) == 1
    (tmp_path / f"plain-{name}").write_text(make("self_declared"))
    assert run("seal", tmp_path / f"plain-{name}", "--log", tmp_path / "log", "--key", key).exit_code == 0


def test_arrow(tmp_path: Path, key: Path) -> None:
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    table = arrow.table({name: [value] * 3 for name, value in {**ROW, "source": "signed"}.items()})
    parquet.write_table(table, tmp_path / "rows.parquet")
    refused = run("seal", tmp_path / "rows.parquet", "--log", tmp_path / "log", "--key", key)
    assert refused.exit_code == 2 and f"row 1: {WHY}" in " ".join(refused.stderr.split()), refused.stderr
    with zk.open_log(tmp_path / "other", key=key, schema=schemas.compute) as log:
        with pytest.raises(SchemaError, match=f"row 1: {WHY}"):
            log.append(table)
        assert not log.pending_rows


def test_an_option_of_a_format(tmp_path: Path, key: Path) -> None:
    sacct = Path(__file__).parents[1] / "data" / "slurm" / "sacct_steps_duplicates.psv"
    given = ("seal", sacct, "--from", "slurm", "--log", tmp_path / "log", "--key", key)
    refused = run(*given, "--set", "source=signed")
    assert refused.exit_code == 2 and WHY in " ".join(refused.stderr.split()), refused.stderr


def test_append(tmp_path: Path, key: Path) -> None:
    with zk.open_log(tmp_path / "log", key=key, schema=schemas.compute) as log:
        with pytest.raises(SchemaError, match=f"row 2: {WHY}"):
            log.append([ROW, {**ROW, "source": "vendor_countersigned"}])
        assert log.pending_rows == 0
        assert log.append(ROW) == 1
    with zk.open_log(tmp_path / "log", key=key, meterer=True) as log:
        assert log.append({**ROW, "source": "vendor_countersigned"}) == 1


def test_a_schema_of_ones_own(tmp_path: Path, key: Path) -> None:
    """Its choices are its own, and nothing is known of them."""
    own = schemas.parse_text("zkc-schema v2\nown@1\nat time\nsource enum(by_hand,by_machine)\n")
    with zk.open_log(tmp_path / "log", key=key, schema=own) as log:
        assert log.append({"at": kit.T, "source": "by_machine"}) == 1


def policy(lines: str, keys: str = "") -> bytes:
    return kit.text(limit='"1e21"', keys=f"{lines}\n{keys}").encode()


ATTESTED = 'sources = ["hardware_attested"]'


def test_a_policy_asks_a_meterer_for_attested_rows(tmp_path: Path) -> None:
    """Rows that say they are attested, sealed by whoever likes: no policy can be met by them."""
    for lines in (ATTESTED, 'sources = ["signed", "vendor_countersigned"]'):
        with pytest.raises(MalformedPolicy, match=r"logs\.compute\.sources: leaves out self_declared, and a row's"):
            parse_policy(policy(lines))
    with pytest.raises(MalformedPolicy, match=r"logs\.compute\.meterer: needs logs\.compute\.keys"):
        parse_policy(policy(f'{ATTESTED}\nmeterer = "Example Metering"'))
    assert parse_policy(policy('sources = ["self_declared", "signed"]')).logs["compute"].meterer == ""

    log = kit.make_log(
        tmp_path, "log", "meterer.example/a", [{**row, "source": "hardware_attested"} for row in kit.rows()]
    )
    asked = parse_policy(policy(f'{ATTESTED}\nmeterer = "Example Metering"', f'keys = ["{log.vkey}"]'))
    assert "sealed by Example Metering, and not by the lab" in describe(asked)["logs"]["compute"]
    made = {"below.phases": "pretraining, fine_tuning"}
    file = prove_policies([asked], {"compute": log}, made, binding=Binding(None, kit.MODEL, kit.NOW))
    verdict = judge_policy(file, asked, now=kit.NOW)
    assert verdict.accepted
    for each in verdict.findings:
        assert [shown.meterer for shown in each.logs] == ["Example Metering"]
        said = (
            "that the source of each row of compute is as it says is the word of Example Metering, who seals this log"
        )
        assert any(line.startswith(said) for line in each.warnings)
        assert not any("self-declared" in line for line in each.warnings)
