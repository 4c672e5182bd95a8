"""Every refusal of an importer that names an option says what is wrong, where, and an option with which it is taken.

Each case is refused, with its message and its remedy, and taken when the remedy is followed. The last test holds the
list against the importers: no option of a remedy is without a case.
"""

# ruff: noqa: S608

from __future__ import annotations

import ast
import json
import re
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import zkcompliance.importers
from tests.kit.importing import DATA, load, replaced, write
from zkcompliance.errors import ImporterError, UsageError

pytest.importorskip("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")

Made = Callable[[Path], Path]
INSPECT, MORE = DATA / "inspect", DATA / "inspect-2"


@dataclass(frozen=True)
class Case:
    """A file that is refused with these options, and what is done about it: options that are added (None: left out)."""

    form: str
    made: Made
    message: str
    help: str
    remedy: dict[str, str | None]
    options: dict[str, str] = field(default_factory=dict)

    @property
    def schema(self) -> str:
        return "eval" if self.form in ("inspect", "lm-eval") else "compute"


def given(path: Path) -> Made:
    return lambda folder: path


def altered(path: Path, *changes: tuple[str, object], name: str = "log.json") -> Made:
    """A JSON document with values at paths such as `a.0.b` replaced."""

    def made(folder: Path) -> Path:
        document: Any = json.loads(path.read_text())
        for place, value in changes:
            document = replaced(document, tuple(int(key) if key.isdigit() else key for key in place.split(".")), value)
        return write(folder, json.dumps(document), name)

    return made


def text(path: Path, old: str, new: str, name: str = "in.txt", count: int = -1) -> Made:
    """A text file with a part replaced."""

    def made(folder: Path) -> Path:
        before = path.read_text()
        assert old in before
        return write(folder, before.replace(old, new, count), name)

    return made


# Inspect

ARITHMETIC = INSPECT / "arithmetic-match.json"
SAMPLES = json.loads(ARITHMETIC.read_text())["samples"]
SCORER = json.loads(ARITHMETIC.read_text())["results"]["scores"][0]["name"]
SCORE = f"samples.0.scores.{SCORER}"


def inspect(
    message: str, help: str, remedy: dict[str, str | None], *changes: tuple[str, object], **options: str
) -> Case:
    return Case("inspect", altered(ARITHMETIC, *changes), message, help, remedy, options)


RESULT = "results.scores.0.metrics.accuracy.value"
FIRST = SAMPLES[0]["scores"][SCORER]["value"]
INSPECT_CASES = [
    inspect("status: is not success", "--set incomplete=yes", {"incomplete": "yes"}, ("status", "error")),
    inspect("status: is not success", "--set running=accept", {"running": "accept"}, ("status", "started")),
    inspect("results.completed_samples: differs", "--set incomplete=yes", {"incomplete": "yes"},
            ("results.completed_samples", 9), ("samples.0.error", {"message": "x"})),
    Case("inspect", given(MORE / "err_some.eval"), "completed_samples", "--set incomplete=yes", {"incomplete": "yes"}),
    inspect("eval.config.epochs: is not the stated number", "--set epochs=1", {"epochs": "1"}, epochs="2"),
    inspect("eval.config.limit: is set, so the suite was cut", "--set limited=yes", {"limited": "yes"},
            ("eval.config", {**json.loads(ARITHMETIC.read_text())["eval"]["config"], "limit": 5})),
    inspect("eval.task: is not the stated task", "--set task=", {"task": None}, task="x"),
    inspect("eval.task_version: is not the stated version", "--set task_version=", {"task_version": None},
            task_version="x"),
    inspect("eval.revision.dirty: is not false", "--set dirty=no", {"dirty": None},
            ("eval.revision", {"type": "git", "dirty": True}), dirty="no"),
    inspect("the stated reducer is not there", "--set reducer=", {"reducer": None}, reducer="max"),
    inspect("no mean and no accuracy", "--set unchecked=yes", {"unchecked": "yes"}, ("results.scores.0.metrics", {})),
    Case("inspect", given(MORE / "multi.eval"), "holds not one scorer", "--set scorer=NAME", {"scorer": "match"}),
    inspect("the stated scorer is not there", "--set scorer=NAME", {"scorer": SCORER}, scorer="x"),
    inspect("the stated scorer is not there", "--set scorer=NAME", {"scorer": SCORER, "key": None},
            scorer="x", key="a"),
    Case("inspect", given(MORE / "dictscore.eval"), "holds not one scorer", "--set scorer=NAME", {"scorer": "dic.a"}),
    inspect("holds several scores, and one is wanted", "--set key=NAME", {"key": "a", "unchecked": "yes"},
            *((f"samples.{n}.scores.{SCORER}.value", {"a": 1}) for n in range(10))),
    inspect("the dict has no such key", "--set key=NAME", {"key": "a"},
            *((f"samples.{n}.scores.{SCORER}.value", {"a": 1}) for n in range(10)), key="b", unchecked="yes"),
    inspect("the list has no such position", "--set key=0", {"key": "0"},
            *((f"samples.{n}.scores.{SCORER}.value", [1]) for n in range(10)), key="7", unchecked="yes"),
    inspect("is a single value, and a key was named", "--set key=", {"key": None}, key="a", unchecked="yes"),
    inspect("sample 1, scores: the sample has no score", "--set unscored=missing", {"unscored": "missing"},
            (f"{SCORE}.value", None), ("results.scores.0.metrics", {}), ("results.scores.0.scored_samples", 9),
            unchecked="yes"),
    inspect("the scorer has no entry", "--set unscored=missing", {"unscored": "missing"},
            ("samples.0.scores", {}), ("results.scores.0.metrics", {}), unscored="zero", unchecked="yes"),
    Case("inspect", given(MORE / "edited.eval"), "history: the score was edited", "--set edits=accept",
         {"edits": "accept"}, {}),
    Case("inspect", given(MORE / "lik.eval"), "over the greatest value of the scale 0..1", "--set scale=LOW..HIGH",
         {"scale": "1..10"}),
    Case("inspect", given(MORE / "lik.eval"), "scale: want LOW..HIGH", "--set scale=1..10", {"scale": "1..10"},
         {"scale": "ten"}),
    Case("inspect", given(MORE / "yn.eval"), "is a text of which nobody said what it is worth", "--set map=TEXT=SHARE",
         {"map": "yes=100%,no=0"}),
    inspect("one is not there in every epoch", "--set incomplete=yes", {"incomplete": "yes"},
            ("eval.config.epochs", 2)),
]  # fmt: skip

# lm-evaluation-harness

HARNESS = DATA / "lm-eval"
RESULTS = json.loads((HARNESS / "results.json").read_text())
GEN, CHOICE = HARNESS / "samples_mini_gen.jsonl", HARNESS / "samples_mini_wmdp_like.jsonl"
SAME = {"results": str(HARNESS / "results.json")}


def other_results(path: str, value: object) -> dict[str, str]:
    """Options that name a results file in which a value is another; `lm_eval` writes it."""
    return {"results": json.dumps(replaced(RESULTS, tuple(path.split("/")), value))}


def two_filters(folder: Path) -> Path:
    lines = [json.loads(line) for line in GEN.read_text().splitlines()]
    both = [row for line in lines for row in (line, {**line, "filter": "strict"})]
    return write(folder, "".join(json.dumps(row) + "\n" for row in both), "samples_mini_gen.jsonl")


def renamed(folder: Path) -> Path:
    return Path(shutil.copyfile(GEN, folder / "samples.jsonl"))


HARNESS_CASES = [
    Case("lm-eval", given(GEN), "the results file is needed", "--set results=", SAME),
    Case("lm-eval", given(GEN), "results: No such file", "--set results=", SAME, {"results": "none.json"}),
    Case("lm-eval", given(GEN), "a limit cut the suite", "--set limited=yes", {"limited": "yes"},
         other_results("n-samples/mini_gen/original", 100)),
    Case("lm-eval", given(GEN), "is not the stated version", "--set task_version=", {"task_version": None},
         {**SAME, "task_version": "x"}),
    Case("lm-eval", renamed, "does not say which task it is", "--set task=NAME", {"task": "mini_gen"}, SAME),
    Case("lm-eval", given(CHOICE), "holds not one metric", "--set metric=NAME", {"metric": "acc"}, SAME),
    Case("lm-eval", given(CHOICE), "metrics: the metric is not there", "--set metric=NAME", {"metric": "acc"},
         {**SAME, "metric": "x"}),
    Case("lm-eval", two_filters, "line 2, filter: a second filter", "--set filter=NAME", {"filter": "none"}, SAME),
    Case("lm-eval", given(GEN), "are not as many", "--set task=NAME", {"task": None},
         {**SAME, "task": "mini_wmdp_like", "metric": "exact_match"}),
    Case("lm-eval", two_filters, "no result for this metric and filter", "--set metric=NAME", {"filter": "none"},
         {**SAME, "filter": "strict"}),
    Case("lm-eval", given(next((DATA / "lm-eval-2").glob("samples_*"))), "is no single grade", "--set metric=NAME",
         {"metric": "prompt_level_strict_acc"},
         {"results": str(next((DATA / "lm-eval-2").glob("results_*"))), "metric": "inst_level_strict_acc"}),
]  # fmt: skip

# Hugging Face, Lightning, nanogpt

STATE = DATA / "hf-trainer" / "trainer_state.json"
PADDED = DATA / "hf-trainer-2" / "non_padding.json"
START = {"start": "2026-01-01T00:00:00Z"}


def without_clocks(folder: Path) -> Path:
    state = json.loads(STATE.read_text())
    for entry in state["log_history"]:
        entry.pop("train_runtime", None)
    return write(folder, json.dumps(state), "trainer_state.json")


def trainer(message: str, help: str, remedy: dict[str, str | None], made: Made | None = None, **options: str) -> Case:
    return Case("hf-trainer", made or given(STATE), message, help, remedy, options)


METRICS = DATA / "lightning" / "metrics.csv"
RUN = {"start": "2026-01-01", "end": "2026-01-02", "tokens_column": "tokens_seen", "parameters": "9", "steps": "224"}


def lightning(message: str, help: str, remedy: dict[str, str | None], **options: str | None) -> Case:
    stated = {name: value for name, value in {**RUN, **options}.items() if value is not None}
    return Case("lightning", given(METRICS), message, help, remedy, stated)


NANOGPT = DATA / "nanogpt" / "2025-05-09_head.txt"
TRAINING_CASES = [
    trainer("start is needed", "--set start=", {**START}),
    trainer("global_step: is not max_steps", "--set incomplete=yes", {"incomplete": "yes"},
            altered(STATE, ("max_steps", 1000)), **START),
    trainer("may leave out padding", "--set tokens_per_step=N", {"tokens_per_step": "512"}, given(PADDED),
            parameters="100", **START),
    trainer("may leave out padding", "--set counted=all", {"counted": "all"}, given(STATE), parameters="100", **START),
    trainer("counted and tokens_per_step go with parameters", "--set parameters=", {"parameters": "7e9"},
            counted="all", **START),
    trainer("train_runtime: runs backwards", "--set end=", {"end": "2026-01-02"},
            altered(STATE, ("log_history.9.train_runtime", 0.1)), **START),
    trainer("holds no train_runtime", "--set end=", {"end": "2026-01-02"}, without_clocks, **START),
    trainer("end is before start", "--set start=TIME --set end=TIME", {"end": "2026-01-02"}, end="2025-01-01", **START),
    trainer("num_input_tokens_seen: is missing", "--set tokens_per_step=N", {"tokens_per_step": "1", "counted": None},
            altered(STATE, ("log_history.3.num_input_tokens_seen", None)), parameters="5", counted="all", **START),
    trainer("num_input_tokens_seen: runs backwards", "--set tokens_per_step=N",
            {"tokens_per_step": "1", "counted": None}, altered(STATE, ("log_history.3.num_input_tokens_seen", 1)),
            parameters="5", counted="all", **START),
    trainer("total_flos: is 0", "--set parameters=7e9 --set tokens_per_step=N",
            {"parameters": "7e9", "tokens_per_step": "512"}, altered(STATE, ("total_flos", 0)), **START),
    trainer("earlier state 1: No such file", "--set earlier=FILE", {"earlier": None}, earlier="none.json", **START),
    trainer("earlier state 1: global_step is not under", "--set earlier=FILE", {"earlier": None}, earlier=str(STATE),
            **START),
    trainer("phase is one of", "zkcompliance formats", {"phase": "evaluation"}, phase="x", **START),
    lightning("start and end are needed", "--set start=", {"start": "2026-01-01"}, start=None),
    lightning("end is before start", "--set start=TIME --set end=TIME", {"end": "2026-01-02"}, end="2025-01-01"),
    lightning("steps is needed", "--set steps=N", {"steps": "224"}, steps=None),
    lightning("steps is needed", "--set running=accept", {"running": "accept"}, steps=None),
    lightning("running=accept says that it goes on", "leave one of them out", {"steps": None}, running="accept"),
    lightning("is over the stated number of steps", "--set steps=N", {"steps": "224"}, steps="100"),
    lightning("earlier: want the steps of earlier seals", "--set earlier=N,N", {"earlier": "75,105"}, earlier="105,75"),
    lightning("name one column", "--set flop_column=NAME", {"flop_column": None}, flop_column="x"),
    lightning("tokens_column and parameters go together", "--set parameters=7e9", {"parameters": "7e9"},
              parameters=None),
    lightning("header: column x is not there", "--set tokens_column=NAME", {"tokens_column": "tokens_seen"},
              tokens_column="x"),
    Case("lightning", text(METRICS, ",640.0,", ",319.0,", "metrics.csv"), "line 3, value: decreases",
         "--set tokens_column=NAME or flop_column=NAME", {"tokens_column": "step"}, RUN),
    Case("lightning", lambda folder: write(folder, "step,seen,other\n9,,5\n", "m.csv"), "column seen: holds no value",
         "--set tokens_column", {"tokens_column": "other"}, {**RUN, "tokens_column": "seen"}),
    Case("nanogpt", given(NANOGPT), "ends at step", "--set incomplete=yes", {"incomplete": "yes"}),
    Case("nanogpt", given(NANOGPT), "ends at step", "--set running=accept", {"running": "accept"}),
    Case("nanogpt", text(NANOGPT, "NVIDIA H100 80GB HBM3", "NVIDIA X900 80GB HBM9"), "the peak of a device named",
         "--set peak=", {"peak": "989.4e12"}, {"incomplete": "yes"}),
    Case("nanogpt", text(NANOGPT, "Fri Sep  5 16:18:22 2025", "Sun Oct 26 02:18:22 2025"),
         "clocks show this hour twice", "--set utc_offset=+01:00",
         {"zone": None, "utc_offset": "+01:00", "incomplete": "yes"}, {"zone": "Europe/Berlin"}),
    Case("nanogpt", given(NANOGPT), "phase is one of", "zkcompliance formats", {"phase": None},
         {"phase": "x", "incomplete": "yes"}),
    Case("nanogpt", given(NANOGPT), "incomplete is one of", "zkcompliance formats", {"incomplete": "yes"},
         {"incomplete": "x"}),
    Case("nanogpt", given(NANOGPT), "running is one of", "zkcompliance formats", {"running": "accept"},
         {"running": "x"}),
]  # fmt: skip

# MLflow

STORE = DATA / "mlflow" / "mlflow.db"
FLOP = {"flop_metric": "train/flops_cumulative"}
LOGGED, OTHER = "9020478b5cf944d6a47d9737c4302866", "c51f20c0d475465da958102c7759c7c8"
KEY = "WHERE key = 'train/flops_cumulative'"


def store(*statements: str) -> Made:
    def made(folder: Path) -> Path:
        path = Path(shutil.copyfile(STORE, folder / "mlflow.db"))
        with closing(sqlite3.connect(path)) as database, database:
            for statement in statements:
                database.execute(statement)
        return path

    return made


def log(*points: tuple[int, int, int]) -> Made:
    """A store in which one run logs these (step, second, value) and the others nothing."""
    values = ", ".join(
        f"('train/flops_cumulative', {value}, {1767225600000 + second * 1000}, '{LOGGED}', {step}, 0)"
        for step, second, value in points
    )
    insert = f"INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES {values}"
    return store(f"DELETE FROM metrics {KEY}", insert)


def files(old: str, new: str) -> Made:
    """A file store with a line of an experiment's meta.yaml replaced."""

    def made(folder: Path) -> Path:
        copy = Path(shutil.copytree(DATA / "mlflow-2" / "mlruns-3.17", folder / "mlruns"))
        for path in copy.glob("*/meta.yaml"):
            path.write_text(path.read_text().replace(old, new))
        return copy

    return made


def mlflow(message: str, help: str, remedy: dict[str, str | None], made: Made | None = None, **options: str) -> Case:
    return Case("mlflow", made or given(STORE), message, help, remedy, {**FLOP, **options})


ONE = {"only_run": LOGGED}
NAMES = "has a name that cannot be read here"
DEFAULT_RUN = next((DATA / "mlflow-2" / "mlruns-3.17" / "0").glob("*/metrics/train")).parents[1].name
MLFLOW_CASES = [
    Case("mlflow", given(STORE), "name one metric", "--set flop_metric=NAME", {**FLOP}),
    Case("mlflow", given(STORE), "name one metric", "--set tokens_metric=NAME --set parameters=7e9",
         {"tokens_metric": "train/tokens_seen", "parameters": "7e9"}),
    Case("mlflow", given(STORE), "tokens_metric and parameters go together", "--set parameters=7e9",
         {"parameters": "7e9"}, {"tokens_metric": "train/tokens_seen"}),
    mlflow("ranks is one, same or a number", "--set ranks=same", {"ranks": "same"}, ranks="0"),
    mlflow("ranks goes with neither order nor resumed", "--set ranks=", {"ranks": None}, ranks="2", order="time"),
    mlflow("resumed=rewind tells by the steps", "--set order=time", {"order": None}, resumed="rewind", order="time"),
    mlflow("continues: names a run that is not in the store", "--set continues=LATER=EARLIER", {"continues": None},
           continues=f"{OTHER}=x"),
    mlflow("the metric is there in it and in its parent", "--set nested=children", {"nested": "children"},
           store(f"INSERT INTO tags VALUES ('mlflow.parentRunId', '{LOGGED}', '{OTHER}')")),
    mlflow("status: the run has not ended", "--set running=accept", {"running": "accept"},
           store("UPDATE runs SET status = 'RUNNING'")),
    mlflow("has none of this metric", "--set without=skip", {"without": "skip"},
           store(f"DELETE FROM metrics {KEY} AND run_uuid = '{OTHER}'")),
    mlflow("has none of this metric", "--set experiment=NAME or only_run=ID", {**ONE},
           store(f"DELETE FROM metrics {KEY} AND run_uuid = '{OTHER}'")),
    mlflow("a step is there twice", "--set ranks=same", {"ranks": "same"}, log((1, 1, 5), (1, 2, 5)), **ONE),
    mlflow("a step is there twice", "--set resumed=rewind", {"resumed": "rewind"},
           log((1, 1, 5), (2, 2, 9), (2, 3, 9)), **ONE),
    mlflow("a step is there twice", "--set order=time", {"order": "time"}, log((0, 1, 5), (0, 2, 9)), **ONE),
    mlflow("ranks differ in one step", "--set ranks=NUMBER", {"ranks": "2"}, log((1, 1, 5), (1, 2, 6)), ranks="same",
           **ONE),
    mlflow("time runs backwards between steps", "--set order=time", {"order": "time"}, log((2, 1, 5), (1, 9, 5)),
           **ONE),
    mlflow("decreases, and a cumulative metric", "--set resumed=rewind, or resumed=restart", {"resumed": "restart"},
           log((1, 1, 5), (2, 2, 3)), **ONE),
    mlflow("revision 0123456789ab is not known", "--set revision=0123456789ab", {"revision": "0123456789ab"},
           store("UPDATE alembic_version SET version_num = '0123456789ab'")),
    mlflow(NAMES, "--set only_run=ID", {"experiment": None, "only_run": DEFAULT_RUN},
           files("name: 'train: 7b # x'", 'name: "a\\tb"'), experiment="Default"),
    mlflow("is in write-ahead mode", "PRAGMA journal_mode=DELETE", {}, store("PRAGMA journal_mode=WAL")),
]  # fmt: skip

# DCGM, slurm

ACTIVE = DATA / "dcgm" / "query_range_DCGM_FI_PROF_PIPE_TENSOR_ACTIVE.json"
LABELS = json.loads(ACTIVE.read_text())["data"]["result"][0]["metric"]


def series(*readings: tuple[int, str], **labels: str | None) -> Made:
    metric = {name: value for name, value in {**LABELS, **labels}.items() if value is not None}
    result = [{"metric": metric, "values": [list(reading) for reading in readings]}]
    answer = {"status": "success", "data": {"resultType": "matrix", "result": result}}
    return lambda folder: write(folder, json.dumps(answer), "range.json")


T0 = 1767225600
TWO = ((T0, "0.5"), (T0 + 60, "0.5"))
STEPS, SLURM = DATA / "slurm" / "sacct_steps_duplicates.psv", DATA / "slurm-2"
CLUSTER_CASES = [
    Case("dcgm", series(*TWO, __name__=None), "__name__: is missing", "--set unnamed=yes", {"unnamed": "yes"}),
    Case("dcgm", series(*TWO, modelName="X900"), "the peak of this device is not known", "--set peaks=",
         {"peaks": "X900=989.4e12"}),
    Case("dcgm", series(*TWO, modelName="X900"), "the peak of this device is not known", "--set peak=",
         {"peak": "989.4e12"}),
    Case("dcgm", series((T0, "1"), (T0 + 900, "1")), "no reading for over 300 s", "--set gaps=full", {"gaps": "full"}),
    Case("dcgm", series((T0, "1"), (T0 + 420, "1")), "no reading for over 300 s", "--set longest=10min",
         {"longest": "10min"}),
    Case("dcgm", series(*TWO), "every and longest are at least a second", "--set every=1h", {"every": "1h"},
         {"every": "0 s"}),
    Case("slurm", given(DATA / "slurm" / "sacct_allocations.psv"), "holds no job step", "--set allocations=yes",
         {"allocations": "yes"}),
    Case("slurm", given(SLURM / "running.psv"), "column End: the job has not ended", "--set running=skip",
         {"running": "skip"}),
    Case("slurm", given(SLURM / "dst.psv"), "column ElapsedRaw: is not", "--set span=elapsed", {"span": "elapsed"}),
    Case("slurm", text(SLURM / "dst.psv", "2025-11-24T16:33:20|2025-11-24T17:33:20",
                       "2025-10-26T01:33:20|2025-10-26T02:33:20", "dst.psv"),
         "column ElapsedRaw: is not", "--set zone=Europe/Berlin", {"zone": "Europe/Berlin"}),
    Case("slurm", given(STEPS), "give one of them", "--set utc_offset=", {"zone": None},
         {"zone": "Europe/Berlin", "utc_offset": "+01:00"}),
    Case("slurm", given(STEPS), "utc_offset is", "--set zone=Europe/Berlin", {"utc_offset": None}, {"utc_offset": "x"}),
    Case("slurm", given(STEPS), "zone: no time zone", "--set utc_offset=", {"zone": None, "utc_offset": "+01:00"},
         {"zone": "Europe/Nowhere"}),
    Case("slurm", text(STEPS, "gpu:h100=", "gpu:x900=", "sacct.psv"), "the peak of this GPU type is not known",
         "--set peaks=TYPE=989.4e12", {"peaks": "x900=h100_sxm"}),
    Case("slurm", text(SLURM / "het.psv", "gres/gpu:a100=4,gres/gpu=4", "gres/npu=4", "sacct.psv"),
         "a resource gres/NAME that is not known", "--set resources=gpu,NAME --set peaks=TYPE=400e12",
         {"resources": "gpu,npu", "peaks": "npu=400e12"}),
    Case("slurm", text(SLURM / "het.psv", "gres/gpu=8", "gres/gpu=8,gres/scratch=9", "sacct.psv"),
         "a resource gres/NAME that is not known", "--set skipped=NAME", {"skipped": "scratch"}),
    Case("slurm", given(STEPS), "resources: these are shares", "zkcompliance formats", {"resources": None},
         {"resources": "mps"}),
    Case("slurm", given(STEPS), "phases: a phase is one of", "zkcompliance formats", {"phases": None},
         {"phases": "a=b"}),
    Case("slurm", given(STEPS), "kinds: a kind is one of", "zkcompliance formats", {"kinds": None}, {"kinds": "a=b"}),
    Case("slurm", given(STEPS), "kinds: want NAME=VALUE", "zkcompliance formats", {"kinds": None}, {"kinds": "x"}),
    Case("slurm", given(STEPS), "has no option 'nodes'", "zkcompliance formats", {"nodes": None}, {"nodes": "8"}),
]  # fmt: skip

CASES = [*INSPECT_CASES, *HARNESS_CASES, *TRAINING_CASES, *MLFLOW_CASES, *CLUSTER_CASES]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.form}: {case.message[:40]}: {case.help[:24]}")
def test_a_refusal_names_a_remedy_that_works(tmp_path: Path, case: Case) -> None:
    path = case.made(tmp_path)
    options = dict(case.options)
    if options.get("results", "").startswith("{"):
        options["results"] = str(write(tmp_path, options["results"], "results.json"))
    with pytest.raises((ImporterError, UsageError), match=re.escape(case.message)) as caught:
        load(case.form, path, case.schema, **options)
    assert case.help in caught.value.help, caught.value.help
    if not case.remedy:  # what is to be done is no option
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA journal_mode=DELETE")
    followed = {name: value for name, value in {**options, **case.remedy}.items() if value is not None}
    assert load(case.form, path, case.schema, **followed)


HERE = {  # the files whose remedies are tried above; those of other formats are tried in their formats' own tests
    "grades", "hf_trainer", "inspect_header", "inspect_samples", "inspect_scores", "lightning", "lm_eval", "local_time",
    "mlflow", "mlflow_series", "mlflow_store", "nanogpt", "prometheus", "slurm", "slurm_gpus", "slurm_model",
}  # fmt: skip


def test_no_option_of_a_remedy_is_without_a_case() -> None:
    """Every `--set NAME=` in a text of these files is the remedy of a case, and every other one is in a test."""
    cases = {name for case in CASES for name in re.findall(r"--set ([a-z_]+)=?", case.help)}
    cases |= {name for case in CASES for name in case.remedy} | {"run"}  # that of tests/cli/test_sealed_growth.py
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_[ie][mv]*.py"))
    tests += (Path(__file__).parents[1] / "cli" / "test_sealed_evidence.py").read_text()
    for path in Path(zkcompliance.importers.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for name in re.findall(r"--set ([a-z_]+)=", node.value):
                    tried = name in cases if path.stem in HERE else re.search(rf'"{name}"|\b{name}=', tests)
                    assert tried, f"{path.name}: --set {name}="
