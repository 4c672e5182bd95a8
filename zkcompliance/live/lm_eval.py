"""lm-evaluation-harness: what an evaluation found is sealed as it ends (lm_eval 0.4).

    from zkcompliance.live.lm_eval import evaluate_sealed

    found = evaluate_sealed(live, model="hf", model_args="pretrained=…", tasks=["gsm8k"])

The harness scores all documents when the last answer is there, and says nothing before: that is when their rows are
put. They are those that `zkcompliance seal samples_TASK_….jsonl` makes, by the same code, and of the same records:
files that the harness writes as well bring nothing twice.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from zkcompliance import schemas
from zkcompliance.errors import UsageError
from zkcompliance.importers.grades import Grades
from zkcompliance.importers.json_stream import as_object, decode
from zkcompliance.importers.lm_eval import IMPORTER, graded, judged
from zkcompliance.live.identified import put
from zkcompliance.live.writer import Live

_OF_FILES = ("results", "task", "task_version")
_READ = ("filter", "doc_id", "metrics", "doc")  # besides the metrics; answers and prompts are left where they are


def evaluate_sealed(
    live: Live | Callable[[], Live], *, options: Mapping[str, str] | None = None, **evaluated: Any
) -> Any:
    """What `lm_eval.simple_evaluate(**evaluated)` returns; rows for each document, filter and metric are in the log.

    `live`: a log of evaluations, or a function that opens one: then only the process that has the results does, and
    closes it. `options`: as of `seal --set`, such as {"metric": "acc"} for one metric alone, {"filter": "none"} for one
    filter, {"limited": "yes"} where `limit` cuts a suite. A metric that is no grade of one document, such as a
    perplexity, is said to be in no row. Errors of the log are raised or said as it has it (`on_error`): with "warn" the
    results are returned whatever becomes of it. UsageError for an option that there is not, or without lm_eval.
    """
    given, library = checked(options), _harness("lm_eval")
    if evaluated.pop("log_samples", True) is not True:
        raise UsageError("log_samples is what rows are made of: leave it on")
    tracker = evaluated.pop("evaluation_tracker", None) or _harness("lm_eval.loggers").EvaluationTracker()
    found = library.simple_evaluate(**evaluated, log_samples=True, evaluation_tracker=tracker)
    if found is not None:  # None in all processes of several but the first
        stated = {**found, **asdict(tracker.general_config_tracker)}
        if isinstance(live, Live):
            seal_results(live, stated, found["samples"], options=given)
        else:
            with live() as opened:
                seal_results(opened, stated, found["samples"], options=given)
    return found


def checked(options: Mapping[str, str] | None) -> dict[str, str]:
    """UsageError for options that there are not."""
    given = dict(options or {})
    IMPORTER.check(schemas.by_name("eval"), given)
    for name in _OF_FILES:
        if name in given:
            raise UsageError(f"{name} is of files: here the harness says it itself")
    Grades.of(given, {})
    return given


def seal_results(
    live: Live,
    results: Mapping[str, Any],
    samples: Mapping[str, Sequence[Mapping[str, Any]]],
    *,
    options: Mapping[str, str] | None = None,
) -> None:
    """Put the rows of what `EvaluationTracker.save_results_aggregated` and `save_results_samples` write.

    `results`: what the first writes, `model_name` and `date` included; `samples`: task → samples, as
    `simple_evaluate` gives them; neither is changed.
    """
    given = checked(options)
    with live.telling(losing=True):
        text = _text({name: value for name, value in results.items() if name not in ("samples", "configs", "config")})
        stated = as_object(decode(text), "the results")
        for task, found in samples.items():
            for chosen in _chosen(found, {**given, "task": task}):
                with live.telling(losing=True):
                    put(live, IMPORTER.name, graded(_lines(found), judged(stated, "", chosen), chosen))


def _chosen(samples: Sequence[Mapping[str, Any]], options: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Options of each filter and metric that the samples have, of those that were asked for."""
    pairs = {(str(each["filter"]), str(metric)): None for each in samples for metric in each["metrics"]}
    for name, metric in pairs:
        if options.get("filter", name) == name and options.get("metric", metric) == metric:
            yield {**options, "filter": name, "metric": metric}


def _lines(samples: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, bytes]]:
    """The lines of a samples file, with their numbers, of what is read of them."""
    for number, each in enumerate(samples, 1):
        yield number, _text({name: each[name] for name in (*_READ, *each["metrics"]) if name in each})


def _text(document: Mapping[str, Any]) -> bytes:
    """JSON as the harness writes it."""
    other = _harness("lm_eval.utils").handle_non_serializable
    return json.dumps(document, ensure_ascii=False, default=other).encode()


def _harness(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        raise UsageError("lm_eval is not installed", help='pip install "lm_eval>=0.4"') from None
