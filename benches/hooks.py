"""What each hook costs the tool that calls it, per step and per sample, in the tool itself.

    python -m benches.hooks

Run by a Python that has zkcompliance and the tools; what it lacks is said. Each hook puts a row at every step or sample
(`every=0`), the dearest that it does. Printed are microseconds of the calling thread's own time, of 300 calls. Nothing
is fetched. W&B is not there: its hook is another process, which reads what wandb writes.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import zkcompliance as zk
from benches.live import Taken

COUNT = 300


def measured(taken: Taken, call: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(call)
    def around(*given: Any, **named: Any) -> Any:
        found: list[Any] = []
        taken.measure(lambda: found.append(call(*given, **named)))
        return found[0]

    return around


def lightning(live: zk.Live, taken: Taken) -> None:
    import lightning as pl
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    from zkcompliance.live.lightning import sealing_callback

    class Small(pl.LightningModule):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.out = torch.nn.Linear(8, 1)

        def training_step(self, batch: Any, at: int) -> Any:
            return self.out(batch[0]).mean()

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=0.1)

    callback = sealing_callback(live, run="r", flop_per_step=7, every=0)
    callback.on_train_batch_end = measured(taken, callback.on_train_batch_end)
    trainer = pl.Trainer(
        max_epochs=1, enable_progress_bar=False, accelerator="cpu", enable_model_summary=False, logger=False,
        enable_checkpointing=False, callbacks=[callback],
    )  # fmt: skip
    trainer.fit(Small(), DataLoader(TensorDataset(torch.zeros(COUNT, 8))))


def transformers(live: zk.Live, taken: Taken) -> None:
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments

    from zkcompliance.live.hf import SealingCallback

    callback: Any = SealingCallback(live, run="r", parameters=1000, tokens_per_step=16, every=0)
    callback.on_step_end = measured(taken, callback.on_step_end)
    arguments = TrainingArguments(
        output_dir="out", per_device_train_batch_size=1, num_train_epochs=1, report_to=[], disable_tqdm=True,
        use_cpu=True, save_strategy="no", logging_strategy="no",
    )  # fmt: skip
    model = GPT2LMHeadModel(GPT2Config(vocab_size=50, n_positions=32, n_embd=16, n_layer=1, n_head=2))
    data = [{"input_ids": torch.arange(16), "labels": torch.arange(16)} for _ in range(COUNT)]
    Trainer(model=model, args=arguments, train_dataset=data, callbacks=[callback]).train()


def mlflow(live: zk.Live, taken: Taken) -> None:
    import mlflow as ml

    from zkcompliance.live.mlflow import seal_metrics

    live.close()
    ml.set_tracking_uri("sqlite:///m.db")
    without = Taken()

    def log(taken: Taken) -> None:
        with ml.start_run():
            for step in range(1, COUNT + 1):
                taken.measure(lambda step=step: ml.log_metrics({"tokens": 100.0 * step}, step=step))  # type: ignore[misc]

    log(without)
    without.say("mlflow, log_metrics without the hook")
    seal_metrics("log", options={"tokens_metric": "tokens", "parameters": "7"})
    log(taken)


def inspect_ai(live: zk.Live, taken: Taken) -> None:
    from inspect_ai import Task
    from inspect_ai import eval as evaluate
    from inspect_ai.dataset import MemoryDataset, Sample
    from inspect_ai.model import ModelOutput
    from inspect_ai.scorer import includes
    from inspect_ai.solver import solver

    from zkcompliance.live import inspect_ai as hook

    async def solve(state: Any, generate: Any) -> Any:
        state.output = ModelOutput.from_content("mockllm", "an answer")
        return state

    live.close()
    hook.document = measured(taken, hook.document)  # what is read of a sample, which is most of it
    puts, taken_by_put = zk.Live.put, Taken()
    zk.Live.put = measured(taken_by_put, puts)  # type: ignore[method-assign]
    hook.seal_evals("evals", key="evals.key")
    data = MemoryDataset([Sample(id=n, input="q", target="an answer") for n in range(1, COUNT + 1)], name="d")
    (done,) = evaluate(
        Task(name="t", dataset=data, solver=solver(lambda: solve)(), scorer=includes()),
        model="mockllm/model",
        log_dir="logs",
        display="none",
    )
    zk.Live.put = puts  # type: ignore[method-assign]
    taken_by_put.say("inspect_ai, its put")
    assert done.status == "success", done.error


HOOKS = {"lightning": lightning, "transformers": transformers, "mlflow": mlflow, "inspect_ai": inspect_ai}


def main() -> int:
    for name, hook in HOOKS.items():
        if importlib.util.find_spec(name) is None:
            print(f"{name}: NOT RUN, it is not installed")
            continue
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            zk.keygen("key", "lab.example/bench")
            zk.keygen("evals.key", "lab.example/evals")
            taken = Taken()
            with zk.Live(Path("log"), key="key", schema=zk.schemas.compute) as live:
                hook(live, taken)
            taken.say(name)
            os.chdir("/")
    return 0


if __name__ == "__main__":
    sys.exit(main())
