"""A meter of steps, and the callback of Lightning with a look-alike of it."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

import zkcompliance as zk
from zkcompliance.errors import UsageError
from zkcompliance.live.lightning import sealing_callback
from zkcompliance.live.meter import Meter

T = 1_767_571_000


@pytest.fixture
def live(tmp_path: Path) -> Iterator[zk.Live]:
    zk.keygen(tmp_path / "k", "lab.example/x")
    with zk.Live(tmp_path / "log", key=tmp_path / "k", schema=zk.schemas.compute) as opened:
        yield opened


def sealed(live: zk.Live) -> list[tuple[object, ...]]:
    live.seal()
    return [(row["start"], row["end"], row["flop"]) for row in zk.read_rows(live.path)]


def test_stretches(live: zk.Live) -> None:
    """A row a minute, one at the end, none without a step; ends are rounded up, and the next begins there."""
    clock = [float(T)]
    with Meter(live, run="r", flop_per_step=10**20, clock=lambda: clock[0], row={"model": "m"}) as meter:
        for _ in range(7):
            clock[0] += 20.25
            meter.step()
        meter.write()
        meter.write()
    assert sealed(live) == [
        (T, T + 61, 3 * 10**20), (T + 61, T + 122, 3 * 10**20), (T + 122, T + 142, 10**20),
    ]  # fmt: skip


def test_each_step(live: zk.Live) -> None:
    """With `every` 0 a step is in a row at once, within a second too: nothing is left for a kill to lose."""
    clock = [T + 0.25]
    meter = Meter(live, run="r", flop_per_step=5, every=0, clock=lambda: clock[0])
    for _ in range(3):
        clock[0] += 0.25
        meter.step()
    assert sealed(live) == [(T, T + 1, 5), (T + 1, T + 1, 5), (T + 1, T + 1, 5)]


def test_what_is_no_meter(live: zk.Live, tmp_path: Path) -> None:
    for flop in (0, -1, 1e18, True):
        with pytest.raises(UsageError, match="a whole number above 0"):
            Meter(live, run="r", flop_per_step=flop)
    zk.keygen(tmp_path / "k2", "lab.example/y")
    with (
        zk.Live(tmp_path / "other", key=tmp_path / "k2", schema=zk.schemas.event) as other,
        pytest.raises(UsageError, match="the log has schema event"),
    ):
        Meter(other, run="r", flop_per_step=1)


def test_lightning(live: zk.Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """Optimiser steps, not batches; resumed, from the step that the Trainer begins with; cut short, what was done."""
    monkeypatch.setitem(sys.modules, "lightning.pytorch", types.SimpleNamespace(Callback=object))
    clock = [float(T)]
    trainer = types.SimpleNamespace(global_step=100, is_global_zero=True)
    callback = sealing_callback(live, run="r", flop_per_step=5, clock=lambda: clock[0])
    callback.on_train_start(trainer, None)
    for batch in range(1, 9):
        trainer.global_step = 100 + batch // 4
        clock[0] += 1
        callback.on_train_batch_end(trainer, None, {}, None, batch)
    callback.on_exception(trainer, None, KeyboardInterrupt())
    callback.on_train_end(trainer, None)
    assert sealed(live) == [(T, T + 8, 10)]


def test_lightning_on_other_ranks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lightning.pytorch", types.SimpleNamespace(Callback=object))

    def never() -> zk.Live:
        raise AssertionError

    callback = sealing_callback(never, run="r", flop_per_step=5)
    trainer = types.SimpleNamespace(global_step=0, is_global_zero=False)
    callback.on_train_start(trainer, None)
    callback.on_train_batch_end(trainer, None, {}, None, 0)
    callback.on_train_end(trainer, None)


def test_without_lightning(live: zk.Live, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("lightning.pytorch", "pytorch_lightning"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UsageError, match="Lightning is not installed"):
        sealing_callback(live, run="r", flop_per_step=5)
