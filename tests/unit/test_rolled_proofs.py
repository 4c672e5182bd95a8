"""The proof of a roll-up's segment is paid for once, and there is one, whoever is killed at whatever step."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.kit.killing import KILLED, arm
from tests.kit.quick_logs import KEY, SCHEMA, quickly, some_rows
from zkcompliance.errors import BudgetSpent, LogCorrupt
from zkcompliance.log import spent as records
from zkcompliance.log.layout import Layout
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.prove import rolled_proofs
from zkcompliance.stark.commit.budget import Budget


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of two segments."""
    quickly(monkeypatch)
    monkeypatch.setattr(records, "state_folder", lambda: tmp_path / "state")
    create_log(tmp_path / "log", SCHEMA, KEY)
    with Writer(tmp_path / "log", KEY) as writer:
        writer.seal(some_rows(0, 2))
        writer.seal(some_rows(2, 2))
    (tmp_path / "log" / "rolled").mkdir()
    return tmp_path / "log"


def wanted(log: Path) -> list[tuple[Budget, int]]:
    return [(segment.budget(), segment.profile.units) for segment in SealedLog.open(log).segments]


def spent(log: Path) -> list[int]:
    return [budget.spent() for budget, _ in wanted(log)]


def whole(log: Path, proof: bytes) -> None:
    """What a coordinator and a worker do about one proof."""
    layout = Layout(log)
    if rolled_proofs.is_there(layout, 0):
        return
    if rolled_proofs.planned(layout, 0) is None:
        rolled_proofs.plan(layout, 0, 5)
    rolled_proofs.pay(layout, 0, wanted(log))
    rolled_proofs.place(layout, 0, proof)


def test_killed_at_every_step_and_repeated(log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base, kills = tmp_path / "base", 0
    shutil.copytree(log, base)
    whole(log, b"proof")
    after = spent(log)
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    for torn in (False, True):
        for countdown in range(1 + torn, 1000):
            shutil.rmtree(log)
            shutil.rmtree(tmp_path / "state")
            shutil.copytree(base, log)
            if (child := os.fork()) == 0:
                arm(countdown, torn)
                whole(log, b"first")
                os._exit(0)
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            assert status in (0, KILLED)
            assert {path.name for path in (log / "rolled").iterdir()} <= {"00000000.zkp"}
            whole(log, b"second")
            rolled_proofs.tidy(Layout(log))
            names = [path.name for path in (log / "rolled").iterdir()]  # all that anybody else can ever have seen
            assert not [path.name for path in (log / "secret").iterdir() if "rolled-" in path.name]
            assert names == ["00000000.zkp"] and Layout(log).rolled_proof(0).read_bytes() in (b"first", b"second")
            # a torn record of a ledger counts as spent, whoever tore it
            assert spent(log) == after or torn
            assert rolled_proofs.planned(Layout(log), 0) is None
            if not status:
                break
            kills += 1
    assert kills > 20


def test_what_comes_late_is_dropped(log: Path) -> None:
    layout = Layout(log)
    whole(log, b"first")
    rolled_proofs.place(layout, 0, b"second")
    assert layout.rolled_proof(0).read_bytes() == b"first"
    layout.rolled_proof(0).unlink()  # and nothing that was paid is left for another
    rolled_proofs.place(layout, 0, b"second")
    assert not rolled_proofs.is_there(layout, 0)


def test_paid_once_and_anew_in_a_copy(log: Path, tmp_path: Path) -> None:
    layout = Layout(log)
    before = spent(log)
    rolled_proofs.plan(layout, 0, 1)
    for _ in range(3):
        rolled_proofs.pay(layout, 0, wanted(log))
    units = [units for _, units in wanted(log)]
    assert [b - a for a, b in zip(before, spent(log), strict=True)] == units
    shutil.copytree(log, tmp_path / "copy")
    rolled_proofs.pay(Layout(tmp_path / "copy"), 0, wanted(tmp_path / "copy"))
    assert [b - a for a, b in zip(before, spent(tmp_path / "copy"), strict=True)] == [2 * each for each in units]


def test_a_spent_budget_is_said_before_anything_is_reserved(log: Path) -> None:
    layout = Layout(log)
    (first, _), (second, units) = wanted(log)
    second.reserve(second.remaining(), os.urandom(32))
    before = first.spent()
    rolled_proofs.plan(layout, 0, 1)
    with pytest.raises(BudgetSpent):
        rolled_proofs.pay(layout, 0, [(first, units), (second, units)])
    assert first.spent() == before


@pytest.mark.parametrize("text", [b"", b"1\n", b"x\n" + b"0" * 64 + b"\n", b"1\nzz\n", b"1\n" + b"0" * 64 + b"\nmore"])
def test_a_damaged_plan(log: Path, text: bytes) -> None:
    path = log / "secret" / "rolling-00000000"
    path.write_bytes(text)
    path.chmod(0o600)
    with pytest.raises(LogCorrupt, match="is damaged"):
        rolled_proofs.planned(Layout(log), 0)
