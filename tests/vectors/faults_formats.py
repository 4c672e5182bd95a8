"""One-fault files of the formats that tools write. A sound twin is text files, packed when the input is binary.

A vector is one edit of its twin, [file, operation, argument] (see `faults_pack.py`): of a text before it is packed, or
of the packed input.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

Vector = tuple[str, str, str | None, list[object] | None]

SINCE = "2026-01-01T00:00:00Z"
HOURS = {"start": SINCE, "end": "2026-01-01T02:00:00Z"}

SLURM = (
    "JobIDRaw|State|ElapsedRaw|AllocTRES|Submit|Start|End|Cluster\n"
    "7|COMPLETED|10|cpu=2,gres/gpu:h100=8,gres/gpu=8|2026-01-01T00:00:00|2026-01-01T00:00:05|2026-01-01T00:00:15|c\n"
    "7.0|COMPLETED|10|cpu=2,gres/gpu=8|2026-01-01T00:00:00|2026-01-01T00:00:05|2026-01-01T00:00:15|c\n"
    "8|FAILED|3|cpu=2,gres/gpu:a100=4,gres/gpu=4|2026-01-01T00:00:01|2026-01-01T00:00:06|2026-01-01T00:00:09|c\n"
)


_T = 1_767_571_000  # 2026-01-04


def _job(job: int, kind: str, gpus: int, end: int) -> dict[str, object]:
    tres = [{"type": "gres", "name": name, "count": gpus} for name in ("gpu", f"gpu:{kind}")]
    times = {"elapsed": end - 110, "submission": _T + 100, "start": _T + 110, "end": _T + end, "suspended": 0}
    return {
        "job_id": job,
        "cluster": "c",
        "state": {"current": "COMPLETED"},
        "time": times,
        "tres": {"allocated": tres},
    }


SLURM_JSON = {
    "meta": {"plugin": {"type": "openapi/dbv0.0.38"}},
    "errors": [],
    "jobs": [_job(7, "h100", 8, 120), _job(8, "a100", 4, 130)],
}

INSPECT_HEAD = {
    "version": 2,
    "status": "success",
    "eval": {"task": "t", "task_version": 1, "model": "m", "revision": {"dirty": False}, "config": {"epochs": 1}},
    "results": {
        "total_samples": 2,
        "completed_samples": 2,
        "scores": [{"name": "match", "scored_samples": 2, "metrics": {"accuracy": {"value": 0.6}}}],
    },
    "stats": {"completed_at": "2026-01-01T01:00:00+00:00"},
}
INSPECT_SAMPLES = [
    {"id": "a", "epoch": 1, "scores": {"match": {"value": "C"}}, "completed_at": "2026-01-01T00:30:00+00:00"},
    {"id": "b", "epoch": 1, "scores": {"match": {"value": 0.2}}, "completed_at": "2026-01-01T00:40:00+00:00"},
]

LM_EVAL = "".join(
    json.dumps({"doc_id": i, "filter": "none", "metrics": ["acc"], "acc": score}) + "\n"
    for i, score in enumerate((1.0, 0.5, 0.25))
)
LM_EVAL_RESULTS = {
    "lm_eval_version": "0.4.13",
    "n-samples": {"mini": {"original": 3, "effective": 3}},
    "versions": {"mini": 2.0},
    "date": 1795220737.5,
    "model_name": "m",
    "results": {"mini": {"acc,none": 0.583333333}},
}

HF_TRAINER = {
    "global_step": 40,
    "max_steps": 40,
    "total_flos": 1.8e15,
    "log_history": [
        {"step": 20, "loss": 6.5, "num_input_tokens_seen": 2048, "train_runtime": 2.5},
        {"step": 40, "loss": 5.5, "num_input_tokens_seen": 4096, "train_runtime": 5.25},
        {"step": 40, "train_loss": 6.0, "num_input_tokens_seen": 4096, "train_runtime": 5.5},
    ],
}

DCGM = {
    "status": "success",
    "data": {
        "resultType": "matrix",
        "result": [
            {
                "metric": {
                    "__name__": "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE",
                    "UUID": f"GPU-{i}",
                    "modelName": "NVIDIA H100 80GB HBM3",
                },
                "values": [[1767225600 + 30 * at, f"0.{i}{at}"] for at in range(3)],
            }
            for i in range(2)
        ],
    },
}

LIGHTNING = "epoch,step,tokens_seen,val_loss\n0,9,320.0,\n0,11,,1.5\n1,19,640.0,\n1,29,960,\n"

MLFLOW = """\
CREATE TABLE alembic_version (version_num VARCHAR(32));
CREATE TABLE experiments (experiment_id INTEGER, name TEXT);
CREATE TABLE runs (run_uuid TEXT, status TEXT, start_time BIGINT, end_time BIGINT, experiment_id INTEGER);
CREATE TABLE metrics (key TEXT, value, timestamp BIGINT, run_uuid TEXT, step BIGINT, is_nan BOOLEAN);
INSERT INTO alembic_version VALUES ('dc11669786a5');
INSERT INTO experiments VALUES (1, 'pretrain');
INSERT INTO runs VALUES ('aa', 'FINISHED', 1767225600000, 1767225660000, 1);
INSERT INTO metrics VALUES ('flops', 4e15, 1767225620000, 'aa', 1, 0);
INSERT INTO metrics VALUES ('flops', 8e15, 1767225640000, 'aa', 2, 0);
"""

TABLE = """\
[["start", "int64", [1767571100, 1767571200]],
 ["end", "int64", [1767571160, 1767571260]],
 ["run", "string", ["r", "s"]],
 ["phase", "string", ["pretraining", "failed"]],
 ["flop", "uint64", [7, 5]],
 ["method", "string", ["hardware", "measured"]]]
"""


def _twin(form: str, schema: str, files: dict[str, object], **more: object) -> dict[str, object]:
    texts = {name: text if isinstance(text, str) else json.dumps(text) for name, text in files.items()}
    return {"format": form, "schema": schema, "input": next(iter(files)), "files": texts, **more}


def twins() -> dict[str, dict[str, object]]:
    """Kind → format, schema, options, input (its file's name) and files; `pack` when the input is made from them."""
    members = {f"samples/{sample['id']}_epoch_1.json": sample for sample in INSPECT_SAMPLES}
    results = {"options": {"results": "{folder}/results.json"}}
    return {
        "slurm": _twin("slurm", "compute", {"sacct.psv": SLURM}),
        "slurm-json": _twin("slurm", "compute", {"sacct.json": SLURM_JSON}),
        "inspect": _twin("inspect", "eval", {"log.json": {**INSPECT_HEAD, "samples": INSPECT_SAMPLES}}),
        "inspect-eval": {
            **_twin("inspect", "eval", {"header.json": INSPECT_HEAD, **members}, pack="zip"),
            "input": "log.eval",
        },
        "lm-eval": _twin(
            "lm-eval", "eval", {"samples_mini.jsonl": LM_EVAL, "results.json": LM_EVAL_RESULTS}, **results
        ),
        "hf-trainer": _twin("hf-trainer", "compute", {"trainer_state.json": HF_TRAINER}, options={"start": SINCE}),
        "dcgm": _twin("dcgm", "compute", {"range.json": DCGM}),
        "lightning": _twin(
            "lightning",
            "compute",
            {"metrics.csv": LIGHTNING},
            options={"tokens_column": "tokens_seen", "parameters": "7e9", "steps": "32", **HOURS},
        ),
        "mlflow": {
            **_twin("mlflow", "compute", {"store.sql": MLFLOW}, pack="sqlite", options={"flop_metric": "flops"}),
            "input": "mlflow.db",
        },
        "arrow-parquet": {
            **_twin("arrow", "compute", {"table.json": TABLE}, pack="parquet"),
            "input": "in.parquet",
        },
        "arrow-ipc": {**_twin("arrow", "compute", {"table.json": TABLE}, pack="ipc"), "input": "in.arrow"},
    }


def _swaps(kind: str, file: str, swaps: dict[str, tuple[str, str]]) -> Iterator[Vector]:
    for name, pair in swaps.items():
        yield kind, name, "import", [file, "swap", list(pair)]


def _bytes(kind: str, file: str, size: int) -> Iterator[Vector]:
    """What goes wrong with any text file. `size`: where to cut it."""
    yield kind, "empty", "import", [file, "cut", 0]
    yield kind, "truncated", "import", [file, "cut", size]
    yield kind, "UTF-16", "import", [file, "encode", "utf-16"]
    yield kind, "NUL", "import", [file, "append", "\0\n"]


def vectors() -> Iterator[Vector]:
    """(kind, name, code, edit)."""
    for kind in twins():
        yield kind, "sound", None, None
    yield from _slurm()
    yield from _slurm_json()
    yield from _inspect()
    yield from _inspect_eval()
    yield from _lm_eval()
    yield from _hf_trainer()
    yield from _dcgm()
    yield from _lightning()
    yield from _mlflow()
    yield from _arrow()


def _slurm() -> Iterator[Vector]:
    file = "sacct.psv"
    last = SLURM.splitlines(True)[-1]
    yield from _bytes("slurm", file, len(SLURM) - 9)
    yield "slurm", "not UTF-8", "import", [file, "bytes", ["FAILED", "ff"]]
    yield "slurm", "header alone", "import", [file, "cut", SLURM.index("\n") + 1]
    yield "slurm", "attempt twice", "import", [file, "append", last]
    yield from _swaps(
        "slurm",
        file,
        {
            "column missing": ("|ElapsedRaw|", "|Elapsed|"),
            "column twice": ("|Cluster\n", "|Start\n"),
            "cell missing": ("|FAILED|3|", "|FAILED|"),
            "lines end in a bar": ("|Cluster\n", "|Cluster|\n"),
            "elapsed NaN": ("|FAILED|3|", "|FAILED|NaN|"),
            "elapsed negative": ("|FAILED|3|", "|FAILED|-3|"),
            "elapsed as hours": ("|FAILED|3|", "|FAILED|00:00:03|"),
            "elapsed missing": ("|FAILED|3|", "|FAILED||"),
            "absurd sentinel for elapsed": ("|FAILED|3|", "|FAILED|4294967294|"),
            "absurd sentinel for GPUs": ("gpu=4", "gpu=18446744073709551614"),
            "GPU counted by a word": ("a100=4", "a100=four"),
            "resource twice": ("gres/gpu:a100=4", "gres/gpu=4"),
            "GPU type unknown": ("a100", "x999"),
            "share of a GPU": ("gres/gpu:a100=4,gres/gpu=4", "gres/shard=4"),
            "end before start": ("00:00:09|c", "00:00:03|c"),
            "time missing": ("|2026-01-01T00:00:01|", "||"),
            "impossible date": ("2026-01-01T00:00:01", "2026-02-30T00:00:01"),
            "not ended": ("00:00:06|2026-01-01T00:00:09", "00:00:06|Unknown"),
            "running": ("FAILED", "RUNNING"),
            "unknown state": ("FAILED", "LOST"),
            "no step": (SLURM.splitlines(True)[2], ""),
        },
    )


def _slurm_json() -> Iterator[Vector]:
    file, text = "sacct.json", json.dumps(SLURM_JSON)
    meta = '"meta": {"plugin": {"type": "openapi/dbv0.0.38"}}, '
    yield from _bytes("slurm-json", file, len(text) - 1)
    yield "slurm-json", "not UTF-8", "import", [file, "bytes", ["gpu:a100", "ff"]]
    yield from _swaps(
        "slurm-json",
        file,
        {
            "version unknown": ("dbv0.0.38", "dbv0.0.99"),
            "version missing": (meta, ""),
            "errors reported": ('"errors": []', '"errors": ["timeout"]'),
            "jobs missing": ('"jobs"', '"job"'),
            "jobs not a list": (text[text.index("[{") :], "{}}"),
            "attempt twice": ('"job_id": 8', '"job_id": 7'),
            "member twice": ('"job_id": 8', '"job_id": 8, "job_id": 9'),
            "time missing": (f'"end": {_T + 130}, ', ""),
            "state not a text": ('8, "cluster": "c", "state": {"current": "COMPLETED"}', '8, "state": {"current": 3}'),
            "state unknown": (
                '8, "cluster": "c", "state": {"current": "COMPLETED"}',
                '8, "state": {"current": "LOST"}',
            ),
            "elapsed NaN": ('"elapsed": 20', '"elapsed": NaN'),
            "elapsed negative": ('"elapsed": 20', '"elapsed": -20'),
            "elapsed a text": ('"elapsed": 20', '"elapsed": "20"'),
            "elapsed true": ('"elapsed": 20', '"elapsed": true'),
            "elapsed a fraction": ('"elapsed": 20', '"elapsed": 20.5'),
            "absurd sentinel for elapsed": ('"elapsed": 20', '"elapsed": 4294967294'),
            "absurdly long number": ('"elapsed": 20', f'"elapsed": {"2" * 500}'),
            "end before start": (f'"end": {_T + 130}', f'"end": {_T + 90}'),
            "GPUs missing": ('"gpu:a100", "count": 4', '"gpu:a100"'),
            "resource twice": ('"gpu:a100"', '"gpu"'),
            "GPU type unknown": ("a100", "x999"),
        },
    )


SCORES: dict[str, tuple[str, str]] = {
    "score NaN": ('"value": 0.2', '"value": NaN'),
    "score infinite": ('"value": 0.2', '"value": Infinity'),
    "score negative": ('"value": 0.2', '"value": -0.2'),
    "score over 1": ('"value": 0.2', '"value": 1.2'),
    "score an absurd sentinel": ('"value": 0.2', '"value": 1e999'),
    "score of an unknown letter": ('"value": 0.2', '"value": "X"'),
    "several scores": ('"value": 0.2', '"value": [0.2]'),
    "score missing": ('{"match": {"value": 0.2}}', "{}"),
    "score edited": ('"value": 0.2', '"value": 0.2, "history": [{"value": 0}]'),
    "epoch 0": ('"b", "epoch": 1', '"b", "epoch": 0'),
    "epoch over the number of epochs": ('"b", "epoch": 1', '"b", "epoch": 2'),
    "id missing": ('"id": "b", ', ""),
    "sample twice": ('"id": "b"', '"id": "a"'),
    "sample failed": ('"id": "b"', '"error": {}, "id": "b"'),
    "time without offset": ("00:40:00+00:00", "00:40:00"),
}
HEADS: dict[str, tuple[str, str]] = {
    "version unknown": ('"version": 2', '"version": 3'),
    "status error": ('"success"', '"error"'),
    "not completed": ('"completed_samples": 2', '"completed_samples": 1'),
    "task missing": ('"task": "t", ', ""),
    "result of other samples": ('"value": 0.6', '"value": 0.7'),
    "member twice": ('"status"', '"version": 2, "status"'),
}


def _inspect() -> Iterator[Vector]:
    file, text = "log.json", json.dumps({**INSPECT_HEAD, "samples": INSPECT_SAMPLES})
    samples = text[text.index(', "samples"') : -1]
    yield from _bytes("inspect", file, len(text) - 2)
    yield "inspect", "not UTF-8", "import", [file, "bytes", ['"b"', "22ff22"]]
    yield from _swaps("inspect", file, {**SCORES, **HEADS})
    yield from _swaps(
        "inspect",
        file,
        {
            "samples missing": (samples, ""),
            "sample missing": (", " + json.dumps(INSPECT_SAMPLES[1]), ""),
            "samples before the results": ('"version": 2', f'{samples[2:]}, "version": 2'),
        },
    )


def _inspect_eval() -> Iterator[Vector]:
    head, first, second = "header.json", "samples/a_epoch_1.json", "samples/b_epoch_1.json"
    kind, archive = "inspect-eval", "log.eval"
    yield kind, "empty", "import", [archive, "cut", 0]
    yield kind, "archive truncated", "import", [archive, "cut", 700]
    yield kind, "header missing", "import", [head, "delete", 0]
    yield kind, "sample missing", "import", [second, "delete", 0]
    yield kind, "sample empty", "import", [second, "cut", 0]
    yield kind, "sample truncated", "import", [second, "cut", 40]
    yield kind, "sample not UTF-8", "import", [second, "bytes", ['"b"', "22ff22"]]
    yield kind, "header UTF-16", "import", [head, "encode", "utf-16"]
    yield kind, "altered after packing", "import", [archive, "bytes", ['"value": 0.2', b'"value": 0.3'.hex()]]
    yield kind, "directory lost", "import", [archive, "bytes", ["PK\x05\x06", "504b0000"]]
    yield kind, "two members of one name", "import", [archive, "bytes", [second, first.encode().hex()]]
    yield from _swaps(kind, second, SCORES)
    yield from _swaps(kind, head, HEADS)


def _lm_eval() -> Iterator[Vector]:
    file, results = "samples_mini.jsonl", "results.json"
    last = LM_EVAL.splitlines(True)[-1]
    yield from _bytes("lm-eval", file, len(LM_EVAL) - 5)
    yield "lm-eval", "not UTF-8", "import", [file, "bytes", ['2, "filter": "none"', b'2, "filter": "'.hex() + "ff22"]]
    yield "lm-eval", "document missing", "import", [file, "cut", len(LM_EVAL) - len(last)]
    yield "lm-eval", "document twice", "import", [file, "append", last]
    yield "lm-eval", "blank line", "import", [file, "append", "\n"]
    score = '"acc": 0.25'
    yield from _swaps(
        "lm-eval",
        file,
        {
            "score NaN": (score, '"acc": NaN'),
            "score negative": (score, '"acc": -0.25'),
            "score over 1": (score, '"acc": 1.25'),
            "score an absurd sentinel": (score, '"acc": 1e999'),
            "score a text": (score, '"acc": "0.25"'),
            "score true": (score, '"acc": true'),
            "score missing": (", " + score, ""),
            "metric not listed": ('2, "filter": "none", "metrics": ["acc"]', '2, "filter": "none", "metrics": []'),
            "second filter": ('2, "filter": "none"', '2, "filter": "strict"'),
            "document number negative": ('"doc_id": 2', '"doc_id": -2'),
            "document number a fraction": ('"doc_id": 2', '"doc_id": 2.5'),
            "document number missing": ('"doc_id": 2, ', ""),
            "two documents on a line": ('}\n{"doc_id": 2', '} {"doc_id": 2'),
        },
    )
    yield "lm-eval", "results truncated", "import", [results, "cut", 60]
    yield from _swaps(
        "lm-eval",
        results,
        {
            "results of another version": ("0.4.13", "0.9.0"),
            "results cut by a limit": ('"original": 3', '"original": 30'),
            "results of other documents": ("0.583333333", "0.6"),
            "results NaN": ("0.583333333", "NaN"),
            "results without a date": ('"date": 1795220737.5, ', ""),
            "results of another task": ('{"mini": {"original"', '{"other": {"original"'),
        },
    )


def _hf_trainer() -> Iterator[Vector]:
    file, text = "trainer_state.json", json.dumps(HF_TRAINER)
    yield from _bytes("hf-trainer", file, len(text) - 1)
    yield "hf-trainer", "not UTF-8", "import", [file, "bytes", ['"loss": 5.5', b'"loss": "'.hex() + "ff22"]]
    total, clock = '"total_flos": 1800000000000000.0', '"train_runtime": 5.25'
    yield from _swaps(
        "hf-trainer",
        file,
        {
            "FLOP missing": (total + ", ", ""),
            "FLOP 0": (total, '"total_flos": 0'),
            "FLOP NaN": (total, '"total_flos": NaN'),
            "FLOP infinite": (total, '"total_flos": Infinity'),
            "FLOP negative": (total, '"total_flos": -1.8e15'),
            "FLOP an absurd sentinel": (total, '"total_flos": 1.7976931348623157e308'),
            "FLOP a text": (total, '"total_flos": "1.8e15"'),
            "FLOP twice": (total, f'{total}, "total_flos": 1'),
            "not at the last step": ('"max_steps": 40', '"max_steps": 400'),
            "no step": ('"global_step": 40', '"global_step": 0'),
            "log missing": ('"log_history"', '"log"'),
            "log not a list": (text[text.index("[") :], "{}}"),
            "step missing": ('"step": 20, ', ""),
            "step past the last": ('"step": 20', '"step": 60'),
            "step twice": ('"step": 20', '"step": 40'),
            "step a fraction": ('"step": 20', '"step": 20.5'),
            "clock backwards": (clock, '"train_runtime": 1.5'),
            "clock NaN": (clock, '"train_runtime": NaN'),
            "clock negative": (clock, '"train_runtime": -5.25'),
            "clock a text": (clock, '"train_runtime": "5.25"'),
            "clock an absurd sentinel": (clock, '"train_runtime": 1e300'),
        },
    )


def _dcgm() -> Iterator[Vector]:
    file, text = "range.json", json.dumps(DCGM)
    yield from _bytes("dcgm", file, len(text) - 1)
    yield "dcgm", "not UTF-8", "import", [file, "bytes", ["GPU-1", "ff"]]
    reading = '[1767225630, "0.11"]'
    yield from _swaps(
        "dcgm",
        file,
        {
            "status error": ('"success"', '"error"'),
            "status missing": ('"status": "success", ', ""),
            "warnings": ('"data"', '"warnings": ["partial"], "data"'),
            "not a matrix": ('"matrix"', '"vector"'),
            "data missing": ('"data"', '"datum"'),
            "GPU twice": ("GPU-1", "GPU-0"),
            "UUID missing": ('"UUID": "GPU-1", ', ""),
            "another metric": ('TENSOR_ACTIVE", "UUID": "GPU-1"', 'FP16_ACTIVE", "UUID": "GPU-1"'),
            "slice of a GPU": ('"GPU-1"', '"GPU-1", "GPU_I_ID": "3"'),
            "model unknown": ('"GPU-1", "modelName": "NVIDIA H100', '"GPU-1", "modelName": "NVIDIA X999'),
            "reading NaN": (reading, '[1767225630, "NaN"]'),
            "reading infinite": (reading, '[1767225630, "+Inf"]'),
            "reading negative": (reading, '[1767225630, "-0.11"]'),
            "reading over 1": (reading, '[1767225630, "11"]'),
            "reading an absurd number": (reading, '[1767225630, "1e999999999"]'),
            "reading a number, not a text": (reading, "[1767225630, 0.11]"),
            "reading of a word": (reading, '[1767225630, "busy"]'),
            "reading without a value": (reading, "[1767225630]"),
            "time NaN": (reading, '[NaN, "0.11"]'),
            "time negative": (reading, '[-1767225630, "0.11"]'),
            "time a text": (reading, '["1767225630", "0.11"]'),
            "time twice": (reading, f"{reading}, {reading}"),
            "times out of order": (reading, '[1767225599, "0.11"]'),
            "time an absurd sentinel": (reading, '[9223372036854775807, "0.11"]'),
            "gap": ('[1767225660, "0.12"]', '[1767229260, "0.12"]'),
        },
    )
    yield "dcgm", "something follows", "import", [file, "append", "{}"]


def _lightning() -> Iterator[Vector]:
    file = "metrics.csv"
    yield from _bytes("lightning", file, len(LIGHTNING) - 3)
    yield "lightning", "not UTF-8", "import", [file, "bytes", ["1.5", "ff"]]
    yield "lightning", "header alone", "import", [file, "cut", LIGHTNING.index("\n") + 1]
    yield "lightning", "open quote", "import", [file, "append", '"2\n']
    yield "lightning", "blank line", "import", [file, "append", "\n"]
    yield from _swaps(
        "lightning",
        file,
        {
            "column missing": ("tokens_seen", "tokens"),
            "step column missing": ("step", "steps"),
            "column twice": ("val_loss", "tokens_seen"),
            "cell missing": ("640.0,", "640.0"),
            "cell too many": ("640.0,", "640.0,,"),
            "NaN": ("640.0", "NaN"),
            "infinite": ("640.0", "inf"),
            "negative": ("640.0", "-640.0"),
            "fraction": ("640.0", "640.5"),
            "a word": ("640.0", "many"),
            "true for a number": ("640.0", "true"),
            "absurd sentinel": ("640.0", "1.7976931348623157e308"),
            "absurdly long number": ("640.0", "6" * 500),
            "decreases": ("640.0", "64.0"),
            "steps out of order": ("1,19,", "1,8,"),
            "step missing": ("1,19,", "1,,"),
        },
    )


def _mlflow() -> Iterator[Vector]:
    kind, file, store = "mlflow", "store.sql", "mlflow.db"
    second = "INSERT INTO metrics VALUES ('flops', 8e15, 1767225640000, 'aa', 2, 0);\n"
    yield kind, "empty", "import", [store, "cut", 0]
    yield kind, "head alone", "import", [store, "cut", 100]
    yield kind, "truncated", "import", [store, "cut", 6000]
    yield kind, "not sqlite", "import", [store, "bytes", ["SQLite format 3", b"SQLite format 4".hex()]]
    yield kind, "not UTF-8", "import", [store, "bytes", ["aaFINISHED", "ffff" + b"FINISHED".hex()]]
    yield kind, "write-ahead mode", "import", [file, "append", "PRAGMA journal_mode=WAL;\n"]
    yield kind, "step twice", "import", [file, "append", second]
    yield from _swaps(
        kind,
        file,
        {
            "revision unknown": ("dc11669786a5", "000000000000"),
            "revision missing": ("INSERT INTO alembic_version VALUES ('dc11669786a5');\n", ""),
            "column missing": (", is_nan BOOLEAN", ", nan BOOLEAN"),
            "column of computed values": ("is_nan BOOLEAN", "is_nan BOOLEAN, w GENERATED ALWAYS AS (step)"),
            "run going on": ("FINISHED", "RUNNING"),
            "run without the metric": ("('aa', 'FINISHED'", "('bb', 'FINISHED'"),
            "start missing": ("1767225600000", "NULL"),
            "start a text": ("1767225600000", "'2026-01-01'"),
            "start negative": ("1767225600000", "-1"),
            "time negative": ("1767225640000", "-1767225640000"),
            "time missing": ("1767225640000", "NULL"),
            "times out of order": ("1767225640000", "1767225610000"),
            "time an absurd sentinel": ("1767225640000", "9223372036854775807"),
            "value NaN": ("8e15, 1767225640000, 'aa', 2, 0", "0, 1767225640000, 'aa', 2, 1"),
            "value missing": ("8e15", "NULL"),
            "value negative": ("8e15", "-8e15"),
            "value a fraction": ("8e15", "4000000000000000.5"),
            "value a text": ("8e15", "'8e15'"),
            "value infinite": ("8e15", "9e999"),
            "value an absurd sentinel": ("8e15", "1.7976931348623157e308"),
            "value decreases": ("8e15", "3e15"),
            "step a text": ("'aa', 2", "'aa', 'two'"),
        },
    )


def _arrow() -> Iterator[Vector]:
    file = "table.json"
    for kind, packed in (("arrow-parquet", "in.parquet"), ("arrow-ipc", "in.arrow")):
        yield kind, "empty", "import", [packed, "cut", 0]
        yield kind, "magic alone", "import", [packed, "cut", 8]
        yield kind, "truncated", "import", [packed, "cut", 700]
        yield from _swaps(
            kind,
            file,
            {
                "no rows": (TABLE, TABLE.replace("[100, 200]", "[]").split(",\n")[0] + "]"),
                "column missing": (
                    ' ["method", "string", ["hardware", "measured"]]',
                    ' ["owner", "string", ["o", "p"]]',
                ),
                "column unknown": ('"method"', '"methods"'),
                "column twice": ('"end"', '"start"'),
                "column of floats": ('"uint64"', '"float64"'),
                "NaN": ('"uint64", [7, 5]', '"float64", [7, NaN]'),
                "flop of booleans": ('"uint64", [7, 5]', '"bool", [true, false]'),
                "flop of words": ('"uint64", [7, 5]', '"string", ["7", "five"]'),
                "flop negative": ('"uint64", [7, 5]', '"int64", [7, -5]'),
                "value missing": ("[1767571160, 1767571260]", "[1767571160, null]"),
                "text not UTF-8": ('"s"', '"\\u00ff"'),
                "run of numbers": ('"string", ["r", "s"]', '"int64", [1, 2]'),
                "unknown phase": ('"failed"', '"lost"'),
                "time negative": ("[1767571160, 1767571260]", "[160, -260]"),
                "time without a zone": ('"int64", [1767571160, 1767571260]', '"timestamp[ms]", [160000, 260500]'),
                "time an absurd sentinel": ("[1767571160, 1767571260]", "[160, 9223372036854775807]"),
                "end before start": ("[1767571160, 1767571260]", "[1767571160, 1767571199]"),
                "over 2^96": ('"uint64", [7, 5]', f'"string", ["7", "{2**96}"]'),
            },
        )
    yield "arrow-parquet", "last bytes lost", "import", ["in.parquet", "cut", -4]
    yield "arrow-ipc", "last bytes lost", "import", ["in.arrow", "cut", -6]
