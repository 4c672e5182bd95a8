"""What an importer says that it fills is what its rows have, over real files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit.importing import DATA, raw
from zkcompliance import importers, schemas

FILES: dict[str, tuple[str, str, dict[str, str]]] = {
    "inspect": ("inspect/arithmetic-match.json", "eval", {}),
    "lm-eval": ("lm-eval/samples_mini_gen.jsonl", "eval", {"results": str(DATA / "lm-eval" / "results.json")}),
    "slurm": ("slurm/sacct_steps_duplicates.psv", "compute", {}),
    "kubernetes": ("kubernetes/nodes_pods.json", "compute", {"until": "2026-01-05T15:00:00Z"}),
    "kube-state": (
        "kubernetes/query_range_running_gpus.json", "compute", {"step": "1min", "peaks": "gpu=h100_sxm"},
    ),
    "dcgm": ("dcgm/query_range_DCGM_FI_PROF_PIPE_TENSOR_ACTIVE.json", "compute", {"gaps": "full"}),
    "hf-trainer": ("hf-trainer/trainer_state.json", "compute", {"start": "2026-01-05T00:00:00Z"}),
    "mlflow": ("mlflow/mlflow.db", "compute", {"flop_metric": "train/flops_cumulative"}),
    "lightning": (
        "lightning/metrics.csv", "compute",
        {"start": "2026-01-05T00:00:00Z", "end": "2026-01-06T00:00:00Z", "tokens_column": "tokens_seen", "steps": "300",
         "parameters": "7e9"},
    ),
    "tensorboard": (
        "tensorboard/events.out.tfevents.1795954471.host.18393.0", "compute", {"flop_tag": "train/tokens"},
    ),
    "wandb": ("wandb/run-fixture01.wandb", "compute", {"flop_metric": "tokens"}),
    "nanogpt": ("nanogpt/2025-05-09_head.txt", "compute", {"incomplete": "yes"}),
    "megatron": ("megatron/megatron.log", "compute", {"parameters": "7e9", "sequence_length": "4096"}),
    "torchtitan": ("torchtitan/train.log", "compute", {"parameters": "6163712"}),
}  # fmt: skip
OF_TOOLS = [name for name, each in importers.FORMATS.items() if each.schemas]


def test_every_format_of_a_tool_says_what_it_fills() -> None:
    assert [name for name, each in importers.FORMATS.items() if each.columns] == OF_TOOLS and set(OF_TOOLS) == {*FILES}


@pytest.mark.parametrize("name", OF_TOOLS)
def test_it_fills_these_columns_and_no_other(name: str) -> None:
    path, schema, options = FILES[name]
    importer, there = importers.FORMATS[name], [column.name for column in schemas.by_name(schema).columns]
    rows = raw(name, DATA / path, schema, **options)
    assert rows and all(set(row) == set(importer.columns) for row in rows)
    assert set(importer.columns) <= set(there) and importer.schemas == (schema,)
    for column in there:
        assert importer.fills(schemas.by_name(schema), column) is (column in importer.columns)
        assert not importer.fills(schemas.incident, column)


def test_what_takes_any_column() -> None:
    for name in ("csv", "jsonl", "json", "arrow"):
        assert importers.FORMATS[name].fills(schemas.incident, "category")


def test_a_csv_without_its_last_line_end_is_said(tmp_path: Path) -> None:
    """Spreadsheets write it so, and a file that was cut inside its last number looks the same: 2.5e2 of 2.5e25."""
    text = "start,end,run,phase,method,flop\n1767571200,1767657600,r,pretraining,hardware,2.5e2"
    for name, data, count in (("cut", text, 1), ("whole", text + "\n", 0), ("crlf", text + "\r\n", 0)):
        path = tmp_path / f"{name}.csv"
        path.write_bytes(data.encode())
        told: list[str] = []
        for read in (importers.parts, importers.rows):
            list(read(importers.by_name("csv"), path, schemas.compute, tell=told.append))
        assert len(told) == 2 * count and all("no line end" in each for each in told)
