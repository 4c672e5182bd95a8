"""The tools that train and log, where they are installed: fresh logs of theirs import to the figures that they state.

ZKC_TOOLS_PYTHON names a Python that has lightning, transformers with accelerate, lm_eval, wandb and tensorboard with
torch; without it this stage is skipped, and so is the part of each tool that it lacks, and says so. Nothing is fetched:
models are made here, and lm-eval's answers at random.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.kit.harness_run import LM_EVAL
from tests.kit.importing import raw

TOOLS = os.environ.get("ZKC_TOOLS_PYTHON")
pytestmark = pytest.mark.skipif(
    TOOLS is None, reason="NOT RUN: no fresh logs of trainers; ZKC_TOOLS_PYTHON names a Python with these tools"
)
MILLION = 1_000_000
RUN = {"start": "2026-01-05T00:00:00Z", "end": "2026-01-06T00:00:00Z"}
LIGHTNING = """
import json, torch
import lightning
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from torch.utils.data import DataLoader, TensorDataset

class Small(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.table, self.out, self.seen = torch.nn.Embedding(10, 8), torch.nn.Linear(8, 10), 0
    def training_step(self, batch, at):
        self.seen += batch[0].numel()
        self.log("tokens_seen", float(self.seen))
        return self.out(self.table(batch[0])).mean()
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)

loggers = [CSVLogger(".", name="csv", version=0), TensorBoardLogger(".", name="board", version=0)]
trainer = lightning.Trainer(
    max_epochs=1, logger=loggers, log_every_n_steps=5, enable_progress_bar=False, enable_checkpointing=False,
    accelerator="cpu", enable_model_summary=False,
)
model = Small()
trainer.fit(model, DataLoader(TensorDataset(torch.zeros(92, 16, dtype=torch.long)), batch_size=4))
print(json.dumps({"steps": trainer.global_step, "tokens": model.seen}))
"""
TRAINER = """
import json, torch
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments
model = GPT2LMHeadModel(GPT2Config(vocab_size=50, n_positions=32, n_embd=16, n_layer=2, n_head=2))
data = [{"input_ids": torch.arange(16), "labels": torch.arange(16)} for _ in range(46)]
arguments = TrainingArguments(
    output_dir="out", per_device_train_batch_size=2, num_train_epochs=1, logging_steps=5, save_strategy="no",
    report_to=[], include_num_input_tokens_seen="all", disable_tqdm=True, use_cpu=True,
)
trainer = Trainer(model=model, args=arguments, train_dataset=data)
trainer.train()
trainer.state.save_to_json("trainer_state.json")
state = trainer.state
print(json.dumps({"steps": state.global_step, "flop": int(state.total_flos), "tokens": state.num_input_tokens_seen}))
"""
WANDB = """
import json, wandb
run = wandb.init(project="p", id="fresh1", dir=".", mode="offline", settings=wandb.Settings(console="off"))
for step in range(1, 301):
    train = {"tokens": step * 524_288, "flop": step * (10**16 + 1), "large": step * (10**20 + 1)}
    run.log({"loss": 12 / step, "train": train, "note": "x" * 997})
run.finish()
print(json.dumps({"tokens": 300 * 524_288, "flop": 300 * (10**16 + 1), "large": 300 * (10**20 + 1)}))
"""
BOARD = """
import json
from torch.utils.tensorboard import SummaryWriter
writer = SummaryWriter("board")
for step in range(1, 41):
    writer.add_scalar("tokens", step * 100_000, step)
    writer.add_scalar("exact", step * 2**40 + 1, step, new_style=True, double_precision=True)
writer.add_image("image", __import__("torch").zeros(3, 64, 64), 40)
writer.close()
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
read = EventAccumulator("board")
read.Reload()
print(json.dumps({"tokens": [each.value for each in read.Scalars("tokens")], "exact": 40 * 2**40 + 1}))
"""


def made(folder: Path, program: str, *modules: str) -> dict[str, object]:
    """What the program says last, run by the tools' Python in the folder; skipped where it lacks a module."""
    for module in modules:
        if subprocess.run([str(TOOLS), "-c", f"import {module}"], capture_output=True, check=False).returncode:
            pytest.skip(f"NOT RUN: {TOOLS} has no {module}")
    offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_CACHE": str(folder / "cache"), "WANDB_SILENT": "true"}
    done = subprocess.run(
        [str(TOOLS), "-c", program], cwd=folder, env={**os.environ, **offline}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert not done.returncode, done.stderr[-4000:]
    found = json.loads(done.stdout.strip().splitlines()[-1])
    assert isinstance(found, dict)
    return found


def flop(rows: list[dict[str, object]]) -> int:
    return sum(int(str(row["flop"])) for row in rows)


def test_lightning_and_its_event_file(tmp_path: Path) -> None:
    """What the model itself counted, out of the CSV and out of the event file; the steps after the last value too."""
    truth = made(tmp_path, LIGHTNING, "lightning", "torch", "tensorboard")
    tokens, steps = int(str(truth["tokens"])), int(str(truth["steps"]))
    assert (tokens, steps) == (92 * 16, 23)
    own = {"tokens_column": "tokens_seen", "parameters": "1000", "steps": str(steps), **RUN}
    assert flop(raw("lightning", tmp_path / "csv" / "version_0" / "metrics.csv", **own)) == 6000 * tokens
    (events,) = (tmp_path / "board" / "version_0").glob("events.out.tfevents.*")
    found = raw("tensorboard", events, tokens_tag="tokens_seen", parameters="1000")
    assert flop(found) == 6000 * tokens * 20 // 23 and len(found) == 4  # logged every 5 steps


def test_the_trainer_of_hugging_face(tmp_path: Path) -> None:
    truth = made(tmp_path, TRAINER, "transformers", "accelerate", "torch")
    path = tmp_path / "trainer_state.json"
    assert flop(raw("hf-trainer", path, start=RUN["start"])) == truth["flop"]
    counted = raw("hf-trainer", path, start=RUN["start"], parameters="1000", counted="all")
    assert flop(counted) == 6000 * int(str(truth["tokens"])) == 6000 * 46 * 16


def test_lm_eval(tmp_path: Path) -> None:
    stated = made(tmp_path, LM_EVAL, "lm_eval", "datasets")
    (samples,) = tmp_path.glob("out/**/samples_mini_*.jsonl")
    (results,) = tmp_path.glob("out/**/results_*.json")
    for metric in ("acc", "acc_norm"):
        rows = raw("lm-eval", samples, "eval", results=str(results), metric=metric)
        mean = sum(int(str(row["score"])) for row in rows) / len(rows) / MILLION
        assert len(rows) == 24 and mean == pytest.approx(float(str(stated[f"{metric},none"])), abs=1e-6)
        assert {row["suite"] for row in rows} <= {"mini@2.0", "mini@2"}


def test_a_run_of_wandb(tmp_path: Path) -> None:
    """300 steps over several blocks of the file; whole numbers past 2^53, and past 2^63, where W&B rounds them."""
    truth = made(tmp_path, WANDB, "wandb")
    (path,) = tmp_path.glob("wandb/offline-run-*/run-fresh1.wandb")
    assert path.stat().st_size > 4 * 32768
    assert flop(raw("wandb", path, flop_metric="train.flop")) == truth["flop"]
    large = int(str(truth["large"]))
    assert float(large) == flop(raw("wandb", path, flop_metric="train.large", rounded="nearest"))
    assert large <= flop(raw("wandb", path, flop_metric="train.large", rounded="up")) <= large + 2**23
    rows = raw("wandb", path, tokens_metric="train.tokens", parameters="7")
    assert (flop(rows), len(rows), {row["run"] for row in rows}) == (42 * int(str(truth["tokens"])), 300, {"fresh1"})


def test_an_event_file_by_tensorboards_own_reader(tmp_path: Path) -> None:
    truth = made(tmp_path, BOARD, "tensorboard", "torch", "PIL")
    (path,) = (tmp_path / "board").glob("events.out.tfevents.*")
    values = truth["tokens"]
    assert isinstance(values, list) and values[-1] == 4_000_000.0
    rows = raw("tensorboard", path, flop_tag="tokens")
    assert [flop(rows[: n + 1]) for n in range(40)] == values
    assert flop(raw("tensorboard", path, flop_tag="exact")) == truth["exact"]
