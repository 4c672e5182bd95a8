"""The tools that train and log, where they are installed: what is sealed while they run is what they say themselves.

ZKC_TOOLS_PYTHON names a Python that has zkcompliance and lm_eval, wandb, mlflow, lightning, or transformers with
accelerate; what it lacks is skipped, and says so. Nothing is fetched.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

import zkcompliance as zk
from tests.kit.harness_run import LM_EVAL
from tests.kit.inspect_tasks import TOOLS

pytestmark = pytest.mark.skipif(
    TOOLS is None, reason="NOT RUN: no hook of a trainer; ZKC_TOOLS_PYTHON names a Python with them and zkcompliance"
)
OFFLINE = {
    "HF_HUB_OFFLINE": "1", "WANDB_SILENT": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_ALLOW_FILE_STORE": "true",
}  # fmt: skip
SEALED_EVALUATION = LM_EVAL.replace(
    "found = lm_eval.simple_evaluate(",
    "import zkcompliance as zk\n"
    "from zkcompliance.live.lm_eval import evaluate_sealed\n"
    "with zk.Live('log', key='key', schema=zk.schemas.eval) as live: found = evaluate_sealed(live,",
)
EACH_TASK = """
import json, pathlib, sys, zkcompliance as zk
from lm_eval.api.registry import get_model
from lm_eval.tasks import TaskManager
from zkcompliance.live.lm_eval import evaluate_sealed
rows = [{"q": f"question {n}", "choices": ["a", "b", "c", "d"], "label": n % 4} for n in range(24)]
pathlib.Path("docs.jsonl").write_text("".join(json.dumps(row) + "\\n" for row in rows))
for task in ("mini", "second"):
    pathlib.Path(f"{task}.yaml").write_text(json.dumps({
        "task": task, "dataset_path": "json", "dataset_kwargs": {"data_files": {"test": "docs.jsonl"}},
        "test_split": "test", "output_type": "multiple_choice", "doc_to_text": "{{q}}", "doc_to_choice": "{{choices}}",
        "doc_to_target": "label", "metric_list": [{"metric": "acc"}], "metadata": {"version": 2.0},
    }))
manager, model = TaskManager(include_path=".", include_defaults=False), get_model("dummy").create_from_arg_string("")
with zk.Live("log", key="key", schema=zk.schemas.eval) as live:
    for task in ("mini", "second"):
        evaluate_sealed(live, model=model, tasks=[task], task_manager=manager, options={"model": "acme/7b"})
        live.seal()
        print(len(list(zk.read_rows("log"))))
"""
WANDB = """
import sys, time, wandb
from zkcompliance.live.wandb import seal_run
settings = wandb.Settings(console="off", x_transaction_log_flush_interval=0.5)
begun = int(sys.argv[2]) if len(sys.argv) > 2 else 0
goes_on = {"resume": "allow"} if len(sys.argv) > 2 else {}
run = wandb.init(project="p", id="live1", dir=".", mode="offline", settings=settings, **goes_on)
options = {"tokens_metric": "train.tokens", "parameters": "7", "base": str(begun * 524_288)}
following = seal_run(run, "log", key="key", options=options, seal_rows=40)
for step in range(begun + 1, int(sys.argv[1]) + 1):
    run.log({"loss": 12 / step, "train": {"tokens": step * 524_288}})
    time.sleep(0.01)
run.finish()
assert following.finish()
"""
MLFLOW = """
import sys, time, mlflow
from zkcompliance.live.mlflow import seal_metrics
mlflow.set_tracking_uri(sys.argv[1])
options = {"tokens_metric": "tokens", "parameters": "7", "resumed": "rewind"}
sealing = seal_metrics("log", key="key", options=options)
first, last, run = int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] if len(sys.argv) > 4 else None
with mlflow.start_run(run_id=run) as begun:
    print(begun.info.run_id, flush=True)
    for step in range(first, last):
        mlflow.log_metrics({"loss": 1 / step, "tokens": 100 * step}, step=step)
        time.sleep(0.01)
        print(step, flush=True)
    mlflow.log_metric("tokens", 100 * last, step=last, synchronous=False)
"""
AUTOLOG = """
import lightning, mlflow, sys, torch
from torch.utils.data import DataLoader, TensorDataset
from zkcompliance.live.mlflow import seal_metrics
class Small(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.out = torch.nn.Linear(8, 1)
    def training_step(self, batch, at):
        self.log("tokens", 100.0 * (self.trainer.global_step + 1))
        return self.out(batch[0]).mean()
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)
mlflow.set_tracking_uri(sys.argv[1])
seal_metrics("log", key="key", options={"tokens_metric": "tokens", "parameters": "7"})
mlflow.pytorch.autolog(log_every_n_step=1, log_models=False)
trainer = lightning.Trainer(
    max_epochs=1, log_every_n_steps=1, enable_progress_bar=False, accelerator="cpu", enable_model_summary=False,
    logger=False, enable_checkpointing=False,
)
with mlflow.start_run():
    trainer.fit(Small(), DataLoader(TensorDataset(torch.zeros(30, 8))))
"""
TRAINER = """
import os, sys, torch, zkcompliance as zk
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainerCallback, TrainingArguments
from zkcompliance.live.hf import SealingCallback
class Slow(TrainerCallback):
    def on_step_end(self, args, state, control, **_):
        print("step", state.global_step, flush=True)
        if state.global_step == int(sys.argv[1]):
            os.kill(os.getpid(), 9)
model = GPT2LMHeadModel(GPT2Config(vocab_size=50, n_positions=32, n_embd=16, n_layer=2, n_head=2))
data = [{"input_ids": torch.arange(16), "labels": torch.arange(16)} for _ in range(60)]
arguments = TrainingArguments(
    output_dir="out", per_device_train_batch_size=2, num_train_epochs=1, logging_steps=4, save_strategy="steps",
    save_steps=10, report_to=[], include_num_input_tokens_seen="all", disable_tqdm=True, use_cpu=True,
)
live = zk.Live("log", key="key", schema=zk.schemas.compute)
every = float(sys.argv[3]) if len(sys.argv) > 3 else 60
callback = SealingCallback(live, run="r", parameters=1000, every=every)
trainer = Trainer(model=model, args=arguments, train_dataset=data, callbacks=[callback, Slow()])
trainer.train(resume_from_checkpoint=sys.argv[2] == "again")
trainer.state.save_to_json("state.json")
live.close()
"""
LIGHTNING = """
import os, sys, torch, lightning, zkcompliance as zk
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger
from torch.utils.data import DataLoader, TensorDataset
from zkcompliance.live.lightning import sealing_callback
class Small(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.out = torch.nn.Linear(8, 1)
    def training_step(self, batch, at):
        if self.trainer.global_step == int(sys.argv[1]):
            os.kill(os.getpid(), 9)
        self.log("one", 1.0)
        return self.out(batch[0]).mean()
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)
again = len(sys.argv) > 2
live = zk.Live("log", key="key", schema=zk.schemas.compute)
trainer = lightning.Trainer(
    max_epochs=1, log_every_n_steps=1, enable_progress_bar=False, accelerator="cpu", enable_model_summary=False,
    logger=CSVLogger(".", name="csv", version=int(again), flush_logs_every_n_steps=1),
    callbacks=[
        sealing_callback(live, run="r", flop_per_step=7, every=0),
        ModelCheckpoint("saved", filename="{step}", every_n_train_steps=10, save_top_k=-1),
    ],
)
trainer.fit(Small(), DataLoader(TensorDataset(torch.zeros(30, 8))), ckpt_path="saved/step=10.ckpt" if again else None)
live.close()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    zk.keygen(tmp_path / "key", "lab.example/live")
    return tmp_path


def needs(*modules: str) -> None:
    for module in ("zkcompliance", *modules):
        if subprocess.run([str(TOOLS), "-c", f"import {module}"], capture_output=True, check=False).returncode:
            pytest.skip(f"NOT RUN: {TOOLS} has no {module}")


def ran(folder: Path, program: str, *given: str, status: int = 0) -> list[str]:
    """The lines that the program says, run by the tools' Python in the folder."""
    environment = {**os.environ, **OFFLINE, "HF_DATASETS_CACHE": str(folder / "cache")}
    done = subprocess.run(
        [str(TOOLS), "-c", program, *given], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == status, done.stderr[-4000:]
    return done.stdout.splitlines()


def seal(folder: Path) -> None:
    """What a program that was killed left in the log."""
    with zk.open_log(folder / "log", key=folder / "key") as log:
        log.seal()


def flop(folder: Path) -> list[int]:
    return [int(str(row["flop"])) for row in zk.read_rows(folder / "log")]


def twice(folder: Path, path: Path, form: str, options: Sequence[str]) -> bool:
    """Whether sealing the tool's own file brings nothing to the log."""
    command = [sys.executable, "-m", "zkcompliance", "seal", str(path), "--from", form, "--log", str(folder / "log")]
    stated = [word for option in options for word in ("--set", option)]
    done = subprocess.run(
        [*command, "--key", str(folder / "key"), *stated], check=False, capture_output=True, text=True
    )
    return "already-sealed" in done.stderr


def test_lm_eval(folder: Path) -> None:
    needs("lm_eval", "datasets")
    stated = json.loads(ran(folder, SEALED_EVALUATION)[-1])
    (samples,), (results,) = folder.glob("out/**/samples_mini_*.jsonl"), folder.glob("out/**/results_*.json")
    total = sum(int(str(row["score"])) for row in zk.read_rows(folder / "log"))
    assert total == round(24e6 * (stated["acc,none"] + stated["acc_norm,none"]))
    for metric in ("acc", "acc_norm"):
        assert twice(folder, samples, "lm-eval", [f"results={results}", f"metric={metric}"])


def test_lm_eval_task_by_task(folder: Path) -> None:
    """One model, a call for each task: the rows of a task are there when the next one begins."""
    needs("lm_eval", "datasets")
    assert ran(folder, EACH_TASK)[-2:] == ["24", "48"]


def test_wandb(folder: Path) -> None:
    """Seals while the run goes on; in the end, what the file says."""
    needs("wandb")
    ran(folder, WANDB, "300")
    assert flop(folder) == [42 * 524_288] * 300
    assert int((folder / "log" / "checkpoint").read_text().splitlines()[1]) > 1
    (path,) = folder.glob("wandb/offline-run-*/run-live1.wandb")
    assert twice(folder, path, "wandb", ["tokens_metric=train.tokens", "parameters=7"])


def test_wandb_killed(folder: Path) -> None:
    """Killed -9: what W&B's own process still writes is sealed too, and it is all that the file says."""
    needs("wandb")
    environment = {**os.environ, **OFFLINE}
    with subprocess.Popen([str(TOOLS), "-c", WANDB, "1000000"], cwd=folder, env=environment) as process:
        last = time.monotonic() + 300
        while not [each for each in folder.glob("log/secret/spool-*") if each.stat().st_size > 5000]:
            assert time.monotonic() < last and process.poll() is None
            time.sleep(0.05)
        process.kill()
    (path,) = folder.glob("wandb/offline-run-*/run-live1.wandb")
    options = ["tokens_metric=train.tokens", "parameters=7", "running=accept"]
    while not ((folder / "log" / "checkpoint").exists() and twice(folder, path, "wandb", options)):
        assert time.monotonic() < last
        time.sleep(5)
    found = flop(folder)
    assert len(found) > 20 and found == [42 * 524_288] * len(found)


def test_wandb_resumed_offline(folder: Path) -> None:
    """The same run, gone on with from step 20: a file each, and what both say is sealed, once."""
    needs("wandb")
    ran(folder, WANDB, "20", "0")
    ran(folder, WANDB, "50", "20")
    assert flop(folder) == [42 * 524_288] * 50
    first, second = sorted(folder.glob("wandb/offline-run-*/run-live1.wandb"))
    for path, base in ((first, 0), (second, 20 * 524_288)):
        assert twice(folder, path, "wandb", ["tokens_metric=train.tokens", "parameters=7", f"base={base}"])


def test_mlflow_killed_and_resumed(folder: Path) -> None:
    """Steps 1 to about 30, killed -9; on from 20 in the same run: all that the store says, once."""
    needs("mlflow", "sqlalchemy")
    environment = {**os.environ, **OFFLINE}
    command = [str(TOOLS), "-c", MLFLOW, "sqlite:///m.db", "1", "1000000"]
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        run, *_ = [process.stdout.readline().strip() for _ in range(31)]
        process.kill()
        steps = 30 + len(process.stdout.read().splitlines())
    ran(folder, MLFLOW, "sqlite:///m.db", "20", "40", run)
    found = flop(folder)
    assert sum(found) in (4200 * (steps + extra + 40 - 19) for extra in (0, 1)) and set(found) == {4200}
    assert twice(folder, folder / "m.db", "mlflow", ["tokens_metric=tokens", "parameters=7", "resumed=rewind"])


STATED = ["tokens_metric=tokens", "parameters=7", "resumed=rewind"]


def test_mlflow_in_files(folder: Path) -> None:
    needs("mlflow")
    ran(folder, MLFLOW, "file:./mlruns", "1", "40")
    assert flop(folder) == [4200] * 40
    assert twice(folder, folder / "mlruns", "mlflow", STATED)


@contextlib.contextmanager
def mlflow_server(folder: Path) -> Iterator[str]:
    """The URL of a tracking server of this machine, over a store in the folder."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [str(TOOLS), "-m", "mlflow", "server", "--backend-store-uri", "sqlite:///s.db", "--port", str(port)]
    with subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--workers", "1"], cwd=folder, env={**os.environ, **OFFLINE},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    ) as process:  # fmt: skip
        try:
            last = time.monotonic() + 300
            while True:
                with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/health", timeout=5) as answer:  # noqa: S310
                    assert answer.status == 200
                    break
                assert time.monotonic() < last and process.poll() is None
                time.sleep(0.5)
            yield url
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def test_mlflow_on_a_server(folder: Path) -> None:
    """What its store says, which is that of the server."""
    needs("mlflow.server", "sqlalchemy")
    with mlflow_server(folder) as url:
        ran(folder, MLFLOW, url, "1", "40")
        assert flop(folder) == [4200] * 40
    assert twice(folder, folder / "s.db", "mlflow", STATED)


def test_mlflow_autologging(folder: Path) -> None:
    """What a training logs, which MLflow takes from Lightning by itself."""
    needs("mlflow", "lightning", "sqlalchemy")
    ran(folder, AUTOLOG, "sqlite:///m.db")
    assert sum(flop(folder)) == 4200 * 30
    assert twice(folder, folder / "m.db", "mlflow", STATED[:2])


def test_the_trainer_killed_and_resumed(folder: Path) -> None:
    """Logged every 4 steps, saved at 10, killed -9 at 19: rows to 16, then from 10 on, as the Trainer's log has it."""
    needs("transformers", "accelerate", "torch")
    ran(folder, TRAINER, "19", "first", status=-9)
    seal(folder)
    assert flop(folder) == [6 * 1000 * 4 * 32] * 4
    ran(folder, TRAINER, "0", "again")
    logged = [each["step"] for each in json.loads((folder / "state.json").read_text())["log_history"]]
    since = sorted({10, *(step for step in logged if step > 10), 30})
    stretches = [after - before for before, after in itertools.pairwise(since)]
    assert flop(folder)[4:] == [6 * 1000 * 32 * steps for steps in stretches] and sum(stretches) == 20


def test_the_trainer_loses_no_step(folder: Path) -> None:
    """A row for each step, whatever is logged: killed -9 at the end of step 19, 18 or 19 are there; on from 10."""
    needs("transformers", "accelerate", "torch")
    ran(folder, TRAINER, "19", "first", "0", status=-9)
    seal(folder)
    found = flop(folder)
    assert found == [6 * 1000 * 32] * len(found) and len(found) in (18, 19)
    ran(folder, TRAINER, "0", "again", "0")
    assert flop(folder) == [6 * 1000 * 32] * (len(found) + 20)


def test_lightning_killed_and_resumed(folder: Path) -> None:
    """Each step that the Trainer logged, killed -9 at 17 and on from the checkpoint at 10."""
    needs("lightning", "torch")
    ran(folder, LIGHTNING, "17", status=-9)
    seal(folder)
    logs = [folder / "csv" / f"version_{n}" / "metrics.csv" for n in range(2)]
    assert flop(folder) == [7] * 17
    assert 17 - (len(logs[0].read_text().splitlines()) - 1) in (0, 1)  # its last line may not be written yet
    ran(folder, LIGHTNING, "-1", "again")
    assert len(flop(folder)) - 17 == len(logs[1].read_text().splitlines()) - 1 == 20
