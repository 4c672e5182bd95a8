"""The Trainer callback: with a look-alike of a Trainer, and with the real one where it is installed."""

from __future__ import annotations

import types
import warnings
from pathlib import Path

import pytest

import zkcompliance as zk
from zkcompliance import schemas
from zkcompliance.errors import UsageError
from zkcompliance.live.hf import SealingCallback
from zkcompliance.prove import growth

EVENTS = ("on_init_end", "on_train_begin", "on_epoch_begin", "on_step_begin", "on_step_end", "on_log", "on_save",
          "on_epoch_end", "on_evaluate", "on_train_end")  # fmt: skip


T = 1_767_571_000  # 2026-01-04


class Parameter:
    def numel(self) -> int:
        return 500


class Model:
    def parameters(self) -> list[Parameter]:
        return [Parameter(), Parameter()]


class FakeTrainer:
    """Calls a callback as transformers.Trainer does: every event, with args, state, control and keywords."""

    def __init__(self, callback: object, clock: list[float], main: bool = True, counts: bool = False) -> None:
        self.callback, self.clock = callback, clock
        self.args = types.SimpleNamespace(include_num_input_tokens_seen=counts)
        self.state = types.SimpleNamespace(
            global_step=0, total_flos=0.0, num_input_tokens_seen=0, is_world_process_zero=main
        )

    def event(self, name: str) -> None:
        assert name in EVENTS
        assert getattr(self.callback, name)(self.args, self.state, object(), model=Model(), lr_scheduler=None) is None

    def train(self, steps: int, logging_steps: int = 5) -> None:
        self.event("on_init_end")
        self.event("on_train_begin")
        for _ in range(steps):
            self.event("on_step_begin")
            self.state.global_step += 1
            self.state.num_input_tokens_seen += 64
            self.clock[0] += 10
            self.event("on_step_end")
            if self.state.global_step % logging_steps == 0:
                self.state.total_flos = 3e5 * self.state.global_step
                self.event("on_log")
        self.state.total_flos = 3e5 * self.state.global_step
        self.event("on_log")
        self.event("on_train_end")


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> zk.Log:
    zk.keygen(tmp_path / "k", "lab.example/x")
    with zk.open_log(tmp_path / "log", key=tmp_path / "k", schema=schemas.compute) as opened:
        yield opened


def sealed_rows(log: zk.Log) -> list[list[dict]]:
    return [schemas.decode_rows(schemas.compute, s.load_columns()) for s in log.sealed().segments]


def test_a_run_is_sealed_in_several_segments(log: zk.Log) -> None:
    clock = [float(T)]
    callback = SealingCallback(log, run="r", tokens_per_step=64, seal_every=90, clock=lambda: clock[0])
    FakeTrainer(callback, clock).train(23)
    segments = sealed_rows(log)
    assert [[(r["start"], r["end"]) for r in rows] for rows in segments] == [
        [(T, T + 50), (T + 50, T + 100)], [(T + 100, T + 150), (T + 150, T + 200)], [(T + 200, T + 230)],
    ]  # fmt: skip
    flop = [r["flop"] for rows in segments for r in rows]
    assert sum(flop) == 6 * 1000 * 64 * 23 and flop[-1] == 6 * 1000 * 64 * 3
    assert {(r["method"], r["phase"]) for rows in segments for r in rows} == {("architecture", "pretraining")}


def test_the_trainers_own_counts(log: zk.Log) -> None:
    clock = [float(T)]
    FakeTrainer(SealingCallback(log, run="r", clock=lambda: clock[0]), clock, counts=True).train(7)
    FakeTrainer(SealingCallback(log, run="r", formula="total_flos", clock=lambda: clock[0]), clock).train(7)
    first, second = sealed_rows(log)
    assert sum(r["flop"] for r in first) == 6 * 1000 * 64 * 7
    assert [r["flop"] for r in second] == [1_500_000, 600_000]


@pytest.mark.parametrize(
    ("counts", "tokens"), [("non_padding", 100), ("no", 100), (False, 100), (True, 64), ("all", 64)]
)
def test_padding_is_counted(log: zk.Log, counts: object, tokens: int) -> None:
    """Where the Trainer leaves padding out, what is counted is steps · tokens_per_step."""
    clock = [1_750_000_000.0]
    callback = SealingCallback(log, run="r", tokens_per_step=100, clock=lambda: clock[0])
    trainer = FakeTrainer(callback, clock)
    trainer.args.include_num_input_tokens_seen = counts
    trainer.train(7)
    assert sum(row["flop"] for row in sealed_rows(log)[0]) == 6 * 1000 * tokens * 7


def test_what_cannot_be_counted_is_refused(log: zk.Log, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="tokens_per_step"):
        FakeTrainer(SealingCallback(log, run="r"), [0.0]).train(1)
    unpadded = FakeTrainer(SealingCallback(log, run="r"), [0.0])
    unpadded.args.include_num_input_tokens_seen = "non_padding"
    with pytest.raises(UsageError, match="padding costs compute too") as caught:
        unpadded.event("on_train_begin")
    assert "give tokens_per_step, padding included" in caught.value.help
    uncounted = FakeTrainer(SealingCallback(log, run="r", formula="total_flos"), [0.0])
    uncounted.event("on_train_begin")
    uncounted.state.global_step = 1
    with pytest.raises(UsageError, match="has not counted total_flos"):
        uncounted.event("on_log")
    with pytest.raises(UsageError, match="formula is one of"):
        SealingCallback(log, run="r", formula="8N")
    zk.keygen(tmp_path / "k2", "lab.example/y")
    with (
        zk.open_log(tmp_path / "other", key=tmp_path / "k2", schema=schemas.event) as other,
        pytest.raises(UsageError, match="has schema event"),
    ):
        FakeTrainer(SealingCallback(other, run="r", tokens_per_step=1), [0.0]).train(1)


def test_many_seals_are_said_in_time_or_put_together(
    log: zk.Log, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without `compact` a warning at every seal; with it the log goes on beside, in fewer segments."""
    monkeypatch.setattr(growth, "remark", lambda sealed: "many" if len(sealed.segments) > 2 else None)
    clock = [float(T)]
    given = {"tokens_per_step": 64, "seal_every": 50, "clock": lambda: clock[0]}
    FakeTrainer(SealingCallback(log, run="r", **given), clock).train(15)
    assert [record.message for record in caplog.records] == ["many"] and log.path.name == "log"
    rows = [row for segment in sealed_rows(log) for row in segment]
    FakeTrainer(SealingCallback(log, run="r", compact=True, **given), clock).train(5)
    assert log.path.name == "log-g2" and len(sealed_rows(log)) == 1
    FakeTrainer(SealingCallback(log, run="r", compact=True, **given), clock).train(10)
    assert log.path.name == "log-g3" and log.sealed().origin == "lab.example/x/g3" and len(sealed_rows(log)) == 2
    assert [row for segment in sealed_rows(log) for row in segment][:3] == rows


def test_only_the_main_process_writes(tmp_path: Path) -> None:
    zk.keygen(tmp_path / "k", "lab.example/x")

    def opened() -> zk.Log:
        return zk.open_log(tmp_path / "log", key=tmp_path / "k", schema=schemas.compute)

    FakeTrainer(SealingCallback(opened, run="r", tokens_per_step=1), [0.0], main=False).train(3)
    assert not (tmp_path / "log").exists()
    FakeTrainer(SealingCallback(opened, run="r", tokens_per_step=1), [0.0]).train(3)
    with opened() as log:
        assert len(log.sealed().segments) == 1


def test_a_real_training_run(log: zk.Log, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="NOT TESTED: a real training run (torch is not installed)")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        transformers = pytest.importorskip(
            "transformers", reason="NOT TESTED: a real training run (transformers is not installed)"
        )
        pytest.importorskip("accelerate", reason="NOT TESTED: a real training run (accelerate is not installed)")
        config = transformers.LlamaConfig(
            vocab_size=64, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
            num_key_value_heads=2, max_position_embeddings=32,
        )  # fmt: skip
        model = transformers.LlamaForCausalLM(config)
        tokens = torch.randint(0, 64, (64, 16))
        data = [{"input_ids": row, "labels": row} for row in tokens]
        arguments = transformers.TrainingArguments(
            output_dir=str(tmp_path / "out"), max_steps=12, per_device_train_batch_size=4, logging_steps=3,
            save_strategy="no", report_to=[], use_cpu=True, disable_tqdm=True,
        )  # fmt: skip
        callback = SealingCallback(log, run="tiny", tokens_per_step=4 * 16, seal_every=0)
        flos = SealingCallback(
            lambda: zk.open_log(tmp_path / "flos", key=tmp_path / "k", schema=schemas.compute), run="tiny",
            formula="total_flos",
        )  # fmt: skip
        trainer = transformers.Trainer(model=model, args=arguments, train_dataset=data, callbacks=[callback, flos])
        trainer.train()
    segments = sealed_rows(log)
    parameters = sum(p.numel() for p in model.parameters())
    assert len(segments) == 4 and sum(r["flop"] for rows in segments for r in rows) == 6 * parameters * 64 * 12
    with zk.open_log(tmp_path / "flos", key=tmp_path / "k") as other:
        assert sum(r["flop"] for rows in sealed_rows(other) for r in rows) == int(trainer.state.total_flos)
