"""lm-evaluation-harness: `samples_TASK_….jsonl` of `--log_samples`, beside its `results_….json`.

A document stands in the file once for each filter; rows are those of one filter, and their score is one metric. The
results file says which task version and model it was, and how many documents there should be: `n-samples` original
and effective differ when a limit cut the suite. The mean that it states is recomputed from the rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

from zkcompliance import limits
from zkcompliance.edge import regular
from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.importers import grades, settings
from zkcompliance.importers.exact import Seen, number, signed, whole
from zkcompliance.importers.grades import Grades
from zkcompliance.importers.json_stream import as_list, as_object, as_text, decode
from zkcompliance.importers.model import Identified, Importer, Row
from zkcompliance.quantities import MILLION, Exact
from zkcompliance.schemas import Schema

FORMULA = (
    "score = the chosen metric of one document under the chosen filter: true = 1, false = 0, a text as `map` says, or "
    "a number v as (v − low) / (high − low) of `scale`, 0..1 unless stated; in parts per million, rounded half to even "
    "from its decimal digits; suite = task@version, item = doc_id, grader = metric,filter, "
    "at = the results file's date, whole seconds, rounded down; epoch and attempt are 1"
)
_VERSIONS = ("0.4.",)


def read(file: BinaryIO, name: str, schema: Schema, options: Mapping[str, str]) -> Iterator[Row]:
    """Rows of the eval schema, in the file's order; rows of other filters are passed over."""
    yield from graded(settings.lines(file, limits.MAX_IMPORT_LINE_BYTES), _suite(name, options), options)


def graded(lines: Iterable[tuple[int, bytes]], suite: Suite, options: Mapping[str, str]) -> Iterator[Row]:
    """The same of lines with their numbers, and of what a results file says of the task."""
    worths, source = Grades.of(options, {}), settings.source(options)
    seen, total = Seen(), Fraction()
    metric, chosen = options.get("metric", ""), options.get("filter", "")
    for line, data in lines:
        where = f"line {line}"
        try:
            row = as_object(decode(data), "the line")
        except ImporterError as error:
            raise ImporterError(f"{where}: {error.message}") from None
        filter_name = as_text(row.get("filter"), f"{where}, filter")
        if not chosen and not line > 1:
            chosen = filter_name
        if filter_name != chosen:
            if "filter" not in options:
                raise ImporterError(f"{where}, filter: a second filter", help="name one with --set filter=NAME")
            continue
        document = whole(row.get("doc_id"), f"{where}, doc_id")
        if not seen.add(document):
            raise ImporterError(f"{where}, doc_id: the document is there twice under this filter")
        metric = metric or _only_metric(row, where)
        if metric not in as_list(row.get("metrics"), f"{where}, metrics"):
            raise ImporterError(
                f"{where}, metrics: the metric is not there", help="name one that is with --set metric=NAME"
            )
        value = row.get(metric)
        if value is None or isinstance(value, (list, dict)):
            raise ImporterError(
                f"{where}, metric: is not a number: it is no single grade", help="name another with --set metric=NAME"
            )
        worth = worths.worth(value, f"{where}, metric")
        total += worth if isinstance(value, (bool, str)) else signed(value, f"{where}, metric")
        graded = {
            "suite": suite.name,
            "item": str(document),
            "epoch": 1,
            "attempt": 1,
            "model": suite.model,
            "domain": _domain(row, options, where),
            "score": Exact(round(worth * MILLION)),
            "grader": f"{metric},{chosen}",
            "at": suite.at,
            "source": source,
        }
        yield Identified(graded, (*suite.run, document, metric, chosen), where)
    suite.check(len(seen), total, f"{metric},{chosen}")


def _only_metric(row: Mapping[str, object], where: str) -> str:
    metrics = as_list(row.get("metrics"), f"{where}, metrics")
    if len(metrics) != 1:
        raise ImporterError(f"{where}, metrics: holds not one metric", help="name one with --set metric=NAME")
    return as_text(metrics[0], f"{where}, metrics")


def _domain(row: Mapping[str, object], options: Mapping[str, str], where: str) -> str:
    if "domain" not in options:
        return ""
    return as_text(as_object(row.get("doc"), f"{where}, doc").get(options["domain"]), f"{where}, domain")


@dataclass(frozen=True)
class Suite:
    """What the results file says of the task. run: what tells the run from all others; `effective`: documents that were
    evaluated."""

    run: tuple[str, ...]
    name: str
    model: str
    at: int
    effective: int
    stated: Mapping[str, object]

    def check(self, rows: int, total: Fraction, grader: str) -> None:
        """ImporterError when documents are missing, or the stated mean is over 10^-6 off the recomputed one."""
        if not rows:
            raise ImporterError(
                "holds no document under this filter", help="name one that the results file has: --set filter=NAME"
            )
        if rows != self.effective:
            raise ImporterError(
                "the file's documents are not as many as the results file's n-samples.effective",
                help="give the results file of the same run with --set results=results_….json; "
                "or say which documents are meant with --set task=NAME or filter=NAME",
            )
        if grader not in self.stated:
            raise ImporterError(
                "the results file has no result for this metric and filter",
                help="name others with --set metric=NAME and filter=NAME",
            )
        if abs(total / rows - signed(self.stated[grader], "results file, result")) > Fraction(1, MILLION):
            raise ImporterError("the results file's result does not follow from the documents")


def _suite(name: str, options: Mapping[str, str]) -> Suite:
    if "results" not in options:
        raise UsageError(
            "the results file is needed: it says which task version it was, and how many documents there should be",
            help="add --set results=results_….json",
        )
    try:
        with regular.open_given(Path(options["results"])) as file:
            data = file.read(limits.MAX_IMPORT_VALUE_BYTES + 1)
    except OSError as error:
        raise UsageError(f"results: {error.strerror}", help="say where it is: --set results=results_….json") from None
    if len(data) > limits.MAX_IMPORT_VALUE_BYTES:
        raise ImporterError("results file: is too large")
    try:
        return judged(as_object(decode(data), "the document"), name, options)
    except ImporterError as error:
        raise ImporterError(f"results file: {error.message}", help=error.help) from None


def judged(results: Mapping[str, object], name: str, options: Mapping[str, str]) -> Suite:
    """What a results file says, as decoded, of the task that is named in the options or by its samples file."""
    version = results.get("lm_eval_version")
    if not isinstance(version, str) or not version.startswith(_VERSIONS):
        shown = settings.shown(version, r"[0-9][0-9a-z.+]{0,19}")
        raise ImporterError(f"lm_eval_version: {shown} is not known, only 0.4.x")
    counts = as_object(results.get("n-samples"), "n-samples")
    task = options.get("task") or _task_of(name, list(counts))
    count = as_object(counts.get(task), "n-samples of the task")
    original = whole(count.get("original"), "n-samples.original")
    effective = whole(count.get("effective"), "n-samples.effective")
    limited = settings.flag(options, "limited")
    if original != effective and not limited:
        raise ImporterError(
            "n-samples: original and effective differ, so a limit cut the suite", help="add --set limited=yes"
        )
    of = as_object(results.get("versions"), "versions").get(task)
    if isinstance(of, bool) or not isinstance(of, (int, str, Decimal)):
        raise ImporterError("versions: the task has none")
    if options.get("task_version", str(of)) != str(of):
        raise ImporterError("versions: is not the stated version", help="leave --set task_version=… out")
    at = int(number(results.get("date"), "date"))
    named = results.get("model_name")
    model = options.get("model") or as_text(named, "model_name")
    run = (f"{task}@{of}", named if isinstance(named, str) else "", str(results["date"]))
    stated = as_object(as_object(results.get("results"), "results").get(task), "results of the task")
    return Suite(run, f"{task}@{of}", model, at, effective, stated)


def _task_of(name: str, tasks: list[str]) -> str:
    """The task whose samples a file of this name holds: samples_TASK.jsonl or samples_TASK_<date>.jsonl."""
    fitting = [task for task in tasks if name.startswith((f"samples_{task}_2", f"samples_{task}."))]
    if len(fitting) != 1:
        raise ImporterError("the file's name does not say which task it is", help="name it with --set task=NAME")
    return fitting[0]


IMPORTER = Importer(
    "lm-eval",
    "lm-evaluation-harness samples (--log_samples)",
    FORMULA,
    read,
    ("eval",),
    {
        "results": "path of the results_….json of the same run; needed",
        "task": "name of the task; default by the file's name",
        "task_version": "refuse any other version of the task",
        "filter": "whose rows; default the only one",
        "metric": "whose value is the score; default the only one",
        **grades.OPTIONS,
        "model": "name of the model; default the results file's model_name",
        "domain": "member of the document that names its domain; default not stated",
        "limited": "yes accepts a suite that a limit cut; default no",
        **settings.SOURCE,
    },
    columns=(
        "suite", "item", "epoch", "attempt", "model", "domain", "score", "grader", "at", "source",
    ),
)  # fmt: skip
