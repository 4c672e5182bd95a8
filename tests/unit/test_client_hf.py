"""The Trainer callback: with a look-alike of a Trainer, and with the real one where it is installed."""

from __future__ import annotations

import types
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

import zkcompliance as zk
from zkcompliance import schemas
from zkcompliance.errors import UsageError
from zkcompliance.live.hf import SealingCallback

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
def live(tmp_path: Path) -> Iterator[zk.Live]:
    zk.keygen(tmp_path / "k", "lab.example/x")
    with zk.Live(tmp_path / "log", key=tmp_path / "k", schema=schemas.compute) as opened:
        yield opened


def sealed_rows(live: zk.Live) -> list[dict]:
    """What was put, once it is sealed."""
    live.seal()
    return list(zk.read_rows(live.path))


def test_a_run(live: zk.Live) -> None:
    clock = [float(T)]
    callback = SealingCallback(live, run="r", tokens_per_step=64, clock=lambda: clock[0])
    FakeTrainer(callback, clock).train(23)
    rows = sealed_rows(live)
    assert [(r["start"], r["end"]) for r in rows] == [
        (T, T + 50), (T + 50, T + 100), (T + 100, T + 150), (T + 150, T + 200), (T + 200, T + 230),
    ]  # fmt: skip
    assert sum(r["flop"] for r in rows) == 6 * 1000 * 64 * 23 and rows[-1]["flop"] == 6 * 1000 * 64 * 3
    assert {(r["method"], r["phase"]) for r in rows} == {("architecture", "pretraining")}


@pytest.mark.parametrize(
    ("every", "lengths"), [(0, [1] * 12), (20, [2, 2, 1, 2, 2, 1, 2]), (30, [3, 2, 3, 2, 2]), (60, [5, 5, 2])]
)
def test_rows_between_log_events(live: zk.Live, every: float, lengths: list[int]) -> None:
    """Logged every 5 steps of 10 s; a row ends at a log event, or at a step so many seconds after the one before."""
    clock = [float(T)]
    for counts, steps in ((True, None), (False, 64)):
        callback = SealingCallback(live, run="r", tokens_per_step=steps, every=every, clock=lambda: clock[0])
        FakeTrainer(callback, clock, counts=counts).train(12)
    assert [r["flop"] for r in sealed_rows(live)] == [6 * 1000 * 64 * length for length in lengths] * 2


def test_total_flos_is_counted_at_log_events_alone(live: zk.Live) -> None:
    clock = [float(T)]
    callback = SealingCallback(live, run="s", formula="total_flos", every=0, clock=lambda: clock[0])
    FakeTrainer(callback, clock).train(7)
    assert [r["flop"] for r in sealed_rows(live)] == [1_500_000, 600_000]


def test_a_run_that_is_resumed(live: zk.Live) -> None:
    """From the Trainer's own state: steps since the last checkpoint were done twice, and count twice."""
    clock = [float(T)]
    first = FakeTrainer(SealingCallback(live, run="r", tokens_per_step=64, clock=lambda: clock[0]), clock)
    first.train(10)
    second = FakeTrainer(SealingCallback(live, run="r", tokens_per_step=64, clock=lambda: clock[0]), clock)
    second.state.global_step = 8
    second.train(4)
    assert sum(r["flop"] for r in sealed_rows(live)) == 6 * 1000 * 64 * 14


def test_the_trainers_own_counts(live: zk.Live) -> None:
    clock = [float(T)]
    FakeTrainer(SealingCallback(live, run="r", clock=lambda: clock[0]), clock, counts=True).train(7)
    FakeTrainer(SealingCallback(live, run="s", formula="total_flos", clock=lambda: clock[0]), clock).train(7)
    rows = sealed_rows(live)
    assert sum(r["flop"] for r in rows[:2]) == 6 * 1000 * 64 * 7
    assert [r["flop"] for r in rows[2:]] == [1_500_000, 600_000]


@pytest.mark.parametrize(
    ("counts", "tokens"), [("non_padding", 100), ("no", 100), (False, 100), (True, 64), ("all", 64)]
)
def test_padding_is_counted(live: zk.Live, counts: object, tokens: int) -> None:
    """Where the Trainer leaves padding out, what is counted is steps · tokens_per_step."""
    clock = [1_750_000_000.0]
    callback = SealingCallback(live, run="r", tokens_per_step=100, clock=lambda: clock[0])
    trainer = FakeTrainer(callback, clock)
    trainer.args.include_num_input_tokens_seen = counts
    trainer.train(7)
    assert sum(row["flop"] for row in sealed_rows(live)) == 6 * 1000 * tokens * 7


def test_what_cannot_be_counted_is_refused(live: zk.Live, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="tokens_per_step"):
        FakeTrainer(SealingCallback(live, run="r"), [0.0]).train(1)
    unpadded = FakeTrainer(SealingCallback(live, run="r"), [0.0])
    unpadded.args.include_num_input_tokens_seen = "non_padding"
    with pytest.raises(UsageError, match="padding costs compute too") as caught:
        unpadded.event("on_train_begin")
    assert "give tokens_per_step, padding included" in caught.value.help
    uncounted = FakeTrainer(SealingCallback(live, run="r", formula="total_flos"), [0.0])
    uncounted.event("on_train_begin")
    uncounted.state.global_step = 1
    with pytest.raises(UsageError, match="has not counted total_flos"):
        uncounted.event("on_log")
    with pytest.raises(UsageError, match="formula is one of"):
        SealingCallback(live, run="r", formula="8N")
    zk.keygen(tmp_path / "k2", "lab.example/y")
    with (
        zk.Live(tmp_path / "other", key=tmp_path / "k2", schema=schemas.event) as other,
        pytest.raises(UsageError, match="has schema event"),
    ):
        FakeTrainer(SealingCallback(other, run="r", tokens_per_step=1), [0.0]).train(1)


def test_only_the_main_process_writes(tmp_path: Path) -> None:
    zk.keygen(tmp_path / "k", "lab.example/x")

    def opened() -> zk.Live:
        return zk.Live(tmp_path / "log", key=tmp_path / "k", schema=schemas.compute)

    FakeTrainer(SealingCallback(opened, run="r", tokens_per_step=1), [0.0], main=False).train(3)
    assert not (tmp_path / "log").exists()
    FakeTrainer(SealingCallback(opened, run="r", tokens_per_step=1), [0.0]).train(3)
    assert len(list(zk.read_rows(tmp_path / "log"))) == 1


def test_a_real_training_run(live: zk.Live, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="NOT TESTED: a real training run (torch is not installed)")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        transformers = pytest.importorskip(
            "transformers", reason="NOT TESTED: a real training run (transformers is not installed)"
        )
        pytest.importorskip("accelerate", reason="NOT TESTED: a real training run (accelerate is not installed)")
        zk.keygen(tmp_path / "k2", "lab.example/y")
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
        callback = SealingCallback(live, run="tiny", tokens_per_step=4 * 16)
        flos = SealingCallback(
            lambda: zk.Live(tmp_path / "flos", key=tmp_path / "k2", schema=schemas.compute), run="tiny",
            formula="total_flos",
        )  # fmt: skip
        trainer = transformers.Trainer(model=model, args=arguments, train_dataset=data, callbacks=[callback, flos])
        trainer.train()
    parameters = sum(p.numel() for p in model.parameters())
    rows = sealed_rows(live)
    assert len(rows) == 4 and sum(r["flop"] for r in rows) == 6 * parameters * 64 * 12
    assert sum(r["flop"] for r in zk.read_rows(tmp_path / "flos")) == int(trainer.state.total_flos)
